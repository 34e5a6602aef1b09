"""Links against the truth, which the hub never reads: with it gone, nothing differs."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import psycopg
import pytest
from three_sources import SOURCES

from cli.pipeline import build_golden, run_sync
from mocks.province.live import Sources
from mocks.province.noise import FORMS

GOLDEN = "SELECT person_id, pin, full_name, name_key, birth_date, commune_code FROM golden.person"
LINKS = "SELECT stream, record_id, part, person_id, rung FROM link.cluster_member"
NODES = """
SELECT node.stream,
       node.record_id || CASE node.part WHEN 0 THEN '' ELSE '#' || node.part END,
       node.pin IS NOT NULL OR node.old_number IS NOT NULL, anchor.record_id
FROM link.node AS node
LEFT JOIN link.cluster_member AS member USING (stream, record_id, part)
LEFT JOIN link.cluster_member AS anchor ON anchor.person_id = member.person_id AND anchor.rung = 0
WHERE NOT node.anchor
"""
PASSING = "SELECT stream, records_passing_all::float / records FROM quality.batch_quality"
LAND_PASSING = """
SELECT avg(coalesce(cardinality(paper.failed_rules || parcel.failed_rules) = 0, false)::int)::float
FROM standard.land_registry__certificate AS paper
LEFT JOIN standard.land_registry__parcel AS parcel ON parcel.record_id = paper.parcel_id
"""
PARTICIPANT, CERTIFICATE = "social_insurance.participant", "land_registry.certificate"
RECALL_MIN = {PARTICIPANT: 0.98, CERTIFICATE: 0.97}
"""Share of those whom the population register holds, where name and number say what is true; of
certificates, the parties with a number."""


@pytest.mark.slow
def test_no_link_contradicts_the_truth_and_without_it_the_warehouse_comes_out_the_same(
    living: tuple[Path, Sources], make_warehouse: Callable[[], Any]
) -> None:
    province, _ = living
    warehouse = make_warehouse()
    with_truth = content_after_sync(warehouse)
    compare_links(warehouse, province)
    compare_quarantine(warehouse, province)
    compare_quality(warehouse)
    shutil.rmtree(province)
    without_truth = content_after_sync(make_warehouse())

    assert {table: len(rows) for table, rows in with_truth.items()} == {
        table: len(rows) for table, rows in without_truth.items()
    }
    assert with_truth == without_truth
    assert len(with_truth["golden.person"]) > 1_900


def compare_links(warehouse: Any, province: Path) -> None:
    """No false link at all, most of what the two rungs can reach, and doubt where it belongs."""
    truth = pl.read_parquet(province / "truth" / "same_person.parquet")
    told = truth.select(pl.concat_str("source", "dataset", separator="."), "record_id", "truth_id")
    person_of = {(stream, record): person for stream, record, person in told.iter_rows()}
    known = {person for (stream, _), person in person_of.items() if stream == "population.person"}
    with warehouse.connect() as connection:
        nodes = rows_of(connection, NODES)
        doubtful = rows_of(connection, "SELECT 1 FROM link.judgement WHERE verdict = 'unsure'")

    linked = [(stream, record, anchor) for stream, record, _, anchor in nodes if anchor]
    assert [
        (stream, record)
        for stream, record, anchor in linked
        if person_of.get((stream, record)) != person_of["population.person", anchor]
    ] == []
    assert doubtful
    unreadable = list_unreadable(province)
    recall = {}
    for asked in RECALL_MIN:
        reachable = [
            anchor is not None
            for stream, record, numbered, anchor in nodes
            if stream == asked
            and person_of.get((stream, record)) in known
            and (numbered or asked == PARTICIPANT)
            and (stream, record.partition("#")[0]) not in unreadable
        ]
        recall[asked] = sum(reachable) / len(reachable)
    assert {
        asked: reached for asked, reached in recall.items() if reached < RECALL_MIN[asked]
    } == {}


def list_unreadable(province: Path) -> set[tuple[str, str]]:
    """(stream, record) of those whose name or number says something else than the truth.

    An old number in place of the personal one is what the second rung is for.
    """
    faults = pl.read_parquet(province / "truth" / "injected_fault.parquet").filter(
        pl.col("field").is_in(["chu_su_dung", "so_giay_to", "ho_va_ten", "so_dinh_danh"]),
        pl.col("outcome") == "accept",
        ~pl.col("kind").is_in([*FORMS, "old_number_only", "owner_dead", "transfer_unregistered"]),
    )
    told = faults.select(pl.concat_str("source", "dataset", separator="."), "record_id")
    return set(told.iter_rows())


def compare_quarantine(warehouse: Any, province: Path) -> None:
    """Exactly those rows are in quarantine that the noise made unreadable or incomplete."""
    faults = pl.read_parquet(province / "truth" / "injected_fault.parquet")
    told = faults.filter(pl.col("outcome") == "quarantine").select(
        pl.concat_str("source", "dataset", separator="."), "record_id"
    )
    with warehouse.connect() as connection:
        found = rows_of(
            connection,
            "SELECT stream, record_id FROM quality.quarantined_row WHERE state = 'open'",
        )

    assert set(found) == set(told.iter_rows())
    assert len(found) > 10


def compare_quality(warehouse: Any) -> None:
    """Which share of the rows read passes every rule: land, paper and parcel together, is poor."""
    with warehouse.connect() as connection:
        ((land,),) = rows_of(connection, LAND_PASSING)
        passing = dict(rows_of(connection, PASSING))

    assert 0.22 < land < 1 / 3
    assert passing["population.person"] > 0.99
    assert passing["social_insurance.participant"] > 0.98


def content_after_sync(warehouse: Any) -> dict[str, set[tuple[Any, ...]]]:
    """Everything that the hub makes of the three sources, but for its own ids and clocks."""
    for source in SOURCES:
        run_sync(source)
    build_golden()
    with warehouse.connect() as connection:
        found = {"golden.person": GOLDEN, "link.cluster_member": LINKS}
        for (table,) in connection.execute(
            "SELECT tablename FROM pg_tables WHERE schemaname = 'standard'"
        ).fetchall():
            found[table] = f"SELECT record_id, row_hash, failed_rules::text FROM standard.{table}"
        return {name: set(rows_of(connection, query)) for name, query in found.items()}


def rows_of(connection: psycopg.Connection[Any], query: str) -> list[tuple[Any, ...]]:
    """The rows of a query."""
    return list(connection.execute(query.encode()).fetchall())
