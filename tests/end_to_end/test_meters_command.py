"""`dakhla meters`: a SCADA file comes in, the ledger and the next plan's opening follow from it."""

import json

import pandas as pd
import pytest

from optimizer import cli_meters
from tests.end_to_end.conftest import DAY, Place, refused

NOW = pd.Timestamp(f"{DAY}T03:20:00Z")
FILES = ("site.toml", "agreement.toml")
SCADA = """time_utc,battery_main_energy_mwh,grid_onee_import_mw,training_jazari_power_mw
2026-07-01T00:00Z,150,12.5,8
2026-07-01T01:00Z,170,0,8
2026-07-01T02:00Z,190,0,8
2026-07-01T03:00Z,215,,
"""


@pytest.fixture
def scada(place, monkeypatch):
    """Return the small plant with a SCADA file of its first three hours, at twenty past three."""
    monkeypatch.setattr(cli_meters, "utc_now", lambda: NOW.to_pydatetime())
    place.path("scada.csv").write_text(SCADA)
    return place


def meters(place: Place, *options: str):
    files = [str(place.path(name)) for name in FILES]
    asked = ["meters", "--site", files[0], "--agreement", files[1], "--out", str(place.out)]
    return place.call([*asked, *options])


def test_an_import_says_what_it_did_and_what_is_there(scada):
    said = meters(scada, "--import", str(scada.path("scada.csv")))
    assert said.code == 0, said.err
    assert said.out.splitlines() == [
        (
            f"{scada.path('scada.csv')}: 4 rows from 2026-07-01T00:00Z to 2026-07-01T03:00Z; 10 values "
            "are new, 0 correct earlier ones, 0 were known."
        ),
        "grid_onee_import_mw: 1 of 4 cells are empty.",
        "training_jazari_power_mw: 1 of 4 cells are empty.",
        "battery_main_energy_mwh: 215.000 at 2026-07-01T03:00:00Z (0.3 h old)",
        "grid_onee_import_mw: 0.000 at 2026-07-01T03:00:00Z (0.3 h old)",
        "training_jazari_power_mw: 8.000 at 2026-07-01T03:00:00Z (0.3 h old)",
    ]
    again = meters(scada, "--import", str(scada.path("scada.csv")), "--json").answer
    assert (again["imported"]["new_count"], again["imported"]["same_count"]) == (0, 10)
    assert [row["column"] for row in again["columns"]] == SCADA.splitlines()[0].split(",")[1:]
    shown = meters(scada, "--json").answer
    assert (shown["imported"], shown["columns"]) == (None, again["columns"])


def test_the_next_plan_opens_from_the_meter(scada):
    """Proves the meter's 215 MWh of 3:00, not the 150 of the state file a plan began with."""
    assert scada.plan("--quiet").code == 0
    said = meters(scada, "--import", str(scada.path("scada.csv")))
    assert said.code == 0, said.err
    files = [str(scada.path(name)) for name in FILES]
    asked = ["plan", "--site", files[0], "--agreement", files[1], "--date", DAY]
    said = scada.call([*asked, "--out", str(scada.out), "--json"])
    assert said.code == 0, said.err
    state = pd.read_csv(f"{said.answer['run_dir']}/inputs/state.csv")
    energy = state[(state["name"] == "battery_main") & (state["quantity"] == "energy_mwh")]
    assert energy["value"].tolist() == [150.0]  # of 0:00: what came later is not of its opening
    assert said.answer["opening_state"].startswith("meters until 2026-07-01 00:00Z; else run ")


def test_a_wrong_file_keeps_nothing(scada):
    scada.edit("scada.csv", "grid_onee_import_mw", "grid_onee_import_kw")
    found = refused(meters(scada, "--import", str(scada.path("scada.csv")), "--json"), scada)
    assert found == [
        (
            f"{scada.path('scada.csv')}: grid_onee_import_kw: unknown column. Did you mean "
            "grid_onee_import_mw?"
        )
    ]


def test_where_nothing_is_metered_it_says_how(scada):
    said = meters(scada)
    assert (said.code, said.out) == (
        0,
        f"Nothing is metered in {scada.out}. Import a file with --import FILE.\n",
    )
    assert json.loads(meters(scada, "--json").out)["columns"] == []
