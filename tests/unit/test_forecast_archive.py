"""The archive of own forecasts: what is written, what pairs with which meter, what never does."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from models.calibration import SHAPE_COLUMNS
from models.errors import InputError
from models.weather.forecast import ModelRun
from optimizer.forecast_archive import history, issued_table, pairs, read_issued, write_issued
from optimizer.horizon import Horizon
from optimizer.power_forecast import LEVELS_PU, PowerForecast

COLUMN = "wind_main_available_mw"
START = pd.Timestamp("2026-03-01T00:00Z")
LATE = pd.Timestamp("2026-06-01T00:00Z")


def power(start: pd.Timestamp = START, steps: str = "2h@15min+2h@1h") -> PowerForecast:
    """Return ten members of one plant: member m has 10 m + 5 t MW in step t, of 200."""
    horizon = Horizon.parse(steps, start)
    count = len(horizon.steps)
    members = 10.0 * np.arange(10)[None, :] + 5.0 * np.arange(count)[:, None]
    run = ModelRun(
        provider="test",
        model="known",
        init_utc=start - pd.Timedelta(hours=12),
        fetched_utc=start,
        attribution="none",
    )
    return PowerForecast(
        horizon=horizon,
        run=run,
        members={COLUMN: members},
        calibrated={COLUMN: members + 1.0},
        ceilings={COLUMN: np.full(count, 200.0)},
        levels_pu=LEVELS_PU,
        quantiles={COLUMN: np.quantile(members + 1.0, LEVELS_PU, axis=1).T},
        scenarios={COLUMN: members[:, :2]},
        weights=np.array([0.5, 0.5]),
        reduction_loss=0.0,
        notes=(),
    )


def issue(out: Path, run_id: str = "a", rung: str = "fresh", start: pd.Timestamp = START) -> None:
    issued = start - pd.Timedelta(hours=2)
    write_issued(out, run_id, power(start), issued_utc=issued, rung=rung)


def meters(step: str, values: list[float], column: str = COLUMN) -> pd.DataFrame:
    index = pd.date_range(START, periods=len(values), freq=step, name="time_utc")
    return pd.DataFrame({column: values}, index=index)


def test_what_was_said_is_kept_and_read_again(tmp_path: Path) -> None:
    """Proves step 3 of member 0 to 9: mean 45 + 15, lead 12 h and 52.5 min, all exact enough."""
    issue(tmp_path)
    row = read_issued(tmp_path).iloc[3]
    assert (row["run"], row["rung"], row["source"], row["column"]) == (
        "a",
        "fresh",
        "known",
        COLUMN,
    )
    assert row["mean_mw"] == pytest.approx(60.0)
    assert row["sd_mw"] == pytest.approx(np.std(10.0 * np.arange(10), ddof=1))
    assert row["calibrated_mw"] == pytest.approx(61.0)
    assert row["p50"] == pytest.approx(61.0)
    assert row["lead_h"] == pytest.approx(12.875)
    assert row["time_utc"] == START + pd.Timedelta(minutes=45)
    assert row["init_utc"] == START - pd.Timedelta(hours=12)
    kept = [path.name for path in (tmp_path / "forecasts").iterdir()]
    assert kept == ["a.parquet"]
    assert list(read_issued(tmp_path, since=START).columns) == []


def test_a_torn_file_is_named(tmp_path: Path) -> None:
    """Proves a file cut short is refused by name, with a remedy."""
    issue(tmp_path)
    path = tmp_path / "forecasts" / "a.parquet"
    path.write_bytes(path.read_bytes()[:-200])
    with pytest.raises(InputError) as caught:
        read_issued(tmp_path)
    assert str(caught.value).startswith(f"{path}: not as it was written: ")
    assert str(caught.value).endswith("Take it out; the forecasts beside it are whole.")
    issue(tmp_path, "b", start=START + pd.Timedelta(days=1))
    said = meters("15min", [40.0] * 200)
    found = pairs(tmp_path, said, {COLUMN: 0.25}, since=None)
    assert len(found.table["issued_utc"].unique()) == 1
    assert found.problems == (str(caught.value),)


def test_old_runs_are_told_by_their_names(tmp_path: Path) -> None:
    """Proves a run of an older day is not opened: it may be torn, it is not asked for."""
    issue(tmp_path, "20260227T220000Z-abcdef")
    issue(tmp_path, "20260301T220000Z-abcdef", start=START + pd.Timedelta(days=1))
    (tmp_path / "forecasts" / "20260101T220000Z-abcdef.parquet").write_bytes(b"torn")
    table = read_issued(tmp_path, since=START - pd.Timedelta(days=1))
    assert table["run"].unique().tolist() == ["20260301T220000Z-abcdef"]


def test_quarter_hours_pair_with_five_minutes(tmp_path: Path) -> None:
    """Proves the mean of three readings stands for the quarter; a gap leaves it unknown."""
    issue(tmp_path)
    said = meters("5min", [30.0, 60.0, 90.0, 1.0, 2.0, 3.0, 7.0, 7.0])
    table = pairs(tmp_path, said, {COLUMN: 1 / 12}, since=None).table
    assert table["actual_mw"].iloc[:2].tolist() == [60.0, 2.0]
    assert table["actual_mw"].iloc[2:].isna().all()
    assert len(table[["mean_mw", *SHAPE_COLUMNS]].dropna()) == 10


def test_hourly_meters_pair_with_hours_of_quarters(tmp_path: Path) -> None:
    """Proves hour 0 of quarters: the mean of steps 0 to 3 is 45 + 5 * 1.5 = 52.5 MW."""
    issue(tmp_path)
    table = pairs(tmp_path, meters("h", [1, 2, 3, 4]), {COLUMN: 1.0}, since=None).table
    assert table["actual_mw"].tolist() == [1, 2, 3, 4]
    assert table["mean_mw"].tolist() == pytest.approx([52.5, 72.5, 85.0, 90.0])
    assert table["lead_h"].tolist() == pytest.approx([12.5, 13.5, 14.5, 15.5])


def test_used_power_counts_only_where_nothing_was_curtailed(tmp_path: Path) -> None:
    """Proves a curtailed quarter and one that no plan covers say nothing of the wind."""
    issue(tmp_path)
    (tmp_path / "a").mkdir()
    index = pd.date_range(START, periods=3, freq="15min", name="time_utc")
    plan = pd.DataFrame({"wind_main_curtailed_mw": [0.0, 5.0, 0.0]}, index=index)
    plan.to_parquet(tmp_path / "a" / "schedule.parquet")
    said = meters("15min", [40.0, 41.0, 42.0], "wind_main_used_mw")
    table = pairs(tmp_path, said, {"wind_main_used_mw": 0.25}, since=None).table
    assert table["actual_mw"].iloc[:3].tolist() == pytest.approx([40.0, np.nan, 42.0], nan_ok=True)
    (tmp_path / "a" / "schedule.parquet").unlink()
    assert pairs(tmp_path, said, {"wind_main_used_mw": 0.25}, since=None).table.empty


@pytest.mark.parametrize("rung", ["given", "synthetic"])
def test_weather_of_no_forecaster_teaches_nothing(tmp_path: Path, rung: str) -> None:
    """Proves files and made-up weather are kept but never paired."""
    issue(tmp_path, rung=rung)
    said = meters("15min", [40.0] * 4)
    assert len(read_issued(tmp_path)) == 10
    assert pairs(tmp_path, said, {COLUMN: 0.25}, since=None).table.empty


def test_the_same_model_run_issued_twice_counts_once(tmp_path: Path) -> None:
    """Proves a second plan of a night does not double what the night teaches."""
    issue(tmp_path, "a")
    issue(tmp_path, "b")
    table = pairs(tmp_path, meters("15min", [40.0] * 4), {COLUMN: 0.25}, since=None).table
    assert len(table) == 10


def test_a_plan_of_the_past_learns_nothing_from_after_it(tmp_path: Path) -> None:
    """Proves at 00:30 only what was metered by then is known, and later forecasts not at all."""
    issue(tmp_path, "a")
    issue(tmp_path, "b", start=START + pd.Timedelta(days=1))
    said = meters("15min", [40.0] * 4)
    now = START + pd.Timedelta(minutes=30)
    table = history(tmp_path, said, {COLUMN: 0.25}, now).table
    assert table["actual_mw"].notna().sum() == 2
    assert len(table["issued_utc"].unique()) == 1
    assert history(tmp_path, said, {COLUMN: 0.25}, LATE + pd.Timedelta(days=500)).table.empty


def test_nothing_is_nothing(tmp_path: Path) -> None:
    """Proves an empty folder, no meter, or a site without models gives no pairs and no file."""
    assert pairs(tmp_path, meters("h", [1.0]), {COLUMN: 1.0}, since=None).table.empty
    issue(tmp_path)
    assert pairs(
        tmp_path, meters("h", [1.0], "other_mw"), {"other_mw": 1.0}, since=None
    ).table.empty
    table = issued_table(power(), START, "fresh")
    assert table["member_count"].eq(10).all()
