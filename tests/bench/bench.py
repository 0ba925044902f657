"""``make bench``: times this project beside PyPSA, linopy and matrices made by hand.

Prints a table a stranger understands. Every contestant solves the same linear program of a year
and reads its solution back; they take turns, so that a busy machine is unfair to none.
"""

import contextlib
import gc
import json
import logging
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator

import bench_case
import bench_hand
import bench_linopy
import bench_ours
import bench_pypsa

ROUNDS = 5
AGREED_PU = 1e-6
IMPORTS = (
    "import highspy, numpy, pandas, pvlib, pyarrow, pydantic, pyomo.environ, rich, scipy, typer;"
    "import windpowerlib"
)
PEAK = (  # a small process of its own: a child counts what its parent held when it was made
    "import resource, subprocess, sys;"
    "subprocess.run(sys.argv[1:], check=True, capture_output=True);"
    "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024)"
)
PLAN = ["-m", "optimizer.cli", "plan", "--json", "--quiet", "--date", "2027-07-01"]


@contextlib.contextmanager
def hushed() -> Iterator[None]:
    """Keep the solver's banner, written past Python, out of the table."""
    sys.stdout.flush()
    kept = os.dup(1)
    with open(os.devnull, "w") as nothing:  # noqa: PTH123 - a device
        os.dup2(nothing.fileno(), 1)
    try:
        yield
    finally:
        os.dup2(kept, 1)
        os.close(kept)


def timed(work: Callable[[], float]) -> tuple[float, float]:
    """Return seconds and the objective."""
    gc.collect()
    with hushed():
        started = time.perf_counter()
        objective = work()
        seconds = time.perf_counter() - started
    return seconds, objective


def year() -> None:
    """Time the year's linear program, build to solution, by turns."""
    case = bench_case.year_case()
    ready = bench_ours.read(case)
    contestants: dict[str, Callable[[], float]] = {
        "this project": lambda: bench_ours.solve(ready)[0],
        "matrices by hand": lambda: bench_hand.solve(case)[0],
        "linopy": lambda: bench_linopy.solve(case)[0],
        "PyPSA": lambda: bench_pypsa.solve(case)[0],
    }
    cold = {name: timed(work) for name, work in contestants.items()}
    warm: dict[str, list[float]] = {name: [] for name in contestants}
    for _ in range(ROUNDS):
        for name, work in contestants.items():
            warm[name].append(timed(work)[0])
    ours = statistics.median(warm["this project"])
    print(
        f"\nYear, {case.step_count} steps, build to solution read back, {ROUNDS} warm runs by turns"
    )
    print(f"{'':18}{'cold s':>8}{'warm s':>8}{'least':>8}{'ours/it':>9}{'aim':>7}  objective MAD")
    aims = {"matrices by hand": 1.8, "linopy": 1.2, "PyPSA": 0.5}
    for name, seconds in warm.items():
        median = statistics.median(seconds)
        aim = f"{aims[name]:.1f}" if name in aims else ""
        print(
            f"{name:18}{cold[name][0]:8.2f}{median:8.2f}{min(seconds):8.2f}"
            f"{ours / median:9.2f}{aim:>7}  {cold[name][1]:,.3f}"
        )
    objectives = [objective for _, objective in cold.values()]
    apart = (max(objectives) - min(objectives)) / abs(objectives[0])
    print(f"objectives agree to {apart:.1e} (aim {AGREED_PU:.0e})")


def run_plan(out: str) -> tuple[float, dict[str, float]]:
    """Return the seconds of a cold plan, and its own stages."""
    started = time.perf_counter()
    done = subprocess.run(
        [sys.executable, *PLAN, "--out", out], check=True, capture_output=True, text=True
    )
    return time.perf_counter() - started, json.loads(done.stdout)["timings_s"]


def import_only() -> float:
    """Return the seconds of a process that only imports the libraries."""
    started = time.perf_counter()
    subprocess.run([sys.executable, "-c", IMPORTS], check=True)
    return time.perf_counter() - started


def peak_memory_mb(out: str) -> float:
    """Return the largest memory of a cold plan [MB]."""
    command = [sys.executable, "-c", PEAK, sys.executable, *PLAN, "--out", out]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return float(done.stdout)


def cold_plan() -> None:
    """Time the default plan as a cold process beside a process of imports."""
    whole, imports, stages = [], [], []
    with tempfile.TemporaryDirectory() as out:
        for _ in range(ROUNDS):
            imports.append(import_only())
            seconds, timings = run_plan(out)
            whole.append(seconds - timings["solve"])
            stages.append(timings)
        peak_mb = peak_memory_mb(out)
    plain, base = statistics.median(whole), statistics.median(imports)
    print("\nDefault plan (192 steps of 15 min, 120 of 1 h), gap 0.01 %, cold process")
    print(f"whole process without the solve  {plain:6.2f} s")
    print(f"process that only imports        {base:6.2f} s   ratio {plain / base:.2f} (aim 1.6)")
    print(f"largest memory                   {peak_mb:6.0f} MB  (aim 500)")
    names = ("prepare", "build", "compile", "pass", "solve", "read", "audit", "publish")
    middle = {n: statistics.median(s.get(n, 0.0) for s in stages) for n in names}
    print("stages, s: " + ", ".join(f"{n} {middle[n]:.3f}" for n in names))
    model = sum(middle[n] for n in ("build", "compile", "pass", "read"))
    print(f"model without the solve (build, compile, pass, read)  {model:.2f} s (aim 0.5)")


if __name__ == "__main__":
    logging.disable(logging.INFO)
    year()
    cold_plan()
