"""PVGIS typical years: a real file, and a clear sky written in their format."""

import json

import numpy as np
import pandas as pd
import pytest

from models.errors import InputError
from models.weather.checks import check
from models.weather.fill import fill_gaps
from models.weather.labels import label_lag_min
from models.weather.pvgis import read_pvgis_tmy
from models.weather.reading import ReadOptions
from models.weather.schema import Place

TURIN = Place(latitude_deg=45.0, longitude_deg=8.0, altitude_m=250.0)
YEAR = ReadOptions(year=2026)
SAMPLES = "data/weather_format_samples"
TMY = f"{SAMPLES}/tmy_45.000_8.000_2005_2023.csv"
MISSING = "is missing ({}). Download the file with it."


def refusal(path, place, options) -> list[str]:
    with pytest.raises(InputError) as error:
        read_pvgis_tmy(path, place, options)
    return error.value.problems


@pytest.fixture(scope="module")
def tmy_rows(sky):
    """Return a function giving a clear 2026 as PVGIS would write it, irradiance at an offset."""

    def rows(offset_h):
        stamps = pd.date_range("2026-01-01", periods=8760, freq="h", tz="UTC")
        parts = sky(stamps + pd.Timedelta(hours=offset_h))
        hour = stamps.hour.to_numpy()
        noise = np.random.default_rng(2).normal(size=8760)
        table = pd.DataFrame({"time(UTC)": stamps.strftime("%Y%m%d:%H%M")})
        table["T2m"] = (20.0 + 3.0 * np.sin(hour / 24.0 * 6.28) + 0.1 * noise).round(2)
        table["RH"] = 70.0
        table["G(h)"] = parts["ghi"].round(1).to_numpy()
        table["Gb(n)"] = parts["dni"].round(1).to_numpy()
        table["Gd(h)"] = parts["dhi"].round(1).to_numpy()
        table["IR(h)"] = 300.0
        table["WS10m"] = (7.0 + np.abs(noise)).round(2)
        table["WD10m"] = 20.0
        table["SP"] = 101300.0
        return table

    return rows


def tmy_csv(path, rows, offset_line):
    head = "Latitude (decimal degrees): 23.700\nLongitude (decimal degrees): -15.930\n"
    head += f"Elevation (m): 9.0\n{offset_line}month,year\n1,2018\n2,2007\n"
    tail = "\nT2m: 2-m air temperature (degree Celsius)\n\nPVGIS (c) European Union, 2001-2025"
    path.write_text(head + rows.to_csv(index=False) + tail)
    return path


def tmy_json(path, rows, offset_h):
    at = {"latitude": 23.7, "longitude": -15.93, "elevation": 9.0}
    at["irradiance_time_offset"] = offset_h
    inputs = {"location": at, "meteo_data": {"radiation_db": "PVGIS-SARAH3"}}
    hours = rows.to_dict(orient="records")
    path.write_text(json.dumps({"inputs": inputs, "outputs": {"tmy_hourly": hours}, "meta": {}}))
    return path


@pytest.mark.parametrize("form", ["csv", "json"])
@pytest.mark.parametrize("offset_h", [0.1761, -0.25])
def test_a_clear_typical_year_has_lag_zero(tmy_rows, truth, dakhla, tmp_path, form, offset_h):
    """Proves the conversion of instants: lag 0 within 1 min, GHI within 5 W/m2 in the mean hour."""
    rows, path = tmy_rows(offset_h), tmp_path / f"tmy.{form}"
    if form == "csv":
        tmy_csv(path, rows, f"Irradiance Time Offset (h): {offset_h}\n")
    else:
        tmy_json(path, rows, offset_h)
    weather = read_pvgis_tmy(path, dakhla, YEAR)
    check(weather)
    assert label_lag_min(weather) == pytest.approx(0.0, abs=1.0)
    true = truth("2026-01-01", 8760)
    miss = (weather.table[true.columns] - true)[true["ghi_w_per_m2"] > 1.0]
    assert miss["ghi_w_per_m2"].abs().mean() < 5.0
    assert miss["dhi_w_per_m2"].abs().mean() < 5.0
    assert miss["dni_w_per_m2"].abs().mean() < 20.0
    assert abs(miss["ghi_w_per_m2"].mean()) < 1.5
    assert (weather.level, weather.place) == ("tmy", dakhla)


@pytest.mark.parametrize(
    ("told_h", "lag", "moment"),
    [(0.8239, 39, "2026-01-01 00:46"), (-0.8239, -60, "2025-12-31 23:08")],
)
def test_a_wrong_offset_is_refused(tmy_rows, dakhla, tmp_path, told_h, lag, moment):
    """Proves that the lag test bites: instants of 0.1761 h told as another moment are shifted."""
    path = tmy_csv(
        tmp_path / "tmy.csv", tmy_rows(0.1761), f"Irradiance Time Offset (h): {told_h}\n"
    )
    told = f"{moment}Z and every later label is {abs(lag)} min {'late' if lag > 0 else 'early'} by"
    assert refusal(path, dakhla, YEAR) == [
        (
            f"tmy.csv (PVGIS typical year): time_utc = {told} the sun "
            "(365 clear days, 15 min allowed). Download the file again in UTC, "
            "with its irradiance time offset."
        )
    ]


def test_temperature_and_wind_are_means_of_both_ends(tmy_rows, dakhla, tmp_path):
    """Proves the mean of hh:00 and hh+1:00, the year's last hour with its first."""
    rows = tmy_rows(0.1761)
    path = tmy_csv(tmp_path / "tmy.csv", rows, "Irradiance Time Offset (h): 0.1761\n")
    table = read_pvgis_tmy(path, dakhla, YEAR).table
    wind = rows["WS10m"].to_numpy()
    np.testing.assert_allclose(
        table["wind_speed_10m_m_per_s"], (wind + np.roll(wind, -1)) / 2.0, rtol=1e-12
    )


def test_era5_irradiance_is_taken_as_it_is(tmy_rows, truth, dakhla, tmp_path):
    """Proves that an offset of 0.5 h means hourly means: GHI and DHI unchanged, lag 0."""
    true = truth("2026-01-01", 8760)
    rows = tmy_rows(0.0)
    rows["G(h)"], rows["Gd(h)"] = (true[f"{p}_w_per_m2"].to_numpy() for p in ("ghi", "dhi"))
    weather = read_pvgis_tmy(
        tmy_csv(tmp_path / "t.csv", rows, "Irradiance Time Offset (h): 0.5\n"), dakhla, YEAR
    )
    check(weather)
    np.testing.assert_allclose(weather.table["ghi_w_per_m2"], true["ghi_w_per_m2"], atol=1e-9)
    day = true["ghi_w_per_m2"] > 100.0
    miss = (weather.table["dni_w_per_m2"] - true["dni_w_per_m2"])[day]
    assert miss.abs().mean() < 10.0
    assert label_lag_min(weather) == pytest.approx(0.0, abs=1.0)


def test_the_real_typical_year(shared):
    """Proves on a true PVGIS 5.3 file that its 47 dark hours are refused, and filled if asked.

    Read without its offset it is 19 min late; with it, 0. The year's GHI is the file's
    1435.9 kWh/m2 plus what the 47 hours lacked.
    """
    weather = read_pvgis_tmy(shared(TMY), TURIN, YEAR)
    with pytest.raises(InputError) as error:
        check(weather)
    assert error.value.problems[0] == (
        "tmy_45.000_8.000_2005_2023.csv (PVGIS typical year): ghi_w_per_m2 = nan at "
        "2026-03-03 10:00Z is missing (47 of 8760 steps). Bring the values, or call fill_gaps "
        "(option fill_gaps_h), which says so in the source."
    )
    filled = fill_gaps(weather, 96.0)
    check(filled)
    assert label_lag_min(filled) == pytest.approx(0.0, abs=1.0)
    assert filled.table["ghi_w_per_m2"].sum() / 1000.0 == pytest.approx(1435.9 + 11.6, abs=1.0)
    assert filled.source == (
        "tmy_45.000_8.000_2005_2023.csv (PVGIS typical year); months of several years set on "
        "2026; irradiance instants made step means by clear-sky index; zero GHI while the sun was "
        "up taken as missing (47 hours); temp_wet_bulb_degc from air temperature and humidity by "
        "Stull 2011; gaps filled: ghi_w_per_m2 (47 steps), dni_w_per_m2 (47 steps), dhi_w_per_m2 "
        "(47 steps)"
    )
    assert filled.table["temp_air_degc"].iloc[0] == pytest.approx((2.04 + 1.98) / 2.0)


def test_years_follow_each_other_leap_or_not(shared):
    """Proves that 2027 and 2028 are 8760 + 8784 hours, 29 February a copy of the 28th."""
    options = ReadOptions(year=2027, year_count=2)
    table = read_pvgis_tmy(shared(TMY), TURIN, options).table
    assert len(table) == 17_544
    air = table["temp_air_degc"]
    pd.testing.assert_series_equal(air.loc["2028-02-29"], air.loc["2028-02-28"], check_index=False)
    assert air.loc["2028-12-31 23:00+00:00"] == air.loc["2027-12-31 23:00+00:00"]


def test_faults_of_a_typical_year(tmy_rows, dakhla, tmp_path):
    """Proves the refusals: no offset, no year, cut off, a time that is none, another place."""
    rows, path = tmy_rows(0.1761), tmp_path / "t.csv"
    told = "Irradiance Time Offset (h): 0.1761\n"

    def faults(content, line=told, place=dakhla, options=YEAR):
        return refusal(tmy_csv(path, content, line), place, options)

    assert faults(rows, "") == [
        (
            "t.csv: irradiance time offset is missing. "
            "Download it from PVGIS 5.3 or later, or give irradiance_offset_h."
        )
    ]
    tmy_csv(path, rows, "")
    given = ReadOptions(year=2026, irradiance_offset_h=0.1761)
    check(read_pvgis_tmy(path, dakhla, given))
    assert faults(rows, options=ReadOptions()) == [
        (
            "t.csv (PVGIS typical year): year is missing. "
            "Give the year that the typical year shall stand for."
        )
    ]
    assert faults(rows.iloc[:8000]) == [
        (
            "t.csv (PVGIS typical year) has 8000 hours that are not the 8760 of a year in order. "
            "Download it again."
        )
    ]
    assert faults(rows.assign(**{"time(UTC)": rows["time(UTC)"].str.slice(0, 10)})) == [
        (
            "t.csv: time = '20260101:0' in data row 1 is no time like %Y%m%d:%H%M. "
            "The file is cut off or changed: download it again."
        )
    ]
    assert faults(rows, place=TURIN) == [
        (
            "t.csv: place = 23.7 N -15.93 E is 3206 km from 45 N 8 E. "
            "Bring weather of the site, or correct the site."
        )
    ]
    assert faults(rows.drop(columns=["SP", "RH"])) == [
        "t.csv: RH " + MISSING.format("relative humidity"),
        "t.csv: SP " + MISSING.format("surface pressure"),
    ]
