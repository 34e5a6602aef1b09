"""Great Expectations on the warehouse's own engine, so that role, timeouts and pool stay one.

GX's own SQL data source makes an engine from a connection string; subclassing is its documented
way to another (the class registers itself as ``add_motlan_warehouse``).
"""

from collections.abc import Callable, Sequence
from typing import Any, Final, Literal

import great_expectations as gx
from great_expectations.core import ExpectationSuite
from great_expectations.data_context.types.base import ProgressBarsConfig
from great_expectations.datasource.fluent.interfaces import Batch
from great_expectations.datasource.fluent.sql_datasource import SQLDatasource
from great_expectations.execution_engine.sqlalchemy_execution_engine import (
    SqlAlchemyExecutionEngine,
)
from great_expectations.expectations.expectation import (
    ColumnMapExpectation,
    ColumnPairMapExpectation,
    MulticolumnMapExpectation,
)
from sqlalchemy import Engine

from expectations.results import raised, rule_id_of
from warehouse.connection import engine
from warehouse.judged import Apart

_VERDICT: Final = {"result_format": "BOOLEAN_ONLY"}
_BY_ROW = (ColumnMapExpectation, ColumnPairMapExpectation, MulticolumnMapExpectation)


class WarehouseDatasource(SQLDatasource):
    """The warehouse as the pipeline role sees it."""

    type: Literal["motlan_warehouse"] = "motlan_warehouse"  # type: ignore[assignment]

    @property
    def schema_(self) -> str | None:
        """Batches are judged in ``stage``."""
        return "stage"

    def get_engine(self) -> Engine:
        """The warehouse's pooled engine."""
        return engine("pipeline")

    def get_execution_engine(self) -> SqlAlchemyExecutionEngine:
        """GX's execution engine around it; it makes no temporary tables.

        GX disposes of its engine when it is collected; this one's pool is shared with the whole
        process, whose open connections would be lost with it.
        """
        if self._execution_engine is None:
            made = SqlAlchemyExecutionEngine(engine=self.get_engine(), create_temp_table=False)
            made.close = _leave_open  # type: ignore[method-assign]
            self._execution_engine = made
        return self._execution_engine


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
    judged = _Judged(suite.name)
    asked = [item.to_json_dict() for item in suite.expectation_configurations]
    by_row = {
        rule_id_of(item.configuration.to_json_dict())
        for item in suite.expectations
        if isinstance(item, _BY_ROW)
    }
    verdicts = judged.run(view, [*asked, _counted(rows)], _VERDICT)
    if not verdicts.pop("", {}).get("success"):
        return []
    failed = {
        rule_id_of(item): item
        for item in asked
        if rule_id_of(item) not in by_row or not verdicts[rule_id_of(item)].get("success")
    }
    plain = [rule_id for rule_id in failed if rule_id in by_row and not raised(verdicts[rule_id])]
    apart = set_apart(plain)
    named = _name_apart(judged, failed, apart, rows) if apart else {}
    left = [item for rule_id, item in failed.items() if rule_id not in named]
    named |= judged.run(view, left, _detailed(rows)) if left else {}
    passed = {"result": {"element_count": rows, "unexpected_count": 0}}
    return [named.get(rule_id) or {**verdict, **passed} for rule_id, verdict in verdicts.items()]


def _name_apart(
    judged: "_Judged",
    failed: dict[str, dict[str, Any]],
    apart: tuple[Sequence[str], Apart],
    rows: int,
) -> dict[str, dict[str, Any]]:
    """Rule -> its result, from the rows set apart; without those that another row breaks too."""
    rule_ids, found = apart
    asked = [failed[rule_id] for rule_id in rule_ids]
    named = judged.run(found.table, [*asked, _counted(found.rows)], _detailed(found.rows))
    others = judged.run(found.rest, [*asked, _counted(rows - found.rows)], _VERDICT)
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


class _Judged:
    """Tables and views of ``stage`` as Great Expectations reads them."""

    def __init__(self, name: str) -> None:
        self._batches: dict[str, Batch] = {}
        context = gx.get_context(mode="ephemeral")
        context.variables.progress_bars = ProgressBarsConfig(globally=False)
        self._name = name
        self._source = context.data_sources.add_motlan_warehouse(
            name="warehouse", connection_string="postgresql+psycopg://"
        )

    def run(
        self, table: str, expectations: list[dict[str, Any]], result_format: dict[str, Any]
    ) -> dict[str, dict[str, Any]]:
        """Rule -> its result, in the order of the expectations."""
        if table not in self._batches:
            asset = self._source.add_table_asset(name=f"{self._name} {table}", table_name=table)
            self._batches[table] = asset.add_batch_definition_whole_table(name=table).get_batch()
        suite = ExpectationSuite(name="asked", expectations=expectations)
        results = self._batches[table].validate(suite, result_format=result_format).results
        found = {rule_id_of(item): item for item in (result.to_json_dict() for result in results)}
        return {rule_id_of(item): found[rule_id_of(item)] for item in expectations}
