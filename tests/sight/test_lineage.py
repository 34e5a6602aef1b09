"""A lineage server hears of each run in OpenLineage's own words, and holds none up."""

import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from cli.pipeline import run_sync
from hub.errors import SchemaDriftError
from sight import lineage

from ..pipeline.conftest import CAR, Register
from ..pipeline.conftest import register as register
from .conftest import Received

PLATE_RULE = (
    "{name: PLATE, type: sql, dimension: conformity, severity: warning, mustBe: 0,"
    " query: \"SELECT COUNT(*) FROM {object} WHERE plate_number = '14A-C004'\"}"
)
CANARY = "Canary Thị Ẩn"


@pytest.fixture(autouse=True)
def _fresh(monkeypatch: pytest.MonkeyPatch) -> None:
    """An emitter of the test's own, as each process has one."""
    monkeypatch.setattr(lineage, "_emitter", lineage._Emitter())


@pytest.fixture
def heard(web: Received, monkeypatch: pytest.MonkeyPatch) -> Received:
    """A lineage server that openlineage's own setting names."""
    monkeypatch.setenv("OPENLINEAGE_URL", web.url)
    return web


def events(received: Received) -> list[tuple[str, str]]:
    """(type, job) of each event."""
    return [(event["eventType"], event["job"]["name"]) for event in received.documents()]


def test_a_run_is_heard_of_with_rules_counts_and_both_schemas(
    register: Register, heard: Received
) -> None:
    register.fill(3)
    register.add("C004", chu_xe=CANARY)
    register.write_contract(rules=PLATE_RULE)
    run_sync("vehicle")
    assert events(heard) == [("START", f"sync.{CAR}"), ("COMPLETE", f"sync.{CAR}")]
    assert len({event["run"]["runId"] for event in heard.documents()}) == 1
    complete = heard.documents()[1]
    (source,), (target,) = complete["inputs"], complete["outputs"]
    assert source["name"].endswith("/o_to")
    assert source["namespace"].startswith("postgres://127.0.0.1:")
    columns = [field["name"] for field in source["facets"]["schema"]["fields"]]
    assert columns == ["ma", "bien_so", "chu_xe", "so_dinh_danh", "ngay", "xoa", "luc"]
    assert source["inputFacets"]["dataQualityMetrics"]["rowCount"] == 4
    assertions = source["inputFacets"]["dataQualityAssertions"]["assertions"]
    by_name = {item["name"]: item for item in assertions}
    assert by_name["PLATE"]["success"] is False
    assert by_name["PLATE"]["actual"] == "1"
    required = by_name[f"{CAR}.plate_number.required"]
    assert (required["assertion"], required["success"], required["column"]) == (
        *("not_null", True),
        "bien_so",
    )
    assert target["name"].endswith(".standard.vehicle__car")
    assert target["outputFacets"]["outputStatistics"]["rowCount"] == 4
    assert CANARY.encode() not in b"".join(heard.bodies)
    assert b"@" not in b"".join(heard.bodies)


def test_every_facet_is_one_that_openlineage_knows(register: Register, heard: Received) -> None:
    from openlineage.client import facet_v2

    register.fill(3)
    run_sync("vehicle")
    known = {
        "dataQualityMetrics": (
            facet_v2.data_quality_metrics_input_dataset.DataQualityMetricsInputDatasetFacet
        ),
        "dataQualityAssertions": (
            facet_v2.data_quality_assertions_dataset.DataQualityAssertionsDatasetFacet
        ),
        "outputStatistics": (
            facet_v2.output_statistics_output_dataset.OutputStatisticsOutputDatasetFacet
        ),
        "schema": facet_v2.schema_dataset.SchemaDatasetFacet,
        "jobType": facet_v2.job_type_job.JobTypeJobFacet,
    }
    seen = set()
    for event in heard.documents():
        assert event["schemaURL"].endswith("OpenLineage.json#/$defs/RunEvent")
        sets = [event["job"]["facets"], event["run"]["facets"]]
        for dataset in (*event["inputs"], *event["outputs"]):
            sets += [dataset.get(name, {}) for name in ("facets", "inputFacets", "outputFacets")]
        for name, facet in (item for facets in sets for item in facets.items()):
            if name == "tags":
                continue  # the client's own, its version
            seen.add(name)
            words = {key: value for key, value in facet.items() if not key.startswith("_")}
            made = known[name](**words)
            assert facet["_schemaURL"] == made._get_schema()
            assert facet["_producer"] == "urn:motlan:sync"
    assert seen == set(known)


def test_a_failed_run_is_heard_of_with_its_sentence_and_without_a_value(
    register: Register, heard: Received
) -> None:
    register.add("C001", chu_xe=CANARY)
    register.run("ALTER TABLE xe.o_to DROP COLUMN bien_so")
    with pytest.raises(SchemaDriftError) as drift:
        run_sync("vehicle")
    assert [kind for kind, _ in events(heard)] == ["START", "FAIL"]
    error = heard.documents()[1]["run"]["facets"]["errorMessage"]
    assert (error["message"], error["programmingLanguage"]) == (str(drift.value), "PYTHON")
    assert CANARY.encode() not in b"".join(heard.bodies)


def test_events_may_go_to_a_file_one_a_line(
    register: Register, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "lineage" / "events.ndjson"
    monkeypatch.setenv("MOTLAN_LINEAGE_FILE", str(path))
    register.fill(3)
    run_sync("vehicle")
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    assert [line["eventType"] for line in lines] == ["START", "COMPLETE"]


@pytest.mark.parametrize("status", [500, 404])
def test_a_server_that_refuses_fails_no_run(
    register: Register, heard: Received, status: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lineage, "_SECONDS", 1.0)
    heard.status = status
    register.fill(3)
    assert [outcome.state for outcome in run_sync("vehicle")] == ["published"]
    assert heard.took.is_set()


def test_a_server_that_hangs_holds_a_process_up_once_and_only_for_moments(
    register: Register, silence: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENLINEAGE_URL", f"http://127.0.0.1:{silence}")
    monkeypatch.setattr(lineage, "_SECONDS", 0.3)
    register.fill(3)
    run_sync("vehicle")
    began = time.monotonic()
    lineage.settle()
    assert time.monotonic() - began < 0.1


def test_nothing_of_openlineage_is_imported_unless_it_is_asked_for() -> None:
    script = "import sys, cli.pipeline, sight.steps; print('openlineage' in sys.modules)"
    told = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert told.stdout.strip() == "False"


def test_a_run_of_a_dag_names_it_as_its_parent(register: Register, heard: Received) -> None:
    from sight.steps import seen_step
    from warehouse.runs import Run

    run = Run(CAR, "scheduled__1", "normal", "sync_vehicle")
    for step, outcome in (("plan", None), ("publish", "published")):
        with seen_step(run, step) as note:
            note.outcome = outcome  # type: ignore[assignment]
    parents: list[Any] = [event["run"]["facets"]["parent"] for event in heard.documents()]
    assert [parent["job"]["name"] for parent in parents] == ["sync_vehicle", "sync_vehicle"]
    assert parents[0]["run"] == parents[1]["run"]
