"""Write the register out as drops: a folder a former district, a numbered folder a night."""

import csv
import hashlib
import io
import json
import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import psycopg
import pyarrow as pa
import pyarrow.parquet as pq
from psycopg import sql

from mocks.land_registry.tcvn3 import encode_tcvn3

_LOCAL = ZoneInfo("Asia/Ho_Chi_Minh")
_CHUNK_ROWS = 20_000
_UNFINISHED = ".dang-ghi"
COLUMNS = {
    "thua_dat": (
        "ma_thua",
        "so_to",
        "so_thua",
        "ma_xa_cu",
        "dia_chi",
        "dien_tich",
        "loai_dat",
        "ma_dinh_danh",
    ),
    "gcn": (
        "ma_gcn",
        "so_phat_hanh",
        "so_vao_so",
        "ngay_cap",
        "chu_su_dung",
        "so_giay_to",
        "nam_sinh",
        "dia_chi_chu",
        "ma_thua",
        "dien_tich_cap",
        "muc_dich",
        "hinh_thuc",
        "thoi_han",
        "the_chap",
    ),
}
Rows = list[tuple[str | None, ...]]


@dataclass(frozen=True)
class District:
    """A former district: its code, the folder of its drops, and how it writes text."""

    code: str
    folder: str
    encoding: str


def export_drops(database: str, drops: Path, *, only_changed: bool = False) -> list[Path]:
    """Write one drop of every district, all of one snapshot of the register; the folders written.

    With `only_changed`, a district whose files would equal those of its last drop gets none.
    """
    written: list[Path] = []
    with psycopg.connect(database) as connection:
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        connection.read_only = True
        found = connection.execute(
            "SELECT ma_don_vi, thu_muc, bang_ma, now() FROM dia_chinh.don_vi ORDER BY 1"
        ).fetchall()
        for code, folder, encoding, moment in found:
            drop = _export_district(
                connection,
                District(code, folder, encoding),
                drops,
                moment=moment,
                only_changed=only_changed,
            )
            written.extend([drop] if drop else [])
    return written


def list_drops(folder: Path) -> list[Path]:
    """The finished drops (those with a manifest) of one district's folder, oldest first."""
    return sorted(path.parent for path in folder.glob("[0-9][0-9][0-9][0-9]/manifest.json"))


def _export_district(
    connection: psycopg.Connection,
    district: District,
    drops: Path,
    *,
    moment: datetime,
    only_changed: bool,
) -> Path | None:
    home = drops / district.folder
    draft = home / _UNFINISHED
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir(parents=True)
    files = [_write_table(connection, district, draft, table=table) for table in COLUMNS]
    earlier = list_drops(home)
    if only_changed and earlier and _read_files(earlier[-1]) == files:
        shutil.rmtree(draft)
        return None
    sequence = _next_sequence(home)
    target = home / f"{sequence:04d}"
    draft.rename(target)
    manifest = {
        "don_vi": district.code,
        "thu_tu": sequence,
        "thoi_diem": moment.astimezone(_LOCAL).isoformat(timespec="milliseconds"),
        "bang_ma": district.encoding,
        "tep": files,
    }
    _write_last(target / "manifest.json", json.dumps(manifest, ensure_ascii=False, indent=1) + "\n")
    return target


def _read_files(drop: Path) -> list[dict[str, Any]]:
    manifest: dict[str, Any] = json.loads((drop / "manifest.json").read_text(encoding="utf-8"))
    files: list[dict[str, Any]] = manifest["tep"]
    return files


def _next_sequence(home: Path) -> int:
    """A number that no folder has, finished or not: an abandoned drop is never overwritten."""
    return 1 + max((int(path.name) for path in home.iterdir() if path.name.isdigit()), default=0)


def _write_table(
    connection: psycopg.Connection, district: District, folder: Path, *, table: str
) -> dict[str, Any]:
    chunks = _read_chunks(connection, district, table)
    if district.encoding == "UTF-8":
        path = folder / f"{table}.parquet"
        count = _write_parquet(path, table, chunks)
    else:
        path = folder / f"{table}.csv"
        count = _write_csv(path, table, chunks)
    return {
        "bang": table,
        "ten": path.name,
        "so_dong": count,
        "kich_thuoc": path.stat().st_size,
        "sha256": _digest(path),
    }


def _read_chunks(connection: psycopg.Connection, district: District, table: str) -> Iterator[Rows]:
    query = sql.SQL("SELECT {} FROM {} WHERE ma_don_vi = %s ORDER BY {}").format(
        sql.SQL(", ").join(map(sql.Identifier, COLUMNS[table])),
        sql.Identifier("dia_chinh", table),
        sql.Identifier(COLUMNS[table][0]),
    )
    with connection.cursor(name="drop") as cursor:
        cursor.execute(query, [district.code])
        while rows := cursor.fetchmany(_CHUNK_ROWS):
            yield rows


def _write_parquet(path: Path, table: str, chunks: Iterator[Rows]) -> int:
    schema = pa.schema([(name, pa.string()) for name in COLUMNS[table]])
    count = 0
    with path.open("wb") as file:
        with pq.ParquetWriter(file, schema) as writer:
            for rows in chunks:
                columns = [pa.array(column, pa.string()) for column in zip(*rows, strict=True)]
                writer.write_batch(pa.record_batch(columns, schema=schema))
                count += len(rows)
        _flush(file.fileno())
    return count


def _write_csv(path: Path, table: str, chunks: Iterator[Rows]) -> int:
    """TCVN3, `;` between fields, all quoted, CRLF, a header line; what is not there is empty."""
    count = 0
    with path.open("wb") as file:
        file.write(_render_csv([COLUMNS[table]]))
        for rows in chunks:
            file.write(_render_csv(rows))
            count += len(rows)
        file.flush()
        _flush(file.fileno())
    return count


def _render_csv(rows: Rows | list[tuple[str, ...]]) -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=";", quoting=csv.QUOTE_ALL, lineterminator="\r\n").writerows(rows)
    return encode_tcvn3(text.getvalue())


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _write_last(path: Path, text: str) -> None:
    """Appears whole or not at all."""
    draft = path.with_name(f".{path.name}")
    with draft.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        _flush(file.fileno())
    draft.rename(path)


def _flush(descriptor: int) -> None:
    os.fsync(descriptor)
