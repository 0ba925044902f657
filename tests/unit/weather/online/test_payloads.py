"""The payloads that other tests are made of resemble an ensemble, and hide the truth they say."""

import json

import numpy as np
import pandas as pd

from tests.payloads import ensemble_payload, forecast_payload, meta_payload, truth

HOUR, DAY = pd.Timedelta(hours=1), pd.Timedelta(days=1)
START = pd.Timestamp("2026-11-21", tz="UTC")
INIT = START + DAY


def wind(content) -> np.ndarray:
    columns = [c for c in content["hourly"] if c.startswith("wind_speed_100m")]
    return np.array([content["hourly"][c] for c in columns])


def test_members_leave_the_truth_with_the_lead():
    """Proves that the spread grows and the truth stays inside: 51 members, eight days."""
    content = ensemble_payload(start=START, hours=9 * 24, init=INIT)
    members = wind(content)
    assert members.shape == (51, 216)
    spread = members.std(axis=0).reshape(9, 24).mean(axis=1)
    assert spread[1] < spread[4] < spread[8]
    assert 0.1 < spread[1] < spread[8] < 3.0
    hidden = truth(start=START, end=START + 9 * DAY)["wind_speed_100m_m_per_s"].to_numpy()
    stamps = (hidden[:-1] + hidden[1:]) / 2.0
    error = (members.mean(axis=0)[1:] - stamps)[48:]
    assert 0.3 < np.sqrt(np.mean(error**2)) / spread[2:].mean() < 3.0


def test_runs_share_the_truth_and_differ():
    """Proves that the same call gives the same bytes, and another run other ones."""
    one = ensemble_payload(start=START, hours=96, members=3, init=INIT)
    same = ensemble_payload(start=START, hours=96, members=3, init=INIT)
    later = ensemble_payload(start=START, hours=96, members=3, init=INIT + 6 * HOUR)
    assert json.dumps(one, allow_nan=False) == json.dumps(same, allow_nan=False)
    assert not (wind(one) == wind(later)).all(axis=1).any()
    assert np.corrcoef(wind(one)[0], wind(later)[0])[0, 1] > 0.8


def test_radiation_is_of_the_hour_before_the_stamp():
    content = forecast_payload(start=START, hours=48, stray=0.0)
    hidden = truth(start=START - HOUR, end=START + 47 * HOUR)["ghi_w_per_m2"]
    np.testing.assert_allclose(content["hourly"]["shortwave_radiation"], hidden, atol=0.051)
    assert content["hourly"]["time"][0] == START.timestamp()


def test_metadata_are_seconds():
    content = meta_payload(init=INIT, available=INIT + 7 * HOUR)
    assert content["last_run_initialisation_time"] == INIT.timestamp()
    assert content["data_end_time"] == (INIT + 15 * DAY).timestamp()
