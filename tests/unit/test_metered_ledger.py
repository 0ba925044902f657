"""Meters in the ledger: hours that were metered whole are booked, by what each clause reads."""

import pandas as pd
import pytest

import optimizer as dk
from optimizer.agreement.ledger import METER, Entry
from optimizer.ledger_file import read_ledger, write_ledger
from optimizer.meter_file import MeterFile
from optimizer.metered_ledger import FROM_METERS, book_meters, hourly
from optimizer.meters import store_meters

FIRST = pd.Timestamp("2026-01-05T00:00Z")
HOUR = pd.Timedelta(hours=1)
SINCE = pd.Timestamp("2026-01-01").date()


def clause(kind, article, **changes):
    common = {"text": "t", "valid_from": SINCE, "window": "month", "time_zone": "Etc/GMT"}
    return {"kind": kind, "article": article} | common | changes


AGREEMENT = dk.parse_agreement(
    {
        "title": "t",
        "clause": [
            clause("carbon_budget", "1", budget_kg=1e6, price_mad_per_kg=1.0),
            clause("renewable_share", "2", share_min_pu=0.75, price_mad_per_mwh=1.0),
            clause("fuel_budget", "3", budget_l=1e6, price_mad_per_l=1.0),
            clause("water_budget", "4", budget_m3=1e6, price_mad_per_m3=1.0),
            clause("genset_hours", "5", hours_max_h=100.0, price_mad_per_h=1.0),
        ],
    }
)
SITE = {
    "tables": {
        "grid": {"line": {"emission_kg_per_mwh": 500.0}},
        "genset": {"backup": {"unit_count": 2, "start_cost_mad": 1.0, "emission_kg_per_mwh": 780}},
        "cooling": {},
    },
    "buy": [1, 1],
}
DRAW, FEED, MADE, ALL, UNITS = (
    "grid_line_import_mw",
    "grid_line_export_mw",
    "genset_backup_power_mw",
    "facility_power_mw",
    "genset_backup_on_count",
)


@pytest.fixture
def site(plant):
    return plant(**SITE).site


@pytest.fixture
def keep(tmp_path):
    """Return how half-hours of meters come to lie beside the runs."""

    def store(**columns):
        index = pd.date_range(FIRST, periods=4, freq="30min", name="time_utc", unit="us")
        table = pd.DataFrame(columns, index=index, dtype="float64")
        means = tuple(c for c in columns if c != UNITS)
        store_meters(tmp_path, MeterFile(table=table, mean_columns=means, step_h=0.5, notes=()))

    return store


def booked(out):
    return {
        (e.name.removeprefix("art_"), int((e.from_utc - FIRST) / HOUR)): e.amount
        for e in read_ledger(out)
        if e.is_metered
    }


def test_each_clause_counts_the_hours_whose_columns_were_all_metered(site, keep, tmp_path):
    """Proves sums of hand: 10 and 14 MW drawn are 12 MWh, 2 and 4 MW made are 3 MWh an hour.

    Carbon: 12 x 500 + 3 x 780 = 8,340 kg. Share: 15 - 0.25 x 100 = -10 MWh. Fuel: 3 x 250 = 750 L.
    Of the second hour the draw of one half is missing: fuel alone is known. Water has no meter;
    one unit, then two are 1.5 h.
    """
    keep(
        **{
            DRAW: [10, 14, 10, None],
            MADE: [2, 4, 1, 1],
            ALL: [90, 110, 100, 100],
            UNITS: [1, 2, 1, 1],
        }
    )
    found = book_meters(tmp_path, site, AGREEMENT.clause, FIRST, FIRST + 1.5 * HOUR)
    assert booked(tmp_path) == pytest.approx(
        {("1", 0): 8340, ("2", 0): -10, ("3", 0): 750, ("3", 1): 250, ("5", 0): 1.5, ("5", 1): 1}
    )
    assert (found.hour_count, found.by_bill_count) == (6, 0)
    assert found.articles == ("1", "2", "3", "5")


def test_a_correction_books_anew_and_the_same_again_nothing_else(site, keep, tmp_path):
    keep(**{DRAW: [10] * 4, MADE: [0] * 4})
    book_meters(tmp_path, site, AGREEMENT.clause, FIRST, FIRST + HOUR)
    assert booked(tmp_path)["1", 0] == 5000
    keep(**{DRAW: [20] * 4})
    for _ in range(2):
        book_meters(tmp_path, site, AGREEMENT.clause, FIRST, FIRST + HOUR)
        assert booked(tmp_path) == {("1", 0): 1e4, ("1", 1): 1e4, ("3", 0): 0, ("3", 1): 0}


def entry(hour, source, span_h=1, note=""):
    return Entry(
        name="art_3",
        from_utc=FIRST + hour * HOUR,
        until_utc=FIRST + (hour + span_h) * HOUR,
        amount=7.0,
        unit="l",
        source=source,
        note=note,
    )


def test_the_plans_hours_give_way_and_a_bill_stands(site, keep, tmp_path):
    """Proves a bill of the first hour stays, the plan's second becomes metered, the third stays."""
    ledger = [entry(0, METER, note="bill"), entry(1, "a run"), entry(2, "a run")]
    write_ledger(tmp_path, ledger)
    keep(**{MADE: [2] * 4})
    found = book_meters(tmp_path, site, AGREEMENT.clause, FIRST, FIRST + HOUR)
    assert [(e.amount, e.source, e.note) for e in read_ledger(tmp_path)] == [
        (7.0, METER, "bill"),
        (500.0, METER, FROM_METERS),
        (7.0, "a run", ""),
    ]
    assert (found.hour_count, found.by_bill_count) == (1, 1)


def test_a_planned_span_is_not_cut_in_two(site, keep, tmp_path):
    """Proves two hours metered of three planned as one change nothing: one would be lost."""
    write_ledger(tmp_path, [entry(0, "a run", span_h=3)])
    keep(**{MADE: [2] * 4})
    assert book_meters(tmp_path, site, AGREEMENT.clause, FIRST, FIRST + HOUR).hour_count == 0
    assert [e.source for e in read_ledger(tmp_path)] == ["a run"]


def test_hours_are_means_of_whole_hours():
    """Proves 10-minute means across the hour, and hours with a gap, are none."""
    index = pd.date_range("2026-01-05T00:05Z", periods=12, freq="10min", name="time_utc")
    table = pd.DataFrame({"a": range(12)}, index=index, dtype="float64")
    assert hourly(table, {"a": 1 / 6})["a"].isna().all()
    straight = table.set_axis(index - pd.Timedelta(minutes=5))
    assert hourly(straight, {"a": 1 / 6})["a"].tolist() == [2.5, 8.5]
    gappy = straight.drop(straight.index[3])
    assert hourly(gappy, {"a": 1 / 6})["a"].dropna().tolist() == [8.5]


def test_nothing_metered_books_nothing(site, tmp_path):
    assert book_meters(tmp_path, site, AGREEMENT.clause, FIRST, FIRST).hour_count == 0
    assert not (tmp_path / "ledger.csv").exists()
