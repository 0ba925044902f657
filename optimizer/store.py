"""Runs on disk: everything is written under a temporary name, flushed, then renamed.

A run is a folder ``DIR/<run id>/`` with the schedule, key figures, manifest, solver log and the
inputs the audit needs. ``DIR/latest.json`` is replaced last and names the last completed run.
"""

import datetime
import hashlib
import json
import math
import os
import secrets
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd

from models.errors import InputError
from models.files import plain_file, reason
from optimizer.audit import Published
from optimizer.component import Given
from optimizer.config import Agreement, parse_agreement, parse_site
from optimizer.horizon import Horizon
from optimizer.lock import one_change
from optimizer.run_held import read_held, write_held
from optimizer.run_tables import (
    as_written,
    read_cohorts,
    read_exactly,
    read_job_runs,
    read_jobs,
    read_rates,
    write_runs,
    write_work,
)
from optimizer.state import State, StateRow

SCHEMA_VERSION = 1
LATEST = "latest.json"
JSON_MAX_BYTES = 10_000_000  # kpis.json takes some 10 kB


def sha256(path: Path) -> str:
    """Return the SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def new_run_id(now: pd.Timestamp) -> str:
    """Return a run's name: its UTC moment and six random digits, so that no two are equal."""
    return f"{now:%Y%m%dT%H%M%SZ}-{secrets.token_hex(3)}"


def write_json(path: Path, content: Any) -> None:
    """Replace a JSON file at once; NaN is refused, keys keep their order."""
    write_text(path, json.dumps(content, indent=1, allow_nan=False, ensure_ascii=False) + "\n")


def write_text(path: Path, text: str) -> None:
    """Replace a text file at once: whoever reads it finds the old one or the new one, whole."""
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(3)}")
    with temporary.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)


def read_json(path: Path) -> dict[str, Any]:
    """Return the object in a JSON file of a run.

    Raises
    ------
    InputError
        It is missing, cut short, not JSON or no object.
    """
    try:
        content = json.loads(plain_file(path, JSON_MAX_BYTES).read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError([f"{path}: not readable: {reason(error)}. Give a run folder."]) from error
    except (ValueError, RecursionError) as error:
        raise InputError([f"{path}: not JSON: {error}. Give a whole run folder."]) from error
    if not isinstance(content, dict):
        raise InputError([f"{path}: holds no JSON object. Give a whole run folder."])
    return content


def write_inputs(folder: Path, published: Published) -> None:
    """Write what the audit needs: site, agreement, series, opening state, cohorts and jobs."""
    folder.mkdir()
    site, agreement, given = published.site, published.agreement, published.given
    write_json(folder / "site.json", site.model_dump(mode="json"))
    clauses = [{"kind": c.kind, **c.model_dump(mode="json")} for c in agreement.clause]
    write_json(folder / "agreement.json", {"title": agreement.title, "clause": clauses})
    given.series.to_parquet(folder / "series.parquet")
    given.state.to_csv(folder / "state.csv")
    write_held(folder, given.held)
    write_work(folder, given)


def write_schedule(folder: Path, published: Published) -> None:
    """Write the table twice, as Parquet and as CSV, and how cohorts and jobs run."""
    published.table.to_parquet(folder / "schedule.parquet")
    written = published.table.copy()
    written.index = pd.DatetimeIndex(written.index).strftime("%Y-%m-%dT%H:%M:%SZ")
    written.to_csv(folder / "schedule.csv", lineterminator="\n", index_label="time_utc")
    write_runs(folder, published.given)


def read_published(folder: Path, *, is_elastic: bool = False) -> tuple[Published, list[str]]:
    """Return what a run folder publishes, and where its two schedules disagree.

    Raises
    ------
    InputError
        A file of the folder is missing or can't be read.
    """
    site = parse_site(read_json(folder / "inputs/site.json"), str(folder / "inputs/site.json"))
    agreement = _read_agreement(folder / "inputs/agreement.json")
    series = _read_table(folder / "inputs/series.parquet")
    with as_written(folder / "inputs/series.parquet"):
        needed = [need.column for part in site.components() for need in part.needs()]
        series[["step_h", *needed]].to_numpy(dtype="float64")
        horizon = Horizon(start=series.index[0], step_h=tuple(series["step_h"].tolist()))
    table = _read_table(folder / "schedule.parquet")
    with as_written(folder / "kpis.json"):
        objective_mad = float(read_json(folder / "kpis.json")["objective_mad"])
    given = Given(
        horizon=horizon,
        series=series,
        state=_read_state(folder / "inputs/state.csv"),
        cohorts=read_cohorts(folder / "inputs", site),
        rates=read_rates(folder / "rates.csv") if site.deferrable else pd.DataFrame(),
        jobs=read_jobs(folder / "inputs", site),
        job_runs=read_job_runs(folder / "jobs.csv") if site.jobs else pd.DataFrame(),
        is_elastic=is_elastic,
        held=read_held(folder / "inputs"),
    )
    published = Published(
        table=table,
        site=site,
        agreement=agreement,
        given=given,
        objective_mad=objective_mad,
    )
    return published, _differences(table, folder / "schedule.csv")


def is_diagnostic(folder: Path) -> bool:
    """Return whether a run folder says it holds a least-shortfall diagnostic."""
    return read_json(folder / "manifest.json").get("is_diagnostic") is True


def _read_agreement(path: Path) -> Agreement:
    """Return the agreement of a run; its dates are text in JSON."""
    content = read_json(path)
    with as_written(path):
        for clause in content["clause"]:
            for key in ("valid_from", "valid_until"):
                if clause.get(key) is not None:
                    clause[key] = datetime.date.fromisoformat(clause[key])
    return parse_agreement(content, str(path))


def _read_table(path: Path) -> pd.DataFrame:
    """Return a Parquet table whose index is ``time_utc``."""
    with as_written(path):
        frame = pd.read_parquet(path)
        frame.index = pd.DatetimeIndex(frame.index).as_unit("us")
    return frame


def _read_state(path: Path) -> State:
    """Return the opening state of a run."""
    with as_written(path):
        frame = pd.read_csv(path, keep_default_na=False, dtype=str)
        rows = tuple(
            StateRow(r["name"], r["quantity"], _number(r["value"]), r["key"])
            for r in frame.to_dict("records")
        )
    return State(time_utc=pd.Timestamp(0, tz="UTC"), rows=rows, origin="run folder")


def _number(text: str) -> float:
    """Return the number a text says, NaN where it says none: the audit then names it."""
    try:
        return float(text)
    except ValueError:
        return math.nan


def _differences(table: pd.DataFrame, path: Path) -> list[str]:
    """Return where the CSV schedule is not the Parquet schedule."""
    try:
        written = read_exactly(path, ("time_utc",)).set_index("time_utc")
    except (OSError, ValueError, KeyError) as error:
        return [f"schedule.csv: not readable: {reason(error)}"]
    if list(written.columns) != list(table.columns) or len(written) != len(table):
        return ["schedule.csv: other columns or rows than schedule.parquet"]
    stamps = list(pd.DatetimeIndex(table.index).strftime("%Y-%m-%dT%H:%M:%SZ"))
    if list(written.index) != stamps:
        return ["schedule.csv: other steps than schedule.parquet"]
    apart = ~(written.to_numpy() == table.to_numpy())
    return [
        f"{stamps[row]}  schedule.csv: {table.columns[column]} is not schedule.parquet's"
        for row, column in zip(*apart.nonzero(), strict=True)
    ]


def publish(
    out: Path,
    run_id: str,
    write: Callable[[Path], None],
    *,
    is_latest: bool,
    before_latest: Callable[[], None] = lambda: None,
) -> Path:
    """Write a run folder under a hidden name, then rename it; name it in latest.json last.

    `write(folder)` fills the folder, and raises if the run may not be published;
    `before_latest()` books it where it is the latest.
    """
    out.mkdir(parents=True, exist_ok=True)
    partial, final = out / f".partial-{run_id}", out / run_id
    partial.mkdir()
    try:
        write(partial)
        for path in partial.rglob("*"):
            if path.is_file():
                with path.open("rb") as file:
                    os.fsync(file.fileno())
        partial.rename(final)
    finally:
        if partial.exists():
            shutil.rmtree(partial)
    if is_latest:
        with one_change(out):
            before_latest()
            write_json(out / LATEST, {"schema_version": SCHEMA_VERSION, "run": run_id})
    return final


def standing_parent(out: Path) -> Path:
    """Return `out`, or the nearest folder above it that exists."""
    return next(p for p in (out.absolute(), *out.absolute().parents) if p.exists())


def out_problems(out: Path) -> list[str]:
    """Return why no run could be written to `out`; nothing is made or changed."""
    try:
        parent = standing_parent(out)
    except (OSError, ValueError) as error:
        return [f"--out = {str(out)!r} is no folder's name: {error}. Give another."]
    if not parent.is_dir():
        return [f"--out = {out} leads through {parent}, which is a file. Give a folder."]
    if not os.access(parent, os.W_OK | os.X_OK):
        return [f"--out = {out} is not writable: no right to write in {parent}. Give another."]
    return []


def latest_run(out: Path) -> Path | None:
    """Return the folder of the last completed run, or none."""
    if not (out / LATEST).is_file():
        return None
    name = str(read_json(out / LATEST).get("run", ""))
    folder = out / name
    if not name or Path(name).name != name or not folder.is_dir():
        raise InputError([f"{out / LATEST}: run = {name!r} is no folder there. Take the file out."])
    return folder
