"""Fewer scenarios: against every choice there is, and against an optimal transport."""

from itertools import combinations

import numpy as np
import pytest
from scipy.optimize import linprog

from models.errors import InputError
from models.reduction import distances, reduce_to


def draws(seed: int, count: int = 8, steps: int = 5) -> np.ndarray:
    return np.random.default_rng(seed).gamma(2.0, 50.0, (steps, count))


def loss_of(apart: np.ndarray, share: np.ndarray, kept: tuple[int, ...]) -> float:
    return float(share @ apart[:, kept].min(axis=1))


def best_of_all(apart: np.ndarray, share: np.ndarray, count: int) -> float:
    choices = combinations(range(len(apart)), count)
    return min(loss_of(apart, share, kept) for kept in choices)


def test_distance_is_root_mean_square_weighted_by_step() -> None:
    """Proves sqrt((0.5 * 3^2 + 1.5 * 1^2) / 2) = sqrt(3): 3 MW over half an hour, 1 MW over 1.5."""
    paths = np.array([[0.0, 3.0], [0.0, 1.0]])
    apart = distances(paths, np.array([0.5, 1.5]))
    assert apart == pytest.approx(np.array([[0, np.sqrt(3)], [np.sqrt(3), 0]]))


def test_one_of_three_by_hand() -> None:
    """Proves: of 0, 1 and 5 with weights 0.5, 0.3, 0.2, keeping 0 loses 0.3 + 1.0; 1 less: 1.3."""
    apart = np.abs(np.subtract.outer([0.0, 1.0, 5.0], [0.0, 1.0, 5.0]))
    found = reduce_to(apart, 1, np.array([0.5, 0.3, 0.2]))
    assert found.kept == (0,)
    assert found.loss == pytest.approx(0.3 * 1 + 0.2 * 5)
    assert found.weights == pytest.approx([1.0])


@pytest.mark.parametrize("seed", range(12))
def test_one_kept_is_the_best_there_is(seed: int) -> None:
    """Proves the first choice is exact: no other single scenario loses less."""
    apart, share = distances(draws(seed)), np.full(8, 1 / 8)
    assert reduce_to(apart, 1).loss == pytest.approx(best_of_all(apart, share, 1))


def test_forward_selection_is_near_the_best_of_all_choices() -> None:
    """Proves on 60 small sets: never better than the best choice of all, on average 0.1 % worse."""
    ratios = []
    for seed in range(30):
        share = np.random.default_rng(seed).dirichlet(np.ones(8))
        apart = distances(draws(seed))
        for count in (2, 3):
            best = best_of_all(apart, share, count)
            ratios.append(reduce_to(apart, count, share).loss / best)
    assert min(ratios) >= 1 - 1e-12
    assert np.mean(ratios) < 1.001
    assert max(ratios) < 1.05


@pytest.mark.parametrize("seed", range(6))
def test_loss_is_the_kantorovich_distance(seed: int) -> None:
    """Proves the loss is the least cost of carrying all weights to the kept set's weights."""
    share = np.random.default_rng(seed).dirichlet(np.ones(8))
    apart = distances(draws(seed))
    found = reduce_to(apart, 3, share)
    cost = apart[:, list(found.kept)]
    leaves = np.kron(np.eye(8), np.ones(3))
    arrives = np.kron(np.ones(8), np.eye(3))
    carried = linprog(
        cost.ravel(),
        A_eq=np.vstack([leaves, arrives]),
        b_eq=np.concatenate([share, found.weights]),
    )
    assert found.loss == pytest.approx(carried.fun)
    assert found.weights.sum() == pytest.approx(1.0)


def test_all_kept_loses_nothing_and_equal_paths_stand_alone() -> None:
    """Proves nothing is lost where all are kept, and that twins keep their own weight."""
    apart = distances(draws(1))
    whole = reduce_to(apart, 8)
    assert whole.loss == pytest.approx(0.0, abs=1e-9)
    assert whole.weights == pytest.approx(np.full(8, 1 / 8))
    twins = reduce_to(np.zeros((3, 3)), 9)
    assert (twins.kept, twins.loss) == ((0, 1, 2), 0.0)
    assert twins.weights == pytest.approx(np.full(3, 1 / 3))


def test_losing_all_is_refused() -> None:
    """Proves the message says the field, the value and the remedy."""
    with pytest.raises(InputError) as caught:
        reduce_to(np.zeros((2, 2)), 0)
    assert str(caught.value) == "scenarios: count = 0 is below 1. Keep one or more."
