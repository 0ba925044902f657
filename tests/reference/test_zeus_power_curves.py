"""Zeus's measured power limits: time per epoch and mean power of training on four models of GPU.

A configuration is a network on its data at one batch size. Throughput and power are relative to
the highest limit. Some run fastest, by a hair, at a lower one: a configuration's own fleet has its
nominal point there. Fleets are of 100 MW at the highest limit.
"""

import numpy as np
import pandas as pd
import pytest

from optimizer.workloads.training_rules import hull

CONFIGURATION = ["dataset", "network", "batch_size", "optimizer"]
BANDS = {  # GPU -> limit W: median throughput, power, energy per work: the reference's README
    "v100": {
        250: (1.0, 1.0, 1.0),
        225: (0.987, 0.945, 0.954),
        200: (0.965, 0.867, 0.897),
        175: (0.941, 0.781, 0.845),
        150: (0.899, 0.682, 0.806),
        125: (0.853, 0.591, 0.796),
        100: (0.725, 0.508, 0.836),
    },
    "a40": {200: (0.956, 0.847, 0.866)},
    "rtx6000": {150: (0.909, 0.680, 0.778)},
}
LARGEST_BATCH = {  # dataset -> median at 150 of 250 W on a V100: the README, too
    "imagenet": (0.842, 0.661, 0.785),
    "squad": (0.759, 0.646, 0.851),
    "sentiment140": (0.833, 0.656, 0.788),
}
SAVINGS = {  # GPU -> median best saving of energy [%] at most 5 and 10 % slower: the README
    "v100": (9.7, 15.8),
    "a40": (12.0, 16.9),
    "p100": (7.2, 11.8),
    "rtx6000": (9.0, 15.0),
}
MIXED = {"v100": (12.3, 18.2), "a40": (15.6, 18.3), "p100": (11.0, 11.9), "rtx6000": (11.9, 18.8)}
CORNERS = {  # GPU -> limits whose medians no mix of others beats
    "v100": [125, 150, 175, 225, 250],
    "a40": [175, 225, 300],
    "p100": [125, 250],
    "rtx6000": [125, 150, 175, 200, 260],
}
FREE = {"grid_main_import_price_mad_per_mwh": [1.0], "grid_main_export_price_mad_per_mwh": [0.0]}


@pytest.fixture(scope="module")
def measured(shared):
    """Return throughput and power of each configuration at each limit, by GPU."""

    def read(gpu):
        table = pd.read_csv(shared(f"refcases/zeus_power_curves/summary_power_{gpu}.csv"))
        table = table.set_index([*CONFIGURATION, "power_limit"])
        full = table.xs(table.index.get_level_values("power_limit").max(), level="power_limit")
        relative = pd.DataFrame(
            {
                "throughput": full["time_per_epoch"] / table["time_per_epoch"],
                "power": table["average_power"] / full["average_power"],
            }
        ).dropna()
        return relative.assign(energy=relative["power"] / relative["throughput"])

    return {gpu: read(gpu) for gpu in SAVINGS}


@pytest.fixture(scope="module")
def medians(measured):
    """Return the median of each limit, by GPU."""
    return {gpu: table.groupby("power_limit").median() for gpu, table in measured.items()}


def curve(points):
    """Return measured points as a training fleet takes them: relative to the fastest, the last."""
    fastest = points.loc[points["throughput"].idxmax()]
    below = points[points["power"] < fastest["power"]]
    relative = zip(
        below["power"] / fastest["power"],
        below["throughput"] / fastest["throughput"],
        strict=True,
    )
    return [*sorted(dict(relative).items()), (1.0, 1.0)]


def test_medians(medians):
    """Proves the bands of the README from the measurements, to their digits."""
    for gpu, bands in BANDS.items():
        for limit_w, expected in bands.items():
            found = medians[gpu].loc[limit_w, ["throughput", "power", "energy"]]
            assert found.tolist() == pytest.approx(expected, abs=5.01e-4), (gpu, limit_w)


@pytest.mark.parametrize("dataset", LARGEST_BATCH)
def test_largest_batches(measured, dataset):
    """Proves the V100's three networks at their largest batch and 150 W."""
    table = measured["v100"].xs(150, level="power_limit").reset_index()
    of_dataset = table[table["dataset"].str.lower().str.startswith(dataset)]
    largest = of_dataset[of_dataset["batch_size"] == of_dataset["batch_size"].max()]
    found = largest[["throughput", "power", "energy"]].median()
    assert found.tolist() == pytest.approx(LARGEST_BATCH[dataset], abs=5.01e-4)


@pytest.mark.parametrize("gpu", SAVINGS)
def test_fleets_of_the_median_curves(micro, medians, gpu):
    """Proves what 100 MW of each GPU do at every limit's power: the measured median or more.

    At a corner of the hull it is the measured median itself; elsewhere a mix of caps does better.
    """
    points = medians[gpu]
    fleet = {"power_max_mw": 100.0, "curve": curve(points), "value_mad_per_mwh": 100.0}
    for limit_w, row in points[points["power"] <= 1].iterrows():
        grid = {"import_max_mw": 100 * row["power"]}
        case = micro(fleets={"training": {"ai": fleet}, "grid": {"main": grid}}, series=FREE)
        found = case.plan().schedule.iloc[0]
        assert found["training_ai_power_mw"] == pytest.approx(100 * row["power"], abs=1e-6)
        assert found["training_ai_work_mw"] >= 100 * row["throughput"] - 1e-6
        if limit_w in CORNERS[gpu]:
            work_mw = 100 * row["throughput"]
            assert found["training_ai_work_mw"] == pytest.approx(work_mw, abs=1e-6)
            energy = found["training_ai_power_mw"] / found["training_ai_work_mw"]
            assert energy == pytest.approx(row["power"] / row["throughput"], abs=1e-8)


@pytest.mark.parametrize("gpu", SAVINGS)
def test_corners_of_the_median_curves(medians, gpu):
    """Proves which limits a mix beats, and that a cap with less work per watt is never used."""
    points = medians[gpu]
    lines, lowest_pu = hull(tuple(curve(points)))
    assert [slope for slope, _ in lines] == sorted((slope for slope, _ in lines), reverse=True)
    corners = [
        limit_w
        for limit_w, row in points[points["power"] <= 1].iterrows()
        if row["power"] >= lowest_pu - 1e-12
        and min(a * row["power"] + b for a, b in lines) <= row["throughput"] + 1e-12
    ]
    assert corners == CORNERS[gpu]
    best = (points["throughput"] / points["power"]).idxmax()
    assert points.loc[best, "power"] == pytest.approx(lowest_pu)


def fleets_of(points, least):
    """Return two fleets of a configuration that keep `least`: one of its best cap, one of all.

    The contract is what the cap does, or `least`. With them: MW at the fastest cap, and its speed.
    """
    fastest = points.loc[points["throughput"].idxmax()]
    power_mw, speed = 100 * float(fastest["power"]), float(fastest["throughput"])
    kept = [cap for cap in curve(points) if cap[1] * speed >= least]
    best = min(kept, key=lambda cap: cap[0] / cap[1])
    at_best = [(1.0, 1.0)] if best[0] == 1 else [best, (1.0, 1.0)]
    common = {"power_max_mw": power_mw}
    one = common | {"curve": at_best, "floor_pu": best[1]}
    return one, common | {"curve": curve(points), "floor_pu": least / speed}, power_mw, speed


@pytest.mark.parametrize("least", [0.95, 0.9])
@pytest.mark.parametrize("gpu", SAVINGS)
def test_best_savings(micro, measured, gpu, least):
    """Proves the README's medians: of the caps at most 5 or 10 % slower the best, by our plans.

    A fleet whose contract is what one cap does runs at that cap. One with all caps on its curve
    and the contract alone does no worse, for any configuration, and better in the median.
    """
    fleets, scale = {}, {}
    for number, (_, points) in enumerate(measured[gpu].groupby(level=CONFIGURATION)):
        fleets[f"one{number}"], fleets[f"mix{number}"], power_mw, speed = fleets_of(points, least)
        scale[number] = speed / power_mw
    row = micro(fleets={"training": fleets, "grid": {"main": {}}}, series=FREE).plan()
    row = row.schedule.iloc[0]

    def saved(kind, number):
        work = row[f"training_{kind}{number}_work_mw"] * scale[number]
        return 1 - row[f"training_{kind}{number}_power_mw"] / 100 / work

    single, mixed = (np.array([saved(kind, n) for n in scale]) for kind in ("one", "mix"))
    assert (mixed >= single - 1e-9).all()
    place = (0.95, 0.9).index(least)
    assert 100 * np.median(single) == pytest.approx(SAVINGS[gpu][place], abs=0.0501)
    assert 100 * np.median(mixed) == pytest.approx(MIXED[gpu][place], abs=0.0501)
