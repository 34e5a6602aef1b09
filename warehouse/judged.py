"""The view that a suite is run on, and what a suite's run leaves behind."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from psycopg import sql
from psycopg.types.json import Jsonb
from sqlalchemy import Connection
from sqlalchemy.schema import DropTable

from hub.contract import Dataset
from hub.rules import Rule
from warehouse.connection import connect, driver_connection, transaction
from warehouse.queries import load
from warehouse.tables import stage_table

_SQL = load("judged")


@dataclass(frozen=True)
class Finding:
    """What a rule said of a batch: the positions of the rows that break it."""

    rule: Rule
    positions: tuple[int, ...]


def judged_name(dataset: Dataset, batch_id: int) -> str:
    """The name of the view in ``stage`` that the batch's suite runs on."""
    return f"{dataset.table}__b{batch_id}_newest"


def keys_differ(connection: Connection, dataset: Dataset, batch_id: int) -> bool:
    """Whether staging noted that every staged row has a key of its own."""
    cursor = driver_connection(connection).cursor()
    found = cursor.execute(_SQL["find_keys_differ"], {"name": _stage_name(dataset, batch_id)})
    return found.fetchone() is not None


def make_judged_view(dataset: Dataset, batch_id: int, predicates: Mapping[str, str]) -> int:
    """Make the view that the suite runs on; returns its number of rows.

    It shows the newest row of each key, without tombstones, and one boolean column a predicate:
    null where the predicate finds the row broken, true where it does not or does not apply. To ask
    for nulls costs one evaluation a row, to ask for a value three.

    Args:
        predicates: column name -> SQL condition of a broken row, from a checked contract.
    """
    columns = [
        sql.SQL("CASE WHEN ({}) THEN NULL ELSE true END AS {}").format(
            sql.SQL(condition), sql.Identifier(name)
        )
        for name, condition in predicates.items()
    ]
    view = sql.Identifier("stage", judged_name(dataset, batch_id))
    words = {
        "view": view,
        "stage": sql.Identifier("stage", _stage_name(dataset, batch_id)),
        "older": sql.Identifier("stage", _older_name(dataset, batch_id)),
        "columns": sql.SQL(", ").join([sql.SQL("staged.*"), *columns]),
        "cursor": sql.Literal(dataset.sync.cursor),
    }
    with transaction("pipeline") as held:
        drop_judged(held, dataset, batch_id)
        connection = driver_connection(held)
        connection.execute("SET LOCAL work_mem = '128MB'")
        if keys_differ(held, dataset, batch_id):
            connection.execute(sql.SQL(_SQL["view_rows"]).format(**words))
        else:
            connection.execute(sql.SQL(_SQL["find_older_rows"]).format(**words))
            connection.execute(sql.SQL(_SQL["view_newest_rows"]).format(**words))
        counted = connection.execute(sql.SQL(_SQL["count_rows"]).format(relation=view)).fetchone()
    assert counted is not None
    return int(counted[0])


def count_staged(dataset: Dataset, batch_id: int) -> int:
    """The rows that are staged now; a crash of the server leaves none."""
    stage = sql.Identifier("stage", _stage_name(dataset, batch_id))
    with connect("pipeline") as connection:
        counted = connection.execute(sql.SQL(_SQL["count_rows"]).format(relation=stage)).fetchone()
    assert counted is not None
    return int(counted[0])


def drop_judged_view(dataset: Dataset, batch_id: int) -> None:
    """Remove what the suite ran on, whatever the suite said."""
    with transaction("pipeline") as held:
        drop_judged(held, dataset, batch_id)


def drop_judged(connection: Connection, dataset: Dataset, batch_id: int) -> None:
    """Remove the view and the list of older rows, in a transaction of the caller's."""
    words = {
        "view": sql.Identifier("stage", judged_name(dataset, batch_id)),
        "older": sql.Identifier("stage", _older_name(dataset, batch_id)),
    }
    driver = driver_connection(connection)
    driver.execute(sql.SQL(_SQL["drop_view"]).format(**words))
    driver.execute(sql.SQL(_SQL["drop_older_rows"]).format(**words))


def drop_stage(connection: Connection, dataset: Dataset, batch_id: int) -> None:
    """Remove a batch's stage table, and what a judge that was killed left on it."""
    drop_judged(connection, dataset, batch_id)
    connection.execute(DropTable(stage_table(dataset, batch_id), if_exists=True))


def _stage_name(dataset: Dataset, batch_id: int) -> str:
    return str(stage_table(dataset, batch_id).name)


def _older_name(dataset: Dataset, batch_id: int) -> str:
    return f"{dataset.table}__b{batch_id}_older"


def record_findings(
    dataset: Dataset, batch_id: int, *, suite_digest: str, findings: Sequence[Finding]
) -> None:
    """Mark the failing rows and keep the validation result.

    A row that breaks a blocking rule gets the outcome ``quarantined``, and so does one without a
    key, or whose version cannot be read, judged or not: nobody can say which row it is, or that
    another one is newer. The result that is kept holds counts and rule ids, never a value.
    """
    stage = sql.Identifier("stage", stage_table(dataset, batch_id).name)
    with connect("pipeline") as connection:
        connection.execute(_SQL["make_failure_table"])
        with connection.cursor() as cursor, cursor.copy(_SQL["copy_failures"]) as copy:
            for finding in findings:
                for position in finding.positions:
                    copy.write_row((position, finding.rule.rule_id, finding.rule.blocking))
        connection.execute(sql.SQL(_SQL["clear_failures"]).format(stage=stage))
        connection.execute(sql.SQL(_SQL["mark_failures"]).format(stage=stage))
        unplaceable = {
            "cursor": dataset.sync.cursor,
            "key_rule": f"{dataset.stream}.key",
            "version_rule": f"{dataset.stream}.{dataset.sync.cursor}.readable",
        }
        query = sql.SQL(_SQL["mark_unplaceable_rows"]).format(stage=stage)
        connection.execute(query, unplaceable)
        rules = [
            {
                **finding.rule.model_dump(
                    mode="json", include={"rule_id", "criterion", "severity", "weight"}
                ),
                "failed": len(finding.positions),
            }
            for finding in findings
        ]
        row = {
            "batch_id": batch_id,
            "stream": dataset.stream,
            "suite": dataset.stream,
            "suite_hash": suite_digest,
            "expectations": len(findings),
            "success": all(not finding.positions for finding in findings),
            "result": Jsonb({"rules": rules}),
        }
        connection.execute(_SQL["record_suite_run"], row)
