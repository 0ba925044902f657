"""Meters beside the runs: a file twice changes nothing, a later one corrects, cell by cell."""

import pandas as pd
import pytest

from models.errors import InputError
from optimizer.meter_file import MeterFile
from optimizer.meters import known_at, last_values, meter_steps, read_meters, store_meters

READING, MEAN = "battery_main_energy_mwh", "grid_line_import_mw"


def file(start="2026-01-31T23:00Z", step="30min", step_h=0.5, **columns):
    length = len(next(iter(columns.values())))
    index = pd.date_range(start, periods=length, freq=step, name="time_utc", unit="us")
    table = pd.DataFrame(columns, index=index, dtype="float64")
    means = tuple(c for c in columns if c == MEAN)
    return MeterFile(table=table, mean_columns=means, step_h=step_h if means else None, notes=())


def counts(stored):
    return stored.new_count, stored.corrected_count, stored.same_count


def test_a_file_is_kept_by_month_and_read_back(tmp_path):
    """Proves four rows over a month's end are two files, and one table again."""
    stored = store_meters(tmp_path, file(**{READING: [1, 2, 3, 4], MEAN: [5, 6, 7, None]}))
    assert counts(stored) == (7, 0, 0)
    assert sorted(p.name for p in (tmp_path / "meters").iterdir()) == [
        "2026-01.parquet",
        "2026-02.parquet",
        "columns.json",
    ]
    found = read_meters(tmp_path)
    assert found[READING].tolist() == [1, 2, 3, 4]
    assert found[MEAN].dropna().tolist() == [5, 6, 7]
    assert found.index.name == "time_utc"
    assert str(found.index.dtype) == "datetime64[us, UTC]"
    assert meter_steps(tmp_path) == {MEAN: 0.5}


def test_the_same_file_twice_changes_nothing(tmp_path):
    """Proves no byte is written: the months keep their moment of writing."""
    asked = file(**{READING: [1, 2, 3, 4]})
    store_meters(tmp_path, asked)
    before = [(p, p.stat().st_mtime_ns) for p in (tmp_path / "meters").iterdir()]
    assert counts(store_meters(tmp_path, asked)) == (0, 0, 4)
    assert [(p, p.stat().st_mtime_ns) for p in (tmp_path / "meters").iterdir()] == before


def test_a_later_file_corrects_cell_by_cell_and_an_empty_cell_does_not(tmp_path):
    """Proves 2 becomes 9, 3 stays under an empty cell, 4 is the same, 5 is new."""
    store_meters(tmp_path, file(**{READING: [1, 2, 3, 4]}))
    later = file("2026-01-31T23:30Z", **{READING: [9, None, 4, 5]})
    assert counts(store_meters(tmp_path, later)) == (1, 1, 1)
    assert read_meters(tmp_path)[READING].tolist() == [1, 9, 3, 4, 5]


def test_another_meter_of_the_same_time_is_put_beside_it(tmp_path):
    store_meters(tmp_path, file(**{READING: [1, 2]}))
    store_meters(tmp_path, file(step="15min", step_h=0.25, **{MEAN: [7, 8, 9]}))
    found = read_meters(tmp_path)
    assert found[READING].dropna().tolist() == [1, 2]
    assert found[MEAN].dropna().tolist() == [7, 8, 9]
    assert meter_steps(tmp_path) == {MEAN: 0.25}


def test_another_step_than_what_is_kept_is_refused_and_nothing_written(tmp_path):
    store_meters(tmp_path, file(**{MEAN: [1, 2]}))
    with pytest.raises(InputError) as error:
        store_meters(tmp_path, file(step="h", step_h=1.0, **{MEAN: [3, 4], READING: [1, 2]}))
    assert str(error.value) == (
        f"{MEAN}: its step is 60 min, and 30 min in what is kept in {tmp_path / 'meters'}. Bring "
        "the file to that step first."
    )
    assert read_meters(tmp_path).columns.tolist() == [MEAN]


def test_what_was_not_known_at_a_moment_is_left_out(tmp_path):
    """Proves at 23:45 the reading of 23:30 is known, and the mean from 23:30 is not over."""
    store_meters(tmp_path, file(**{READING: [1, 2, 3], MEAN: [5, 6, 7]}))
    found = read_meters(tmp_path, pd.Timestamp("2026-01-31T23:45Z"))
    assert found[READING].tolist() == [1, 2]
    assert found[MEAN].dropna().tolist() == [5]
    nothing = known_at(found, {MEAN: 0.5}, pd.Timestamp("2026-01-31T22:00Z"))
    assert nothing.empty


def test_the_last_values_say_their_age(tmp_path):
    """Proves a mean is known when its step is over: the last one from midnight on, at 00:30."""
    store_meters(tmp_path, file(**{READING: [1, 2, None], MEAN: [5, 6, 7]}))
    assert last_values(tmp_path, pd.Timestamp("2026-02-01T01:00Z")) == [
        {
            "column": READING,
            "value": 2.0,
            "time_utc": "2026-01-31T23:30:00Z",
            "age_h": 1.5,
            "step_h": None,
            "count": 2,
        },
        {
            "column": MEAN,
            "value": 7.0,
            "time_utc": "2026-02-01T00:30:00Z",
            "age_h": 0.5,
            "step_h": 0.5,
            "count": 3,
        },
    ]


def test_where_nothing_is_metered_there_is_nothing(tmp_path):
    assert read_meters(tmp_path).empty
    assert last_values(tmp_path, pd.Timestamp("2026-02-01T01:00Z")) == []


def test_a_broken_month_is_told(tmp_path):
    store_meters(tmp_path, file(**{READING: [1, 2]}))
    path = tmp_path / "meters/2026-01.parquet"
    path.write_bytes(path.read_bytes()[:100])
    with pytest.raises(InputError) as error:
        read_meters(tmp_path)
    assert str(error.value).startswith(f"{path}: not as it was written: ")
    assert str(error.value).endswith(". Take it out, and import that month again.")
