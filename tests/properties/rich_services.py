"""Services of the rich site, and what its workloads carry from one plan to the next."""

from typing import Any

SEA = {
    "power_max_mw": 3.0,
    "power_min_mw": 0.5,
    "energy_kwh_per_m3": 3.03,
    "ramp_max_mw_per_h": 4.0,
    "demand_m3_per_h": 450.0,
    "profile_pu": [0.8] * 12 + [1.2] * 12,
    "tank_max_m3": 1300.0,
    "missed_mad_per_m3": 2.4,  # some 800 MAD/MWh: the grid's peak is dearer
    "value_mad_per_m3": 0.2,
}
COLD = {
    "charge_max_mw": 15.0,
    "discharge_max_mw": 20.0,
    "energy_max_mwh": 50.0,
    "charge_efficiency_pu": 0.97,
    "discharge_efficiency_pu": 0.96,
    "loss_pu_per_h": 0.004,
    "pump_power_pu": 0.01,
    "energy_initial_mwh": 20.0,
    "end_value_mad_per_mwh": 40.0,
}
ROWS = (
    ("desalination_sea", "water_m3", 700.0, ""),
    ("desalination_sea", "power_mw", 2.0, ""),
    ("chilled_store_cold", "energy_mwh", 25.0, ""),
    ("training_ai", "delivered_mwh", 225.0, "2026-03-02T00:00Z"),
    ("training_sync", "status_h", 1.5, ""),
    ("deferrable_jobs", "backlog_mwh", 6.0, "2026-03-02T09:00Z/2026-03-02T16:30Z#2"),
    ("deferrable_jobs", "rate_max_mw", 4.0, "2026-03-02T09:00Z/2026-03-02T16:30Z#2"),
    ("firm_cloud", "demand_mwh", 1400.0, "2026-03"),
    ("firm_cloud", "shed_mwh", 12.0, "2026-03"),
)


def extended(tables: dict[str, Any]) -> dict[str, Any]:
    """Return the site's tables with services, contracts by window, run times, a service level."""
    training, firm = tables["training"], tables["firm"]
    fleet = {"window_h": 24, "extra_value_mad_per_mwh": 890.0, "throughput_min_pu": 0.74}
    job = {"min_up_h": 3.0, "min_down_h": 2.0}
    level = {"sla_pu": 0.95, "sla_excess_mad_per_mwh": 5.0}
    return tables | {
        "desalination": {"sea": SEA},
        "chilled_store": {"cold": COLD},
        "training": training | {"ai": training["ai"] | fleet, "sync": training["sync"] | job},
        "firm": firm | {"cloud": firm["cloud"] | level},
    }
