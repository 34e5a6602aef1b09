"""The view that a suite is run on, and what a suite's run leaves behind."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg import sql
from psycopg.types.json import Jsonb
from sqlalchemy import Connection
from sqlalchemy.schema import DropTable

from hub.contract import Dataset
from hub.rules import Rule
from warehouse.connection import connect, driver_connection, transaction
from warehouse.queries import load
from warehouse.tables import ALL_LIVE, stage_name, stage_table
from warehouse.unique import find_taken, keep_for_holders

_SQL = load("judged")
_VIEWS = ("rest", "view")
_TABLES = ("apart", "older", "taken")


@dataclass(frozen=True)
class Finding:
    """What a rule said of a batch: the positions of the rows that break it."""

    rule: Rule
    positions: tuple[int, ...]


@dataclass(frozen=True)
class Apart:
    """Judged rows set apart because they break one of some rules, by the hub's own reckoning.

    ``table`` holds them and ``rest`` shows all others; both are names in ``stage``. ``rows`` is how
    many were set apart.
    """

    table: str
    rest: str
    rows: int


def judged_name(dataset: Dataset, batch_id: int) -> str:
    """The name of the view in ``stage`` that the batch's suite runs on."""
    return f"{stage_name(dataset, batch_id)}_newest"


def find_noted(connection: Connection, dataset: Dataset, batch_id: int) -> frozenset[str]:
    """What staging noted of all staged rows (`warehouse.stage.Staged`)."""
    cursor = driver_connection(connection).cursor()
    found = cursor.execute(_SQL["find_noted"], {"name": stage_name(dataset, batch_id)})
    row = found.fetchone()
    return frozenset(row[0] if row else ())


def make_judged_view(
    dataset: Dataset, batch_id: int, asked: Mapping[str, Rule], *, read: int
) -> int:
    """Make the view that the suite runs on; returns its number of rows.

    It shows the newest row of each key, without tombstones, and one boolean column a rule: null
    where the row breaks it, true where it does not or the rule does not apply. To ask for nulls
    costs one evaluation a row, to ask for a value three.

    Args:
        asked: column name -> its rule, a predicate or that of a unique field, from a checked
            contract.
        read: rows of the batch. Where staging noted that every one of them is to be judged, they
            are not counted: a suite that sees another number gives no verdict.
    """
    words = _words(dataset, batch_id)
    with transaction("pipeline") as held:
        drop_judged(held, dataset, batch_id)
        connection = driver_connection(held)
        connection.execute(_SQL["make_room"])
        noted = find_noted(held, dataset, batch_id)
        living: sql.Composable = sql.SQL("true" if ALL_LIVE in noted else _SQL["is_living"])
        newest: sql.Composable = sql.SQL("true")
        if "record_id" not in noted:
            connection.execute(sql.SQL(_SQL["find_older_rows"]).format(**words))
            newest = sql.SQL(_SQL["is_newest"]).format(**words)
            living = sql.SQL(" AND ").join((living, newest))
        words = {**words, "living": living, "newest": newest}
        unique = {name: rule.column for name, rule in asked.items() if rule.test == "unique"}
        fields = {name: field for name, field in unique.items() if field}
        broken = {
            **{name: sql.SQL(rule.argument) for name, rule in asked.items() if name not in fields},
            **find_taken(connection, words, fields, noted),
        }
        columns = [
            sql.SQL("CASE WHEN ({}) THEN NULL ELSE true END AS {}").format(
                condition, sql.Identifier(name)
            )
            for name, condition in broken.items()
        ]
        shown = sql.SQL(", ").join([sql.SQL("staged.*"), *columns])
        connection.execute(sql.SQL(_SQL["make_view"]).format(**words, columns=shown))
        if {ALL_LIVE, "record_id"} <= noted:
            return read
        query = sql.SQL(_SQL["count_rows"]).format(relation=words["view"])
        counted = connection.execute(query).fetchone()
    assert counted is not None
    return int(counted[0])


def refuse_rows(dataset: Dataset, batch_id: int, refused: Collection[int]) -> bool:
    """Hear which rows break a blocking rule; whether the view finds other rows broken by it.

    A record whose newer row is refused keeps its published version, and the values that only it
    may have.

    Args:
        refused: the rows' positions.
    """
    if not refused:
        return False
    with connect("pipeline") as connection:
        return keep_for_holders(connection, _words(dataset, batch_id), refused)


def set_apart(dataset: Dataset, batch_id: int, asked: Sequence[tuple[str, Rule]]) -> Apart:
    """Set the rows apart that break one of these rules.

    Args:
        asked: (column of the view, its rule), of rules that ask whether a value is null, is of a
            list or matches a pattern.
    """
    words = _words(dataset, batch_id)
    names = dict.fromkeys(["position", *(name for name, _ in asked)])
    broken = [_broken(sql.Identifier(name), rule) for name, rule in asked]
    made = {
        **words,
        "asked": sql.SQL(", ").join(map(sql.Identifier, names)),
        "broken": sql.SQL(" OR ").join(broken),
    }
    with connect("pipeline") as connection:
        _drop(connection, words, "rest")
        _drop(connection, words, "apart")
        rows = connection.execute(sql.SQL(_SQL["set_apart"]).format(**made)).rowcount
        connection.execute(sql.SQL(_SQL["view_rest"]).format(**words))
    name = stage_name(dataset, batch_id)
    return Apart(f"{name}_apart", f"{name}_rest", rows)


def _broken(column: sql.Identifier, rule: Rule) -> sql.Composed:
    """The condition of a row that breaks a rule."""
    argument = sql.Literal(rule.argument)
    match rule.test:
        case "pattern":
            return sql.SQL("NOT ({} ~ {})").format(column, argument)
        case "in_set":
            return sql.SQL("NOT ({}::text = ANY ({}::text[]))").format(column, argument)
        case _:
            return sql.SQL("{} IS NULL").format(column)


def count_staged(dataset: Dataset, batch_id: int) -> int:
    """The rows that are staged now; a crash of the server leaves none."""
    stage = sql.Identifier("stage", stage_name(dataset, batch_id))
    with connect("pipeline") as connection:
        counted = connection.execute(sql.SQL(_SQL["count_rows"]).format(relation=stage)).fetchone()
    assert counted is not None
    return int(counted[0])


def drop_judged_view(dataset: Dataset, batch_id: int) -> None:
    """Remove what the suite ran on, whatever the suite said."""
    with transaction("pipeline") as held:
        drop_judged(held, dataset, batch_id)


def drop_judged(connection: Connection, dataset: Dataset, batch_id: int) -> None:
    """Remove the views and the tables beside them, in a transaction of the caller's."""
    words = _words(dataset, batch_id)
    for name in (*_VIEWS, *_TABLES):
        _drop(driver_connection(connection), words, name)


def _drop(connection: psycopg.Connection, words: Mapping[str, sql.Composable], name: str) -> None:
    query = "drop_view" if name in _VIEWS else "drop_table"
    connection.execute(sql.SQL(_SQL[query]).format(relation=words[name]))


def drop_stage(connection: Connection, dataset: Dataset, batch_id: int) -> None:
    """Remove a batch's stage table, and what a judge that was killed left on it."""
    drop_judged(connection, dataset, batch_id)
    connection.execute(DropTable(stage_table(dataset, batch_id), if_exists=True))


def _words(dataset: Dataset, batch_id: int) -> dict[str, sql.Composable]:
    """What the queries call by a word: tables and views of the batch, the register, the cursor."""
    name = stage_name(dataset, batch_id)
    return {
        "stage": sql.Identifier("stage", name),
        "view": sql.Identifier("stage", judged_name(dataset, batch_id)),
        "rest": sql.Identifier("stage", f"{name}_rest"),
        **{table: sql.Identifier("stage", f"{name}_{table}") for table in _TABLES},
        "standard": sql.Identifier("standard", dataset.table),
        "cursor": sql.Literal(dataset.sync.cursor),
    }


def _mark_failures(
    connection: psycopg.Connection, stage: sql.Identifier, findings: Sequence[Finding]
) -> None:
    connection.execute(_SQL["make_failure_table"])
    with connection.cursor() as cursor, cursor.copy(_SQL["copy_failures"]) as copy:
        for finding in findings:
            for position in finding.positions:
                copy.write_row((position, finding.rule.rule_id, finding.rule.blocking))
    connection.execute(sql.SQL(_SQL["mark_failures"]).format(stage=stage))


def record_findings(
    dataset: Dataset,
    batch_id: int,
    *,
    suite_digest: str,
    findings: Sequence[Finding],
    all_judged: bool,
) -> None:
    """Mark the failing rows and keep the validation result.

    A row that breaks a blocking rule gets the outcome ``quarantined``, and so does one without a
    key, or whose version cannot be read, judged or not: nobody can say which row it is, or that
    another one is newer. The result that is kept holds counts and rule ids, never a value.

    Args:
        all_judged: whether every staged row was judged; the suite has seen each key and version.
    """
    stage = sql.Identifier("stage", stage_name(dataset, batch_id))
    with transaction("pipeline") as held:
        connection = driver_connection(held)
        if connection.execute(_SQL["was_judged"], {"batch_id": batch_id}).fetchone() == (True,):
            connection.execute(sql.SQL(_SQL["clear_failures"]).format(stage=stage))
        if any(finding.positions for finding in findings):
            _mark_failures(connection, stage, findings)
        if not all_judged:
            _mark_unplaceable(connection, stage, dataset)
        row = {
            "batch_id": batch_id,
            "stream": dataset.stream,
            "suite": dataset.stream,
            "suite_hash": suite_digest,
            "expectations": len(findings),
            "success": all(not finding.positions for finding in findings),
            "result": Jsonb({"rules": list(map(_describe, findings))}),
        }
        connection.execute(_SQL["record_suite_run"], row)


def _mark_unplaceable(
    connection: psycopg.Connection, stage: sql.Identifier, dataset: Dataset
) -> None:
    """Quarantine the rows without a key, or whose version cannot be read, that nobody judged."""
    unplaceable = {
        "cursor": dataset.sync.cursor,
        "key_rule": f"{dataset.stream}.key",
        "version_rule": f"{dataset.stream}.{dataset.sync.cursor}.readable",
    }
    query = sql.SQL(_SQL["mark_unplaceable_rows"]).format(stage=stage)
    connection.execute(query, unplaceable)


def _describe(finding: Finding) -> dict[str, Any]:
    """A finding as the validation result holds it: a rule and a count, never a value."""
    words = {"rule_id", "criterion", "severity", "weight"}
    told = finding.rule.model_dump(mode="json", include=words)
    return {**told, "failed": len(finding.positions)}
