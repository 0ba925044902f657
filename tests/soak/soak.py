"""`make soak`: everything that may happen to unattended nights, a hundred times over.

    python -m tests.soak.soak [SEED]

Prints what it does and its seed, writes RESULT.md beside itself, and ends with 1 if anything was
not as it must be.
"""

import datetime
import random
import sys
import tempfile
import time
from pathlib import Path

from tests.fake_weather import FakeWeather
from tests.soak.trials import (
    Clock,
    Result,
    Scene,
    cold_kills,
    full_disk,
    kills,
    nights,
    overlap,
    read_only,
)
from tests.soak.warm import Warm

RESULT = Path(__file__).with_name("RESULT.md")
KILLS, COLD_KILLS, OVERLAPPING, NIGHTS = 100, 30, 8, 90
FREE_BYTES = [0, 4_000, 20_000, *range(40_000, 600_001, 40_000)]
HEAD = """# The last full soak

Written by `make soak`. {date}, seed {seed}: {verdict}.

After every single event of these trials: no half-written file under a good name, no earlier run
lost or changed, registry whole and at one with the folders, what is in force can be followed.
Exit -9 is a run that was killed; 75 and 2 are nights that found the lock held or nothing to write
to, the latter with an alarm; a troubled night has a random fault of one server or both.

| trial | seen |
|---|---|
"""


def main() -> int:
    """Run every trial, and write what was seen."""
    seed = int(sys.argv[1]) if len(sys.argv) > 1 else random.SystemRandom().randrange(10**6)
    print(f"soak: seed {seed}", flush=True)
    clock = Clock()
    with (
        tempfile.TemporaryDirectory(prefix="dakhla-soak-") as folder,
        FakeWeather(clock) as first,
        FakeWeather(clock) as second,
        Warm() as warm,
    ):
        scene = Scene(folder=Path(folder), servers=(first, second), clock=clock, warm=warm)
        results = list(_results(scene, seed))
    wrong = [problem for result in results for problem in result.problems]
    verdict = f"{len(wrong)} things were wrong" if wrong else "nothing was wrong"
    date = datetime.datetime.now(datetime.UTC).date()
    rows = [f"| {r.name} | {_counts(r)} |\n" for r in results]
    text = HEAD.format(date=date, seed=seed, verdict=verdict) + "".join(rows)
    RESULT.write_text(text + "".join(f"\n- {problem}" for problem in wrong))
    print(f"soak: {verdict}", flush=True)
    return 1 if wrong else 0


def _results(scene: Scene, seed: int) -> "list[Result]":
    """Return what each trial has seen, told as they come."""
    trials = (
        lambda rng: kills(scene, KILLS, rng),
        lambda rng: cold_kills(scene, COLD_KILLS, rng),
        lambda rng: overlap(scene, OVERLAPPING),
        lambda rng: full_disk(scene, FREE_BYTES),
        lambda rng: read_only(scene),
        lambda rng: nights(scene, NIGHTS, rng),
    )
    results = []
    for number, trial in enumerate(trials):
        began = time.monotonic()
        result = trial(random.Random(f"{seed}-{number}"))
        took_s = time.monotonic() - began
        print(f"{result.name}: {_counts(result)} ({took_s:.0f} s)", flush=True)
        for problem in result.problems:
            print(f"  {problem}", flush=True)
        results.append(result)
    return results


def _counts(result: Result) -> str:
    """Return what a trial has seen, in words."""
    return "; ".join(f"{what}: {count}" for what, count in sorted(result.counts.items()))


if __name__ == "__main__":
    sys.exit(main())
