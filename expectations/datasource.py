"""Great Expectations on the warehouse's own engine, so that role, timeouts and pool stay one.

A suite is run by GX's validator on an execution engine around the warehouse's, without a data
context: a context writes its whole configuration as YAML for each data source, asset and setting
that it hears of, which took half the time of judging a small batch, and nothing here reads it.
There is nothing to keep between batches, so that threads share nothing either.
"""

import gc
from collections.abc import Callable, Sequence
from typing import Any, Final

from great_expectations.core import ExpectationSuite
from great_expectations.execution_engine.sqlalchemy_batch_data import SqlAlchemyBatchData
from great_expectations.execution_engine.sqlalchemy_execution_engine import (
    SqlAlchemyExecutionEngine,
)
from great_expectations.expectations.expectation import (
    ColumnMapExpectation,
    ColumnPairMapExpectation,
    MulticolumnMapExpectation,
)
from great_expectations.validator.validator import Validator

from expectations.results import raised, rule_id_of
from warehouse.connection import engine
from warehouse.judged import Apart

gc.freeze()  # what GX has imported stays as long as the process; to walk it took 0.15 s each time

_VERDICT: Final = {"result_format": "BOOLEAN_ONLY"}
_BY_ROW = (ColumnMapExpectation, ColumnPairMapExpectation, MulticolumnMapExpectation)


def _leave_open() -> None:
    """Close nothing."""


def validate_view(
    view: str,
    suite: ExpectationSuite,
    rows: int,
    set_apart: Callable[[Sequence[str]], tuple[Sequence[str], Apart] | None],
) -> list[dict[str, Any]]:
    """Run a suite on a view of ``stage``; one result an expectation, in its order.

    It runs twice: first every expectation is asked for its verdict alone, which Great Expectations
    gathers into a pass or two over the rows; then those that failed, or do not judge row by row,
    are asked which rows they are. Results name failing rows by ``position`` and hold no value.

    Args:
        rows: rows of the view. A first run that saw another number gives no verdict, and no list
            of failing rows is cut short.
        set_apart: sets the rows apart that break some rules; (the rules of which it can, where the
            rows are), or None. Of those rules the second run asks these rows alone, and then
            whether all others keep them.
    """
    asked = [item.to_json_dict() for item in suite.expectation_configurations]
    by_row = {
        rule_id_of(item.configuration.to_json_dict())
        for item in suite.expectations
        if isinstance(item, _BY_ROW)
    }
    verdicts = _run(view, [*asked, _counted(rows)], _VERDICT)
    if not verdicts.pop("", {}).get("success"):
        return []
    failed = {
        rule_id_of(item): item
        for item in asked
        if rule_id_of(item) not in by_row or not verdicts[rule_id_of(item)].get("success")
    }
    plain = [rule_id for rule_id in failed if rule_id in by_row and not raised(verdicts[rule_id])]
    apart = set_apart(plain)
    named = _name_apart(failed, apart, rows) if apart else {}
    left = [item for rule_id, item in failed.items() if rule_id not in named]
    named |= _run(view, left, _detailed(rows)) if left else {}
    passed = {"result": {"element_count": rows, "unexpected_count": 0}}
    return [named.get(rule_id) or {**verdict, **passed} for rule_id, verdict in verdicts.items()]


def _name_apart(
    failed: dict[str, dict[str, Any]],
    apart: tuple[Sequence[str], Apart],
    rows: int,
) -> dict[str, dict[str, Any]]:
    """Rule -> its result, from the rows set apart; without those that another row breaks too."""
    rule_ids, found = apart
    asked = [failed[rule_id] for rule_id in rule_ids]
    named = _run(found.table, [*asked, _counted(found.rows)], _detailed(found.rows))
    others = _run(found.rest, [*asked, _counted(rows - found.rows)], _VERDICT)
    if not (named.pop("").get("success") and others.pop("").get("success")):
        return {}
    for result in named.values():
        result["result"]["element_count"] = rows
    return {rule_id: named[rule_id] for rule_id, other in others.items() if other.get("success")}


def _counted(rows: int) -> dict[str, Any]:
    """The question that no rule asks: whether all rows were seen."""
    return {"type": "expect_table_row_count_to_equal", "kwargs": {"value": rows}}


def _detailed(rows: int) -> dict[str, Any]:
    """The result format that names every failing row and shows no value."""
    return {
        "result_format": "COMPLETE",
        "unexpected_index_column_names": ["position"],
        "return_unexpected_index_query": False,
        "partial_unexpected_count": rows,
        "exclude_unexpected_values": True,
    }


class _Quiet(Validator):
    """GX's validator, which without a context would draw a bar of its progress on stderr."""

    def _determine_progress_bars(self) -> bool:
        return False


def _run(
    table: str, expectations: list[dict[str, Any]], result_format: dict[str, Any]
) -> dict[str, dict[str, Any]]:
    """Ask a table or view of ``stage``: rule -> its result, in the order of the expectations.

    GX disposes of its engine when it is collected; this one's pool is shared with the whole
    process, whose open connections would be lost with it.
    """
    asking = SqlAlchemyExecutionEngine(engine=engine("pipeline"), create_temp_table=False)
    asking.close = _leave_open  # type: ignore[method-assign]
    rows = SqlAlchemyBatchData(asking, schema_name="stage", table_name=table)
    asking.load_batch_data(table, rows)
    validator = _Quiet(execution_engine=asking)
    suite = ExpectationSuite(name="asked", expectations=expectations)
    results = validator.graph_validate(
        configurations=suite.expectation_configurations,
        runtime_configuration={"result_format": result_format},
    )
    found = {rule_id_of(item): item for item in (result.to_json_dict() for result in results)}
    return {rule_id_of(item): found[rule_id_of(item)] for item in expectations}
