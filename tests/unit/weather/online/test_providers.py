"""From a table of the site file to the provider; licences reach what is printed."""

import ast
from pathlib import Path
from typing import get_args

import pytest

from models.errors import InputError
from models.weather.online import ecmwf_open_data, open_meteo
from models.weather.online.ecmwf_open_data import EcmwfOpenData
from models.weather.online.folder import Folder
from models.weather.online.nasa_power_online import NasaPower
from models.weather.online.open_meteo import OpenMeteo
from models.weather.online.providers import ATTRIBUTION, SourceParameters, provider_of
from models.weather.online.pvgis_online import Pvgis
from models.weather.reading import ReadOptions
from optimizer.weather_config import Provider

MODEL = "ecmwf_ifs025_ensemble"
READING = ReadOptions(relative_humidity_pu=0.7)


def refusal(source, key=None) -> list[str]:
    with pytest.raises(InputError) as error:
        provider_of(source, key)
    return error.value.problems


def test_each_provider_of_the_site_file_is_made():
    """Proves that the site file's words, the licences and the providers are the same ones."""
    made = {
        name: provider_of(
            SourceParameters(provider=name, model=model, folder="in", reading=READING)
        )
        for name, model in [
            ("open-meteo", "ecmwf_ifs"),
            ("open-meteo-ensemble", MODEL),
            ("ecmwf-open-data", None),
            ("nasa-power", None),
            ("pvgis", None),
            ("folder", None),
        ]
    }
    assert set(made) == set(get_args(Provider)) == set(ATTRIBUTION)
    single, ensemble = made["open-meteo"], made["open-meteo-ensemble"]
    assert isinstance(single, OpenMeteo)
    assert isinstance(ensemble, OpenMeteo)
    assert (single.source.kind, ensemble.source.kind) == ("forecast", "ensemble")
    assert made["ecmwf-open-data"] == EcmwfOpenData()
    assert made["nasa-power"] == NasaPower(options=READING)
    assert made["pvgis"] == Pvgis(options=READING)
    assert made["folder"] == Folder(path=Path("in"), options=READING)


def test_licences_are_written_once():
    assert ATTRIBUTION["open-meteo"] == open_meteo.ATTRIBUTION
    assert ATTRIBUTION["ecmwf-open-data"] == ecmwf_open_data.ATTRIBUTION


def test_settings_arrive():
    made = provider_of(
        SourceParameters(
            provider="open-meteo-ensemble",
            model=MODEL,
            is_commercial=True,
            key_env="OPEN_METEO_KEY",
            payload_max_mb=1.5,
        ),
        "secret-key",
    )
    assert isinstance(made, OpenMeteo)
    assert made.source.base == "https://customer-ensemble-api.open-meteo.com"
    assert (made.source.key, made.source.bytes_max) == ("secret-key", 1_500_000)
    assert "secret-key" not in repr(made)
    hourly = provider_of(SourceParameters(provider="pvgis", model="hourly", url="http://mirror"))
    assert hourly == Pvgis(table="hourly", url="http://mirror")


@pytest.mark.parametrize("key", [None, ""])
def test_a_key_that_is_not_set_is_one_clear_error(key):
    source = SourceParameters(
        provider="open-meteo", name="paid", model=MODEL, key_env="OPEN_METEO_KEY"
    )
    assert refusal(source, key) == [
        (
            "[weather.online.paid]: key_env = OPEN_METEO_KEY is not set in the environment. "
            "Set it to the key where this runs, or take key_env out."
        )
    ]


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        (
            {"provider": "metno"},
            (
                "[weather.online.metno]: provider = 'metno' is unknown. Use one of open-meteo, "
                "open-meteo-ensemble, ecmwf-open-data, nasa-power, pvgis, folder."
            ),
        ),
        (
            {"provider": "open-meteo"},
            (
                "[weather.online.open-meteo]: model is missing. "
                "Name one, e.g. ecmwf_ifs025_ensemble: best_match changes silently."
            ),
        ),
        (
            {"provider": "folder"},
            "[weather.online.folder]: folder is missing. Give the folder of weather files.",
        ),
        (
            {"provider": "pvgis", "model": "monthly"},
            (
                "[weather.online.pvgis]: model = 'monthly' is no table of PVGIS. "
                "Use tmy or hourly, or leave it out for tmy."
            ),
        ),
        (
            {"provider": "ecmwf-open-data", "model": "aifs"},
            "ecmwf-open-data: model = 'aifs' is unknown. Use one of ifs-oper, ifs-enfo.",
        ),
    ],
)
def test_what_can_not_be_made_is_refused(settings, said):
    assert refusal(SourceParameters(**settings)) == [said]


def test_grib_is_decoded_in_one_module_only():
    """Proves that nothing but the decoder needs the extra, so a site without it can plan."""
    folder = Path(ecmwf_open_data.__file__).parents[2]
    users = [
        file.name
        for file in folder.rglob("*.py")
        if any(
            alias.name == "eccodes"
            for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
            if isinstance(node, ast.Import)
            for alias in node.names
        )
    ]
    assert users == ["grib_messages.py"]
