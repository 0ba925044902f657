"""The capacity curve as files: CSV, JSON, and what operators of Slurm and Kubernetes load.

Slurm: a partition's ``MaxNodes`` limits one job, not all of them, so nodes are held back by
reservations instead: known a day ahead, they keep jobs from starting that would still run when the
cap falls. They lie on one another like bricks, so that a node once held back stays so until the
cap rises. Kubernetes: a ``ResourceQuota`` limits what a namespace may start; a file for each
moment at which a count changes, to be applied at that moment.

References
----------
.. [1] SchedMD, "Advanced Resource Reservation Guide," slurm.schedmd.com/reservations.html
.. [2] Kubernetes, "Resource Quotas," kubernetes.io/docs/concepts/policy/resource-quotas
"""

import json
import re
from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd

from optimizer.capacity import CapacityCurve, frame_of, stamp
from optimizer.compute_map import ComputeMap, NodePool

_ROUND_OFF = 1e-9
_RESERVATION = (
    "TZ=UTC scontrol create reservation ReservationName={name} PartitionName={partition} "
    "StartTime={start:%Y-%m-%dT%H:%M:%S} EndTime={end:%Y-%m-%dT%H:%M:%S} NodeCnt={count} "
    "Users=root Flags=IGNORE_JOBS"  # not MAINT: two of those could hold back the same nodes
)


def csv_text(capacity: CapacityCurve, workload: str | None = None) -> str:
    """Return the rows, of one class or all, as CSV; an empty cell is a share without meaning."""
    table = frame_of(capacity)
    table = table[table["workload"] == workload] if workload is not None else table
    table = table.assign(time_utc=[stamp(t) for t in table["time_utc"]])
    return str(table.to_csv(index=False, lineterminator="\n"))


def json_text(content: Any) -> str:
    """Return JSON as the files have it; NaN is refused."""
    return json.dumps(content, indent=1, allow_nan=False, ensure_ascii=False) + "\n"


def nodes_of(rows: pd.DataFrame, pool: NodePool) -> pd.DataFrame:
    """Return, for each step of one class, how many nodes may run and how far each is capped.

    Parameters
    ----------
    rows : DataFrame
        Rows of one class, as `optimizer.capacity.caps` has them.

    Returns
    -------
    DataFrame with ``time_utc``, ``end_utc``, ``node_count`` and ``power_limit_w`` (or NaN)
    """
    each = rows["accelerator_cap_pu"].fillna(1.0).where(rows["cap_mw"] > 0, 1.0)
    full = rows["cap_mw"] / (pool.node_power_mw * each.where(each > 0, 1.0))
    count = np.minimum(np.floor(full + _ROUND_OFF), pool.node_count).astype(int)
    watts = np.nan if pool.accelerator_power_max_w is None else pool.accelerator_power_max_w
    has_fleet = rows["fleet_share_pu"].notna()
    return pd.DataFrame(
        {
            "time_utc": rows["time_utc"],
            "end_utc": (rows["time_utc"] + pd.to_timedelta(rows["step_h"], unit="h")).dt.round("s"),
            "node_count": count,
            "power_limit_w": np.floor(each * watts + _ROUND_OFF).where(has_fleet),
        }
    )


def slurm_text(capacity: CapacityCurve, compute_map: ComputeMap) -> str:
    """Return one line for each reservation that holds nodes back, below what the file is."""
    table = frame_of(capacity)
    lines = [
        f"# Power caps of run {capacity.run}, {capacity.start_utc} to {capacity.end_utc}.",
        f"# The plan is {capacity.standing}; its weather is {capacity.weather_level}.",
        *(f"# {sentence}" for sentence in capacity.softened),
        "# Load before they begin, as root: each line holds back nodes that have no power then.",
    ]
    for workload, pool in compute_map.workload.items():
        if pool.partition is None:
            continue
        nodes = nodes_of(table[table["workload"] == workload], pool)
        for number, (start, end, count) in enumerate(_bricks(nodes, pool.node_count), start=1):
            name = f"dakhla_{workload}_{start:%Y%m%dT%H%M}_{number}"
            text = _RESERVATION.format(
                name=name, partition=pool.partition, start=start, end=end, count=count
            )
            lines.append(text)
    return "\n".join(lines) + "\n"


def slurm_take_back_text(reservations: str) -> str:
    """Return the lines that take reservations back, for when a later plan takes their place."""
    names = re.findall(r"ReservationName=(\S+)", reservations)
    return "".join(f"scontrol delete ReservationName={name}\n" for name in names)


def _bricks(
    nodes: pd.DataFrame, installed: int
) -> Iterator[tuple[pd.Timestamp, pd.Timestamp, int]]:
    """Yield beginning, end and height of the bricks that make the nodes held back.

    What was put on last is taken off first, so that each brick is as long as it can be.
    """
    pile: list[tuple[pd.Timestamp, int]] = []
    height = 0
    for moment, count in zip(nodes["time_utc"], nodes["node_count"], strict=True):
        held = installed - count
        if held > height:
            pile.append((moment, held - height))
        yield from _taken_off(pile, height - held, moment)
        height = held
    yield from _taken_off(pile, height, nodes["end_utc"].iloc[-1])


def _taken_off(
    pile: list[tuple[pd.Timestamp, int]], count: int, moment: pd.Timestamp
) -> Iterator[tuple[pd.Timestamp, pd.Timestamp, int]]:
    """Yield what ends at `moment`, and take it off the pile."""
    while count > 0:
        start, height = pile.pop()
        off = min(height, count)
        if off < height:
            pile.append((start, height - off))
        yield start, moment, off
        count -= off


def kubernetes_texts(capacity: CapacityCurve, compute_map: ComputeMap) -> dict[str, str]:
    """Return manifests by file name: the quotas from each moment on at which one changes.

    They are JSON, which ``kubectl apply -f`` takes; each file has every namespace's quota.
    """
    table = frame_of(capacity)
    pools = {name: p for name, p in compute_map.workload.items() if p.namespace is not None}
    if not pools:
        return {}
    by_class = {
        name: nodes_of(table[table["workload"] == name], pool).set_index("time_utc")
        for name, pool in pools.items()
    }
    counts = pd.DataFrame({name: nodes["node_count"] for name, nodes in by_class.items()})
    limits = pd.DataFrame({name: nodes["power_limit_w"] for name, nodes in by_class.items()})
    state = pd.concat([counts, limits.fillna(-1.0)], axis=1)  # NaN differs from itself
    changes = state.index[(state != state.shift()).any(axis=1)]
    files = {}
    for moment in changes:
        items = [
            _quota(capacity, pool, moment, by_class[name].loc[moment])
            for name, pool in pools.items()
        ]
        content = {"apiVersion": "v1", "kind": "List", "items": items}
        files[f"{moment:%Y%m%dT%H%M%SZ}.json"] = json_text(content)
    return files


def curve_text(capacity: CapacityCurve, compute_map: ComputeMap) -> str:
    """Return a ``ConfigMap`` with the class's whole day for each namespace; or nothing.

    For controllers that look ahead: what may start now must also fit what comes.
    """
    items = [
        {
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": {
                "name": "dakhla-capacity-curve",
                "namespace": pool.namespace,
                "annotations": {"dakhla/run": capacity.run, "dakhla/standing": capacity.standing},
            },
            "data": {"capacity.csv": csv_text(capacity, name)},
        }
        for name, pool in compute_map.workload.items()
        if pool.namespace is not None
    ]
    return json_text({"apiVersion": "v1", "kind": "List", "items": items}) if items else ""


def _quota(
    capacity: CapacityCurve, pool: NodePool, moment: pd.Timestamp, nodes: "pd.Series[Any]"
) -> dict[str, Any]:
    """Return the quota of one namespace from one moment on."""
    notes = {
        "dakhla/run": capacity.run,
        "dakhla/standing": capacity.standing,
        "dakhla/valid-from": stamp(moment),
        "dakhla/valid-until": capacity.end_utc,
    }
    if not np.isnan(nodes["power_limit_w"]):
        notes["dakhla/accelerator-power-limit-w"] = f"{nodes['power_limit_w']:.0f}"
    count = int(nodes["node_count"]) * pool.node_resource_count
    return {
        "apiVersion": "v1",
        "kind": "ResourceQuota",
        "metadata": {
            "name": "dakhla-capacity",
            "namespace": pool.namespace,
            "annotations": notes,
        },
        "spec": {"hard": {pool.resource: str(count)}},
    }


def limits_text(capacity: CapacityCurve, compute_map: ComputeMap) -> str:
    """Return the power limits of accelerators as CSV, a row where one changes; or nothing.

    ``nvidia-smi --power-limit=W`` sets one on a node; either scheduler can spread it.
    """
    table = frame_of(capacity)
    frames = []
    for workload, pool in compute_map.workload.items():
        nodes = nodes_of(table[table["workload"] == workload], pool)
        changed = nodes[nodes["power_limit_w"].notna()]
        changed = changed[changed["power_limit_w"] != changed["power_limit_w"].shift()]
        frames.append(changed.assign(workload=workload))
    limits = pd.concat(frames).sort_values(["time_utc", "workload"], kind="stable")
    if limits.empty:
        return ""
    limits = limits.assign(
        time_utc=[stamp(t) for t in limits["time_utc"]],
        power_limit_w=limits["power_limit_w"].astype(int),
    )
    columns = ["time_utc", "workload", "power_limit_w"]
    return str(limits[columns].to_csv(index=False, lineterminator="\n"))
