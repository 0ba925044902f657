"""Thirty days, each planned from the folder the day before wrote: what closes is what opens.

Everything is read from the run folders' own files, and every quantity of the opening state is
found again in another way than the program has: from the schedule, the rates of cohorts, the runs
of jobs and the ledger, summed over all the days that bind. A month ends on the fourteenth night.
Measured: some 35 s of one core.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import optimizer as dk
from optimizer.asked import Asked
from optimizer.handover import known_quantities
from optimizer.meter_columns import meter_columns
from optimizer.meter_file import MeterFile
from optimizer.meters import store_meters
from optimizer.opening import opening
from tests.properties.chained_site import (
    BINDING_H,
    DAY,
    HOUR,
    START,
    agreement,
    chain,
    series,
    site,
)

Key = tuple[str, str, str]
OF_THE_MONTH = ("quota_jazari", "firm_cloud")  # accounts that begin anew with it
COUNTS = ("on_count", "off_count")
METERED = (
    *OF_THE_MONTH,
    "battery_deep",
    "genset_units",
    "desalination_sea",
    "chilled_store_cold",
    "grid_onee",
    "deferrable_stream",
)
PRICES = "price_mad_per_"  # the worth of a budget is no state: a look-ahead finds it anew


@dataclass(frozen=True, kw_only=True)
class Days:
    """The run folders of thirty days, and what binds of them as one table."""

    folder: Path
    runs: list[Path]
    table: pd.DataFrame  # the first 24 h of every day
    ledger: pd.DataFrame  # as the last day left it

    def until(self, midnight: pd.Timestamp) -> pd.DataFrame:
        """Return what was carried out before a midnight."""
        return self.table[self.table.index < midnight]

    def of_month(self, midnight: pd.Timestamp) -> pd.DataFrame:
        """Return what was carried out of the month that a midnight lies in, before it."""
        month = midnight.normalize().replace(day=1)
        return self.table[(self.table.index >= month) & (self.table.index < midnight)]


def moments(texts: pd.Series) -> pd.Series:
    return pd.to_datetime(texts, utc=True, format="ISO8601")


@pytest.fixture(scope="module")
def days(tmp_path_factory: pytest.TempPathFactory) -> Days:
    folder = tmp_path_factory.mktemp("chain")
    runs = chain(folder)
    tables = []
    for run in runs:
        table = pd.read_csv(run / "schedule.csv")
        tables.append(table.set_index(moments(table["time_utc"])).iloc[:BINDING_H])
    ledger = pd.read_csv(folder / "runs/ledger.csv", dtype={"article": str})
    ledger["from_utc"] = moments(ledger["from_utc"])
    return Days(folder=folder, runs=runs, table=pd.concat(tables), ledger=ledger)


def opened(run: Path) -> dict[Key, float]:
    """Return the opening state that a run's own file says."""
    frame = pd.read_csv(run / "inputs/state.csv", keep_default_na=False, dtype=str)
    return {
        (row["name"], row["quantity"], row["key"]): float(row["value"])
        for row in frame.to_dict("records")
        if not row["quantity"].startswith(PRICES)
    }


def of_stores(days: Days, midnight: pd.Timestamp) -> dict[Key, float]:
    """Return what is stored, and the powers of the last hour: columns of the schedule."""
    last = days.until(midnight).iloc[-1]
    columns = {
        ("battery_deep", "energy_mwh", ""): "battery_deep_energy_mwh",
        ("battery_deep", "segment_energy_mwh", "1"): "battery_deep_energy_segment1_mwh",
        ("battery_deep", "segment_energy_mwh", "2"): "battery_deep_energy_segment2_mwh",
        ("genset_units", "fuel_l", ""): "genset_units_fuel_stock_l",
        ("desalination_sea", "water_m3", ""): "desalination_sea_tank_m3",
        ("desalination_sea", "power_mw", ""): "desalination_sea_power_mw",
        ("chilled_store_cold", "energy_mwh", ""): "chilled_store_cold_energy_mwh",
        ("training_ai", "powered_mw", ""): "training_ai_powered_mw",
        ("training_ai", "power_mw", ""): "training_ai_power_mw",
        ("training_sync", "powered_mw", ""): "training_sync_powered_mw",
        ("training_sync", "power_mw", ""): "training_sync_power_mw",
        ("art_4", "import_mw", ""): "grid_onee_import_mw",
        ("art_4", "export_mw", ""): "grid_onee_export_mw",
        ("art_4", "step_h", ""): "step_h",
    }
    return {key: float(last[column]) for key, column in columns.items()}


def of_months(days: Days, midnight: pd.Timestamp) -> dict[Key, float]:
    """Return the month's peak, service level and quota: summed over its days, whoever planned."""
    month, last = days.of_month(midnight), f"{midnight - HOUR:%Y-%m}"
    ended = days.until(midnight)[lambda t: t.index.strftime("%Y-%m") == last]
    found = {("grid_onee", "month_peak_mw", last): float(ended["grid_onee_import_mw"].max())}
    key = f"{midnight:%Y-%m}"
    gone_pu = (START - START.replace(day=1)) / (31 * DAY) if key == f"{START:%Y-%m}" else 0.0
    had_mwh = 900.0 * gone_pu + float(month["quota_jazari_quota_mw"].sum())
    found["quota_jazari", "delivered_mwh", key] = had_mwh
    before = days.table[lambda t: t.index.strftime("%Y-%m") < key]
    used_mwh = 900.0 * ((START - START.replace(day=1)) / (31 * DAY))
    left_mwh = 5.0 + 900.0 - used_mwh - float(before["quota_jazari_quota_mw"].sum())
    found["quota_jazari", "bank_mwh", ""] = 5.0 if before.empty else min(max(left_mwh, 0.0), 60.0)
    if len(month):
        demand_mwh = float(month["firm_cloud_demand_mw"].sum())
        served_mwh = float(month["firm_cloud_served_mw"].sum())
        found["firm_cloud", "demand_mwh", key] = demand_mwh
        found["firm_cloud", "shed_mwh", key] = demand_mwh - served_mwh
    return found


def of_runs(days: Days, midnight: pd.Timestamp) -> dict[Key, float]:
    """Return how long units, the synchronous job and the ovens have been on or off."""
    table, found = days.until(midnight), {}
    on: list[pd.Timestamp] = []
    off = [START - 10 * HOUR] * 3  # as the site file says
    columns = ["genset_units_start_count", "genset_units_stop_count"]
    for moment, starts, stops in table[columns].itertuples():  # first started, first stopped
        on, off = (
            on[int(stops) :] + [moment] * int(starts),
            off[int(starts) :] + [moment] * int(stops),
        )
    for quantity, units in (("on_count", on), ("off_count", off)):
        hours = [f"{(midnight - since) / HOUR:g}" for since in units]
        found |= {("genset_units", quantity, h): float(hours.count(h)) for h in hours}
    powered = table["training_sync_powered_mw"] > 0
    found["training_sync", "status_h", ""] = since_change(powered, first_h=8784.0)
    found["interruptible_ovens", "on_h", ""] = since_change(
        table["interruptible_ovens_on_count"] > 0, of=True
    )
    return found


def since_change(flags: pd.Series, *, first_h: float = 0.0, of: bool | None = None) -> float:
    """Return the hours since a flag changed; 0 where it is not `of`."""
    if of is not None and flags.iloc[-1] != of:
        return 0.0
    same = (flags == flags.iloc[-1]).to_numpy()[::-1]
    return float(len(same)) + first_h if same.all() else float(np.argmin(same))


def of_work(days: Days, midnight: pd.Timestamp) -> dict[Key, float]:
    """Return what is left of each cohort, and which jobs run or are done: from rates and runs."""
    run = days.runs[(midnight - START) // DAY - 1]
    cohorts = pd.read_csv(run / "inputs/cohorts_deferrable_stream.csv")
    rates = pd.read_csv(run / "rates.csv")
    done = rates[moments(rates["time_utc"]) < midnight].groupby("number")["run_mw"].sum()
    found: dict[Key, float] = {}
    for number, row in enumerate(cohorts.to_dict("records")):
        earliest, deadline = (pd.Timestamp(row[f"{w}_utc"]) for w in ("earliest", "deadline"))
        left_mwh = row["work_mwh"] - done.get(number, 0.0)
        if earliest < midnight < deadline and left_mwh > 1e-6:
            key = f"{earliest:%Y-%m-%dT%H:%MZ}/{deadline:%Y-%m-%dT%H:%MZ}"
            found["deferrable_stream", "backlog_mwh", key] = left_mwh
            found["deferrable_stream", "rate_max_mw", key] = row["rate_max_mw"]
    found = found or {("deferrable_stream", "backlog_mwh", ""): 0.0}
    jobs = pd.read_csv(run / "jobs.csv")
    due = pd.read_csv(run / "inputs/jobs_jobs_list.csv").set_index("name")["deadline_utc"]
    begin, end = (moments(jobs[c]) for c in ("start_utc", "end_utc"))
    for name, status, start, stop in zip(jobs["job"], jobs["status"], begin, end, strict=True):
        is_over = status == "done" or stop <= midnight
        if is_over and pd.Timestamp(due[name]) > midnight:
            found["jobs_list", "done_count", name] = 1.0
        elif not is_over and start < midnight:
            found["jobs_list", "running_h", name] = (midnight - start) / HOUR
    return found


def of_windows(days: Days, midnight: pd.Timestamp) -> dict[Key, float]:
    """Return what windows that are open had: contracts and ovens; and budgets, by the ledger."""
    found = {}
    epoch, table = pd.Timestamp(0, tz="UTC"), days.until(midnight)
    for name, quantity, column, span_h, offset_h in (
        ("training_ai", "delivered_mwh", "training_ai_work_mw", 36, 0),
        ("training_sync", "delivered_mwh", "training_sync_work_mw", 36, 0),
        ("interruptible_ovens", "worked_h", "interruptible_ovens_on_count", 10, 2),
    ):
        gone_h = ((midnight - epoch) / HOUR - offset_h) % span_h
        begin = midnight - gone_h * HOUR
        if gone_h and begin >= START:  # what was before the first day, the site file supposes
            had = float(table[table.index >= begin][column].sum())
            found[name, quantity, f"{begin:%Y-%m-%dT%H:%MZ}"] = had
    ledger = days.ledger[days.ledger["from_utc"] < midnight]
    for article, quantity, begin, key in (
        ("1", "used_l", midnight.replace(day=1), f"{midnight:%Y-%m}"),
        ("2", "excess_mwh", midnight.replace(day=1), f"{midnight:%Y-%m}"),
        ("3", "delivered_mwh", midnight - midnight.weekday() * DAY, ""),
    ):
        own = ledger[(ledger["article"] == article) & (ledger["from_utc"] >= begin)]
        if begin >= START and len(own):
            key = key or f"{begin:%Y-%m-%d}"
            found[f"art_{article}", quantity, key] = float(own["amount"].sum())
    return found


PARTS = (of_stores, of_months, of_runs, of_work, of_windows)


def expected(days: Days, midnight: pd.Timestamp) -> dict[Key, float]:
    """Return the whole state at a midnight, from what was carried out before it."""
    found: dict[Key, float] = {}
    for part in PARTS:
        found |= part(days, midnight)
    return found


def supposed(key: Key) -> bool:
    """Return whether a window began before the first day: then the site file's share is in it."""
    name, quantity, window = key
    first = {"art_1": "2026-10", "art_2": "2026-10", "art_3": "2026-10-12"}
    early = pd.Timestamp(window[:16] + "Z") < START if len(window) == 17 else False
    return first.get(name) == window or (quantity in ("delivered_mwh", "worked_h") and early)


def test_every_quantity_closes_as_it_opens(days):
    """Proves it for each of 29 nights, to 1e-6, with no row more and none less."""
    for number, run in enumerate(days.runs[1:], start=1):
        midnight = START + number * DAY
        said = {key: value for key, value in opened(run).items() if not supposed(key)}
        found = expected(days, midnight)
        assert set(said) == set(found), midnight
        apart = {key: (said[key], found[key]) for key in said if abs(said[key] - found[key]) > 1e-6}
        assert apart == {}, midnight


def test_something_of_every_kind_is_under_way_at_midnight(days):
    """Proves the nights are no empty ones: every quantity is above zero on several of them."""
    nights: dict[tuple[str, str], int] = {}
    for run in days.runs[1:]:
        for name, quantity in {key[:2] for key, value in opened(run).items() if value > 0}:
            nights[name, quantity] = nights.get((name, quantity), 0) + 1
    plant, deal = site(days.folder), agreement()
    known = {pair for pair in known_quantities(plant, deal) if not pair[1].startswith(PRICES)}
    signed = {("art_2", "excess_mwh")}
    assert {pair for pair in known - signed if nights.get(pair, 0) < 3} == set()


def rows_of(state: dk.State) -> dict[Key, float]:
    return {(r.name, r.quantity, r.key): r.value for r in state.rows}


def as_planned(days: Days, number: int, hours: Iterable[int]) -> MeterFile:
    """Return what meters say of a day on which all went as planned."""
    table = days.table.iloc[number * BINDING_H : (number + 1) * BINDING_H]
    begin = table.index[0]
    means = [
        "grid_onee_import_mw",
        "deferrable_stream_run_mw",
        "quota_jazari_power_mw",
        "firm_cloud_demand_mw",
        "firm_cloud_served_mw",
    ]
    readings = [
        "battery_deep_energy_mwh",
        "genset_units_fuel_stock_l",
        "genset_units_on_count",
        "desalination_sea_tank_m3",
        "chilled_store_cold_energy_mwh",
    ]
    said = table[means].iloc[: max(hours)].copy()
    for hour in hours:  # a stock is read at the end of a step
        said.loc[begin + hour * HOUR, readings] = table[readings].iloc[hour - 1]
    said.index.name = "time_utc"
    return MeterFile(table=said.sort_index(), mean_columns=tuple(means), step_h=1.0, notes=())


@pytest.mark.parametrize("number", [1, 13, 20])
def test_a_meter_that_says_what_was_planned_changes_nothing(days, tmp_path, number):
    """Proves the roll: metered at 7:00 and 17:00 as planned, midnight opens as handed over."""
    out = tmp_path / "runs"
    out.mkdir()
    run = days.runs[number]
    (out / run.name).symlink_to(run)
    (out / "latest.json").write_text(f'{{"run": "{run.name}"}}')
    midnight = START + (number + 1) * DAY
    plant, deal = site(days.folder), agreement()
    asked = Asked(start=midnight, out=out, now=midnight)
    handed = opening(asked, plant, deal, midnight)
    store_meters(out, as_planned(days, number, (7, 17)))
    metered = opening(asked, plant, deal, midnight)
    before, after = rows_of(handed), rows_of(metered)
    assert set(before) == set(after)
    assert {k: (v, after[k]) for k, v in before.items() if abs(v - after[k]) > 1e-6} == {}
    rolled = {s.name for s in metered.sources if s.source.startswith("metered")}
    assert rolled == set(METERED) - (set(OF_THE_MONTH) if midnight.day == 1 else set())


def test_a_plan_from_meters_that_say_otherwise_is_sound(days, tmp_path):
    """Proves any reading makes an opening that can be planned from: the audit passes on it."""
    rng, number = np.random.default_rng(11), 9
    out, run = tmp_path / "runs", days.runs[number]
    out.mkdir()
    (out / run.name).symlink_to(run)
    (out / "latest.json").write_text(f'{{"run": "{run.name}"}}')
    file = as_planned(days, number, (7, 17))
    known = meter_columns(site(days.folder))
    most = pd.Series({column: known[column].high for column in file.table})
    noisy = (file.table * rng.uniform(0.7, 1.3, file.table.shape)).clip(upper=most, axis=1)
    noisy["genset_units_on_count"] = file.table["genset_units_on_count"] * 0 + 2
    store_meters(out, replace(file, table=noisy))
    midnight = START + (number + 1) * DAY
    horizon = dk.Horizon(start=midnight, step_h=(1.0,) * BINDING_H)
    made = dk.plan(
        site(days.folder),
        agreement=agreement(),
        start=midnight,
        horizon=horizon,
        series=series().loc[horizon.index],
        out=out,
        now=midnight,
    )
    state = made.optimum.problem.given.state
    assert {s.name for s in state.sources if s.source.startswith("metered")} == set(METERED)
    units = {q: sum(r.value for r in state.find("genset_units", q)) for q in COUNTS}
    assert sum(units.values()) == 3
    assert rows_of(state) != opened(days.runs[number + 1])
