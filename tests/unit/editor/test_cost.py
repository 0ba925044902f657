"""What each clause costs: hand-computed shadow prices, and the plan without it."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from optimizer.editor.cost import table

HOURS = 2
CAP = {"kind": "import_cap", "import_max_mw": 6.0, "first_hour": 0, "last_hour": 24}
GENSET = {"genset": {"g": {}}}  # 2,500 MAD/MWh, 10 MW


def small(plant: Any, *clauses: dict[str, Any]) -> Any:
    return plant(buy=[100.0] * HOURS, load=[10.0] * HOURS, tables=GENSET, clauses=clauses)


def test_a_hard_clause_costs_what_it_forbids(plant: Any) -> None:
    """Proves by hand: 4 MW above the cap cost 2,400 more a MWh for two hours, 19,200 in all."""
    rows = table(small(plant, CAP).solve(), is_resolved=True)
    row = rows.iloc[0].to_dict()
    assert row["article"] == "1"
    assert row["text"] == "as agreed"
    assert row["is_hard"]
    assert row["is_kept"]
    assert (row["bought"], row["paid_mad"]) == (0.0, 0.0)
    assert row["unit_more_mad"] == pytest.approx(2 * 2400.0)
    assert row["without_saves_mad"] == pytest.approx(4 * 2 * 2400.0)
    assert row["parameters"].startswith("import_max_mw = 6, first_hour = 0, last_hour = 24")
    assert "price" not in row["parameters"]


def test_a_priced_clause_is_bought(plant: Any) -> None:
    """Proves by hand: 4 MW for two hours at 1,000 MAD/MWh are dearer than none, cheaper than fuel.

    Without the clause that is what is saved; a MW more of cap saves 1,000 in each hour.
    """
    row = table(small(plant, CAP | {"price_mad_per_mwh": 1000.0}).solve(), is_resolved=True).iloc[0]
    assert not row["is_kept"]
    assert row["bought"] == pytest.approx(8.0)
    assert row["paid_mad"] == pytest.approx(8000.0)
    assert row["unit_more_mad"] == pytest.approx(2000.0)
    assert row["without_saves_mad"] == pytest.approx(8000.0)


def test_clauses_share_a_cost(plant: Any) -> None:
    """Proves that of two equal clauses neither alone saves anything: the other still holds."""
    rows = table(small(plant, CAP, CAP).solve(), is_resolved=True)
    assert rows["without_saves_mad"].tolist() == pytest.approx([0.0, 0.0], abs=1e-6)
    assert rows["unit_more_mad"].sum() == pytest.approx(2 * 2400.0)


def test_a_clause_not_in_force_has_no_cost(plant: Any) -> None:
    """Proves that it is listed, without figures; and nothing is solved again unless asked."""
    past = CAP | {"valid_from": np.datetime64("2030-01-01").astype(object)}
    rows = table(small(plant, past, CAP).solve())
    assert rows["is_in_force"].tolist() == [False, True]
    assert np.isnan(rows["unit_more_mad"].iloc[0])
    assert rows["without_saves_mad"].isna().all()


def test_a_run_folder_gives_the_same_table(plant: Any, tmp_path: Path) -> None:
    """Proves that the run's own inputs are solved again to the same prices."""
    plan = small(plant, CAP).publish(tmp_path / "runs")
    assert plan.run_dir is not None
    from_run, from_plan = table(plan.run_dir), table(plan)
    assert from_run.to_dict("records")[0].keys() == from_plan.to_dict("records")[0].keys()
    assert from_run["unit_more_mad"].tolist() == pytest.approx(from_plan["unit_more_mad"].tolist())
    assert from_run["parameters"].tolist() == from_plan["parameters"].tolist()
