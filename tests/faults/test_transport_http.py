"""F1-F5 and F9 of an HTTP source: the real client, a real server, and a bad line between them.

What a page says wrongly (F4, F6, F8) is proven in `tests/connectors/test_http.py`; what this table
adds is in `tests/faults/README.md`.
"""

import datetime as dt
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import psutil
import pytest
import trustme
from faults.api import KEY, Answer, Api, serving
from faults.proxy import LimitData, Proxy, ResetPeer, Slicer, Timeout, Toxic, proxying
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors import http_client
from connectors.http_client import HttpClient, connect
from connectors.options import HttpOptions
from hub.errors import SourceUnavailableError

PAGE = {"rows": [{"ma": n, "ten": f"Nguyễn Văn {n}"} for n in range(2000)], "next": None}
PATHS = {"path": "p", "records": "rows", "nextCursor": "next", "asOf": "now"}


def options(**other: Any) -> HttpOptions:
    words = {"cursorParam": "c", "limitParam": "n", "keyHeader": "X-Api-Key"}
    return HttpOptions.model_validate({**PATHS, **words, **other})


@contextmanager
def asking(url: str, **other: Any) -> Iterator[HttpClient]:
    with connect("demo", options(**other), url) as client:
        yield client


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """What the client waited between two tries; it does not really wait here."""
    found: list[float] = []
    clock = SimpleNamespace(monotonic=time.monotonic, sleep=found.append)
    monkeypatch.setattr(http_client, "time", clock)
    return found


@pytest.fixture
def api() -> Iterator[Api]:
    with serving(Api(lambda path: Answer(PAGE))) as started:
        yield started


@pytest.fixture
def proxy(api: Api) -> Iterator[Proxy]:
    with proxying(api.url) as made:
        yield made


def test_f1_a_source_that_is_down_is_asked_five_times_with_growing_pauses(
    proxy: Proxy, api: Api, pauses: list[float]
) -> None:
    proxy.down()
    with (
        asking(proxy.url) as client,
        pytest.raises(SourceUnavailableError, match=r"5 requests in a row .* ConnectError") as end,
    ):
        client.get("p", {})
    assert end.value.failures == 5
    assert api.paths == []
    expected = [http_client.BACKOFF_SECONDS * 2**n for n in (1, 2, 3, 4)]
    assert all(most / 2 <= pause <= most for pause, most in zip(pauses, expected, strict=True))


def test_f1_a_source_that_comes_up_again_is_read(proxy: Proxy, pauses: list[float]) -> None:
    proxy.down()
    original = pauses.append

    def come_up_after_two(seconds: float) -> None:
        original(seconds)
        if len(pauses) == 2:
            proxy.up()

    http_client.time.sleep = come_up_after_two  # type: ignore[assignment]
    with asking(proxy.url) as client:
        assert client.get("p", {}) == PAGE
    assert len(pauses) == 2


@pytest.mark.parametrize("chunked", [False, True])
def test_f2_a_page_cut_anywhere_is_dropped_whole_and_asked_for_again(chunked: bool) -> None:
    with serving(Api(lambda path: Answer(PAGE, chunked=chunked))) as api:

        @settings(max_examples=25, deadline=None, derandomize=True)
        @given(st.integers(0, 60_000), st.booleans())
        def cut(size: int, by_reset: bool) -> None:
            with proxying(api.url) as proxy, asking(proxy.url) as client:
                ends = ResetPeer(after_bytes=size, times=1) if by_reset else None
                toxic = proxy.add(ends or LimitData(bytes=size, times=1))
                assert client.get("p", {}) == PAGE
                assert toxic.fired == 1
                assert proxy.connections == 2

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(http_client, "BACKOFF_SECONDS", 0.0)
            cut()


SILENCES: list[tuple[str, Callable[[], Toxic]]] = [
    ("headers that never come", lambda: Timeout()),
    ("headers byte by byte", lambda: Slicer(size=1, seconds=0.05)),
    ("a body byte by byte", lambda: Slicer(size=1, seconds=0.05, after_bytes=16_384)),
    ("a body that stops", lambda: Timeout(after_bytes=16_384)),
    ("a question that is not taken", lambda: Timeout(direction="upstream")),
]


@pytest.mark.parametrize(("name", "toxic"), SILENCES, ids=[name for name, _ in SILENCES])
def test_f3_every_wait_ends_at_the_page_deadline_and_the_line_is_let_go(
    name: str, toxic: Callable[[], Toxic], proxy: Proxy, pauses: list[float]
) -> None:
    fault = proxy.add(toxic())
    started = time.monotonic()
    with (
        asking(proxy.url, pageSeconds=0.6) as client,
        pytest.raises(SourceUnavailableError, match="5 requests in a row"),
    ):
        client.get("p", {})
    assert 3 <= time.monotonic() - started < 20
    assert fault.fired
    wait_for(lambda: not lines_to(proxy.port))


def test_f3_a_line_that_is_made_too_late_is_let_go_all_the_same(
    proxy: Proxy, pauses: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The deadline comes while the connection is being made; its answer would never end."""
    make, made = socket.create_connection, threading.Event()

    def make_slowly(*words: Any, **more: Any) -> socket.socket:
        if words[0][1] != proxy.port:
            return make(*words, **more)
        time.sleep(0.4)
        found = make(*words, **more)
        made.set()
        return found

    monkeypatch.setattr(socket, "create_connection", make_slowly)
    proxy.add(Slicer(size=1, seconds=0.05))
    with asking(proxy.url, pageSeconds=0.1, runSeconds=0.2) as client:
        with pytest.raises(SourceUnavailableError):
            client.get("p", {})
        assert made.wait(30)
    wait_for(lambda: not lines_to(proxy.port))


def test_f3_a_tls_handshake_that_stops_ends_too(pauses: list[float]) -> None:
    hole = Api(lambda path: Answer(PAGE))
    with serving(hole) as api, proxying(api.url.replace("http:", "https:")) as proxy:
        fault = proxy.add(Timeout())
        started = time.monotonic()
        with (
            asking(proxy.url, pageSeconds=0.6) as client,
            pytest.raises(SourceUnavailableError, match="5 requests in a row"),
        ):
            client.get("p", {})
        assert time.monotonic() - started < 20
        assert fault.fired


def test_f3_the_whole_read_has_a_deadline_that_no_retry_outlives(proxy: Proxy) -> None:
    fault = proxy.add(Timeout())
    started = time.monotonic()
    with (
        asking(proxy.url, pageSeconds=2, runSeconds=4) as client,
        pytest.raises(SourceUnavailableError, match="deadline"),
    ):
        client.get("p", {})
    assert time.monotonic() - started < 20
    assert fault.fired


def refusing(first: Answer) -> Api:
    """Answers so once, and well from then on."""
    answers = [first]
    return Api(lambda path: answers.pop() if answers else Answer(PAGE))


NOW = "Sun, 22 Nov 2020 03:00:00 GMT"
IN_HALF_A_MINUTE = "Sun, 22 Nov 2020 03:00:30 GMT"


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize(
    ("headers", "least", "most"),
    [
        ({"Retry-After": "7"}, 7, 7),
        ({"Retry-After": "0"}, 0, 0),
        ({"Retry-After": IN_HALF_A_MINUTE, "Date": NOW}, 30, 30),
        ({"Retry-After": IN_HALF_A_MINUTE}, 0, 0),
        ({"Retry-After": "²"}, 0.5, 1),
        ({"Retry-After": "soon"}, 0.5, 1),
        ({"Retry-After": "Sun, 01 Jan 2023 00:00:00 -0000"}, 0, 0),
        ({}, 0.5, 1),
    ],
)
def test_f5_the_source_says_how_long_to_wait(
    status: int, headers: dict[str, str], least: float, most: float, pauses: list[float]
) -> None:
    with serving(refusing(Answer("", status, headers))) as api, asking(api.url) as client:
        assert client.get("p", {}) == PAGE
    assert len(pauses) == 1
    assert least <= pauses[0] <= most
    assert len(api.paths) == 2


def test_f5_a_wait_beyond_the_run_s_deadline_is_not_begun(pauses: list[float]) -> None:
    storm = Api(lambda path: Answer("", 429, {"Retry-After": "1900"}))
    with (
        serving(storm) as api,
        asking(api.url) as client,
        pytest.raises(SourceUnavailableError, match="after the deadline of 1800 s") as end,
    ):
        client.get("p", {})
    assert (pauses, len(api.paths), end.value.failures) == ([], 1, 1)


def test_f5_a_page_is_asked_for_ahead_and_never_two_at_once() -> None:
    def slowly(path: str) -> Answer:
        time.sleep(0.02)
        return Answer({"page": path})

    with serving(Api(slowly)) as api, asking(api.url) as client:
        client.get_ahead("p", {"c": "0"})
        found = []
        for number in range(10):
            page = client.get("p", {"c": str(number)})
            client.get_ahead("p", {"c": str(number + 1)})
            found.append(page["page"])
    assert found == [f"/api/p?c={number}" for number in range(10)]
    assert api.most_at_once == 1


def test_f5_a_page_that_nobody_wants_any_more_is_waited_for_and_dropped() -> None:
    def slowly(path: str) -> Answer:
        time.sleep(0.05)
        return Answer({"page": path})

    with serving(Api(slowly)) as api, asking(api.url) as client:
        client.get_ahead("p", {"c": "1"})
        assert client.get("other", {}) == {"page": "/api/other"}
    assert (api.paths, api.most_at_once) == (["/api/p?c=1", "/api/other"], 1)


def test_f5_a_page_that_failed_ahead_is_tried_again_when_it_is_wanted(
    pauses: list[float],
) -> None:
    with serving(refusing(Answer("", 503))) as api, asking(api.url) as client:
        client.get_ahead("p", {})
        assert client.get("p", {}) == PAGE
    assert (len(pauses), len(api.paths)) == (1, 2)


@pytest.fixture
def authority(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> trustme.CA:
    """A certificate authority that this process trusts."""
    made = trustme.CA()
    made.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
    return made


def server_context(issued: trustme.LeafCert) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    issued.configure_cert(context)
    return context


def test_f9_a_good_certificate_is_accepted(authority: trustme.CA) -> None:
    context = server_context(authority.issue_cert("127.0.0.1"))
    with serving(Api(lambda path: Answer(PAGE)), context) as api, asking(api.url) as client:
        assert client.get("p", {}) == PAGE
    assert api.keys == [KEY]


BAD_CERTIFICATES: list[tuple[str, Callable[[trustme.CA], trustme.LeafCert], str]] = [
    (
        "expired",
        lambda ca: ca.issue_cert("127.0.0.1", not_after=dt.datetime(2024, 1, 1, tzinfo=dt.UTC)),
        "certificate has expired",
    ),
    ("of another host", lambda ca: ca.issue_cert("other.example"), "mismatch"),
    ("of an unknown authority", lambda ca: trustme.CA().issue_cert("127.0.0.1"), "issuer"),
]


@pytest.mark.parametrize(("name", "issue", "words"), BAD_CERTIFICATES)
def test_f9_a_certificate_that_is_not_good_is_refused_at_once_and_gets_no_key(
    name: str,
    issue: Callable[[trustme.CA], trustme.LeafCert],
    words: str,
    authority: trustme.CA,
    pauses: list[float],
) -> None:
    context = server_context(issue(authority))
    with (
        serving(Api(lambda path: Answer(PAGE)), context) as api,
        proxying(api.url) as proxy,
        asking(proxy.url) as client,
        pytest.raises(SourceUnavailableError, match=f"its certificate is refused .*{words}"),
    ):
        client.get("p", {})
    assert proxy.connections == 1  # the fault fired, and nothing was tried again
    assert (api.paths, pauses) == ([], [])


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_f9_nobody_is_followed_to_another_host_or_out_of_tls(
    status: int, authority: trustme.CA
) -> None:
    context = server_context(authority.issue_cert("127.0.0.1"))
    with serving(Api(lambda path: Answer(PAGE))) as elsewhere:
        away = Answer("", status, {"Location": elsewhere.url.replace(f"key:{KEY}@", "")})
        with (
            serving(Api(lambda path: away), context) as api,
            asking(api.url) as client,
            pytest.raises(SourceUnavailableError, match=f"elsewhere .status {status}.") as end,
        ):
            client.get("p", {})
    assert (len(api.paths), elsewhere.paths, elsewhere.keys) == (1, [], [])
    assert KEY not in str(end.value)


def lines_to(port: int) -> list[Any]:
    """The connections that this process keeps open to a port."""
    found = psutil.Process().net_connections("tcp4")
    return [
        line
        for line in found
        if line.raddr and line.raddr.port == port and line.status == "ESTABLISHED"
    ]


def wait_for(condition: Callable[[], bool], seconds: float = 30.0) -> None:
    """Let threads come to rest."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not come about in time"
        time.sleep(0.01)
