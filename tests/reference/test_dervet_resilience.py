"""DER-VET's reliability case: a year in which the critical load always survives four hours.

Their kW, kWh and dollars are read as MW, MWh and MAD of a thousandth. The energy that must be held
is a series of the battery's; the share of outages survived is replayed from what is stored.
"""

import pandas as pd
import pytest

import optimizer as dk
from optimizer.audit import Published
from optimizer.resilience import Outage, outage_of, survival_curve, survived_h

ENERGY, DEMAND = 3_720_005.934940667, 603_915.0329705111  # results of the reference
WITH_RESERVE = 4_323_920.967911178
WITHOUT = 4_263_400.474833548  # its README's: the same without the energy that must be held
POWERS_AND_ENERGIES = ["load_kw", "critical_load_kw", "pv_kw", "min_soe_kwh", "dervet_soe_kwh"]
START = "2017-01-01T00:00Z"
BATTERY = {
    "charge_max_mw": 2.438,
    "discharge_max_mw": 2.438,
    "energy_max_mwh": 18.59,
    "charge_efficiency_pu": 0.91,
    "energy_initial_mwh": 9.295,
    "energy_final_min_mwh": 9.295,
    "energy_final_max_mwh": 9.295,
}
UTILITY = {
    "export_max_mw": 100.0,
    "tariff": {
        "time_zone": "Etc/GMT",
        "period": [],
        "demand_charge_mad_per_mw_month": 7016.0,
        "fixed_charge_mad_per_mw_year": 0.0,
    },
}


@pytest.fixture(scope="module")
def hourly(shared):
    """Return the case's hours, in MW and MWh."""
    table = pd.read_csv(shared("refcases/dervet_resilience/hourly.csv"))
    table[POWERS_AND_ENERGIES] = table[POWERS_AND_ENERGIES] / 1000
    return table


@pytest.fixture(scope="module")
def year(hourly, micro):
    """Return the case, with or without the energy that must be held."""

    def case(*, has_reserve: bool):
        price = (hourly["price_usd_per_kwh"] * 1000).tolist()
        series = {
            "firm_critical_demand_mw": hourly["critical_load_kw"].tolist(),
            "firm_rest_demand_mw": (hourly["load_kw"] - hourly["critical_load_kw"]).tolist(),
            "solar_pv_available_mw": hourly["pv_kw"].tolist(),
            "grid_utility_import_price_mad_per_mwh": price,
            "grid_utility_export_price_mad_per_mwh": price,
        }
        if has_reserve:  # theirs is of the beginning of an hour, ours of the end of the one before
            held_mwh = hourly["min_soe_kwh"].shift(-1, fill_value=0.0)
            series["battery_main_energy_min_mwh"] = held_mwh.tolist()
        fleets = {
            "grid": {"utility": UTILITY},
            "battery": {"main": BATTERY},
            "solar": {"pv": {}},
            "firm": {"critical": {}, "rest": {}},
        }
        return micro(start=START, fleets=fleets, series=series)

    return case


@pytest.fixture(scope="module")
def held(year):
    """The year's plan with the energy that must be held."""
    return year(has_reserve=True).plan()


@pytest.fixture(scope="module")
def free(year):
    """The year's plan without."""
    return year(has_reserve=False).plan()


def test_dispatch_with_the_reserve(held, hourly):
    """Proves the bill, energy 3,720,005.93 and demand 603,915.03, and that the reserve is kept."""
    cost = held.kpis["cost_mad"]
    assert held.objective_mad == pytest.approx(WITH_RESERVE, rel=1e-9)
    assert cost["grid_utility_import"] == pytest.approx(ENERGY, rel=1e-6)
    assert cost["grid_utility_demand"] == pytest.approx(DEMAND, rel=1e-6)
    stored = held.schedule["battery_main_energy_mwh"].to_numpy()
    assert (stored[:-1] - hourly["min_soe_kwh"].to_numpy()[1:]).min() >= -1e-6
    assert held.schedule["solar_pv_curtailed_mw"].max() == 0.0  # the reference can't curtail


def test_dispatch_without(free, held):
    """Proves the price of resilience: 60,520.49 a year."""
    assert free.objective_mad == pytest.approx(WITHOUT, rel=1e-9)
    assert held.objective_mad - free.objective_mad == pytest.approx(60_520.49, abs=0.01)


def published(plan: dk.Plan) -> Published:
    """Return what a plan publishes."""
    problem = plan.optimum.problem
    return Published(
        table=plan.schedule,
        site=problem.site,
        agreement=problem.agreement,
        given=problem.given,
        objective_mad=plan.objective_mad,
    )


def test_survival_curve(hourly, free, shared):
    """Proves the whole curve from what the reference has stored: all four hours, two in three five.

    Nothing survives 19 hours. The reference writes percent.
    """
    index = pd.date_range(START, periods=len(hourly), freq="h")
    outage = Outage(
        index=index,
        step_h=pd.Series(1.0, index=index).to_numpy(),
        load_mw=hourly["critical_load_kw"].to_numpy(),
        supply_mw=hourly["pv_kw"].to_numpy(),
        batteries=tuple(free.optimum.problem.site.battery.values()),
        stored_mwh=hourly[["dervet_soe_kwh"]].to_numpy().T,
    )
    expected = pd.read_csv(shared("refcases/dervet_resilience/load_coverage_prob.csv"))
    curve = survival_curve(outage, expected["Outage Length (hrs)"].tolist())
    assert len(curve) == 24
    assert (100 * curve).tolist() == pytest.approx(
        expected["Load Coverage Probability (%)"].tolist(), abs=1e-9
    )


def test_what_the_reserve_is_for(held, free):
    """Proves that with it every hour's outage is survived for four hours, and without it not."""
    lasting = {
        name: survived_h(outage_of(published(plan), "firm_critical_demand_mw"))
        for name, plan in (("held", held), ("free", free))
    }
    assert lasting["held"].iloc[:-3].min() >= 4  # the last three begin too late to last four hours
    assert (lasting["free"].iloc[:-3] < 4).any()
