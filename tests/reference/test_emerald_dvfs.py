"""Emerald's measured power caps: the throughput six training jobs keep when power is cut.

The cluster's kW are read as MW, so that the audit's tolerance is as small beside it as beside a
data center. Weights are the flexibility tiers' floors, normalised, as the reference's README says.
"""

import json

import pandas as pd
import pytest

from optimizer.workloads.training_rules import hull

JOBS = (  # workload, GPUs, floor of its tier: the reference's README
    ("ft_llama_8b_p3", 32, 0.75),
    ("infer_llama_8b_32g", 32, 0.5),
    ("infer_llama_8b_48g", 48, 0.9),
    ("infer_llama_8b_48g", 48, 0.75),
    ("pt_mpt_13b_sm", 48, 0.5),
    ("pt_mpt_7b_fast", 48, 0.5),
)
CUTS = ("0", "0.05", "0.1", "0.15", "0.2", "0.25", "0.3", "0.3126", "0.35", "0.4")
MEAN_CURVE = {  # cap W: power, throughput, energy per work, each relative to 400 W
    400: (1.0, 1.0, 1.0),
    350: (0.901, 0.955, 0.943),
    300: (0.788, 0.910, 0.866),
    250: (0.662, 0.843, 0.787),
    200: (0.533, 0.728, 0.739),
    100: (0.272, 0.213, 1.290),
}
FULL_CLUSTER_KW = 94.844
FREE = {f"grid_main_{way}_price_mad_per_mwh": [0.0] for way in ("import", "export")}


@pytest.fixture(scope="module")
def sweep(shared):
    """Return power and throughput of each workload at each cap, relative to 400 W."""
    table = pd.read_csv(shared("refcases/emerald_dvfs/dvfs_sweep.csv"))
    table = table.set_index(["Workload", "GPU power cap"])[["power per GPU", "throughput"]]
    full = table.xs(400, level="GPU power cap")
    return table.div(full, level="Workload").set_axis(["power", "throughput"], axis=1)


@pytest.fixture(scope="module")
def full_kw(shared):
    """Return what each job draws at 400 W."""
    table = pd.read_csv(shared("refcases/emerald_dvfs/dvfs_sweep.csv"))
    each_w = table[table["GPU power cap"] == 400].set_index("Workload")["power per GPU"]
    return [float(each_w[workload]) * count / 1000 for workload, count, _ in JOBS]


def curve(points: pd.DataFrame) -> list[list[float]]:
    """Return measured points as a training fleet takes them, the lowest cap first."""
    return points.sort_values("power")[["power", "throughput"]].to_numpy().tolist()


@pytest.mark.parametrize("cut", CUTS)
def test_throughput_of_six_jobs(shared, micro, sweep, full_kw, cut):
    """Proves the weighted throughput that is left at each cut of power, and each job's own."""
    results = json.loads(shared("refcases/emerald_dvfs/lp.json").read_text())
    assert set(results) == set(CUTS)
    floors = sum(floor for _, _, floor in JOBS)
    fleets = {
        f"job{number}": {
            "power_max_mw": mw,
            "curve": curve(sweep.loc[workload]),
            "floor_pu": floor,
            "value_mad_per_mwh": floor / floors / mw,  # so that full speed is worth its weight
        }
        for number, ((workload, _, floor), mw) in enumerate(zip(JOBS, full_kw, strict=True))
    }
    assert sum(full_kw) == pytest.approx(FULL_CLUSTER_KW, abs=5e-4)
    cap_mw = (1 - float(cut)) * sum(full_kw)
    case = micro(
        fleets={"training": fleets, "grid": {"main": {"import_max_mw": cap_mw}}}, series=FREE
    )
    plan = case.plan()
    weighted, by_job = results[cut]
    assert -plan.objective_mad == pytest.approx(weighted, abs=1e-4)
    row = plan.schedule.iloc[0]
    found = [row[f"training_job{k}_work_mw"] / mw for k, mw in enumerate(full_kw)]
    for number in (0, 2, 4, 5):  # jobs 1 and 3 have one curve and one worth per GPU: they tie
        assert found[number] == pytest.approx(by_job[number], abs=1e-4)
    tied = [32 * job[1] + 48 * job[3] for job in (found, by_job)]
    assert tied[0] == pytest.approx(tied[1], abs=1e-2)


def test_mean_curve(sweep):
    """Proves the mean over the eight workloads: power, throughput and energy per work."""
    by_cap = sweep.assign(energy=sweep["power"] / sweep["throughput"]).groupby("GPU power cap")
    mean = by_cap.mean()
    assert by_cap.size().tolist() == [8] * len(MEAN_CURVE)
    for cap_w, expected in MEAN_CURVE.items():
        assert mean.loc[cap_w].tolist() == pytest.approx(expected, abs=1e-3)


def test_dominated_caps(sweep):
    """Proves which caps a mix of others beats, on the fleets' own hulls.

    100 W always; 350 W for half of the workloads; 200 W for the two that do more per watt at
    250 W, which the mean curve hides.
    """
    beaten: dict[int, int] = {}
    for _, points in sweep.groupby("Workload"):
        lines, lowest_pu = hull(tuple((p, y) for p, y in curve(points)))
        for cap_w, power, throughput in points.droplevel("Workload").itertuples():
            best = min(a * power + b for a, b in lines)
            is_beaten = power < lowest_pu or best > throughput + 1e-12
            beaten[cap_w] = beaten.get(cap_w, 0) + is_beaten
    assert beaten == {100: 8, 200: 2, 250: 0, 300: 0, 350: 4, 400: 0}
    per_watt = sweep["throughput"] / sweep["power"]
    at_200, at_250 = (per_watt.xs(cap_w, level="GPU power cap") for cap_w in (200, 250))
    assert (at_250 > at_200).sum() == beaten[200]


@pytest.mark.parametrize(
    ("power_pu", "expected_pu"),
    [
        (1.0, 1.0),
        (0.788, 0.910),
        (0.533, 0.728),
        (0.901, 0.910 + 0.09 * (0.901 - 0.788) / (1 - 0.788)),  # the chord 300-400, not 0.955
        (0.272, 0.728 * 0.272 / 0.533),  # half the fleet paused, the rest at 200 W: not 0.213
    ],
)
def test_fleet_of_the_mean_curve(micro, power_pu, expected_pu):
    """Proves what a fleet of 100 MW of the mean curve does with less than its full power."""
    points = [[p, y] for p, y, _ in MEAN_CURVE.values()]
    fleet = {"power_max_mw": 100.0, "curve": points, "value_mad_per_mwh": 1.0}
    grid = {"import_max_mw": 100 * power_pu}
    plan = micro(fleets={"training": {"ai": fleet}, "grid": {"main": grid}}, series=FREE).plan()
    assert -plan.objective_mad == pytest.approx(100 * expected_pu, rel=1e-6)
