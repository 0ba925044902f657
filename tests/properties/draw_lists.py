"""Jobs, on/off work and research shares of a random facility, from a generator of their own.

Their draws leave those of the other loads as they are. What may never fail is drawn only for an
*ample* facility, whose supply is sized for all of it.
"""

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from tests.properties.draw_loads import Draw

HOUR = pd.Timedelta(hours=1)


def tables(draw: "Draw") -> dict[str, Any]:
    """Return the tables of the three kinds, files and opening states beside them."""
    rng = np.random.default_rng([draw.seed, 3])
    keys = [["a", "b"][: int(rng.choice([0, 0, 1, 2]))] for _ in range(3)]
    return {
        "jobs": {key: _jobs(draw, rng, key) for key in keys[0]},
        "interruptible": {key: _switched(draw, rng, key) for key in keys[1]},
        "quota": {key: _share(draw, rng, key) for key in keys[2]},
    }


def _jobs(draw: "Draw", rng: np.random.Generator, key: str) -> dict[str, Any]:
    name, rows, edges = f"jobs_{key}", [], draw.horizon.edges
    most_mw = 0.0
    for number in range(int(rng.integers(2, 7))):
        duration_h = float(rng.choice([0.5, 1.0, 1.5, 2.75, 4.0]))
        step = int(rng.integers(0, len(edges) - 1))
        earliest = edges[step]
        due = earliest + (duration_h + float(rng.choice([0.0, 1.0, 5.0, 30.0]))) * HOUR
        if draw.has_state and number == 0:
            ran_h = float(rng.choice([0.25, 0.4])) * duration_h
            earliest, due = edges[0] - 6 * HOUR, edges[0] + duration_h * HOUR
            draw.row(name, "running_h", ran_h, "job0")
        if draw.has_state and number == 1:
            draw.row(name, "done_count", 1.0, "job1")
        profile = [float(np.round(rng.uniform(0.5, 4), 2)) for _ in range(int(rng.integers(1, 4)))]
        must_run = draw.is_ample and rng.random() < 0.2
        value = None if must_run else float(np.round(rng.uniform(10, 9000), 1))
        texts = (f"job{number}", earliest.isoformat(), due.isoformat(), duration_h)
        rows += [(*texts, ";".join(map(str, profile)), value, "some tenant")]
        most_mw += max(profile)
        if rng.random() < 0.3:  # one of the same kind
            rows += [(f"twin{number}", *rows[-1][1:])]
            most_mw += max(profile)
    columns = ["name", "earliest_utc", "deadline_utc", "duration_h", "power_mw", "value_mad"]
    path = draw.folder / f"{draw.seed}_{name}.csv"
    pd.DataFrame(rows, columns=[*columns, "tenant"]).to_csv(path, index=False)
    draw.all_it_mw += most_mw
    left = float(np.round(rng.uniform(0, 900), 1))
    limit_mw = most_mw if draw.is_ample else 0.7 * most_mw + 4
    return {"jobs_file": str(path), "power_max_mw": limit_mw, "left_mad_per_mwh": left}


def _switched(draw: "Draw", rng: np.random.Generator, key: str) -> dict[str, Any]:
    name, power_mw = f"interruptible_{key}", float(np.round(rng.uniform(1, 8), 2))
    window_h = int(rng.choice([4, 8, 24]))
    table = {
        "power_mw": power_mw,
        "hours_h": float(np.round(rng.uniform(0, 0.6) * window_h, 2)),
        "window_h": window_h,
        "window_offset_h": float(rng.choice([0.0, 1.0, 2.5])),
        "missed_mad_per_h": float(np.round(rng.uniform(0, 4000), 1)),
    }
    on_h = 0.0
    if rng.random() < 0.5:
        table |= {"min_up_h": float(rng.choice([0.0, 1.0, 3.0])), "start_cost_mad": 40.0}
    elif draw.is_ample and rng.random() < 0.5:
        table |= {"missed_mad_per_h": None}
    if rng.random() < 0.3:
        table |= {"starts_max_count": 4}
    if draw.is_ample and rng.random() < 0.5:
        on_h = 0.75
    draw.row(name, "on_h", on_h)
    draw.all_it_mw += power_mw
    return table


def _share(draw: "Draw", rng: np.random.Generator, key: str) -> dict[str, Any]:
    name, most_mw = f"quota_{key}", float(np.round(rng.uniform(2, 15), 2))
    floor_mw = float(np.round(rng.uniform(0, 0.3) * most_mw, 2)) if draw.is_ample else 0.0
    quota_mwh = float(np.round(745 * floor_mw + rng.uniform(0, 400) * most_mw, 1))
    draw.row(name, "bank_mwh", float(np.round(rng.uniform(0, 100), 1)))
    month = draw.horizon.start.tz_convert("Africa/El_Aaiun")
    if rng.random() < 0.8:
        draw.row(name, "delivered_mwh", float(rng.uniform(0, 1.1)) * quota_mwh, f"{month:%Y-%m}")
    draw.all_it_mw += most_mw
    return {
        "power_max_mw": most_mw,
        "floor_mw": floor_mw,
        "quota_mwh_per_month": quota_mwh,
        "bank_max_mwh": float(np.round(rng.uniform(0, 200), 1)),
        "value_mad_per_mwh": float(np.round(rng.uniform(0, 1500), 1)),
        "opportunistic_value_mad_per_mwh": float(np.round(rng.uniform(0, 900), 1)),
        "left_value_mad_per_mwh": float(np.round(rng.uniform(0, 900), 1)),
    }
