"""Hand a run's power caps over to the compute scheduler: a folder, written whole or not at all."""

import os
import secrets
import shutil
from pathlib import Path
from typing import Any

from models.errors import InputError
from optimizer.capacity import CapacityCurve, Standing, curve
from optimizer.capacity_files import (
    csv_text,
    curve_text,
    json_text,
    kubernetes_texts,
    limits_text,
    slurm_take_back_text,
    slurm_text,
)
from optimizer.certificate import check_folder
from optimizer.compute_map import ComputeMap, load_compute_map
from optimizer.config import WORKLOADS
from optimizer.provenance import DEGRADED
from optimizer.store import is_diagnostic, out_problems, read_json, read_published

FOLDER = "capacity"
MARK = "capacity.json"  # a folder that has it may be replaced


def hand_over(run: Path, out: Path | None = None, compute_map: Path | None = None) -> list[Path]:
    """Write a run's power caps for the compute scheduler; return the files.

    Parameters
    ----------
    run : Path
        Run folder. It is audited first; a softened or unfinished plan is marked in every file.
    out : Path, optional
        Folder to write, ``RUN/capacity`` if not given. An earlier hand-over there is replaced.
    compute_map : Path, optional
        TOML with the nodes of each class; without it there are only capacity.csv and .json.

    Raises
    ------
    InputError
        The run is a diagnostic or no run, the map is wrong, or `out` holds something else.
    AuditFailed
        The run breaks a rule.
    """
    target = run / FOLDER if out is None else out
    if is_diagnostic(run):
        what = f"{run}: is a least-shortfall diagnostic, never to be run"
        raise InputError([f"{what}. Give a run whose plan keeps every limit."])
    if problems := _target_problems(target):
        raise InputError(problems)
    check_folder(run, is_elastic=False)
    published, _ = read_published(run)
    if not published.site.fleet(WORKLOADS):
        raise InputError([f"{run}: its site has no class of compute. Add one to the site file."])
    figures = read_json(run / "kpis.json")
    level, softened = _weather(figures), _softened(figures)
    standing = _standing(figures, is_softened=bool(softened))
    capacity = curve(published, run.resolve().name, standing, level, softened)
    classes = list(dict.fromkeys(row.workload for row in capacity.row))
    nodes = load_compute_map(compute_map, classes) if compute_map is not None else None
    return _replace_folder(target, _texts(capacity, nodes))


def _softened(figures: dict[str, Any]) -> list[str]:
    """Return in sentences what gives way in a softened plan; its audit has checked the amounts."""
    return [str(row["sentence"]) for row in figures.get("softened", [])]


def _weather(figures: dict[str, Any]) -> str:
    """Return what weather the plan stands on, and which rung that is where it is not fresh."""
    level = str(figures.get("weather_level", "given"))
    rung = DEGRADED.get(str(figures.get("weather_rung")))
    return level if rung is None else f"{level}, not fresh: {rung.lower()}"


def _standing(figures: dict[str, Any], *, is_softened: bool) -> Standing:
    """Return how good the plan is, the worst first."""
    if figures.get("status") == "interrupted":
        return "interrupted"
    if is_softened or figures.get("status") == "softened":
        return "softened"
    return "in order" if figures.get("status") == "optimal" else "gap above its limit"


def _texts(capacity: CapacityCurve, nodes: ComputeMap | None) -> dict[str, str]:
    """Return the files' texts by name, the mark last."""
    texts = {"capacity.csv": csv_text(capacity)}
    if nodes is not None:
        if any(pool.partition for pool in nodes.workload.values()):
            texts["slurm_reservations.txt"] = slurm_text(capacity, nodes)
            taken_back = slurm_take_back_text(texts["slurm_reservations.txt"])
            texts["slurm_take_back.txt"] = taken_back
        quotas = kubernetes_texts(capacity, nodes)
        texts |= {f"kubernetes/{name}": text for name, text in quotas.items()}
        if days := curve_text(capacity, nodes):
            texts["kubernetes_curve.json"] = days
        if limits := limits_text(capacity, nodes):
            texts["accelerator_limits.csv"] = limits
    return texts | {MARK: json_text(capacity.model_dump(mode="json"))}


def _target_problems(target: Path) -> list[str]:
    """Return why the hand-over can't be written to `target`."""
    if problems := out_problems(target.parent):
        return problems
    if target.exists() and not target.is_dir():
        return [f"{target}: is a file. Give a folder."]
    if target.is_dir() and any(target.iterdir()) and not (target / MARK).is_file():
        return [f"{target}: holds other files, which would be lost. Give a new folder."]
    return []


def _replace_folder(target: Path, texts: dict[str, str]) -> list[Path]:
    """Write the folder under a hidden name, flush it, and put it in the place of an earlier one."""
    target.parent.mkdir(parents=True, exist_ok=True)
    token = secrets.token_hex(3)
    partial = target.with_name(f".partial-{target.name}-{token}")
    earlier = target.with_name(f".earlier-{target.name}-{token}")
    try:
        for name, text in texts.items():
            path = partial / name
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("w", encoding="utf-8") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
        if target.exists():
            target.rename(earlier)
        partial.rename(target)
    finally:
        if earlier.exists() and not target.exists():
            earlier.rename(target)
        for left in (partial, earlier):
            if left.exists():
                shutil.rmtree(left)
    return [target / name for name in texts]
