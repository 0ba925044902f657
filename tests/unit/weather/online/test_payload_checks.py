"""What is wrong with a forecast as a whole, or against the one before."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from models.errors import SourceError
from models.weather.climate import generate
from models.weather.forecast import ModelRun, WeatherForecast
from models.weather.online.payload_checks import against_last, light_lag_min, require_weather
from models.weather.schema import utc

START = pd.Timestamp("2026-11-21", tz="UTC")
HOUR, DAY = pd.Timedelta(hours=1), pd.Timedelta(days=1)
INIT = START + DAY
LATER = "Ask again later, or take another source."
NAME = "open-meteo m"


def forecast(seeds=(1, 2, 3), init=INIT, days=5, model="m", start=START):
    members = tuple(
        replace(
            generate(start_utc=start, end_utc=start + days * DAY, seed=seed),
            source=f"m member{number:02d}",
        )
        for number, seed in enumerate(seeds)
    )
    run = ModelRun(
        provider="open-meteo",
        model=model,
        init_utc=init,
        fetched_utc=init + 9 * HOUR,
        attribution="",
    )
    return WeatherForecast(run=run, members=members)


def changed(one: WeatherForecast, change, rows=slice(None)) -> WeatherForecast:
    """Return a forecast with the tables of some members changed."""
    members = list(one.members)
    for number in range(*rows.indices(len(members))):
        table = members[number].table.copy()
        change(table)
        members[number] = replace(members[number], table=table)
    return replace(one, members=tuple(members))


def refusal(call, *args) -> tuple[str, str]:
    with pytest.raises(SourceError) as error:
        call(*args)
    return error.value.fault, str(error.value)


def test_a_true_forecast_passes():
    require_weather(forecast())
    require_weather(forecast(seeds=(1,)))


def test_members_that_are_all_one_are_refused():
    """Proves that copies are no ensemble, while one different member makes it one."""
    assert refusal(require_weather, forecast(seeds=(1, 1, 1))) == (
        "content",
        f"{NAME}: members = 3 are one and the same, which is no ensemble. {LATER}",
    )
    require_weather(forecast(seeds=(1, 1, 2)))


@pytest.mark.parametrize("moved_h", [-2, -1, 1, 2])
def test_light_an_hour_off_is_refused(moved_h):
    """Proves that a moved label is seen under clouds too, late and early."""
    one = forecast()

    def shift(table):
        for part in ("ghi", "dni", "dhi"):
            name = f"{part}_w_per_m2"
            table[name] = np.roll(table[name].to_numpy(), moved_h)

    lag = light_lag_min(changed(one, shift).members)
    assert lag == pytest.approx(60.0 * moved_h, abs=20.0)
    fault, text = refusal(require_weather, changed(one, shift))
    side = "late" if moved_h > 0 else "early"
    assert fault == "content"
    assert text == (
        f"{NAME}: light = {abs(lag):.0f} min {side} is more than 30 min off the sun. "
        "The labels have moved: take another source, and tell the provider."
    )


def test_fog_and_dust_move_the_light_by_less():
    """Proves that three days of any weather of the year are within 20 of the 30 min."""
    lags = [
        light_lag_min(forecast(seeds=(k,), days=3, start=START + 18 * k * DAY).members)
        for k in range(20)
    ]
    assert max(abs(lag) for lag in lags) < 20.0


def test_one_day_and_a_night_have_no_say():
    assert light_lag_min(forecast(seeds=(1,), days=2).members) is None
    dark = changed(forecast(), lambda table: table.update(0.0 * table[["ghi_w_per_m2"]]))
    assert light_lag_min(dark.members) is None


def test_the_next_run_passes_whole():
    last = forecast(seeds=(11, 12, 13), init=INIT - 6 * HOUR)
    new = forecast()
    assert against_last(new, last) is not new
    assert against_last(new, last).members == new.members


@pytest.mark.parametrize(
    "last",
    [
        forecast(),  # the same run again
        forecast(init=INIT - 6 * HOUR, model="other"),
        forecast(init=INIT - 6 * HOUR, start=START - 20 * DAY),  # no common hours
        forecast(init=INIT + 6 * HOUR),
    ],
)
def test_what_can_not_be_compared_is_not(last):
    new = forecast()
    assert against_last(new, last) is new


def test_a_frozen_feed_is_stale():
    """Proves that a run called new with the last run's values is refused."""
    last = forecast(init=INIT - 6 * HOUR)
    fault, text = refusal(against_last, forecast(), last)
    assert fault == "stale"
    assert text == (
        f"{NAME}: run = {utc(INIT)} is frozen: 3 of 3 members are those of "
        f"{utc(INIT - 6 * HOUR)}, value by value. {LATER}"
    )


def test_the_past_may_be_the_same():
    """Proves that only hours after the run's begin are compared: the others are joined runs."""
    last = forecast(init=INIT - 6 * HOUR)

    def later(table):
        after = table.index >= INIT
        table.loc[after, "wind_speed_10m_m_per_s"] *= 1.01

    new = changed(last, later)
    new = replace(new, run=replace(new.run, init_utc=INIT))
    assert len(against_last(new, last).members) == 3


def test_a_frozen_member_is_left_out():
    """Proves that one of three may stand still, and is told by its name, not its place."""
    last = forecast(seeds=(11, 2, 13), init=INIT - 6 * HOUR)
    kept = against_last(forecast(), last)
    assert [member.where for member in kept.members] == ["m member00", "m member02"]


def test_far_fewer_members_than_before_are_too_few():
    last = forecast(seeds=range(11, 17), init=INIT - 6 * HOUR)
    assert refusal(against_last, forecast(), last) == (
        "coverage",
        f"{NAME}: members = 3 is less than 60% of the last run's 6. {LATER}",
    )
    assert len(against_last(forecast(seeds=range(1, 5)), last).members) == 4


@pytest.mark.parametrize(
    ("column", "factor"),
    [("wind_speed_100m_m_per_s", 3.6), ("ghi_w_per_m2", 0.1), ("pressure_pa", 0.01)],
)
def test_a_unit_that_changes_is_refused(column, factor):
    """Proves that km/h, per cent and hPa are seen against the run before."""
    last = forecast(init=INIT - 6 * HOUR)

    def spoil(table):
        table[column] *= factor

    fault, text = refusal(against_last, changed(last_as_new(last), spoil), last)
    assert fault == "content"
    assert text == (
        f"{NAME}: {column} = {factor:.2g} times the last run's for the same hours is too far off. "
        "The unit may differ: see why."
    )


def last_as_new(last: WeatherForecast) -> WeatherForecast:
    return replace(last, run=replace(last.run, init_utc=INIT))


def test_kelvin_is_refused_and_calms_are_not_judged():
    last = forecast(init=INIT - 6 * HOUR)

    def kelvin(table):
        table["temp_air_degc"] += 273.15

    assert refusal(against_last, changed(last_as_new(last), kelvin), last) == (
        "content",
        (
            f"{NAME}: temp_air_degc = +273 K is too far from the last run for the same hours. "
            "The unit may differ: see why."
        ),
    )

    def calm(table):
        table["wind_speed_10m_m_per_s"] = 0.1

    def breeze(table):
        table["wind_speed_10m_m_per_s"] = 0.9

    kept = against_last(changed(last_as_new(last), breeze), changed(last, calm))
    assert len(kept.members) == 3
