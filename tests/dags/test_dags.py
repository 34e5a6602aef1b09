"""What Airflow finds in `dags/`: parsed as its dag processor parses it, in a process of its own.

The process has no database URL and every socket refuses, so that a DAG file that does anything
but wiring fails here (reliability: A1).
"""

import json
import os
import subprocess
import sys
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import yaml

from hub.contract import load_contracts
from hub.retention import DUTIES

ROOT = Path(__file__).parents[2]
CONTRACTS = ROOT / "contracts"
STEPS = ("plan", "load", "judge", "publish")
CANARY = "Canary Thị Ẩn"
PARSE = """
import json, logging, socket, sys

def refuse(*arguments, **words):
    raise ConnectionRefusedError("a DAG file opened a socket")

attempts = []
class Refusing(socket.socket):
    def connect(self, address):
        attempts.append(str(address))
        refuse()
    connect_ex = connect
socket.socket = Refusing
socket.create_connection = socket.getaddrinfo = refuse
try:
    socket.socket().connect(("127.0.0.1", 9))
except ConnectionRefusedError:
    fired = bool(attempts)
attempts.clear()

logging.disable(logging.CRITICAL)
from airflow.dag_processing.dagbag import DagBag
bag = DagBag(dag_folder=sys.argv[1])

def uris(condition):
    inner = getattr(condition, "objects", None)
    return [condition.uri] if inner is None else [uri for part in inner for uri in uris(part)]

def describe(dag):
    timetable = dag.timetable
    condition = getattr(timetable, "asset_condition", None)
    return {
        "schedule": getattr(timetable, "expression", None),
        "assets": sorted(uris(condition)) if condition else [],
        "any": type(condition).__name__,
        "catchup": dag.catchup,
        "max_active_runs": dag.max_active_runs,
        "tasks": {
            task.task_id: {
                "after": sorted(task.upstream_task_ids),
                "tries": [task.retries, task.execution_timeout.total_seconds() / 60],
                "outlets": [asset.uri for asset in task.outlets],
            }
            for task in dag.tasks
        },
    }

print(json.dumps({
    "fired": fired,
    "attempts": attempts,
    "errors": bag.import_errors,
    "heavy": sorted({"polars", "great_expectations", "pyarrow"} & set(sys.modules)),
    "dags": {dag_id: describe(dag) for dag_id, dag in bag.dags.items()},
}))
"""


def parse(folder: Path, home: Path, contracts: str = "") -> dict[str, Any]:
    """What Airflow makes of a folder of DAG files."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("MOTLAN_", "AIRFLOW_"))
    }
    environment = {
        **kept,
        "AIRFLOW_HOME": str(home),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "MOTLAN_HOME": str(home),
        "PYTHONPATH": str(ROOT),
        "PYTHONWARNINGS": "ignore",
    }
    if contracts:
        environment["MOTLAN_CONTRACTS"] = contracts
    done = subprocess.run(
        [sys.executable, "-c", PARSE, str(folder)],
        env=environment,
        cwd=home,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


@pytest.fixture(scope="module")
def parsed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The folder as it is, with the three contracts and a fourth from another folder."""
    home = tmp_path_factory.mktemp("airflow")
    other = tmp_path_factory.mktemp("contracts")
    fourth = yaml.safe_load((CONTRACTS / "land_registry.yml").read_text(encoding="utf-8"))
    fourth["name"], fourth["schema"] = "forestry", fourth["schema"][:1]
    (other / "forestry.yml").write_text(yaml.safe_dump(fourth), encoding="utf-8")
    return parse(ROOT / "dags", home, f"{CONTRACTS}:{other}")


def expected_tasks(source: str, *datasets: str) -> dict[str, dict[str, Any]]:
    """The tasks of a source's DAG: four a dataset, one after another, and two at the end."""
    tasks = {}
    for dataset in datasets:
        for step, before in zip(STEPS, (None, *STEPS), strict=False):
            tasks[f"{dataset}.{step}"] = {
                "after": [f"{dataset}.{before}"] if before else [],
                "tries": [3, 120 if step == "load" else 40],
                "outlets": [],
            }
    tasks["announce"] = {
        "after": sorted(f"{dataset}.publish" for dataset in datasets),
        "tries": [3, 40],
        "outlets": [f"motlan://standard/{source}"],
    }
    tasks["fail_the_run"] = {**tasks["announce"], "tries": [0, 40], "outlets": []}
    return tasks


def test_parsing_opens_no_socket_needs_no_database_and_imports_nothing_heavy(
    parsed: dict[str, Any],
) -> None:
    assert parsed["fired"]
    assert parsed["errors"] == {}
    assert parsed["attempts"] == []
    assert parsed["heavy"] == []


def test_there_is_one_dag_a_contract_one_that_builds_and_one_that_keeps_house(
    parsed: dict[str, Any],
) -> None:
    assert sorted(parsed["dags"]) == [
        "build_golden",
        "maintenance",
        "reconcile_forestry",
        "reconcile_land_registry",
        "reconcile_population",
        "reconcile_social_insurance",
        "sync_forestry",
        "sync_land_registry",
        "sync_population",
        "sync_social_insurance",
    ]


def test_each_dataset_is_landed_standardised_judged_and_published_in_that_order(
    parsed: dict[str, Any],
) -> None:
    for source, contract in load_contracts([CONTRACTS]).items():
        dag = parsed["dags"][f"sync_{source}"]
        names = [dataset.name for dataset in contract.datasets]
        assert dag["tasks"] == expected_tasks(source, *names)
        assert dag["schedule"] == contract.schedule
        assert (dag["catchup"], dag["max_active_runs"]) == (False, 1)
    assert sorted(load_contracts([CONTRACTS])) == [
        "land_registry",
        "population",
        "social_insurance",
    ]


def test_reconciling_is_the_same_four_tasks_at_another_time(parsed: dict[str, Any]) -> None:
    for source, contract in load_contracts([CONTRACTS]).items():
        dag = parsed["dags"][f"reconcile_{source}"]
        assert dag["tasks"] == parsed["dags"][f"sync_{source}"]["tasks"]
        assert dag["schedule"] == contract.reconcile_schedule != contract.schedule
        assert (dag["catchup"], dag["max_active_runs"]) == (False, 1)


def test_a_fourth_contract_in_another_folder_is_a_fourth_dag(parsed: dict[str, Any]) -> None:
    assert parsed["dags"]["sync_forestry"]["tasks"] == expected_tasks("forestry", "parcel")


def test_building_is_set_off_by_any_source_that_was_published(parsed: dict[str, Any]) -> None:
    dag = parsed["dags"]["build_golden"]
    sources = ("forestry", "land_registry", "population", "social_insurance")
    assert dag["assets"] == [f"motlan://standard/{source}" for source in sources]
    assert dag["any"] == "AssetAny"
    assert {name: task["after"] for name, task in dag["tasks"].items()} == {"build": []}


def test_keeping_house_does_one_duty_after_another_and_tells_at_the_end(
    parsed: dict[str, Any],
) -> None:
    dag = parsed["dags"]["maintenance"]
    order = [*DUTIES, "tell"]
    assert {name: task["after"] for name, task in dag["tasks"].items()} == {
        order[0]: [],
        **{name: [before] for before, name in pairwise(order)},
        **dict.fromkeys(("all_well", "fail_the_run"), sorted(order)),
    }
    assert dag["schedule"] == "40 * * * *"


def test_a_dag_file_without_the_word_airflow_is_skipped_so_each_of_ours_has_it(
    tmp_path: Path,
) -> None:
    folder = tmp_path / "dags"
    folder.mkdir()
    home = tmp_path / "home"
    home.mkdir()
    wiring = "import dags.sync\n\nsync_population = dags.sync.sync_population\n"
    (folder / "skipped.py").write_text(wiring, encoding="utf-8")
    silent = parse(folder, home)
    (folder / "found.py").write_text(f"# Airflow\n{wiring}", encoding="utf-8")
    assert (silent["dags"], silent["errors"]) == ({}, {})
    assert "sync_population" in parse(folder, home)["dags"]
    defining = [
        path
        for path in sorted((ROOT / "dags").glob("*.py"))
        if "@dag(" in path.read_text(encoding="utf-8")
    ]
    assert [path.name for path in defining] == [
        *("golden.py", "maintenance.py", "reconcile.py", "sync.py"),
    ]
    for path in defining:
        assert path.read_text(encoding="utf-8").startswith('"""Airflow DAG')


STEP = f"""
from airflow.sdk.exceptions import AirflowFailException, AirflowSkipException
from hub.errors import (
    BatchParkedError, SourceUnavailableError, StaleWriterError, StreamBusyError,
    WarehouseUnavailableError,
)
from dags.step import step

def show(error):
    @step
    def task():
        raise error
    try:
        task()
    except BaseException as raised:
        import traceback
        print(type(raised).__name__, "|", "".join(traceback.format_exception(raised)), "|END|")

show(ValueError("row of {CANARY}"))
show(BatchParkedError("Batch 7 is parked."))
show(SourceUnavailableError("population does not answer."))
show(AirflowSkipException())
show(WarehouseUnavailableError("The warehouse does not answer."))
show(StreamBusyError("Another run holds the stream."))
show(StaleWriterError("Another run has taken the stream."))
"""


def test_a_task_fails_in_one_sentence_is_tried_again_or_is_skipped_by_its_error(
    tmp_path: Path,
) -> None:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("AIRFLOW_")}
    done = subprocess.run(
        [sys.executable, "-c", STEP],
        env={**kept, "AIRFLOW_HOME": str(tmp_path), "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
    )
    shown = [part.strip() for part in done.stdout.split("|END|") if part.strip()]
    assert [part.partition(" ")[0] for part in shown] == [
        "AirflowFailException",
        "AirflowFailException",
        "SourceUnavailableError",
        "AirflowSkipException",
        "WarehouseUnavailableError",
        "StreamBusyError",
        "AirflowSkipException",
    ]
    assert "Another run has taken the stream." in shown[6]
    assert "An unforeseen ValueError stopped the task, at" in shown[0]
    assert "<string>" in shown[0]
    assert "Batch 7 is parked." in shown[1]
    assert CANARY not in done.stdout + done.stderr
