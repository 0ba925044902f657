"""EPW: hours named by their end in local standard time, and PVGIS' way of writing it."""

import gzip

import numpy as np
import pandas as pd
import pytest

from models.errors import InputError
from models.weather.checks import check
from models.weather.epw import read_epw
from models.weather.fill import fill_gaps
from models.weather.labels import label_lag_min
from models.weather.pvgis import read_pvgis_tmy
from models.weather.reading import ReadOptions
from models.weather.schema import Place

TURIN = Place(latitude_deg=45.0, longitude_deg=8.0, altitude_m=250.0)
YEAR = ReadOptions(year=2026)
SAMPLES = "data/weather_format_samples"
AGAIN = "The file is cut off or changed: download it again."


@pytest.fixture(scope="module")
def year(truth):
    """Return a clear 2026 in UTC hours, with instants of the air at each hour's end."""
    table = truth("2026-01-01", 8760)
    noise = np.random.default_rng(4).normal(size=8760)
    end_hour = (table.index.hour + 1).to_numpy()
    table["air_at_end"] = (20.0 + 3.0 * np.sin(end_hour / 24.0 * 6.28) + noise).round(1)
    table["wind_at_end"] = (7.0 + np.abs(noise)).round(1)
    return table


def write(path, year, *, zone_h=-1.0, moved_h=0, change=lambda text: text):
    """Write UTC hours as an EPW of local standard time, every label moved by some hours."""
    turned = np.roll(year.to_numpy(), round(zone_h) + moved_h, axis=0)
    rows = []
    for local, values in zip(year.index, turned, strict=True):
        ghi, dni, dhi, air, wind = values
        stamp = f"2018,{local.month},{local.day},{local.hour + 1},0,?9"
        sun = f"9999,9999,300,{ghi:.2f},{dni:.2f},{dhi:.2f}"
        rest = "999999,999999,999999,9999"
        rows.append(f"{stamp},{air},12.0,70,101300,{sun},{rest},20,{wind},99,99,9999")
    header = f"LOCATION,Dakhla,-,MAR,test,600960,23.70,-15.93,{zone_h},12\n"
    header += "DESIGN CONDITIONS,0\nTYPICAL/EXTREME PERIODS,0\nGROUND TEMPERATURES,0\n"
    header += "HOLIDAYS/DAYLIGHT SAVINGS,No,0,0,0\nCOMMENTS 1,x\nCOMMENTS 2,y\n"
    header += "DATA PERIODS,1,1,Data,Thursday,1/1,12/31\n"
    path.write_text(change(header + "\n".join(rows) + "\n"))
    return path


def refusal(path, place, options=YEAR) -> list[str]:
    with pytest.raises(InputError) as error:
        read_epw(path, place, options)
    return error.value.problems


@pytest.mark.parametrize("zone_h", [-1.0, 0.0, 1.0])
def test_end_labels_in_local_time_become_utc_beginnings(year, dakhla, tmp_path, zone_h):
    """Proves for three zones that irradiance comes back hour by hour, with lag 0."""
    weather = read_epw(write(tmp_path / "d.epw", year, zone_h=zone_h), dakhla, YEAR)
    check(weather)
    assert label_lag_min(weather) == pytest.approx(0.0, abs=1.0)
    for part in ("ghi", "dni", "dhi"):
        name = f"{part}_w_per_m2"
        np.testing.assert_allclose(weather.table[name], year[name], atol=0.006)
    ends = year["air_at_end"].to_numpy()
    means = (ends + np.roll(ends, 1)) / 2.0
    np.testing.assert_allclose(weather.table["temp_air_degc"], means, atol=1e-9)
    assert weather.table.index[0] == pd.Timestamp("2026-01-01", tz="UTC")
    assert weather.source == (
        "d.epw (EPW typical year); months of several years set on 2026; temp_wet_bulb_degc from "
        "air temperature and humidity by Stull 2011"
    )


@pytest.mark.parametrize("moved_h", [-1, 1])
def test_labels_an_hour_off_are_refused(year, dakhla, tmp_path, moved_h):
    """Proves that the lag test bites: hours named by their beginning, or another zone."""
    weather = read_epw(write(tmp_path / "d.epw", year, moved_h=moved_h), dakhla, YEAR)
    assert label_lag_min(weather) == pytest.approx(60.0 * moved_h, abs=1.0)
    with pytest.raises(InputError, match=r"60 min (late|early) by the sun"):
        check(weather)


def test_a_zone_of_half_an_hour_keeps_half_hours(year, truth, dakhla, tmp_path):
    """Proves that zone +5.5 h, whose hours begin at half past in UTC, comes back with lag 0."""
    half_past = truth("2026-01-01 00:30", 8760).set_axis(year.index)
    path = write(tmp_path / "d.epw", year.assign(**half_past), zone_h=6.0)
    path.write_text(path.read_text().replace(",-15.93,6.0,", ",-15.93,5.5,"))
    weather = read_epw(path, dakhla, YEAR)
    assert weather.table.index[0] == pd.Timestamp("2026-01-01 00:30", tz="UTC")
    assert label_lag_min(weather) == pytest.approx(0.0, abs=1.0)


def test_the_real_file_of_pvgis_equals_its_csv(shared, tmp_path):
    """Proves that EPW and CSV of one PVGIS year are the same weather, wind to its 0.1 m/s."""
    name = "tmy_45.000_8.000_2005_2023"
    path = tmp_path / f"{name}.epw"
    path.write_bytes(gzip.decompress(shared(f"{SAMPLES}/{name}.epw.gz").read_bytes()))
    weather = read_epw(path, TURIN, YEAR)
    table = read_pvgis_tmy(shared(f"{SAMPLES}/{name}.csv"), TURIN, YEAR).table
    miss = (weather.table - table).abs().max()
    assert miss["wind_speed_10m_m_per_s"] <= 0.05 + 1e-9
    assert miss.drop("wind_speed_10m_m_per_s").max() < 1e-9
    filled = fill_gaps(weather, 96.0)
    check(filled)
    assert label_lag_min(filled) == pytest.approx(0.0, abs=1.0)
    assert filled.where == f"{name}.epw (EPW of PVGIS, hours taken as UTC)"


def test_missing_codes_are_missing_values(year, dakhla, tmp_path):
    """Proves that 9999, 99.9, 999999 and 999 are NaN, for the checks to refuse."""

    def lose(text):
        lines = text.split("\n")
        cells = lines[8 + 100].split(",")
        for field, code in ((6, "99.9"), (9, "999999"), (13, "9999"), (21, "999")):
            cells[field] = code
        lines[8 + 100] = ",".join(cells)
        return "\n".join(lines)

    table = read_epw(write(tmp_path / "d.epw", year, zone_h=0.0, change=lose), dakhla, YEAR).table
    gone = {name: np.flatnonzero(table[name].isna()).tolist() for name in table}
    assert gone["ghi_w_per_m2"] == [100]
    assert gone["temp_air_degc"] == gone["wind_speed_10m_m_per_s"] == [100, 101]
    assert gone["pressure_pa"] == [100, 101]
    assert gone["dni_w_per_m2"] == []


def _cut(text, at):
    return "\n".join(text.split("\n")[:at])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda t: _cut(t, 5), f"d.epw is no EPW file with data. {AGAIN}"),
        (lambda t: t.replace("LOCATION", "PLACE"), f"d.epw is no EPW file with data. {AGAIN}"),
        (
            lambda t: t.replace(",23.70,", ",north,"),
            "d.epw: header is unreadable (could not convert string to float: 'north'). " + AGAIN,
        ),
        (
            lambda t: t.replace("PERIODS,1,1,", "PERIODS,1,4,"),
            "d.epw: 4 records an hour. Bring an hourly file.",
        ),
        (
            lambda t: _cut(t, 1008),
            "d.epw has 1000 hours that are not the 8760 of a year in order. Download it again.",
        ),
        (
            lambda t: t.replace("2018,1,1,3,", "2018,1,1,25,"),
            f"d.epw: data row 3 has no true date and hour. {AGAIN}",
        ),
        (
            lambda t: t.replace("2018,2,28,3,", "2018,2,31,3,"),
            f"d.epw: data row 1395 has no true date and hour. {AGAIN}",
        ),
        (
            lambda t: t.replace(",70,101300,", ",wet,101300,", 1),
            (
                "d.epw: RH = 'wet' in data row 1 is no number (1 rows). "
                "Write numbers with a decimal point, without units."
            ),
        ),
        (
            lambda t: "\n".join(
                line[:40] if i > 7 else line for i, line in enumerate(t.split("\n"))
            ),
            "d.epw: rows are unreadable (",
        ),
    ],
)
def test_changed_files_are_refused(year, dakhla, tmp_path, change, message):
    told = refusal(write(tmp_path / "d.epw", year, change=change), dakhla)
    assert len(told) == 1
    if message.endswith("("):
        assert told[0].startswith(message)
        assert told[0].endswith(AGAIN)
    else:
        assert told == [message]
