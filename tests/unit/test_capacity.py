"""Power caps for the compute scheduler: hand-checked rows, files that say the same, refusals."""

import io
import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from models.errors import InputError
from optimizer.capacity import CapacityCurve, capacity_schema, caps, curve, frame_of
from optimizer.capacity_files import csv_text, kubernetes_texts, limits_text, nodes_of, slurm_text
from optimizer.capacity_handover import hand_over
from optimizer.compute_map import ComputeMap, NodePool
from optimizer.errors import AuditFailed
from optimizer.plan import solve_problem
from tests.unit.schema_check import problems_of

NODES = """
[workload.training_ai]
node_power_mw = 0.01
node_count = 10_000
partition = "ai"
namespace = "ai"
accelerator_power_max_w = 700.0

[workload.firm_cloud]
node_power_mw = 0.0005
node_count = 80_000
namespace = "cloud"
resource = "requests.cpu"
node_resource_count = 128
"""
FLEET = {"power_max_mw": 100.0, "value_mad_per_mwh": 50.0}
CLOUD = {"tiers": [{"shed_max_pu": 0.25, "value_mad_per_mwh": 8000.0}]}
CLOUD_MW = [30.0, 30.0, 40.0, 30.0]
WIND_MW = [70.0, 100.0, 140.0, 30.0]  # with no grid, what is left of it is the fleet's


@pytest.fixture(scope="module")
def run(plant: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a run: the fleet takes the wind that the cloud leaves, in four hours."""
    small = plant(
        wind=WIND_MW,
        tables={"training": {"ai": FLEET}, "firm": {"cloud": CLOUD}},
        series={"firm_cloud_demand_mw": CLOUD_MW},
    )
    plan = small.publish(tmp_path_factory.mktemp("capacity") / "runs")
    assert plan.run_dir is not None
    return plan.run_dir


@pytest.fixture
def nodes(tmp_path: Path) -> Path:
    path = tmp_path / "nodes.toml"
    path.write_text(NODES)
    return path


@pytest.fixture
def files(run: Path, nodes: Path, tmp_path: Path) -> Path:
    hand_over(run, tmp_path / "handed", nodes)
    return tmp_path / "handed"


def read_csv(folder: Path) -> pd.DataFrame:
    return pd.read_csv(folder / "capacity.csv", parse_dates=["time_utc"])


def column(table: pd.DataFrame, workload: str, name: str) -> list[float]:
    return table.loc[table["workload"] == workload, name].tolist()


def test_rows_are_what_the_plan_counts_on(files: Path) -> None:
    """Proves caps by hand: 70 - 30 = 40 MW for the fleet, and so on; cloud keeps 75 % always.

    At 40 MW the fleet is best run whole at half power only if the hull says so: one point at 0.5
    does 0.8 of the work, so 40 MW run 80 MW of accelerators at half their power.
    """
    table = read_csv(files)
    assert column(table, "training_ai", "cap_mw") == pytest.approx([40, 70, 100, 0], abs=1e-6)
    assert column(table, "training_ai", "planned_mw") == column(table, "training_ai", "cap_mw")
    assert column(table, "training_ai", "floor_mw") == [0.0] * 4
    assert column(table, "training_ai", "fleet_share_pu") == pytest.approx([0.8, 1, 1, 0])
    each = column(table, "training_ai", "accelerator_cap_pu")
    assert each[:3] == pytest.approx([0.5, 0.7, 1.0])
    assert np.isnan(each[3])
    assert column(table, "firm_cloud", "cap_mw") == pytest.approx(CLOUD_MW)
    assert column(table, "firm_cloud", "floor_mw") == pytest.approx([22.5, 22.5, 30.0, 22.5])
    assert table["reserved_mw"].tolist() == [0.0] * 8
    assert table.loc[table["workload"] == "firm_cloud", "fleet_share_pu"].isna().all()


def test_json_is_the_csv_and_fits_its_schema(files: Path, run: Path) -> None:
    """Proves the round trip of both files, to the last digit, and the head."""
    content = json.loads((files / "capacity.json").read_text())
    assert problems_of(content, capacity_schema()) == []
    head = {key: content[key] for key in content if key != "row"}
    assert head == {
        "schema_version": 1,
        "run": run.name,
        "site": "small",
        "start_utc": "2026-01-05T00:00:00Z",
        "end_utc": "2026-01-05T04:00:00Z",
        "standing": "in order",
        "weather_level": "given",
        "softened": [],
    }
    again = frame_of(CapacityCurve.model_validate_json(json.dumps(content)))
    assert (
        csv_text(CapacityCurve.model_validate_json(json.dumps(content)))
        == (files / "capacity.csv").read_text()
    )
    pd.testing.assert_frame_equal(again, read_csv(files), check_dtype=False, check_exact=True)


@pytest.mark.parametrize(
    ("spoil", "found"),
    [
        (lambda c: c.pop("run"), "run is missing"),
        (lambda c: c.update(extra=1), "extra is not allowed"),
        (lambda c: c.update(standing="fine"), "standing is none of them"),
        (lambda c: c["row"][0].update(cap_mw=-1.0), "row 0 cap_mw is too small"),
        (lambda c: c["row"][0].update(cap_mw="1"), "row 0 cap_mw has the wrong type"),
        (lambda c: c["row"][3].update(fleet_share_pu=1.5), "row 3 fleet_share_pu fits none"),
        (lambda c: c["row"][1].update(time_utc="00:00"), "row 1 time_utc has the wrong form"),
        (lambda c: c.update(row=[]), "row is too short"),
    ],
)
def test_schema_can_refuse(files: Path, spoil: Any, found: str) -> None:
    """Proves that the published schema and its check notice each kind of mistake."""
    content = json.loads((files / "capacity.json").read_text())
    spoil(content)
    assert problems_of(content, capacity_schema()) == [found]
    with pytest.raises(ValueError, match="1 validation error"):
        CapacityCurve.model_validate_json(json.dumps(content))


def test_slurm_lines_give_the_caps_back(files: Path) -> None:
    """Proves that nodes not held back are, at their power limit, within one node of the cap."""
    lines = (files / "slurm_reservations.txt").read_text().splitlines()
    assert [line[0] for line in lines[:3]] == ["#"] * 3
    held = held_back(lines[3:])
    table = read_csv(files)
    fleet = table[table["workload"] == "training_ai"]
    for row in fleet.itertuples():
        inside = held[(held["start"] <= row.time_utc) & (row.time_utc < held["end"])]
        free = 10_000 - inside["count"].sum()
        power_mw = free * 0.01 * (row.accelerator_cap_pu if row.cap_mw else 1.0)
        assert row.cap_mw - 0.01 <= power_mw <= row.cap_mw + 1e-9
    assert held["name"].is_unique


def test_slurm_lines_in_full(files: Path) -> None:
    """Proves the lines: 80 % of 10,000 nodes in the first hour, none held until the last."""
    lines = (files / "slurm_reservations.txt").read_text().splitlines()
    assert lines[1] == "# The plan is in order; its weather is given."
    assert lines[3:] == [
        (
            "TZ=UTC scontrol create reservation ReservationName=dakhla_training_ai_20260105T0000_1 "
            "PartitionName=ai StartTime=2026-01-05T00:00:00 EndTime=2026-01-05T01:00:00 "
            "NodeCnt=2000 Users=root Flags=IGNORE_JOBS"
        ),
        (
            "TZ=UTC scontrol create reservation ReservationName=dakhla_training_ai_20260105T0300_2 "
            "PartitionName=ai StartTime=2026-01-05T03:00:00 EndTime=2026-01-05T04:00:00 "
            "NodeCnt=10000 Users=root Flags=IGNORE_JOBS"
        ),
    ]


def test_what_slurm_is_told_can_be_taken_back(files: Path) -> None:
    """Proves one line to delete each reservation, by its name."""
    assert (files / "slurm_take_back.txt").read_text().splitlines() == [
        "scontrol delete ReservationName=dakhla_training_ai_20260105T0000_1",
        "scontrol delete ReservationName=dakhla_training_ai_20260105T0300_2",
    ]


def test_bricks_are_as_long_as_they_can_be() -> None:
    """Proves the pile: held back 1, 3, 2, 0 of 4 nodes are bricks of 1 for 3 h, 1 for 2 h, 1."""
    capacity = drawn(cap_mw=[3.0, 1.0, 2.0, 4.0])
    compute_map = ComputeMap(workload={"training_ai": pool(partition="ai")})
    held = held_back(slurm_text(capacity, compute_map).splitlines()[3:])
    hours = (held["end"] - held["start"]) / pd.Timedelta(hours=1)
    assert sorted(zip(hours, held["count"], strict=True)) == [(1.0, 1), (2.0, 1), (3.0, 1)]


def test_kubernetes_quotas_give_the_caps_back(files: Path) -> None:
    """Proves that a file stands at each change, and its counts are within one node of the caps."""
    table = read_csv(files)
    names = sorted(path.name for path in (files / "kubernetes").iterdir())
    assert names == [f"20260105T0{hour}0000Z.json" for hour in range(4)]
    sizes = {"ai": ("training_ai", "requests.nvidia.com/gpu", 8, 0.01)}
    sizes["cloud"] = ("firm_cloud", "requests.cpu", 128, 0.0005)
    for name in names:
        moment = pd.Timestamp(name.removesuffix(".json"))
        content = json.loads((files / "kubernetes" / name).read_text())
        assert (content["apiVersion"], content["kind"]) == ("v1", "List")
        assert {item["metadata"]["namespace"] for item in content["items"]} == {"ai", "cloud"}
        for item in content["items"]:
            workload, resource, each, node_mw = sizes[item["metadata"]["namespace"]]
            assert item["kind"] == "ResourceQuota"
            assert item["metadata"]["annotations"]["dakhla/standing"] == "in order"
            assert list(item["spec"]["hard"]) == [resource]
            row = table[(table["workload"] == workload) & (table["time_utc"] == moment)].iloc[0]
            limited = row["accelerator_cap_pu"] if row["accelerator_cap_pu"] > 0 else 1.0
            power_mw = int(item["spec"]["hard"][resource]) / each * node_mw * limited
            assert row["cap_mw"] - node_mw <= power_mw <= row["cap_mw"] + 1e-9


def test_config_maps_hold_the_day(files: Path) -> None:
    """Proves that each namespace gets the rows of its own class, to the last digit."""
    content = json.loads((files / "kubernetes_curve.json").read_text())
    table = read_csv(files)
    by_namespace = {item["metadata"]["namespace"]: item for item in content["items"]}
    for namespace, workload in {"ai": "training_ai", "cloud": "firm_cloud"}.items():
        assert by_namespace[namespace]["kind"] == "ConfigMap"
        text = by_namespace[namespace]["data"]["capacity.csv"]
        own = table[table["workload"] == workload].reset_index(drop=True)
        again = pd.read_csv(io.StringIO(text), parse_dates=["time_utc"])
        pd.testing.assert_frame_equal(again, own, check_exact=True)


def test_a_quota_that_stays_has_no_new_file() -> None:
    """Proves that a file stands only where a count or a power limit changes."""
    capacity = drawn(cap_mw=[2.0, 2.0, 3.0, 3.0])
    compute_map = ComputeMap(workload={"training_ai": pool(namespace="ai")})
    assert list(kubernetes_texts(capacity, compute_map)) == [
        "20260105T000000Z.json",
        "20260105T020000Z.json",
    ]


def test_accelerators_have_their_limits(files: Path) -> None:
    """Proves 700 W times half, 0.7 and 1, and that a paused fleet goes back to its nominal."""
    assert (files / "accelerator_limits.csv").read_text().splitlines() == [
        "time_utc,workload,power_limit_w",
        "2026-01-05T00:00:00Z,training_ai,350",
        "2026-01-05T01:00:00Z,training_ai,490",
        "2026-01-05T02:00:00Z,training_ai,700",
    ]


def test_caps_never_exceed_the_nodes_there_are() -> None:
    """Proves that a class planned above its nodes gets all of them, and no more."""
    capacity = drawn(cap_mw=[9.0, 0.5, 0.0, 4.0])
    assert nodes_of(frame_of(capacity), pool(partition="ai"))["node_count"].tolist() == [4, 0, 0, 4]
    assert limits_text(capacity, ComputeMap(workload={"training_ai": pool(partition="ai")})) == ""


def test_quarter_hours_and_the_look_ahead(plant: Any, published: Any) -> None:
    """Proves that steps keep their length and that only the first 24 h are handed over."""
    step_h = [0.25] * 4 + [1.0] * 23 + [2.0] * 2  # 24 h, then 4 h of look-ahead
    plan = plant(buy=[1.0] * 29, load=[10.0] * 29, step_h=step_h).solve()
    table = caps(published(plan))
    assert len(table) == 27
    assert table["step_h"].tolist() == step_h[:27]
    assert curve(published(plan), "r", "in order", "given").end_utc == "2026-01-06T00:00:00Z"
    assert table["floor_mw"].tolist() == [10.0] * 27  # sovereign: nothing may be taken


def test_files_are_replaced_whole(run: Path, nodes: Path, tmp_path: Path) -> None:
    """Proves that a second hand-over leaves nothing of the first, and nothing half-written."""
    hand_over(run, tmp_path / "handed", nodes)
    written = hand_over(run, tmp_path / "handed")
    assert [path.name for path in written] == ["capacity.csv", "capacity.json"]
    assert sorted(path.name for path in (tmp_path / "handed").iterdir()) == [
        "capacity.csv",
        "capacity.json",
    ]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["handed", "nodes.toml"]


def test_earlier_files_survive_a_full_disk(
    run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Proves that the earlier hand-over stays, whole, where a new one can't be put in place."""
    hand_over(run, tmp_path / "handed")
    before = (tmp_path / "handed/capacity.json").read_text()
    rename = Path.rename

    def full(path: Path, target: Path) -> Path:
        if path.name.startswith(".partial"):
            raise OSError(28, "No space left on device")
        return rename(path, target)

    monkeypatch.setattr(Path, "rename", full)
    with pytest.raises(OSError, match="No space"):
        hand_over(run, tmp_path / "handed")
    assert (tmp_path / "handed/capacity.json").read_text() == before
    assert [path.name for path in tmp_path.iterdir()] == ["handed"]


def test_other_files_are_not_lost(run: Path, tmp_path: Path) -> None:
    """Proves that a folder with anything else in it is refused, and a file too."""
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine/thesis.txt").write_text("x")
    with pytest.raises(InputError) as caught:
        hand_over(run, tmp_path / "mine")
    folder = tmp_path / "mine"
    assert caught.value.problems == [
        f"{folder}: holds other files, which would be lost. Give a new folder."
    ]
    with pytest.raises(InputError) as caught:
        hand_over(run, tmp_path / "mine/thesis.txt")
    assert caught.value.problems == [f"{folder / 'thesis.txt'}: is a file. Give a folder."]


def copied(run: Path, folder: Path) -> Path:
    """Return a copy of a run."""
    for path in run.rglob("*"):
        if path.is_file():
            target = folder / run.name / path.relative_to(run)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(path.read_bytes())
    return folder / run.name


def edit_json(path: Path, **changes: object) -> None:
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))


def test_a_run_that_fails_its_audit_is_refused(run: Path, tmp_path: Path) -> None:
    """Proves that nothing is handed over of a schedule whose two files disagree."""
    spoilt = copied(run, tmp_path)
    text = (spoilt / "schedule.csv").read_text()
    (spoilt / "schedule.csv").write_text(text.replace("30.0", "31.0", 1))
    with pytest.raises(AuditFailed):
        hand_over(spoilt)
    assert not (spoilt / "capacity").exists()


def test_a_diagnostic_is_refused(run: Path, tmp_path: Path) -> None:
    """Proves that a least-shortfall diagnostic, never to be run, has no caps."""
    spoilt = copied(run, tmp_path)
    edit_json(spoilt / "manifest.json", is_diagnostic=True)
    with pytest.raises(InputError) as caught:
        hand_over(spoilt)
    assert caught.value.problems == [
        (
            f"{spoilt}: is a least-shortfall diagnostic, never to be run. "
            "Give a run whose plan keeps every limit."
        )
    ]


@pytest.mark.parametrize(
    ("status", "standing"),
    [
        ("optimal", "in order"),
        ("feasible at limit", "gap above its limit"),
        ("interrupted", "interrupted"),
    ],
)
def test_an_unfinished_plan_is_marked(
    run: Path, nodes: Path, tmp_path: Path, status: str, standing: str
) -> None:
    """Proves that a plan that is not proven best says so in every file that can say anything."""
    marked = copied(run, tmp_path)
    edit_json(marked / "kpis.json", status=status)
    written = hand_over(marked, None, nodes)
    assert written[0] == marked / "capacity/capacity.csv"
    texts = {path.name: path.read_text() for path in written}
    assert json.loads(texts["capacity.json"])["standing"] == standing
    assert f"# The plan is {standing};" in texts["slurm_reservations.txt"]
    for name in ("20260105T000000Z.json", "kubernetes_curve.json"):
        assert f'"dakhla/standing": "{standing}"' in texts[name]


def test_a_softened_plan_is_marked(plant: Any, tmp_path: Path) -> None:
    """Proves that what gives way is said in the files: a cap of 5 MW under a load of 10."""
    cap = {"kind": "import_cap", "import_max_mw": 5.0, "first_hour": 0, "last_hour": 24}
    fleet = {"training": {"ai": FLEET}}
    small = plant(buy=[100.0] * 2, load=[10.0] * 2, tables=fleet, clauses=[cap])
    plan = solve_problem(
        small.build(), out=tmp_path / "runs", now=pd.Timestamp("2026-01-04T12:00Z"), may_soften=True
    )
    assert plan.run_dir is not None
    path = tmp_path / "nodes.toml"
    path.write_text(NODES.split("[workload.firm_cloud]")[0])
    texts = {one.name: one.read_text() for one in hand_over(plan.run_dir, None, path)}
    content = json.loads(texts["capacity.json"])
    assert content["standing"] == "softened"
    assert content["softened"] == [row["sentence"] for row in plan.softened]
    assert content["softened"][0].startswith("SOFTENED Art. 1")
    assert f"# {content['softened'][0]}" in texts["slurm_reservations.txt"].splitlines()


def test_no_run_is_refused(tmp_path: Path) -> None:
    """Proves that any other folder is refused by the file it lacks."""
    with pytest.raises(InputError) as caught:
        hand_over(tmp_path)
    assert caught.value.problems == [
        f"{tmp_path / 'manifest.json'}: not readable: there is no such file. Give a run folder."
    ]


MAPS = {
    "class not of the run": (
        ("training_ai", "training_x"),
        ["[workload.training_x] is no class of the run. Give one of firm_cloud, training_ai."],
    ),
    "no nodes": (
        ("node_count = 10_000", "node_count = 0"),
        [
            (
                "[workload.training_ai] node_count = 0 (nodes of the class) is not above 0. "
                "Give more than 0."
            )
        ],
    ),
    "megawatts for kilowatts": (
        ("node_power_mw = 0.01", "node_power_mw = 10.2"),
        [
            (
                "[workload.training_ai] node_power_mw = 10.2 (IT power of a node at its nominal "
                "power limit [MW]) is above 1. Give 1 or less."
            )
        ],
    ),
    "shell in a name": (
        ('partition = "ai"', 'partition = "ai; reboot"'),
        [
            (
                "[workload.training_ai] partition: partition = 'ai; reboot' is not a plain name. "
                "Use letters, digits and -."
            )
        ],
    ),
    "two problems": (
        ('namespace = "cloud"', 'namespace = "Cloud"\nnodes_count = 1'),
        [
            (
                "[workload.firm_cloud] namespace: namespace = 'Cloud' is not a plain name. "
                "Use letters, digits and -."
            ),
            "[workload.firm_cloud] nodes_count: no such key. Did you mean node_count?",
        ],
    ),
    "one namespace for two": (
        ('namespace = "cloud"', 'namespace = "ai"'),
        ["namespace = 'ai' has two classes. Give each its own."],
    ),
    "no scheduler": (
        ('namespace = "cloud"\n', ""),
        [
            (
                "[workload.firm_cloud] neither partition nor namespace is given. "
                "Give one of them, or both."
            )
        ],
    ),
}


@pytest.mark.parametrize(("change", "problems"), MAPS.values(), ids=MAPS.keys())
def test_a_wrong_map_is_refused(
    run: Path, nodes: Path, tmp_path: Path, change: tuple[str, str], problems: list[str]
) -> None:
    """Proves that every problem of a map is told, whole, and nothing is written."""
    nodes.write_text(NODES.replace(*change))
    with pytest.raises(InputError) as caught:
        hand_over(run, tmp_path / "handed", nodes)
    assert caught.value.problems == [f"{nodes}: {problem}" for problem in problems]
    assert not (tmp_path / "handed").exists()


def pool(**where: str) -> NodePool:
    return NodePool(node_power_mw=1.0, node_count=4, **where)


def drawn(cap_mw: list[float]) -> CapacityCurve:
    """Return a curve of one class with these caps by the hour."""
    rows = [
        {
            "time_utc": f"2026-01-05T{hour:02}:00:00Z",
            "step_h": 1.0,
            "workload": "training_ai",
            "cap_mw": mw,
            "floor_mw": 0.0,
            "planned_mw": mw,
            "reserved_mw": 0.0,
            "fleet_share_pu": None,
            "accelerator_cap_pu": None,
        }
        for hour, mw in enumerate(cap_mw)
    ]
    head = {"schema_version": 1, "run": "r", "site": "s", "standing": "in order"}
    span = {"start_utc": rows[0]["time_utc"], "end_utc": "2026-01-05T04:00:00Z"}
    return CapacityCurve.model_validate(
        head | span | {"weather_level": "given", "softened": [], "row": rows}
    )


def held_back(lines: list[str]) -> pd.DataFrame:
    """Return what reservation lines hold back."""
    form = re.compile(
        r"TZ=UTC scontrol create reservation ReservationName=(?P<name>\w+) "
        r"PartitionName=(?P<partition>\S+) StartTime=(?P<start>\S+) EndTime=(?P<end>\S+) "
        r"NodeCnt=(?P<count>\d+) Users=root Flags=IGNORE_JOBS"
    )
    found = [form.fullmatch(line) for line in lines]
    assert all(found), lines
    table = pd.DataFrame([match.groupdict() for match in found if match])
    moments = {key: pd.to_datetime(table[key], utc=True) for key in ("start", "end")}
    return table.assign(count=table["count"].astype(int), **moments)


def test_the_embassy_stands_by(plant: Any, published: Any) -> None:
    """Proves that what may start for the embassy is a class of its own, planned at nothing.

    The line could give 14 MW and the load draws 10, then 12 of them; so 4 are ready, then 2 of 3.
    """
    reserve = {"kind": "embassy_reserve", "reserved_mw": 4.0, "hold_h": 1.0}
    grid = {"grid": {"line": {"import_max_mw": 14.0}}}
    clause = reserve | {"price_mad_per_mwh": 10.0}
    plan = plant(buy=[1.0, 1.0], load=[10.0, 12.0], tables=grid, clauses=[clause]).solve()
    table = caps(published(plan))
    for name in ("cap_mw", "floor_mw", "reserved_mw"):
        assert column(table, "embassy_art_1", name) == pytest.approx([4.0, 2.0])
    assert column(table, "embassy_art_1", "planned_mw") == [0.0, 0.0]
    assert column(table, "firm_load", "cap_mw") == [10.0, 12.0]
    assert curve(published(plan), "r", "in order", "given").row[0].workload == "embassy_art_1"
