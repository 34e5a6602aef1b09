"""A JSON API that behaves and misbehaves; every misbehaviour is a real answer of a real server."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors import http, http_client
from hub.digest import KeyDigest, key_hash60
from hub.errors import IncompleteSourceError, SchemaDriftError, SourceUnavailableError
from hub.settings import get_settings
from warehouse.landing import Digest

from .conftest import IS_DELETED, UPDATED_AT, Source, StreamState, after, rows_of

OPTIONS = (
    "{path: nguoi, records: rows, nextCursor: next, cursorParam: cursor, limitParam: limit,"
    " pageSize: 3, updatedSinceParam: since, total: total, asOf: now, keyHeader: X-Api-Key,"
    " pageSeconds: 1, digest: {path: nguoi/digest, bucketsParam: n, buckets: 4, groups: groups,"
    " bucket: b, count: count, total: total, asOf: now}}"
)
SYNC = (
    "{mode: incremental, cursor: updated_at, deletes: tombstone, tombstone: is_deleted,"
    " completeness: digest}"
)
NOW = "2025-07-02T00:00:00.000+07:00"
TOKEN = "a-secret-of-the-source"


def person(number: int, minute: int = 0, **other: Any) -> dict[str, Any]:
    luc = f"2025-07-01T10:{minute or number:02d}:00.000+07:00"
    return {"ma": f"CD{number}", "ten": f"Nguyễn Văn {number}", "luc": luc, "xoa": False, **other}


@dataclass
class Register:
    """The owner's rows, how the server is to misbehave, and what it was asked."""

    rows: list[dict[str, Any]]
    before_digest: Callable[["Register"], None] = lambda register: None
    digests: int = 0
    fault: str = ""
    times: int = 1_000_000
    fired: int = 0
    requests: list[dict[str, str]] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)
    by_offset: bool = False
    on_request: Callable[["Register"], None] = lambda register: None

    def fires(self, fault: str) -> bool:
        """Whether the fault is due now; counts it."""
        if self.fault != fault or self.fired >= self.times:
            return False
        self.fired += 1
        return True

    def live(self) -> list[str]:
        last = {row["ma"]: row for row in self.rows}
        return [key for key, row in last.items() if not row["xoa"] and (key or "").strip()]


class Handler(BaseHTTPRequestHandler):
    """One answer."""

    register: Register

    def log_message(self, *arguments: object) -> None:
        """Say nothing on the terminal."""

    def do_GET(self) -> None:
        register = self.register
        query = {name: values[0] for name, values in parse_qs(urlsplit(self.path).query).items()}
        register.requests.append(query)
        register.keys.append(self.headers.get("X-Api-Key", ""))
        if register.keys[-1] != TOKEN:
            return self.answer(401, {"error": "key"})
        if register.fires("storm"):
            return self.answer(429, {"error": "slow down"}, {"Retry-After": "0"})
        if register.fires("broken"):
            return self.answer(503, {"error": "down"})
        if register.fires("login page"):
            return self.answer(200, "<html>Log in</html>", {"Content-Type": "text/html"})
        if register.fires("error body"):
            return self.answer(200, {"error": "no right to read"})
        if register.fires("empty data"):
            return self.answer(200, {"data": []})
        if "/digest" in self.path:
            register.digests += 1
            register.before_digest(register)
            return self.answer(200, self.digest(int(query["n"])))
        register.on_request(register)
        return self.page(query)

    def digest(self, buckets: int) -> dict[str, Any]:
        groups = [{"b": b, "count": 0, "total": 0} for b in range(buckets)]
        for key in self.register.live():
            value = key_hash60(key)
            groups[value % buckets]["count"] += 1
            groups[value % buckets]["total"] += value
        if self.register.fires("digest of another set"):
            groups[0]["total"] += 1
        return {"now": NOW, "groups": [{**g, "total": str(g["total"])} for g in groups]}

    def page(self, query: dict[str, str]) -> None:
        register = self.register
        rows = [row for row in register.rows if row["luc"] >= query.get("since", "")]
        rows.sort(key=lambda row: (row["luc"], row["ma"] or ""))
        ordered, total = rows, len(rows)
        after = query.get("cursor", "")
        if not (after and register.fires("page again")):
            rows = [row for row in rows if f"{row['luc']}|{row['ma']}" > after]
        page = rows[: int(query["limit"])]
        token = f"{page[-1]['luc']}|{page[-1]['ma']}" if len(rows) > len(page) else None
        if after and register.fires("repeated token"):
            token = after
        content = {"total": total, "now": NOW, "rows": page, "next": token}
        if register.by_offset:
            start = int(after or 0)
            content["rows"] = ordered[start : start + int(query["limit"])]
            content["next"] = str(start + 3) if start + 3 < total else None
        self.spoil(content)
        self.answer(200, content)

    def spoil(self, content: dict[str, Any]) -> None:
        register, page = self.register, content["rows"]
        if register.fires("shuffled"):
            content["rows"] = page[::-1]
        if register.fires("nothing though declared"):
            content |= {"rows": [], "next": None}
        if register.fires("nothing and none declared"):
            content |= {"rows": [], "next": None, "total": 0}
        if len(register.requests) > 2 and register.fires("first page later"):
            content["rows"] = register.rows[:3]
        keyless = [row for row in page if row["ma"] is None]
        if keyless and register.fires("keyless row lost"):
            content["rows"] = [row for row in content["rows"] if row is not keyless[0]]
        if register.fires("missing column"):
            content["rows"] = [
                {k: v for k, v in row.items() if k != "ten"} for row in content["rows"]
            ]
        if register.fires("number for text"):
            content["rows"] = [{**row, "ten": 5} for row in page]
        if register.fires("no total"):
            del content["total"]

    def answer(self, status: int, content: Any, headers: dict[str, str] | None = None) -> None:
        body = content if isinstance(content, str) else json.dumps(content)
        raw = body.encode()
        self.send_response(status)
        for name, value in {"Content-Type": "application/json", **(headers or {})}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(raw)))
        self.end_headers()
        if status == 200 and self.register.fires("half a page"):
            raw = raw[: len(raw) // 2]
        if status == 200 and self.register.fires("drop by drop"):
            for byte in raw:
                try:
                    self.wfile.write(bytes([byte]))
                    self.wfile.flush()
                except OSError:
                    return
                time.sleep(0.05)
            return
        self.wfile.write(raw)


@contextmanager
def serving(register: Register) -> Iterator[str]:
    handler = type("RegisterHandler", (Handler,), {"register": register})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield f"http://key:{TOKEN}@127.0.0.1:{server.server_port}/api"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture
def register(monkeypatch: pytest.MonkeyPatch) -> Register:
    monkeypatch.setattr(http_client, "BACKOFF_SECONDS", 0.001)
    return Register([person(number) for number in range(1, 9)])


@pytest.fixture
def source(register: Register, make_source: Callable[..., Source]) -> Iterator[Source]:
    with serving(register) as url:
        yield make_source("http", url, options=OPTIONS, sync=SYNC, fields=UPDATED_AT + IS_DELETED)


def test_every_page_is_landed_and_proven_complete(register: Register, source: Source) -> None:
    batch = source.ingest(mode="incremental")
    assert [row["ma"] for row in rows_of(batch)] == [f"CD{n}" for n in range(1, 9)]
    assert batch.complete
    assert batch.manifest.completeness.kind == "digest"
    assert batch.manifest.declared_rows == batch.manifest.rows == 8
    assert batch.manifest.cursor_to == {"since": "2025-07-01T10:08:00+07:00"}
    assert batch.manifest.as_of is not None


def test_the_key_travels_in_a_header_and_in_no_url(
    register: Register, source: Source, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    source.ingest()
    assert set(register.keys) == {TOKEN}
    assert TOKEN not in str(register.requests)
    assert TOKEN not in caplog.text
    assert "Nguyễn" not in caplog.text


def test_the_next_run_asks_from_the_cursor_less_the_overlap(
    register: Register, source: Source
) -> None:
    first = source.ingest(mode="incremental")
    register.requests.clear()
    register.rows.append(person(9))
    late = person(4, minute=4, ten="committed late")
    register.rows[3] = late
    second = source.ingest(after(first), mode="incremental")
    assert register.requests[0]["since"] == "2025-07-01T09:53:00.000+07:00"
    assert {row["ten"] for row in rows_of(second)} >= {"committed late", "Nguyễn Văn 9"}
    assert second.manifest.completeness.scope == "stream"
    assert second.manifest.cursor_to == {"since": "2025-07-01T10:09:00+07:00"}
    assert second.manifest.predecessor == first.manifest.batch_key
    assert not second.complete


def test_a_row_that_comes_between_the_last_page_and_the_digest_is_read_too(
    register: Register, source: Source
) -> None:
    first = source.ingest(mode="incremental")
    register.digests = 0

    def insert(register: Register) -> None:
        if register.digests == 1:
            register.rows.append(person(20))

    register.before_digest = insert
    register.rows.append(person(9))
    batch = source.ingest(after(first), mode="incremental")
    assert [row["ma"] for row in rows_of(batch)] == [*(f"CD{n}" for n in range(1, 10)), "CD20"]
    keys = {row["ma"] for row in register.rows}
    digest = batch.manifest.completeness.digest
    assert digest is not None
    assert digest.key_digest() == KeyDigest.of(keys)
    assert register.digests == 2
    assert batch.manifest.declared_rows == 9


def test_a_register_that_never_rests_is_read_so_many_times_and_no_more(
    register: Register, source: Source
) -> None:
    first = source.ingest(mode="incremental")
    register.digests = 0
    register.before_digest = lambda register: register.rows.append(person(20 + register.digests))
    batch = source.ingest(after(first), mode="incremental")
    assert register.digests == 1 + http.MAX_PASSES
    assert batch.manifest.completeness.scope == "stream"
    assert batch.manifest.rows == 8 + http.MAX_PASSES


def test_a_row_dated_tomorrow_is_landed_and_does_not_move_the_cursor_past_today(
    register: Register, source: Source
) -> None:
    register.rows.append({**person(9), "luc": "2025-09-01T00:00:00.000+07:00"})
    batch = source.ingest(mode="incremental")
    assert batch.manifest.rows == 9
    assert batch.manifest.cursor_to == {"since": "2025-07-02T00:00:00+07:00"}


@pytest.mark.parametrize("mode", ["snapshot", "incremental"])
def test_rows_without_a_key_are_landed_and_count_in_no_proof(
    register: Register, source: Source, mode: Any
) -> None:
    """They stand on two pages, all of one moment, and two of them say the same."""
    keyless = [
        person(4, ma=key, ten=name) for key, name in zip((None, None, "", " "), "AABA", strict=True)
    ]
    register.rows = [person(1), person(2), *keyless, person(8), person(9)]
    register.by_offset = True
    state = StreamState({"since": "2025-07-01T10:00:00+07:00"}) if mode == "incremental" else None
    batch = source.ingest(state, mode=mode)
    landed = [(row["ma"], row["ten"]) for row in rows_of(batch)]
    assert [name for key, name in landed if not (key or "").strip()] == ["A", "A", "B", "A"]
    assert [key for key, _ in landed if (key or "").strip()] == ["CD1", "CD2", "CD8", "CD9"]
    assert len(landed) == batch.manifest.declared_rows == 8
    proof = batch.manifest.completeness
    assert (proof.kind, proof.scope) == ("digest", "batch" if mode == "snapshot" else "stream")
    assert proof.digest == batch.manifest.key_digest == Digest.of(KeyDigest.of(register.live()))


def test_a_row_without_a_key_that_did_not_come_is_missed(
    register: Register, source: Source, landing: Path
) -> None:
    register.rows[3]["ma"] = None
    register.rows[4]["ma"] = None
    register.by_offset = True
    register.fault = "keyless row lost"
    with pytest.raises(IncompleteSourceError, match="declared 8 rows and gave 7 different ones"):
        source.ingest()
    assert register.fired == 1


def test_many_rows_of_one_moment_are_all_read(register: Register, source: Source) -> None:
    register.rows = [person(number, minute=1) for number in range(1, 30)]
    assert source.ingest().manifest.rows == 29


def test_a_deleted_row_is_landed_and_is_no_live_key(register: Register, source: Source) -> None:
    register.rows[2]["xoa"] = True
    batch = source.ingest()
    assert batch.manifest.key_digest.count == 8
    assert batch.manifest.live_key_digest.count == 7
    assert batch.complete


def test_a_row_that_appears_behind_the_reader_is_read_in_another_pass(
    register: Register, source: Source
) -> None:
    def insert_behind(register: Register) -> None:
        if len(register.requests) == 2:
            register.rows.append(person(0, minute=1))
            register.fired += 1

    register.on_request = insert_behind
    batch = source.ingest()
    assert register.fired == 1
    assert "CD0" in {row["ma"] for row in rows_of(batch)}
    assert batch.complete


def test_a_page_cut_in_half_is_read_again_whole(register: Register, source: Source) -> None:
    register.fault, register.times = "half a page", 2
    batch = source.ingest()
    assert register.fired == 2
    assert batch.manifest.rows == 8


def test_too_many_requests_are_waited_for_and_tried_again(
    register: Register, source: Source
) -> None:
    register.fault, register.times = "storm", 3
    assert source.ingest().manifest.rows == 8
    assert register.fired == 3


def test_a_source_that_stays_down_is_left_alone_after_five_failures(
    register: Register, source: Source, landing: Path
) -> None:
    register.fault = "broken"
    with pytest.raises(SourceUnavailableError, match="5 requests in a row"):
        source.ingest()
    assert register.fired == 5
    assert not list(landing.rglob("*.parquet"))


def test_a_page_that_never_ends_is_given_up(register: Register, source: Source) -> None:
    register.fault, register.times = "drop by drop", 1
    started = time.monotonic()
    assert source.ingest().manifest.rows == 8
    assert register.fired == 1
    assert time.monotonic() - started < 6


REFUSED = [
    ("login page", SourceUnavailableError, "text/html"),
    ("error body", SourceUnavailableError, "lacks 'rows'"),
    ("empty data", SourceUnavailableError, "lacks 'rows'"),
    ("nothing and none declared", IncompleteSourceError, "3 passes"),
    ("repeated token", SourceUnavailableError, "page token twice"),
    ("page again", SourceUnavailableError, "page token twice"),
    ("first page later", SourceUnavailableError, "promised order"),
    ("shuffled", SourceUnavailableError, "promised order"),
    ("no total", SourceUnavailableError, "lacks 'total'"),
    ("nothing though declared", IncompleteSourceError, "declared 8 rows and gave 0"),
    ("digest of another set", IncompleteSourceError, "3 passes"),
    ("missing column", SchemaDriftError, "'ten' was promised and is missing from page 1"),
    ("number for text", SchemaDriftError, "'ten' was promised as person_name and came as a number"),
]


@pytest.mark.parametrize(("fault", "error", "words"), REFUSED)
def test_an_answer_that_is_not_as_promised_leaves_no_batch(
    fault: str, error: type[Exception], words: str, register: Register, source: Source
) -> None:
    landing = get_settings().home / "landing"
    register.fault = fault
    with pytest.raises(error, match=words) as raised:
        source.ingest()
    assert register.fired >= 1
    assert "Nguyễn" not in str(raised.value)
    assert not list(landing.rglob("manifest.json"))
    assert not list(landing.rglob("*.parquet"))


Change = tuple[str, int]
CHANGES = st.lists(st.tuples(st.sampled_from(("insert", "remove", "touch")), st.integers(1, 50)))


def test_a_source_that_pages_by_offset_is_read_whole_or_not_at_all(
    register: Register, source: Source
) -> None:
    """Rows come and go between its pages, which so repeat rows and skip others."""
    ends: set[str] = set()

    def change(register: Register, changes: list[Change]) -> None:
        if register.digests or not changes:
            return  # it is at rest by the time it is compared
        what, number = changes.pop()
        register.fired += 1
        place = number % len(register.rows)
        if what == "insert":
            register.rows.append(person(100 + register.fired, minute=number))
        elif what == "remove":
            del register.rows[place]
        else:
            register.rows[place] |= {"luc": person(59)["luc"]}

    @settings(max_examples=12, deadline=None, derandomize=True)
    @given(CHANGES)
    def read(changes: list[Change]) -> None:
        register.rows, register.digests, register.by_offset = [], 0, True
        register.rows += [person(number) for number in range(1, 9)]
        register.on_request = lambda register: change(register, changes)
        try:
            batch = source.ingest()
        except (SourceUnavailableError, IncompleteSourceError):
            ends.add("refused")
            return
        ends.add("read")
        assert batch.complete
        assert sorted({row["ma"] for row in rows_of(batch)}) == sorted(register.live())

    read()
    assert register.fired > 10
    assert ends == {"read", "refused"}


def test_a_wrong_key_is_said_to_be_wrong(
    source: Source, monkeypatch: pytest.MonkeyPatch, register: Register
) -> None:
    with serving(register) as url:
        monkeypatch.setenv("MOTLAN_CONN_DEMO", url.replace(TOKEN, "wrong"))
        with pytest.raises(SourceUnavailableError, match="renew MOTLAN_CONN_DEMO"):
            source.ingest()
    assert register.keys[-1] == "wrong"


def test_a_source_that_does_not_listen_is_unavailable(
    source: Source, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MOTLAN_CONN_DEMO", "http://key:x@127.0.0.1:9/api")
    with pytest.raises(SourceUnavailableError, match="ConnectError"):
        source.ingest()


def test_an_unknown_column_is_kept_and_warned_of(register: Register, source: Source) -> None:
    register.rows[1]["moi"] = 5
    batch = source.ingest()
    assert "moi" in batch.manifest.warnings[0]
    assert [row["_extra"] for row in rows_of(batch)][:3] == ["{}", '{"moi": 5}', "{}"]
