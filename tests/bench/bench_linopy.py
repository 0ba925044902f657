"""The linear program in linopy, its arrays handed to HiGHS without a file between."""

import linopy
import pandas as pd

from tests.bench.bench_case import PUBLISHED, SOLVER, Case


def solve(case: Case) -> tuple[float, pd.DataFrame]:
    """Return the least cost [MAD] and the table of what runs."""
    model, h = linopy.Model(), case.step_h
    time = pd.RangeIndex(case.step_count, name="time")
    most = [pd.Series(mw, index=time) for mw in (case.solar_mw, case.wind_mw)]
    most += [case.charge_max_mw, case.discharge_max_mw, case.energy_max_mwh]
    most += [case.import_max_mw, case.export_max_mw, case.run_max_mw]
    solar, wind, charge, discharge, energy, drawn, fed, run = (
        model.add_variables(lower=0, upper=upper, coords=[time], name=name)
        for name, upper in zip(PUBLISHED, most, strict=True)
    )
    bus = solar + wind + discharge - charge + drawn - fed - case.per_it * run
    model.add_constraints(bus == pd.Series(case.firm_bus_mw, index=time), name="balance")
    opening = pd.Series(0.0, index=time)
    opening.iloc[0] = case.keep_pu * case.energy_initial_mwh
    in_mw, out_mw = case.charge_efficiency_pu * charge, 1 / case.discharge_efficiency_pu * discharge
    kept = case.keep_pu * energy.shift(time=1).fillna(0)
    model.add_constraints(energy - kept - h * in_mw + h * out_mw == opening, name="stored")
    share = 1 / case.charge_max_mw * charge + 1 / case.discharge_max_mw * discharge
    model.add_constraints(share <= 1, name="one_converter")
    day = pd.Series(time // case.day_steps, index=time, name="day")
    model.add_constraints((h * run).groupby(day).sum() == case.work_mwh, name="work")
    buy, sell = (pd.Series(p, index=time) for p in (case.buy_mad_per_mwh, case.sell_mad_per_mwh))
    spent = (h * buy * drawn).sum() - (h * sell * fed).sum()
    wear = (h * case.ageing_cost_mad_per_mwh * discharge).sum()
    running = (h * case.wind_cost_mad_per_mwh * wind).sum()
    worth = case.end_value_mad_per_mwh * energy.isel(time=-1)
    model.add_objective(spent + wear + running - worth)
    status, condition = model.solve(
        "highs", io_api="direct", output_flag=False, log_to_console=False, **SOLVER
    )
    if status != "ok":
        raise RuntimeError(condition)
    solution = model.solution
    table = pd.DataFrame({name: solution[name].to_numpy() for name in PUBLISHED}, index=case.index)
    return float(model.objective.value), table
