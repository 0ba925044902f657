"""The time axis: parsed, in UTC, of mixed lengths; refusals; days of 23 and 25 legal hours."""

import pandas as pd
import pytest

import optimizer as dk
from models.errors import InputError
from optimizer.legal_time import legal

NO_STEPS = "horizon: step_h has no step, or one outside ]0, 24] h. Give shorter steps."
START = pd.Timestamp("2026-03-01T00:00Z")


def test_the_default_horizon_has_quarter_hours_then_hours():
    """Proves 48 h of quarters and 120 hours: 192 + 120 = 312 steps over 7 days."""
    horizon = dk.Horizon.parse("48h@15min+120h@1h", START)
    assert len(horizon.steps) == 312
    assert set(horizon.step_h[:192]) == {0.25}
    assert set(horizon.step_h[192:]) == {1.0}
    assert horizon.end == START + pd.Timedelta(days=7)
    assert horizon.index[192] == START + pd.Timedelta(hours=48)


@pytest.mark.parametrize(
    ("text", "step_h"),
    [
        ("1h@20min", (1 / 3,) * 3),
        ("0.5h@15min + 1.5h@0.5h", (0.25,) * 2 + (0.5,) * 3),
        ("2h@2h", (2.0,)),
    ],
)
def test_parts_are_written_as_span_at_step(text, step_h):
    assert dk.Horizon.parse(text, START).step_h == pytest.approx(step_h)


def test_edges_do_not_drift():
    """Proves thirds of an hour add up: each edge is rounded to the second from the start."""
    horizon = dk.Horizon.parse("24h@20min", START)
    assert horizon.edges[3] == START + pd.Timedelta(hours=1)
    assert horizon.end == START + pd.Timedelta(days=1)
    assert horizon.index.unit == "us"


def test_hours_from_the_start():
    horizon = dk.Horizon(start=START, step_h=(0.5, 1.0, 0.25))
    assert horizon.begin_h.tolist() == [0.0, 0.5, 1.5]
    assert horizon.end_h.tolist() == [0.5, 1.5, 1.75]
    part = horizon.part(1, 2)
    assert part.start == START + pd.Timedelta(minutes=30)
    assert part.step_h == (1.0, 0.25)


def test_a_start_in_another_zone_is_named_in_utc():
    horizon = dk.Horizon(start=pd.Timestamp("2026-03-01T01:00+01:00"), step_h=(1.0,))
    assert horizon.index[0] == START
    assert str(horizon.index.tz) == "UTC"


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("48h", "horizon = '48h' is not understood at '48h'. Write 48h@15min+120h@1h."),
        (
            "48h@15min+120@1h",
            "horizon = '48h@15min+120@1h' is not understood at '120@1h'. Write 48h@15min+120h@1h.",
        ),
        ("", "horizon = '' is not understood at ''. Write 48h@15min+120h@1h."),
        (
            "2h@45min",
            "horizon = '2h@45min': '2h@45min' is not a whole number of steps. Mend the span.",
        ),
        ("1h@0h", "horizon = '1h@0h': '1h@0h' is not a whole number of steps. Mend the span."),
        (
            "17569h@1h",
            "horizon = '17569h@1h' is longer than two years or 70272 steps. Shorten it.",
        ),
        (
            "9000h@5min",
            "horizon = '9000h@5min' is longer than two years or 70272 steps. Shorten it.",
        ),
    ],
)
def test_what_is_no_horizon_is_refused(text, problem):
    with pytest.raises(InputError) as error:
        dk.Horizon.parse(text, START)
    assert str(error.value) == problem


@pytest.mark.parametrize(
    ("start", "step_h", "problem"),
    [
        (
            pd.Timestamp("2026-03-01 00:00"),
            (1.0,),
            "horizon: start = 2026-03-01 00:00:00 has no time zone. Give UTC: '2026-03-01 00:00Z'.",
        ),
        (START, (), NO_STEPS),
        (START, (1.0, 0.0), NO_STEPS),
        (START, (25.0,), NO_STEPS),
        (START, (float("nan"),), NO_STEPS),
    ],
)
def test_a_horizon_that_is_none_is_refused(start, step_h, problem):
    with pytest.raises(InputError) as error:
        dk.Horizon(start=start, step_h=step_h)
    assert str(error.value) == problem


@pytest.mark.parametrize(
    ("legal_day", "start", "hours"),
    [
        ("2026-02-15", "2026-02-14T23:00Z", 25),  # the clock goes back for Ramadan
        ("2026-03-22", "2026-03-22T00:00Z", 23),  # and forth after it
        ("2026-09-20", "2026-09-19T23:00Z", 25),  # and back for good
    ],
)
def test_a_legal_day_may_have_23_or_25_hours(legal_day, start, hours):
    """Proves a plan over a change of the clock has every hour once, whatever the clock shows."""
    horizon = dk.Horizon.parse("48h@1h", pd.Timestamp(start))
    days = legal(horizon.index, "Africa/El_Aaiun").strftime("%Y-%m-%d")
    assert (days == legal_day).sum() == hours
    assert horizon.index.is_unique
    assert (horizon.index[1:] - horizon.index[:-1] == pd.Timedelta(hours=1)).all()
