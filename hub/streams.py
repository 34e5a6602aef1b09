"""Iterators that work while their reader does."""

from collections.abc import Callable, Generator, Iterable
from queue import Full, Queue
from threading import Event, Thread
from typing import Generic, TypeVar

_T = TypeVar("_T")
_WAKE_SECONDS = 0.1


class _End(Generic[_T]):
    """What comes after the last item: the error that ended the work, if one did."""

    def __init__(self, error: BaseException | None = None) -> None:
        self.error = error


def read_ahead(items: Iterable[_T], *, ahead: int = 1) -> Generator[_T]:
    """The same items in the same order, made by a thread of their own while the reader works.

    At most ``ahead`` items wait, so that memory stays flat. An error comes to the reader in its
    place. A reader that stops early, and closes this, stops the thread before its next item; what
    makes the items is closed too.
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

    thread = Thread(target=_hand_over, args=(items, put), name="read-ahead", daemon=True)
    thread.start()
    try:
        while not isinstance(item := queue.get(), _End):
            yield item
        if item.error is not None:
            raise item.error
    finally:
        stopped.set()
        thread.join()


def _hand_over(items: Iterable[_T], put: Callable[[_T | _End[_T]], bool]) -> None:
    """Make the items one by one until nobody takes them; their end, or error, comes last."""
    source = iter(items)
    try:
        for item in source:
            if not put(item):
                break
    except BaseException as error:
        put(_End(error))
        return
    if isinstance(source, Generator):
        source.close()
    put(_End())
