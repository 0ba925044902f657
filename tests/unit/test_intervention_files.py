"""Files of outages and pins: what is wrong with them, what is told, what a run keeps."""

from dataclasses import replace

import pandas as pd
import pytest

from models.errors import InputError
from optimizer.held import Interventions
from optimizer.intervention_files import as_json, interventions, interventions_of, lines
from optimizer.run_held import read_held, write_held
from tests.unit.held_plants import at, out, pin

TWO = (100.0, 300.0)  # MAD/MWh
BANK = {"battery": {"main": {}}}
AI = {"training": {"ai": {"value_mad_per_mwh": 500.0}}}
PINS = "column,start_utc,end_utc,low,high,note,author"
OUTAGES = "unit,start_utc,end_utc,available_mw,note,author"
SPAN = "2026-01-05T00:00Z,2026-01-05T01:00Z"


@pytest.fixture
def asked(plant, tmp_path):
    """Return what is read of lines of outages and of pins, for a plant of several kinds."""
    tables = BANK | {"genset": {"backup": {"unit_count": 3, "start_cost_mad": 10.0}}} | AI
    small = plant(
        buy=TWO,
        load=[20, 20],
        wind=[30, 30],
        tables={"grid": {"line": {"import_max_mw": 120.0}}} | tables,
    )

    def read(*, outages=(), pins=(), heads=(OUTAGES, PINS)):
        paths = []
        for name, head, rows in zip(("o.csv", "p.csv"), heads, (outages, pins), strict=True):
            path = tmp_path / name
            path.write_text("\n".join([head, *rows]) + "\n")
            paths.append(path)
        return interventions(small.site, small.horizon, *paths)

    return read


def problems(asked, **files):
    """Return what is wrong, without the folder in front."""
    with pytest.raises(InputError) as error:
        asked(**files)
    return [text.rpartition("/")[2] for text in error.value.problems]


OUTAGE_PROBLEMS = {
    f"batery_main,{SPAN},0,n,F": (
        "unit = 'batery_main' is no part of the site. Did you mean battery_main?"
    ),
    f"battery.main,{SPAN},0,n,F": (
        "unit = 'battery.main' is no part of the site. Did you mean battery_main?"
    ),
    f"xyz,{SPAN},0,n,F": (
        "unit = 'xyz' is no part of the site. Give one of wind_main, battery_main, grid_line, "
        "genset_backup, firm_load, training_ai, facility."
    ),
    "battery_main,2026-01-05T00:00,2026-01-05T01:00Z,0,n,F": (
        "start_utc = 2026-01-05T00:00 has no time zone. Write 2026-01-05T00:00Z for UTC."
    ),
    "battery_main,tomorrow,2026-01-05T01:00Z,0,n,F": (
        "start_utc = 'tomorrow' is no moment. Write 2026-03-01T08:00Z."
    ),
    "battery_main,2026-01-05T01:00Z,2026-01-05T01:00Z,0,n,F": (
        "end_utc = 2026-01-05T01:00Z is not after start_utc. Mend it."
    ),
    f"battery_main,{SPAN},-5,n,F": "available_mw = -5 is below 0. Give 0 or more.",
    f"battery_main,{SPAN},101,n,F": (
        "available_mw = 101 is more than battery_main has, 100 MW. Mend it."
    ),
    f"battery_main,{SPAN},50000,n,F": (
        "available_mw = 50000 is more than battery_main has, 100 MW. Give 50 if that is in kW."
    ),
    f"battery_main,{SPAN},50%,n,F": ("available_mw = '50%' is a percentage. Write it in MW: 50."),
    f"battery_main,{SPAN},40000 kW,n,F": (
        "available_mw = '40000 kW' is in kW. Write 40: MW, without the unit."
    ),
    f"battery_main,{SPAN},40 MW,n,F": "available_mw = '40 MW' has a unit. Write 40.",
    f'battery_main,{SPAN},"4,5",n,F': "available_mw = '4,5' has a comma. Write 4.5.",
    f"battery_main,{SPAN},nan,n,F": "available_mw = 'nan' is no number. Give one, in MW.",
    f"battery_main,{SPAN},,n,F": "available_mw is empty. Write it.",
    f"battery_main,{SPAN},0,n,": "author is empty. Write it.",
    f"battery_main,{SPAN},0,{'n' * 201},F": "note has 201 characters. Use at most 200.",
    f"grid_line,{SPAN},1000.5,n,F": None,
    f"genset_backup,{SPAN},31,n,F": (
        "available_mw = 31 is more than genset_backup has, 30 MW. Mend it."
    ),
    f"wind_main,{SPAN},300000,n,F": (
        "available_mw = 300000 is more than wind_main has, 250000 MW. Mend it."
    ),
}


@pytest.mark.parametrize("row", [row for row, text in OUTAGE_PROBLEMS.items() if text])
def test_an_outage_that_is_wrong_is_refused_in_a_sentence(asked, row):
    """Proves the whole message, with file and line."""
    assert problems(asked, outages=[row]) == [f"o.csv: line 2: {OUTAGE_PROBLEMS[row]}"]


PIN_PROBLEMS = {
    f"battery_main_charg_mw,{SPAN},1,2,n,F": (
        "column = 'battery_main_charg_mw' is no column of the schedule that can be held. "
        "Did you mean battery_main_charge_mw?"
    ),
    f"wind_main_available_mw,{SPAN},1,2,n,F": (
        "column = 'wind_main_available_mw' is no column of the schedule that can be held. "
        "Did you mean wind_main_used_mw?"
    ),
    f"grid_line_import_mw,{SPAN},,,n,F": (
        "low and high are both empty. Give one of them, or both."
    ),
    f"grid_line_import_mw,{SPAN},9,8,n,F": ("low = 9 is above high = 8. Swap or mend them."),
    f"grid_line_import_mw,{SPAN},-1,,n,F": "low = -1 is below 0. Give 0 or more.",
    f"grid_line_import_mw,{SPAN},,10 %,n,F": (
        "high = '10 %' is a percentage. Write it in MW: 100."
    ),
    f"battery_main_charge_mw,{SPAN},101,,n,F": (
        "low = 101 is more than battery_main_charge_mw has, 100 MW. Mend it."
    ),
    f"battery_main_charge_mw,{SPAN},,90000,n,F": (
        "high = 90000 is more than battery_main_charge_mw has, 100 MW. Give 90 if that is in kW."
    ),
    f"battery_main_energy_mwh,{SPAN},350000,,n,F": (
        "low = 350000 is more than battery_main_energy_mwh has, 400 MWh. "
        "Give 350 if that is in kWh."
    ),
    f"genset_backup_on_count,{SPAN},1.5,2,n,F": (
        "low = 1.5 is no whole number. Units are counted whole."
    ),
    f"genset_backup_on_count,{SPAN},4,,n,F": (
        "low = 4 is more than genset_backup_on_count has, 3 units. Mend it."
    ),
}


@pytest.mark.parametrize("row", PIN_PROBLEMS)
def test_a_pin_that_is_wrong_is_refused_in_a_sentence(asked, row):
    """Proves the whole message, with file and line."""
    expected = PIN_PROBLEMS[row].replace("MW: 100", "MW: 12") if "10 %" in row else None
    assert problems(asked, pins=[row]) == [f"p.csv: line 2: {expected or PIN_PROBLEMS[row]}"]


def test_all_problems_of_both_files_are_told_at_once(asked):
    """Proves five problems in four lines, in their order."""
    found = problems(
        asked,
        outages=[f"x,{SPAN},1,,", f"battery_main,{SPAN},-1,,F"],
        pins=[f"grid_line_import_mw,{SPAN},,,,F", f"grid_line_import_mw,{SPAN},a,2,,"],
    )
    assert [text.partition(": ")[0] + text.partition("line")[2][:2] for text in found] == [
        *("o.csv 2", "o.csv 2", "o.csv 3", "p.csv 2", "p.csv 3", "p.csv 3"),
    ]


def test_pins_that_leave_nothing_between_them_are_refused(asked):
    """Proves contradictions are found where two lines overlap, and there only."""
    first = "grid_line_import_mw,2026-01-05T00:00Z,2026-01-05T01:30Z,10,,,F"
    second = "grid_line_import_mw,2026-01-05T01:00Z,2026-01-05T02:00Z,,8,,Ali"
    assert problems(asked, pins=[first, second]) == [
        (
            "p.csv: line 3: contradicts line 2 from 2026-01-05T01:00Z to 2026-01-05T01:30Z: "
            "grid_line_import_mw can't be at least 10 and at most 8. Keep one."
        )
    ]
    later = second.replace("T01:00Z", "T01:30Z", 1)
    assert len(asked(pins=[first, later]).pins) == 2


def test_a_pin_above_what_an_outage_leaves_is_refused(asked):
    """Proves the two files are held against each other."""
    found = problems(
        asked,
        outages=[f"battery_main,{SPAN},40,fan,F"],
        pins=[f"battery_main_charge_mw,{SPAN},50,,,Ali"],
    )
    assert found == [
        (
            "p.csv: line 2: low = 50 of battery_main_charge_mw is more than an outage leaves from "
            "2026-01-05T00:00Z to 2026-01-05T01:00Z, 40 MW (line 2 of o.csv). Mend one of them."
        )
    ]


def test_entries_of_another_time_are_told_and_left_out(asked):
    """Proves past and future entries refuse nothing and hold nothing."""
    found = asked(
        outages=["battery_main,2026-01-04T00:00Z,2026-01-05T00:00Z,0,fan,F"],
        pins=["grid_line_import_mw,2026-01-05T02:00Z,2026-01-06T00:00Z,,8,,Ali"],
    )
    assert not found
    texts = [text.rpartition("/")[2] for text in lines(found)]
    assert texts == [
        (
            "o.csv: line 2: outage of battery_main by F: at most 0 MW (fan) ended before the plan, "
            "at 2026-01-05T00:00Z."
        ),
        (
            "p.csv: line 2: pin of grid_line_import_mw by Ali: at most 8 MW begins after the plan, "
            "at 2026-01-05T02:00Z."
        ),
    ]


def test_overlapping_outages_of_a_unit_are_told(asked):
    """Proves a planner learns that the least counts: what is left of both nobody else knows."""
    found = asked(outages=[f"battery_main,{SPAN},40,fan,F", f"battery_main,{SPAN},60,oil,F"])
    assert found.told[0].rpartition("/")[2] == (
        "o.csv: line 3: overlaps line 2 of battery_main; where both hold, the lesser power "
        "counts. Write what is left of both, if that is less."
    )


HEADS = {
    "unit,start_utc,end_utc,mw,note,author": [
        "available_mw: missing column. Add it.",
        "mw: no such column. Take it out.",
    ],
    "unit,start,end_utc,available_mw,note,author": [
        "start_utc: missing column. Add it.",
        "start: no such column. Did you mean start_utc?",
    ],
    "unit;start_utc;end_utc;available_mw;note;author": [
        "separated by semicolons. Use commas, and points in decimals."
    ],
}


@pytest.mark.parametrize("head", HEADS)
def test_a_file_that_is_no_such_table_is_refused(asked, head):
    """Proves a wrong header is told, not a wrong line."""
    found = problems(asked, heads=(head, PINS))
    assert found == [f"o.csv: {text}" for text in HEADS[head]]


def test_a_note_with_a_comma_must_be_quoted(asked):
    """Proves a line with too many cells is refused, and the same quoted is not."""
    row = "battery_main,2026-01-05T00:00Z,2026-01-05T01:00Z,0,fan, and oil,F"
    assert problems(asked, outages=[row]) == [
        "o.csv: a line has more cells than the header. Quote notes with commas."
    ]
    assert asked(outages=[row.replace("fan, and oil", '"fan, and oil"')]).outages[0].note == (
        "fan, and oil"
    )


def test_lines_that_are_empty_or_too_short(asked):
    """Proves blank lines count but say nothing, and that what a short line lacks is told."""
    rows = [f"battery_main,{SPAN},0,fan,F", "", ",,,,,", f"battery_main,{SPAN},-1", "x"]
    assert [text.partition(":")[2] for text in problems(asked, outages=rows)] == [
        " line 5: available_mw = -1 is below 0. Give 0 or more.",
        " line 5: author is empty. Write it.",
        (
            " line 6: unit = 'x' is no part of the site. Give one of wind_main, battery_main, "
            "grid_line, genset_backup, firm_load, training_ai, facility."
        ),
        *(f" line 6: {c} is empty. Write it." for c in ("start_utc", "end_utc", "available_mw")),
        " line 6: author is empty. Write it.",
    ]
    assert len(asked(outages=rows[:3]).outages) == 1


@pytest.mark.parametrize("content", [b"", b"\n", b"\xff\xfe\x00", b"\x00" * 50, b'"unit,'])
def test_a_file_that_is_no_text_table_is_refused(plant, tmp_path, content):
    """Proves nothing else than a sentence comes of it."""
    small = plant(buy=TWO, load=[1, 1])
    path = tmp_path / "pins.csv"
    path.write_bytes(content)
    with pytest.raises(InputError) as error:
        interventions(small.site, small.horizon, path, path)
    assert all(text.startswith(str(path)) for text in error.value.problems)


def test_a_file_that_is_not_there_is_refused(plant, tmp_path):
    """Proves a named file must exist; those of the folder of runs may be missing."""
    small = plant(buy=TWO, load=[1, 1])
    with pytest.raises(InputError, match=r"no\.csv: not readable as a table: there is no such"):
        interventions_of(small.site, small.horizon, tmp_path / "no.csv", None, tmp_path)
    assert not interventions_of(small.site, small.horizon, None, None, tmp_path)
    (tmp_path / "pins.csv").write_text(f"{PINS}\ngrid_line_import_mw,{SPAN},3,,,Ali\n")
    found = interventions_of(small.site, small.horizon, None, None, tmp_path)
    assert [str(one) for one in found.pins] == ["pin of grid_line_import_mw by Ali: at least 3 MW"]
    assert list(found.files_sha256) == ["pins.csv"]


def test_what_a_run_folder_keeps_is_what_was_planned(tmp_path):
    """Proves outages, pins and commitments are read back to the last digit."""
    promised = replace(pin("x_mw", 1, 2, 1 / 3, 1 / 3), kind="commitment", note="a, b")
    held = Interventions(
        outages=(out("wind_main", 0.25, 1.5, 0.1),),
        pins=(pin("y_mw", 0, 1, None, 2.0), pin("z_mw", 0, 1, 0.0, None), promised),
    )
    write_held(tmp_path, held)
    assert read_held(tmp_path) == held
    write_held(tmp_path / "none", Interventions())
    assert read_held(tmp_path / "none") == Interventions()
    path = tmp_path / "pins.csv"
    path.write_text(path.read_text().replace("0.3333", "x"))
    with pytest.raises(InputError, match="not as a run has it: could not convert string to float"):
        read_held(tmp_path)


def test_entries_are_shown_and_in_json(asked):
    """Proves the line of each, and its table."""
    found = asked(
        outages=[f"battery_main,{SPAN},40,fan,Fatima"],
        pins=[f"training_ai_power_mw,{SPAN},10,20,,Ali"],
    )
    assert lines(found) == [
        (
            "outage of battery_main by Fatima: at most 40 MW (fan), "
            "2026-01-05T00:00Z to 2026-01-05T01:00Z"
        ),
        "pin of training_ai_power_mw by Ali: 10 to 20 MW, 2026-01-05T00:00Z to 2026-01-05T01:00Z",
    ]
    content = as_json(found)
    assert content["outages"][0]["available_mw"] == 40.0
    assert content["pins"][0] | {"note": ""} == {
        "column": "training_ai_power_mw",
        "start_utc": "2026-01-05T00:00Z",
        "end_utc": "2026-01-05T01:00Z",
        "low": 10.0,
        "high": 20.0,
        "note": "",
        "author": "Ali",
        "kind": "pin",
    }


def test_a_moment_of_another_zone_is_read_as_utc(asked):
    """Proves an offset is taken into account."""
    row = "battery_main,2026-01-05T01:00+01:00,2026-01-05T02:00+01:00,0,,F"
    assert asked(outages=[row]).outages[0].start == at(0)
    assert asked(outages=[row]).outages[0].start.tz == pd.Timestamp(0, tz="UTC").tz
