"""How numbers follow levers: found from a few models, and refused where it is not so."""

from dataclasses import replace

import numpy as np
import pytest

from optimizer.what_if.bases import Basis, designs
from optimizer.what_if.curves import Curve, curves
from optimizer.what_if.laws import law_of
from optimizer.what_if.levers import Entry, Lever, key_path, overlay_of, stepped


def lever(name: str, value: float, low: float, high: float, curve: Curve | None = None) -> Lever:
    return Lever(
        id=name,
        group="store",
        words=name,
        unit="MW",
        low=low,
        high=high,
        step=0.1,
        value=value,
        entries=(Entry(name),),
        curves=() if curve is None else (curve,),
    )


KINKED = Curve((1.0, 3.0, 5.0), (0.0, 4.0, 4.0))
LEVERS = [
    lever("a", 2.0, 1.0, 4.0),
    lever("b", 10.0, 5.0, 20.0),
    lever("c", 2.0, 1.0, 5.0, KINKED),
    *(lever(f"other{k}", 1.0, 0.5, 2.0) for k in range(9)),
]
NUMBERS = {  # of levers a, b and c
    "constant": lambda a, b, c: 7.0,
    "line": lambda a, b, c: 3.0 - 2.0 * a,
    "reciprocal": lambda a, b, c: 5.0 / a,
    "sum of two": lambda a, b, c: a + 0.1 * b,
    "product": lambda a, b, c: a * b,
    "curve": lambda a, b, c: float(np.interp(c, KINKED.x, KINKED.y)),
    "curve and line of another": lambda a, b, c: float(np.interp(c, KINKED.x, KINKED.y)) + b,
    "infinite": lambda a, b, c: np.inf,
}


def models(function) -> tuple[list[list[float]], np.ndarray]:
    """Return where the levers stand, and one number in each model."""
    values = designs(LEVERS)
    return values, np.array([[function(*v[:3])] for v in values])


@pytest.mark.parametrize("name", NUMBERS)
def test_a_number_is_followed_where_no_model_was(name: str) -> None:
    """Proves the law found from the models gives the number at places that were in none."""
    function = NUMBERS[name]
    law = law_of(LEVERS, *models(function))
    assert law.unexplained == {}
    draw = np.random.default_rng(1)
    for _ in range(20):
        at = [float(draw.uniform(each.low, each.high)) for each in LEVERS]
        assert law.numbers(LEVERS, at)[0] == pytest.approx(function(*at[:3]), rel=1e-9)
    own = [each.value for each in LEVERS]
    assert law.numbers(LEVERS, own)[0] == function(*own[:3])  # to the last digit


@pytest.mark.parametrize(
    "function", [lambda a, b, c: a**3, lambda a, b, c: max(a, 2.1), lambda a, b, c: a * b * c]
)
def test_what_follows_otherwise_is_reported(function) -> None:
    """Proves a power, a kink and a product of three are no laws: the levers are named."""
    law = law_of(LEVERS, *models(function))
    assert list(law.unexplained) == [0]
    assert 0 in law.unexplained[0]


def test_each_lever_moves_in_a_pattern_of_its_own() -> None:
    moved = np.array(designs(LEVERS)) != np.array([each.value for each in LEVERS])
    assert not moved[0].any()
    assert len({tuple(column) for column in moved.T}) == len(LEVERS)
    assert (moved.sum(axis=0) == 4).all()


@pytest.mark.parametrize(("kept", "is_told"), [(1, False), (4, True)])
def test_a_row_that_some_models_lack_is_not_guessed(kept: int, is_told: bool) -> None:
    """Proves one model with the row moved can't tell which of its levers moved it; four can."""
    values, numbers = models(lambda a, b, c: 3.0 - 2.0 * a)
    moved = np.array([each[0] for each in values]) != LEVERS[0].value
    numbers[np.flatnonzero(moved)[kept:]] = np.nan
    law = law_of(LEVERS, values, numbers)
    assert (law.unexplained == {}) is is_told
    if is_told:
        at = [each.high for each in LEVERS]
        assert law.numbers(LEVERS, at)[0] == pytest.approx(3.0 - 2.0 * 4.0)


def test_curves_find_where_pieces_meet() -> None:
    """Proves a kink at 2.5 is found to round-off: x up to there, then level."""
    [curve] = curves(lambda x: np.array([min(x, 2.5)]), 1.0, 4.0)
    for x in np.linspace(1.0, 4.0, 37):
        assert curve.at(float(x)) == pytest.approx(min(x, 2.5), abs=1e-9)


def test_a_stepped_lever_stands_on_even_places_its_own_value_among_them() -> None:
    found = stepped(lever("a", 4.0, 2.0, 6.0))
    assert sorted((*found.stops, found.value)) == [2.0, 2.5, 3.0, 3.5, 4.0, 4.5, 5.0, 5.5, 6.0]
    assert found.snapped(4.3) == 4.5
    hat = found.curves[found.hat_of(4.5)]
    assert [hat.at(x) for x in (4.0, 4.5, 5.0)] == [0.0, 1.0, 0.0]


def test_a_lever_writes_its_lines_of_an_overlay() -> None:
    """Proves value times factor plus offset: share 0.4 of a load of 100 leaves 60."""
    share = replace(
        lever("share", 0.2, 0.1, 0.5),
        entries=(
            Entry("scale.batch_work", 5.0),
            Entry("site.firm.cloud.demand_mw", -100.0, 100.0),
            Entry('agreement."4.2".import_max_mw', 10.0),
        ),
    )
    overlay = overlay_of([share], {"share": 0.4})
    assert overlay.scale == {"batch_work": 2.0}
    assert overlay.site == {"firm": {"cloud": {"demand_mw": 60.0}}}
    assert overlay.agreement == {"4.2": {"import_max_mw": 4.0}}
    assert overlay_of([share], {}).scale == {}
    assert key_path('agreement."4.2".import_max_mw') == ["agreement", "4.2", "import_max_mw"]


def test_bases_are_functions_of_levers() -> None:
    values = [2.0, 10.0, 2.0, *[1.0] * 9]
    assert Basis("linear", (1,)).at(LEVERS, values) == 10.0
    assert Basis("reciprocal", (0,)).at(LEVERS, values) == 0.5
    assert Basis("product", (0, 1)).at(LEVERS, values) == 20.0
    assert Basis("curve", (2,)).at(LEVERS, values) == 2.0
