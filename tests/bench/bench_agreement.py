"""How much longer HiGHS takes where every kind of clause is in force."""

import statistics

import pandas as pd

import optimizer as dk
from optimizer.config import load_agreement
from optimizer.reference import reference_file
from optimizer.state import State, StateRow

FILES = {"bundled agreement": "agreement.toml", "every kind of clause": "agreement_full.toml"}
KEYS = {"year": "%Y", "month": "%Y-%m"}


def solve_seconds(day: str, rounds: int) -> dict[str, float]:
    """Return the median seconds of solving the default plan under each agreement, taking turns.

    What is left of long budgets is given, so that no look-ahead is made.
    """
    start = pd.Timestamp(day, tz="UTC")
    seconds: dict[str, list[float]] = {name: [] for name in FILES}
    for _ in range(1 + rounds):
        for name, file in FILES.items():
            agreement = load_agreement(reference_file(file))
            rows = tuple(
                StateRow(c.name, c.worth_name, 0.0, start.strftime(KEYS[c.window]))
                for c in agreement.clause
                if getattr(c, "window", None) in KEYS
            )
            state = State(time_utc=start, rows=rows, origin="the benchmark")
            plan = dk.plan(start=start, agreement=agreement, state=state)
            seconds[name].append(plan.timings_s["solve"])
    return {name: statistics.median(took[1:]) for name, took in seconds.items()}
