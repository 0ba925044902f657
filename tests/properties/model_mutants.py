"""Mutants of the formulation: where, what becomes what, in which plant it shows, and what says so.

`says` is part of what the audit names; or "optimum", where the schedule is a lawful one that costs
another amount than the hand has worked out. `RICH` is the plant with a busy part of every kind.
"""

from typing import NamedTuple

RICH = "rich"
OPTIMUM = "optimum"
BILL = "site: the bill is the solver's objective"


class Mutant(NamedTuple):
    """One change of one function: `where` is ``module:name`` or ``module:Class.name``."""

    where: str
    old: str
    new: str
    plant: str
    says: str


_BATTERY, _GRID = "optimizer.assets.battery:Battery", "optimizer.assets.grid:Grid"
_GENSET, _SITE = "optimizer.assets.genset:Genset", "optimizer.site"
_WORK = "optimizer.workloads.deferrable:Deferrable"
_FLEET = "optimizer.workloads.training:Training"
_CLAUSE = "optimizer.agreement"

MUTANTS = (
    Mutant(
        f"{_BATTERY}.add_to",
        "step_h[t] * (in_mw - out_mw)",
        "(in_mw - out_mw)",
        "trade",
        "battery_b: energy follows from the powers",
    ),
    Mutant(
        f"{_BATTERY}.add_to",
        "gain, loss = self.charge_efficiency_pu, 1 / self.discharge_efficiency_pu",
        "gain, loss = self.charge_efficiency_pu, self.discharge_efficiency_pu",
        "trade",
        "battery_b: energy follows from the powers",
    ),
    Mutant(
        f"{_BATTERY}.add_to",
        "keep[t] * b.energy_mwh[t - 1]",
        "b.energy_mwh[t - 1]",
        RICH,
        "battery_deep: energy follows from the powers",
    ),
    Mutant(
        f"{_BATTERY}.add_to",
        "[(low, self.high_mwh)",
        "[(0, self.high_mwh)",
        "trade",
        "battery_b: energy stays in its window, below",
    ),
    Mutant(
        f"{_BATTERY}.add_to",
        "setlb(max(self.energy_final_min_mwh, least_mwh[last]))",
        "setlb(0)",
        "last",
        "battery_b: enough energy at the end",
    ),
    Mutant(
        f"{_BATTERY}.add_to",
        "bounds=(0, self.discharge_max_mw)",
        "bounds=(0, 0.5 * self.discharge_max_mw)",
        "trade",
        OPTIMUM,
    ),
    Mutant(f"{_BATTERY}.cost", "np.outer(wear, hours)", "np.outer(wear[::-1], hours)", RICH, BILL),
    Mutant(
        f"{_BATTERY}._add_segments",
        "keep[t] * b.segment_energy_mwh[k, t - 1] - b.floor_loss_mwh[k, t]",
        "keep[t] * b.segment_energy_mwh[k, t - 1]",
        RICH,
        "battery_deep: segment 2: energy follows",
    ),
    Mutant(
        "optimizer.exclusive:_split_pairs",
        "<= TOLERANCE_MW",
        "<= 1e9",
        "either",
        "battery_b: never both at once",
    ),
    Mutant(
        "optimizer.exclusive:_split_cooling",
        "+ TOLERANCE_MW",
        "+ 1e9",
        "wasted",
        "cooling: power is not wasted",
    ),
    Mutant(
        "optimizer.exclusive:_choice",
        "second <= second.ub * (1 - is_first)",
        "second <= second.ub * is_first",
        "either",
        "battery_b: never both at once",
    ),
    Mutant(f"{_GRID}.cost", "-sell * hours", "sell * hours", "outlet", OPTIMUM),
    Mutant(f"{_GRID}.cost", "buy * hours,", "buy,", "peak", BILL),
    Mutant(
        f"{_GRID}._add_month_peak",
        "<= peak_mw[months[t]]",
        "<= 0 * peak_mw[months[t]]",
        "peak",
        BILL,
    ),
    Mutant(
        f"{_GRID}.add_to",
        "block.export_mw = pyo.Var(steps, bounds=bounds_up_to(export_max))",
        "block.export_mw = pyo.Var(steps, bounds=bounds_up_to(import_max))",
        "outlet",
        "grid_g: feed-in fits the connection",
    ),
    Mutant(
        "optimizer.assets.renewable:Renewable.cost",
        "self.cost_mad_per_mwh - self.curtailment_cost_mad_per_mwh",
        "self.cost_mad_per_mwh",
        "outlet",
        BILL,
    ),
    Mutant(
        f"{_GENSET}._add_units",
        ">= low_mw * b.on_count[t]",
        ">= 0 * b.on_count[t]",
        "long_run",
        "genset_u: running units keep their least power",
    ),
    Mutant(
        f"{_GENSET}._add_units",
        "b.on_count[0] - on_before ==",
        "b.on_count[0] - on_before + 1 ==",
        RICH,
        "genset_units: units on follow from starts and stops",
    ),
    Mutant(
        f"{_GENSET}._add_run_times",
        "within(t, self.min_up_h)",
        "within(t, 0)",
        "long_run",
        "genset_u: a run is long enough",
    ),
    Mutant(
        f"{_GENSET}._add_run_times",
        "within(t, self.min_down_h)",
        "within(t, 0)",
        "long_rest",
        "genset_u: a rest is long enough",
    ),
    Mutant(
        f"{_GENSET}._add_tank",
        "b.tank_l[t - 1] if t else opening_l",
        "opening_l",
        "tank",
        "genset_u: fuel lasts",
    ),
    Mutant(
        "optimizer.workloads.firm:Firm.add_to",
        "(0.0, tier.shed_max_pu * mw)",
        "(0.0, mw)",
        RICH,
        "firm_cloud: tier 1 sheds no more than its share",
    ),
    Mutant(
        f"{_WORK}.add_to",
        "min([cohorts[n].rate_max_mw for n in live[t]], default=0.0)",
        "self.power_max_mw * bool(live[t])",
        "jobs",
        "deferrable_d: no cohort exceeds its rate",
    ),
    Mutant(
        "optimizer.cohorts:windows",
        "range(a, b - 1)",
        "range(a - 1, b - 1)",
        "jobs",
        "deferrable_d: no cohort runs before it arrives",
    ),
    Mutant(
        f"{_FLEET}.add_to", "intercept * b.powered_mw[t]", "0 * b.powered_mw[t]", "caps", OPTIMUM
    ),
    Mutant(f"{_FLEET}.add_to", "done_mw - lost[t] * b.restart_mw[t]", "done_mw", RICH, BILL),
    Mutant(
        f"{_FLEET}.add_to",
        ">= low_pu * b.powered_mw[t]",
        ">= 0 * b.powered_mw[t]",
        "caps",
        "training_t: power is at least the lowest cap of what runs",
    ),
    Mutant(
        f"{_FLEET}._add_contract",
        "return done_mwh >= due_mwh[n]",
        "return done_mwh >= 0.5 * due_mwh[n]",
        "contract",
        "training_t: contracted work is done",
    ),
    Mutant(
        f"{_FLEET}._add_ramp",
        "self.ramp_max_mw_per_h * h for h",
        "self.ramp_max_mw_per_h for h",
        "ramp",
        "training_t: power changes no faster than its ramp",
    ),
    Mutant(
        f"{_SITE}:_add_facility",
        "per_it * summed(drawing, t)",
        "summed(drawing, t)",
        RICH,
        "site: what comes to the bus leaves it",
    ),
    Mutant(
        f"{_SITE}:_add_limits",
        "<= facility.it_power_max_mw",
        "<= 2 * facility.it_power_max_mw",
        RICH,
        "facility: the machines fit the halls",
    ),
    Mutant(
        "optimizer.assets.cooling:Cooling.add_lines",
        "slope[t] * heat_mw(t)",
        "0.5 * slope[t] * heat_mw(t)",
        RICH,
        "cooling: power carries the heat away",
    ),
    Mutant(
        f"{_CLAUSE}.renewable_share:RenewableShare.part_mw",
        "site.import_mw(t) + site.genset_mw(t)",
        "site.import_mw(t)",
        "share",
        BILL,
    ),
    Mutant(
        f"{_CLAUSE}.share:ShareClause.rate",
        "self.cap_pu() * self.whole_mw(site, t)",
        "self.whole_mw(site, t)",
        "share",
        BILL,
    ),
    Mutant(
        f"{_CLAUSE}.import_cap:ImportCap.applies",
        "(clock.hour - self.first_hour) % 24",
        "(clock.hour - 1 - self.first_hour) % 24",
        "cap",
        "Art. 9: draw above the cap is the table's",
    ),
    Mutant(
        f"{_CLAUSE}.ride_through:RideThrough.required_mwh",
        "until_h = end_h + self.autonomy_h",
        "until_h = end_h + 0.5 * self.autonomy_h",
        "ride",
        "Art. 9: ride-through energy",
    ),
    Mutant(
        f"{_CLAUSE}.budget:BudgetClause._allowed",
        "left * covered_h",
        "whole * covered_h",
        "quota",
        OPTIMUM,
    ),
    Mutant(
        f"{_CLAUSE}.budget:BudgetClause._allowed",
        "return left * covered_h / (",
        "return left / (",
        RICH,
        BILL,
    ),
    Mutant(
        f"{_CLAUSE}.budget:BudgetClause._allowed",
        "self.is_signed else left), price",
        "self.is_signed else left), None",
        "steered",
        BILL,
    ),
    Mutant(
        f"{_CLAUSE}.budget:BudgetClause.add_to",
        "b.use[n] == total(n)",
        "b.use[n] == 2 * total(n)",
        "steered",
        BILL,
    ),
    Mutant(
        f"{_CLAUSE}.budget:BudgetClause.valid_part",
        "last + _DAY",
        "last",
        "half_week",
        BILL,
    ),
    Mutant(
        f"{_CLAUSE}.cfe_score:CfeScore.part_mw",
        "site.dirty_import_mw(t) + site.genset_mw(t)",
        "site.dirty_import_mw(t)",
        RICH,
        BILL,
    ),
    Mutant(
        f"{_CLAUSE}.surplus_cap:SurplusCap.whole_mw",
        "site.renewable_mw(t)",
        "site.facility_mw(t)",
        RICH,
        BILL,
    ),
    Mutant(
        f"{_CLAUSE}.water_budget:WaterBudget.rate",
        "_M3_PER_L * ",
        "0.9 * _M3_PER_L * ",
        RICH,
        BILL,
    ),
    Mutant(
        f"{_CLAUSE}.fuel_budget:FuelBudget.rate",
        "site.fuel_l_per_h(t)",
        "site.genset_mw(t)",
        RICH,
        BILL,
    ),
    Mutant(
        f"{_CLAUSE}.regional_energy:RegionalEnergy.rate",
        "site.export_mw(t)",
        "site.renewable_mw(t)",
        RICH,
        BILL,
    ),
    Mutant(
        f"{_CLAUSE}.clause:Clause.holds",
        "days >= pd.Timestamp(self.valid_from)",
        "days < pd.Timestamp(self.valid_from)",
        "carbon",
        "table: no column art_9_used_kg",
    ),
    Mutant(
        f"{_CLAUSE}.ramp_limit:RampLimit.between_h",
        "(np.concatenate([[first_h], hours[:-1]]) + hours) / 2",
        "hours",
        RICH,
        "Art. 6: exchange changes as the table says",
    ),
    Mutant(
        f"{_CLAUSE}.exclusive_supply:ExclusiveSupply.add_to",
        "- wheeled_mw - bought_mw",
        "- wheeled_mw - 2 * bought_mw",
        RICH,
        BILL,
    ),
    Mutant(
        f"{_CLAUSE}.embassy_reserve:EmbassyReserve.add_to",
        "site.it_mw(t) - site.preemptible_mw(t) - missing_mw",
        "site.it_mw(t) - 2 * site.preemptible_mw(t) - missing_mw",
        RICH,
        BILL,
    ),
    Mutant(
        f"{_CLAUSE}.curtailment_priority:CurtailmentPriority.exclusive",
        "range(1, len(self.order))",
        "range(1, 1)",
        RICH,
        BILL,
    ),
)

EQUIVALENT = (  # `says` is why nothing can be seen of it
    Mutant(
        f"{_BATTERY}.add_to",
        "self.discharge_max_mw <= 1",
        "self.discharge_max_mw <= 2",
        "either",
        "a hull of 'either or': where it is too wide, `split` adds the binary all the same",
    ),
    Mutant(
        f"{_GRID}.add_to",
        "b.export_mw[t] <= 1",
        "b.export_mw[t] <= 2",
        "either",
        "the same for draw and feed-in",
    ),
    Mutant(
        f"{_GENSET}._add_units",
        "b.stop_count[t] <= b.on_count[t - 1]",
        "b.stop_count[t] <= count",
        "long_rest",
        "a stop of a unit that rests earns nothing; the audit names it where a tie chooses it",
    ),
    Mutant(
        f"{_SITE}:_add_limits",
        "(drawn_mw > facility.power_max_mw)",
        "(drawn_mw > -1)",
        RICH,
        "rows that no workload can reach do not bind",
    ),
)
