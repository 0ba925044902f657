"""The worker of the what-if section, in a real browser, on programs solved by hand."""

import base64
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from optimizer.report.rendering import file_bytes
from tests.browser.small_programs import INF, lever, program

SOURCES = ("what_if_model.js", "highs.js", "what_if_worker.js")
ASK = """async ({sources, wasm_gz, what_if, wishes}) => {
  const worker = new Worker(URL.createObjectURL(new Blob(sources)));
  const say = (message) => new Promise((resolve) => {
    worker.onmessage = ({data}) => data.kind === "progress" || resolve(data);
    worker.postMessage(message);
  });
  const answers = [await say({kind: "load", what_if, wasm_gz})];
  for (const wish of wishes) answers.push(await say({kind: "solve", id: 1, ...wish}));
  worker.terminate();
  return answers;
}"""


@pytest.fixture(scope="module")
def page(browser: Browser) -> Iterator[Page]:
    page = browser.new_page()
    yield page
    page.close()


def asked(page: Page, what_if: dict[str, Any], *wishes: dict[str, Any]) -> list[dict[str, Any]]:
    """Return what a fresh worker says when it is loaded, and to each wish."""
    given = {
        "sources": [file_bytes(name).decode() + "\n" for name in SOURCES],
        "wasm_gz": base64.b64encode(file_bytes("highs.wasm.gz")).decode(),
        "what_if": what_if,
        "wishes": list(wishes),
    }
    return list(page.evaluate(ASK, given))


def wish(*levers: float, mode: str = "free") -> dict[str, Any]:
    return {"levers": list(levers), "mode": mode}


def both_at_once() -> dict[str, Any]:
    """Two hours paid 1 a MWh drawn, a load of 2 MW, a battery of 0.9 in and 0.8 out."""
    charge, discharge, drawn = (0, 1), (2, 3), (4, 5)
    rows = [({drawn[t]: 1, discharge[t]: 1, charge[t]: -1}, 2.0, 2.0) for t in (0, 1)]
    kept = {charge[0]: 0.9, discharge[0]: -1.25}
    rows += [(kept, 0.0, INF), (kept | {charge[1]: 0.9, discharge[1]: -1.25}, 0.0, 0.0)]
    series = {"in": charge, "out": discharge}
    made = program([0, 0, 0, 0, -1, -1], [10, 10, 10, 10, 20, 20], rows, series)
    return made | {"steps": 2, "pairs": [{"first": "in", "second": "out"}]}


@pytest.mark.parametrize("mode", ["free", "published"])
def test_a_battery_that_is_paid_to_burn_power_gets_a_binary(page: Page, mode: str) -> None:
    """Proves that charging and discharging at once is ruled out, in either mode.

    Apart: what hour 1 can use from the battery is 2 MW, 2 / 0.8 / 0.9 = 2.7778 MW in hour 0,
    so 4.7778 MWh are drawn at -1. At once, 10 in and 7.2 out burn 2.8 MW more in each hour.
    """
    _, answer = asked(page, both_at_once(), wish(mode=mode))
    assert answer["status"] == "optimal"
    assert answer["objective_mad"] == pytest.approx(-(2 + 2 / 0.72), rel=1e-9)
    assert answer["binaries"] >= 1
    assert answer["rounds"] >= 2
    assert answer["gap_pu"] <= 1e-7


def wasted_cooling(*, is_tight: bool) -> dict[str, Any]:
    """Heat of 20 MW, lines 1 + 0.1 heat and 0.2 heat, a plant of 10 MW paid 1 a MWh."""
    power, heat = 0, 1
    rows = [({power: 1, heat: -0.1}, 1.0, INF), ({power: 1, heat: -0.2}, 0.0, INF)]
    rows.append(({heat: 1}, 20.0, 20.0))
    series = {"power": [power], "line_1": [0], "line_2": [1], "tight": [1] if is_tight else []}
    cooling = {"power": "power", "lines": ["line_1", "line_2"], "power_max_mw": 10.0}
    return program([-1, 0], [10, 100], rows, series) | {"cooling": cooling}


def test_cooling_follows_its_greatest_line_where_waste_pays(page: Page) -> None:
    """Proves that cooling draws max(1 + 2, 4) = 4 MW, not the 10 MW it is paid for."""
    _, answer = asked(page, wasted_cooling(is_tight=False), wish())
    assert answer["objective_mad"] == pytest.approx(-4.0, rel=1e-9)
    assert answer["binaries"] == 1


def test_a_choice_of_the_published_plan_is_kept_without_a_binary(page: Page) -> None:
    """Proves that a line held at equality gives 4 MW at once, and only in that mode."""
    held = wasted_cooling(is_tight=True)
    _, as_published, free = asked(page, held, wish(mode="published"), wish())
    assert as_published["objective_mad"] == pytest.approx(-4.0, rel=1e-9)
    assert (as_published["binaries"], free["binaries"]) == (0, 1)


def moved() -> dict[str, Any]:
    """Draw at least 6 MW at 2 MAD, of at most 10: cost = p, side = 12 / q, limit = p q."""
    rows = [({0: 1}, 6.0, INF)]
    terms = [(0, 0, 1.0), (3, 1, 12.0), (6, 2, 10 / 4)]
    bases = [
        {"kind": "linear", "levers": [0]},
        {"kind": "reciprocal", "levers": [1]},
        {"kind": "product", "levers": [0, 1]},
    ]
    levers = [lever("p", 2.0), lever("q", 2.0)]
    return program([2.0], [10.0], rows, terms=terms) | {"bases": bases, "levers": levers}


def test_levers_move_costs_sides_and_limits(page: Page) -> None:
    """Proves each kind of basis: 12 / q MW at p MAD, and too little where 2.5 p q < 12 / q.

    As published 6 x 2 = 12; p = 3: 18; q = 3: 4 x 2 = 8; p = 1, q = 2: 6 MW of at most 5.
    """
    loaded, *answers = asked(
        page, moved(), wish(2, 2), wish(3, 2), wish(2, 3, mode="published"), wish(1, 2)
    )
    assert loaded["kind"] == "ready"
    assert [a.get("objective_mad") for a in answers[:3]] == pytest.approx([12, 18, 8])
    assert answers[3]["status"] == "infeasible"


def test_integers_are_as_published_or_free(page: Page) -> None:
    """Proves the two modes: 2.5 units asked at 1 MAD; 0 are published, so only 3 free ones do."""
    rows = [({0: 1}, 2.5, INF)]
    asking = program([1.0], [10.0], rows, {"whole_at": [0]})
    _, held, free = asked(page, asking, wish(mode="published"), wish())
    assert held["status"] == "infeasible"
    assert free["objective_mad"] == 3.0


def test_a_number_that_is_none_is_told(page: Page) -> None:
    """Proves that a lever outside what a law allows gives an error, not a schedule."""
    _, answer = asked(page, moved(), wish(2, float("nan")))
    assert answer["kind"] == "error"
    assert "not a number" in answer["message"]


def test_a_cost_that_falls_without_end_is_told(page: Page) -> None:
    """Proves that an unbounded program is no optimum."""
    _, answer = asked(page, program([-1.0], [INF], [({0: 1}, 0.0, INF)]), wish())
    assert answer["status"] in ("unbounded", "unboundedOrInfeasible")
