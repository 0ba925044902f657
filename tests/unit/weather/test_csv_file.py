"""The user's own table, CSV and Parquet."""

import numpy as np
import pandas as pd
import pytest

from models.errors import InputError
from models.weather.checks import check
from models.weather.csv_file import read_table
from models.weather.labels import label_lag_min
from models.weather.reading import ReadOptions

END = ReadOptions(label="end")


@pytest.fixture
def csv(good, tmp_path):
    """Return a function that writes good weather as CSV, changed by a function of its text."""

    def write(change=lambda text: text, step_h=1.0, days=7):
        table = good(days=days, step_h=step_h).table
        stamped = table.set_axis(table.index.strftime("%Y-%m-%dT%H:%MZ")).rename_axis("time_utc")
        path = tmp_path / "w.csv"
        path.write_text(change(stamped.to_csv()))
        return path

    return write


def refusal(path, place, options=END) -> list[str]:
    with pytest.raises(InputError) as error:
        read_table(path, place, options)
    return error.value.problems


@pytest.mark.parametrize("step_h", [0.25, 1.0])
def test_csv_comes_back_as_written(csv, good, dakhla, step_h):
    """Proves that values, steps, place and terms survive, with lag 0 to the clear sky."""
    options = ReadOptions(licence="CC-BY 4.0", level="forecast")
    weather = read_table(csv(step_h=step_h), dakhla, options)
    want = good(days=7, step_h=step_h)
    pd.testing.assert_frame_equal(weather.table, want.table, check_freq=False)
    assert (weather.step_h, weather.place) == (step_h, dakhla)
    assert (weather.level, weather.licence) == ("forecast", "CC-BY 4.0")
    assert weather.source == "w.csv (table, times name the start of a step)"
    assert label_lag_min(weather) == pytest.approx(0.0, abs=2.0)
    check(weather)


@pytest.mark.parametrize("step_h", [0.25, 1.0])
def test_end_labels_become_beginnings(good, dakhla, tmp_path, step_h):
    """Proves that a table named by ends has lag 0 when said so, and is refused when not."""
    table = good(days=7, step_h=step_h).table
    ends = table.set_axis(table.index + pd.Timedelta(hours=step_h)).rename_axis("time_utc")
    path = tmp_path / "ends.csv"
    ends.to_csv(path)
    weather = read_table(path, dakhla, END)
    assert weather.table.index[0] == table.index[0]
    assert label_lag_min(weather) == pytest.approx(0.0, abs=2.0)
    check(weather)
    with pytest.raises(InputError, match=f"is {60 * step_h:.0f} min late by the sun"):
        check(read_table(path, dakhla))


@pytest.mark.parametrize("is_index", [True, False])
def test_parquet_comes_back_as_written(good, dakhla, tmp_path, is_index):
    """Proves that Parquet is read with the time as index or column, lag 0."""
    table = good(days=7).table
    path = tmp_path / "w.pq"
    (table if is_index else table.reset_index()).to_parquet(path)
    weather = read_table(path, dakhla)
    pd.testing.assert_frame_equal(weather.table, table, check_freq=False)
    assert label_lag_min(weather) == pytest.approx(0.0, abs=2.0)


def test_offsets_are_taken_off(csv, good, dakhla):
    """Proves that local times with their offset are the UTC times they mean."""
    path = csv(lambda text: text.replace("Z,", "-01:00,"))
    first = read_table(path, dakhla).table.index[0]
    assert first == good(days=7).table.index[0] + pd.Timedelta(hours=1)


def test_empty_cells_are_missing_values(csv, dakhla):
    """Proves that an empty cell and nan are NaN, for the checks to refuse."""
    path = csv(lambda text: "\n".join(_cut(line, i) for i, line in enumerate(text.split("\n"))))
    table = read_table(path, dakhla).table
    assert np.flatnonzero(table["wind_speed_100m_m_per_s"].isna()).tolist() == [2, 4]


def _cut(line: str, number: int) -> str:
    new = {3: "", 5: "NaN"}.get(number)
    return line if new is None else f"{line.rsplit(',', 1)[0]},{new}"


def test_all_faults_of_a_table_at_once(csv, dakhla):
    """Proves that a name, a time, a zone and a cell are told together."""

    def spoil(text):
        lines = text.split("\n")
        lines[0] = lines[0].replace("temp_air_degc", "temp_air_c")
        lines[2] = lines[2].replace("Z,", ",")
        lines[3] = "yesterdayZ" + lines[3][17:]
        lines[4] = lines[4].rsplit(",", 1)[0] + ",7.5 m/s"
        return "\n".join(lines)

    assert refusal(csv(spoil), dakhla) == [
        "w.csv: temp_air_c is no weather column. Did you mean temp_air_degc?",
        (
            "w.csv: time_utc = '2026-03-01T01:00' in data row 2 is without a time zone (1 rows). "
            "Write UTC with a Z, e.g. 2026-01-01T00:00Z, or the offset, e.g. +01:00."
        ),
        (
            "w.csv: time_utc = 'yesterdayZ' in data row 3 is no time. "
            "Write times like 2026-01-01T00:00Z."
        ),
        (
            "w.csv: wind_speed_100m_m_per_s = '7.5 m/s' in data row 4 is no number (1 rows). "
            "Write numbers with a decimal point, without units."
        ),
    ]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            lambda text: text.replace("time_utc", "date"),
            "w.csv: time_utc is missing. Name the column of times time_utc, in UTC.",
        ),
        (
            lambda text: text.replace(",", ";"),
            "w.csv is separated by semicolons. Use commas, and points in decimals.",
        ),
        (lambda text: text.split("\n")[0], "w.csv has no rows. Bring at least two steps."),
        (
            lambda text: "\n".join(text.split("\n")[:2]),
            "w.csv: time_utc has no two steps in order. Bring two or more.",
        ),
        (
            lambda text: "\n".join(
                line + ",1" if i else line for i, line in enumerate(text.split())
            ),
            "w.csv has rows longer than the header. Use commas between cells only.",
        ),
        (
            lambda text: text.replace("T05:00Z", "T05:00Z,1,2", 1),
            (
                "w.csv is no table (Error tokenizing data. C error: Expected 9 fields in line 7, "
                "saw 11). Write one header and rows of equal length."
            ),
        ),
    ],
)
def test_what_is_no_table_is_refused(csv, dakhla, change, message):
    assert refusal(csv(change), dakhla) == [message]


def test_naive_parquet_and_cut_parquet_are_refused(good, dakhla, tmp_path):
    """Proves that Parquet without zone is not taken for UTC, and half a file is told."""
    path = tmp_path / "w.parquet"
    good(days=1).table.tz_localize(None).to_parquet(path)
    assert refusal(path, dakhla) == [
        (
            "w.parquet: time_utc = '2026-03-01 00:00:00' in data row 1 is without a time zone "
            "(24 rows). Write UTC with a Z, e.g. 2026-01-01T00:00Z, or the offset, e.g. +01:00."
        )
    ]
    path.write_bytes(path.read_bytes()[:900])
    told = refusal(path, dakhla)[0]
    assert told.startswith("w.parquet is no Parquet, or cut off (")
    assert told.endswith("). Write it again.")
