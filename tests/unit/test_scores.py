"""Scores of forecasts, against sums worked by hand."""

import math

import numpy as np
import pytest

from models.errors import InputError
from models.scores import (
    PERCENTILES,
    band_coverage,
    climatology,
    crps_of_members,
    crps_of_quantiles,
    flatness_p_value,
    mean_pinball,
    pinball_losses,
    rank_histogram,
    reliability,
    sharpness,
    skill,
)

LEVELS = (0.25, 0.5, 0.75)
ACTUAL = (0.3, 0.5)
QUANTILES = ((0.1, 0.2, 0.4), (0.2, 0.5, 0.6))


def test_pinball_loss_by_hand() -> None:
    """Proves each loss: above a quantile a (y - q), below it (1 - a) (q - y).

    0.25 * 0.2, 0.5 * 0.1, 0.25 * 0.1 and 0.25 * 0.3, 0, 0.25 * 0.1.
    """
    losses = pinball_losses(ACTUAL, QUANTILES, LEVELS)
    assert losses == pytest.approx(np.array([[0.05, 0.05, 0.025], [0.075, 0.0, 0.025]]))
    assert mean_pinball(ACTUAL, QUANTILES, LEVELS) == pytest.approx(0.225 / 6)


def test_crps_of_quantiles_is_twice_their_mean_pinball_loss() -> None:
    """Proves 2 (0.05 + 0.05 + 0.025) / 3 and 2 (0.075 + 0.025) / 3."""
    found = crps_of_quantiles(ACTUAL, QUANTILES, LEVELS)
    assert found == pytest.approx([0.25 / 3, 0.2 / 3])


def test_crps_of_members_by_hand() -> None:
    """Proves E|X - y| - E|X - X'| / 2, for members 0.1, 0.2, 0.4 and y = 0.3.

    E|X - y| = (0.2 + 0.1 + 0.1) / 3. The three distances 0.1, 0.3, 0.2 make, fair, a mean of 0.2;
    with weights 0.2, 0.3, 0.5: E|X - y| = 0.12 and E|X - X'| = 2 (0.006 + 0.03 + 0.03) = 0.132.
    """
    members = [[0.1, 0.2, 0.4]]
    assert crps_of_members([0.3], members) == pytest.approx([0.4 / 3 - 0.1])
    weighted = crps_of_members([0.3], members, weights=[0.2, 0.3, 0.5])
    assert weighted == pytest.approx([0.12 - 0.066])


def test_fair_score_does_not_hang_on_the_count_of_members() -> None:
    """Proves that 3 and 20 members of one truth score alike: the normal's CRPS, 0.5642."""
    rng = np.random.default_rng(1)
    actual = rng.normal(size=5000)
    for count in (3, 20):
        found = crps_of_members(actual, rng.normal(size=(5000, count))).mean()
        assert found == pytest.approx(1 / math.sqrt(math.pi), abs=0.025)


def test_reliability_and_bands_by_hand() -> None:
    """Proves the counts: of 4 actuals 1, 2, 3 lie at or below the quantiles; 2 between."""
    actual, quantiles = [0.1, 0.3, 0.6, 0.9], [[0.2, 0.5, 0.6]] * 4
    table = reliability(actual, quantiles, LEVELS)
    assert table["level_pu"].tolist() == [0.25, 0.5, 0.75]
    assert table["observed_pu"].tolist() == [0.25, 0.5, 0.75]
    assert table["cases_count"].tolist() == [4, 4, 4]
    assert band_coverage(actual, quantiles, LEVELS, 0.5) == 0.5  # 0.3, and 0.6 on the edge


def test_sharpness_is_the_mean_width() -> None:
    """Proves (0.4 - 0.1 + 0.6 - 0.2) / 2."""
    table = sharpness(QUANTILES, LEVELS, (0.5,))
    assert table["width"].tolist() == pytest.approx([0.35])
    assert table["band_pu"].tolist() == [0.5]


def test_rank_histogram_by_hand() -> None:
    """Proves ranks 0, 1 and 3 among three members."""
    members = [[0.1, 0.2, 0.4]] * 3
    assert rank_histogram([0.0, 0.15, 0.5], members, seed=0).tolist() == [1, 1, 0, 1]


def test_equal_values_are_ranked_by_lot() -> None:
    """Proves that calm hours, all zero, spread over all ranks."""
    counts = rank_histogram(np.zeros(4000), np.zeros((4000, 3)), seed=3)
    assert counts.sum() == 4000
    assert flatness_p_value(counts) > 0.01
    assert counts.tolist() == rank_histogram(np.zeros(4000), np.zeros((4000, 3)), seed=3).tolist()


@pytest.mark.parametrize(("spread", "is_flat"), [(1.0, True), (0.8, False), (1.25, False)])
def test_flatness_tells_right_spread_from_wrong(spread: float, is_flat: bool) -> None:
    """Proves that a fifth too narrow or a quarter too wide is seen in 1,000 cases."""
    rng = np.random.default_rng(7)
    members = spread * rng.normal(size=(1000, 9))
    counts = rank_histogram(rng.normal(size=1000), members, seed=1)
    assert (flatness_p_value(counts) > 0.01) is is_flat


def test_p_value_by_hand() -> None:
    """Proves chi squared = (10 - 8)^2 / 8 * 2 = 1 at one degree of freedom: p = 0.3173."""
    assert flatness_p_value([10, 6]) == pytest.approx(0.31731, abs=1e-5)


def test_skill() -> None:
    """Proves 1 - 0.03 / 0.12."""
    assert skill(0.03, 0.12) == pytest.approx(0.75)
    assert skill(0.12, 0.06) == pytest.approx(-1.0)


def test_climatology_is_the_quantiles_of_the_past() -> None:
    """Proves that of 0, 0.1 ... 1 the quantile of each level is the level itself."""
    assert climatology(np.linspace(0, 1, 11), LEVELS) == pytest.approx(LEVELS)


def test_there_are_99_percentiles() -> None:
    """Proves the levels of the GEFCom2014 competition."""
    assert PERCENTILES[0] == 0.01
    assert PERCENTILES[-1] == 0.99
    assert len(PERCENTILES) == 99


NAN = float("nan")


@pytest.mark.parametrize(
    ("actual", "quantiles", "levels", "message"),
    [
        (
            (0.3, NAN),
            QUANTILES,
            LEVELS,
            (
                "actual[1]: 1 values are no numbers. "
                "Leave cases without a value out of the score, and say how many."
            ),
        ),
        (
            ACTUAL,
            ((0.1, 0.2, NAN), (0.2, 0.5, NAN)),
            LEVELS,
            (
                "quantiles[0, 2]: 2 values are no numbers. "
                "Leave cases without a value out of the score, and say how many."
            ),
        ),
        ((), QUANTILES, LEVELS, "actual: count = 0 is nothing to score. Bring one case or more."),
        (
            (0.3,),
            QUANTILES,
            LEVELS,
            "quantiles: shape = (2, 3) does not fit (1,) actuals. Give one row a case.",
        ),
        (
            ACTUAL,
            QUANTILES,
            (0.25, 0.5),
            "quantiles: columns = 3 for 2 levels. Give one column a level.",
        ),
        (
            ACTUAL,
            QUANTILES,
            (25.0, 50.0, 75.0),
            (
                "levels = [25.0, 50.0, 75.0] are no levels. "
                "Give shares between 0 and 1, each larger than the one before."
            ),
        ),
    ],
)
def test_what_cannot_be_scored_is_refused(
    actual: tuple[float, ...],
    quantiles: tuple[tuple[float, ...], ...],
    levels: tuple[float, ...],
    message: str,
) -> None:
    """Proves the sentence for each thing wrong."""
    with pytest.raises(InputError) as caught:
        mean_pinball(actual, quantiles, levels)
    assert str(caught.value) == message


def test_other_refusals() -> None:
    """Proves the sentences of bands, members, weights, few cases and skill."""
    with pytest.raises(InputError) as caught:
        band_coverage(ACTUAL, QUANTILES, LEVELS, 0.8)
    assert str(caught.value) == (
        "band = 0.8 is not bounded by the levels given. Bring the levels 0.1 and 0.9."
    )
    with pytest.raises(InputError) as caught:
        crps_of_members([0.3], [[0.1]])
    assert str(caught.value) == "members: count = 1 is no ensemble. Bring two members or more."
    with pytest.raises(InputError) as caught:
        crps_of_members([0.3], [[0.1, 0.2]], weights=[0.5, 0.4])
    assert str(caught.value) == (
        "weights = [0.5, 0.4] are no probabilities. Give one probability a member, summing to 1."
    )
    with pytest.raises(InputError) as caught:
        flatness_p_value([3, 4])
    assert str(caught.value) == (
        "rank histogram: cases = 7 are too few for 2 ranks. Bring five cases a rank, or join ranks."
    )
    with pytest.raises(InputError) as caught:
        skill(0.1, 0.0)
    assert str(caught.value) == (
        "skill: 0.1 over 0.0 is no number. "
        "Score both on the same cases; the reference must have missed at least once."
    )
