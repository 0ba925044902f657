"""What a caller asks to plan, and how everything wrong with it is told at once."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import pandas as pd

from models.errors import InputError
from models.weather.schema import Weather
from optimizer.config import Agreement, Site
from optimizer.errors import WeatherError
from optimizer.horizon import Horizon
from optimizer.state import State


@dataclass(frozen=True, kw_only=True, slots=True)
class Asked:
    """What a caller asks to plan; whatever is None is the bundled or the site's own."""

    site: Site | str | Path | None = None
    agreement: Agreement | str | Path | None = None
    weather: Weather | str | Path | None = None
    start: pd.Timestamp | str
    horizon: Horizon | str | None = None
    state: State | str | Path | None = None
    series: pd.DataFrame | None = None
    out: str | Path | None = None


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
