"""A few values over a site and its agreement, and factors on input series: ``--overlay FILE``.

A file of TOML, for example what the page's "Copy as TOML" gives:

    base.run = "20261128T120000Z-fbe652"
    base.integers = "published"
    site.battery.main.energy_max_mwh = 2000.0
    agreement."4.2".import_max_mw = 80.0
    scale.wind_main_available_mw = 1.1

With a base, that run is planned again from its own stored inputs; without, the overlay lies over
the site, agreement and weather that the plan is asked for.
"""

import difflib
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd
from pydantic import Field, ValidationError

from models.errors import InputError
from models.parameters import Parameters
from optimizer.cohorts import Cohort
from optimizer.component import Component, Given
from optimizer.config import Agreement, Site, check_together, parse_site, read_toml
from optimizer.editor.clause_fields import with_value
from optimizer.inputs import check_series
from optimizer.wording import sentences

_SPLIT = "segment_energy_mwh"
FACTOR_MAX = 1000.0  # no question a planner asks goes further
_OF_WEATHER = {"solar": "plant", "wind": "farm", "cooling": "plant"}  # tables the weather goes into


class BaseRun(Parameters):
    """The run that an overlay changes."""

    run: str = Field(min_length=1, description="name of the run, in the folder of runs")
    integers: Literal["published", "free"] = Field(
        default="free", description="published: whole numbers stay as that run has them"
    )


class Overlay(Parameters):
    """All of an overlay file."""

    base: BaseRun | None = Field(default=None, description="the run that is planned again")
    site: dict[str, Any] = Field(default_factory=dict, description="values over the site file")
    agreement: dict[str, dict[str, Any]] = Field(
        default_factory=dict, description="values over a clause, by article"
    )
    scale: dict[str, float] = Field(
        default_factory=dict, description="factors on input series and on deferrable work"
    )


def load_overlay(path: Path) -> Overlay:
    """Return the overlay in a TOML file.

    Raises
    ------
    InputError
        It can't be read, or holds what no overlay has.
    """
    return parse_overlay(read_toml(path), str(path))


def parse_overlay(content: Mapping[str, Any], where: str = "overlay") -> Overlay:
    """Return the overlay described by `content`, or raise InputError with every problem."""
    try:
        overlay = Overlay.model_validate(dict(content))
    except ValidationError as error:
        raise InputError(sentences(error, where, Overlay)) from error
    remedy = "Give 1.1 for 10 % more."
    problems = [
        f"{where}: scale.{name} = {factor:g} is outside [0, {FACTOR_MAX:g}]. {remedy}"
        for name, factor in overlay.scale.items()
        if not 0 <= factor <= FACTOR_MAX
    ]
    if problems:
        raise InputError(problems)
    return overlay


def over_site(site: Site, overlay: Overlay) -> Site:
    """Return a site with the overlay's values in it."""
    if not overlay.site:
        return site
    return parse_site(_merged(site.model_dump(mode="json"), overlay.site), "overlay: site")


def over_agreement(agreement: Agreement, overlay: Overlay) -> Agreement:
    """Return an agreement with the overlay's values in its clauses, or raise InputError."""
    problems = []
    for article, values in overlay.agreement.items():
        for field, value in values.items():
            try:
                agreement = with_value(agreement, article, field, value)
            except InputError as error:
                problems += [f"overlay: {problem}" for problem in error.problems]
    if problems:
        raise InputError(problems)
    return agreement


def scaled(given: Given, site: Site, overlay: Overlay) -> Given:
    """Return what is given with the overlay's factors on series and cohorts.

    Raises
    ------
    InputError
        There is no such series or workload, or a value leaves its physical range.
    """
    series, cohorts = given.series, dict(given.cohorts)
    works = {f"{name}_work": name for name in cohorts}
    known = [*(c for c in series.columns if c != "step_h"), *works]
    problems = []
    for name, factor in overlay.scale.items():
        if name in works:
            cohorts[works[name]] = tuple(
                replace(c, work_mwh=c.work_mwh * factor, rate_max_mw=c.rate_max_mw * factor)
                for c in cohorts[works[name]]
            )
        elif name in known:
            series = series.assign(**{name: series[name] * factor})
        else:
            near = difflib.get_close_matches(name, known, n=1)
            hint = f"Did you mean {near[0]}?" if near else f"Give one of {', '.join(known)}."
            problems.append(f"overlay: scale.{name}: no such series. {hint}")
    needed = [need for part in site.components() for need in part.needs()]
    problems += check_series(series, needed, given.horizon)
    if problems:
        raise InputError(problems)
    return replace(given, series=series, cohorts=cohorts)


def applied(
    site: Site, agreement: Agreement, given: Given, overlay: Overlay
) -> tuple[Site, Agreement, Given]:
    """Return the site, agreement and inputs of a run with an overlay over them.

    Series that a changed table makes by itself are made anew; the weather is the run's.

    Raises
    ------
    InputError
        A value is no such thing's, or it would need the weather again.
    """
    after = over_site(site, overlay)
    terms = over_agreement(agreement, overlay)
    check_together(after, terms, "overlay")
    problems = _weather_problems(site, after)
    before = {part.name: part for part in site.components()}
    columns: dict[str, np.ndarray] = {}
    cohorts = dict(given.cohorts) | _cohorts_anew(site, after, given, problems)
    for part in after.components():
        if part != before.get(part.name):
            columns |= _anew(part, before.get(part.name), given, problems)
    if problems:
        raise InputError(problems)
    series = given.series.assign(
        **{c: pd.Series(v, index=given.series.index) for c, v in columns.items()}
    )
    given = with_splits_mended(after, replace(given, series=series, cohorts=cohorts))
    return after, terms, scaled(given, after, overlay)


def with_splits_mended(site: Site, given: Given) -> Given:
    """Return what is given with the opening split of batteries whose window has changed mended."""
    rows = list(given.state.rows)
    for battery in site.battery.values():
        its = [k for k, r in enumerate(rows) if (r.name, r.quantity) == (battery.name, _SPLIT)]
        if len(its) != battery.segment_count:
            continue
        split = [rows[k].value for k in sorted(its, key=lambda k: int(rows[k].key))]
        above_mwh = battery.opening_mwh(given) - battery.low_mwh
        for k in its:
            number = int(rows[k].key) - 1
            value = battery.mended_split_mwh(split, above_mwh)[number]
            rows[k] = replace(rows[k], value=value)
    return replace(given, state=replace(given.state, rows=tuple(rows)))


def _merged(under: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """Return nested tables with those of `over` laid on top."""
    found = dict(under)
    for key, value in over.items():
        below = found.get(key)
        if isinstance(below, list) and isinstance(value, Mapping):
            found[key] = _with_rows(below, value, key)
        elif isinstance(value, Mapping) and isinstance(below, Mapping):
            found[key] = _merged(below, value)
        else:
            found[key] = value
    return found


def _with_rows(rows: list[Any], over: Mapping[str, Any], where: str) -> list[Any]:
    """Return a list of tables with values over some of them, which are named by number from 0."""
    found = list(rows)
    for number, value in over.items():
        if not (number.isdigit() and int(number) < len(found)):
            what = f"overlay: {where}.{number}: there is no such row"
            raise InputError([f"{what}. Give a number from 0 to {len(found) - 1}."])
        row = found[int(number)]
        is_table = isinstance(row, Mapping) and isinstance(value, Mapping)
        found[int(number)] = _merged(row, value) if is_table else value
    return found


def _weather_problems(before: Site, after: Site) -> list[str]:
    """Return which changed tables would need the weather again, which a run does not keep."""
    problems = []
    for kind, table in _OF_WEATHER.items():
        for label, old, new in _pairs_of(kind, before, after):
            if getattr(old, table, None) != getattr(new, table, None):
                problems.append(
                    f"overlay: site.{label}.{table}: a run keeps no weather to model it with. "
                    "Scale its series, as scale.wind_main_available_mw = 1.1, or leave base out."
                )
    return problems


def _cohorts_anew(
    before: Site, after: Site, given: Given, problems: list[str]
) -> dict[str, tuple[Cohort, ...]]:
    """Return the cohorts of deferrable loads that have changed, from their own stream."""
    found = {}
    for key, part in after.deferrable.items():
        if part == before.deferrable.get(key):
            continue
        rows = [row for row in given.state.rows if row.name == part.name]
        old = before.deferrable.get(key, part)
        if tuple(old.stream(given.horizon, rows)) != given.cohorts.get(part.name):
            scale = f"Scale them: scale.{part.name}_work = 1.1"
            problems.append(f"overlay: {part.name}: its cohorts come from elsewhere. {scale}.")
        found[part.name] = tuple(part.stream(given.horizon, rows))
    return found


def _pairs_of(kind: str, before: Site, after: Site) -> list[tuple[str, Any, Any]]:
    """Return the parts of a kind before and after, with how a file names them."""
    if kind == "cooling":
        return [(kind, before.cooling, after.cooling)]
    old, new = getattr(before, kind), getattr(after, kind)
    return [(f"{kind}.{key}", old.get(key), new.get(key)) for key in {**old, **new}]


def _anew(
    part: Component, before: Component | None, given: Given, problems: list[str]
) -> dict[str, np.ndarray]:
    """Return the series that a changed part makes by itself; note what comes from elsewhere."""
    if before is None:
        problems.append(f"overlay: {part.name} is not in the run. Leave base out to add a part.")
        return {}
    old, new, found = before.derive(given.horizon), part.derive(given.horizon), {}
    for column, values in new.items():
        if np.array_equal(values, old.get(column, np.nan)):
            continue
        if column not in old or not np.array_equal(given.column(column), old[column]):
            problems.append(
                f"overlay: {part.name}: {column} comes from a file or an outage, so this changes "
                f"nothing. Scale it: scale.{column} = 1.1."
            )
        found[column] = values
    return found
