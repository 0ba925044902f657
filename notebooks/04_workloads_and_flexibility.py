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
# # 4. How much does it save that work may wait, or run slower?
#
# Not all computing is urgent. A web service must answer now; a batch of climate simulations may
# run tonight; a model in training may run on less power for an hour, only more slowly. People
# hope much of such **flexibility**: run when the wind blows, rest when it does not. This
# notebook measures it on the assumed plant, and then asks what it can *not* do.

# %%
import copy
import tomllib
from importlib.metadata import version

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from IPython.display import Markdown, display
from scipy import sparse
from scipy.optimize import linprog

import optimizer as dk
from models.solar import solar_power_mw
from models.weather.climate import generate
from models.wind import wind_power_mw
from optimizer.reference import reference_file
from optimizer.report.figures_style import STYLE, grid_lines
from optimizer.report.looks import BLACK, BLUE, GREEN, GREY, ORANGE

plt.rcParams.update(STYLE)
for name in ("dakhla-optimizer", "pyomo", "highspy", "scipy"):
    print(name, version(name))

# %% [markdown]
# ## Who is flexible here
#
# | workload | in the model | flexible in |
# |---|---|---|
# | sovereign (states' services) | firm, never shed | nothing |
# | cloud customers | firm, may be shed at a high price | emergencies |
# | batch | **cohorts**: arrived together, one deadline, one greatest speed | *when* |
# | training | between measured power caps, or paused; contracted by the day | *how fast* |
#
# Why cohorts? If one only says "the day's work must be done on that day", the plan runs work
# before it has arrived and promises savings nobody can have.
#
# The site is a plain table (TOML); a changed number makes another site. For this notebook gensets
# may run at any power, so that plans take a second, and work left at the end of the plan costs
# nearly as much as work missed, so that a long deadline is no way to put work off beyond the
# plan's edge. The plans are proven to within 0.3 % of the optimum.

# %%
DEFAULT = tomllib.loads(reference_file("site.toml").read_text(encoding="utf-8"))
DEFAULT["solver"]["mip_gap_pu"] = 3e-3
DEFAULT["genset"]["backup"] |= {
    "unit_power_min_mw": 0.0,
    "start_cost_mad": 0.0,
    "min_up_h": 0.0,
    "min_down_h": 0.0,
}
batch = DEFAULT["deferrable"]["batch"]
batch |= {
    "initial_backlog_pu": 0.0,
    "block_h": 1,
    "left_mad_per_mwh": batch["missed_mad_per_mwh"] - 1,
}


def site(deadline_h: float = 24.0, *, can_cap: bool = True) -> dk.Site:
    """Return the site with another deadline for batch, and with or without power caps."""
    content = copy.deepcopy(DEFAULT)
    content["deferrable"]["batch"]["deadline_h"] = deadline_h
    if not can_cap:  # full power or none
        for fleet in content["training"].values():
            fleet["curve"] = [[1.0, 1.0]]
    return dk.parse_site(content)


def planned(start: str, deadline_h: float = 24.0, *, can_cap: bool = True) -> dk.Plan:
    """Return the plan of two days."""
    return dk.plan(site(deadline_h, can_cap=can_cap), start=f"{start}T00:00Z", horizon="48h@1h")


# %% [markdown]
# ## Waiting
#
# A winter day with a calm night. Batch may wait 2 hours (as long as it needs to run at its
# greatest speed: it starts as it arrives), then longer and longer.

# %%
DAY, DEADLINES_H = "2027-01-15", (2.0, 4.0, 8.0, 12.0, 24.0)
plans = {deadline_h: planned(DAY, deadline_h) for deadline_h in DEADLINES_H}


def facts(plan: dk.Plan) -> dict[str, float]:
    """Return what tells two plans of one day apart."""
    kpis = plan.kpis["plan"]
    return {
        "cost_mad": plan.objective_mad,
        "missed_mwh": kpis["missed_mwh"],
        "shed_mwh": kpis["shed_mwh"],
        "import_mwh": kpis["import_mwh"],
        "renewable_share_pu": kpis["renewable_share_pu"],
    }


sweep = pd.DataFrame({deadline_h: facts(plan) for deadline_h, plan in plans.items()}).T
sweep["saved_mad"] = sweep["cost_mad"].iloc[0] - sweep["cost_mad"]
sweep.rename_axis("deadline_h").round(3)

# %%
plans[24.0].plot("compute", hours=48)

# %% [markdown]
# ## Running slower
#
# A processor's last watts buy little speed. The curve is **measured**: the mean of eight training
# and inference workloads (Emerald AI, arXiv 2507.00909; `data/site.toml`).

# %%
curve = pd.DataFrame(DEFAULT["training"]["ai"]["curve"], columns=["power_pu", "work_pu"])
curve["work_per_power"] = curve["work_pu"] / curve["power_pu"]
without_caps = planned(DAY, can_cap=False)
capped_mad = without_caps.objective_mad - plans[24.0].objective_mad
print(curve.round(3).to_string(index=False))
print(f"\nrunning at part power saves {capped_mad:,.0f} MAD in these two days")

# %% [markdown]
# ## Other days
#
# Was that day special? The same comparison through the year: what waiting up to 24 h saves
# against starting as it arrives.

# %%
DAYS = ("2026-12-05", "2027-02-01", "2027-04-10", "2027-07-10")
saved = {DAY: sweep["saved_mad"].iloc[-1]}
share = {DAY: sweep["renewable_share_pu"].iloc[0]}
for day in DAYS:
    at_once, later = planned(day, 2.0), planned(day, 24.0)
    saved[day] = at_once.objective_mad - later.objective_mad
    share[day] = at_once.kpis["plan"]["renewable_share_pu"]
days = pd.DataFrame({"saved_mad": saved, "renewable_share_at_once_pu": share}).sort_index()
days.round(3)

# %% [markdown]
# ## What waiting cannot do
#
# Suppose one wants most of the load matched with sun and wind as it is drawn, up to 95 % of it. How
# large must the farm be? A small linear program of its own, with nothing but a flat load, the
# farm's hours and, in turn, (a) nothing, (b) batch that may wait 24 h, (c) a battery of four
# hours of the load, (d) both. Batch is the share that it has in the default plant. The season is
# the calm one, December to February, in means over three hours.
#
# With a constant stream of work, "each hour's work within 24 h" means exactly: never more waiting
# than arrived in the last 24 h. That is what the program says.

# %%
STEP_H = 3.0
season = generate(
    start_utc=pd.Timestamp("2026-12-01", tz="UTC"),
    end_utc=pd.Timestamp("2027-03-01", tz="UTC"),
    seed=DEFAULT["plan"]["climate_seed"],
)
whole = site()
farm_mw = wind_power_mw(season, whole.wind["main"].farm)
farm_mw = farm_mw + solar_power_mw(season, whole.solar["main"].plant)
offered = farm_mw.resample("3h").mean().to_numpy()
offered = offered / offered.mean()  # 1: as much energy as the load over the season
demand_mw = [DEFAULT["firm"][key]["demand_mw"] for key in ("sovereign", "cloud")]
demand_mw += [fleet["power_max_mw"] for fleet in DEFAULT["training"].values()]
batch_pu = batch["arrival_mw"] / (sum(demand_mw) + batch["arrival_mw"])


def size_needed(matched_pu: float, wait_h: float, battery_h: float) -> float:
    """Return the farm's mean power over the load's, least to match a share of the load.

    Unknowns by step: draw, work waiting, charge, discharge, stored energy; in mean loads.
    """
    n, loss = len(offered), 0.95  # of each way through the battery, as in data/site.toml
    one, none = sparse.identity(n), sparse.csr_matrix((n, n))
    change = one - sparse.eye(n, k=-1)
    column = sparse.csr_matrix((n, 1))
    supply = sparse.hstack(  # farm + draw + discharge - charge >= load - what waits anew
        [-offered[:, None], -one, -change / STEP_H, one, -one, none]
    )
    not_before = sparse.hstack([column, none, change / STEP_H, none, none, none])
    draw = np.concatenate([[0], np.ones(n), np.zeros(4 * n)])[None, :]
    books = sparse.hstack([column, none, none, -loss * STEP_H * one, STEP_H / loss * one, change])
    most = np.concatenate(
        [
            [np.inf],
            np.ones(n),
            np.full(n, batch_pu * wait_h),
            np.full(2 * n, battery_h),  # its converter is no limit here
            np.full(n, battery_h),
        ]
    )
    found = linprog(
        np.eye(1, len(most)).ravel(),
        A_ub=sparse.vstack([supply, not_before, sparse.csr_matrix(draw)]),
        b_ub=np.concatenate([np.full(n, -1.0), np.full(n, batch_pu), [(1 - matched_pu) * n]]),
        A_eq=books,
        b_eq=np.zeros(n),
        bounds=np.column_stack([np.zeros(len(most)), most]),
    )
    return float(found.x[0])


CASES = {
    "nothing": (0.0, 0.0),
    "batch waits 24 h": (24.0, 0.0),
    "battery of 4 h": (0.0, 4.0),
    "both": (24.0, 4.0),
}
TARGETS_PU = (0.7, 0.8, 0.9, 0.95)
sizes = pd.DataFrame(
    {name: [size_needed(t, *case) for t in TARGETS_PU] for name, case in CASES.items()},
    index=pd.Index(TARGETS_PU, name="matched_pu"),
)
sizes.round(2)

# %%
figure, (left, right) = plt.subplots(1, 2, figsize=(11, 4), layout="constrained")
left.plot(sweep.index, sweep["saved_mad"] / 1e6, "o-", color=BLUE)
left.set(xlabel="how long batch may wait [h]", ylabel="saved in two days [million MAD]")
left.set(title=f"Waiting pays on a calm day ({DAY})", ylim=(0, None), xlim=(0, 25))
styles = ((GREY, "o", "-"), (ORANGE, "s", "--"), (GREEN, "^", "-."), (BLACK, "D", ":"))
for name, (color, marker, dash) in zip(sizes, styles, strict=True):
    right.plot(sizes.index * 100, sizes[name], color=color, marker=marker, ls=dash, label=name)
right.set(xlabel="load matched within three hours [%]", ylabel="farm's mean power over the load")
right.set(title="How large a farm it takes, December to February", ylim=(0, None))
right.legend(loc="upper left")
for axis in (left, right):
    grid_lines(axis)
plt.show()

top = sizes.iloc[-1]
display(
    Markdown(
        f"On {DAY} waiting up to 24 h saves {sweep['saved_mad'].iloc[-1] / 1e6:.2f} million MAD; "
        f"{sweep['missed_mwh'].iloc[0]:.0f} MWh of work would be missed if it had to start at "
        f"once, {sweep['missed_mwh'].iloc[-1]:.0f} MWh are if it may wait. Over the five days the "
        f"saving goes from {days['saved_mad'].min() / 1e6:.2f} to "
        f"{days['saved_mad'].max() / 1e6:.2f} million MAD. Batch is {batch_pu:.0%} of the load. "
        f"To match {TARGETS_PU[-1]:.0%} of it in the calm season, the farm must give "
        f"{top['nothing']:.1f} times the load on average with nothing else, "
        f"{top['batch waits 24 h']:.1f} if batch waits, {top['battery of 4 h']:.1f} with the "
        f"battery, {top['both']:.1f} with both."
    )
)

# %% [markdown]
# **What it means.** Waiting is worth most where a calm spell is shorter than the deadline, and
# nearly nothing on days on which wind is thrown away in any case: flexibility moves work to
# energy, and there must be a difference to move across. Much of its value on the calm day is work
# that would otherwise have been missed, so it depends on what missed work costs.
#
# **What it cannot do.** Only the part that may wait can wait: the rest of the load stands in the
# calm night as before. Towards a tight match the curves on the right turn steeply upwards with or
# without waiting; a battery that carries the *whole* load for some hours bends them more. Time
# shifting alone is no substitute for storage or for a second source; it is a cheap companion to
# both, since it costs no more than a deadline.
