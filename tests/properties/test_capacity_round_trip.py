"""Random days of power caps: what Slurm and Kubernetes are told is within one node of the caps."""

import json
import re
from typing import Any

import numpy as np
import pandas as pd
import pytest

from optimizer.capacity import CapacityCurve, frame_of
from optimizer.capacity_files import kubernetes_texts, slurm_text
from optimizer.compute_map import ComputeMap, NodePool

STEPS = 96
START = pd.Timestamp("2026-03-01", tz="UTC")
LINE = re.compile(r"StartTime=(\S+) EndTime=(\S+) NodeCnt=(\d+) ")


def random_day(rng: np.random.Generator, installed_mw: float) -> CapacityCurve:
    """Return a day whose caps jump, stay, fall to nothing and reach beyond what is installed."""
    kinds = rng.integers(0, 4, STEPS)
    levels = np.select(
        [kinds == 0, kinds == 1, kinds == 2],
        [0.0, installed_mw * 1.1, rng.uniform(0, installed_mw, STEPS)],
        np.repeat(rng.uniform(0, installed_mw, STEPS // 8), 8),
    )
    each = rng.choice([0.5, 0.788, 1.0], STEPS)
    moments = pd.date_range(START, periods=STEPS, freq="15min")
    rows = [
        {
            "time_utc": f"{moment:%Y-%m-%dT%H:%M:%SZ}",
            "step_h": 0.25,
            "workload": "training_ai",
            "cap_mw": mw,
            "floor_mw": 0.0,
            "planned_mw": mw,
            "reserved_mw": 0.0,
            "fleet_share_pu": 1.0,
            "accelerator_cap_pu": limit if mw else None,
        }
        for moment, mw, limit in zip(moments, levels.tolist(), each.tolist(), strict=True)
    ]
    head: dict[str, Any] = {"schema_version": 1, "run": "r", "site": "s", "standing": "in order"}
    head |= {"start_utc": rows[0]["time_utc"], "end_utc": "2026-03-02T00:00:00Z"}
    return CapacityCurve.model_validate(
        head | {"weather_level": "given", "softened": [], "row": rows}
    )


def power_mw(free: int, pool: NodePool, row: Any) -> float:
    return free * pool.node_power_mw * (row.accelerator_cap_pu if row.cap_mw else 1.0)


@pytest.mark.parametrize("seed", range(20))
def test_what_is_told_is_within_one_node(seed: int) -> None:
    """Proves that in every quarter hour nodes draw at most the cap, and one more would be above.

    Also that no two reservations hold back more nodes than there are, and none is empty.
    """
    rng = np.random.default_rng(seed)
    pool = NodePool(
        node_power_mw=float(rng.uniform(0.001, 0.5)),
        node_count=int(rng.integers(1, 400)),
        partition="ai",
        namespace="ai",
        node_resource_count=int(rng.integers(1, 9)),
    )
    capacity = random_day(rng, pool.node_power_mw * pool.node_count)
    compute_map = ComputeMap(workload={"training_ai": pool})
    lines = LINE.findall(slurm_text(capacity, compute_map))
    held = [(pd.Timestamp(a, tz="UTC"), pd.Timestamp(b, tz="UTC"), int(n)) for a, b, n in lines]
    assert all(begin < end and count > 0 for begin, end, count in held)
    quotas = {
        pd.Timestamp(name.removesuffix(".json")): int(
            json.loads(text)["items"][0]["spec"]["hard"][pool.resource]
        )
        for name, text in kubernetes_texts(capacity, compute_map).items()
    }
    for row in frame_of(capacity).itertuples():
        free = pool.node_count - sum(n for a, b, n in held if a <= row.time_utc < b)
        assert 0 <= free <= pool.node_count
        latest = max(moment for moment in quotas if moment <= row.time_utc)
        assert quotas[latest] == free * pool.node_resource_count
        assert power_mw(free, pool, row) <= row.cap_mw + 1e-9
        if free < pool.node_count:
            assert power_mw(free + 1, pool, row) > row.cap_mw - 1e-9
