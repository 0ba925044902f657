"""Members of power as modelled, and the paths that calibration makes of them."""

import importlib
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from models.calibration import (
    Calibration,
    Pairs,
    calibrated_mw,
    learned,
    quantiles_about_mw,
    taken_as_one,
)
from models.dependence import estimated
from models.ensemble import member_columns, solar_ceiling_mw, wind_ceiling_mw
from models.scenarios import coupled, even_levels, gaussian_template
from models.weather.forecast import ModelRun, WeatherForecast
from models.weather.resample import mean_over, resample
from optimizer.config import Site
from optimizer.horizon import Horizon
from optimizer.phrases import phrase
from optimizer.supply import modelled

FloatArray = npt.NDArray[np.float64]
POWER = "_available_mw"
DRAW_COUNT = 200  # numerical: paths drawn about a single member, before reduction


@dataclass(frozen=True, kw_only=True)
class Raw:
    """Members of power as modelled, with what calibration needs beside them."""

    run: ModelRun
    horizon: Horizon
    members: dict[str, FloatArray]
    ceilings: dict[str, FloatArray]
    lead_h: FloatArray

    @property
    def member_count(self) -> int:
        """How many members the weather has."""
        return int(next(iter(self.members.values())).shape[1])


def modelled_members(
    site: Site, forecast: WeatherForecast, horizon: Horizon, given: set[str]
) -> Raw:
    """Return every member through the models, and what the plants can give at most."""
    members = member_columns(
        forecast.members, lambda weather: modelled(site, weather, horizon, given)
    )
    step_h = float(min(horizon.step_h))
    fine = resample(forecast.members[0], step_h, horizon.start, horizon.end)
    ceilings: dict[str, FloatArray] = {}
    for wind in site.wind.values():
        if (name := f"{wind.name}{POWER}") in members and wind.farm is not None:
            ceilings[name] = np.full(len(horizon.steps), wind_ceiling_mw(wind.farm))
    for solar in site.solar.values():
        if (name := f"{solar.name}{POWER}") in members and solar.plant is not None:
            clear = mean_over(solar_ceiling_mw(fine, solar.plant), step_h, horizon.edges)
            ceilings[name] = clear.to_numpy(dtype=float)[:, 0]
    return Raw(
        run=forecast.run,
        horizon=horizon,
        members=members,
        ceilings={
            name: np.maximum(top, members[name].max(axis=1)) for name, top in ceilings.items()
        },
        lead_h=horizon.end_h - horizon.hours / 2 + forecast.age_h(horizon.start),
    )


def calibrate(
    raw: Raw, history: Pairs | None, *, seed: int
) -> tuple[dict[str, FloatArray], list[str]]:
    """Return calibrated paths of every plant, each shape (steps, paths), and how they were made.

    Many members are moved and stretched; about a single one paths are drawn, of `seed`.
    """
    calibrations = _calibrations(raw, history)
    if taken_as_one(raw.member_count):
        calibrated = _drawn(raw, calibrations, history, seed)
    else:
        calibrated = {
            name: calibrated_mw(raw.members[name], top, raw.lead_h, calibrations[name])
            for name, top in raw.ceilings.items()
        }
    return calibrated, _calibration_notes(raw, calibrations, history)


def _calibrations(raw: Raw, history: Pairs | None) -> dict[str, Calibration]:
    """Return what the archive teaches of every plant; nothing where quantiles are learned."""
    is_single = taken_as_one(raw.member_count)
    found = {}
    for name in raw.ceilings:
        is_learned = _teachers(raw, history, name) is not None
        past = None
        if history is not None and not is_learned:
            past = history.of(name, raw.run.model, is_single=is_single)
        found[name] = learned(past, is_single=is_single)
    return found


def _drawn(
    raw: Raw, calibrations: dict[str, Calibration], history: Pairs | None, seed: int
) -> dict[str, FloatArray]:
    """Return paths drawn about a single member: its error's quantiles, tied by a copula."""
    names = list(raw.ceilings)
    if not names:  # weather is for cooling alone
        return {}
    hours = raw.horizon.hours
    tied = estimated(history, names, raw.run.model)
    template = gaussian_template(names, hours, tied, count=DRAW_COUNT, seed=seed)
    levels = even_levels(DRAW_COUNT)
    drawn = {}
    for name, top in raw.ceilings.items():
        past = _teachers(raw, history, name)
        if past is None:
            about = quantiles_about_mw(
                raw.members[name], top, raw.lead_h, calibrations[name], levels
            )
        else:
            learning = _learning()
            about = learning.learned_quantiles_mw(past, _ahead(raw, name), levels, seed=seed)
        drawn[name] = coupled(about, template[name])
    return drawn


def _teachers(raw: Raw, history: Pairs | None, name: str) -> pd.DataFrame | None:
    """Return past single forecasts of a plant, if they are enough to learn quantiles from."""
    if history is None or not taken_as_one(raw.member_count) or raw.horizon.hours.max() > 1.0:
        return None
    past = history.courses(name, raw.run.model, is_single=True)
    return past if len(past) and _learning().is_enough(past) else None


def _learning() -> Any:
    """Return the module that learns quantiles: few forecasts need its second of libraries."""
    return importlib.import_module("models.learned_quantiles")


def _ahead(raw: Raw, name: str) -> pd.DataFrame:
    """Return the forecast of one plant as those of the past are kept."""
    return pd.DataFrame(
        {
            "issued_utc": raw.horizon.start,
            "time_utc": raw.horizon.index,
            "lead_h": raw.lead_h,
            "mean_mw": raw.members[name].mean(axis=1),
            "ceiling_mw": raw.ceilings[name],
        }
    )


def _calibration_notes(
    raw: Raw, calibrations: dict[str, Calibration], history: Pairs | None
) -> list[str]:
    """Return one sentence for each plant: how it was calibrated, from how many pairs."""
    count = raw.member_count
    kind = phrase("1 member") if count == 1 else phrase("{count} members", {"count": count})
    if count > 1 and taken_as_one(count):
        kind = phrase("{count} members taken as one", {"count": count})
    notes: list[str] = []
    for name, learned_ in calibrations.items():
        values = {
            "count": learned_.pair_count,
            "forecasts": learned_.forecast_count,
        }
        if (past := _teachers(raw, history, name)) is not None:
            known = {"count": int(past["actual_mw"].notna().sum())}
            how = phrase("quantiles learned by regression on {count} past pairs", known)
        elif learned_.pair_count:
            how = phrase("bias and spread from {count} past pairs of {forecasts} forecasts", values)
        elif taken_as_one(count):
            how = phrase("no past pairs yet, errors of single forecasts assumed")
        else:
            how = phrase("no past pairs yet, members taken as they are")
        note = {"name": name, "members": kind, "how": how}
        notes.append(phrase("{name}: {members}; {how}.", note))
    return notes if history is None else [*notes, *history.problems]
