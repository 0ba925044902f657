"""Words a planner reads for the names the program uses: key figures, weather levels, limits."""

import re

# key figure -> words, unit shown, factor from the figure's own unit, digits
FIGURES: dict[str, tuple[str, str, float, int]] = {
    "solar_used_mwh": ("solar used", "MWh", 1, 0),
    "wind_used_mwh": ("wind used", "MWh", 1, 0),
    "renewable_available_mwh": ("solar and wind available", "MWh", 1, 0),
    "curtailment_pu": ("solar and wind left unused", "%", 100, 1),
    "battery_charge_mwh": ("into batteries", "MWh", 1, 0),
    "battery_discharge_mwh": ("out of batteries", "MWh", 1, 0),
    "import_mwh": ("drawn from the grid", "MWh", 1, 0),
    "export_mwh": ("fed into the grid", "MWh", 1, 0),
    "genset_mwh": ("made by gensets", "MWh", 1, 0),
    "facility_mwh": ("drawn by the facility", "MWh", 1, 0),
    "it_mwh": ("drawn by machines (IT)", "MWh", 1, 0),
    "shed_mwh": ("commercial load shed", "MWh", 1, 1),
    "missed_mwh": ("deferrable work missed", "MWh", 1, 1),
    "renewable_share_pu": ("renewable share of the draw", "%", 100, 1),
    "cfe_score_pu": ("carbon-free, hour by hour (CFE score)", "%", 100, 1),
    "pue_pu": ("PUE", "", 1, 3),
    "wue_l_per_kwh": ("WUE", "L/kWh", 1, 3),
    "cue_kg_per_kwh": ("CUE", "kg/kWh", 1, 3),
    "emission_kg": ("CO2", "t", 1e-3, 0),
    "scope2_location_kg": ("CO2 of the draw, scope 2, location-based", "t", 1e-3, 0),
    "scope2_market_hourly_kg": ("CO2 of the draw, scope 2, market-based", "t", 1e-3, 0),
    "water_m3": ("water", "m3", 1, 0),
}
# the same of figures that stand in kpis.json and reports, not on the screen
REPORTED: dict[str, tuple[str, str, float, int]] = {
    "hourly_matched_pu": ("matched by the hour with renewable power", "%", 100, 1),
    "volumetric_share_pu": ("certificates of renewable power over the load", "%", 100, 1),
    "ref_pu": ("REF", "", 1, 3),
    "renewable_surplus_pu": ("solar and wind not used on site", "%", 100, 1),
    "scope2_market_annual_kg": ("CO2 of the draw, market-based, by volume", "t", 1e-3, 0),
    "islanded_eens_mwh": ("load uncovered without lines and gensets (EENS)", "MWh", 1, 0),
    "islanded_lpsp_pu": ("the same over the load (LPSP)", "%", 100, 2),
    "islanded_lolh_h": ("hours in which it is uncovered (LOLH)", "h", 1, 1),
}

# weather level -> title, remark
LEVELS: dict[str, tuple[str, str]] = {
    "synthetic": ("SYNTHETIC", "made up from climate statistics; not a forecast of these days."),
    "tmy": ("TYPICAL YEAR", "hours of other years; not a forecast of these days."),
    "measured": ("measured", ""),
    "forecast": ("forecast", ""),
    "given": ("given", ""),
}

_LIMITS = {
    "used_mw": "all available power is used",
    "import_mw": "most that can be drawn",
    "export_mw": "most that can be fed in",
    "energy_mwh": "energy capacity",
    "segment_energy_mwh": "energy in a segment of depth",
    "charge_mw": "charging power",
    "discharge_mw": "discharging power",
    "power_mw": "power",
    "powered_mw": "machines there are",
    "work_mw": "work at full power",
    "run_mw": "servers set aside",
    "rate_mw": "how fast a batch may run",
    "left_mwh": "work that may be left for later",
    "missed_mwh": "work that may be missed",
    "fuel_stock_l": "fuel in stock",
    "shed_tier1_mw": "most that may be shed first",
    "shed_tier2_mw": "most that may be shed next",
    "energy_drawn": "energy to be drawn",
    "halls": "power of the halls (IT)",
    "connection": "power of the whole facility",
    "budget": "what its windows allow or owe",
    "cap": "draw in the capped hours",
    "autonomy": "energy kept for the sovereign load",
    "contract": "contracted work",
    "floor": "least work",
}


def limit_words(name: str) -> str:
    """Return a limit's owner and its meaning: ``grid_onee.import_mw`` is most that can be drawn."""
    owner, _, what = name.partition(".")
    if owner == "held":  # pin_2_grid_onee_import_mw
        kind, _, column = what.split("_", 2)
        return f"{kind} of {column}"
    return f"{owner_words(owner)}: {_LIMITS.get(what, what.replace('_', ' '))}"


def owner_words(name: str) -> str:
    """Return a part or clause as it is read: ``art_4_2_breach`` is Art. 4.2 breach."""
    article = re.match(r"art_([0-9a-z]+(?:_[0-9a-z]+)*?)(_breach)?$", name)
    if article is None:
        return name.replace("_", " ")
    return f"Art. {article[1].replace('_', '.')}{' breach' if article[2] else ''}"
