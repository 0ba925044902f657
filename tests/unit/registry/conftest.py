"""Both databases a registry may be in: a file among the runs, and a real PostgreSQL server."""

import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest

from optimizer.run_facts import Facts

PASSWORD = "open/sesame"  # noqa: S105 (of a server that lives for a test)
NOW = pd.Timestamp("2026-07-01T20:00Z")
FACTS = Facts(
    site="small plant",
    start_utc=pd.Timestamp("2026-07-02T00:00Z"),
    end_utc=pd.Timestamp("2026-07-09T00:00Z"),
    weather_rung="fresh",
    weather_source="a forecast",
)


def binary(name: str) -> Path | None:
    """Return a program of PostgreSQL, which Debian keeps off the path."""
    found = shutil.which(name)
    kept = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"))
    return Path(found) if found else kept[-1] if kept else None


@pytest.fixture(scope="session")
def server() -> Iterator[str]:
    """Return the address of a PostgreSQL server of our own, reached by a socket in a folder."""
    initdb, pg_ctl = binary("initdb"), binary("pg_ctl")
    if initdb is None or pg_ctl is None:
        message = "PostgreSQL's initdb and pg_ctl are not installed here"
        (pytest.fail if os.environ.get("CI") else pytest.skip)(message)
    folder = Path(tempfile.mkdtemp(prefix="dakhla-pg-"))
    as_user = []
    if os.geteuid() == 0:  # the server refuses to run as root
        as_user = ["runuser", "-u", "postgres", "--"]
        shutil.chown(folder, "postgres")
    secret = folder / "password"
    secret.write_text(PASSWORD)
    secret.chmod(0o644)
    data, options = folder / "data", f"-k {folder} -h '' -F"
    make = ["-D", data, "-U", "dakhla", "--pwfile", secret, "-A", "scram-sha-256", "--no-sync"]
    calls = [*as_user, initdb, *make, "-E", "UTF8", "--locale=C"]
    subprocess.run(calls, check=True, stdout=subprocess.DEVNULL, timeout=60, cwd="/")
    control = [*as_user, pg_ctl, "-D", data, "-w", "-t", "30"]
    log = ["-l", folder / "log", "-o", options, "start"]
    subprocess.run([*control, *log], check=True, stdout=subprocess.DEVNULL, timeout=60, cwd="/")
    try:
        yield f"postgresql://dakhla:open%2Fsesame@/postgres?host={folder}"
    finally:
        stop = [*control, "-m", "immediate", "stop"]
        subprocess.run(stop, check=True, stdout=subprocess.DEVNULL, timeout=60, cwd="/")
        shutil.rmtree(folder)


@pytest.fixture(params=["sqlite", "postgres"])
def url(request: pytest.FixtureRequest) -> str | None:
    """Return the address of a registry: none for the file among the runs."""
    return None if request.param == "sqlite" else request.getfixturevalue("server")


def run_name(number: int) -> str:
    """Return the name of a run, a second after the one before."""
    moment = pd.Timestamp("2026-07-01T00:00Z") + pd.Timedelta(seconds=number)
    return f"{moment:%Y%m%dT%H%M%SZ}-{number:06x}"


def write_folder(out: Path, number: int, **manifest: object) -> str:
    """Write what the registry reads of a run folder; return the run's name."""
    name = run_name(number)
    folder = out / f"{name}-diagnostic" if manifest.get("is_diagnostic") else out / name
    folder.mkdir(parents=True)
    told = {
        "program": "dakhla-optimizer 0.1.0",
        "site": "small plant",
        "start_utc": "2026-07-02T00:00:00Z",
        "end_utc": "2026-07-09T00:00:00Z",
        "status": "optimal",
        "is_diagnostic": False,
        "weather": {"level": "forecast", "rung": "fresh", "source": "a forecast"},
        "files_sha256": {},
    }
    (folder / "manifest.json").write_text(json.dumps(told | manifest))
    (folder / "kpis.json").write_text(json.dumps({"objective_mad": 1000.0 + number}))
    return name
