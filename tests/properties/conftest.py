"""Random facilities from a seed, and one rich run folder, for every test of this folder."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import optimizer as dk
from tests.properties import draw_clauses, draw_loads, draw_services, draw_supply, rich_site


@dataclass(frozen=True, kw_only=True)
class Facility:
    """A site, an agreement, a horizon, its series and an opening state, ready to plan."""

    site: dk.Site
    agreement: dk.Agreement
    horizon: dk.Horizon
    series: pd.DataFrame
    state: dk.State

    def asked(self) -> dict[str, Any]:
        return {
            "site": self.site,
            "agreement": self.agreement,
            "start": self.horizon.start,
            "horizon": self.horizon,
            "series": self.series,
            "state": self.state,
        }


def draw_facility(seed: int, folder: Path) -> Facility:
    """Return the facility of a seed: loads, then what feeds them, then the agreement."""
    draw = draw_loads.Draw(seed, folder)
    tables = draw.tables()
    supply = draw_supply.Supply(draw)
    tables |= supply.tables()
    clauses = draw_clauses.Clauses(draw, supply, tables).tables()
    for clause in clauses:
        name = "art_" + clause["article"].replace(".", "_")
        for row in clause.pop("opening", ()):
            draw.row(name, *row)
    draw_services.Services(draw, tables).add()
    series = pd.DataFrame(draw.columns, index=draw.horizon.index, dtype="float64")
    return Facility(
        site=dk.parse_site(tables),
        agreement=dk.parse_agreement({"title": f"seed {seed}", "clause": clauses}),
        horizon=draw.horizon,
        series=series,
        state=dk.State(time_utc=draw.horizon.start, rows=tuple(draw.rows), origin="drawn"),
    )


@pytest.fixture(scope="session")
def facility(tmp_path_factory: pytest.TempPathFactory) -> Callable[[int], Facility]:
    """Return the random facility of a seed."""
    folder = tmp_path_factory.mktemp("cohorts")
    return lambda seed: draw_facility(seed, folder)


@pytest.fixture(scope="session")
def rich_asked(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Return what is asked for the one site with a busy part of every kind."""
    return rich_site.asked(tmp_path_factory.mktemp("jobs"))


@pytest.fixture(scope="session")
def rich_plan(rich_asked: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> dk.Plan:
    """Return that site's plan, published: `run_dir` is its folder."""
    return dk.plan(**rich_asked, out=tmp_path_factory.mktemp("runs"), now=rich_asked["start"])
