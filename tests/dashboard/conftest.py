"""A warehouse with three streams of two invented sources, and the dashboard served over it."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from serving import serve

from dashboard.app import create_app

CRITERIA = {"dung": 97.3, "du": 99.97, "sach": 89.99, "song": 74.5, "thong_nhat": 100.0}


class Ledger:
    """Writes what the pipeline would have written."""

    def __init__(self, warehouse: Any) -> None:
        self.warehouse = warehouse

    def run(self, query: str, *values: Any) -> Any:
        with self.warehouse.connect() as owner:
            cursor = owner.execute(query, values)
            return cursor.fetchone() if cursor.description else None

    def stream(self, name: str, *, age: str | None, rows: int = 0) -> None:
        source, _, dataset = name.partition(".")
        self.run(
            "INSERT INTO sync.stream (name, source, dataset, as_of, freshness, row_count,"
            " contract_hash) VALUES (%s, %s, %s, now() - %s::interval, '26 hours', %s, 'c')",
            *(name, source, dataset, age, rows),
        )

    def batch(self, stream: str, state: str = "published", **counts: Any) -> int:
        counts = {"read": 0, "reason": None, **counts}
        names = ", ".join(counts)
        (batch_id,) = self.run(
            "INSERT INTO sync.batch (stream, batch_key, predecessor, state, fence, mode,"
            " contract_hash, landed_url, key_digest, content_digest, source_as_of, published_at,"
            f" {names}) VALUES (%s, gen_random_uuid(), '', %s, 1, 'snapshot', 'c', 'x', 'd', 'd',"
            " now(), CASE WHEN %s = 'published' THEN now() END"
            f"{', %s' * len(counts)}) RETURNING batch_id",
            *(stream, state, state, *counts.values()),
        )
        return int(batch_id)

    def rule(self, batch_id: int, stream: str, criterion: str, percent: float) -> None:
        self.run(
            "INSERT INTO quality.rule_result (batch_id, stream, rule_id, criterion, severity,"
            " weight, total, passed) VALUES (%s, %s, gen_random_uuid(), %s, 'warning', 1, 10000,"
            " %s)",
            *(batch_id, stream, criterion, round(percent * 100)),
        )

    def quality(self, batch_id: int, stream: str, records: int, passing: int) -> None:
        self.run(
            "INSERT INTO quality.batch_quality (batch_id, stream, records, records_passing_all)"
            " VALUES (%s, %s, %s, %s)",
            *(batch_id, stream, records, passing),
        )

    def quarantine(self, batch_id: int, stream: str, rule: str, rows: int) -> None:
        for number in range(rows):
            self.run(
                "INSERT INTO quality.quarantined_row (stream, batch_id, first_batch_id, record_id,"
                " rule_id, rule_ids, reason_code, owner, raw_row) VALUES (%s, %s, %s, %s, %s,"
                " ARRAY[%s], 'RULE_FAILED', 'population-data-desk', 'x')",
                *(stream, batch_id, batch_id, f"R{number}", rule, rule),
            )


@pytest.fixture
def ledger(warehouse: Any) -> Ledger:
    """An empty ledger."""
    return Ledger(warehouse)


@pytest.fixture
def filled(ledger: Ledger) -> Ledger:
    """A fresh stream with every band, a late one with a parked batch, and one never read."""
    ledger.stream("population.person", age="2 hours 5 minutes", rows=1998)
    ledger.stream("land_registry.certificate", age="30 hours", rows=2300)
    ledger.stream("land_registry.parcel", age=None)
    batch = ledger.batch(
        "population.person", read=2000, accepted=1950, unchanged=40, superseded=3, quarantined=7
    )
    for criterion, percent in CRITERIA.items():
        ledger.rule(batch, "population.person", criterion, percent)
    ledger.quality(batch, "population.person", 2000, 1699)
    ledger.quarantine(batch, "population.person", "PIN-5", 7)
    old = ledger.batch("land_registry.certificate", read=2300, accepted=2300)
    ledger.rule(old, "land_registry.certificate", "dung", 34)
    ledger.batch(
        "land_registry.certificate",
        state="parked",
        read=1200,
        reason="The batch would delete 1,100 of 2,300 rows; two stewards must release it.",
    )
    return ledger


@pytest.fixture
def address(warehouse: Any) -> Iterator[str]:
    """The dashboard's address."""
    with serve(create_app()) as started:
        yield started


@pytest.fixture
def page(address: str) -> Iterator[httpx.Client]:
    """A client of the dashboard."""
    with httpx.Client(base_url=address, timeout=30) as client:
        yield client
