"""From what a caller gives to what the model is built of: site, agreement, series, state."""

import logging
import re
from dataclasses import dataclass, field, replace
from pathlib import Path

import pandas as pd

from models.errors import InputError
from optimizer.asked import Asked, tried
from optimizer.breach import breaches
from optimizer.component import Given
from optimizer.config import Agreement, Site, check_together, load_agreement, load_site
from optimizer.held import Interventions
from optimizer.horizon import Horizon
from optimizer.inputs import cohorts_of
from optimizer.intervention_files import interventions_of
from optimizer.interventions import with_held
from optimizer.job_files import jobs_of
from optimizer.opening import opening
from optimizer.over_run import inputs_over_run
from optimizer.overlay import (
    Overlay,
    load_overlay,
    over_agreement,
    over_site,
    scaled,
    with_splits_mended,
)
from optimizer.provenance import Provenance
from optimizer.reference import reference_file
from optimizer.replan import Again, again, committed
from optimizer.series_of import series_of
from optimizer.steering import steer
from optimizer.store import sha256

_LOG = logging.getLogger(__name__)  # what a person who waits is shown


@dataclass(frozen=True, kw_only=True, slots=True)
class Prepared:
    """What the model is built of."""

    site: Site
    agreement: Agreement
    given: Given
    provenance: Provenance
    overlay: Overlay = field(default_factory=Overlay)


def prepare(asked: Asked) -> Prepared:
    """Return the checked inputs of a plan; what is wrong with an overlay names its file.

    Raises
    ------
    InputError
        Something given can't be used; every problem that can be told at once.
    WeatherError
        The weather does not cover the plan.
    """
    if not isinstance(asked.overlay, str | Path):
        return _prepare(asked)
    try:
        return _prepare(asked)
    except InputError as error:
        name = str(asked.overlay)
        own = [re.sub("^overlay(?=:)", lambda _: name, problem) for problem in error.problems]
        raise InputError(own) from error


def _prepare(asked: Asked) -> Prepared:
    """Return the checked inputs of a plan."""
    problems: list[str] = []
    overlay, own_files = _overlay_of(asked)
    if overlay.base is not None:
        return _over_run(asked, overlay, own_files)
    of_site = tried(lambda: _site_of(asked, overlay), problems)
    of_terms = tried(lambda: _agreement_of(asked, overlay), problems)
    steps = tried(lambda: _steps_of(asked, of_site[0] if of_site else None), problems)
    if of_site is None or of_terms is None or steps is None:
        raise InputError(problems)
    (site, folder, files), (agreement, more), (horizon, anew) = of_site, of_terms, steps
    files |= more | own_files
    tried(lambda: check_together(site, agreement, _agreement_name(asked)), problems)
    state = tried(lambda: opening(asked, site, agreement, horizon.start), problems)
    cohorts = tried(lambda: cohorts_of(site, horizon, state, folder), problems) if state else {}
    jobs = tried(lambda: jobs_of(site, horizon, state, folder), problems) if state else {}
    held = tried(lambda: _held_over(asked, site, horizon, anew), problems)
    series, provenance = series_of(asked, site, folder, horizon, problems)
    if problems or state is None or cohorts is None or jobs is None or held is None:
        raise InputError(problems)
    files |= _series_files(site, folder) | dict(provenance.files_sha256) | dict(held.files_sha256)
    provenance = replace(provenance, files_sha256=files, base=anew.base if anew else None)
    given = Given(horizon=horizon, series=series, state=state, cohorts=cohorts, jobs=jobs)
    if asked.overlay is not None:
        given = scaled(with_splits_mended(site, given), site, overlay)
        provenance = replace(provenance, overlay=overlay.model_dump(exclude_defaults=True))
    given = _with_held(given, site, held)
    if (steering := steer(site, agreement, folder, given)) is not None:
        rows = (*given.state.rows, *steering.rows)
        given = replace(given, state=replace(given.state, rows=rows))
        provenance = replace(provenance, budgets=steering.sentence)
    return Prepared(site=site, agreement=agreement, given=given, provenance=provenance)


def _with_held(given: Given, site: Site, held: Interventions) -> Given:
    """Return what is given with outages and pins; refuse a state that contradicts the site."""
    after = with_held(given, site, held)
    if problems := _state_problems(site, after):
        raise InputError(problems)
    return after


def _overlay_of(asked: Asked) -> tuple[Overlay, dict[str, str]]:
    """Return the overlay, an empty one where there is none, and its file's hash."""
    if asked.overlay is None:
        return Overlay(), {}
    if isinstance(asked.overlay, Overlay):
        return asked.overlay, {}
    path = Path(asked.overlay)
    return load_overlay(path), {path.name: sha256(path)}


def _over_run(asked: Asked, overlay: Overlay, files: dict[str, str]) -> Prepared:
    """Return the inputs of the run that an overlay names, with the overlay over them."""
    site, agreement, given, provenance = inputs_over_run(asked, overlay)
    provenance = replace(
        provenance,
        files_sha256=dict(provenance.files_sha256) | files,
        overlay=overlay.model_dump(exclude_defaults=True),
    )
    return Prepared(
        site=site, agreement=agreement, given=given, provenance=provenance, overlay=overlay
    )


def _steps_of(asked: Asked, site: Site | None) -> tuple[Horizon, Again | None]:
    """Return the steps to plan, and what is planned again, if that is asked."""
    if asked.replan_from is None:
        return _horizon_of(asked, site), None
    if asked.out is None:
        raise InputError(["--from needs the folder of runs with the plan to make again. Give out."])
    anew = again(Path(asked.out), asked.replan_from)
    return anew.horizon, anew


def _held_over(asked: Asked, site: Site, horizon: Horizon, anew: Again | None) -> Interventions:
    """Return outages and pins, and what the plan before has promised."""
    held = interventions_of(site, horizon, asked.outages, asked.pins, asked.out)
    return held if anew is None else committed(held, anew.commitments, site)


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


def _site_of(asked: Asked, overlay: Overlay) -> tuple[Site, Path, dict[str, str]]:
    """Return the site, the folder its file names are relative to, and its file's hash."""
    if isinstance(asked.site, Site):
        return over_site(asked.site, overlay), Path(), {}
    path = Path(asked.site) if asked.site is not None else reference_file("site.toml")
    site = over_site(load_site(path), overlay)
    return site, path.parent, {path.name: sha256(path)}


_FILE_FIELDS = ("series_file", "availability_file", "cohorts_file", "jobs_file")


def _series_files(site: Site, folder: Path) -> dict[str, str]:
    """Return the hashes of the files the site file names; they have been read by now."""
    named = [getattr(part, field, None) for part in site.components() for field in _FILE_FIELDS]
    return {name: sha256(folder / name) for name in named if name}


def _agreement_of(asked: Asked, overlay: Overlay) -> tuple[Agreement, dict[str, str]]:
    """Return the agreement, and its file's hash."""
    if isinstance(asked.agreement, Agreement):
        return over_agreement(asked.agreement, overlay), {}
    given = asked.agreement
    path = Path(given) if given is not None else reference_file("agreement.toml")
    return over_agreement(load_agreement(path), overlay), {path.name: sha256(path)}


def _agreement_name(asked: Asked) -> str:
    """Return what the agreement is called in messages."""
    is_path = not isinstance(asked.agreement, Agreement | None)
    return str(asked.agreement) if is_path else "agreement"


def _horizon_of(asked: Asked, site: Site | None) -> Horizon:
    """Return the steps to plan; an hour where neither the caller nor a site says."""
    if isinstance(asked.horizon, Horizon):
        return asked.horizon
    if asked.start is None:
        raise InputError(["start is missing. Give the beginning, e.g. 2026-03-01T00:00Z."])
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
