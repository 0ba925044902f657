"""Bad agreements, called as a planner would: exit 2, article, field, value, remedy, word by word.

Each case is one good clause with one thing wrong. The clauses are those a small plant can have: wind,
battery, grid and a training fleet, but no gensets and no cooling.
"""

from pathlib import Path

import pytest

from optimizer.agreement.clause import clause_kinds
from optimizer.config import load_agreement
from tests.end_to_end.conftest import Place, refused

HEAD = """title = "draft"

[[clause]]
article = "4.2"
text = "As agreed."
valid_from = 2026-01-01
"""
CLAUSES = {  # kind: its parameters, as they should be
    "import_cap": "import_max_mw = 60.0\nfirst_hour = 17\nlast_hour = 23\nmonths = [1, 2]\n",
    "renewable_share": 'share_min_pu = 0.9\nwindow = "day"\nprice_mad_per_mwh = 2000.0\n',
    "carbon_budget": 'budget_kg = 5e4\nwindow = "day"\n',
    "ride_through": "autonomy_h = 4.0\n",
    "cfe_score": 'share_min_pu = 0.8\nwindow = "month"\n',
    "exclusive_supply": (
        'import_max_mw = 0.0\n[[clause.exception]]\nname = "line_works"\ntext = "Line works."\n'
        "from_utc = 2026-03-01T00:00:00Z\nuntil_utc = 2026-03-02T00:00:00Z\n"
    ),
    "surplus_cap": 'share_max_pu = 0.2\nwindow = "year"\n',
    "ramp_limit": "ramp_max_mw_per_h = 40.0\n",
    "genset_hours": 'hours_max_h = 20.0\nwindow = "day"\n',
    "fuel_budget": 'budget_l = 1000.0\nwindow = "month"\n',
    "n_minus_one": "bridging_h = 0.5\n",
    "embassy_reserve": "reserved_mw = 10.0\nhold_h = 2.0\n",
    "regional_water": 'service = "desalination_main"\namount_m3 = 3000.0\n',
    "regional_energy": "amount_mwh = 100.0\n",
    "water_budget": 'budget_m3 = 500.0\nwindow = "day"\n',
    "minimum_storage": "energy_min_mwh = 100.0\nhours = [17, 18]\n",
    "curtailment_priority": 'order = ["solar_main", "wind_main"]\n',
    "research_quota": 'workload = "training_jazari"\nquota_mwh_per_week = 500.0\n',
}
Case = tuple[str, str, str, tuple[str, ...]]  # kind, what is there, what is written, what is said

CAP, SHARE, CARBON = "import_cap", "renewable_share", "carbon_budget"
RIDE, QUOTA = "ride_through", "research_quota"
HEADS: dict[str, Case] = {
    "title empty": (CAP, '"draft"', '""', ("!title = '' (what the agreement is called) is empty. Write some text.",)),
    "title missing": (CAP, 'title = "draft"\n', "", ("!title (what the agreement is called) is missing. Add it.",)),
    "key beside the clauses": (CAP, 'title = "draft"', 'title = "draft"\ntitel = "d"', ("!titel: no such key. Did you mean title?",)),
    "article missing": (CAP, 'article = "4.2"\n', "", ("?article (article number) is missing. Add it.",)),
    "article a number": (CAP, '"4.2"', "4.2", ("article = 4.2 (article number) is not text in quotes. Give text in quotes.",)),
    "article with a blank": (CAP, '"4.2"', '"4 2"', ("#4 2|article = '4 2' (article number) is not of the form asked for. Write letters, digits and points.",)),
    "article empty": (CAP, '"4.2"', '""', ("#|article = '' (article number) is not of the form asked for. Write letters, digits and points.",)),
    "text missing": (CAP, 'text = "As agreed."\n', "", ("text (the sentence of the agreement) is missing. Add it.",)),
    "text empty": (CAP, '"As agreed."', '""', ("text = '' (the sentence of the agreement) is empty. Write some text.",)),
    "text a number": (CAP, '"As agreed."', "4", ("text = 4 (the sentence of the agreement) is not text in quotes. Give text in quotes.",)),
    "no first day": (CAP, "valid_from = 2026-01-01\n", "", ("valid_from (first day it holds, legal time at the site) is missing. Add it.",)),
    "day in quotes": (CAP, "valid_from = 2026-01-01", 'valid_from = "2026-01-01"', ("valid_from = '2026-01-01' (first day it holds, legal time at the site) is not a day. Write it like 2026-01-01, without quotes.",)),
    "day with a time": (CAP, "valid_from = 2026-01-01", "valid_from = 2026-01-01T08:00:00", ("valid_from = 2026-01-01T08:00:00 (first day it holds, legal time at the site) is not a day. Write it like 2026-01-01, without a time.",)),
    "year alone": (CAP, "valid_from = 2026-01-01", "valid_from = 2026", ("valid_from = 2026 (first day it holds, legal time at the site) is not a day. Write it like 2026-01-01, without quotes.",)),
    "days reversed": (CAP, "valid_from = 2026-01-01", "valid_from = 2026-01-01\nvalid_until = 2025-12-31", ("valid_until = 2025-12-31 is before valid_from. Give a later day.",)),
    "last day in words": (CAP, "valid_from = 2026-01-01", 'valid_from = 2026-01-01\nvalid_until = "never"', ("valid_until = 'never' (last day it holds, or none) is not a day. Write it like 2026-01-01, without quotes.",)),
    "kind in capitals": (CAP, '"import_cap"', '"Import_Cap"', ("kind = 'Import_Cap' is not a kind of clause. Did you mean import_cap?",)),
    "kind misspelt": (SHARE, '"renewable_share"', '"renewables_share"', ("kind = 'renewables_share' is not a kind of clause. Did you mean renewable_share?",)),
    "kind of nothing": (CAP, '"import_cap"', '"zzz"', ("kind = 'zzz' is not a kind of clause. Give one of {kinds}.",)),
    "kind missing": (CAP, 'kind = "import_cap"\n', "", ("kind is missing. Give one of {kinds}.",)),
    "kind a list": (CAP, '"import_cap"', '["import_cap"]', ("kind = ['import_cap'] is not a kind of clause. Did you mean import_cap?",)),
}  # fmt: skip
NUMBERS: dict[str, Case] = {
    "cap in quotes": (CAP, "60.0", '"60"', ("import_max_mw = '60' (most that may be drawn [MW]) is not a number. Write it without quotes.",)),
    "cap yes": (CAP, "60.0", "true", ("import_max_mw = true (most that may be drawn [MW]) is not a number. Give a number.",)),
    "cap a list": (CAP, "60.0", "[60.0]", ("import_max_mw = [60.0] (most that may be drawn [MW]) is not a number. Give a number.",)),
    "cap below zero": (CAP, "60.0", "-60.0", ("import_max_mw = -60.0 (most that may be drawn [MW]) is below 0. Give 0 or more.",)),
    "cap not a number": (CAP, "60.0", "nan", ("import_max_mw = nan (most that may be drawn [MW]) is not a finite number. Give a finite number.",)),
    "cap without end": (CAP, "60.0", "inf", ("import_max_mw = inf (most that may be drawn [MW]) is not a finite number. Give a finite number.",)),
    "cap missing": (CAP, "import_max_mw = 60.0\n", "", ("import_max_mw (most that may be drawn [MW]) is missing. Add it.",)),
    "cap in kW": (CAP, "import_max_mw", "import_max_kw", ("import_max_mw (most that may be drawn [MW]) is missing. Add it.", "import_max_kw: no such key. Did you mean import_max_mw?")),
    "hour 24 to begin": (CAP, "first_hour = 17", "first_hour = 24", ("first_hour = 24 (clock hour at which the window begins) is above 23. Give 23 or less.",)),
    "hour 25 to end": (CAP, "last_hour = 23", "last_hour = 25", ("last_hour = 25 (clock hour at which it ends, over midnight if less) is above 24. Give 24 or less.",)),
    "hour below zero": (CAP, "first_hour = 17", "first_hour = -1", ("first_hour = -1 (clock hour at which the window begins) is below 0. Give 0 or more.",)),
    "half an hour": (CAP, "first_hour = 17", "first_hour = 17.5", ("first_hour = 17.5 (clock hour at which the window begins) is not a whole number. Give a whole number.",)),
    "hour as a clock": (CAP, "first_hour = 17", 'first_hour = "17:00"', ("first_hour = '17:00' (clock hour at which the window begins) is not a whole number. Write it without quotes.",)),
    "month 0": (CAP, "[1, 2]", "[0, 2]", ("months, value 1 = 0 (months in which it holds) is below 1. Give 1 or more.",)),
    "month 13": (CAP, "[1, 2]", "[1, 13]", ("months, value 2 = 13 (months in which it holds) is above 12. Give 12 or less.",)),
    "no month": (CAP, "[1, 2]", "[]", ("months = [] (months in which it holds) is too short a list. Give 1 or more values.",)),
    "one month, not a list": (CAP, "[1, 2]", "1", ("months = 1 (months in which it holds) is not a list in brackets. Give a list in brackets.",)),
    "month by name": (CAP, "[1, 2]", '["January"]', ("months, value 1 = 'January' (months in which it holds) is not a whole number. Write it without quotes.",)),
    "zone of nowhere": (CAP, "first_hour", 'time_zone = "Africa/Dakhla"\nfirst_hour', ("time_zone: time zone 'Africa/Dakhla' is not in the tz database. Give e.g. Africa/El_Aaiun.",)),
    "zone with a sign": (CAP, "first_hour", 'time_zone = "UTC+1"\nfirst_hour', ("time_zone: time zone 'UTC+1' is not in the tz database. Give e.g. Africa/El_Aaiun.",)),
    "price below zero": (CAP, "first_hour", "price_mad_per_mwh = -1\nfirst_hour", ("price_mad_per_mwh = -1 (price of a MWh above the cap, or none: never [MAD/MWh]) is below 0. Give 0 or more.",)),
    "share in percent": (SHARE, "0.9", "90", ("share_min_pu = 90 (least renewable share [per unit]) is above 1. Give 0.9 for 90 %.",)),
    "share above the whole": (SHARE, "0.9", "900.0", ("share_min_pu = 900.0 (least renewable share [per unit]) is above 1. Give 1 or less.",)),
    "share below zero": (SHARE, "0.9", "-0.1", ("share_min_pu = -0.1 (least renewable share [per unit]) is below 0. Give 0 or more.",)),
    "share in the wrong unit": (SHARE, "share_min_pu", "share_min_percent", ("share_min_pu (least renewable share [per unit]) is missing. Add it.", "share_min_percent: no such key. Did you mean share_min_pu?")),
    "price of another clause": (SHARE, "price_mad_per_mwh = 2000.0", "price_mad_per_kg = 2000.0", ("price_mad_per_kg: no such key. Did you mean price_mad_per_mwh?",)),
    "budget below zero": (CARBON, "5e4", "-5", ("budget_kg = -5 (most that may be emitted in a window [kg CO2]) is below 0. Give 0 or more.",)),
    "budget in tonnes": (CARBON, "budget_kg", "budget_t", ("budget_kg (most that may be emitted in a window [kg CO2]) is missing. Add it.", "budget_t: no such key. Did you mean budget_kg?")),
    "autonomy of nothing": (RIDE, "4.0", "0", ("autonomy_h = 0 (hours the sovereign load must live on [h]) is not above 0. Give more than 0.",)),
    "autonomy of a month": (RIDE, "4.0", "720.0", ("autonomy_h = 720.0 (hours the sovereign load must live on [h]) is above 168. Give 168 or less.",)),
    "autonomy in words": (RIDE, "4.0", '"4 h"', ("autonomy_h = '4 h' (hours the sovereign load must live on [h]) is not a number. Write it without quotes.",)),
    "quota of nothing": (QUOTA, "500.0", "0.0", ("quota_mwh_per_week = 0.0 (work due in a week [MWh of IT energy]) is not above 0. Give more than 0.",)),
    "workload missing": (QUOTA, 'workload = "training_jazari"\n', "", ("workload (name of the workload that serves it, e.g. training_jazari) is missing. Add it.",)),
    "workload a list": (QUOTA, '"training_jazari"', '["training_jazari"]', ("workload = ['training_jazari'] (name of the workload that serves it, e.g. training_jazari) is not text in quotes. Give text in quotes.",)),
}  # fmt: skip
WINDOWS = "Give 'hour', 'day', 'week', 'month', 'year' or 'horizon'."
NO_WAY = "[exception.1] exception 'line_works' does not say when it applies. Give from_utc and until_utc, or available_below_mw."
OTHERS: dict[str, Case] = {
    "score in percent": ("cfe_score", "0.8", "80", ("share_min_pu = 80 (least CFE score [per unit]) is above 1. Give 0.8 for 80 %.",)),
    "window of a quarter": ("cfe_score", '"month"', '"quarter"', (f"window = 'quarter' (over which it is kept) is unknown. {WINDOWS}",)),
    "window missing": ("cfe_score", 'window = "month"\n', "", ("window (over which it is kept) is missing. Add it.",)),
    "exclusive but negative": ("exclusive_supply", "0.0", "-1", ("import_max_mw = -1 (draw that needs no exception, e.g. of meters [MW]) is below 0. Give 0 or more.",)),
    "exception without a beginning": ("exclusive_supply", "from_utc = 2026-03-01T00:00:00Z\n", "", (NO_WAY,)),
    "exception in two ways": ("exclusive_supply", "from_utc", "available_below_mw = 9.0\nfrom_utc", (NO_WAY,)),
    "exception reversed": ("exclusive_supply", "03-02T00", "02-02T00", ("[exception.1] exception 'line_works': until_utc = 2026-02-02 00:00:00+00:00 is not after from_utc. Give a later moment.",)),
    "exception of no zone": ("exclusive_supply", "03-02T00:00:00Z", "03-02T00:00:00", ("[exception.1] until_utc: 2026-03-02 00:00:00 is of no time zone. Write it like 2026-03-01T18:00:00Z.",)),
    "exception soon": ("exclusive_supply", "2026-03-02T00:00:00Z", '"soon"', ("[exception.1] until_utc: 'soon' is not a moment. Write it like 2026-03-01T18:00:00Z.",)),
    "exception by no name": ("exclusive_supply", '"line_works"', '"Line works"', ("[exception.1] name = 'Line works' (short name, e.g. line_works) is not a plain name. Use a-z, 0-9 and _, a letter first.",)),
    "exception without its sentence": ("exclusive_supply", 'text = "Line works."\n', "", ("[exception.1] text (the sentence of the agreement that allows it) is missing. Add it.",)),
    "exception no table": ("exclusive_supply", "[[clause.exception]]", "exception = 3\n[[clause.exceptions]]", ("exception = 3 (tables of exceptions: when the grid may give) is not a list in brackets. Give a list in brackets.", "exceptions: no such key. Did you mean exception?")),
    "exception twice": ("exclusive_supply", "2026-03-02T00:00:00Z\n", '2026-03-02T00:00:00Z\n[[clause.exception]]\nname = "line_works"\ntext = "x"\navailable_below_mw = 9.0\n', ("exception line_works appears twice. Name each once.",)),
    "surplus in percent": ("surplus_cap", "0.2", "20", ("share_max_pu = 20 (most that is fed in [per unit]) is above 1. Give 0.2 for 20 %.",)),
    "surplus at least": ("surplus_cap", "share_max_pu", "share_min_pu", ("share_max_pu (most that is fed in [per unit]) is missing. Add it.", "share_min_pu: no such key. Did you mean share_max_pu?")),
    "ramp downwards": ("ramp_limit", "40.0", "-40.0", ("ramp_max_mw_per_h = -40.0 (most that exchange may change by [MW/h]) is below 0. Give 0 or more.",)),
    "ramp by the minute": ("ramp_limit", "mw_per_h", "mw_per_min", ("ramp_max_mw_per_h (most that exchange may change by [MW/h]) is missing. Add it.", "ramp_max_mw_per_min: no such key. Did you mean ramp_max_mw_per_h?")),
    "hours below zero": ("genset_hours", "20.0", "-1", ("hours_max_h = -1 (most hours of all units in a window [h]) is below 0. Give 0 or more.",)),
    "window of a shift": ("genset_hours", '"day"', '"shift"', (f"window = 'shift' (over which it is kept) is unknown. {WINDOWS}",)),
    "fuel with its unit": ("fuel_budget", "1000.0", '"1 m3"', ("budget_l = '1 m3' (most that is burnt in a window [L]) is not a number. Write it without quotes.",)),
    "fuel in another unit": ("fuel_budget", "budget_l", "budget_m3", ("budget_l (most that is burnt in a window [L]) is missing. Add it.", "budget_m3: no such key. Did you mean budget_l?")),
    "bridging of nothing": ("n_minus_one", "0.5", "0", ("bridging_h = 0 (hours the batteries must carry it [h]) is not above 0. Give more than 0.",)),
    "bridging of days": ("n_minus_one", "0.5", "72.0", ("bridging_h = 72.0 (hours the batteries must carry it [h]) is above 48. Give 48 or less.",)),
    "reserve below zero": ("embassy_reserve", "10.0", "-10.0", ("reserved_mw = -10.0 (IT power that may start in any step [MW]) is below 0. Give 0 or more.",)),
    "reserve for how long": ("embassy_reserve", "hold_h = 2.0\n", "", ("hold_h (hours batteries must carry their share [h]) is missing. Add it.",)),
    "reserve misspelt": ("embassy_reserve", "reserved_mw", "reserve_mw", ("reserved_mw (IT power that may start in any step [MW]) is missing. Add it.", "reserve_mw: no such key. Did you mean reserved_mw?")),
    "no water": ("regional_water", "3000.0", "0.0", ("amount_m3 = 0.0 (water due in a window [m3]) is not above 0. Give more than 0.",)),
    "water from where": ("regional_water", 'service = "desalination_main"\n', "", ("service (name of the plant that makes it, e.g. desalination_main) is missing. Add it.",)),
    "water from a number": ("regional_water", '"desalination_main"', "7", ("service = 7 (name of the plant that makes it, e.g. desalination_main) is not text in quotes. Give text in quotes.",)),
    "energy from the region": ("regional_energy", "100.0", "-100.0", ("amount_mwh = -100.0 (energy due in a window [MWh]) is not above 0. Give more than 0.",)),
    "energy in kWh": ("regional_energy", "amount_mwh", "amount_kwh", ("amount_mwh (energy due in a window [MWh]) is missing. Add it.", "amount_kwh: no such key. Did you mean amount_mwh?")),
    "water below zero": ("water_budget", "500.0", "-500.0", ("budget_m3 = -500.0 (most that may evaporate in a window [m3]) is below 0. Give 0 or more.",)),
    "water in litres": ("water_budget", "budget_m3", "budget_l", ("budget_m3 (most that may evaporate in a window [m3]) is missing. Add it.", "budget_l: no such key. Did you mean budget_m3?")),
    "storage below zero": ("minimum_storage", "100.0", "-1.0", ("energy_min_mwh = -1.0 (least energy in store [MWh]) is below 0. Give 0 or more.",)),
    "storage at 24 h": ("minimum_storage", "[17, 18]", "[17, 24]", ("hours, value 2 = 24 (clock hours at which it is asked, 17 is 17:00) is above 23. Give 23 or less.",)),
    "storage at no hour": ("minimum_storage", "[17, 18]", "[]", ("hours = [] (clock hours at which it is asked, 17 is 17:00) is too short a list. Give 1 or more values.",)),
    "storage at an hour, not a list": ("minimum_storage", "[17, 18]", "17", ("hours = 17 (clock hours at which it is asked, 17 is 17:00) is not a list in brackets. Give a list in brackets.",)),
    "order of one": ("curtailment_priority", '"solar_main", ', "", ("order = ['wind_main'] (names of plants, e.g. wind_main: first first) is too short a list. Give 2 or more values.",)),
    "order of numbers": ("curtailment_priority", '["solar_main", "wind_main"]', '["solar_main", 2]', ("order, value 2 = 2 (names of plants, e.g. wind_main: first first) is not text in quotes. Give text in quotes.",)),
}  # fmt: skip
CASES = HEADS | NUMBERS | OTHERS


def draft(kind: str) -> str:
    return f'{HEAD}kind = "{kind}"\n{CLAUSES[kind]}'


def expected(path: Path, said: str) -> str:
    """Return the whole line: ``!`` is not of a clause, ``?`` of one without a number, ``#`` of
    another.
    """
    kinds = ", ".join(sorted(clause_kinds()))
    if said.startswith("!"):
        return f"{path}: {said[1:]}"
    article = "4.2"
    if said.startswith("?"):
        article, said = "?", said[1:]
    elif said.startswith("#"):
        article, said = said[1:].split("|", 1)
    return f"{path}: clause 1 (article {article}): {said.replace('{kinds}', kinds)}"


@pytest.mark.parametrize("kind", CLAUSES)
def test_each_clause_is_good_before_it_is_spoilt(place: Place, kind: str) -> None:
    """Proves that a case below fails by what it spoils: the clause itself can be read."""
    place.path("agreement.toml").write_text(draft(kind))
    assert [clause.kind for clause in load_agreement(place.path("agreement.toml")).clause] == [kind]


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_a_bad_clause_is_refused(place: Place, case: Case) -> None:
    """Proves exit 2 and the whole message: article, field, value, what it means, remedy."""
    kind, there, instead, said = case
    text = draft(kind)
    assert there in text
    path = place.path("agreement.toml")
    path.write_text(text.replace(there, instead, 1))
    assert refused(place.plan("--json"), place) == [expected(path, one) for one in said]


TOGETHER: dict[str, tuple[list[str], list[str]]] = {
    "one article twice": (
        [draft(CAP), draft(RIDE)],
        ["article 4.2 appears twice. Number each clause once."],
    ),
    "two articles of one name": (
        [draft(CAP).replace("4.2", "4.a"), draft(RIDE).replace("4.2", "4.A")],
        ["article 4.A, 4.a appears twice. Number each clause once."],
    ),
    "workload that is not on the site": (
        [draft(QUOTA).replace("training_jazari", "training_ai")],
        [
            ("Art. 4.2: workload = 'training_ai' is not on the site. "
            "Give one of training_jazari, firm_sovereign, firm_cloud.")
        ],
    ),
    "no gensets to count": (
        [draft("genset_hours")],
        ["Art. 4.2: genset_hours can't apply: the site has no genset. Add a table [genset.NAME] to the site, or take the clause out."],
    ),
    "no gensets to burn fuel": (
        [draft("fuel_budget")],
        ["Art. 4.2: fuel_budget can't apply: the site has no genset. Add a table [genset.NAME] to the site, or take the clause out."],
    ),
    "no desalination": (
        [draft("regional_water")],
        ["Art. 4.2: regional_water can't apply: the site has no desalination. Add a table [desalination.NAME] to the site, or take the clause out."],
    ),
    "no cooling": (
        [draft("water_budget")],
        ["Art. 4.2: water_budget can't apply: the site has no cooling. Add a table [cooling] to the site, or take the clause out."],
    ),
    "plant that is not on the site": (
        [draft("curtailment_priority")],
        ["Art. 4.2: order has 'solar_main', which is not on the site. Give some of wind_main."],
    ),
    "battery of another name": (
        [draft("minimum_storage") + 'battery = "battery_east"\n'],
        ["Art. 4.2: battery = 'battery_east' is not on the site. Give one of battery_main."],
    ),
    "two clauses, three mistakes": (
        [
            draft(CAP).replace("60.0", "-1").replace("first_hour = 17", "first_hour = 99"),
            draft(RIDE).replace("4.2", "5.1").replace("4.0", "-4"),
        ],
        [
            "clause 1 (article 4.2): import_max_mw = -1 (most that may be drawn [MW]) is below 0. Give 0 or more.",
            "clause 1 (article 4.2): first_hour = 99 (clock hour at which the window begins) is above 23. Give 23 or less.",
            "clause 2 (article 5.1): autonomy_h = -4 (hours the sovereign load must live on [h]) is not above 0. Give more than 0.",
        ],
    ),
}  # fmt: skip


@pytest.mark.parametrize(("texts", "said"), TOGETHER.values(), ids=TOGETHER.keys())
def test_clauses_that_are_bad_together(place: Place, texts: list[str], said: list[str]) -> None:
    """Proves that what is wrong between clauses, or with the site, is told in the same way."""
    path = place.path("agreement.toml")
    path.write_text(texts[0] + "".join(text.split("\n", 1)[1] for text in texts[1:]))
    assert refused(place.plan("--json"), place) == [f"{path}: {one}" for one in said]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "empty. Start from the default file that `dakhla schema` names."),
        ('title = "d"\n[clause]\nkind = "import_cap"\n', "clause is not a list of tables. Write [[clause]]."),
        ('title = "d"\nclause = ["import_cap"]\n', "clause is not a list of tables. Write [[clause]]."),
        ('title = "d"\ntitle = "e"\n', "not TOML: Cannot overwrite a value (at line 2, column 12). Mend that line."),
        (draft(CAP).replace("60.0", "60,0"), "not TOML: Expected newline or end of document after a statement (at line 8, column 19). Mend that line."),
    ],
)  # fmt: skip
def test_a_file_that_is_no_agreement(place: Place, text: str, said: str) -> None:
    """Proves that what is not even a list of clauses is told by its file and line."""
    path = place.path("agreement.toml")
    path.write_text(text)
    assert refused(place.plan("--json"), place) == [f"{path}: {said}"]


def test_there_are_enough_of_them() -> None:
    """Proves the number of bad agreements asked for, and that no kind of clause is left out."""
    assert {case[0] for case in CASES.values()} == set(clause_kinds())
    said = [case[3] for case in CASES.values()]
    assert len(CASES) + len(TOGETHER) >= 40
    assert len(set(said)) >= len(said) - 3  # a few mistakes have the same sentence
