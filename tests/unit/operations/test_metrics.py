"""The Prometheus text file, read back by the format's own rules."""

import re
from pathlib import Path

import pytest

from optimizer.metrics import text, write

LINE = re.compile(r'([a-z_]+)\{((?:[a-z]+="(?:[^"\\]|\\.)*",?)+)\} (-?[0-9.e+-]+)')


def figures(content: str) -> dict[tuple[str, str], float]:
    """Read a text file as Prometheus does: every line is a comment or a sample."""
    found, typed = {}, set()
    for line in content.splitlines():
        if line.startswith("# TYPE "):
            typed.add(line.split()[2])
        elif not line.startswith("# HELP "):
            name, labels, value = LINE.fullmatch(line).groups()
            assert name in typed, f"{name} comes before its type"
            found[name, labels] = float(value)
    return found


def test_every_figure_has_its_type_and_the_sites_name() -> None:
    values = {"exit_code": 3.0, "last_run_timestamp_seconds": 1796161620.0, "objective_mad": -1.5e6}
    found = figures(text(values, 'a "site"\\\n', None))
    label = 'site="a \\"site\\"\\\\\\n"'
    assert found == {
        ("dakhla_exit_code", label): 3,
        ("dakhla_last_run_timestamp_seconds", label): 1796161620,
        ("dakhla_objective_mad", label): -1.5e6,
    }


def test_what_is_not_known_is_left_out() -> None:
    assert text({"objective_mad": None}, "s", None) == "\n"


def test_one_rung_is_1_and_all_others_0() -> None:
    found = figures(text({}, "s", "second"))
    assert len(found) == 6
    assert [labels for (_, labels), value in found.items() if value == 1] == [
        'site="s",rung="second"'
    ]
    assert sum(figures(text({}, "s", "a new one")).values()) == 1


def test_the_file_is_replaced_whole_and_a_failure_is_a_sentence(tmp_path: Path) -> None:
    path = tmp_path / "collector" / "dakhla.prom"
    for code in (0.0, 7.0):
        assert write(path, {"exit_code": code}, "s", None) is None
        assert figures(path.read_text()) == {("dakhla_exit_code", 'site="s"'): code}
    assert [p.name for p in path.parent.iterdir()] == ["dakhla.prom"]
    inside = path / "deeper"
    assert write(inside, {}, "s", None) in (
        f"metrics_file = {inside} can't be written: Not a directory. Mend that.",
        f"metrics_file = {inside} can't be written: File exists. Mend that.",
    )


@pytest.mark.parametrize("value", [1e-9, 123456789012.0, 0.1])
def test_values_keep_their_digits(value: float) -> None:
    assert list(figures(text({"solve_seconds": value}, "s", None)).values()) == [value]
