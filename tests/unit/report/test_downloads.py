"""The workbook of a run: typed cells, units, both times, and texts that stay texts."""

import base64
import io
from dataclasses import replace

import openpyxl
import pandas as pd
import pytest

from optimizer.report.downloads import csv_link, holds, unit_of, workbook
from optimizer.report.source import Source


@pytest.mark.parametrize(
    ("column", "unit"),
    [
        ("step_h", "h"),
        ("battery_main_energy_mwh", "MWh"),
        ("facility_pue_pu", "per unit"),
        ("grid_onee_import_price_mad_per_mwh", "MAD/MWh"),
        ("cooling_water_l_per_mwh", "L/MWh"),
        ("site_emission_kg", "kg"),
        ("genset_backup_on_count", "count"),
        ("wue_l_per_kwh", "L/kWh"),
    ],
)
def test_units_are_read_from_names(column: str, unit: str) -> None:
    """Proves that each name's unit is found, a unit over another too."""
    assert unit_of(column) == unit


def test_stored_amounts_hold_at_the_end_of_a_step() -> None:
    """Proves that energy is said to be at the end of a step, and power its mean."""
    assert holds("battery_main_energy_mwh") == "end of the step"
    assert holds("battery_main_charge_mw") == "mean over the step"


def test_cells_have_types_units_and_both_times(source: Source) -> None:
    """Proves that the first sheet has names, units, then a row per step, whose times are dates
    (UTC, and UTC+1 in July at the site) and whose numbers are the table's, to 15 digits.
    """
    book = openpyxl.load_workbook(io.BytesIO(workbook(source)))
    assert book.sheetnames == ["schedule", "columns", "figures", "run"]
    sheet = book["schedule"]
    assert sheet.freeze_panes == "C3"
    names, units, first = (list(row) for row in sheet.iter_rows(max_row=3, values_only=True))
    assert names[:3] == ["time_utc", "time_site", "step_h"]
    assert units[:3] == ["UTC", "legal time at the site", "h"]
    assert first[:2] == [pd.Timestamp("2026-07-01 00:00"), pd.Timestamp("2026-07-01 01:00")]
    assert first[2:] == pytest.approx(source.table.iloc[0].tolist(), rel=1e-15)
    assert sheet.max_row == 2 + len(source.table)
    assert {cell.data_type for cell in sheet[3][2:]} == {"n"}


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "=cmd|' /C calc'!A0", "http://x"])
def test_texts_never_become_formulas(source: Source, text: str) -> None:
    """Proves that a site named like a formula, a number or an address is a text in the workbook."""
    place = source.site.place.model_copy(update={"name": text})
    site = source.site.model_copy(update={"place": place})
    named = replace(source, published=replace(source.published, site=site))
    content = workbook(named)
    sheet = openpyxl.load_workbook(io.BytesIO(content))["run"]
    [cell] = [row[1] for row in sheet.iter_rows() if row[0].value == "site"]
    assert (cell.value, cell.data_type, cell.hyperlink) == (text, "s", None)
    assert b"<f>" not in content


def test_the_same_run_gives_the_same_workbook(source: Source) -> None:
    """Proves that nothing of the clock is in the workbook."""
    assert workbook(source) == workbook(source)


def test_the_csv_is_the_runs(source: Source) -> None:
    """Proves that the CSV to take away is the one in the run folder."""
    kind, _, held = csv_link(source).partition(",")
    assert kind == "data:text/csv;base64"
    assert base64.b64decode(held) == (source.folder / "schedule.csv").read_bytes()
