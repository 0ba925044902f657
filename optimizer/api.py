"""What a notebook calls: one function for the day, two for a model of one's own."""

from pathlib import Path

import pandas as pd

from models.weather.forecast import WeatherForecast
from models.weather.schema import Weather
from optimizer.asked import Asked
from optimizer.config import Agreement, Site
from optimizer.horizon import Horizon
from optimizer.overlay import Overlay
from optimizer.plan import Plan, build_problem, make_plan, solve_problem
from optimizer.site import Problem
from optimizer.state import State


def plan(
    site: Site | str | Path | None = None,
    weather: Weather | WeatherForecast | str | Path | None = None,
    *,
    start: pd.Timestamp | str | None = None,
    agreement: Agreement | str | Path | None = None,
    horizon: Horizon | str | None = None,
    state: State | str | Path | None = None,
    series: pd.DataFrame | None = None,
    forecast: str = "mean",
    outages: str | Path | None = None,
    pins: str | Path | None = None,
    replan_from: str | None = None,
    overlay: Overlay | str | Path | None = None,
    out: str | Path | None = None,
    now: pd.Timestamp | None = None,
    is_strict: bool = False,
    may_soften: bool = False,
    kind: str = "plan",
) -> Plan:
    """Return an audited plan: weather, models, optimum, audit, and files where `out` is given.

    Parameters
    ----------
    site, agreement, weather : object or path, optional
        The bundled plant and agreement, and the site file's source, where not given.
    start, horizon : Timestamp or str, Horizon or str
        Beginning of the first step, UTC; steps, e.g. ``"48h@15min+120h@1h"``, else the site's.
    state, series : State or path, DataFrame of shape (steps, columns), optional
        Opening state; input series by published column, ``wind_main_available_mw``.
    forecast, outages, pins, replan_from, overlay, is_strict : optional
        As `optimizer.asked.Asked` has them.
    out, now : path and Timestamp, optional
        Folder of runs; the run's moment, else the clock's.
    may_soften, kind : bool and str
        Whether the cheapest way out is taken; what the run is in the registry.

    Raises
    ------
    InputError, WeatherError, Infeasible, SolverGaveNothing, AuditFailed
        Each says what is wrong and what to do.
    """
    asked = Asked(
        site=site,
        agreement=agreement,
        weather=weather,
        start=start,
        horizon=horizon,
        state=state,
        series=series,
        out=out,
        now=_moment(now),
        forecast=forecast,
        is_strict=is_strict,
        outages=outages,
        pins=pins,
        replan_from=replan_from,
        overlay=overlay,
    )
    return make_plan(asked, may_soften=may_soften, kind=kind)


def build(
    site: Site | str | Path | None = None,
    weather: Weather | str | Path | None = None,
    *,
    start: pd.Timestamp | str,
    agreement: Agreement | str | Path | None = None,
    horizon: Horizon | str | None = None,
    state: State | str | Path | None = None,
    series: pd.DataFrame | None = None,
) -> Problem:
    """Return the problem of a plan; its ``model`` is a Pyomo model to extend before `solve`.

    Parameters are those of `plan`.
    """
    return build_problem(
        Asked(
            site=site,
            agreement=agreement,
            weather=weather,
            start=start,
            horizon=horizon,
            state=state,
            series=series,
        )
    )


def solve(
    problem: Problem,
    *,
    out: str | Path | None = None,
    now: pd.Timestamp | None = None,
    is_relaxed: bool = False,
) -> Plan:
    """Return the audited optimum of a problem, as `plan` does; see `optimizer.plan.solve`."""
    return solve_problem(problem, out=out, now=_moment(now), is_relaxed=is_relaxed)


def _moment(now: pd.Timestamp | None) -> pd.Timestamp:
    """Return the moment that names a run: the clock's, unless the caller says."""
    return pd.Timestamp.now(tz="UTC") if now is None else now
