"""How many calls a key may make in a minute."""

import math
import threading
import time
from collections.abc import Callable

_WINDOW_SECONDS = 60.0


class MinuteLimit:
    """`per_minute` calls a key from the first one on, then none until a minute is over."""

    def __init__(self, per_minute: int, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._per_minute = per_minute
        self._clock = clock
        self._lock = threading.Lock()
        self._windows: dict[str, tuple[float, int]] = {}

    def take(self, key: str) -> int:
        """0 when the call may go on, otherwise the whole seconds to wait."""
        now = self._clock()
        with self._lock:
            start, used = self._windows.get(key, (now, 0))
            if now - start >= _WINDOW_SECONDS:
                start, used = now, 0
            if used >= self._per_minute:
                return max(1, math.ceil(start + _WINDOW_SECONDS - now))
            self._windows[key] = (start, used + 1)
        return 0
