"""Which numbers of a site and an agreement a reader of the page can move, and how far."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from optimizer.assets.battery import Battery
from optimizer.assets.grid import Grid
from optimizer.assets.grid_rules import PRICES as PRICES_OF_GRID
from optimizer.assets.tariff import TariffPeriod
from optimizer.component import Component
from optimizer.explain.change import Scene
from optimizer.phrases import phrase
from optimizer.terminal_words import owner_words
from optimizer.what_if.clause_levers import HALF_MORE, SHARE_REACH_PU, clause_levers
from optimizer.what_if.curves import Curve, curves
from optimizer.what_if.levers import Entry, Lever, lever_on, times

HALF_TO_DOUBLE = (0.5, 2.0)  # decision: as far as a planner asks of a plant or a price
NEAR = 1.001  # as near to a window's end as a lever goes


def levers_of(scene: Scene, table: pd.DataFrame) -> list[Lever]:
    """Return what can be moved of a plan with a published table, in the order of the page."""
    found = [*_supply(scene), *_stores(scene), *_lines(scene)]
    return [*found, *_compute(scene), *_prices(scene), *clause_levers(scene, table)]


def _factor(group: str, words: str, column: str, reach: tuple[float, float]) -> Lever:
    """Return a lever that multiplies an input series."""
    return lever_on(group, words, "x", 1.0, reach, Entry(f"scale.{column}"))


def _supply(scene: Scene) -> Iterator[Lever]:
    """Yield a factor on the power of each plant."""
    for plant in (*scene.site.wind.values(), *scene.site.solar.values()):
        if scene.given.column(f"{plant.name}_available_mw").max() > 0:
            words = phrase("Power of {plant}", {"plant": owner_words(plant.name)})
            yield _factor("supply", words, f"{plant.name}_available_mw", HALF_MORE)


def _stores(scene: Scene) -> Iterator[Lever]:
    """Yield energy and power of each battery; never too small for what it holds."""
    for key, battery in scene.site.battery.items():
        energy, path = battery.energy_max_mwh, f"site.battery.{key}"
        held = {"battery": owner_words(battery.name)}
        low, high = _window(battery, scene)
        words = phrase("Energy of {battery}", held)
        reach = (min(energy, low), max(energy, high))
        lever = lever_on("store", words, "MWh", energy, reach, Entry(f"{path}.energy_max_mwh"))
        yield replace(lever, curves=_splits(scene, lever, battery))
        power = battery.discharge_max_mw
        entries = (
            Entry(f"{path}.discharge_max_mw"),
            Entry(f"{path}.charge_max_mw", battery.charge_max_mw / power),
        )
        words = phrase("Power of {battery}, in and out", held)
        yield lever_on("store", words, "MW", power, times(power, HALF_TO_DOUBLE), *entries)


def _window(battery: Battery, scene: Scene) -> tuple[float, float]:
    """Return how far the energy of a battery can go, what it opens and ends with still in it."""
    low, high = times(battery.energy_max_mwh, HALF_TO_DOUBLE)
    ends = (battery.energy_initial_mwh, battery.energy_final_min_mwh, battery.energy_final_max_mwh)
    inside = [battery.opening_mwh(scene.given), *(end for end in ends if end is not None)]
    low = max(low, NEAR * max(inside) / battery.soc_max_pu)
    if battery.soc_min_pu > 0:
        high = min(high, min(inside) / battery.soc_min_pu / NEAR)
    return low, high


def _splits(scene: Scene, lever: Lever, battery: Battery) -> tuple[Curve, ...]:
    """Return how the opening split over segments of depth follows the energy of a battery."""
    fields = {name: getattr(battery, name) for name in type(battery).model_fields}
    recorded = scene.given.state.find(battery.name, "segment_energy_mwh")
    is_recorded = len(recorded) == battery.segment_count
    nothing = [0.0] * battery.segment_count
    start = battery.opening_segments_mwh(scene.given) if is_recorded else nothing

    def split(energy_mwh: float) -> np.ndarray:
        other = Battery.model_validate(fields | {"energy_max_mwh": energy_mwh})
        above_mwh = other.opening_mwh(scene.given) - other.low_mwh
        return np.array(other.mended_split_mwh(start, above_mwh))

    return curves(split, lever.low, lever.high)


def _lines(scene: Scene) -> Iterator[Lever]:
    """Yield what each line can carry, both ways; the power subscribed goes with the draw."""
    for key, line in scene.site.grid.items():
        named = {"grid": owner_words(line.name)}
        words = phrase("Grid cap: most drawn from {grid}", named)
        yield from _limit(scene, line, f"site.grid.{key}", "import_max_mw", words)
        words = phrase("Most fed into {grid}", named)
        yield from _limit(scene, line, f"site.grid.{key}", "export_max_mw", words)


def _limit(scene: Scene, line: Grid, path: str, field: str, words: str) -> Iterator[Lever]:
    """Yield the lever on one limit of a line, where it has one."""
    column, value = f"{line.name}_{field}", getattr(line, field)
    if scene.given.column(column).max() <= 0:
        return
    if not _is_own(scene, line, column):
        yield _factor("grid", words, column, HALF_TO_DOUBLE)
        return
    entries = [Entry(f"{path}.{field}")]
    if field == "import_max_mw":
        entries += [
            Entry(f"{path}.tariff.period.{k}.subscribed_mw", period.subscribed_mw / value)
            for k, period in enumerate(_periods(line))
        ]
    yield lever_on("grid", words, "MW", value, times(value, HALF_TO_DOUBLE), *entries)


def _periods(line: Grid) -> Sequence[TariffPeriod]:
    """Return the price periods of a line."""
    return () if line.tariff is None else line.tariff.period


def _is_own(scene: Scene, part: Component, column: str) -> bool:
    """Return whether a series is what the part's own parameters make."""
    own = part.derive(scene.given.horizon).get(column)
    return own is not None and np.array_equal(own, scene.given.column(column))


def _compute(scene: Scene) -> Iterator[Lever]:
    """Yield the share of flexible work and each fleet's training target."""
    yield from _flexible(scene)
    for key, fleet in scene.site.training.items():
        if fleet.floor_pu > 0:
            reach = (max(0.0, fleet.floor_pu - SHARE_REACH_PU), min(1.0, fleet.floor_pu + 0.2))
            words = phrase("Training target of {fleet}", {"fleet": owner_words(fleet.name)})
            entry = Entry(f"site.training.{key}.floor_pu")
            yield lever_on("compute", words, "pu", fleet.floor_pu, reach, entry)


def _flexible(scene: Scene) -> Iterator[Lever]:
    """Yield the share of work that may wait, of it and the largest load that may not, together."""
    hours, given, site = scene.given.horizon.hours, scene.given, scene.site
    loads = {
        key: float(given.column(f"{firm.name}_demand_mw") @ hours)
        for key, firm in site.firm.items()
        if not firm.is_sovereign
    }
    works = {
        key: sum(c.work_mwh for c in given.cohorts[part.name])
        for key, part in site.deferrable.items()
    }
    if not loads or not works or min(max(loads.values()), max(works.values())) <= 0:
        return
    load, work = max(loads, key=loads.__getitem__), max(works, key=works.__getitem__)
    firm, batch = site.firm[load], site.deferrable[work]
    share = works[work] / (works[work] + loads[load])
    key, size = f"scale.{batch.name}_work", 1.0
    if batch.arrival_mw is not None:
        key, size = f"site.deferrable.{work}.arrival_mw", batch.arrival_mw
    entries = [Entry(key, size / share)]
    key, size = f"scale.{firm.name}_demand_mw", 1.0
    if firm.demand_mw is not None:
        key, size = f"site.firm.{load}.demand_mw", firm.demand_mw
    entries.append(Entry(key, -size / (1 - share), size / (1 - share)))
    values = {"firm": owner_words(firm.name), "batch": owner_words(batch.name)}
    words = phrase("Deferrable share of {firm} and {batch}", values)
    reach = (share / 2, min(2 * share, (1 + share) / 2))
    yield lever_on("compute", words, "pu", share, reach, *entries)


def _prices(scene: Scene) -> Iterator[Lever]:
    """Yield factors on the prices of each line, and the price of fuel."""
    for key, line in scene.site.grid.items():
        named = {"grid": owner_words(line.name)}
        words = phrase("Price of drawing from {grid}", named)
        yield from _price(scene, line, key, "import_price_mad_per_mwh", words)
        words = phrase("Price of feeding into {grid}", named)
        yield from _price(scene, line, key, "export_price_mad_per_mwh", words)
    for key, fleet in scene.site.genset.items():
        price = fleet.fuel_price_mad_per_l
        if price > 0:
            words = phrase("Price of fuel for {fleet}", {"fleet": owner_words(fleet.name)})
            entry = Entry(f"site.genset.{key}.fuel_price_mad_per_l")
            yield lever_on("price", words, "MAD/L", price, times(price, HALF_TO_DOUBLE), entry)


def _price(scene: Scene, line: Grid, key: str, field: str, words: str) -> Iterator[Lever]:
    """Yield a factor on one price of a line: on its tariff's periods, or on its series."""
    column = f"{line.name}_{field}"
    if not np.any(scene.given.column(column) != 0):
        return
    reach = _apart(scene, line, field)
    if not _is_own(scene, line, column):
        yield _factor("price", words, column, reach)
        return
    path = f"site.grid.{key}.tariff.period"
    prices = [getattr(period, field) for period in _periods(line)]
    entries = [Entry(f"{path}.{k}.{field}", price) for k, price in enumerate(prices) if price]
    yield lever_on("price", words, "x", 1.0, reach, *entries)


def _apart(scene: Scene, line: Grid, field: str) -> tuple[float, float]:
    """Return how far a price can go before drawing and feeding in at once might pay."""
    buy, sell = (scene.given.column(f"{line.name}_{quantity}") for quantity in PRICES_OF_GRID)
    low, high = HALF_TO_DOUBLE
    if (sell > 0).any() and (buy > sell).all():
        room = float(np.sqrt((buy[sell > 0] / sell[sell > 0]).min()) / NEAR)
        if field == "import_price_mad_per_mwh":
            return max(low, min(1.0, 1 / room)), high
        return low, max(1.0, min(high, room))
    return low, high
