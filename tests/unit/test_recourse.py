"""What gives way where sun and wind miss a fixed schedule, worked out by hand."""

import numpy as np
import pytest

from optimizer.recourse import Outcome, Planned, recourse
from optimizer.recourse_store import Store


def store(**changed: object) -> Store:
    """Return a battery of two steps: idle, 10 MWh in it, 4 of them a reserve."""
    told = {
        "hours": np.array([1.0, 0.5]),
        "charge_mw": np.zeros(2),
        "discharge_mw": np.zeros(2),
        "energy_mwh": np.array([10.0, 10.0]),
        "least_mwh": np.array([4.0, 4.0]),
        "charge_max_mw": 8.0,
        "discharge_max_mw": 5.0,
        "charge_efficiency_pu": 0.9,
        "discharge_efficiency_pu": 0.8,
    }
    return Store(**(told | changed))


def planned(stores: tuple[Store, ...] = (), **changed: object) -> Planned:
    """Return two steps with 2 MW drawn of at most 3, 1 MW fed in, gensets at 4 of 6."""
    told = {
        "import_mw": np.array([2.0, 2.0]),
        "import_max_mw": np.array([3.0, 3.0]),
        "export_mw": np.array([1.0, 1.0]),
        "genset_mw": np.array([4.0, 4.0]),
        "genset_max_mw": np.array([6.0, 6.0]),
        "stoppable_mw": np.array([[1.5, 2.5], [1.5, 2.5]]),
        "stores": stores,
    }
    return Planned(**(told | changed))


def given_way(outcome: Outcome, t: int, s: int) -> list[float]:
    parts = [
        outcome.less_export_mw[t, s],
        outcome.more_import_mw[t, s],
        outcome.more_genset_mw[t, s],
        outcome.lent_mw[:, t, s].sum(),
        *outcome.stopped_mw[t, s],
        outcome.short_mw[t, s],
    ]
    return [round(float(p), 9) for p in parts]


@pytest.mark.parametrize(
    ("missing_mw", "expected"),
    [
        (0.0, [0, 0, 0, 0, 0, 0, 0]),
        (0.6, [0.6, 0, 0, 0, 0, 0, 0]),
        (1.7, [1, 0.7, 0, 0, 0, 0, 0]),
        (3.0, [1, 1, 1, 0, 0, 0, 0]),
        (6.0, [1, 1, 2, 2, 0, 0, 0]),
        (10.0, [1, 1, 2, 4.8, 1.2, 0, 0]),
        (12.0, [1, 1, 2, 4.8, 1.5, 1.7, 0]),
        (15.0, [1, 1, 2, 4.8, 1.5, 2.5, 2.2]),
    ],
)
def test_things_give_way_in_order(missing_mw: float, expected: list[float]) -> None:
    """Proves the order: feed-in 1, lines 3 - 2, gensets 6 - 4, battery 0.8 x (10 - 4) / 1 h."""
    outcome = recourse(planned((store(),)), np.array([[missing_mw], [0.0]]))
    assert given_way(outcome, 0, 0) == expected


def test_half_an_hour_lasts_twice_as_long() -> None:
    """Proves that energy is power times the step: 4.8 MWh are 9.6 MW for 0.5 h, and 5 can be."""
    outcome = recourse(planned((store(),)), np.array([[0.0], [14.0]]))
    assert given_way(outcome, 1, 0) == [1, 1, 2, 5, 1.5, 2.5, 1]
    assert outcome.owed_mwh[0, 1, 0] == pytest.approx(5 * 0.5 / 0.8)


def test_a_loan_is_paid_back_before_anything_is_left_unused() -> None:
    """Proves surplus first draws less, then pays back 2.5 MWh at 0.9: 5.555 MW of 0.5 h."""
    outcome = recourse(planned((store(),)), np.array([[6.0], [-10.0]]))
    assert outcome.owed_mwh[0, 0, 0] == pytest.approx(2 / 0.8)
    assert outcome.less_import_mw[1, 0] == pytest.approx(2.0)
    assert outcome.repaid_mw[0, 1, 0] == pytest.approx(2.5 / 0.9 / 0.5)
    assert outcome.unused_mw[1, 0] == pytest.approx(10 - 2 - 2.5 / 0.9 / 0.5)
    assert outcome.owed_mwh[0, 1, 0] == pytest.approx(0.0)


def test_what_was_lent_is_missing_later() -> None:
    """Proves a planned discharge down to the reserve can't be, where 2.5 MWh are lent before.

    Step 2 plans 5 MW x 0.5 h / 0.8 = 3.125 MWh out of the cells, from 7.125 to the reserve of 4:
    2.5 x 0.8 / 0.5 = 4 MW of it are kept back and lacking: 1 fed in less, 1 drawn, 2 of gensets.
    """
    lender = store(energy_mwh=np.array([7.125, 4.0]), discharge_mw=np.array([0.0, 5.0]))
    outcome = recourse(planned((lender,)), np.array([[6.0], [0.0]]))
    assert outcome.repaid_mw[0, 1, 0] == pytest.approx(4.0)
    assert given_way(outcome, 1, 0) == [1, 1, 2, 0, 0, 0, 0]
    assert outcome.owed_mwh[0, 1, 0] == pytest.approx(0.0)


def test_charging_less_comes_before_discharging() -> None:
    """Proves 3 MW planned charging gives its 3 MW at once, and only then the converter turns."""
    charging = store(charge_mw=np.array([3.0, 0.0]), energy_mwh=np.array([12.7, 12.7]))
    few = recourse(planned((charging,)), np.array([[6.0], [0.0]]))
    assert few.lent_mw[0, 0, 0] == pytest.approx(2.0)
    assert few.owed_mwh[0, 0, 0] == pytest.approx(0.9 * 2.0)
    many = recourse(planned((charging,)), np.array([[11.0], [0.0]]))
    assert many.lent_mw[0, 0, 0] == pytest.approx(7.0)
    assert many.owed_mwh[0, 0, 0] == pytest.approx(0.9 * 3.0 + 4.0 / 0.8)


def test_scenarios_do_not_touch_each_other() -> None:
    """Proves each column is its own: together they give what each gives alone."""
    missing = np.array([[6.0, -3.0, 20.0], [2.0, 9.0, -20.0]])
    together = recourse(planned((store(),)), missing)
    for s in range(3):
        alone = recourse(planned((store(),)), missing[:, [s]])
        assert together.short_mw[:, s] == pytest.approx(alone.short_mw[:, 0])
        assert together.owed_mwh[:, :, s] == pytest.approx(alone.owed_mwh[:, :, 0])


def test_the_bus_balances() -> None:
    """Proves that what gives way adds up to what is missing, in 200 random steps."""
    draw = np.random.default_rng(3)
    missing = draw.normal(0, 8, (2, 200))
    o = recourse(planned((store(),)), missing)
    up = o.less_export_mw + o.more_import_mw + o.more_genset_mw + o.lent_mw.sum(axis=0)
    up = up + o.stopped_mw.sum(axis=2) + o.short_mw
    down = o.less_import_mw + o.repaid_mw.sum(axis=0) + o.unused_mw
    assert up - down == pytest.approx(missing, abs=1e-9)
