"""From weather to the input series it can give: available power and cooling coefficients.

Physics runs on the finest step of the horizon and is then averaged, so that energy is kept.
"""

from pathlib import Path

import pandas as pd

from models.cooling import cooling_segments
from models.solar import solar_power_mw
from models.weather.climate import generate
from models.weather.resample import mean_over, resample
from models.weather.schema import Place, Weather
from models.weather.sources import read
from models.wind import wind_power_mw
from optimizer.config import Site
from optimizer.errors import WeatherError
from optimizer.horizon import Horizon
from optimizer.weather_config import CLIMATE


def site_place(site: Site) -> Place:
    """Return where the site is, as the weather readers take it."""
    place = site.place
    return Place(
        latitude_deg=place.latitude_deg,
        longitude_deg=place.longitude_deg,
        altitude_m=place.altitude_m,
    )


def load_weather(site: Site, source: str, horizon: Horizon) -> Weather:
    """Return the checked weather of the horizon, from the bundled climate or a file.

    Raises
    ------
    InputError
        The file can't be read, or its weather is not physical.
    WeatherError
        It does not cover the horizon.
    """
    if source == CLIMATE:
        start, end = horizon.start.floor("h"), horizon.end.ceil("h")
        return generate(start_utc=start, end_utc=end, seed=site.plan.climate_seed)
    options = site.weather.reading
    if options.year is None:  # a typical year stands for the years of the plan
        years = {
            "year": horizon.start.year,
            "year_count": horizon.end.year - horizon.start.year + 1,
        }
        options = options.model_copy(update=years)
    weather = read(Path(source), site_place(site), options)
    first, last = weather.table.index[0], weather.table.index[-1] + weather.step
    if horizon.start < first or horizon.end > last:
        raise WeatherError(
            f"{source}: covers {first:%Y-%m-%dT%H:%MZ} to {last:%Y-%m-%dT%H:%MZ}, the plan needs "
            f"{horizon.start:%Y-%m-%dT%H:%MZ} to {horizon.end:%Y-%m-%dT%H:%MZ}. Give other weather "
            "or another --date."
        )
    return weather


def modelled(site: Site, weather: Weather, horizon: Horizon, given: set[str]) -> pd.DataFrame:
    """Return available power and cooling coefficients on the steps of `horizon`.

    Parameters
    ----------
    given : set of str
        Columns that have another source; they are left out.

    Returns
    -------
    DataFrame, shape (steps, columns)
        ``<name>_available_mw`` [MW], ``cooling_intercept_k_mw``, ``cooling_slope_k_pu``,
        ``cooling_water_l_per_mwh``; means over each step.
    """
    fine = resample(weather, float(min(horizon.step_h)), horizon.start, horizon.end)
    columns: dict[str, pd.Series] = {}
    for solar in site.solar.values():
        if solar.plant is not None:
            columns[f"{solar.name}_available_mw"] = solar_power_mw(fine, solar.plant)
    for wind in site.wind.values():
        if wind.farm is not None:
            columns[f"{wind.name}_available_mw"] = wind_power_mw(fine, wind.farm)
    if site.cooling is not None and site.cooling.plant is not None:
        segments = cooling_segments(fine, site.cooling.plant)
        segments = segments.rename(columns={"water_l_per_mwh_heat": "water_l_per_mwh"})
        columns |= {f"{site.cooling.name}_{c}": segments[c] for c in segments.columns}
    wanted = {name: series for name, series in columns.items() if name not in given}
    if not wanted:
        return pd.DataFrame(index=horizon.index)
    means = mean_over(pd.DataFrame(wanted), fine.step_h, horizon.edges)
    return means.set_axis(horizon.index)


def needs_weather(site: Site, given: set[str]) -> bool:
    """Return whether a plant or the cooling has a model whose result no other source gives."""
    modelled_names = [f"{s.name}_available_mw" for s in site.solar.values() if s.plant]
    modelled_names += [f"{w.name}_available_mw" for w in site.wind.values() if w.farm]
    if site.cooling is not None and site.cooling.plant is not None:
        modelled_names.append(f"{site.cooling.name}_slope_1_pu")
    return any(name not in given for name in modelled_names)
