"""The default plant on a bundled year, week after week: feasible, about 95 % renewable."""

from pathlib import Path

import pandas as pd
import pytest

import optimizer as dk

FIRST = pd.Timestamp("2027-01-01T00:00Z")


@pytest.fixture(scope="module")
def weeks(tmp_path_factory: pytest.TempPathFactory) -> pd.DataFrame:
    """Plan 52 weeks in steps of two hours, each opened by what the last hands over."""
    out: Path = tmp_path_factory.mktemp("runs")
    figures = []
    for week in range(52):
        start = FIRST + pd.Timedelta(weeks=week)
        plan = dk.plan(start=start, horizon="168h@2h", out=out)
        origin = plan.optimum.problem.given.state.origin
        assert origin.startswith("run " if week else "site file")
        figures.append(plan.kpis["plan"])
    return pd.DataFrame(figures)


def test_renewable_supply_is_about_95_percent(weeks: pd.DataFrame) -> None:
    """Proves the sizing of data/site.toml: 1 - (grid + gensets) / facility over 52 weeks."""
    total = weeks.sum()
    share = 1 - (total["import_mwh"] + total["genset_mwh"]) / total["facility_mwh"]
    assert 0.94 <= share <= 0.965


def test_what_gives_way_is_small_and_never_sovereign(weeks: pd.DataFrame) -> None:
    """Proves that calm weeks shed little: the sovereign load has no slack, so it was served."""
    total = weeks.sum()
    assert 0 < total["shed_mwh"] / total["it_mwh"] < 0.002
    assert total["missed_mwh"] / total["it_mwh"] < 0.005


def test_pue_is_that_of_a_naturally_cooled_site(weeks: pd.DataFrame) -> None:
    """Proves PUE stays between AWS's best site, 1.04, and fleet, 1.15 (DCD, 2024-12)."""
    assert weeks["pue_pu"].between(1.04, 1.15).all()
