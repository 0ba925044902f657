"""Cooling power, its straight lines, and its water, with numbers worked out by hand."""

import numpy as np
import pandas as pd
import pytest
from pydantic import ValidationError

from models import cooling
from models.cooling import CoolingPlant
from models.errors import InputError
from models.weather.schema import Weather

COMMON = {
    "capacity_heat_mw": 400.0,
    "supply_temp_degc": 27.0,
    "range_k": 12.0,
    "approach_k": 6.0,
    "fixed_power_pu": 0.004,
    "room_fan_power_pu": 0.02,
    "sink_fan_power_pu": 0.03,
    "sink_lift_power_pu": 0.002,
    "carnot_fraction_pu": 0.5,
    "condenser_approach_k": 10.0,
    "evaporator_approach_k": 7.0,
    "lift_min_k": 12.0,
}
SEA = (18.0, 17.0, 17.0, 18.0, 18.5, 19.0, 19.0, 21.0, 23.0, 22.5, 21.0, 19.0)
SINKS = {
    "free_air": {},
    "wet_bulb": {"evaporated_heat_pu": 0.8, "concentration_cycles_1": 4.0},
    "sea_water": {"sea_temp_degc": SEA},
}
TECHNOLOGIES = tuple(SINKS)
# Dakhla, mean daily lowest and highest of each month (climieviaggi.it, 1991-2020 style). [degC]
LOWEST = (15, 15, 16, 16, 17, 18, 19, 20, 20, 20, 18, 16)
HIGHEST = (22, 22, 23, 23, 23, 24, 25, 26, 27, 26, 25, 23)


def plant(technology="free_air", **changes):
    return CoolingPlant(technology=technology, **(COMMON | SINKS[technology] | changes))


def weather(dry, wet=None, start="2026-01-01", step_h=1.0):
    """Return weather with given dry and wet bulb temperatures."""
    dry = np.atleast_1d(np.asarray(dry, dtype=float))
    step = pd.Timedelta(hours=step_h)
    index = pd.date_range(start, periods=len(dry), freq=step, tz="UTC", name="time_utc")
    wet = dry - 3 if wet is None else wet
    return Weather(
        table=pd.DataFrame({"temp_air_degc": dry, "temp_wet_bulb_degc": wet}, index=index),
        step_h=step_h,
        latitude_deg=23.7,
        longitude_deg=-15.93,
        altitude_m=10.0,
        source="air.csv",
        level="synthetic",
        licence="none",
    )


def envelope_mw(segments, heat_mw):
    """Return the greatest of the three lines at a heat."""
    lines = [segments[f"intercept_{k}_mw"] + segments[f"slope_{k}_pu"] * heat_mw for k in (1, 2, 3)]
    return pd.concat(lines, axis=1).max(axis=1)


def random_plant(rng):
    """Return a plant of any kind with parameters drawn over wide ranges."""
    technology = TECHNOLOGIES[rng.integers(2)]
    ranges = {
        "supply_temp_degc": (15, 40),
        "range_k": (4, 25),
        "approach_k": (0, 15),
        "fixed_power_pu": (0, 0.03),
        "room_fan_power_pu": (0, 0.1),
        "sink_fan_power_pu": (0, 0.1),
        "sink_lift_power_pu": (0, 0.03),
        "carnot_fraction_pu": (0.3, 0.7),
        "condenser_approach_k": (2, 20),
        "evaporator_approach_k": (2, 15),
        "lift_min_k": (5, 20),
    }
    return plant(technology, **{name: rng.uniform(*ends) for name, ends in ranges.items()})


@pytest.mark.parametrize(
    ("dry", "heat", "power_pu"),
    [
        # at the free limit 27 - 6 = 21 degC, all heat: 0.004 + 0.002 + 0.02 + 0.03
        (21.0, 400.0, 0.056),
        # and half of it: 0.004 + 0.002/2 + 0.05/8
        (21.0, 200.0, 0.01125),
        # 12 K colder the stream halves: 0.004 + 0.002/2 + 0.02 + 0.03/8
        (9.0, 400.0, 0.02875),
        # 3 K warmer: trim 0.25, lift 24 + 10 - 20 = 14, COP 0.5*293.15/14: + 0.0238784
        (24.0, 400.0, 0.0798784),
        # at 42 degC chillers lift all of it by 32 K: + 32/(0.5*293.15) = + 0.2183183
        (42.0, 400.0, 0.2743183),
        # at 21.5 degC the lift is 11.5 and chillers need 12: trim 1/24, + 12/146.575/24
        (21.5, 400.0, 0.0594112),
        (21.0, 0.0, 0.004),
    ],
)
def test_power_by_hand(dry, heat, power_pu):
    """Proves the module's equation at seven points, per unit of 400 MW."""
    power = cooling.cooling_power_mw(weather(dry), plant(), heat)
    assert power.iloc[0] == pytest.approx(400 * power_pu, rel=1e-5)


@pytest.mark.parametrize("seed", range(20))
def test_power_never_falls_as_it_gets_warmer(seed):
    """Proves true curve and lines rise with temperature from -10 to 45 degC, at every load."""
    rng = np.random.default_rng(seed)
    any_plant = random_plant(rng)
    warmer = weather(np.linspace(-10, 45, 221), wet=np.linspace(-15, 38, 221))
    segments = cooling.cooling_segments(warmer, any_plant)
    for heat in np.linspace(0, any_plant.capacity_heat_mw, 9):
        power = cooling.cooling_power_mw(warmer, any_plant, heat)
        assert power.diff().dropna().min() >= -1e-9
        assert envelope_mw(segments, heat).diff().dropna().min() >= -1e-9


def test_a_warmer_hour_costs_more_in_every_regime():
    """Proves power is not flat: one kelvin more costs at 10, 20, 25 and 45 degC."""
    for dry in (10.0, 20.0, 25.0, 45.0):
        power = cooling.cooling_power_mw(weather([dry, dry + 1]), plant(), 300.0)
        assert power.iloc[1] > power.iloc[0] * 1.005


@pytest.mark.parametrize("seed", range(20))
def test_power_rises_and_bends_upwards_with_heat(seed):
    """Proves first differences over heat are positive and second differences not negative."""
    any_plant = random_plant(np.random.default_rng(seed))
    air = weather([-5.0, 15.0, 22.0, 30.0, 40.0])
    loads = np.linspace(0, any_plant.capacity_heat_mw, 41)
    power = np.array([cooling.cooling_power_mw(air, any_plant, heat) for heat in loads])
    assert np.diff(power, axis=0).min() > 0
    assert np.diff(power, n=2, axis=0).min() > -1e-9


@pytest.mark.parametrize("technology", TECHNOLOGIES)
def test_lines_lie_on_the_curve_or_just_above(technology):
    """Proves 0 <= lines - curve <= stated error at 401 loads, 0 at 4 ends, reached between."""
    air, one = weather([5.0, 18.0, 26.0, 38.0]), plant(technology)
    segments = cooling.cooling_segments(air, one)
    stated = cooling.chord_error_mw(air, one)
    over = pd.DataFrame(
        {
            heat: envelope_mw(segments, heat) - cooling.cooling_power_mw(air, one, heat)
            for heat in np.linspace(0, 400, 401)
        }
    )
    assert over.min(axis=None) > -1e-9
    assert (over.max(axis=1) <= stated).all()
    assert (over.max(axis=1) >= 0.995 * stated).all()
    for end in cooling.CHORD_ENDS_PU:
        touched = cooling.cooling_power_mw(air, one, 400 * end)
        pd.testing.assert_series_equal(envelope_mw(segments, 400 * end), touched)


def test_the_three_chords_share_the_error_equally():
    """Proves the ends are the best: u^3 is overstated by 0.0389 in each of the three parts."""
    worst = []
    for low, high in zip(cooling.CHORD_ENDS_PU, cooling.CHORD_ENDS_PU[1:], strict=False):
        load = np.linspace(low, high, 2001)
        worst.append((np.interp(load, [low, high], [low**3, high**3]) - load**3).max())
    assert worst == pytest.approx([0.03892] * 3, abs=5e-5)
    assert max(worst) <= cooling.CHORD_ERROR_PU


def test_slopes_grow_from_line_to_line():
    """Proves the lines bend upwards, so that a solver pushing power down finds the right one."""
    segments = cooling.cooling_segments(weather([10.0, 25.0]), plant())
    slopes = segments[["slope_1_pu", "slope_2_pu", "slope_3_pu"]]
    assert (slopes.diff(axis=1).iloc[:, 1:] > 0).all(axis=None)
    assert list(segments.columns) == [
        *(f"{name}" for k in (1, 2, 3) for name in (f"intercept_{k}_mw", f"slope_{k}_pu")),
        "water_l_per_mwh_heat",
    ]


def test_each_technology_reads_its_own_sink():
    """Proves air reads the dry bulb, towers the wet bulb, and the sea neither."""
    air = weather([25.0, 30.0], wet=[20.0, 20.0])
    assert list(cooling.sink_temp_degc(air, plant())) == [25.0, 30.0]
    assert list(cooling.sink_temp_degc(air, plant("wet_bulb"))) == [20.0, 20.0]
    assert list(cooling.sink_temp_degc(air, plant("sea_water"))) == pytest.approx(
        [18.5, 18.5], abs=0.01
    )


def test_the_sea_follows_its_months():
    """Proves monthly means stand at mid-month, lines join them, and New Year has no step.

    16 January noon: 18; 15 February 00:00: 17; New Year: (19 + 18)/2 = 18.5, from both sides.
    """
    year = weather(np.zeros(8760 * 2), step_h=0.5)
    sea = cooling.sink_temp_degc(year, plant("sea_water"))
    assert sea["2026-01-16 12:00"] == pytest.approx(18.0, abs=0.01)
    assert sea["2026-02-15 00:00"] == pytest.approx(17.0, abs=0.01)
    assert sea["2026-01-31 23:30"] == pytest.approx(17.5, abs=0.02)
    assert sea.iloc[[0, -1]].to_numpy() == pytest.approx(18.5, abs=0.01)
    assert sea.diff().abs().max() < 0.01
    a_day = cooling.sink_temp_degc(weather(0.0, start="2026-01-16", step_h=24), plant("sea_water"))
    assert a_day.iloc[0] == pytest.approx(18.0)  # at the middle of the step
    monthly = sea.groupby(pd.DatetimeIndex(sea.index).month).mean()
    assert monthly.to_numpy() == pytest.approx(np.array(SEA), abs=0.35)


def test_towers_drink_and_the_others_do_not():
    """Proves 0.8*3600/2.45*4/3 = 1567.35 L/MWh in free cooling, 2.388 % more with chillers at 24.

    The chillers' work of 0.0238784 per heat (trim 0.25, lift 14 K) leaves by the towers as well.
    """
    air = weather([24.0, 27.0], wet=[20.0, 24.0])
    water = {
        name: cooling.cooling_segments(air, plant(name))["water_l_per_mwh_heat"]
        for name in TECHNOLOGIES
    }
    assert list(water["wet_bulb"]) == pytest.approx([1567.347, 1567.347 * 1.0238784], rel=1e-6)
    assert water["free_air"].sum() == water["sea_water"].sum() == 0


def test_pue_by_hand():
    """Proves (300*1.05 + cooling of 315 MW + 6)/300 at the free limit, cooling by hand.

    q = 315/400: 400*(0.004 + 0.002*q + 0.05*q^3) = 11.997 MW, PUE = 332.997/300 = 1.10999.
    """
    pue = cooling.pue_pu(weather(21.0), plant(), it_mw=300.0, ups_loss_pu=0.05, overhead_mw=6.0)
    assert pue.iloc[0] == pytest.approx(1.10999, abs=2e-5)


@pytest.mark.parametrize("technology", TECHNOLOGIES)
def test_a_year_at_dakhla_lies_among_naturally_cooled_sites(technology):
    """Proves annual PUE within 1.04 and 1.15, the published span of AWS; Google's fleet has 1.10.

    Dakhla's published monthly lowest and highest temperatures, the warmest hour at 15:00 UTC.
    """
    index = pd.date_range("2026-01-01", periods=8760, freq="h", tz="UTC")
    low, high = np.array(LOWEST)[index.month - 1], np.array(HIGHEST)[index.month - 1]
    swing = np.cos(2 * np.pi * (index.hour - 15) / 24)
    year = weather((low + high) / 2 + (high - low) / 2 * swing)
    size = {"it_mw": 370.0, "ups_loss_pu": 0.03, "overhead_mw": 5.0}
    pue = cooling.pue_pu(year, plant(technology), **size)
    assert 1.04 < pue.mean() < 1.15
    assert 1.03 < pue.min() < pue.max() < 1.25


def test_kelvin_are_refused():
    """Proves the sink's temperature passes the doorway where kelvin are refused."""
    with pytest.raises(InputError, match="temp_air_degc = 294 at 2026-01-01 01:00Z is outside"):
        cooling.cooling_segments(weather([20.0, 294.0]), plant())


@pytest.mark.parametrize("heat", [401.0, -1.0, np.nan])
def test_heat_beyond_the_plant_is_refused(heat):
    """Proves more heat than capacity, less than none, and NaN are refused with the hour."""
    air = weather([20.0, 20.0])
    heats = pd.Series([400.0, heat], index=air.table.index)
    with pytest.raises(InputError) as error:
        cooling.cooling_power_mw(air, plant(), heats)
    assert str(error.value) == (
        f"cooling: heat_mw = {heat:g} at 2026-01-01 01:00Z is outside "
        "[0, capacity_heat_mw = 400]. Lower the heat, or give a larger capacity."
    )


@pytest.mark.parametrize(
    ("technology", "changes", "message"),
    [
        (
            "wet_bulb",
            {"evaporated_heat_pu": None, "sea_temp_degc": SEA},
            (
                "evaporated_heat_pu is missing. Give it. "
                f"sea_temp_degc = {SEA} is not for technology = wet_bulb. Remove it."
            ),
        ),
        ("sea_water", {"sea_temp_degc": None}, "sea_temp_degc is missing. Give it."),
        (
            "sea_water",
            {"sea_temp_degc": (291.0, *SEA[1:])},
            "sea_temp_degc = 291.0 is outside [-2, 40]. Give degC.",
        ),
    ],
)
def test_a_sink_half_described_is_refused(technology, changes, message):
    """Proves what a technology needs is asked for, and what belongs to another is refused."""
    with pytest.raises(ValidationError) as error:
        plant(technology, **changes)
    assert error.value.errors()[0]["msg"] == f"Value error, {message}"


def test_the_sea_has_twelve_months_and_takes_a_toml_list():
    """Proves a list of 12 is taken, as TOML gives it, and 11 are refused."""
    assert plant("sea_water", sea_temp_degc=list(SEA)).sea_temp_degc == SEA
    with pytest.raises(ValidationError, match="at least 12 items"):
        plant("sea_water", sea_temp_degc=list(SEA[1:]))
