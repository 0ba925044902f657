"""Whether, and when, to ask again: it depends on the reason, not on the status alone."""

import random
from dataclasses import dataclass

import pandas as pd

from models.errors import SourceFault

TOO_MANY = 429
# 500, 502, 503, 504: RFC 9110, sections 15.6.1-5. 529: PVGIS says so when it is overloaded.
PASSING = (500, 502, 503, 504, 529)


@dataclass(frozen=True, kw_only=True, slots=True)
class Failure:
    """One try that failed, in words without the key.

    `status` is None where no whole answer came; `reason` is the server's own text.
    """

    fault: SourceFault
    problem: str
    is_passing: bool = False
    status: int | None = None
    reason: str = ""
    retry_after_s: float | None = None
    server_utc: pd.Timestamp | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class RetryRules:
    """How patient to be; the total deadline of the fetch bounds all of it."""

    retry_max_count: int = 7
    backoff_first_s: float = 0.5
    backoff_max_s: float = 30.0
    crowded_s: float = 2.0  # somebody else's request at the same address takes about that long
    retry_after_max_s: float = 60.0
    jitter_pu: float = 0.5  # share of a wait drawn at random: many sites wake at the same minute


def wait_s(
    failure: Failure, tried_count: int, rules: RetryRules, now_utc: pd.Timestamp, luck: float
) -> float | None:
    """Return how long to wait before the next try, or None where another try is of no use.

    Parameters
    ----------
    failure : Failure
        The last try.
    tried_count : int
        Tries so far, the last one included.
    now_utc : Timestamp
        The caller's moment; the server's own is taken where it is known.
    luck : float
        Drawn from [0, 1); the share of the jitter.
    """
    if not failure.is_passing or tried_count > rules.retry_max_count:
        return None
    backoff = min(rules.backoff_first_s * 2.0 ** (tried_count - 1), rules.backoff_max_s)
    backoff *= 1.0 + rules.jitter_pu * luck
    if failure.retry_after_s is not None:
        return max(backoff, min(failure.retry_after_s, rules.retry_after_max_s))
    if failure.status != TOO_MANY:
        return backoff
    return _wait_for_quota(failure, rules, now_utc, luck, backoff)


def _wait_for_quota(
    failure: Failure, rules: RetryRules, now_utc: pd.Timestamp, luck: float, backoff: float
) -> float | None:
    """Return the wait that a 429 asks for in words: Open-Meteo sends no Retry-After."""
    said = failure.reason.lower()
    if "daily" in said or "tomorrow" in said or "hourly" in said or "next hour" in said:
        return None
    if "concurrent" in said:
        return max(backoff, rules.crowded_s * (1.0 + rules.jitter_pu * luck))
    if "minute" in said:
        second = (failure.server_utc or now_utc).second
        return 60.0 - second + 1.0 + rules.jitter_pu * luck  # a second for clocks that differ
    return backoff


def luck_of(seed: int | None) -> random.Random:
    """Return the source of the jitter; a seed repeats it."""
    return random.Random(seed)  # noqa: S311 (spreads requests, guards nothing)
