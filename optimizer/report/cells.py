"""Numbers and names in words, as tables of the pages show them."""

from typing import Any

from optimizer.phrases import number, phrase

MAD = 0.5  # half of the last digit shown
DASH = "\u2013"  # where there is no number
RUNGS = {
    "given": phrase("given"),
    "synthetic": phrase("synthetic"),
    "fresh": phrase("fresh"),
    "last_run": phrase("last good run"),
    "second": phrase("second source"),
    "climatology": phrase("climatology"),
}


def rung(name: str) -> str:
    """Return a rung of the weather ladder in words."""
    return RUNGS.get(name, name)


def mad(value: object) -> str:
    """Return an amount of money in words."""
    if not isinstance(value, int | float):
        return phrase("unknown")
    return phrase("{mad} MAD", {"mad": number(float(value))})


def cells(a: float | None, b: float | None, digits: int = 0) -> dict[str, Any]:
    """Return two values and their difference in words; what is not there is a dash."""
    apart = None if a is None or b is None else b - a
    is_nothing = apart is not None and abs(apart) < 0.5 * 10**-digits
    return {
        "a": shown(a, f",.{digits}f"),
        "b": shown(b, f",.{digits}f"),
        "apart": number(0.0) if is_nothing else shown(apart, f"+,.{digits}f"),
        "is_moved": not is_nothing,
    }


def shown(value: float | None, spec: str) -> str:
    """Return a number in words, a dash where there is none."""
    if value is None:
        return DASH
    text = format(value, spec)
    return (
        number(0.0, spec.lstrip("+")) if float(text.replace(",", "")) == 0 else number(value, spec)
    )
