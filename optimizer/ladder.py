"""Which limit gives way first where not all can be kept: the penalty ladder.

==== ======================================================= ========================
rung what gives way                                          price, in base prices
==== ======================================================= ========================
0    what the files themselves price (sheds, missed work...) its own price
1    energy a battery must hold at the plan's end            1
2    research quota                                          1.5
3    contracts of training, jobs, customers...               2
4    deadlines of deferrable work                            3
5    commercial load beyond what its tiers may shed          5
6    caps, shares, budgets and all other clauses             8
7    what is kept ready for the sovereign load               20
--   the sovereign load itself                               never
--   lines, fuel, machines, weather: a planner's to arrange  never taken by the program
==== ======================================================= ========================

The base price is above every price the files have for a MWh, so nothing on the ladder gives way
while what has a price of its own still can. What is not counted in MWh is converted by `PER_MWH`.
"""

from optimizer.limits import Names

BASE_LEAST_MAD = 5_000.0  # assumption: above gensets' fuel, which is some 4,000 MAD/MWh
_RUNGS = {  # decision: the order of the table above
    "energy at the end": 1.0,
    "research_quota": 1.5,
    "contract": 2.0,
    "deferrable": 3.0,
    "firm": 5.0,
    "clause": 8.0,
    "reserve": 20.0,
}
_RESERVES = ("ride_through", "n_minus_one", "embassy_reserve", "minimum_storage")
CONTRACTS = (  # what else gives way, each by a setting of its own
    "contracted work",
    "guaranteed power",
    "hours due",
    "jobs due",
    "service level of the month",
    "water due",
)
PER_MWH = {  # assumption: what comes with a MWh, so that rungs in other units stand in their order
    "kg": 1_000.0,  # CO2 of diesel and of a grid with coal
    "l": 250.0,  # diesel
    "m3": 250.0,  # desalinated water at 4 kWh/m3
}


def rung(names: Names, limit: str) -> float | None:
    """Return the price at which a limit gives way, in base prices; None where it never does."""
    kind, _, what = names.kind_of(limit), *limit.partition(": ")[::2]
    if kind == "clause":
        sort = names.clause_of(limit).kind
        return _RUNGS["reserve" if sort in _RESERVES else sort if sort in _RUNGS else "clause"]
    if what == "energy at the end":
        return _RUNGS[what]
    if what == "demand that may not be shed":
        return _RUNGS["firm"]
    if kind == "deferrable" and what == "work due":
        return _RUNGS["deferrable"]
    return _RUNGS["contract"] if what in CONTRACTS else None


def per_mwh(names: Names, limit: str) -> float:
    """Return how many units of a limit's amount come with a MWh."""
    return PER_MWH.get(unit_of(names, limit), 1.0)


def unit_of(names: Names, limit: str) -> str:
    """Return the unit of the amount by which a limit gives way, as names of fields have it."""
    what = limit.partition(": ")[2]
    if names.kind_of(limit) == "held":  # pin of genset_backup_on_count by Fatima: ...
        unit = limit.partition(":")[0].split()[2].rpartition("_")[2]
        return {"mw": "mwh", "count": "units"}.get(unit, unit)
    if names.kind_of(limit) == "clause":
        return names.clause_of(limit).price_field.partition("_per_")[2]
    return {
        "fuel": "l",
        "most running hours": "h",
        "most starts": "count",
        "hours due": "h",
        "water due": "m3",
    }.get(what, "mwh")
