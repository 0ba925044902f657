"""Random facilities without flexibility: audited, never cheaper than the plan, held as they say."""

from collections.abc import Callable
from typing import Any

import pytest

import optimizer as dk
from optimizer.audit import audit
from optimizer.errors import Infeasible
from optimizer.inflexible import Inflexible, inflexible

BATCHES, BATCH = 2, 8
TOLD_MWH = 0.5  # less is not told
ROUND_OFF_MAD = 1e-3


def departing_mwh(found: Inflexible) -> dict[str, float]:
    """Return by how much each fleet departs from what it would do without flexibility."""
    assert found.published is not None
    table, site = found.published.table, found.published.site
    hours = table["step_h"]
    given = {
        kind: sum((table[f"{p.name}_discharge_mw"] * hours).sum() for p in fleet.values())
        for kind, fleet in (("Batteries", site.battery), ("Chilled stores", site.chilled_store))
    }
    less = sum(
        ((p.power_max_mw - table[f"{p.name}_power_mw"]) * hours).sum()
        for p in site.training.values()
    )
    return given | {"Training": less}


@pytest.mark.parametrize("batch", range(BATCHES))
def test_days_without_flexibility(batch: int, facility: Callable[[int], Any]) -> None:
    """Proves, for 8 seeds: the audit is clean, flexibility never costs, what gives way is told."""
    saved_mad = []
    for seed in range(batch * BATCH, (batch + 1) * BATCH):
        problem = dk.build(**facility(seed).asked())
        try:
            plan = dk.solve(problem)
        except Infeasible:
            assert inflexible(problem).status == "infeasible", seed
            continue
        found = inflexible(plan.optimum)
        assert found.published is not None, (seed, found.why)
        assert found.objective_mad is not None
        assert audit(found.published) == [], seed
        within = plan.mip_gap_pu * abs(plan.objective_mad) + ROUND_OFF_MAD
        saved_mad.append(found.objective_mad - plan.objective_mad)
        assert saved_mad[-1] >= -within, seed
        for part, mwh in departing_mwh(found).items():
            is_told = any(text.startswith(part) for text in found.given_way)
            assert is_told == (mwh > TOLD_MWH), (seed, part, mwh)
    assert max(saved_mad) > 0
