"""PVGIS' services of typical years and hourly series: the request; models/weather/pvgis.py reads.

Version 5.3 is named in the address, since the unversioned one has moved before. Addresses and
parameters as in pvlib.iotools and PVGIS' documentation; no live answer was at hand.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import pandas as pd

from models.errors import InputError, SourceError
from models.weather.forecast import WeatherForecast
from models.weather.online.history import as_forecast, payload_text
from models.weather.online.provider import Get, Payload, Request, Wanted
from models.weather.pvgis import pvgis_hourly_weather, pvgis_tmy_weather
from models.weather.pvgis_file import pvgis_content
from models.weather.reading import DEFAULTS, ReadOptions
from models.weather.schema import Weather

NAME = "pvgis"
HOST = "https://re.jrc.ec.europa.eu/api/v5_3"
Table = Literal["tmy", "hourly"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Pvgis:
    """A typical year set on the years wanted, or the satellite's own hours of past years."""

    table: Table = "tmy"
    url: str | None = None
    options: ReadOptions = DEFAULTS
    bytes_max: int = 20_000_000

    def collect(self, wanted: Wanted, get: Get) -> tuple[Payload, ...]:
        """Fetch the typical year, or the calendar years around the hours wanted."""
        base = (self.url or HOST).rstrip("/")
        params = {
            "lat": f"{wanted.place.latitude_deg:g}",
            "lon": f"{wanted.place.longitude_deg:g}",
            "usehorizon": "1",
            "outputformat": "json",
        }
        if self.table == "hourly":
            params |= {
                "startyear": str(wanted.start_utc.year),
                "endyear": str(_last_year(wanted)),
                "components": "1",
                "pvcalculation": "0",
                "angle": "0",
                "aspect": "0",
            }
        path = "tmy" if self.table == "tmy" else "seriescalc"
        return (get(Request(url=f"{base}/{path}", params=params, bytes_max=self.bytes_max)),)

    def read(self, payloads: Sequence[Payload], wanted: Wanted) -> WeatherForecast:
        """Return the hours wanted.

        Raises
        ------
        SourceError
            The answer is no such table, or has not all hours, or cannot be true.
        """
        try:
            weather = self._weather(payload_text(payloads[0]), wanted)
        except InputError as error:
            raise SourceError("content", error.problems[0]) from error
        return as_forecast(weather, wanted, payloads[0], provider=NAME, model=self.table)

    def _weather(self, text: str, wanted: Wanted) -> Weather:
        where = f"{NAME} answer"
        if self.table == "hourly":
            content = pvgis_content(text, where, "hourly")
            return pvgis_hourly_weather(content, wanted.place, self.options)
        first = wanted.start_utc.year
        years = {"year": first, "year_count": _last_year(wanted) - first + 1}
        options = self.options.model_copy(update=years)
        return pvgis_tmy_weather(pvgis_content(text, where, "tmy_hourly"), wanted.place, options)


def _last_year(wanted: Wanted) -> int:
    return int((wanted.end_utc - pd.Timedelta(seconds=1)).year)
