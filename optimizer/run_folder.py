"""Run folders by name, and what each says of itself: the truth the registry is rebuilt from."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pandas as pd

from models.errors import InputError
from optimizer.run_tables import as_written
from optimizer.store import latest_run, read_json, sha256

RUN_NAME = re.compile(r"\d{8}T\d{6}Z-[0-9a-f]{6}")
DIAGNOSTIC = "-diagnostic"
PARTIAL = ".partial-"
BINDING_H = 24.0  # the part of a plan that is carried out; the rest looks ahead
_STAMP = "%Y-%m-%dT%H:%M:%SZ"
_EXIT_CODES = {"optimal": 0, "softened": 3, "feasible at limit": 3}
_FRESH = ("fresh", "given", "synthetic")  # rungs of the weather ladder that are what was asked for


@dataclass(frozen=True, kw_only=True, slots=True)
class RunRow:
    """A run as the registry has it; moments are UTC text, so that they sort as they follow."""

    id: str
    site: str = ""
    kind: str = "plan"  # plan, daily, replan, trial
    state: str = "started"  # started, published, failed, abandoned
    started_utc: str = ""
    ended_utc: str | None = None
    start_utc: str | None = None
    end_utc: str | None = None
    weather_rung: str | None = None
    weather_source: str | None = None
    objective_mad: float | None = None
    exit_code: int | None = None
    message: str = ""
    host: str = ""
    pid: int | None = None
    process: str = ""  # tells two processes of one number apart
    program: str = ""
    folder: str | None = None  # relative to the folder of runs
    folder_gone: str | None = None  # pruned, missing
    replans: str | None = None  # the run whose rest of the day it plans again


def program() -> str:
    """Return this program's name and version."""
    return f"dakhla-optimizer {version('dakhla-optimizer')}"


def stamp(moment: pd.Timestamp) -> str:
    """Return a moment as run files have it."""
    return f"{moment.tz_convert('UTC'):{_STAMP}}"


def run_id_of(folder_name: str) -> str | None:
    """Return the run a folder's name belongs to, none if it is no run's."""
    name = folder_name.removesuffix(DIAGNOSTIC)
    return name if RUN_NAME.fullmatch(name) else None


def run_folders(out: Path) -> list[str]:
    """Return the names of the run folders in `out`, the oldest first."""
    if not out.is_dir():
        return []
    return sorted(p.name for p in out.iterdir() if run_id_of(p.name) and _is_folder(p))


def _is_folder(path: Path) -> bool:
    """Return whether a path is a folder of its own, no link to one elsewhere."""
    return path.is_dir() and not path.is_symlink()


def find_run(out: Path, run: str) -> Path:
    """Return the folder of a run: by its name in `out`, by ``latest``, or by a path.

    Raises
    ------
    InputError
        There is no such run.
    """
    if run == "latest":
        latest = latest_run(out)
        if latest is None:
            raise InputError([f"{out}: holds no completed run. Plan one, or give another --out."])
        return latest
    folder = out / run if run_id_of(run) else Path(run)
    if not folder.is_dir():
        what = f"RUN = {run!r} is neither a run in {out} nor a folder"
        raise InputError([f"{what}. `dakhla runs list` names the runs."])
    return folder


def moment_of(run_id: str) -> pd.Timestamp:
    """Return when a run began, as its name says."""
    return pd.Timestamp(datetime.strptime(run_id[:16], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC))


def weather_rung(manifest: Mapping[str, Any]) -> str:
    """Return the rung of the weather ladder a run stands on, as its manifest says."""
    weather = manifest.get("weather", {})
    found = weather.get("rung")
    return str(found or ("synthetic" if weather.get("level") == "synthetic" else "given"))


def row_of(folder: Path) -> RunRow:
    """Return the row of a run folder, from its files alone.

    A folder that can't be read is a run that failed: its row says why.
    """
    run_id = str(run_id_of(folder.name))
    began = RunRow(id=run_id, started_utc=stamp(moment_of(run_id)), folder=folder.name)
    try:
        return _read_row(folder, began)
    except InputError as error:
        return _failed(began, str(error))


def _failed(began: RunRow, message: str) -> RunRow:
    """Return the row of a folder that is no whole run."""
    return RunRow(
        id=began.id,
        state="failed",
        started_utc=began.started_utc,
        folder=began.folder,
        message=message,
    )


def _read_row(folder: Path, began: RunRow) -> RunRow:
    """Return the row that manifest and key figures give."""
    manifest, figures = read_json(folder / "manifest.json"), read_json(folder / "kpis.json")
    path = folder / "manifest.json"
    with as_written(path):
        written = pd.Timestamp(path.stat().st_mtime, unit="s", tz="UTC")
        is_diagnostic = manifest.get("is_diagnostic") is True
        rung = weather_rung(manifest)
        return RunRow(
            id=began.id,
            site=str(manifest["site"]),
            kind=str(manifest.get("kind", "plan")),
            state="failed" if is_diagnostic else "published",
            started_utc=began.started_utc,
            ended_utc=stamp(written),
            start_utc=stamp(pd.Timestamp(manifest["start_utc"])),
            end_utc=stamp(pd.Timestamp(manifest["end_utc"])),
            weather_rung=rung,
            weather_source=str(manifest["weather"]["source"]),
            objective_mad=None if is_diagnostic else float(figures["objective_mad"]),
            exit_code=7 if is_diagnostic else _exit_code(manifest, rung),
            message="infeasible; the folder is a least-shortfall diagnostic"
            if is_diagnostic
            else "",
            program=str(manifest["program"]),
            folder=began.folder,
            replans=manifest.get("replans"),
        )


def _exit_code(manifest: Mapping[str, Any], rung: str) -> int | None:
    """Return the exit code of a published run, where its files tell."""
    if manifest.get("interrupted_by"):
        return 128 + int(manifest["interrupted_by"])
    code = _EXIT_CODES.get(str(manifest.get("status")))
    return 3 if code == 0 and rung not in _FRESH else code


def changed_files(folder: Path) -> list[str]:
    """Return the files of a run that are not as its manifest has them."""
    with as_written(folder / "manifest.json"):
        recorded = dict(read_json(folder / "manifest.json")["files_sha256"])
    changed = []
    for name, expected in sorted(recorded.items()):
        path = folder / name
        if not path.is_file():
            changed.append(f"{name} is missing")
        elif sha256(path) != expected:
            changed.append(f"{name} was changed after the run")
    return changed
