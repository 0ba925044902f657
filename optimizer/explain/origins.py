"""Where a price comes from: groups and words for costs, rows and bounds of the model."""

import re

from optimizer.site import Problem, cost_terms, tie_break_terms
from optimizer.terminal_words import limit_words, owner_words

TIE_BREAK = ("tie-break", "tie-break")
_ARTICLE = re.compile(r"art_[0-9a-z_]+")
_COSTS = {  # kind of cost -> group, words; {} is the owner
    "import": ("tariff", "tariff of {}"),
    "export": ("tariff", "feed-in price of {}"),
    "demand": ("demand charge", "demand charge of {}"),
    "ageing": ("ageing", "ageing of {}"),
    "end_value": ("stored energy", "worth of {} at the end of the plan"),
    "fuel": ("fuel", "fuel of {}"),
    "starts": ("running", "starts of {}"),
    "stops": ("running", "stops of {}"),
    "running": ("running", "running hours of {}"),
    "energy": ("running cost", "running cost of {}"),
    "value": ("work", "worth of the work of {}"),
    "shortfall": ("work", "contracted work of {} not done"),
    "restart": ("work", "restarts of {}"),
    "missed": ("work", "missed work of {}"),
    "left": ("work", "work of {} left for later"),
    "extra": ("work", "extra work of {}"),
    "shift": ("work", "shifted work of {}"),
}
_ROWS = (  # a row's own name -> group, words
    (r"segments_(dis)?charge", ("stored energy", "energy kept in {}, and its wear")),
    (r"(energy|segment)_(balance|first)", ("stored energy", "energy kept in {}")),
    (r"water_(balance|first)", ("stored water", "water kept in {}")),
    (r"one_way", ("converter", "one way at a time of {}")),
    (r"one_converter", ("converter", "converter of {}")),
    (r"one_direction", ("network", "one direction at a time at {}")),
    (r"month_peak", ("demand charge", "demand charge of {}")),
    (r"energy_drawn", ("network", "energy to be drawn from {}")),
    (r"fuel_left", ("fuel", "fuel left for later in {}")),
    (r"power_most", ("running", "full load of {}")),
    (r"power_least", ("running", "least load of {}")),
    (r"status\w*|min_\w+|max_up|running_max|starts\w*", ("running", "running times of {}")),
    (r"line_\d+|chosen_line", ("cooling", "cooling")),
    (r"hull_\d+", ("work", "work of {} on its curve")),
    (r"work", ("work", "other hours for {}")),
    (r"contracted_work|floor|contract", ("work", "contracted work of {}")),
    (r"ramp|restart\w*", ("work", "changes of {}")),
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
    if (owner, kind) == TIE_BREAK:
        return TIE_BREAK
    if _ARTICLE.match(owner):
        return "clause", owner_words(owner)
    if kind.startswith("shed"):
        return "load", f"load shed of {owner_words(owner)}"
    group, words = _COSTS.get(kind, (kind.replace("_", " "), f"{kind.replace('_', ' ')} of {{}}"))
    return group, words.format(owner_words(owner))


def row_origin(name: str) -> tuple[str, str]:
    """Return group and words of a constraint, by its name without index."""
    owner, _, what = name.partition(".")
    if _ARTICLE.match(owner):
        return "clause", owner_words(owner)
    for pattern, (group, words) in _ROWS:
        if re.fullmatch(pattern, what):
            return group, words.format(owner_words(owner))
    if not what:  # a row of the caller's own
        return "limit", owner_words(owner)
    if owner == "bus":
        return "energy", "a MWh in another step"
    return "limit", limit_words(name)


def bound_origin(name: str) -> tuple[str, str]:
    """Return group and words of a variable's bound, by its name without index."""
    return "limit", limit_words(name)
