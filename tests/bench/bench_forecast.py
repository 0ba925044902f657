"""A forecast of 51 members and the plan on it: one cold process, its provider on this machine.

The whole night but for the network: fetch, archive, physics of every member, calibration,
scenarios, the plan, its test on the scenarios, the run folder.
"""

import json
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from optimizer.reference import reference_file
from tests.fake_weather import FakeWeather

MEMBERS = 51
SOURCE = """
[weather.online.near]
provider = "open-meteo-ensemble"
model = "ecmwf_ifs025_ensemble"
url = "{url}"
"""
STAGES = {
    "fetch": "ask, archive the payloads, read and check them",
    "forecast": "physics of every member, calibration, scenarios",
    "rest": "site, agreement, opening state",
    "build": "state the model, turn it into arrays, hand them over",
    "solve": "HiGHS: the plan, then its prices",
    "audit": "read back, audit, key figures, the plan on every scenario",
    "publish": "write the run folder, audit it again from its files",
    "imports": "Python and its libraries, printing",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Cold:
    """One cold process: seconds in all and by stage, memory."""

    whole_s: float
    stages_s: dict[str, float]
    peak_mb: float
    member_count: int


def cold(measured: str) -> Cold:
    """Return what one cold `dakhla plan` on 51 members takes; `measured` runs and weighs it."""
    with (
        FakeWeather(lambda: pd.Timestamp.now(tz="UTC"), members=MEMBERS) as server,
        tempfile.TemporaryDirectory() as folder,
    ):
        site = Path(folder) / "site.toml"
        text = reference_file("site.toml").read_text(encoding="utf-8")
        site.write_text(text + SOURCE.format(url=server.url), encoding="utf-8")
        command = [sys.executable, "-c", measured, sys.executable, "-m", "optimizer.cli"]
        command += ["plan", "--json", "--site", str(site), "--weather", "near"]
        command += ["--out", str(Path(folder) / "runs")]
        started = time.perf_counter()
        done = subprocess.run(command, check=True, capture_output=True, text=True)
        whole = time.perf_counter() - started
    said = json.loads(done.stdout)
    took = said["timings_s"]
    stages = {
        "fetch": took["fetch"],
        "forecast": took["forecast"],
        "rest": took["prepare"] - took["fetch"] - took["forecast"],
        "build": took["build"] + took["compile"] + took["pass"],
        "solve": took["solve"],
        "audit": took["read"] + took["audit"],
        "publish": took["publish"],
    }
    stages["imports"] = whole - sum(stages.values())
    return Cold(
        whole_s=whole,
        stages_s=stages,
        peak_mb=float(done.stderr.split()[-1]) / 1024,  # Linux counts in kB
        member_count=int(said["weather_source"].split()[-2]),
    )
