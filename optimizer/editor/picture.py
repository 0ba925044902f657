"""The trade-off curve as a picture; needs the extra ``pictures``."""

from pathlib import Path

import pandas as pd

from models.errors import InputError

try:
    from matplotlib.figure import Figure
except ModuleNotFoundError as _error:  # it is no dependency of planning
    raise InputError(
        ["pictures need matplotlib, which is not installed. Run: pip install matplotlib."]
    ) from _error

SIZE_INCH = (7.0, 5.5)
DOTS_PER_INCH = 150
_TO_MILLION = 1e-6
_TO_TONNE = 1e-3


def draw_tradeoff(curve: pd.DataFrame, path: Path) -> Path:
    """Draw cost and CO2 against a clause's number; infeasible numbers are marked on the axis.

    Parameters
    ----------
    curve : DataFrame
        As `optimizer.editor.tradeoff.tradeoff` returns it.
    path : Path
        Where to write; the ending says the format (.png, .svg, .pdf). Replaced at once.
    """
    field = str(curve.attrs["field"])
    figure = Figure(figsize=SIZE_INCH, layout="constrained")
    top, bottom = figure.subplots(2, 1, sharex=True)
    kept = curve[curve["status"] != "infeasible"]
    refused = curve[curve["status"] == "infeasible"]
    top.plot(kept[field], kept["cost_mad"] * _TO_MILLION, marker="o", color="C0")
    top.set_ylabel("cost [million MAD]")
    top.set_title(f"Art. {curve.attrs['article']} ({curve.attrs['kind'].replace('_', ' ')})")
    bottom.plot(kept[field], kept["emission_kg"] * _TO_TONNE, marker="o", color="C1")
    bottom.set_ylabel("emission [t CO2]")
    bottom.set_xlabel(field)
    for axes in (top, bottom):
        axes.grid(visible=True, alpha=0.3)
        if len(refused):
            floor = [0.0] * len(refused)
            axes.plot(
                refused[field],
                floor,
                "x",
                color="C3",
                transform=axes.get_xaxis_transform(),
                clip_on=False,
                label="no schedule",
            )
            axes.legend()
    partial = path.with_name(f".partial-{path.name}")
    figure.savefig(partial, dpi=DOTS_PER_INCH, format=path.suffix.removeprefix(".") or "png")
    return partial.replace(path)
