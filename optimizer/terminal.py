"""A plan as tables a planner reads in a terminal.

Nothing is printed here: functions return rich renderables, which the command line prints.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pandas as pd
from rich import box
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from optimizer.legal_time import SITE_TIME_ZONE, legal
from optimizer.plan import Plan
from optimizer.terminal_chart import day_chart
from optimizer.terminal_head import header
from optimizer.terminal_hours import BINDING_H, STORED, SUPPLY, hours_of
from optimizer.terminal_words import FIGURES, cost_words, limit_words

LIMITS_SHOWN = 12


@dataclass(frozen=True, slots=True)
class _Column:
    """A column of the hours' table, as text."""

    head: str
    cells: list[str]
    foot: str

    @property
    def width(self) -> int:
        """Characters of its widest line."""
        return max(len(text) for text in (*self.head.split("\n"), *self.cells, self.foot))


def plan_view(plan: Plan, width: int) -> Group:
    """Return everything a planner sees of a plan, in lines of `width` characters."""
    parts: list[RenderableType] = [header(plan), day_chart(plan, width)]
    parts += [*hour_tables(plan, width), _note(plan)]
    parts += [totals_table(plan), cost_table(plan), clause_table(plan), binding_table(plan)]
    return Group(*(each for part in parts for each in (part, "")), _footer(plan))


def hourly(plan: Plan) -> pd.DataFrame:
    """Return the plan's binding hours, as `optimizer.terminal_hours.hours_of` has them."""
    return hours_of(plan.schedule, plan.optimum.problem.site)


def hour_tables(plan: Plan, width: int) -> list[Table]:
    """Return the hours as one table, or as several where `width` is too narrow: supply first."""
    frame = hourly(plan)
    first = _Column("\nUTC", [f"{t:%H:%M}" for t in pd.DatetimeIndex(frame.index)], "MWh")
    hours = _hours_of(plan, frame)
    columns = [_column(head, frame[head], hours) for head in frame.columns]
    if first.width + sum(1 + c.width for c in columns) <= width:
        return [_table([first, *columns])]
    supply = {head for _, head, _ in SUPPLY}
    groups = [[c for c in columns if (c.head in supply) is side] for side in (True, False)]
    return [_table([first, *part]) for group in groups for part in _fitting(group, first, width)]


def _fitting(columns: list[_Column], first: _Column, width: int) -> Iterator[list[_Column]]:
    """Yield the columns in parts that fit beside the first column, at least one in each."""
    part: list[_Column] = []
    for column in columns:
        if part and first.width + sum(1 + c.width for c in [*part, column]) > width:
            yield part
            part = []
        part.append(column)
    if part:
        yield part


def _hours_of(plan: Plan, frame: pd.DataFrame) -> pd.Series:
    """Return how many hours of the plan each row stands for."""
    step_h = plan.schedule["step_h"]
    hour = pd.DatetimeIndex(step_h.index).floor("h")
    return step_h.groupby(hour).sum().reindex(frame.index)


def _column(head: str, values: pd.Series, hours: pd.Series) -> _Column:
    """Return a column's cells, with its energy at the foot."""
    if head == STORED or head.startswith("price"):
        return _Column(head, [f"{v:,.0f}" for v in values], "")
    shown = [f"{v:.1f}" if abs(v) >= 0.05 else "0" for v in values]  # half of the last digit
    return _Column(head, shown, f"{float((values * hours).sum()):,.0f}")


def _table(columns: list[_Column]) -> Table:
    """Return a table of right-aligned columns, one space apart."""
    table = Table(box=box.SIMPLE_HEAD, padding=0, show_edge=False, show_footer=True)
    for column in columns:
        table.add_column(column.head, column.foot, justify="right", no_wrap=True)
    for row in zip(*(column.cells for column in columns), strict=True):
        table.add_row(*row)
    return table


def _note(plan: Plan) -> str:
    """Return how the hours are to be read."""
    step_h = plan.schedule["step_h"]
    binding = step_h[step_h.cumsum() <= BINDING_H + 1e-9]
    lines = [
        "MW, means over the hour; foot: MWh. stored: MWh at the hour's end. price: a MWh drawn."
    ]
    lines.append("other: cooling, conversion losses and overhead.")
    if len(binding) and binding.min() < 1.0:
        minutes = 60 * float(binding.min())
        lines.append(f"Steps of {minutes:g} min are averaged to hours here, and apart in the run.")
    offset = legal(pd.DatetimeIndex(step_h.index[:1]), SITE_TIME_ZONE)[0]
    if str(offset.strftime("%z")) != "+0000":
        lines.append(f"Legal time at the site is UTC{offset:%z}.")
    ahead_h = float(step_h.sum()) - float(binding.sum())
    if ahead_h > 0 and len(binding):
        lines.append(f"These hours bind; {ahead_h:g} h of look-ahead are in the run.")
    return "\n".join(lines)


def totals_table(plan: Plan) -> Table:
    """Return the key figures of the binding hours beside those of the whole plan."""
    binding, whole = plan.kpis["binding"], plan.kpis["plan"]
    table = _titled("Totals", ("figure", "unit"))
    spans = [whole] if binding["hours_h"] == whole["hours_h"] else [binding, whole]
    for figures in spans:
        table.add_column(f"{figures['hours_h']:g} h", justify="right", no_wrap=True)
    for key, (words, unit, factor, digits) in FIGURES.items():
        if key in whole:
            shown = [f"{figures[key] * factor:,.{digits}f}" for figures in spans]
            table.add_row(words, unit, *shown)
    return table


def cost_table(plan: Plan) -> Table:
    """Return the cost of the whole plan by part and kind, dearest first."""
    costs = dict(plan.kpis["cost_mad"])
    fixed = costs.pop("fixed_charge_mad", 0.0)
    table = _titled("Cost of the whole plan", ("part and kind",))
    table.add_column("MAD", justify="right", no_wrap=True)
    for name, mad in sorted(costs.items(), key=lambda item: (-abs(item[1]), item[0])):
        if abs(mad) >= 0.5:  # a MAD is shown
            table.add_row(cost_words(name), f"{mad:,.0f}")
    table.add_row(Text("together", "bold"), Text(f"{plan.objective_mad:,.0f}", "bold"))
    if fixed:
        table.add_row("and subscribed power, due whatever is planned", f"{fixed:,.0f}")
    return table


def clause_table(plan: Plan) -> Table:
    """Return how each clause of the agreement stands."""
    table = _titled("Agreement", ("article", "clause", "kind", "kept"))
    table.add_column("MAD", justify="right", no_wrap=True)
    table.add_column("how", ratio=1)
    for clause in plan.clauses:
        kept = Text("yes", "green") if clause["is_kept"] else Text("NO, paid", "bold red")
        kind = "hard" if clause["is_hard"] else "priced"
        name = str(clause["kind"]).replace("_", " ")
        cost = f"{clause['cost_mad']:,.0f}"
        table.add_row(clause["article"], name, kind, kept, cost, _how(clause))
    if not plan.clauses:
        table.add_row("none", "", "", "", "", "No clause is in force in this plan.")
    return table


def _how(clause: dict[str, Any]) -> str:
    """Return a clause's sentence without the article, which has a column of its own."""
    return str(clause["sentence"]).removeprefix(f"Art. {clause['article']}: ")


def binding_table(plan: Plan) -> Table:
    """Return the limits that bind, dearest first, and what one unit more would save."""
    table = _titled("What binds, and what one unit more in each step would save", ("limit",))
    for head in ("steps", "MAD"):
        table.add_column(head, justify="right", no_wrap=True)
    for row in plan.binding.head(LIMITS_SHOWN).itertuples():
        table.add_row(limit_words(str(row.limit)), str(row.step_count), f"{row.worth_mad:,.0f}")
    if plan.binding.empty:
        table.add_row("no limit has a price", "", "")
    return table


def _titled(title: str, heads: tuple[str, ...]) -> Table:
    """Return an empty table with a title and columns of words."""
    table = Table(
        title=title,
        title_justify="left",
        title_style="bold",
        box=box.SIMPLE_HEAD,
        padding=(0, 1, 0, 0),
        show_edge=False,
    )
    for head in heads:
        table.add_column(head, no_wrap=len(heads) > 1)
    return table


def _footer(plan: Plan) -> Text:
    """Return where the run lies."""
    if plan.run_dir is None:
        return Text("Nothing was written.")
    return Text(f"Run: {plan.run_dir}", "bold")
