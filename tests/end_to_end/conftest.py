"""A small plant in a folder, and the command line called in this process."""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from optimizer.cli import run_command

HOURS = 6
DAY = "2026-07-01"
SITE = """
[place]
name = "small plant"
latitude_deg = 23.7
longitude_deg = -15.9
altitude_m = 10.0

[plan]
horizon = "6h@1h"
climate_seed = 1
tie_break_mad_per_mwh_h = 1e-4

[solver]
time_limit_s = 20.0

[facility]
power_max_mw = 500.0
it_power_max_mw = 450.0
ups_loss_pu = 0.04
fixed_overhead_mw = 3.0

[wind.main]
availability_file = "wind.csv"
cost_mad_per_mwh = 0.0
curtailment_cost_mad_per_mwh = 0.0

[battery.main]
charge_max_mw = 100.0
discharge_max_mw = 80.0
energy_max_mwh = 400.0
soc_min_pu = 0.05
soc_max_pu = 0.95
charge_efficiency_pu = 0.95
discharge_efficiency_pu = 0.94
self_discharge_pu_per_h = 1e-4
ageing_cost_mad_per_mwh = [20.0, 60.0]
energy_initial_mwh = 200.0
end_value_mad_per_mwh = 300.0

[grid.onee]
import_max_mw = 150.0
export_max_mw = 50.0
emission_kg_per_mwh = 516.0
series_file = "grid.csv"

[firm.sovereign]
demand_mw = 60.0
tiers = []

[firm.cloud]
demand_mw = 40.0
tiers = [{ shed_max_pu = 0.1, value_mad_per_mwh = 8000.0 }]

[training.jazari]
power_max_mw = 10.0
curve = [[0.533, 0.728], [0.788, 0.910], [1.0, 1.0]]
floor_pu = 0.1
window_h = 24
value_mad_per_mwh = 400.0
restart_cost_mad_per_mw = 20.0
restart_loss_h = 0.1
initial_powered_pu = 1.0
"""
AGREEMENT = """
title = "small agreement"

[[clause]]
kind = "import_cap"
article = "4.2"
text = "In the evening no more than the cap is drawn."
valid_from = 2026-01-01
import_max_mw = 60.0
first_hour = 2
last_hour = 4

[[clause]]
kind = "research_quota"
article = "7.3"
text = "Each week the institute receives its amount."
valid_from = 2026-01-01
workload = "training_jazari"
quota_mwh_per_week = 500.0
price_mad_per_mwh = 3000.0
"""
STATE = f"""time_utc,name,quantity,key,value
{DAY}T00:00:00Z,battery_main,energy_mwh,,150
"""


def stamps(count: int = HOURS) -> pd.DatetimeIndex:
    return pd.date_range(DAY, periods=count, freq="h", tz="UTC", name="time_utc")


def series(**columns: object) -> pd.DataFrame:
    table = pd.DataFrame(columns, index=stamps())
    table.index = table.index.strftime("%Y-%m-%dT%H:%MZ")
    return table


@dataclass(frozen=True, slots=True)
class Said:
    """What a command answered."""

    code: int
    out: str
    err: str

    @property
    def answer(self) -> dict:
        return json.loads(self.out)


@dataclass(frozen=True, slots=True)
class Place:
    """A folder with the files of a small plant, and the command line."""

    folder: Path
    call: Callable[[list[str]], Said]

    @property
    def out(self) -> Path:
        return self.folder / "runs"

    def path(self, name: str) -> Path:
        return self.folder / name

    def edit(self, name: str, old: str, new: str) -> None:
        text = self.path(name).read_text()
        assert text.count(old) >= 1, old
        self.path(name).write_text(text.replace(old, new, 1))

    def plan(self, *options: str) -> Said:
        files = ["--site", "site.toml", "--agreement", "agreement.toml", "--state", "state.csv"]
        arguments = ["plan", *files, "--date", DAY, "--out", "runs", "--no-page", *options]
        names = {"site.toml", "agreement.toml", "state.csv", "runs"}
        return self.call([str(self.path(a)) if a in names else a for a in arguments])


def refused(said: Said, place: Place) -> list[str]:
    """Return the problems of a command refused as a planner should be told: all, and what to do."""
    assert said.code == 2, said.err
    assert said.err.startswith("dakhla: ")
    assert "Traceback" not in said.err
    assert said.answer["exit_code"] == 2
    problems = said.answer["problems"]
    for problem in problems:
        assert problem in said.err
        assert re.search(r"\. [A-Z`].*[.?]$|Did you mean .*\?$", problem, re.DOTALL), problem
    assert not place.out.exists()
    return problems


@pytest.fixture
def call(capsys: pytest.CaptureFixture[str]) -> Callable[[list[str]], Said]:
    """Return the command line: arguments in, exit code and both streams out."""

    def run(arguments: list[str]) -> Said:
        capsys.readouterr()
        code = run_command(arguments)
        printed = capsys.readouterr()
        return Said(code, printed.out, printed.err)

    return run


@pytest.fixture
def place(tmp_path: Path, call: Callable[[list[str]], Said]) -> Place:
    """Return a folder with a small plant that can be planned."""
    write_plant(tmp_path)
    return Place(tmp_path, call)


def write_plant(folder: Path) -> None:
    (folder / "site.toml").write_text(SITE)
    (folder / "agreement.toml").write_text(AGREEMENT)
    (folder / "state.csv").write_text(STATE)
    hours = np.arange(HOURS)
    series(available_mw=100 + 20.0 * hours).to_csv(folder / "wind.csv")
    prices = {
        "import_price_mad_per_mwh": 600 + 50.0 * hours,
        "export_price_mad_per_mwh": 100 + 5.0 * hours,
    }
    series(**prices).to_csv(folder / "grid.csv")
