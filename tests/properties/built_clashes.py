"""Small plants nothing can run, each with the limits that clash, found by hand.

Hours are those of the steps, on 5 January 2026 (UTC); a limit over a window has all of it.
"""

from dataclasses import dataclass
from typing import Any

from tests.unit.conftest import Plant

DAY = "2026-01-05"
LINE = "grid_line: most that can be drawn"
LOAD = "firm_load: demand"
WIND = "wind_main: available power"


@dataclass(frozen=True, slots=True)
class Case:
    """A plant, and the hours each limit of its only clash has: first and last."""

    plant: Plant
    limits: dict[str, tuple[int, int]]


def line(import_max_mw: float, **more: Any) -> dict[str, Any]:
    """Return a line that carries so much."""
    return {"grid": {"line": {"import_max_mw": import_max_mw, **more}}}


def genset(**changes: Any) -> dict[str, Any]:
    """Return one unit of 20 MW."""
    return {"genset": {"main": {"unit_power_max_mw": 20.0} | changes}}


def battery(**changes: Any) -> dict[str, Any]:
    """Return a battery without losses."""
    lossless = {"charge_efficiency_pu": 1.0, "discharge_efficiency_pu": 1.0}
    return {"battery": {"main": lossless | changes}}


def cap(import_max_mw: float, first_hour: int, last_hour: int) -> dict[str, Any]:
    """Return a cap of some hours, UTC."""
    return {
        "kind": "import_cap",
        "import_max_mw": import_max_mw,
        "first_hour": first_hour,
        "last_hour": last_hour,
        "time_zone": "Etc/GMT",
    }


def share(share_min_pu: float) -> dict[str, Any]:
    """Return a renewable share of the whole plan."""
    return {"kind": "renewable_share", "share_min_pu": share_min_pu, "window": "horizon"}


def quota(workload: str, quota_mwh_per_week: float) -> dict[str, Any]:
    """Return the work due in a week; four hours owe 4/168 of it."""
    return {
        "kind": "research_quota",
        "workload": workload,
        "quota_mwh_per_week": quota_mwh_per_week,
        "time_zone": "Etc/GMT",
    }


CLOUD = {
    "tiers": [
        {"shed_max_pu": 0.1, "value_mad_per_mwh": 6000.0},
        {"shed_max_pu": 0.2, "value_mad_per_mwh": 20000.0},
    ]
}
FLEET = {"main": {"floor_pu": 0.9}}  # 90 MWh in an hour
CLASHES = {
    "a cap of nothing, and no other supply": Case(
        Plant(buy=[500] * 4, load=[10] * 4, clauses=[cap(0.0, 2, 3)]),
        {"Art. 1": (2, 3), LOAD: (2, 3)},
    ),
    "a line too thin in one hour": Case(
        Plant(buy=[500] * 4, load=[7, 8, 9.5, 3], tables=line(8.0)),
        {LINE: (2, 3), LOAD: (2, 3)},
    ),
    "no supply at all": Case(Plant(load=[0, 10]), {LOAD: (1, 2)}),
    "a share of 100 % in a calm hour": Case(
        Plant(buy=[500] * 4, load=[10] * 4, wind=[20, 20, 3, 20], clauses=[share(1.0)]),
        {"Art. 1": (0, 4), LOAD: (2, 3), WIND: (2, 3)},
    ),
    "a carbon budget without wind": Case(
        Plant(
            load=[10],
            tables=genset(emission_kg_per_mwh=800.0),
            clauses=[{"kind": "carbon_budget", "budget_kg": 6000.0, "window": "horizon"}],
        ),
        {"Art. 1": (0, 1), LOAD: (0, 1)},
    ),
    "a ride-through above the battery": Case(
        Plant(
            buy=[500],
            load=[10],
            tables=battery(energy_max_mwh=30.0, energy_initial_mwh=30.0),
            clauses=[{"kind": "ride_through", "autonomy_h": 4.0}],
        ),
        {"Art. 1": (0, 1), "battery_main: energy capacity": (0, 1)},
    ),
    "a ride-through without any battery": Case(
        Plant(
            buy=[500],
            load=[10],
            tables=genset(),
            clauses=[{"kind": "ride_through", "autonomy_h": 4.0}],
        ),
        {"Art. 1": (0, 1)},
    ),
    "a quota above the fleet": Case(
        Plant(
            buy=[500] * 4,
            tables={"training": {"lab": {"power_max_mw": 1.0}}},
            clauses=[quota("training_lab", 336.0)],  # 8 MWh
        ),
        {"Art. 1": (0, 4), "training_lab: power of the fleet": (0, 4)},
    ),
    "a cap against a quota": Case(
        Plant(
            buy=[500] * 4,
            tables={"training": {"lab": {"power_max_mw": 20.0}}},
            clauses=[cap(1.0, 0, 0), quota("training_lab", 336.0)],
        ),
        {"Art. 1": (0, 4), "Art. 2": (0, 4)},
    ),
    "a share against a quota, in no wind": Case(
        Plant(
            buy=[500] * 4,
            wind=[0] * 4,
            tables={"training": {"lab": {"power_max_mw": 20.0}}},
            clauses=[share(1.0), quota("training_lab", 336.0)],
        ),
        {"Art. 1": (0, 4), "Art. 2": (0, 4), WIND: (0, 4)},
    ),
    "a training contract above the halls": Case(
        Plant(
            buy=[500] * 4,
            tables={"training": FLEET, "facility": {"it_power_max_mw": 50.0}},
        ),
        {"training_main: contracted work": (0, 4), "facility: power of the halls (IT)": (0, 4)},
    ),
    "a training contract above the line": Case(
        Plant(buy=[500] * 4, tables={"training": FLEET} | line(40.0)),
        {"training_main: contracted work": (0, 4), LINE: (0, 4)},
    ),
    "a deadline above the machines": Case(
        Plant(
            buy=[500],
            tables={
                "deferrable": {"main": {"arrival_mw": 6.0, "deadline_h": 1.0, "power_max_mw": 4.0}}
            },
        ),
        {
            "deferrable_main: most that may run at once": (0, 1),
            "deferrable_main: work due": (0, 1),
        },
    ),
    "fuel for an hour and a half": Case(
        Plant(load=[5, 5], tables=genset(fuel_stock_l=1875.0)),
        {"genset_main: fuel": (0, 2), LOAD: (0, 2)},
    ),
    "energy at the end without a source": Case(
        Plant(load=[0, 0], tables=battery(energy_final_min_mwh=50.0)),
        {"battery_main: energy at the end": (1, 2)},
    ),
    "energy at the end behind a thin line": Case(
        Plant(buy=[1, 1], load=[0, 0], tables=line(8.0) | battery(energy_final_min_mwh=50.0)),
        {"battery_main: energy at the end": (1, 2), LINE: (0, 2)},
    ),
    "energy at the end above the converter": Case(
        Plant(
            buy=[1, 1],
            load=[0, 0],
            tables=battery(energy_final_min_mwh=50.0, charge_max_mw=10.0),
        ),
        {"battery_main: energy at the end": (1, 2), "battery_main: charging power": (0, 2)},
    ),
    "customers beyond what tiers shed": Case(
        Plant(
            buy=[500, 500],
            load=[10, 14],
            series={"firm_cloud_demand_mw": [20, 20]},
            tables={"firm": {"cloud": CLOUD}} | line(27.0),
        ),
        {"firm_cloud: demand that may not be shed": (1, 2), LINE: (1, 2), LOAD: (1, 2)},
    ),
    "energy to be taken that nobody needs": Case(
        Plant(buy=[500] * 2, load=[1, 1], tables=line(50.0, import_energy_min_mwh=30.0)),
        {
            "grid_line: least energy to be drawn": (0, 2),
            "grid_line: most that can be fed in": (0, 2),
        },
    ),
    "overhead that leaves no room": Case(
        Plant(buy=[1], load=[6], tables={"facility": {"fixed_overhead_mw": 5.0}} | line(8.0)),
        {LINE: (0, 1), LOAD: (0, 1), "facility: fixed overhead": (0, 1)},
    ),
    "whole units: a least run nobody needs": Case(
        Plant(load=[5, 0], tables=genset(unit_power_min_mw=3.0, min_up_h=2.0)),
        {
            LOAD: (0, 1),
            "genset_main: least power of a running unit": (1, 2),
            "genset_main: least run of a unit": (1, 2),
        },
    ),
    "whole units: too few hours": Case(
        Plant(load=[5, 5, 5], tables=genset(running_max_h=2.0)),
        {LOAD: (0, 3), "genset_main: most running hours": (0, 3)},
    ),
    "whole units: least power above the load": Case(
        Plant(load=[5, 2], tables=genset(unit_power_min_mw=3.0)),
        {LOAD: (1, 2), "genset_main: least power of a running unit": (1, 2)},
    ),
    "whole hours: on or off on half a line": Case(
        Plant(
            buy=[500] * 2,
            tables={"interruptible": {"main": {"hours_h": 12.0, "window_h": 24}}} | line(6.0),
        ),
        {"interruptible_main: hours due": (0, 2), LINE: (0, 2)},
    ),
}
