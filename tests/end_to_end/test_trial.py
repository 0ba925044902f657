"""`dakhla plan --trial`: a plan to look at, that nothing goes by."""

import json

from tests.end_to_end.conftest import DAY, Place


def test_a_trial_is_neither_latest_nor_a_base_nor_in_force(place: Place) -> None:
    """Proves latest and ledger stay, the day is not planned again from it, publish refuses it."""
    assert place.plan("--quiet").code == 0
    before = {name: (place.out / name).read_bytes() for name in ("latest.json", "ledger.csv")}
    (first,) = (path.name for path in place.out.iterdir() if path.is_dir())
    said = place.plan("--trial", "--json")
    assert said.code == 0, said.err
    trial = said.answer["run_dir"].rpartition("/")[2]
    assert {name: (place.out / name).read_bytes() for name in before} == before
    manifest = json.loads((place.out / trial / "manifest.json").read_text())
    assert manifest["kind"] == "trial"

    options = ["--site", str(place.path("site.toml")), "--out", str(place.out)]
    options += ["--agreement", str(place.path("agreement.toml"))]
    again = place.call(["plan", *options, "--from", f"{DAY}T02:00Z", "--json"])
    assert again.code == 0, again.err
    assert again.answer["changes"]["replans"] == first

    put = ["publish", trial, "--by", "Amina", "--note", "a look", "--out", str(place.out)]
    refused = place.call(put)
    assert refused.code == 2
    assert "it is a trial" in refused.err
    assert not (place.out / "in_force.json").exists()
