"""How long run folders are kept; what may never go, and how a folder goes at once."""

import shutil
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from models.errors import InputError
from models.weather.online.archive import Archive
from optimizer.forecast_archive import FORECASTS
from optimizer.in_force import in_force
from optimizer.left_overs import DELETING
from optimizer.named_weather import ARCHIVE
from optimizer.run_folder import moment_of, run_folders, run_id_of
from optimizer.run_tables import as_written
from optimizer.store import latest_run, read_json


@dataclass(frozen=True, kw_only=True, slots=True)
class Old:
    """A run folder that is old enough to go."""

    name: str
    run: str
    age_day: float
    size_mb: float


def old_runs(out: Path, now: pd.Timestamp, keep_day: float) -> list[Old]:
    """Return the run folders that may be removed, the oldest first.

    Never among them: the latest run, what is in force and what is carried out until then, a run
    whose horizon is not over, and any run that began less than `keep_day` ago.

    Raises
    ------
    InputError
        What is the latest or in force can't be read, so nothing may go.
    """
    kept = _kept(out)
    found = []
    for name in run_folders(out):
        run = str(run_id_of(name))
        age_day = (now - moment_of(run)) / pd.Timedelta(days=1)
        if run in kept or not age_day > keep_day or not _is_over(out / name, now):
            continue
        files = [path for path in (out / name).rglob("*") if path.is_file()]
        size_mb = sum(path.stat().st_size for path in files) / 1e6
        found.append(Old(name=name, run=run, age_day=age_day, size_mb=size_mb))
    return found


def _kept(out: Path) -> set[str]:
    """Return the runs that are kept however old they are."""
    latest, held = latest_run(out), in_force(out)
    kept = set() if latest is None else {latest.name}
    for plan in (held, held.until_then if held else None):
        kept |= set() if plan is None else {plan.run}
    return kept


def _is_over(folder: Path, now: pd.Timestamp) -> bool:
    """Return whether a run's last step has ended; one that can't be read is over."""
    path = folder / "manifest.json"
    try:
        with as_written(path):
            return bool(pd.Timestamp(read_json(path)["end_utc"]) <= now)
    except InputError:
        return True


def remove(out: Path, runs: list[Old]) -> None:
    """Remove run folders: each leaves its name at once, so that nobody reads half a run."""
    for run in runs:
        hidden = out / f"{DELETING}{run.name}"
        (out / run.name).rename(hidden)
        shutil.rmtree(hidden, ignore_errors=True)  # another process may sweep it meanwhile


def remove_old_weather(out: Path, now: pd.Timestamp, keep_day: float) -> int:
    """Remove raw payloads and issued forecasts that are older; return how many went.

    The newest good payloads of each source stay: they may be the last there are.
    """
    gone = len(Archive(out / ARCHIVE).prune(keep_day, now))
    for path in sorted((out / FORECASTS).glob("*")):
        try:
            age_day = (now - moment_of(path.stem)) / pd.Timedelta(days=1)
        except ValueError:
            continue  # no forecast's name
        if age_day > keep_day:
            shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
            gone += 1
    return gone
