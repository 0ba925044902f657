"""Key figures of carbon accounting: matching by the step and by volume, scope 2, certificates.

Load is what the facility draws; what services beside it draw is part of the import alone. Other
than carbon-free are gensets and, of a MWh drawn from a line, what its ``carbon_free_pu`` leaves;
wheeled power is renewable. What is drawn to charge a battery counts where it is drawn, so that no
loss is forgotten and nothing is renewable twice: with losses, shares may fall below zero.

By the step:

* CFE score = 1 - sum ((1 - CFE_grid) import + genset) / sum load, which is Google's sum over the
  hours of min(load, carbon-free supply) + CFE_grid import (24/7 methodologies, 2021);
* hourly matched share = the same with nothing of the grid's mix: 1 - sum (import that is not
  wheeled + genset) / sum load. A surplus of one step offsets no other step;
* market-based scope 2 = import that is not wheeled times the residual mix, which is the line's
  ``residual_emission_kg_per_mwh`` or, where the site file does not say, the intensity of the step.

By volume, over all the steps together: certificates of all that sun and wind made, fed in or not
(nothing is issued for what is curtailed), and wheeled power.

* renewable share (RE100) = certificates / load; REF (ISO/IEC 30134-3) the same, at most 1
  (of what the site itself consumed without certificates, REF is ``renewable_share_pu``);
* market-based scope 2: certificates of what was fed in cancel as many MWh drawn, of each line
  alike.

Scope 2 is of what is drawn alone: what gensets emit is scope 1, and in ``emission_kg``.
"""

from collections.abc import Callable

import pandas as pd

from optimizer.assets.grid import Grid
from optimizer.config import Site

Figures = dict[str, float]


def carbon_figures(site: Site, table: pd.DataFrame) -> Figures:
    """Return shares [per unit] and, where there is a line, scope 2 emissions [kg] of some steps.

    References
    ----------
    .. [1] Google, "24/7 Carbon-Free Energy: Methodologies and Metrics," 2021.
    .. [2] ISO/IEC 30134-3, and Regulation (EU) 2024/1364, Annex III(d): REF.
    .. [3] WRI and WBCSD, "GHG Protocol Scope 2 Guidance," 2015; matching by the hour as in the
       draft of Oct 2025.
    """
    hours, lines = table["step_h"], list(site.grid.values())
    load, genset, made, available = (
        float((power_mw * hours).sum())
        for power_mw in (
            table["facility_power_mw"],
            table["site_genset_mw"],
            table["site_renewable_mw"],
            _available_mw(site, table),
        )
    )
    fed_in = float((table[["site_export_mw", "site_renewable_mw"]].min(axis=1) * hours).sum())
    wheeled = _drawn(lines, table, lambda g: float(g.is_wheeled))
    unmatched = _drawn(lines, table, lambda g: float(not g.is_wheeled))
    dirty = _drawn(lines, table, lambda g: 1 - table[f"{g.name}_carbon_free_pu"])
    figures = {
        "cfe_score_pu": 1 - ratio(dirty + genset, load),
        "hourly_matched_pu": 1 - ratio(unmatched + genset, load),
        "volumetric_share_pu": ratio(made + wheeled, load) if load else 1.0,
        "ref_pu": min(1.0, ratio(made + wheeled, load)) if load else 1.0,
        "renewable_surplus_pu": ratio(available - made + fed_in, available),
    }
    if lines:
        hourly_kg = _drawn(lines, table, lambda g: _residual(g, table))
        figures["scope2_location_kg"] = _drawn(lines, table, lambda g: _intensity(g, table))
        figures["scope2_market_hourly_kg"] = hourly_kg
        figures["scope2_market_annual_kg"] = hourly_kg * max(0.0, 1 - ratio(fed_in, unmatched))
    return figures


def _drawn(
    lines: list[Grid], table: pd.DataFrame, factor: Callable[[Grid], pd.Series | float]
) -> float:
    """Return the energy drawn from all lines, each MWh times a factor of its line and step."""
    parts = [table[f"{g.name}_import_mw"] * factor(g) * table["step_h"] for g in lines]
    return float(sum(part.sum() for part in parts))


def _available_mw(site: Site, table: pd.DataFrame) -> pd.Series:
    """Return what sun and wind could give in each step."""
    return table[[f"{p.name}_available_mw" for p in site.fleet(("solar", "wind"))]].sum(axis=1)


def _intensity(line: Grid, table: pd.DataFrame) -> pd.Series:
    """Return the carbon intensity of a MWh drawn from a line in each step [kg/MWh]."""
    return table[f"{line.name}_emission_kg_per_mwh"]


def _residual(line: Grid, table: pd.DataFrame) -> pd.Series | float:
    """Return the carbon intensity of a MWh drawn that no certificate covers [kg/MWh]."""
    if line.is_wheeled:
        return 0.0
    given = line.residual_emission_kg_per_mwh
    return _intensity(line, table) if given is None else given


def ratio(part: float, whole: float) -> float:
    """Return `part` over `whole`; 0 where there is no whole."""
    return part / whole if whole else 0.0
