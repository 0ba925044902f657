"""A linear program solved from the basis of a similar one: the same answers, in fewer steps."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import sparse

from optimizer.settle import relaxed
from optimizer.solution import Basis, Status
from optimizer.solve import basis_of, run_from, run_highs
from tests.unit.test_solve import OPTIONS, knapsacks, small


@pytest.fixture(scope="module")
def found():
    """Return a linear program of 60 rows and 400 variables, and its basis."""
    lp = relaxed(knapsacks())
    basis = basis_of(lp, OPTIONS)
    assert basis is not None
    return lp, basis


def test_a_moved_program_has_the_same_optimum_in_fewer_steps(found):
    """Proves a right-hand side moved by 1 costs what a solve from nothing says, to 1e-9 of it."""
    lp, basis = found
    moved = replace(lp, row_upper=lp.row_upper + np.eye(60)[7])
    cold, warm = run_highs(moved, OPTIONS), run_from(moved, OPTIONS, basis)
    assert warm.status is cold.status is Status.OPTIMAL
    assert warm.objective == pytest.approx(cold.objective, rel=1e-9)
    assert warm.iterations["simplex"] < 0.2 * cold.iterations["simplex"]
    assert "Presolving" not in warm.log
    assert "Presolving" in cold.log


def test_rows_may_be_missing(found):
    """Proves a program without 20 of its rows is solved from what is left of the basis."""
    lp, basis = found
    kept = list(range(40))
    part = replace(
        lp,
        a=sparse.csc_array(lp.a.tocsr()[kept, :]),
        row_lower=lp.row_lower[kept],
        row_upper=lp.row_upper[kept],
        rows=lp.rows[:40],
    )
    warm = run_from(part, OPTIONS, Basis(columns=basis.columns, rows=basis.rows[:40]))
    assert warm.objective == pytest.approx(run_highs(part, OPTIONS).objective, rel=1e-9)
    assert warm.objective < run_highs(lp, OPTIONS).objective


def test_what_can_not_be_is_confirmed_from_nothing():
    """Proves "infeasible" is asked again without the basis: x + y >= 4 with x <= 0 and y <= 3."""
    lp = small()
    basis = basis_of(lp, OPTIONS)
    impossible = replace(lp, col_upper=np.where(lp.col_upper == 3, 3.0, 0.0))
    solution = run_from(impossible, OPTIONS, basis)
    assert (solution.status, solution.reason) == (
        Status.INFEASIBLE,
        "infeasible, also without presolve",
    )
    assert basis_of(impossible, OPTIONS) is None


def test_a_basis_of_another_shape_does_no_harm():
    """Proves a basis that HiGHS refuses is left aside: the optimum is 3 * 1 + 2 * 3 + 10."""
    lp = small()
    assert run_from(lp, OPTIONS, Basis(columns=[], rows=[])).objective == pytest.approx(19)
