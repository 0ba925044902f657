"""The schedule to take away: as CSV, and as an Excel workbook with typed numbers and units."""

import base64
import io
from collections.abc import Iterator

import pandas as pd
import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from optimizer.legal_time import SITE_TIME_ZONE, legal
from optimizer.phrases import said, str_of
from optimizer.report.source import Source
from optimizer.units import UNIT_TEXT

EXCEL = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_TIMES = (("time_utc", "UTC"), ("time_site", "legal time at the site"))
_UNITS = UNIT_TEXT | {"pu": "per unit", "mad": "MAD", "kwh": "kWh"}
_OPTIONS = {  # a cell that begins with = or looks like an address stays a text
    "in_memory": True,
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
}


def csv_link(source: Source) -> str:
    """Return the schedule as its run folder has it, as an address that holds it."""
    return _address("text/csv", (source.folder / "schedule.csv").read_bytes())


def excel_link(source: Source) -> str:
    """Return the schedule as an Excel workbook, as an address that holds it."""
    return _address(EXCEL, workbook(source))


def _address(kind: str, content: bytes) -> str:
    """Return a data address."""
    return f"data:{kind};base64,{base64.b64encode(content).decode()}"


def workbook(source: Source) -> bytes:
    """Return an Excel workbook: the schedule, its columns with units, key figures, the run."""
    content = io.BytesIO()
    with xlsxwriter.Workbook(content, _OPTIONS) as book:
        book.set_properties(
            {"title": f"Schedule of run {source.run_id}", "created": _began(source)}
        )
        bold = book.add_format({"bold": True, "bg_color": "#F4F6F8"})
        moment = book.add_format({"num_format": "yyyy-mm-dd hh:mm"})
        _schedule(book.add_worksheet("schedule"), source, bold, moment)
        _columns(book.add_worksheet("columns"), source.table, bold)
        _figures(book.add_worksheet("figures"), source, bold)
        _run(book.add_worksheet("run"), source, bold)
    return content.getvalue()


def _began(source: Source) -> pd.Timestamp:
    """Return the moment a workbook says it was made: the plan's, so that it is always the same."""
    return source.horizon.start.tz_localize(None)


def _schedule(sheet: Worksheet, source: Source, bold: Format, moment: Format) -> None:
    """Write names, units and one row per step; both times stay in sight."""
    table = source.table
    names = [*(name for name, _ in _TIMES), *table.columns]
    units = [*(unit for _, unit in _TIMES), *(unit_of(name) for name in table.columns)]
    for row, texts in enumerate((names, units)):
        for column, text in enumerate(texts):
            sheet.write_string(row, column, str(text), bold)
    index = pd.DatetimeIndex(table.index)
    for column, clock in enumerate((index, legal(index, SITE_TIME_ZONE))):
        for row, at in enumerate(clock.tz_localize(None).to_pydatetime(), start=2):
            sheet.write_datetime(row, column, at, moment)
    for row, values in enumerate(table.to_numpy(dtype="float64").tolist(), start=2):
        for column, value in enumerate(values, start=2):
            sheet.write_number(row, column, value)
    sheet.freeze_panes(2, 2)
    sheet.set_column(0, 1, 18)
    sheet.set_column(2, len(names) - 1, 14)


def unit_of(column: str) -> str:
    """Return the unit a published name ends in, as people write it."""
    stem, _, per = column.rpartition("_per_")
    if stem:
        return f"{unit_of(stem)}/{_UNITS.get(per, per)}"
    unit = column.rpartition("_")[2]
    return _UNITS.get(unit, unit)


def _columns(sheet: Worksheet, table: pd.DataFrame, bold: Format) -> None:
    """Write each column with its unit and when its value holds."""
    _rows(sheet, [("column", "unit", "holds")], bold)
    for row, name in enumerate(table.columns, start=1):
        for column, text in enumerate((str(name), unit_of(str(name)), holds(str(name)))):
            sheet.write_string(row, column, text)
    sheet.set_column(0, 0, 40)
    sheet.set_column(1, 2, 22)


def holds(column: str) -> str:
    """Return which part of a step a published value is of."""
    if column == "step_h" or column.endswith("_pu"):
        return "the step"
    if column.endswith(("_energy_mwh", "_backlog_mwh", "_stock_l", "_bank_mwh", "_tank_m3")):
        return "end of the step"
    if column.endswith(("_deliverable_mwh", "_delivered_mwh", "_required_mwh")):
        return "end of the step"
    return "mean over the step" if column.endswith("_mw") else "the step"


def _figures(sheet: Worksheet, source: Source, bold: Format) -> None:
    """Write the key figures of the binding day and of the whole plan, and the cost by kind."""
    kpis = source.figures["kpis"]
    _rows(sheet, [("figure", "unit", "binding", "plan")], bold)
    row = 1
    for name, value in kpis["plan"].items():
        sheet.write_string(row, 0, name)
        sheet.write_string(row, 1, unit_of(name))
        sheet.write_number(row, 2, kpis["binding"][name])
        sheet.write_number(row, 3, value)
        row += 1
    for name, value in kpis["cost_mad"].items():
        sheet.write_string(row, 0, name)
        sheet.write_string(row, 1, "MAD")
        sheet.write_number(row, 3, value)
        row += 1
    sheet.set_column(0, 0, 40)
    sheet.set_column(1, 3, 18)


def _run(sheet: Worksheet, source: Source, bold: Format) -> None:
    """Write which run this is."""
    _rows(sheet, [("what", "value")], bold)
    _rows(sheet, list(_told(source)), None, first=1)
    sheet.set_column(0, 0, 24)
    sheet.set_column(1, 1, 80)


def _told(source: Source) -> Iterator[tuple[str, str]]:
    """Yield what is said of the run, as texts."""
    weather = source.manifest.get("weather", {})
    yield "run", source.run_id
    yield "site", source.site.place.name
    for key in ("program", "kind", "status", "start_utc", "end_utc"):
        yield key, str(source.manifest.get(key))
    yield "weather rung", str(weather.get("rung"))
    yield "weather source", str(weather.get("source"))
    yield "opening state", said(str_of(source.figures.get("opening_state")), "en")
    yield "cost of the whole plan [MAD]", f"{source.published.objective_mad:.2f}"


def _rows(
    sheet: Worksheet, rows: list[tuple[str, ...]], form: Format | None, first: int = 0
) -> None:
    """Write rows of texts, each as a text whatever it begins with."""
    for row, texts in enumerate(rows, start=first):
        for column, text in enumerate(texts):
            sheet.write_string(row, column, text, form)
