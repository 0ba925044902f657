"""A host of ECMWF open data in small: true GRIB 2 messages and their index, a grid of 3 x 3."""

import json
from functools import lru_cache

import eccodes
import numpy as np
import pandas as pd

from models.weather.climate_air import saturation_pa
from tests.payloads import PSYCHROMETER_PER_K, truth

HOUR = pd.Timedelta(hours=1)
NORTH, SOUTH, WEST, EAST, EVERY = 24.0, 23.5, 343.75, 344.25, 0.25  # around 23.7 N 15.93 W


def message(
    param: str, value: float, *, init: pd.Timestamp, step_h: int, number: int | None = None
) -> bytes:
    """Return one field with the same value at every grid point."""
    handle = eccodes.codes_clone(_sample(number is not None))
    try:
        eccodes.codes_set(handle, "shortName", param)
        eccodes.codes_set(handle, "dataDate", int(init.strftime("%Y%m%d")))
        eccodes.codes_set(handle, "dataTime", int(init.strftime("%H%M")))
        accumulated = eccodes.codes_get(handle, "stepType") == "accum"
        eccodes.codes_set(handle, "stepRange", f"0-{step_h}" if accumulated else str(step_h))
        if number is not None:
            eccodes.codes_set(handle, "numberOfForecastsInEnsemble", 50)
            eccodes.codes_set(handle, "perturbationNumber", number)
        eccodes.codes_set_values(handle, np.full(9, value))
        return bytes(eccodes.codes_get_message(handle))
    finally:
        eccodes.codes_release(handle)


@lru_cache(maxsize=2)
def _sample(is_member: bool) -> int:
    handle = eccodes.codes_grib_new_from_samples("regular_ll_sfc_grib2")
    settings: dict[str, float | int] = {
        "Ni": 3,
        "Nj": 3,
        "latitudeOfFirstGridPointInDegrees": NORTH,
        "latitudeOfLastGridPointInDegrees": SOUTH,
        "longitudeOfFirstGridPointInDegrees": WEST,
        "longitudeOfLastGridPointInDegrees": EAST,
        "iDirectionIncrementInDegrees": EVERY,
        "jDirectionIncrementInDegrees": EVERY,
        "productDefinitionTemplateNumber": 1 if is_member else 0,
    }
    for key, value in settings.items():
        eccodes.codes_set(handle, key, value)
    return int(handle)


def fields_of(
    *, init: pd.Timestamp, step_h: int, seed: int = 0, factor: float = 1.0
) -> dict[str, float]:
    """Return the eight parameters of a step from the bundled climate, wind times a factor."""
    at = init + step_h * HOUR
    means = truth(start=init - HOUR, end=init + 400 * HOUR, seed=seed)
    ends = means.loc[[at - HOUR, at]].mean()
    wet, air = float(ends["temp_wet_bulb_degc"]), float(ends["temp_air_degc"])
    vapour = saturation_pa(np.array(wet)) - PSYCHROMETER_PER_K * ends["pressure_pa"] * (air - wet)
    log = float(np.log(vapour / 610.94))
    wind = {h: factor * float(ends[f"wind_speed_{h}m_m_per_s"]) for h in (10, 100)}
    light = means.loc[init : at - HOUR, "ghi_w_per_m2"].sum() * 3600.0
    return {
        "10u": -0.6 * wind[10],
        "10v": -0.8 * wind[10],
        "100u": -0.6 * wind[100],
        "100v": -0.8 * wind[100],
        "2t": air + 273.15,
        "2d": 243.04 * log / (17.625 - log) + 273.15,
        "sp": float(ends["pressure_pa"]),
        "ssrd": float(light),
    }


def step_file(
    *, init: pd.Timestamp, step_h: int, members: int = 0, seed: int = 0
) -> tuple[bytes, bytes]:
    """Return index and fields of a step: the deterministic run, or its members from 1 on."""
    lines, body = [], b""
    for number in range(1, members + 1) if members else (None,):
        factor = 1.0 if number is None else 1.0 + 0.02 * number
        fields = fields_of(init=init, step_h=step_h, seed=seed, factor=factor)
        if step_h == 0:
            del fields["ssrd"]  # nothing has accumulated: the field is not kept
        for param, value in [("tp", 0.0), *fields.items()]:
            part = message(param, value, init=init, step_h=step_h, number=number)
            line = {
                "domain": "g",
                "date": init.strftime("%Y%m%d"),
                "time": init.strftime("%H%M"),
                "expver": "0001",
                "class": "od",
                "type": "fc" if number is None else "pf",
                "stream": "oper" if number is None else "enfo",
                "step": str(step_h),
                "levtype": "sfc",
                **({} if number is None else {"number": str(number)}),
                "param": param,
                "_offset": len(body),
                "_length": len(part),
            }
            lines.append(json.dumps(line))
            body += part
    return "\n".join(lines).encode(), body
