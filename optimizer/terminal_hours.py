"""A schedule by the hour, as tables and charts in a terminal show it."""

import numpy as np
import pandas as pd

from optimizer.config import SERVICES, WORKLOADS, Site

BINDING_H = 24.0  # the part of a plan that is carried out; the rest looks ahead
STORED = "battery\nstored"
SUPPLY = (  # kind, header lines, quantity
    ("solar", "\nsolar", "used_mw"),
    ("wind", "\nwind", "used_mw"),
    ("battery", "battery\ncharge", "charge_mw"),
    ("battery", "battery\nout", "discharge_mw"),
    ("battery", STORED, "energy_mwh"),
    ("grid", "grid\nimport", "import_mw"),
    ("grid", "grid\nexport", "export_mw"),
    ("genset", "gen-\nsets", "power_mw"),
)
_KIND_WORDS = {
    "firm": "firm",
    "deferrable": "batch",
    "training": "train.",
    "jobs": "jobs",
    "interruptible": "on/off",
    "quota": "quota",
    "desalination": "desal.",
    "chilled_store": "chill",
}


def hours_of(table: pd.DataFrame, site: Site) -> pd.DataFrame:
    """Return the binding hours: means of power, the last stored energy, by the hour's beginning.

    Returns
    -------
    DataFrame, shape (hours, columns)
        Columns are named by their two header lines. MW, stored in MWh, price in MAD/MWh.
    """
    end_h = table["step_h"].cumsum()
    table = table[(end_h <= BINDING_H + 1e-9) | (np.arange(len(table)) == 0)]
    columns: dict[str, pd.Series] = {}
    for kind, head, quantity in SUPPLY:
        names = [f"{part.name}_{quantity}" for part in getattr(site, kind).values()]
        if names:
            columns[head] = table[names].sum(axis=1)
    for kind in WORKLOADS:
        for key, part in getattr(site, kind).items():
            columns[f"{_KIND_WORDS[kind]}\n{key}"] = table[f"{part.name}_{part.it_quantity}"]
    for kind in SERVICES:
        for key, part in getattr(site, kind).items():
            if f"{part.name}_power_mw" in table.columns:
                columns[f"{_KIND_WORDS[kind]}\n{key}"] = table[f"{part.name}_power_mw"]
    columns["\nother"] = table["facility_power_mw"] - table["facility_it_mw"]
    for key, grid in site.grid.items():
        price = table[f"{grid.name}_import_price_mad_per_mwh"]
        columns[f"price\n{key if len(site.grid) > 1 else 'MAD'}"] = price
    return _by_hour(pd.DataFrame(columns), table["step_h"])


def _by_hour(frame: pd.DataFrame, step_h: pd.Series) -> pd.DataFrame:
    """Return means over each clock hour, weighted by the length of the steps that begin in it."""
    hour = pd.DatetimeIndex(frame.index).floor("h")
    means = frame.mul(step_h, axis=0).groupby(hour).sum().div(step_h.groupby(hour).sum(), axis=0)
    if STORED in frame.columns:
        means[STORED] = frame[STORED].groupby(hour).last()
    return means
