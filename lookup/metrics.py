"""Counters for Prometheus: routes, statuses, problem codes and durations; nobody's data."""

from bisect import bisect_left
from collections import Counter
from threading import Lock

_SECONDS = (0.005, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0)


class Metrics:
    """The counts of one process, in the Prometheus text format 0.0.4."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._requests: Counter[tuple[str, str, int]] = Counter()
        self._problems: Counter[str] = Counter()
        self._buckets: Counter[tuple[str, int]] = Counter()
        self._seconds: Counter[str] = Counter()

    def count_request(self, method: str, route: str, *, status: int, seconds: float) -> None:
        """One answer; `route` is the template, never the path that was called."""
        with self._lock:
            self._requests[method, route, status] += 1
            self._buckets[route, bisect_left(_SECONDS, seconds)] += 1
            self._seconds[route] += seconds  # type: ignore[assignment]  # a Counter may hold floats

    def count_problem(self, code: str) -> None:
        """One error answer, by its code."""
        with self._lock:
            self._problems[code] += 1

    def render(self) -> str:
        """All counts."""
        with self._lock:
            lines = ["# TYPE motlan_lookup_requests_total counter"]
            for (method, route, status), count in sorted(self._requests.items()):
                labels = f'method="{method}",route="{route}",status="{status}"'
                lines.append(f"motlan_lookup_requests_total{{{labels}}} {count}")
            lines.append("# TYPE motlan_lookup_problems_total counter")
            for code, count in sorted(self._problems.items()):
                lines.append(f'motlan_lookup_problems_total{{code="{code}"}} {count}')
            lines.append("# TYPE motlan_lookup_request_seconds histogram")
            for route in sorted(self._seconds):
                lines.extend(self._histogram(route))
        return "\n".join(lines) + "\n"

    def _histogram(self, route: str) -> list[str]:
        name, label, lines, total = "motlan_lookup_request_seconds", f'route="{route}"', [], 0
        for place, bound in enumerate((*map(str, _SECONDS), "+Inf")):
            total += self._buckets[route, place]
            lines.append(f'{name}_bucket{{{label},le="{bound}"}} {total}')
        lines.append(f"{name}_sum{{{label}}} {self._seconds[route]:.6f}")
        lines.append(f"{name}_count{{{label}}} {total}")
        return lines
