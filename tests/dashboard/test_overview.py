"""The overview tells an auditor what is late, held back and weak, and never a colour alone."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from dashboard.overview import Score
from dashboard.words import WORDS, Words
from hub.alerts import KINDS


def text_of(html: str) -> str:
    """What a reader sees, without tags and runs of blanks."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html))


def test_the_page_says_what_stands_in_the_ledger(filled: Any, page: Any) -> None:
    seen = text_of(page.get("/").text)
    assert "Cơ sở dữ liệu dân cư" in seen
    assert "1/2 nguồn đúng hạn" in seen
    assert "84,9 % bản ghi đạt mọi quy tắc" in seen
    assert "7 dòng đang cách ly" in seen
    assert "1 lô chờ xử lý" in seen
    assert "2.000 1.950 40 3 7 khớp" in seen
    assert "(2 giờ 5 phút)" in seen
    assert "PIN-5 population.person 7 RULE_FAILED population-data-desk" in seen
    assert "two stewards must release it" in seen
    assert "Chưa đồng bộ" in seen


def test_bands_are_words_and_an_index_is_never_rounded_up(filled: Any, page: Any) -> None:
    seen = text_of(page.get("/").text)
    assert "97,3 tốt 99,9 tốt 89,9 cần chú ý 74,5 yếu 100,0 tốt" in seen


@pytest.mark.parametrize(("asked", "back"), [("?lang=en", "/?lang=en"), ("", "/")])
def test_a_missing_page_leads_back_in_the_same_language(page: Any, asked: str, back: str) -> None:
    html = page.get(f"/nowhere{asked}").text
    assert re.search(r'<p><a href="([^"]*)">', html)[1] == back  # type: ignore[index]


def test_english_is_one_link_away(filled: Any, page: Any) -> None:
    html = page.get("/?lang=en").text
    assert '<html lang="en">' in html
    seen = text_of(html)
    assert "1/2 sources within their promise" in seen
    assert "97.3 good 99.9 good 89.9 watch 74.5 poor 100.0 good" in seen
    assert '<html lang="vi">' in page.get("/?lang=<script>").text


def test_the_page_is_light_and_loads_nothing_from_elsewhere(filled: Any, page: Any) -> None:
    answer = page.get("/")
    style = page.get("/static/motlan.css")
    assert len(answer.content) + len(style.content) < 100_000
    assert "script" not in answer.text
    assert " style=" not in answer.text
    assert not re.findall(r"(?:src|href)=\"(?:https?:)?//", answer.text)
    assert "url(" not in style.text
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert answer.headers["cache-control"] == "no-store"


def test_an_empty_warehouse_says_what_to_do(page: Any) -> None:
    assert "motlan sync population" in text_of(page.get("/").text)


@pytest.mark.parametrize("language", ["vi", "en"])
def test_a_warehouse_that_is_down_gives_a_page_and_no_trace(
    page: Any, monkeypatch: pytest.MonkeyPatch, language: str
) -> None:
    monkeypatch.setenv(
        "MOTLAN_WAREHOUSE_URL_AUDITOR", "postgresql://motlan_auditor:secret@127.0.0.1:1/none"
    )
    answer = page.get("/", params={"lang": language})
    assert answer.status_code == 503
    assert "motlan up" in answer.text
    for word in ("Traceback", "psycopg", "secret", "motlan_auditor"):
        assert word not in answer.text
    assert page.get("/healthz").json() == {"status": "ok"}


def test_an_older_schema_gives_the_page_too(ledger: Any, page: Any) -> None:
    ledger.run("ALTER TABLE sync.stream DROP COLUMN as_of CASCADE")
    assert page.get("/").status_code == 503


def test_an_unknown_address_answers_in_words(page: Any) -> None:
    answer = page.get("/nowhere")
    assert answer.status_code == 404
    assert "Không có trang này" in answer.text
    assert page.get("/static/../app.py").status_code == 404


def test_the_auditor_reads_no_person(warehouse: Any) -> None:
    import psycopg

    for table in ("golden.person", "standard.population__person", "lookup.request"):
        with warehouse.connect("auditor") as connection, pytest.raises(psycopg.Error) as refused:
            connection.execute(f"SELECT * FROM {table}")
        assert refused.value.sqlstate in {"42501", "42P01"}


@pytest.mark.parametrize(
    ("percent", "band"),
    [(100, "good"), (90, "good"), (89.999, "fair"), (75, "fair"), (74.999, "poor"), (0, "poor")],
)
def test_the_bands_begin_where_the_letter_says(percent: float, band: str) -> None:
    assert Score(percent).band == band
    assert Score(None).band == "none"


@pytest.mark.parametrize(
    ("span", "said"),
    [
        (timedelta(minutes=59), "59 phút"),
        (timedelta(hours=26), "1 ngày 2 giờ"),
        (timedelta(days=2, minutes=3), "2 ngày 3 phút"),
        (timedelta(seconds=-5), "0 phút"),
    ],
)
def test_spans_are_said_in_two_units(span: timedelta, said: str) -> None:
    assert Words("vi").span(span) == said


def test_times_are_the_provinces() -> None:
    moment = datetime(2026, 11, 21, 20, 30, tzinfo=UTC)
    assert Words("vi").time(moment) == "03:30 22/11/2026"
    assert Words("en").time(moment) == "2026-11-22 03:30"


def test_every_word_is_there_in_both_languages() -> None:
    assert all(words["vi"] and words["en"] for words in WORDS.values())


def test_an_open_alert_says_what_happened_and_what_to_do(filled: Any, page: Any) -> None:
    assert "Không có cảnh báo nào đang mở." in text_of(page.get("/").text)
    for kind in KINDS:
        filled.run(
            "INSERT INTO sync.alert (kind, source, what, todo)"
            " VALUES (%s, 'population', 'It is <late>.', 'Ask why.')",
            kind,
        )
    filled.run("UPDATE sync.alert SET closed_at = now() WHERE kind = 'late'")
    seen = text_of(page.get("/?lang=en").text)
    assert seen.count("It is &lt;late&gt;. Ask why.") == len(KINDS) - 1
    assert "population Brake It is" in seen
    assert "population Late It is" not in seen
