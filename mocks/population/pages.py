"""Read the register: keyset paging in the database, opaque signed cursors, key digests."""

import base64
import binascii
import hashlib
import hmac
import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import psycopg
from psycopg import sql
from psycopg.rows import dict_row


@dataclass(frozen=True)
class Listing:
    """A list of the API: table, key column, and columns besides the clock and the tombstone."""

    table: str
    key: str
    columns: tuple[str, ...]


LISTINGS = {
    "cong-dan": Listing(
        "cong_dan",
        "ma_cd",
        (
            "ma_cd",
            "so_dinh_danh",
            "ho_ten",
            "ten_khac",
            "ngay_sinh",
            "gioi_tinh",
            "dan_toc",
            "so_cmnd",
            "tinh_trang_hon_nhan",
            "ma_ho",
            "quan_he_chu_ho",
            "ngay_chet",
        ),
    ),
    "ho": Listing("ho", "ma_ho", ("ma_ho", "chu_ho", "ma_xa", "dia_chi")),
    "cu-tru": Listing(
        "cu_tru", "ma_ct", ("ma_ct", "ma_cd", "loai", "ma_xa", "dia_chi", "tu_ngay", "den_ngay")
    ),
    "quan-he": Listing(
        "quan_he", "ma_qh", ("ma_qh", "ma_cd", "loai", "ma_cd_lien_quan", "ho_ten_lien_quan")
    ),
}

_LOCAL_TIME = (
    """to_char({} AT TIME ZONE 'Asia/Ho_Chi_Minh', 'YYYY-MM-DD"T"HH24:MI:SS.MS') || '+07:00'"""
)
_PAGE = """
SELECT {columns}, {clock} AS cap_nhat_luc, da_xoa
  FROM dan_cu.{table}
 WHERE (%(since)s::timestamptz IS NULL OR cap_nhat_luc >= %(since)s)
   AND (%(after_time)s::timestamptz IS NULL
        OR (cap_nhat_luc, {key}) > (%(after_time)s, %(after_key)s))
 ORDER BY dan_cu.{table}.cap_nhat_luc, {key}
 LIMIT %(limit)s
"""
_COUNT = """
SELECT count(*) AS tong_so, {now} AS thoi_diem
  FROM dan_cu.{table}
 WHERE %(since)s::timestamptz IS NULL OR cap_nhat_luc >= %(since)s
"""
_DIGEST = """
SELECT (so %% %(buckets)s)::int AS nhom, count(*) AS so_luong, sum(so)::text AS tong
  FROM (SELECT dan_cu.so_bam({key}) AS so FROM dan_cu.{table} WHERE NOT da_xoa) AS khoa
 GROUP BY 1
"""


class BadCursorError(ValueError):
    """The cursor is not one that this list gave out for this question."""


@dataclass(frozen=True)
class Question:
    """What is asked for: the list, the filter, the page size, the row after which to go on."""

    name: str
    since: datetime | None
    limit: int
    after: tuple[str, str] | None = None


class CursorMint:
    """Makes and checks cursors: base64url of an HMAC and (list, filter, last time, last key)."""

    def __init__(self, secret: bytes) -> None:
        self._secret = secret

    def issue(self, question: Question, last_time: str, last_key: str) -> str:
        """The cursor that continues after the given row."""
        since = question.since.isoformat() if question.since else None
        body = json.dumps([question.name, since, last_time, last_key]).encode()
        return base64.urlsafe_b64encode(self._sign(body) + body).decode()

    def read(self, cursor: str, question: Question) -> tuple[str, str]:
        """(last time, last key); BadCursorError if forged, or given out for another question."""
        try:
            raw = base64.b64decode(cursor.encode("ascii"), altchars=b"-_", validate=True)
        except (binascii.Error, UnicodeEncodeError) as error:
            raise BadCursorError from error
        signature, body = raw[:16], raw[16:]
        if not hmac.compare_digest(signature, self._sign(body)):
            raise BadCursorError
        name, since, last_time, last_key = json.loads(body)
        if (name, since) != (question.name, question.since.isoformat() if question.since else None):
            raise BadCursorError
        return last_time, last_key

    def _sign(self, body: bytes) -> bytes:
        return hmac.new(self._secret, body, hashlib.sha256).digest()[:16]


def read_page(connection: psycopg.Connection, question: Question) -> dict[str, Any]:
    """tong_so, thoi_diem and du_lieu of one page; the count and the rows are of one snapshot."""
    listing = LISTINGS[question.name]
    after_time, after_key = question.after or (None, None)
    names = {
        "table": sql.Identifier(listing.table),
        "key": sql.Identifier(listing.key),
        "columns": sql.SQL(", ").join(map(sql.Identifier, listing.columns)),
        "clock": sql.SQL(_LOCAL_TIME).format(sql.Identifier("cap_nhat_luc")),
        "now": sql.SQL(_LOCAL_TIME).format(sql.SQL("now()")),
    }
    values = {
        "since": question.since,
        "after_time": after_time,
        "after_key": after_key,
        "limit": question.limit,
    }
    with connection.transaction(), connection.cursor(row_factory=dict_row) as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        head = cursor.execute(sql.SQL(_COUNT).format(**names), values).fetchone()
        rows = cursor.execute(sql.SQL(_PAGE).format(**names), values).fetchall()
    assert head is not None
    return {**head, "du_lieu": rows}


def read_digest(connection: psycopg.Connection, name: str, buckets: int) -> dict[str, Any]:
    """Count and sum of the live rows' key digests by bucket; empty buckets are told too."""
    listing = LISTINGS[name]
    query = sql.SQL(_DIGEST).format(
        key=sql.Identifier(listing.key), table=sql.Identifier(listing.table)
    )
    now = sql.SQL("SELECT {} AS thoi_diem").format(sql.SQL(_LOCAL_TIME).format(sql.SQL("now()")))
    with connection.transaction(), connection.cursor(row_factory=dict_row) as cursor:
        head = cursor.execute(now).fetchone()
        found = {row["nhom"]: row for row in cursor.execute(query, {"buckets": buckets})}
    assert head is not None
    empty = ({"nhom": bucket, "so_luong": 0, "tong": "0"} for bucket in range(buckets))
    return {**head, "nhom": [found.get(row["nhom"], row) for row in empty]}
