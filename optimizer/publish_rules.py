"""Which runs may be put in force: never a broken one, and some only if a person insists."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from models.errors import InputError
from optimizer.certificate import check_folder
from optimizer.errors import AuditFailed
from optimizer.run_folder import BINDING_H, changed_files, weather_rung
from optimizer.run_tables import as_written
from optimizer.store import read_json

LATE_MAX_H = 6.0  # assumption: what is left of a day that began earlier is planned again instead


def check_run(folder: Path) -> dict[str, Any]:
    """Audit a run that is to be put in force, and return its manifest.

    Raises
    ------
    InputError
        It is a diagnostic, or no whole run.
    AuditFailed
        It breaks a rule, or its files are not those that were written.
    """
    manifest = read_json(folder / "manifest.json")
    with as_written(folder / "manifest.json"):
        for key in ("start_utc", "end_utc"):
            pd.Timestamp(manifest[key]).tz_convert("UTC")
        {str(manifest[key]) for key in ("site", "status")}
        manifest["weather"]["level"]
    if manifest.get("is_diagnostic") is True:
        what = f"{folder}: is a least-shortfall diagnostic, never to be run"
        raise InputError([f"{what}. Give a run whose plan keeps every limit."])
    if changed := changed_files(folder):
        raise AuditFailed("\n".join(f"{folder}: {what}" for what in changed))
    check_folder(folder)
    return manifest


def refusals(manifest: Mapping[str, Any], now: pd.Timestamp, site: str | None) -> list[str]:
    """Return why a run should not be put in force at `now`, all at once.

    Parameters
    ----------
    site : str, optional
        The site of the plan that is in force.
    """
    found = []
    if weather_rung(manifest) == "synthetic":
        found.append("its weather is synthetic: the bundled climate, no forecast")
    if manifest["weather"]["level"] == "tmy":
        found.append("its weather is a typical year's, no forecast")
    if manifest.get("kind") == "trial":
        found.append("it is a trial")
    found += _of_time(manifest, now)
    if manifest["status"] == "interrupted":
        found.append("it was interrupted: the best schedule until then, not the optimum")
    if manifest["status"] == "softened" or manifest.get("softened"):
        limits = ", ".join(manifest.get("softened", [])) or "a limit"
        found.append(f"it is softened: {limits} gives way")
    if site is not None and site != manifest["site"]:
        found.append(f"it is of {manifest['site']!r}, and the plan in force of {site!r}")
    return found


def _of_time(manifest: Mapping[str, Any], now: pd.Timestamp) -> list[str]:
    """Return why a run comes too late."""
    start, end = pd.Timestamp(manifest["start_utc"]), pd.Timestamp(manifest["end_utc"])
    expires = min(start + pd.Timedelta(hours=BINDING_H), end)
    if expires <= now:
        return [f"its binding part ended at {expires:%Y-%m-%d %H:%M}Z"]
    late_h = (now - start) / pd.Timedelta(hours=1)
    if late_h > LATE_MAX_H:
        return [f"it starts {late_h:.1f} h in the past, more than {LATE_MAX_H:g} h"]
    return []
