"""The OpenLineage events themselves, from what the warehouse and the contract say of a run."""

import os
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit
from uuid import NAMESPACE_URL, uuid5

from openlineage.client import OpenLineageClient
from openlineage.client.event_v2 import (
    InputDataset,
    Job,
    OutputDataset,
    RunEvent,
    RunState,
)
from openlineage.client.event_v2 import Run as LineageRun
from openlineage.client.facet_v2 import (
    data_quality_assertions_dataset,
    data_quality_metrics_input_dataset,
    error_message_run,
    job_type_job,
    output_statistics_output_dataset,
    parent_run,
    schema_dataset,
)

from hub.contract import Contract, Dataset, find_dataset
from hub.errors import ContractError, SettingsError
from hub.promised import promised_columns
from hub.settings import get_settings
from warehouse.runs import LineageFacts, Run, read_lineage

PRODUCER: Final = "urn:motlan:sync"
_QUIET: Final = {"facets": {"source_code_location": {"disabled": True}}}
"""The client would add the address of the repository that it finds itself in."""


def open_client() -> OpenLineageClient:
    """The client that the settings ask for; a file gets one event a line."""
    named = get_settings().values.get("MOTLAN_LINEAGE_FILE")
    config: dict[str, Any] = dict(_QUIET)
    if named:
        path = Path(named)
        path.parent.mkdir(parents=True, exist_ok=True)
        config["transport"] = {"type": "file", "log_file_path": str(path), "append": True}
    return OpenLineageClient(config=config)


def make_event(state: str, run: Run, error: str | None = None) -> RunEvent:
    """One event of a run; what cannot be known of its datasets is left out."""
    facts = read_lineage(run)
    inputs: list[InputDataset] = []
    outputs: list[OutputDataset] = []
    try:
        contract, dataset = find_dataset(run.stream)
        inputs = [_input(contract, dataset, facts)]
        outputs = [_output(dataset, facts)]
    except (ContractError, SettingsError):
        pass  # the run fails by the same fault; the event says so
    return RunEvent(
        eventType=RunState[state],
        eventTime=datetime.now(UTC).isoformat(),
        run=LineageRun(runId=str(facts.lineage_id), facets=_run_facets(run, error)),
        job=Job(namespace=_namespace(), name=f"sync.{run.stream}", facets={"jobType": _JOB_TYPE}),
        inputs=inputs,
        outputs=outputs,
        producer=PRODUCER,
    )


_JOB_TYPE: Final = job_type_job.JobTypeJobFacet(
    processingType="BATCH", integration="MOTLAN", jobType="SYNC", producer=PRODUCER
)


def _namespace() -> str:
    return os.environ.get("OPENLINEAGE_NAMESPACE") or "motlan"


def _run_facets(run: Run, error: str | None) -> dict[str, Any]:
    facets: dict[str, Any] = {}
    if run.dag_id:
        facets["parent"] = parent_run.ParentRunFacet(
            run=parent_run.Run(runId=str(uuid5(NAMESPACE_URL, f"{run.dag_id}/{run.key}"))),
            job=parent_run.Job(namespace=_namespace(), name=run.dag_id),
            producer=PRODUCER,
        )
    if error:
        facets["errorMessage"] = error_message_run.ErrorMessageRunFacet(
            message=error, programmingLanguage="PYTHON", producer=PRODUCER
        )
    return facets


def _input(contract: Contract, dataset: Dataset, facts: LineageFacts) -> InputDataset:
    namespace, folder = _place(get_settings().source_url(contract.source))
    facets: dict[str, Any] = {}
    if facts.batch_id is not None:
        facets["dataQualityMetrics"] = (
            data_quality_metrics_input_dataset.DataQualityMetricsInputDatasetFacet(
                rowCount=facts.read, columnMetrics=_null_counts(dataset, facts), producer=PRODUCER
            )
        )
    if facts.rules:
        facets["dataQualityAssertions"] = (
            data_quality_assertions_dataset.DataQualityAssertionsDatasetFacet(
                assertions=_assertions(dataset, facts), producer=PRODUCER
            )
        )
    schema = [
        schema_dataset.SchemaDatasetFacetFields(name=name, type=kind, ordinal_position=place)
        for place, (name, kind) in enumerate(promised_columns(dataset).items(), start=1)
    ]
    return InputDataset(
        namespace=namespace,
        name="/".join(part for part in (folder, dataset.physical_name) if part),
        facets={"schema": schema_dataset.SchemaDatasetFacet(fields=schema, producer=PRODUCER)},
        inputFacets=facets,
    )


def _output(dataset: Dataset, facts: LineageFacts) -> OutputDataset:
    namespace, database = _place(get_settings().warehouse_url("pipeline"))
    schema = [
        schema_dataset.SchemaDatasetFacetFields(name=name, type=sql, ordinal_position=place)
        for place, (name, sql) in enumerate(dataset.columns.items(), start=1)
    ]
    facets: dict[str, Any] = {}
    if facts.published:
        facets["outputStatistics"] = (
            output_statistics_output_dataset.OutputStatisticsOutputDatasetFacet(
                rowCount=facts.accepted, producer=PRODUCER
            )
        )
    return OutputDataset(
        namespace=namespace,
        name=f"{database}.standard.{dataset.table}",
        facets={"schema": schema_dataset.SchemaDatasetFacet(fields=schema, producer=PRODUCER)},
        outputFacets=facets,
    )


def _assertions(
    dataset: Dataset, facts: LineageFacts
) -> list[data_quality_assertions_dataset.Assertion]:
    """Each rule that the batch was judged by: whether every row kept it, and how many did not."""
    rules = {rule.rule_id: rule for rule in dataset.rules}
    owners = _owners_columns(dataset)
    found = []
    for judged in facts.rules:
        rule = rules.get(judged["rule_id"])
        column = rule.column if rule else None
        found.append(
            data_quality_assertions_dataset.Assertion(
                assertion=rule.test if rule else "rule",
                success=judged["failed"] == 0,
                column=owners.get(column, column) if column else None,
                severity="error" if judged["severity"] == "error" else "warn",
                name=judged["rule_id"],
                description=rule.description if rule and rule.description else None,
                expected="0",
                actual=str(judged["failed"]),
            )
        )
    return found


def _null_counts(
    dataset: Dataset, facts: LineageFacts
) -> dict[str, data_quality_metrics_input_dataset.ColumnMetrics]:
    """Of the columns that must not be missing: in how many rows they were."""
    owners = _owners_columns(dataset)
    failed = {judged["rule_id"]: int(judged["failed"]) for judged in facts.rules}
    return {
        owners.get(rule.column, rule.column): data_quality_metrics_input_dataset.ColumnMetrics(
            nullCount=failed[rule.rule_id]
        )
        for rule in dataset.rules
        if rule.test == "not_null" and rule.column and rule.rule_id in failed
    }


def _owners_columns(dataset: Dataset) -> Mapping[str, str]:
    return {field.name: field.physical_name for field in dataset.fields}


def _place(url: str) -> tuple[str, str]:
    """(namespace, the rest of the way) of an address, without any credential in it."""
    parts = urlsplit(url)
    scheme = parts.scheme.partition("+")[0].replace("postgresql", "postgres")
    if not parts.hostname:
        return scheme or "file", parts.path
    port = f":{parts.port}" if parts.port else ""
    return f"{scheme}://{parts.hostname}{port}", parts.path.strip("/")
