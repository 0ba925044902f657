"""Flexibility tiers of a training fleet: each tier becomes a fleet of its own.

A tier is a share of the accelerators with a floor of its own (Emerald: 1, 0.9, 0.75 and 0.5 of
nominal throughput for Flex 0 to 3). One fleet with the weighted sum of the floors would be a
relaxation: a tier that may not slow down must run at full power however far the others slow, and
on a bent curve that draws more than all of them at one cap. So tiers are split before the plan is
built, ``[training.ai]`` into ``training_ai_tier1``, ``training_ai_tier2``, ..., which is exact and
has no integers.
"""

from collections.abc import Mapping
from typing import Any

from pydantic import Field

from models.parameters import Parameters

SHARES_APART = 1e-9  # round-off of shares that add up to one


class FlexTier(Parameters):
    """A share of a fleet, and the throughput it is contracted."""

    share_pu: float = Field(gt=0, le=1, description="share of the accelerators [per unit]")
    floor_pu: float = Field(
        ge=0, le=1, description="contracted work per window [per unit of the share's nominal]"
    )


def by_tier(tables: Mapping[str, Any]) -> dict[str, Any]:
    """Return training tables by key, those with tiers split; what can't be split stays as it is."""
    split: dict[str, Any] = {}
    for key, table in tables.items():
        if not isinstance(table, dict) or not table.get("tiers"):
            split[key] = table
            continue
        if tier_problem(table):  # which the fleet's own check then says
            split[key] = {"floor_pu": 0.0} | table
            continue
        rest = {field: value for field, value in table.items() if field != "tiers"}
        for number, tier in enumerate(table["tiers"], start=1):
            part_mw = tier["share_pu"] * table["power_max_mw"]
            name = f"{key}_tier{number}"
            split[name] = rest | {"power_max_mw": part_mw, "floor_pu": tier["floor_pu"]}
    return split


def tier_problem(table: Mapping[str, Any]) -> str:
    """Return why the tiers of a table are no fleets of their own; nothing if they are."""
    tiers, power_mw = table["tiers"], table.get("power_max_mw")
    fields = {"share_pu", "floor_pu"}
    is_list = isinstance(tiers, list | tuple) and all(isinstance(t, dict) for t in tiers)
    if not is_list or not all(t.keys() == fields for t in tiers):
        return "tiers is not a list of share_pu and floor_pu. Give both for each."
    numbers = [value for tier in tiers for value in tier.values()] + [power_mw]
    if not all(isinstance(n, int | float) and not isinstance(n, bool) for n in numbers):
        return "tiers or power_max_mw are no numbers. Write them with a decimal point."
    total_pu = sum(tier["share_pu"] for tier in tiers)
    if not all(tier["share_pu"] > 0 for tier in tiers) or not abs(total_pu - 1) <= SHARES_APART:
        return f"the shares of the tiers add up to {total_pu:g}, not 1. Mend share_pu."
    if table.get("floor_pu"):
        return "floor_pu and tiers are both given. Keep one."
    for field in ("ramp_max_mw_per_h", "is_synchronous"):
        if table.get(field):
            return f"{field} is of all tiers at once. Take it out, or give each its own table."
    return ""
