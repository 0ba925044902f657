"""Legal time, from the `tzdata` package alone: system tables may be years behind.

Morocco keeps UTC+0 since 2026-09-20 (tz database 2026c); a system table of 2025 still says UTC+1.
"""

from functools import cache
from importlib.resources import files
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import pandas as pd
from pydantic import AfterValidator

SITE_TIME_ZONE = "Africa/El_Aaiun"


@cache
def zone(name: str) -> ZoneInfo:
    """Return the time zone `name` as the `tzdata` package has it.

    Raises
    ------
    ValueError
        There is no such zone.
    """
    path = files("tzdata").joinpath("zoneinfo", *name.split("/"))
    if ".." in name or not path.is_file():
        raise ValueError(
            f"time zone {name!r} is not in the tz database. Give e.g. {SITE_TIME_ZONE}."
        )
    with path.open("rb") as file:
        return ZoneInfo.from_file(file, key=name)


def _known(name: str) -> str:
    """Return `name`, or refuse a zone the tz database does not have."""
    zone(name)
    return name


ZoneName = Annotated[str, AfterValidator(_known)]  # for the fields of parameter classes


def legal(index: "pd.Index[Any]", name: str) -> pd.DatetimeIndex:
    """Return the UTC `index` as the clock of zone `name` shows it."""
    return pd.DatetimeIndex(index).tz_convert(zone(name))
