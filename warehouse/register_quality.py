"""How good a register is after a batch: every rule over all its records, waiting ones too."""

from typing import Any, Final, LiteralString

from sqlalchemy import ColumnElement, Connection, Select, Table, exists, func, null, select

from warehouse.connection import driver_connection
from warehouse.merge import Merge
from warehouse.outcomes import VERSION_REUSED, version_rule
from warehouse.quarantining import QUARANTINED
from warehouse.queries import load
from warehouse.tables import standard_table

_SQL = load("publish")
_VERSION_RULE: Final = (VERSION_REUSED, "sach", "error", 1.0)
"""Rule, criterion, severity and weight of what the merge finds, and no suite can."""
_LACKING_RULE: Final = ("du", "error", 1.0)
"""The same of a version that is missing, where the contract does not ask for it."""


def record_quality(connection: Connection, merge: Merge, rows: int) -> None:
    """Write each rule's result over the register as it now stands, quarantine included.

    Args:
        rows: how many records are published now.
    """
    batch = {"stream": merge.batch.stream, "batch_id": merge.batch.batch_id}
    driver = driver_connection(connection)

    def fetch(query: LiteralString) -> list[tuple[Any, ...]]:
        return driver.execute(_SQL[query], batch).fetchall()

    waiting, waiting_passing = connection.execute(_count_held(merge)).one()
    records = rows - waiting + fetch("count_open_rows")[0][0]
    passing = rows - connection.execute(_count_failing(merge)).scalar_one() - waiting_passing
    failed: dict[str, int] = {rule: int(n) for rule, n in connection.execute(_count_broken(merge))}
    for rule_id, count in fetch("count_quarantine"):
        failed[rule_id] = failed.get(rule_id, 0) + count
    rules = fetch("list_judged_rules")
    lacking = version_rule(merge.dataset)
    if lacking in failed.keys() - {rule[0] for rule in rules}:
        rules.append((lacking, *_LACKING_RULE))
    for rule in (*rules, _VERSION_RULE):
        words = dict(zip(("rule_id", "criterion", "severity", "weight"), rule, strict=True))
        passed = records - failed.get(words["rule_id"], 0)
        row = {**words, **batch, "total": records, "passed": passed}
        driver.execute(_SQL["record_rule_result"], row)
    row = {**batch, "records": records, "records_passing_all": passing}
    driver.execute(_SQL["record_batch_quality"], row)


def _count_held(merge: Merge) -> Select[int, int]:
    """(published records that wait in quarantine too, those of them that pass every rule)."""
    standard = standard_table(merge.dataset)
    passing = func.count().filter(standard.c.failed_rules == [])
    return select(func.count(), passing).where(
        QUARANTINED.c.stream == merge.batch.stream,
        QUARANTINED.c.state == "open",
        QUARANTINED.c.record_id == standard.c.record_id,
    )


def _count_failing(merge: Merge) -> Select[int]:
    """How many published records break a rule."""
    standard = standard_table(merge.dataset)
    return select(func.count()).where(standard.c.failed_rules != [])


def _count_broken(merge: Merge) -> Select[Any]:
    """Rule -> how many of those records break it."""
    standard = standard_table(merge.dataset)
    rule = func.unnest(standard.c.failed_rules).label("rule_id")
    broken = (
        select(rule)
        .where(standard.c.failed_rules != [], ~_is_quarantined(merge, standard))
        .subquery()
    )
    return select(broken.c.rule_id, func.count()).group_by(broken.c.rule_id)


def _is_quarantined(merge: Merge, standard: Table) -> ColumnElement[bool]:
    return exists(
        select(null())
        .select_from(QUARANTINED)
        .where(
            QUARANTINED.c.stream == merge.batch.stream,
            QUARANTINED.c.state == "open",
            QUARANTINED.c.record_id == standard.c.record_id,
        )
    )
