"""Words a planner reads for the names the program uses: key figures, weather levels, limits."""

import re
from functools import cache

from optimizer.model_words import as_read
from optimizer.phrases import phrase, template

# key figure -> words, unit shown, factor from the figure's own unit, digits
FIGURES: dict[str, tuple[str, str, float, int]] = {
    "solar_used_mwh": (phrase("solar used"), "MWh", 1, 0),
    "wind_used_mwh": (phrase("wind used"), "MWh", 1, 0),
    "renewable_available_mwh": (phrase("solar and wind available"), "MWh", 1, 0),
    "curtailment_pu": (phrase("solar and wind left unused"), "%", 100, 1),
    "battery_charge_mwh": (phrase("into batteries"), "MWh", 1, 0),
    "battery_discharge_mwh": (phrase("out of batteries"), "MWh", 1, 0),
    "import_mwh": (phrase("drawn from the grid"), "MWh", 1, 0),
    "export_mwh": (phrase("fed into the grid"), "MWh", 1, 0),
    "genset_mwh": (phrase("made by gensets"), "MWh", 1, 0),
    "facility_mwh": (phrase("drawn by the facility"), "MWh", 1, 0),
    "it_mwh": (phrase("drawn by machines (IT)"), "MWh", 1, 0),
    "shed_mwh": (phrase("commercial load shed"), "MWh", 1, 1),
    "missed_mwh": (phrase("deferrable work missed"), "MWh", 1, 1),
    "renewable_share_pu": (phrase("renewable share of the draw"), "%", 100, 1),
    "cfe_score_pu": (phrase("carbon-free, hour by hour (CFE score)"), "%", 100, 1),
    "pue_pu": (phrase("PUE"), "", 1, 3),
    "wue_l_per_kwh": (phrase("WUE"), "L/kWh", 1, 3),
    "cue_kg_per_kwh": (phrase("CUE"), "kg/kWh", 1, 3),
    "emission_kg": (phrase("CO2"), "t", 1e-3, 0),
    "scope2_location_kg": (phrase("CO2 of the draw, scope 2, location-based"), "t", 1e-3, 0),
    "scope2_market_hourly_kg": (phrase("CO2 of the draw, scope 2, market-based"), "t", 1e-3, 0),
    "water_m3": (phrase("water"), "m3", 1, 0),
}
# the same of figures that stand in kpis.json and reports, not on the screen
REPORTED: dict[str, tuple[str, str, float, int]] = {
    "hourly_matched_pu": (phrase("matched by the hour with renewable power"), "%", 100, 1),
    "volumetric_share_pu": (phrase("certificates of renewable power over the load"), "%", 100, 1),
    "ref_pu": (phrase("REF"), "", 1, 3),
    "renewable_surplus_pu": (phrase("solar and wind not used on site"), "%", 100, 1),
    "scope2_market_annual_kg": (phrase("CO2 of the draw, market-based, by volume"), "t", 1e-3, 0),
    "islanded_eens_mwh": (phrase("load uncovered without lines and gensets (EENS)"), "MWh", 1, 0),
    "islanded_lpsp_pu": (phrase("the same over the load (LPSP)"), "%", 100, 2),
    "islanded_lolh_h": (phrase("hours in which it is uncovered (LOLH)"), "h", 1, 1),
}

# weather level -> title, remark
LEVELS: dict[str, tuple[str, str]] = {
    "synthetic": (
        phrase("SYNTHETIC"),
        phrase("made up from climate statistics; not a forecast of these days."),
    ),
    "tmy": (
        phrase("TYPICAL YEAR"),
        phrase("hours of other years; not a forecast of these days."),
    ),
    "measured": (phrase("measured"), ""),
    "forecast": (phrase("forecast"), ""),
    "given": (phrase("given"), ""),
}

_LIMITS = {
    "used_mw": phrase("all available power is used"),
    "import_mw": phrase("most that can be drawn"),
    "export_mw": phrase("most that can be fed in"),
    "energy_mwh": phrase("energy capacity"),
    "segment_energy_mwh": phrase("energy in a segment of depth"),
    "charge_mw": phrase("charging power"),
    "discharge_mw": phrase("discharging power"),
    "power_mw": phrase("power"),
    "powered_mw": phrase("machines there are"),
    "work_mw": phrase("work at full power"),
    "run_mw": phrase("servers set aside"),
    "rate_mw": phrase("how fast a batch may run"),
    "left_mwh": phrase("work that may be left for later"),
    "missed_mwh": phrase("work that may be missed"),
    "fuel_stock_l": phrase("fuel in stock"),
    "shed_tier1_mw": phrase("most that may be shed first"),
    "shed_tier2_mw": phrase("most that may be shed next"),
    "energy_drawn": phrase("energy to be drawn"),
    "halls": phrase("power of the halls (IT)"),
    "connection": phrase("power of the whole facility"),
    "budget": phrase("what its windows allow or owe"),
    "cap": phrase("draw in the capped hours"),
    "autonomy": phrase("energy kept for the sovereign load"),
    "contract": phrase("contracted work"),
    "floor": phrase("least work"),
}

# kind of cost, as names have it -> words; those of two words also as names have them
_COSTS = {
    "import": phrase("import"),
    "export": phrase("export"),
    "demand": phrase("demand"),
    "ageing": phrase("ageing"),
    "end_value": phrase("end value"),
    "fuel": phrase("fuel"),
    "starts": phrase("starts"),
    "stops": phrase("stops"),
    "running": phrase("running"),
    "energy": phrase("energy"),
    "curtailment": phrase("curtailment"),
    "value": phrase("value"),
    "surplus_value": phrase("surplus value"),
    "left_value": phrase("left value"),
    "spilled": phrase("spilled"),
    "shortfall": phrase("shortfall"),
    "restart": phrase("restart"),
    "missed": phrase("missed"),
    "left": phrase("left"),
    "lost": phrase("lost"),
    "extra": phrase("extra"),
    "shift": phrase("shift"),
    "sla": phrase("sla"),
    "unserved": phrase("unserved"),
    "surplus": phrase("surplus"),
    "breach": phrase("breach"),
    "budget": phrase("budget"),
}
_AS_NAMED = {
    "end_value": phrase("end_value"),
    "surplus_value": phrase("surplus_value"),
    "left_value": phrase("left_value"),
}
_ALONE = {
    "cooling": phrase("cooling"),
    "facility": phrase("facility"),
    "bus": phrase("bus"),
    "site": phrase("site"),
}
_PARTS = {  # kind of part -> template
    "solar": template("solar {name}"),
    "wind": template("wind {name}"),
    "battery": template("battery {name}"),
    "grid": template("grid {name}"),
    "genset": template("genset {name}"),
    "firm": template("firm {name}"),
    "deferrable": template("deferrable {name}"),
    "training": template("training {name}"),
    "jobs": template("jobs {name}"),
    "interruptible": template("interruptible {name}"),
    "quota": template("quota {name}"),
    "desalination": template("desalination {name}"),
    "chilled_store": template("chilled store {name}"),
}
_CLAUSES = {  # kind of clause -> words
    "renewable_share": phrase("renewable share"),
    "import_cap": phrase("import cap"),
    "ride_through": phrase("ride through"),
    "research_quota": phrase("research quota"),
    "surplus_cap": phrase("surplus cap"),
    "exclusive_supply": phrase("exclusive supply"),
    "cfe_score": phrase("cfe score"),
    "carbon_budget": phrase("carbon budget"),
    "ramp_limit": phrase("ramp limit"),
    "curtailment_priority": phrase("curtailment priority"),
    "minimum_storage": phrase("minimum storage"),
    "n_minus_one": phrase("n minus one"),
    "embassy_reserve": phrase("embassy reserve"),
    "genset_hours": phrase("genset hours"),
    "fuel_budget": phrase("fuel budget"),
    "water_budget": phrase("water budget"),
    "regional_water": phrase("regional water"),
    "regional_energy": phrase("regional energy"),
}
_NUMBERS = (  # what the main numbers of clauses are, as their descriptions begin
    phrase("most a plant may be curtailed out of order"),
    phrase("IT power that may start in any step"),
    phrase("draw that needs no exception"),
    phrase("most that may be drawn"),
    phrase("least energy in store"),
    phrase("hours the batteries must carry it"),
    phrase("most that exchange may change by"),
    phrase("hours the sovereign load must live on"),
    phrase("most that may be emitted in a window"),
    phrase("most that is burnt in a window"),
    phrase("most hours of all units in a window"),
    phrase("energy due in a window"),
    phrase("water due in a window"),
    phrase("work due in a week"),
    phrase("most that may evaporate in a window"),
    phrase("least CFE score"),
    phrase("least renewable share"),
    phrase("most that is fed in"),
)
_TIER = re.compile(r"(?:(.+)_)?shed_tier(\d+)")


@cache
def limit_words(name: str) -> str:
    """Return a limit's owner and its meaning: ``grid_onee.import_mw`` is most that can be drawn."""
    owner, _, what = name.partition(".")
    if owner == "held":  # pin_2_grid_onee_import_mw
        kind, _, column = what.split("_", 2)
        return held_words(kind, column)
    limit = _LIMITS.get(what, as_read(what))
    return phrase("{owner}: {limit}", {"owner": owner_words(owner), "limit": limit})


def held_words(kind: str, column: str) -> str:
    """Return what holds a published quantity: a pin, or a commitment."""
    if kind == "pin":
        return phrase("pin of {column}", {"column": column})
    return phrase("commitment of {column}", {"column": column})


@cache
def owner_words(name: str) -> str:
    """Return a part or clause as it is read: ``art_4_2_breach`` is Art. 4.2 breach."""
    article = re.match(r"art_([0-9a-z]+(?:_[0-9a-z]+)*?)(_breach)?$", name)
    if article is not None:
        values = {"article": article[1].replace("_", ".")}
        if article[2] == "_breach":
            return phrase("Art. {article} breach", values)
        return phrase("Art. {article}", values)
    if name in _ALONE:
        return _ALONE[name]
    for kind, words in _PARTS.items():
        if name.startswith(f"{kind}_"):
            return phrase(words, {"name": name.removeprefix(f"{kind}_").replace("_", " ")})
    return name.replace("_", " ")


@cache
def cost_words(name: str) -> str:
    """Return a part's cost as it is read: ``grid_onee_import`` is grid onee import."""
    if tier := _TIER.fullmatch(name):
        values = {"part": owner_words(tier[1] or ""), "tier": tier[2]}
        return phrase("{part} shed tier{tier}", values)
    for kind, words in _COSTS.items():
        if name.endswith(f"_{kind}") and name != f"_{kind}":
            part = owner_words(name.removesuffix(f"_{kind}"))
            return phrase("{part} {cost}", {"part": part, "cost": words})
    return owner_words(name)


def kind_of_cost(kind: str) -> str:
    """Return a kind of cost as names have it."""
    if tier := _TIER.fullmatch(kind):
        return phrase("shed_tier{tier}", {"tier": tier[2]})
    return _AS_NAMED.get(kind, _COSTS.get(kind, kind))


def clause_words(kind: str) -> str:
    """Return a kind of clause as it is read."""
    return _CLAUSES.get(kind, kind.replace("_", " "))


def clause_number(what: str) -> str:
    """Return what the main number of a clause is, as it is read."""
    return next((words for words in _NUMBERS if words == what), what)
