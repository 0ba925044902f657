"""Scores of a site's own forecasts: what is a case, what it is compared with, what is missing."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from optimizer.cli import run_command
from optimizer.forecast_archive import FORECASTS, KEPT, quantile_column
from optimizer.meters import COLUMNS_FILE, METERS
from optimizer.scoring import LEVELS, score
from optimizer.store import write_json

COLUMN = "wind_main_available_mw"
FIRST = pd.Timestamp("2026-03-01T00:00Z")
HOURS = 24 * 30


def meters(out: Path, values: np.ndarray, *, column: str = COLUMN, step_h: float = 1.0) -> None:
    """Keep metered values from `FIRST` on."""
    (out / METERS).mkdir(parents=True, exist_ok=True)
    index = pd.date_range(FIRST, periods=len(values), freq=pd.Timedelta(hours=step_h))
    table = pd.DataFrame({column: values}, index=index.rename("time_utc"))
    for month, part in table.groupby(index.strftime("%Y-%m")):
        part.to_parquet(out / METERS / f"{month}.parquet")
    write_json(out / METERS / COLUMNS_FILE, {column: step_h})


def issue(
    out: Path, day: int, middle: np.ndarray, *, rung: str = "fresh", step_h: float = 1.0
) -> None:
    """Keep a forecast issued at noon for the next day: middle plus 100 MW (level - 0.5)."""
    (out / FORECASTS).mkdir(parents=True, exist_ok=True)
    start = FIRST + pd.Timedelta(days=day)
    times = pd.date_range(start, periods=len(middle), freq=pd.Timedelta(hours=step_h))
    lead_h = 24.0 + np.arange(len(middle)) * step_h + step_h / 2
    numbers = dict.fromkeys(KEPT, 0.0) | {"step_h": step_h, "lead_h": lead_h}
    numbers |= {"mean_mw": middle, "ceiling_mw": 500.0, "calibrated_mw": middle}
    numbers |= {quantile_column(level): middle + 100 * (level - 0.5) for level in LEVELS}
    table = pd.DataFrame(numbers, index=range(len(middle)))
    table = table.assign(time_utc=times, column=COLUMN, source="m", rung=rung).assign(
        init_utc=start - pd.Timedelta(hours=24), issued_utc=start - pd.Timedelta(hours=12)
    )
    table.to_parquet(out / FORECASTS / f"run-{day:02d}.parquet", index=False)


def by_hour() -> np.ndarray:
    """Return metered power that rises by 1 MW a day, 200 MW at the first hour."""
    return 200.0 + np.arange(HOURS) // 24


def test_scores_by_hand(tmp_path: Path) -> None:
    """Proves each figure for a forecast whose middle is 10 MW too high.

    The actual is at level 0.4 of the quantiles: CRPS is twice the mean over the levels a of
    100 a (0.4 - a) below 0.4 and 100 (1 - a) (a - 0.4) above. Persistence is one day old for the
    hours metered by noon, two for the others: 1.5 MW off on average.
    """
    meters(tmp_path, by_hour())
    for day in (20, 21):
        issue(tmp_path, day, np.full(24, 200.0 + day + 10.0))
    found = score(tmp_path)
    assert found.missing == ""
    row = found.table[found.table["lead"] == "all"].iloc[0]
    level = np.array(LEVELS)
    losses = np.where(level < 0.4, level * (0.4 - level), (1 - level) * (level - 0.4))
    assert (row["cases_count"], row["forecasts_count"]) == (48, 2)
    assert row["crps_mw"] == pytest.approx(200 * losses.mean(), rel=1e-5)
    assert row["pinball_mw"] == pytest.approx(100 * losses.mean(), rel=1e-5)
    assert row["bias_mw"] == pytest.approx(10.0)
    assert row["mean_actual_mw"] == pytest.approx(220.5)
    assert (row["inside_50_pu"], row["inside_80_pu"]) == (1.0, 1.0)
    assert row["width_80_mw"] == pytest.approx(80.0)
    assert row["skill_persistence_pu"] == pytest.approx(1 - 200 * losses.mean() / 1.5, rel=1e-5)
    observed = found.reliability.set_index("level_pu")["observed_pu"]
    assert observed.loc[0.35] == 0.0
    assert observed.loc[0.45] == 1.0


def test_only_the_steps_asked_for_are_scored(tmp_path: Path) -> None:
    """Proves that of two days' forecasts one day is 24 cases, whenever it was issued."""
    meters(tmp_path, by_hour())
    for day in (20, 21):
        issue(tmp_path, day, np.full(24, 230.0))
    begin = FIRST + pd.Timedelta(days=21)
    found = score(tmp_path, steps=(begin, begin + pd.Timedelta(days=1)))
    assert found.cases_count == 24
    assert found.table["mean_actual_mw"].iloc[0] == pytest.approx(221.0)
    none = score(tmp_path, steps=(begin + pd.Timedelta(days=1), begin + pd.Timedelta(days=2)))
    assert none.missing == f"{tmp_path}: no forecast by the clock of this time is in the archive."


def test_lead_times_have_rows_of_their_own(tmp_path: Path) -> None:
    """Proves that hours 24 to 48 after the model run are one bin, apart from all."""
    meters(tmp_path, by_hour())
    issue(tmp_path, 20, np.full(30, 220.0))
    table = score(tmp_path).table
    assert table["lead"].tolist() == ["all", "24-48 h", "48-96 h"]
    assert table["cases_count"].tolist() == [30, 24, 6]


def test_climatology_is_of_the_same_hour_and_only_of_the_past(tmp_path: Path) -> None:
    """Proves skill 1 - CRPS / CRPS of past days, and that what is metered later changes nothing.

    Counterfactual: nine days of history are too few, and the skill is unknown.
    """
    values = by_hour()
    meters(tmp_path, values)
    issue(tmp_path, 20, np.full(24, 220.0))
    before = score(tmp_path).table["skill_climatology_pu"].iloc[0]
    assert 0.0 < 1 - before < 10.0
    values[24 * 21 :] = 0.0
    meters(tmp_path, values)
    assert score(tmp_path).table["skill_climatology_pu"].iloc[0] == before
    (tmp_path / FORECASTS / "run-20.parquet").unlink()
    issue(tmp_path, 9, np.full(24, 220.0))
    assert score(tmp_path).table["skill_climatology_pu"].iloc[0] is None


def test_quarter_hours_are_joined_to_metered_hours(tmp_path: Path) -> None:
    """Proves that 96 quarter hours beside 24 metered hours are 24 cases."""
    meters(tmp_path, by_hour())
    issue(tmp_path, 20, np.full(96, 220.0), step_h=0.25)
    row = score(tmp_path).table.iloc[0]
    assert row["cases_count"] == 24
    assert row["bias_mw"] == pytest.approx(0.0, abs=1e-4)


def test_metered_quarter_hours_are_averaged_over_the_hour(tmp_path: Path) -> None:
    """Proves the mean of 0, 0, 40, 40 MW: 20 MW, and hours metered in part are no case."""
    quarters = np.tile([0.0, 0.0, 40.0, 40.0], HOURS)
    quarters[24 * 20 * 4] = np.nan
    meters(tmp_path, quarters, step_h=0.25)
    issue(tmp_path, 20, np.full(24, 20.0))
    row = score(tmp_path).table.iloc[0]
    assert row["cases_count"] == 23
    assert row["mean_actual_mw"] == pytest.approx(20.0)
    assert row["skill_persistence_pu"] is None  # it missed nothing: no yardstick


@pytest.mark.parametrize(
    ("rung", "column", "first_day", "message"),
    [
        (
            "given",
            COLUMN,
            20,
            (
                "{out}: no forecast by the clock is in the archive. dakhla forecast, plan or "
                "daily with a weather source leaves one each time."
            ),
        ),
        (
            "fresh",
            "solar_main_available_mw",
            20,
            (
                "wind_main_available_mw: not metered. Import it, or wind_main_used_mw, with "
                "dakhla meters --import FILE."
            ),
        ),
        (
            "fresh",
            COLUMN,
            40,
            ("wind_main_available_mw: nothing is metered yet of the hours that were forecast."),
        ),
    ],
)
def test_what_is_missing_is_said(
    tmp_path: Path, rung: str, column: str, first_day: int, message: str
) -> None:
    """Proves the sentence for each reason that there is nothing to score."""
    meters(tmp_path, by_hour(), column=column)
    issue(tmp_path, first_day, np.full(24, 220.0), rung=rung)
    found = score(tmp_path)
    assert found.cases_count == 0
    assert found.missing == message.format(out=tmp_path)


def test_the_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Proves exit 0 with and without anything to score, one object, and the refusal of no days."""
    assert run_command(["score", "--out", str(tmp_path), "--json"]) == 0
    nothing = json.loads(capsys.readouterr().out)
    assert (nothing["status"], nothing["scores"]) == ("nothing_to_score", [])
    meters(tmp_path, by_hour())
    issue(tmp_path, 20, np.full(24, 230.0))
    assert run_command(["score", "--out", str(tmp_path), "--json"]) == 0
    scored = json.loads(capsys.readouterr().out)
    assert scored["status"] == "scored"
    assert scored["cases_count"] == 24
    assert scored["scores"][0]["column"] == COLUMN
    assert run_command(["score", "--out", str(tmp_path)]) == 0
    told = capsys.readouterr().out
    assert told.startswith("wind_main_available_mw, all: CRPS ")
    assert "24 steps of 1 forecasts." in told
    assert run_command(["score", "--out", str(tmp_path), "--days", "0"]) == 2
    assert capsys.readouterr().err == (
        "dakhla: --days = 0 is outside 1 to 36525. Give a number of days.\n"
    )
