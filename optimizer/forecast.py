"""The use case `dakhla forecast`: weather to quantiles, scenarios and a picture in a folder.

``DIR/forecasts/<id>/`` holds ``quantiles.parquet`` and ``quantiles.csv`` (one row per step),
``scenarios.parquet`` (one row per step and scenario), ``forecast.json`` (rung, model run, how it
was calibrated) and ``forecast.png``; calibration learns from ``DIR/forecasts/<id>.parquet``.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from models.weather.forecast import ModelRun, WeatherForecast
from optimizer.config import Site
from optimizer.forecast_archive import FORECASTS, history, quantile_column, write_issued
from optimizer.horizon import Horizon
from optimizer.inputs import file_series
from optimizer.meters import meter_steps, read_meters
from optimizer.named_weather import fetched_weather
from optimizer.power_forecast import PowerForecast, power_forecast
from optimizer.power_members import POWER
from optimizer.store import publish, write_json
from optimizer.supply import load_weather, needs_weather
from optimizer.weather_config import CLIMATE
from optimizer.weather_ladder import Laddered, Rung

BAND_LEVELS_PU = (0.1, 0.5, 0.9)  # of a day's energy, as printed


@dataclass(frozen=True, kw_only=True)
class Wish:
    """What a forecast is asked for.

    Attributes
    ----------
    weather : str
        A table of ``[weather.online]``, ``climate``, or a file.
    folder : Path
        What the site's files are relative to.
    out : Path
        Folder of runs.
    now : Timestamp
        The caller's clock.
    """

    site: Site
    folder: Path
    weather: str
    horizon: Horizon
    out: Path
    now: pd.Timestamp
    scenario_count: int
    is_strict: bool = False


@dataclass(frozen=True, kw_only=True)
class Forecast:
    """A forecast made: probabilities of power, and on which rung its weather stands."""

    site_name: str
    power: PowerForecast
    found: Laddered
    now: pd.Timestamp

    @property
    def source(self) -> str:
        """Say whose weather it is, of which model run."""
        run, first = self.power.run, self.found.forecast.members[0]
        if self.found.rung in ("given", "synthetic"):
            return first.source
        return (
            f"{run.provider} {run.model}, run of {run.init_utc:%Y-%m-%d %H:%M}Z, "
            f"{len(self.found.forecast.members)} members"
        )

    def as_json(self) -> dict[str, Any]:
        """Return what is said of a forecast beside its tables."""
        run, power = self.power.run, self.power
        return {
            "rung": self.found.rung,
            "reasons": list(self.found.reasons),
            "source": self.source,
            "licence": run.attribution,
            "model": run.model,
            "model_run_utc": f"{run.init_utc:%Y-%m-%dT%H:%M:%SZ}",
            "issued_utc": f"{self.now:%Y-%m-%dT%H:%M:%SZ}",
            "first_utc": f"{power.horizon.start:%Y-%m-%dT%H:%M:%SZ}",
            "end_utc": f"{power.horizon.end:%Y-%m-%dT%H:%M:%SZ}",
            "member_count": len(self.found.forecast.members),
            "scenario_count": len(power.weights),
            "weights_pu": [float(w) for w in power.weights],
            "reduction_loss_mw": power.reduction_loss,
            "levels_pu": list(power.levels_pu),
            "notes": [*power.notes, *self.found.notes],
            "days": day_rows(power),
        }


def make(wish: Wish, environment: Mapping[str, str]) -> Forecast | None:
    """Return the forecast asked for; none where no plant of the site has a model.

    Raises
    ------
    InputError
        Something asked for can't be used.
    WeatherError
        No weather covers the horizon, or with `is_strict` none is fresh.
    """
    given = set(file_series(wish.site, wish.folder, wish.horizon).columns)
    if not needs_weather(wish.site, given):
        return None
    found = weather_of(wish, environment)
    past = history(wish.out, read_meters(wish.out), meter_steps(wish.out), wish.now)
    power = power_forecast(
        wish.site,
        found.forecast,
        wish.horizon,
        given,
        past,
        scenario_count=wish.scenario_count,
        seed=wish.site.solver.seed,
    )
    if not power.ceilings:  # the weather is for cooling alone
        return None
    return Forecast(site_name=wish.site.place.name, power=power, found=found, now=wish.now)


def weather_of(wish: Wish, environment: Mapping[str, str]) -> Laddered:
    """Return the weather asked for; that of a file or the climate is taken as one member."""
    if wish.weather in wish.site.weather.online:
        return fetched_weather(
            wish.site,
            wish.weather,
            wish.horizon,
            wish.out,
            wish.now,
            environment=environment,
            is_strict=wish.is_strict,
        )
    weather = load_weather(wish.site, wish.weather, wish.horizon)
    rung: Rung = "synthetic" if wish.weather == CLIMATE else "given"
    run = ModelRun(
        provider=rung,
        model=wish.weather,
        init_utc=wish.horizon.start,  # nothing says when it was made; its errors grow from here
        fetched_utc=wish.now,
        attribution=weather.licence,
    )
    forecast = WeatherForecast(run=run, members=(weather,))
    return Laddered(rung=rung, forecast=forecast, reasons=(), source_name=wish.weather)


def write(
    forecast: Forecast, out: Path, run_id: str, draw: Callable[[Forecast, Path], None] | None
) -> Path:
    """Write a forecast's folder at once, and what calibration learns from; return the folder."""

    def fill(folder: Path) -> None:
        quantiles = quantile_table(forecast.power)
        quantiles.to_parquet(folder / "quantiles.parquet")
        stamps = pd.DatetimeIndex(quantiles.index).strftime("%Y-%m-%dT%H:%M:%SZ")
        quantiles.set_axis(stamps.rename("time_utc")).round(6).to_csv(
            folder / "quantiles.csv", lineterminator="\n"
        )
        scenario_table(forecast.power).to_parquet(folder / "scenarios.parquet", index=False)
        write_json(folder / "forecast.json", forecast.as_json())
        if draw is not None and forecast.power.ceilings:
            draw(forecast, folder / "forecast.png")

    folder = publish(out / FORECASTS, run_id, fill, is_latest=False)
    write_issued(out, run_id, forecast.power, issued_utc=forecast.now, rung=forecast.found.rung)
    return folder


def quantile_table(power: PowerForecast) -> pd.DataFrame:
    """Return mean and quantiles of each plant, one row per step, with ``step_h``."""
    table: dict[str, Any] = {"step_h": power.horizon.hours}
    for column, paths in power.calibrated.items():
        stem = column.removesuffix("_mw")
        table[f"{stem}_mean_mw"] = paths.mean(axis=1)
        for level, values in zip(power.levels_pu, power.quantiles[column].T, strict=True):
            table[f"{stem}_{quantile_column(level)}_mw"] = values
    return pd.DataFrame(table, index=power.horizon.index)


def scenario_table(power: PowerForecast) -> pd.DataFrame:
    """Return the scenarios, one row per step and scenario, with ``weight_pu``."""
    frames = [
        pd.DataFrame({name: values[:, k] for name, values in power.scenarios.items()}).assign(
            time_utc=power.horizon.index, step_h=power.horizon.hours, scenario=k, weight_pu=weight
        )
        for k, weight in enumerate(power.weights)
    ]
    table = pd.concat(frames, ignore_index=True)
    head = ["scenario", "weight_pu", "time_utc", "step_h"]
    return table[[*head, *power.scenarios]]


def day_rows(power: PowerForecast) -> list[dict[str, Any]]:
    """Return each day's energy of each plant, from the paths: mean, and one in ten either way."""
    days = power.horizon.index.strftime("%Y-%m-%d")
    columns = dict(power.calibrated)
    if len(columns) > 1:
        columns[f"all{POWER}"] = np.sum(list(power.calibrated.values()), axis=0)
    rows = []
    for day in dict.fromkeys(days):
        here = days == day
        row: dict[str, Any] = {"date": day, "hours_h": float(power.horizon.hours[here].sum())}
        for column, paths in columns.items():
            energy = power.horizon.hours[here] @ paths[here]
            low, middle, high = np.quantile(energy, BAND_LEVELS_PU, method="hazen")
            name = column.removesuffix(POWER)
            row[f"{name}_mean_mwh"] = round(float(energy.mean()), 3)
            row[f"{name}_p10_mwh"] = round(float(low), 3)
            row[f"{name}_p50_mwh"] = round(float(middle), 3)
            row[f"{name}_p90_mwh"] = round(float(high), 3)
        rows.append(row)
    return rows
