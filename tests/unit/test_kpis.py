"""Key figures by hand; carbon accounting has its own file."""

import pytest

from optimizer.kpis import kpis

ALL_YEAR = tuple(range(1, 13))


PERIOD = {
    "name": "always",
    "months": ALL_YEAR,
    "first_hour": 0,
    "last_hour": 24,
    "import_price_mad_per_mwh": 600.0,
    "export_price_mad_per_mwh": 70.0,
    "subscribed_mw": 500.0,
    "subscription_weight_pu": 1.0,
}
TARIFF = {
    "time_zone": "Etc/GMT",
    "period": [PERIOD],
    "demand_charge_mad_per_mw_month": 100.0,
    "fixed_charge_mad_per_mw_year": 87_660.0,
}


@pytest.fixture(scope="module")
def mixed(plant):
    """Half an hour and an hour of a plant with a bit of everything, no fuel and no sun."""
    tier = {"shed_max_pu": 0.5, "value_mad_per_mwh": 100.0}
    return plant(
        tables={
            "grid": {"line": {"tariff": TARIFF, "emission_kg_per_mwh": 500.0}},
            "firm": {"cloud": {"demand_mw": 10.0, "tiers": [tier]}},
            "battery": {"main": {"energy_initial_mwh": 10.0}},
            "facility": {"ups_loss_pu": 0.25, "fixed_overhead_mw": 2.0},
        },
        wind=[40, 0],
        load=[8, 8],
        step_h=(0.5, 1.0),
    ).solve()


def test_energies_meet_their_steps(mixed):
    """Proves hours weigh: 13 MW of machines draw 18.25 MW, for half an hour and for an hour.

    5 of 10 MW of cloud are shed in both: a MWh is worth 100, and 540 in the cells for later. Of
    40 MW the first half-hour stores 21.75; with 10 MWh from before 19.7875 are in the cells,
    15.83 at the bus.
    """
    figures = mixed.kpis["plan"]
    assert figures["hours_h"] == 1.5
    assert figures["it_mwh"] == pytest.approx(13 * 1.5)
    assert figures["facility_mwh"] == pytest.approx(18.25 * 1.5)
    assert figures["shed_mwh"] == pytest.approx(5 * 1.5)
    assert figures["water_m3"] == 0
    assert figures["battery_charge_mwh"] == pytest.approx(21.75 * 0.5)
    assert figures["battery_discharge_mwh"] == pytest.approx(15.83)
    assert figures["import_mwh"] == pytest.approx(2.42)
    assert figures["emission_kg"] == pytest.approx(500 * 2.42)
    assert figures["renewable_share_pu"] == pytest.approx(1 - 2.42 / 27.375)


def test_costs_are_told_by_kind_and_add_up(mixed):
    """Proves every MAD has a name: together they are the objective and the fixed charge.

    87,660 MAD/MW a year over 8,766 h are 10 an hour, for 500 MW and 1.5 h: 7,500.
    """
    costs = mixed.kpis["cost_mad"]
    assert set(costs) == {
        "grid_line_import",
        "grid_line_demand",
        "firm_cloud_shed_tier1",
        "fixed_charge_mad",
    }
    assert costs["fixed_charge_mad"] == pytest.approx(7500)
    rest = sum(mad for key, mad in costs.items() if key != "fixed_charge_mad")
    assert rest == pytest.approx(mixed.objective_mad)


def test_figures_of_what_is_not_there_are_left_out(mixed):
    figures = mixed.kpis["plan"]
    assert not {"solar_used_mwh", "genset_mwh"} & set(figures)
    assert {"wind_used_mwh", "battery_charge_mwh"} <= set(figures)


def test_the_binding_part_is_the_first_hours(mixed, published):
    """Proves only whole steps within the hours asked for count: half an hour of one and a half."""
    assert mixed.kpis["binding"] == mixed.kpis["plan"]
    figures = kpis(published(mixed), binding_h=1.0)["binding"]
    assert figures["hours_h"] == 0.5
    assert figures["import_mwh"] == 0
    assert figures["renewable_share_pu"] == 1


def test_ratios_without_a_whole_are_what_nothing_is(plant):
    """Proves no division by zero: an idle site draws nothing and is wholly renewable."""
    figures = plant(buy=[500], load=[0]).solve().kpis["plan"]
    assert figures["renewable_share_pu"] == 1
    assert figures["pue_pu"] == 1
    assert figures["curtailment_pu"] == figures["cue_kg_per_kwh"] == figures["wue_l_per_kwh"] == 0
