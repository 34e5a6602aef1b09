"""The link tables: who speaks of a person, candidate pairs, judgements, clusters."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import psycopg
from psycopg.rows import class_row, dict_row
from psycopg.types.json import Jsonb
from sqlalchemy import Connection, Select, column, func, insert, literal, null, select, table
from sqlalchemy.dialects import postgresql

from hub.contract import Contract, Dataset
from warehouse.queries import load
from warehouse.tables import standard_table

_SQL = load("link")
_NODE = table(
    "node",
    *map(
        column,
        (
            "stream",
            "record_id",
            "part",
            "anchor",
            "pin",
            "old_number",
            "name",
            "name_key",
            "birth_date",
            "birth_year",
        ),
    ),
    schema="link",
)


@dataclass(frozen=True)
class CandidatePair:
    """A row, or a party in it, and a person that it might be."""

    stream: str
    record_id: str
    part: int
    anchor_stream: str
    anchor_record_id: str
    name: str | None
    anchor_name: str | None
    name_key: str | None
    anchor_name_key: str | None
    birth: Literal["agree", "differ"] | None
    candidates: int


@dataclass(frozen=True)
class Judgement:
    """What the ladder says of a pair; ``evidence`` holds measures, never values."""

    pair: CandidatePair
    verdict: Literal["positive", "unsure"]
    rung: int
    evidence: Mapping[str, Any]
    reason: str


@dataclass(frozen=True)
class LinkCounts:
    """People, and the rows of other registers: linked, doubtful, all."""

    people: int
    linked: int
    doubtful: int
    nodes: int


def fill_nodes(connection: Connection, contracts: Iterable[Contract]) -> None:
    """Gather anew every row and party that speaks of a person, as the contracts say.

    Nodes are read in this transaction alone, so that they may be truncated.
    """
    connection.exec_driver_sql("TRUNCATE link.node")
    for contract in contracts:
        for dataset in contract.datasets:
            if dataset.linkage:
                nodes = _select_nodes(dataset)
                connection.execute(insert(_NODE).from_select(list(_NODE.c.keys()), nodes))
    connection.exec_driver_sql("ANALYZE link.node")


def list_candidates(connection: psycopg.Connection, rung: Literal[1, 2]) -> Iterator[CandidatePair]:
    """Stream the candidate pairs of a rung of the ladder."""
    query = {1: "list_pin_candidates", 2: "list_old_number_candidates"}[rung]
    with connection.cursor(f"rung_{rung}", row_factory=class_row(CandidatePair)) as cursor:
        cursor.execute(_SQL[query])
        yield from cursor


def replace_ladder_judgements(
    connection: psycopg.Connection, judgements: Iterable[Judgement]
) -> None:
    """Put the ladder's judgements in the place of its earlier ones; people's stay."""
    connection.execute(_SQL["clear_ladder_judgements"])
    with connection.cursor() as cursor, cursor.copy(_SQL["copy_judgements"]) as copy:
        for found in judgements:
            pair = found.pair
            copy.write_row(
                (
                    pair.stream,
                    pair.record_id,
                    pair.part,
                    pair.anchor_stream,
                    pair.anchor_record_id,
                    found.verdict,
                    found.rung,
                    Jsonb(dict(found.evidence)),
                    "ladder",
                    found.reason,
                )
            )


def build_clusters(connection: psycopg.Connection) -> LinkCounts:
    """Compute the clusters from the judgements."""
    connection.execute(_SQL["clear_clusters"])
    connection.execute(_SQL["build_clusters"])
    connection.execute(_SQL["analyze_clusters"])
    with connection.cursor(row_factory=dict_row) as cursor:
        counts = cursor.execute(_SQL["count_links"]).fetchone()
    return LinkCounts(**(counts or {}))


def _select_nodes(dataset: Dataset) -> Select[Any]:
    linkage = dataset.linkage
    if linkage is not None and linkage.parties:
        return _select_parties(dataset, linkage.parties)
    standard = standard_table(dataset)
    roles = dataset.fields_with_role()

    def played(role: str, suffix: str = "") -> Any:
        return standard.c[roles[role] + suffix] if role in roles else null()

    return select(
        literal(dataset.stream),
        standard.c.record_id,
        literal(0),
        literal(bool(linkage and linkage.anchor)),
        played("pin"),
        played("old_number"),
        played("name"),
        played("name", "_key"),
        played("birth_date", "_date"),
        played("birth_date", "_year"),
    )


def _select_parties(dataset: Dataset, field: str) -> Select[Any]:
    """One node a party of an ``owner_parties`` field; ``part`` is its number."""
    standard = standard_table(dataset)
    party = (
        func.jsonb_array_elements(standard.c[f"{field}_parties"])
        .table_valued(column("item", postgresql.JSONB))
        .render_derived()
        .lateral("party")
    )
    item = party.c.item
    return select(
        literal(dataset.stream),
        standard.c.record_id,
        item["n"].as_integer(),
        literal(False),
        item["pin"].as_string(),
        item["old_number"].as_string(),
        item["name"].as_string(),
        item["name_key"].as_string(),
        null(),
        item["birth_year"].as_integer(),
    ).select_from(standard.join(party, literal(True)))
