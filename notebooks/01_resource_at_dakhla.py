# ---
# jupyter:
#   jupytext:
#     formats: ipynb,py:percent
#     text_representation:
#       extension: .py
#       format_name: percent
#       format_version: '1.3'
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # 1. When do the sun shine and the wind blow at Dakhla, and does one fill in for the other?
#
# A data center draws power day and night. The sun does not, and the wind as it likes. Whether
# the two together can carry a steady load depends on *when* each of them comes, so this notebook
# looks at one year of hours.
#
# No hourly record of Dakhla may be passed on, so the weather here is **synthetic**: drawn by
# `models.weather.climate` from published monthly statistics (`data/README.md` lists them with
# their sources). It is right in its statistics; it is not any year that happened. Where a figure
# below only gives back what the generator was told, the text says so.

# %%
from importlib.metadata import version

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from IPython.display import Markdown, display

import optimizer as dk
from models.solar import solar_power_mw
from models.weather.climate import generate_year
from models.weather.climate_table import bundled_climate
from models.wind import wind_power_mw
from models.wind_curve import power_curve
from optimizer.reference import reference_file
from optimizer.report.figures_style import STYLE
from optimizer.report.looks import BLACK, BLUE, ORANGE, SKY, YELLOW

plt.rcParams.update(STYLE)
for name in ("dakhla-optimizer", "numpy", "pandas", "pvlib", "windpowerlib"):
    print(name, version(name))

# %% [markdown]
# ## A year of weather
#
# Each row is one hour, named by its beginning, in UTC. Every value is the mean over that hour.
# *GHI*, global horizontal irradiance, is the sun's power on a level square metre, in W/m².

# %%
YEAR = 2027
site = dk.load_site(reference_file("site.toml"))
weather = generate_year(YEAR, site.plan.climate_seed)
print(weather.level, "|", weather.source)
weather.table.describe().loc[["mean", "min", "max"]].T.round(1)

# %% [markdown]
# ## Is the climate right?
#
# All five figures below were used when the generator was made, so this table tests that it gives
# back what it was told, no more; and one year is one draw about a long mean. **Power density** of
# the wind is half the air's density times the mean of the *cube* of its speed: twice the wind
# carries eight times the power. That is what a turbine lives from, and why a mean speed alone
# says little.

# %%
climate = bundled_climate()
table = weather.table
month = table.index.month
by_day = table["temp_air_degc"].groupby(table.index.floor("D"))
gas_constant_j_per_kg_k = 287.05  # of dry air; ISO 2533, standard atmosphere
density_kg_per_m3 = table["pressure_pa"] / (
    gas_constant_j_per_kg_k * (table["temp_air_degc"] + 273.15)
)


def power_density_w_per_m2(height_m: int) -> float:
    """Return the mean power of the wind through a square metre at a height."""
    speed = table[f"wind_speed_{height_m}m_m_per_s"]
    return float((0.5 * density_kg_per_m3 * speed**3).mean())


july_wind = table.loc[month == 7, "wind_speed_10m_m_per_s"].mean()
days = np.bincount(table.index[::24].month, minlength=13)[1:]
ghi_told = np.average(climate.sky.ghi_mean_w_per_m2, weights=days)
degc_told = np.average(
    np.add(climate.air.temp_min_degc, climate.air.temp_max_degc) / 2, weights=days
)
degc_here = float((by_day.min() + by_day.max()).mean() / 2)
checks = pd.DataFrame(
    [
        ("GHI, year's mean [W/m²]", table["ghi_w_per_m2"].mean(), f"{ghi_told:.0f}", "MERRA-2"),
        ("wind at 10 m in July [m/s]", july_wind, "10.1", "a mast at Dakhla"),
        ("mid of a day's extremes [°C]", degc_here, f"{degc_told:.1f}", "1991-2020 means"),
        ("wind power at 10 m [W/m²]", power_density_w_per_m2(10), "462", "the same mast"),
        ("wind power at 100 m [W/m²]", power_density_w_per_m2(100), "582 to 672", "reanalysis"),
    ],
    columns=["quantity", "here", "published", "published from"],
).set_index("quantity")
checks.round(1)

# %% [markdown]
# One year is one draw. How much does another draw differ?

# %%
farm, plant = site.wind["main"].farm, site.solar["main"].plant
wind_max_mw = farm.turbine_count * power_curve(farm).rated_kw / 1000
sun_max_mw = plant.capacity_ac_mw


def factors_pu(year: int) -> pd.DataFrame:
    """Return by hour what farm and plant give over the most they could give."""
    air = generate_year(year, site.plan.climate_seed)
    wind, sun = wind_power_mw(air, farm) / wind_max_mw, solar_power_mw(air, plant) / sun_max_mw
    return pd.DataFrame({"wind": wind, "sun": sun})


years = pd.DataFrame({year: factors_pu(year).mean() for year in range(YEAR, YEAR + 4)}).T
years.rename_axis("year").round(3)

# %% [markdown]
# That mean is called the **capacity factor**: energy of a year over what would come if the plant
# ran at full power all the time. It already holds every loss of the default plant (wakes of
# turbines behind one another, dust on the panels, cables, repairs).
#
# ## When?
#
# The same hours, as the mean day of each season.

# %%
hourly = factors_pu(YEAR)
SEASONS = {
    "Dec-Feb": (12, 1, 2),
    "Mar-May": (3, 4, 5),
    "Jun-Aug": (6, 7, 8),
    "Sep-Nov": (9, 10, 11),
}
figure, axes = plt.subplots(1, 4, figsize=(11, 2.8), sharey=True, layout="constrained")
for axis, (name, months) in zip(axes, SEASONS.items(), strict=True):
    chosen = hourly[hourly.index.month.isin(months)]
    mean_day = chosen.groupby(chosen.index.hour + 0.5).mean()  # drawn at the hour's middle
    axis.fill_between(mean_day.index, mean_day["sun"], color=YELLOW, label="sun", step="mid")
    axis.plot(mean_day.index, mean_day["wind"], color=BLUE, lw=2, label="wind")
    axis.set(title=name, xlabel="hour, UTC", xticks=range(0, 25, 6), ylim=(0, 1), xlim=(0, 24))
axes[0].set_ylabel("share of full power")
axes[-1].legend(loc="upper right")
plt.show()

# %% [markdown]
# ## Do they fill in for one another?
#
# A correlation of -1 would mean that one comes exactly when the other does not; 0 that they
# ignore each other; +1 that they come together, and so leave together. It depends on the length
# of time one looks at.

# %%
spans = {"hour": "h", "day": "D", "month": "MS"}
correlations = pd.Series(
    {name: hourly.resample(rule).mean().corr().loc["wind", "sun"] for name, rule in spans.items()},
    name="correlation of wind and sun",
)
is_night = hourly["sun"] < 0.01
low = (hourly < 0.1).all(axis=1)
runs = low.groupby((low != low.shift()).cumsum()).sum()
print(correlations.round(2).to_string())
print(f"\nboth below a tenth of full power: {low.mean():.1%} of hours")
print(f"of these at night: {is_night[low].mean():.0%}; longest spell: {runs.max():.0f} h")

# %% [markdown]
# ## What mix carries a steady load best?
#
# A thought experiment without batteries: build just enough wind and sun that a year's energy
# equals a year's load, and vary how much of it is wind. Energy counts where it comes in the hour
# it is needed; the rest is surplus at one hour and missing at another.

# %%
shares_pu = np.linspace(0, 1, 41)


def covered_pu(wind_share_pu: float, supply: pd.DataFrame) -> float:
    """Return the share of a flat load of 1 that is met hour by hour."""
    scaled = supply / supply.mean()  # each alone would give 1 on average
    power = wind_share_pu * scaled["wind"] + (1 - wind_share_pu) * scaled["sun"]
    return float(np.minimum(power, 1.0).mean())


covered = np.array([covered_pu(share, hourly) for share in shares_pu])
best = int(covered.argmax())

# The same if wind and sun took no notice of one another: each day's wind from another day.
rng = np.random.default_rng(0)
by_day_wind = hourly["wind"].to_numpy().reshape(-1, 24)
apart = hourly.assign(wind=rng.permutation(by_day_wind).ravel())
unrelated = np.array([covered_pu(share, apart) for share in shares_pu])

capacity_mw = pd.Series({"wind": wind_max_mw, "sun": sun_max_mw})
energy = hourly.mean() * capacity_mw
default_pu = float(energy["wind"] / energy.sum())

# %%
figure, (left, right) = plt.subplots(1, 2, figsize=(11, 3.8), layout="constrained")
mean_day = hourly.groupby(hourly.index.hour + 0.5).mean()
left.fill_between(mean_day.index, mean_day["sun"], color=YELLOW, step="mid", label="sun")
left.plot(mean_day.index, mean_day["wind"], color=BLUE, lw=2, label="wind")
left.set(xlabel="hour, UTC", ylabel="share of full power", xticks=range(0, 25, 3), xlim=(0, 24))
left.set(ylim=(0, 1), title="The mean day of the year")
left.legend(loc="upper right", ncols=2)
right.plot(shares_pu * 100, covered * 100, color=BLACK, lw=2, label="as they come")
right.plot(
    shares_pu * 100, unrelated * 100, color=ORANGE, lw=1.5, ls="--", label="days of wind shuffled"
)
right.plot(shares_pu[best] * 100, covered[best] * 100, "o", color=BLACK)
right.axvline(default_pu * 100, color=SKY, ls=":", lw=2, label="the default plant's mix")
right.set(xlabel="share of wind in the energy [%]", ylabel="load met in its hour [%]")
right.set(title="A flat load met hour by hour, no battery", ylim=(0, 100), xlim=(0, 100))
right.legend(loc="lower left")
plt.show()
display(
    Markdown(
        f"In this synthetic year the sun alone meets {covered[0]:.0%} of a flat load in its hour, "
        f"the wind alone {covered[-1]:.0%}, and the best mix, {shares_pu[best]:.0%} of the energy "
        f"from wind, {covered[best]:.0%}. With the days of wind shuffled the best mix meets "
        f"{unrelated.max():.0%}. The default plant's mix has {default_pu:.0%} wind. "
        f"Wind gives {hourly['wind'].mean():.0%} and sun {hourly['sun'].mean():.0%} of full power "
        f"over the year; both are below a tenth in {low.mean():.1%} of hours, for "
        f"{runs.max():.0f} h at the longest."
    )
)

# %% [markdown]
# **What it means.** Sun and wind at Dakhla are no perfect pair: the trade wind is strongest in
# the afternoon, when the sun still shines. The mix helps because nights need wind and because
# the sun comes every day, not because one waits for the other: compare the black line with the
# dashed one. What no mix gives is a calm night, and that is what the battery, the line to the
# grid and work that can wait are for (notebooks 2 to 4).
#
# **What it does not mean.** How wind and sun go together from day to day is an *assumption* of
# the synthetic climate (no source gives it; see `data/README.md`), and so is the number of calm
# hours in a row. With a measured year of your own, `models.weather.sources.read` puts it in the
# place of the first cell, and everything below runs again.
