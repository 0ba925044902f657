"""Learned quantiles: right on a known truth, never crossing, blind to the future."""

import numpy as np
import pandas as pd
import pytest

from models.errors import InputError
from models.features import features, forecasts_of
from models.forecast_table import Scope
from models.quantile_learning import Learning, QuantileModel, fit, predict
from models.scores import PERCENTILES, band_coverage, mean_pinball, reliability

SMALL = Learning(tree_count=30, leaf_min_count=10)
LEVELS = (0.1, 0.5, 0.9)


def days(count: int, *, seed: int, first: str = "2026-01-01") -> pd.DataFrame:
    """Return issues of 24 h for two plants whose actual is spread evenly about half the forecast.

    actual = forecast / 2 + width * uniform(0, 1), width 0.4 for plant a and 0.1 for plant b.
    """
    rng = np.random.default_rng(seed)
    times = pd.date_range(first, periods=24 * count, freq="h", tz="UTC", name="time_utc")
    tables = []
    for group, width in (("a", 0.4), ("b", 0.1)):
        nodes = rng.uniform(0.0, 1.0, 2 * count + 1)  # every twelve hours
        forecast = np.interp(np.arange(len(times)) / 12, np.arange(len(nodes)), nodes)
        table = pd.DataFrame({"power_pu": forecast}, index=times)
        actual = forecast / 2 + width * rng.uniform(0.0, 1.0, len(times))
        tables.append(table.assign(group=group, issued_utc=times.floor("D"), actual_pu=actual))
    return pd.concat(tables)


@pytest.fixture(scope="module")
def model() -> QuantileModel:
    """Return what 60 days teach."""
    return fit(days(60, seed=1), SMALL)


def test_known_quantiles_are_found(model: QuantileModel) -> None:
    """Proves forecast / 2 + level * width, to the spread that 1,440 pairs of each plant leave."""
    ahead = days(20, seed=2, first="2026-04-01")
    found = predict(model, ahead, LEVELS)
    width = ahead["group"].map({"a": 0.4, "b": 0.1}).to_numpy()
    inner = ahead["power_pu"].between(0.1, 0.9).to_numpy()  # edges have neighbours on one side
    for level in LEVELS:
        error = found[level].to_numpy() - (ahead["power_pu"].to_numpy() / 2 + level * width)
        for group in "ab":
            of_group = inner & (ahead["group"] == group).to_numpy()
            assert np.abs(error[of_group]).mean() < 0.06
            assert abs(error[of_group].mean()) < 0.03
    observed = reliability(ahead["actual_pu"], found, LEVELS)["observed_pu"]
    assert observed.tolist() == pytest.approx(LEVELS, abs=0.06)


def test_quantiles_never_cross_and_stay_possible(model: QuantileModel) -> None:
    """Proves rising rows within [0, 1] at 99 levels, also for forecasts never seen before."""
    ahead = days(3, seed=3)
    ahead["power_pu"] = 3.0 * ahead["power_pu"] - 1.0
    found = predict(model, ahead, PERCENTILES).to_numpy()
    assert (np.diff(found, axis=1) >= 0).all()
    assert found.min() >= 0.0
    assert found.max() <= 1.0


def test_the_same_seed_gives_the_same_quantiles(model: QuantileModel) -> None:
    """Proves equality to the last bit, and that another seed is another forest."""
    ahead = days(2, seed=4)
    again = predict(fit(days(60, seed=1), SMALL), ahead, LEVELS)
    pd.testing.assert_frame_equal(predict(model, ahead, LEVELS), again, check_exact=True)
    other = Learning(tree_count=30, leaf_min_count=10, seed=1)
    assert not predict(fit(days(60, seed=1), other), ahead, LEVELS).equals(again)


def test_the_order_of_rows_changes_nothing(model: QuantileModel) -> None:
    """Proves that rows are told by plant, issue and time, never by their place."""
    past, ahead = days(60, seed=1), days(2, seed=4)
    found = predict(fit(past.sample(frac=1, random_state=5), SMALL), ahead, LEVELS)
    pd.testing.assert_frame_equal(predict(model, ahead, LEVELS), found, check_exact=True)
    mixed = ahead.sample(frac=1, random_state=6)
    by_key = [
        predict(model, table, LEVELS).assign(group=table["group"]).set_index("group", append=True)
        for table in (ahead, mixed)
    ]
    pd.testing.assert_frame_equal(by_key[0].sort_index(), by_key[1].sort_index())


def test_actuals_to_come_are_not_looked_at(model: QuantileModel) -> None:
    """Proves that shuffled, missing or absent actuals of the future change nothing."""
    ahead = days(3, seed=7)
    known = predict(model, ahead, LEVELS)
    actual = ahead["actual_pu"].to_numpy()
    for other in (np.random.default_rng(0).permutation(actual), np.full(len(actual), np.nan)):
        found = predict(model, ahead.assign(actual_pu=other), LEVELS)
        pd.testing.assert_frame_equal(known, found, check_exact=True)
    bare = predict(model, ahead.drop(columns="actual_pu"), LEVELS)
    pd.testing.assert_frame_equal(known, bare, check_exact=True)


def test_within_the_issue_later_issues_are_not_looked_at() -> None:
    """Proves that with scope issue the first day stays as it is when all later ones change.

    The counterfactual: with scope horizon its last hours do change.
    """
    past, ahead = days(60, seed=1), days(3, seed=8)
    later = ahead.copy()
    is_later = later["issued_utc"] > later["issued_utc"].min()
    later.loc[is_later, "power_pu"] = later.loc[is_later, "power_pu"].to_numpy()[::-1]
    first = (~is_later).to_numpy()
    blind = fit(past, SMALL)
    known, found = (predict(blind, table, LEVELS)[first] for table in (ahead, later))
    pd.testing.assert_frame_equal(known, found, check_exact=True)
    seeing = fit(past, Learning(scope="horizon", tree_count=30, leaf_min_count=10))
    known, found = (predict(seeing, table, LEVELS)[first] for table in (ahead, later))
    assert not known.equals(found)


def test_an_issue_is_known_without_the_others(model: QuantileModel) -> None:
    """Proves that a day alone has the quantiles it has among other days."""
    ahead = days(3, seed=8)
    day = ahead[ahead["issued_utc"] == pd.Timestamp("2026-01-02", tz="UTC")]
    together = predict(model, ahead, LEVELS)
    alone = predict(model, day, LEVELS)
    rows = (ahead["issued_utc"] == pd.Timestamp("2026-01-02", tz="UTC")).to_numpy()
    pd.testing.assert_frame_equal(together[rows], alone, check_exact=True)


def of_a(table: pd.DataFrame, scope: Scope) -> pd.DataFrame:
    return features(forecasts_of(table, scope), None)["a"]


def test_wind_parts_and_speed_with_direction_say_the_same() -> None:
    """Proves that 5 m/s from 216.87 degrees are 3 m/s eastward and 4 m/s northward."""
    times = pd.date_range("2026-01-01", periods=3, freq="h", tz="UTC", name="time_utc")
    keys = pd.DataFrame({"group": "a", "issued_utc": times[0]}, index=times)
    parts = keys.assign(wind_u_10m_m_per_s=1.5, wind_v_10m_m_per_s=2.0)
    parts = parts.assign(wind_u_100m_m_per_s=3.0, wind_v_100m_m_per_s=4.0)
    polar = keys.assign(wind_speed_10m_m_per_s=2.5, wind_direction_10m_deg=216.8699)
    polar = polar.assign(wind_speed_100m_m_per_s=5.0, wind_direction_100m_deg=216.8699)
    one, other = (of_a(table, "issue") for table in (parts, polar))
    pd.testing.assert_frame_equal(one, other[one.columns], atol=1e-5)
    assert one["speed"].tolist() == pytest.approx([5.0] * 3)
    assert one["shear_10"].tolist() == pytest.approx([np.log(2.0)] * 3)
    assert one["veer_10"].tolist() == pytest.approx([0.0] * 3, abs=1e-6)


def test_neighbouring_hours_stop_at_the_issue() -> None:
    """Proves the hour before and after, and the mean over both, at either end of a day."""
    times = pd.date_range("2026-01-01", periods=48, freq="h", tz="UTC", name="time_utc")
    table = pd.DataFrame({"group": "a", "issued_utc": times.floor("D")}, index=times)
    table["power_pu"] = np.arange(48.0) / 100
    inside, across = (of_a(table, scope) for scope in ("issue", "horizon"))
    assert inside["power_pu_+1h"].iloc[[0, 22, 23, 24]].tolist() == pytest.approx(
        [0.01, 0.23, 0.23, 0.25]
    )
    assert inside["power_pu_-1h"].iloc[[0, 24]].tolist() == pytest.approx([0.0, 0.24])
    assert across["power_pu_+1h"].iloc[23] == pytest.approx(0.24)
    assert inside["power_pu_mean_1h"].iloc[23] == pytest.approx((0.22 + 0.23 + 0.23) / 3)
    assert inside["power_pu_day"].iloc[[0, 47]].tolist() == pytest.approx([0.115, 0.355])


def test_nothing_is_seen_past_a_gap() -> None:
    """Proves that an hour left out is not stepped over: its neighbours see themselves there."""
    times = pd.date_range("2026-01-01", periods=6, freq="h", tz="UTC", name="time_utc")
    table = pd.DataFrame({"group": "a", "issued_utc": times[0]}, index=times)
    table["power_pu"] = np.arange(6.0) / 10
    found = of_a(table.drop(times[2]), "issue")
    assert found["power_pu_+1h"].tolist() == pytest.approx([0.1, 0.1, 0.4, 0.5, 0.5])


def test_half_hours_reach_as_far_as_hours() -> None:
    """Proves that an hour later is two rows later where steps are half hours."""
    times = pd.date_range("2026-01-01", periods=6, freq="30min", tz="UTC", name="time_utc")
    table = pd.DataFrame({"group": "a", "issued_utc": times[0]}, index=times)
    table["power_pu"] = np.arange(6.0) / 10
    assert of_a(table, "issue")["power_pu_+1h"].tolist() == pytest.approx(
        [0.2, 0.3, 0.4, 0.5, 0.5, 0.5]
    )


def test_another_plant_helps() -> None:
    """Proves that b's forecast is used for a where only it tells what comes."""
    past, ahead = days(60, seed=1), days(10, seed=9)
    for table in (past, ahead):
        is_a = (table["group"] == "a").to_numpy()
        table.loc[is_a, "actual_pu"] = table.loc[~is_a, "power_pu"].to_numpy()
    is_a = (ahead["group"] == "a").to_numpy()
    together = predict(fit(past, SMALL), ahead, LEVELS)[is_a]
    alone = predict(fit(past[past["group"] == "a"], SMALL), ahead[is_a], LEVELS)
    actual = ahead["actual_pu"][is_a]
    assert mean_pinball(actual, together, LEVELS) < 0.7 * mean_pinball(actual, alone, LEVELS)
    assert 0.7 < band_coverage(actual, together, LEVELS, 0.8) <= 1.0


def test_one_plant_learned_alone_is_as_among_all(model: QuantileModel) -> None:
    """Proves that `only` saves work and changes nothing for the plant it names."""
    past, ahead = days(60, seed=1), days(2, seed=4)
    is_b = (ahead["group"] == "b").to_numpy()
    alone = predict(fit(past, SMALL, only=("b",)), ahead, LEVELS)
    pd.testing.assert_frame_equal(predict(model, ahead, LEVELS)[is_b], alone, check_exact=True)


def test_gaps_in_actuals_are_left_out(model: QuantileModel) -> None:
    """Proves that steps without an actual are counted out and still serve as neighbours."""
    past = days(60, seed=1)
    past.iloc[:100, past.columns.get_loc("actual_pu")] = np.nan
    assert fit(past, SMALL).pair_counts == {"a": 1340, "b": 1440}


def refusal(past: pd.DataFrame, learning: Learning = SMALL) -> str:
    with pytest.raises(InputError) as caught:
        fit(past, learning)
    return str(caught.value)


def test_what_cannot_be_learned_from_is_refused(model: QuantileModel) -> None:
    """Proves the sentence for each thing wrong with a table of the past."""
    past = days(20, seed=1)
    assert refusal(past.drop(columns="actual_pu")) == (
        "actual_pu is missing. Bring what came of the past forecasts."
    )
    assert refusal(past.assign(actual_pu=past["actual_pu"] * 100)).endswith(
        "is outside [0, 1] (960 values). Give power over nominal power; cut meters' noise at 0 "
        "and 1."
    )
    assert refusal(days(9, seed=1)) == (
        "a: pairs = 216 are too few. Bring at least 240, or take the assumed spread."
    )
    assert refusal(past.drop(columns="issued_utc")).startswith(
        "forecast table: issued_utc is missing. Bring it as a column."
    )
    assert refusal(past.drop(columns="power_pu")) == (
        "forecast table: holds no forecast. Bring at least one forecast column."
    )
    assert refusal(past.tz_localize(None)) == (
        "forecast table: index is no row of times in UTC. Bring time_utc as its index."
    )
    assert refusal(past.assign(note="x")) == "forecast table: note is no number. Leave it out."
    holed = past.assign(power_pu=past["power_pu"].mask(past["power_pu"] > 0.8))
    assert refusal(holed).startswith("forecast table: power_pu = nan is no number (")
    assert refusal(past.iloc[1:]) == (
        "forecast table: time_utc = 2026-01-01T00:00Z is not given for each group. "
        "Bring every group at every step."
    )
    off = past.rename({pd.Timestamp("2026-01-01T05:00Z"): pd.Timestamp("2026-01-01T05:20Z")})
    assert refusal(off.rename_axis("time_utc")) == (
        "forecast table: time_utc = 2026-01-01T01:00Z is off the grid of 0.666667 h. "
        "Bring steps of one length."
    )
    assert refusal(pd.concat([past, past.iloc[[0]]])) == (
        "forecast table: time_utc = 2026-01-01T00:00Z is given twice for a group. "
        "Keep one forecast a step."
    )


def test_other_plants_or_columns_ahead_are_refused(model: QuantileModel) -> None:
    """Proves that a forecast must be of the kind learned from."""
    ahead = days(2, seed=4)
    with pytest.raises(InputError) as caught:
        predict(model, ahead[ahead["group"] == "a"], LEVELS)
    assert str(caught.value) == "groups = a are not those learned from. Bring a, b."
    with pytest.raises(InputError) as caught:
        predict(model, ahead.assign(ghi_w_per_m2=0.0), LEVELS)
    assert str(caught.value) == (
        "forecast table: ghi_w_per_m2 is known on one side only. "
        "Bring the forecast columns of the past."
    )


def test_over_the_horizon_each_hour_has_one_forecast() -> None:
    """Proves that overlapping issues are refused where a step may see its neighbours' issues."""
    past = days(20, seed=1)
    again = past.assign(issued_utc=past["issued_utc"] - pd.Timedelta("1D"))
    told = refusal(pd.concat([past, again]), Learning(scope="horizon"))
    assert told == (
        "forecast table: time_utc = 2026-01-01T00:00Z is given twice for a group. "
        "Keep one forecast a step; over the horizon, the latest issue."
    )
