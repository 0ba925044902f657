"""Stopped or late: what was found so far becomes a whole, honest schedule, or none is claimed."""

import math
import signal
from dataclasses import replace

import numpy as np
import pytest

import optimizer as dk
from optimizer import optimum as rounds
from optimizer.errors import SolverGaveNothing, Stopped
from optimizer.exclusive import split
from optimizer.interrupted import mended
from optimizer.matrices import compile_model, load_values
from optimizer.plan import exit_code
from optimizer.site import Problem
from optimizer.solution import Solution, SolveOptions, Status
from optimizer.solve import run_highs
from optimizer.splits import Splits
from optimizer.stopping import StopFlag

OPTIONS = SolveOptions(time_limit_s=20.0)
PAID_TO_DRAW = [900, -50, 900, -80, 400]


@pytest.fixture
def cheating(plant) -> Problem:
    """Return a problem whose first round charges and discharges at once: draw is paid for."""
    table = {"energy_initial_mwh": 400.0, "energy_final_min_mwh": 380.0}
    tables = {"battery": {"main": table}, "genset": {"g": {"unit_power_min_mw": 5.0}}}
    return plant(tables=tables, buy=PAID_TO_DRAW, load=[50.0] * len(PAID_TO_DRAW)).build()


def first_round(problem: Problem) -> tuple[object, Solution]:
    matrices = compile_model(problem.model)
    return matrices, run_highs(matrices, OPTIONS)


def is_either_or(problem: Problem) -> bool:
    block = problem.block(next(iter(problem.site.battery.values())))
    pairs = zip(block.charge_mw.values(), block.discharge_mw.values(), strict=True)
    return all(min(one.value, other.value) < 1e-6 for one, other in pairs)


def test_an_incumbent_that_does_both_at_once_is_mended(cheating: Problem) -> None:
    """Proves the stop gives a schedule that does one at a time, with prices and its true gap."""
    matrices, solution = first_round(cheating)
    load_values(matrices, solution.x)
    assert not is_either_or(cheating)
    stop = StopFlag(signal_number=15)
    _, best, priced = mended(cheating, Splits(), matrices, solution, stop)
    assert is_either_or(cheating)
    assert (best.status, best.interrupted_by) == (Status.FEASIBLE_AT_LIMIT, 15)
    assert priced.row_dual is not None
    assert priced.objective >= solution.objective - 1e-6
    gap = (priced.objective - solution.bound) / abs(priced.objective)
    assert best.mip_gap_pu == pytest.approx(gap)


def test_a_later_round_goes_on_from_the_round_before(cheating: Problem) -> None:
    """Proves that a round that has found nothing yet leaves what the round before it found."""
    matrices, solution = first_round(cheating)
    load_values(matrices, solution.x)
    splits = Splits()
    assert split(cheating, splits)
    later = compile_model(cheating.model)
    nothing = replace(solution, x=None, status=Status.NO_SOLUTION, bound=-math.inf)
    _, best, _ = mended(cheating, splits, later, nothing, StopFlag(signal_number=2))
    assert is_either_or(cheating)
    assert best.interrupted_by == 2
    assert math.isinf(best.mip_gap_pu)


@pytest.mark.parametrize(("number", "error"), [(15, Stopped), (None, SolverGaveNothing)])
def test_without_a_schedule_none_is_claimed(
    cheating: Problem, number: int | None, error: type[Exception]
) -> None:
    matrices = compile_model(cheating.model)
    nothing = replace(run_highs(matrices, OPTIONS), x=None, status=Status.NO_SOLUTION)
    with pytest.raises(error):
        mended(cheating, Splits(), matrices, nothing, StopFlag(signal_number=number))


def test_a_stop_in_a_solve_publishes_beside_the_latest(
    plant, tmp_path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Proves status, exit code and audit of an interrupted run, and that latest stays as it was."""

    def stopped(matrices: object, options: SolveOptions, stop: StopFlag) -> Solution:
        solution = run_highs(matrices, options)
        stop.signal_number = signal.SIGTERM
        return replace(solution, interrupted_by=signal.SIGTERM)

    table = {"energy_initial_mwh": 400.0, "energy_final_min_mwh": 380.0}
    small = plant(tables={"battery": {"main": table}}, buy=PAID_TO_DRAW)
    first = small.publish(tmp_path)
    monkeypatch.setattr(rounds, "run_highs", stopped)
    second = small.publish(tmp_path)
    assert (second.status, exit_code(second)) == ("interrupted", 143)
    assert second.run_dir.is_dir()
    latest = (tmp_path / "latest.json").read_text()
    assert first.run_dir.name in latest
    assert second.run_dir.name not in latest


def test_a_late_round_keeps_the_better_of_both_schedules(
    plant, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Proves that where time runs out in the second round, the first one's schedule is mended.

    The second round's own is bad: it never charges. The plan is exit 3, and near the optimum.
    """
    table = {"energy_initial_mwh": 400.0, "energy_final_min_mwh": 380.0}
    small = plant(tables={"battery": {"main": table}}, buy=PAID_TO_DRAW)
    best = small.solve().objective_mad
    calls = []

    def late(matrices: object, options: SolveOptions, stop: StopFlag) -> Solution:
        solution = run_highs(matrices, options)
        calls.append(solution)
        if len(calls) == 1:
            return solution
        return replace(solution, x=None, status=Status.NO_SOLUTION, row_dual=None)

    monkeypatch.setattr(rounds, "run_highs", late)
    plan = small.solve()
    assert len(calls) == 2
    assert (plan.status, exit_code(plan)) == ("feasible at limit", 3)
    assert best - 1e-6 <= plan.objective_mad <= best + 0.5 * abs(best)
    assert (plan.schedule["battery_main_charge_mw"] >= -1e-9).all()


def test_a_bound_and_a_dual_may_be_missing(plant, monkeypatch: pytest.MonkeyPatch) -> None:
    """Proves a plan at the time limit has no prices, and says its gap is unknown."""

    def unpriced(matrices: object, options: SolveOptions, stop: StopFlag) -> Solution:
        solution = run_highs(matrices, options)
        status = Status.FEASIBLE_AT_LIMIT
        return replace(solution, row_dual=None, status=status, mip_gap_pu=np.inf)

    monkeypatch.setattr(rounds, "run_highs", unpriced)
    plan: dk.Plan = plant(buy=[100.0], load=[1.0]).solve()
    assert plan.duals.empty
    assert plan.binding.empty
    assert math.isinf(plan.mip_gap_pu)
