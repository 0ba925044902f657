"""How a part looks on the page: colour and pattern by its kind, the same in every chart.

The colours are those of Okabe and Ito's set, which colour-blind readers tell apart; areas also
differ by their pattern and lines by their dash.
"""

# Okabe & Ito, "Color Universal Design," 2008, jfly.uni-koeln.de/color.
BLACK, ORANGE, SKY, GREEN = "#000000", "#E69F00", "#56B4E9", "#009E73"
YELLOW, BLUE, VERMILION, PURPLE = "#F0E442", "#0072B2", "#D55E00", "#CC79A7"
GREY, PALE = "#999999", "#DDDDDD"
CLASSES = ("#BFD9EC", "#6FACD5", BLUE, "#00395C")  # one hue, from light to dark
DASHES = ("", "7 3", "2 3", "8 3 2 3")

_LOOKS = {
    "wind": (SKY, ""),
    "solar": (YELLOW, "dots"),
    "battery": (GREEN, "stripes"),
    "grid": (GREY, "back"),
    "genset": (VERMILION, "cross"),
    "firm": (BLUE, ""),
    "deferrable": (ORANGE, "level"),
    "training": (PURPLE, "back"),
    "jobs": (VERMILION, "upright"),
    "interruptible": (YELLOW, "level"),
    "quota": (SKY, "upright"),
    "desalination": (GREEN, "level"),
    "chilled_store": (SKY, "level"),
    "overhead": (PALE, ""),
    "missing": (VERMILION, "cross"),
}
_TINTS_PU = (0.0, 0.45, 0.7)  # how far towards white: the second and third part of a kind
_PATTERNS = ("", "stripes", "back", "dots", "upright", "level", "cross")


def look(kind: str, k: int = 0) -> dict[str, str]:
    """Return colour and pattern of the `k`-th part of a kind, counted from 0."""
    color, pattern = _LOOKS[kind]
    tint = _TINTS_PU[k % len(_TINTS_PU)]
    parts = [int(color[i : i + 2], 16) for i in (1, 3, 5)]
    tinted = "".join(f"{round(part + tint * (255 - part)):02X}" for part in parts)
    place = (_PATTERNS.index(pattern) + k) % len(_PATTERNS)
    return {"color": f"#{tinted}", "pattern": _PATTERNS[place]}
