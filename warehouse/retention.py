"""What the hub no longer answers with, deleted from the warehouse when its time is over.

Each duty may be run again, by several at once, and may be killed: it deletes in portions, each a
transaction of its own, and what is left is found by the next run. The ledger itself is never
deleted from: what was read, judged, published or kept back stays told for ever.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any, Final

from psycopg import sql

from hub.contract import Contract, Dataset, read_contracts
from hub.retention import Keep
from hub.settings import get_settings
from warehouse.connection import connect
from warehouse.parts import sweep_stages
from warehouse.queries import load
from warehouse.tables import history_table

_SQL = load("retention")
PORTION: Final = 20_000
"""Rows deleted in one transaction: fewer would take longer, more would hold locks for longer."""


def end_dead_batches(keep: Keep, now: datetime) -> dict[str, int]:
    """Close batches whose run died, and drop the stage tables of every batch that is over.

    A batch whose run still holds its stream is left alone, however old: it may be tried again.
    """
    ended = 0
    if keep.unfinished is not None:
        with connect("pipeline") as connection:
            row = {"before": now - keep.unfinished}
            ended = connection.execute(_SQL["end_dead_batches"], row).rowcount
    swept = sum(sweep_stages(dataset) for _, dataset in list_datasets())
    return {"dead_batches": ended, "stage_tables": swept}


def delete_versions(keep: Keep, now: datetime) -> dict[str, int]:
    """Delete replaced versions of rows that are older than their contract's retention.

    The version that is published stays, however old; so does one that the golden records may
    still state because they were not built since.
    """
    deleted = 0
    for contract, dataset in list_datasets():
        age = records_age(contract, keep)
        if age is not None:
            deleted += _delete_versions(dataset, now - age)
    return {"row_versions": deleted}


def _delete_versions(dataset: Dataset, before: datetime) -> int:
    with connect("pipeline") as connection:
        found = connection.execute(_SQL["find_versions_limit"], {"before": before}).fetchone()
    name = sql.Identifier("standard", history_table(dataset).name)
    statement = sql.SQL(_SQL["delete_versions"]).format(history=name)
    return _repeat(statement, {"before": found[0] if found else before})


def empty_resolved_rows(keep: Keep, now: datetime) -> dict[str, int]:
    """Empty the sealed rows of what has left the quarantine for long enough; the facts stay."""
    if keep.resolved is None:
        return {"quarantined_rows": 0}
    words = {"before": now - keep.resolved}
    return {"quarantined_rows": _repeat(sql.SQL(_SQL["empty_resolved_rows"]), words)}


def delete_runs(keep: Keep, now: datetime) -> dict[str, int]:
    """Delete the history of runs that ended long ago; their batches and sums stay."""
    if keep.runs is None:
        return {"runs": 0}
    return {"runs": _repeat(sql.SQL(_SQL["delete_runs"]), {"before": now - keep.runs})}


def list_datasets() -> Iterator[tuple[Contract, Dataset]]:
    """Every dataset that has tables; those of a refused contract are left alone."""
    with connect("pipeline") as connection:
        applied = {name for (name,) in connection.execute(_SQL["list_stream_names"])}
    for contract in read_contracts(get_settings().contract_folders).values():
        if isinstance(contract, Contract):
            for dataset in contract.datasets:
                if dataset.stream in applied:
                    yield contract, dataset


def records_age(contract: Contract, keep: Keep) -> timedelta | None:
    """How long a source's records are kept: by its contract, else by the settings."""
    return contract.retention or keep.records


def _repeat(statement: sql.SQL | sql.Composed, words: dict[str, Any]) -> int:
    """Run a statement portion by portion until it finds nothing more; the rows it found."""
    total: int = 0
    while True:
        with connect("pipeline") as connection:
            done = connection.execute(statement, {**words, "portion": PORTION}).rowcount
        total += done
        if done < PORTION:
            return total
