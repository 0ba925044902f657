"""The certificate of a run folder: its audit, from the files alone."""

from pathlib import Path
from typing import Any

from models.files import reason
from optimizer.audit import Published, audit
from optimizer.breach import Breach
from optimizer.errors import AuditFailed
from optimizer.kpis import kpis
from optimizer.robustness import robustness
from optimizer.run_tables import as_written
from optimizer.scenario_files import read_scenarios
from optimizer.softened import record, wrong_marks
from optimizer.store import read_json, read_published

BREACHES_SHOWN = 20
KPI_TOLERANCE_PU = 1e-9  # the figures are sums over the same table: only their order may differ


def breach_report(found: list[Breach]) -> str:
    """Return what an audit found, the first of many."""
    lines = [str(breach) for breach in found[:BREACHES_SHOWN]]
    more = len(found) - len(lines)
    return "\n".join([*lines, *([f"and {more} more"] if more > 0 else [])])


def check_folder(folder: Path, *, is_elastic: bool = False) -> int:
    """Audit a run folder from its files alone; return the number of steps.

    Raises
    ------
    AuditFailed
        A rule is broken, the folder's two schedules disagree, or a key figure is not the table's.
    """
    published, differences = read_published(folder, is_elastic=is_elastic)
    texts = [str(name) for name, kind in published.table.dtypes.items() if kind != "float64"]
    if texts:
        raise AuditFailed(f"schedule.parquet: {', '.join(texts)}: holds no numbers")
    try:
        found = audit(published)
    except KeyError as error:
        raise AuditFailed(f"schedule.parquet: a column is missing: {reason(error)}") from error
    if not found:
        written = read_json(folder / "kpis.json")
        stated, marks = written.get("kpis", {}), record(folder)
        recorded = read_json(marks) if marks.is_file() else None
        with as_written(marks):
            differences += wrong_marks(published, recorded, written.get("softened", []))
        for part, figures in kpis(published).items():
            differences += _wrong_figures(part, figures, stated.get(part, {}))
        differences += _wrong_robustness(published, folder, written.get("robustness"))
    if differences or found:
        lines = [*differences[:BREACHES_SHOWN], *([breach_report(found)] if found else [])]
        raise AuditFailed("\n".join(lines))
    return len(published.table)


def _wrong_figures(part: str, figures: dict[str, float], stated: dict[str, Any]) -> list[str]:
    """Return the key figures that are not what the table gives."""
    return [
        f"kpis.json: {part} {key} = {stated.get(key)} is not the table's {figure:.10g}"
        for key, figure in figures.items()
        if not isinstance(stated.get(key), int | float)
        or not abs(stated[key] - figure) <= KPI_TOLERANCE_PU * max(1.0, abs(figure))
    ]


def _wrong_robustness(published: Published, folder: Path, stated: Any) -> list[str]:
    """Return where what is said of the scenarios is not what the scenarios give."""
    scenarios = read_scenarios(folder / "inputs")
    if scenarios is None:
        return [] if stated is None else ["kpis.json: robustness without inputs/scenarios.parquet"]
    if not isinstance(stated, dict):
        return ["kpis.json: robustness is missing, and there are inputs/scenarios.parquet"]
    found = robustness(published, *scenarios).as_json()
    odd = [
        name
        for name, value in found.items()
        if not isinstance(value, int | float) and value != stated.get(name)
    ]
    figures = {name: value for name, value in found.items() if isinstance(value, int | float)}
    texts = [f"kpis.json: robustness {name} is not what the scenarios give" for name in odd]
    return texts + _wrong_figures("robustness", figures, stated)
