"""Programs small enough to solve by hand, as the page's what-if section takes them."""

import base64
import gzip
from collections.abc import Sequence
from typing import Any

import numpy as np

INF = float("inf")
Row = tuple[dict[int, float], float, float]  # coefficient by column, lower, upper
PLAIN: dict[str, Any] = {
    "levers": [],
    "bases": [],
    "owners": [{"name": "all", "words": {"en": "all", "fr": "tout"}}],
    "show": [],
    "clauses": [],
    "pairs": [],
    "cooling": None,
    "published": {"objective_mad": 0.0, "emission_kg": 0.0},
    "run": "small",
    "mip_gap_pu": 1e-7,
    "steps": 1,
}


def lever(name: str, value: float, low: float = 0.0, high: float = 100.0) -> dict[str, Any]:
    """Return a lever."""
    texts = {"words": {"en": name, "fr": name}, "unit": "MW", "group": "store"}
    toml = [{"key": f"site.{name}", "factor": 1.0, "offset": 0.0}]
    reach = {"low": low, "high": high, "step": 1.0, "value": value}
    return {"id": name, "toml": toml, "is_whole": False, "stops": None} | texts | reach


def packed(arrays: dict[str, np.ndarray]) -> dict[str, Any]:
    """Return arrays as one compressed text, and where each stands in it."""
    blob, places = b"", {}
    for name, values in arrays.items():
        kind = {"f": "f8", "i": "i4", "u": "u1"}[values.dtype.kind]
        data = values.astype("u1" if kind == "u1" else f"<{kind}").tobytes()
        places[name] = [kind, len(blob), len(values)]
        blob += data
    return {"blob": base64.b64encode(gzip.compress(blob)).decode(), "arrays": places}


def program(
    cost: Sequence[float],
    upper: Sequence[float],
    rows: Sequence[Row],
    arrays: dict[str, Sequence[int]] | None = None,
    terms: Sequence[tuple[int, int, float]] = (),
) -> dict[str, Any]:
    """Return the data of a program whose columns begin at 0 and that breaks no ties.

    Parameters
    ----------
    cost, upper : sequence
        By column.
    rows : sequence
        Coefficients by column, and both sides.
    arrays : mapping
        More arrays of whole numbers: series of columns or rows, or some of the named ones.
    terms : sequence
        Place among the numbers, number of the basis, factor.
    """
    n, m = len(cost), len(rows)
    entries = sorted((j, i, v) for i, (row, _, _) in enumerate(rows) for j, v in row.items())
    starts = np.searchsorted([j for j, _, _ in entries], np.arange(n + 1))
    sides = [[row[k] for row in rows] for k in (1, 2)]
    values = [v for _, _, v in entries]
    numbers = np.concatenate([cost, [0.0], values, *sides, np.zeros(n), upper]).astype(float)
    whole = {
        "starts": starts,
        "indices": [i for _, i, _ in entries],
        "term_at": [at for at, _, _ in terms],
        "term_basis": [k for _, k, _ in terms],
        "owner": np.zeros(n),
        **{name: [] for name in ("whole_at", "zero", "tight")},
        **(arrays or {}),
    }
    floats = {
        "numbers": numbers,
        "term_factor": [factor for _, _, factor in terms],
        "tie": np.zeros(n),
        "emission": np.arange(n),
        "solution": np.zeros(n),
        "whole_value": np.zeros(len(whole["whole_at"])),
    }
    is_integer = np.zeros(n, dtype="u1")
    is_integer[list(whole["whole_at"])] = 1
    made = {name: np.asarray(v, dtype="i4") for name, v in whole.items()}
    made |= {name: np.asarray(v, dtype="f8") for name, v in floats.items()}
    sizes = {"columns": n, "rows": m, "nonzeros": len(values)}
    return PLAIN | sizes | packed(made | {"is_integer": is_integer})
