"""Great Expectations on the warehouse's own engine, so that role, timeouts and pool stay one.

GX's own SQL data source makes an engine from a connection string; subclassing is its documented
way to another (the class registers itself as ``add_motlan_warehouse``).
"""

from typing import Any, Literal

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

from warehouse.connection import engine

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


def validate_table(table: str, suite: ExpectationSuite, rows: int) -> list[dict[str, Any]]:
    """Run a suite on a table or view of ``stage``; one result an expectation, in its order.

    It runs twice: first every expectation is asked for its verdict alone, which Great Expectations
    gathers into a pass or two over the rows; then those that failed, or do not judge row by row,
    are asked which rows they are.
    Results name failing rows by ``position`` and hold no value.

    Args:
        rows: rows of the table. A first run that saw another number gives no verdict, and no list
            of failing rows is cut short.
    """
    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = ProgressBarsConfig(globally=False)
    source = context.data_sources.add_motlan_warehouse(
        name="warehouse", connection_string="postgresql+psycopg://"
    )
    asset = source.add_table_asset(name=suite.name, table_name=table)
    batch = asset.add_batch_definition_whole_table(name=table).get_batch()
    asked = [item.to_json_dict() for item in suite.expectation_configurations]
    by_row = {
        _rule_id(item.configuration.to_json_dict())
        for item in suite.expectations
        if isinstance(item, _BY_ROW)
    }
    counted = {"type": "expect_table_row_count_to_equal", "kwargs": {"value": rows}}
    verdicts = _run(batch, [*asked, counted], {"result_format": "BOOLEAN_ONLY"})
    if not verdicts.pop("", {}).get("success"):
        return []
    failed = [
        item
        for item in asked
        if _rule_id(item) not in by_row or not verdicts[_rule_id(item)].get("success")
    ]
    detailed = {
        "result_format": "COMPLETE",
        "unexpected_index_column_names": ["position"],
        "return_unexpected_index_query": False,
        "partial_unexpected_count": rows,
        "exclude_unexpected_values": True,
    }
    named = _run(batch, failed, detailed) if failed else {}
    passed = {"result": {"element_count": rows, "unexpected_count": 0}}
    return [named.get(rule_id) or {**verdict, **passed} for rule_id, verdict in verdicts.items()]


def _run(
    batch: Batch, expectations: list[dict[str, Any]], result_format: dict[str, Any]
) -> dict[str, dict[str, Any]]:
    """Rule -> its result, in the order of the expectations."""
    suite = ExpectationSuite(name="asked", expectations=expectations)
    results = batch.validate(suite, result_format=result_format).results
    found = {_rule_id(item): item for item in (result.to_json_dict() for result in results)}
    return {_rule_id(item): found[_rule_id(item)] for item in expectations}


def _rule_id(item: dict[str, Any]) -> str:
    """The rule behind an expectation or a result; empty for what no rule asks."""
    words = item.get("expectation_config", item)
    return str((words.get("meta") or {}).get("rule_id", ""))
