"""The linear program as sparse matrices made by hand, solved by HiGHS: the fastest there can be."""

import highspy
import numpy as np
import pandas as pd
from scipy import sparse

from tests.bench.bench_case import PUBLISHED, SOLVER, Case


def _rows(case: Case) -> tuple[sparse.csc_array, np.ndarray, np.ndarray]:
    """Return the matrix and the sides of its rows; columns are the quantities of `PUBLISHED`."""
    n, h = case.step_count, case.step_h
    one, none = sparse.eye_array(n), sparse.csr_array((n, n))
    before = sparse.eye_array(n, k=-1)
    stored = [-h * case.charge_efficiency_pu * one, h / case.discharge_efficiency_pu * one]
    each_day = sparse.kron(sparse.eye_array(case.days), np.full((1, case.day_steps), h))
    no_work = sparse.csr_array((case.days, n))
    either = [1 / case.charge_max_mw * one, 1 / case.discharge_max_mw * one]
    blocks = [  # balance of the bus, of the battery, its converter, work of each day
        [one, one, -one, one, none, one, -one, -case.per_it * one],
        [none, none, *stored, one - case.keep_pu * before, none, none, none],
        [none, none, *either, none, none, none, none],
        [no_work] * 7 + [each_day],
    ]
    opening = np.zeros(n)
    opening[0] = case.keep_pu * case.energy_initial_mwh
    work = np.full(case.days, case.work_mwh)
    upper = np.concatenate([case.firm_bus_mw, opening, np.ones(n), work])
    lower = np.concatenate([case.firm_bus_mw, opening, np.full(n, -np.inf), work])
    return sparse.csc_array(sparse.block_array(blocks, format="csc")), lower, upper


def _columns(case: Case) -> tuple[np.ndarray, np.ndarray]:
    """Return the cost and the upper bounds of the columns; lower bounds are zero."""
    n = case.step_count
    most = [case.solar_mw, case.wind_mw, case.charge_max_mw, case.discharge_max_mw]
    most += [case.energy_max_mwh, case.import_max_mw, case.export_max_mw, case.run_max_mw]
    price = [0.0, case.wind_cost_mad_per_mwh, 0.0, case.ageing_cost_mad_per_mwh, 0.0]
    price += [case.buy_mad_per_mwh, -case.sell_mad_per_mwh, 0.0]
    cost = np.concatenate([case.step_h * np.broadcast_to(p, n) for p in price])
    cost[5 * n - 1] = -case.end_value_mad_per_mwh
    return cost, np.concatenate([np.broadcast_to(m, n) for m in most])


def solve(case: Case) -> tuple[float, pd.DataFrame]:
    """Return the least cost [MAD] and the table of what runs."""
    matrix, lower, upper = _rows(case)
    model = highspy.HighsLp()
    model.col_cost_, model.col_upper_ = _columns(case)
    model.num_row_, model.num_col_ = matrix.shape
    model.col_lower_ = np.zeros(matrix.shape[1])
    model.row_lower_, model.row_upper_ = lower, upper
    model.a_matrix_.format_ = highspy.MatrixFormat.kColwise
    model.a_matrix_.start_, model.a_matrix_.index_ = matrix.indptr, matrix.indices
    model.a_matrix_.value_ = matrix.data
    solver = highspy.Highs()
    for name, value in {"output_flag": False, **SOLVER}.items():
        solver.setOptionValue(name, value)
    solver.passModel(model)
    solver.run()
    if solver.getModelStatus() != highspy.HighsModelStatus.kOptimal:
        raise RuntimeError(solver.modelStatusToString(solver.getModelStatus()))
    x = np.array(solver.getSolution().col_value).reshape(len(PUBLISHED), -1)
    table = pd.DataFrame(dict(zip(PUBLISHED, x, strict=True)), index=case.index)
    return solver.getObjectiveValue(), table
