"""From the parameters of a source to the provider that fetches and reads it.

The key comes from the caller, who reads the environment; it is sent, and stands in no text.
"""

from dataclasses import dataclass, field
from pathlib import Path

from models.errors import InputError
from models.weather.online.ecmwf_open_data import EcmwfOpenData
from models.weather.online.folder import Folder
from models.weather.online.nasa_power_online import NasaPower
from models.weather.online.open_meteo import OpenMeteo
from models.weather.online.open_meteo_request import OpenMeteoSource
from models.weather.online.provider import Provider
from models.weather.online.pvgis_online import Pvgis
from models.weather.reading import DEFAULTS, ReadOptions

BYTES_PER_MB = 1_000_000
# What each source asks to be said; the readers add the weather model's owner where there is one.
ATTRIBUTION: dict[str, str] = {
    "open-meteo": "Weather data by Open-Meteo.com (CC BY 4.0)",
    "open-meteo-ensemble": "Weather data by Open-Meteo.com (CC BY 4.0)",
    "ecmwf-open-data": (
        "Contains modified data of ECMWF, open data under CC BY 4.0; ECMWF accepts no liability"
    ),
    "nasa-power": "NASA POWER, Langley Research Center, free use with acknowledgement",
    "pvgis": "PVGIS (c) European Union, free use with attribution",
    "folder": "as [weather.reading] licence says",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class SourceParameters:
    """A table of [weather.online], as the providers need it.

    Attributes
    ----------
    provider : str
        A key of `ATTRIBUTION`.
    name : str
        The table's, for messages.
    model, url, folder : str, optional
        Weather model, another host, the folder of files.
    is_commercial : bool
        The site earns money.
    key_env : str, optional
        Name of the environment variable that holds the key.
    payload_max_mb : float
        Largest answer taken. [MB]
    reading : ReadOptions
        What files and answers leave unsaid.
    """

    provider: str
    name: str = ""
    model: str | None = None
    url: str | None = None
    folder: str | None = None
    is_commercial: bool = False
    key_env: str | None = None
    payload_max_mb: float = 20.0
    reading: ReadOptions = field(default=DEFAULTS)

    @property
    def bytes_max(self) -> int:
        """Largest answer taken."""
        return round(self.payload_max_mb * BYTES_PER_MB)


def provider_of(source: SourceParameters, key: str | None = None) -> Provider:
    """Return the provider of a source.

    Parameters
    ----------
    source : SourceParameters
        The table of the site file.
    key : str, optional
        What the environment variable `key_env` holds; None where it is not set.

    Raises
    ------
    InputError
        The key is named and not set, the provider or model is unknown, a folder is missing, a
        commercial site asks a free host, or a package is not installed.
    """
    where = f"[weather.online.{source.name or source.provider}]"
    if source.key_env is not None and not key:
        remedy = "Set it to the key where this runs, or take key_env out."
        what = f"{where}: key_env = {source.key_env} is not set in the environment"
        raise InputError([f"{what}. {remedy}"])
    if source.provider in ("open-meteo", "open-meteo-ensemble"):
        return _open_meteo(source, key, where)
    if source.provider == "ecmwf-open-data":
        return EcmwfOpenData(
            model=source.model or "ifs-oper", url=source.url, bytes_max=source.bytes_max
        )
    if source.provider == "nasa-power":
        return NasaPower(url=source.url, options=source.reading, bytes_max=source.bytes_max)
    if source.provider == "pvgis":
        return _pvgis(source, where)
    if source.provider == "folder":
        if source.folder is None:
            raise InputError([f"{where}: folder is missing. Give the folder of weather files."])
        return Folder(path=Path(source.folder), options=source.reading)
    known = ", ".join(ATTRIBUTION)
    raise InputError([f"{where}: provider = {source.provider!r} is unknown. Use one of {known}."])


def _open_meteo(source: SourceParameters, key: str | None, where: str) -> Provider:
    if source.model is None:
        remedy = "Name one, e.g. ecmwf_ifs025_ensemble: best_match changes silently."
        raise InputError([f"{where}: model is missing. {remedy}"])
    return OpenMeteo(
        source=OpenMeteoSource(
            model=source.model,
            kind="ensemble" if source.provider.endswith("ensemble") else "forecast",
            url=source.url,
            is_commercial=source.is_commercial,
            key=key,
            bytes_max=source.bytes_max,
        )
    )


def _pvgis(source: SourceParameters, where: str) -> Provider:
    if source.model not in (None, "tmy", "hourly"):
        remedy = "Use tmy or hourly, or leave it out for tmy."
        raise InputError([f"{where}: model = {source.model!r} is no table of PVGIS. {remedy}"])
    return Pvgis(
        table="hourly" if source.model == "hourly" else "tmy",
        url=source.url,
        options=source.reading,
        bytes_max=source.bytes_max,
    )
