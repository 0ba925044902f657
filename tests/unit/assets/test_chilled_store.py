"""Chilled water: cold made where it is cheap, its losses and pumps, the heat it may not exceed."""

import math

import pytest

import optimizer as dk
from models.errors import InputError

ONE_LINE = {"cooling": {"segment_count": 1}}
PLANT = {  # a cooling plant's table, of which only the capacity matters here
    "technology": "free_air",
    "capacity_heat_mw": 45.0,
    "supply_temp_degc": 27.0,
    "range_k": 12.0,
    "approach_k": 6.0,
    "fixed_power_pu": 0.0,
    "room_fan_power_pu": 0.02,
    "sink_fan_power_pu": 0.02,
    "sink_lift_power_pu": 0.0,
    "carnot_fraction_pu": 0.5,
    "condenser_approach_k": 10.0,
    "evaporator_approach_k": 7.0,
    "lift_min_k": 10.0,
}
LOSSY = {
    "charge_efficiency_pu": 0.9,
    "discharge_efficiency_pu": 0.8,
    "pump_power_pu": 0.02,
}


def cooling(*slopes):
    """Return the input series of cooling that draws by its slope alone, step by step."""
    return {
        "cooling_intercept_1_mw": [0.0] * len(slopes),
        "cooling_slope_1_pu": list(slopes),
        "cooling_water_l_per_mwh": [5.0] * len(slopes),
    }


def cold(**changes):
    """Return the tables of a store of 100 MWh with flows of 20 MW, and of its cooling."""
    return ONE_LINE | {"chilled_store": {"main": changes}}


def test_cold_of_the_night_carries_the_heat_of_the_day(plant):
    """Proves gain, losses and pumps: 20 MW into the store for half an hour, 14.4 MW out after.

    40 MW of heat at 0.1 and then 0.5 MW of power for each: 60 MW need 6, 25.6 need 12.8.
    Pumps draw 0.02 of the flow, 0.4 and 0.288 MW. Water follows the heat: 5 L/MWh.
    """
    plan = plant(
        tables=cold(**LOSSY), buy=[100, 100], load=[40, 40], series=cooling(0.1, 0.5), step_h=0.5
    ).solve()
    table = plan.schedule
    assert table["chilled_store_main_charge_mw"].tolist() == pytest.approx([20, 0])
    assert table["chilled_store_main_discharge_mw"].tolist() == pytest.approx([0, 14.4])
    assert table["chilled_store_main_energy_mwh"].tolist() == pytest.approx([9, 0])
    assert table["chilled_store_main_power_mw"].tolist() == pytest.approx([0.4, 0.288])
    assert table["cooling_heat_mw"].tolist() == pytest.approx([60, 25.6])
    assert table["cooling_water_l"].tolist() == pytest.approx([150, 64])
    drawn_mw = 40 + 6 + 0.4 + 40 + 12.8 + 0.288
    assert plan.objective_mad == pytest.approx(100 * 0.5 * drawn_mw)


def test_waiting_cold_warms_up(plant):
    """Proves the loss by the hour: 19 % an hour are 10 % in half of one; 9 of 10 MWh are left.

    They carry 18 MW for half an hour, of 40; each MW draws 0.5.
    """
    table = {"energy_initial_mwh": 10.0, "loss_pu_per_h": 0.19}
    plan = plant(
        tables=cold(**table), buy=[100], load=[40], series=cooling(0.5), step_h=0.5
    ).solve()
    assert plan.schedule["chilled_store_main_discharge_mw"].item() == pytest.approx(18)
    assert plan.objective_mad == pytest.approx(100 * 0.5 * (40 + 0.5 * 22))


def test_no_more_cold_is_given_than_there_is_heat(plant):
    """Proves the heat stays at zero or above: 5 MW of it, though the store could carry 20."""
    plan = plant(
        tables=cold(energy_initial_mwh=50.0), buy=[100], load=[5], series=cooling(0.5), step_h=0.5
    ).solve()
    assert plan.schedule["cooling_heat_mw"].item() == pytest.approx(0)
    assert plan.objective_mad == pytest.approx(100 * 0.5 * 5)


def test_no_more_cold_is_stored_than_the_plant_makes(plant):
    """Proves the plant's 45 MW: 40 MW of heat leave 5 to be stored, which save 0.5 MW each.

    The halls are limited to 45 MW, so that the plant carries them when they are full.
    """
    tables = cold() | {"cooling": {"segment_count": 1, "plant": PLANT}}
    tables |= {"facility": {"it_power_max_mw": 45.0}}
    plan = plant(
        tables=tables, buy=[100, 100], load=[40, 40], series=cooling(0.1, 0.5), step_h=0.5
    ).solve()
    assert plan.schedule["cooling_heat_mw"].tolist() == pytest.approx([45, 35])
    assert plan.objective_mad == pytest.approx(50 * (40 + 4.5 + 40 + 17.5))


def test_stored_cold_is_worth_something_at_the_end(plant):
    """Proves the end value: cold costs 0.1 * 100 = 10 MAD/MWh and is worth 15, 10 MWh of it."""
    plan = plant(
        tables=cold(end_value_mad_per_mwh=15.0),
        buy=[100],
        load=[40],
        series=cooling(0.1),
        step_h=0.5,
    ).solve()
    assert plan.schedule["chilled_store_main_energy_mwh"].item() == pytest.approx(10)
    assert plan.objective_mad == pytest.approx(100 * 0.5 * (40 + 6) - 15 * 10)


def test_cold_does_not_go_round_to_waste_power(plant):
    """Proves one way at a time also where power is paid for: half-hours at -50 MAD/MWh.

    Pumping both ways would draw 0.1 * 20 MW more than the one way that the tank has room for.
    """
    tables = cold(energy_max_mwh=10.0, energy_initial_mwh=5.0, pump_power_pu=0.1)
    plan = plant(
        tables=tables, buy=[-50, -50], load=[40, 40], series=cooling(0.1, 0.1), step_h=0.5
    ).solve()
    flows = plan.schedule[["chilled_store_main_charge_mw", "chilled_store_main_discharge_mw"]]
    assert flows.min(axis=1).tolist() == pytest.approx([0, 0], abs=1e-6)


def test_cold_is_handed_over(plant, tmp_path):
    """Proves two plans join up: 10 MWh stored by the first, given by the second."""
    cases = [
        plant(tables=cold(), buy=[100, 900], load=[40, 40], series=cooling(0.1, 0.1), step_h=0.5),
        plant(
            tables=cold(),
            buy=[900],
            load=[40],
            series=cooling(0.1),
            step_h=0.5,
            start="2026-01-05T00:30Z",
        ),
    ]
    cases[0].publish(tmp_path)
    plan = cases[1].publish(tmp_path, now="2026-01-04T13:00Z")
    assert plan.optimum.problem.given.state.rows == (
        dk.StateRow("chilled_store_main", "energy_mwh", pytest.approx(10)),
    )
    assert plan.objective_mad == pytest.approx(900 * 0.5 * (40 + 2))


def test_a_site_without_cooling_has_no_cold_to_store(plant):
    with pytest.raises(InputError) as error:
        _ = plant(tables={"chilled_store": {"main": {}}}, buy=[1]).site
    assert "[chilled_store.main]: the site has no cooling to store cold of." in str(error.value)


def test_more_cold_than_the_tank_holds_is_refused(plant):
    with pytest.raises(InputError, match="energy_initial_mwh is above energy_max_mwh"):
        _ = plant(tables=cold(energy_initial_mwh=101.0), buy=[1]).site
    row = dk.StateRow("chilled_store_main", "energy_mwh", 101.0)
    with pytest.raises(InputError, match="opening cold fits the tank"):
        plant(tables=cold(), buy=[1], load=[1], series=cooling(0.1), state=[row]).solve()


@pytest.fixture(scope="module")
def solved(plant):
    """The night and the day of the first test, on a plant that is just large enough."""
    tables = cold(**LOSSY) | {"cooling": {"segment_count": 1, "plant": PLANT}}
    tables["cooling"]["plant"] = PLANT | {"capacity_heat_mw": 60.0}
    tables |= {"facility": {"it_power_max_mw": 60.0}}
    return plant(
        tables=tables, buy=[100, 100], load=[40, 40], series=cooling(0.1, 0.5), step_h=0.5
    ).solve()


TAMPERED = [
    ("cold follows from the flows [MWh]", 0, "energy_mwh", 8.0),
    ("cold follows from the flows [MWh]", 1, "energy_mwh", math.nan),
    ("cold fits the tank [MWh]", 0, "energy_mwh", 100.5),
    ("cold fits the tank [MWh]", 0, "energy_mwh", math.nan),
    ("cold is not negative [MWh]", 1, "energy_mwh", -0.5),
    ("flow in fits its most [MW]", 0, "charge_mw", 20.5),
    ("flow in fits its most [MW]", 0, "charge_mw", math.nan),
    ("flow out fits its most [MW]", 1, "discharge_mw", 20.5),
    ("flow out fits its most [MW]", 1, "discharge_mw", math.nan),
    ("flow in is not negative [MW]", 1, "charge_mw", -0.5),
    ("flow out is not negative [MW]", 0, "discharge_mw", -0.5),
    ("never both ways at once [MW]", 0, "discharge_mw", 1.0),
    ("never both ways at once [MW]", 1, "charge_mw", math.nan),
    ("pumps draw by the flow [MW]", 0, "power_mw", 0.5),
    ("pumps draw by the flow [MW]", 1, "power_mw", math.nan),
]


@pytest.mark.parametrize(("rule", "step", "column", "value"), TAMPERED)
def test_the_audit_names_the_broken_rule(solved, broken, rule, step, column, value):
    assert f"chilled_store_main: {rule}" in broken(
        solved, f"chilled_store_main_{column}", step, value
    )


def test_every_rule_has_been_seen_to_fail(solved, rules_of):
    assert rules_of(solved, "chilled_store_main") == {
        f"chilled_store_main: {rule}" for rule, *_ in TAMPERED
    }


@pytest.mark.parametrize(
    ("value", "rule"),
    [
        (-0.5, "stores give no more cold than there is heat [MW]"),
        (60.5, "stores take no more cold than the plant makes [MW]"),
        (math.nan, "stores give no more cold than there is heat [MW]"),
        (math.nan, "stores take no more cold than the plant makes [MW]"),
        (50.0, "heat is the machines', the UPS's and the stores' [MW]"),
    ],
)
def test_the_sites_audit_watches_the_heat(solved, broken, value, rule):
    assert f"site: {rule}" in broken(solved, "cooling_heat_mw", 0, value)
