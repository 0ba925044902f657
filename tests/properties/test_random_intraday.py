"""Random facilities within the day: planned again from any step, and under outages and pins.

Without an agreement, whose ledger knows less of the time before than the drawn opening state.
"""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import optimizer as dk
from optimizer.errors import Infeasible
from optimizer.held import Interventions, Outage, Pin
from optimizer.interventions import with_held
from optimizer.outages import rating_mw
from optimizer.pins import pinnable
from optimizer.site import build_model

SEEDS = (1, 9, 11)
NOW = pd.Timestamp("2026-01-01T00:00Z")
NONE = dk.parse_agreement({"title": "none", "clause": []})
GAP_PU = 2e-3  # twice what the drawn sites allow the solver


def drawn_plan(facility: Any, seed: int, out: Path) -> tuple[Any, dk.Plan]:
    """Return a random facility and its plan, published."""
    drawn = facility(seed)
    return drawn, dk.plan(**drawn.asked() | {"agreement": NONE}, out=out, now=NOW)


@pytest.mark.parametrize("seed", SEEDS)
def test_the_rest_of_any_plan_can_be_planned_again(facility, tmp_path, seed):
    """Proves from a random step: feasible with what was promised, and no dearer than before."""
    drawn, base = drawn_plan(facility, seed, tmp_path)
    step = int(np.random.default_rng(seed).integers(1, len(drawn.horizon.steps)))
    new = dk.plan(
        drawn.site,
        agreement=NONE,
        series=drawn.series.iloc[step:],
        replan_from=f"{drawn.horizon.index[step]:%Y-%m-%dT%H:%MZ}",
        out=tmp_path,
        now=NOW,
    )
    told = new.changes
    assert told is not None
    scale = max(1.0, sum(abs(mad) for mad in told.cost_before_mad.values()))
    assert told.after_mad <= told.before_mad + GAP_PU * scale
    assert told.run == base.run_dir.name
    assert not any("given up" in text for text in told.kept)
    assert told.reasons[0].startswith("what the plan is made of has not changed")


@pytest.mark.parametrize("seed", SEEDS)
def test_a_plan_under_random_outages_and_pins_is_audited_or_says_what_clashes(
    facility, tmp_path, seed
):
    """Proves three outages and three pins at once: kept by the audited table, or named."""
    drawn, base = drawn_plan(facility, seed, tmp_path)
    rng, edges = np.random.default_rng(seed), drawn.horizon.edges
    units = [p for p in drawn.site.fleet() if not getattr(p, "is_sovereign", False)]
    outages, pins = [], []
    for number in rng.choice(len(units), size=3, replace=False):
        first = int(rng.integers(0, len(edges) - 1))
        left_mw = (rating_mw(units[number]) or 20.0) * float(rng.choice([0, 0.3, 0.6, 0.9]))
        outages.append(
            Outage(
                unit=units[number].name,
                start=edges[first],
                end=edges[min(first + 3, len(edges) - 1)],
                available_mw=left_mw,
            )
        )
    columns = list(pinnable(drawn.site))
    for number in rng.choice(len(columns), size=3, replace=False):
        step, column = int(rng.integers(0, len(edges) - 1)), columns[number]
        value = float(base.schedule[column].iloc[step])
        value = float(round(value)) if column.endswith("_count") else value
        low, high = [(None, value), (value, None), (value, value)][int(rng.integers(0, 3))]
        pins.append(Pin(column=column, start=edges[step], end=edges[step + 1], low=low, high=high))
    held = Interventions(outages=tuple(outages), pins=tuple(pins))
    problem = dk.build(**drawn.asked() | {"agreement": NONE})
    given = with_held(problem.given, drawn.site, held)
    clash: list[str] = []
    try:
        plan = dk.solve(build_model(drawn.site, NONE, given))
    except Infeasible as error:
        plan, clash = base, error.names
    if clash:
        assert any(name.startswith(("outage of", "pin of")) for name in clash), clash
        return
    for pin in pins:
        inside = plan.schedule.loc[pin.start : pin.end - pd.Timedelta(seconds=1), pin.column]
        assert (inside <= (np.inf if pin.high is None else pin.high) + 1e-4).all()
        assert (inside >= (pin.low or 0.0) - 1e-4).all()
