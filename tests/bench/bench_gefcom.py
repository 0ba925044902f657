"""The wind track of GEFCom2014 in full: tasks 4 to 14, both scopes, all ten zones.

Run `python -m tests.bench.bench_gefcom`, about fifteen minutes on one core; with task numbers, only
those. Rows go to `gefcom_wind.csv` beside this file, one per scope, task and zone.

How it was learned to learn: leaf size (3, 5, 8, 12), share of features (0.2, 0.4, 0.6, 0.7, 0.9),
bags, smoothing of the other zones' wind, leads and lags, season, a mean forecast of all zones as a
feature (two-stage, which lost), and blending with gradient boosting (0.5 % better for four times
the work, left out) were compared on tasks 1 to 3 alone, each learned from what came before it.
"""

import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from models.forecast_table import Scope
from models.quantile_learning import Learning
from tests.reference.gefcom_wind import FOLDER, SERIES, TASKS, by_task, coverage, load, scored

SCOPES: tuple[Scope, ...] = ("issue", "horizon")
RESULT = Path(__file__).with_name("gefcom_wind.csv")
SHARED = Path(os.environ.get("DAKHLA_SHARED", Path(__file__).parents[3] / "shared"))


def main(numbers: list[int], scopes: Sequence[Scope] = SCOPES, result: Path = RESULT) -> None:
    """Score the tasks, write every row as it comes, and print the sums."""
    table = load(SHARED / FOLDER / SERIES)
    rows = []
    for number in numbers:
        for scope in scopes:
            begin = time.process_time()
            rows.append(scored(table, number, Learning(scope=scope)))
            score = by_task(rows[-1]).loc[number]
            seconds = time.process_time() - begin
            print(
                f"task {number:2d} {scope:8s} pinball {score['pinball']:.5f} "
                f"80 % holds {score['inside_80_pu']:.3f} "
                f"benchmark {score['benchmark_pinball']:.5f} {seconds:.0f} s",
                flush=True,
            )
            pd.concat(rows).to_csv(result, index=False, float_format="%.6f")
    for scope, part in pd.concat(rows).groupby("scope"):
        print(f"{scope}: mean pinball of the tasks {by_task(part)['pinball'].mean():.5f}")
        print(coverage(part).round(3).to_string())


if __name__ == "__main__":
    main([int(word) for word in sys.argv[1:]] or list(TASKS))
