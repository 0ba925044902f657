"""Wrong files of weather, series and work through the command line: every kind of spoiled table."""

import json
import os
import tomllib
from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from models.weather.climate import generate
from optimizer.reference import reference_file
from tests.end_to_end.conftest import Place, refused

Table = pd.DataFrame
IRRADIANCE = ["ghi_w_per_m2", "dni_w_per_m2", "dhi_w_per_m2"]


def step_seven(value: object) -> Callable[[Table], Table]:
    """Return what puts a value into the eighth hour of the irradiance."""
    return lambda t: t.assign(
        ghi_w_per_m2=t["ghi_w_per_m2"].astype(object).where(np.arange(len(t)) != 7, value)
    )


def winds(table: Table) -> list[str]:
    return [name for name in table if name.startswith("wind")]


WEATHER: dict[str, tuple[Callable[[Table], object], str]] = {
    # The file itself.
    "empty": (lambda _: b"", "is empty"),
    "binary": (lambda _: bytes(range(256)) * 20, "is no text"),
    "compressed": (lambda _: b"\x1f\x8b" + bytes(100), "is compressed"),
    "a page of errors": (lambda _: b"<html><body>Error 500</body></html>", "time_utc is missing"),
    "cut in a row": (lambda t: t.to_csv().encode()[:-30], "is missing"),
    "not UTF-8": (lambda _: b"time_utc,ghi_w_per_m2\n2026-01-01T00:00Z,\xe9\n", "is no number"),
    "semicolons": (lambda t: t.to_csv(sep=";").encode(), "separated by semicolons"),
    # Other formats, broken.
    "JSON of nothing": (lambda _: b"{}", "of no known format"),
    "JSON cut": (lambda _: b'{"outputs": {"tmy_hourly": [', "cut off"),
    "JSON with NaN": (lambda _: b'{"properties": NaN}', "NaN is no JSON number"),
    "NASA POWER cut": (lambda _: b'{"properties": {"parameter": 5}}', "NASA POWER"),
    "PVGIS cut": (lambda _: b'{"outputs": {"tmy_hourly": [{"x": 1}]}}', "inputs.location"),
    "PVGIS refuses": (lambda _: b'{"message": "Location over the sea"}', "Location over the sea"),
    "EPW cut": (lambda _: b"LOCATION,Dakhla,-,MAR,SRC,600960,23.7,-15.9,0.0,10\nDESIGN", "EPW"),
    # Columns.
    "column missing": (lambda t: t.drop(columns="temp_air_degc"), "temp_air_degc is missing"),
    "column unknown": (lambda t: t.rename(columns={"temp_air_degc": "temp_air_c"}), "Did you mean"),
    "no wind": (lambda t: t.drop(columns=winds(t)), "wind_speed_10m_m_per_s is missing"),
    # Values.
    "gap": (step_seven(np.nan), "ghi_w_per_m2 = nan at 2026-06-30 07:00Z"),
    "text": (step_seven("err"), "ghi_w_per_m2 = 'err' in data row 8"),
    "infinite": (step_seven(np.inf), "ghi_w_per_m2 = inf at 2026-06-30 07:00Z"),
    "negative": (lambda t: t.assign(ghi_w_per_m2=t["ghi_w_per_m2"] - 5), "negative offsets"),
    "kelvin": (lambda t: t.assign(temp_air_degc=t["temp_air_degc"] + 273.15), "kelvin"),
    "hectopascal": (lambda t: t.assign(pressure_pa=t["pressure_pa"] / 100), "hPa"),
    "km/h": (lambda t: t.assign(**{name: t[name] * 3.6 for name in winds(t)}), "km/h"),
    "dark noon": (lambda t: t.assign(**dict.fromkeys(IRRADIANCE, 0.0)), "dark under a high sun"),
    "frozen": (lambda t: t.assign(temp_air_degc=20.0), "frozen"),
    "wet above dry": (lambda t: t.assign(temp_wet_bulb_degc=t["temp_air_degc"] + 3), "swapped"),
    # Time.
    "missing hour": (lambda t: t.drop(index=t.index[5]), "time_utc = 2026-06-30 05:00Z is missing"),
    "hour twice": (lambda t: pd.concat([t[:5], t[4:]]), "2026-06-30 04:00Z is given twice"),
    "backwards": (lambda t: t[::-1], "Sort by time"),
    "one row": (lambda t: t[:1], "no two steps in order"),
    "naive": (lambda t: t.set_axis(t.index.str[:-1]), "without a time zone"),
    "local time": (
        lambda t: t.assign(**{name: np.roll(t[name], 6) for name in IRRADIANCE}),
        "late by the sun",
    ),
}


@pytest.fixture
def windy(place: Place) -> Place:
    """Return the plant with a modelled wind farm, and weather of its days beside it."""
    farm = tomllib.loads(reference_file("site.toml").read_text())["wind"]["main"]["farm"]
    keys = "\n".join(f"{key} = {json.dumps(value)}" for key, value in farm.items())
    place.edit("site.toml", 'availability_file = "wind.csv"\n', "")
    place.edit("site.toml", "[battery.main]", f"[wind.main.farm]\n{keys}\n\n[battery.main]")
    return place


@pytest.fixture(scope="module")
def weather() -> Table:
    days = (pd.Timestamp("2026-06-30", tz="UTC"), pd.Timestamp("2026-07-03", tz="UTC"))
    table = generate(start_utc=days[0], end_utc=days[1], seed=1).table
    return table.set_axis(table.index.strftime("%Y-%m-%dT%H:%MZ")).rename_axis("time_utc")


def put(place: Place, content: object) -> str:
    """Write weather, as bytes or as a table, and return its path."""
    path = place.path("weather.csv")
    if isinstance(content, bytes):
        path.write_bytes(content)
    elif isinstance(content, pd.DataFrame):
        content.to_csv(path)
    return str(path)


@pytest.mark.parametrize(("spoil", "fragment"), WEATHER.values(), ids=WEATHER.keys())
def test_weather_that_can_not_be_is_refused(
    windy: Place, weather: Table, spoil: Callable[[Table], object], fragment: str
) -> None:
    """Proves that no spoiled weather reaches a plan, and that each says what it is."""
    said = windy.plan("--weather", put(windy, spoil(weather)), "--json")
    problems = refused(said, windy)
    assert fragment in "\n".join(problems)
    assert all("weather.csv" in problem for problem in problems)


def test_the_weather_is_good_before_it_is_spoilt(windy: Place, weather: Table) -> None:
    said = windy.plan("--weather", put(windy, weather), "--json")
    assert said.code == 0, said.err
    assert said.answer["weather_level"] == "measured"


@pytest.mark.parametrize("rows", [slice(0, 26), slice(30, 72)], ids=["ends early", "begins late"])
def test_weather_that_does_not_cover_the_plan_is_exit_4(
    windy: Place, weather: Table, rows: slice
) -> None:
    said = windy.plan("--weather", put(windy, weather[rows]), "--json")
    assert said.code == 4
    assert said.answer["status"] == "no_weather"
    assert "covers 2026-0" in said.answer["message"]
    assert not windy.out.exists()


def made(place: Place, name: str, how: Callable[[str], object]) -> None:
    place.path(name).unlink(missing_ok=True)
    how(str(place.path(name)))


@pytest.mark.parametrize("name", ["site.toml", "agreement.toml", "state.csv", "wind.csv"])
def test_what_never_ends_is_not_read(place: Place, name: str) -> None:
    """Proves that a pipe in place of a file is refused, where reading would wait for ever."""
    made(place, name, os.mkfifo)
    assert refused(place.plan("--json"), place)[0].startswith(f"{place.path(name)}: not readable")


@pytest.mark.parametrize("name", ["site.toml", "agreement.toml", "state.csv", "wind.csv"])
def test_what_is_far_too_large_is_not_read(place: Place, name: str) -> None:
    """Proves that five sparse gigabytes are refused by their size."""
    with place.path(name).open("r+b") as file:
        file.truncate(5_000_000_000)
    assert "it has 5,000 MB, at most " in refused(place.plan("--json"), place)[0]


def parquet(place: Place, change: Callable[[Table], Table] = lambda t: t) -> None:
    """Give the wind as Parquet."""
    table = pd.read_csv(place.path("wind.csv"), parse_dates=["time_utc"])
    change(table).to_parquet(place.path("wind.parquet"))
    place.edit("site.toml", "wind.csv", "wind.parquet")


def test_parquet_is_read(place: Place) -> None:
    parquet(place)
    assert place.plan("--json").code == 0


@pytest.mark.parametrize("kept", [0, 3, 200])
def test_parquet_cut_off_is_refused(place: Place, kept: int) -> None:
    parquet(place)
    whole = place.path("wind.parquet").read_bytes()
    place.path("wind.parquet").write_bytes(whole[:kept])
    assert "not readable as a table: " in refused(place.plan("--json"), place)[0]


SERIES: dict[str, tuple[Callable[[Table], Table], str]] = {
    "kW of a small plant": (
        lambda t: t.assign(available_mw=t["available_mw"] * 1000),
        (
            "available_mw = 100000.0 at 2026-07-01T00:00Z (6 of 6 steps) is outside [0, 25000]. "
            "Mend it; power is in MW, not kW."
        ),
    ),
    "no number": (
        lambda t: t.assign(available_mw="n/a?"),
        (
            "available_mw = 'n/a?' at 2026-07-01T00:00Z (6 of 6 steps) is no number. "
            "Write it with a decimal point."
        ),
    ),
    "gap": (
        lambda t: t.assign(available_mw=t["available_mw"].where(t.index != 2)),
        "available_mw is missing at 2026-07-01T02:00Z (1 of 6 steps). Give a number in every step.",
    ),
    "another day": (
        lambda t: t.assign(time_utc=t["time_utc"].str.replace("2026", "2025")),
        (
            "no row at 2026-07-01T00:00Z (6 of 6 steps). "
            "Give a row per step of the horizon, or plan on the file's own steps."
        ),
    ),
    "half an hour off": (
        lambda t: t.assign(time_utc=t["time_utc"].str.replace(":00Z", ":30Z")),
        (
            "no row at 2026-07-01T00:00Z (6 of 6 steps). "
            "Give a row per step of the horizon, or plan on the file's own steps."
        ),
    ),
    "zones mixed with none": (
        lambda t: t.assign(time_utc=t["time_utc"].where(t.index % 2 == 0, t["time_utc"].str[:-1])),
        "time_utc: moments have several offsets. Write 2026-03-01T00:00:00Z.",
    ),
}


@pytest.mark.parametrize(("spoil", "sentence"), SERIES.values(), ids=SERIES.keys())
def test_a_spoiled_series_has_its_sentence(
    place: Place, spoil: Callable[[Table], Table], sentence: str
) -> None:
    """Proves the whole message, which names the file and the first moment."""
    path = place.path("wind.csv")
    spoil(pd.read_csv(path)).to_csv(path, index=False)
    assert refused(place.plan("--json"), place) == [f"{path}: {sentence}"]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (
            "time_utc;available_mw\n1;2\n",
            "separated by semicolons. Use commas, and points in decimals.",
        ),
        (
            "time_utc,available_mw,available_mw\n2026-07-01T00:00Z,1,2\n",
            "available_mw: two columns of that name. Keep one.",
        ),
        (
            "time_utc,available_mw\n2026-07-01T00:00Z,1\n2026-07-01T01:00Z,1,2,3\n",
            (
                "not readable as a table: Error tokenizing data. C error: Expected 2 fields in "
                "line 3, saw 4. Give CSV or Parquet."
            ),
        ),
    ],
    ids=["semicolons", "column twice", "ragged"],
)
def test_a_series_of_another_shape_is_refused(place: Place, text: str, sentence: str) -> None:
    place.path("wind.csv").write_text(text)
    assert refused(place.plan("--json"), place) == [f"{place.path('wind.csv')}: {sentence}"]
