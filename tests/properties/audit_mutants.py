"""Mutants of the audit: where, what becomes what, and what is then no longer said, or said in vain.

A tampered cell is (column, step, new value), of the rich plant's table unless the column begins
with ``rate`` or ``objective``. With no cell, the mutant raises an alarm over the clean plan.
"""

import math
from typing import Any, NamedTuple


class Mutant(NamedTuple):
    """One change of one function, the cells that give it away, and the rule in question."""

    where: str
    old: str
    new: str
    cells: tuple[tuple[str, int, float], ...]
    rule: str


_RULES = {
    "battery": "optimizer.assets.battery_rules:BatteryRules",
    "genset": "optimizer.assets.genset_rules:GensetRules",
    "work": "optimizer.workloads.deferrable_rules:CohortRules",
    "fleet": "optimizer.workloads.training_rules:TrainingRules",
    "grid": "optimizer.assets.grid_rules:GridRules",
    "firm": "optimizer.workloads.firm:Firm",
    "cap": "optimizer.agreement.import_cap:ImportCap",
    "ride": "optimizer.agreement.ride_through:RideThrough",
    "budget": "optimizer.agreement.budget_rules:BudgetRules",
    "share": "optimizer.agreement.share:ShareClause",
    "exclusive": "optimizer.agreement.exclusive_supply:ExclusiveSupply",
    "ramp": "optimizer.agreement.ramp_limit:RampLimit",
    "failure": "optimizer.agreement.n_minus_one:NMinusOne",
    "embassy": "optimizer.agreement.embassy_reserve:EmbassyReserve",
    "storage": "optimizer.agreement.minimum_storage:MinimumStorage",
    "order": "optimizer.agreement.curtailment_priority:CurtailmentPriority",
    "cooling": "optimizer.assets.cooling:Cooling",
}


def _of(kind: str, name: str, *rest: Any) -> Mutant:
    return Mutant(f"{_RULES[kind]}.{name}", *rest)


NAN = (("battery_deep_energy_mwh", 3, math.nan),)
MUTANTS = (
    Mutant(
        "optimizer.breach:_above",
        "is_kept = excess.to_numpy() <= TOLERANCE",
        "is_kept = ~(excess.to_numpy() > TOLERANCE)",
        NAN,
        "table: battery_deep_energy_mwh is a number",
    ),
    Mutant(
        "optimizer.breach:_above",
        "<= TOLERANCE",
        "<= 1e6 * TOLERANCE",
        (("site_import_mw", 0, 1.0),),
        "site: draw is the connections' [MW]",
    ),
    Mutant(
        "optimizer.component:Component.audit",
        "self.input_rules(given) | self.rules",
        "{} or self.rules",
        (("state genset_units on_count", 0, 1.01),),
        "genset_units: units of the opening state are whole, and the fleet's",
    ),
    Mutant(
        "optimizer.audit:_all_rules",
        "found += clause.audit(table, given)",
        "pass",
        (("art_2_excess_mw", 2, 1.0),),
        "Art. 2: draw above the cap is the table's [MW]",
    ),
    Mutant(
        "optimizer.audit:_money",
        "MONEY_TOLERANCE_PU * scale",
        "scale",
        (("objective", 0, 1000.0),),
        "site: the bill is the solver's objective [MAD]",
    ),
    Mutant(
        "optimizer.audit:_shape",
        'unequal(table["step_h"], given.series["step_h"])',
        'unequal(table["step_h"], table["step_h"])',
        (("step_h", 4, 0.9),),
        "table: step_h is the input's [h]",
    ),
    Mutant(
        "optimizer.site_rules:site_rules",
        '_sum(table, site.battery, "charge_mw") + ',
        "",
        (),
        "site: what comes to the bus leaves it [MW]",
    ),
    Mutant(
        "optimizer.site_rules:_emission_kg",
        "emission = emission + genset.emission_kg_per_mwh",
        "emission = emission + 0 * genset.emission_kg_per_mwh",
        (),
        "site: emission follows from draw and gensets [kg]",
    ),
    _of(
        "battery",
        "_replayed",
        "(1 - self.self_discharge_pu_per_h) ** hours",
        "1",
        (),
        "battery_deep: energy follows from the powers [MWh]",
    ),
    _of(
        "battery",
        "rules",
        "least(charge, discharge)",
        "least(charge, -discharge)",
        (("battery_deep_charge_mw", 12, 2.0), ("battery_deep_discharge_mw", 12, 2.0)),
        "battery_deep: never both at once [MW]",
    ),
    _of(
        "battery",
        "rules",
        "energy - self.high_mwh",
        "energy - self.energy_max_mwh",
        (("battery_deep_energy_mwh", 5, 110.0),),
        "battery_deep: energy stays in its window, above [MWh]",
    ),
    _of(
        "battery",
        "_segment_rules",
        "unequal(own[quantity], total)",
        "unequal(total, total)",
        (("battery_deep_charge_segment1_mw", 2, 39.0),),
        "battery_deep: segments share the charge [MW]",
    ),
    _of(
        "battery",
        "rules",
        'own["energy_min_mwh"] - energy',
        'own["energy_min_mwh"] - self.energy_max_mwh',
        (("battery_flat_energy_mwh", 5, 0.1),),
        "battery_flat: energy keeps its reserve [MWh]",
    ),
    _of(
        "grid",
        "rules",
        "unequal(own[quantity], expected)",
        "unequal(expected, expected)",
        (("grid_spot_export_price_mad_per_mwh", 1, 0.0),),
        "grid_spot: export_price_mad_per_mwh is the input's",
    ),
    _of(
        "grid",
        "_tariff_rules",
        "highest[month] = max(highest[month], drawn)",
        "highest[month] = drawn",
        (),
        "grid_onee: month's peak is the highest draw [MW]",
    ),
    _of(
        "genset",
        "_run_time_rules",
        "self.min_up_h - now_h + h for h in stopping",
        "h - now_h for h in stopping",
        (("genset_units_stop_count", 12, 1.0),),
        "genset_units: a run is long enough [h]",
    ),
    _of(
        "genset",
        "_unit_rules",
        "on * self.unit_power_min_mw",
        "0 * on * self.unit_power_min_mw",
        (("genset_units_power_mw", 1, 0.5),),
        "genset_units: running units keep their least power [MW]",
    ),
    _of(
        "work",
        "_cohort_rules",
        "(run - rate_max)",
        "(run - 2 * rate_max)",
        (("rate", 0, 14.0),),
        "deferrable_stream: no cohort exceeds its rate [MW]",
    ),
    _of(
        "work",
        "_undone",
        "c.work_mwh - float",
        "0.9 * c.work_mwh - float",
        (),
        "deferrable_stream: no cohort does more than its work [MWh]",
    ),
    _of(
        "work",
        "_arrivals",
        "self.block_h * hour",
        "2 * self.block_h * hour",
        (),
        "deferrable_stream: cohorts have the work that is due [MWh]",
    ),
    _of(
        "fleet",
        "_throughput",
        "np.interp(each_pu, powers, throughputs) * running_pu",
        "np.interp(power_pu, powers, throughputs)",
        (),
        "training_ai: work is what the measured curve gives [MW]",
    ),
    _of(
        "fleet",
        "rules",
        "(share - share.round()).abs()",
        "(share - share).abs()",
        (("training_sync_powered_mw", 3, 19.5),),
        "training_sync: all accelerators run, or none",
    ),
    _of(
        "firm",
        "rules",
        "shed - tier.shed_max_pu * demand",
        "shed - demand",
        (("firm_cloud_shed_tier1_mw", 10, 12.0),),
        "firm_cloud: tier 1 sheds no more than its share [MW]",
    ),
    _of(
        "cooling",
        "rules",
        "power - needed",
        "needed - power",
        (("cooling_power_mw", 6, 39.0),),
        "cooling: power is not wasted [MW]",
    ),
    _of(
        "cap",
        "_excess_mw",
        "local.hour >= self.first_hour or",
        "local.hour > self.first_hour or",
        (),
        "Art. 2.2: draw above the cap is the table's [MW]",
    ),
    _of(
        "ride",
        "_required_by_walking",
        "left_h, need_mwh, u = self.autonomy_h, 0.0, t + 1",
        "left_h, need_mwh, u = self.autonomy_h, 0.0, t",
        (),
        "Art. 3: what is required is the table's [MWh]",
    ),
    _of(
        "budget",
        "_share",
        "rest = limit - before",
        "rest = limit",
        (),
        "site: the bill is the solver's objective [MAD]",
    ),
    _of(
        "budget",
        "_share",
        "covered_h / ((closes - max(opens, start)) / _HOUR)",
        "covered_h / ((closes - opens) / _HOUR)",
        (),
        "site: the bill is the solver's objective [MAD]",
    ),
    _of(
        "budget",
        "rules",
        "0.0 if is_new else",
        "0.0 if not is_new else",
        (),
        "Art. 4: count of the week so far is the table's [MWh]",
    ),
    _of(
        "budget",
        "bought",
        "np.maximum(over, 0.0)",
        "np.maximum(over, 0.0)[:0]",
        (),
        "site: the bill is the solver's objective [MAD]",
    ),
    _of(
        "budget",
        "_over",
        "standing.counted - standing.allowed",
        "standing.counted - 2 * standing.allowed",
        (),
        "site: the bill is the solver's objective [MAD]",
    ),
    _of(
        "share",
        "counted",
        "self.cap_pu() * ",
        "",
        (),
        "site: the bill is the solver's objective [MAD]",
    ),
    Mutant(
        "optimizer.agreement.windows:bounds_at",
        "datetime.datetime.combine(local.date(), ",
        "datetime.datetime.combine(local.date().replace(day=1), ",
        (),
        "Art. 1: share so far is the table's",
    ),
    Mutant(
        "optimizer.agreement.clause:Clause.in_force",
        "return self.valid_from <= today",
        "return self.valid_from > today",
        (),
        "site: the bill is the solver's objective [MAD]",
    ),
    _of(
        "exclusive",
        "_split_mw",
        "drawn - self.import_max_mw, 0.0",
        "drawn, 0.0",
        (),
        "Art. 10: draw beyond what is allowed is the table's [MW]",
    ),
    _of(
        "ramp",
        "_ramps",
        "0.5 * last_h + 0.5 * step_h",
        "step_h",
        (),
        "Art. 6: exchange changes as the table says [MW/h]",
    ),
    _of(
        "failure",
        "_needed_by_walking",
        "sovereign + largest - capability, 0.0",
        "0.0 * capability, 0.0",
        (("site_capability_mw", 12, 20.0),),
        "Art. 9: what batteries must carry is the table's [MW]",
    ),
    _of(
        "embassy",
        "_ready_by_stacking",
        "space_mw + stopped_mw",
        "space_mw",
        (),
        "Art. 8: what could start is the table's [MW]",
    ),
    _of(
        "storage",
        "_required_by_clock",
        "local.hour in self.hours",
        "local.hour + 1 in self.hours",
        (),
        "Art. 7: what must be in store is the table's [MWh]",
    ),
    _of(
        "order",
        "_wrong_by_walking",
        "running_mw += np.maximum(used[plant][t], 0.0)",
        "running_mw += 0.0",
        (),
        "Art. 11: what is curtailed out of order is the table's [MW]",
    ),
)
