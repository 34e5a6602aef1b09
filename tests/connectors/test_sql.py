"""A database of the source's own: real PostgreSQL, and SQLite for what must not depend on it."""

import threading
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest
import sqlalchemy as sa

from connectors.base import EXTRA
from hub.digest import KeyDigest
from hub.errors import (
    ContractError,
    IncompleteSourceError,
    SchemaDriftError,
    SourceUnavailableError,
)

from .conftest import UPDATED_AT, Source, after, rows_of

OPTIONS = "{schema: bhxh, chunkRows: 2}"
SNAPSHOT = "{mode: snapshot, cursor: updated_at, deletes: snapshot, completeness: keys}"
INCREMENTAL = "{mode: incremental, cursor: updated_at, completeness: none}"
TABLE = """
CREATE SCHEMA bhxh;
CREATE TABLE bhxh.nguoi (ma bigint PRIMARY KEY, ten text, luc timestamp, sinh date);
INSERT INTO bhxh.nguoi
SELECT n, 'Nguyễn Văn ' || n, timestamp '2025-07-01 10:00' + n * interval '1 minute', '1985-07-03'
FROM generate_series(1, 5) AS n;
"""
BORN = "      - {name: birth_date, physicalName: sinh, logicalType: date}\n"


@pytest.fixture
def database(make_database: Callable[[], str]) -> str:
    url = make_database()
    with psycopg.connect(url) as connection:
        connection.execute(TABLE)
    return url


@pytest.fixture
def source(database: str, make_source: Callable[..., Source]) -> Source:
    url = database.replace("postgresql://", "postgresql+psycopg://")
    return make_source("sql", url, options=OPTIONS, sync=SNAPSHOT, fields=UPDATED_AT + BORN)


@pytest.fixture
def changing(database: str, make_source: Callable[..., Source]) -> Source:
    url = database.replace("postgresql://", "postgresql+psycopg://")
    return make_source("sql", url, options=OPTIONS, sync=INCREMENTAL, fields=UPDATED_AT + BORN)


def run(database: str, statement: str) -> None:
    with psycopg.connect(database) as connection:
        connection.execute(statement)


def test_a_table_is_landed_whole_and_its_keys_are_proven(source: Source) -> None:
    batch = source.ingest()
    rows = rows_of(batch)
    assert [row["ma"] for row in rows] == [1, 2, 3, 4, 5]
    assert rows[0]["luc"] == "2025-07-01 10:01:00"
    assert batch.complete
    assert batch.partitions == batch.all_partitions == ("",)
    assert batch.manifest.completeness.kind == "keys"
    assert batch.manifest.completeness.digest == batch.manifest.key_digest
    assert batch.manifest.cursor_to == {"since": "2025-07-01T10:05:00+07:00"}


def test_an_infinite_date_is_landed_for_the_row_to_be_quarantined(
    database: str, source: Source
) -> None:
    run(database, "UPDATE bhxh.nguoi SET sinh = 'infinity' WHERE ma = 1")
    assert rows_of(source.ingest())[0]["sinh"] == "infinity"


def test_an_increment_begins_at_the_cursor_less_the_overlap(
    database: str, changing: Source
) -> None:
    first = changing.ingest(mode="incremental")
    assert first.manifest.rows == 5
    run(database, "UPDATE bhxh.nguoi SET luc = '2025-07-01 12:00', ten = 'B' WHERE ma = 2")
    run(database, "INSERT INTO bhxh.nguoi VALUES (6, 'late', '2025-07-01 09:51')")
    run(database, "INSERT INTO bhxh.nguoi VALUES (7, 'too late', '2025-07-01 09:49')")
    second = changing.ingest(after(first), mode="incremental")
    assert {row["ma"] for row in rows_of(second)} == {1, 2, 3, 4, 5, 6}
    assert second.manifest.cursor_to == {"since": "2025-07-01T12:00:00+07:00"}
    assert not second.complete


def test_many_rows_of_one_moment_are_all_read(database: str, changing: Source) -> None:
    run(database, "UPDATE bhxh.nguoi SET luc = '2025-07-01 10:00'")
    first = changing.ingest(mode="incremental")
    assert changing.ingest(after(first), mode="incremental").manifest.rows == 5


def test_rows_and_keys_come_from_one_moment_though_the_table_changes(
    database: str, source: Source, monkeypatch: pytest.MonkeyPatch
) -> None:
    fired = threading.Event()
    original = sa.Table

    def insert_after_looking(*arguments: object, **words: object) -> sa.Table:
        table = original(*arguments, **words)  # type: ignore[arg-type]
        run(database, "INSERT INTO bhxh.nguoi VALUES (99, 'new', '2025-07-01 13:00')")
        fired.set()
        return table

    monkeypatch.setattr(sa, "Table", insert_after_looking)
    batch = source.ingest()
    assert fired.is_set()
    assert batch.complete
    assert 99 not in {row["ma"] for row in rows_of(batch)}


def test_a_column_that_is_gone_is_named(database: str, source: Source) -> None:
    run(database, "ALTER TABLE bhxh.nguoi DROP COLUMN ten")
    with pytest.raises(SchemaDriftError, match="'ten' was promised and is missing from the table"):
        source.ingest()


def test_a_column_of_another_type_is_named(database: str, source: Source) -> None:
    run(database, "ALTER TABLE bhxh.nguoi ALTER COLUMN ten TYPE bytea USING ten::bytea")
    with pytest.raises(SchemaDriftError, match="'ten' was promised as person_name and came as"):
        source.ingest()


def test_a_table_that_is_gone_is_named(database: str, source: Source) -> None:
    run(database, "ALTER TABLE bhxh.nguoi RENAME TO nguoi_moi")
    with pytest.raises(SchemaDriftError, match="table 'nguoi' was promised and is missing"):
        source.ingest()


def test_an_unknown_column_is_landed_and_warned_of(database: str, source: Source) -> None:
    run(database, "ALTER TABLE bhxh.nguoi ADD COLUMN moi text DEFAULT 'x'")
    batch = source.ingest()
    assert rows_of(batch)[0]["moi"] == "x"
    assert "moi" in batch.manifest.warnings[0]
    assert EXTRA not in rows_of(batch)[0]


def test_an_empty_table_is_a_whole_batch_for_the_floor_to_judge(
    database: str, source: Source
) -> None:
    run(database, "DELETE FROM bhxh.nguoi")
    batch = source.ingest()
    assert batch.manifest.rows == 0
    assert batch.complete


def test_a_database_that_does_not_answer_is_unavailable_and_its_password_is_not_said(
    source: Source, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MOTLAN_CONN_DEMO", "postgresql+psycopg://a:geheim@127.0.0.1:9/x")
    with pytest.raises(SourceUnavailableError, match="its database failed") as raised:
        source.ingest()
    assert "geheim" not in str(raised.value)


def test_a_source_is_never_written(database: str, source: Source) -> None:
    from connectors.options import SqlOptions
    from connectors.sql import open_snapshot

    url = database.replace("postgresql://", "postgresql+psycopg://")
    with (
        pytest.raises(sa.exc.InternalError, match="read-only"),
        open_snapshot(url, SqlOptions.model_validate({})) as connection,
    ):
        connection.execute(sa.text("DELETE FROM bhxh.nguoi"))


def test_another_dialect_is_read_the_same_way(
    tmp_path: Path, make_source: Callable[..., Source]
) -> None:
    path = tmp_path / "owner.sqlite"
    engine = sa.create_engine(f"sqlite:///{path}")
    with engine.begin() as connection:
        connection.execute(
            sa.text("CREATE TABLE nguoi (ma INTEGER PRIMARY KEY, ten TEXT, luc DATETIME)")
        )
        connection.execute(
            sa.text("INSERT INTO nguoi VALUES (1, 'A', '2025-07-01 10:00:00.000000')")
        )
    engine.dispose()
    source = make_source(
        "sql", f"sqlite:///{path}", options="{chunkRows: 2}", sync=SNAPSHOT, fields=UPDATED_AT
    )
    batch = source.ingest()
    assert rows_of(batch) == [{"ma": 1, "ten": "A", "luc": "2025-07-01T10:00:00"}]
    assert batch.complete


def test_options_that_do_not_exist_are_refused(make_source: Callable[..., Source]) -> None:
    source = make_source(
        "sql", "sqlite://", options="{chunckRows: 2}", sync=SNAPSHOT, fields=UPDATED_AT
    )
    with pytest.raises(ContractError, match="chunckRows"):
        source.ingest()


def test_a_source_whose_rows_get_lost_on_the_way_leaves_no_batch(
    source: Source, monkeypatch: pytest.MonkeyPatch
) -> None:
    from connectors.sql import TableReader

    real = TableReader._fetch_batches
    monkeypatch.setattr(
        TableReader, "_fetch_batches", lambda *words: (batch[1:] for batch in real(*words))
    )
    with pytest.raises(IncompleteSourceError, match="2 keys were read, and 3 keys of the source"):
        source.ingest()


def test_keys_are_proven_as_the_hub_reads_them(
    database: str, make_source: Callable[..., Source]
) -> None:
    run(database, "CREATE TABLE bhxh.khoa (ma text, ten text, luc timestamp)")
    for key in ("\u3000CD1\x1c ", "CD 2", "CD2", "CD2", "", "  ", None, "Đào\x85"):
        with psycopg.connect(database) as connection:
            connection.execute("INSERT INTO bhxh.khoa VALUES (%s)", (key,))
    url = database.replace("postgresql://", "postgresql+psycopg://")
    options = "{schema: bhxh, table: khoa}"
    source = make_source("sql", url, options=options, sync=SNAPSHOT, fields=UPDATED_AT)
    batch = source.ingest()
    assert batch.manifest.rows == 8
    assert batch.manifest.key_digest.key_digest() == KeyDigest.of(["CD1", "CD 2", "CD2", "Đào"])
    assert batch.manifest.completeness.digest == batch.manifest.key_digest


@pytest.mark.parametrize("way", ["by Arrow", "row by row"])
def test_both_ways_of_reading_land_the_same(
    way: str,
    database: str,
    make_source: Callable[..., Source],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    run(
        database,
        "CREATE TYPE bhxh.loai AS ENUM ('một', 'hai');"
        "CREATE TABLE bhxh.mau (ma integer PRIMARY KEY, ten varchar(20), luc timestamptz,"
        " so numeric, thuc double precision, nho smallint, co boolean, ngay date,"
        " loai bhxh.loai, chu char(4), khoa uuid, tep jsonb, danh text[]);"
        "INSERT INTO bhxh.mau VALUES (2, 'Hoà', '2025-07-01 10:00:00.5+07', 'NaN', 0.1, 7, true,"
        " 'infinity', 'hai', 'ab', '00000000-0000-4000-8000-000000000001', '{\"a\": 1}', '{x,y}'),"
        " (1, NULL, NULL, 1.50, 'Infinity', NULL, false, '0044-03-15 BC', NULL, NULL, NULL, NULL,"
        " NULL)",
    )
    if way == "row by row":
        monkeypatch.setattr("connectors.postgres.is_libpq", lambda url: False)
    url = database.replace("postgresql://", "postgresql+psycopg://")
    options = "{schema: bhxh, table: mau, chunkRows: 1}"
    source = make_source("sql", url, options=options, sync=SNAPSHOT, fields=UPDATED_AT)
    batch = source.ingest()
    assert rows_of(batch) == [
        {"ma": 1, "ten": None, "luc": None, "so": "1.50", "thuc": "Infinity", "nho": None}
        | {"co": False, "ngay": "0044-03-15 BC", "loai": None, "chu": None, "khoa": None}
        | {"tep": None, "danh": None},
        {"ma": 2, "ten": "Hoà", "luc": "2025-07-01 03:00:00.5+00", "so": "NaN", "thuc": "0.1"}
        | {"nho": 7, "co": True, "ngay": "infinity", "loai": "hai", "chu": "ab"}
        | {"khoa": "00000000-0000-4000-8000-000000000001", "tep": '{"a": 1}', "danh": "{x,y}"},
    ]
    assert batch.complete


def test_a_database_that_fails_under_the_read_is_unavailable_and_shows_no_value(
    database: str, source: Source
) -> None:
    run(database, "ALTER TABLE bhxh.nguoi RENAME TO nguoi_that")
    run(
        database,
        "CREATE VIEW bhxh.nguoi AS SELECT ma, ten, luc, sinh,"
        " (CASE WHEN ma = 5 THEN ten ELSE '1' END)::numeric::text AS no FROM bhxh.nguoi_that",
    )
    with pytest.raises(SourceUnavailableError, match="its database failed") as raised:
        source.ingest()
    assert "Nguyễn" not in str(raised.value)
