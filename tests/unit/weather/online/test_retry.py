"""Waits by the reason that a server gives."""

import pandas as pd
import pytest

from models.weather.online.retry import Failure, RetryRules, wait_s

RULES = RetryRules()
NOW = pd.Timestamp("2026-11-22T02:40:20Z")
PLEASE = "API request limit exceeded. Please try again"


def failure(status: int, reason: str = "", after_s: float | None = None) -> Failure:
    return Failure(
        fault="refused",
        problem="",
        is_passing=True,
        status=status,
        reason=reason,
        retry_after_s=after_s,
    )


@pytest.mark.parametrize(
    ("failed", "tried_count", "expected_s"),
    [
        (failure(502), 1, 0.5),
        (failure(502), 2, 1.0),
        (failure(502), 4, 4.0),
        (failure(502), 7, 30.0),  # not 32
        (failure(502), 8, None),  # a minute of it is enough
        (failure(503, after_s=7.0), 1, 7.0),
        (failure(503, after_s=3600.0), 1, 60.0),
        (failure(503, after_s=0.0), 2, 1.0),
        (failure(429, f"Minutely {PLEASE} in one minute."), 1, 41.0),  # 20 s past, one for luck
        (failure(429, f"Hourly {PLEASE} in the next hour."), 1, None),
        (failure(429, f"Daily {PLEASE} tomorrow."), 1, None),
        (failure(429, "Too many concurrent requests"), 1, 2.0),
        (failure(429), 1, 0.5),
        (failure(429, after_s=5.0), 1, 5.0),
    ],
)
def test_wait(failed: Failure, tried_count: int, expected_s: float | None) -> None:
    """Proves each wait without jitter: doubling from half a second, or what the server says."""
    assert wait_s(failed, tried_count, RULES, NOW, 0.0) == expected_s


def test_no_second_try_of_what_does_not_pass() -> None:
    """Proves that a refusal is not asked again."""
    assert wait_s(Failure(fault="refused", problem="", status=403), 1, RULES, NOW, 0.0) is None


def test_jitter_adds_up_to_half() -> None:
    """Proves the range of the jitter: half the wait at most."""
    assert wait_s(failure(502), 2, RULES, NOW, 1.0) == 1.5


def test_backoff_ends_growing() -> None:
    """Proves the longest wait: 30 s, not 0.5 s * 2**9."""
    patient = RetryRules(retry_max_count=20)
    assert wait_s(failure(502), 10, patient, NOW, 0.0) == 30.0


def test_minute_is_the_servers() -> None:
    """Proves that the server's clock says how long its minute lasts."""
    told = Failure(
        fault="refused",
        problem="",
        is_passing=True,
        status=429,
        reason=f"Minutely {PLEASE} in one minute.",
        server_utc=pd.Timestamp("2026-11-22T02:41:50Z"),
    )
    assert wait_s(told, 1, RULES, NOW, 0.0) == 11.0
