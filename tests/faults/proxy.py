"""A TCP proxy that does to a connection what networks do; it speaks toxiproxy's words.

    with proxying(database_url) as proxy:
        cut = proxy.add(LimitData(bytes=10_000))
        ... read through proxy.url ...
        assert cut.fired

It stands before anything that speaks TCP: an HTTP API, a source's PostgreSQL, the warehouse's.
A toxic works on one direction (``downstream`` is what the server sends), on connections that are
open already too, and counts in ``fired`` the connections that it has hit. ``after_bytes`` lets so
much of its direction pass first; ``once_sent`` makes it sleep until the client has sent these
bytes (``b"COMMIT"``); ``times`` is how many connections it may hit. `down` refuses and cuts
everything until `up`. Seconds and bytes throughout.
"""

import random
import socket
import struct
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Literal, TypeVar
from urllib.parse import urlsplit, urlunsplit

Direction = Literal["downstream", "upstream"]
T = TypeVar("T", bound="Toxic")
_BLOCK = 2**14


class _CutError(Exception):
    """The connection ends here: in order, or by a reset."""

    def __init__(self, *, reset: bool = False) -> None:
        super().__init__()
        self.reset = reset


@dataclass(kw_only=True, eq=False)
class Toxic:
    """What happens to the bytes of one direction."""

    direction: Direction = "downstream"
    after_bytes: int = 0
    once_sent: bytes = b""
    times: int | None = None
    hit: set[int] = field(default_factory=set, repr=False)
    removed: threading.Event = field(default_factory=threading.Event, repr=False)

    @property
    def fired(self) -> int:
        """How many connections it has hit."""
        return len(self.hit)

    def meets(self, link: "Link", direction: Direction) -> bool:
        """Whether these bytes are its own; counts the connection."""
        if direction != self.direction or self.removed.is_set():
            return False
        if self.once_sent and self.once_sent not in link.sent:
            return False
        if link.passed[direction] < self.after_bytes:
            return False
        if id(link) not in self.hit and self.times is not None and self.fired >= self.times:
            return False
        self.hit.add(id(link))
        return True

    def change(self, data: bytes, link: "Link") -> Iterator[bytes]:
        """The bytes as they go on, each part when its time has come."""
        yield data


@dataclass(kw_only=True, eq=False)
class Latency(Toxic):
    """Every part comes later, by ``seconds`` and up to ``jitter`` more or less."""

    seconds: float
    jitter: float = 0.0

    def change(self, data: bytes, link: "Link") -> Iterator[bytes]:
        time.sleep(max(0.0, self.seconds + random.uniform(-self.jitter, self.jitter)))
        yield data


@dataclass(kw_only=True, eq=False)
class Bandwidth(Toxic):
    """So many bytes a second and no more."""

    rate: float

    def change(self, data: bytes, link: "Link") -> Iterator[bytes]:
        size = max(1, int(self.rate / 20))
        for at in range(0, len(data), size):
            part = data[at : at + size]
            if self.removed.wait(len(part) / self.rate) or link.ended:
                yield data[at:]
                return
            yield part


@dataclass(kw_only=True, eq=False)
class Slicer(Toxic):
    """Parts of ``size`` bytes, ``seconds`` apart."""

    size: int = 1
    seconds: float = 0.0

    def change(self, data: bytes, link: "Link") -> Iterator[bytes]:
        for at in range(0, len(data), self.size):
            if link.ended:
                return
            time.sleep(self.seconds)
            yield data[at : at + self.size]


@dataclass(kw_only=True, eq=False)
class LimitData(Toxic):
    """The connection ends in order once ``bytes`` of the direction have passed."""

    bytes: int

    def change(self, data: bytes, link: "Link") -> Iterator[bytes]:
        left = self.bytes - link.passed[self.direction]
        yield data[: max(0, left)]
        if left <= len(data):
            raise _CutError


@dataclass(kw_only=True, eq=False)
class ResetPeer(Toxic):
    """The connection ends by a reset."""

    def change(self, data: bytes, link: "Link") -> Iterator[bytes]:
        raise _CutError(reset=True)
        yield data


@dataclass(kw_only=True, eq=False)
class Timeout(Toxic):
    """A black hole: the connection stays open and nothing comes, until the toxic is removed."""

    def change(self, data: bytes, link: "Link") -> Iterator[bytes]:
        while not self.removed.wait(0.02):
            if link.ended:
                return
        yield data


@dataclass(kw_only=True, eq=False)
class SlowClose(Toxic):
    """The end of the connection is told ``seconds`` late."""

    seconds: float


class Link:
    """One connection through the proxy: what has passed, and the two sockets."""

    def __init__(self, near: socket.socket, far: socket.socket) -> None:
        self.near, self.far = near, far
        self.passed: dict[Direction, int] = {"downstream": 0, "upstream": 0}
        self.sent = b""
        self.ended = False

    def cut(self, *, reset: bool = False) -> None:
        """End both sides; a pump that waits for one of them wakes up."""
        self.ended = True
        for end in (self.near, self.far):
            with suppress(OSError):
                if reset:  # closed without lingering, a socket tells its peer so by a reset
                    end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                end.shutdown(socket.SHUT_RD if reset else socket.SHUT_RDWR)
            end.close()


def _through(parts: Iterator[bytes], toxic: Toxic, link: Link) -> Iterator[bytes]:
    for part in parts:
        yield from toxic.change(part, link)


class Proxy:
    """A port of this machine behind which the real server stands."""

    def __init__(self, url: str) -> None:
        self._parts = urlsplit(url)
        self._toxics: list[Toxic] = []
        self._links: list[Link] = []
        self._listener: socket.socket | None = None
        self.connections = 0
        self.port = 0
        self.up()

    @property
    def url(self) -> str:
        """The server's URL, by way of the proxy."""
        login = self._parts.netloc.rpartition("@")[0]
        place = f"{login}@127.0.0.1:{self.port}" if login else f"127.0.0.1:{self.port}"
        return urlunsplit(self._parts._replace(netloc=place))

    def add(self, toxic: T) -> T:
        """From now on; gives the toxic back, to be asked whether it fired."""
        self._toxics = [*self._toxics, toxic]
        return toxic

    def remove(self, toxic: Toxic) -> None:
        """No more of it; what it held back goes on."""
        toxic.removed.set()
        self._toxics = [other for other in self._toxics if other is not toxic]

    def up(self) -> None:
        """Let callers in, at the same port as before."""
        listener = socket.create_server(("127.0.0.1", self.port), backlog=64)
        self._listener, self.port = listener, listener.getsockname()[1]
        threading.Thread(target=self._accept, args=(listener,), daemon=True).start()

    def down(self) -> None:
        """Refuse callers, and cut those that are there."""
        if self._listener is not None:
            with suppress(OSError):
                self._listener.shutdown(socket.SHUT_RDWR)  # wakes the thread that accepts
            self._listener.close()
            self._listener = None
        self.cut()

    def cut(self, *, reset: bool = True) -> None:
        """End every connection that is open; new ones are welcome."""
        links, self._links = self._links, []
        for link in links:
            link.cut(reset=reset)

    def _accept(self, listener: socket.socket) -> None:
        while True:
            try:
                near, _ = listener.accept()
            except OSError:
                return
            self.connections += 1
            try:
                far = socket.create_connection((self._parts.hostname, self._parts.port or 443))
            except OSError:
                near.close()
                continue
            link = Link(near, far)
            self._links.append(link)
            for direction in ("downstream", "upstream"):
                threading.Thread(target=self._pump, args=(link, direction), daemon=True).start()

    def _pump(self, link: Link, direction: Direction) -> None:
        down = direction == "downstream"
        source, sink = (link.far, link.near) if down else (link.near, link.far)
        try:
            while data := source.recv(_BLOCK):
                link.sent = link.sent if down else (link.sent + data)[-2 * _BLOCK :]
                self._hand_on(data, link, direction, sink)
        except _CutError as error:
            link.cut(reset=error.reset)
        except OSError:
            link.cut()
        for toxic in self._toxics:
            if isinstance(toxic, SlowClose) and toxic.meets(link, direction):
                toxic.removed.wait(toxic.seconds)
        with suppress(OSError):
            sink.shutdown(socket.SHUT_WR)

    def _hand_on(self, data: bytes, link: Link, direction: Direction, sink: socket.socket) -> None:
        parts: Iterator[bytes] = iter((data,))
        for toxic in self._toxics:
            if toxic.meets(link, direction):
                parts = _through(parts, toxic, link)
        for part in parts:
            sink.sendall(part)
            link.passed[direction] += len(part)


@contextmanager
def proxying(url: str) -> Iterator[Proxy]:
    """A proxy before the server of that URL, down again at the end."""
    proxy = Proxy(url)
    try:
        yield proxy
    finally:
        for toxic in list(proxy._toxics):
            proxy.remove(toxic)
        proxy.down()
