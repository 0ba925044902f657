"""Outages replayed by hand: how long the load is carried, what is lacking without a line."""

import numpy as np
import pandas as pd
import pytest

from optimizer.resilience import Outage, islanded_short_mw, outage_of, survival_curve, survived_h

LOSSLESS = {"charge_efficiency_pu": 1.0, "discharge_efficiency_pu": 1.0}


@pytest.fixture
def outage(plant):
    """Return how an outage of some steps is made: a load, what the sun gives, what is stored."""

    def make(load, stored, *, supply=0.0, step_h=1.0, **tables):
        tables = tables or {"main": LOSSLESS}
        steps = np.ones(len(load)) * step_h
        return Outage(
            index=pd.date_range("2026-01-05", periods=len(load), freq="h", tz="UTC"),
            step_h=steps,
            load_mw=np.array(load, dtype="float64"),
            supply_mw=np.zeros(len(load)) + supply,
            batteries=tuple(plant(tables={"battery": tables}, step_h=(1.0,)).site.battery.values()),
            stored_mwh=np.zeros((len(tables), len(load))) + np.array(stored, dtype="float64"),
        )

    return make


@pytest.mark.parametrize(
    ("table", "load", "supply", "step_h", "hours"),
    [
        ({}, [4, 4, 4, 4], 0, 1.0, [2, 2, 2, 1]),
        ({}, [4, 4, 4, 4], 0, 0.5, [2, 1.5, 1, 0.5]),
        ({"discharge_max_mw": 3.9}, [4, 4, 3, 3], 0, 1.0, [0, 0, 2, 1]),
        ({"discharge_efficiency_pu": 0.8}, [4, 4, 4, 4], 0, 1.0, [1, 1, 1, 1]),
        ({"soc_min_pu": 0.0125, "energy_initial_mwh": 5.0}, [3, 4, 1, 2], 0, 1.0, [1, 0, 2, 1]),
        ({"self_discharge_pu_per_h": 0.01}, [4, 4, 4, 4], 0, 1.0, [1, 1, 1, 1]),
        ({}, [0, 8, 8, 8], [4, 0, 0, 0], 1.0, [2, 1, 1, 1]),
        ({"charge_efficiency_pu": 0.9}, [0, 11.6, 9, 1], [4, 0, 0, 0], 1.0, [2, 0, 0, 1]),
        ({"charge_efficiency_pu": 0.9}, [0, 11.7, 9, 1], [4, 0, 0, 0], 1.0, [1, 0, 0, 1]),
        ({"charge_max_mw": 1.0}, [0, 9, 9, 1], [4, 0, 0, 0], 1.0, [2, 0, 0, 1]),
        ({"charge_max_mw": 1.0}, [0, 9.1, 9, 1], [4, 0, 0, 0], 1.0, [1, 0, 0, 1]),
        ({"energy_max_mwh": 10.0}, [0, 10, 9, 1], [4, 0, 0, 0], 1.0, [2, 0, 0, 1]),
        ({"energy_max_mwh": 10.0}, [0, 10.1, 9, 1], [4, 0, 0, 0], 1.0, [1, 0, 0, 1]),
    ],
    ids=[
        *("8 MWh for 4 MW", "half-hours", "power", "loss out", "floor of 5 MWh", "leaks"),
        *("sun charges", "loss in, enough", "loss in, not enough", "charging power, enough"),
        *("charging power, not enough", "cells full, enough", "cells full, not enough"),
    ],
)
def test_how_long_the_load_is_carried(outage, table, load, supply, step_h, hours):
    """Proves each limit of a battery once: 8 MWh are in it at the beginning of every step.

    The last step of the plan ends what is known. 8 + 0.9 * 4 = 11.6, 8 + 1 = 9; 10 fit at most.
    """
    found = survived_h(outage(load, [8], supply=supply, step_h=step_h, main=LOSSLESS | table))
    assert found.tolist() == pytest.approx(hours)


def test_two_batteries_carry_together(outage):
    """Proves powers and energies add up: 2 MW of one and what 2 MWh of the other give."""
    slow = LOSSLESS | {"discharge_max_mw": 2.0}
    both = outage([4, 4, 4], [[10], [2]], slow=slow, small=LOSSLESS)
    assert survived_h(both).tolist() == [1, 1, 1]


def test_without_a_battery_there_is_the_wind(plant, published):
    """Proves that nothing stored is no error: an hour of 5 MW is carried, one of 6 not."""
    plan = plant(buy=[1, 1], wind=[5, 5], load=[5, 6]).solve()
    assert survived_h(outage_of(published(plan))).tolist() == [1, 0]
    assert plan.kpis["plan"]["islanded_eens_mwh"] == pytest.approx(1)


def test_the_curve_counts_beginnings_that_are_known(outage):
    """Proves probabilities: 2, 1, 2 and 1 h of the four steps.

    Of 1 h all four begin early enough and are carried; of 2 h three, two of them carried; of 3 h
    two, none; of 5 h nothing is known.
    """
    curve = survival_curve(outage([4, 4, 4, 4], [[8, 4, 8, 8]]), [1, 2, 3, 5])
    assert curve.index.tolist() == [1, 2, 3, 5]
    assert curve.index.name == "outage_h"
    assert curve.tolist()[:3] == pytest.approx([1, 2 / 3, 0])
    assert np.isnan(curve.loc[5])


def test_a_long_step_counts_for_its_length(outage):
    """Proves an outage is as likely to begin in a step as that is long: 0.5 of 1.5 h."""
    unequal = outage([4, 9], [[8, 8]], step_h=np.array([0.5, 1.0]))
    assert survived_h(unequal).tolist() == [0.5, 0]
    assert survival_curve(unequal, [0.5]).tolist() == pytest.approx([0.5 / 1.5])


def test_longer_than_asked_is_as_long_as_asked(outage):
    assert survived_h(outage([1] * 6, [8]), longest_h=2.0).tolist() == [2, 2, 2, 2, 2, 1]


@pytest.fixture(scope="module")
def plan(plant):
    """Sun and wind of 14, 6, 0 and 10 MW for 10 MW, a dear genset, and a lossless battery."""
    return plant(
        tables={
            "battery": {"main": LOSSLESS | {"energy_initial_mwh": 1.0}},
            "genset": {"backup": {}},
        },
        wind=[14, 6, 0, 10],
        buy=[900, 900, 100, 900],
        load=[10] * 4,
    ).solve()


def test_what_is_lacking_without_a_line(plan, published):
    """Proves the battery is run for the load alone: 1 + 4 MWh, less 4, leave 1 for the third hour.

    Gensets don't count: 9 of 40 MWh are lacking, in one hour.
    """
    assert islanded_short_mw(published(plan)).tolist() == pytest.approx([0, 0, 9, 0])
    figures = plan.kpis["plan"]
    assert figures["islanded_eens_mwh"] == pytest.approx(9)
    assert figures["islanded_lpsp_pu"] == pytest.approx(9 / 40)
    assert figures["islanded_lolh_h"] == 1


def test_an_outage_begins_with_what_the_plan_has_stored(plan, published):
    """Proves energies are moved from the ends of steps to their beginnings."""
    found = outage_of(published(plan))
    after = plan.schedule["battery_main_energy_mwh"].tolist()
    assert found.stored_mwh.tolist() == [pytest.approx([1.0, *after[:-1]])]
    assert found.load_mw.tolist() == [10] * 4
    assert found.supply_mw.tolist() == [14, 6, 0, 10]


def test_a_plan_that_ends_as_it_began_opens_with_its_end(plant, published):
    """Proves the opening energy of a cyclic plan: it is chosen, not given."""
    table = LOSSLESS | {"is_cyclic": True, "energy_initial_mwh": 7.0}
    plan = plant(tables={"battery": {"main": table}}, buy=[100, 500], load=[10, 10]).solve()
    opening, *_ = outage_of(published(plan)).stored_mwh[0]
    assert opening == plan.schedule["battery_main_energy_mwh"].iloc[-1]
