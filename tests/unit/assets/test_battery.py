"""Battery: losses, window, wear by depth, end conditions, one converter; refusals."""

import pytest

import optimizer as dk
from models.errors import InputError

DEAR = 5000.0  # MAD/MWh: nothing is bought at that


@pytest.mark.parametrize(
    ("charge_pu", "discharge_pu", "stored_mwh", "sold_at_900_mw"),
    [(0.9, 0.8, 180, 44), (1.0, 0.8, 200, 60), (0.9, 1.0, 180, 80)],
    ids=["both losses", "no loss in", "no loss out"],
)
def test_losses_are_paid_in_and_out(plant, charge_pu, discharge_pu, stored_mwh, sold_at_900_mw):
    """Proves each efficiency enters once, on its own side.

    Buy 100 MW at 200 and at 300, sell 100 MW at 1000 and what is left at 900:
    0.9 * 200 = 180 MWh stored; 100 MW takes 125, the other 55 MWh gives 44 MW.
    """
    table = {"charge_efficiency_pu": charge_pu, "discharge_efficiency_pu": discharge_pu}
    plan = plant(
        tables={"battery": {"main": table}}, buy=[200, 300, 950, 1100], sell=[100, 150, 900, 1000]
    ).solve()
    assert plan.schedule["battery_main_energy_mwh"].max() == pytest.approx(stored_mwh)
    assert plan.objective_mad == pytest.approx(500 * 100 - 1000 * 100 - 900 * sold_at_900_mw)


def test_half_hours_move_half_the_energy(plant):
    """Proves every MW meets its step: 100 * 0.5 * 0.9 = 45 MWh in, 45 * 0.8 / 0.5 = 72 MW out.

    200 * 50 MWh - 1000 * 36 MWh = -26,000 MAD.
    """
    plan = plant(tables={"battery": {"main": {}}}, buy=[200, 1100], sell=[1, 1000], step_h=0.5)
    plan = plan.solve()
    assert plan.schedule["battery_main_energy_mwh"].tolist() == pytest.approx([45, 0])
    assert plan.schedule["battery_main_discharge_mw"].tolist() == pytest.approx([0, 72])
    assert plan.objective_mad == pytest.approx(-26_000)


def test_steps_of_different_lengths_join_up(plant):
    """Proves each step has its own length: 100 * 0.5 * 0.9 = 45 MWh stored.

    The last quarter of an hour sells 100 MW, 25 MWh, which takes 31.25; the other 13.75 give
    11 MWh in the hour before: 200 * 50 - 1000 * 25 - 900 * 11 = -24,900 MAD.
    """
    plan = plant(
        tables={"battery": {"main": {}}},
        buy=[200, DEAR, DEAR],
        sell=[1, 900, 1000],
        step_h=(0.5, 1.0, 0.25),
    ).solve()
    assert plan.schedule["battery_main_discharge_mw"].tolist() == pytest.approx([0, 11, 100])
    assert plan.objective_mad == pytest.approx(-24_900)


def test_self_discharge_is_by_the_hour(plant):
    """Proves the leak has the step in its exponent: 0.81 an hour is 0.9 in half of one.

    50 * 0.9 = 45, * 0.81 = 36.45, * 0.9 = 32.805 MWh, of which 0.8 * 32.805 = 26.244 are sold
    in half an hour: 52.488 MW.
    """
    table = {"self_discharge_pu_per_h": 0.19, "energy_initial_mwh": 50.0}
    plan = plant(
        tables={"battery": {"main": table}},
        buy=[DEAR] * 3,
        sell=[-1, -1, 1000],
        step_h=(0.5, 1.0, 0.5),
    ).solve()
    assert plan.schedule["battery_main_energy_mwh"].tolist() == pytest.approx([45, 36.45, 0])
    assert plan.schedule["battery_main_discharge_mw"].iloc[2] == pytest.approx(52.488)


DEEP = {  # window 10 to 90 MWh in two segments of 40
    "energy_max_mwh": 100.0,
    "soc_min_pu": 0.1,
    "soc_max_pu": 0.9,
    "ageing_cost_mad_per_mwh": [20.0, 60.0],
    "energy_initial_mwh": 90.0,
    "end_value_mad_per_mwh": 500.0,  # 625 MAD per MWh at the bus
}


@pytest.mark.parametrize(
    ("reserve_mwh", "sold_mw"),
    [([0, 0, 0], [0, 80, 0]), ([0, 60, 0], [0, 32, 48]), ([70, 60, 30], [0, 32, 24])],
    ids=["none", "for a while", "to the end"],
)
def test_a_reserve_is_kept_at_the_end_of_each_step(plant, reserve_mwh, sold_mw):
    """Proves a series holds energy back: of 100 MWh in the cells, 40 of them may be sold at 900.

    The rest waits for 700, but for the 30 MWh that must never leave. 1.25 MWh give one.
    """
    plan = plant(
        tables={"battery": {"main": {"energy_initial_mwh": 100.0}}},
        buy=[DEAR] * 3,
        sell=[500, 900, 700],
        series={"battery_main_energy_min_mwh": reserve_mwh},
    ).solve()
    assert plan.schedule["battery_main_discharge_mw"].tolist() == pytest.approx(sold_mw)
    assert plan.schedule["battery_main_energy_min_mwh"].tolist() == reserve_mwh


def test_the_reserve_may_come_from_a_file(plant, tmp_path):
    """Proves the doorway, and that a file without the column is not read for nothing."""
    path = tmp_path / "reserve.csv"
    path.write_text("time_utc,energy_min_mwh\n2026-01-05T00:00Z,75\n")
    table = {"energy_initial_mwh": 100.0, "series_file": str(path)}
    site = plant(tables={"battery": {"main": table}}, buy=[DEAR], sell=[900])
    assert site.solve().schedule["battery_main_energy_mwh"].tolist() == pytest.approx([75])
    path.write_text("time_utc,reserve_mwh\n2026-01-05T00:00Z,75\n")
    with pytest.raises(InputError) as error:
        site.build()
    assert str(error.value) == (
        f"{path}: energy_min_mwh: missing column. The file has: reserve_mwh."
    )


@pytest.mark.parametrize(("price", "sold_mwh"), [(640, 0), (655, 32), (700, 64)])
def test_wear_grows_with_depth(plant, price, sold_mwh):
    """Proves a segment is emptied if the price pays its wear and what the energy is worth.

    A MWh at the bus takes 1.25 from the cells, worth 625: sold above 645, deep above 685 MAD.
    Each segment gives 40 * 0.8 = 32 MWh.
    """
    plan = plant(
        tables={"battery": {"main": DEEP}}, buy=[DEAR, DEAR], sell=[price, price], step_h=0.5
    ).solve()
    wear_mad = 20 * min(sold_mwh, 32) + 60 * max(sold_mwh - 32, 0)
    left_mwh = 90 - sold_mwh / 0.8
    assert plan.kpis["plan"]["battery_discharge_mwh"] == pytest.approx(sold_mwh)
    assert plan.objective_mad == pytest.approx(-price * sold_mwh + wear_mad - 500 * left_mwh)


@pytest.mark.parametrize(
    ("split", "sold_mwh"),
    [({"1": 40.0, "2": 0.0}, 32), ({}, 0)],
    ids=["shallow, by the state", "no split: deepest full"],
)
def test_the_split_of_the_opening_energy_counts(plant, split, sold_mwh):
    """Proves yesterday's depth is remembered: of 40 MWh above the floor, at 655 MAD/MWh,

    the shallow segment sells all of it (655 > 645), the deep one nothing (655 < 685).
    """
    rows = [dk.StateRow("battery_main", "energy_mwh", 50.0)]
    rows += [dk.StateRow("battery_main", "segment_energy_mwh", v, k) for k, v in split.items()]
    plan = plant(tables={"battery": {"main": DEEP}}, buy=[DEAR], sell=[655], state=rows).solve()
    assert plan.kpis["plan"]["battery_discharge_mwh"] == pytest.approx(sold_mwh)


def test_a_split_that_does_not_add_up_is_refused(plant):
    """Proves 40 + 10 is not the 40 MWh above the floor; it would be replaced in silence."""
    rows = [dk.StateRow("battery_main", "energy_mwh", 50.0)]
    rows += [
        dk.StateRow("battery_main", "segment_energy_mwh", v, k)
        for v, k in ((40.0, "1"), (10.0, "2"))
    ]
    with pytest.raises(InputError) as error:
        plant(tables={"battery": {"main": DEEP}}, buy=[DEAR], sell=[655], state=rows).solve()
    assert str(error.value) == (
        "opening state (the test): battery_main: the opening split adds up to the stored "
        "energy [MWh]: 10 apart. Mend these rows, or leave them out."
    )


def test_what_waits_below_the_window_leaks_too(plant):
    """Proves the split adds up: 30 MWh leak 10 %, 27 are left, 17 above the floor of 10."""
    table = DEEP | {"energy_initial_mwh": 30.0, "self_discharge_pu_per_h": 0.1}
    plan = plant(tables={"battery": {"main": table}}, buy=[DEAR], sell=[-1]).solve()
    row = plan.schedule.iloc[0]
    assert row["battery_main_energy_mwh"] == pytest.approx(27)
    assert row["battery_main_energy_segment1_mwh"] == pytest.approx(0)
    assert row["battery_main_energy_segment2_mwh"] == pytest.approx(17)


@pytest.mark.parametrize(
    ("change", "sell", "stored_mwh", "cost_mad"),
    [
        ({}, 900, 0.0, -900 * 80),
        ({"energy_final_min_mwh": 60.0}, 900, 60.0, -900 * 32),
        ({}, -5, 100.0, 0.0),
        ({"energy_final_max_mwh": 70.0}, -5, 70.0, 5 * 24),
    ],
    ids=["sold out", "least at the end", "kept", "most at the end"],
)
def test_the_end_is_kept(plant, change, sell, stored_mwh, cost_mad):
    """Proves both end conditions bind: 100 MWh hold 80 at the bus, 40 MWh 32, 30 MWh 24."""
    table = {"energy_initial_mwh": 100.0} | change
    plan = plant(tables={"battery": {"main": table}}, buy=[DEAR], sell=[sell]).solve()
    assert plan.schedule["battery_main_energy_mwh"].iloc[-1] == pytest.approx(stored_mwh)
    assert plan.objective_mad == pytest.approx(cost_mad)


def test_a_cyclic_battery_may_sell_first(plant):
    """Proves the loop closes: 100 MW sold at 1000 take 125 MWh, which 138.89 bring back.

    100 MW bought at 200 and 38.89 MW at 300 MAD/MWh: 20,000 + 11,666.67 - 100,000.
    """
    plan = plant(
        tables={"battery": {"main": {"is_cyclic": True}}}, buy=[DEAR, 200, 300], sell=[1000, 1, 1]
    ).solve()
    assert plan.objective_mad == pytest.approx(-68_333.3333)


@pytest.mark.parametrize(("worth", "charged_mw"), [(480, 0), (500, 100)])
def test_energy_at_the_end_has_its_worth(plant, worth, charged_mw):
    """Proves the worth is per MWh stored: at 440 MAD/MWh, 0.9 * 500 pays, 0.9 * 480 does not."""
    table = {"end_value_mad_per_mwh": float(worth)}
    plan = plant(tables={"battery": {"main": table}}, buy=[440], sell=[1]).solve()
    assert plan.schedule["battery_main_charge_mw"].item() == pytest.approx(charged_mw)
    assert plan.objective_mad == pytest.approx(charged_mw * (440 - 0.9 * worth))


@pytest.mark.parametrize(
    ("is_relaxed", "cost_mad"), [(False, -680), (True, -1627.9070)], ids=["whole", "relaxed"]
)
def test_energy_is_not_burnt_at_a_negative_price(plant, is_relaxed, cost_mad):
    """Proves "never both at once" holds where the linear hull alone would burn energy.

    Full, and full again at the end: 72 MW out at a loss of 60, 100 MW in at a gain of 50, gives
    60 * 72 - 50 * 100 = -680. The hull would charge 58.14 and discharge 41.86 MW at once in both
    hours: -50 * 16.28 * 2.
    """
    table = {"energy_initial_mwh": 400.0, "energy_final_min_mwh": 400.0}
    plan = plant(tables={"battery": {"main": table}}, buy=[-50, -50], sell=[-60, -60])
    solved = plan.solve(is_relaxed=is_relaxed)
    assert solved.objective_mad == pytest.approx(cost_mad)
    assert (solved.optimum.binary_count > 0) is not is_relaxed


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (
            {"soc_min_pu": 0.9, "soc_max_pu": 0.8},
            "soc_min_pu = 0.9 is not below soc_max_pu. Swap them.",
        ),
        (
            {"ageing_cost_mad_per_mwh": [9.0, 8.0]},
            "ageing_cost_mad_per_mwh falls with depth. Give it shallow first, rising.",
        ),
        (
            {"ageing_cost_mad_per_mwh": [-1.0, 8.0]},
            "ageing_cost_mad_per_mwh is negative. Give a cost >= 0.",
        ),
        (
            {"is_cyclic": True, "ageing_cost_mad_per_mwh": [8.0, 9.0]},
            "is_cyclic needs one ageing cost. Give ageing_cost_mad_per_mwh one value.",
        ),
        (
            {"energy_initial_mwh": 401.0},
            (
                "energy_initial_mwh = 401 is outside the window 0 to 400 MWh. "
                "Give an energy inside it."
            ),
        ),
        (
            {"soc_min_pu": 0.1, "energy_initial_mwh": 40.0, "energy_final_min_mwh": 39.0},
            (
                "energy_final_min_mwh = 39 is outside the window 40 to 400 MWh. "
                "Give an energy inside it."
            ),
        ),
    ],
)
def test_tables_that_contradict_themselves_are_refused(plant, change, problem):
    with pytest.raises(InputError) as error:
        _ = plant(tables={"battery": {"main": change}}, buy=[1]).site
    assert str(error.value) == f"site: [battery.main] {problem}"
