"""Budgets for a random facility: any window and balance, hard only where they can be kept."""

from typing import Any

from optimizer.agreement.windows import window_of

ZONE = "Africa/El_Aaiun"
LONGEST_H = {"hour": 1.0, "day": 25.0, "week": 169.0, "month": 745.0, "year": 8784.0}
SHARE_MAX_PU = 0.3  # as of renewable power: wind at its floor keeps it
COUNTED = ("unit_power_min_mw", "start_cost_mad", "stop_cost_mad", "running_cost_mad_per_h")
COUNTED += ("min_up_h", "min_down_h", "max_up_h", "running_max_h", "starts_max_count")


class Budgets:
    """The budget clauses of one draw, each with its balance in the opening state."""

    def __init__(self, draw: Any, supply: Any, site: dict[str, Any]) -> None:
        self.draw, self.supply, self.site = draw, supply, site
        self.hours = float(draw.horizon.hours.sum())

    def tables(self) -> list[dict[str, Any]]:
        makers = (self._cfe, self._surplus, self._fuel, self._hours, self._water)
        makers += (self._regional_water, self._regional_energy)
        made = [make() for make in makers if self.draw.chance(0.4)]
        return [table for table in made if table is not None]

    def _window(self, *, hour: bool = True) -> str:
        return self.draw.pick(("hour",) * hour + ("day", "week", "month", "year", "horizon"))

    def _price(self, field: str, low: float, high: float, *, hard: bool) -> dict[str, Any]:
        return {} if hard else {field: self.draw.number(low, high)}

    def _opening(
        self, window: str, unit: str, used: tuple[str, float], worth_mad: float
    ) -> dict[str, Any]:
        """Return what was counted before the plan, and in some draws what a unit left is worth."""
        draw = self.draw
        if window in ("hour", "horizon") or draw.chance(0.3):
            return {}
        key = window_of(draw.horizon.start, window, ZONE).key
        rows = [(f"{used[0]}_{unit}", used[1], key)]
        if draw.chance(0.4):
            rows.append((f"price_mad_per_{unit}", draw.number(0, worth_mad), key))
        return {"opening": rows}

    def _most(
        self, kind: str, field: str, unit: str, worst_per_h: float, price: tuple[str, float]
    ) -> dict[str, Any]:
        """Return a budget of something of which at most so much is counted in an hour."""
        draw, hard, window = self.draw, self.draw.chance(0.4), self._window()
        whole_h = LONGEST_H.get(window, self.hours)
        share = 1.0 if hard else draw.number(0, 0.6)
        begun_h = 0.0
        if window in LONGEST_H:
            begin = window_of(draw.horizon.start, window, ZONE).begin
            begun_h = (draw.horizon.start - begin).total_seconds() / 3600
        used = round(share * worst_per_h * begun_h * draw.number(0.5, 1.0 if hard else 1.3), 3)
        return (
            {"kind": kind, field: round(1.01 * share * worst_per_h * whole_h, 3), "window": window}
            | self._price(price[0], 0.01 * price[1], price[1], hard=hard)
            | self._opening(window, unit, ("used", used), price[1])
        )

    def _fuel(self) -> dict[str, Any] | None:
        fleets = self.site["genset"].values()
        if not fleets:
            return None
        per_h = [g["unit_count"] * g["unit_power_max_mw"] * g["fuel_l_per_mwh"] for g in fleets]
        return self._most("fuel_budget", "budget_l", "l", sum(per_h), ("price_mad_per_l", 20))

    def _hours(self) -> dict[str, Any] | None:
        fleets = list(self.site["genset"].values())
        if not fleets or not all(any(g.get(name) for name in COUNTED) for g in fleets):
            return None
        worst = float(sum(g["unit_count"] for g in fleets))
        return self._most("genset_hours", "hours_max_h", "h", worst, ("price_mad_per_h", 2000))

    def _water(self) -> dict[str, Any] | None:
        if "cooling" not in self.site:
            return None
        per_mwh = float(self.draw.columns["cooling_water_l_per_mwh"].max())
        it_mw = self.site["facility"]["it_power_max_mw"]
        worst = per_mwh * it_mw * (1 + self.site["facility"]["ups_loss_pu"]) / 1000 + 0.001
        return self._most("water_budget", "budget_m3", "m3", worst, ("price_mad_per_m3", 900))

    def _cfe(self) -> dict[str, Any]:
        draw, hard = self.draw, self.draw.hard["share"]
        for key in self.site["grid"]:
            draw.columns[f"grid_{key}_carbon_free_pu"] = draw.walk(0, 0.8)
        window = self._window(hour=not hard)
        share_pu = draw.number(0, SHARE_MAX_PU if hard else 1.0)
        excess = draw.number(-2, 0 if hard else 1) * self.draw.need_mw
        return (
            {"kind": "cfe_score", "share_min_pu": share_pu, "window": window}
            | self._price("price_mad_per_mwh", 50, 3000, hard=hard)
            | self._opening(window, "mwh", ("excess", round(excess, 3)), 900)
        )

    def _surplus(self) -> dict[str, Any] | None:
        draw, hard = self.draw, self.draw.chance(0.5)
        if not self._feeding():
            return None
        window = self._window()
        excess = draw.number(-3, 0 if hard else 1) * self.draw.need_mw
        return (
            {"kind": "surplus_cap", "share_max_pu": draw.number(0, 0.5), "window": window}
            | self._price("price_mad_per_mwh", 10, 900, hard=hard)
            | self._opening(window, "mwh", ("excess", round(excess, 3)), 300)
        )

    def _feeding(self) -> list[str]:
        """Return the lines that feed in."""
        return [key for key, table in self.site["grid"].items() if table["export_max_mw"] > 0]

    def _regional_water(self) -> dict[str, Any]:
        draw, hard = self.draw, self.draw.chance(0.5)
        self.site["desalination"] = {
            "sea": {"power_max_mw": 5.0, "energy_kwh_per_m3": 4.0, "value_mad_per_m3": 0.0}
        }
        window = self._window(hour=not hard)
        rate = 2.0 if hard else draw.number(10, 1500)  # 8 kW, or up to more than it can make
        amount = round(rate * LONGEST_H.get(window, self.hours), 3)
        service = {"service": "desalination_sea", "amount_m3": amount}
        return (
            {"kind": "regional_water", "window": window}
            | service
            | self._price("price_mad_per_m3", 0.5, 6, hard=hard)
            | self._opening(window, "m3", ("delivered", round(0.1 * amount, 3)), 4)
        )

    def _regional_energy(self) -> dict[str, Any] | None:
        draw, feeding = self.draw, self._feeding()
        if not feeding:
            return None
        is_beside = any(key != "a" for key in feeding) or not self.supply.sure_is_grid
        hard = is_beside and draw.chance(0.6)
        window = self._window(hour=not hard)
        rate = 0.001 if hard else draw.number(1, 50)
        amount = round(rate * LONGEST_H.get(window, self.hours), 3)
        return (
            {"kind": "regional_energy", "amount_mwh": amount, "window": window}
            | self._price("price_mad_per_mwh", 10, 1500, hard=hard)
            | self._opening(window, "mwh", ("delivered", round(0.1 * amount, 3)), 400)
        )
