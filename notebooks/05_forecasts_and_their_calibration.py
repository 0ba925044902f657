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
# # 5. When a forecast says 90 %, does it happen nine times in ten?
#
# A plan needs tomorrow's wind, and nobody knows it. Weather services answer with an **ensemble**:
# the same forecast computed some fifty times from slightly different beginnings. Where the
# *members* agree, tomorrow is nearly sure; where they scatter, it is not. But ensembles are known
# to be too sure of themselves, and to be off on the whole at a given place. **Calibration** learns
# from past forecasts and from what came of them how to move and stretch the members, so that
# "90 %" happens nine times in ten.
#
# How can one test such a thing? On made-up forecasts, of which the truth is known. That is what
# the first half does: **everything in it is synthetic**. The second half uses real forecasts and
# real wind farms, if their files are at hand.

# %%
import os
from importlib.metadata import version
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from IPython.display import Markdown, display
from scipy.special import ndtri

import optimizer as dk
from models.calibration import (
    SHAPE_COLUMNS,
    Pairs,
    calibrated_mw,
    from_latent,
    learned,
    shape_of,
    to_latent,
)
from models.ensemble import wind_ceiling_mw
from models.quantile_learning import Learning, fit, predict
from models.scores import (
    band_coverage,
    climatology,
    flatness_p_value,
    mean_pinball,
    rank_histogram,
    reliability,
)
from models.weather.climate import generate_year
from models.wind import wind_power_mw
from optimizer.reference import reference_file
from optimizer.report.figures_style import STYLE, grid_lines
from optimizer.report.looks import BLUE, GREY, ORANGE, VERMILION

plt.rcParams.update(STYLE)
for name in ("dakhla-optimizer", "numpy", "scipy", "scoringrules", "scikit-learn"):
    print(name, version(name))

# %% [markdown]
# ## A synthetic archive with a known truth
#
# A year of the farm's hours from the bundled climate is what a perfect weather model would see.
# Around it, on a scale on which errors are alike everywhere, everything is drawn with one seed:
#
# - what **came** lies around it with a spread that grows with the *lead time*, the hours between
#   the forecast and the hour it is about;
# - the **members** should scatter exactly as much. They do not: they scatter only 60 % as much,
#   and all lie a little too high. Those two faults are put in on purpose.
#
# One forecast is issued each day, for 6 to 48 hours ahead.

# %%
SEED, MEMBERS, NARROW_PU, TOO_HIGH = 20270101, 40, 0.6, 0.35
LEADS_H = np.arange(6.0, 49.0, 6.0)
site = dk.load_site(reference_file("site.toml"))
farm = site.wind["main"].farm
hours = wind_power_mw(generate_year(2027, site.plan.climate_seed), farm)
ceiling_mw = wind_ceiling_mw(farm)

rng = np.random.default_rng(SEED)
issues = pd.date_range("2027-01-01", periods=362, freq="D", tz="UTC")
grid = pd.MultiIndex.from_product([issues, LEADS_H], names=["issued_utc", "lead_h"]).to_frame(
    index=False
)
grid["time_utc"] = grid["issued_utc"] + pd.to_timedelta(grid["lead_h"], unit="h")
seen = to_latent(hours.reindex(grid["time_utc"]).to_numpy(), np.full(len(grid), ceiling_mw))
spread = 0.4 + 0.8 * np.sqrt(grid["lead_h"].to_numpy() / 48)
ceiling = np.full(len(grid), ceiling_mw)
noise = rng.standard_normal((len(grid), MEMBERS + 1))
actual = from_latent(seen + spread * noise[:, 0], ceiling)


def ensemble(narrow_pu: float, too_high: float) -> np.ndarray:
    """Return members around what the model sees, with the faults asked for [MW]."""
    latent = seen[:, None] + too_high + narrow_pu * spread[:, None] * noise[:, 1:]
    return from_latent(latent, ceiling[:, None])


raw, ideal = ensemble(NARROW_PU, TOO_HIGH), ensemble(1.0, 0.0)
is_past = (grid["issued_utc"] < issues[300]).to_numpy()
print(f"{len(issues)} forecasts of {MEMBERS} members, {len(LEADS_H)} lead times each")
print(f"learn from {is_past.sum()} pairs, judge by the {(~is_past).sum()} after them")

# %% [markdown]
# ## Is it honest? The rank histogram
#
# Sort the members of one forecast and ask where the truth falls among them. If it is one of them
# in kind, it falls anywhere equally often, and the histogram is flat. A **U** says that the truth
# too often lies outside: the forecast is too sure. A slope says that it is off to one side. The
# *p* beside each is the chance of a histogram as uneven as this one if the forecast were honest.

# %%
pairs = grid.assign(
    init_utc=grid["issued_utc"],
    column="wind_main_available_mw",
    source="synthetic",
    member_count=MEMBERS,
    mean_mw=raw.mean(axis=1),
    sd_mw=raw.std(axis=1, ddof=1),
    ceiling_mw=ceiling,
    actual_mw=actual,
)
shape = shape_of(to_latent(raw, ceiling[:, None]))
pairs = pairs.assign(**dict(zip(SHAPE_COLUMNS, shape.T, strict=True)))


def corrected(is_known: np.ndarray) -> np.ndarray:
    """Return the later forecasts, calibrated by what the known pairs teach [MW]."""
    known = Pairs(table=pairs[is_known]).of("wind_main_available_mw", "synthetic", is_single=False)
    calibration = learned(known if len(known) else None, is_single=False)
    lead_h = grid["lead_h"].to_numpy()[~is_past]
    return calibrated_mw(raw[~is_past], ceiling[~is_past], lead_h, calibration)


came = actual[~is_past]
forecasts = {
    "as they come": raw[~is_past],
    "calibrated": corrected(is_past),
    "perfect": ideal[~is_past],
}
LOOKS = {"as they come": (VERMILION, "s"), "calibrated": (BLUE, "o"), "perfect": (GREY, "^")}
figure, axes = plt.subplots(1, 3, figsize=(11, 2.8), sharey=True, layout="constrained")
for axis, (name, members) in zip(axes, forecasts.items(), strict=True):
    counts = rank_histogram(came, members, seed=SEED)
    axis.bar(np.arange(MEMBERS + 1), counts, color=LOOKS[name][0], width=0.9)
    axis.axhline(len(came) / (MEMBERS + 1), color="black", ls=":", lw=1.2)
    axis.set(title=f"{name}: p = {flatness_p_value(counts):.2g}", xlabel="rank of the truth")
axes[0].set_ylabel("cases (dotted: honest)")
plt.show()

# %% [markdown]
# ## Is it useful? Scores
#
# A forecast that always says "anything between nothing and full power" is honest and useless. A
# *score* asks for both, honesty and sharpness, and the smaller it is the better. The **pinball
# loss** judges quantiles. The 90 % quantile is the power that should not be exceeded nine times in
# ten: it pays 0.9 for each MW it is too low and 0.1 for each MW it is too high. The mean over many
# levels judges the whole forecast (twice that mean is known as the CRPS). "Perfect" are the
# quantiles the truth was drawn from: nobody can do better.

# %%
LEVELS = tuple(round(k / 20, 2) for k in range(1, 20))
latent = seen[~is_past, None] + spread[~is_past, None] * ndtri(LEVELS)
quantiles = {name: np.quantile(m, LEVELS, axis=1).T for name, m in forecasts.items()}
quantiles["perfect"] = from_latent(latent, ceiling[~is_past, None])
LOSS = "pinball loss [MW]"
scores = pd.DataFrame(
    {
        name: {
            LOSS: mean_pinball(came, told, LEVELS),
            "inside the 90 % band [pu]": band_coverage(came, told, LEVELS, 0.9),
        }
        for name, told in quantiles.items()
    }
).T
scores.round(2)

# %% [markdown]
# ## How many days does it take to learn?

# %%
DAYS = (0, 5, 15, 50, 150, 300)
learning = {}
for count in DAYS:
    members = corrected((grid["issued_utc"] < issues[count]).to_numpy())
    learning[count] = mean_pinball(came, np.quantile(members, LEVELS, axis=1).T, LEVELS)
learning = pd.Series(learning, name="pinball loss [MW]")
learning.rename_axis("days of past forecasts").round(2)

# %% [markdown]
# From the first days on it does no harm: what is learned from few pairs is drawn towards doing
# nothing, and the more there are the more it dares.
#
# ## Real farms: GEFCom2014
#
# The wind track of the *Global Energy Forecasting Competition 2014* (Hong et al., Int. J.
# Forecasting 32, 2016, 896-913) has two years of ten real wind farms with the weather forecasts of
# the evening before. Its files may not be passed on with this program; where they lie in a folder
# `data/gefcom2014_wind` beside the project, or under `DAKHLA_SHARED`, this part runs.
#
# There is a single forecast, no ensemble, so quantiles are *learned*: a forest of trees finds past
# hours with a like forecast, and their powers are the quantiles.

# %%
SHARED = Path(os.environ.get("DAKHLA_SHARED", Path.cwd().resolve().parents[1] / "shared"))
GEFCOM = SHARED / "data/gefcom2014_wind/gefcom2014_wind_zones1-10_hourly.csv.gz"
real = None
if not GEFCOM.is_file():
    print("SKIPPED: no GEFCom2014 here. What follows shows the synthetic archive alone.")
else:
    rows = pd.read_csv(GEFCOM)
    rows = rows[rows["ZONEID"] == 1]
    ends = pd.DatetimeIndex(pd.to_datetime(rows["ts"])).tz_localize("UTC")  # stamped at their end
    winds = {
        f"wind_{part}_{height}m_m_per_s": rows[f"{part.upper()}{height}"].to_numpy()
        for height in (10, 100)
        for part in "uv"
    }
    times = (ends - pd.Timedelta(hours=1)).rename("time_utc")
    zone = pd.DataFrame(winds, index=times).assign(
        group="zone 01", issued_utc=times.floor("D"), actual_pu=rows["TARGETVAR"].to_numpy()
    )
    first = pd.Timestamp("2013-09-01", tz="UTC")  # task 12 of the competition
    past, ahead = zone[zone.index < first], zone[zone.index >= first]
    ahead = ahead[ahead.index < first + pd.DateOffset(months=1)].dropna()
    model = fit(past, Learning(tree_count=40))
    found = predict(model, ahead.drop(columns="actual_pu"), LEVELS).to_numpy()
    same = np.tile(climatology(past["actual_pu"].dropna(), LEVELS), (len(ahead), 1))
    real = reliability(ahead["actual_pu"], found, LEVELS)
    print(f"zone 1, {first:%B %Y}, {len(ahead)} hours; pinball loss per unit of nominal power:")
    print(f"  learned from forecasts {mean_pinball(ahead['actual_pu'], found, LEVELS):.4f}")
    print(f"  all past values alike  {mean_pinball(ahead['actual_pu'], same, LEVELS):.4f}")

# %% [markdown]
# ## The answer to the question
#
# A **reliability** curve: across, what the forecast said; upwards, how often it came true. On the
# diagonal words and deeds agree. (At the lower left even the perfect forecast lies above it: in a
# calm hour the quantile and the truth are both zero, and zero is "at most" zero.)

# %%
figure, (left, right) = plt.subplots(1, 2, figsize=(11, 4.2), layout="constrained")
for name, told_mw in quantiles.items():
    told = reliability(came, told_mw, LEVELS)
    color, marker = LOOKS[name]
    left.plot(told["level_pu"], told["observed_pu"], marker=marker, color=color, label=name)
if real is not None:
    label = "GEFCom2014 zone 1 (real), learned"
    left.plot(real["level_pu"], real["observed_pu"], ls="--", color=ORANGE, label=label)
left.plot([0, 1], [0, 1], color="black", ls=":", lw=1.2)
left.set(xlabel="the forecast said: at most this, with probability", ylabel="it came true")
left.set(title="Reliability", xlim=(0, 1), ylim=(0, 1), aspect="equal")
left.legend(loc="lower right", fontsize=8)
right.plot(range(len(DAYS)), learning.to_numpy(), "o-", color=BLUE, label="calibrated")
right.axhline(scores.loc["as they come", LOSS], color=VERMILION, ls="--")
right.axhline(scores.loc["perfect", LOSS], color=GREY, ls="-.")
right.text(2.2, scores.loc["as they come", LOSS], "as they come", va="bottom")
right.text(2.2, scores.loc["perfect", LOSS], "perfect (synthetic truth)", va="bottom")
right.set_xticks(range(len(DAYS)), [str(count) for count in DAYS])
right.set(xlabel="days of past forecasts to learn from", ylabel="pinball loss [MW], less is better")
right.set(title="Learning, on the synthetic archive")
right.margins(y=0.12)
for axis in (left, right):
    grid_lines(axis)
plt.show()

bad, good = scores.loc["as they come"], scores.loc["calibrated"]
inside = "inside the 90 % band [pu]"
display(
    Markdown(
        f"On the synthetic archive, {bad[inside]:.0%} of what came was inside the raw members' "
        f"90 % band, and {good[inside]:.0%} after calibration. The pinball loss fell from "
        f"{bad[LOSS]:.1f} to {good[LOSS]:.1f} MW; a perfect forecast would "
        f"have {scores.loc['perfect', LOSS]:.1f} MW."
    )
)

# %% [markdown]
# **What it means.** A forecast that is too sure makes a plan that is too sure: it keeps too little
# in store, and pays for it on the days that were "impossible". Calibration costs nothing but a
# diary of one's own forecasts and a meter, and it takes back most of what the two faults cost. It
# cannot make the weather more predictable: what is left is the perfect ensemble's score.
#
# **What it does not mean.** The archive's faults are simple ones, put in by hand, the same all
# year. Real ones change with the season and with the weather model; that is why `dakhla score`
# keeps judging, and why the plan is tested on scenarios (`plan.robustness`) instead of trusting
# one number.
