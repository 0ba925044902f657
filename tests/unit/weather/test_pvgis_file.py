"""PVGIS' formats: what is cut off or changed is refused with what is wrong."""

import pytest

from models.errors import InputError
from models.weather.pvgis_file import read_pvgis_file

AGAIN = "The file is cut off or changed: download it again."
HEAD = '{"inputs": {"location": {"latitude": %s, "longitude": 8}}, "outputs": {"hourly": %s}}'


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"message": "Location over the sea", "status": 400}', None),
        ("{}", f"f: outputs.hourly is missing. {AGAIN}"),
        (HEAD % (45, "[]"), f"f: outputs.hourly is no list of hours. {AGAIN}"),
        (HEAD % ('"x"', '[{"time": 1}]'), f"f: latitude = 'x' is no number. {AGAIN}"),
        (HEAD % ("null", '[{"time": 1}]'), f"f: latitude = None is no number. {AGAIN}"),
        ('{"outputs": {"hourly": [{"a": 1}]}}', f"f: inputs.location is missing. {AGAIN}"),
        ("Latitude: 1\n", f"f: the line of column names is missing. {AGAIN}"),
        ("time,a\n", f"f has no hours. {AGAIN}"),
        ("time,a\n1,2\n", f"f: latitude = None is no number. {AGAIN}"),
        ("time,a\n1,2\n1,2,3,4\n", "no table"),
    ],
)
def test_what_is_no_pvgis_file_is_refused(tmp_path, text, message):
    path = tmp_path / "f"
    path.write_text(text)
    with pytest.raises(InputError) as error:
        read_pvgis_file(path, "hourly")
    if message is None:
        message = (
            "f is an answer of PVGIS with an error: Location over the sea. "
            "Correct the request and download it again."
        )
    if message == "no table":
        message = (
            "f is no table (Error tokenizing data. C error: Expected 2 fields in line 3, saw 4). "
            f"{AGAIN}"
        )
    assert str(error.value) == message
