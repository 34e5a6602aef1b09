"""What the hub must hold, reckoned in plain Python from the rules, to compare the hub with.

The rules are those of the design (its section 3) as the pages for engineers tell them: *the publish
transaction and the fence* (adr 0005), *why is a row in quarantine*, *when a batch is parked*. The
oracle knows no SQL, no chunk, no part and no page. It keeps one register in dictionaries; times are
whole minutes of the source's clock.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final, Literal

ILLEGIBLE: Final = 10**9
"""A version that is there and cannot be read."""
BAD_DAY: Final = "2021-02-30"
REUSED: Final = "VERSION_REUSED"
UNSETTLED: Final = ("landing", "landed", "staged", "judged", "parked")
"""States of a batch that a newer one overtakes by being published."""


@dataclass(frozen=True)
class Row:
    """A row as its owner holds it; ``place`` is the district that keeps it."""

    key: str | None
    plate: str | None
    day: str
    version: int
    gone: bool = False
    place: str = ""

    def said(self) -> tuple[Any, ...]:
        """What the row says; when it was said does not count."""
        return (self.plate, self.day, self.gone)


@dataclass(frozen=True)
class Promise:
    """What the contract says: two equal promises are one contract."""

    shape: Literal["incremental", "snapshot", "drops"]
    proven: bool
    deletes: int
    changes: int
    quarantine: int
    strict: bool
    overlap: int = 15


@dataclass(frozen=True)
class Version:
    """A published version of a record."""

    plate: str | None
    day: str
    version: int
    place: str
    failed: tuple[str, ...]
    valid_from: int
    batch: int


@dataclass(frozen=True)
class Ended:
    """A version that was replaced, or has left the register."""

    key: str
    held: Version
    valid_to: int
    batch: int


@dataclass
class Waiting:
    """A row in quarantine since batch ``first``; without a key it is known by what it says."""

    key: str | None
    rules: tuple[str, ...]
    place: str
    batch: int
    raw: list[Row]
    resolved_by: int | None = None
    first: int = 0

    @property
    def version(self) -> int | None:
        """The newest of its versions that can be read."""
        return max((row.version for row in self.raw if row.version != ILLEGIBLE), default=None)

    def is_same(self, other: "Waiting") -> bool:
        """Whether both are of one key; of rows without a key, whether they say the same."""
        return self.raw == other.raw if self.key is None else self.key == other.key

    def is_newer(self, version: int | None) -> bool:
        """Whether it is known to be newer than that."""
        return self.version is not None and version is not None and self.version > version


@dataclass
class Batch:
    """A batch as the ledger should know it.

    ``swept``: the places that it has read whole; ``buckets``: the keys, of which each is a bucket.
    """

    number: int
    mode: str
    rows: Sequence[Row]
    fence: int
    built_on: int
    promise: Promise
    as_of: int
    cursor: Any
    swept: Sequence[str] | None
    state: str = "landed"
    buckets: frozenset[str] | None = None
    living: int = 0
    counts: tuple[int, int, int, int, int] = (0, 0, 0, 0, 0)
    broken: dict[int, tuple[str, ...]] = field(default_factory=dict)
    causes: tuple[str, ...] = ()
    signed: bool = False

    def is_whole(self, place: str) -> bool:
        """Whether it holds all that the owner has of a place, or of the keys that it read."""
        return self.buckets is not None or place in (self.swept or ())


class Parked(Exception):
    """The batch waits for a person."""

    def __init__(self, *causes: str) -> None:
        super().__init__(", ".join(causes))
        self.causes = causes


class Vain(Exception):
    """A replay that mends nothing."""


class Oracle:
    """The register, its history, quarantine, cursor and ledger, as they must be."""

    def __init__(self) -> None:
        self.register: dict[str, Version] = {}
        self.history: list[Ended] = []
        self.quarantine: list[Waiting] = []
        self.batches: dict[int, Batch] = {}
        self.quality: dict[int, tuple[int, int]] = {}
        self.fence = self.built = 0
        self.cursor: Any = None
        self.as_of: int | None = None

    # What a run reads ---------------------------------------------------------------------------

    def reads(self, rows: Sequence[Row], promise: Promise, *, full: bool) -> list[Row]:
        """The rows of a table that a run must read: all, or those as new as cursor less overlap."""
        if full or not self.built or promise.shape == "snapshot" or self.cursor is None:
            return list(rows)
        return [row for row in rows if row.version >= self.cursor - promise.overlap]

    def advance(self, rows: Sequence[Row], clock: int) -> int | None:
        """The cursor after those rows: never past the source's clock, and never back."""
        legible = [row.version for row in rows if row.version != ILLEGIBLE]
        if not legible:
            return self.cursor
        reached = min(max(legible), clock)
        return reached if self.cursor is None else max(reached, self.cursor)

    def differ(self, rows: Sequence[Row]) -> frozenset[str]:
        """The keys whose version at the source is not the one that is held, or on one side only."""
        source = newest_versions(rows)
        held = {key: version for part in self.held_at().values() for key, version in part.items()}
        return frozenset(k for k in source.keys() | held.keys() if source.get(k) != held.get(k))

    def held_at(self) -> dict[str, dict[str, int]]:
        """Place -> key -> the version held: published, or waiting in quarantine if newer."""
        held = {key: (version.place, version.version) for key, version in self.register.items()}
        for entry in self.open():
            if entry.key is None:
                continue
            _, published = held.pop(entry.key, ("", -1))
            newest = entry.raw[_newest(entry.raw, range(len(entry.raw)))]
            if published > newest.version:
                held[entry.key] = (entry.place, published)
            elif not newest.gone:
                held[entry.key] = (entry.place, newest.version)
        found: dict[str, dict[str, int]] = defaultdict(dict)
        for key, (place, version) in held.items():
            found[place][key] = version
        return dict(found)

    # What a batch becomes -----------------------------------------------------------------------

    def judge(self, batch: Batch) -> None:
        """Find the rules that each judged row breaks: of a key its newest row, tombstones not.

        Raises:
            Parked: a snapshot without a living row.
        """
        judged = [place for place, row in _judged(batch.rows) if not row.gone]
        if batch.mode == "snapshot" and not judged:
            raise Parked("gate")
        batch.broken = {place: _broken(batch.rows[place], batch.promise) for place in judged}

    def publish(self, batch: Batch, *, released: bool = False) -> None:
        """Publish a batch, or say why it must not be.

        Raises:
            Parked: a bound stops it, or an empty partition.
            Vain: a replay mends nothing.
        """
        outcomes, rules = self._settle(batch)
        if batch.mode == "replay":
            self._refuse_vain(outcomes, rules, batch)
        missing = self._missing(batch) if self.register else []
        if self.register:
            self._refuse_emptied(batch)
        self._count(batch, outcomes, missing, released=released)
        self._keep(batch, outcomes, missing)
        self._renew(batch, outcomes)
        self._hold_back(batch, outcomes, rules)
        self._close(batch)

    def _settle(self, batch: Batch) -> tuple[list[str], dict[int, tuple[str, ...]]]:
        """The outcome of each row, and the rules of each that goes to quarantine."""
        outcomes = ["superseded"] * len(batch.rows)
        rules: dict[int, tuple[str, ...]] = {}
        for key, places in _by_key(batch.rows).items():
            legible = [p for p in places if batch.rows[p].version != ILLEGIBLE]
            for place in places if key is None else set(places) - set(legible):
                outcomes[place] = "quarantined"
                rules[place] = batch.broken.get(place) or (_unplaceable(batch.rows[place]),)
            if key is None or not legible:
                continue
            newest = _newest(batch.rows, legible)
            twins = [p for p in legible if batch.rows[p].version == batch.rows[newest].version]
            if len({batch.rows[p].said() for p in twins}) > 1:
                for place in twins:
                    outcomes[place] = "quarantined"
                    rules[place] = (*batch.broken.get(place, ()), REUSED)
            elif any(map(_blocks, batch.broken.get(newest, ()))):
                outcomes[newest], rules[newest] = "quarantined", batch.broken[newest]
            else:
                outcomes[newest] = self._compare(batch, key, batch.rows[newest])
        return outcomes, rules

    def _compare(self, batch: Batch, key: str, row: Row) -> str:
        held = self.register.get(key)
        if held is None:
            return "unchanged" if row.gone else "accepted"
        older = row.version < held.version
        if older and not batch.is_whole(held.place):
            return "superseded"
        if row.gone:
            return "ended"
        same = row.said() == (held.plate, held.day, False)
        return "unchanged" if same and not older else "accepted"

    def _missing(self, batch: Batch) -> list[str]:
        """Published keys of the places read whole that are not there any more."""
        there = {row.key for row in batch.rows}
        held = self.register.items()
        if batch.buckets is not None:
            return [k for k, v in held if k in batch.buckets and k not in there]
        swept = batch.swept or ()
        return [k for k, v in held if v.place in swept and k not in there]

    def _refuse_emptied(self, batch: Batch) -> None:
        if batch.buckets is not None and not batch.living and self._missing(batch):
            raise Parked("emptied")
        living = [row for row in batch.rows if not row.gone]
        keys = {row.key for row in living}
        for place in set(batch.swept or ()) - {row.place for row in living}:
            if any(v.place == place and k not in keys for k, v in self.register.items()):
                raise Parked("emptied")

    def _count(
        self, batch: Batch, outcomes: Sequence[str], missing: Sequence[str], *, released: bool
    ) -> None:
        """Enter the counts; nothing is lost: each row read has one outcome."""
        count = outcomes.count
        ended = count("ended") + len(missing)
        accepted = count("accepted") + count("ended")
        changed = sum(
            outcome == "accepted" and row.key in self.register
            for outcome, row in zip(outcomes, batch.rows, strict=True)
        )
        went_back = any(
            outcome in ("accepted", "ended") and self._is_older(row)
            for outcome, row in zip(outcomes, batch.rows, strict=True)
        )
        fresh = 0 if batch.mode == "replay" else count("quarantined")
        held, promise = bool(self.register), batch.promise
        over = {
            "quarantine": fresh > promise.quarantine,
            "deletes": held and ended > promise.deletes,
            "changes": held and changed > promise.changes,
            "went_back": went_back,
        }
        causes = [cause for cause, tripped in over.items() if tripped]
        if causes and not released:
            raise Parked(*causes)
        batch.counts = (
            *(accepted, count("unchanged"), count("superseded"), count("quarantined"), ended),
        )
        assert sum(batch.counts[:4]) == len(batch.rows)

    def _keep(self, batch: Batch, outcomes: Sequence[str], missing: Sequence[str]) -> None:
        """Write versions; what is replaced or ended goes to history first."""
        for key in missing:
            self._end(key, batch.as_of, batch.number)
        for row, outcome in zip(batch.rows, outcomes, strict=True):
            if outcome not in ("accepted", "ended"):
                continue
            assert row.key is not None
            since = batch.as_of if self._is_older(row) else row.version
            if row.key in self.register:
                self._end(row.key, since, batch.number)
            if outcome == "accepted":
                failed = _broken(row, batch.promise)
                facts = (row.plate, row.day, row.version, row.place, failed, since)
                self.register[row.key] = Version(*facts, batch.number)

    def _is_older(self, row: Row) -> bool:
        """Whether a newer version of the row is published: where it is written, it went back."""
        held = self.register.get(row.key or "")
        return held is not None and row.version < held.version

    def _end(self, key: str, valid_to: int, batch: int) -> None:
        self.history.append(Ended(key, self.register.pop(key), valid_to, batch))

    def _renew(self, batch: Batch, outcomes: Sequence[str]) -> None:
        """A row that says the same has its newest version; no history is kept of that.

        What was read whole is where it is kept today, and a snapshot renews verdicts too.
        """
        whole = batch.mode == "snapshot" or (batch.mode == "reconcile" and batch.buckets is None)
        for place, (row, outcome) in enumerate(zip(batch.rows, outcomes, strict=True)):
            held = self.register.get(row.key or "")
            if held is None or outcome not in ("unchanged", "quarantined"):
                continue
            if outcome == "unchanged":
                held = replace(held, version=max(held.version, row.version))
                if batch.mode == "snapshot":
                    held = replace(held, failed=batch.broken.get(place, ()))
            assert row.key is not None
            self.register[row.key] = replace(held, place=row.place) if whole else held

    def _hold_back(
        self, batch: Batch, outcomes: Sequence[str], rules: Mapping[int, tuple[str, ...]]
    ) -> None:
        """Close what came through; open what did not, one row a key."""
        through = {"accepted", "unchanged", "ended"}
        if batch.mode == "replay":
            through.add("superseded")
        rows = zip(batch.rows, outcomes, strict=True)
        passed = {row.key: row.version for row, outcome in rows if outcome in through}
        failing = {batch.rows[place].key for place in rules}
        if batch.mode == "replay":
            passed = {key: passed[key] for key in passed.keys() - failing}
        there = [w for w in self.open() if w.key and w.key in passed]
        newer = [w for w in there if w.is_newer(passed[w.key]) and batch.mode != "replay"]
        late = [w for w in newer if not batch.is_whole(w.place)]
        self._resolve([w for w in there if w not in late], batch.number)
        fresh: dict[Any, Waiting] = {}
        for place in sorted(rules):
            row = batch.rows[place]
            name = row.key or row
            words = (row.key, rules[place], row.place, batch.number)
            waiting = fresh.setdefault(name, Waiting(*words, [], first=batch.number))
            if row.key or not waiting.raw:
                waiting.raw.append(row)
        for waiting in fresh.values():
            self._open(waiting, batch)
        there = {row.key for row in batch.rows}
        older = [entry for entry in self.open() if entry.batch != batch.number]
        gone = [w for w in older if batch.swept is not None and w.place in batch.swept]
        gone += [w for w in older if batch.buckets and w.key in batch.buckets - there]
        self._resolve(gone, batch.number)

    def _open(self, waiting: Waiting, batch: Batch) -> None:
        """Let a row wait, in the place of the one of its key that is not newer."""
        for older in [entry for entry in self.open() if entry.is_same(waiting)]:
            if older.is_newer(waiting.version) and not batch.is_whole(older.place):
                return
            waiting.first = older.first
            self.quarantine.remove(older)
        self.quarantine.append(waiting)

    def _resolve(self, entries: Sequence[Waiting], batch: int) -> None:
        for entry in entries:
            entry.resolved_by = batch

    def _refuse_vain(
        self, outcomes: Sequence[str], rules: Mapping[int, tuple[str, ...]], batch: Batch
    ) -> None:
        known = {w.key: w.rules for w in self.open()}
        found: dict[str | None, set[tuple[str, ...]]] = defaultdict(set)
        for place, broken in rules.items():
            found[batch.rows[place].key].add(broken)
        same = all(known.get(key) in broken for key, broken in found.items())
        if same and all(outcome == "quarantined" for outcome in outcomes):
            raise Vain

    def _close(self, batch: Batch) -> None:
        batch.state = "published"
        self.built = batch.number
        self.cursor = batch.cursor
        if batch.mode in ("snapshot", "incremental"):
            self.as_of = batch.as_of
        elif batch.mode != "backfill":
            self.as_of = max(self.as_of or 0, batch.as_of)
        for other in self.batches.values():
            if other.number < batch.number and other.state in UNSETTLED:
                other.state = "overtaken"
        held = {w.key for w in self.open() if w.key}
        records = len(self.register.keys() | held) + sum(w.key is None for w in self.open())
        passing = sum(not v.failed and k not in held for k, v in self.register.items())
        self.quality[batch.number] = (records, passing)

    def open(self) -> list[Waiting]:
        """The rows that wait."""
        return [entry for entry in self.quarantine if entry.resolved_by is None]


def newest_versions(rows: Sequence[Row]) -> dict[str, int]:
    """Key -> the version of its newest row, if that is no tombstone."""
    found = {}
    for key, places in _by_key(rows).items():
        newest = rows[_newest(rows, places)]
        if key is not None and not newest.gone:
            found[key] = newest.version
    return found


def _by_key(rows: Sequence[Row]) -> dict[str | None, list[int]]:
    """Key -> the places of its rows in the batch."""
    found: dict[str | None, list[int]] = defaultdict(list)
    for place, row in enumerate(rows):
        found[row.key].append(place)
    return found


def _newest(rows: Sequence[Row], places: Sequence[int]) -> int:
    """Of rows of one key the one of the highest version, the last among equals."""
    return max(places, key=lambda place: (rows[place].version, place))


def _judged(rows: Sequence[Row]) -> list[tuple[int, Row]]:
    """The rows that are judged: the newest of each key, and every one that cannot be placed."""
    found: list[int] = []
    for key, places in _by_key(rows).items():
        legible = [place for place in places if rows[place].version != ILLEGIBLE]
        found += places if key is None or not legible else [_newest(rows, legible)]
    return [(place, rows[place]) for place in sorted(found)]


def _broken(row: Row, promise: Promise) -> tuple[str, ...]:
    """The rules that a row breaks, blocking ones first."""
    plate = row.plate or ""
    rules = {
        "key": row.key is None,
        "day.readable": row.day == BAD_DAY,
        "plate.required": row.plate is None,
        "updated_at.readable": row.version == ILLEGIBLE,
        "V-ODD": promise.strict and plate.endswith("ODD"),
        "V-WARN": plate.endswith("Q"),
    }
    return tuple(sorted((r for r, broken in rules.items() if broken), key=_rank))


def _unplaceable(row: Row) -> str:
    """Why a row that was not judged cannot be put in order."""
    return "key" if row.key is None else "updated_at.readable"


def _rank(rule: str) -> tuple[bool, bool, str]:
    return (not _blocks(rule), not rule.startswith("V-"), rule)


def _blocks(rule: str) -> bool:
    return rule != "V-WARN"
