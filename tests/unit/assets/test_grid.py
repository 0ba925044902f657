"""Grid: prices, limits, take-or-pay, the month's peak, one direction at a time; its audit."""

import math

import pandas as pd
import pytest

import optimizer as dk
from models.errors import InputError

DEAR = 5000.0
ALL_YEAR = tuple(range(1, 13))


def tariff(**changes):
    """Return a tariff of one period, or of those given."""
    whole_day = {
        "name": "always",
        "months": ALL_YEAR,
        "first_hour": 0,
        "last_hour": 24,
        "import_price_mad_per_mwh": 600.0,
        "export_price_mad_per_mwh": 70.0,
        "subscribed_mw": 500.0,
        "subscription_weight_pu": 1.0,
    }
    periods = [whole_day | period for period in changes.pop("period", [{}])]
    plain = {
        "time_zone": "Etc/GMT",
        "demand_charge_mad_per_mw_month": 0.0,
        "fixed_charge_mad_per_mw_year": 0.0,
    }
    return plain | {"period": periods} | changes


def test_draw_and_feed_in_have_their_prices(plant):
    """Proves energy, not power, is billed: half-hours of 20 MW drawn at 500 and 30 fed in at 80.

    500 * 20 * 0.5 - 80 * 30 * 0.5 = 3,800 MAD.
    """
    plan = plant(buy=[500, 900], sell=[70, 80], wind=[0, 40], load=[20, 10], step_h=0.5).solve()
    assert plan.schedule["site_import_mw"].tolist() == pytest.approx([20, 0])
    assert plan.schedule["site_export_mw"].tolist() == pytest.approx([0, 30])
    assert plan.objective_mad == pytest.approx(3_800)


def test_what_the_line_does_not_take_is_curtailed(plant):
    """Proves the feed-in limit: of 40 MW, 10 are used, 12 fed in at 80, 18 left."""
    plan = plant(
        tables={"grid": {"line": {"export_max_mw": 12.0}}},
        buy=[500],
        sell=[80],
        wind=[40],
        load=[10],
    ).solve()
    assert plan.schedule["wind_main_curtailed_mw"].item() == pytest.approx(18)
    assert plan.objective_mad == pytest.approx(-80 * 12)


def test_two_lines_share_the_draw(plant):
    """Proves each connection has its own limit and price: 15 MW at 500, the rest at 700."""
    table = {"import_max_mw": 15.0, "emission_kg_per_mwh": 400.0}
    plan = plant(
        tables={"grid": {"line": table, "second": {"emission_kg_per_mwh": 300.0}}},
        buy=[500],
        load=[20],
        series={
            "grid_second_import_price_mad_per_mwh": [700],
            "grid_second_export_price_mad_per_mwh": [0],
        },
        step_h=0.5,
    ).solve()
    assert plan.schedule["grid_line_import_mw"].item() == pytest.approx(15)
    assert plan.schedule["grid_second_import_mw"].item() == pytest.approx(5)
    assert plan.schedule["site_emission_kg"].item() == pytest.approx(400 * 7.5 + 300 * 2.5)
    assert plan.objective_mad == pytest.approx(500 * 7.5 + 700 * 2.5)


def test_subscribed_power_limits_the_draw(plant):
    """Proves the smaller of connection and subscription holds: 8 of 12 MW, the rest by genset.

    600 * 8 + 2500 * 4 = 14,800 MAD.
    """
    table = {"tariff": tariff(period=[{"subscribed_mw": 8.0}]), "import_max_mw": 11.0}
    plan = plant(
        tables={"grid": {"line": table}, "genset": {"backup": {}}}, load=[12], step_h=1.0
    ).solve()
    assert plan.schedule["grid_line_import_max_mw"].item() == 8.0
    assert plan.objective_mad == pytest.approx(14_800)


@pytest.mark.parametrize(
    ("change", "drawn_mwh", "cost_mad"),
    [
        ({}, 10, 10 * 300 + 8 * 400),
        ({"import_energy_max_mwh": 7.0}, 7, 7 * 300 + 11 * 400),
        ({"import_energy_min_mwh": 13.0}, 13, 10 * 300 + 3 * 900 + 5 * 400),
    ],
    ids=["free", "a most", "take or pay"],
)
def test_energy_over_the_plan_has_limits(plant, change, drawn_mwh, cost_mad):
    """Proves both limits are on energy: 18 MWh in two half-hours, at 300, 900 or by fuel at 400."""
    fuel = {"fuel_price_mad_per_l": 1.6, "unit_power_max_mw": 100.0}
    plan = plant(
        tables={"grid": {"line": change}, "genset": {"backup": fuel}},
        buy=[300, 900],
        load=[20, 16],
        step_h=0.5,
    ).solve()
    assert plan.kpis["plan"]["import_mwh"] == pytest.approx(drawn_mwh)
    assert plan.objective_mad == pytest.approx(cost_mad)


@pytest.mark.parametrize(
    ("before_mw", "above_mw"), [(None, 20), (12.0, 8), (25.0, 0)], ids=["new month", "12", "25"]
)
def test_the_months_peak_is_paid_above_the_highest_so_far(plant, before_mw, above_mw):
    """Proves the charge is on power, once a month: 600 * 15 MWh + 100 MAD/MW above the peak."""
    rows = (
        []
        if before_mw is None
        else [dk.StateRow("grid_line", "month_peak_mw", before_mw, "2026-01")]
    )
    table = {"tariff": tariff(demand_charge_mad_per_mw_month=100.0)}
    plan = plant(tables={"grid": {"line": table}}, load=[20, 10], step_h=0.5, state=rows).solve()
    assert plan.objective_mad == pytest.approx(600 * 15 + 100 * above_mw)
    assert plan.schedule["grid_line_month_peak_mw"].tolist() == [max(20.0, before_mw or 0.0)] * 2


def test_a_battery_shaves_the_months_peak(plant):
    """Proves the peak is decided, not only billed, for loads of 0 and 10 MW.

    Charging c and discharging 0.72 c levels the draw at c = 10 - 0.72 c, 5.8140 MW; the energy
    costs 600 * 2 c, the peak 10,000 * c.
    """
    table = {"tariff": tariff(demand_charge_mad_per_mw_month=10_000.0)}
    plan = plant(tables={"grid": {"line": table}, "battery": {"main": {}}}, load=[0, 10]).solve()
    level_mw = 10 / 1.72
    assert plan.schedule["site_import_mw"].tolist() == pytest.approx([level_mw] * 2)
    assert plan.objective_mad == pytest.approx(level_mw * (600 * 2 + 10_000))


@pytest.mark.parametrize(
    ("time_zone", "charged_mw"),
    [("Etc/GMT", 20 + 15), ("Africa/El_Aaiun", 20)],
    ids=["GMT", "UTC+1: February begins an hour earlier"],
)
def test_each_month_on_the_tariffs_clock_has_its_peak(plant, time_zone, charged_mw):
    """Proves months part on the tariff's clock: loads of 15 and 20 MW around midnight UTC."""
    table = {"tariff": tariff(demand_charge_mad_per_mw_month=100.0, time_zone=time_zone)}
    plan = plant(tables={"grid": {"line": table}}, load=[15, 20], start="2026-01-31T23:00Z").solve()
    assert plan.objective_mad == pytest.approx(600 * 35 + 100 * charged_mw)


@pytest.mark.parametrize(
    ("is_relaxed", "cost_mad"), [(False, 50.0), (True, -583.3333)], ids=["whole", "relaxed"]
)
def test_power_is_not_carried_in_a_circle(plant, is_relaxed, cost_mad):
    """Proves draw and feed-in exclude each other where selling pays more than buying.

    5 MW at 10 MAD/MWh is all there is to do: nothing of its own could be fed in. The hull
    i / 100 + e / 50 = 1 with i = e + 5 would draw 36.67 and feed in 31.67 MW: 366.67 - 950.
    """
    table = {"import_max_mw": 100.0, "export_max_mw": 50.0}
    plan = plant(tables={"grid": {"line": table}}, buy=[10], sell=[30], load=[5])
    assert plan.solve(is_relaxed=is_relaxed).objective_mad == pytest.approx(cost_mad)


def test_two_sources_of_the_price_are_refused(plant, written):
    """Proves the tariff's prices and a file's are not both taken, nor one of them dropped."""
    table = {"tariff": tariff(), "series_file": written(import_price_mad_per_mwh=[500, 500])}
    with pytest.raises(InputError) as error:
        plant(tables={"grid": {"line": table}}, load=[1, 1]).build()
    assert str(error.value) == (
        "series: grid_line_import_price_mad_per_mwh: given by site file and file. Keep one."
    )


@pytest.fixture
def written(tmp_path):
    """Return how columns of two hours become a file."""

    def write(**columns):
        moments = [f"2026-01-05T0{hour}:00Z" for hour in range(2)]
        path = tmp_path / "line.csv"
        pd.DataFrame({"time_utc": moments, **columns}).to_csv(path, index=False)
        return str(path)

    return write


def test_carbon_of_a_mwh_may_change_by_the_hour(plant, written):
    """Proves a file beside a tariff says what a MWh carries: 20 MWh at 700, then 10 at 300 kg."""
    carbon = {"emission_kg_per_mwh": [700.0, 300.0], "carbon_free_pu": [0.1, 0.6]}
    table = {"tariff": tariff(), "emission_kg_per_mwh": 516.0, "series_file": written(**carbon)}
    plan = plant(tables={"grid": {"line": table}}, load=[20, 10]).solve()
    for quantity, values in carbon.items():
        assert plan.schedule[f"grid_line_{quantity}"].tolist() == values
    assert plan.schedule["site_emission_kg"].tolist() == pytest.approx([14_000, 3000])


@pytest.mark.parametrize(
    ("table", "emission_kg", "carbon_free_pu"),
    [
        ({}, 0.0, 0.0),
        ({"emission_kg_per_mwh": 516.0, "carbon_free_pu": 0.3}, 516.0, 0.3),
        ({"is_wheeled": True}, 0.0, 1.0),
    ],
    ids=["nothing said", "constant", "wheeled"],
)
def test_carbon_is_constant_without_a_series(plant, table, emission_kg, carbon_free_pu):
    """Proves a user's series may leave carbon out: half an hour at 2 MW draws 1 MWh of it."""
    plan = plant(tables={"grid": {"line": table}}, buy=[500, 500], load=[2, 2], step_h=0.5).solve()
    assert plan.schedule["grid_line_carbon_free_pu"].tolist() == [carbon_free_pu] * 2
    assert plan.schedule["site_emission_kg"].tolist() == pytest.approx([emission_kg] * 2)


def test_a_given_series_stands_for_the_constant(plant):
    """Proves one column may be given alone, as a table by the caller."""
    series = {"grid_line_carbon_free_pu": [0.25, 0.75]}
    table = {"emission_kg_per_mwh": 516.0, "carbon_free_pu": 0.1}
    plan = plant(tables={"grid": {"line": table}}, buy=[1, 1], load=[2, 2], series=series).solve()
    assert plan.schedule["grid_line_carbon_free_pu"].tolist() == [0.25, 0.75]
    assert plan.schedule["grid_line_emission_kg_per_mwh"].tolist() == [516.0, 516.0]


@pytest.mark.parametrize(
    ("columns", "problem"),
    [
        ({"price": [1, 2]}, "none of {0}. Add one, or leave the file out."),
        (
            {"carbon_free_pu": [0.5, 40.0]},
            (
                "carbon_free_pu = 40.0 at 2026-01-05T01:00Z (1 of 2 steps) is outside [0, 1]. "
                "Mend it; shares are per unit, not percent."
            ),
        ),
    ],
    ids=["nothing of use", "percent"],
)
def test_a_file_that_says_no_carbon_is_refused(plant, written, columns, problem):
    """Proves a file is not read for nothing, nor percent taken for shares."""
    path = written(**columns)
    table = {"tariff": tariff(), "series_file": path}
    with pytest.raises(InputError) as error:
        plant(tables={"grid": {"line": table}}, load=[1, 1]).build()
    names = (
        "import_price_mad_per_mwh, export_price_mad_per_mwh, import_max_mw, export_max_mw, "
        "emission_kg_per_mwh, carbon_free_pu"
    )
    assert str(error.value) == f"{path}: {problem.format(names)}"


def test_wheeled_power_is_renewable(plant):
    table = {"is_wheeled": True, "carbon_free_pu": 0.4}
    with pytest.raises(InputError) as error:
        _ = plant(tables={"grid": {"line": table}}, load=[1]).site
    assert str(error.value) == (
        "site: [grid.line] carbon_free_pu = 0.4, but wheeled power is renewable. "
        "Take it out, or is_wheeled."
    )


@pytest.fixture(scope="module")
def solved(plant):
    """A tariff with a demand charge, energy limits both ways, wind to spare in the second step."""
    table = {
        "tariff": tariff(demand_charge_mad_per_mw_month=100.0),
        "export_max_mw": 40.0,
        "import_energy_min_mwh": 15.0,
        "import_energy_max_mwh": 15.0,
    }
    return plant(
        tables={"grid": {"line": table}, "genset": {"backup": {}}},
        wind=[0, 30, 0],
        load=[9, 10, 10],
        state=[dk.StateRow("grid_line", "month_peak_mw", 3.0, "2026-01")],
    ).solve()


TAMPERED = [
    ("draw fits the connection [MW]", 0, "import_mw", 501.0),
    ("draw fits the connection [MW]", 0, "import_mw", math.nan),
    ("draw fits the subscribed power [MW]", 0, "import_mw", 500.5),
    ("draw fits the subscribed power [MW]", 0, "import_mw", math.nan),
    ("feed-in fits the connection [MW]", 1, "export_mw", 40.5),
    ("feed-in fits the connection [MW]", 1, "export_mw", math.nan),
    ("draw is not negative [MW]", 1, "import_mw", -0.5),
    ("feed-in is not negative [MW]", 0, "export_mw", -0.5),
    ("never both at once [MW]", 1, "import_mw", 0.5),
    ("never both at once [MW]", 1, "import_mw", math.nan),
    ("import_max_mw is the input's", 2, "import_max_mw", 600.0),
    ("import_max_mw is the input's", 2, "import_max_mw", math.nan),
    ("export_max_mw is the input's", 2, "export_max_mw", 60.0),
    ("import_price_mad_per_mwh is the input's", 0, "import_price_mad_per_mwh", 599.0),
    ("export_price_mad_per_mwh is the input's", 1, "export_price_mad_per_mwh", math.nan),
    ("emission_kg_per_mwh is the input's", 0, "emission_kg_per_mwh", 1.0),
    ("emission_kg_per_mwh is the input's", 2, "emission_kg_per_mwh", math.nan),
    ("carbon_free_pu is the input's", 1, "carbon_free_pu", 0.5),
    ("carbon_free_pu is the input's", 1, "carbon_free_pu", math.nan),
    ("import_price_mad_per_mwh is the tariff's [MAD/MWh]", 0, "import_price_mad_per_mwh", 601.0),
    ("export_price_mad_per_mwh is the tariff's [MAD/MWh]", 0, "export_price_mad_per_mwh", math.nan),
    ("energy drawn has a most [MWh]", 0, "import_mw", 10.5),
    ("energy drawn has a least [MWh]", 0, "import_mw", 1.0),
    ("month's peak is the highest draw [MW]", 2, "month_peak_mw", 3.0),
    ("month's peak is the highest draw [MW]", 2, "month_peak_mw", math.nan),
]


@pytest.mark.parametrize(("rule", "step", "column", "value"), TAMPERED)
def test_the_audit_names_the_broken_rule(solved, broken, rule, step, column, value):
    assert f"grid_line: {rule}" in broken(solved, f"grid_line_{column}", step, value)


def test_every_rule_has_been_seen_to_fail(solved, rules_of):
    assert rules_of(solved, "grid_line") == {f"grid_line: {rule}" for rule, *_ in TAMPERED}
