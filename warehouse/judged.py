"""The table that a suite is run on, and what a suite's run leaves behind."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from psycopg import sql
from psycopg.types.json import Jsonb

from hub.contract import Dataset
from hub.rules import Rule
from warehouse.connection import connect
from warehouse.queries import load
from warehouse.tables import stage_table

_SQL = load("judged")


@dataclass(frozen=True)
class Finding:
    """What a rule said of a batch: the positions of the rows that break it."""

    rule: Rule
    positions: tuple[int, ...]


def judged_name(dataset: Dataset, batch_id: int) -> str:
    """The name of the table in ``stage`` that the batch's suite runs on."""
    return f"{dataset.table}__b{batch_id}_judged"


def make_judged_table(dataset: Dataset, batch_id: int, predicates: Mapping[str, str]) -> int:
    """Make the table that the suite runs on; returns its number of rows.

    It holds the newest row of each key, without tombstones, and one boolean column a predicate:
    false where the predicate finds the row broken, true where it does not or does not apply.

    Args:
        predicates: column name -> SQL condition of a broken row, from a checked contract.
    """
    stage = stage_table(dataset, batch_id).name
    columns = [
        sql.SQL("CASE WHEN ({}) THEN false ELSE true END AS {}").format(
            sql.SQL(condition), sql.Identifier(name)
        )
        for name, condition in predicates.items()
    ]
    name = sql.Identifier("stage", judged_name(dataset, batch_id))
    statement = sql.SQL(_SQL["make_judged_table"]).format(
        judged=name,
        stage=sql.Identifier("stage", stage),
        columns=sql.SQL(", ").join([sql.SQL("staged.*"), *columns]),
        cursor=sql.Literal(dataset.sync.cursor),
    )
    with connect("pipeline") as connection:
        connection.execute(sql.SQL("DROP TABLE IF EXISTS {}").format(name))
        rows = connection.execute(statement).rowcount
        connection.execute(sql.SQL("ANALYZE {}").format(name))
    return rows


def drop_judged_table(dataset: Dataset, batch_id: int) -> None:
    """Remove the table that the suite ran on, whatever the suite said: it is a copy of rows."""
    name = sql.Identifier("stage", judged_name(dataset, batch_id))
    with connect("pipeline") as connection:
        connection.execute(sql.SQL("DROP TABLE IF EXISTS {}").format(name))


def record_findings(
    dataset: Dataset, batch_id: int, *, suite_digest: str, findings: Sequence[Finding]
) -> None:
    """Mark the failing rows and keep the validation result.

    A row that breaks a blocking rule gets the outcome ``quarantined``, and so does one whose
    version cannot be read, judged or not: nobody can say that another row is newer. The
    result that is kept holds counts and rule ids, never a value.
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
        if cursor_field := dataset.sync.cursor:
            unread = {
                "cursor": cursor_field,
                "rule_id": f"{dataset.stream}.{cursor_field}.readable",
            }
            query = sql.SQL(_SQL["mark_unreadable_versions"]).format(stage=stage)
            connection.execute(query, unread)
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
