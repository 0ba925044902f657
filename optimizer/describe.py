"""What input files may hold: JSON Schemas made from the classes that check them."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from models.weather.schema import COLUMNS, INDEX_NAME, LEVELS, Column
from optimizer.agreement.clause import clause_kinds
from optimizer.capacity import capacity_schema
from optimizer.config import Agreement, Site
from optimizer.reference import reference_file

DEFAULT_FILES = ("site.toml", "agreement.toml")


def site_schema() -> dict[str, Any]:
    """Return the JSON Schema of site.toml."""
    return Site.model_json_schema()


def agreement_schema() -> dict[str, Any]:
    """Return the JSON Schema of agreement.toml: its head, and each kind of clause."""
    head = Agreement.model_json_schema()
    kinds = sorted(clause_kinds().items())
    tables = {}
    for kind, parameters in kinds:
        table = parameters.model_json_schema()
        table["properties"] = {"kind": {"const": kind}} | table["properties"]
        table["required"] = ["kind", *table.get("required", [])]
        tables[kind] = table
    definitions = {name: d for t in tables.values() for name, d in t.pop("$defs", {}).items()}
    head["properties"]["clause"] = {"type": "array", "items": {"oneOf": list(tables.values())}}
    head["$defs"] = definitions
    return head


def weather_schema() -> dict[str, Any]:
    """Return the JSON Schema of a row of a weather table of one's own, as CSV or Parquet."""
    wind = COLUMNS["wind_speed_10m_m_per_s"]
    stamp = "beginning of the step, UTC, ISO 8601 with Z; each value is the mean over its step"
    return {
        "title": "Row of a weather table",
        "type": "object",
        "properties": {INDEX_NAME: {"type": "string", "format": "date-time", "description": stamp}}
        | {name: _range(column) for name, column in COLUMNS.items()},
        "patternProperties": {r"^wind_speed_[1-9]\d*m_m_per_s$": _range(wind)},
        "required": [INDEX_NAME, *COLUMNS],
        "additionalProperties": False,
        "levels": list(LEVELS),
    }


def _range(column: Column) -> dict[str, Any]:
    """Return the schema of one column."""
    return {
        "type": "number",
        "minimum": column.low,
        "maximum": column.high,
        "description": f"mean over the step [{column.unit}]",
    }


TOPICS: dict[str, Callable[[], dict[str, Any]]] = {
    "site": site_schema,
    "agreement": agreement_schema,
    "weather": weather_schema,
    "capacity": capacity_schema,
}


def default_files() -> dict[str, Path]:
    """Return where the default files are."""
    return {name: reference_file(name) for name in DEFAULT_FILES}


def overview() -> str:
    """Return where the default files are, how to make them one's own, and what there is to ask."""
    files = default_files()
    folder = next(iter(files.values())).parent
    copies = [f"  cp {path} ." for path in files.values()]
    kinds = ", ".join(sorted(clause_kinds()))
    return "\n".join(
        [
            f"The default plant and agreement are in {folder}. To make them your own:",
            *copies,
            "  dakhla plan --site site.toml --agreement agreement.toml",
            "What a file may hold, with units and ranges, as JSON Schema:",
            "  dakhla schema site",
            f"  dakhla schema agreement   (clauses: {kinds})",
            "  dakhla schema weather     (a table of your own, CSV or Parquet)",
            "  dakhla schema capacity    (the power caps a run hands over)",
        ]
    )
