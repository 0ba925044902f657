"""What physics needs of a weather table: the columns are there, and in their own unit."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from models.errors import InputError
from models.weather.schema import Weather, column_spec, utc


def needed(weather: Weather, columns: Sequence[str]) -> pd.DataFrame:
    """Return the columns of a weather table that a model is about to use.

    pvlib computes on with kelvin, km/h or NaN without a word, so nothing reaches it unseen.

    Raises
    ------
    InputError
        A column is missing, or a value is not finite or outside its unit's range.
    """
    missing = [name for name in columns if name not in weather.table]
    if missing:
        remedy = "Bring it, or derive it with a reader of models.weather."
        raise InputError([f"{weather.where}: {name} is missing. {remedy}" for name in missing])
    table = weather.table[list(columns)]
    problems = [problem for name in columns if (problem := _first_problem(weather, table[name]))]
    if problems:
        raise InputError(problems)
    return table


def _first_problem(weather: Weather, series: pd.Series) -> str | None:
    spec = column_spec(str(series.name))
    if spec is None:
        return None
    values = series.to_numpy(dtype=float)
    bad = ~((values >= spec.low) & (values <= spec.high))
    if not bad.any():
        return None
    first = int(np.argmax(bad))
    time = utc(pd.Timestamp(series.index[first]))
    what = f"{series.name} = {values[first]:g} at {time}"
    outside = f"outside [{spec.low:g}, {spec.high:g}] {spec.unit}"
    return f"{weather.where}: {what} is {outside}. Convert the unit, or repair the step."
