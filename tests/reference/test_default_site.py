"""The default plant on the bundled climate: feasible through the year, about 95 % renewable."""

import pandas as pd
import pytest

import optimizer as dk

WEEKS = range(0, 52, 4)


@pytest.fixture(scope="module")
def weeks() -> pd.DataFrame:
    first = pd.Timestamp("2027-01-01T00:00Z")
    plans = [dk.plan(start=first + pd.Timedelta(weeks=week), horizon="168h@1h") for week in WEEKS]
    return pd.DataFrame([plan.kpis["plan"] for plan in plans], index=list(WEEKS))


def test_renewable_supply_is_about_95_percent(weeks: pd.DataFrame) -> None:
    """Proves the sizing of data/site.toml: 13 weeks over a year, each planned by itself."""
    total = weeks.sum()
    share = 1 - (total["import_mwh"] + total["genset_mwh"]) / total["facility_mwh"]
    assert 0.93 <= share <= 0.97


def test_what_gives_way_is_small_and_never_sovereign(weeks: pd.DataFrame) -> None:
    """Proves that calm weeks shed little: the sovereign load has no slack, so it was served."""
    total = weeks.sum()
    assert total["shed_mwh"] / total["it_mwh"] < 0.002
    assert total["missed_mwh"] / total["it_mwh"] < 0.005


def test_pue_is_that_of_a_naturally_cooled_site(weeks: pd.DataFrame) -> None:
    """Proves PUE stays between AWS's best site, 1.04, and fleet, 1.15 (FACTS, DCD 2024-12)."""
    assert weeks["pue_pu"].between(1.04, 1.15).all()
