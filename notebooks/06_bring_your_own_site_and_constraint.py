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
# # 6. How do I plan my own site, and a rule that nobody has thought of?
#
# The plant in `data/` is a stand-in. A researcher comes with another one, and often with a rule
# that no clause has: *not so much work at night*, *no more starts than ...*. This notebook writes
# a small site and an agreement, opens the optimization model, adds a constraint of its own,
# solves, checks, and asks what the rule costs.

# %%
import tempfile
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pyomo.environ as pyo
from IPython.display import Markdown, display

import optimizer as dk
from models.errors import InputError
from optimizer.audit import audit
from optimizer.planned import published_of
from optimizer.report.figures_style import STYLE, grid_lines
from optimizer.report.looks import BLUE, GREY, ORANGE
from optimizer.site import Problem

plt.rcParams.update(STYLE)
for name in ("dakhla-optimizer", "pyomo", "highspy", "pandas"):
    print(name, version(name))

# %% [markdown]
# ## A site on a page
#
# A village's computing hall: a wind turbine or two, a line to the grid, a battery, a service that
# must run and batch work that may wait. Sites are TOML files; units are in the names. (All of it
# is made up.)

# %%
SITE = """
[place]
name = "A village hall"
latitude_deg = 23.7
longitude_deg = -15.9
altitude_m = 10.0
[plan]
horizon = "24h@1h"
climate_seed = 7
tie_break_mad_per_mwh_h = 1e-4
[solver]
time_limit_s = 60.0
mip_gap_pu = 1e-6
[facility]
power_max_mw = 10.0
it_power_max_mw = 8.0
ups_loss_pu = 0.03
fixed_overhead_mw = 0.1
[wind.turbines]
cost_mad_per_mwh = 10.0
curtailment_cost_mad_per_mwh = 0.0
[battery.container]
charge_max_mw = 1.5
discharge_max_mw = 1.5
energy_max_mwh = 4.0
soc_min_pu = 0.05
soc_max_pu = 0.95
charge_efficiency_pu = 0.95
discharge_efficiency_pu = 0.95
self_discharge_pu_per_h = 0.0
ageing_cost_mad_per_mwh = [100.0]
energy_initial_mwh = 2.0
end_value_mad_per_mwh = 600.0
[grid.village]
import_max_mw = 5.0
export_max_mw = 0.0
emission_kg_per_mwh = 516.0
[firm.service]
demand_mw = 1.5
tiers = []
[deferrable.batch]
arrival_mw = 1.2
arrival_profile_pu = [1.0]
block_h = 3
deadline_h = 12.0
run_min_h = 2.0
initial_backlog_pu = 0.0
power_max_mw = 4.0
missed_mad_per_mwh = 9000.0
left_mad_per_mwh = 1000.0
"""
AGREEMENT = """
title = "With the village"
[[clause]]
kind = "import_cap"
article = "1"
text = "In the evening the hall leaves the line to the village."
valid_from = 2026-01-01
import_max_mw = 1.0
first_hour = 18
last_hour = 22
time_zone = "Etc/GMT"
price_mad_per_mwh = 3000.0
"""
folder = Path(tempfile.mkdtemp(prefix="village-"))
(folder / "site.toml").write_text(SITE, encoding="utf-8")
(folder / "agreement.toml").write_text(AGREEMENT, encoding="utf-8")
site, agreement = (
    dk.load_site(folder / "site.toml"),
    dk.load_agreement(folder / "agreement.toml"),
)
print([part.name for part in site.components()])

# %% [markdown]
# A mistake is refused, with the place, the value and the remedy; several at once:

# %%
wrong = SITE.replace("charge_efficiency_pu = 0.95", "charge_efficiency_pu = 95").replace(
    "demand_mw", "demand_kw"
)
(folder / "wrong.toml").write_text(wrong, encoding="utf-8")
try:
    dk.load_site(folder / "wrong.toml")
except InputError as refused:
    print(refused)

# %% [markdown]
# ## Its series
#
# No turbine model this time: the power on offer (strongest at night, in this village) and the
# prices are given, hour by hour. Anything the site needs can come this way, by its published name.

# %%
START = pd.Timestamp("2027-02-01", tz="UTC")
horizon = dk.Horizon.parse(site.plan.horizon, START)
hour = np.arange(24)
series = pd.DataFrame(
    {
        "wind_turbines_available_mw": 2.6 + 2.2 * np.cos((hour - 2) * np.pi / 12),
        "grid_village_import_price_mad_per_mwh": np.where((hour >= 17) & (hour < 22), 1600.0, 800),
        "grid_village_export_price_mad_per_mwh": np.zeros(24),
    },
    index=horizon.index,
)


def build() -> Problem:
    """Return the problem of the day: site, agreement, inputs, and the Pyomo model."""
    return dk.build(site, start=START, agreement=agreement, horizon=horizon, series=series)


plan = dk.solve(build())
plan.plot("balance", hours=24)

# %% [markdown]
# ## Look inside
#
# `dk.build` stops before solving. Its `model` is a **Pyomo** model: a block for each part of the
# site, named like its table in the file, with variables indexed by the step.

# %%
problem = build()
for block in problem.model.component_objects(pyo.Block, descend_into=False):
    variables = [v.local_name for v in block.component_objects(pyo.Var, descend_into=False)]
    rows = [c.local_name for c in block.component_objects(pyo.Constraint, descend_into=False)]
    print(f"{block.name:18} variables: {', '.join(variables) or '-':38} constraints: {len(rows)}")

# %% [markdown]
# ## A rule of one's own
#
# Say the neighbours want quiet nights: from 22:00 to 06:00 UTC the fans may carry so much and no
# more, and batch, which likes the night for its wind, must hold back. No kind of clause says that.
# In Pyomo it is a constraint with a name:

# %%
QUIET_MW = 0.8
night = [t for t, moment in enumerate(horizon.index) if moment.hour >= 22 or moment.hour < 6]


def with_quiet_nights(most_mw: float) -> dk.Plan:
    """Return the plan with at most so much batch at night [MW]."""
    problem = build()

    @problem.model.Constraint(night)
    def quiet_nights(model, t):
        return model.deferrable_batch.run_mw[t] <= most_mw

    return dk.solve(problem)


quiet = with_quiet_nights(QUIET_MW)
both = pd.DataFrame(
    {
        "batch, free [MW]": plan.schedule["deferrable_batch_run_mw"],
        "batch, quiet [MW]": quiet.schedule["deferrable_batch_run_mw"],
        "drawn, free [MW]": plan.schedule["site_import_mw"],
        "drawn, quiet [MW]": quiet.schedule["site_import_mw"],
    }
)
both.round(2).iloc[[0, 3, 6, 9, 12, 15, 18, 21, 22, 23]]

# %% [markdown]
# ## Check it
#
# The plan was audited as any other: balances, limits, prices, clauses, recomputed from the
# published table. The audit does not know the new rule, so look after it yourself. And see that
# the audit would have noticed a plan that is wrong: take a megawatt away from the grid's column.

# %%
assert quiet.schedule["deferrable_batch_run_mw"].iloc[night].max() <= QUIET_MW + 1e-6
assert audit(published_of(quiet.optimum)) == []

published = published_of(quiet.optimum)
tampered = published.table.copy()
tampered.loc[horizon.index[20], "grid_village_import_mw"] -= 1.0
for breach in audit(replace(published, table=tampered))[:3]:
    print(breach)

# %% [markdown]
# ## What does the rule cost?
#
# Two answers. The whole rule: the cost with it less the cost without. And its **dual**, the shadow
# price of its number: by how much the cost changes if the number is a little larger. The dual of
# a constraint "at most" is negative, since more room makes the plan cheaper.

# %%
duals = quiet.duals[quiet.duals["constraint"] == "quiet_nights"]
slope_mad_per_mw = duals["dual"].sum()
cost_mad = quiet.objective_mad - plan.objective_mad
by_hour = pd.Series(duals["dual"].to_numpy(), index=horizon.index[duals["index"].astype(int)])
print(f"the rule costs {cost_mad:,.1f} MAD a day")
print(f"the dual says {slope_mad_per_mw:,.1f} MAD for one MW more in each hour of the night")
by_hour[by_hour != 0].round(1)

# %% [markdown]
# Trust, but verify: solve again with a little more and a little less.

# %%
STEP_MW = 0.01
more, less = (
    with_quiet_nights(QUIET_MW + step).objective_mad - quiet.objective_mad
    for step in (STEP_MW, -STEP_MW)
)
print(f"a little more: {more / STEP_MW:,.1f}   a little less: {-less / STEP_MW:,.1f} MAD per MW")

# %%
sweep_mw = np.linspace(0.0, 3.6, 13)
costs = np.array([with_quiet_nights(most).objective_mad for most in sweep_mw])
figure, (left, right) = plt.subplots(1, 2, figsize=(11, 3.8), layout="constrained")
edges = np.arange(25)
for name, each, look in (("free", plan, (GREY, "--")), ("quiet", quiet, (BLUE, "-"))):
    run = each.schedule["deferrable_batch_run_mw"].to_numpy()
    left.step(edges, np.append(run, run[-1]), where="post", color=look[0], ls=look[1], label=name)
offered = series["wind_turbines_available_mw"].to_numpy()
label = "wind on offer"
left.step(edges, np.append(offered, offered[-1]), where="post", color=ORANGE, ls=":", label=label)
for first, last in ((0, 6), (22, 24)):
    left.axvspan(first, last, color="0.9", zorder=0)
left.set(xlabel="hour, UTC (grey: night)", ylabel="MW", xlim=(0, 24), xticks=range(0, 25, 3))
left.set(title="Batch work", ylim=(0, 1.3 * offered.max()))  # room for the legend
left.legend(loc="upper center", ncols=3)
right.plot(sweep_mw, costs - plan.objective_mad, "o-", color=BLUE, label="solved")
line = cost_mad + slope_mad_per_mw * (sweep_mw - QUIET_MW)
right.plot(sweep_mw, line, ls="--", color=ORANGE, label="slope: the dual")
right.axvline(QUIET_MW, color="black", ls=":", lw=1.2)
right.set(xlabel="most batch at night [MW]; dotted: the rule", ylabel="the rule costs [MAD a day]")
right.set(title="The price of quiet nights", ylim=(-0.05 * np.ptp(costs), None), xlim=(0, 3.6))
right.legend(loc="upper right")
for axis in (left, right):
    grid_lines(axis)
plt.show()
display(
    Markdown(
        f"Quiet nights at {QUIET_MW} MW cost {cost_mad:,.0f} MAD a day, "
        f"{cost_mad / abs(plan.objective_mad):.1%} of the day's cost. At that number one MW more "
        f"would save {-slope_mad_per_mw:,.0f} MAD; solving again with {STEP_MW} MW more gives "
        f"{-more / STEP_MW:,.0f}."
    )
)

# %% [markdown]
# **What it means.** The curve on the right is made of straight pieces and bends one way only: that
# is the mark of a linear program. The dual is its slope at one point. It answers "what would a
# little more be worth?", and it is wrong for "what does the rule cost?", which is the height of
# the curve. Both come from the same model, and both can be checked by solving again.
#
# **Where to go on.** A rule that proves useful becomes a clause: one file in
# `optimizer/agreement/` (copy `import_cap.py`) and a table in the agreement. Then it is audited,
# priced and explained like the others.
