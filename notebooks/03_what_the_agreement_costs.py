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
# # 3. What does each clause of the agreement cost, and what does it buy?
#
# The joint agreement binds the data center: so much of its energy must be renewable, so little
# may be drawn from the grid in the evening, so much must stay in the battery, so much computing
# goes to the Jazari institute. Each clause is a sentence, and each has a price, even one that is
# kept and never paid for. (The signed texts are not public. The numbers here are **assumed**, in
# `data/agreement.toml`, each with its reason.)
#
# Three different prices are asked for, and they are often mixed up:
#
# 1. what is **paid** for breaking a clause that may be broken at a price;
# 2. what the **next unit** of it costs (its *shadow price*);
# 3. what the **whole clause** costs: the plan with it less the plan without it.

# %%
from importlib.metadata import version

import matplotlib.pyplot as plt
import pandas as pd
from IPython.display import Markdown, display

import optimizer as dk
from optimizer.asked import Asked
from optimizer.editor.clause_fields import clause_of, without
from optimizer.editor.cost import table as clause_table
from optimizer.editor.tradeoff import Span, tradeoff
from optimizer.reference import reference_file
from optimizer.report.figures_style import STYLE, grid_lines
from optimizer.report.looks import BLUE, GREY, VERMILION

plt.rcParams.update(STYLE)
for name in ("dakhla-optimizer", "pyomo", "highspy", "pandas"):
    print(name, version(name))

# %% [markdown]
# ## A hard day
#
# On a windy day the agreement costs little. So take a calm one: a December day of the synthetic
# climate on which sun and wind give less than the facility wants.

# %%
DAY = {"start": "2026-12-05T00:00Z", "horizon": "24h@1h"}
agreement = dk.load_agreement(reference_file("agreement.toml"))
for clause in agreement.clause:
    print(f"Art. {clause.article} ({'hard' if clause.is_hard else 'priced'}): {clause.text}")

plan = dk.plan(**DAY)
plan.plot("balance", hours=24)

# %% [markdown]
# A **hard** clause is never broken. A **priced** one may be, and the plan breaks it where keeping
# it would cost more than its price: the price is the agreement's own answer to the question how
# much a renewable MWh is worth.

# %%
plan.plot("clauses", hours=24)

# %% [markdown]
# ## The three prices
#
# `clause_table` plans the day again without each clause in turn.

# %%
costs = clause_table(plan, is_resolved=True).set_index("article")
costs = costs[["kind", "is_hard", "bought", "paid_mad", "unit_more_mad", "without_saves_mad"]]
costs.round(0)

# %% [markdown]
# Read a row from left to right: `bought` is by how much the clause is broken (MWh), `paid_mad`
# what that costs, `unit_more_mad` what one unit more (a MW or MWh, in each of its limits) would
# save, `without_saves_mad` what the whole clause costs. A clause can be kept, cost nothing in
# payments, and still be dear: others had to give way for it.
#
# Do they add up? Take all of them out at once.

# %%
free = dk.plan(**DAY, agreement=without(agreement, set(costs.index)))
alone_mad = costs["without_saves_mad"].sum()
together_mad = plan.objective_mad - free.objective_mad
print(f"one at a time, added up: {alone_mad:12,.0f} MAD")
print(f"all at once:             {together_mad:12,.0f} MAD")

kpis = pd.DataFrame({"with": plan.kpis["plan"], "without": free.kpis["plan"]}).T
kpis["stored_at_the_end_mwh"] = [
    each.schedule["battery_main_energy_mwh"].iloc[-1] for each in (plan, free)
]
shown = ["import_mwh", "genset_mwh", "shed_mwh", "renewable_share_pu", "stored_at_the_end_mwh"]
kpis[shown].round(2)

# %% [markdown]
# They need not. Clauses share causes: energy kept back for article 5.1 cannot help to keep 4.2,
# and where 3.1 is out, 7.3 is easier to keep. So "the cost of a clause" is always the cost of
# adding it *to the others*.
#
# Look at the last two columns, too. Without any clause the battery may be emptied, which raises
# this day's renewable share: part of what article 5.1 costs is energy that is still there the
# next morning. And it is no waste: it is what the sovereign load would run on if the line failed.
#
# ## A curve instead of a number
#
# Somebody who negotiates a clause wants to know how its number moves cost and CO2. `tradeoff`
# plans the day for several numbers: here the renewable share of article 3.1, and the evening cap
# of article 4.2.

# %%
asked = Asked(start=DAY["start"], horizon=DAY["horizon"])
share = tradeoff(asked, Span(article="3.1", low=0.5, high=1.0, count=6))
cap = tradeoff(asked, Span(article="4.2", low=0.0, high=150.0, count=6))
cap[["import_max_mw", "status", "cost_mad", "emission_kg", "import_mwh", "genset_mwh", "shed_mwh"]]

# %%
figure, axes = plt.subplots(2, 2, figsize=(11, 5.2), sharex="col", layout="constrained")
curves = (
    (share, 100, "renewable share asked, Art. 3.1 [%]"),
    (cap, 1, "evening cap, Art. 4.2 [MW]"),
)
for (top, bottom), (curve, factor, label) in zip(axes.T, curves, strict=True):
    field = curve.attrs["field"]
    number = curve[field] * factor
    agreed = getattr(clause_of(agreement, curve.attrs["article"]), field) * factor
    top.plot(number, curve["cost_mad"] / 1e6, "o-", color=BLUE, label="cost")
    if curve["paid_mad"].any():
        unpaid = (curve["cost_mad"] - curve["paid_mad"]) / 1e6
        top.plot(number, unpaid, "s--", color=GREY, label="of it, not paid for breaking the clause")
    bottom.plot(number, curve["emission_kg"] / 1e3, "^-", color=VERMILION)
    for axis in (top, bottom):
        axis.axvline(agreed, color="black", ls=":", lw=1.2)
        grid_lines(axis)
    bottom.set_xlabel(f"{label}; dotted: as agreed")
axes[0, 0].set_ylabel("cost [million MAD]")
axes[1, 0].set_ylabel("CO2 [t]")
axes[0, 0].legend(loc="upper left")
plt.show()

first, last = share.iloc[0], share.iloc[-1]
display(
    Markdown(
        f"Asking for {last['share_min_pu']:.0%} instead of {first['share_min_pu']:.0%} of "
        f"renewable energy on this calm day raises the cost by "
        f"{(last['cost_mad'] - first['cost_mad']) / 1e6:.1f} million MAD and lowers CO2 by "
        f"{(first['emission_kg'] - last['emission_kg']) / 1e3:,.0f} t; the share reached goes "
        f"from {first['renewable_share_pu']:.1%} to {last['renewable_share_pu']:.1%}. "
        f"{last['paid_mad'] / 1e6:.1f} million MAD are then paid for breaking the clause. "
        f"Lifting the evening cap from {cap['import_max_mw'].iloc[0]:.0f} to "
        f"{cap['import_max_mw'].iloc[-1]:.0f} MW would save "
        f"{(cap['cost_mad'].iloc[0] - cap['cost_mad'].iloc[-1]) / 1e6:.2f} million MAD."
    )
)

# %% [markdown]
# **What it means.** On a day without wind a strict share mostly moves *money*, not energy: what
# is not there cannot be bought at any price, so the plan sheds and delays some computing, runs as
# renewable as it can, and pays for the rest. A clause about a *day's* share is therefore dear
# where it helps least; a share over a week or a month would ask for the same energy and leave the
# plan to choose when. The cap on the evening's draw is of another kind: it protects the line, and
# its cost is what the battery, the gensets and waiting work must do in its place.
#
# **What it does not mean.** These are one day's prices of assumed terms. For a budget over a
# month, `dakhla ledger` keeps the account and the plan prices what is left of it.
