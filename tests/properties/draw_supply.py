"""What feeds a random facility, sized so that `need_mw` can be had at any hour.

One connection or fleet, the sure one, can carry it alone; renewables never fall below a floor
where a clause asks for a share of them. All other parts are of any size.
"""

from typing import Any

import numpy as np

FLOOR_PU = 0.4  # of the need: what wind always offers where a hard share is asked


class Supply:
    """The assets of one draw."""

    def __init__(self, draw: Any) -> None:
        self.draw = draw
        self.least_mw = draw.least_it_mw  # at the bus at least this is always drawn
        self.forced_mw = 0.0  # gensets that can't stop, at their least power
        self.deliverable_mwh = 0.0  # that batteries surely hold at the start
        self.sure_is_grid = draw.chance(0.6)
        self.emission_max = 0.0

    def tables(self) -> dict[str, Any]:
        draw = self.draw
        grids = draw.some(1 if self.sure_is_grid else 0, 2)
        gensets = draw.some(0 if self.sure_is_grid else 1, 2)
        return {
            "solar": {key: self._plant("solar", key) for key in draw.some(0, 2)},
            "wind": {key: self._plant("wind", key) for key in draw.some(1, 2)},
            "battery": {key: self._battery(key) for key in draw.some(0, 3)},
            "grid": {key: self._grid(key, self.sure_is_grid and key == "a") for key in grids},
            "genset": {
                key: self._genset(key, not self.sure_is_grid and key == "a") for key in gensets
            },
        }

    def _plant(self, kind: str, key: str) -> dict[str, Any]:
        draw = self.draw
        offered = draw.walk(0, draw.number(0.2, 2) * draw.need_mw)
        if kind == "wind" and key == "a" and draw.hard["share"]:
            offered = np.maximum(offered, round(FLOOR_PU * draw.need_mw, 3))
        draw.columns[f"{kind}_{key}_available_mw"] = offered
        return {
            "cost_mad_per_mwh": draw.pick((0.0, 5.0, 80.0)),
            "curtailment_cost_mad_per_mwh": draw.pick((0.0, 0.0, 40.0)),
        }

    def _battery(self, key: str) -> dict[str, Any]:
        draw = self.draw
        most = draw.number(20, 300)
        low, high = draw.number(0, 0.2), draw.number(0.7, 1)
        opening = round(most * draw.number(low + 0.05, high - 0.05), 3)
        wear = sorted(draw.number(0, 120) for _ in range(draw.pick((1, 1, 2, 3))))
        table = {
            "charge_max_mw": draw.number(5, 80),
            "discharge_max_mw": draw.number(5, 80),
            "energy_max_mwh": most,
            "soc_min_pu": low,
            "soc_max_pu": high,
            "charge_efficiency_pu": draw.pick((1.0, 0.95, 0.9)),
            "discharge_efficiency_pu": draw.pick((1.0, 0.94, 0.88)),
            "self_discharge_pu_per_h": draw.pick((0.0, 1e-4, 1e-3)),
            "ageing_cost_mad_per_mwh": wear,
            "energy_initial_mwh": opening,
            "end_value_mad_per_mwh": draw.pick((0.0, 300.0, 700.0)),
        }
        if len(wear) == 1 and draw.chance(0.15):
            return table | {"is_cyclic": True}
        if draw.chance(0.2):
            table["energy_final_min_mwh"] = round(low * most + 0.5 * (opening - low * most), 3)
        if draw.chance(0.2):
            table["energy_final_max_mwh"] = opening
        self.deliverable_mwh += table["discharge_efficiency_pu"] * (opening - low * most)
        self._stored(f"battery_{key}", table)
        return table

    def _stored(self, name: str, table: dict[str, Any]) -> None:
        """Hand over the stored energy, and sometimes an uneven split of it over depth."""
        draw, opening = self.draw, table["energy_initial_mwh"]
        draw.row(name, "energy_mwh", opening)
        count, low = len(table["ageing_cost_mad_per_mwh"]), table["soc_min_pu"]
        if count > 1 and draw.chance(0.5):
            above = opening - low * table["energy_max_mwh"]
            for k in range(count):
                draw.row(name, "segment_energy_mwh", above / count, str(k + 1))

    def _grid(self, key: str, is_sure: bool) -> dict[str, Any]:
        draw, name = self.draw, f"grid_{key}"
        most = draw.need_mw if is_sure else draw.number(0, draw.need_mw)
        table = {
            "import_max_mw": most,
            "export_max_mw": draw.pick((0.0, draw.number(5, 100))),
            "emission_kg_per_mwh": draw.number(0, 800),
        }
        self.emission_max = max(self.emission_max, table["emission_kg_per_mwh"])
        hours = float(draw.horizon.hours.sum())
        if is_sure and draw.chance(0.15):
            table["import_energy_min_mwh"] = round(0.1 * self.least_mw * hours, 3)
        if is_sure and draw.chance(0.15):
            table["import_energy_max_mwh"] = round(draw.need_mw * hours, 3)
        if draw.chance(0.4):
            return table | {"tariff": self._tariff(name, most)}
        low = draw.pick((-400, -100, 0, 300))
        buy = draw.walk(low, draw.pick((0, 900, 1500)) + 10)
        sell = draw.walk(-100, 400) if draw.chance(0.2) else np.round(buy - draw.number(0, 300), 3)
        draw.columns[f"{name}_import_price_mad_per_mwh"] = buy
        draw.columns[f"{name}_export_price_mad_per_mwh"] = sell
        return table

    def _tariff(self, name: str, most: float) -> dict[str, Any]:
        draw, every = self.draw, list(range(1, 13))
        first, last = draw.pick(((17, 22), (18, 24), (7, 12)))

        def period(label: str, first_hour: int, last_hour: int) -> dict[str, Any]:
            buy = draw.number(-200, 1500)
            return {
                "name": label,
                "months": every,
                "first_hour": first_hour,
                "last_hour": last_hour,
                "import_price_mad_per_mwh": buy,
                "export_price_mad_per_mwh": buy - draw.number(0, 500),
                "subscribed_mw": most,
                "subscription_weight_pu": 1.0,
            }

        zone = draw.pick(("Etc/GMT", "Africa/El_Aaiun"))
        demand = draw.pick((0.0, 20000.0))
        if demand:
            month = draw.horizon.start.tz_convert(zone).strftime("%Y-%m")
            draw.row(name, "month_peak_mw", draw.number(0, most), month)
        return {
            "time_zone": zone,
            "period": [period("peak", first, last), period("rest", last % 24, first)],
            "demand_charge_mad_per_mw_month": demand,
            "fixed_charge_mad_per_mw_year": 100000.0,
        }

    def _genset(self, key: str, is_sure: bool) -> dict[str, Any]:
        draw = self.draw
        count = int(draw.rng.integers(1, 9))
        fleet = draw.need_mw if is_sure else draw.number(5, draw.need_mw + 5)
        unit = round(fleet / count + 0.001, 3)
        on = int(draw.rng.integers(0, count + 1)) if draw.chance(0.5) else 0
        share = 0.2 * self.least_mw / max(on * unit, 1e-9)  # what runs at the start may have to
        table = {
            "unit_count": count,
            "unit_power_max_mw": unit,
            "unit_power_min_mw": round(unit * min(draw.number(0, 0.5), share), 3),
            "fuel_l_per_mwh": 289.0,
            "fuel_price_mad_per_l": draw.number(1, 14),
            "emission_kg_per_mwh": draw.number(600, 800),
            "start_cost_mad": draw.pick((0.0, 500.0)),
            "stop_cost_mad": draw.pick((0.0, 50.0)),
            "running_cost_mad_per_h": draw.pick((0.0, 20.0)),
            "min_up_h": draw.pick((0.0, 2.0, 5.0)),
            "min_down_h": draw.pick((0.0, 1.0, 3.0)),
            "initial_on_count": on,
            "initial_since_h": draw.number(0, 6),
        }
        self.emission_max = max(self.emission_max, table["emission_kg_per_mwh"])
        if is_sure:  # a unit that rests too long, or has too much least power, would not be sure
            table |= {"min_down_h": 0.0, "unit_power_min_mw": 0.0, "must_run_count": on // 2}
        else:
            table |= self._limits(table, on)
        self._units(f"genset_{key}", table)
        return table

    def _limits(self, table: dict[str, Any], on: int) -> dict[str, Any]:
        """Return limits of fuel, hours and starts that leave what must run its due."""
        draw, hours = self.draw, float(self.draw.horizon.hours.sum())
        limits: dict[str, Any] = {}
        if draw.chance(0.3):
            held_mwh = on * table["unit_power_min_mw"] * table["min_up_h"]
            limits["fuel_stock_l"] = round(2 * 289 * held_mwh + draw.number(100, 50000), 1)
            limits["fuel_delivery_l_per_h"] = draw.pick((0.0, draw.number(10, 2000)))
        if draw.chance(0.2):
            limits["max_up_h"] = 2 * table["min_up_h"] + 2 * draw.longest_h + 7
        if draw.chance(0.2):
            held_h = on * (table["min_up_h"] + draw.longest_h)
            limits["running_max_h"] = round(held_h + draw.number(0, 1) * hours, 2)
        if draw.chance(0.2):
            limits["starts_max_count"] = int(draw.rng.integers(0, 4))
        return limits

    def _units(self, name: str, table: dict[str, Any]) -> None:
        """Hand over the units by their hours on and off, in one lot or two."""
        draw, on = self.draw, table["initial_on_count"]
        idle = table["unit_count"] - on
        lots = [(on // 2, "0.5"), (on - on // 2, "3")] if draw.chance(0.5) else [(on, "2")]
        for units, hours in lots:
            if units:
                draw.row(name, "on_count", units, hours)
        if idle:
            draw.row(name, "off_count", idle, draw.pick(("0.5", "4")))
        if "fuel_stock_l" in table:
            draw.row(name, "fuel_l", table["fuel_stock_l"])
