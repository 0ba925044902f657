"""What a plan was made from is audited too: units, segments, cohorts; and refused beforehand."""

from dataclasses import replace

import pytest

import optimizer as dk
from models.errors import InputError
from optimizer.audit import audit

REMEDY = "Mend these rows, or leave them out."


@pytest.fixture
def refused(plant):
    """Return what is said of a state of one part."""

    def say(tables, rows):
        given = [dk.StateRow(*row) for row in rows]
        with pytest.raises(InputError) as error:
            plant(tables=tables, buy=[500, 500], load=[5, 5], state=given).build()
        return str(error.value)

    return say


@pytest.mark.parametrize(
    ("rows", "apart"),
    [
        ([("on_count", 1.5, "3")], "0.5"),
        ([("on_count", 4.0, "3")], "1"),
        ([("on_count", 1.0, "3"), ("off_count", 1.0, "3")], "1"),
        ([("on_count", 1.0, "3"), ("off_count", 4.0, "3")], "2"),
    ],
    ids=["half a unit", "a fourth unit", "a unit less", "two units more"],
)
def test_units_are_whole_and_the_fleets(refused, rows, apart):
    """Proves three units: what runs and what rests, where both are told, are all of them."""
    table = {"unit_count": 3, "start_cost_mad": 100.0}
    named = [("genset_backup", *row) for row in rows]
    assert refused({"genset": {"backup": table}}, named) == (
        "opening state (the test): genset_backup: units of the opening state are whole, and the "
        f"fleet's: {apart} apart. {REMEDY}"
    )


def test_segments_add_up_to_the_energy(refused):
    """Proves 30 + 5 is not what 50 MWh leave above the floor of 20."""
    table = {"soc_min_pu": 0.05, "ageing_cost_mad_per_mwh": [1.0, 2.0], "energy_initial_mwh": 20.0}
    rows = [("battery_main", "energy_mwh", 50.0)]
    rows += [("battery_main", "segment_energy_mwh", v, k) for v, k in ((5.0, "1"), (30.0, "2"))]
    assert refused({"battery": {"main": table}}, rows) == (
        "opening state (the test): battery_main: the opening split adds up to the stored energy "
        f"[MWh]: 5 apart. {REMEDY}"
    )


STREAM = {
    "arrival_mw": 6.0,
    "deadline_h": 3.0,
    "initial_backlog_pu": 0.5,
    "left_mad_per_mwh": 100.0,
}


@pytest.mark.parametrize("state", [(), (2.5,)], ids=["the site file's backlog", "a state's"])
@pytest.mark.parametrize("change", ["work_mwh", "rate_max_mw", "earliest", "deadline", "missing"])
def test_a_plan_made_of_other_cohorts_is_a_breach(plant, published, state, change):
    """Proves cohorts are held against arrivals and backlog: a forged, shifted or lost one fails."""
    key = "2026-01-04T23:00Z/2026-01-05T02:00Z"
    rows = [dk.StateRow("deferrable_batch", "backlog_mwh", value, key) for value in state]
    plan = plant(tables={"deferrable": {"batch": STREAM}}, buy=[500, 500], state=rows).solve()
    asked = published(plan)
    assert audit(asked) == []
    first, *others = asked.given.cohorts["deferrable_batch"]
    value = getattr(first, change, None)
    forged = {
        "missing": others,
        "work_mwh": [replace(first, work_mwh=first.work_mwh - 0.5), *others],
        "rate_max_mw": [replace(first, rate_max_mw=first.rate_max_mw + 1), *others],
    }
    hour = asked.given.horizon.index[1] - asked.given.horizon.index[0]
    cohorts = forged.get(change) or [replace(first, **{change: value - hour}), *others]
    given = replace(asked.given, cohorts={"deferrable_batch": tuple(cohorts)})
    found = {breach.rule for breach in audit(replace(asked, given=given))}
    is_rate = change == "rate_max_mw"
    rule = "the rate limit that is theirs [MW]" if is_rate else "the work that is due [MWh]"
    assert f"deferrable_batch: cohorts have {rule}" in found
