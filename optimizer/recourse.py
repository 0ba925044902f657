"""What a fixed schedule does when sun and wind come otherwise: the order in which things give way.

Compute, storage and gensets are held as planned. Where more comes than planned, less is drawn,
what the batteries lent is paid back, and the rest is not used. Where less comes: less is fed in,
more is drawn up to the lines' limits, running gensets give more, the batteries give from above
their reserve, compute stops in the order of its value, and what is still missing is short. No step
knows of the next, as no operator does.
"""

from dataclasses import dataclass

import numpy as np

from optimizer.recourse_store import Floats, Store

_NOTHING_MW = 1e-6  # the solver's own round-off
_FLAT = (
    *("less_import_mw", "more_import_mw", "less_export_mw", "more_genset_mw"),
    *("short_mw", "unused_mw"),
)
_STORED = ("lent_mw", "repaid_mw", "owed_mwh")


@dataclass(frozen=True, kw_only=True, slots=True)
class Planned:
    """A schedule as arrays, one value a step: means over the step at the bus."""

    import_mw: Floats
    import_max_mw: Floats
    export_mw: Floats
    genset_mw: Floats
    genset_max_mw: Floats  # of the units that run
    stoppable_mw: Floats  # steps by classes of compute, least valued first
    stores: tuple[Store, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Outcome:
    """What gives way, steps by scenarios: means over the step at the bus, all >= 0.

    `stopped_mw` has the classes of compute as a third axis; `lent_mw`, `repaid_mw` and `owed_mwh`
    (what the cells hold less than planned at the end of the step) the stores as their first.
    """

    less_import_mw: Floats
    more_import_mw: Floats
    less_export_mw: Floats
    more_genset_mw: Floats
    lent_mw: Floats
    repaid_mw: Floats
    owed_mwh: Floats
    stopped_mw: Floats
    short_mw: Floats
    unused_mw: Floats


def recourse(planned: Planned, missing_mw: Floats) -> Outcome:
    """Return what gives way where sun and wind miss the plan.

    Parameters
    ----------
    planned : Planned
        The fixed schedule.
    missing_mw : array, shape (steps, scenarios)
        What the bus lacks with everything as planned, mean over the step; negative where there is
        more than needed. [MW]
    """
    steps, scenarios = missing_mw.shape
    stores, classes = len(planned.stores), planned.stoppable_mw.shape[1]
    ways = Outcome(
        **{name: np.zeros((steps, scenarios)) for name in _FLAT},
        **{name: np.zeros((stores, steps, scenarios)) for name in _STORED},
        stopped_mw=np.zeros((steps, scenarios, classes)),
    )
    owed = np.zeros((stores, scenarios))
    for t in range(steps):
        kept = np.zeros_like(owed)
        for k, store in enumerate(planned.stores):
            kept[k], owed[k] = store.kept_back(t, owed[k])
        lack = missing_mw[t] + kept.sum(axis=0)
        _use_surplus(planned, t, np.maximum(-lack, 0.0), kept, owed, ways)
        _make_good(planned, t, np.maximum(lack, 0.0), owed, ways)
        ways.owed_mwh[:, t] = owed
    return ways


def _use_surplus(
    planned: Planned, t: int, more: Floats, kept: Floats, owed: Floats, ways: Outcome
) -> None:
    """Use what is more than needed in step `t`: draw less, pay back; the rest is not used."""
    ways.less_import_mw[t] = np.minimum(more, planned.import_mw[t])
    more = more - ways.less_import_mw[t]
    for k, store in enumerate(planned.stores):
        taken, owed[k] = store.repaid(t, owed[k], more, kept[k])
        ways.repaid_mw[k, t] = kept[k] + taken
        more = more - taken
    ways.unused_mw[t] = more


def _make_good(planned: Planned, t: int, lack: Floats, owed: Floats, ways: Outcome) -> None:
    """Make good what is lacking in step `t`, by one way after the other; the rest is short."""
    for taken, room in (
        (ways.less_export_mw, planned.export_mw[t]),
        (ways.more_import_mw, planned.import_max_mw[t] - planned.import_mw[t]),
        (ways.more_genset_mw, planned.genset_max_mw[t] - planned.genset_mw[t]),
    ):
        taken[t] = np.minimum(lack, max(float(room), 0.0))
        lack = lack - taken[t]
    for k, store in enumerate(planned.stores):
        ways.lent_mw[k, t], owed[k] = store.lent(t, owed[k], lack)
        lack = lack - ways.lent_mw[k, t]
    for c in range(planned.stoppable_mw.shape[1]):
        ways.stopped_mw[t, :, c] = np.minimum(lack, planned.stoppable_mw[t, c])
        lack = lack - ways.stopped_mw[t, :, c]
    ways.short_mw[t] = np.where(lack > _NOTHING_MW, lack, 0.0)
