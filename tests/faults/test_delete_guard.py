"""P5, F33: no faulty or emptied source deletes anything; desks are answered meanwhile."""

import json
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx
import psycopg
import pytest
from test_record_path import PIN, SOURCE_ROWS, prefill
from three_sources import API_KEY, ThreeSources, serve_lookup

from cli.pipeline import build_golden, run_sync
from hub.errors import (
    BatchParkedError,
    GateFailedError,
    IncompleteSourceError,
    MotlanError,
    SourceUnavailableError,
)

from .api import Answer, Api, serving

MORE = 6
CARD = {"pin": PIN, "full_name": "Trần Thị Hoà", "birth_date": "1985-07-03"}
PERSON = "population__person"
PARCEL = "land_registry__parcel"
PARTICIPANT = "social_insurance__participant"


@pytest.fixture
def published(three_sources: ThreeSources) -> ThreeSources:
    """Three registers, published and built into golden records."""
    for source, table, row in SOURCE_ROWS:
        three_sources.write(source, table, **row)
    for number in range(MORE):
        row = {"ma_cd": f"CD9{number}", "so_dinh_danh": f"0221850000{number:02}", "gioi_tinh": 2}
        named = {"ho_ten": "Trần Thị Lan", "ngay_sinh": "1985-07-03", **row}
        three_sources.write("population", "dan_cu.cong_dan", **named)
    three_sources.drop_files()
    for source in ("population", "social_insurance", "land_registry"):
        run_sync(source)
    build_golden()
    return three_sources


@contextmanager
def standing_before(
    monkeypatch: pytest.MonkeyPatch, spoil: Callable[[str, dict[str, Any]], Any]
) -> Iterator[Api]:
    """Something before the population register that spoils its lists of persons."""
    real = os.environ["MOTLAN_CONN_POPULATION"]
    base = f"http://{real.rpartition('@')[2]}"

    def answer(path: str) -> Answer:
        parts = urlsplit(path)
        tail = parts.path.removeprefix("/api")
        with httpx.Client(headers={"X-Api-Key": API_KEY}, trust_env=False) as line:
            found = line.get(base + tail, params=dict(parse_qsl(parts.query)))
        content = found.json()
        if tail == "/cong-dan":
            content = spoil(path, content)
        return Answer(json.dumps(content), found.status_code)

    with serving(Api(answer)) as api:
        monkeypatch.setenv("MOTLAN_CONN_POPULATION", api.url)
        yield api
    monkeypatch.setenv("MOTLAN_CONN_POPULATION", real)


def half_the_pages(path: str, page: dict[str, Any]) -> Any:
    return {**page, "du_lieu": page["du_lieu"][: MORE // 2], "con_tro_tiep": None}


def first_page_twice(path: str, page: dict[str, Any]) -> Any:
    return {**page, "con_tro_tiep": None if "cursor=" in path else "again"}


def error_told_as_success(path: str, page: dict[str, Any]) -> Any:
    return {"loi": "het phien", "ma": 401}


PAGES: Mapping[str, tuple[Callable[[str, dict[str, Any]], Any], type[MotlanError]]] = {
    "half the pages": (half_the_pages, IncompleteSourceError),
    "page 1 twice": (first_page_twice, SourceUnavailableError),
    "200 with an error body": (error_told_as_success, SourceUnavailableError),
}


def held(warehouse: Any) -> dict[str, list[str]]:
    """Table -> the keys that are published."""
    with warehouse.connect() as connection:
        connection.row_factory = psycopg.rows.tuple_row
        return {
            table: [
                key
                for (key,) in connection.execute(
                    f"SELECT record_id FROM standard.{table} ORDER BY record_id"
                )
            ]
            for table in (PERSON, PARTICIPANT, PARCEL)
        }


def ended(warehouse: Any) -> int:
    with warehouse.connect() as connection:
        connection.row_factory = psycopg.rows.tuple_row
        return int(connection.execute("SELECT sum(ended) FROM sync.batch").fetchone()[0])


def test_no_faulty_source_deletes_anything_and_the_desks_are_answered_meanwhile(
    published: ThreeSources,
    warehouse: Any,
    home: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    before = held(warehouse)
    assert len(before[PERSON]) == 1 + MORE
    with serve_lookup(home) as desk:
        answered = prefill(desk, CARD)["fields"]
        for name, (spoil, error) in PAGES.items():
            with standing_before(monkeypatch, spoil) as api:
                with pytest.raises(error):
                    run_sync("population", full=True)
                assert any("/cong-dan" in path for path in api.paths), name  # the fault fired
            assert (held(warehouse), ended(warehouse)) == (before, 0), name

        published.execute("social_insurance", "TRUNCATE bhxh.nguoi_tham_gia CASCADE")
        with pytest.raises(GateFailedError, match="an empty snapshot deletes nothing"):
            run_sync("social_insurance")
        published.execute("land_registry", "DELETE FROM dia_chinh.thua_dat")
        published.drop_files()
        (newest,) = sorted(published.drops.glob("*/0002"))
        assert [len(path.read_bytes().splitlines()) for path in newest.glob("thua_dat.csv")] == [1]
        with pytest.raises(BatchParkedError, match="an empty snapshot deletes nothing"):
            run_sync("land_registry")
        assert (held(warehouse), ended(warehouse)) == (before, 0)

        with warehouse.connect() as connection:
            connection.row_factory = psycopg.rows.tuple_row
            parked = connection.execute(
                "SELECT stream FROM sync.batch WHERE state = 'parked' ORDER BY stream"
            ).fetchall()
        assert parked == [("land_registry.parcel",), ("social_insurance.participant",)]
        again = prefill(desk, {**CARD, "birth_date": CARD["birth_date"]})["fields"]
    assert {name: field["value"] for name, field in again.items()} == {
        name: field["value"] for name, field in answered.items()
    }
