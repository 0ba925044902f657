"""The servers are started once; each test has a copy of an archive with one good run in it."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fake_weather import FakeWeather
from tests.faults.world import EVENING, HOUR, Clock, World


@pytest.fixture(scope="session")
def clock() -> Clock:
    return Clock()


@pytest.fixture(scope="session")
def servers(clock: Clock) -> Iterator[tuple[FakeWeather, FakeWeather]]:
    with FakeWeather(clock) as first, FakeWeather(clock, seed=0) as second:
        yield first, second


@pytest.fixture(scope="session")
def good_night(
    clock: Clock,
    servers: tuple[FakeWeather, FakeWeather],
    tmp_path_factory: pytest.TempPathFactory,
) -> Path:
    """Return a folder whose archive holds one good run, fetched at 20:40."""
    folder = tmp_path_factory.mktemp("good")
    clock.now = EVENING
    world = World(folder=folder, clock=clock, first=servers[0], second=servers[1])
    outcome = world.night()
    assert outcome.rung == "fresh", outcome.text
    clock.now = EVENING + 6 * HOUR  # what the servers draw for the next night, they draw now
    elsewhere = tmp_path_factory.mktemp("drawn")
    World(folder=elsewhere, clock=clock, first=servers[0], second=servers[1]).night()
    World(folder=elsewhere, clock=clock, first=servers[1], second=servers[1]).night()
    return folder


@pytest.fixture
def world(
    clock: Clock, servers: tuple[FakeWeather, FakeWeather], good_night: Path, tmp_path: Path
) -> World:
    """Return the next night, at 02:40: one good run is stored, a newer one is out."""
    for server in servers:
        server.fault, server.fault_count, server.only = None, None, "/"
        server.skew = 0 * HOUR
        server.members = 5
        server.served_run = (EVENING - 7 * HOUR).floor("6h")
    shutil.copytree(good_night / "weather", tmp_path / "weather")
    clock.now = EVENING + 6 * HOUR
    return World(folder=tmp_path, clock=clock, first=servers[0], second=servers[1])
