"""Clauses about failures, reserves, exchange and curtailment, for a random facility.

Hard only where they can be kept: with a margin, or where they ask for next to nothing.
"""

from typing import Any

import pandas as pd

DAY = pd.Timedelta(days=1)


class Security:
    """The clauses of one draw."""

    def __init__(self, draw: Any, site: dict[str, Any]) -> None:
        self.draw, self.site = draw, site
        self.lines = list(site["grid"].values())
        self.gensets = list(site["genset"].values())

    def tables(self) -> list[dict[str, Any]]:
        makers = (self._exclusive, self._ramp, self._failure, self._embassy)
        makers += (self._storage, self._curtailment)
        made = [make() for make in makers if self.draw.chance(0.4)]
        return [table for table in made if table is not None]

    def _price(self, field: str, low: float, high: float, *, hard: bool) -> dict[str, Any]:
        return {} if hard else {field: self.draw.number(low, high)}

    def _exclusive(self) -> dict[str, Any] | None:
        draw, hard = self.draw, self.draw.chance(0.3)
        plants = [*self.site.get("solar", {}), *self.site.get("wind", {})]
        if not self.lines:
            return None
        begin, end = draw.horizon.start, draw.horizon.end
        works = {
            "name": "works",
            "text": "while it is repaired",
            "from_utc": (begin - DAY).to_pydatetime(),
            "until_utc": (end if hard else begin + (end - begin) / 2).to_pydatetime(),
        }
        calm = {"name": "calm", "text": "in a calm", "available_below_mw": draw.number(1, 90)}
        calm |= {"import_max_mw": draw.number(0, 40)}
        return {
            "kind": "exclusive_supply",
            "import_max_mw": draw.number(0, 20),
            "allows_wheeled": draw.chance(0.5),
            "exception": [works, calm] if plants else [works],
        } | self._price("price_mad_per_mwh", 10, 3000, hard=hard)

    def _ramp(self) -> dict[str, Any] | None:
        draw, hard = self.draw, self.draw.chance(0.4)
        if not self.lines:
            return None
        drawn_mw = sum(line["import_max_mw"] for line in self.lines)
        fed_mw = sum(line["export_max_mw"] for line in self.lines)
        widest = (drawn_mw + fed_mw) / (0.5 * min(draw.horizon.step_h))
        opening = [("import_mw", draw.number(0, 1) * drawn_mw, ""), ("step_h", 0.25, "")]
        return (
            {"kind": "ramp_limit", "ramp_max_mw_per_h": widest * (2 if hard else 0.1)}
            | self._price("price_mad_per_mw", 1, 900, hard=hard)
            | ({"opening": opening} if draw.chance(0.5) else {})
        )

    def _failure(self) -> dict[str, Any] | None:
        draw = self.draw
        units = [fleet["unit_power_max_mw"] for fleet in self.gensets]
        powers = [line["import_max_mw"] for line in self.lines]
        whole = sum(powers) + sum(f["unit_count"] * f["unit_power_max_mw"] for f in self.gensets)
        if not powers and not units:
            return None
        is_sure = whole - max([*powers, *units]) > 2 * draw.draw_mw(draw.firm_it_mw)
        return {"kind": "n_minus_one", "bridging_h": draw.number(0.1, 4)} | self._price(
            "price_mad_per_mwh", 10, 2000, hard=is_sure
        )

    def _embassy(self) -> dict[str, Any] | None:
        draw, hard = self.draw, self.draw.chance(0.3)
        if not (self.lines or self.gensets or self.site["battery"]):
            return None
        asked = {"reserved_mw": 0.0 if hard else draw.number(1, 60)}
        return (
            {"kind": "embassy_reserve", "hold_h": draw.number(0.2, 6)}
            | asked
            | self._price("price_mad_per_mwh", 10, 2000, hard=hard)
        )

    def _storage(self) -> dict[str, Any] | None:
        draw, hard = self.draw, self.draw.chance(0.4)
        batteries = self.site["battery"]
        if not batteries:
            return None
        key = draw.pick(sorted(batteries))
        cells = batteries[key]["energy_max_mwh"]
        share = 0.0 if hard else draw.number(0.1, 1.0)
        least = batteries[key]["soc_min_pu"] + share * (1 - batteries[key]["soc_min_pu"])
        return {
            "kind": "minimum_storage",
            "energy_min_mwh": least * cells,
            "hours": sorted({int(h) for h in draw.rng.integers(0, 24, size=6)}),
            "battery": f"battery_{key}" if hard or draw.chance(0.5) else None,
            "time_zone": draw.pick(("Africa/El_Aaiun", "Etc/GMT", "Asia/Kathmandu")),
        } | self._price("price_mad_per_mwh", 1, 900, hard=hard)

    def _curtailment(self) -> dict[str, Any] | None:
        draw, hard = self.draw, self.draw.chance(0.5)
        plants = [f"{kind}_{key}" for kind in ("wind", "solar") for key in self.site.get(kind, {})]
        if len(plants) < 2:
            return None
        order = [plants[int(k)] for k in draw.rng.permutation(len(plants))]
        return {
            "kind": "curtailment_priority",
            "order": order,
            "out_of_order_max_mw": draw.pick((0.0, 0.0, 3.0)),
        } | self._price("price_mad_per_mwh", 1, 300, hard=hard)
