"""From what a caller gives to what the model is built of: site, agreement, series, state."""

import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

import pandas as pd

from models.errors import InputError
from models.weather.schema import Weather
from optimizer.agreement.ledger import opened
from optimizer.breach import breaches
from optimizer.component import Given
from optimizer.config import Agreement, Site, check_together, load_agreement, load_site
from optimizer.errors import WeatherError
from optimizer.handover import known_quantities, state_from_runs
from optimizer.horizon import Horizon
from optimizer.inputs import assemble, cohorts_of, file_series
from optimizer.job_files import jobs_of
from optimizer.ledger_file import read_ledger
from optimizer.reference import reference_file
from optimizer.site import Provenance
from optimizer.state import State, read_state
from optimizer.steering import steer
from optimizer.store import sha256
from optimizer.supply import CLIMATE, load_weather, modelled, needs_weather

_LOG = logging.getLogger(__name__)  # what a person who waits is shown


@dataclass(frozen=True, kw_only=True, slots=True)
class Asked:
    """What a caller asks to plan; whatever is None is the bundled or the site's own."""

    site: Site | str | Path | None = None
    agreement: Agreement | str | Path | None = None
    weather: Weather | str | Path | None = None
    start: pd.Timestamp | str
    horizon: Horizon | str | None = None
    state: State | str | Path | None = None
    series: pd.DataFrame | None = None
    out: str | Path | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Prepared:
    """What the model is built of."""

    site: Site
    agreement: Agreement
    given: Given
    provenance: Provenance


def prepare(asked: Asked) -> Prepared:
    """Return the checked inputs of a plan.

    Raises
    ------
    InputError
        Something given can't be used; every problem that can be told at once.
    WeatherError
        The weather does not cover the plan.
    """
    problems: list[str] = []
    of_site = _tried(lambda: _site_of(asked), problems)
    of_agreement = _tried(lambda: _agreement_of(asked), problems)
    horizon = _tried(lambda: _horizon_of(asked, of_site[0] if of_site else None), problems)
    if of_site is None or of_agreement is None or horizon is None:
        raise InputError(problems)
    (site, folder, files), (agreement, more) = of_site, of_agreement
    files |= more
    where = "agreement" if isinstance(asked.agreement, Agreement | None) else str(asked.agreement)
    _tried(lambda: check_together(site, agreement, where), problems)
    state = _tried(lambda: _opening(asked, site, agreement, horizon.start), problems)
    cohorts = _tried(lambda: cohorts_of(site, horizon, state, folder), problems) if state else {}
    jobs = _tried(lambda: jobs_of(site, horizon, state, folder), problems) if state else {}
    series, provenance = _series_of(asked, site, folder, horizon, problems)
    if problems or state is None or cohorts is None or jobs is None:
        raise InputError(problems)
    files |= _series_files(site, folder) | dict(provenance.files_sha256)
    provenance = replace(provenance, files_sha256=files)
    given = Given(horizon=horizon, series=series, state=state, cohorts=cohorts, jobs=jobs)
    if problems := _state_problems(site, given):
        raise InputError(problems)
    if (steering := steer(site, agreement, folder, given)) is not None:
        rows = (*given.state.rows, *steering.rows)
        given = replace(given, state=replace(given.state, rows=rows))
        provenance = replace(provenance, budgets=steering.sentence)
    return Prepared(site=site, agreement=agreement, given=given, provenance=provenance)


def _state_problems(site: Site, given: Given) -> list[str]:
    """Return where the opening state contradicts itself or the site."""
    if not given.state.rows:  # then it is the site's own
        return []
    found = [b for p in site.components() for b in breaches(p.name, p.input_rules(given))]
    return [
        f"opening state ({given.state.origin}): {breach.rule}: {breach.excess:g} apart. "
        "Mend these rows, or leave them out."
        for breach in found
    ]


T = TypeVar("T")


def _tried(call: Callable[[], T], problems: list[str]) -> T | None:
    """Return what `call` returns; note what is wrong with its input and return None."""
    try:
        return call()
    except InputError as error:
        problems += error.problems
    except WeatherError as error:
        if not problems:
            raise
        problems.append(str(error))
    return None


def _series_of(
    asked: Asked, site: Site, folder: Path, horizon: Horizon, problems: list[str]
) -> tuple[pd.DataFrame, Provenance]:
    """Return all input series with the length of each step, and where the weather comes from."""
    from_files = _tried(lambda: file_series(site, folder, horizon), problems)
    sources = {"file": pd.DataFrame(index=horizon.index) if from_files is None else from_files}
    if asked.series is not None:
        sources["series"] = asked.series
    given = {column for frame in sources.values() for column in frame.columns}
    weather, provenance = None, Provenance()
    if needs_weather(site, given):
        _LOG.info("weather")
        weather = _tried(lambda: _weather_of(asked, site, horizon), problems)
    if problems:
        return pd.DataFrame(), provenance
    if weather is not None:
        sources["weather"] = modelled(site, weather, horizon, given)
        provenance = Provenance(
            weather_level=weather.level,
            weather_source=weather.source,
            weather_licence=weather.licence,
            files_sha256=_weather_file(asked, site),
        )
    series = assemble(site, horizon, sources)
    series.insert(0, "step_h", horizon.hours)
    return series, provenance


def _site_of(asked: Asked) -> tuple[Site, Path, dict[str, str]]:
    """Return the site, the folder its file names are relative to, and its file's hash."""
    if isinstance(asked.site, Site):
        return asked.site, Path(), {}
    path = Path(asked.site) if asked.site is not None else reference_file("site.toml")
    site = load_site(path)
    return site, path.parent, {path.name: sha256(path)}


_FILE_FIELDS = ("series_file", "availability_file", "cohorts_file", "jobs_file")


def _series_files(site: Site, folder: Path) -> dict[str, str]:
    """Return the hashes of the files the site file names; they have been read by now."""
    named = [getattr(part, field, None) for part in site.components() for field in _FILE_FIELDS]
    return {name: sha256(folder / name) for name in named if name}


def _agreement_of(asked: Asked) -> tuple[Agreement, dict[str, str]]:
    """Return the agreement, and its file's hash."""
    if isinstance(asked.agreement, Agreement):
        return asked.agreement, {}
    given = asked.agreement
    path = Path(given) if given is not None else reference_file("agreement.toml")
    return load_agreement(path), {path.name: sha256(path)}


def _horizon_of(asked: Asked, site: Site | None) -> Horizon:
    """Return the steps to plan; an hour where neither the caller nor a site says."""
    if isinstance(asked.horizon, Horizon):
        return asked.horizon
    try:
        start = pd.Timestamp(asked.start)
    except ValueError as error:
        raise InputError(
            [f"start = {asked.start!r} is not a moment. Write 2026-03-01T00:00Z."]
        ) from error
    if start.tzinfo is None:
        raise InputError([f"start = {asked.start} has no time zone. Give UTC: 2026-03-01T00:00Z."])
    begin = start.tz_convert("UTC").as_unit("us")
    if asked.horizon is not None or site is None:
        return Horizon.parse("1h@1h" if asked.horizon is None else asked.horizon, begin)
    try:
        return Horizon.parse(site.plan.horizon, begin)
    except InputError as error:
        raise InputError([f"{asked.site}: [plan] {p}" for p in error.problems]) from error


def _state_of(asked: Asked, site: Site, agreement: Agreement, start: pd.Timestamp) -> State:
    """Return the opening state: given, from a file, from the last run, or the site file's."""
    if isinstance(asked.state, State):
        return asked.state
    known = known_quantities(site, agreement)
    if asked.state is not None:
        return read_state(Path(asked.state), start, known)
    return state_from_runs(Path(asked.out) if asked.out is not None else None, start, known)


def _opening(asked: Asked, site: Site, agreement: Agreement, start: pd.Timestamp) -> State:
    """Return the opening state; budgets are the ledger's where the caller gives no state."""
    state = _state_of(asked, site, agreement, start)
    if asked.state is not None or asked.out is None:
        return state
    return opened(state, agreement.clause, read_ledger(Path(asked.out)))


def _weather_of(asked: Asked, site: Site, horizon: Horizon) -> Weather:
    """Return the weather of the horizon."""
    if isinstance(asked.weather, Weather):
        return asked.weather
    return load_weather(site, str(asked.weather or site.weather.source), horizon)


def _weather_file(asked: Asked, site: Site) -> dict[str, str]:
    """Return the hash of the weather file, if it is one."""
    if isinstance(asked.weather, Weather):
        return {}
    source = str(asked.weather or site.weather.source)
    return {} if source == CLIMATE else {Path(source).name: sha256(Path(source))}
