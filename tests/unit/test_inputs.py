"""Input series: from files or the caller, on exactly the steps of the plan, from one source."""

import pandas as pd
import pytest

import optimizer as dk
from models.errors import InputError
from optimizer.inputs import assemble, read_cohorts, read_frame, read_series

HORIZON = dk.Horizon(start=pd.Timestamp("2026-03-01T00:00Z"), step_h=(0.5, 0.5, 1.0))
CSV = """time_utc,available_mw,note
2026-03-01T00:00Z,10,a
2026-03-01T00:30Z,20,b
2026-03-01T01:00Z,30,c
2026-03-01T02:00Z,99,after the plan
"""


@pytest.fixture
def write(tmp_path):
    """Return how a text becomes a file."""

    def to_file(text, name="wind.csv"):
        path = tmp_path / name
        path.write_text(text)
        return path

    return to_file


def problems_of(path, quantities=("available_mw",)):
    """Return what is wrong with a file, without its path in front."""
    frame, problems = read_series(path, list(quantities), HORIZON)
    assert frame is not None
    return [problem.removeprefix(f"{path}: ") for problem in problems]


def test_a_file_is_read_on_the_steps_of_the_plan(write):
    """Proves what comes after the plan is left out, whatever the order of the rows."""
    lines = CSV.splitlines()
    frame, problems = read_series(
        write("\n".join([lines[0], *lines[:0:-1]])), ["available_mw"], HORIZON
    )
    assert problems == []
    assert frame["available_mw"].tolist() == [10, 20, 30]
    assert frame.index.equals(HORIZON.index)


@pytest.mark.parametrize("is_index", [False, True])
def test_a_parquet_file_is_as_good(tmp_path, is_index):
    frame = pd.DataFrame({"available_mw": [10.0, 20.0, 30.0]}, index=HORIZON.index)
    frame = frame if is_index else frame.reset_index()
    frame.to_parquet(tmp_path / "wind.parquet")
    found, problems = read_series(tmp_path / "wind.parquet", ["available_mw"], HORIZON)
    assert problems == []
    assert found["available_mw"].tolist() == [10, 20, 30]


def test_moments_in_another_zone_are_taken_as_they_are(write):
    text = CSV.replace("T00:00Z", "T01:00+01:00").replace("Z,", "+00:00,")
    path = write(text.replace("2026-03-01T00:30+00:00", "2026-03-01T01:30+01:00"))
    assert problems_of(path) == [
        "time_utc: moments have several offsets. Write 2026-03-01T00:00:00Z."
    ]
    path = write(
        "time_utc,available_mw\n2026-03-01T01:00+01:00,10\n2026-03-01T01:30+01:00,20\n"
        "2026-03-01T02:00+01:00,30\n"
    )
    frame, problems = read_series(path, ["available_mw"], HORIZON)
    assert problems == []
    assert frame["available_mw"].tolist() == [10, 20, 30]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (
            CSV.replace("Z,", ","),
            "time_utc = 2026-03-01 00:00:00 has no time zone. Write 2026-03-01T00:00Z for UTC.",
        ),
        (
            CSV.replace("2026-03-01T00:30Z,20,b\n", ""),
            (
                "no row at 2026-03-01T00:30Z (1 of 3 steps). "
                "Give a row per step of the horizon, or plan on the file's own steps."
            ),
        ),
        (
            CSV.replace("T00:30Z", "T00:00Z"),
            "time_utc = 2026-03-01 00:00:00+00:00 appears twice. Keep one row.",
        ),
        (
            CSV + "2026-03-01T01:30Z,31,d\n",
            (
                "1 rows lie within steps, the first at 2026-03-01T01:30Z. "
                "Give one row per step: its mean."
            ),
        ),
        (
            CSV.replace("2026-03-01T00:30Z,20", ",20"),
            "time_utc: empty in line 3. Write 2026-03-01T00:00:00Z.",
        ),
        (
            CSV.replace("2026-03-01T00:30Z,20", ",20").replace("Z,", ","),
            "time_utc: empty in line 3. Write 2026-03-01T00:00:00Z.",
        ),
        (
            CSV.replace("available_mw", "power_mw"),
            "available_mw: missing column. The file has: power_mw, note.",
        ),
        (
            CSV.replace("time_utc", "time"),
            "time_utc: missing column. Name each step by its beginning, in UTC.",
        ),
    ],
)
def test_a_file_that_does_not_fit_is_refused(write, text, problem):
    assert problems_of(write(text)) == [problem]


def test_what_is_no_moment_is_refused(write):
    assert problems_of(write(CSV.replace("2026-03-01T00:30Z", "half past"))) == [
        "time_utc: 'half past' in line 3 is no moment. Write 2026-03-01T00:00:00Z."
    ]


@pytest.mark.parametrize(
    ("content", "name", "problem"),
    [
        ("time_utc,available_mw\n", "wind.csv", "has no rows. Give one row per step."),
        (
            "",
            "wind.csv",
            "not readable as a table: No columns to parse from file. Give CSV or Parquet.",
        ),
        (b"\xff\xfe\x00", "wind.csv", None),
        (b"PAR1 cut short", "wind.parquet", None),
        (None, "wind.csv", None),
    ],
    ids=["no rows", "empty", "no text", "cut short", "no file"],
)
def test_a_file_that_is_no_table_is_refused(tmp_path, content, name, problem):
    path = tmp_path / name
    if content is not None:
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(InputError) as error:
        read_frame(path)
    if problem is not None:
        assert str(error.value) == f"{path}: {problem}"
    else:
        assert str(error.value).startswith(f"{path}: not readable as a table: ")
        assert str(error.value).endswith(". Give CSV or Parquet.")


def test_a_plant_takes_its_power_from_its_file(plant, write):
    """Proves the doorway: `availability_file` is read beside the site, on the plan's steps."""
    table = {"availability_file": str(write(CSV))}
    tables = {"wind": {"main": table}, "firm": {"cloud": {"demand_mw": 5.0}}}
    problem = plant(tables=tables, start="2026-03-01T00:00Z", step_h=HORIZON.step_h).build()
    assert problem.given.series["wind_main_available_mw"].tolist() == [10, 20, 30]


SITE = {"wind": {"main": {}}, "firm": {"cloud": {"demand_mw": 5.0}}}


@pytest.mark.parametrize(
    ("columns", "problem"),
    [
        (
            {"wind_main_available_mw": [1, 2, 3], "solar_main_available_mw": [1, 2, 3]},
            (
                "series: solar_main_available_mw: given by series, but nothing on the site needs "
                "it. Take it out."
            ),
        ),
        (
            {"wind_main_available_mw": [1, 2, 3], "firm_cloud_demand_mw": [1, 2, 3]},
            "series: firm_cloud_demand_mw: given by site file and series. Keep one.",
        ),
        (
            {},
            (
                "series: wind_main_available_mw has no source. Give its part of the site a file "
                "(series_file, availability_file), or the parameters that make it."
            ),
        ),
        (
            {"wind_main_available_mw": [1, float("nan"), -1]},
            (
                "series: wind_main_available_mw is missing at 2026-03-01T00:30Z (2 of 3 steps). "
                "Give a number in every step."
            ),
        ),
        (
            {"wind_main_available_mw": [1, 2, 3e6]},
            (
                "series: wind_main_available_mw = 3000000.0 at 2026-03-01T01:00Z (1 of 3 steps) is "
                "outside [0, 100000]. Mend it; power is in MW, not kW."
            ),
        ),
    ],
    ids=["not needed", "two sources", "none", "a gap", "kW"],
)
def test_each_series_has_one_source_and_its_range(plant, columns, problem):
    site = plant(tables=SITE, step_h=HORIZON.step_h).site
    frame = pd.DataFrame(columns, index=HORIZON.index)
    with pytest.raises(InputError) as error:
        assemble(site, HORIZON, {"series": frame})
    assert str(error.value) == problem


def test_series_on_other_steps_are_refused(plant):
    """Proves a frame that is an hour off is not taken for one that fits."""
    site = plant(tables=SITE, step_h=HORIZON.step_h).site
    frame = pd.DataFrame({"wind_main_available_mw": [1.0, 2, 3]}, index=HORIZON.index)
    with pytest.raises(InputError) as error:
        assemble(site, HORIZON, {"series": frame.shift(freq="1h")})
    assert str(error.value) == (
        "series: the index of series is not the horizon's. Use horizon.index."
    )


COHORTS = """earliest_utc,deadline_utc,work_mwh,rate_max_mw
2026-03-01T00:00Z,2026-03-01T02:00Z,3,4
2026-03-01T01:00Z,2026-03-01T03:00Z,5,6
"""


def test_cohorts_are_read_row_by_row(write):
    first, second = read_cohorts(write(COHORTS))
    assert first.key == "2026-03-01T00:00Z/2026-03-01T02:00Z"
    assert (second.work_mwh, second.rate_max_mw, second.preferred) == (5.0, 6.0, None)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (COHORTS.replace("rate_max_mw", "rate"), "rate_max_mw: missing column. Add it."),
        (
            COHORTS.replace("Z,3", ",3").replace("Z,5", ",5"),
            "deadline_utc = 2026-03-01 02:00:00 has no time zone. Write 2026-03-01T02:00Z for UTC.",
        ),
        (
            COHORTS.replace("2026-03-01T03:00Z", ""),
            "deadline_utc: empty in line 3. Write 2026-03-01T00:00:00Z.",
        ),
        (
            COHORTS.replace(",5,6", ",-5,6"),
            "line 3: work_mwh = -5 and rate_max_mw = 6 are not both numbers >= 0. Mend the row.",
        ),
        (
            COHORTS.replace(",3,4", ",three,4"),
            "line 2: work_mwh = three and rate_max_mw = 4 are not both numbers >= 0. Mend the row.",
        ),
        (
            COHORTS.replace("T02:00Z", "T00:00Z"),
            "line 2: deadline_utc is not after earliest_utc. Mend it.",
        ),
    ],
)
def test_cohorts_that_are_none_are_refused(write, text, problem):
    path = write(text)
    with pytest.raises(InputError) as error:
        read_cohorts(path)
    assert str(error.value) == f"{path}: {problem}"


@pytest.mark.parametrize("column", ["2026-03-01T00:00Z,", ",2026-03-01T01:00Z", ","])
def test_a_cohort_may_prefer_no_step(write, column):
    """Proves an empty preference is none, in a file where others have one and where none has."""
    lines = COHORTS.splitlines()
    preferred = ["preferred_utc", *column.split(",")]
    path = write("\n".join(f"{a},{b}" for a, b in zip(lines, preferred, strict=True)))
    found = [
        "" if c.preferred is None else f"{c.preferred:%Y-%m-%dT%H:%MZ}" for c in read_cohorts(path)
    ]
    assert found == preferred[1:]
