"""The bundled climate against published figures: the mean of ten years, line by line.

Run with `pytest -s tests/reference/test_climate_table.py` to read the table. Not every line is
independent of the generator: monthly GHI, temperature and wind are given to it, and what is tested
is that haze, cloud, fog, dust, memory and the shape of the day keep them. The distribution of daily
GHI, both power densities, hub-height wind and the autocorrelations come out.
"""

import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from models.weather.climate import generate
from models.weather.climate_table import bundled_climate

DECADES = ((0, 2026), (1, 2001), (2, 1981))  # seed, first year: three disjoint sets
GHI, WIND = "ghi_w_per_m2", "wind_speed_10m_m_per_s"
AIR_KG_PER_M3 = 1.20
GSEE = "data/dakhla_site_climatology/gsee_merra2_2011-2015_daily_ghi_monthly_stats.csv"
SKY, AIR = bundled_climate().sky, bundled_climate().air


def decade(seed: int, year: int) -> pd.DataFrame:
    start, end = (pd.Timestamp(year=y, month=1, day=1, tz="UTC") for y in (year, year + 10))
    return generate(start_utc=start, end_utc=end, seed=seed).table


def monthly(daily: pd.Series, how: str) -> np.ndarray:
    return daily.groupby(daily.index.month).agg(how).to_numpy()


def ghi_month_error(table: pd.DataFrame) -> float:
    ratio = monthly(table[GHI].resample("1D").mean(), "mean") / SKY.ghi_mean_w_per_m2
    return float(np.abs(ratio - 1.0).max())


def ghi_sd_error(table: pd.DataFrame) -> float:
    ratio = monthly(table[GHI].resample("1D").mean(), "std") / SKY.ghi_sd_w_per_m2
    return float(np.abs(ratio - 1.0).max())


def temperature_error(table: pd.DataFrame) -> float:
    by_day = table["temp_air_degc"].resample("1D")
    low = monthly(by_day.min(), "mean") - AIR.temp_min_degc
    high = monthly(by_day.max(), "mean") - AIR.temp_max_degc
    return float(np.abs([low, high]).max())


def windiest(table: pd.DataFrame) -> float:
    return float(monthly(table[WIND], "mean").argmax() + 1)


def july(table: pd.DataFrame) -> float:
    return float(monthly(table[WIND], "mean")[6])


def windiest_hour(table: pd.DataFrame) -> float:
    return float(table[WIND].groupby(table.index.hour).mean().idxmax())


def hub_wind(table: pd.DataFrame) -> float:
    """Return the mean wind at 91.5 m by the power law through 10 and 100 m."""
    exponent = np.log10(table["wind_speed_100m_m_per_s"] / table[WIND])
    return float((table[WIND] * 9.15**exponent).mean())


def next_day(column: str) -> Callable[[pd.DataFrame], float]:
    """Return the lag-1-day autocorrelation of daily means, three waves of season taken out."""

    def figure(table: pd.DataFrame) -> float:
        daily = table[column].resample("1D").mean()
        angle = 2.0 * np.pi * daily.index.day_of_year.to_numpy() / 365.25
        waves = [f(n * angle) for n in (1, 2, 3) for f in (np.sin, np.cos)]
        season = np.column_stack([np.ones(len(daily)), *waves])
        rest = daily.to_numpy() - season @ np.linalg.lstsq(season, daily.to_numpy())[0]
        return float(np.corrcoef(rest[1:], rest[:-1])[0, 1])

    return figure


@dataclass(frozen=True)
class Line:
    """One line of the table: a figure and the range it must lie in."""

    low: float
    high: float
    figure: Callable[[pd.DataFrame], float]


TABLE = {
    "GHI [kWh/m2 a year]": Line(2200, 2400, lambda t: t[GHI].mean() * 8.766),
    "GHI, worst month's error [pu]": Line(0, 0.05, ghi_month_error),
    "sd of daily GHI, worst month's error [pu]": Line(0, 0.25, ghi_sd_error),
    "air temperature [degC]": Line(20, 22, lambda t: t["temp_air_degc"].mean()),
    "monthly min and max, worst error [K]": Line(0, 1.5, temperature_error),
    "wind at 10 m [m/s]": Line(7.5, 8.3, lambda t: t[WIND].mean()),
    "power density at 10 m [W/m2]": Line(
        440, 485, lambda t: 0.5 * AIR_KG_PER_M3 * (t[WIND] ** 3).mean()
    ),
    "windiest month": Line(7, 7, windiest),
    "its wind [m/s]": Line(9.6, 10.6, july),
    "windiest hour begins [UTC]": Line(14, 16, windiest_hour),
    "wind at 91.5 m [m/s]": Line(8.5, 9.5, hub_wind),
    "power density at 100 m [W/m2]": Line(
        582, 672, lambda t: 0.5 * AIR_KG_PER_M3 * (t["wind_speed_100m_m_per_s"] ** 3).mean()
    ),
    "lag-1-day autocorrelation of GHI": Line(0.3, 0.5, next_day(GHI)),
    "lag-1-day autocorrelation of wind": Line(0.4, 0.6, next_day(WIND)),
}


def breaches(table: pd.DataFrame) -> tuple[list[str], str]:
    """Return the lines that miss their range, and the whole table as text."""
    figures = {name: line.figure(table) for name, line in TABLE.items()}
    rows = [
        f"{name:<44}{figures[name]:>10.3f}   {line.low:g} to {line.high:g}"
        for name, line in TABLE.items()
    ]
    missed = [n for n, line in TABLE.items() if not line.low <= figures[n] <= line.high]
    return missed, "\n".join(rows)


@pytest.mark.parametrize(("seed", "year"), DECADES)
def test_ten_years_match_the_published_table(seed: int, year: int) -> None:
    """Proves every line of the table on three disjoint sets of ten years."""
    missed, text = breaches(decade(seed, year))
    sys.stdout.write(f"\nseed {seed}, {year} to {year + 9}\n{text}\n")
    assert not missed, text


@pytest.fixture(scope="module")
def first_decade() -> pd.DataFrame:
    return decade(*DECADES[0])


@pytest.mark.parametrize(
    ("column", "tamper", "line"),
    [
        (GHI, lambda x: 1.06 * x, "GHI, worst month's error [pu]"),
        (
            GHI,
            lambda x: x.resample("MS").transform("mean"),
            "sd of daily GHI, worst month's error [pu]",
        ),
        (GHI, lambda x: 0.9 * x, "GHI [kWh/m2 a year]"),
        ("temp_air_degc", lambda x: x + 2.0, "monthly min and max, worst error [K]"),
        ("temp_air_degc", lambda x: x + 1.5, "air temperature [degC]"),
        (WIND, lambda x: 1.1 * x, "power density at 10 m [W/m2]"),
        (WIND, lambda x: x / 1.1, "wind at 10 m [m/s]"),
        (WIND, lambda x: x.shift(2190, fill_value=8.0), "windiest month"),
        (WIND, lambda x: x.shift(3, fill_value=8.0), "windiest hour begins [UTC]"),
        ("wind_speed_100m_m_per_s", lambda x: 1.1 * x, "wind at 91.5 m [m/s]"),
        (
            WIND,
            lambda x: x.sample(frac=1.0, random_state=0).to_numpy(),
            "lag-1-day autocorrelation of wind",
        ),
    ],
)
def test_each_line_can_be_missed(
    first_decade: pd.DataFrame,
    column: str,
    tamper: Callable[[pd.Series], pd.Series],
    line: str,
) -> None:
    """Proves that the table would notice: a climate made wrong on purpose misses its line."""
    wrong = first_decade.assign(**{column: tamper(first_decade[column])})
    missed, text = breaches(wrong)
    assert line in missed, text


def test_restated_figures(shared: Callable[[str], Path]) -> None:
    """Proves that the GHI figures in data/ are those of gsee_merra2 at 24 N, 15 W."""
    stats = pd.read_csv(shared(GSEE)).query("lat == 24.0 and lon == -15").sort_values("month")
    assert stats["ghi_daily_mean_Wm2"].tolist() == list(SKY.ghi_mean_w_per_m2)
    assert stats["sd"].tolist() == list(SKY.ghi_sd_w_per_m2)


def test_distribution_of_daily_ghi(
    shared: Callable[[str], Path], first_decade: pd.DataFrame
) -> None:
    """Proves the shape, which is not an input: medians within 3 %, dark days (p05) within 25 %."""
    stats = pd.read_csv(shared(GSEE)).query("lat == 24.0 and lon == -15").sort_values("month")
    daily = first_decade[GHI].resample("1D").mean()
    by_month = daily.groupby(daily.index.month)
    for name, limit in {"p05": 0.25, "p25": 0.07, "p50": 0.03, "p75": 0.04, "p95": 0.05}.items():
        ratio = by_month.quantile(int(name[1:]) / 100).to_numpy() / stats[name].to_numpy()
        assert np.abs(ratio - 1.0).max() < limit, (name, ratio.round(3))
