"""The ledger on disk: what is written is read back; readings are checked line by line."""

import pandas as pd
import pytest

import optimizer as dk
from models.errors import InputError
from optimizer.agreement.ledger import METER, Entry
from optimizer.ledger_file import article_of, name_of, read_ledger, read_readings, write_ledger

HEAD = "article,from_utc,until_utc,amount,unit"
AGREEMENT = dk.parse_agreement(
    {
        "title": "t",
        "clause": [
            {
                "kind": "carbon_budget",
                "article": "3.10",
                "text": "t",
                "valid_from": pd.Timestamp("2026-01-01").date(),
                "budget_kg": 1000.0,
                "window": "year",
            },
            {
                "kind": "renewable_share",
                "article": "3.1",
                "text": "t",
                "valid_from": pd.Timestamp("2026-01-01").date(),
                "share_min_pu": 0.9,
                "window": "month",
            },
        ],
    }
)


def moment(text):
    return pd.Timestamp(f"2026-{text}Z")


def entry(article="3.10", **changes):
    values = {
        "name": name_of(article),
        "from_utc": moment("03-01T00:00"),
        "until_utc": moment("03-02T00:00"),
        "amount": 0.1 + 0.2,
        "unit": "kg",
        "source": METER,
        "note": "meter 7, read by hand",
    }
    return Entry(**(values | changes))


@pytest.fixture
def readings(tmp_path):
    """Return how lines become the readings of a file."""

    def read(*lines, ledger=()):
        path = tmp_path / "readings.csv"
        path.write_text("\n".join([HEAD, *lines]) + "\n", encoding="utf-8")
        return read_readings(path, AGREEMENT.clause, ledger)

    return read


def test_what_is_written_is_read_back(tmp_path):
    """Proves nothing is rounded or mistaken for a number: 3.10 is not 3.1."""
    ledger = [entry(), entry("3.1", unit="mwh", amount=-4.5, source="20260301T000000Z-abc123")]
    write_ledger(tmp_path / "runs", ledger)
    assert read_ledger(tmp_path / "runs") == ledger
    assert [p.name for p in (tmp_path / "runs").iterdir()] == ["ledger.csv"]


def test_where_there_is_no_ledger_nothing_is_known(tmp_path):
    assert read_ledger(tmp_path) == []
    assert read_ledger(None) == []


def test_articles_and_names():
    assert (name_of("3.10"), article_of("art_3_10")) == ("art_3_10", "3.10")


def test_readings_are_read(readings):
    found = readings(
        "3.10,2026-03-01T00:00Z,2026-03-02T00:00Z,120.5,kg",
        "3.1,2026-02-28T23:00Z,2026-03-01T00:00Z,-2,mwh",
    )
    assert [(e.name, e.amount, e.source) for e in found] == [
        ("art_3_10", 120.5, METER),
        ("art_3_1", -2.0, METER),
    ]
    assert found[1].from_utc == moment("02-28T23:00")


DAY = "2026-03-01T00:00Z,2026-03-02T00:00Z"
BAD = {
    "no such article": (
        f"9.9,{DAY},1,kg",
        "article = '9.9' keeps no ledger. Articles that do: 3.10, 3.1.",
    ),
    "unit": (f"3.10,{DAY},1,mwh", "unit = 'mwh' is not what Art. 3.10 counts. Give kg."),
    "backwards": (
        "3.10,2026-03-02T00:00Z,2026-03-01T00:00Z,1,kg",
        "until_utc is not after from_utc. Mend it.",
    ),
    "half hours": (
        "3.10,2026-03-01T00:30Z,2026-03-01T02:00Z,1,kg",
        "from_utc and until_utc are not whole hours. Round them to hours.",
    ),
    "below zero": (f"3.10,{DAY},-1,kg", "amount = -1 is below 0. Give 0 or more."),
}


@pytest.mark.parametrize("name", BAD)
def test_a_wrong_reading_is_refused(readings, tmp_path, name):
    line, message = BAD[name]
    with pytest.raises(InputError) as error:
        readings(line)
    assert str(error.value) == f"{tmp_path / 'readings.csv'}: line 2: {message}"


def test_a_number_that_is_none_is_refused(readings, tmp_path):
    with pytest.raises(InputError) as error:
        readings(f"3.10,{DAY},1.234,5,kg".replace("1.234,5", '"1.234,5"'))
    where = tmp_path / "readings.csv"
    assert str(error.value) == f"{where}: line 2: amount = '1.234,5' is no number. Give one."


def test_readings_that_overlap_are_refused(readings, tmp_path):
    with pytest.raises(InputError) as error:
        readings(f"3.10,{DAY},1,kg", "3.10,2026-03-01T12:00Z,2026-03-03T00:00Z,1,kg")
    assert str(error.value) == (
        f"{tmp_path / 'readings.csv'}: line 3: it overlaps another reading, "
        "from 2026-03-01T00:00Z. Keep one."
    )


def test_a_reading_of_a_part_of_another_is_refused(readings, tmp_path):
    """Proves a month's reading is not thrown away by a day's."""
    month = entry(from_utc=moment("02-01T00:00"), until_utc=moment("04-01T00:00"))
    with pytest.raises(InputError) as error:
        readings(f"3.10,{DAY},1,kg", ledger=[month])
    assert str(error.value) == (
        f"{tmp_path / 'readings.csv'}: line 2: it covers only a part of what is booked from "
        "2026-02-01T00:00Z to 2026-04-01T00:00Z by meter. Give that span again, or another."
    )


def test_a_file_that_is_no_table_of_readings_is_refused(tmp_path):
    path = tmp_path / "readings.csv"
    path.write_text("article,amount\n3.10,1\n", encoding="utf-8")
    with pytest.raises(InputError) as error:
        read_readings(path, AGREEMENT.clause)
    assert str(error.value) == f"{path}: from_utc, until_utc, unit: missing column. Add it."
