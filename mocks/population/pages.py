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
        OR (cap_nhat_luc, {key}) > (%(after_time)s, %(after_key)s)){of_buckets}
 ORDER BY dan_cu.{table}.cap_nhat_luc, {key}
 LIMIT %(limit)s
"""
_COUNT = """
SELECT count(*) AS tong_so, {now} AS thoi_diem
  FROM dan_cu.{table}
 WHERE (%(since)s::timestamptz IS NULL OR cap_nhat_luc >= %(since)s){of_buckets}
"""
_OF_BUCKETS = """
   AND dan_cu.so_bam({key}) %% %(buckets)s = ANY(%(chosen)s)"""
_DIGEST = """
SELECT (so %% %(buckets)s)::int AS nhom, count(*) AS so_luong, sum({said})::text AS tong
  FROM (SELECT dan_cu.so_bam({key}) AS so, {key} AS khoa, cap_nhat_luc
          FROM dan_cu.{table} WHERE NOT da_xoa) AS song
 GROUP BY 1
"""
_KEY = "so"
_VERSION = "dan_cu.so_bam(khoa || '|' || floor(extract(epoch FROM cap_nhat_luc) * 1000)::bigint)"
"""What a bucket's digest adds up: of each key, or of each key with its version in milliseconds."""


class BadCursorError(ValueError):
    """The cursor is not one that this list gave out for this question."""


@dataclass(frozen=True)
class Question:
    """What is asked for: the list, the filter, the page size, the row after which to go on.

    `chosen`: only the rows whose key's digest number falls into one of these of `buckets`.
    """

    name: str
    since: datetime | None
    limit: int
    buckets: int = 1
    chosen: tuple[int, ...] = ()
    after: tuple[str, str] | None = None

    def words(self) -> list[Any]:
        """The list and its filters, as a cursor is bound to them."""
        since = self.since.isoformat() if self.since else None
        return [self.name, since, self.buckets, list(self.chosen)]


class CursorMint:
    """Makes and checks cursors: base64url of an HMAC and (question, last time, last key)."""

    def __init__(self, secret: bytes) -> None:
        self._secret = secret

    def issue(self, question: Question, last_time: str, last_key: str) -> str:
        """The cursor that continues after the given row."""
        body = json.dumps([self._print(question), last_time, last_key]).encode()
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
        asked, last_time, last_key = json.loads(body)
        if asked != self._print(question):
            raise BadCursorError
        return last_time, last_key

    @staticmethod
    def _print(question: Question) -> str:
        """A question in few letters, however many buckets it names."""
        return hashlib.sha256(json.dumps(question.words()).encode()).hexdigest()[:16]

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
    filtered = sql.SQL(_OF_BUCKETS if question.chosen else "")
    names["of_buckets"] = filtered.format(key=names["key"])
    values = {
        "since": question.since,
        "buckets": question.buckets,
        "chosen": list(question.chosen),
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


def read_digest(
    connection: psycopg.Connection, name: str, buckets: int, *, versions: bool = False
) -> dict[str, Any]:
    """Count and sum of the live rows' digest numbers by bucket; empty buckets are told too.

    The number is that of the key, or with `versions` that of the key and its version; a row's
    bucket is its key's.
    """
    listing = LISTINGS[name]
    query = sql.SQL(_DIGEST).format(
        key=sql.Identifier(listing.key),
        table=sql.Identifier(listing.table),
        said=sql.SQL(_VERSION if versions else _KEY),
    )
    now = sql.SQL("SELECT {} AS thoi_diem").format(sql.SQL(_LOCAL_TIME).format(sql.SQL("now()")))
    with connection.transaction(), connection.cursor(row_factory=dict_row) as cursor:
        head = cursor.execute(now).fetchone()
        found = {row["nhom"]: row for row in cursor.execute(query, {"buckets": buckets})}
    assert head is not None
    empty = ({"nhom": bucket, "so_luong": 0, "tong": "0"} for bucket in range(buckets))
    return {**head, "nhom": [found.get(row["nhom"], row) for row in empty]}
