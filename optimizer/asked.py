"""What a caller asks to plan, and how everything wrong with it is told at once."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import pandas as pd

from models.errors import InputError
from models.weather.forecast import WeatherForecast
from models.weather.schema import Weather
from optimizer.config import Agreement, Site
from optimizer.errors import WeatherError
from optimizer.horizon import Horizon
from optimizer.overlay import Overlay
from optimizer.state import State


@dataclass(frozen=True, kw_only=True, slots=True)
class Asked:
    """What a caller asks to plan; whatever is None is the bundled or the site's own.

    `forecast` is what of a forecast is planned with: ``mean``, or a quantile, ``p20``. `now` is the
    caller's clock: how old the weather is. With `is_strict`, weather below fresh is no weather.
    `replan_from` plans the rest of an earlier run again, from that moment on; `start` and `horizon`
    are then that run's. `outages` and `pins` are files; else those in `out`, if there are any.
    `overlay` lays a few values over site, agreement and series, or over a stored run.
    """

    site: Site | str | Path | None = None
    agreement: Agreement | str | Path | None = None
    weather: Weather | WeatherForecast | str | Path | None = None
    start: pd.Timestamp | str | None = None
    horizon: Horizon | str | None = None
    state: State | str | Path | None = None
    series: pd.DataFrame | None = None
    out: str | Path | None = None
    now: pd.Timestamp | None = None
    forecast: str = "mean"
    is_strict: bool = False
    outages: str | Path | None = None
    pins: str | Path | None = None
    replan_from: str | None = None
    overlay: Overlay | str | Path | None = None


T = TypeVar("T")


def tried(call: Callable[[], T], problems: list[str]) -> T | None:
    """Return what `call` returns; note what is wrong with its input and return None."""
    try:
        return call()
    except InputError as error:
        problems += error.problems
    except WeatherError as error:
        if not problems:
            raise
        problems.append(str(error))
    return None
