"""A short form of `make soak`: 10 kills, 14 nights, overlaps, a full disk, a read-only folder."""

import random
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.fake_weather import FakeWeather
from tests.soak.trials import Clock, Result, Scene, full_disk, kills, nights, overlap, read_only
from tests.soak.warm import Warm
from tests.soak.witness import Witness

SEED = 20261123


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    clock = Clock()
    folder = tmp_path_factory.mktemp("soak")
    with FakeWeather(clock) as first, FakeWeather(clock) as second, Warm() as warm:
        yield Scene(folder=folder, servers=(first, second), clock=clock, warm=warm)


def judged(result: Result) -> Result:
    """Print what was seen, for whoever reads a failure, and let nothing pass."""
    print(f"seed {SEED}: {result.name}: {dict(result.counts)}")
    assert result.problems == []
    return result


def cut(path: Path) -> None:
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])


TAMPERED: dict[str, tuple[Callable[[Path], None], str]] = {
    "lost run": (lambda out: shutil.rmtree(next(out.glob("2*"))), "is lost"),
    "half a table": (lambda out: cut(next(out.glob("2*/schedule.csv"))), "changed"),
    "half a payload": (lambda out: cut(next(out.rglob("*.gz"))), ".gz: "),
    "half a forecast": (lambda out: cut(next(out.glob("forecasts/*"))), ".parquet: "),
    "half a ledger": (lambda out: cut(out / "ledger.csv"), "ledger.csv"),
    "half a word": (lambda out: cut(out / "latest.json"), "latest.json"),
    "nothing in force": (lambda out: (out / "in_force.json").unlink(), "nothing is in force"),
    "no record": (lambda out: cut(out / "daily.json"), "daily.json"),
}


def test_the_witness_sees_each_kind_of_damage(scene: Scene, tmp_path: Path) -> None:
    """Proves that the checks of every trial here can fail, for one damage of each kind."""
    stage = scene.plant("tampered")
    stage.good_run()
    for name, (damage, words) in TAMPERED.items():
        copy = tmp_path / name
        shutil.copytree(stage.out, copy)
        witness = Witness(copy)
        assert witness.problems() == []
        damage(copy)
        assert any(words in problem for problem in witness.problems()), name


def test_kills_leave_everything_whole(scene: Scene) -> None:
    """Proves after SIGKILL at 10 random moments: no half file, no lost run, registry in order."""
    judged(kills(scene, 10, random.Random(SEED)))


def test_nights_that_overlap_are_one_night(scene: Scene) -> None:
    """Proves one night and three with exit 75 of four, and four whole runs of four plans."""
    judged(overlap(scene, 4))


def test_a_full_disk_is_told_and_loses_nothing(scene: Scene) -> None:
    result = judged(full_disk(scene, [0, 30_000]))
    assert result.counts["exit 2"] >= 1


def test_a_read_only_folder_is_told(scene: Scene, tmp_path: Path) -> None:
    result = judged(read_only(scene))
    assert result.counts["exit 2"] == 1


def test_every_night_has_a_right_answer(scene: Scene) -> None:
    """Proves 14 nights, one in five with a random fault: fresh, degraded and marked, or alarmed."""
    result = judged(nights(scene, 14, random.Random(SEED), deadline_s=1.5))
    assert result.counts["troubled nights"] >= 2
    assert result.counts["fresh, exit 0"] >= 8
