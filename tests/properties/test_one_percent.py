"""One cell of a run folder changed by 1 % of its column's scale breaks a rule with a name.

Parquet and CSV are changed alike, so that neither betrays the other; hashes are not looked at.
"""

import itertools
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import optimizer as dk
from optimizer.audit import audit
from optimizer.certificate import check_folder
from optimizer.errors import AuditFailed
from optimizer.store import read_json, read_published, write_json, write_schedule

SHARE = 0.01
NAMED = ("table: ", "site: ", "Art. ")  # and the components' names


@dataclass(frozen=True, kw_only=True)
class Run:
    """A copy of the run folder, to be tampered with and mended."""

    folder: Path
    names: tuple[str, ...]

    def complaint(self) -> str:
        """Return what the audit says of the folder; nothing if it finds nothing."""
        try:
            check_folder(self.folder)
        except AuditFailed as error:
            return str(error)
        return ""

    def is_named(self, text: str) -> bool:
        """Return whether the first line of a complaint names a rule of a part of the site."""
        rule = text.splitlines()[0].partition("Z  ")[2] if text else ""
        return rule.startswith(self.names) and "exceeded by" in rule

    def file(self, name: str) -> "Mended":
        return Mended(self.folder / name)


class Mended:
    """A file of the run that is as before when the block ends."""

    def __init__(self, *paths: Path) -> None:
        self.paths = paths

    def __enter__(self) -> Path:
        self.before = [path.read_bytes() for path in self.paths]
        return self.paths[0]

    def __exit__(self, *_: object) -> None:
        for path, content in zip(self.paths, self.before, strict=True):
            path.write_bytes(content)


@pytest.fixture(scope="module")
def run(rich_plan: dk.Plan, tmp_path_factory: pytest.TempPathFactory) -> Run:
    assert rich_plan.run_dir is not None
    folder = tmp_path_factory.mktemp("tampered") / "run"
    shutil.copytree(rich_plan.run_dir, folder)
    parts = rich_plan.optimum.problem.site.components()
    return Run(folder=folder, names=(*NAMED, *(f"{part.name}: " for part in parts)))


def cells(table: pd.DataFrame, column: str) -> Iterator[tuple[int, float]]:
    """Yield cells of a column and their new values: the largest and the smallest."""
    values = table[column].to_numpy()
    scale = float(np.abs(values).max()) or 1.0
    largest, smallest = int(np.abs(values).argmax()), int(np.abs(values).argmin())
    for step, sign in ((largest, -1), (smallest, 1)):
        yield step, float(values[step] + sign * SHARE * scale)


def with_cell(table: pd.DataFrame, column: str, step: int, value: float) -> pd.DataFrame:
    changed = table.copy()
    changed.iloc[step, changed.columns.get_loc(column)] = value
    return changed


def test_the_run_is_clean_and_all_of_it_is_busy(run: Run) -> None:
    """Proves the folder passes, and that few columns are zero throughout."""
    assert run.complaint() == ""
    table = read_published(run.folder)[0].table
    idle = [c for c in table.columns if not table[c].any()]
    assert idle == [
        "wind_a_curtailed_mw",  # what nobody needs is pumped and made into water
        "deferrable_stream_missed_mwh",
        "training_sync_restart_mw",
        "training_sync_pause_mw",
        "art_2_excess_mw",
        "art_9_needed_mw",  # no unit is large enough to matter
    ]


def test_every_column_of_the_schedule_is_guarded(run: Run) -> None:
    """Proves each column, in both files, can't be off by 1 % of its scale."""
    published, _ = read_published(run.folder)
    unnoticed = []
    with Mended(*(run.folder / n for n in ("schedule.parquet", "schedule.csv", "rates.csv"))):
        for column in published.table.columns:
            for step, value in cells(published.table, column):
                table = with_cell(published.table, column, step, value)
                write_schedule(run.folder, replace(published, table=table))
                if not run.is_named(text := run.complaint()):
                    unnoticed.append((column, step, text))
    assert unnoticed == []
    assert run.complaint() == ""


def test_every_cell_of_a_column_is_guarded(run: Run) -> None:
    """Proves it is not only the cells looked at above: every step of some columns, both ways."""
    published, _ = read_published(run.folder)
    rng, unnoticed = np.random.default_rng(5), []
    for column in rng.choice(published.table.columns, size=4, replace=False):
        scale = float(published.table[column].abs().max()) or 1.0
        for step, value in enumerate(published.table[column]):
            change = SHARE * scale * (1 if step % 2 else -1)
            table = with_cell(published.table, column, step, value + change)
            if not audit(replace(published, table=table)):
                unnoticed.append((column, step))
    assert unnoticed == []


def test_every_input_series_is_guarded(run: Run) -> None:
    """Proves prices, limits, available power, demand and cooling lines, step by step length."""
    series, unnoticed = pd.read_parquet(run.folder / "inputs/series.parquet"), []
    with run.file("inputs/series.parquet") as path:
        for column in series.columns:
            for step, value in cells(series, column):
                with_cell(series, column, step, value).to_parquet(path)
                if not run.is_named(text := run.complaint()):
                    unnoticed.append((column, step, text))
    assert unnoticed == []


def test_every_value_of_the_opening_state_is_guarded(run: Run) -> None:
    """Proves stored energy, units, fuel, backlog, peak and balances: each row, up and down."""
    state, unnoticed = pd.read_csv(run.folder / "inputs/state.csv", keep_default_na=False), []
    with run.file("inputs/state.csv") as path:
        for row, value in enumerate(state["value"]):
            for factor in (1 + SHARE, 1 - SHARE, np.nan):
                with_cell(state, "value", row, value * factor).to_csv(path, index=False)
                if not run.is_named(text := run.complaint()):
                    unnoticed.append((*state.iloc[row].tolist(), factor, text))
    assert unnoticed == []


def test_every_published_rate_is_guarded(run: Run) -> None:
    """Proves each cohort's rate in each step, zeros too."""
    rates, unnoticed = pd.read_csv(run.folder / "rates.csv"), []
    change = SHARE * float(rates["run_mw"].max())
    with run.file("rates.csv") as path:
        for row in range(0, len(rates), 3):
            value = float(rates["run_mw"].iloc[row]) + change
            with_cell(rates, "run_mw", row, value).to_csv(path, index=False)
            if not run.is_named(text := run.complaint()):
                unnoticed.append((row, text))
    assert unnoticed == []


def test_every_published_run_of_a_job_is_guarded(run: Run) -> None:
    """Proves each job's start, end and status: a minute, another word, a row less, a row more."""
    runs, unnoticed = pd.read_csv(run.folder / "jobs.csv", dtype=str), []
    with run.file("jobs.csv") as path:
        for row, column in itertools.product(range(len(runs)), ("start_utc", "end_utc", "status")):
            value = runs[column].iloc[row]
            if column == "status":
                changed = [word for word in runs["status"].unique() if word != value]
            elif isinstance(value, str):
                changed = [(pd.Timestamp(value) + pd.Timedelta(minutes=1)).isoformat(), ""]
            else:
                continue
            for text in changed:
                frame = runs.copy()
                frame.loc[row, column] = text
                frame.to_csv(path, index=False)
                if not run.is_named(said := run.complaint()):
                    unnoticed.append((row, column, text, said))
        for frame in (runs.iloc[1:], pd.concat([runs, runs.iloc[:1]])):
            frame.to_csv(path, index=False)
            assert run.is_named(run.complaint())
    assert unnoticed == []


@pytest.mark.parametrize("factor", [1 + SHARE, 1 - SHARE])
def test_the_objective_is_guarded(run: Run, factor: float) -> None:
    with run.file("kpis.json") as path:
        figures = read_json(path)
        write_json(path, figures | {"objective_mad": figures["objective_mad"] * factor})
        assert "site: the bill is the solver's objective [MAD]" in run.complaint()


def test_every_key_figure_is_guarded(run: Run) -> None:
    """Proves each figure of kpis.json is what the table gives; a zero one is moved by 0.01."""
    unnoticed = []
    with run.file("kpis.json") as path:
        figures = read_json(path)
        stated = [(part, key) for part, values in figures["kpis"].items() for key in values]
        for several in (stated[k : k + 15] for k in range(0, len(stated), 15)):  # it lists twenty
            changed = {part: dict(values) for part, values in figures["kpis"].items()}
            for part, key in several:
                changed[part][key] += SHARE * (abs(changed[part][key]) or 1.0)
            write_json(path, figures | {"kpis": changed})
            said = run.complaint()
            unnoticed += [(p, k) for p, k in several if f"kpis.json: {p} {k} = " not in said]
    assert unnoticed == []


NAN: dict[str, Callable[[pd.DataFrame], pd.DataFrame]] = {
    "inputs/series.parquet": lambda frame: with_cell(frame, "wind_a_available_mw", 3, np.nan),
    "rates.csv": lambda frame: with_cell(frame, "run_mw", 5, np.nan),
}


@pytest.mark.parametrize("name", NAN)
def test_a_missing_number_in_another_file_is_a_breach(run: Run, name: str) -> None:
    with run.file(name) as path:
        is_csv = path.suffix == ".csv"
        changed = NAN[name](pd.read_csv(path) if is_csv else pd.read_parquet(path))
        changed.to_csv(path, index=False) if is_csv else changed.to_parquet(path)
        assert run.is_named(run.complaint())


def test_a_missing_number_in_the_schedule_is_a_breach_in_every_column(run: Run) -> None:
    """Proves NaN fails in both files at once, also where the rest of the row would agree."""
    published, _ = read_published(run.folder)
    unnoticed = []
    with Mended(*(run.folder / n for n in ("schedule.parquet", "schedule.csv", "rates.csv"))):
        for column in published.table.columns[::4]:
            table = with_cell(published.table, column, 4, np.nan)
            write_schedule(run.folder, replace(published, table=table))
            if "is a number" not in (text := run.complaint()) and column != "step_h":
                unnoticed.append((column, text))
    assert unnoticed == []


def test_a_csv_that_disagrees_is_a_breach(run: Run) -> None:
    with run.file("schedule.csv") as path:
        table = pd.read_csv(path)
        with_cell(table, "site_import_mw", 2, 7.0).to_csv(path, index=False)
        assert "schedule.csv: site_import_mw is not schedule.parquet's" in run.complaint()


def test_a_column_that_is_missing_is_a_breach(run: Run) -> None:
    """Proves a column taken out of both files is named, whatever would have read it."""
    published, _ = read_published(run.folder)
    for column in ("battery_deep_energy_mwh", "site_import_mw", "art_2_excess_mw"):
        found = [
            b.rule for b in audit(replace(published, table=published.table.drop(columns=column)))
        ]
        assert found, column
        assert found[-1].removeprefix("table: no column ") in column
