"""What binds, and what it costs: limits with a price, in a planner's words.

A price is what the plan's cost falls by if the limit is one unit wider in every step where it
binds, integers fixed. [MAD per unit]
"""

import re

import numpy as np
import pandas as pd

_NO_LIMIT = re.compile(  # equations that state how things follow, not what is scarce
    r"(?:balance|energy_balance|energy_first|segment_\w+|segments_\w+|sum_of_cohorts|(?<=\.)work|status\w*"
    r"|hull_\d+|line_\d+|restart\w*|is_line|chosen_line|is_first|rows|one_converter|one_direction"
    r"|power_least|power_most)$"
)


def binding(duals: pd.DataFrame, reduced_costs: pd.DataFrame) -> pd.DataFrame:
    """Return the limits that bind, dearest first.

    Returns
    -------
    DataFrame with ``limit``, ``side``, ``step_count`` and ``worth_mad``
    """
    rows = duals.rename(columns={"constraint": "limit", "dual": "price"})[["limit", "price"]]
    rows = rows.assign(side="row")
    bounds = reduced_costs.rename(columns={"variable": "limit", "reduced_cost": "price"})
    bounds = bounds[bounds["at_bound"] == "upper"][["limit", "price"]].assign(side="upper")
    every = pd.concat([rows, bounds], ignore_index=True)
    every = every[every["price"].abs() > 1e-6].assign(price=lambda frame: frame["price"].abs())
    is_limit = [_NO_LIMIT.search(name) is None for name in every["limit"]]
    every = every[np.array(is_limit, dtype=bool)]  # also where nothing binds
    grouped = every.groupby(["limit", "side"], sort=True)["price"]
    table = grouped.agg(step_count="size", worth_mad="sum").reset_index()
    return table.sort_values(["worth_mad", "limit"], ascending=[False, True], ignore_index=True)
