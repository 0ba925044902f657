"""From a meter to a plan's start: sums worked by hand, for every quantity that is rolled."""

import pandas as pd
import pytest

import optimizer as dk
from models.errors import InputError
from optimizer.asked import Asked
from optimizer.meter_file import MeterFile
from optimizer.metered_state import metered_state
from optimizer.meters import store_meters
from optimizer.opening import opening
from optimizer.state_sources import from_rows, source_lines, source_rows

START, DEAR = "2026-01-05T00:00Z", 20_000.0


@pytest.fixture
def day(plant, tmp_path):
    """Return how a plan of half-hours from midnight is published."""

    def publish(**changes):
        given = {"start": START, "step_h": 0.5} | changes
        return plant(**given).publish(tmp_path)

    return publish


@pytest.fixture
def metered(tmp_path):
    """Return how meters come to lie beside the runs: by column, moment and value."""

    def keep(step_h=0.5, means=(), **columns):
        table = pd.DataFrame(
            {
                c: pd.Series({pd.Timestamp(f"2026-01-05T{t}Z"): v for t, v in said.items()})
                for c, said in columns.items()
            }
        )
        table.index = pd.DatetimeIndex(table.index, name="time_utc").as_unit("us")
        given = step_h if means else None
        store_meters(
            tmp_path, MeterFile(table=table, mean_columns=tuple(means), step_h=given, notes=())
        )

    return keep


@pytest.fixture
def opens(tmp_path):
    """Return what a plan from a moment on opens with, by name, quantity and key."""

    def state(plan, start, now=None):
        problem, moment = plan.optimum.problem, pd.Timestamp(f"2026-01-05T{start}Z")
        asked = Asked(start=moment, out=tmp_path, now=pd.Timestamp(f"2026-01-05T{now or start}Z"))
        return opening(asked, problem.site, problem.agreement, moment)

    return state


def rows(state):
    return {(r.name, r.quantity, r.key): r.value for r in state.rows}


BATTERY = {
    "energy_max_mwh": 100.0,
    "discharge_max_mw": 32.0,
    "energy_initial_mwh": 80.0,
    "end_value_mad_per_mwh": 500.0,
}


def test_stored_energy_moves_as_planned_since_the_meter(day, metered, opens):
    """Proves 71 at 00:15 and 20 MW x 2 h to come less: the plan empties 80 to 40 in two hours.

    The load of 16 MW takes 20 MW of the cells. 00:15 has 75 by the plan, 1:00 has 60, so the meter
    of 71 becomes 71 + 60 - 75 = 56; at 02:00 71 + 40 - 75 = 36.
    """
    plan = day(tables={"battery": {"main": BATTERY}}, buy=[DEAR] * 4, load=[16] * 4)
    metered(battery_main_energy_mwh={"00:00": 99.0, "00:15": 71.0})
    for start, energy_mwh in (("01:00", 56), ("02:00", 36), ("00:15", 71)):
        state = opens(plan, start) if start != "00:15" else opens(plan, "00:15")
        assert rows(state)["battery_main", "energy_mwh", ""] == pytest.approx(energy_mwh)
    state = opens(plan, "01:00")
    assert state.sources[-1].age_h == 0.75
    assert source_lines(state)[-1] == (
        "battery_main energy: 56.0 MWh, metered 2026-01-05 00:15Z (0.8 h old), "
        f"rolled by run {plan.run_dir.name}"
    )
    assert state.origin == (
        f"meters until 2026-01-05 00:15Z; else run {plan.run_dir.name} at 2026-01-05T01:00Z"
    )
    assert from_rows(source_rows(state)) == state.sources


def test_what_the_site_can_not_hold_is_held_to_its_range(day, metered, opens):
    """Proves 15 less 40 is the floor of 10, and it is said."""
    table = BATTERY | {"soc_min_pu": 0.1}
    plan = day(tables={"battery": {"main": table}}, buy=[DEAR] * 4, load=[16] * 4)
    metered(battery_main_energy_mwh={"00:00": 15.0})
    state = opens(plan, "02:00")
    assert rows(state)["battery_main", "energy_mwh", ""] == 10
    assert source_lines(state)[-1].endswith("held to its least, 10 MWh, from -25.0")


def test_a_split_over_depth_follows_the_meter_shallow_first(day, metered, opens):
    """Proves 100 MWh in halves: the plan has 60 at 1:00, 10 shallow and 50 deep.

    The meter says 15 less than planned: 0 shallow and 45 deep; or 30 more: 40 shallow, 50 deep.
    """
    table = BATTERY | {"ageing_cost_mad_per_mwh": [1.0, 2.0]}
    plan = day(tables={"battery": {"main": table}}, buy=[DEAR] * 4, load=[16] * 4)
    handed = rows(opens(plan, "01:00"))
    assert [handed["battery_main", "segment_energy_mwh", k] for k in "12"] == pytest.approx(
        [10, 50]
    )
    metered(battery_main_energy_mwh={"00:00": 65.0})
    less = rows(opens(plan, "01:00"))
    assert [less["battery_main", "segment_energy_mwh", k] for k in "12"] == pytest.approx([0, 45])
    metered(battery_main_energy_mwh={"00:30": 100.0})
    more = rows(opens(plan, "01:00"))
    assert [more["battery_main", "segment_energy_mwh", k] for k in "12"] == pytest.approx([40, 50])


def test_fuel_water_and_cold_are_rolled_too(day, metered, opens):
    """Proves litres and cubic metres: 2 MW burn 500 L/h; 12 m3/h are drawn from the tank.

    Fuel: 1,900 at 00:30 less 250 is 1,650 at 1:00. Water: 31 at 00:30 less 6 is 25.
    """
    tables = {
        "genset": {"backup": {"fuel_stock_l": 2000.0}},
        "desalination": {
            "sea": {"demand_m3_per_h": 12.0, "tank_max_m3": 40.0, "tank_initial_m3": 40.0}
        },
    }
    plan = day(tables=tables, buy=[DEAR] * 4, load=[2] * 4)
    metered(genset_backup_fuel_stock_l={"00:30": 1900.0}, desalination_sea_tank_m3={"00:30": 31.0})
    found = rows(opens(plan, "01:00"))
    assert found["genset_backup", "fuel_l", ""] == pytest.approx(1650)
    assert found["desalination_sea", "water_m3", ""] == pytest.approx(25)


TARIFF = {
    "time_zone": "Etc/GMT",
    "period": [],
    "demand_charge_mad_per_mw_month": 100.0,
    "fixed_charge_mad_per_mw_year": 0.0,
}


@pytest.mark.parametrize(
    ("said", "peak_mw"),
    [
        ({"00:00": 9.0}, 12.0),  # planned since: 12
        ({"00:00": 14.0}, 14.0),
        ({"00:00": 9.0, "00:30": 8.0}, 9.0),  # what was planned for 12 was metered 8
        ({"00:30": 8.0}, 10.0),  # and 10 was planned for the first half-hour, which no meter saw
    ],
)
def test_the_months_peak_is_the_highest_metered_or_planned_since(
    day, metered, opens, said, peak_mw
):
    """Proves 10, 12 MW planned until 1:00: where a meter spoke, its word counts instead."""
    plan = day(tables={"grid": {"line": {"tariff": TARIFF}}}, buy=[1] * 4, load=[10, 12, 20, 1])
    metered(means=["grid_line_import_mw"], grid_line_import_mw=said)
    state = opens(plan, "01:00")
    assert rows(state)["grid_line", "month_peak_mw", "2026-01"] == peak_mw


def test_an_earlier_peak_of_the_month_stays(day, metered, opens):
    """Proves what the plan opened with counts where the month's meters began later."""
    plan = day(
        tables={"grid": {"line": {"tariff": TARIFF}}},
        buy=[1] * 4,
        load=[10, 12, 20, 1],
        state=[dk.StateRow("grid_line", "month_peak_mw", 33.0, "2026-01")],
    )
    metered(means=["grid_line_import_mw"], grid_line_import_mw={"00:00": 9.0})
    assert rows(opens(plan, "01:00"))["grid_line", "month_peak_mw", "2026-01"] == 33


UNIT = {
    "unit_count": 3,
    "unit_power_min_mw": 2.0,
    "start_cost_mad": 1.0,
    "running_cost_mad_per_h": 9.0,
}


@pytest.mark.parametrize(
    ("said", "start", "expected"),
    [
        # as planned: one unit, from 00:30 on; the second starts at 1:00, so at 1:30 has run 0.5 h
        ({"00:45": 1}, "01:30", {"on 1": 1, "on 0.5": 1, "off 101.5": 1}),
        # one more than planned, metered since 00:15
        ({"00:00": 0, "00:15": 1, "00:45": 2}, "01:00", {"on 0.5": 1, "on 0.25": 1, "off 101": 1}),
        # the planned unit did not start
        ({"00:00": 0, "00:45": 0}, "01:00", {"off 101": 2, "off 1": 1}),
    ],
    ids=["as planned", "one more", "none"],
)
def test_units_are_as_many_as_the_meter_counts(day, metered, opens, said, start, expected):
    """Proves counts and hours: those of the plan where it agrees, else the meter's own changes."""
    plan = day(
        tables={"genset": {"backup": UNIT}},
        buy=[1, DEAR, DEAR, DEAR],
        sell=[0] * 4,
        load=[0, 5, 15, 15],
    )
    assert plan.schedule["genset_backup_on_count"].tolist() == [0, 1, 2, 2]
    metered(genset_backup_on_count={t: float(n) for t, n in said.items()})
    found = rows(opens(plan, start))
    shown = {f"{q.removesuffix('_count')} {key}": n for (_, q, key), n in found.items()}
    assert shown == expected


BATCH = {"arrival_mw": 6.0, "deadline_h": 3.0, "run_min_h": 2.0, "left_mad_per_mwh": 400.0}
WINDOWS = ["2026-01-05T00:00Z/2026-01-05T03:00Z", "2026-01-05T01:00Z/2026-01-05T04:00Z"]


@pytest.mark.parametrize(
    ("column", "said", "left"),
    [
        # planned: 1.5 MWh of the first cohort's 6 till 1:00, so 4.5 are left
        ("backlog_mwh", {"00:30": 5.0}, [3.5]),  # 1 less than the 6 of then
        ("backlog_mwh", {"01:00": 5.5}, [5.5]),
        ("run_mw", {"00:00": 0.0, "00:30": 1.0}, [5.5]),  # 0.5 instead of 1.5 MWh done
        ("run_mw", {"00:00": 4.0, "00:30": 4.0}, [2.0]),
        ("backlog_mwh", {"01:00": 0.0}, [0.0]),
    ],
)
def test_backlog_follows_its_meter_or_its_power(day, metered, opens, column, said, left):
    """Proves a cohort of 6 MWh, 3 MW at most, that waits for 1:00 half: what was done differs."""
    plan = day(tables={"deferrable": {"batch": BATCH}}, buy=[900, 10, 900, 910])
    planned = rows(opens(plan, "01:00"))["deferrable_batch", "backlog_mwh", WINDOWS[0]]
    assert planned == pytest.approx(4.5)
    name = f"deferrable_batch_{column}"
    metered(means=[name] if column == "run_mw" else [], **{name: said})
    found = rows(opens(plan, "01:00"))
    key = WINDOWS[0] if left[0] else ""
    assert found["deferrable_batch", "backlog_mwh", key] == pytest.approx(left[0])


def test_work_that_can_no_longer_be_done_in_time_is_told(day, metered, opens):
    """Proves 9 MWh metered at 1:00: a cohort of 6, due in two hours at 3 MW, holds 6 at most."""
    plan = day(tables={"deferrable": {"batch": BATCH}}, buy=[900, 10, 900, 910])
    metered(deferrable_batch_backlog_mwh={"01:00": 9.0})
    state = opens(plan, "01:00")
    assert rows(state)["deferrable_batch", "backlog_mwh", WINDOWS[0]] == pytest.approx(6)
    assert source_lines(state)[-1] == (
        "deferrable_batch backlog: 6.0 MWh in 1 cohorts, metered 2026-01-05 01:00Z (0.0 h old), "
        "3.0 MWh left out: can no longer be done in time"
    )


def test_a_service_level_counts_what_was_metered(day, metered, opens):
    """Proves demand and shed energy: 10 + 10 planned, nothing shed; metered 12 and 11 of them."""
    cloud = {
        "demand_mw": 10.0,
        "tiers": [{"shed_max_pu": 0.5, "value_mad_per_mwh": 1e6}],
        "sla_pu": 0.9,
        "time_zone": "Etc/GMT",
    }
    plan = day(tables={"firm": {"cloud": cloud}}, buy=[1] * 4)
    columns = ["firm_cloud_demand_mw", "firm_cloud_served_mw"]
    metered(
        means=columns,
        firm_cloud_demand_mw={"00:00": 12.0, "00:30": 12.0},
        firm_cloud_served_mw={"00:00": 12.0, "00:30": 10.0},
    )
    found = rows(opens(plan, "01:00"))
    assert found["firm_cloud", "demand_mwh", "2026-01"] == pytest.approx(12)
    assert found["firm_cloud", "shed_mwh", "2026-01"] == pytest.approx(1)


@pytest.mark.parametrize(
    ("power_mw", "had_mwh"),
    [(7.0, 2.5), (4.0, 1.0), (2.5, 1.0), (1.5, 0.75)],
    ids=["more counts in the quota", "as planned", "less was surplus", "less than the quota too"],
)
def test_a_quota_counts_what_was_metered(day, metered, opens, power_mw, had_mwh):
    """Proves half an hour of it: 2 MW of quota and 2 beyond it were planned, 1 and 1 MWh.

    7 MW are 1.5 MWh more, which count; 2.5 MW are 0.75 less of what was beyond; at 1.5 MW it is
    1.25 less: all that was beyond, and 0.25 of the quota.
    """
    share = {
        "power_max_mw": 8.0,
        "quota_mwh_per_month": 8000.0,
        "floor_mw": 2.0,
        "left_value_mad_per_mwh": 3000.0,
        "opportunistic_value_mad_per_mwh": 50.0,
        "time_zone": "Etc/GMT",
    }
    state = [dk.StateRow("quota_jazari", "delivered_mwh", 0.0, "2026-01")]
    plan = day(tables={"quota": {"jazari": share}}, buy=[900] * 4, wind=[4] * 4, state=state)
    own = plan.schedule.filter(like="quota_jazari")
    assert own["quota_jazari_quota_mw"].tolist() == pytest.approx([2] * 4)
    assert own["quota_jazari_opportunistic_mw"].tolist() == pytest.approx([2] * 4)
    metered(means=["quota_jazari_power_mw"], quota_jazari_power_mw={"00:00": power_mw})
    found = rows(opens(plan, "00:30"))
    assert found["quota_jazari", "delivered_mwh", "2026-01"] == pytest.approx(had_mwh)


def test_a_meter_older_than_the_limit_is_not_used_and_that_is_said(day, metered, opens, tmp_path):
    """Proves the plan's word counts then: 40 of 80 left; the meter is 2 h old, 1 is allowed."""
    plan = day(tables={"battery": {"main": BATTERY}}, buy=[DEAR] * 4, load=[16] * 4)
    handed = opens(plan, "02:00")
    metered(battery_main_energy_mwh={"00:00": 99.0})
    state = metered_state(
        handed, plan.optimum.problem.site, tmp_path, handed.time_utc, age_max_h=1.0
    )
    assert rows(state) == rows(handed)
    assert source_lines(state) == [
        (
            f"battery_main energy: 40.0 MWh, handed over by run {plan.run_dir.name}, planned 2.0 h "
            "before; its meter of 2026-01-05 00:00Z is 2.0 h old, more than 1, and is not used"
        )
    ]


def test_what_was_read_after_now_is_not_known(day, metered, opens):
    """Proves a plan of 1:00 made at 00:20 rolls the meter of 00:00, not that of 00:30."""
    plan = day(tables={"battery": {"main": BATTERY}}, buy=[DEAR] * 4, load=[16] * 4)
    metered(battery_main_energy_mwh={"00:00": 90.0, "00:30": 20.0})
    found = rows(opens(plan, "01:00", now="00:20"))
    assert found["battery_main", "energy_mwh", ""] == pytest.approx(70)


def test_without_a_plan_since_the_meter_stands_as_it_is(plant, metered, opens):
    """Proves a first day: no run, the meter of half an hour ago, and it is said."""
    built = plant(tables={"battery": {"main": BATTERY}}, buy=[1, 1])
    plan = built.solve()
    metered(battery_main_energy_mwh={"00:00": 55.0})
    state = opens(plan, "00:30")
    assert rows(state) == {("battery_main", "energy_mwh", ""): 55}
    assert source_lines(state) == [
        (
            "battery_main energy: 55.0 MWh, metered 2026-01-05 00:00Z (0.5 h old), not rolled: no "
            "plan covers the time since"
        )
    ]


def test_what_neither_meter_nor_plan_says_is_the_site_files(plant, opens):
    state = opens(plant(tables={"battery": {"main": BATTERY}}, buy=[1, 1]).solve(), "00:30")
    assert state.rows == ()
    assert source_lines(state) == ["battery_main energy: 80.0 MWh, site file"]


def test_a_value_the_site_can_no_longer_have_is_refused(plant, metered, opens, tmp_path):
    """Proves a smaller battery than the one that was metered: 250 MWh in 100."""
    plan = plant(tables={"battery": {"main": BATTERY}}, buy=[1, 1]).solve()
    metered(battery_main_energy_mwh={"00:00": 250.0})
    with pytest.raises(InputError) as error:
        opens(plan, "00:30")
    assert str(error.value) == (
        f"{tmp_path / 'meters'}: battery_main_energy_mwh = 250 at 2026-01-05 00:00Z is above what "
        "the site can have, 100. Import a corrected value, or mend the site file."
    )
