"""Carbon accounting by hand: lines of two kinds, fuel, a surplus, what is stored."""

import pytest

LINES = {
    "line": {"import_max_mw": 10.0, "emission_kg_per_mwh": 700.0, "carbon_free_pu": 0.25},
    "ppa": {"import_max_mw": 6.0, "emission_kg_per_mwh": 600.0, "is_wheeled": True},
}
FUEL = {"genset": {"backup": {"emission_kg_per_mwh": 800.0}}}
PPA = {
    f"grid_ppa_{way}_price_mad_per_mwh": [price, price]
    for way, price in (("import", 300), ("export", 0))
}


@pytest.fixture
def mixed(plant):
    """Return the figures of two half-hours of 20 MW: of lines and fuel, then of a surplus."""

    def figures(wind, **line):
        own = {"export_max_mw": 50.0, "emission_kg_per_mwh": 700.0}
        lines = LINES | {"line": LINES["line"] | own | line}
        return (
            plant(
                tables={"grid": lines} | FUEL,
                buy=[500, 500],
                sell=[100, 100],
                wind=wind,
                load=[20, 20],
                series=PPA,
                step_h=0.5,
            )
            .solve()
            .kpis["plan"]
        )

    return figures


def test_shares_by_the_step(mixed):
    """Proves who counts how: of 20 MWh 3 are wheeled, 5 drawn, 2 by fuel, 10 of 15 made by wind.

    CFE 1 - (0.75 * 5 + 2) / 20, matched 1 - (5 + 2) / 20, of the site's own 1 - (8 + 2) / 20; the
    surplus of 5 MWh is in none of them.
    """
    found = mixed([0, 30])
    assert found["cfe_score_pu"] == pytest.approx(0.7125)
    assert found["hourly_matched_pu"] == pytest.approx(0.65)
    assert found["renewable_share_pu"] == pytest.approx(0.5)


@pytest.mark.parametrize(
    ("wind_mw", "share", "ref", "surplus"),
    [(30, 0.9, 0.9, 5 / 15), (40, 1.15, 1.0, 10 / 20), (90, 1.9, 1.0, 35 / 45)],
    ids=["fed in", "more than the load", "35 fed in or curtailed"],
)
def test_shares_by_volume(mixed, wind_mw, share, ref, surplus):
    """Proves certificates are of what is made, 35 MW of it fed in at most: (3 + 15) / 20.

    Of 45 MWh that could be made, 10 are used, 25 fed in and 10 curtailed: 3 + 35 are certified.
    """
    found = mixed([0, wind_mw])
    assert found["volumetric_share_pu"] == pytest.approx(share)
    assert found["ref_pu"] == pytest.approx(ref)
    assert found["renewable_surplus_pu"] == pytest.approx(surplus)


@pytest.mark.parametrize(
    ("wind_mw", "line", "location_kg", "hourly_kg", "annual_kg"),
    [
        (30, {}, 700 * 5 + 600 * 3, 700 * 5, 0),
        (26, {}, 700 * 5 + 600 * 3, 700 * 5, 700 * 2),
        (20, {"residual_emission_kg_per_mwh": 750.0}, 700 * 5 + 600 * 3, 750 * 5, 750 * 5),
        (60, {"residual_emission_kg_per_mwh": 0.0}, 700 * 5 + 600 * 3, 0, 0),
    ],
    ids=["5 fed in", "3 fed in", "a residual mix", "a residual mix of nothing"],
)
def test_scope_2(mixed, wind_mw, line, location_kg, hourly_kg, annual_kg):
    """Proves what is bought counts, fuel does not: 5 MWh at 700 or the residual mix, 3 wheeled.

    By location wheeled power carries its line's intensity; by market it is free. Certificates of
    what is fed in cancel as much of the 5 MWh, by volume alone.
    """
    found = mixed([0, wind_mw], **line)
    assert found["scope2_location_kg"] == pytest.approx(location_kg)
    assert found["scope2_market_hourly_kg"] == pytest.approx(hourly_kg)
    assert found["scope2_market_annual_kg"] == pytest.approx(annual_kg)
    assert found["emission_kg"] == pytest.approx(location_kg + 800 * 2)


def test_the_residual_mix_is_the_intensity_of_the_step_unless_given(plant):
    """Proves hours are weighed with their own intensity: 10 MWh at 700, 20 at 300."""
    series = {"grid_line_emission_kg_per_mwh": [700, 300]}
    plan = plant(buy=[1, 1], load=[10, 20], series=series).solve()
    assert plan.kpis["plan"]["scope2_market_hourly_kg"] == pytest.approx(13_000)


def test_what_is_stored_counts_where_it_is_drawn(plant):
    """Proves no loss is forgotten: 10 MWh for the second hour take 10 / 0.72 in the first.

    The clean hour's power is half carbon-free: 23.889 MWh drawn for a load of 20.
    """
    series = {"grid_line_carbon_free_pu": [0.5, 0.0]}
    plan = plant(
        tables={"battery": {"main": {}}}, buy=[100, 5000], load=[10, 10], series=series
    ).solve()
    drawn = 10 + 10 / 0.72
    found = plan.kpis["plan"]
    assert found["cfe_score_pu"] == pytest.approx(1 - 0.5 * drawn / 20)
    assert found["hourly_matched_pu"] == pytest.approx(1 - drawn / 20)


def test_a_site_without_a_line_has_no_scope_2(plant):
    figures = plant(wind=[10], load=[10]).solve().kpis["plan"]
    assert not [name for name in figures if name.startswith("scope2")]
    assert figures["cfe_score_pu"] == figures["hourly_matched_pu"] == figures["ref_pu"] == 1


def test_an_idle_site_is_wholly_renewable(plant):
    """Proves no division by zero."""
    figures = plant(buy=[500], load=[0]).solve().kpis["plan"]
    names = ("cfe_score_pu", "hourly_matched_pu", "volumetric_share_pu", "ref_pu")
    assert [figures[name] for name in names] == [1] * 4
    assert figures["renewable_surplus_pu"] == figures["islanded_lpsp_pu"] == 0
