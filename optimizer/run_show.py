"""One run in full: what the registry has of it, what it was made of, key figures and files."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from optimizer.in_force_log import Held
from optimizer.registry import RunRow
from optimizer.run_diff import flat, versions
from optimizer.run_folder import changed_files
from optimizer.store import read_json


def content(row: RunRow | None, terms: Sequence[Held], folder: Path | None) -> dict[str, Any]:
    """Return everything there is to say of a run; `folder` is none where it has none any more.

    Raises
    ------
    InputError
        The folder is no whole run.
    """
    told: dict[str, Any] = {
        "run": {} if row is None else asdict(row),
        "in_force": [asdict(term) for term in terms],
    }
    if folder is None:
        return told
    manifest, figures = read_json(folder / "manifest.json"), read_json(folder / "kpis.json")
    files = [path for path in sorted(folder.rglob("*")) if path.is_file()]
    return told | {
        "manifest": manifest,
        "kpis": figures.get("kpis", {}),
        "files_byte": {path.relative_to(folder).as_posix(): path.stat().st_size for path in files},
        "changed_files": changed_files(folder),
    }


def sections(told: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    """Return what a person reads of `content`, by title."""
    found: dict[str, Mapping[str, Any]] = {}
    if "manifest" in told:
        manifest = told["manifest"]
        names = ("status", "opening_state", "seed", "mip_gap_pu", "softened")
        found["Made of"] = {name: manifest.get(name) for name in names}
        found["Weather"] = dict(flat(manifest.get("weather", {})))
        found["Versions"] = versions(manifest)
        found["Key figures of the binding part"] = told["kpis"].get("binding", {})
        found["Cost [MAD]"] = told["kpis"].get("cost_mad", {})
        found["Files [bytes]"] = told["files_byte"]
        changed = told["changed_files"]
        found["Files against the manifest"] = {"changed": changed}
    for number, term in enumerate(told["in_force"], start=1):
        title = "In force" if len(told["in_force"]) == 1 else f"In force, {number}"
        found[title] = {name: value for name, value in term.items() if value}
    return found
