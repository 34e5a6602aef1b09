"""Waits that end: nothing that a source does, or leaves undone, can hold up a run for ever.

A socket's own timeout begins anew with every byte, a statement's lives in a server that may have
vanished, and a driver written in C has neither. So whatever may wait for a source is done by a
thread of its own, and only the one who waits for that thread looks at the clock.
"""

from collections.abc import Callable, Generator
from contextlib import suppress
from queue import SimpleQueue
from threading import Event, Thread
from typing import Any, Final, Generic, TypeVar

_T = TypeVar("_T")
_END: Final = object()


class LateError(Exception):
    """What was waited for did not come in time."""


class Errand(Generic[_T]):
    """Something that a `Hand` was told to do."""

    def __init__(self, call: Callable[[], _T]) -> None:
        self._call = call
        self._done = Event()
        self._error: BaseException | None = None
        self._result: Any = None

    def run(self) -> None:
        """Do it; what comes of it is for whoever waits."""
        try:
            self._result = self._call()
        except BaseException as error:
            self._error = error
        self._done.set()

    def wait(self, seconds: float) -> _T:
        """What came of it.

        Raises:
            LateError: nothing, within so many seconds. It may still go on.
        """
        if not self._done.wait(max(0.0, seconds)):
            raise LateError
        if self._error is not None:
            raise self._error
        result: _T = self._result
        return result


class Hand:
    """A thread that does one errand after another, in the order in which it was told to.

    One that is stuck is left where it is and another is hired. It ends with the process at last.
    """

    def __init__(self, name: str) -> None:
        self._errands: SimpleQueue[Errand[Any] | None] = SimpleQueue()
        Thread(target=self._work, name=name, daemon=True).start()

    def tell(self, call: Callable[[], _T]) -> Errand[_T]:
        """Have something done; `Errand.wait` gives what came of it."""
        errand = Errand(call)
        self._errands.put(errand)
        return errand

    def dismiss(self) -> None:
        """Let it go once it has done what it was told."""
        self._errands.put(None)

    def _work(self) -> None:
        while (errand := self._errands.get()) is not None:
            errand.run()


def in_time(items: Generator[_T], seconds_left: Callable[[], float]) -> Generator[_T]:
    """The same items, each waited for as long as ``seconds_left()`` says when it is asked for.

    ``items`` works only while one is asked for, closes when this closes, and all in one thread.

    Raises:
        LateError: an item did not come in time; ``items`` is left behind, to close by itself.
    """
    hand = Hand("source")
    try:
        while (item := hand.tell(lambda: next(items, _END)).wait(seconds_left())) is not _END:
            yield item  # type: ignore[misc]
    except LateError:
        hand.tell(items.close)  # should it ever come back, it tidies up after itself
        raise
    except BaseException:
        with suppress(LateError):
            hand.tell(items.close).wait(seconds_left())
        raise
    finally:
        hand.dismiss()


def do_in_time(call: Callable[[], _T], seconds: float) -> _T:
    """What comes of a call, if it comes within so many seconds.

    Raises:
        LateError: it did not; the call is left behind as it is.
    """
    hand = Hand("source")
    try:
        return hand.tell(call).wait(seconds)
    finally:
        hand.dismiss()
