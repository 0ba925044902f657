"""The trials of the soak: killed, overlapping, on a full disk, in a read-only folder, 90 nights."""

import json
import random
import subprocess
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import pandas as pd

from optimizer.ledger_file import read_ledger
from optimizer.status import health
from tests.fake_faults import FAULTS
from tests.fake_weather import FakeWeather
from tests.faults.test_faults import CASES
from tests.soak.plant import write_plant
from tests.soak.warm import Warm
from tests.soak.witness import Witness

EVENING = pd.Timestamp("2026-12-01T20:47Z")
HARMLESS = {
    case.fault for case in CASES if case.rung == "fresh"
}  # a fresh plan is right with these
STRICT_SHARE, BOTH_SHARE, SKEWED_SHARE = 0.2, 0.4, 0.1
BEGIN_SHARE, LASTING_NIGHTS = 0.12, (1, 2, 3)  # so that one night in five is troubled


@dataclass
class Clock:
    """The clock that nights and servers share."""

    now: pd.Timestamp = EVENING

    def __call__(self) -> pd.Timestamp:
        return self.now


@dataclass
class Result:
    """What a trial has seen: how often what, and everything that was not as it must be."""

    name: str
    counts: Counter[str] = field(default_factory=Counter)
    problems: list[str] = field(default_factory=list)

    def note(self, what: str, problems: list[str]) -> None:
        """Count an event, and keep what is wrong after it."""
        self.counts[what] += 1
        self.problems += [
            f"{self.name} {sum(self.counts.values())} ({what}): {p}" for p in problems
        ]


@dataclass
class Scene:
    """A plant in a folder, its two servers, its clock, and a warm process."""

    folder: Path
    servers: tuple[FakeWeather, FakeWeather]
    clock: Clock
    warm: Warm

    def plant(self, name: str, *, deadline_s: float = 3.0, out: Path | None = None) -> "Stage":
        """Return a fresh plant."""
        folder = self.folder / name
        folder.mkdir()
        self.clock.now = EVENING
        self.heal()
        urls = (self.servers[0].url, self.servers[1].url)
        write_plant(folder, sys.executable, urls, EVENING.floor("D"), deadline_s)
        return Stage(scene=self, folder=folder, out=out or folder / "runs")

    def heal(self) -> None:
        """Let both servers answer well."""
        for server in self.servers:
            server.fault, server.skew = None, pd.Timedelta(0)


@dataclass
class Stage:
    """One plant's folder of runs."""

    scene: Scene
    folder: Path
    out: Path

    def task(self, do: str = "night", **more: Any) -> dict[str, Any]:
        """Return a task of the warm process."""
        now = str(self.scene.clock.now)
        where = {"folder": str(self.folder), "out": str(self.out)}
        return {"do": do, "id": "soak", "now": now, "log": str(self.folder / "log")} | where | more

    def told(self) -> list[str]:
        """Return the alarms so far."""
        path = self.folder / "told"
        return path.read_text().splitlines() if path.exists() else []

    def good_run(self) -> float:
        """Run a night nothing stands in the way of, and return its processor time."""
        (ended,) = self.scene.warm.run(self.task())
        if ended["code"] != 0:
            log = (self.folder / "log").read_text()[-2000:]
            raise AssertionError(f"a night without trouble ended with {ended}: {log}")
        return float(ended["work_s"])


def kills(scene: Scene, count: int, rng: random.Random) -> Result:
    """Kill a warm night at random moments of its run; the last one is left alone."""
    stage, result = scene.plant("kills"), Result("kill")
    witness = Witness(stage.out)
    work_s = min(stage.good_run() for _ in range(2))
    result.note("let run", witness.problems())
    while result.counts["exit -9"] < count:  # a few end before their moment comes
        scene.clock.now += pd.Timedelta(minutes=1)
        moment = {"kill_at_work_s": rng.uniform(0.0, work_s), "kill_late_s": rng.uniform(0.0, 0.02)}
        (ended,) = scene.warm.run(stage.task(**moment))
        result.note(f"exit {ended['code']}", witness.problems())
    stage.good_run()
    result.note("let run", [*witness.problems(), *_left_over(stage.out)])
    return result


def cold_kills(scene: Scene, count: int, rng: random.Random) -> Result:
    """Kill the command itself, from the first import to the last line, at random moments."""
    stage, result = scene.plant("cold"), Result("cold kill")
    witness = Witness(stage.out)
    scene.clock.now = pd.Timestamp.now(tz="UTC")
    prices = (scene.clock.now - pd.Timedelta(days=1)).floor("D")
    urls = (scene.servers[0].url, scene.servers[1].url)
    write_plant(stage.folder, sys.executable, urls, prices, 3.0)

    def start() -> "subprocess.Popen[bytes]":
        scene.clock.now = pd.Timestamp.now(tz="UTC")
        command = [sys.executable, "-m", "optimizer.cli", "daily", "--quiet", "--out", stage.out]
        files = [
            "--site",
            stage.folder / "site.toml",
            "--agreement",
            stage.folder / "agreement.toml",
        ]
        log = (stage.folder / "log").open("ab")
        with log:
            return subprocess.Popen([*command, *files], stdout=log, stderr=log)

    began = time.monotonic()
    result.note(f"exit {start().wait()}", witness.problems())
    whole_s = time.monotonic() - began
    while result.counts["exit -9"] < count:
        process = start()
        try:
            process.wait(rng.uniform(0.0, whole_s))
        except subprocess.TimeoutExpired:
            process.kill()
        result.note(f"exit {process.wait()}", witness.problems())
    code = start().wait()
    wrong = [] if code == 0 else [f"the night after the last kill ended with {code}"]
    result.note(f"exit {code}", [*wrong, *witness.problems(), *_left_over(stage.out)])
    return result


def _left_over(out: Path) -> list[str]:
    """Return half-written runs that are still there after a whole night."""
    return [f"{path.name} is left over" for path in out.glob(".partial-*")]


def overlap(scene: Scene, count: int) -> Result:
    """Start nights at the same moment, then plans at the same moment."""
    stage, result = scene.plant("overlap"), Result("overlap")
    witness = Witness(stage.out)
    codes = Counter(e["code"] for e in scene.warm.run(*[stage.task() for _ in range(count)]))
    wanted = Counter({0: 1, 75: count - 1})
    wrong = [] if codes == wanted else [f"nights ended {dict(codes)}, not {dict(wanted)}"]
    result.note(f"{count} nights at once", [*wrong, *witness.problems()])
    seen = len(witness.manifests)
    codes = Counter(e["code"] for e in scene.warm.run(*[stage.task("plan") for _ in range(count)]))
    wrong = [] if codes == {0: count} else [f"plans ended {dict(codes)}"]
    result.note(f"{count} plans at once", [*wrong, *witness.problems()])
    latest = json.loads((stage.out / "latest.json").read_text())["run"]
    booked = {entry.source for entry in read_ledger(stage.out)}
    if booked != {latest}:
        result.problems.append(f"the ledger holds {booked}, the latest run is {latest}")
    if len(witness.manifests) != seen + count:
        result.problems.append(f"{len(witness.manifests) - seen} of {count} plans are there")
    return result


def full_disk(scene: Scene, free_bytes: list[int]) -> Result:
    """Leave a night so many bytes: a small disk if one may be mounted, else a limit on files."""
    result = Result("full disk")
    stage = scene.plant("full")
    disk = _Disk(stage.folder / "disk", 64_000_000)
    stage.out = disk.folder / "runs"
    try:
        stage.good_run()
        witness = Witness(stage.out)
        result.note("mounted disk" if disk.is_mounted else "limit on a file", witness.problems())
        for free in free_bytes:
            scene.clock.now += pd.Timedelta(minutes=1)
            alarms = len(stage.told())
            limit = disk.fill(free)
            (ended,) = scene.warm.run(stage.task(file_max_bytes=limit))
            disk.empty()
            wrong = [] if ended["code"] in (0, 2, 3) else [f"{free} bytes free: {ended}"]
            silent = ended["code"] == 2 and len(stage.told()) != alarms + 1
            wrong += [f"{free} bytes free: no alarm"] if silent else []
            result.note(f"exit {ended['code']}", [*wrong, *witness.problems()])
        scene.clock.now += pd.Timedelta(minutes=1)
        stage.good_run()
        result.note("let run", [*witness.problems(), *_left_over(stage.out)])
    finally:
        disk.close()
    return result


def read_only(scene: Scene) -> Result:
    """Run a night in a folder that takes no change: exit 2, an alarm, everything as it was."""
    result = Result("read-only")
    stage = scene.plant("readonly")
    disk = _Disk(stage.folder / "disk", 64_000_000)
    stage.out = disk.folder / "runs"
    try:
        stage.good_run()
        witness = Witness(stage.out)
        result.note("let run", witness.problems())
        before = {p: p.read_bytes() for p in stage.out.rglob("*") if p.is_file()}
        disk.protect(stage.out)
        scene.clock.now += pd.Timedelta(minutes=1)
        (ended,) = scene.warm.run(stage.task())
        after = {p: p.read_bytes() for p in stage.out.rglob("*") if p.is_file()}
        wrong = [] if ended["code"] == 2 else [f"ended {ended}"]
        wrong += [] if len(stage.told()) == 1 else ["no alarm"]
        wrong += [] if before == after else ["files were changed"]
        disk.release(stage.out)
        result.note(f"exit {ended['code']}", [*wrong, *witness.problems()])
    finally:
        disk.close()
    return result


class _Disk:
    """A small disk of its own where one may be mounted; else a plain folder."""

    def __init__(self, folder: Path, size_bytes: int) -> None:
        folder.mkdir()
        self.folder = folder
        command = ["mount", "-t", "tmpfs", "-o", f"size={size_bytes}", "none", str(folder)]
        try:
            self.is_mounted = subprocess.run(command, capture_output=True).returncode == 0
        except OSError:
            self.is_mounted = False

    def fill(self, free_bytes: int) -> int | None:
        """Leave so many bytes; return a limit for the size of a file where that can't be done."""
        if not self.is_mounted:
            return free_bytes
        import shutil

        left = shutil.disk_usage(self.folder).free - free_bytes
        with (self.folder / "filler").open("wb") as file:
            file.write(b"\0" * max(left, 0))
        return None

    def empty(self) -> None:
        """Give the room back."""
        (self.folder / "filler").unlink(missing_ok=True)

    def protect(self, out: Path) -> None:
        """Let nothing be written."""
        if self.is_mounted:
            command = ["mount", "-o", "remount,ro", str(self.folder)]
            subprocess.run(command, check=True, capture_output=True)
        else:
            out.chmod(0o555)

    def release(self, out: Path) -> None:
        """Let everything be written again."""
        if self.is_mounted:
            command = ["mount", "-o", "remount,rw", str(self.folder)]
            subprocess.run(command, check=True, capture_output=True)
        else:
            out.chmod(0o755)

    def close(self) -> None:
        """Give the disk back."""
        if self.is_mounted:
            subprocess.run(["umount", str(self.folder)], check=True, capture_output=True)


def nights(scene: Scene, count: int, rng: random.Random, *, deadline_s: float = 3.0) -> Result:
    """Run one night after the other, each from the state the one before left."""
    stage, result = scene.plant("nights", deadline_s=deadline_s), Result("night")
    witness = Witness(stage.out)
    trouble, left = None, 0
    for number in range(count):
        if left == 0:
            scene.heal()
            left = rng.choice(LASTING_NIGHTS) if rng.random() < BEGIN_SHARE and number else 0
            trouble = _trouble(scene, rng) if left else None
        left = max(left - 1, 0)
        is_strict = trouble is not None and rng.random() < STRICT_SHARE
        alarms, before = stage.told(), witness.last_in_force
        (ended,) = scene.warm.run(stage.task(id=f"night{number}", is_strict=is_strict))
        wrong = [*witness.problems()]
        told = stage.told()[len(alarms) :]
        answer, more = _answer(stage, ended["code"], told, before, witness.last_in_force)
        wrong += more
        wrong += _doubtful(answer, trouble)
        result.note(answer, [f"{trouble}: {problem}" for problem in wrong])
        result.counts["troubled nights" if trouble else "nights without trouble"] += 1
        scene.clock.now += pd.Timedelta(days=1)
    return result


def _trouble(scene: Scene, rng: random.Random) -> str:
    """Let the first server, sometimes both, fail in a way drawn from all there are."""
    first, second = scene.servers
    if rng.random() < SKEWED_SHARE:
        first.skew = pd.Timedelta(hours=rng.choice([-3, 3]))
        return "skew"
    first.fault = rng.choice(FAULTS)
    if rng.random() < BOTH_SHARE:
        second.fault = rng.choice(FAULTS)
        return f"{first.fault} and {second.fault}"
    return first.fault


def _answer(
    stage: Stage, code: int, told: list[str], before: str | None, now: str | None
) -> tuple[str, list[str]]:
    """Return the kind of a night's answer, and where files, status and alarms contradict it."""
    moment = (stage.scene.clock.now + pd.Timedelta(minutes=5)).to_pydatetime()
    seen = health(stage.out, timedelta(hours=26), moment)
    record = json.loads((stage.out / "daily.json").read_text())
    expiry = stage.out / "in_force_expiry.json"
    wrong = [] if record["exit_code"] == code else [f"daily.json says {record['exit_code']}"]
    if code in (0, 3):
        in_force = json.loads((stage.out / "in_force.json").read_text())
        figures = json.loads((stage.out / str(now) / "kpis.json").read_text())
        rungs = {record["rung"], in_force["weather_rung"], figures["weather_rung"]}
        is_fresh = rungs == {"fresh"}
        wrong += [] if is_fresh == (code == 0) and len(rungs) == 1 else [f"rungs {rungs}"]
        wrong += [] if seen.exit_code == (code if before else 3) else [f"status: {seen.line}"]
        wrong += ["no new plan is in force"] if now == before else []
        wrong += ["an alarm without need"] if told or expiry.exists() else []
        return f"{record['rung']}, exit {code}", wrong
    wrong += [] if len(told) == 1 and "must act" in told[0] else [f"alarms: {told}"]
    wrong += [] if str(before) in "".join(told) else ["the alarm does not name what is in force"]
    wrong += [] if now == before else ["another plan is in force"]
    wrong += [] if seen.exit_code in (3, 4) else [f"status: {seen.line}"]
    wrong += [] if expiry.exists() else ["no expiry is written"]
    wrong += [] if code == 4 else [f"exit {code}"]
    return f"alarmed, exit {code}", wrong


def _doubtful(answer: str, trouble: str | None) -> list[str]:
    """Return whether a night is fresh that can't be, or not fresh without a reason."""
    is_fresh = answer.startswith("fresh")
    if trouble is None:
        return [] if is_fresh else [f"{answer} without trouble"]
    fault = trouble.split(" and ")[0]
    return [f"fresh in spite of {fault}"] if is_fresh and fault not in HARMLESS else []
