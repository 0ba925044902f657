"""``make bench``: how long this project takes, beside PyPSA, linopy and matrices made by hand.

First the same linear program of a year in each of them, from numbers to the solution read back;
they take turns, so that a busy machine is unfair to none. Then the default plan: its stages in a
warm process, the whole command in a cold one, and its page.
"""

import gc
import json
import logging
import os
import statistics
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pandas as pd

import optimizer as dk
from tests.bench import (
    bench_agreement,
    bench_case,
    bench_forecast,
    bench_hand,
    bench_linopy,
    bench_ours,
    bench_page,
    bench_pypsa,
)

ROUNDS = 5
RANDOM_SITES = 20
AGREED_PU = 1e-6
DAY = "2027-07-01"
CALM_DAY = "2026-12-05"
LIBRARIES = (
    "highspy, numpy, pandas, pvlib, pyarrow, pydantic, pyomo.environ, requests, rich, "
    "scipy.sparse, scoringrules, sqlalchemy, typer, windpowerlib"
)
MEASURED = (  # a small process between: a child's memory begins with its parent's
    "import resource, subprocess, sys; subprocess.run(sys.argv[1:], check=True); "
    "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss, file=sys.stderr)"
)
STAGES = {
    "prepare": "read site and agreement, make weather, physics: available power, cooling",
    "build": "state the model in Pyomo",
    "compile": "turn it into arrays",
    "pass": "hand them to HiGHS",
    "solve": "HiGHS: the plan, then its prices",
    "check": "verify the solution, never both at once",
    "read": "read the table back",
    "audit": "audit, key figures, what binds",
    "publish": "write the run folder, audit it again from its files",
}
OURS = "this project"
SOLVES: dict[str, Callable[[Any], tuple[float, pd.DataFrame]]] = {
    OURS: bench_ours.solve,
    "matrices made by hand": bench_hand.solve,
    "linopy": bench_linopy.solve,
    "PyPSA": bench_pypsa.solve,
    "PyPSA, work as a row": bench_pypsa.solve_with_row,
}
AIMS = {"matrices made by hand": 1.8, "linopy": 1.2, "PyPSA": 0.5}  # the most ours may take of it


@contextmanager
def quiet() -> Iterator[None]:
    """Keep what compiled code prints off the table."""
    sys.stdout.flush()
    shown, nothing = os.dup(1), os.open(os.devnull, os.O_WRONLY)
    os.dup2(nothing, 1)
    try:
        yield
    finally:
        os.dup2(shown, 1)
        os.close(shown)
        os.close(nothing)


def timed(name: str, case: bench_case.Case) -> tuple[float, float]:
    """Return one contestant's seconds and objective; settings are read and checked before."""
    given = bench_ours.read(case) if name == OURS else case
    gc.collect()
    with quiet():
        started = time.perf_counter()
        objective, _ = SOLVES[name](given)
        return time.perf_counter() - started, objective


def verdict(value: float, aim: float) -> str:
    """Say whether an aim is met."""
    return "met" if value <= aim else "MISSED"


def year() -> None:
    """Print the year's linear program: seconds by contestant, and whether all agree."""
    case = bench_case.year_case()
    seconds: dict[str, list[float]] = {name: [] for name in SOLVES}
    objectives = []
    for _ in range(1 + ROUNDS):
        for name in SOLVES:
            took, objective = timed(name, case)
            seconds[name].append(took)
            objectives.append(objective)
    middle = {name: statistics.median(took[1:]) for name, took in seconds.items()}
    print(f"\nA year of {case.step_count} hours: solar, wind, battery, grid, daily deferrable work")
    print(f"build, solve, read back; warm: median of {ROUNDS} runs, taking turns")
    print(f"  {'':24}{'cold':>7}{'warm':>7}{'this project takes':>22}{'aim':>9}")
    for name, took in seconds.items():
        line = f"  {name:24}{took[0]:7.2f}{middle[name]:7.2f}"
        ratio, aim = middle[OURS] / middle[name], AIMS.get(name)
        line += f"{ratio:15.2f} of it" if name != OURS else ""
        print(line + (f"{aim:9.1f} {verdict(ratio, aim)}" if aim is not None else ""))
    apart = (max(objectives) - min(objectives)) / abs(objectives[0])
    print(
        f"  least cost {objectives[0]:,.2f} MAD, apart by {apart:.0e} of it at most, "
        f"aim {AGREED_PU:.0e} {verdict(apart, AGREED_PU)}"
    )


def random_sites() -> None:
    """Print how far the contestants are apart on small random sites."""
    worst = 0.0
    for seed in range(RANDOM_SITES):
        case = bench_case.random_case(seed)
        costs = [timed(name, case)[1] for name in SOLVES]
        worst = max(worst, (max(costs) - min(costs)) / max(1.0, abs(costs[0])))
    print(
        f"  {RANDOM_SITES} random sites of two to five days: least costs apart by {worst:.0e} "
        f"at most, aim {AGREED_PU:.0e} {verdict(worst, AGREED_PU)}"
    )


def default_plan() -> None:
    """Print the default plan's stages in a warm process."""
    runs = []
    with tempfile.TemporaryDirectory() as out:
        for _ in range(1 + ROUNDS):
            with quiet():
                plan = dk.plan(start=f"{DAY}T00:00Z", out=out, now=pd.Timestamp(DAY, tz="UTC"))
            stages = dict(plan.timings_s)
            parts = sum(stages[key] for key in ("compile", "pass", "solve"))
            stages["check"] = stages["optimize"] - parts
            runs.append(stages)
    size, gap = plan.optimum.solver, plan.mip_gap_pu
    print(f"\nThe default plan: {len(plan.schedule)} steps over 7 days, a mixed-integer program")
    print(
        f"{size['rows']} rows, {size['columns']} columns, {size['integers']} whole numbers, "
        f"solved to a gap of {100 * gap:.2g} %; median of {ROUNDS} warm runs"
    )
    middle = {key: statistics.median(run[key] for run in runs[1:]) for key in STAGES}
    for key, what in STAGES.items():
        print(f"  {key:24}{runs[0][key]:7.2f}{middle[key]:7.2f}   {what}")
    rest = sum(middle.values()) - middle["solve"]
    for label, value in (
        ("all but the solve", rest),
        ("  and without publish", rest - middle["publish"]),
    ):
        print(f"  {label:31}{value:7.2f}   aim 0.5 s {verdict(value, 0.5)}")


def cold_command() -> None:
    """Print the whole command in a process of its own, beside one that only imports."""
    command = [sys.executable, "-c", MEASURED, sys.executable, "-m", "optimizer.cli"]
    command += ["plan", "--json", "--date", DAY]
    whole, imports, peaks_mb = [], [], []
    for _ in range(ROUNDS):
        with tempfile.TemporaryDirectory() as out:
            started = time.perf_counter()
            subprocess.run([sys.executable, "-c", f"import {LIBRARIES}"], check=True)
            imported = time.perf_counter()
            done = subprocess.run(
                [*command, "--out", out], check=True, capture_output=True, text=True
            )
            took = time.perf_counter() - imported
        imports.append(imported - started)
        whole.append(took - json.loads(done.stdout)["timings_s"]["solve"])
        peaks_mb.append(float(done.stderr.split()[-1]) / 1024)  # Linux counts in kB
    plan, base = statistics.median(whole), statistics.median(imports)
    peak_mb = max(peaks_mb)
    print(f"\n`dakhla plan` as a cold process, median of {ROUNDS} runs")
    print(f"  {'without the solve':31}{plan:7.2f}")
    print(f"  {'a process that only imports':31}{base:7.2f}   the same libraries")
    print(f"  {'ratio':31}{plan / base:7.2f}   aim 1.6 {verdict(plan / base, 1.6)}")
    print(f"  {'memory, MB':31}{peak_mb:7.0f}   aim 500 {verdict(peak_mb, 500)}")


def every_clause() -> None:
    """Print how much longer the solve takes under every kind of clause, on two days."""
    print("\nThe default plan's solve under every kind of clause; median of 3 runs, taking turns")
    for day in (DAY, CALM_DAY):
        with quiet():
            plain, full = bench_agreement.solve_seconds(day, rounds=3).values()
        ratio = full / plain
        line = f"  {day}: {plain:.2f} s under the bundled agreement, {full:.2f} s under all"
        print(f"{line}: {ratio:.2f} times, aim 2 {verdict(ratio, 2.0)}")


def forecast_and_plan() -> None:
    """Print what a forecast and the plan on it take in a process of their own."""
    runs = [bench_forecast.cold(MEASURED) for _ in range(3)]
    middle = sorted(runs, key=lambda run: run.whole_s)[1]
    peak_mb = max(run.peak_mb for run in runs)
    print(f"\nA forecast of {middle.member_count} members and the plan on it as a cold process")
    print(f"  {'in all':24}{middle.whole_s:7.2f}   aim 60 {verdict(middle.whole_s, 60)}")
    for stage, seconds in middle.stages_s.items():
        share, what = seconds / middle.whole_s, bench_forecast.STAGES[stage]
        print(f"  {stage:24}{seconds:7.2f}{share:7.0%}   {what}")
    print(f"  {'memory, MB':24}{peak_mb:7.0f}   aim 1000 {verdict(peak_mb, 1000)}")


def day_page() -> None:
    """Print what the day's page takes to make and to be drawn, and its size."""
    with quiet():
        found = bench_page.measured(CALM_DAY)
    print(f"\nThe day's page of the default plan, {CALM_DAY}; medians of {bench_page.ROUNDS} runs")
    print(f"  {'rendering':31}{found.page_s:7.2f}   aim 1 {verdict(found.page_s, 1.0)}")
    print(f"  {'what-if: the program put in':31}{found.what_if_s:7.2f}   apart; can be skipped")
    print(f"  {'solved again, once':31}{found.resolve_s:7.2f}   apart; can be skipped")
    for name, seconds in found.drawn_s.items():
        print(f"  {f'drawn, {name}':31}{seconds:7.2f}   aim 2 {verdict(seconds, 2.0)}")
    for name, most_mb in (("with the solver", 8.0), ("without", 3.0)):
        size_mb = found.size_mb[name]
        print(f"  {f'MB, {name}':31}{size_mb:7.2f}   aim {most_mb:g} {verdict(size_mb, most_mb)}")


if __name__ == "__main__":
    warnings.simplefilter("ignore")  # PyPSA and linopy announce their next versions
    logging.disable()  # PyPSA turns everyone's log on
    print("Seconds on this machine; lower is better. One thread each, the same HiGHS.")
    year()
    random_sites()
    default_plan()
    cold_command()
    every_clause()
    forecast_and_plan()
    day_page()
