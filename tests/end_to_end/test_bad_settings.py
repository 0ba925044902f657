"""Wrong settings in whole sentences: file, table, key, value, meaning and unit, remedy."""

import pytest

from optimizer.agreement.clause import clause_kinds
from tests.end_to_end.conftest import Place, refused

SITE, AGREEMENT = "site.toml", "agreement.toml"
Edit = tuple[str, str, str]  # file, what is there, what is written instead

KINDS = ", ".join(sorted(clause_kinds()))
SENTENCES: dict[str, tuple[Edit, tuple[str, ...]]] = {
    "typo": (
        (SITE, "charge_max_mw = 100.0", "charge_max_mv = 100.0"),
        (
            "[battery.main] charge_max_mw (converter rating, charging [MW]) is missing. Add it.",
            "[battery.main] charge_max_mv: no such key. Did you mean charge_max_mw?",
        ),
    ),
    "table with a typo": (
        (SITE, "[battery.main]", "[batery.main]"),
        ("batery: no such key. Did you mean battery?",),
    ),
    "key of nothing": (
        (SITE, "[place]", "[place]\nzebra = 1"),
        ("[place] zebra: no such key. Take it out.",),
    ),
    "table missing": (
        (SITE, "[solver]\ntime_limit_s = 20.0", ""),
        ("[solver] is missing. Add the table.",),
    ),
    "number in quotes": (
        (SITE, "charge_max_mw = 100.0", 'charge_max_mw = "100"'),
        (
            (
                "[battery.main] charge_max_mw = '100' (converter rating, charging [MW]) is not a "
                "number. Write it without quotes."
            ),
        ),
    ),
    "day for a number": (
        (SITE, "charge_max_mw = 100.0", "charge_max_mw = 2026-01-01"),
        (
            (
                "[battery.main] charge_max_mw = 2026-01-01 (converter rating, charging [MW]) is "
                "not a number. Give a number."
            ),
        ),
    ),
    "true for a number": (
        (SITE, "altitude_m = 10.0", "altitude_m = true"),
        ("[place] altitude_m = true (altitude above the sea [m]) is not a number. Give a number.",),
    ),
    "below": (
        (SITE, "charge_max_mw = 100.0", "charge_max_mw = -5"),
        (
            (
                "[battery.main] charge_max_mw = -5 (converter rating, charging [MW]) is not above "
                "0. Give more than 0."
            ),
        ),
    ),
    "above": (
        (SITE, "latitude_deg = 23.7", "latitude_deg = 237"),
        (
            (
                "[place] latitude_deg = 237 (latitude, north positive [deg]) is above 90. "
                "Give 90 or less."
            ),
        ),
    ),
    "percent": (
        (SITE, "charge_efficiency_pu = 0.95", "charge_efficiency_pu = 95"),
        (
            (
                "[battery.main] charge_efficiency_pu = 95 (bus to cells [per unit]) is above 1. "
                "Give 0.95 for 95 %."
            ),
        ),
    ),
    "zone": (
        (SITE, "demand_mw = 60.0", 'demand_mw = 60.0\ntime_zone = "Africa/Dakhla"'),
        (
            (
                "[firm.sovereign] time_zone: time zone 'Africa/Dakhla' is not in the tz database. "
                "Give e.g. Africa/El_Aaiun."
            ),
        ),
    ),
    "name in the facility": (
        (SITE, "[facility]", '[facility]\nname = "x"'),
        ("name = 'x': a table's name is its key. Take it out.",),
    ),
    "horizon in the file": (
        (SITE, '"6h@1h"', '"soon"'),
        ("[plan] horizon = 'soon' is not understood at 'soon'. Write 48h@15min+120h@1h.",),
    ),
    "kind with a typo": (
        (AGREEMENT, '"import_cap"', '"import_cup"'),
        (
            (
                "clause 1 (article 4.2): kind = 'import_cup' is not a kind of clause. "
                "Did you mean import_cap?"
            ),
        ),
    ),
    "kind missing": (
        (AGREEMENT, 'kind = "import_cap"\n', ""),
        (f"clause 1 (article 4.2): kind is missing. Give one of {KINDS}.",),
    ),
    "kind a list": (
        (AGREEMENT, '"import_cap"', "[1]"),
        (f"clause 1 (article 4.2): kind = [1] is not a kind of clause. Give one of {KINDS}.",),
    ),
    "day in quotes": (
        (AGREEMENT, "valid_from = 2026-01-01", 'valid_from = "2026-01-01"'),
        (
            (
                "clause 1 (article 4.2): valid_from = '2026-01-01' (first day it holds, legal time "
                "at the site) is not a day. Write it like 2026-01-01, without quotes."
            ),
        ),
    ),
    "ends before it begins": (
        (AGREEMENT, "valid_from = 2026-01-01", "valid_from = 2026-01-01\nvalid_until = 2025-01-01"),
        (
            (
                "clause 1 (article 4.2): valid_until = 2025-01-01 is before valid_from. "
                "Give a later day."
            ),
        ),
    ),
    "month 13": (
        (AGREEMENT, "first_hour = 2", "first_hour = 2\nmonths = [1, 13]"),
        (
            (
                "clause 1 (article 4.2): months, value 2 = 13 (months in which it holds) is above "
                "12. Give 12 or less."
            ),
        ),
    ),
    "clause in no zone": (
        (AGREEMENT, "first_hour = 2", 'first_hour = 2\ntime_zone = "GMT+1"'),
        (
            (
                "clause 1 (article 4.2): time_zone: time zone 'GMT+1' is not in the tz database. "
                "Give e.g. Africa/El_Aaiun."
            ),
        ),
    ),
    "workload with a typo": (
        (AGREEMENT, "training_jazari", "training_jazar"),
        (
            (
                "Art. 7.3: workload = 'training_jazar' is not on the site. "
                "Give one of training_jazari, firm_sovereign, firm_cloud."
            ),
        ),
    ),
}


@pytest.mark.parametrize(("edit", "sentences"), SENTENCES.values(), ids=SENTENCES.keys())
def test_each_mistake_has_its_sentence(
    place: Place, edit: Edit, sentences: tuple[str, ...]
) -> None:
    """Proves the whole message, word by word."""
    place.edit(*edit)
    expected = [f"{place.path(edit[0])}: {sentence}" for sentence in sentences]
    assert refused(place.plan("--json"), place) == expected


def test_mistakes_in_all_files_come_in_one_message(place: Place) -> None:
    """Proves that site, agreement and horizon are read before anything is refused."""
    place.edit(SITE, "altitude_m = 10.0", "altitude_m = 1e9")
    place.edit(SITE, "charge_max_mw = 100.0", 'charge_max_mw = "100"')
    place.edit(AGREEMENT, "first_hour = 2", "first_hour = 25")
    place.edit(AGREEMENT, '"research_quota"', '"quota"')
    said = place.plan("--horizon", "soon", "--json")
    problems = refused(said, place)
    assert len(problems) == 5
    assert said.err.startswith("dakhla: 5 problems, nothing was done:\n  - ")
    for problem, part in zip(
        problems, ("altitude_m", "charge_max_mw", "first_hour", "kind", "horizon"), strict=True
    ):
        assert part in problem


def test_mistakes_in_state_series_and_agreement_come_in_one_message(place: Place) -> None:
    """Proves that what is read next is read whole, too."""
    place.edit("state.csv", "energy_mwh", "energy_kwh")
    place.edit("wind.csv", "100.0", "n/a")
    place.edit("grid.csv", "import_price_mad_per_mwh", "price")
    place.edit(AGREEMENT, "training_jazari", "training_x")
    problems = refused(place.plan("--json"), place)
    assert len(problems) == 4
    for problem, part in zip(
        problems, ("agreement.toml: ", "state.csv: ", "wind.csv: ", "grid.csv: "), strict=True
    ):
        assert part in problem
