"""The proxy does what its toxics say: a fault that never fires would prove nothing."""

import socket
import threading
import time
from collections.abc import Iterator

import pytest
from faults.proxy import (
    Bandwidth,
    Latency,
    LimitData,
    Proxy,
    ResetPeer,
    Slicer,
    SlowClose,
    Timeout,
    Toxic,
    proxying,
)

ANSWER = bytes(range(256)) * 40


@pytest.fixture
def server() -> Iterator[str]:
    """Says the same to whoever asks, then closes."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                caller, _ = listener.accept()
            except OSError:
                return
            with caller:
                caller.recv(100)
                caller.sendall(ANSWER)

    thread = threading.Thread(target=serve)
    thread.start()
    yield f"http://127.0.0.1:{listener.getsockname()[1]}/"
    listener.shutdown(socket.SHUT_RDWR)
    listener.close()
    thread.join()


@pytest.fixture
def proxy(server: str) -> Iterator[Proxy]:
    with proxying(server) as made:
        yield made


def ask(proxy: Proxy, words: bytes = b"ask", seconds: float = 5.0) -> bytes:
    """What comes back until the connection ends."""
    with socket.create_connection(("127.0.0.1", proxy.port), timeout=seconds) as caller:
        caller.sendall(words)
        found = b""
        while part := caller.recv(65536):
            found += part
    return found


def test_without_a_toxic_every_byte_passes(proxy: Proxy) -> None:
    assert ask(proxy) == ANSWER
    assert proxy.connections == 1


@pytest.mark.parametrize(
    ("toxic", "least"),
    [
        (Latency(seconds=0.2), 0.2),
        (Latency(seconds=0.2, jitter=0.1), 0.1),
        (Bandwidth(rate=50_000), 0.2),
        (Slicer(size=1024, seconds=0.02), 0.2),
        (SlowClose(seconds=0.2), 0.2),
    ],
)
def test_a_slow_line_loses_nothing(proxy: Proxy, toxic: Toxic, least: float) -> None:
    proxy.add(toxic)
    started = time.monotonic()
    assert ask(proxy) == ANSWER
    assert time.monotonic() - started >= least
    assert toxic.fired == 1


def test_a_cut_lets_so_many_bytes_through_and_no_more(proxy: Proxy) -> None:
    cut = proxy.add(LimitData(bytes=1000))
    assert ask(proxy) == ANSWER[:1000]
    assert cut.fired == 1


def test_a_reset_is_a_reset_and_hits_as_often_as_told(proxy: Proxy) -> None:
    reset = proxy.add(ResetPeer(times=1))
    with pytest.raises(ConnectionResetError):
        ask(proxy)
    assert ask(proxy) == ANSWER
    assert reset.fired == 1


def test_a_toxic_sleeps_until_the_client_has_said_the_word(proxy: Proxy) -> None:
    reset = proxy.add(ResetPeer(once_sent=b"COMMIT"))
    assert ask(proxy, b"SELECT") == ANSWER
    assert not reset.fired
    with pytest.raises(ConnectionResetError):
        ask(proxy, b"COMMIT")
    assert reset.fired == 1


def test_in_a_black_hole_nothing_comes_until_it_is_gone(proxy: Proxy) -> None:
    hole = proxy.add(Timeout())
    with pytest.raises(TimeoutError):
        ask(proxy, seconds=0.2)
    threading.Timer(0.2, proxy.remove, [hole]).start()
    assert ask(proxy) == ANSWER
    assert hole.fired == 2


def test_down_refuses_and_cuts_until_it_is_up_again(proxy: Proxy) -> None:
    hole = proxy.add(Timeout(times=1))
    threading.Timer(0.2, proxy.down).start()
    with pytest.raises(ConnectionResetError):
        ask(proxy)
    assert hole.fired == 1
    with pytest.raises(ConnectionRefusedError):
        ask(proxy)
    proxy.up()
    assert ask(proxy) == ANSWER
