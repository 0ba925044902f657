"""Patterns of several plants' forecasts: what they are, and from which steps they are known."""

import numpy as np
import pandas as pd
import pytest

from models.features import features, forecasts_of, patterns_of
from models.patterns import PATTERN_COUNT
from models.quantile_learning import Learning, fit, predict

PLANTS = ("a", "b", "c", "d")
LEVELS = (0.1, 0.5, 0.9)


def days(count: int, *, seed: int, first: str = "2026-01-01") -> pd.DataFrame:
    """Return issues of 24 h for four plants that follow one front, each in its own measure."""
    rng = np.random.default_rng(seed)
    times = pd.date_range(first, periods=24 * count, freq="h", tz="UTC", name="time_utc")
    front = np.interp(
        np.arange(24 * count) / 12, np.arange(2 * count + 1), rng.random(2 * count + 1)
    )
    keys = {"issued_utc": times.floor("D")}
    tables = [
        pd.DataFrame(keys | {"power_pu": front * share, "actual_pu": front * share / 2}, times)
        for share in (0.25, 0.5, 0.75, 1.0)
    ]
    named = [table.assign(group=plant) for table, plant in zip(tables, PLANTS, strict=True)]
    return pd.concat(named).rename_axis("time_utc")


def test_one_front_is_one_pattern() -> None:
    """Proves that four plants moving together have the same first pattern, standardised.

    Standardised, all 20 columns (4 plants, 5 moments) go with the front: the first pattern says
    nearly all, and the features of each plant carry it.
    """
    past = forecasts_of(days(20, seed=1), "issue")
    patterns = patterns_of(past)
    found = features(past, patterns)
    names = [f"pattern_{k}" for k in range(PATTERN_COUNT)]
    spread = found["a"][names].std()
    assert spread.idxmax() == "pattern_0"
    for plant in PLANTS:
        pd.testing.assert_frame_equal(found[plant][names], found["a"][names])
    front = found["d"]["power_pu_mean_8h"]
    assert abs(np.corrcoef(found["d"]["pattern_0"], front)[0, 1]) > 0.95


def test_a_single_plant_has_no_patterns() -> None:
    """Proves that nothing is made of one plant, or of fewer columns than patterns."""
    table = days(20, seed=1)
    for plants in (("a",), ("a", "b", "c")):
        part = forecasts_of(table[table["group"].isin(plants)], "issue")
        assert patterns_of(part) is None


def test_patterns_are_known_from_the_past_alone() -> None:
    """Proves that a day's quantiles are the same whichever other days are forecast beside it."""
    model = fit(days(30, seed=1), Learning(tree_count=10))
    assert model.patterns is not None
    ahead = days(3, seed=2, first="2026-04-01")
    is_second = (ahead["issued_utc"] == pd.Timestamp("2026-04-02", tz="UTC")).to_numpy()
    together = predict(model, ahead, LEVELS)[is_second]
    alone = predict(model, ahead[is_second], LEVELS)
    pd.testing.assert_frame_equal(together, alone, atol=1e-9)
    again = predict(fit(days(30, seed=1), Learning(tree_count=10)), ahead, LEVELS)
    pd.testing.assert_frame_equal(predict(model, ahead, LEVELS), again, check_exact=True)
    error = together[0.5].to_numpy() - ahead["actual_pu"].to_numpy()[is_second]
    assert np.abs(error).mean() == pytest.approx(0.0, abs=0.03)
