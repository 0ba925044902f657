"""A folder of weather files: the newest run by what it says of itself, never by the file's time."""

import json
import os

import pandas as pd
import pytest

from models.errors import SourceError
from models.weather.online.folder import Folder
from models.weather.online.provider import Wanted
from models.weather.reading import ReadOptions
from models.weather.schema import Place
from tests.payloads import truth

DAKHLA = Place(latitude_deg=23.7, longitude_deg=-15.93, altitude_m=12.0)
HOUR, DAY = pd.Timedelta(hours=1), pd.Timedelta(days=1)
START = pd.Timestamp("2026-11-23", tz="UTC")
NOW = START - 15 * HOUR
WANTED = Wanted(place=DAKHLA, start_utc=START, end_utc=START + 2 * DAY, now_utc=NOW)


def never(request):
    raise AssertionError(f"{request.url} was asked for")


def write(folder, name, *, seed=0, start=START - DAY, days=5):
    folder.mkdir(exist_ok=True)
    table = truth(start=start, end=start + days * DAY, seed=seed)
    table.to_csv(folder / name, date_format="%Y-%m-%dT%H:%MZ")
    return folder / name


def read(folder, wanted=WANTED):
    source = Folder(path=folder, options=ReadOptions(licence="ours"))
    return source.read(source.collect(wanted, never), wanted)


def refusal(folder) -> tuple[str, str]:
    with pytest.raises(SourceError) as error:
        read(folder)
    return error.value.fault, str(error.value)


def wind(forecast):
    return forecast.members[0].table["wind_speed_10m_m_per_s"].iloc[0]


def first_wind(seed, start=START - DAY):
    return truth(start=start, end=start + 5 * DAY, seed=seed)["wind_speed_10m_m_per_s"].iloc[0]


@pytest.mark.parametrize(
    "form", ["w_{:%Y%m%d%H}.csv", "{:%Y%m%dT%HZ}_w.csv", "w-{:%Y-%m-%dT%H:00}.csv"]
)
def test_the_newest_run_is_told_by_its_name(tmp_path, form):
    """Proves that copying an old run does not make it new."""
    folder = tmp_path / "in"
    new = write(folder, form.format(START - 18 * HOUR), seed=2)
    write(folder, form.format(START - 24 * HOUR), seed=1)
    os.utime(new, (0, 0))
    forecast = read(folder)
    assert wind(forecast) == pytest.approx(first_wind(2))
    assert forecast.run.init_utc == START - 18 * HOUR
    assert forecast.age_h(NOW) == 3.0
    assert (forecast.run.provider, forecast.run.model) == ("folder", "in")
    assert forecast.run.attribution == "ours"
    weather = forecast.members[0]
    assert weather.level == "forecast"
    assert weather.source.endswith("; run begin from the file's name")


def test_a_file_beside_tells_the_run(tmp_path):
    folder = tmp_path / "in"
    file = write(folder, "w.csv", seed=3)
    (folder / "w.csv.run.json").write_text('{"init_utc": "2026-11-22T06:00+01:00"}')
    forecast = read(folder)
    assert forecast.run.init_utc == START - 19 * HOUR
    assert forecast.members[0].where.startswith(file.name)
    assert forecast.members[0].source.endswith("; run begin from the file *.run.json")


def test_else_the_first_time_does_and_it_is_said(tmp_path):
    folder = tmp_path / "in"
    write(folder, "a.csv", seed=4)
    write(folder, "order 20269999 99.csv", seed=5, start=START - 2 * DAY)  # no date in its name
    forecast = read(folder)
    assert wind(forecast) == pytest.approx(first_wind(4))
    assert forecast.run.init_utc == START - DAY
    assert forecast.members[0].source.endswith(
        "; run begin taken as the first time in the file: nothing else says it"
    )


def test_a_newer_run_that_ends_too_early_is_passed_over(tmp_path):
    """Proves that the newest that covers the hours is taken, and the archive can tell again."""
    folder = tmp_path / "in"
    write(folder, "w_2026112206.csv", seed=7, days=2)
    write(folder, "w_2026112200.csv", seed=8)
    write(folder, "w_2026112118.csv", seed=9)
    source = Folder(path=folder)
    payloads = source.collect(WANTED, never)
    assert [one.url for one in payloads] == ["file:w_2026112206.csv", "file:w_2026112200.csv"]
    for file in folder.iterdir():
        file.unlink()
    assert wind(source.read(payloads, WANTED)) == pytest.approx(first_wind(8))
    short = Wanted(place=DAKHLA, start_utc=START, end_utc=START + DAY, now_utc=NOW)
    assert wind(source.read(payloads, short)) == pytest.approx(first_wind(7))


def test_what_is_half_written_or_no_weather_file_is_left_alone(tmp_path):
    folder = tmp_path / "in"
    write(folder, "w_2026112200.csv")
    (folder / "w_2026112206.csv.part").write_text("time_utc,")
    (folder / ".w_2026112212.csv").write_text("time_utc,")
    (folder / "notes.txt").write_text("ask Samir")
    (folder / "more.csv").mkdir()
    assert read(folder).run.init_utc == START - DAY


def test_no_folder_no_file_and_no_cover_are_told_apart(tmp_path):
    folder = tmp_path / "in"
    assert refusal(folder) == (
        "unreachable",
        "folder: in = no folder is nothing to read. Create it, or correct the path.",
    )
    folder.mkdir()
    assert refusal(folder) == (
        "coverage",
        "folder: files = none is nothing to read in in. See why none come.",
    )
    write(folder, "w_2026112200.csv", days=2)
    assert refusal(folder) == (
        "coverage",
        (
            "folder: hours of w_2026112200.csv (table, times name the start of a step) = "
            "2026-11-22 00:00Z to 2026-11-24 00:00Z is not all of 2026-11-23 00:00Z to "
            "2026-11-25 00:00Z. See why no newer file comes."
        ),
    )


def test_a_newest_file_that_is_no_weather_is_refused(tmp_path):
    """Proves that an older run does not hide that the newest is broken."""
    folder = tmp_path / "in"
    write(folder, "w_2026112200.csv")
    (folder / "w_2026112206.csv").write_text("<html>\n502\n")
    fault, text = refusal(folder)
    assert fault == "content"
    assert text == (
        "folder: w_2026112206.csv: time_utc is missing. Name the column of times time_utc, in UTC."
    )


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ({"init": "2026"}, "w.csv.run.json = KeyError('init_utc') is no JSON with init_utc"),
        ({"init_utc": "2026-11-22T00:00"}, "init_utc in w.csv.run.json = 2026-11-22 00:00:00 is"),
        ({"init_utc": None}, "init_utc in w.csv.run.json = NaT is without a time zone"),
        ({"init_utc": "soon"}, "is no JSON with init_utc"),
    ],
)
def test_a_file_beside_that_tells_nothing_is_refused(tmp_path, content, said):
    folder = tmp_path / "in"
    write(folder, "w.csv")
    (folder / "w.csv.run.json").write_text(json.dumps(content))
    fault, text = refusal(folder)
    assert fault == "content"
    assert text.startswith("folder: ")
    assert said in text
