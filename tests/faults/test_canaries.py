"""Personal data in no log: canaries go through the whole path, failures included.

Every service runs as `motlan up` starts it, the DAGs through Airflow's own scheduler. Then every
log, the Airflow database with its XComs, the landing zone, metrics and every error body are
searched for the canaries' names, numbers and addresses in each form that a leak could take.
"""

import base64
import json
import os
import subprocess
import sys
import time
import unicodedata
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest

from cli.airflow_api import AirflowApi, DagRun
from cli.clusters import programs
from cli.processes import Supervisor
from cli.services import SOURCES, Services
from cli.start import find_services
from hub.names import name_key

MOTLAN = str(Path(sys.executable).with_name("motlan"))
ROOT = Path(__file__).parent.parent.parent
SECONDS_MAX = 420
SEARCHED = ("pin", "old_number", "insurance_number", "full_name", "address")


@dataclass
class City:
    """A whole running hub with canaries in its sources, and what it answered."""

    services: Services
    airflow: AirflowApi
    canaries: list[dict[str, Any]]
    bodies: list[str] = field(default_factory=list)

    @property
    def home(self) -> Path:
        """Its state folder."""
        return self.services.home

    def warehouse(self, query: str) -> list[tuple[Any, ...]]:
        """Rows as the warehouse's owner sees them."""
        with psycopg.connect(self.services.values["MOTLAN_WAREHOUSE_URL"]) as connection:
            return list(connection.execute(query.encode()).fetchall())

    def execute_at(self, source: str, statement: str) -> None:
        """Change a source as its owner would."""
        cluster = self.services.cluster(source)
        database = self.services.mock_database(source).rpartition("/")[2]
        with psycopg.connect(cluster.url(database)) as connection:
            connection.execute(statement.encode())

    @contextmanager
    def desk(self) -> Iterator[httpx.Client]:
        """The demo desk's client, with its token."""
        values = self.services.values
        login = (values["MOTLAN_DEMO_CLIENT_ID"], values["MOTLAN_DEMO_CLIENT_SECRET"])
        grant = {"grant_type": "client_credentials"}
        address = self.services.url("lookup")
        with httpx.Client(base_url=address, trust_env=False, timeout=30) as client:
            answer = client.post("/oauth/token", data=grant, auth=login).json()
            client.headers["Authorization"] = f"Bearer {answer['access_token']}"
            yield client

    def run(self, *dag_ids: str) -> list[DagRun]:
        """Trigger DAGs, and no other than these, and wait until their runs have ended."""
        for dag_id in dag_ids:
            self.airflow.unpause(dag_id)
        runs = [self.airflow.trigger(dag_id) for dag_id in dag_ids]
        deadline = time.monotonic() + SECONDS_MAX
        while time.monotonic() < deadline:
            runs = [self.airflow.get_run(run) for run in runs]
            if all(run.has_ended for run in runs):
                return runs
            time.sleep(1)
        message = f"runs did not end: {runs}"
        raise TimeoutError(message)


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> Iterator[City]:
    """`motlan up` in a folder of its own, with four canaries in the tiny province."""
    home = tmp_path_factory.mktemp("city") / "home"
    environment = {**os.environ, "MOTLAN_HOME": str(home), "MOTLAN_RETRY_SECONDS": "1"}
    made = ["province", "make", "--canaries", "4", "--seed", "5"]
    started = ["up", "--free-ports"]
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MOTLAN_HOME", str(home))
        try:
            for command in (made, started):
                subprocess.run([MOTLAN, *command], env=environment, cwd=ROOT, check=True)
            services = find_services(home)
            assert services is not None
            password = services.values["MOTLAN_PASSWORD_AIRFLOW_ADMIN"]
            airflow = AirflowApi(services.url("airflow_api"), "admin", password)
            airflow.wait_for_dags([*(f"sync_{source}" for source in SOURCES), "build_golden"])
            truth = home / "province" / "truth" / "canary.json"
            yield City(services, airflow, json.loads(truth.read_text(encoding="utf-8")))
            airflow.close()
        finally:
            subprocess.run([MOTLAN, "down"], env=environment, cwd=ROOT, check=True)
            assert Supervisor(home).list_running() == []


@pytest.mark.slow
def test_no_log_no_metric_and_no_error_holds_a_canary(city: City) -> None:
    travel_well(city)
    ask_badly(city)
    fail_in_every_stage(city)
    still_answer(city)

    needles = {form for canary in city.canaries for form in forms_of(canary)}
    places = dict(places_to_search(city))
    assert len(places) > 20
    assert find(needles, {"planted": f"x {city.canaries[0]['full_name']} y".encode()})
    assert find(needles, places) == {}


def travel_well(city: City) -> None:
    """The canaries reach the golden records; those whose rows fail reach the quarantine."""
    assert {run.state for run in city.run(*(f"sync_{source}" for source in SOURCES))} == {"success"}
    assert {run.state for run in city.run("build_golden")} == {"success"}
    clean = next(canary for canary in city.canaries if canary["fails_in"] is None)
    found = city.warehouse("SELECT pin FROM golden.person")
    assert (clean["pin"],) in found
    failing = city.warehouse(
        "SELECT DISTINCT split_part(stream, '.', 1) FROM quality.quarantined_row"
    )
    assert {source for (source,) in failing} == set(SOURCES)


def ask_badly(city: City) -> None:
    """Right and wrong questions about canaries; every body of an error is kept."""
    canary = next(item for item in city.canaries if item["fails_in"] is None)
    person = {name: canary[name] for name in ("pin", "full_name", "birth_date")}
    with httpx.Client(base_url=city.services.url("lookup"), trust_env=False, timeout=30) as desk:
        login = tuple(
            city.services.values[f"MOTLAN_DEMO_CLIENT_{part}"] for part in ("ID", "SECRET")
        )
        grant = {"grant_type": "client_credentials"}
        token = desk.post("/oauth/token", data=grant, auth=login).json()["access_token"]
        bearer = {"Authorization": f"Bearer {token}"}
        asked = desk.post("/v1/prefill", json=question(person), headers=bearer)
        assert asked.status_code == 200, asked.text
        wrong = [
            desk.post("/v1/prefill", json=question(person | change), headers=headers)
            for change, headers in (
                ({"birth_date": "1999-01-01"}, bearer),
                ({"full_name": f"{canary['full_name']} Khác"}, bearer),
                ({"birth_date": canary["full_name"]}, bearer),
                ({"pin": canary["address"]}, bearer),
                ({}, {"Authorization": f"Bearer {canary['pin']}"}),
            )
        ]
        name = canary["full_name"].encode()
        wrong.append(desk.post("/v1/prefill", content=b'{"' + name, headers=bearer))
        grant = {"grant_type": "client_credentials", "client_id": canary["pin"]}
        wrong.append(desk.post("/oauth/token", data=grant))
        assert all(answer.is_error for answer in wrong)
        city.bodies += [answer.text for answer in wrong] + [desk.get("/metrics").text]


def fail_in_every_stage(city: City) -> None:
    """A column goes, too many rows break, a source falls silent: three runs that fail."""
    before = city.warehouse("SELECT name, cursor, batch_key FROM sync.stream ORDER BY name")
    city.execute_at("social_insurance", "ALTER TABLE bhxh.nguoi_tham_gia RENAME ho_va_ten TO ten")
    city.execute_at("land_registry", "UPDATE dia_chinh.gcn SET ngay_cap = chu_su_dung")
    export = [sys.executable, "-m", "mocks.land_registry", "export"]
    database = city.services.mock_database("land_registry")
    subprocess.run(
        [*export, "--database", database, "--drops", str(city.home / "drops")],
        env=city.services.mock_environment("land_registry"),
        cwd=ROOT,
        check=True,
        stdout=subprocess.DEVNULL,
    )
    runs = city.run("sync_social_insurance", "sync_land_registry")
    assert [run.state for run in runs] == ["failed", "failed"]
    parked = city.warehouse("SELECT stream FROM sync.batch WHERE state = 'parked'")
    assert parked == [("land_registry.certificate",)]
    after = city.warehouse("SELECT name, cursor, batch_key FROM sync.stream ORDER BY name")
    changed = {old[0] for old, new in zip(before, after, strict=True) if old != new}
    assert changed <= {
        "social_insurance.participation",
        "social_insurance.card",
        "social_insurance.employer",
        "land_registry.parcel",
    }
    command = [MOTLAN, "sync", "social_insurance"]
    failed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert failed.returncode == 1
    assert "ho_va_ten" in failed.stderr
    city.bodies += [failed.stdout, failed.stderr]


def still_answer(city: City) -> None:
    """A silent source: its run waits, its log says why, and the desk still gets answers."""
    population = Supervisor(city.home).find_running("population")
    process = population.process if population else None
    assert process is not None
    process.terminate()
    process.wait(20)
    waiting = city.airflow.trigger("sync_population")
    deadline = time.monotonic() + SECONDS_MAX
    reason = b"population: 5 requests in a row failed"
    logs = city.home / "airflow" / "logs" / "dag_id=sync_population" / f"run_id={waiting.run_id}"
    while not any(reason in log.read_bytes() for log in logs.rglob("*.log")):
        assert time.monotonic() < deadline, "no log of the run names the reason"
        time.sleep(1)
    assert not city.airflow.get_run(waiting).has_ended
    canary = next(item for item in city.canaries if item["fails_in"] is None)
    person = {name: canary[name] for name in ("pin", "full_name", "birth_date")}
    with city.desk() as desk:
        answer = desk.post("/v1/prefill", json=question(person))
    assert answer.status_code == 200, answer.text
    assert answer.json()["fields"]["full_name"]["as_of"]


def question(person: dict[str, str]) -> dict[str, Any]:
    """A desk's question."""
    return {
        "request_id": str(uuid.uuid4()),
        "procedure_code": "1.004222",
        "dossier_code": f"H49.12-260930-{uuid.uuid4().int % 10_000:04}",
        "officer_id": "cb.007",
        "person": person,
    }


def forms_of(canary: dict[str, Any]) -> Iterator[bytes]:
    """Every form in which a canary's values could stand in a log."""
    for name in SEARCHED:
        value = unicodedata.normalize("NFC", str(canary[name]))
        texts = {value, unicodedata.normalize("NFD", value), value.upper(), value.lower()}
        texts |= {json.dumps(text)[1:-1] for text in texts}
        if name == "full_name":
            texts |= {name_key(value), name_key(value).upper()}
        yield from (text.encode() for text in texts)
        for shift in range(3):
            encoded = base64.b64encode(b"\0" * shift + value.encode())
            yield encoded[4 if shift else 0 : -4]


def places_to_search(city: City) -> Iterator[tuple[str, bytes]]:
    """Every log, the landing zone, the Airflow database, metrics and the bodies of errors."""
    for folder in ("logs", "airflow", "landing", "run"):
        for path in sorted((city.home / folder).rglob("*")):
            if path.is_file():
                yield str(path.relative_to(city.home)), path.read_bytes()
    dump = [str(programs() / "pg_dump"), city.services.cluster("airflow").url("airflow")]
    yield "airflow database", subprocess.run(dump, capture_output=True, check=True).stdout
    tables = ["--table=sync.*", "--table=quality.*", "--table=audit.*", "--table=link.judgement"]
    dump = [str(programs() / "pg_dump"), city.services.values["MOTLAN_WAREHOUSE_URL"], *tables]
    yield "ledger and audit", subprocess.run(dump, capture_output=True, check=True).stdout
    for number, body in enumerate(city.bodies):
        yield f"answer {number}", body.encode()


def find(needles: set[bytes], places: dict[str, bytes]) -> dict[str, int]:
    """Place -> how many needles were found there."""
    found = {place: sum(needle in text for needle in needles) for place, text in places.items()}
    return {place: count for place, count in found.items() if count}
