"""An agreement for a random facility: clauses of all kinds, hard or priced, some for a time."""

from typing import Any

import pandas as pd

from tests.properties.draw_budgets import Budgets
from tests.properties.draw_security import Security

SHARE_MAX_PU = 0.3  # wind at its floor of 0.4 keeps it with losses to spare
DAY = pd.Timedelta(days=1)


class Clauses:
    """The clauses of one draw, hard only where the supply can keep them."""

    def __init__(self, draw: Any, supply: Any, site: dict[str, Any]) -> None:
        self.draw, self.supply, self.site = draw, supply, site

    def tables(self) -> list[dict[str, Any]]:
        makers = (self._share, self._cap, self._ride, self._quota, self._carbon)
        made = [make() for make in makers if self.draw.chance(0.55)]
        made += Budgets(self.draw, self.supply, self.site).tables()
        made += Security(self.draw, self.site).tables()
        tables = [table for table in made if table is not None]
        return [table | self._common(k) for k, table in enumerate(tables, start=1)]

    def _common(self, number: int) -> dict[str, Any]:
        """Return article and validity; one in four begins or ends within the plan."""
        today = self.draw.horizon.start.date()
        dates = {"valid_from": (pd.Timestamp(today) - DAY).date()}
        if self.draw.chance(0.15):
            dates["valid_from"] = (pd.Timestamp(today) + DAY).date()
        elif self.draw.chance(0.15):
            dates["valid_until"] = today
        return {"article": f"{number}.1", "text": "as drawn"} | dates

    def _price(self, kind: str, field: str, low: float, high: float) -> dict[str, Any]:
        return {} if self.draw.hard[kind] else {field: self.draw.number(low, high)}

    def _share(self) -> dict[str, Any]:
        draw = self.draw
        most = SHARE_MAX_PU if draw.hard["share"] else 1.0
        return {
            "kind": "renewable_share",
            "share_min_pu": draw.number(0, most),
            "window": draw.pick(("day", "month", "horizon")),
        } | self._price("share", "price_mad_per_mwh", 50, 3000)

    def _cap(self) -> dict[str, Any] | None:
        draw = self.draw
        first = int(draw.rng.integers(0, 24))
        low = draw.need_mw if self.supply.sure_is_grid else 0.2 * draw.need_mw
        most = low if draw.hard["cap"] else 0.0
        table = {
            "kind": "import_cap",
            "import_max_mw": round(most + draw.number(0, 0.3) * draw.need_mw, 3),
            "first_hour": first,
            "last_hour": (first + int(draw.rng.integers(2, 12))) % 24,
        } | self._price("cap", "price_mad_per_mwh", 50, 3000)
        return table if self.site["grid"] else None

    def _ride(self) -> dict[str, Any]:
        draw = self.draw
        sovereign_mw = draw.draw_mw(draw.firm_it_mw)
        sure_h = round(0.5 * self.supply.deliverable_mwh / sovereign_mw, 3)
        if sure_h <= 0.01 or not draw.hard["ride"]:
            price = draw.number(10, 2000)
            span = {"autonomy_h": draw.number(0.2, 6), "price_mad_per_mwh_h": price}
        else:
            span = {"autonomy_h": min(sure_h, 24.0)}
        return {"kind": "ride_through"} | span

    def _quota(self) -> dict[str, Any] | None:
        draw, fleets = self.draw, self.site["training"]
        if not fleets:
            return None
        key = draw.pick(sorted(fleets))
        rate = draw.number(0.05, 0.3 if draw.hard["quota"] else 0.9) * fleets[key]["power_max_mw"]
        local = draw.horizon.start.tz_convert("Africa/El_Aaiun").tz_localize(None)
        monday = (local - pd.Timedelta(days=local.weekday())).normalize()
        passed_h = (local - monday) / pd.Timedelta(hours=1)
        done = round(rate * passed_h * draw.number(0.95, 1.1), 3)
        return {
            "kind": "research_quota",
            "workload": f"training_{key}",
            "quota_mwh_per_week": round(168 * rate, 3),
            "opening": [("delivered_mwh", done, f"{monday:%Y-%m-%d}")],
        } | self._price("quota", "price_mad_per_mwh", 50, 2000)

    def _carbon(self) -> dict[str, Any]:
        draw = self.draw
        window = draw.pick(("hour", "day", "week", "horizon"))
        hours = 1.0 if window == "hour" else float(draw.horizon.hours.sum())
        worst_kg = draw.need_mw * self.supply.emission_max * hours
        share = 1.0 if draw.hard["carbon"] else draw.number(0, 0.5)
        return {
            "kind": "carbon_budget",
            "budget_kg": round(worst_kg * share, 3),
            "window": window,
        } | self._price("carbon", "price_mad_per_kg", 0.1, 3)
