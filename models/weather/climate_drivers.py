"""What the bundled climate's days have in common: dust, fog, loss of sun, wind surges.

Dependence is built in here. A day's loss of sun is a weighted sum of dustiness, fogginess and
cloudiness; the synoptic wind falls with dustiness and fogginess. So sunny days are the windier ones
(correlation of daily GHI and wind 0.2 to 0.3 with the season taken out), which is the cautious
side: a lull of the trade wind tends to cost sun as well.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from models.weather.climate_noise import (
    LEAD_DAYS,
    DayArray,
    FloatArray,
    Noise,
    excess,
    mixed,
    monthly_curve,
    persistent,
    smooth,
)
from models.weather.climate_table import Climate


@dataclass(frozen=True, kw_only=True, slots=True)
class Drivers:
    """Standardised causes of the weather on whole UTC days.

    Attributes
    ----------
    days : array, shape (n,)
        The days.
    dust : array, shape (n + 2,)
        Strength of dust, mean about 1 on dust days, 0 else; one day more at either end.
    dust_mean : array, shape (n,)
        Its expectation on each day.
    is_fog : array, shape (n,)
        Whether the morning has fog: never with dust on the day or the day before.
    loss : array, shape (n,)
        Standard normal of the day's loss of sun.
    cloud, wind, temp : array, shape (n, 24)
        Standard normals by hour: cloud thickness, wind speed, temperature's irregularity.
    temp_day, vapour_day, pressure_day : array, shape (n, 24)
        Standard normals that pass smoothly from noon to noon.
    """

    days: DayArray
    dust: FloatArray
    dust_mean: FloatArray
    is_fog: npt.NDArray[np.bool_]
    loss: FloatArray
    cloud: FloatArray
    wind: FloatArray
    temp: FloatArray
    temp_day: FloatArray
    vapour_day: FloatArray
    pressure_day: FloatArray


def drivers(climate: Climate, seed: int, days: DayArray) -> Drivers:
    """Return the causes of the weather on consecutive days; any cut of the days gives the same."""
    lead = days[0] - np.timedelta64(LEAD_DAYS, "D")
    noise = Noise(seed=seed, first=lead, count=LEAD_DAYS + len(days) + 1)
    sky, air = climate.sky, climate.air
    around = np.arange(days[0] - np.timedelta64(1, "D"), days[-1] + np.timedelta64(2, "D"))
    count = len(around)
    dust, fog, cloud = (
        persistent(noise.daily(name), sky.memory_day_pu, count) for name in ("dust", "fog", "cloud")
    )
    dustiness = _daily_probability(sky.dust_days, around)
    strength = np.minimum(excess(dust, dustiness), sky.dust_strength_max_pu)
    is_dusty = strength > 0
    foggy = excess(fog, _daily_probability(sky.fog_days, around))
    loss = mixed(cloud, (sky.dust_loss_weight_pu, dust), (sky.fog_loss_weight_pu, fog))
    return Drivers(
        days=days,
        dust=strength,
        dust_mean=dustiness[1:-1],
        is_fog=((foggy > 0) & ~is_dusty)[1:-1] & ~is_dusty[:-2],
        loss=loss[1:-1],
        cloud=_hourly(noise, "cloud", sky.cloud_memory_h, len(days)),
        wind=_wind(climate, noise, len(days)),
        temp=_hourly(noise, "temp", air.temp_hourly_memory_h, len(days)),
        temp_day=_daily(noise, "temp", air.temp_memory_day_pu, count),
        vapour_day=_daily(noise, "vapour", air.vapour_memory_day_pu, count),
        pressure_day=_daily(noise, "pressure", air.pressure_memory_day_pu, count),
    )


def _daily_probability(days_per_month: tuple[float, ...], days: DayArray) -> FloatArray:
    """Return the probability of an event a day from its days per month."""
    lengths = (31, 28.25, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
    shares = [n / length for n, length in zip(days_per_month, lengths, strict=True)]
    return np.clip(monthly_curve(shares, days), 1e-6, 0.5)


def _hourly(noise: Noise, name: str, memory_h: float, day_count: int) -> FloatArray:
    """Return an hourly process with a memory, shape (days, 24); the last day drawn is a margin."""
    normals = noise.hourly(name)[:-24]
    return persistent(normals, float(np.exp(-1.0 / memory_h)), 24 * day_count).reshape(-1, 24)


def _daily(noise: Noise, name: str, correlation: float, count: int) -> FloatArray:
    """Return a daily process as smooth hours, shape (count - 2, 24)."""
    return smooth(persistent(noise.daily(name), correlation, count), correlation)


def _wind(climate: Climate, noise: Noise, day_count: int) -> FloatArray:
    """Return the standard normal of the wind: days and hours of memory together."""
    wind = climate.wind
    surges = mixed(
        noise.daily("synoptic"),
        (wind.dust_correlation_pu, noise.daily("dust")),
        (wind.fog_correlation_pu, noise.daily("fog")),
    )
    memory = wind.synoptic_memory_day_pu
    days = persistent(surges, memory, day_count + 2)
    return mixed(
        _hourly(noise, "wind", wind.hourly_memory_h, day_count),
        (float(np.sqrt(wind.synoptic_share_pu)), smooth(days, memory)),
    )
