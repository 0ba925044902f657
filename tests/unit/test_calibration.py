"""Calibration: the latent scale, doing nothing without history, learning by lead time."""

import numpy as np
import pandas as pd
import pytest

from models.calibration import (
    KNOTS_H,
    Pairs,
    calibrated_mw,
    error_growth,
    from_latent,
    learned,
    quantiles_about_mw,
    taken_as_one,
    to_latent,
)
from models.calibration_fit import EDGE_PU, IDENTITY, Correction, Sample
from models.dependence import MEMORY_H, estimated, supposed
from models.scenarios import even_levels
from tests.pairs import COLUMN, SOURCE, pair_table

LEAD_H = np.array([6.0, 24.0, 24.0])
CEILING_MW = np.array([400.0, 400.0, 0.0])


def members(seed: int = 0, count: int = 20) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return np.sort(rng.uniform(0, 1, (3, count)), axis=1) * CEILING_MW[:, None]


def past(count: int, *, bias_pu: float = 0.0, seed: int = 1) -> pd.DataFrame:
    """Return pairs of 20 members about the truth, moved up by a share of the ceiling."""
    rng = np.random.default_rng(seed)
    middle = rng.uniform(0.3, 0.7, (count, 1))
    told = middle + 0.1 * rng.standard_normal((count, 20)) + bias_pu
    came = middle[:, 0] + 0.1 * rng.standard_normal(count)
    top = np.full(count, 400.0)
    lead_h = rng.uniform(0, 168, count)
    return pair_table(told.clip(0, 1) * 400.0, top, lead_h, came.clip(0, 1) * 400.0)


def test_latent_scale_by_hand() -> None:
    """Proves ln((x + e) / (1 - x + e)): 0 at half, its ends at 0 and the ceiling, and back."""
    power = np.array([0.0, 200.0, 300.0, 400.0, 440.0])
    top = np.full(5, 400.0)
    end = np.log((1 + EDGE_PU) / EDGE_PU)
    latent = to_latent(power, top)
    quarter = np.log((0.75 + EDGE_PU) / (0.25 + EDGE_PU))
    assert latent == pytest.approx([-end, 0.0, quarter, end, end])
    assert from_latent(latent, top) == pytest.approx([0, 200, 300, 400, 400])
    assert from_latent(np.array([99.0, -99.0]), top[:2]).tolist() == [400.0, 0.0]


def test_nights_stay_zero() -> None:
    """Proves no correction makes power where the ceiling is zero."""
    moved = Correction(shift=2.0, growth=1.0)
    strong = learned(None, is_single=True)
    night = np.zeros((1, 20))
    assert to_latent(night, np.zeros((1, 1))).tolist() == night.tolist()
    assert from_latent(moved.moved(night, np.ones(1), np.zeros(20)), np.zeros((1, 1))).max() == 0
    levels = even_levels(9)
    about = quantiles_about_mw(night[:, :1], np.zeros(1), np.ones(1), strong, levels)
    assert about.tolist() == [[0.0] * 9]


def test_without_history_members_stay_as_they_are() -> None:
    """Proves day one: to rounding, what comes out is what went in."""
    raw = members()
    nothing = learned(None, is_single=False)
    assert set(nothing.knots) == {IDENTITY}
    assert calibrated_mw(raw, CEILING_MW, LEAD_H, nothing) == pytest.approx(raw, abs=1e-9)
    empty = Pairs(table=past(5)).of("no plant", SOURCE, is_single=False)
    assert learned(empty, is_single=False) == nothing


def test_single_forecast_without_history_has_the_assumed_error() -> None:
    """Proves at half power and 24 h: the latent 84 % quantile is one growth above the middle."""
    nothing = learned(None, is_single=True)
    levels = np.array([0.1586553, 0.5, 0.8413447])
    half = np.full((1, 1), 200.0)
    found = quantiles_about_mw(half, np.full(1, 400.0), np.full(1, 24.0), nothing, levels)
    growth = float(error_growth(np.full(1, 24.0))[0])
    assert to_latent(found[0], np.full(3, 400.0)) == pytest.approx([-growth, 0, growth], abs=1e-5)
    later = quantiles_about_mw(half, np.full(1, 400.0), np.full(1, 168.0), nothing, levels)
    assert later[0, 2] > found[0, 2] > 200 > found[0, 0] > later[0, 0]


def test_order_of_members_is_kept() -> None:
    """Proves the strongest member stays the strongest whatever is learned."""
    raw = members(3)[:, ::-1]
    found = calibrated_mw(raw, CEILING_MW, LEAD_H, learned(past(300, bias_pu=0.1), is_single=False))
    assert (np.diff(found[:2], axis=1) <= 0).all()
    assert (found >= 0).all()
    assert (found <= CEILING_MW[:, None]).all()


@pytest.mark.parametrize(("count", "least", "most"), [(1, 0.0, 0.2), (1500, 0.30, 0.50)])
def test_bias_is_believed_as_pairs_come(count: int, least: float, most: float) -> None:
    """Proves a bias of a tenth of the ceiling, 0.4 latent, is hardly believed of one pair."""
    shifts = [knot.shift for knot in learned(past(count, bias_pu=0.1), is_single=False).knots[:9]]
    assert all(-most <= shift <= -least for shift in shifts)


def test_lead_times_are_told_apart() -> None:
    """Proves a bias that only late hours have is taken off late hours only."""
    early, late = past(1200), past(1200, bias_pu=0.12, seed=2)
    table = pd.concat([early[early["lead_h"] < 72], late[late["lead_h"] > 96]])
    found = learned(table, is_single=False)
    shifts = dict(zip(KNOTS_H, [float(np.asarray(k.shift)) for k in found.knots], strict=True))
    assert abs(shifts[45]) < 0.1
    assert shifts[132] < -0.25
    between = found.at(np.array([120.0])).shift
    assert float(np.asarray(between)[0]) == pytest.approx((shifts[108] + shifts[132]) / 2)


def test_pairs_of_other_sources_dusk_and_gaps_are_left_out() -> None:
    """Proves only pairs alike teach: plant, weather model, one member or many, light, metered."""
    table = past(10)
    table.loc[0, "column"] = "solar_main_available_mw"
    table.loc[1, "source"] = "another"
    table.loc[2, "member_count"] = 1
    table.loc[3, "ceiling_mw"] = 1.0
    table.loc[4, "actual_mw"] = np.nan
    pairs = Pairs(table=table)
    assert pairs.of(COLUMN, SOURCE, is_single=False).index.tolist() == [5, 6, 7, 8, 9]
    assert pairs.of(COLUMN, SOURCE, is_single=True).index.tolist() == [2]


def test_few_members_count_as_one() -> None:
    """Proves 7 are taken as one forecast, 8 as an ensemble."""
    assert [taken_as_one(count) for count in (1, 7, 8, 51)] == [True, True, False, False]


def single_course(count: int, memory_h: float, tie: float) -> pd.DataFrame:
    """Return hourly pairs of single forecasts of two plants with errors of known dependence."""
    rng = np.random.default_rng(5)
    kept = np.exp(-1 / memory_h)
    tables = []
    issued = pd.date_range("2026-01-01", periods=count, freq="D", tz="UTC").as_unit("us")
    error = rng.standard_normal((2, count))
    for hour in range(24):
        fresh = rng.standard_normal((2, count))
        error = kept * error + np.sqrt(1 - kept**2) * fresh
        both = [error[0], tie * error[0] + np.sqrt(1 - tie**2) * error[1]]
        for name, own in zip((COLUMN, "solar_main_available_mw"), both, strict=True):
            top = np.full(count, 400.0)
            came = from_latent(0.8 * own, top)
            table = pair_table(np.full((count, 1), 200.0), top, np.full(count, 1.0 + hour), came)
            tables.append(
                table.assign(
                    issued_utc=issued, time_utc=issued + pd.Timedelta(hours=hour), column=name
                )
            )
    return pd.concat(tables, ignore_index=True)


def test_dependence_is_estimated_from_many_and_supposed_of_none() -> None:
    """Proves memory 9 h and correlation 0.5 come out of 300 forecasts, nothing out of none."""
    names = [COLUMN, "solar_main_available_mw"]
    found = estimated(Pairs(table=single_course(300, 9.0, 0.5)), names, SOURCE)
    assert found.memory_h[COLUMN] == pytest.approx(9.0, rel=0.2)
    assert found.correlation[names[0], names[1]] == pytest.approx(0.5 * 300 / 330, abs=0.1)
    assert estimated(None, names, SOURCE) == supposed(names)
    other = estimated(Pairs(table=single_course(3, 9.0, 0.5)), names, "another")
    assert set(other.memory_h.values()) == {MEMORY_H}


def test_slope_of_crps_is_its_derivative() -> None:
    """Proves the fit's slope by differences of 1e-6 in each parameter, away from the ends."""
    rng = np.random.default_rng(8)
    sample = Sample(
        latent=np.sort(rng.normal(0, 0.8, (60, 19)), axis=1),
        growth=rng.uniform(0.5, 1.5, 60),
        actual_pu=rng.uniform(0, 1, 60),
        weight=rng.uniform(0, 1, 60),
        scores=np.linspace(-1.9, 1.9, 19),
        count=60.0,
    )
    here = np.array([0.1, 0.9, 1.2, 0.3])
    slope = sample.slope_of_crps(Correction(**dict(zip(NAMES, here, strict=True))))
    for k, found in enumerate(slope):
        ends = []
        for move in (1e-6, -1e-6):
            moved = here.copy()
            moved[k] += move
            ends.append(sample.crps_pu(Correction(**dict(zip(NAMES, moved, strict=True)))))
        assert found == pytest.approx((ends[0] - ends[1]) / 2e-6, rel=1e-4, abs=1e-7)


NAMES = ("shift", "slope", "spread", "growth")
