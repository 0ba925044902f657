"""Coherent paths: values take over ranks, noise has the correlations asked for."""

import numpy as np
import pytest
from scipy.special import ndtri

from models.errors import InputError
from models.scenarios import (
    Dependence,
    coupled,
    even_levels,
    gaussian_template,
    normal_scores,
    ranks,
)


def test_values_go_where_the_template_puts_them() -> None:
    """Proves ensemble copula coupling: the highest member gets the highest quantile."""
    quantiles = np.array([[10.0, 20.0, 30.0], [1.0, 2.0, 3.0]])
    template = np.array([[0.9, 0.1, 0.5], [5.0, 7.0, 6.0]])
    assert coupled(quantiles, template).tolist() == [[30, 10, 20], [1, 3, 2]]


def test_equal_members_are_ranked_by_their_means() -> None:
    """Proves a tie at full power keeps each path's place: the windier path stays above."""
    paths = np.array([[3.0, 3.0], [1.0, 2.0]])
    assert ranks(paths).tolist() == [[0, 1], [0, 1]]
    assert ranks(paths[:, ::-1]).tolist() == [[1, 0], [1, 0]]


def test_template_of_another_size_is_refused() -> None:
    """Proves two shapes that don't fit are named."""
    with pytest.raises(InputError) as caught:
        coupled(np.zeros((2, 3)), np.zeros((2, 4)))
    message = "scenarios: (2, 3) quantiles, (2, 4) template. Give as many."
    assert str(caught.value) == message


def test_levels_and_scores() -> None:
    """Proves four equal shares have their middles at 1/8, 3/8, 5/8, 7/8."""
    assert even_levels(4).tolist() == [0.125, 0.375, 0.625, 0.875]
    scores = normal_scores(np.array([[3, 0, 1, 2]]))
    assert scores[0] == pytest.approx(ndtri([0.875, 0.125, 0.375, 0.625]))


def test_noise_remembers_and_goes_together_as_asked() -> None:
    """Proves correlations: exp(-3 / 6) over three hours of mixed steps, 0.6 between plants."""
    tied = Dependence(memory_h={"wind": 6.0, "sun": 6.0}, correlation={("wind", "sun"): 0.6})
    step_h = np.array([1.0, 1.0, 0.5, 0.5, 2.0])  # middles at 0.5, 1.5, 2.25, 2.75, 4 h
    noise = gaussian_template(["wind", "sun"], step_h, tied, count=40_000, seed=3)
    wind, sun = noise["wind"], noise["sun"]
    assert wind.std(axis=1) == pytest.approx(np.ones(5), abs=0.02)
    assert np.corrcoef(wind[0], wind[4])[0, 1] == pytest.approx(np.exp(-3.5 / 6), abs=0.02)
    assert np.corrcoef(wind[3], sun[3])[0, 1] == pytest.approx(0.6, abs=0.02)
    assert np.corrcoef(wind[0], sun[4])[0, 1] == pytest.approx(0.6 * np.exp(-3.5 / 6), abs=0.02)


def test_impossible_correlations_are_made_possible() -> None:
    """Proves three plants can't all be opposed: the nearest that can be drawn is taken."""
    names = ("a", "b", "c")
    opposed = {("a", "b"): -0.9, ("b", "c"): -0.9, ("a", "c"): -0.9}
    matrix = Dependence(memory_h=dict.fromkeys(names, 1.0), correlation=opposed).matrix(names)
    assert np.linalg.eigvalsh(matrix).min() > 0
    assert np.diag(matrix) == pytest.approx(np.ones(3))
    assert -0.51 < matrix[0, 1] < -0.45


def test_same_seed_same_paths() -> None:
    """Proves a second call draws the same, another seed another."""
    tied = Dependence(memory_h={"wind": 6.0}, correlation={})
    first, again, other = (
        gaussian_template(["wind"], np.ones(4), tied, count=5, seed=seed)["wind"]
        for seed in (1, 1, 2)
    )
    assert (first == again).all()
    assert (first != other).all()
