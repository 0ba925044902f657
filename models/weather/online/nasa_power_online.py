"""NASA POWER's hourly point service: the request; models/weather/nasa_power.py reads the answer.

Satellite irradiance comes months late (fill values, refused by the checks); address and
parameters as in pvlib.iotools.get_nasa_power and POWER's documentation, no live answer was at hand.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from models.errors import InputError, SourceError
from models.weather.forecast import WeatherForecast
from models.weather.nasa_power import UNITS, nasa_power_weather
from models.weather.online.history import as_forecast, payload_text
from models.weather.online.provider import Get, Payload, Request, Wanted
from models.weather.reading import DEFAULTS, ReadOptions

NAME = "nasa-power"
HOST = "https://power.larc.nasa.gov"
PATH = "/api/temporal/hourly/point"
DAY_FORM = "%Y%m%d"


@dataclass(frozen=True, kw_only=True, slots=True)
class NasaPower:
    """Reanalysis and satellite weather of past days at a point."""

    url: str | None = None
    options: ReadOptions = DEFAULTS
    bytes_max: int = 20_000_000

    def collect(self, wanted: Wanted, get: Get) -> tuple[Payload, ...]:
        """Fetch whole days around the hours wanted."""
        last = wanted.end_utc - pd.Timedelta(seconds=1)
        params = {
            "parameters": ",".join(UNITS),
            "community": "RE",
            "latitude": f"{wanted.place.latitude_deg:g}",
            "longitude": f"{wanted.place.longitude_deg:g}",
            "start": wanted.start_utc.strftime(DAY_FORM),
            "end": last.strftime(DAY_FORM),
            "format": "JSON",
            "time-standard": "UTC",
        }
        base = (self.url or HOST).rstrip("/")
        return (get(Request(url=f"{base}{PATH}", params=params, bytes_max=self.bytes_max)),)

    def read(self, payloads: Sequence[Payload], wanted: Wanted) -> WeatherForecast:
        """Return the hours wanted.

        Raises
        ------
        SourceError
            The answer is no point data, or has not all hours, or cannot be true.
        """
        payload = payloads[0]
        try:
            weather = nasa_power_weather(
                payload_text(payload), f"{NAME} answer", wanted.place, self.options
            )
        except InputError as error:
            raise SourceError("content", error.problems[0]) from error
        return as_forecast(weather, wanted, payload, provider=NAME, model="hourly")
