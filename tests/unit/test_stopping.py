"""Signals, limits a solver ignores, and threads."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pyomo.environ as pyo
import pytest

from optimizer.matrices import compile_model
from optimizer.solve import SolveOptions, run_highs
from optimizer.stopping import Brake, StopFlag, run_watched, stop_on_signals

ROOT = Path(__file__).parents[2]
PROMISED_S = 2.0

PACKING = """
import json, sys, time
from dataclasses import replace
import numpy as np
from scipy import sparse
from optimizer.matrices import Matrices
from optimizer.solve import SolveOptions, run_highs
from optimizer.stopping import Brake, stop_on_signals
rng = np.random.default_rng(0)
rows, columns = 60, 400
a = rng.integers(1, 1000, (rows, columns)).astype(float)
m = Matrices(cost=-a.sum(axis=0) - rng.integers(0, 100, columns), cost_offset=0.0,
    a=sparse.csc_array(a), row_lower=np.full(rows, -np.inf), row_upper=a.sum(axis=1) // 2,
    col_lower=np.zeros(columns), col_upper=np.ones(columns),
    is_integer=np.ones(columns, dtype=bool), columns=[None] * columns, rows=[None] * rows)
OPTIONS = SolveOptions(time_limit_s=40.0, mip_gap_pu=0.0)
class Deaf(Brake):
    def is_pressed(self):
        return bool(super().is_pressed()) and False
"""
KEPT = (
    PACKING
    + """
with stop_on_signals() as stop:
    print("begun", flush=True)
    s = run_highs(m, OPTIONS, stop)
print(json.dumps([s.status.value, s.reason, s.interrupted_by, s.objective, s.bound]))
"""
)
LINEAR = (
    PACKING
    + """
a = sparse.random_array((3000, 3000), density=0.02, rng=rng, format="csc")
m = Matrices(cost=-np.ones(3000), cost_offset=0.0, a=a, row_lower=np.full(3000, -np.inf),
    row_upper=np.full(3000, 100.0), col_lower=np.zeros(3000), col_upper=np.full(3000, 10.0),
    is_integer=np.zeros(3000, dtype=bool), columns=[None] * 3000, rows=[None] * 3000)
"""
)


def started(script: str) -> subprocess.Popen[str]:
    """Return the script's process once it has said "begun" and solved for a second."""
    process = subprocess.Popen(
        [sys.executable, "-c", script],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "begun\n"
    time.sleep(1.2)
    return process


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_keeps_the_best_so_far(number: signal.Signals) -> None:
    """Proves a solve of 40 s ends within 2 s of a signal, with a plan and an honest gap."""
    process = started(KEPT)
    process.send_signal(number)
    sent = time.monotonic()
    out, err = process.communicate(timeout=20)
    assert time.monotonic() - sent < PROMISED_S
    assert (process.returncode, err) == (0, "")
    status, reason, interrupted_by, objective, bound = json.loads(out)
    assert status == "feasible at limit"
    assert reason == f"stopped by signal {number.value}, with the best found so far"
    assert interrupted_by == number
    assert bound < objective < 0


def test_a_signal_stops_a_linear_program() -> None:
    """Proves the simplex method stops too, without a plan."""
    process = started(LINEAR + KEPT.removeprefix(PACKING))
    process.send_signal(signal.SIGTERM)
    sent = time.monotonic()
    out, _ = process.communicate(timeout=20)
    assert time.monotonic() - sent < PROMISED_S
    assert json.loads(out)[:3] == [
        "no solution",
        "stopped by signal 15, with nothing found",
        signal.SIGTERM,
    ]


def test_a_second_signal_acts_as_ever() -> None:
    """Proves a process that has noted one SIGTERM is ended by the next."""
    process = started(
        PACKING
        + """
with stop_on_signals():
    print("begun", flush=True)
    time.sleep(1.5)
    time.sleep(20)
"""
    )
    process.send_signal(signal.SIGTERM)
    time.sleep(0.3)
    assert process.poll() is None
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=5)
    assert process.returncode == -signal.SIGTERM


def test_ctrl_c_without_a_flag_raises_soon() -> None:
    """Proves a researcher's Ctrl-C, with nobody watching signals, is not held back."""
    process = started(
        PACKING
        + """
try:
    print("begun", flush=True)
    run_highs(m, OPTIONS)
except KeyboardInterrupt:
    print("raised", flush=True)
"""
    )
    assert process.stdout is not None
    process.send_signal(signal.SIGINT)
    sent = time.monotonic()
    assert process.stdout.readline() == "raised\n"
    assert time.monotonic() - sent < PROMISED_S
    _, err = process.communicate(timeout=20)
    assert (process.returncode, err) == (0, "")


def test_a_solver_left_behind_does_not_spoil_the_exit() -> None:
    """Proves the exit code stays 0 while a thread still solves and calls Python back."""
    process = started(
        LINEAR
        + """
sys.modules["optimizer.solve"].Brake = Deaf
print("begun", flush=True)
s = run_highs(m, SolveOptions(time_limit_s=40.0, outer_limit_s=0.5))
print(json.dumps([s.status.value, s.reason]))
"""
    )
    out, err = process.communicate(timeout=20)
    assert (process.returncode, err) == (0, "")
    assert json.loads(out) == [
        "no solution",
        "left behind: it did not stop when it should, with nothing found",
    ]


def test_the_best_so_far_of_a_solver_left_behind_is_kept() -> None:
    """Proves a packing whose solver ignores everything still gives a verified plan."""
    process = started(
        PACKING
        + """
sys.modules["optimizer.solve"].Brake = Deaf
print("begun", flush=True)
s = run_highs(m, OPTIONS.model_copy(update={"outer_limit_s": 1.0}))
print(json.dumps([s.status.value, s.reason, s.bound < s.objective < 0]))
"""
    )
    out, err = process.communicate(timeout=20)
    assert (process.returncode, err) == (0, "")
    assert json.loads(out) == [
        "feasible at limit",
        "left behind: it did not stop when it should, with the best found so far",
        True,
    ]


def test_work_that_ends_is_waited_for() -> None:
    """Proves work shorter than its limit ends as such, and is never asked to stop."""
    done: list[str] = []
    brake = Brake()
    ended = run_watched(
        lambda: done.append("work"),
        stop=StopFlag(),
        limit_s=5.0,
        brake=brake,
        silence=lambda: done.append("silenced"),
    )
    assert (ended, done, brake.is_asked) == (True, ["work"], False)


@pytest.mark.parametrize(("number", "limit_s"), [(None, 0.1), (15, 60.0)])
def test_work_is_asked_before_it_is_left(number: int | None, limit_s: float) -> None:
    """Proves work that heeds the brake ends well, at its limit or on a raised flag."""
    brake = Brake()

    def work() -> None:
        while not brake.is_pressed():
            time.sleep(0.01)

    begun = time.monotonic()
    stop = StopFlag(signal_number=number)
    assert run_watched(work, stop=stop, limit_s=limit_s, brake=brake, silence=lambda: None)
    assert time.monotonic() - begun < 1


def test_handlers_come_back() -> None:
    """Proves the handlers in place before are in place after, with and without a signal."""
    before = signal.getsignal(signal.SIGTERM), signal.getsignal(signal.SIGINT)
    with stop_on_signals() as stop:
        assert signal.getsignal(signal.SIGTERM) is not before[0]
        os.kill(os.getpid(), signal.SIGTERM)
        assert stop.signal_number == signal.SIGTERM
    assert (signal.getsignal(signal.SIGTERM), signal.getsignal(signal.SIGINT)) == before


def test_other_threads_go_without() -> None:
    """Proves a caller outside the main thread gets a flag that never rises, and its solution."""
    model = pyo.ConcreteModel()
    model.x = pyo.Var(bounds=(2, 5), domain=pyo.Integers)
    model.goal = pyo.Objective(expr=3 * model.x)
    m = compile_model(model)
    found: list[tuple[int | None, float]] = []

    def body() -> None:
        with stop_on_signals() as stop:
            solution = run_highs(m, SolveOptions(time_limit_s=20.0), stop)
            found.append((stop.signal_number, solution.objective))

    thread = threading.Thread(target=body)
    thread.start()
    thread.join()
    assert found == [(None, 6.0)]
