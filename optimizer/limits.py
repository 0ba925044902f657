"""What a row or bound of the model is in a planner's words: a limit by name, or how things follow.

A limit is what a planner, a signatory or the weather could move. Balances, segments, hulls and
lines only say how one thing follows from another; they belong to no limit and never clash alone.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from optimizer.agreement.clause import Clause
from optimizer.config import FLEETS, Site
from optimizer.units import UNIT_TEXT

# (kind of part, constraint) -> inequalities that say how things follow
_FOLLOWS = {
    ("cooling", "line"),
    ("cooling", "chosen_line"),
    ("genset", "power_most"),
    ("genset", "stop_running_units"),
    ("grid", "month_peak"),
    ("interruptible", "starts"),
    ("interruptible", "starts_first"),
    ("interruptible", "starts_when_off"),
    ("quota", "carry"),
    ("quota", "surplus_alone"),
    ("training", "extra_work"),
    ("training", "power_most"),
    ("training", "power_least"),
    ("training", "restart"),
    ("training", "restart_first"),
    ("training", "hull"),
}
# (kind of part, constraint) -> all limits a row needs: it is gone without any one of them
_ROWS = {
    ("battery", "one_converter"): ("charging power", "discharging power"),
    ("chilled_store", "one_way"): ("charging power", "discharging power"),
    ("desalination", "ramp_down"): ("how fast power may change",),
    ("desalination", "ramp_first"): ("how fast power may change",),
    ("desalination", "ramp_up"): ("how fast power may change",),
    ("facility", "connection"): ("power of the whole facility",),
    ("facility", "halls"): ("power of the halls (IT)",),
    ("firm", "service_level"): ("service level of the month",),
    ("genset", "fuel_left"): ("fuel",),
    ("genset", "max_up"): ("longest run of a unit",),
    ("genset", "min_down"): ("units there are", "least rest of a unit"),
    ("genset", "min_up"): ("least run of a unit",),
    ("genset", "power_least"): ("least power of a running unit",),
    ("genset", "running_max"): ("most running hours",),
    ("genset", "start_idle_units"): ("units there are",),
    ("genset", "starts_max"): ("most starts",),
    ("grid", "energy_drawn <="): ("most energy to be drawn",),
    ("grid", "energy_drawn >="): ("least energy to be drawn",),
    ("grid", "one_direction"): ("most that can be drawn", "most that can be fed in"),
    ("interruptible", "hours_due"): ("hours due",),
    ("interruptible", "min_up"): ("least run",),
    ("interruptible", "plan_hours"): ("hours due",),
    ("interruptible", "starts_max"): ("most starts",),
    ("quota", "floor"): ("guaranteed power",),
    ("quota", "power_most"): ("power of the machines",),
    ("training", "all_or_none"): ("power of the fleet", "all run or none"),
    ("training", "contracted_work"): ("contracted work",),
    ("training", "min_down"): ("least rest",),
    ("training", "min_up"): ("least run",),
    ("training", "ramp"): ("how fast power may change",),
}
# (kind of part, variable) -> limits an upper bound needs; none where it only says what follows
_MOST: dict[tuple[str, str], tuple[str, ...]] = {
    ("battery", "charge_mw"): ("charging power",),
    ("battery", "discharge_mw"): ("discharging power",),
    ("battery", "energy_mwh"): ("energy capacity",),
    ("battery", "segment_energy_mwh"): ("energy capacity",),
    ("chilled_store", "charge_mw"): ("charging power",),
    ("chilled_store", "discharge_mw"): ("discharging power",),
    ("chilled_store", "energy_mwh"): ("capacity of the tank",),
    ("cooling", "power_mw"): ("power of the plant",),
    ("deferrable", "left_mwh"): ("work due",),
    ("desalination", "power_mw"): ("power of the plant",),
    ("desalination", "tank_m3"): ("capacity of the tank",),
    ("deferrable", "rate_mw"): ("how fast a batch may run",),
    ("deferrable", "run_mw"): ("most that may run at once",),
    ("genset", "on_count"): ("units there are",),
    ("genset", "power_mw"): ("units there are",),
    ("genset", "start_count"): ("units there are",),
    ("genset", "stop_count"): (),
    ("genset", "tank_l"): ("fuel",),
    ("grid", "export_mw"): ("most that can be fed in",),
    ("grid", "import_mw"): ("most that can be drawn",),
    ("interruptible", "on_count"): (),
    ("interruptible", "start_count"): (),
    ("jobs", "left_count"): (),
    ("jobs", "power_mw"): ("most that may run at once",),
    ("jobs", "start_count"): (),
    ("quota", "backing_mw"): (),
    ("quota", "carried_mwh"): ("most that may be carried over",),
    ("quota", "opportunistic_mw"): ("power of the machines",),
    ("quota", "quota_mw"): ("power of the machines",),
    ("solar", "used_mw"): ("available power",),
    ("wind", "used_mw"): ("available power",),
    ("training", "is_on"): ("least rest",),  # where it still rests
    ("training", "power_mw"): ("power of the fleet",),
    ("training", "powered_mw"): ("power of the fleet",),
    ("training", "restart_mw"): ("power of the fleet",),
    ("training", "start_pu"): (),
    ("training", "stop_pu"): (),
    ("training", "work_mw"): ("power of the fleet",),
}
_LEAST = {
    ("battery", "energy_mwh"): ("least energy in store",),
    ("desalination", "power_mw"): ("least power of the plant",),
    ("genset", "on_count"): ("units that always run",),
    ("interruptible", "on_count"): ("least run",),
    ("quota", "left_mwh"): ("guaranteed power",),
    ("quota", "quota_mw"): ("guaranteed power",),
    ("training", "is_on"): ("least run",),
}
HELD = ("outage of ", "pin of ", "commitment of ")  # how outages and pins begin
PINNED = HELD[1:]  # a person may move them
_SLACK = {  # variables only the least-shortfall model has
    "lost_count": "jobs due",
    "missed_h": "hours due",
    "missed_m3": "water due",
    "missed_mwh": "work due",
    "plan_missed_h": "hours due",
    "short_mw": "guaranteed power",
    "shortfall_mwh": "contracted work",
    "sla_excess_mwh": "service level of the month",
    "unserved_mw": "demand",
}
_ORDER = (  # people's own, agreements and demands first, what only a builder could move last
    *("held", "clause", "training", "deferrable", "jobs", "interruptible", "quota", "desalination"),
    *("firm", "grid", "genset", "facility", "battery"),
)


@dataclass(frozen=True, slots=True)
class Names:
    """The names of a site's limits."""

    kinds: dict[str, str]  # kind of part by name of part
    clauses: dict[str, Clause]  # by name of block
    shed: frozenset[str]  # firm loads of which a part may be shed
    held: Mapping[str, str] = field(default_factory=dict)  # outages and pins by name of row

    @classmethod
    def of(
        cls, site: Site, clauses: tuple[Clause, ...], held: Mapping[str, str] | None = None
    ) -> "Names":
        """Return the names of the limits of a site and an agreement."""
        kinds = {p.name: kind for kind in FLEETS for p in getattr(site, kind).values()}
        shed = frozenset(p.name for p in site.firm.values() if not p.is_sovereign)
        named = {clause.name: clause for clause in clauses}
        return cls(kinds | {"facility": "facility", "cooling": "cooling"}, named, shed, held or {})

    def rows(self, name: str, side: str) -> tuple[str, ...]:
        """Return the limits a row needs, ``battery_main.energy_balance`` with ``==`` none."""
        owner, _, what = name.partition(".")
        if owner in self.clauses:
            return (self.clause(owner),)
        if name in self.held:
            return (self.held[name],)
        kind = self.kinds.get(owner)
        plain = re.sub(r"_\d+$", "", what)
        if kind is None or side == "==" or (kind, plain) in _FOLLOWS:
            found = _ROWS.get((kind or "", plain), ())
        else:
            sided = _ROWS.get((kind, f"{plain} {side}"))
            found = sided or _ROWS.get((kind, plain), (plain.replace("_", " "),))
        return tuple(f"{owner}: {words}" for words in found)

    def most(self, name: str, *, is_whole: bool, bound: float) -> tuple[str, ...]:
        """Return the limits an upper bound needs."""
        owner, _, what = name.partition(".")
        kind = self.kinds.get(owner)
        if kind is None or (is_whole and bound == 1):  # yes or no
            return ()
        if kind == "firm":  # what may be shed is part of the demand
            return ()
        words = _MOST.get((kind, what), (f"most {plain_words(what)}",))
        return tuple(f"{owner}: {each}" for each in words)

    def least(self, name: str) -> tuple[str, ...]:
        """Return the limits a lower bound above zero needs."""
        owner, _, what = name.partition(".")
        kind = self.kinds.get(owner)
        if kind is None:
            return ()
        words = _LEAST.get((kind, what), (f"least {plain_words(what)}",))
        return tuple(f"{owner}: {each}" for each in words)

    def slack(self, name: str) -> str | None:
        """Return the limit a variable of the least-shortfall model lets give way."""
        owner, _, what = name.partition(".")
        if owner in self.clauses:
            return self.clause(owner)
        if owner not in self.kinds:
            return None
        words = _SLACK.get(what, plain_words(what))
        is_rest = owner in self.shed and what == "unserved_mw"
        return f"{owner}: {words}{' that may not be shed' if is_rest else ''}"

    def clause(self, name: str) -> str:
        """Return how a clause is named."""
        return f"Art. {self.clauses[name].article}"

    def clause_of(self, limit: str) -> Clause:
        """Return the clause a limit is."""
        article = limit.removeprefix("Art. ")
        return next(c for c in self.clauses.values() if c.article == article)

    def kind_of(self, limit: str) -> str:
        """Return the kind of part a limit belongs to, ``clause`` or ``held``."""
        if limit.startswith(HELD):
            return "held"
        return "clause" if limit.startswith("Art. ") else self.kinds[limit.partition(":")[0]]

    def order(self, limit: str) -> int:
        """Return a place: agreements and demands before what only a builder could move."""
        kind = self.kind_of(limit)
        return _ORDER.index(kind) if kind in _ORDER else len(_ORDER)


def plain_words(what: str) -> str:
    """Return a variable's name without its unit, as words."""
    return re.sub(r"_(mw|mwh|count|l|kg|m3|pu)$", "", what).replace("_", " ")


def clause_words(clause: Clause) -> str:
    """Return a clause's kind and its main number: ``import cap, 60 MW``."""
    words, field = clause.kind.replace("_", " "), getattr(clause, "main_field", None)
    value: Any = None if field is None else getattr(clause, field)
    if not isinstance(value, int | float) or isinstance(value, bool):
        return words
    stem, _, unit = str(field).rpartition("_")
    if stem and unit == "pu":
        return f"{words}, {100 * value:g} %"
    amount, per, time = str(field).partition("_per_")
    if per:
        counted = amount.rpartition("_")[2]
        return f"{words}, {value:g} {UNIT_TEXT.get(counted, counted)} per {time}"
    return f"{words}, {value:g} {UNIT_TEXT.get(unit, unit)}".rstrip()
