"""Tariff: which price holds when, on which clock; every hour of every month once."""

import pandas as pd
import pytest

from models.errors import InputError
from optimizer.assets.tariff import Tariff
from optimizer.config import load_site
from optimizer.reference import reference_file

WINTER, SUMMER = (10, 11, 12, 1, 2, 3), (4, 5, 6, 7, 8, 9)
ALL_YEAR = tuple(range(1, 13))


def period(name, months, first_hour, last_hour, price=500.0, subscribed_mw=50.0, weight_pu=1.0):
    """Return one period as the site file states it."""
    return {
        "name": name,
        "months": months,
        "first_hour": first_hour,
        "last_hour": last_hour,
        "import_price_mad_per_mwh": price,
        "export_price_mad_per_mwh": price / 10,
        "subscribed_mw": subscribed_mw,
        "subscription_weight_pu": weight_pu,
    }


DAY = [period("day", ALL_YEAR, 6, 20, 900.0), period("night", ALL_YEAR, 20, 6, 400.0)]


def tariff(periods, time_zone="Etc/GMT", demand=0.0, fixed=0.0):
    """Return the table of a tariff."""
    return {
        "time_zone": time_zone,
        "period": periods,
        "demand_charge_mad_per_mw_month": demand,
        "fixed_charge_mad_per_mw_year": fixed,
    }


@pytest.fixture(scope="module")
def onee():
    """Return the tariff of the bundled site."""
    return load_site(reference_file("site.toml")).grid["onee"].tariff


@pytest.mark.parametrize(
    ("moment", "name"),
    [
        ("2026-03-31T06:59Z", "winter off-peak"),
        ("2026-03-31T07:00Z", "winter full"),
        ("2026-03-31T16:45Z", "winter full"),
        ("2026-03-31T17:00Z", "winter peak"),
        ("2026-03-31T21:59Z", "winter peak"),
        ("2026-03-31T22:00Z", "winter off-peak"),
        ("2026-04-01T00:00Z", "summer off-peak"),
        ("2026-04-01T17:30Z", "summer full"),
        ("2026-04-01T18:00Z", "summer peak"),
        ("2026-04-01T22:45Z", "summer peak"),
        ("2026-04-01T23:00Z", "summer off-peak"),
        ("2026-09-30T22:00Z", "summer peak"),
        ("2026-10-01T22:00Z", "winter off-peak"),
    ],
)
def test_the_bundled_tariff_has_onees_hours(onee, moment, name):
    """Proves peak is 17 to 22 GMT from October, 18 to 23 GMT from April: both ways of asking."""
    when = pd.Timestamp(moment)
    found = onee.looked_up(when)
    assert found.name == name
    prices = onee.at(pd.DatetimeIndex([when]))
    assert prices["import_price_mad_per_mwh"].item() == found.import_price_mad_per_mwh
    assert prices["export_price_mad_per_mwh"].item() == found.export_price_mad_per_mwh
    assert prices["subscribed_mw"].item() == found.subscribed_mw


@pytest.mark.parametrize("time_zone", ["Etc/GMT", "Africa/El_Aaiun"])
def test_both_ways_of_looking_up_agree_through_a_year(onee, time_zone):
    """Proves the model's table and the audit's search are one price list, Ramadan included."""
    index = pd.date_range("2026-01-01", "2026-12-31 23:00", freq="h", tz="UTC")
    moved = onee.model_copy(update={"time_zone": time_zone})
    searched = [moved.looked_up(moment).import_price_mad_per_mwh for moment in index]
    assert moved.at(index)["import_price_mad_per_mwh"].tolist() == searched


@pytest.mark.parametrize(
    ("moment", "price"),
    [
        ("2026-02-14T05:00Z", 900.0),  # UTC+1: the clock says 6
        ("2026-02-16T05:00Z", 400.0),  # Ramadan, UTC+0: it says 5
        ("2026-06-01T05:00Z", 900.0),
        ("2026-11-22T05:00Z", 400.0),  # UTC+0 since 2026-09-20
    ],
)
def test_hours_are_the_clocks(moment, price):
    own = Tariff.model_validate(tariff(DAY, time_zone="Africa/El_Aaiun"))
    assert own.at(pd.DatetimeIndex([moment]))["import_price_mad_per_mwh"].item() == price


def test_the_fixed_charge_weighs_each_further_subscribed_mw():
    """Proves the reduced power: 50 * 1 + (80 - 50) * 0.6 + (100 - 80) * 0.4 = 76 MW.

    76 * 438,300 MAD/MW a year over 8,766 hours: 76 * 50 = 3,800 MAD an hour.
    """
    own = Tariff.model_validate(
        tariff(
            [
                period("peak", ALL_YEAR, 17, 22, subscribed_mw=50.0, weight_pu=1.0),
                period("full", ALL_YEAR, 7, 17, subscribed_mw=80.0, weight_pu=0.6),
                period("off", ALL_YEAR, 22, 7, subscribed_mw=100.0, weight_pu=0.4),
            ],
            fixed=438_300.0,
        )
    )
    assert own.fixed_charge_mad_per_h() == pytest.approx(3_800)


def test_a_tariff_without_periods_gives_no_price():
    own = Tariff.model_validate(tariff([], demand=100.0))
    assert own.at(pd.DatetimeIndex(["2026-01-01T00:00Z"])) == {}
    with pytest.raises(
        ValueError, match=r"^no tariff period holds at 2026-01-01 00:00:00\+00:00\.$"
    ):
        own.looked_up(pd.Timestamp("2026-01-01T00:00Z"))


@pytest.mark.parametrize(
    ("table", "problem"),
    [
        (
            tariff([period("day", ALL_YEAR, 6, 20), period("night", ALL_YEAR, 21, 6)]),
            (
                "hour 20 of month 1 belongs to 0 periods. "
                "Give every hour of every month to exactly one period."
            ),
        ),
        (
            tariff(
                [
                    period("winter", WINTER, 0, 24),
                    period("summer", SUMMER, 0, 23),
                    period("late", SUMMER, 22, 24),
                ]
            ),
            (
                "hour 22 of month 4 belongs to 2 periods. "
                "Give every hour of every month to exactly one period."
            ),
        ),
        (
            tariff([period("always", (*ALL_YEAR, 13), 0, 24)]),
            "months = [13] do not exist. Give 1 to 12.",
        ),
        (
            tariff([], fixed=9.0),
            (
                "fixed_charge_mad_per_mw_year = 9 is due on subscribed power, which no period "
                "states. Give periods, or 0."
            ),
        ),
    ],
    ids=["gap", "overlap", "month 13", "charge without power"],
)
def test_periods_that_do_not_fit_are_refused(plant, table, problem):
    with pytest.raises(InputError) as error:
        _ = plant(tables={"grid": {"line": {"tariff": table}}}, load=[1]).site
    assert str(error.value) == f"site: [grid.line.tariff] {problem}"


def test_an_unknown_clock_is_refused(plant):
    table = tariff(DAY, time_zone="Africa/Dakhla")
    with pytest.raises(InputError) as error:
        _ = plant(tables={"grid": {"line": {"tariff": table}}}, load=[1]).site
    assert str(error.value) == (
        "site: [grid.line.tariff] time_zone: time zone 'Africa/Dakhla' is not in the tz database. "
        "Give e.g. Africa/El_Aaiun."
    )
