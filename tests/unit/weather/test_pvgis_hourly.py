"""PVGIS hourly series: a clear sky written in its format, and real files that are no GHI."""

import json

import numpy as np
import pandas as pd
import pytest

from models.errors import InputError
from models.weather.checks import check
from models.weather.labels import label_lag_min
from models.weather.pvgis import read_pvgis_hourly
from models.weather.reading import ReadOptions
from models.weather.schema import Place

TURIN = Place(latitude_deg=45.0, longitude_deg=8.0, altitude_m=250.0)
DRY = ReadOptions(relative_humidity_pu=0.7, is_pressure_from_altitude=True)
SAMPLES = "data/weather_format_samples"
MISSING = "is missing ({}). Download the file with it."


def refusal(path, place, options) -> list[str]:
    with pytest.raises(InputError) as error:
        read_pvgis_hourly(path, place, options)
    return error.value.problems


def hourly(path, sky, form, *, minute=10, slope=0, moved_h=0):
    """Write a clear month of components as PVGIS' hourly tool does."""
    stamps = pd.date_range("2026-03-01", periods=720, freq="h", tz="UTC")
    stamps += pd.Timedelta(minutes=minute)
    parts = sky(stamps - pd.Timedelta(hours=moved_h))
    noise = np.random.default_rng(3).normal(size=720)
    rows = pd.DataFrame({"time": stamps.strftime("%Y%m%d:%H%M")})
    rows["Gb(i)"] = (parts["ghi"] - parts["dhi"]).round(2).to_numpy()
    rows["Gd(i)"] = parts["dhi"].round(2).to_numpy()
    rows["Gr(i)"], rows["H_sun"] = 0.0, 0.0
    rows["T2m"], rows["WS10m"], rows["Int"] = (20 + noise).round(2), (7 + abs(noise)).round(2), 0.0
    if form == "json":
        at = {"latitude": 23.7, "longitude": -15.93, "elevation": 9.0}
        fixed = {"slope": {"value": slope, "optimal": False}}
        inputs = {"location": at, "meteo_data": {"radiation_db": "PVGIS-SARAH3"}}
        inputs["mounting_system"] = {"fixed": fixed}
        content = {"inputs": inputs, "outputs": {"hourly": rows.to_dict(orient="records")}}
        path.write_text(json.dumps(content))
        return path
    head = "Latitude (decimal degrees):\t23.700\nLongitude (decimal degrees):\t-15.930\n"
    head += "Elevation (m):\t9\nRadiation database:\tPVGIS-SARAH3\n\n\n"
    head += f"Slope: {slope} deg. \nAzimuth: 0 deg. \n"
    path.write_text(head + rows.to_csv(index=False) + "\nT2m: 2-m air temperature\n")
    return path


@pytest.mark.parametrize("form", ["csv", "json"])
@pytest.mark.parametrize("minute", [0, 10, 48])
def test_a_clear_hourly_series_has_lag_zero(sky, truth, dakhla, tmp_path, form, minute):
    """Proves for stamps at three minutes that hours come out with lag 0 within 1 min."""
    path = hourly(tmp_path / f"h.{form}", sky, form, minute=minute)
    weather = read_pvgis_hourly(path, dakhla, DRY)
    check(weather)
    assert label_lag_min(weather) == pytest.approx(0.0, abs=1.0)
    true = truth("2026-03-01", 720)
    miss = (weather.table[true.columns] - true)[true["ghi_w_per_m2"] > 1.0]
    assert miss["ghi_w_per_m2"].abs().mean() < 6.0
    assert weather.source == (
        f"h.{form} (PVGIS hourly, PVGIS-SARAH3); irradiance instants made step means by clear-sky "
        "index; temp_wet_bulb_degc from air temperature and humidity by Stull 2011; relative "
        "humidity 0.7 throughout as assumed; pressure_pa from the altitude by the ICAO standard "
        "atmosphere"
    )


@pytest.mark.parametrize("moved_h", [-1, 1])
def test_an_hourly_series_an_hour_off_is_refused(sky, dakhla, tmp_path, moved_h):
    path = hourly(tmp_path / "h.csv", sky, "csv", moved_h=moved_h)
    side = "late" if moved_h > 0 else "early"
    assert refusal(path, dakhla, DRY) == [
        (
            f"h.csv: time_utc = 2026-03-01 00:07Z and every later label is 60 min {side} "
            "by the sun (30 clear days, 15 min allowed). "
            "Download the file again in UTC, with its irradiance time offset."
        )
    ]


def test_inclined_and_tracked_planes_are_refused(shared):
    """Proves on the true sample files that G(i) and inclined components are not taken for GHI."""
    inclined = "pvgis_hourly_Timeseries_45.000_8.000_SA_30deg_0deg_2016_2016.csv"
    remedy = "Download slope 0 with 'Radiation components', or the typical year (TMY)."
    assert refusal(shared(f"{SAMPLES}/{inclined}"), TURIN, DRY) == [
        f"{inclined}: plane is inclined by 30 deg, not horizontal. {remedy}"
    ]
    tracked = "pvgis_hourly_Timeseries_45.000_8.000_SA2_10kWp_CIS_5_2a_2013_2014.json"
    assert refusal(shared(f"{SAMPLES}/{tracked}"), TURIN, DRY) == [
        f"{tracked}: plane is tracked, not horizontal. {remedy}"
    ]


def test_hourly_without_humidity_and_pressure_is_refused(sky, dakhla, tmp_path):
    path = hourly(tmp_path / "h.csv", sky, "csv")
    assert refusal(path, dakhla, ReadOptions()) == [
        (
            "h.csv: relative humidity is missing. "
            "Give relative_humidity_pu as an assumption, or bring a file with humidity."
        ),
        "h.csv: pressure is missing. Set is_pressure_from_altitude, or bring a file with pressure.",
    ]


def test_hourly_with_g_alone_or_a_hole_is_refused(sky, dakhla, tmp_path):
    path = hourly(tmp_path / "h.csv", sky, "csv")
    whole = path.read_text()
    path.write_text(whole.replace("Gb(i),Gd(i)", "G(i),X"))
    assert refusal(path, dakhla, DRY) == [
        "h.csv: Gb(i) " + MISSING.format("beam on the plane, with 'Radiation components' ticked"),
        "h.csv: Gd(i) "
        + MISSING.format("diffuse on the plane, with 'Radiation components' ticked"),
    ]
    path.write_text("\n".join(x for x in whole.split("\n") if not x.startswith("20260302:05")))
    assert refusal(path, dakhla, DRY) == [
        (
            "h.csv: time = 2026-03-02 06:10Z is not an hour after the row before it. "
            "Download the series in one piece."
        )
    ]
