"""One door: formats are told by content, checked on the way in."""

import json

import pytest

from models.errors import InputError
from models.weather.reading import ReadOptions
from models.weather.schema import Place
from models.weather.sources import read, recognised

SAMPLES = "data/weather_format_samples"


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("tmy_45.000_8.000_2005_2023.csv", "pvgis_tmy"),
        ("pvgis_hourly_Timeseries_45.000_8.000_SA_30deg_0deg_2016_2016.csv", "pvgis_hourly"),
        (
            "pvgis_hourly_Timeseries_45.000_8.000_SA2_10kWp_CIS_5_2a_2013_2014.json",
            "pvgis_hourly",
        ),
    ],
)
def test_real_files_are_recognised(shared, name, kind):
    assert recognised(shared(f"{SAMPLES}/{name}")) == kind


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("LOCATION,x,y", "epw"),
        ("time_utc,ghi_w_per_m2\n", "table"),
        ('\ufeff {"properties": {"parameter": {}}}', "nasa_power"),
        ('{"outputs": {"tmy_hourly": []}}', "pvgis_tmy"),
        ('{"outputs": {"hourly": []}}', "pvgis_hourly"),
        ('{"message": "no", "status": 400}', "pvgis_tmy"),
        ("PAR1....", "table"),
    ],
)
def test_content_tells_the_format(tmp_path, text, kind):
    """Proves that the name plays no part: every file here is called w.txt."""
    path = tmp_path / "w.txt"
    path.write_text(text, encoding="utf-8")
    assert recognised(path) == kind


def test_read_checks_what_it_reads(good, dakhla, tmp_path):
    """Proves that a table goes in by the door, and one in kelvin does not."""
    table = good(days=2).table
    path = tmp_path / "w.csv"
    table.to_csv(path)
    assert len(read(path, dakhla).table) == 48
    table.assign(temp_air_degc=table["temp_air_degc"] + 273.15).to_csv(path)
    with pytest.raises(InputError, match="It looks like kelvin"):
        read(path, dakhla)


def test_read_fills_only_what_the_options_allow(shared):
    """Proves on the real PVGIS year that 47 dark hours are refused or, when asked, filled."""
    path = shared(f"{SAMPLES}/tmy_45.000_8.000_2005_2023.csv")
    place = Place(latitude_deg=45.0, longitude_deg=8.0, altitude_m=250.0)
    with pytest.raises(InputError, match=r"is missing \(47 of 8760 steps\)"):
        read(path, place, ReadOptions(year=2026))
    weather = read(path, place, ReadOptions(year=2026, fill_gaps_h=96.0))
    assert "gaps filled: ghi_w_per_m2 (47 steps)" in weather.source


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "w is empty. Download it again."),
        (b"\x1f\x8b\x08", "w is compressed. Unpack it first."),
        (b"PK\x03\x04", "w is compressed. Unpack it first."),
        (b"a\x00b", "w is no text. Bring CSV, JSON, EPW or Parquet."),
        (b"-BEGIN HEADER-\nNASA", "w is NASA POWER's CSV. Download it as JSON."),
        (
            b'{"hourly": {}, "hourly_units": {}}',
            (
                "w: JSON with hourly, hourly_units is of no known format. Bring NASA POWER hourly, "
                "PVGIS TMY or PVGIS hourly JSON, or a CSV table."
            ),
        ),
        (
            b'{"outputs": {"hourly": [',
            (
                "w is no JSON, or cut off (Expecting value: line 1 column 25 (char 24)). "
                "Download it again."
            ),
        ),
        (b'{"a": NaN}', "w: NaN is no JSON number. Write null, or the value."),
        (
            b"[" * 100_000,
            "w: time_utc is missing. Name the column of times time_utc, in UTC.",
        ),
    ],
)
def test_files_of_no_use_are_refused(dakhla, tmp_path, content, message):
    path = tmp_path / "w"
    path.write_bytes(content)
    with pytest.raises(InputError) as error:
        read(path, dakhla)
    assert str(error.value) == message


def test_deeply_nested_json_is_refused(dakhla, tmp_path):
    path = tmp_path / "w"
    path.write_text('{"a":' * 100_000)
    with pytest.raises(InputError, match=r"^w is no JSON, or cut off \(maximum recursion"):
        read(path, dakhla)


def test_paths_of_no_file_are_refused(dakhla, tmp_path, monkeypatch):
    """Proves that a folder, nothing, and a file above the limit are told apart."""
    for path, what in ((tmp_path, "a folder"), (tmp_path / "none.csv", "not there")):
        with pytest.raises(InputError) as error:
            read(path, dakhla)
        assert str(error.value) == f"{path} is {what}. Give the path of a weather file."
    path = tmp_path / "w.json"
    path.write_text(json.dumps({"a": "x" * 3_000_000}))
    monkeypatch.setattr("models.weather.reading.FILE_MAX_BYTES", 2_000_000)
    with pytest.raises(InputError) as error:
        read(path, dakhla)
    assert str(error.value) == "w.json has 3 MB. Bring less than 2 MB."
