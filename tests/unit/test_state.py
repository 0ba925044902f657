"""The opening state as a table: written and read back, every row checked, all problems at once."""

import pandas as pd
import pytest

import optimizer as dk
from models.errors import InputError
from optimizer.state import default_state, read_state

START = pd.Timestamp("2026-03-02T00:00Z")
KNOWN = [
    ("battery_main", "energy_mwh"),
    ("battery_main", "segment_energy_mwh"),
    ("genset_backup", "on_count"),
    ("grid_line", "month_peak_mw"),
    ("deferrable_batch", "backlog_mwh"),
    ("deferrable_batch", "rate_max_mw"),
    ("art_7", "delivered_mwh"),
]
WINDOW = "2026-03-01T00:00Z/2026-03-02T12:00Z"
HEADER = "time_utc,name,quantity,key,value\n"


def test_what_is_written_is_read_back_to_the_last_digit(tmp_path):
    rows = (
        dk.StateRow("battery_main", "energy_mwh", 0.1 + 0.2),
        dk.StateRow("battery_main", "segment_energy_mwh", 1 / 3, "1"),
        dk.StateRow("genset_backup", "on_count", 2.0, "1.5"),
        dk.StateRow("grid_line", "month_peak_mw", 7.25, "2026-03"),
        dk.StateRow("deferrable_batch", "backlog_mwh", 1e-5, WINDOW),
        dk.StateRow("deferrable_batch", "rate_max_mw", 4.0, WINDOW),
        dk.StateRow("art_7", "delivered_mwh", 0.0, "2026-03-02"),
    )
    dk.State(time_utc=START, rows=rows, origin="a plan").to_csv(tmp_path / "state.csv")
    found = read_state(tmp_path / "state.csv", START, KNOWN)
    assert found.rows == rows
    assert found.time_utc == START
    assert found.origin == "state file state.csv"


def test_a_value_is_found_by_name_quantity_and_key():
    rows = [dk.StateRow("genset_backup", "on_count", 2.0, key) for key in ("1.5", "3")]
    state = dk.State(time_utc=START, rows=tuple(rows), origin="a test")
    assert state.find("genset_backup", "on_count") == rows
    assert state.find("genset_backup", "off_count") == []
    assert state.value("genset_backup", "on_count", 9.0, key="3") == 2.0
    assert state.value("genset_backup", "on_count", 9.0, key="4") == 9.0


def test_the_site_file_says_what_no_run_does():
    assert default_state(START).rows == ()
    assert default_state(START).origin == "site file (no earlier run, no --state)"


@pytest.mark.parametrize(
    ("row", "problem"),
    [
        (
            "2026-03-02T00:00:00Z,battery_main,energy_mw,,5",
            "battery_main energy_mw: the site has no such quantity. It has: {known}.",
        ),
        (
            "2026-03-01T00:00:00Z,battery_main,energy_mwh,,5",
            (
                "time_utc = 2026-03-01T00:00:00Z is not the plan's start 2026-03-02T00:00Z. "
                "Give the state at that moment."
            ),
        ),
        (
            "2026-03-02T00:00:00,battery_main,energy_mwh,,5",
            (
                "time_utc = 2026-03-02T00:00:00 is not the plan's start 2026-03-02T00:00Z. "
                "Give the state at that moment."
            ),
        ),
        (
            "yesterday,battery_main,energy_mwh,,5",
            "time_utc = 'yesterday' is not a UTC moment. Write 2026-03-01T00:00:00Z.",
        ),
        (
            "2026-03-02T00:00:00Z,battery_main,energy_mwh,,-0.5",
            "value = '-0.5' is not a number >= 0. Give a number.",
        ),
        (
            "2026-03-02T00:00:00Z,battery_main,energy_mwh,,nan",
            "value = 'nan' is not a number >= 0. Give a number.",
        ),
        (
            "2026-03-02T00:00:00Z,battery_main,energy_mwh,,inf",
            "value = 'inf' is not a number >= 0. Give a number.",
        ),
        (
            "2026-03-02T00:00:00Z,battery_main,energy_mwh,,",
            "value = '' is not a number >= 0. Give a number.",
        ),
        (
            "2026-03-02T00:00:00Z,battery_main,energy_mwh,1,5",
            "key = '1' is none of energy_mwh's. Give nothing.",
        ),
        (
            "2026-03-02T00:00:00Z,genset_backup,on_count,two hours,5",
            "key = 'two hours' is none of on_count's. Give the hours the units have run, e.g. 1.5.",
        ),
        (
            "2026-03-02T00:00:00Z,genset_backup,on_count,-1,5",
            "key = '-1' is none of on_count's. Give the hours the units have run, e.g. 1.5.",
        ),
        (
            "2026-03-02T00:00:00Z,deferrable_batch,backlog_mwh,2026-03-01T00:00Z,5",
            (
                "key = '2026-03-01T00:00Z' is none of backlog_mwh's. "
                "Give arrival/deadline, e.g. 2026-03-01T00:00Z/2026-03-02T00:00Z."
            ),
        ),
        (
            "2026-03-02T00:00:00Z,deferrable_batch,rate_max_mw,2026-03-02/2026-03-03,5",
            (
                "key = '2026-03-02/2026-03-03' is none of rate_max_mw's. "
                "Give arrival/deadline, e.g. 2026-03-01T00:00Z/2026-03-02T00:00Z."
            ),
        ),
        (
            "2026-03-02T00:00:00Z,grid_line,month_peak_mw,March,5",
            "key = 'March' is none of month_peak_mw's. Give the month, e.g. 2026-03.",
        ),
        (
            "2026-03-02T00:00:00Z,art_7,delivered_mwh,,5",
            (
                "key = '' is none of delivered_mwh's. Give a week's Monday or a window's begin, "
                "e.g. 2026-03-02T12:00Z."
            ),
        ),
        (
            "2026-03-02T00:00:00Z,battery_main,segment_energy_mwh,shallow,5",
            "key = 'shallow' is none of segment_energy_mwh's. Give the segment, 1 the shallowest.",
        ),
    ],
)
def test_a_row_that_is_none_is_refused(tmp_path, row, problem):
    path = tmp_path / "state.csv"
    path.write_text(f"{HEADER}2026-03-02T00:00:00Z,grid_line,month_peak_mw,2026-03,1\n{row}\n")
    with pytest.raises(InputError) as error:
        read_state(path, START, KNOWN)
    known = ", ".join(sorted(f"{name} {quantity}" for name, quantity in KNOWN))
    assert str(error.value) == f"{path}: line 3: {problem.format(known=known)}"


def test_all_problems_are_told_at_once(tmp_path):
    path = tmp_path / "state.csv"
    row = "2026-03-02T00:00:00Z,genset_backup,on_count,3,1\n"
    path.write_text(f"{HEADER}{row}{row}2026-03-09T00:00:00Z,battery_main,energy_mwh,x,y\n")
    with pytest.raises(InputError) as error:
        read_state(path, START, KNOWN)
    assert str(error.value).splitlines() == [
        (
            f"{path}: line 4: time_utc = 2026-03-09T00:00:00Z is not the plan's start "
            "2026-03-02T00:00Z. Give the state at that moment."
        ),
        f"{path}: line 4: key = 'x' is none of energy_mwh's. Give nothing.",
        f"{path}: line 4: value = 'y' is not a number >= 0. Give a number.",
        f"{path}: genset_backup on_count 3 appears twice. Keep one row.",
    ]


def test_other_columns_are_refused(tmp_path):
    path = tmp_path / "state.csv"
    path.write_text("time,name,value\n2026-03-02T00:00:00Z,battery_main,5\n")
    with pytest.raises(InputError) as error:
        read_state(path, START, KNOWN)
    assert str(error.value) == (
        f"{path}: columns = time,name,value is not time_utc,name,quantity,key,value. Give those."
    )


@pytest.mark.parametrize("content", [None, ""], ids=["no file", "an empty file"])
def test_a_file_that_is_no_table_is_refused(tmp_path, content):
    path = tmp_path / "state.csv"
    if content is not None:
        path.write_text(content)
    with pytest.raises(InputError) as error:
        read_state(path, START, KNOWN)
    assert str(error.value).startswith(f"{path}: not readable as a state table: ")
