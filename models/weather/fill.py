"""Filling gaps, only when asked for by name, and never without saying so in the source."""

from dataclasses import replace

import numpy as np

from models.errors import InputError
from models.weather.faults import BoolArray, fault, run_lengths
from models.weather.instants import filled_means
from models.weather.schema import IRRADIANCE, Weather


def fill_gaps(weather: Weather, longest_h: float) -> Weather:
    """Return the weather with missing values filled, the longest gap no longer than asked.

    Irradiance takes the clear-sky index of the hours around a short gap, of the same hours of the
    days around a long one (instants.py), all three parts at once; everything else a straight line
    in time, and at the ends of the record the nearest value. The source says how many steps of
    which column were filled.

    Raises
    ------
    InputError
        A gap is longer than `longest_h`, or a column has no values at all.
    """
    table = weather.table
    longest = round(longest_h / weather.step_h)
    problems: list[str] = []
    for name in table.columns:
        gone = table[name].isna().to_numpy(dtype=bool)
        too_long = gone & (run_lengths(gone.astype(float)) > longest)
        what = f"in a gap longer than {longest_h:g} h"
        remedy = "Allow longer gaps (fill_gaps_h), or bring the values."
        problems += fault(weather, str(name), too_long, what, remedy)
    if problems:
        raise InputError(problems)
    counts = table.isna().sum()
    if not counts.any():
        return weather
    filled = table.interpolate(method="linear", limit_direction="both")
    parts = table[list(IRRADIANCE)].copy()
    dark: BoolArray = np.asarray(np.isnan(parts.to_numpy(dtype=float)).any(axis=1), dtype=bool)
    if dark.any():
        parts.loc[dark] = np.nan
        made = filled_means(parts, weather.step_h, weather.place)
        for name in IRRADIANCE:
            filled[name] = table[name].where(~dark, made[name])
    note = ", ".join(f"{name} ({count} steps)" for name, count in counts.items() if count)
    return replace(weather, table=filled, source=f"{weather.source}; gaps filled: {note}")
