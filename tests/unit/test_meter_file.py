"""Meters as files bring them: every column, moment and value is checked, and said in a sentence."""

import pandas as pd
import pytest

from models.errors import InputError
from optimizer.meter_columns import meter_columns
from optimizer.meter_file import read_meter_file

NOW = pd.Timestamp("2026-01-05T06:00Z")
TABLES = {
    "battery": {"main": {"soc_min_pu": 0.1, "energy_initial_mwh": 40.0}},  # 40 to 400 MWh
    "genset": {"backup": {"unit_count": 3, "start_cost_mad": 1.0, "fuel_stock_l": 9000.0}},
    "desalination": {"sea": {"demand_m3_per_h": 5.0, "tank_max_m3": 80.0}},
    "deferrable": {"batch": {"arrival_mw": 5.0, "power_max_mw": 20.0}},
    "facility": {"power_max_mw": 200.0, "it_power_max_mw": 150.0},
    "grid": {"line": {"import_max_mw": 100.0, "export_max_mw": 0.0}},
}


@pytest.fixture
def site(plant):
    return plant(tables=TABLES, buy=[1, 1], wind=[1, 1]).site


@pytest.fixture
def read(site, tmp_path):
    """Return how lines become a file of meters."""

    def call(*lines, now=NOW):
        path = tmp_path / "scada.csv"
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
        return read_meter_file(path, site, now)

    return call


@pytest.fixture
def refused(read, tmp_path):
    """Return what is said of lines that can't be read, without the file's name."""

    def call(*lines, now=NOW):
        with pytest.raises(InputError) as error:
            read(*lines, now=now)
        return [p.removeprefix(f"{tmp_path / 'scada.csv'}: ") for p in error.value.problems]

    return call


def test_a_good_file_is_read_as_it_is(read):
    """Proves readings and means stay apart, empty cells stay empty, and gaps are told."""
    found = read(
        "time_utc,battery_main_energy_mwh,grid_line_import_mw",
        "2026-01-05T00:00Z,200,10",
        "2026-01-05T00:15Z,,12.5",
        "2026-01-05T00:45:00Z,190,-0.2",
        "2026-01-05T01:00Z,180.5,",
    )
    assert found.step_h == 0.25
    assert found.mean_columns == ("grid_line_import_mw",)
    assert found.table["battery_main_energy_mwh"].dropna().tolist() == [200, 190, 180.5]
    assert found.table["grid_line_import_mw"].dropna().tolist() == [10, 12.5, 0]
    assert [f"{t:%H:%M}" for t in found.table.index] == ["00:00", "00:15", "00:45", "01:00"]
    assert str(found.table.index.tz) == "UTC"
    assert found.notes == (
        "grid_line_import_mw: 1 values a little below zero taken as 0.",
        "1 of 5 steps are missing, the first at 2026-01-05T00:30Z.",
        "battery_main_energy_mwh: 1 of 4 cells are empty.",
        "grid_line_import_mw: 1 of 4 cells are empty.",
    )


def test_readings_may_come_when_they_like(read):
    """Proves no step is asked of stocks and counts."""
    found = read(
        "time_utc,genset_backup_on_count,genset_backup_fuel_stock_l",
        "2026-01-05T00:03Z,2,8999",
        "2026-01-05T05:59:30Z,1,9100",
    )
    assert (found.step_h, found.mean_columns, found.notes) == (None, (), ())


HEAD = "time_utc,grid_line_import_mw"
FIRST = "2026-01-05T00:00Z,1"


@pytest.mark.parametrize(
    ("lines", "problem"),
    [
        (
            ["time_utc,grid_line_import_kw", FIRST],
            "grid_line_import_kw: unknown column. Did you mean grid_line_import_mw?",
        ),
        (
            ["time_utc,battery_main_soc_pct", FIRST],
            ("battery_main_soc_pct: unknown column. Give battery_main_energy_mwh: the state of "
            "charge, per unit, times 400 MWh."),
        ),
        (["time,grid_line_import_mw", FIRST], ("time_utc: missing column. Give each row's moment, "
         "in UTC.")),
        (["time_utc", "2026-01-05T00:00Z"], "no column beside time_utc. Give one per meter."),
        (
            [HEAD, "2026-01-05T00:00,1", "2026-01-05T01:00,1"],
            "time_utc = 2026-01-05 00:00:00 has no time zone. Write 2026-01-05T00:00Z for UTC.",
        ),
        (
            [HEAD, FIRST, FIRST],
            "time_utc = 2026-01-05T00:00Z appears twice. Keep one row.",
        ),
        (
            [HEAD, FIRST, "2026-01-05T02:00Z,1", "2026-01-05T01:00Z,1"],
            ("time_utc = 2026-01-05T01:00Z in line 4 is before the row above it, "
            "2026-01-05T02:00Z: the clock was put back. Export in UTC, in order."),
        ),
        (
            [HEAD, FIRST, "2026-01-05T01:00Z,1", "2026-01-05T02:07Z,1", "2026-01-05T03:00Z,1"],
            ("time_utc = 2026-01-05T02:07:00Z is off the file's steps of 60 min: the clock jumped. "
            "Round the moments to the step."),
        ),
        (
            [HEAD, "2026-01-05T05:00Z,1", "2026-01-05T06:10Z,1"],
            ("time_utc = 2026-01-05T06:10Z in line 3 is after now, 2026-01-05T06:00Z: no meter has "
            "read it. Check the file's clock and zone."),
        ),
        (
            [HEAD, "2026-01-05T04:30Z,1", "2026-01-05T05:30Z,1"],
            ("grid_line_import_mw: the step from 2026-01-05T05:30Z is not over at "
            "2026-01-05T06:00Z. Leave that cell empty until it is: a mean is named by its "
            "beginning."),
        ),
        ([HEAD, FIRST], "one row does not tell how long a step is. Give two or more."),
        (
            [HEAD, "2026-01-01T00:00Z,1", "2026-01-03T00:00Z,1"],
            "time_utc: steps of 2880 min are too long. Give a day at most.",
        ),
        (
            [HEAD, FIRST, "2026-01-05T01:00Z,off"],
            ("grid_line_import_mw = 'off' in line 3 is no number (1 such cells). Give a number, or "
            "leave it empty."),
        ),
        (
            [HEAD, FIRST, "2026-01-05T01:00Z,-5"],
            ("grid_line_import_mw = -5 at 2026-01-05T01:00Z (1 such rows) is negative. Published "
            "quantities are >= 0, one column a direction."),
        ),
        (
            [HEAD, FIRST, "2026-01-05T01:00Z,20500"],
            ("grid_line_import_mw = 20500 at 2026-01-05T01:00Z (1 such rows) is above what the "
            "site can have, 100. Mend it; power is in MW, not kW."),
        ),
        (
            ["time_utc,desalination_sea_tank_m3", "2026-01-05T01:00Z,83"],
            ("desalination_sea_tank_m3 = 83 at 2026-01-05T01:00Z (1 such rows) is above what the "
            "site can have, 80. Mend it; check the unit."),
        ),
        (
            ["time_utc,genset_backup_on_count", "2026-01-05T01:00Z,1.5"],
            ("genset_backup_on_count = 1.5 at 2026-01-05T01:00Z (1 such rows) is not whole. Give "
            "the units that run at that moment."),
        ),
        (
            ["time_utc,battery_main_energy_mwh", "2026-01-05T01:00Z,35", "2026-01-05T02:00Z,80"],
            ("battery_main_energy_mwh: all values are at most 100 and some below 40 MWh, the least "
            "of its window: a state of charge in percent. Give MWh: percent times 4."),
        ),
        (
            ["time_utc,battery_main_energy_mwh", "2026-01-05T01:00Z,0.35"],
            ("battery_main_energy_mwh: all values are at most 1 and some below 40 MWh, the least "
            "of its window: a state of charge in per unit. Give MWh: per unit times 400."),
        ),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told_in_one_sentence(refused, lines, problem):
    assert refused(*lines) == [problem]


def test_all_that_is_wrong_is_told_at_once(refused):
    """Proves a planner mends a file once: a name, a value and a moment in one go."""
    found = refused(
        "time_utc,wind_main_used_kw,grid_line_import_mw",
        "2026-01-05T00:00Z,1,5",
        "2026-01-07T00:00Z,1,-5",
    )
    assert [p.split(" ")[0] for p in found] == [
        "wind_main_used_kw:",
        "time_utc",
        "grid_line_import_mw",
    ]


def test_what_may_be_metered_is_what_the_site_has(site):
    """Proves a meter for every stock, flow and count, and a limit of each."""
    known = meter_columns(site)
    assert {
        column: each.high for column, each in known.items() if not column.startswith("wind")
    } == {
        "grid_line_import_mw": 100,
        "grid_line_export_mw": 0,
        "genset_backup_power_mw": 30,
        "genset_backup_on_count": 3,
        "genset_backup_fuel_stock_l": 9000,
        "battery_main_energy_mwh": 400,
        "battery_main_charge_mw": 100,
        "battery_main_discharge_mw": 100,
        "desalination_sea_tank_m3": 80,
        "desalination_sea_power_mw": 10,
        "facility_power_mw": 200,
        "facility_it_mw": 150,
        "deferrable_batch_run_mw": 20,
        "deferrable_batch_backlog_mwh": 20 * 8784,
    }
    assert {c for c, each in known.items() if each.is_reading} == {
        "genset_backup_on_count",
        "genset_backup_fuel_stock_l",
        "battery_main_energy_mwh",
        "desalination_sea_tank_m3",
        "deferrable_batch_backlog_mwh",
    }
