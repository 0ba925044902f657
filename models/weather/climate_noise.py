"""Random numbers of the bundled climate: one stream a day, so any window is a cut of the whole.

The words of a day come from PCG64 seeded by (seed, day), taken raw: numpy guarantees both streams,
whereas its distributions may change. Memory is a finite moving average over the days (or hours)
before, hence exactly stationary from the first step, without spin-up and across year ends.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from scipy.special import betaincinv, gamma, log_ndtr, ndtr, ndtri

FloatArray = npt.NDArray[np.float64]
DayArray = npt.NDArray[np.datetime64]

DAILY = ("dust", "fog", "cloud", "synoptic", "temp", "vapour", "pressure")
HOURLY = ("wind", "cloud", "temp")
MEMORY_CUT = 0.01  # weights below this share of the first are left out
LEAD_DAYS = 32  # 0.85^n falls to MEMORY_CUT at n = 28, the longest memory the table allows
DAY_OFFSET = 719_163  # days from year 1 to 1970, so that no stream number is negative


class Noise:
    """Independent standard normals of consecutive days, by name."""

    def __init__(self, *, seed: int, first: np.datetime64, count: int) -> None:
        numbers = range(int(first.astype(np.int64)), int(first.astype(np.int64)) + count)
        width = len(DAILY) + 24 * len(HOURLY)
        words = np.array([_words(seed, number, width) for number in numbers])
        normals = ndtri(((words >> np.uint64(12)) + 0.5) * 2.0**-52)
        self._daily = dict(zip(DAILY, normals.T, strict=False))
        hourly = np.split(normals[:, len(DAILY) :], len(HOURLY), axis=1)
        self._hourly = dict(zip(HOURLY, hourly, strict=True))

    def daily(self, name: str) -> FloatArray:
        """Return the normals of a daily process, shape (days,)."""
        return np.ascontiguousarray(self._daily[name])

    def hourly(self, name: str) -> FloatArray:
        """Return the normals of an hourly process, shape (24 days,)."""
        return np.ascontiguousarray(self._hourly[name]).ravel()


def _words(seed: int, day_number: int, count: int) -> npt.NDArray[np.uint64]:
    """Return raw 64-bit words of one day's stream."""
    entropy = np.random.SeedSequence((seed, day_number + DAY_OFFSET))
    words: npt.NDArray[np.uint64] = np.random.PCG64(entropy).random_raw(count)
    return words


def persistent(normals: FloatArray, correlation: float, count: int) -> FloatArray:
    """Return the last `count` values of a process with a given lag-1 correlation, variance 1.

    x_t = sum_k phi^k e_(t-k) / sqrt(sum_k phi^2k) over the k with phi^k >= MEMORY_CUT; phi is the
    lag-1 correlation but for the cut. Summed term by term, so a window's place changes no bit.
    """
    terms = 1 + int(np.log(MEMORY_CUT) / np.log(correlation)) if correlation > 0 else 1
    weights = correlation ** np.arange(terms)
    weights /= np.sqrt(np.sum(weights**2))
    total = np.zeros(count)
    end = len(normals)
    for lag, weight in enumerate(weights):
        total += weight * normals[end - count - lag : end - lag]
    return total


def mixed(rest: FloatArray, *parts: tuple[float, FloatArray]) -> FloatArray:
    """Return a weighted sum of independent unit normals; `rest` fills its variance up to 1."""
    left = 1.0 - sum(weight**2 for weight, _ in parts)
    total: FloatArray = np.sqrt(left) * rest
    for weight, normals in parts:
        total = total + weight * normals
    return total


def between_noons(daily: FloatArray) -> FloatArray:
    """Return hourly values, shape (days - 2, 24), on lines from noon to noon (UTC).

    The first and last day only anchor the lines.
    """
    hours = (np.arange(24) + 0.5) / 24.0 + 0.5
    after = np.where(hours < 1.0, hours, hours - 1.0)
    before_noon = hours < 1.0
    here, previous, following = daily[1:-1, None], daily[:-2, None], daily[2:, None]
    start = np.where(before_noon, previous, here)
    stop = np.where(before_noon, here, following)
    return np.asarray(start * (1.0 - after) + stop * after, dtype=float)


def smooth(daily: FloatArray, correlation: float) -> FloatArray:
    """Return `between_noons` of a process with unit variance, its variance kept at 1."""
    after = ((np.arange(24) + 0.5) / 24.0 + 0.5) % 1.0
    variance = (1.0 - after) ** 2 + after**2 + 2.0 * correlation * after * (1.0 - after)
    return np.asarray(between_noons(daily) / np.sqrt(variance), dtype=float)


def monthly_curve(values: Sequence[float], days: DayArray) -> FloatArray:
    """Return a value a day, on lines between mid-months that keep each month's mean.

    A line's month averages 1/8 of the anchors beside it and 3/4 of its own, so the anchors
    solve that system and the twelve means come out as given.
    """
    own = np.eye(12)
    share = 0.75 * own + 0.125 * (np.roll(own, 1, axis=0) + np.roll(own, -1, axis=0))
    anchors = np.linalg.solve(share, np.asarray(values, dtype=float))
    months = days.astype("datetime64[M]")
    begins = months.astype("datetime64[D]")
    lengths = (months + 1).astype("datetime64[D]") - begins
    position = ((days - begins).astype(float) + 0.5) / lengths.astype(float) - 0.5
    month = months.astype(np.int64) % 12
    beside = (month + np.where(position < 0, -1, 1)) % 12
    away = np.abs(position)
    return np.asarray(anchors[month] * (1.0 - away) + anchors[beside] * away, dtype=float)


def beta(normals: FloatArray, mean: FloatArray, deviation: FloatArray, top: float) -> FloatArray:
    """Return quantiles of a beta distribution on [0, top], given its mean and deviation.

    On [0, 1] with mean m and variance v: a + b = m (1 - m) / v - 1, a = m (a + b).
    """
    centre = mean / top
    total = centre * (1.0 - centre) / (deviation / top) ** 2 - 1.0
    quantiles = betaincinv(centre * total, (1.0 - centre) * total, ndtr(normals))
    return np.asarray(top * quantiles, dtype=float)


def weibull(normals: FloatArray, mean: FloatArray, shape: FloatArray) -> FloatArray:
    """Return Weibull quantiles at the probabilities of standard normals."""
    scale = mean / gamma(1.0 + 1.0 / shape)
    return np.asarray(scale * (-log_ndtr(-normals)) ** (1.0 / shape), dtype=float)


def excess(normals: FloatArray, probability: FloatArray) -> FloatArray:
    """Return how far normals exceed the threshold met with a probability; zero below it.

    Scaled to mean 1 where exceeded: E (z - q)+ = phi(q) - q p, so the mean is the probability.
    """
    threshold = -ndtri(probability)
    density = np.exp(-0.5 * threshold**2) / np.sqrt(2.0 * np.pi)
    mean_excess = density - threshold * ndtr(-threshold)
    return np.asarray(np.maximum(normals - threshold, 0.0) * probability / mean_excess, dtype=float)
