"""From rows to what the page says: bands, freshness, sums. No database, no HTML."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal

from warehouse.overview import (
    AlertRow,
    CriterionRow,
    OverviewRows,
    QuarantineRow,
    StreamRow,
    WaitingRow,
)

CRITERIA: Final = ("dung", "du", "sach", "song", "thong_nhat")
Band = Literal["good", "fair", "poor", "none"]
Freshness = Literal["on_time", "late", "never"]
GOOD_PERCENT: Final = 90.0
FAIR_PERCENT: Final = 75.0


@dataclass(frozen=True)
class Score:
    """A percentage and its band; None where nothing was measured."""

    percent: float | None

    @property
    def band(self) -> Band:
        """Good from 90, fair from 75 (letter 4856/BCA-TTDLQG, annex 3)."""
        if self.percent is None:
            return "none"
        if self.percent >= GOOD_PERCENT:
            return "good"
        return "fair" if self.percent >= FAIR_PERCENT else "poor"


@dataclass(frozen=True)
class QualityLine:
    """The five criteria, and the share of records that pass every rule."""

    criteria: Mapping[str, Score]
    every_rule: Score


@dataclass(frozen=True)
class StreamView:
    """One dataset."""

    row: StreamRow
    freshness: Freshness
    age: timedelta | None
    balanced: bool
    quality: QualityLine


@dataclass(frozen=True)
class SourceView:
    """One source with its datasets."""

    name: str
    title: str
    freshness: Freshness
    promise: timedelta
    rows: int
    quarantined: int
    quality: QualityLine
    streams: list[StreamView]


@dataclass(frozen=True)
class Overview:
    """The page."""

    read_at: datetime
    sources: list[SourceView]
    quarantine: list[QuarantineRow]
    waiting: list[WaitingRow]
    alerts: list[AlertRow]
    every_rule: Score

    @property
    def on_time(self) -> int:
        """How many sources keep their promise."""
        return sum(source.freshness == "on_time" for source in self.sources)

    @property
    def quarantined(self) -> int:
        """How many rows are held back."""
        return sum(item.rows for item in self.quarantine)


def make_overview(rows: OverviewRows, titles: Mapping[str, str]) -> Overview:
    """The page from its rows; `titles` are the sources' names as their contracts give them."""
    names = dict.fromkeys(row.source for row in rows.streams)
    return Overview(
        read_at=rows.read_at,
        sources=[_make_source(name, titles.get(name, name), rows) for name in names],
        quarantine=rows.quarantine,
        waiting=rows.waiting,
        alerts=rows.alerts,
        every_rule=_share(rows.streams),
    )


def _make_source(name: str, title: str, rows: OverviewRows) -> SourceView:
    members = [row for row in rows.streams if row.source == name]
    streams = [_make_stream(row, rows) for row in members]
    return SourceView(
        name=name,
        title=title,
        freshness=_worst(stream.freshness for stream in streams),
        promise=min(row.freshness for row in members),
        rows=sum(row.row_count for row in members),
        quarantined=sum(
            item.rows for item in rows.quarantine if item.stream in {row.stream for row in members}
        ),
        quality=_make_quality(members, rows.criteria),
        streams=streams,
    )


def _make_stream(row: StreamRow, rows: OverviewRows) -> StreamView:
    age = rows.read_at - row.as_of if row.as_of else None
    parts = (row.accepted, row.unchanged, row.superseded, row.quarantined)
    return StreamView(
        row=row,
        freshness=_judge_freshness(age, row.freshness),
        age=age,
        balanced=row.read is None or row.read == sum(part or 0 for part in parts),
        quality=_make_quality([row], rows.criteria),
    )


def _judge_freshness(age: timedelta | None, promise: timedelta) -> Freshness:
    if age is None:
        return "never"
    return "on_time" if age <= promise else "late"


def _worst(states: Iterable[Freshness]) -> Freshness:
    order: tuple[Freshness, ...] = ("on_time", "late", "never")
    return max(states, key=order.index)


def _make_quality(members: list[StreamRow], criteria: list[CriterionRow]) -> QualityLine:
    """Weighted from the bottom up: over the rules of these streams, by their weights."""
    names = {row.stream for row in members}
    mine = [row for row in criteria if row.stream in names]
    return QualityLine(
        criteria={name: _index(row for row in mine if row.criterion == name) for name in CRITERIA},
        every_rule=_share(members),
    )


def _index(rows: Iterable[CriterionRow]) -> Score:
    found = list(rows)
    weight = sum(row.weight for row in found)
    return Score(100 * sum(row.weighted for row in found) / weight if weight else None)


def _share(members: list[StreamRow]) -> Score:
    records = sum(row.records or 0 for row in members)
    passing = sum(row.records_passing_all or 0 for row in members)
    return Score(100 * passing / records if records else None)
