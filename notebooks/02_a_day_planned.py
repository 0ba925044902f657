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
# # 2. What does a plan of a day look like, and how does one check it?
#
# Given the weather, the prices and the agreement, `dk.plan` answers for every step: how much sun
# and wind is used, what the battery does, what is drawn from the grid, and which computing runs.
# It finds the **cheapest** schedule that keeps every limit (an *optimum*, found by the solver
# HiGHS), and publishes it only after an *audit* has computed every balance again from the
# published table alone. This notebook reads such a plan, and then distrusts it.

# %%
from importlib.metadata import version

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from IPython.display import Markdown, display

import optimizer as dk
from optimizer.report.figures_style import STYLE

plt.rcParams.update(STYLE)
for name in ("dakhla-optimizer", "pyomo", "highspy", "pandas"):
    print(name, version(name))

# %% [markdown]
# ## Make it
#
# Two days in steps of an hour, on the bundled synthetic climate, for the assumed plant of
# `data/site.toml`. (A real plan has quarter hours for two days and then hours for a week; that
# takes some seconds more.)

# %%
START = "2027-02-01T00:00Z"
plan = dk.plan(start=START, horizon="48h@1h")
plan

# %% [markdown]
# A negative cost is no mistake: computing that need not run is *worth* something (see
# `value_mad_per_mwh` in the site file), and its worth is counted against the cost. What matters
# is the difference between two plans.
#
# ## Read it
#
# The table has one row a step and a column `<part>_<quantity>_<unit>` for everything. Power is
# the mean over the step in MW, stored energy the amount at its end in MWh.

# %%
table = plan.schedule
print(f"{len(table)} steps, {len(table.columns)} columns")
table[
    [
        "wind_main_used_mw",
        "solar_main_used_mw",
        "battery_main_energy_mwh",
        "site_import_mw",
        "facility_it_mw",
        "facility_power_mw",
    ]
].iloc[::6].round(1)

# %% [markdown]
# `facility_it_mw` is what the machines draw (*IT*), `facility_power_mw` what the whole building
# draws: machines, losses, cooling. Their ratio is called **PUE**, *power usage effectiveness*:
# 1.0 would be a building that needs nothing for itself.
#
# ## Distrust it
#
# Is power conserved? Add up what comes in and what goes, by hand.

# %%
comes_mw = table[
    [
        "wind_main_used_mw",
        "solar_main_used_mw",
        "battery_main_discharge_mw",
        "site_import_mw",
        "site_genset_mw",
    ]
].sum(axis=1)
goes_mw = table[
    ["facility_power_mw", "desalination_main_power_mw", "battery_main_charge_mw", "site_export_mw"]
].sum(axis=1)
print(f"largest difference in any step: {(comes_mw - goes_mw).abs().max():.1e} MW")

battery = plan.optimum.problem.site.battery["main"]
stored = np.append(battery.energy_initial_mwh, table["battery_main_energy_mwh"])
gained_mwh = (
    battery.charge_efficiency_pu * table["battery_main_charge_mw"]
    - table["battery_main_discharge_mw"] / battery.discharge_efficiency_pu
) * table["step_h"]
keep_pu = (1 - battery.self_discharge_pu_per_h) ** table["step_h"]
apart_mwh = stored[1:] - (keep_pu * stored[:-1] + gained_mwh)
print(f"the battery's book is off by at most {apart_mwh.abs().max():.1e} MWh")

# %% [markdown]
# ## See it
#
# What comes in stands above zero, what it is used for below. Where the dashed line is above the
# wind and the sun, some of what they offered was left unused: that is **curtailment**.

# %%
plan.plot("balance", hours=48)

# %% [markdown]
# The battery is charged when sun and wind give more than can be used, and emptied when they give
# less. It never goes below the dashed line: article 5.1 of the agreement keeps so much back that
# the *sovereign load*, the computing of states that must never stop, could run for hours with
# nothing else.

# %%
plan.plot("storage", hours=48)

# %% [markdown]
# ## What is a MWh worth?
#
# The grid has a price. But inside the site a MWh may be worth more or less: nothing when wind is
# thrown away, more than the grid asks when the line is full and something else has to give. The
# optimum knows this worth for every step. It is called the **shadow price**: by how much the
# cost would fall if one MWh more were there.

# %%
plan.plot("prices", hours=48)

# %% [markdown]
# A shadow price is a claim, and claims can be tested: give the farm 1 MW more wind in the dearest
# hour, plan again, and see what it saves.

# %%
bus = plan.duals[plan.duals["constraint"] == "bus.balance"]
price = pd.Series(bus["dual"].to_numpy(), index=table.index) / table["step_h"]
dearest = price.idxmax()

OFFERED = "wind_main_available_mw"
more = table[[OFFERED]].copy()
more.loc[dearest, OFFERED] += 1.0
again = dk.plan(start=START, horizon="48h@1h", series=more)

wear = plan.optimum.problem.site.wind["main"].cost_mad_per_mwh  # running turbines wear
print(f"dearest hour: {dearest:%d %b %H:%M} UTC, {table.loc[dearest, OFFERED]:.1f} MW of wind")
print(f"claimed: {price[dearest] - wear:,.0f} MAD")
print(f"found:   {plan.objective_mad - again.objective_mad:,.0f} MAD")

# %% [markdown]
# The claim holds for the *next* MWh with the *integers* fixed (whole numbers the plan has to
# choose, such as how many gensets run), and while nothing else runs into its limit; that is why
# the two may differ somewhat.
#
# ## What stands in the way?
#
# Limits with a price, dearest first: what one unit more in each step in which they bind would
# save. And what the agreement asked for.

# %%
print(plan.explain())
plan.binding.head(8).round(0)

# %%
display(plan.plot("all", hours=24))
kpis = plan.kpis["plan"]
display(
    Markdown(
        f"Over these two days the facility drew {kpis['facility_mwh']:,.0f} MWh at a PUE of "
        f"{kpis['pue_pu']:.3f}; {kpis['renewable_share_pu']:.1%} came from sun and wind, "
        f"{kpis['import_mwh']:,.0f} MWh from the grid, and {kpis['curtailment_pu']:.0%} of what "
        f"sun and wind offered was left unused. A MWh was worth between {price.min():,.0f} and "
        f"{price.max():,.0f} MAD, while the grid asked "
        f"{table['grid_onee_import_price_mad_per_mwh'].min():,.0f} to "
        f"{table['grid_onee_import_price_mad_per_mwh'].max():,.0f}."
    )
)

# %% [markdown]
# **What it means.** A plan is a list of small exchanges between hours: work moves into the wind,
# the battery carries what is left over into the evening, the grid fills the rest where its price
# or the agreement allow. The shadow price shows where such exchanges end: where it is zero there
# is more than can be used; where it is far above the grid's price, a limit of the line, of the
# battery or of the agreement is what costs, not the energy. The next notebook asks which clause.
