"""One row for each way a provider has failed somebody: the rung, the exit code, the words."""

from dataclasses import dataclass

import pytest

from models.weather.online.transport import Limits
from tests.fake_weather import FAULTS, HARMLESS
from tests.faults.world import LIMITS, SHORT, World, key_forms

SLACK_S = 4.0  # reading and a busy computer


@dataclass(frozen=True)
class Case:
    """A fault at night: what the ladder makes of it, and a part of the sentence it leaves."""

    fault: str
    rung: str
    words: str = ""
    only: str = "/"
    count: int | None = None
    limits: Limits = LIMITS
    members: int = 5

    def __str__(self) -> str:
        once = "" if self.count is None else f"-{self.count}-times"
        return f"{self.fault}{once}{self.only.strip('/') and '-' + self.only.strip('/')}"


LAST, FRESH = "last_run", "fresh"
NOT_IN_TIME = "no whole answer within 1.2 s"
CASES = (
    # slow, silent, cut off
    Case("drip", LAST, NOT_IN_TIME, limits=SHORT),
    Case("drip_headers", LAST, NOT_IN_TIME, limits=SHORT),
    Case("hang", LAST, "has fallen silent", limits=SHORT),
    Case("hang_halfway", LAST, "has fallen silent", "/v1", limits=SHORT),
    Case("truncated", LAST, "broke off", "/v1"),
    Case("truncated", FRESH, only="/v1", count=2),
    Case("truncated_gzip", LAST, "has no end", "/v1"),
    Case("truncated_chunks", LAST, "broke off", "/v1"),
    Case("damaged_gzip", LAST, "its compressed body is damaged", "/v1"),
    Case("broken_stream", LAST, "Unexpected error while streaming data", "/v1"),
    Case("broken_stream", FRESH, only="/v1", count=1),
    Case("gzip_bomb", LAST, "larger than 4 MB", "/v1"),
    Case("reset", LAST, "broke off"),
    Case("reset", FRESH, count=1),
    Case("empty_body", LAST, "it is empty", "/v1"),
    # not what was asked for
    Case("html_200", LAST, "the answer is text/html, not application/json"),
    Case("wrong_type", LAST, "the answer is text/csv, not application/json"),
    Case("other_encoding", LAST, "encoded as br"),
    Case("nan", LAST, "NaN", "/v1"),
    Case("infinity", LAST, "-Infinity", "/v1"),
    Case("huge_number", LAST, "no finite number", "/v1"),
    Case("huge_integer", LAST, "no finite number", "/v1"),
    Case("deep_nesting", LAST, "nested too deep", "/v1"),
    Case("duplicate_braces", LAST, "is no JSON", "/v1"),
    Case("not_utf8", LAST, "codec can't decode", "/v1"),
    Case("list_of_places", LAST, "no JSON object", "/v1"),
    Case("text_for_number", LAST, "'calm' is neither a number nor null"),
    # says no
    Case("http_500", LAST, "the server answers 500"),
    Case("http_502", LAST, "the server answers 502 (3 tries)"),
    Case("http_502", FRESH, count=2),
    Case("http_503", LAST, "503 The service is overloaded"),
    Case("http_503", FRESH, count=1),
    Case("http_503_retry_after", LAST, "the next try is due in 2.0 s", limits=SHORT),
    Case("http_529", LAST, "the server answers 529"),
    Case("http_404", LAST, "the server answers 404"),
    Case("minutely", LAST, "the next try is due in"),
    Case("hourly", LAST, "Please try again in the next hour."),
    Case("daily", LAST, "Please try again tomorrow."),
    Case("concurrent", LAST, "429 Too many concurrent requests (3 tries)"),
    Case("concurrent", FRESH, count=1),
    Case("plan_403", LAST, "403 This API requires a Professional plan."),
    Case("reason_400", LAST, "400 Data corrupted at path ''."),
    Case("error_in_200", LAST, "Timeout while reading remote file"),
    Case("redirect_away", LAST, "http://elsewhere.invalid/login: another host is not followed"),
    Case("redirect_circle", LAST, "redirects in a circle"),
    Case("redirect_here", FRESH),
    Case("key_in_error", LAST, "apikey=***"),
    Case("key_in_page", LAST, "apikey=***"),
    Case("key_in_body", FRESH),
    # wrong in content
    Case("nulls_after_midnight", LAST, "is not all of 2026-11-24 00:00Z to"),
    Case("zero_noon", LAST, "dark under a high sun"),
    Case("variable_null", LAST, "null throughout"),
    Case("missing_variable", LAST, "missing"),
    Case("most_members_short", LAST, "too few"),
    Case("short_member", FRESH, members=4),
    Case("frozen_member", FRESH, members=4),
    Case("member_of_last_run", FRESH, members=4),
    Case("frozen_all", LAST, "one value for more than 24 h"),
    Case("frozen_feed", LAST, "frozen"),
    Case("identical_members", LAST, "no ensemble"),
    Case("control_missing", FRESH, members=4),
    Case("fewer_members", FRESH, members=3),
    Case("unit_kmh", LAST, "'km/h' is not m/s"),
    Case("unit_kmh_unsaid", LAST, "divide by 3.6"),
    Case("unit_humidity", LAST, "'fraction' is not %"),
    Case("unit_humidity_unsaid", LAST, "too dry for per cent"),
    Case("unit_pressure", LAST, "'Pa' is not hPa"),
    Case("unit_pressure_unsaid", LAST, "pressure_pa"),
    Case("unit_kelvin_unsaid", LAST, "temp_air_degc"),
    Case("unit_unknown", LAST, "'undefined' is not W/m²"),
    Case("shifted_label", LAST, "late by the sun"),
    Case("shifted_light", LAST, "late by the sun"),
    Case("off_the_hour", LAST, "on the hour"),
    Case("wrong_grid_point", LAST, "km from 23.7 N"),
    Case("utc_offset", LAST, "utc_offset_seconds = 3600"),
    Case("three_hourly", LAST, "not one hour after"),
    Case("unequal_lengths", LAST, "not as long as hourly.time"),
    Case("duplicate_times", LAST, "not one hour after"),
    # old, or from the future
    Case("old_run", LAST, "h old, more than late_max_h = 14"),
    Case("late_run", LAST, "h old, more than late_max_h = 14"),
    Case("future_run", LAST, "later than the clock"),
    Case("no_run_time", LAST, "last_run_initialisation_time"),
)


def test_every_fault_has_its_row() -> None:
    """Proves that no fault of the fake server is left out of the table."""
    assert {case.fault for case in CASES} == set(FAULTS)
    assert len({case.fault for case in CASES}) >= 40
    harmless = {case.fault for case in CASES if case.rung == FRESH and case.count is None}
    assert harmless == set(HARMLESS)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_fault(case: Case, world: World, caplog: pytest.LogCaptureFixture) -> None:
    """Proves rung, exit code, sentence and time of one fault, that nothing stored is lost, and
    that no key is told, logged or stored."""
    caplog.set_level("DEBUG")
    before = world.stored()
    world.first.fault, world.first.only = case.fault, case.only
    world.limits = case.limits
    world.first.fault_count = case.count

    outcome = world.night()

    assert (outcome.rung, outcome.exit_code) == (case.rung, 0 if case.rung == FRESH else 3), (
        outcome.text
    )
    assert case.words in outcome.text
    assert outcome.laddered is not None
    assert len(outcome.laddered.forecast.members) == case.members
    assert len(outcome.laddered.reasons) == (0 if case.rung == FRESH else 1)
    assert outcome.took_s < world.limits.total_s + SLACK_S
    after = world.stored()
    assert {name: after.get(name) for name in before} == before
    texts = (outcome.text, caplog.text)
    assert not [form for form in key_forms() for text in texts if form in text]
    assert world.keys_stored() == []


@pytest.mark.parametrize("case", [c for c in CASES if c.rung != FRESH], ids=str)
def test_fault_when_strict(case: Case, world: World) -> None:
    """Proves that --strict takes nothing below fresh, and says so for every rung."""
    world.first.fault, world.first.only = case.fault, case.only
    world.limits = case.limits

    outcome = world.night(is_strict=True)

    assert (outcome.rung, outcome.exit_code) == ("none", 4)
    assert case.words in outcome.text
    assert "last_run, second, climatology: not taken under --strict." in outcome.text
    assert outcome.took_s < world.limits.total_s + SLACK_S
    assert not [form for form in key_forms() if form in outcome.text]
