"""The rows of outages and pins, as text: a change of a constraint must show up in a diff.

Two steps, of half an hour and of an hour, entries in the first, the second or both.
``UPDATE_GOLDEN=1`` rewrites.
"""

import os

import pandas as pd
import pytest

import optimizer as dk
from optimizer.held import Interventions, Outage, Pin
from optimizer.interventions import with_held
from optimizer.site import build_model
from optimizer.templates import make_plain
from tests.reference.test_golden_lp import (
    BANK,
    BATCH,
    BREEZE,
    GENSET,
    GOLDEN,
    PRICES,
    SITE,
    TRAINING,
    UNITS,
    WINDY,
)

START = pd.Timestamp("2026-01-05T00:00Z")
FREE = {"curve": [[1.0, 1.0]], "floor_pu": 0.0, "restart_cost_mad_per_mw": 0.0}
FLEET = TRAINING | FREE | {"restart_loss_h": 0.0, "ramp_max_mw_per_h": None}


def at(hour: float) -> pd.Timestamp:
    return START + pd.Timedelta(hours=hour)


def out(unit: str, first: float, end: float, left_mw: float) -> Outage:
    return Outage(unit=unit, start=at(first), end=at(end), available_mw=left_mw, author="F")


def pin(column: str, first: float, end: float, low: float | None, high: float | None) -> Pin:
    return Pin(column=column, start=at(first), end=at(end), low=low, high=high, author="A")


CASES = {  # name -> (tables, series, entries)
    "battery_out": (BANK, PRICES, [out("battery_main", 0.25, 0.5, 35.0)]),
    "fleet_out": (
        WINDY | {"genset": {"backup": GENSET | UNITS | {"must_run_count": 3}}},
        PRICES | BREEZE,
        [out("genset_backup", 0.5, 1.5, 12.0), out("wind_main", 0, 0.5, 17.0)],
    ),
    "loads_out": (
        WINDY | {"deferrable": {"batch": BATCH}, "training": {"ai": FLEET}},
        PRICES | BREEZE,
        [
            *(out("firm_sov", 0, 0.5, 12.0), out("firm_cloud", 0, 0.5, 11.0)),
            *(out("deferrable_batch", 0.5, 1.5, 4.0), out("training_ai", 0, 1.5, 45.0)),
        ],
    ),
    "pins": (
        BANK,
        PRICES,
        [
            *(pin("grid_line_import_mw", 0, 0.5, None, 40.0),),
            *(pin("battery_main_charge_mw", 0.5, 1.5, 7.0, 9.0),),
            *(pin("site_import_mw", 0, 1.5, 6.0, None),),
            *(pin("firm_cloud_served_mw", 0.5, 1.5, 18.0, 18.0),),
        ],
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_the_rows_are_as_they_were(name, tmp_path):
    """Proves the block ``held`` has these rows, and that cut series are bounds."""
    tables, series, entries = CASES[name]
    horizon = dk.Horizon(start=START, step_h=(0.5, 1.0))
    problem = dk.build(
        dk.parse_site(SITE | tables),
        start=START,
        horizon=horizon,
        agreement=dk.parse_agreement({"title": "t", "clause": []}),
        state=dk.State(time_utc=START, rows=(), origin="golden"),
        series=pd.DataFrame(series, index=horizon.index, dtype="float64"),
    )
    held = Interventions(
        outages=tuple(one for one in entries if isinstance(one, Outage)),
        pins=tuple(one for one in entries if isinstance(one, Pin)),
    )
    given = with_held(problem.given, problem.site, held)
    model = make_plain(build_model(problem.site, problem.agreement, given).model)
    path, golden = tmp_path / f"{name}.lp", GOLDEN / "held" / f"{name}.lp"
    model.write(str(path), io_options={"symbolic_solver_labels": True})
    written = path.read_text(encoding="utf-8")
    if os.environ.get("UPDATE_GOLDEN"):
        golden.parent.mkdir(exist_ok=True)
        golden.write_text(written, encoding="utf-8")
    assert written == golden.read_text(encoding="utf-8")
