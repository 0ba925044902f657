"""Wrong input of every kind: the right exit code, one message, no traceback, nothing written."""

from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from tests.end_to_end.conftest import Place, refused

Spoil = Callable[[Path], object]


def edit(name: str, old: str, new: str) -> Spoil:
    """Return what replaces a text of a file by another."""

    def spoil(folder: Path) -> None:
        text = (folder / name).read_text()
        assert old in text, old
        (folder / name).write_text(text.replace(old, new, 1))

    return spoil


def write(name: str, content: bytes | str) -> Spoil:
    """Return what replaces a file."""
    raw = content.encode() if isinstance(content, str) else content
    return lambda folder: (folder / name).write_bytes(raw)


def gone(name: str) -> Spoil:
    """Return what removes a file."""
    return lambda folder: (folder / name).unlink()


def folder_at(name: str) -> Spoil:
    """Return what puts a folder where a file should be."""

    def spoil(folder: Path) -> None:
        (folder / name).unlink(missing_ok=True)
        (folder / name).mkdir()

    return spoil


def huge(name: str, size: int) -> Spoil:
    """Return what makes a file as large as none can be, without filling the disk."""

    def spoil(folder: Path) -> None:
        with (folder / name).open("wb") as file:
            file.truncate(size)

    return spoil


def table(name: str, change: Callable[[pd.DataFrame], pd.DataFrame]) -> Spoil:
    """Return what changes a table of a file."""

    def spoil(folder: Path) -> None:
        frame = pd.read_csv(folder / name, dtype=str)
        change(frame).to_csv(folder / name, index=False)

    return spoil


def cell(name: str, column: str, row: int, value: str) -> Spoil:
    """Return what changes one cell."""
    return table(name, lambda f: f.assign(**{column: f[column].where(f.index != row, value)}))


SITE, AGREEMENT, STATE, WIND, GRID = (
    "site.toml", "agreement.toml", "state.csv", "wind.csv", "grid.csv",
)  # fmt: skip
CLAUSE = '[[clause]]\nkind = "import_cap"'
CASES: dict[str, tuple[Spoil, str]] = {
    # Keys of the site file.
    "typo in a key": (edit(SITE, "soc_min_pu", "soc_mim_pu"), "Did you mean soc_min_pu?"),
    "missing table": (edit(SITE, "[facility]", "[facilities]"), "facility"),
    "key given twice": (edit(SITE, "[place]", "[place]\nname = 'x'"), "not TOML"),
    "name is not the table's": (edit(SITE, "[firm.cloud]", "[firm.cloud]\nname = 'x'"), "name"),
    "table name with a blank": (edit(SITE, "[firm.cloud]", '[firm."a b"]'), "plain name"),
    "a number where a table is": (edit(SITE, "[place]", "genset = 3\n[place]"), "genset"),
    # Ranges in it.
    "percent": (edit(SITE, "soc_max_pu = 0.95", "soc_max_pu = 95"), "Give 0.95 for 95 %"),
    "efficiency as percent": (edit(SITE, "= 0.94", "= 94"), "Give 0.94 for 94 %"),
    "negative power": (edit(SITE, "charge_max_mw = 100.0", "charge_max_mw = -1"), "-1"),
    "zero energy": (edit(SITE, "energy_max_mwh = 400.0", "energy_max_mwh = 0"), "energy_max_mwh"),
    "kW for MW": (edit(SITE, "demand_mw = 60.0", "demand_mw = 6000000.0"), "demand_mw"),
    "window upside down": (edit(SITE, "soc_min_pu = 0.05", "soc_min_pu = 0.96"), "soc_min_pu"),
    "energy outside the window": (
        edit(SITE, "energy_initial_mwh = 200.0", "energy_initial_mwh = 399.0"),
        "outside the window",
    ),
    "wear falls with depth": (edit(SITE, "[20.0, 60.0]", "[60.0, 20.0]"), "falls with depth"),
    "no wear": (edit(SITE, "[20.0, 60.0]", "[]"), "ageing_cost_mad_per_mwh"),
    "latitude": (edit(SITE, "latitude_deg = 23.7", "latitude_deg = 237"), "latitude_deg"),
    "shed above the load": (edit(SITE, "shed_max_pu = 0.1", "shed_max_pu = 1.1"), "shed_max_pu"),
    "curve without its end": (edit(SITE, ", [1.0, 1.0]]", "]"), "curve"),
    "curve in percent": (edit(SITE, "[0.788, 0.910]", "[78.8, 91.0]"), "curve"),
    "gap above one": (edit(SITE, "time_limit_s = 20.0", "mip_gap_pu = 1.5"), "mip_gap_pu"),
    "no time": (edit(SITE, "time_limit_s = 20.0", "time_limit_s = 0"), "time_limit_s"),
    # Types in it.
    "text for a number": (edit(SITE, "= 100.0", '= "100"'), "charge_max_mw"),
    "yes for a number": (edit(SITE, "= 100.0", "= true"), "charge_max_mw"),
    "list for a number": (edit(SITE, "= 100.0", "= [100.0]"), "charge_max_mw"),
    "number for text": (edit(SITE, 'name = "small plant"', "name = 3"), "name"),
    "not a number": (edit(SITE, "= 100.0", "= nan"), "charge_max_mw"),
    "infinite": (edit(SITE, "= 100.0", "= inf"), "charge_max_mw"),
    "fraction of a step count": (edit(SITE, "climate_seed = 1", "climate_seed = 1.5"), "seed"),
    # The file itself.
    "site missing": (gone(SITE), "site.toml"),
    "site is a folder": (folder_at(SITE), "site.toml"),
    "site empty": (write(SITE, ""), "empty"),
    "site cut off": (write(SITE, "[place"), "not TOML"),
    "site not UTF-8": (write(SITE, b'[place]\nname = "\xe9t\xe9"'), "UTF-8"),
    "site binary": (write(SITE, bytes(range(256))), "site.toml"),
    "site huge": (huge(SITE, 2_000_000), "at most 1 are read"),
    # The agreement.
    "unknown kind": (edit(AGREEMENT, "import_cap", "export_cap"), "kind"),
    "no kind": (edit(AGREEMENT, 'kind = "import_cap"\n', ""), "kind"),
    "no article": (edit(AGREEMENT, 'article = "4.2"\n', ""), "article"),
    "no date": (edit(AGREEMENT, "valid_from = 2026-01-01\n", ""), "valid_from"),
    "date as text": (edit(AGREEMENT, "2026-01-01", '"1 January"'), "valid_from"),
    "article twice": (edit(AGREEMENT, '"7.3"', '"4.2"'), "twice"),
    "hour 25": (edit(AGREEMENT, "last_hour = 4", "last_hour = 25"), "last_hour"),
    "negative cap": (edit(AGREEMENT, "= 60.0", "= -60.0"), "import_max_mw"),
    "unknown workload": (edit(AGREEMENT, "training_jazari", "training_x"), "training_x"),
    "clause not a list": (edit(AGREEMENT, CLAUSE, '[clause]\nkind = "import_cap"'), "TOML"),
    "agreement missing": (gone(AGREEMENT), "agreement.toml"),
    "agreement huge": (huge(AGREEMENT, 2_000_000), "at most 1 are read"),
    # The opening state.
    "unknown quantity": (cell(STATE, "quantity", 0, "energy_kwh"), "energy_kwh"),
    "unknown name": (cell(STATE, "name", 0, "battery_x"), "battery_x"),
    "state of another hour": (cell(STATE, "time_utc", 0, "2026-06-30T00:00:00Z"), "start"),
    "state without a number": (cell(STATE, "value", 0, "full"), "full"),
    "negative state": (cell(STATE, "value", 0, "-5"), "-5"),
    "state twice": (table(STATE, lambda f: pd.concat([f, f])), "twice"),
    "state without a column": (table(STATE, lambda f: f.drop(columns="key")), "columns"),
    "state missing": (gone(STATE), "state.csv"),
    # Series.
    "series missing": (gone(WIND), "wind.csv"),
    "series empty": (write(WIND, ""), "wind.csv"),
    "series without rows": (write(WIND, "time_utc,available_mw\n"), "no rows"),
    "series without its column": (
        table(WIND, lambda f: f.rename(columns={"available_mw": "power_mw"})),
        "available_mw",
    ),
    "series without time": (table(WIND, lambda f: f.drop(columns="time_utc")), "time_utc"),
    "series in kW": (cell(WIND, "available_mw", 2, "300000000"), "2026-07-01T02:00Z"),
    "negative series": (cell(WIND, "available_mw", 3, "-1"), "2026-07-01T03:00Z"),
    "gap in a series": (cell(WIND, "available_mw", 4, ""), "2026-07-01T04:00Z"),
    "missing hour": (table(WIND, lambda f: f.drop(index=2)), "2026-07-01T02:00Z"),
    "hour twice": (table(WIND, lambda f: pd.concat([f, f.iloc[:1]])), "twice"),
    "naive time": (
        table(WIND, lambda f: f.assign(time_utc=f["time_utc"].str.rstrip("Z"))),
        "no time zone",
    ),
    "no time at all": (cell(WIND, "time_utc", 1, "noon"), "time_utc"),
    "text in a series": (cell(GRID, "import_price_mad_per_mwh", 1, "dear"), "01:00Z"),
    "series not a table": (write(WIND, b"\x00\x01\x02\x03" * 40), "wind.csv"),
}


@pytest.mark.parametrize(("spoil", "fragment"), CASES.values(), ids=CASES.keys())
def test_wrong_input_is_refused(place: Place, spoil: Spoil, fragment: str) -> None:
    """Proves exit 2, a message that names what is wrong, no traceback, and nothing written."""
    spoil(place.folder)
    said = place.plan("--json")
    assert fragment in "\n".join(refused(said, place))


def test_the_plant_can_be_planned_before_it_is_spoilt(place: Place) -> None:
    """Proves that each case above fails by what it spoils, and nothing else."""
    said = place.plan("--json")
    assert said.code == 0, said.err
    assert (place.out / "latest.json").is_file()


@pytest.mark.parametrize(
    ("options", "fragment"),
    [
        (["--date", "2026-13-01"], "2026-13-01"),
        (["--date", "tomorrow"], "tomorrow"),
        (["--horizon", "48"], "48"),
        (["--horizon", "47h@2h"], "whole number"),
        (["--horizon", "0h@1h"], "0h@1h"),
        (["--horizon", "100000h@1h"], "two years"),
        (["--zebra"], "zebra"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_wrong_options_are_refused(place: Place, options: list[str], fragment: str) -> None:
    """Proves that usage errors are exit 2 too, and name the option's value."""
    said = place.plan(*options)
    assert said.code == 2
    assert fragment in said.err
    assert "Traceback" not in said.err
    assert not place.out.exists()


def test_all_problems_come_at_once(place: Place) -> None:
    """Proves that three mistakes in one file are three lines of one message."""
    place.edit(SITE, "soc_max_pu = 0.95", "soc_max_pu = 95")
    place.edit(SITE, "demand_mw = 60.0", "demand_mw = -60.0")
    place.edit(SITE, "self_discharge_pu_per_h", "self_discharge_per_h")
    problems = "\n".join(place.plan("--json").answer["problems"])
    for field in ("soc_max_pu", "demand_mw", "self_discharge_per_h"):
        assert field in problems
