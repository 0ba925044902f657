"""The night as a Prometheus text file, for node_exporter's textfile collector.

A success of the past stays in the file over any number of failures, so that an alert on
``time() - dakhla_last_success_timestamp_seconds`` needs nothing else.
"""

from collections.abc import Mapping
from pathlib import Path

from optimizer.store import write_text

RUNGS = ("fresh", "given", "synthetic", "last_run", "second", "climatology")


_WHAT = {
    "last_run_timestamp_seconds": "When the last nightly run began.",
    "last_success_timestamp_seconds": "When the last nightly run that put a plan in force began.",
    "exit_code": "Exit code of the last nightly run: 0 fresh, 3 degraded, else no new plan.",
    "run_duration_seconds": "How long the last nightly run took.",
    "weather_age_seconds": "Age of the weather model's run that the last plan stands on.",
    "plan_start_timestamp_seconds": "When the plan in force begins.",
    "plan_expires_timestamp_seconds": "When the plan in force ends.",
    "solve_seconds": "What the solver took for the last plan.",
    "objective_mad": "Cost of the last plan over its whole horizon.",
    "mip_gap_ratio": "Proven distance of the last plan from the optimum, as a part of its cost.",
}


def text(values: Mapping[str, float | None], site: str, rung: str | None) -> str:
    """Return the file's content.

    Parameters
    ----------
    values : mapping
        Figure by name without ``dakhla_``; those that are None or missing are left out.
    site : str
        Label of every figure.
    rung : str or None
        What the last plan's weather stands on.
    """
    label = f'site="{_escaped(site)}"'
    lines: list[str] = []
    for name, what in _WHAT.items():
        value = values.get(name)
        if value is not None:
            lines += [f"# HELP dakhla_{name} {what}", f"# TYPE dakhla_{name} gauge"]
            lines.append(f"dakhla_{name}{{{label}}} {value:.15g}")
    if rung is not None:
        lines += ["# HELP dakhla_weather_rung 1 for what the last plan's weather stands on."]
        lines += ["# TYPE dakhla_weather_rung gauge"]
        for known in dict.fromkeys((*RUNGS, rung)):
            line = f'dakhla_weather_rung{{{label},rung="{_escaped(known)}"}}'
            lines.append(f"{line} {int(known == rung)}")
    return "\n".join(lines) + "\n"


def write(
    path: Path, values: Mapping[str, float | None], site: str, rung: str | None
) -> str | None:
    """Replace the file at once; return what went wrong, or none."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_text(path, text(values, site, rung))
    except OSError as error:
        return f"metrics_file = {path} can't be written: {error.strerror or error}. Mend that."
    return None


def _escaped(label: str) -> str:
    """Return a label's value as the format wants it."""
    return label.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
