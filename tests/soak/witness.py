"""What must be true of a folder of runs at any moment, however the last process ended."""

import gzip
import hashlib
import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pandas as pd

from models.errors import InputError
from optimizer.certificate import check_folder
from optimizer.errors import DakhlaError
from optimizer.ledger_file import read_ledger
from optimizer.registry import registry
from optimizer.run_folder import changed_files, run_folders
from optimizer.standing import Unreadable, last_night, standing
from optimizer.store import latest_run
from tests.unit.operations.test_metrics import figures


class Witness:
    """Remembers the runs it has seen whole, and says what is not as it must be."""

    def __init__(self, out: Path) -> None:
        self.out = out
        self.manifests: dict[str, str] = {}
        self.last_in_force: str | None = None

    def problems(self) -> list[str]:
        """Return what is wrong now; a killed process may have left hidden files, nothing else."""
        found = [*self._runs(), *self._settings(), *self._in_force(), *self._registry()]
        for path in sorted(self.out.rglob("*")):
            hidden = any(part.startswith(".") for part in path.relative_to(self.out).parts)
            if path.is_file() and not hidden:
                found += self._whole(path)
        return found

    def _runs(self) -> list[str]:
        """Return which runs are lost, changed, or not whole."""
        found, names = [], set(run_folders(self.out))
        found += [f"run {name} is lost" for name in self.manifests.keys() - names]
        for name in sorted(names):
            folder = self.out / name
            try:
                found += [f"{name}: {what}" for what in changed_files(folder)]
                manifest = hashlib.sha256((folder / "manifest.json").read_bytes()).hexdigest()
                if name not in self.manifests:
                    check_folder(folder)
            except (InputError, DakhlaError, OSError) as error:
                found.append(f"{name}: {error}")
                continue
            if self.manifests.setdefault(name, manifest) != manifest:
                found.append(f"{name}: another manifest than before")
        return found

    def _settings(self) -> list[str]:
        """Return what is wrong with latest.json, the ledger and the record of the night."""
        try:
            latest_run(self.out)
            read_ledger(self.out)
            last_night(self.out)
        except (InputError, Unreadable) as error:
            return [str(error)]
        return []

    def _in_force(self) -> list[str]:
        """Return what is wrong with what is in force; what was once in force is followed only."""
        try:
            plan = standing(self.out)
        except Unreadable as error:
            return [str(error)]
        if plan is None:
            return ["nothing is in force any more"] if self.last_in_force else []
        self.last_in_force = plan.run
        return []

    def _registry(self) -> list[str]:
        """Return whether the database is damaged or, once tidied, at odds with the folders."""
        path = self.out / "registry.sqlite"
        if not path.is_file():
            return []
        with closing(sqlite3.connect(path)) as connection:
            said = connection.execute("PRAGMA integrity_check").fetchall()
        found = [] if said == [("ok",)] else [f"registry: {said}"]
        with registry(self.out) as opened:
            opened.abandon_dead(pd.Timestamp.now(tz="UTC") + pd.Timedelta(days=400))
            opened.reconcile()
            rows = opened.runs()
        published = {row.folder for row in rows if row.state == "published" and not row.folder_gone}
        folders = {name for name in run_folders(self.out) if not name.endswith("-diagnostic")}
        found += [f"registry: {name} differs" for name in published ^ folders]
        found += [
            f"registry: {row.id} is still {row.state}" for row in rows if row.state == "started"
        ]
        return found

    def _whole(self, path: Path) -> list[str]:
        """Return whether a file under a good name can be read to its end."""
        name = path.relative_to(self.out)
        try:
            if path.suffix == ".gz":
                with gzip.open(path) as file:
                    file.read()
            elif path.suffix == ".json":
                json.loads(path.read_text())
            elif path.suffix == ".parquet":
                pd.read_parquet(path)
            elif path.suffix == ".csv" and not path.read_bytes().endswith(b"\n"):
                return [f"{name}: cut short"]
            elif path.suffix == ".prom":
                figures(path.read_text())
        except Exception as error:  # noqa: BLE001 - whatever a reader says of a broken file
            return [f"{name}: {type(error).__name__}: {error}"]
        return []
