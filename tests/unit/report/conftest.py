"""A small plant, planned once."""

from pathlib import Path

import pandas as pd
import pytest

import optimizer as dk
from optimizer.explain.frozen import freeze
from optimizer.report.source import Source, source_of
from tests.end_to_end.conftest import DAY, write_plant

NOW = pd.Timestamp("2026-11-28 18:00", tz="UTC")  # names the run


@pytest.fixture(scope="session")
def small_day(tmp_path_factory: pytest.TempPathFactory) -> dk.Plan:
    """Return a plan of six hours in a folder of runs."""
    folder = tmp_path_factory.mktemp("plant")
    write_plant(folder)
    return dk.plan(
        folder / "site.toml",
        agreement=folder / "agreement.toml",
        start=f"{DAY}T00:00Z",
        state=folder / "state.csv",
        out=folder / "runs",
        now=NOW,
    )


@pytest.fixture
def source(small_day: dk.Plan) -> Source:
    """Return what the page of that plan is made of."""
    assert isinstance(small_day.run_dir, Path)
    return source_of(small_day.run_dir, freeze(small_day.optimum))
