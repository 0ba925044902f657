"""The steps that two runs can be compared on, and the charts of what differs there."""

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from optimizer.config import SERVICES, WORKLOADS
from optimizer.horizon import Horizon
from optimizer.phrases import phrase
from optimizer.report.content_axis import axis
from optimizer.report.content_charts import demand_layers, supply_layers
from optimizer.report.content_layers import SEEN, Spec, chart, is_nothing, level, line, stack
from optimizer.report.looks import BLUE, DASHES, ORANGE
from optimizer.report.source import Source
from optimizer.terminal_words import owner_words

_WHOLE_H = 1 - 1e-9
_MORE, _LESS = {"color": ORANGE, "pattern": ""}, {"color": BLUE, "pattern": "stripes"}


@dataclass(frozen=True, kw_only=True, eq=False)
class Common:
    """Two schedules on the time that both cover.

    Attributes
    ----------
    tables : pair of DataFrame
        Rows of the same moments and lengths: the steps as published where those are the same in
        both, else whole hours, with means of power and what is stored at the hour's end.
    """

    tables: tuple[pd.DataFrame, pd.DataFrame]
    is_hourly: bool

    @property
    def horizon(self) -> Horizon:
        """The time axis of both."""
        table = self.tables[0]
        return Horizon(start=table.index[0], step_h=tuple(table["step_h"].tolist()))


def common(before: pd.DataFrame, after: pd.DataFrame) -> Common | None:
    """Return two published tables on the time that both cover; none where they share none."""
    begin = max(before.index[0], after.index[0])
    end = min(_end(before), _end(after))
    parts = [table[(table.index >= begin) & (table.index < end)] for table in (before, after)]
    if begin >= end:
        return None
    was, now = parts
    if was.index.equals(now.index) and np.array_equal(was["step_h"], now["step_h"]):
        return Common(tables=(was, now), is_hourly=False)
    was, now = (_by_hour(part) for part in parts)
    hours = was.index.intersection(now.index)
    if not len(hours):
        return None
    return Common(tables=(was.loc[hours], now.loc[hours]), is_hourly=True)


def _end(table: pd.DataFrame) -> pd.Timestamp:
    """Return when a table's last step ends."""
    last: pd.Timestamp = table.index[-1]
    return last + pd.Timedelta(hours=float(table["step_h"].iloc[-1]))


def _by_hour(table: pd.DataFrame) -> pd.DataFrame:
    """Return a table's powers and stored energies by whole UTC hours."""
    hour = pd.DatetimeIndex(table.index).floor("h")
    hours = table["step_h"].groupby(hour).sum()
    powers = table[[c for c in table.columns if str(c).endswith("_mw")]]
    means = powers.mul(table["step_h"], axis=0).groupby(hour).sum().div(hours, axis=0)
    stored = table[[c for c in table.columns if str(c).endswith("_energy_mwh")]]
    found = pd.concat([hours, means, stored.groupby(hour).last()], axis=1)
    return found[np.isclose(hours, 1.0) & (hours >= _WHOLE_H)].rename_axis("time_utc")


def charts(a: Source, b: Source, shared: Common | None) -> list[Spec]:
    """Return the balance of each run and what differs; of runs without common time, each's own."""
    if shared is None:
        return [_balance(a, "A", a.horizon), _balance(b, "B", b.horizon)]
    on_common = [
        replace(each, published=replace(each.published, table=table))
        for each, table in zip((a, b), shared.tables, strict=True)
    ]
    found = [
        _balance(each, name, shared.horizon) for each, name in zip(on_common, "AB", strict=True)
    ]
    shape = axis(shared.horizon, 0.0)
    return [*found, *(spec | shape for spec in differences(on_common[0], on_common[1]))]


def _balance(source: Source, name: str, horizon: Horizon) -> Spec:
    """Return supply above zero and what it serves below."""
    layers = [*supply_layers(source), *demand_layers(source)]
    layers = [layer for layer in layers if not is_nothing(layer["values"])]
    title = phrase("{name}: power balance", {"name": name})
    note = phrase("Above zero: what feeds the site. Below: where it goes. Both sides are equal.")
    more = {"has_sides": True, "height": 360}
    return chart(f"balance-{name.lower()}", title, "MW", layers, note) | more | axis(horizon, 0.0)


def differences(a: Source, b: Source) -> list[Spec]:
    """Return a chart for each quantity that both have and that differs: draw, stores, workloads."""
    found = []
    for column, words, is_stored in _quantities(a):
        if column not in a.table.columns or column not in b.table.columns:
            continue
        apart = (b.table[column] - a.table[column]).to_numpy(dtype=float)
        if np.abs(apart).max() < SEEN:
            continue
        found.append(_difference(column, words, apart, (a, b), is_stored=is_stored))
    return found


def _difference(
    column: str, words: str, apart: np.ndarray, both: tuple[Source, Source], *, is_stored: bool
) -> Spec:
    """Return the chart of one quantity: what B has more or less, and each run's own."""
    old, new = (
        line(name, each.table[column], color, dash)
        for name, each, color, dash in zip(
            ("A", "B"), both, ("#555555", "#000000"), (DASHES[1], ""), strict=True
        )
    )
    if is_stored:
        old, new = level(old), level(new)
    layers = [
        stack(phrase("B has more"), np.maximum(apart, 0.0), _MORE),
        stack(phrase("B has less"), np.maximum(-apart, 0.0), _LESS, is_below=True),
        old,
        new,
    ]
    unit = "MWh" if is_stored else "MW"
    return chart(f"apart-{column}", words, unit, layers) | {"height": 220}


def _quantities(source: Source) -> list[tuple[str, str, bool]]:
    """Return the columns compared in charts, in words, and whether they are stored energy."""
    site = source.site
    found: list[tuple[str, str, bool]] = []
    for name in (each.name for each in site.grid.values()):
        words = phrase("{part}: drawn", {"part": owner_words(name)})
        found.append((f"{name}_import_mw", words, False))
    for name in (store.name for store in site.fleet(("battery", "chilled_store"))):
        words = phrase("{part}: energy stored", {"part": owner_words(name)})
        found.append((f"{name}_energy_mwh", words, True))
    for part in site.fleet(WORKLOADS):
        found.append((f"{part.name}_{part.it_quantity}", owner_words(part.name), False))
    for part in site.fleet(SERVICES):
        found.append((f"{part.name}_power_mw", owner_words(part.name), False))
    return found


def unchanged(a: Source, b: Source, shared: Common) -> list[str]:
    """Return the quantities of `differences` that are the same in both."""
    same = []
    for column, words, _ in _quantities(a):
        if column in shared.tables[0].columns and column in shared.tables[1].columns:
            apart = shared.tables[1][column] - shared.tables[0][column]
            same += [words] if float(apart.abs().max()) < SEEN else []
    return same
