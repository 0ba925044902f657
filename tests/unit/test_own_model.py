"""What a researcher does with the model: extends it, writes it, solves it elsewhere."""

import pyomo.environ as pyo
import pytest

import optimizer as dk
from optimizer.templates import is_template


@pytest.fixture
def problem(plant):
    """A battery beside a line of 12 MW and dear fuel."""
    return plant(
        tables={
            "grid": {"line": {"import_max_mw": 12.0}},
            "genset": {"backup": {}},
            "battery": {"main": {"energy_initial_mwh": 20.0}},
        },
        buy=[500, 700],
        load=[15, 15],
        step_h=0.5,
    ).build()


def test_a_constraint_of_ones_own_is_kept(problem):
    """Proves the model is open: with 16 MWh at the bus nothing need be drawn at 700.

    15 MWh are asked for in two half-hours; the battery serves them all, unless it is told to
    keep 10 MWh until the end: then 7 MWh are drawn at 500.
    """
    problem.model.keep = pyo.Constraint(expr=problem.model.battery_main.energy_mwh[1] >= 10)
    plan = dk.solve(problem)
    assert plan.schedule["battery_main_energy_mwh"].iloc[-1] == pytest.approx(10)
    assert plan.objective_mad == pytest.approx(500 * 6 + 700 * 1)
    assert plan.duals.loc[plan.duals["constraint"] == "keep", "dual"].item() > 0


def test_the_model_of_a_plan_can_be_written_and_solved_elsewhere(problem, tmp_path):
    """Proves no template is left in it, that it holds the values, and that they are optimal."""
    assert any(is_template(row) for row in problem.model.component_data_objects(pyo.Constraint))
    plan = dk.solve(problem)
    model = plan.model
    assert not any(is_template(row) for row in model.component_data_objects(pyo.Constraint))
    assert pyo.value(model.cost) == pytest.approx(plan.objective_mad)
    model.write(str(tmp_path / "plan.lp"), io_options={"symbolic_solver_labels": True})
    assert "battery_main_energy_balance(1)" in (tmp_path / "plan.lp").read_text()
    again = pyo.SolverFactory("appsi_highs").solve(model)
    assert again.solver.termination_condition == "optimal"
    assert pyo.value(model.cost) == pytest.approx(plan.objective_mad)
