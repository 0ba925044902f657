"""Random facilities of every kind of part: each plan solves, and its audit finds nothing.

`dk.plan` raises AuditFailed where the audit finds something, so a plan in hand is a clean one;
what matters most is looked at once more here, without the package's help.
"""

from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import optimizer as dk
from optimizer.agreement.clause import clause_kinds
from optimizer.certificate import check_folder
from optimizer.errors import Infeasible

BATCHES, BATCH = 12, 20  # 240 seeds
INFEASIBLE_MAX = 1  # of a batch; the draws are made to be feasible
BOTH_MW = 1e-4
NOW = pd.Timestamp("2026-01-01T00:00Z")
KINDS = ("solar", "wind", "battery", "grid", "genset", "firm", "deferrable", "training")
KINDS += ("jobs", "interruptible", "quota", "desalination", "chilled_store")


def pairs_of(plan: dk.Plan) -> list[tuple[str, str]]:
    columns = plan.schedule.columns
    pairs = [(c, c.replace("_charge", "_discharge")) for c in columns if "_charge" in c]
    pairs += [
        (c, c.replace("import_mw", "export_mw"))
        for c in columns
        if c.startswith("grid_") and c.endswith("_import_mw")
    ]
    return pairs


def imbalance_mw(plan: dk.Plan) -> np.ndarray:
    """Return what comes to the bus less what leaves it, from the table alone."""
    table = plan.schedule

    def total(prefix: str, suffix: str) -> np.ndarray:
        names = [c for c in table.columns if c.startswith(prefix) and c.endswith(suffix)]
        return table[[c for c in names if "segment" not in c]].to_numpy().sum(axis=1)

    comes = total("solar_", "_used_mw") + total("wind_", "_used_mw")
    comes += total("battery_", "_discharge_mw") + total("grid_", "_import_mw")
    comes += total("genset_", "_power_mw")
    leaves = total("battery_", "_charge_mw") + total("grid_", "_export_mw")
    leaves += total("desalination_", "_power_mw") + total("chilled_store_", "_power_mw")
    return comes - leaves - table["facility_power_mw"].to_numpy()


@pytest.mark.parametrize("batch", range(BATCHES))
def test_every_plan_is_audited_and_does_nothing_at_once(
    batch: int, facility: Callable[[int], Any], tmp_path: Path
) -> None:
    """Proves, for 20 seeds: optimal, audited, the bus balanced, never both directions at once."""
    infeasible, needed_binaries = [], 0
    for seed in range(batch * BATCH, (batch + 1) * BATCH):
        drawn, is_first = facility(seed), seed % BATCH == 0
        out = {"out": tmp_path, "now": NOW} if is_first else {}
        try:
            plan = dk.plan(**drawn.asked(), **out)
        except Infeasible as error:
            infeasible.append(f"seed {seed}: {error}")
            continue
        assert plan.status == "optimal", seed
        assert np.abs(imbalance_mw(plan)).max() < 1e-3, seed
        for one, other in pairs_of(plan):
            both = np.minimum(plan.schedule[one], plan.schedule[other])
            assert not (both > BOTH_MW).any(), (seed, one)
        needed_binaries += plan.optimum.binary_count > 0
        if is_first:
            assert plan.run_dir is not None
            assert check_folder(plan.run_dir) == len(drawn.horizon.steps)
    assert len(infeasible) <= INFEASIBLE_MAX, infeasible
    assert needed_binaries > 0  # else the batch never came near doing both


def test_the_draws_cover_every_kind_of_part(facility: Callable[[int], Any]) -> None:
    """Proves the seeds are what they should be: every part, clause, price sign and step length."""
    seen: Counter[str] = Counter()
    for seed in range(BATCHES * BATCH):
        drawn = facility(seed)
        for kind in KINDS:
            count = len(getattr(drawn.site, kind))
            seen[kind] += count > 0
            seen[f"several {kind}"] += count > 1
        for clause in drawn.agreement.clause:
            seen[f"{clause.kind} {'hard' if clause.is_hard else 'priced'}"] += 1
        prices = drawn.series.filter(like="import_price").to_numpy()
        seen["prices below zero"] += bool((prices < 0).any())
        seen["prices of zero"] += bool((prices == 0).any())
        seen["steps of several lengths"] += len(set(drawn.horizon.step_h)) > 1
        seen["cooling"] += drawn.site.cooling is not None
        seen["opening state"] += len(drawn.state.rows) > 0
    expected = [*KINDS, *(f"several {kind}" for kind in KINDS), "cooling", "opening state"]
    expected += ["prices below zero", "prices of zero", "steps of several lengths"]
    for kind in clause_kinds():
        expected += [f"{kind} hard", f"{kind} priced"]
    assert {name: seen[name] for name in expected if seen[name] < 10} == {}
