"""What the meters of a site may say: published columns, with the range each value may take.

Two kinds. A *reading* is a value at its moment: stored energy, fuel, water, units that run, work
that waits. A *mean* is taken over the step that its moment begins: power, and what goes with it.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from optimizer.assets.battery import Battery
from optimizer.config import WORKLOADS, Site

KW_FACTOR = 50.0  # no plant has that many times the facility's power; kW have 1000
FLOW_OVER_PU = 0.1  # assumption: what flows may exceed its limit by overload; kW do by 1000
STORED_OVER_PU = 0.02  # assumption: a full store reads up to 102 %
NOISE_PU = 0.005  # assumption: class 0.5: what is nothing may read half a percent of the range


@dataclass(frozen=True, kw_only=True, slots=True)
class MeterColumn:
    """One quantity that may be metered."""

    column: str
    high: float  # of what the site can have
    scale: float  # of the meter: its noise is a share of it
    is_reading: bool = False

    @property
    def is_count(self) -> bool:
        """Whether it counts: no meter's noise is a unit."""
        return self.is_reading and self.scale == 0

    @property
    def noise(self) -> float:
        """What a meter may say below zero, where there is nothing."""
        return NOISE_PU * self.scale

    @property
    def refused_above(self) -> float:
        """What no meter of this quantity says, its error included."""
        over_pu = STORED_OVER_PU if self.is_reading else FLOW_OVER_PU
        return self.high if self.is_count else self.high * (1 + over_pu) + self.noise


@dataclass(frozen=True, kw_only=True, slots=True)
class Stock:
    """A quantity of the opening state that a meter reads: what is stored at a moment."""

    name: str
    quantity: str
    column: str  # in the schedule, at the end of a step; in the meters, at its moment
    low: float
    high: float
    initial: float  # the site file's, where no state says else
    unit: str


def battery_stocks(batteries: Iterable[Battery]) -> list[Stock]:
    """Return what batteries store."""
    return [
        _stock(b.name, "energy_mwh", (b.low_mwh, b.high_mwh), b.energy_initial_mwh, unit="MWh")
        for b in batteries
    ]


def other_stocks(site: Site) -> list[Stock]:
    """Return what a site stores beside its batteries: cold, fuel, water."""
    found = [
        _stock(s.name, "energy_mwh", (0.0, s.energy_max_mwh), s.energy_initial_mwh, unit="MWh")
        for s in site.chilled_store.values()
    ]
    found += [
        Stock(
            name=g.name,
            quantity="fuel_l",
            column=f"{g.name}_fuel_stock_l",
            low=0.0,
            high=g.fuel_stock_l,
            initial=g.fuel_stock_l,
            unit="L",
        )
        for g in site.genset.values()
        if g.fuel_stock_l is not None
    ]
    found += [
        Stock(
            name=d.name,
            quantity="water_m3",
            column=f"{d.name}_tank_m3",
            low=0.0,
            high=d.tank_max_m3,
            initial=d.tank_initial_m3,
            unit="m3",
        )
        for d in site.desalination.values()
        if d.has_demand
    ]
    return found


def stocks(site: Site) -> list[Stock]:
    """Return what a site stores: energy, cold, fuel, water."""
    return [*battery_stocks(site.battery.values()), *other_stocks(site)]


def _stock(
    name: str, quantity: str, span: tuple[float, float], initial: float, *, unit: str
) -> Stock:
    """Return a stock whose column in the schedule is called as its quantity."""
    low, high = span
    return Stock(
        name=name,
        quantity=quantity,
        column=f"{name}_{quantity}",
        low=low,
        high=high,
        initial=initial,
        unit=unit,
    )


def meter_columns(site: Site) -> dict[str, MeterColumn]:
    """Return every column that may be metered on a site, by its published name."""
    found = [*_of_supply(site), *_of_stores(site), *_of_loads(site)]
    return {each.column: each for each in found}


def _up_to(column: str, high: float, *, is_reading: bool = False) -> MeterColumn:
    """Return a column whose meter has the range of the quantity."""
    return MeterColumn(column=column, high=high, scale=high, is_reading=is_reading)


def _count(column: str, most: int) -> MeterColumn:
    """Return a column that counts: no meter's noise is a unit."""
    return MeterColumn(column=column, high=float(most), scale=0.0, is_reading=True)


def _of_supply(site: Site) -> list[MeterColumn]:
    """Return the columns of sun, wind, lines and gensets."""
    found = []
    most_mw = KW_FACTOR * site.facility.power_max_mw  # a wind farm's rating is in no one place
    for plant in (*site.solar.values(), *site.wind.values()):
        sized = getattr(plant, "plant", None)
        high = most_mw if sized is None else sized.capacity_ac_mw
        for quantity in ("available_mw", "used_mw"):
            scale = min(high, site.facility.power_max_mw)
            found.append(MeterColumn(column=f"{plant.name}_{quantity}", high=high, scale=scale))
    for line in site.grid.values():
        for quantity in ("import", "export"):
            high = getattr(line, f"{quantity}_max_mw")
            scale = max(line.import_max_mw, line.export_max_mw)  # one meter for both
            found.append(MeterColumn(column=f"{line.name}_{quantity}_mw", high=high, scale=scale))
    for fleet in site.genset.values():
        power_mw = fleet.unit_count * fleet.unit_power_max_mw
        found.append(_up_to(f"{fleet.name}_power_mw", power_mw))
        if fleet.is_committed:
            found.append(_count(f"{fleet.name}_on_count", fleet.unit_count))
    return found


def _of_stores(site: Site) -> list[MeterColumn]:
    """Return the columns of what stores, and of what fills and empties it."""
    most: dict[str, float] = {b.name: b.energy_max_mwh for b in site.battery.values()}
    found = [_up_to(s.column, most.get(s.name, s.high), is_reading=True) for s in stocks(site)]
    for store in (*site.battery.values(), *site.chilled_store.values()):
        for quantity in ("charge", "discharge"):
            high = getattr(store, f"{quantity}_max_mw")
            found.append(_up_to(f"{store.name}_{quantity}_mw", high))
    found += [
        _up_to(f"{plant.name}_power_mw", plant.power_max_mw) for plant in site.desalination.values()
    ]
    return found


def _of_loads(site: Site) -> list[MeterColumn]:
    """Return the columns of the facility and its workloads."""
    facility, most_mw = site.facility, site.facility.it_power_max_mw
    found = [
        _up_to("facility_power_mw", facility.power_max_mw),
        _up_to("facility_it_mw", most_mw),
    ]
    if site.cooling is not None:
        found.append(_up_to(f"{site.cooling.name}_power_mw", site.cooling.power_max_mw))
    for part in site.fleet(WORKLOADS):
        own_mw = getattr(part, "power_max_mw", None) or getattr(part, "power_mw", None) or most_mw
        found.append(_up_to(f"{part.name}_{part.it_quantity}", own_mw))
    found += [_up_to(f"{f.name}_demand_mw", most_mw) for f in site.firm.values()]
    found += [
        _up_to(f"{d.name}_backlog_mwh", d.power_max_mw * 8784, is_reading=True)
        for d in site.deferrable.values()
    ]  # a year at full power: more waits nowhere
    return found
