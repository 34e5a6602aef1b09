"""A lookup API over a real warehouse that holds a few invented people.

`Desk` is what a desk's software is to the API: credentials, a token, and questions. `add_person`
writes a golden record straight into the warehouse, so that a test says in one place what is known.
"""

import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest
from psycopg.rows import dict_row
from psycopg.types.json import Jsonb
from serving import serve

from hub.names import name_key
from lookup.access import register_client
from lookup.app import create_app
from lookup.tokens import make_signing_key

SECRET = "a-secret-of-the-test-desk-0123456789"
PROCEDURES = ("1.004222", "1.013225", "1.014027")
OWNER = {
    "pin": "022185000123",
    "full_name": "Nguyễn Thị Hoà Lý",
    "birth_date": "1985-07-03",
}
ELDER = {"pin": "022048000456", "full_name": "Đặng Văn Ý", "birth_date": "1948"}
LAND = {
    "record_id": "GCN000001#1",
    "serial": "AB 123456",
    "issue_date": "2012-05-04",
    "area_m2": 120.5,
    "land_use": "ONT+CLN",
    "use_form": "Sử dụng riêng",
    "term": "Lâu dài",
    "encumbrance": "Thế chấp tại một ngân hàng",
    "parcel": {"record_id": "T1", "sheet_number": "12", "commune_code_new": "06787"},
}
HOME = {
    "record_id": "CT1",
    "kind_code": "permanent",
    "commune_code": "06652",
    "address": "Số 1, khu 2",
    "from_date": "2001-01-01",
    "to_date": None,
}
STREAMS = {
    "population": ("person", "residence", "relation"),
    "social_insurance": ("participant",),
    "land_registry": ("certificate",),
}


@dataclass
class Desk:
    """A desk's software."""

    client: httpx.Client
    client_id: str = "desk-ha-long"
    officer_id: str = "cb.001"
    bearer: str = ""
    dossiers: Iterator[int] = field(default_factory=lambda: iter(range(1, 10_000)))

    def token(self) -> str:
        answer = self.client.post(
            "/oauth/token",
            data={"grant_type": "client_credentials"},
            auth=(self.client_id, SECRET),
        )
        assert answer.status_code == 200, answer.text
        return str(answer.json()["access_token"])

    def headers(self) -> dict[str, str]:
        if not self.bearer:
            self.bearer = self.token()
        return {"Authorization": f"Bearer {self.bearer}"}

    def request(self, person: dict[str, str], **changes: Any) -> dict[str, Any]:
        return {
            "request_id": str(uuid.uuid4()),
            "procedure_code": "1.013225",
            "dossier_code": f"H49.12-260930-{next(self.dossiers):04}",
            "officer_id": self.officer_id,
            "person": person,
            **changes,
        }

    def ask(self, person: dict[str, str], **changes: Any) -> Any:
        return self.send(self.request(person, **changes))

    def send(self, body: Any) -> Any:
        return self.client.post("/v1/prefill", json=body, headers=self.headers())


def statement(value: Any, source: str, dataset: str, **more: Any) -> dict[str, Any]:
    """One field of a golden document."""
    return {
        "value": value,
        "source": source,
        "stream": f"{source}.{dataset}",
        "as_of": "2026-11-01T08:00:00+07:00",
        "record_id": "R1",
        "batch_id": 1,
        "flags": [],
        "failed_rules": [],
        "verdict": "known",
        "classification": "personal",
        **more,
    }


class World:
    """The warehouse under test, and what a test puts into it or reads from it."""

    owner = OWNER
    elder = ELDER
    land = LAND
    home = HOME
    secret = SECRET
    procedures = PROCEDURES
    statement = staticmethod(statement)

    def __init__(self, warehouse: Any) -> None:
        self.warehouse = warehouse

    def run(self, query: str, *values: Any) -> None:
        """Execute a statement as the owner."""
        with self.warehouse.connect() as owner:
            owner.execute(query, values)

    def rows(self, query: str, *values: Any) -> list[dict[str, Any]]:
        """Read rows as the owner."""
        with self.warehouse.connect() as owner:
            owner.row_factory = dict_row
            return list(owner.execute(query, values).fetchall())

    def entries(self) -> list[dict[str, Any]]:
        """The audit, oldest first, without the entries of tokens that were granted."""
        found = self.rows("SELECT * FROM audit.entry ORDER BY entry_id")
        return [entry for entry in found if entry["outcome"] != "granted"]

    def add_person(self, person: dict[str, str], **fields: Any) -> None:
        """Write one golden record."""
        known = {name: statement(value, "population", "person") for name, value in person.items()}
        full = len(person["birth_date"]) == len("YYYY-MM-DD")
        self.run(
            "INSERT INTO golden.person (person_id, pin, full_name, name_key, birth_date,"
            " birth_date_precision, deceased, document) VALUES (%s, %s, %s, %s, %s, %s, %s, %s)",
            f"P{person['pin']}",
            person["pin"],
            person["full_name"],
            name_key(person["full_name"]),
            person["birth_date"] if full else None,
            "day" if full else "year",
            fields.pop("deceased", False),
            Jsonb(known | fields),
        )

    def add_streams(self) -> None:
        """Streams that were read a minute ago, and one batch."""
        for source, datasets in STREAMS.items():
            for dataset in datasets:
                self.run(
                    "INSERT INTO sync.stream (name, source, dataset, as_of, freshness,"
                    " contract_hash) VALUES (%s, %s, %s, now() - interval '1 minute',"
                    " interval '1 day', 'c0ffee')",
                    f"{source}.{dataset}",
                    source,
                    dataset,
                )
        self.run("INSERT INTO golden.build DEFAULT VALUES")
        self.run("INSERT INTO golden.built_from SELECT name, as_of, 1 FROM sync.stream")
        self.run(
            "INSERT INTO sync.batch (stream, batch_key, predecessor, state, fence, mode,"
            " contract_hash, landed_url, read, accepted, key_digest, content_digest,"
            " source_as_of, published_at) VALUES ('population.person', 'k', '', 'published', 1,"
            " 'snapshot', 'c0ffee', 'landing/x', 1, 1, 'd', 'd', now(), now())"
        )


@pytest.fixture
def world(warehouse: Any) -> World:
    """Streams, an owner of residential land, and an elder without a pension."""
    made = World(warehouse)
    made.add_streams()
    made.add_person(
        OWNER,
        sex_code=statement("2", "population", "person"),
        old_number=statement("100987654", "population", "person"),
        residences=statement([HOME], "population", "residence"),
        certificates=statement([LAND], "land_registry", "certificate"),
    )
    made.add_person(
        ELDER,
        residences=statement([HOME], "population", "residence"),
        receives_pension=statement(False, "social_insurance", "participant"),
    )
    return made


@pytest.fixture
def client(world: World, home: Path) -> Iterator[httpx.Client]:
    """The API, served, with the test desk registered."""
    make_signing_key(home / "keys" / "token.json")
    register_client(
        "desk-ha-long", SECRET, "UBND phường Hạ Long", desk="Quầy 1", procedures=PROCEDURES
    )
    with serve(create_app()) as address, httpx.Client(base_url=address, timeout=30) as opened:
        yield opened


@pytest.fixture
def desk(client: httpx.Client) -> Desk:
    """The registered desk."""
    return Desk(client)
