"""Read the register: keyset paging in the database, opaque signed cursors, key digests."""

import base64
import binascii
import hashlib
import hmac
import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any, LiteralString

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
SELECT row_to_json(trang)::text
  FROM (SELECT {columns}, {clock} AS cap_nhat_luc, da_xoa
          FROM dan_cu.{table}
         WHERE {asked} AND {after}
         ORDER BY dan_cu.{table}.cap_nhat_luc, {key}
         LIMIT %(limit)s) AS trang
"""
_COUNT = "SELECT count(*) FROM dan_cu.{table} WHERE {asked}"
_NOW = "SELECT {now}"
_EVERYTHING = "true"
_SINCE = "cap_nhat_luc >= %(since)s"
_OF_BUCKETS = "dan_cu.so_bam({key}) %% %(buckets)s = ANY(%(chosen)s)"
_AFTER = "(cap_nhat_luc, {key}) > (%(after_time)s, %(after_key)s)"
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
class Place:
    """Where a page ended: the time and key of its last row, and how many rows there were in all."""

    time: str
    key: str
    total: int


@dataclass(frozen=True)
class Question:
    """What is asked for: the list, the filter, the page size, the place after which to go on.

    `chosen`: only the rows whose key's digest number falls into one of these of `buckets`.
    """

    name: str
    since: datetime | None
    limit: int
    buckets: int = 1
    chosen: tuple[int, ...] = ()
    after: Place | None = None

    def words(self) -> list[Any]:
        """The list and its filters, as a cursor is bound to them."""
        since = self.since.isoformat() if self.since else None
        return [self.name, since, self.buckets, list(self.chosen)]


@dataclass(frozen=True)
class Page:
    """One page: how many rows match in all, when it was read, and each row as JSON."""

    total: int
    moment: str
    rows: list[str]
    last: Place | None

    def to_json(self, cursor: str | None) -> str:
        """The whole answer; `cursor` is that of the page after it."""
        head = json.dumps({"tong_so": self.total, "thoi_diem": self.moment})
        rows, after = ",".join(self.rows), json.dumps(cursor)
        return f'{head[:-1]}, "du_lieu": [{rows}], "con_tro_tiep": {after}}}'


class CursorMint:
    """Makes and checks cursors: base64url of an HMAC, the question and the place."""

    def __init__(self, secret: bytes) -> None:
        self._secret = secret

    def issue(self, question: Question, last: Place) -> str:
        """The cursor that continues after the given place."""
        body = json.dumps([self._print(question), last.time, last.key, last.total]).encode()
        return base64.urlsafe_b64encode(self._sign(body) + body).decode()

    def read(self, cursor: str, question: Question) -> Place:
        """The place it stands for; BadCursorError if forged, or given for another question."""
        try:
            raw = base64.b64decode(cursor.encode("ascii"), altchars=b"-_", validate=True)
        except (binascii.Error, UnicodeEncodeError) as error:
            raise BadCursorError from error
        signature, body = raw[:16], raw[16:]
        if not hmac.compare_digest(signature, self._sign(body)):
            raise BadCursorError
        asked, *last = json.loads(body)
        if asked != self._print(question):
            raise BadCursorError
        return Place(*last)

    @staticmethod
    def _print(question: Question) -> str:
        """A question in few letters, however many buckets it names."""
        return hashlib.sha256(json.dumps(question.words()).encode()).hexdigest()[:16]

    def _sign(self, body: bytes) -> bytes:
        return hmac.new(self._secret, body, hashlib.sha256).digest()[:16]


def read_page(connection: psycopg.Connection, question: Question) -> Page:
    """One page, of one snapshot of the register.

    Rows are counted for the first page and for the last; a page between them repeats the first.
    """
    words, values = _words(question), _values(question)
    total = question.after.total if question.after else None
    with connection.transaction(), connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")

        def ask(query: LiteralString) -> list[Any]:
            found = cursor.execute(sql.SQL(query).format(**words), values)
            return [value for (value,) in found.fetchall()]

        (moment,) = ask(_NOW)
        rows = ask(_PAGE)
        ended = len(rows) < question.limit
        if total is None or ended:
            (total,) = ask(_COUNT)
    if ended:
        return Page(total, moment, rows, None)
    last = json.loads(rows[-1])
    place = Place(last["cap_nhat_luc"], last[LISTINGS[question.name].key], total)
    return Page(total, moment, rows, place)


def _words(question: Question) -> dict[str, sql.Composable]:
    """The parts of a query; a condition that is not asked for is not in it."""
    listing = LISTINGS[question.name]
    key = sql.Identifier(listing.key)
    asked: list[LiteralString] = [_EVERYTHING]
    asked += [_SINCE] if question.since else []
    asked += [_OF_BUCKETS] if question.chosen else []
    after: LiteralString = _AFTER if question.after else _EVERYTHING
    return {
        "table": sql.Identifier(listing.table),
        "key": key,
        "columns": sql.SQL(", ").join(map(sql.Identifier, listing.columns)),
        "clock": sql.SQL(_LOCAL_TIME).format(sql.Identifier("cap_nhat_luc")),
        "now": sql.SQL(_LOCAL_TIME).format(sql.SQL("now()")),
        "asked": sql.SQL(" AND ").join(sql.SQL(part).format(key=key) for part in asked),
        "after": sql.SQL(after).format(key=key),
    }


def _values(question: Question) -> dict[str, Any]:
    after = question.after
    return {
        "since": question.since,
        "buckets": question.buckets,
        "chosen": list(question.chosen),
        "after_time": after.time if after else None,
        "after_key": after.key if after else None,
        "limit": question.limit,
    }


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
