"""Answers as Open-Meteo sends them, made from the bundled climate, for tests without a network.

`truth` is the weather behind a payload. Labels are the provider's: radiation is the mean of the
hour before the stamp, everything else the value at the stamp, here the mean of the two hours it
stands between. Members share the truth and leave it the more, the further ahead they look.
"""

import json
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import numpy as np
import pandas as pd

from models.weather.climate import generate
from models.weather.climate_air import saturation_pa
from models.weather.online.provider import Payload

HOUR = pd.Timedelta(hours=1)
HOURLY_UNITS = {
    "shortwave_radiation": "W/m²",
    "direct_normal_irradiance": "W/m²",
    "diffuse_radiation": "W/m²",
    "wind_speed_10m": "m/s",
    "wind_speed_100m": "m/s",
    "temperature_2m": "°C",
    "relative_humidity_2m": "%",
    "surface_pressure": "hPa",
}
DECIMALS = {"surface_pressure": 1, "wind_speed_10m": 2, "wind_speed_100m": 2}
RADIATION = {
    "shortwave_radiation": "ghi_w_per_m2",
    "direct_normal_irradiance": "dni_w_per_m2",
    "diffuse_radiation": "dhi_w_per_m2",
}
INSTANTS = {
    "wind_speed_10m": "wind_speed_10m_m_per_s",
    "wind_speed_100m": "wind_speed_100m_m_per_s",
    "temperature_2m": "temp_air_degc",
}
POOL = 8  # other weathers that members are mixed from
STRAY_AT_START, STRAY_PER_DAY, STRAY_MAX = 0.15, 0.08, 0.8
PSYCHROMETER_PER_K = 6.62e-4  # of the pressure: an Assmann psychrometer, WMO-No. 8, annex 4.B


def truth(*, start: pd.Timestamp, end: pd.Timestamp, seed: int = 0) -> pd.DataFrame:
    """Return the hourly means of the bundled climate that a payload of the same seed hides."""
    return _truth(start, end, seed)


@lru_cache(maxsize=256)
def _truth(start: pd.Timestamp, end: pd.Timestamp, seed: int) -> pd.DataFrame:
    return generate(start_utc=start, end_utc=end, seed=seed).table


def forecast_payload(
    *,
    start: pd.Timestamp,
    hours: int,
    seed: int = 0,
    init: pd.Timestamp | None = None,
    latitude: float = 23.6875,
    longitude: float = -15.9375,
    stray: float = 1.0,
) -> dict[str, Any]:
    """Return a deterministic forecast with `hours` stamps from `start` on.

    `init` is the run's beginning, by default `start`; runs of the same seed share the truth and
    differ in how they stray from it. `stray` scales that: 0 is the truth itself.
    """
    weathers = _weathers(start, hours, seed, init or start)
    alone = weathers[0] + stray * _reach(start, hours, init or start) * (weathers[1] - weathers[0])
    columns = _columns(alone, start)
    return _envelope(start, hours, columns, (latitude, longitude))


def ensemble_payload(
    *,
    start: pd.Timestamp,
    hours: int,
    members: int = 51,
    seed: int = 0,
    model: str = "ecmwf_ifs025_ensemble",
    models: Sequence[str] = (),
    init: pd.Timestamp | None = None,
    has_control: bool = True,
    has_beam: bool = True,
    latitude: float = 23.75,
    longitude: float = -16.0,
) -> dict[str, Any]:
    """Return an ensemble with `members` members, the control among them if there is one.

    Columns are `x` for the control and `x_member01` on; with two or more `models` each is
    followed by `_<model>`, `model` being one of them. Without `has_beam`, direct and diffuse
    radiation are null throughout, as where a model does not give them.
    """
    begun = init or start
    weathers = _weathers(start, hours, seed, begun)
    reach = _reach(start, hours, begun)
    draws = np.random.default_rng([seed, 51]).dirichlet(np.full(POOL, 0.15), size=members)
    named: dict[str, list[float | None]] = {}
    for number in range(members):
        other = np.tensordot(draws[number], weathers[1:], axes=1)
        column = _columns(weathers[0] + reach * (other - weathers[0]), start)
        ending = "" if has_control and number == 0 else f"_member{number + (not has_control):02d}"
        for name, values in column.items():
            is_gone = not has_beam and name in ("direct_normal_irradiance", "diffuse_radiation")
            gone: list[float | None] = [None] * hours
            named[f"{name}{ending}"] = gone if is_gone else values
    for_models = {
        f"{name}_{one}": values for name, values in named.items() for one in models or (model,)
    }
    return _envelope(start, hours, for_models if len(models) > 1 else named, (latitude, longitude))


def meta_payload(
    *, init: pd.Timestamp, available: pd.Timestamp, interval_h: float = 6.0, reach_h: float = 360.0
) -> dict[str, Any]:
    """Return data/<model>/static/meta.json of a run, with the time it became available."""
    return {
        "chunk_time_length": 504,
        "crs_wkt": "",
        "data_end_time": _unix(init + reach_h * HOUR),
        "last_run_availability_time": _unix(available),
        "last_run_initialisation_time": _unix(init),
        "last_run_modification_time": _unix(available - pd.Timedelta(minutes=5)),
        "temporal_resolution_seconds": 10800,
        "update_interval_seconds": round(interval_h * 3600),
    }


def _weathers(
    start: pd.Timestamp, hours: int, seed: int, init: pd.Timestamp
) -> np.ndarray[Any, np.dtype[np.float64]]:
    """Return the truth and the pool, shape (1 + POOL, hours + 1, columns), from an hour before.

    Each run has a pool of its own, so that two runs differ.
    """
    begin, end = start - HOUR, start + hours * HOUR
    first = 1000 + POOL * (_unix(init) // 3600 % 10_000)
    seeds = [seed, *range(first, first + POOL)]
    return np.stack([truth(start=begin, end=end, seed=one).to_numpy() for one in seeds])


def _reach(
    start: pd.Timestamp, hours: int, init: pd.Timestamp
) -> np.ndarray[Any, np.dtype[np.float64]]:
    """Return the share of another weather in each hour, shape (hours + 1, 1)."""
    lead_days = ((start - init) / HOUR + np.arange(-1, hours)) / 24.0
    share = STRAY_AT_START + STRAY_PER_DAY * np.maximum(lead_days, 0.0)
    return np.asarray(np.minimum(share, STRAY_MAX)[:, None])


def _columns(
    rows: np.ndarray[Any, np.dtype[np.float64]], start: pd.Timestamp
) -> dict[str, list[float | None]]:
    """Return the provider's columns from hourly means that begin an hour before the start."""
    names = list(truth(start=start, end=start + HOUR).columns)
    means = dict(zip(names, rows.T, strict=True))
    columns = {name: means[ours][:-1] for name, ours in RADIATION.items()}
    columns |= {name: _at_stamps(means[ours]) for name, ours in INSTANTS.items()}
    pressure = _at_stamps(means["pressure_pa"])
    wet = _at_stamps(means["temp_wet_bulb_degc"])
    air = columns["temperature_2m"]
    vapour = saturation_pa(wet) - PSYCHROMETER_PER_K * pressure * (air - wet)
    columns["relative_humidity_2m"] = np.clip(100.0 * vapour / saturation_pa(air), 5.0, 100.0)
    columns["surface_pressure"] = pressure / 100.0
    return {name: columns[name].round(DECIMALS.get(name, 1)).tolist() for name in HOURLY_UNITS}


def _at_stamps(
    means: np.ndarray[Any, np.dtype[np.float64]],
) -> np.ndarray[Any, np.dtype[np.float64]]:
    return np.asarray((means[:-1] + means[1:]) / 2.0)


def _envelope(
    start: pd.Timestamp,
    hours: int,
    columns: dict[str, list[float | None]],
    point: tuple[float, float],
) -> dict[str, Any]:
    def unit(name: str) -> str:
        return next(HOURLY_UNITS[base] for base in HOURLY_UNITS if name.startswith(base))

    first = _unix(start)
    return {
        "latitude": point[0],
        "longitude": point[1],
        "generationtime_ms": 0.21,
        "utc_offset_seconds": 0,
        "timezone": "GMT",
        "timezone_abbreviation": "GMT",
        "elevation": 8.0,
        "hourly_units": {"time": "unixtime", **{name: unit(name) for name in columns}},
        "hourly": {"time": [first + 3600 * n for n in range(hours)], **columns},
    }


def _unix(time: pd.Timestamp) -> int:
    return int(time.timestamp())


def payload_of(content: object, fetched_utc: pd.Timestamp, url: str = "made") -> Payload:
    """Return the payload of an answer: bytes as they are, anything else as JSON."""
    body = content if isinstance(content, bytes) else json.dumps(content).encode()
    return Payload(url=url, params={}, body=body, fetched_utc=fetched_utc)
