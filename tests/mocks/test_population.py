"""The mock population register: loading, paging, digests, limits, and what it refuses."""

import contextlib
import hashlib
import logging
import threading
import time
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx
import polars as pl
import psycopg
import pytest
import uvicorn
from fastapi import FastAPI

from mocks.population.limit import MinuteLimit
from mocks.population.load import load_population
from mocks.population.server import make_app

KEY = "khoa-thu-nghiem"
TAPS = {
    "cong-dan": ("cong_dan", "ma_cd"),
    "ho": ("ho", "ma_ho"),
    "cu-tru": ("cu_tru", "ma_ct"),
    "quan-he": ("quan_he", "ma_qh"),
}


@contextlib.contextmanager
def serving(app: FastAPI, key: str | None = KEY) -> Iterator[httpx.Client]:
    """The API on a free port, and a caller with that key."""
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="critical"))
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        while not server.started:
            assert thread.is_alive()
            time.sleep(0.01)
        port = server.servers[0].sockets[0].getsockname()[1]
        headers = {"X-Api-Key": key} if key else {}
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", headers=headers) as caller:
            yield caller
    finally:
        server.should_exit = True
        thread.join()


@pytest.fixture
def database(load_register: Callable[[str], str]) -> str:
    """A loaded register."""
    return load_register("population")


@pytest.fixture(scope="module")
def client(load_register: Callable[[str], str]) -> Iterator[httpx.Client]:
    """A caller with the right key and no limit worth speaking of; nobody changes its register."""
    app = make_app(load_register("population"), KEY, per_minute=100_000)
    with serving(app) as caller:
        yield caller


def walk(client: httpx.Client, tap: str, **question: Any) -> list[dict[str, Any]]:
    """All rows of a list, page by page."""
    rows: list[dict[str, Any]] = []
    seen: set[str] = set()
    cursor: str | None = None
    while True:
        extra = {"cursor": cursor} if cursor else {}
        answer = client.get(f"/api/v1/{tap}", params={**question, **extra})
        assert answer.status_code == 200, answer.text
        page = answer.json()
        rows.extend(page["du_lieu"])
        cursor = page["con_tro_tiep"]
        if cursor is None:
            return rows
        assert cursor not in seen
        seen.add(cursor)


def test_loading_twice_leaves_the_register_as_loading_once(
    province: Path, make_database: Callable[[], str]
) -> None:
    url = make_database()
    first = load_population(url, province)
    second = load_population(url, province / "population")
    with psycopg.connect(url) as connection:
        rows = {
            table: connection.execute(f"SELECT count(*) FROM dan_cu.{table}").fetchone()[0]  # type: ignore[index]
            for table, _ in TAPS.values()
        }
    assert first == second == rows


def test_a_folder_without_a_province_is_named_in_the_error(
    tmp_path: Path, make_database: Callable[[], str]
) -> None:
    with pytest.raises(FileNotFoundError, match=r"There is no cong_dan\.parquet in .*; make"):
        load_population(make_database(), tmp_path)


def test_the_api_gives_the_rows_as_the_generator_wrote_them(
    province: Path, client: httpx.Client
) -> None:
    for tap, (table, key) in TAPS.items():
        frame = pl.read_parquet(province / "population" / f"{table}.parquet")
        local = pl.col("cap_nhat_luc").dt.convert_time_zone("Asia/Ho_Chi_Minh")
        expected = frame.with_columns(
            local.dt.strftime("%Y-%m-%dT%H:%M:%S.%3f+07:00"),
            pl.col(pl.Date).cast(pl.String),
        ).sort("cap_nhat_luc", key)
        if tap == "cong-dan":
            expected = expected.with_columns(pl.col("gioi_tinh").cast(pl.Int64))
        assert walk(client, tap) == expected.to_dicts()


def test_paging_gives_every_row_once_though_many_share_a_time(database: str) -> None:
    with psycopg.connect(database) as connection:
        connection.execute("DELETE FROM dan_cu.ho WHERE ma_ho > 'HO00000040'")
        connection.execute(
            "UPDATE dan_cu.ho SET cap_nhat_luc = '2026-01-01 00:00+07' WHERE ma_ho > 'HO00000010'"
        )
        order = "SELECT ma_ho FROM dan_cu.ho ORDER BY cap_nhat_luc, ma_ho"
        expected = [key for (key,) in connection.execute(order)]
    with serving(make_app(database, KEY, per_minute=1_000)) as caller:
        found = {
            size: [row["ma_ho"] for row in walk(caller, "ho", limit=size)] for size in range(1, 8)
        }

    assert found == dict.fromkeys(range(1, 8), expected)


def test_rows_are_counted_for_the_first_page_and_again_for_the_last(database: str) -> None:
    with serving(make_app(database, KEY)) as caller, psycopg.connect(database) as owner:
        (rows,) = owner.execute("SELECT count(*) FROM dan_cu.ho").fetchone()  # type: ignore[misc]
        pages = [caller.get("/api/v1/ho", params={"limit": rows // 2 - 1}).json()]
        owner.execute("INSERT INTO dan_cu.ho (ma_ho) VALUES ('HO99999999')")
        owner.commit()
        while cursor := pages[-1]["con_tro_tiep"]:
            question = {"limit": rows // 2 - 1, "cursor": cursor}
            pages.append(caller.get("/api/v1/ho", params=question).json())
    assert [page["tong_so"] for page in pages] == [rows, rows, rows + 1]
    assert sum(len(page["du_lieu"]) for page in pages) == rows + 1


def test_updated_since_keeps_rows_of_that_very_moment(client: httpx.Client) -> None:
    rows = walk(client, "cong-dan")
    middle = rows[len(rows) // 2]["cap_nhat_luc"]
    page = client.get("/api/v1/cong-dan", params={"updated_since": middle, "limit": 5}).json()

    expected = [row for row in rows if row["cap_nhat_luc"] >= middle]
    assert walk(client, "cong-dan", updated_since=middle, limit=97) == expected
    assert (page["tong_so"], page["du_lieu"]) == (len(expected), expected[:5])


def test_a_removed_row_stays_listed_as_a_tombstone(database: str) -> None:
    with psycopg.connect(database) as connection:
        connection.execute("UPDATE dan_cu.ho SET da_xoa = true WHERE ma_ho = 'HO00000003'")
    with serving(make_app(database, KEY)) as caller:
        last = walk(caller, "ho")[-1]

    assert (last["ma_ho"], last["da_xoa"]) == ("HO00000003", True)


def test_a_changed_row_carries_the_moment_of_the_change_unless_it_says_another(
    database: str,
) -> None:
    old = "2020-05-01 00:00:00+07"
    clock = "SELECT cap_nhat_luc FROM dan_cu.cong_dan WHERE ma_cd = 'CD000000001'"
    touch = "UPDATE dan_cu.cong_dan SET ten_khac = %s WHERE ma_cd = 'CD000000001'"
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute(
            "UPDATE dan_cu.cong_dan SET cap_nhat_luc = %s WHERE ma_cd = 'CD000000001'", [old]
        )
        (set_by_hand,) = connection.execute(clock).fetchone()  # type: ignore[misc]
        connection.execute(touch, ["Tí"])
        (changed,) = connection.execute(clock).fetchone()  # type: ignore[misc]
        connection.execute(touch, ["Tí"])
        (untouched,) = connection.execute(clock).fetchone()  # type: ignore[misc]
        (recent,) = connection.execute(
            "SELECT %s > now() - interval '1 minute'", [changed]
        ).fetchone()  # type: ignore[misc]

    assert set_by_hand.year == 2020
    assert (recent, untouched) == (True, changed)


@pytest.mark.parametrize("buckets", [1, 64])
@pytest.mark.parametrize("tap", TAPS)
def test_the_key_digest_equals_one_computed_from_the_pages(
    client: httpx.Client, tap: str, buckets: int
) -> None:
    sums = [[0, 0] for _ in range(buckets)]
    for row in walk(client, tap):
        if not row["da_xoa"]:
            number = int(hashlib.sha256(row[TAPS[tap][1]].encode()).hexdigest()[:15], 16)
            sums[number % buckets][0] += 1
            sums[number % buckets][1] += number
    answer = client.get(f"/api/v1/{tap}/doi-soat", params={"so_nhom": buckets}).json()

    assert answer["nhom"] == [
        {"nhom": bucket, "so_luong": count, "tong": str(total)}
        for bucket, (count, total) in enumerate(sums)
    ]


def bucket_of(key: str, buckets: int) -> int:
    return int(hashlib.sha256(key.encode()).hexdigest()[:15], 16) % buckets


def test_the_digest_with_versions_adds_up_each_key_with_its_milliseconds(
    client: httpx.Client,
) -> None:
    sums = [[0, 0] for _ in range(4)]
    for row in walk(client, "ho"):
        moment = datetime.fromisoformat(row["cap_nhat_luc"])
        said = f"{row['ma_ho']}|{round(moment.timestamp() * 1000)}"
        bucket = sums[bucket_of(row["ma_ho"], 4)]
        bucket[0] += 1
        bucket[1] += int(hashlib.sha256(said.encode()).hexdigest()[:15], 16)
    answer = client.get("/api/v1/ho/doi-soat", params={"so_nhom": 4, "phien_ban": 1}).json()

    assert answer["nhom"] == [
        {"nhom": bucket, "so_luong": count, "tong": str(total)}
        for bucket, (count, total) in enumerate(sums)
    ]


def test_the_rows_of_some_buckets_are_listed_alone(client: httpx.Client) -> None:
    rows = walk(client, "ho")
    found = walk(client, "ho", so_nhom=8, nhom="1,6", limit=3)
    page = client.get("/api/v1/ho", params={"so_nhom": 8, "nhom": "1,6", "limit": 3}).json()

    expected = [row for row in rows if bucket_of(row["ma_ho"], 8) in (1, 6)]
    assert 0 < len(expected) < len(rows)
    assert (found, page["tong_so"]) == (expected, len(expected))
    cursor = page["con_tro_tiep"]
    other = {"so_nhom": 8, "nhom": "1", "limit": 3, "cursor": cursor}
    assert client.get("/api/v1/ho", params=other).status_code == 400


def test_a_call_without_the_key_or_with_another_is_refused(database: str) -> None:
    with serving(make_app(database, KEY), key=None) as stranger:
        answers = [
            stranger.get("/api/v1/cong-dan"),
            stranger.get("/api/v1/cong-dan", headers={"X-Api-Key": "khác".encode()}),
            stranger.get("/api/v1/cong-dan/doi-soat", headers={"X-Api-Key": KEY + "x"}),
            stranger.get("/healthz"),
        ]
    assert [answer.status_code for answer in answers] == [401, 401, 401, 200]


@pytest.mark.parametrize(
    "question",
    [
        "limit=0",
        "limit=5001",
        "limit=ten",
        "limit=5&limit=6",
        "offset=5",
        "updated_since=yesterday",
        "updated_since=2026-01-01T00:00:00",
        "cursor=abc",
        "cursor=%C4%91",
        "cursor=",
        "so_nhom=8&nhom=8",
        "so_nhom=8&nhom=1,",
        "so_nhom=8&nhom=-1",
    ],
)
def test_a_question_that_the_list_does_not_know_is_refused(
    client: httpx.Client, question: str
) -> None:
    answer = client.get(f"/api/v1/cong-dan?{question}")
    assert (answer.status_code, list(answer.json())) == (400, ["detail"])


def test_a_cursor_serves_only_the_question_that_it_was_given_for(client: httpx.Client) -> None:
    cursor = client.get("/api/v1/ho", params={"limit": 3}).json()["con_tro_tiep"]
    forged = ("A" if cursor[-6] != "A" else "B").join((cursor[:-6], cursor[-5:]))
    since = "2025-01-01T00:00:00+07:00"
    answers = [
        client.get("/api/v1/ho", params={"cursor": cursor, "limit": 50}),
        client.get("/api/v1/cu-tru", params={"cursor": cursor}),
        client.get("/api/v1/ho", params={"cursor": cursor, "updated_since": since}),
        client.get("/api/v1/ho", params={"cursor": forged}),
    ]
    assert [answer.status_code for answer in answers] == [200, 400, 400, 400]


@pytest.mark.parametrize("question", ["so_nhom=0", "so_nhom=4097", "so_nhom=x", "nhom=3"])
def test_a_digest_in_an_unknown_number_of_buckets_is_refused(
    client: httpx.Client, question: str
) -> None:
    assert client.get(f"/api/v1/ho/doi-soat?{question}").status_code == 400


def test_an_unknown_list_is_not_found(client: httpx.Client) -> None:
    paths = ("/api/v1/xe", "/api/v1/xe/doi-soat", "/openapi.json")
    assert [client.get(path).status_code for path in paths] == [404, 404, 404]


def test_the_limit_answers_429_with_the_seconds_to_wait_and_opens_again(database: str) -> None:
    now = [1_000.0]
    app = make_app(database, KEY, limit=MinuteLimit(2, clock=lambda: now[0]))
    with serving(app) as caller:
        answers = [caller.get("/api/v1/ho?limit=1") for _ in range(2)]
        now[0] += 18.5
        answers.append(caller.get("/api/v1/ho?limit=1"))
        now[0] += 41.5
        answers.append(caller.get("/api/v1/ho?limit=1"))
    assert [answer.status_code for answer in answers] == [200, 200, 429, 200]
    assert [answer.headers.get("Retry-After") for answer in answers] == [None, None, "42", None]


def test_calls_with_a_wrong_key_use_up_nobodys_limit(database: str) -> None:
    with serving(make_app(database, KEY, per_minute=1), key=None) as caller:
        wrong = [caller.get("/api/v1/ho", headers={"X-Api-Key": "x"}) for _ in range(3)]
        right = caller.get("/api/v1/ho", headers={"X-Api-Key": KEY})
    assert [answer.status_code for answer in (*wrong, right)] == [401, 401, 401, 200]


def test_no_value_reaches_the_log(client: httpx.Client, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    row = client.get("/api/v1/cong-dan", params={"limit": 1}).json()["du_lieu"][0]
    client.get("/api/v1/cong-dan", params={"cursor": row["ma_cd"]})
    # The test's own client logs what it sends; the server must not.
    logged = [r.getMessage() for r in caplog.records if not r.name.startswith("http")]
    telling = [row[name] for name in ("ma_cd", "so_dinh_danh", "ho_ten", "ngay_sinh") if row[name]]

    assert [value for value in telling if any(value in line for line in logged)] == []
    assert len(telling) > 2


def test_a_server_without_a_key_does_not_start(database: str) -> None:
    with pytest.raises(ValueError, match="needs an API key"):
        make_app(database, "")
