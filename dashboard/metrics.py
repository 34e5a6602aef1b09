"""The pipeline's figures for Prometheus, read from the ledger when it asks; nobody's data.

Labels are streams, sources, steps, states and kinds: words of the contracts and of the code, whose
number no citizen and no caller can raise.
"""

from collections.abc import Iterable, Iterator

from prometheus_client import CollectorRegistry
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    Metric,
    SummaryMetricFamily,
)
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.registry import Collector

from hub.alerts import KINDS
from warehouse.metrics import CircuitFigures, Figures, StepFigures, StreamFigures, read_figures

MEDIA_TYPE = CONTENT_TYPE_LATEST
STATES = ("landing", "landed", "staged", "judged", "published", "parked", "overtaken")
_BY_STREAM = ("source", "stream")


def render_metrics() -> bytes:
    """All figures in Prometheus' text format.

    Raises:
        MotlanError: the warehouse does not answer; a scrape that fails is itself a signal.
    """
    registry = CollectorRegistry()
    registry.register(_Read(read_figures()))
    return generate_latest(registry)


class _Read(Collector):
    """Figures that were read for one scrape."""

    def __init__(self, figures: Figures) -> None:
        self._figures = figures

    def collect(self) -> Iterable[Metric]:
        """Every metric, once."""
        yield from _count_rows(self._figures.streams)
        yield from _tell_streams(self._figures.streams)
        yield _tell_states(self._figures.streams)
        yield from _tell_steps(self._figures)
        yield from _tell_circuits(self._figures.circuits)
        yield _tell_alerts(self._figures)


def _count_rows(streams: list[StreamFigures]) -> Iterator[Metric]:
    rows_read = CounterMetricFamily(
        "motlan_read_rows",
        "Rows read from the source, over all published batches.",
        labels=_BY_STREAM,
    )
    became = CounterMetricFamily(
        "motlan_rows",
        "What became of the rows read: the outcomes add up to motlan_read_rows_total.",
        labels=(*_BY_STREAM, "outcome"),
    )
    ended = CounterMetricFamily(
        "motlan_ended_rows",
        "Rows that left the register: by tombstone, or gone from a complete snapshot.",
        labels=_BY_STREAM,
    )
    batches = CounterMetricFamily(
        "motlan_published_batches", "Batches that were published.", labels=_BY_STREAM
    )
    for row in streams:
        name = (row.source, row.stream)
        rows_read.add_metric(name, row.rows_read)
        for outcome in ("accepted", "unchanged", "superseded", "quarantined"):
            became.add_metric((*name, outcome), getattr(row, outcome))
        ended.add_metric(name, row.ended)
        batches.add_metric(name, row.batches)
    yield from (rows_read, became, ended, batches)


_GAUGES = (
    ("motlan_register_rows", "Rows published now.", "rows_held"),
    (
        "motlan_last_publish_timestamp_seconds",
        "When a batch of the stream was published last, in seconds since 1970.",
        "published_at",
    ),
    (
        "motlan_as_of_age_seconds",
        "How long ago the time at the source is of which the published rows speak.",
        "as_of_age",
    ),
    (
        "motlan_freshness_promise_seconds",
        "How old the published rows may be by the contract.",
        "promise",
    ),
    ("motlan_open_quarantine_rows", "Rows that wait in quarantine.", "open_quarantine"),
    ("motlan_parked_batches", "Batches that wait for a person.", "parked"),
)


def _tell_streams(streams: list[StreamFigures]) -> Iterator[Metric]:
    for name, says, figure in _GAUGES:
        gauge = GaugeMetricFamily(name, says, labels=_BY_STREAM)
        for row in streams:
            value = getattr(row, figure)
            if value is not None:
                gauge.add_metric((row.source, row.stream), value)
        yield gauge


def _tell_states(streams: list[StreamFigures]) -> Metric:
    gauge = GaugeMetricFamily(
        "motlan_last_batch_state",
        "1 for the state of the stream's last batch, 0 for the others.",
        labels=(*_BY_STREAM, "state"),
    )
    for row in streams:
        for state in STATES:
            gauge.add_metric((row.source, row.stream, state), float(row.last_state == state))
    return gauge


def _tell_steps(figures: Figures) -> Iterator[Metric]:
    sources = {row.stream: row.source for row in figures.streams}
    labels = (*_BY_STREAM, "step")
    seconds = SummaryMetricFamily(
        "motlan_step_seconds", "Seconds of each step of a run that came to its end.", labels=labels
    )
    moved = CounterMetricFamily("motlan_step_rows", "Rows that a step moved.", labels=labels)
    last = GaugeMetricFamily(
        "motlan_last_step_seconds",
        "Seconds of a step in the last run that had it, its parts together.",
        labels=labels,
    )

    def named(row: StepFigures) -> tuple[str, str, str]:
        return (sources.get(row.stream, row.stream.partition(".")[0]), row.stream, row.step)

    for row in figures.steps:
        seconds.add_metric(named(row), count_value=row.times, sum_value=row.seconds)
        moved.add_metric(named(row), row.rows)
        if row.last_seconds is not None:
            last.add_metric(named(row), row.last_seconds)
    yield from (seconds, moved, last)


def _tell_circuits(circuits: list[CircuitFigures]) -> Iterator[Metric]:
    is_open = GaugeMetricFamily(
        "motlan_circuit_open",
        "1 while a source is left alone because it failed too often.",
        labels=("source",),
    )
    failures = GaugeMetricFamily(
        "motlan_circuit_failures", "Failures of a source in a row.", labels=("source",)
    )
    for row in circuits:
        is_open.add_metric((row.source,), float(row.open))
        failures.add_metric((row.source,), row.failures)
    yield from (is_open, failures)


def _tell_alerts(figures: Figures) -> Metric:
    """Every kind for every source, so that a rule over it sees a zero before the first alert."""
    gauge = GaugeMetricFamily(
        "motlan_open_alerts", "Alerts whose cause is still there.", labels=("source", "kind")
    )
    found = {(row.source, row.kind): row.alerts for row in figures.alerts}
    sources = {row.source for row in figures.streams} | {source for source, _ in found}
    for source in sorted(sources):
        for kind in KINDS:
            gauge.add_metric((source, kind), found.get((source, kind), 0))
    return gauge
