"""Where a price comes from: groups and words for costs, rows and bounds of the model."""

import re

from optimizer.model_words import as_read
from optimizer.phrases import phrase, template
from optimizer.site import Problem, cost_terms, tie_break_terms
from optimizer.terminal_words import limit_words, owner_words

TIE_BREAK = ("tie-break", "tie-break")
_TIE, _CLAUSE, _LIMIT = phrase("tie-break"), phrase("clause"), phrase("limit")
_ARTICLE = re.compile(r"art_[0-9a-z_]+")
_COSTS = {  # kind of cost -> group, words; {owner} is whose
    "import": (phrase("tariff"), template("tariff of {owner}")),
    "export": (phrase("tariff"), template("feed-in price of {owner}")),
    "demand": (phrase("demand charge"), template("demand charge of {owner}")),
    "ageing": (phrase("ageing"), template("ageing of {owner}")),
    "end_value": (phrase("stored energy"), template("worth of {owner} at the end of the plan")),
    "fuel": (phrase("fuel"), template("fuel of {owner}")),
    "starts": (phrase("running"), template("starts of {owner}")),
    "stops": (phrase("running"), template("stops of {owner}")),
    "running": (phrase("running"), template("running hours of {owner}")),
    "energy": (phrase("running cost"), template("running cost of {owner}")),
    "value": (phrase("work"), template("worth of the work of {owner}")),
    "shortfall": (phrase("work"), template("contracted work of {owner} not done")),
    "restart": (phrase("work"), template("restarts of {owner}")),
    "missed": (phrase("work"), template("missed work of {owner}")),
    "left": (phrase("work"), template("work of {owner} left for later")),
    "extra": (phrase("work"), template("extra work of {owner}")),
    "shift": (phrase("work"), template("shifted work of {owner}")),
}
_ROWS = (  # a row's own name -> group, words
    (
        r"segments_(dis)?charge",
        (phrase("stored energy"), template("energy kept in {owner}, and its wear")),
    ),
    (
        r"(energy|segment)_(balance|first)",
        (phrase("stored energy"), template("energy kept in {owner}")),
    ),
    (r"water_(balance|first)", (phrase("stored water"), template("water kept in {owner}"))),
    (r"one_way", (phrase("converter"), template("one way at a time of {owner}"))),
    (r"one_converter", (phrase("converter"), template("converter of {owner}"))),
    (r"one_direction", (phrase("network"), template("one direction at a time at {owner}"))),
    (r"month_peak", (phrase("demand charge"), template("demand charge of {owner}"))),
    (r"energy_drawn", (phrase("network"), template("energy to be drawn from {owner}"))),
    (r"fuel_left", (phrase("fuel"), template("fuel left for later in {owner}"))),
    (r"power_most", (phrase("running"), template("full load of {owner}"))),
    (r"power_least", (phrase("running"), template("least load of {owner}"))),
    (
        r"status\w*|min_\w+|max_up|running_max|starts\w*",
        (phrase("running"), template("running times of {owner}")),
    ),
    (r"line_\d+|chosen_line", (phrase("cooling"), template("cooling"))),
    (r"hull_\d+", (phrase("work"), template("work of {owner} on its curve"))),
    (r"work", (phrase("work"), template("other hours for {owner}"))),
    (r"contracted_work|floor|contract", (phrase("work"), template("contracted work of {owner}"))),
    (r"ramp|restart\w*", (phrase("work"), template("changes of {owner}"))),
)


def prices_by_variable(problem: Problem) -> dict[int, list[tuple[str, str, float]]]:
    """Return, by identity of a variable, who charges what for it: (owner, kind, MAD per unit)."""
    found: dict[int, list[tuple[str, str, float]]] = {}
    terms = {**cost_terms(problem), TIE_BREAK: tie_break_terms(problem)}
    for (owner, kind), (prices, variables) in terms.items():
        for price, variable in zip(prices, variables, strict=True):
            if price:
                found.setdefault(id(variable), []).append((owner, kind, float(price)))
    return found


def cost_origin(owner: str, kind: str) -> tuple[str, str]:
    """Return group and words of one kind of cost."""
    values = {"owner": owner_words(owner), "kind": as_read(kind)}
    if (owner, kind) == TIE_BREAK:
        return _TIE, _TIE
    if _ARTICLE.match(owner):
        return _CLAUSE, values["owner"]
    if kind.startswith("shed"):
        return phrase("load"), phrase("load shed of {owner}", values)
    if kind not in _COSTS:
        return values["kind"], phrase("{kind} of {owner}", values)
    group, words = _COSTS[kind]
    return group, phrase(words, values)


def row_origin(name: str) -> tuple[str, str]:
    """Return group and words of a constraint, by its name without index."""
    owner, _, what = name.partition(".")
    if _ARTICLE.match(owner):
        return _CLAUSE, owner_words(owner)
    for pattern, (group, words) in _ROWS:
        if re.fullmatch(pattern, what):
            return group, phrase(words, {"owner": owner_words(owner)})
    if not what:  # a row of the caller's own
        return _LIMIT, owner_words(owner)
    if owner == "bus":
        return phrase("energy"), phrase("a MWh in another step")
    return _LIMIT, limit_words(name)


def bound_origin(name: str) -> tuple[str, str]:
    """Return group and words of a variable's bound, by its name without index."""
    return _LIMIT, limit_words(name)
