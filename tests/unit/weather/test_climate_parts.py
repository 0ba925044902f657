"""The bundled climate's numbers and its tools: documented, derived as said, worked out by hand."""

import tomllib
from pathlib import Path

import numpy as np
import pytest
from scipy.special import ndtri
from scipy.stats import beta as scipy_beta

from models import reference
from models.reference import reference_file
from models.weather import climate_noise as noise
from models.weather.climate_sky import cells
from models.weather.climate_table import Climate, bundled_climate, read_climate

FILE = "climate/dakhla.toml"
KINDS = {"published": "source", "derived": "source", "assumption": "reason"}
QUANTILES = ndtri((np.arange(20_000) + 0.5) / 20_000)
YEAR_2026 = np.arange(np.datetime64("2026-01-01"), np.datetime64("2027-01-01"))


def test_every_number_says_where_it_is_from() -> None:
    """Proves that each entry is published, derived or assumed, and gives its source or reason."""
    groups = tomllib.loads(reference_file(FILE).read_text(encoding="utf-8"))
    entries = {(g, n): entry for g, names in groups.items() for n, entry in names.items()}
    assert len(entries) > 45
    for name, entry in entries.items():
        said = KINDS[entry["kind"]]
        assert set(entry) == {"value", "kind", said}, name
        assert len(entry[said]) > 20 or (said == "reason" and len(entry[said]) > 10), name


def test_every_field_has_its_unit_and_description() -> None:
    """Proves that each number is described with its unit in brackets."""
    for group in Climate.model_fields.values():
        assert group.annotation is not None
        for name, field in group.annotation.model_fields.items():
            assert field.description is not None, name
            assert field.description.endswith("]") or name in {"dust_days", "fog_days"}, name


def test_a_misspelt_or_missing_number_is_refused(tmp_path: Path) -> None:
    """Proves that the reader takes no other keys and no eleven-month year."""
    text = reference_file(FILE).read_text(encoding="utf-8")
    for good, bad in (("[wind.peak_h]", "[wind.peak_hour]"), ("[15, 15, 16,", "[15, 16,")):
        assert good in text
        path = tmp_path / "climate.toml"
        path.write_text(text.replace(good, bad), encoding="utf-8")
        with pytest.raises(ValueError, match="validation error"):
            read_climate(path)


def test_derived_clear_sky() -> None:
    """Proves the derived clear-sky figures: recomputed with pvlib for 2026, to 0.05 W/m2."""
    climate = bundled_climate()
    daily = cells(climate.site, YEAR_2026).clear_sky(climate.sky.clean_linke_pu).mean(axis=1)
    month = YEAR_2026.astype("datetime64[M]").astype(int) % 12
    by_month = [daily[month == m] for m in range(12)]
    assert climate.sky.clean_sky_mean_w_per_m2 == pytest.approx(
        [days.mean() for days in by_month], abs=0.05
    )
    assert climate.sky.clean_sky_sd_w_per_m2 == pytest.approx(
        [days.std(ddof=1) for days in by_month], abs=0.05
    )


def test_derived_tide() -> None:
    """Proves the pressure tide: 116 Pa cos(23.70 deg)^3 = 116 x 0.7678 = 89 Pa."""
    assert bundled_climate().air.pressure_tide_pa == pytest.approx(
        116 * np.cos(np.radians(23.70)) ** 3, abs=0.5
    )


def test_random_words_are_numpys_raw_stream() -> None:
    """Proves that the words are PCG64's own, which numpy keeps for all versions."""
    assert noise._words(1, 0, 2).tolist() == [17558224101795262832, 9123712738486185860]
    assert noise._words(0, 20_000, 1).tolist() == [13897464350883907464]


def test_noise_is_standard_normal_and_independent() -> None:
    """Proves mean 0, deviation 1 and no tie between days, names or hours (8 years, 4 sigma)."""
    drawn = noise.Noise(seed=5, first=np.datetime64("2001-01-01"), count=2922)
    names = [drawn.daily(name) for name in noise.DAILY]
    names += [drawn.hourly(name).reshape(-1, 24)[:, 12] for name in noise.HOURLY]
    limit = 4.0 / np.sqrt(2922)
    for one in names:
        assert abs(one.mean()) < limit
        assert abs(one.std() - 1.0) < limit
        assert abs(np.corrcoef(one[1:], one[:-1])[0, 1]) < limit
    ties = np.corrcoef(names) - np.eye(len(names))
    assert np.abs(ties).max() < limit


def test_persistent_by_hand() -> None:
    """Proves memory: an impulse fades by halves; 0.5^k >= 0.01 keeps 7 terms, then nothing."""
    impulse = np.zeros(30)
    impulse[19] = 1.0
    answer = noise.persistent(impulse, 0.5, 11)
    weights = 0.5 ** np.arange(7)
    weights /= np.sqrt((weights**2).sum())
    assert answer == pytest.approx([*weights, 0, 0, 0, 0])
    assert noise.persistent(impulse, 0.0, 11) == pytest.approx([1.0] + [0.0] * 10)


@pytest.mark.parametrize("correlation", [0.3, 0.55, 0.85])
def test_persistent_keeps_variance_and_correlation(correlation: float) -> None:
    """Proves variance 1 and the lag-1 correlation asked for (40,000 values)."""
    white = noise.Noise(seed=1, first=np.datetime64("2000-01-01"), count=1700).hourly("wind")
    answer = noise.persistent(white, correlation, 40_000)
    assert answer.std() == pytest.approx(1.0, abs=0.03)
    assert np.corrcoef(answer[1:], answer[:-1])[0, 1] == pytest.approx(correlation, abs=0.02)


def test_mixed_has_unit_variance() -> None:
    """Proves 0.6 a - 0.48 b + 0.64 rest, as 1 - 0.36 - 0.2304 = 0.64^2."""
    one = np.ones(1)
    assert noise.mixed(100 * one, (0.6, one), (-0.48, 10 * one)) == pytest.approx(
        [64.0 + 0.6 - 4.8]
    )


def test_between_noons_by_hand() -> None:
    """Proves lines from noon to noon: 0, 24, 0 gives 12.5 in the first hour and 23.5 at noon."""
    hours = noise.between_noons(np.array([0.0, 24.0, 0.0]))
    assert hours.shape == (1, 24)
    assert hours[0, 0] == pytest.approx(12.5)
    assert hours[0, 11] == pytest.approx(23.5)
    assert hours[0, 12] == pytest.approx(23.5)
    assert hours[0, 23] == pytest.approx(12.5)


def test_smooth_keeps_variance_between_noons() -> None:
    """Proves that midnight is as lively as noon for a process with memory 0.55."""
    white = noise.Noise(seed=2, first=np.datetime64("1950-01-01"), count=9000).daily("temp")
    hours = noise.smooth(noise.persistent(white, 0.55, 8900), 0.55)
    assert hours.std(axis=0) == pytest.approx(np.ones(24), abs=0.03)


@pytest.mark.parametrize("year", ["2023", "2024"])
def test_monthly_curve_keeps_monthly_means(year: str) -> None:
    """Proves that lines between mid-months give back each month's mean, leap year or not."""
    values = [7.0, 7.2, 7.8, 8.3, 8.8, 9.5, 10.1, 9.3, 8.0, 7.0, 6.6, 6.4]
    days = np.arange(np.datetime64(year), np.datetime64(year) + 1, dtype="datetime64[D]")
    curve = noise.monthly_curve(values, days)
    month = days.astype("datetime64[M]").astype(int) % 12
    means = [curve[month == m].mean() for m in range(12)]
    assert means == pytest.approx(values, abs=0.002)
    assert np.abs(np.diff(curve)).max() < 0.08


def test_beta_against_scipy() -> None:
    """Proves the beta quantiles: on [0, 0.75] with mean 0.15 and deviation 0.14."""
    full = np.full_like(QUANTILES, 1.0)
    answer = noise.beta(QUANTILES, 0.15 * full, 0.14 * full, 0.75)
    assert answer.mean() == pytest.approx(0.15, abs=1e-4)
    assert answer.std() == pytest.approx(0.14, abs=1e-3)
    total = 0.2 * 0.8 / (0.14 / 0.75) ** 2 - 1.0
    other = scipy_beta(0.2 * total, 0.8 * total, scale=0.75)
    assert np.median(answer) == pytest.approx(other.median(), abs=1e-4)
    assert (answer < 0.75).all()


def test_weibull_by_hand() -> None:
    """Proves Weibull quantiles: shape 2, mean 8 has the median 8 sqrt(ln 2) / gamma(1.5) = 7.52."""
    full = np.full_like(QUANTILES, 1.0)
    assert noise.weibull(np.zeros(1), np.array([8.0]), np.array([2.0]))[0] == pytest.approx(
        8.0 * np.sqrt(np.log(2.0)) / 0.886227, rel=1e-5
    )
    answer = noise.weibull(QUANTILES, 8.0 * full, 2.7 * full)
    assert answer.mean() == pytest.approx(8.0, abs=0.005)
    assert (np.diff(answer) > 0).all()


@pytest.mark.parametrize("probability", [0.05, 0.13])
def test_excess_has_the_probability_as_mean(probability: float) -> None:
    """Proves that events come with their probability and are 1 strong in the mean."""
    answer = noise.excess(QUANTILES, np.full_like(QUANTILES, probability))
    assert (answer > 0).mean() == pytest.approx(probability, abs=1e-3)
    assert answer[answer > 0].mean() == pytest.approx(1.0, abs=0.01)


def test_unknown_reference_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Proves that a file that is not there is named, with those that are."""
    (tmp_path / "climate").mkdir()
    (tmp_path / "climate" / "there.csv").touch()
    monkeypatch.setattr(reference, "REFERENCE_DIR", tmp_path)
    with pytest.raises(FileNotFoundError) as refusal:
        reference_file("climate/here.csv")
    assert str(refusal.value) == (
        f"{tmp_path}: no file 'climate/here.csv'. Choose one of: climate/there.csv"
    )
