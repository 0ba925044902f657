"""From a weather forecast to probabilities of power: members, calibrated members, scenarios."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from models.calibration import Pairs
from models.errors import InputError
from models.reduction import Reduction, distances, reduce_to
from models.weather.forecast import ModelRun, WeatherForecast
from optimizer.config import Site
from optimizer.horizon import Horizon
from optimizer.phrases import number, phrase
from optimizer.power_members import Raw, calibrate, modelled_members

FloatArray = npt.NDArray[np.float64]
LEVELS_PU = (0.01, *(round(0.05 * k, 2) for k in range(1, 20)), 0.99)


@dataclass(frozen=True, kw_only=True)
class PowerForecast:
    """What the weather of one model run may give, on the steps of a plan.

    Columns are those of the published series: ``<name>_available_mw`` and cooling coefficients.

    Attributes
    ----------
    members : dict of ndarray, each shape (steps, members)
        As the models make them of the members of weather, before calibration.
    calibrated : dict of ndarray, each shape (steps, paths)
        Available power after calibration; of a single member, paths drawn around it. [MW]
    ceilings : dict of ndarray, each shape (steps,)
        The most each plant can give in each step. [MW]
    levels_pu, quantiles : tuple of float, dict of ndarray, each shape (steps, levels)
        Of the calibrated power; the probability of less is the level. [per unit, MW]
    scenarios, weights : dict of ndarray, each shape (steps, scenarios), ndarray
        A few coherent paths of every column, and their probabilities.
    reduction_loss : float
        Kantorovich distance of the scenarios from all calibrated paths, root mean square. [MW]
    notes : tuple of str
        How it was calibrated, from how many pairs, and what the reduction lost.
    """

    horizon: Horizon
    run: ModelRun
    members: dict[str, FloatArray]
    calibrated: dict[str, FloatArray]
    ceilings: dict[str, FloatArray]
    levels_pu: tuple[float, ...]
    quantiles: dict[str, FloatArray]
    scenarios: dict[str, FloatArray]
    weights: FloatArray
    reduction_loss: float
    notes: tuple[str, ...]

    def central(self, which: str = "mean") -> pd.DataFrame:
        """Return one series per column, for a plan.

        Parameters
        ----------
        which : str
            ``mean``, or a quantile of power from ``p1`` to ``p99``; cooling is always the mean.

        Raises
        ------
        InputError
            `which` is neither.
        """
        level = forecast_level_pu(which)
        table = {}
        for name, raw in self.members.items():
            paths = self.calibrated.get(name)
            if paths is None or level is None:
                table[name] = (raw if paths is None else paths).mean(axis=1)
            else:
                table[name] = np.quantile(paths, level, axis=1, method="hazen")
        return pd.DataFrame(table, index=self.horizon.index)


def forecast_level_pu(which: str) -> float | None:
    """Return the level of a quantile written as ``p20``, None for ``mean``.

    Raises
    ------
    InputError
        It is neither.
    """
    if which == "mean":
        return None
    digits = which.removeprefix("p")
    if which.startswith("p") and digits.isascii() and digits.isdigit() and 1 <= int(digits) <= 99:
        return int(digits) / 100.0
    raise InputError([f"forecast = {which!r} is unknown. Give mean, or p1 to p99, e.g. p20."])


def power_forecast(
    site: Site,
    forecast: WeatherForecast,
    horizon: Horizon,
    given: set[str],
    history: Pairs | None,
    *,
    scenario_count: int,
    seed: int,
) -> PowerForecast:
    """Return the calibrated probabilities of power that a weather forecast holds.

    Parameters
    ----------
    given : set of str
        Columns that have another source; they are left out.
    history : Pairs, optional
        What calibration learns from; without it, only what is assumed.
    scenario_count : int
        How many scenarios to keep.
    seed : int
        Of the paths drawn around a single member.

    Raises
    ------
    InputError
        The weather does not cover the horizon or is not physical, or `scenario_count` is below 1.
    """
    raw = modelled_members(site, forecast, horizon, given)
    calibrated, notes = calibrate(raw, history, seed=seed)
    paths = _paths(raw, calibrated)
    found = _reduction(raw, paths, scenario_count)
    return PowerForecast(
        horizon=horizon,
        run=forecast.run,
        members=raw.members,
        calibrated=calibrated,
        ceilings=raw.ceilings,
        levels_pu=LEVELS_PU,
        quantiles={
            name: np.quantile(values, LEVELS_PU, axis=1, method="hazen").T
            for name, values in calibrated.items()
        },
        scenarios={name: values[:, list(found.kept)] for name, values in paths.items()},
        weights=found.weights,
        reduction_loss=found.loss,
        notes=(*notes, _reduction_note(raw, paths, found)),
    )


def _paths(raw: Raw, calibrated: dict[str, FloatArray]) -> dict[str, FloatArray]:
    """Return every column as coherent paths; what is not calibrated goes with its own member."""
    count = next((v.shape[1] for v in calibrated.values()), raw.member_count)
    one = {
        name: values
        if values.shape[1] == count
        else np.repeat(values.mean(axis=1, keepdims=True), count, axis=1)
        for name, values in raw.members.items()
    }
    return one | calibrated


def _reduction(raw: Raw, paths: dict[str, FloatArray], count: int) -> Reduction:
    """Return the scenarios kept: those that stand best for the power of all plants together."""
    power = [values for name, values in paths.items() if name in raw.ceilings]
    together = np.sum(power or list(paths.values()), axis=0)
    return reduce_to(distances(together, raw.horizon.hours), count)


def _reduction_note(raw: Raw, paths: dict[str, FloatArray], found: Reduction) -> str:
    """Return the sentence on what the reduction lost."""
    total = next(iter(paths.values())).shape[1]
    if found.loss_of_one <= 0.0:
        return phrase("All {count} paths are equal: scenarios lose nothing.", {"count": total})
    apart: str = number(found.loss, ".4g")
    if raw.ceilings:
        apart = phrase("{mw} MW root mean square", {"mw": apart})
    return phrase(
        "{kept} scenarios stand for {count} paths: {apart} apart on average, {share} of what a "
        "single scenario would lose.",
        {
            "kept": len(found.kept),
            "count": total,
            "apart": apart,
            "share": number(found.loss / found.loss_of_one, ".2f"),
        },
    )
