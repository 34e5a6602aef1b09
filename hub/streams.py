"""Iterators that work while their reader does."""

from collections.abc import Iterable, Iterator
from queue import Full, Queue
from threading import Event, Thread
from typing import Generic, TypeVar

_T = TypeVar("_T")
_WAKE_SECONDS = 0.1


class _End(Generic[_T]):
    """What comes after the last item: the error that ended the work, if one did."""

    def __init__(self, error: BaseException | None = None) -> None:
        self.error = error


def read_ahead(items: Iterable[_T], *, ahead: int = 1) -> Iterator[_T]:
    """The same items in the same order, made by a thread of their own while the reader works.

    At most ``ahead`` items wait, so that memory stays flat. An error comes to the reader in its
    place. A reader that stops early stops the thread before its next item.
    """
    queue: Queue[_T | _End[_T]] = Queue(ahead)
    stopped = Event()

    def put(item: _T | _End[_T]) -> bool:
        while not stopped.is_set():
            try:
                queue.put(item, timeout=_WAKE_SECONDS)
            except Full:
                continue
            return True
        return False

    def work() -> None:
        try:
            for item in items:
                if not put(item):
                    return
        except BaseException as error:
            put(_End(error))
            return
        put(_End())

    thread = Thread(target=work, name="read-ahead", daemon=True)
    thread.start()
    try:
        while not isinstance(item := queue.get(), _End):
            yield item
        if item.error is not None:
            raise item.error
    finally:
        stopped.set()
        thread.join()
