"""`dakhla daily`, `status` and `install-timer` as cron, a monitor and an administrator call them."""

import json
import os
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pandas as pd
import pytest

from optimizer.lock import one_night
from tests.end_to_end.conftest import Said
from tests.fake_weather import FakeWeather
from tests.soak.plant import write_plant

ROOT = Path(__file__).parents[2]
COMMAND = [sys.executable, "-m", "optimizer.cli"]
Call = Callable[[list[str]], Said]


def clock() -> pd.Timestamp:
    return pd.Timestamp.now(tz="UTC")


@pytest.fixture(scope="module")
def servers() -> Iterator[tuple[FakeWeather, FakeWeather]]:
    with FakeWeather(clock) as first, FakeWeather(clock) as second:
        yield first, second


@pytest.fixture
def plant(tmp_path: Path, servers: tuple[FakeWeather, FakeWeather]) -> Path:
    """Return the folder of a small plant whose weather two healthy servers forecast."""
    for server in servers:
        server.fault = None
    urls = (servers[0].url, servers[1].url)
    write_plant(tmp_path, sys.executable, urls, clock().floor("D"), 2.0)
    return tmp_path


def test_a_night_leaves_a_page_of_the_plan_in_force(plant: Path, call: Call) -> None:
    """Proves the page is there without being asked for, with the forecast's bands in its charts."""
    said = call([one for one in options(plant, "--json", "--no-what-if") if one != "--no-page"])
    assert (said.code, said.answer["notes"]) == (0, [])
    text = (plant / "runs" / in_force(plant)["run"] / "report.html").read_text(encoding="utf-8")
    assert '"kind":"band"' in text


def options(plant: Path, *more: str) -> list[str]:
    files = ["--site", "site.toml", "--agreement", "agreement.toml", "--out", "runs"]
    names = {"site.toml", "agreement.toml", "runs"}
    return [str(plant / a) if a in names else a for a in ["daily", *files, "--no-page", *more]]


def runs(plant: Path) -> list[str]:
    return sorted(path.name for path in (plant / "runs").glob("2*"))


def in_force(plant: Path) -> dict:
    return json.loads((plant / "runs" / "in_force.json").read_text())


def told(plant: Path) -> list[str]:
    path = plant / "told"
    return path.read_text().splitlines() if path.exists() else []


def status(call: Call, plant: Path) -> Said:
    return call(["status", "--out", str(plant / "runs"), "--json"])


def test_a_good_night_a_degraded_one_and_a_strict_one(
    plant: Path, call: Call, servers: tuple[FakeWeather, FakeWeather]
) -> None:
    """Proves exit 0, 3 and 4 in a row: in force and quiet, in force and marked, kept and alarmed."""
    said = call(options(plant, "--quiet"))
    assert (said.code, said.out, said.err) == (0, "", "")
    first = in_force(plant)
    assert (first["run"], first["weather_rung"], first["by"]) == (
        runs(plant)[0],
        "fresh",
        "dakhla daily",
    )
    servers[0].fault = "http_404"
    said = call(options(plant, "--json"))
    assert (said.code, said.answer["exit_code"], said.answer["weather_rung"]) == (3, 3, "last_run")
    assert said.answer["in_force"] == in_force(plant)["run"] != first["run"]
    assert said.err.startswith("dakhla: run ")
    assert "last run, open-meteo" in said.err
    assert "the server answers 404" in said.err
    degraded = status(call, plant)
    assert degraded.code == 3
    assert "its weather is below fresh: last run" in degraded.answer["message"]
    assert told(plant) == []
    said = call(options(plant, "--quiet", "--strict"))
    assert (said.code, said.out) == (4, "")
    assert said.err == f"{told(plant)[0]}\n"
    assert len(runs(plant)) == 2
    assert json.loads((plant / "runs" / "in_force_expiry.json").read_text())["exit_code"] == 4
    assert status(call, plant).answer["last_night"]["exit_code"] == 4


def test_weather_must_be_named(plant: Path, call: Call) -> None:
    """Proves exit 2 with the remedy for the climate, for a file, and for a name nobody has."""
    for name in ("climate", "weather.csv", "third"):
        said = call(options(plant, "--json", "--weather", name))
        assert (said.code, said.answer["status"]) == (2, "input_error")
        problem = (
            f"{plant / 'site.toml'}: [weather] source = {name!r} is no forecast source. Name a "
            "table of [weather.online] there or by --weather (tables: first, second), or plan from "
            "it all the same with --force."
        )
        assert said.answer["problems"] == [problem]
        assert said.answer["alarm"] == told(plant)[-1]
    assert runs(plant) == []
    said = call(options(plant, "--json", "--weather", "climate", "--force"))
    assert (said.code, said.answer["weather_rung"]) == (0, "synthetic")
    assert in_force(plant)["forced"] == [
        "its weather is synthetic: the bundled climate, no forecast"
    ]


def test_a_past_day_is_planned_but_not_put_in_force(plant: Path, call: Call) -> None:
    """Proves that a day that has gone by does not come in force, and that the run stays."""
    urls = ("http://127.0.0.1:9", "http://127.0.0.1:9")
    write_plant(plant, sys.executable, urls, (clock() - pd.Timedelta(days=4)).floor("D"), 0.2)
    given = (plant / "site.toml").read_text()
    farm = given[given.index("[wind.main]") : given.index("[battery.main]")]
    (plant / "site.toml").write_text(given.replace(farm, ""))  # then no weather is needed
    day = f"{clock() - pd.Timedelta(days=3):%Y-%m-%d}"
    said = call(options(plant, "--json", "--date", day))
    assert (said.code, said.answer["status"]) == (2, "input_error")
    assert "in the past" in said.err or "its binding part ended at" in said.err
    assert len(runs(plant)) == 1
    assert not (plant / "runs" / "in_force.json").exists()


@pytest.mark.parametrize("text", ["2026-13-01", "tomorrow"])
def test_a_wrong_day_is_an_alarm_too(plant: Path, call: Call, text: str) -> None:
    said = call(options(plant, "--date", text))
    assert (said.code, said.out) == (2, "")
    assert said.err == f"{told(plant)[0]}\n"
    assert f"--date = '{text}' is not a day." in said.err


def test_a_folder_that_is_a_file_is_an_alarm_and_a_note(plant: Path, call: Call) -> None:
    (plant / "runs").write_text("")
    said = call(options(plant, "--json"))
    assert said.code == 2
    assert "which is a file. Give a folder." in said.answer["problems"][0]
    assert told(plant) == [said.answer["alarm"]]
    assert len(said.answer["notes"]) == 2  # neither expiry nor record could be written


def test_a_second_night_leaves_with_75_and_touches_nothing(plant: Path, call: Call) -> None:
    out = plant / "runs"
    with one_night(out, "dakhla daily for 2026-12-02", clock()):
        said = call(options(plant, "--json"))
        assert (said.code, said.answer["status"], said.answer["alarm"]) == (75, "locked", None)
        assert f"process {os.getpid()} on " in said.err
        assert sorted(p.name for p in out.iterdir()) == [".lock", ".lock.json"]
    assert told(plant) == []


def test_a_night_that_hangs_for_hours_is_an_alarm(plant: Path, call: Call) -> None:
    """Proves that a lock nobody gives back does not end in silence, night after night."""
    with one_night(plant / "runs", "dakhla daily", clock() - pd.Timedelta(hours=24)):
        said = call(options(plant))
    assert said.code == 75
    assert told(plant)[0].startswith("dakhla at small plant: the nightly run hangs since 24 h: ")


def test_cron_runs_a_night_with_nothing_to_lean_on(plant: Path) -> None:
    """Proves an empty environment, no HOME, another folder, LANG=C, output closed, umask 022.

    All files can be read by others then, as node_exporter and the scheduler must.
    """
    elsewhere = plant / "elsewhere"
    elsewhere.mkdir()
    words = " ".join(f"'{word}'" for word in [*COMMAND, *options(plant, "--quiet")])
    done = subprocess.run(
        ["bash", "-c", f"exec {words} >&- 2>&-"],
        cwd=elsewhere,
        env={"PYTHONPATH": str(ROOT), "LANG": "C", "PATH": "/usr/bin:/bin"},
        umask=0o022,
        capture_output=True,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")
    assert list(elsewhere.iterdir()) == []
    found = {p: stat.S_IMODE(p.stat().st_mode) for p in (plant / "runs").rglob("*")}
    assert {mode for path, mode in found.items() if path.is_dir()} == {0o755}
    assert {mode for path, mode in found.items() if path.is_file()} == {0o644}
    assert stat.S_IMODE((plant / "dakhla.prom").stat().st_mode) == 0o644


def test_code_that_cant_be_written_to_and_a_narrow_umask(plant: Path) -> None:
    """Proves a night from a read-only checkout, with files for nobody else where umask says so."""
    words = " ".join(f"'{word}'" for word in [*COMMAND, *options(plant, "--json")])
    protect = f"mount --bind '{ROOT}' '{ROOT}' && mount -o remount,ro,bind '{ROOT}'"
    may = subprocess.run(["unshare", "-m", "bash", "-c", protect], capture_output=True, check=False)
    if may.returncode:
        pytest.skip("nothing may be mounted here")
    done = subprocess.run(
        ["unshare", "-m", "bash", "-c", f"{protect} && exec env -i PYTHONPATH='{ROOT}' {words}"],
        cwd="/",
        umask=0o077,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["weather_rung"] == "fresh"
    modes = {stat.S_IMODE(p.stat().st_mode) & 0o077 for p in (plant / "runs").rglob("*")}
    assert modes == {0}


def test_the_ping_and_its_secret(
    plant: Path,
    call: Call,
    servers: tuple[FakeWeather, FakeWeather],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Proves one GET after a good night, and that its address stands in no file and no line."""
    site = plant / "site.toml"
    site.write_text(site.read_text() + 'ping_url_env = "WATCHMAN"\n')
    monkeypatch.setenv("WATCHMAN", f"{servers[1].url}/ping-s3cret")
    said = call(options(plant, "--json"))
    assert said.code == 0
    assert servers[1].asked[-1] == "/ping-s3cret"
    assert said.answer["notes"] == []
    said_or_written = said.out + said.err
    for path in (plant / "runs").rglob("*"):
        if path.is_file() and path.suffix in ("", ".json", ".log", ".jsonl", ".csv"):
            said_or_written += path.read_text(errors="replace")
    assert "in force" in said_or_written
    assert "s3cret" not in said_or_written


def test_status_before_anything_and_wrong_ages(tmp_path: Path, call: Call) -> None:
    said = call(["status", "--out", str(tmp_path / "runs")])
    assert (said.code, said.err) == (4, "")
    assert said.out == (
        f"critical: nothing is in force in {tmp_path / 'runs'}; no night has been recorded\n"
    )
    assert not (tmp_path / "runs").exists()
    said = call(["status", "--max-age", "soon"])
    assert said.code == 2
    assert said.err == ("dakhla: --max-age = 'soon' is no time. Write hours or days: 26h, 2d.\n")


def test_install_timer_writes_three_files_and_enables_nothing(tmp_path: Path, call: Call) -> None:
    said = call(
        [
            "install-timer",
            "--at",
            "03:07",
            "--to",
            str(tmp_path / "a b"),
            "--out",
            "runs",
            "--strict",
        ]
    )
    assert (said.code, said.err) == (0, "")
    assert "systemctl daemon-reload" in said.out
    assert "crontab -" in said.out
    names = sorted(path.name for path in (tmp_path / "a b").iterdir())
    assert names == ["dakhla-daily.service", "dakhla-daily.timer", "dakhla.crontab"]
    line = (tmp_path / "a b" / "dakhla.crontab").read_text().splitlines()[-1]
    assert line.startswith("7 3 * * * cd ")
    assert f"daily --out {Path('runs').absolute()} --strict --quiet" in line
    executable = line.split(" exec ")[1].split()[0]
    assert os.access(executable, os.X_OK)
    assert Path(executable).is_absolute()


def test_install_timer_refuses_what_it_cant_write(tmp_path: Path, call: Call) -> None:
    said = call(["install-timer", "--at", "7", "--to", str(tmp_path), "--json"])
    assert said.code == 2
    assert said.answer["problems"] == [
        "--at = '7' is no time of day. Write HH:MM in UTC, e.g. 21:47."
    ]
    assert list(tmp_path.iterdir()) == []
