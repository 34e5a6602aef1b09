"""Runs a batch's suite in the database and marks the rows that break a rule.

Great Expectations passes what it should fail when it is asked nothing or has no rows, and can
report an exception inside a result that counts as success (GX 1.24); the gate below closes that.
"""

from collections.abc import Iterable, Sequence
from typing import Any, Final

from expectations.results import positions_in, raised
from expectations.suites import CompiledSuite, asked_column, compile_suite, holds_column
from hub.contract import Dataset
from hub.errors import BatchParkedError, GateFailedError, MotlanError
from hub.failpoint import reach
from hub.rules import Rule
from warehouse import judged
from warehouse.ledger import Batch, find_promise, get_batch, move_batch
from warehouse.parking import park_batch

_FEW: Final = 50_000
"""Of so many rows the failing ones are named as quickly where they stand as set apart."""


def judge_batch(batch_id: int) -> None:
    """Judge a staged batch; it becomes ``judged``, each row carrying the rules that it breaks.

    A batch that is judged or published already stays as it is.

    Raises:
        GateFailedError: the suite gave no full verdict, the batch holds fewer rows than its
            contract promises, or more of them break a rule than the rule allows; the batch is
            parked, what was published keeps answering.
        BatchParkedError: the batch was parked before.
        MotlanError: the staged rows are lost.
    """
    batch = get_batch(batch_id)
    if batch.state in ("judged", "published"):
        return
    if batch.state == "parked":
        raise BatchParkedError(batch.reason or f"Batch {batch_id} is parked.")
    try:
        _mark(batch)
    except GateFailedError as error:
        park_batch(batch_id, error)
        raise
    move_batch(batch_id, "judged")


def judge_again(batch_id: int) -> None:
    """Mark the rows of a parked batch that was staged anew; it stays parked, as it was signed.

    Raises:
        GateFailedError: its suite gives no full verdict any more.
    """
    batch = get_batch(batch_id)
    if batch.state == "parked":
        _mark(batch)


def _mark(batch: Batch) -> None:
    """Run the suite, and give each row the rules that it breaks.

    Raises:
        GateFailedError: as `judge_batch` says.
        MotlanError: the staged rows are lost.
    """
    _, dataset = find_promise(batch)
    suite = compile_suite(dataset)
    try:
        rows = judged.make_judged_view(
            dataset, batch.batch_id, _asked(suite.rules), read=batch.read
        )
        if not rows:
            _refuse_lost_stage(dataset, batch)
        _refuse_thin_batch(dataset, batch, rows)
        findings = _judge_rows(dataset, batch, suite, rows)
    except GateFailedError:
        _refuse_lost_stage(dataset, batch)  # the server crashed under the suite; nothing is parked
        raise
    finally:
        judged.drop_judged_view(dataset, batch.batch_id)
    judged.record_findings(
        dataset,
        batch.batch_id,
        suite_digest=suite.digest,
        findings=findings,
        all_judged=rows == batch.read,
    )
    reach("K09")
    _refuse_beyond_bounds(batch, findings, rows)


def _refuse_beyond_bounds(batch: Batch, findings: Sequence[judged.Finding], rows: int) -> None:
    """Refuse a batch of which more rows break a rule than the rule's own bound allows."""
    for finding in findings:
        rule, failing = finding.rule, len(finding.positions)
        if rule.closes_gate(failing, rows):
            message = (
                f"Batch {batch.batch_id} of {batch.stream}: {failing} of its {rows} rows break "
                f"rule {rule.rule_id} ({rule.description}), which allows less than "
                f"{rule.less_than:g} {rule.unit}. Ask the source's owner whether this is the right "
                "register; what is real needs another bound in the contract."
            )
            raise GateFailedError(message)


def _refuse_lost_stage(dataset: Dataset, batch: Batch) -> None:
    """Refuse a stage that a crash of the server has emptied: it says nothing about the source."""
    staged = judged.count_staged(dataset, batch.batch_id)
    if staged != batch.read:
        message = (
            f"Batch {batch.batch_id} of {batch.stream} landed {batch.read} rows, of which {staged} "
            "are staged: the warehouse has crashed since. Run the sync again."
        )
        raise MotlanError(message)


def _refuse_thin_batch(dataset: Dataset, batch: Batch, rows: int) -> None:
    """Refuse a snapshot with fewer living rows than promised, before a suite passes on nothing."""
    if batch.mode == "snapshot" and rows < dataset.sync.row_floor:
        message = (
            f"Batch {batch.batch_id} of {batch.stream} holds {rows} rows, its contract "
            f"promises at least {dataset.sync.row_floor}; an empty snapshot deletes nothing. "
            "Ask the source's owner, then sync again."
        )
        raise GateFailedError(message)


def _asked(rules: Sequence[Rule]) -> dict[str, Rule]:
    return {holds_column(rule): rule for rule in rules if rule.test in ("predicate", "unique")}


def _judge_rows(
    dataset: Dataset, batch: Batch, suite: CompiledSuite, rows: int
) -> list[judged.Finding]:
    """One finding a rule; judged again as long as a refused row keeps others from a value.

    Raises:
        GateFailedError: the suite gave no full verdict.
    """
    while True:
        results = _validate(dataset, batch, suite, rows) if rows else []
        findings = list(_findings(suite, results, rows))
        refused = {place for item in findings if item.rule.blocking for place in item.positions}
        if not judged.refuse_rows(dataset, batch.batch_id, refused):
            return findings


def _validate(
    dataset: Dataset, batch: Batch, suite: CompiledSuite, rows: int
) -> list[dict[str, Any]]:
    """Run the suite; one result an expectation, each with the failing rows' positions."""
    from expectations.datasource import validate_view

    def set_apart(rule_ids: Sequence[str]) -> tuple[Sequence[str], judged.Apart] | None:
        asked = {
            rule.rule_id: (column, rule)
            for rule in suite.rules
            if rule.rule_id in rule_ids and (column := asked_column(rule))
        }
        if not asked or rows <= _FEW:
            return None
        return list(asked), judged.set_apart(dataset, batch.batch_id, list(asked.values()))

    view = judged.judged_name(dataset, batch.batch_id)
    reach("K08")
    return validate_view(view, suite.build(dataset.stream), rows, set_apart)


def _findings(
    suite: CompiledSuite, results: Sequence[dict[str, Any]], rows: int
) -> Iterable[judged.Finding]:
    """One finding a rule.

    Raises:
        GateFailedError: an expectation was not evaluated, raised, or saw other rows.
    """
    by_rule = {item["expectation_config"]["meta"]["rule_id"]: item for item in results}
    for rule in suite.rules:
        if rows == 0:
            yield judged.Finding(rule=rule, positions=())
            continue
        item = by_rule.get(rule.rule_id)
        if item is None or raised(item) or item["result"].get("element_count") != rows:
            message = (
                f"Rule {rule.rule_id} gave no verdict; without one the batch is not published. "
                "Mend the rule, then sync again."
            )
            raise GateFailedError(message)
        positions = tuple(positions_in(item["result"]))
        if len(positions) != item["result"]["unexpected_count"]:
            message = f"Rule {rule.rule_id} counted failing rows that it cannot name."
            raise GateFailedError(message)
        yield judged.Finding(rule=rule, positions=positions)
