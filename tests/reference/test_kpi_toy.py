"""Four hours worked out with a pencil: every key figure of carbon, power and water accounting.

A load of 10 MW, of which 8 MW are machines; sun and wind of 14, 6, 0 and 10 MW; a line whose
carbon changes by the hour; nothing to store. What hour 0 has too much of is fed in, or curtailed.
"""

import json

import pandas as pd
import pytest

import optimizer as dk

START = pd.Timestamp("2026-01-01T00:00Z")
LOAD, MADE, DRAWN = [10, 10, 10, 10], [14, 6, 0, 10], [0, 4, 10, 0]
BY_VOLUME = {"volumetric_RE_share", "REF_annual_certificates", "scope2_market_annual_residual750_t"}


def site(*, is_fed_in: bool) -> dk.Site:
    """Return a site that has nothing to decide but where to draw what it lacks."""
    return dk.parse_site(
        {
            "place": {
                "name": "toy",
                "latitude_deg": 0.0,
                "longitude_deg": 0.0,
                "altitude_m": 0.0,
            },
            "plan": {"horizon": "4h@1h", "climate_seed": 0, "tie_break_mad_per_mwh_h": 0.0},
            "solver": {"mip_gap_pu": 0.0, "time_limit_s": 60.0},
            "facility": {
                "power_max_mw": 100.0,
                "it_power_max_mw": 100.0,
                "ups_loss_pu": 0.25,  # 8 MW of machines draw 10
                "fixed_overhead_mw": 0.0,
            },
            "cooling": {"segment_count": 2, "power_max_mw": 100.0},
            "wind": {"main": {"cost_mad_per_mwh": 0.0, "curtailment_cost_mad_per_mwh": 0.0}},
            "grid": {
                "line": {
                    "import_max_mw": 100.0,
                    "export_max_mw": 100.0 if is_fed_in else 0.0,
                    "emission_kg_per_mwh": 0.0,
                    "residual_emission_kg_per_mwh": 750.0,
                }
            },
            "firm": {"load": {"tiers": []}},
        }
    )


@pytest.fixture(scope="module")
def case(shared):
    """Return the case's hours."""
    return pd.read_csv(shared("refcases/kpi_toy/case.csv"))


@pytest.fixture(scope="module")
def expected(shared):
    """Return what the pencil says."""
    return json.loads(shared("refcases/kpi_toy/expected.json").read_text())


@pytest.fixture(scope="module")
def planned(case):
    """Return how the case is planned."""

    def plan(*, is_fed_in: bool, made_max_mw: float = 100.0) -> dk.Plan:
        heat_mwh = case["load_facility_MW"]
        columns = {
            "wind_main_available_mw": case["re_generation_MW"].clip(upper=made_max_mw),
            "firm_load_demand_mw": case["it_load_MW"],
            "grid_line_import_price_mad_per_mwh": 500.0,
            "grid_line_export_price_mad_per_mwh": 100.0,
            "grid_line_emission_kg_per_mwh": case["grid_CI_location_kg_per_MWh"],
            "grid_line_carbon_free_pu": case["grid_cfe_factor"],
            "cooling_water_l_per_mwh": 1000 * case["water_m3"] / heat_mwh,
        }
        idle = ("intercept_1_mw", "slope_1_pu", "intercept_2_mw", "slope_2_pu")
        columns |= {f"cooling_{name}": 0.0 for name in idle}
        horizon = dk.Horizon.parse("4h@1h", START)
        return dk.plan(
            site(is_fed_in=is_fed_in),
            agreement=dk.parse_agreement({"title": "none", "clause": []}),
            start=START,
            horizon=horizon,
            state=dk.State(time_utc=START, rows=(), origin="the case"),
            series=pd.DataFrame(columns, index=case.index).set_axis(horizon.index),
        )

    return plan


@pytest.fixture(scope="module")
def fed_in(planned):
    """The plan that feeds in the surplus of hour 0."""
    return planned(is_fed_in=True)


@pytest.fixture(scope="module")
def curtailed(planned):
    """The plan that has to curtail it."""
    return planned(is_fed_in=False)


def figures_of(plan: dk.Plan, part: str = "plan") -> dict[str, float]:
    """Return our figures under the names of the case."""
    k = plan.kpis[part]
    return {
        "re_used_MWh": k["wind_used_mwh"] - k["export_mwh"],
        "import_MWh": k["import_mwh"],
        "curtail_or_export_MWh": k["renewable_surplus_pu"] * k["renewable_available_mwh"],
        "volumetric_RE_share": k["volumetric_share_pu"],
        "hourly_matched_share": k["hourly_matched_pu"],
        "cfe_score_google": k["cfe_score_pu"],
        "cfe_score_identity_1_minus_dirty_import_share": k["cfe_score_pu"],
        "curtailment_rate": k["renewable_surplus_pu"],
        "PUE": k["pue_pu"],
        "WUE_L_per_kWh": k["wue_l_per_kwh"],
        "REF_hourly_self_consumed": k["renewable_share_pu"],
        "REF_annual_certificates": k["ref_pu"],
        "scope2_location_t": k["scope2_location_kg"] / 1000,
        "CUE_kg_per_kWhIT": k["cue_kg_per_kwh"],
        "scope2_market_hourly_residual750_t": k["scope2_market_hourly_kg"] / 1000,
        "scope2_market_annual_residual750_t": k["scope2_market_annual_kg"] / 1000,
        "islanded_EENS_MWh": k["islanded_eens_mwh"],
        "islanded_LPSP": k["islanded_lpsp_pu"],
        "islanded_LOLH_h": k["islanded_lolh_h"],
    }


def test_every_key_figure(fed_in, expected):
    """Proves all of them, with the certificates of the 4 MWh that were fed in."""
    assert fed_in.schedule["site_import_mw"].tolist() == pytest.approx(DRAWN)
    assert figures_of(fed_in) == pytest.approx(expected, abs=1e-9)  # 9 digits are written
    assert figures_of(fed_in, "binding") == figures_of(fed_in)


def test_no_certificate_of_what_is_curtailed(curtailed, expected):
    """Proves that 26 MWh are certified where 4 are never made: 26 / 40, and 14 MWh at 750 kg.

    Nothing else is different.
    """
    found = figures_of(curtailed)
    by_volume = {name: found.pop(name) for name in BY_VOLUME}
    assert found == pytest.approx({k: expected[k] for k in found}, abs=1e-9)
    assert by_volume == pytest.approx(
        {
            "volumetric_RE_share": 0.65,
            "REF_annual_certificates": 0.65,
            "scope2_market_annual_residual750_t": 10.5,
        }
    )
    assert curtailed.kpis["plan"]["curtailment_pu"] == pytest.approx(4 / 30)
    assert curtailed.kpis["plan"]["export_mwh"] == 0


def test_cfe_score_term_by_term(fed_in, case):
    """Proves (a): min(load, made) + CFE_grid * import, hour by hour, is 1 - dirty import / load."""
    free_pu = case["grid_cfe_factor"]
    terms = [min(load, made) for load, made in zip(LOAD, MADE, strict=True)]
    terms = pd.Series(terms) + free_pu * DRAWN
    dirty = ((1 - free_pu) * DRAWN).sum()
    assert terms.sum() / sum(LOAD) == pytest.approx(1 - dirty / sum(LOAD))
    assert fed_in.kpis["plan"]["cfe_score_pu"] == pytest.approx(terms.sum() / sum(LOAD))


def test_shares_are_in_their_order(fed_in):
    """Proves (b) and (c): matched by the hour is the least, by volume may flatter."""
    k = fed_in.kpis["plan"]
    assert k["hourly_matched_pu"] <= min(1, k["volumetric_share_pu"])
    assert k["hourly_matched_pu"] <= k["cfe_score_pu"]


def test_a_surplus_offsets_no_other_hour(planned, fed_in):
    """Proves (d): without the 4 MWh that hour 0 has too much of, no hourly figure changes."""
    given, without = (p.kpis["plan"] for p in (fed_in, planned(is_fed_in=True, made_max_mw=10)))
    hourly = ["hourly_matched_pu", "cfe_score_pu", "renewable_share_pu", "scope2_location_kg"]
    hourly += ["scope2_market_hourly_kg", "islanded_eens_mwh", "islanded_lolh_h"]
    assert {k: without[k] for k in hourly} == pytest.approx({k: given[k] for k in hourly})
    assert without["volumetric_share_pu"] == pytest.approx(0.65)
    assert given["volumetric_share_pu"] == pytest.approx(0.75)


def test_water_is_per_kwh_of_the_machines(fed_in):
    """Proves (e): 60,000 L over 32,000 kWh; over the facility's 40,000 it would be 1.5."""
    k = fed_in.kpis["plan"]
    assert k["wue_l_per_kwh"] == pytest.approx(k["water_m3"] / k["it_mwh"]) == pytest.approx(1.875)
    assert k["pue_pu"] == pytest.approx(k["facility_mwh"] / k["it_mwh"])
