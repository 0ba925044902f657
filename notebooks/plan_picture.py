"""Draws the README's picture from a real plan on the bundled climate: ``make pictures``."""

from pathlib import Path

import matplotlib as mpl
import matplotlib.pyplot as plt
import pandas as pd

import optimizer as dk

START = "2027-02-01T00:00Z"
HOURS_SHOWN = 48
TARGET = Path(__file__).with_name("plan.png")
SUPPLY = {  # colours of Okabe and Ito, told apart by colour-blind readers too
    "solar": ("solar_main_used_mw", "#F0E442"),
    "wind": ("wind_main_used_mw", "#56B4E9"),
    "battery": ("battery_main_discharge_mw", "#009E73"),
    "grid": ("grid_onee_import_mw", "#999999"),
    "gensets": ("genset_backup_power_mw", "#D55E00"),
}
LOADS = {
    "sovereign": ("firm_sovereign_served_mw", "#000000"),
    "cloud": ("firm_cloud_served_mw", "#0072B2"),
    "training": ("training_ai_power_mw", "#CC79A7"),
    "Jazari": ("training_jazari_power_mw", "#E69F00"),
    "batch": ("deferrable_batch_run_mw", "#56B4E9"),
}


def steps(axis: plt.Axes, table: pd.DataFrame, parts: dict[str, tuple[str, str]]) -> None:
    """Stack some columns as steps."""
    columns, colours = zip(*parts.values(), strict=True)
    values = [table[column].to_numpy() for column in columns]
    axis.stackplot(table.index, values, labels=list(parts), colors=colours, step="post", alpha=0.9)
    axis.set_ylabel("MW")
    axis.set_ylim(0, 1.2 * sum(values).max())  # room for the legend
    axis.legend(loc="upper left", ncols=len(parts), fontsize=8, framealpha=0.9)


def draw(plan: dk.Plan) -> plt.Figure:
    """Return the picture of a plan: supply, stored energy and price, compute load."""
    table = plan.schedule
    table = table[table.index < table.index[0] + pd.Timedelta(hours=HOURS_SHOWN)]
    figure, (supply, stored, load) = plt.subplots(
        3, 1, figsize=(10, 8), sharex=True, height_ratios=(3, 2, 3), layout="constrained"
    )
    steps(supply, table, SUPPLY)
    supply.step(table.index, table["facility_power_mw"], "k", where="post", lw=1.5)
    supply.set_title("Supply, and what the facility draws (black); above it: charging and sales")
    deliverable_mwh = table["site_deliverable_mwh"]  # above the window's floor, less losses
    stored.plot(table.index, deliverable_mwh, color="#009E73", label="deliverable")
    required_mwh = table["art_5_1_required_mwh"]
    stored.plot(table.index, required_mwh, "k--", lw=1, label="ride-through, art. 5.1")
    stored.set_ylabel("MWh")
    stored.set_ylim(0, 1.3 * deliverable_mwh.max())  # room for the legend
    stored.legend(loc="upper left", ncols=2, fontsize=8)
    price = stored.twinx()
    price.step(table.index, table["grid_onee_import_price_mad_per_mwh"], "0.5", where="post", lw=1)
    price.set_ylabel("grid price, MAD/MWh", color="0.4")
    price.set_ylim(bottom=0)
    stored.set_title("Deliverable energy, what article 5.1 keeps back, and the grid's price (grey)")
    steps(load, table, LOADS)
    load.set_title("Compute: what runs when (IT power)")
    load.xaxis.set_major_formatter(mpl.dates.DateFormatter("%d %b\n%H:%MZ"))
    load.set_xlim(table.index[0], table.index[-1])
    figure.suptitle("A plan for the assumed plant, on the bundled synthetic climate", fontsize=11)
    return figure


if __name__ == "__main__":
    mpl.use("Agg")
    draw(dk.plan(start=START)).savefig(TARGET, dpi=100)
