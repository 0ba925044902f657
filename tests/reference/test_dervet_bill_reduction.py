"""DER-VET's bill reduction: a year of PV, battery and load under a monthly demand charge.

Case A of the reference (the size given). Their kW, kWh and dollars are read as MW, MWh and MAD
of a thousandth: 1575 kW is 1.575 MW, 7.016 $/kW is 7016 MAD/MW.
"""

import pandas as pd
import pytest

import optimizer as dk
from models.errors import InputError

DISPATCH = 4_422_052.132734103  # results of the reference, as its README sums them
ENERGY, DEMAND = 3_772_156.4770799847, 649_895.6556541186
ENERGY_ALONE, DEMAND_ALONE = 4_065_918.508490970, 823_148.624646400  # without PV and battery
DEMAND_CHARGE = 7016.0
BATTERY = {
    "charge_max_mw": 1.575,
    "discharge_max_mw": 1.575,
    "energy_max_mwh": 9.45,
    "charge_efficiency_pu": 0.91,
    "energy_initial_mwh": 4.725,
    "energy_final_min_mwh": 4.725,
    "energy_final_max_mwh": 4.725,
}


def charged(price_mad_per_mw: float, time_zone: str = "Etc/GMT") -> dict[str, object]:
    """Return a tariff that is a demand charge alone; the prices are series."""
    return {
        "time_zone": time_zone,
        "period": [],
        "demand_charge_mad_per_mw_month": price_mad_per_mw,
        "fixed_charge_mad_per_mw_year": 0.0,
    }


@pytest.fixture(scope="module")
def year(shared, micro):
    """Return the case with or without PV and battery."""
    hourly = pd.read_csv(shared("refcases/dervet_bill_reduction/hourly.csv"))
    price = (hourly["price_usd_per_kwh"] * 1000).tolist()
    own = {"battery": {"main": BATTERY}, "solar": {"pv": {}}}
    utility = {"export_max_mw": 100.0, "tariff": charged(DEMAND_CHARGE)}
    load = {
        "firm_load_demand_mw": (hourly["load_kw"] / 1000).tolist(),
        "grid_utility_import_price_mad_per_mwh": price,
        "grid_utility_export_price_mad_per_mwh": price,
    }

    def case(*, is_alone: bool):
        fleets = {"grid": {"utility": utility}, "firm": {"load": {}}} | ({} if is_alone else own)
        series = load | ({} if is_alone else {"solar_pv_available_mw": hourly["pv_pu"].tolist()})
        return micro(start="2017-01-01T00:00Z", fleets=fleets, series=series)

    return case


def test_dispatch(year, shared):
    """Proves the year's bill: energy 3,772,156.48 and demand 649,895.66, month by month."""
    plan = year(is_alone=False).plan()
    cost = plan.kpis["cost_mad"]
    assert plan.objective_mad == pytest.approx(DISPATCH, rel=1e-6)
    assert cost["grid_utility_import"] == pytest.approx(ENERGY, rel=1e-6)
    assert cost["grid_utility_demand"] == pytest.approx(DEMAND, rel=1e-6)
    assert plan.schedule["solar_pv_curtailed_mw"].max() == 0.0  # the reference can't curtail
    bills = pd.read_csv(
        shared("refcases/dervet_bill_reduction/results/simple_monthly_bill.csv"), index_col=0
    )
    drawn = plan.schedule["grid_utility_import_mw"]
    monthly = drawn.groupby(drawn.index.strftime("%Y-%m")).max() * DEMAND_CHARGE
    expected = bills["Demand Charge ($)"]
    assert monthly.to_dict() == pytest.approx(expected.to_dict(), abs=0.01)  # to the cent


def test_bill_without_pv_and_battery(year):
    """Proves the bill that nothing reduces, which no decision moves."""
    cost = year(is_alone=True).plan().kpis["cost_mad"]
    assert cost["grid_utility_import"] == pytest.approx(ENERGY_ALONE, rel=1e-9)
    assert cost["grid_utility_demand"] == pytest.approx(DEMAND_ALONE, rel=1e-9)


@pytest.mark.parametrize(
    ("opening_mw", "charged_mw"),
    [(None, 80.0), (0.0, 80.0), (60.0, 20.0), (79.0, 1.0), (80.0, 0.0), (95.0, 0.0)],
)
def test_only_above_the_opening_peak(micro, opening_mw, charged_mw):
    """Proves that of a draw of 50 and 80 MW, what lies above the month's peak is charged."""
    row = dk.StateRow("grid_utility", "month_peak_mw", opening_mw or 0.0, "2026-03")
    case = micro(
        start="2026-03-10T00:00Z",
        step_h=0.5,
        fleets={"grid": {"utility": {"tariff": charged(100.0)}}, "firm": {"load": {}}},
        series=drawn_mw(50.0, 80.0),
        state=[] if opening_mw is None else [row],
    )
    plan = case.plan()
    assert plan.objective_mad == pytest.approx(0.5 * (50 + 80) * 10 + 100 * charged_mw)
    peak_mw = [max(50.0, opening_mw or 0.0), max(80.0, opening_mw or 0.0)]
    assert plan.schedule["grid_utility_month_peak_mw"].tolist() == pytest.approx(peak_mw)


@pytest.mark.parametrize(
    ("time_zone", "charged_mw"),
    [("Etc/GMT", 80.0), ("Etc/GMT-1", 50.0 + 80.0), ("Etc/GMT-2", 80.0 - 60.0)],
)
def test_month_of_the_tariff_zone(micro, time_zone, charged_mw):
    """Proves where a month ends: of the last two hours of January in UTC, the second or both
    are February's one or two hours further east, where 60 MW were drawn before.
    """
    row = dk.StateRow("grid_utility", "month_peak_mw", 60.0, "2026-02")
    case = micro(
        start="2026-01-31T22:00Z",
        fleets={"grid": {"utility": {"tariff": charged(100.0, time_zone)}}, "firm": {"load": {}}},
        series=drawn_mw(50.0, 80.0),
        state=[row] if time_zone == "Etc/GMT-2" else [],
    )
    assert case.plan().objective_mad == pytest.approx((50 + 80) * 10 + 100 * charged_mw)


def test_battery_shaves_what_is_charged(micro):
    """Proves the trade: 10 of the 30 MW above the opening peak are shaved by what is stored."""
    battery = {"charge_max_mw": 50.0, "discharge_max_mw": 50.0, "energy_max_mwh": 10.0}
    case = micro(
        start="2026-03-10T00:00Z",
        fleets={
            "grid": {"utility": {"tariff": charged(100.0)}},
            "firm": {"load": {}},
            "battery": {"main": battery | {"energy_initial_mwh": 10.0}},
        },
        series=drawn_mw(50.0, 80.0),
        state=[dk.StateRow("grid_utility", "month_peak_mw", 50.0, "2026-03")],
    )
    assert case.plan().objective_mad == pytest.approx((50 + 70) * 10 + 100 * 20)


def test_fixed_charge_needs_periods(micro):
    """Proves that a charge on subscribed power is refused where none is stated."""
    tariff = charged(100.0) | {"fixed_charge_mad_per_mw_year": 5.0}
    case = micro(fleets={"grid": {"utility": {"tariff": tariff}}}, series={})
    with pytest.raises(InputError) as refusal:
        case.site()
    assert str(refusal.value) == (
        "site: [grid.utility.tariff] fixed_charge_mad_per_mw_year = 5 is due on subscribed power, "
        "which no period states. Give periods, or 0."
    )


def drawn_mw(*demand_mw: float) -> dict[str, list[float]]:
    """Return the series of a load that draws at 10 MAD/MWh."""
    length = len(demand_mw)
    return {
        "firm_load_demand_mw": list(demand_mw),
        "grid_utility_import_price_mad_per_mwh": [10.0] * length,
        "grid_utility_export_price_mad_per_mwh": [0.0] * length,
    }
