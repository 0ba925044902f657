"""Softened plans: the cheapest way out taken, marked, billed, and audited from the files alone."""

import json
from typing import Any

import pandas as pd
import pytest

import optimizer as dk
from optimizer.certificate import check_folder
from optimizer.elastic import Elastic
from optimizer.errors import AuditFailed, Infeasible
from optimizer.ladder import per_mwh, rung
from optimizer.plan import Plan, exit_code, solve_problem
from optimizer.soften import soften
from optimizer.store import read_published
from optimizer.ways_out import base_mad, ladder_prices
from tests.properties.built_clashes import CLASHES, CLOUD, battery, cap, line, quota, share

NOW = pd.Timestamp("2026-01-04T12:00Z")
REFUSED = {  # only the sovereign load could give way, or what a planner must arrange
    "a line too thin in one hour",
    "no supply at all",
    "fuel for an hour and a half",
    "energy to be taken that nobody needs",
    "overhead that leaves no room",
    "whole units: a least run nobody needs",
    "whole units: too few hours",
    "whole units: least power above the load",
}


def softened(plant: Any, out: Any = None) -> Plan:
    """Return the softened plan of a plant."""
    return solve_problem(plant.build(), out=out, now=NOW, may_soften=True)


def test_a_cap_gives_way_at_the_ladder_s_price(plant):
    """Proves 12 MW above the cap for half an hour: 6 MWh at 8 x 10,000 MAD, all of it billed."""
    tight = plant(buy=[100] * 2, load=[20, 4], step_h=0.5, clauses=[cap(8.0, 0, 1)])
    plan = softened(tight)
    assert plan.schedule["grid_line_import_mw"].tolist() == pytest.approx([20, 4])
    assert (plan.status, exit_code(plan)) == ("softened", 3)
    (mark,) = plan.softened
    assert (mark["limit"], mark["part"], mark["setting"]) == (
        "Art. 1",
        "art_1",
        "price_mad_per_mwh",
    )
    assert (mark["amount"], mark["now"]) == (pytest.approx(6), 80_000)
    assert mark["cost_mad"] == pytest.approx(480_000)
    assert mark["sentence"] == "SOFTENED Art. 1: gives way by 6.0 MWh at 80,000 MAD per MWh."
    assert plan.objective_mad == pytest.approx(100 * 12 + 480_000)
    assert plan.clauses[0]["is_kept"] is False
    assert plan.clauses[0]["is_softened"] is True


def test_a_plan_that_keeps_all_is_not_softened(plant):
    """Proves the wish to soften changes nothing where nothing must give way."""
    plan = softened(plant(buy=[100] * 2, load=[8, 8], clauses=[cap(8.0, 0, 0)]))
    assert (plan.status, exit_code(plan), plan.softened) == ("optimal", 0, ())
    assert plan.clauses[0]["is_hard"] is True


@pytest.mark.parametrize("name", CLASHES)
def test_each_clash_is_softened_or_refused(name, tmp_path):
    """Proves a softened run passes its audit from the files, and that no sovereign load is lost."""
    plant = CLASHES[name].plant
    if name in REFUSED:
        with pytest.raises(Infeasible, match="Refused: no clause"):
            softened(plant, tmp_path)
        assert not (tmp_path / "latest.json").exists()
        return
    plan = softened(plant, tmp_path)
    assert plan.status == "softened"
    assert plan.run_dir is not None
    assert check_folder(plan.run_dir) == len(plant.horizon.steps)
    if len(plant.load):
        assert plan.schedule["firm_load_served_mw"].tolist() == pytest.approx(list(plant.load))
    assert all(mark["amount"] > 0 for mark in plan.softened)
    assert {mark["part"] for mark in plan.softened}.isdisjoint({"firm_load"})


def test_the_run_folder_says_what_was_softened(plant, tmp_path):
    """Proves inputs, key figures, manifest and record agree, and that the record keeps what was."""
    plan = softened(CLASHES["customers beyond what tiers shed"].plant, tmp_path)
    folder = plan.run_dir
    assert folder is not None
    figures = json.loads((folder / "kpis.json").read_text())
    assert figures["status"] == "softened"
    assert figures["softened"] == list(plan.softened)
    manifest = json.loads((folder / "manifest.json").read_text())
    assert manifest["status"] == "softened"
    assert manifest["softened"] == ["firm_cloud: demand that may not be shed"]
    record = json.loads((folder / "inputs/softened.json").read_text())
    assert record["softened"][0]["setting"] == "tiers"
    published, _ = read_published(folder)
    tiers = published.site.firm["cloud"].tiers
    assert [tier.shed_max_pu for tier in tiers] == [0.1, 0.2, pytest.approx(0.7)]
    assert tiers[-1].value_mad_per_mwh == 5 * 50_000  # above the 20,000 of the dearest tier
    assert json.loads((tmp_path / "latest.json").read_text())["run"] == folder.name


def test_an_amount_that_is_not_the_table_s_fails_the_audit(plant, tmp_path):
    """Proves the mark is checked: its amount, and whether there is one at all."""
    plan = softened(CLASHES["a cap of nothing, and no other supply"].plant, tmp_path)
    assert plan.run_dir is not None
    path = plan.run_dir / "kpis.json"
    figures = json.loads(path.read_text())
    figures["softened"][0]["amount"] = 3.0
    path.write_text(json.dumps(figures))
    with pytest.raises(AuditFailed, match=r"softened Art\. 1 = 3\.0 is not the table's 10"):
        check_folder(plan.run_dir)
    figures["softened"] = []
    path.write_text(json.dumps(figures))
    with pytest.raises(AuditFailed, match="names other limits"):
        check_folder(plan.run_dir)


def test_energy_at_the_end_gives_way_first(plant):
    """Proves the setting is lowered to what can be had: 16 of 50 MWh through 8 MW of line."""
    plan = softened(CLASHES["energy at the end behind a thin line"].plant)
    assert plan.schedule["battery_main_energy_mwh"].iloc[-1] == pytest.approx(16, abs=1e-4)
    (mark,) = plan.softened
    assert (mark["before"], mark["now"]) == (50, pytest.approx(16, abs=1e-4))
    assert mark["amount"] == pytest.approx(34, abs=1e-4)
    assert mark["cost_mad"] == 0


def test_the_lower_rung_gives_way(plant):
    """Proves the ladder: of a quota and a cap the quota, of a cap and a reserve the cap."""
    plan = softened(CLASHES["a cap against a quota"].plant)
    assert [mark["limit"] for mark in plan.softened] == ["Art. 2"]
    both = plant(
        buy=[100, 100],
        load=[10, 10],
        tables=battery(energy_max_mwh=40.0, energy_initial_mwh=40.0),
        clauses=[cap(0.0, 0, 0), {"kind": "ride_through", "autonomy_h": 4.0}],
    )
    assert [mark["limit"] for mark in softened(both).softened] == ["Art. 1"]


def test_only_what_must_give_way_is_softened(plant):
    """Proves a second hard clause stays hard: the share is kept while the cap gives way."""
    two = plant(
        buy=[100, 100],
        wind=[0, 40],
        load=[10, 10],
        clauses=[cap(4.0, 0, 1), share(0.5)],
    )
    plan = softened(two)
    assert [mark["limit"] for mark in plan.softened] == ["Art. 1"]
    clauses = plan.optimum.problem.agreement.clause
    assert [clause.is_hard for clause in clauses] == [False, True]


def test_jobs_that_must_run_give_way(plant, tmp_path):
    """Proves a job of 20 MW behind 8 MW of line is lost at the ladder's price of its energy."""
    jobs = tmp_path / "jobs.csv"
    jobs.write_text(
        "name,earliest_utc,deadline_utc,duration_h,power_mw,value_mad,tenant\n"
        "big,2026-01-05T00:00Z,2026-01-05T02:00Z,1,20,,lab\n"
    )
    heavy = plant(
        buy=[100, 100], load=[1, 1], tables={"jobs": {"main": {"jobs_file": str(jobs)}}} | line(8.0)
    )
    plan = softened(heavy, tmp_path / "runs")
    (mark,) = plan.softened
    assert (mark["limit"], mark["amount"]) == ("jobs_main: jobs due", pytest.approx(20))
    assert mark["cost_mad"] == pytest.approx(20 * 2 * 10_000)
    assert plan.run_dir is not None
    assert check_folder(plan.run_dir) == 2


def test_the_ladder_is_above_every_price_of_the_files(plant):
    """Proves the base: 20,000 MAD/MWh of the dearest tier makes 50,000; without, 10,000."""
    assert base_mad(Elastic(plant(buy=[500], load=[1]).build())) == 10_000
    cloud = plant(
        buy=[500],
        series={"firm_cloud_demand_mw": [20]},
        tables={"firm": {"cloud": CLOUD}},
    )
    assert base_mad(Elastic(cloud.build())) == 50_000


def test_the_rungs_stand_in_their_order(plant):
    """Proves the table of the ladder, and that a kilogram counts for a thousandth of a MWh."""
    everything = plant(
        buy=[500] * 4,
        load=[1] * 4,
        series={"firm_cloud_demand_mw": [20] * 4},
        tables={
            "firm": {"cloud": CLOUD},
            "training": {"lab": {"floor_pu": 0.1}},
            "deferrable": {"main": {"arrival_mw": 1.0}},
        }
        | battery(energy_final_min_mwh=1.0),
        clauses=[
            quota("training_lab", 1.0),
            cap(1000.0, 0, 0),
            {"kind": "ride_through", "autonomy_h": 0.1},
            {"kind": "carbon_budget", "budget_kg": 6e6, "window": "horizon"},
        ],
    )
    elastic = Elastic(everything.build())
    rungs = [
        "battery_main: energy at the end",
        "Art. 1",
        "training_lab: contracted work",
        "deferrable_main: work due",
        "firm_cloud: demand that may not be shed",
        "Art. 2",
        "Art. 3",
    ]
    prices = ladder_prices(elastic, 1000.0)
    assert [prices[limit] for limit in rungs] == [1000, 1500, 2000, 3000, 5000, 8000, 20000]
    assert prices["Art. 4"] == 8
    assert per_mwh(elastic.names, "Art. 4") == 1000
    assert rung(elastic.names, "firm_load: demand") is None
    assert "firm_load: demand" not in prices
    assert "grid_line: most that can be drawn" not in prices


def test_a_problem_without_a_way_out_is_not_softened(plant):
    """Proves the sovereign load and the line are not the program's to give."""
    assert soften(plant(buy=[500], load=[10], tables=line(8.0)).build()) is None
    with pytest.raises(Infeasible, match=r"never given up, lacks at least 2\.0 MWh of firm"):
        softened(plant(buy=[500], load=[10], tables=line(8.0)))


def test_the_caller_s_problem_stays_as_it_is(plant):
    """Proves softening copies: the agreement it was given is still hard."""
    problem = plant(buy=[100], load=[20], clauses=[cap(8.0, 0, 0)]).build()
    assert soften(problem) is not None
    assert problem.agreement.clause[0].is_hard
    with pytest.raises(Infeasible):
        dk.solve(problem)
