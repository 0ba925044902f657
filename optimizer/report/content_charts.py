"""The charts of the facility: power balance, stored energy, grid and tariff, cooling."""

from typing import Any

import numpy as np

from optimizer.agreement.import_cap import ImportCap
from optimizer.assets.grid import Grid
from optimizer.audit import clauses_in_force
from optimizer.config import SERVICES, WORKLOADS
from optimizer.legal_time import legal
from optimizer.phrases import joined, phrase
from optimizer.report.content_axis import spans_of
from optimizer.report.content_layers import (
    Spec,
    band,
    chart,
    is_nothing,
    level,
    line,
    shade,
    stack,
)
from optimizer.report.looks import (
    BLACK,
    BLUE,
    DASHES,
    ORANGE,
    PURPLE,
    SKY,
    VERMILION,
    look,
)
from optimizer.report.source import Source
from optimizer.scenario_files import read_scenarios
from optimizer.terminal_words import owner_words

BAND_PU = (0.1, 0.9)  # of probability: what lies outside is hardly expected
PRICE_UNIT = "MAD/MWh"
_INK = "#005A43"  # a green dark enough for a line
_RANKS = ((VERMILION, 0.22), (ORANGE, 0.15), (SKY, 0.15))  # shades, from the dearest price down
_UP = (  # what feeds the bus: kind, quantity
    ("wind", "used_mw"),
    ("solar", "used_mw"),
    ("battery", "discharge_mw"),
    ("genset", "power_mw"),
    ("grid", "import_mw"),
)
LINES = (BLUE, BLACK, PURPLE)


def power_balance(source: Source) -> Spec:
    """Return supply above zero and what it serves below, with price and forecast."""
    layers = [*_forecast(source), *supply_layers(source), *demand_layers(source)]
    price = [
        line(
            phrase("price of {part}", {"part": owner_words(grid.name)}),
            source.table[f"{grid.name}_import_price_mad_per_mwh"],
            BLACK,
            DASHES[1 + k % 3],
            is_right=True,
        )
        for k, grid in enumerate(source.site.grid.values())
    ]
    note = phrase("Above zero: what feeds the site. Below: where it goes. Both sides are equal.")
    if not any(layer["kind"] == "band" for layer in layers):
        bands = phrase("There are no bands: the plan has no forecast with scenarios.")
        note = joined(" ", [note, bands])
    right = {"right_unit": PRICE_UNIT} if price else {}
    more = {"has_sides": True, "height": 440} | right
    return chart("power", phrase("Power balance"), "MW", [*layers, *price], note) | more


def supply_layers(source: Source) -> list[Spec]:
    """Return what feeds the bus."""
    layers = []
    for kind, quantity in _UP:
        for k, part in enumerate(getattr(source.site, kind).values()):
            words = owner_words(part.name)
            label = phrase("out of {part}", {"part": words}) if kind == "battery" else words
            label = phrase("drawn from {part}", {"part": words}) if kind == "grid" else label
            layers.append(stack(label, source.table[f"{part.name}_{quantity}"], look(kind, k)))
    return layers


def demand_layers(source: Source) -> list[Spec]:
    """Return where it goes: the workloads, what they need beside, stores and feed-in."""
    table, site, layers = source.table, source.site, []
    for kind in WORKLOADS:
        for k, part in enumerate(getattr(site, kind).values()):
            values = table[f"{part.name}_{part.it_quantity}"]
            layers.append(stack(owner_words(part.name), values, look(kind, k), is_below=True))
    other = table["facility_power_mw"] - table["facility_it_mw"]
    words = phrase("cooling, losses and overhead")
    layers.append(stack(words, other, look("overhead"), is_below=True))
    for kind in SERVICES:
        for k, part in enumerate(getattr(site, kind).values()):
            values = table[f"{part.name}_power_mw"]
            if not is_nothing(values):
                layers.append(stack(owner_words(part.name), values, look(kind, k), is_below=True))
    for k, part in enumerate(site.battery.values()):
        label = phrase("into {part}", {"part": owner_words(part.name)})
        values = table[f"{part.name}_charge_mw"]
        layers.append(stack(label, values, look("battery", k), is_below=True))
    for k, part in enumerate(site.grid.values()):
        label = phrase("fed into {part}", {"part": owner_words(part.name)})
        values = table[f"{part.name}_export_mw"]
        layers.append(stack(label, values, look("grid", k), is_below=True))
    if "bus_surplus_mw" in table.columns:  # a diagnostic's
        layers.append(
            stack(phrase("wasted"), table["bus_surplus_mw"], look("missing"), is_below=True)
        )
    return layers


def _forecast(source: Source) -> list[Spec]:
    """Return what sun and wind may give, by the scenarios of the forecast, and what is expected."""
    names = [f"{part.name}_available_mw" for part in source.site.fleet(("solar", "wind"))]
    if not names:
        return []
    layers = []
    if (found := read_scenarios(source.folder / "inputs")) is not None:
        scenarios, weights = found
        known = [scenarios[name] for name in names if name in scenarios]
        if known:
            low, high = (quantile(np.sum(known, axis=0), weights, p) for p in BAND_PU)
            words = phrase("solar and wind, 10 to 90 % of the forecast")
            layers.append(band(words, low, high, BLUE))
    available = source.table[names].sum(axis=1)
    return [*layers, line(phrase("solar and wind available"), available, _INK, DASHES[2])]


def quantile(values: np.ndarray, weights: np.ndarray, level_pu: float) -> np.ndarray:
    """Return a quantile of each row, whose columns have probabilities: the first that reaches it.

    Parameters
    ----------
    values : ndarray, shape (steps, scenarios)
    weights : ndarray, shape (scenarios,)
    """
    order = np.argsort(values, axis=1)
    reached = np.cumsum(weights[order], axis=1) >= level_pu - 1e-9
    first = np.argmax(reached, axis=1)
    ordered = np.take_along_axis(values, order, axis=1)
    return np.asarray(ordered[np.arange(len(values)), first])


def stored_energy(source: Source) -> list[Spec]:
    """Return the energy of each battery and the reserves that clauses ask for."""
    table, batteries = source.table, list(source.site.battery.values())
    if not batteries:
        return []
    layers, deliverable_mwh = [], 0.0
    for k, battery in enumerate(batteries):
        how = {"part": owner_words(battery.name)}
        color = LINES[k % len(LINES)]
        first = source.published.given.state.value(
            battery.name, "energy_mwh", battery.energy_initial_mwh
        )
        energy = line(phrase("stored in {part}", how), table[f"{battery.name}_energy_mwh"], color)
        layers.append(level(energy, first))
        deliverable_mwh += battery.discharge_efficiency_pu * (first - battery.low_mwh)
        low = np.maximum(battery.low_mwh, table[f"{battery.name}_energy_min_mwh"])
        high = np.full(len(table), battery.high_mwh)
        layers.append(line(phrase("{part}: least it may hold", how), low, color, DASHES[2]))
        layers.append(line(phrase("{part}: most it may hold", how), high, color, DASHES[3]))
    deliverable = line(phrase("deliverable to the site"), table["site_deliverable_mwh"], _INK)
    layers += [level(deliverable, deliverable_mwh), *_reserves(source)]
    note = phrase(
        "At the end of each step. A reserve is kept by what the batteries can deliver, after "
        "losses."
    )
    return [chart("battery", phrase("Battery energy and its reserve"), "MWh", layers, note)]


def _reserves(source: Source) -> list[Spec]:
    """Return the energy that clauses ask to be kept."""
    layers: list[Spec] = []
    for clause in clauses_in_force(source.published):
        column = f"{clause.name}_required_mwh"
        if column in source.table.columns:
            asked = source.table[column].where(source.table[column] > 0)
            words = phrase("reserve of {part}", {"part": owner_words(clause.name)})
            layers.append(level(line(words, asked, VERMILION, DASHES[1 + len(layers) % 3])))
    return layers


def grid_charts(source: Source) -> list[Spec]:
    """Return draw and feed-in of each line, with limits, prices and tariff windows."""
    return [_grid(source, grid) for grid in source.site.grid.values()]


def _grid(source: Source, grid: Grid) -> Spec:
    """Return the chart of one line."""
    own, how = grid.own(source.table), {"part": owner_words(grid.name)}
    layers = [
        *_windows(source, grid),
        stack(phrase("drawn from {part}", how), own["import_mw"], look("grid")),
        stack(phrase("fed into {part}", how), own["export_mw"], look("grid"), is_below=True),
        line(phrase("most that may be drawn"), own["import_max_mw"], VERMILION, DASHES[1]),
        line(phrase("most that may be fed in"), -own["export_max_mw"], VERMILION, DASHES[2]),
    ]
    caps = [c for c in clauses_in_force(source.published) if isinstance(c, ImportCap)]
    for k, clause in enumerate(caps):
        cap = np.where(clause.applies(source.table.index), clause.import_max_mw, np.nan)
        words = phrase("cap of {part}", {"part": owner_words(clause.name)})
        layers.append(line(words, cap, PURPLE, DASHES[k % len(DASHES)]))
    if "month_peak_mw" in own.columns:
        layers.append(line(phrase("the month's peak so far"), own["month_peak_mw"], _INK, "1 2"))
    for words, column, dash in (
        (phrase("price of a MWh drawn"), "import_price_mad_per_mwh", DASHES[0]),
        (phrase("price of a MWh fed in"), "export_price_mad_per_mwh", DASHES[2]),
    ):
        layers.append(line(words, own[column], BLACK, dash, is_right=True))
    title = phrase("{part}: draw, limits and tariff", how)
    more = {"has_sides": True, "right_unit": PRICE_UNIT, "height": 320}
    return chart(grid.name, title, "MW", layers) | more


def _windows(source: Source, grid: Grid) -> list[Spec]:
    """Return the tariff's windows, the dearest first."""
    tariff = grid.tariff
    if tariff is None:
        return []
    clock = legal(source.horizon.index, tariff.time_zone)
    prices = sorted({p.import_price_mad_per_mwh for p in tariff.period}, reverse=True)
    layers = []
    for period in sorted(tariff.period, key=lambda p: -p.import_price_mad_per_mwh):
        holds = np.isin(clock.month, period.months) & np.isin(clock.hour, period.clock_hours)
        if holds.any():
            color, opacity = _RANKS[min(prices.index(period.import_price_mad_per_mwh), 2)]
            spans = spans_of(holds, source.horizon)
            layers.append(shade(period.name, spans, color, opacity))
    return layers


def cooling(source: Source) -> list[Spec]:
    """Return what cooling and losses draw, with PUE, and the heat carried away."""
    table, site = source.table, source.site
    pue = line(phrase("PUE"), table["facility_pue_pu"], BLACK, is_right=True, unit="")
    more: dict[str, Any] = {"right_unit": "PUE", "right_from_zero": False, "height": 260}
    other = table["facility_power_mw"] - table["facility_it_mw"]
    if site.cooling is None:
        layers = [stack(phrase("losses and overhead"), other, look("overhead")), pue]
        title = phrase("Losses, overhead and PUE")
        return [chart("cooling", title, "MW", layers) | more]
    power = table[f"{site.cooling.name}_power_mw"]
    layers = [
        stack(phrase("cooling"), power, {"color": SKY, "pattern": "level"}),
        stack(phrase("losses and overhead"), other - power, look("overhead")),
        pue,
    ]
    note = phrase(
        "The outdoor temperature is not kept with a run: it acts through the cooling's own lines."
    )
    heat = [line(phrase("heat"), table[f"{site.cooling.name}_heat_mw"], VERMILION)]
    return [
        chart("cooling", phrase("Cooling, losses and PUE"), "MW", layers, note) | more,
        chart("heat", phrase("Heat that cooling carries away"), "MW", heat) | {"height": 180},
    ]
