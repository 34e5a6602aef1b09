"""The three registers as if they had been published: rows go straight into `standard`.

Linking and building read nothing else, so a test states the few columns that matter to it.
Everybody here is invented.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from itertools import count
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg.rows import dict_row
from psycopg.types.json import Jsonb

from cli.clusters import Cluster
from cli.environment import with_login
from hub.contract import load_contracts
from hub.names import name_key
from linkage.ladder import link_people
from warehouse.connection import engine
from warehouse.golden import golden_transaction
from warehouse.ledger import apply_contract
from warehouse.links import LinkCounts

PASSWORD = "only-in-tests"
_numbers = count(1)
CONTRACTS = Path(__file__).parents[2] / "contracts"


@dataclass
class Registers:
    """What is published of the three registers."""

    owner_url: str

    def rows(self, query: str, *values: Any) -> list[dict[str, Any]]:
        """Ask the warehouse as its owner; what it changes is kept."""
        with psycopg.connect(self.owner_url, row_factory=dict_row) as connection:
            cursor = connection.execute(query, values or None)
            return cursor.fetchall() if cursor.description else []

    def publish(self, stream: str, record_id: str, **columns: Any) -> None:
        """Put one row of a stream into ``standard``; hub columns have values of their own."""
        row = {
            "record_id": record_id,
            "flags": [],
            "failed_rules": [],
            "source_partition": "",
            "row_hash": "h",
            "valid_from": datetime(2025, 7, 1, 3, tzinfo=UTC),
            "recorded_at": datetime(2025, 7, 1, 4, tzinfo=UTC),
            "batch_id": 1,
            **columns,
        }
        names, marks = ", ".join(row), ", ".join(["%s"] * len(row))
        table = stream.replace(".", "__")
        self.rows(f"INSERT INTO standard.{table} ({names}) VALUES ({marks})", *row.values())

    def person(self, record_id: str, name: str, **columns: Any) -> None:
        """A person of the population register."""
        self.publish(
            "population.person",
            record_id,
            **_named(name),
            person_id_population=record_id,
            **columns,
        )

    def participant(self, record_id: str, name: str | None, **columns: Any) -> None:
        """An insured person."""
        self.publish(
            "social_insurance.participant",
            record_id,
            **_named(name),
            participant_id=record_id,
            **columns,
        )

    def certificate(self, record_id: str, *parties: dict[str, Any], **columns: Any) -> None:
        """A land-use certificate with its parties."""
        numbered = [
            {
                "n": number,
                "name_key": name_key(party["name"]),
                "pin": None,
                "old_number": None,
                "birth_year": None,
                **party,
            }
            for number, party in enumerate(parties, start=1)
        ]
        self.publish(
            "land_registry.certificate", record_id, owners_parties=Jsonb(numbered), **columns
        )

    def links(self) -> dict[tuple[str, int], tuple[str, int]]:
        """(record, part) -> (record of the person in the population register, rung)."""
        found = self.rows(
            "SELECT member.record_id, member.part, anchor.record_id AS person, member.rung"
            " FROM link.cluster_member AS member JOIN link.cluster_member AS anchor"
            " ON anchor.person_id = member.person_id AND anchor.rung = 0 WHERE member.rung > 0"
        )
        return {(row["record_id"], row["part"]): (row["person"], row["rung"]) for row in found}

    def judgements(self) -> list[tuple[Any, ...]]:
        """(record, part, person's record, verdict, rung, reason), sorted."""
        found = self.rows("SELECT * FROM link.judgement WHERE judged_by = 'ladder'")
        names = ("record_id", "part", "anchor_record_id", "verdict", "rung", "reason")
        return sorted(tuple(row[name] for name in names) for row in found)


def link() -> LinkCounts:
    """Walk the ladder, and commit."""
    with golden_transaction() as connection:
        return link_people(connection)


def born(day: str) -> dict[str, Any]:
    """The columns of a birth date, whole or of a year alone."""
    whole = len(day) == 10
    return {
        "birth_date": day,
        "birth_date_date": date.fromisoformat(day) if whole else None,
        "birth_date_year": int(day[:4]),
        "birth_date_precision": "day" if whole else "year",
    }


def _named(name: str | None) -> dict[str, Any]:
    return {"full_name": name, "full_name_key": name_key(name) if name else None}


@pytest.fixture(scope="session")
def empty_registers(cluster: Cluster, template: str) -> str:
    """The name of a database that has every table of the three contracts; tests copy it."""
    name = "template_registers"
    cluster.create_database(name, template=template)
    url = cluster.url(name)
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv(
            "MOTLAN_WAREHOUSE_URL_PIPELINE", with_login(url, "motlan_pipeline", PASSWORD)
        )
        for contract in load_contracts([CONTRACTS]).values():
            apply_contract(contract)
        engine("pipeline").dispose()
    return name


@pytest.fixture
def registers(
    cluster: Cluster, empty_registers: str, home: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Registers]:
    """The three registers, empty."""
    name = f"registers_{next(_numbers)}"
    cluster.create_database(name, template=empty_registers)
    url = cluster.url(name)
    monkeypatch.delenv("MOTLAN_CONTRACTS", raising=False)
    monkeypatch.setenv(
        "MOTLAN_WAREHOUSE_URL_PIPELINE", with_login(url, "motlan_pipeline", PASSWORD)
    )
    yield Registers(url)
    engine("pipeline").dispose()
