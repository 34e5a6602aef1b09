"""The hub's side of the simulation: runs step by step, crashes, and what the hub then holds.

A `World` is one owner, the hub's stream of that owner's register, and the oracle that says what the
stream must hold. Every step is made by the shipped functions on real PostgreSQL and by the oracle,
and the two are compared whole: register, history, quarantine, ledger, cursor, fence and quality.
All worlds of a process share one warehouse: a step that touches another stream is found too.
"""

import os
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
import pytest

from cli.pipeline import preview_stream
from cli.quarantine import replay_rows
from connectors.base import Asked
from connectors.land import close_batch, load_part, plan_batch
from connectors.replay import land_replay
from expectations.judge import judge_batch
from hub.contract import get_contract
from hub.errors import (
    BatchParkedError,
    IncompleteSourceError,
    MotlanError,
    SecondStewardNeededError,
    SourceUnavailableError,
    StaleWriterError,
    WrongUseError,
)
from hub.parking import is_releasable
from standardisation.batch import make_standardiser, standardise_batch
from warehouse.ledger import apply_contract
from warehouse.publish import publish_batch, release_batch
from warehouse.quarantine import Chosen
from warehouse.release import find_waiting, sign_release

from .dying import CrashError, dying
from .holdings import Holdings
from .oracle import Batch, Oracle, Parked, Promise, Vain, newest_versions
from .owner import Entry, Layout, Owner, minutes_since, rows_of

PASSWORD = "a password of some length"
NORMAL = Asked()
FIRED: Counter[str] = Counter()
"""What has come to pass in this process: errors and causes by name, crashes, publications."""


@dataclass
class Yard:
    """What the worlds of a process share: a warehouse, a source's database, folders, stewards."""

    warehouse: psycopg.Connection[dict[str, Any]]
    source: psycopg.Connection
    source_url: str
    contracts: Path
    drops: Path
    stewards: Sequence[str]
    worlds: int = 0

    def open_world(self, promise: Promise, layout: Layout) -> "World":
        """A new owner, whom the hub does not know yet."""
        self.worlds += 1
        name = f"lot{self.worlds}"
        owner = Owner(name, self.source, self.drops / name)
        owner.open()
        return World(self, owner, promise, layout)


@dataclass
class Run:
    """A run under way: its batch, and what each part has read."""

    batch: Batch
    specs: list[dict[str, Any]]
    asked: Asked
    planned: int
    read: dict[int, list[Entry]] = field(default_factory=dict)
    as_of: list[int] = field(default_factory=list)
    cursors: list[Any] = field(default_factory=list)
    swept: set[str] = field(default_factory=set)
    owed: set[int] = field(default_factory=set)
    closed: bool = False


@dataclass
class World:
    """One owner, the hub's stream of the register, and what it must hold."""

    yard: Yard
    owner: Owner
    promise: Promise
    layout: Layout
    oracle: Oracle = field(default_factory=Oracle)
    run: Run | None = None
    seen: set[int] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.held = Holdings(self.yard.warehouse, self.owner.name)
        self.stream = self.held.stream
        self.path = self.yard.contracts / f"{self.owner.name}.yml"
        os.environ[f"MOTLAN_CONN_{self.owner.name.upper()}"] = (
            self.owner.folder.as_uri() if self.promise.shape == "drops" else self.yard.source_url
        )
        self.agree(self.promise)

    def agree(self, promise: Promise) -> None:
        """Write and apply a contract."""
        self.promise = promise
        self.path.write_text(self.owner.contract(promise, self.layout), encoding="utf-8")
        apply_contract(get_contract(self.owner.name))

    def close(self) -> None:
        """Remove what only this world's owner had."""
        self.path.unlink()
        self.owner.close()

    def compare(self) -> None:
        """The hub holds what the oracle says, and nothing else."""
        self.held.refuse_unlike(self.oracle)

    # Steps --------------------------------------------------------------------------------------

    def begin(self, asked: Asked) -> None:
        """Plan a run: take the stream and enter a batch, or find that there is nothing new."""
        self.owner.show()
        self.run = None
        if asked.mode == "backfill" and self.promise.shape == "drops":
            must_refuse(lambda: plan_batch(self.stream, asked), WrongUseError)
            return
        self.oracle.fence += 1
        refusal = self._refuse_plan(asked)
        if refusal is not None:
            must_refuse(lambda: plan_batch(self.stream, asked), refusal)
            return
        planned = plan_batch(self.stream, asked)
        wanted = self._differ() if asked.mode == "reconcile" else self._new_places(asked)
        if asked.mode == "reconcile" or self.promise.shape == "drops":
            assert (planned is None) == (not wanted), f"to be read: {wanted}; planned: {planned}"
        if planned is not None:
            self._enter(*planned, asked, frozenset(wanted))

    def _enter(self, number: int, parts: int, asked: Asked, wanted: frozenset[str]) -> None:
        """Note a planned batch; those that were being landed are overtaken."""
        assert number not in self.oracle.batches
        for other in self.oracle.batches.values():
            if other.state == "landing":
                other.state = "overtaken"
        mode: str = asked.mode
        if mode in ("normal", "full"):
            part = self.promise.shape == "incremental" and mode == "normal" and self.oracle.built
            mode = "incremental" if part else "snapshot"
        words = (mode, [], self.oracle.fence, self.oracle.built, self.promise, self.owner.clock)
        batch = Batch(number, *words, deepcopy(self.oracle.cursor), None, "landing")
        if mode == "reconcile" and self.promise.shape != "drops":
            batch.buckets = wanted
        self.oracle.batches[number] = batch
        specs = [row["spec"] for row in self.held.read_parts(number)]
        assert len(specs) == parts
        self.run = Run(batch, specs, asked, self.owner.clock)

    def advance(self) -> bool:
        """Make the next step of the run under way; False when it has come to its end."""
        run = self.run
        assert run is not None
        self.owner.show()
        if self._is_dead(run):
            self._haunt(run)
            self.run = None
            return False
        if not run.closed:
            self._load(run)
            return True
        if run.batch.state == "staged":
            return self._judge(run)
        self._publish(run)
        self.run = None
        return False

    def _load(self, run: Run) -> None:
        number = len(run.read)
        if number == len(run.specs):
            close_batch(run.batch.number)
            self._close(run)
            return
        refusal = self._refuse_delivery(run.asked, run.specs[number].get("folders"))
        if refusal is not None:
            must_refuse(lambda: load_part(run.batch.number, number, make_standardiser), refusal)
            self.run = None
            return
        load_part(run.batch.number, number, make_standardiser)
        self.note_read(run)

    def note_read(self, run: Run) -> None:
        """What a part must read, as the source is now."""
        spec = run.specs[len(run.read)]
        if self.promise.shape == "drops":
            entries = self._note_drops(run, spec)
        else:
            entries = self._note_table(run, spec)
        run.owed |= {e.number for e in self.owner.visible() if e.delay <= self.promise.overlap}
        run.read[len(run.read)] = entries

    def _note_table(self, run: Run, spec: dict[str, Any]) -> list[Entry]:
        visible = [e for e in self.owner.visible() if _in_range(e, *spec.get("keys", (None, None)))]
        batch, asked = run.batch, run.asked
        as_of = self.owner.clock
        if "as_of" in spec:
            as_of = min(as_of, run.planned)
        run.as_of.append(as_of)
        if asked.window:
            low, high = map(minutes_since, asked.window)
            return [entry for entry in visible if low <= entry.row.version < high]
        if batch.buckets is not None:
            batch.living = len({e.row.key for e in visible if not e.row.gone})
            return [entry for entry in visible if entry.row.key in batch.buckets]
        rows = self.oracle.reads(rows_of(visible), self.promise, full=batch.mode == "snapshot")
        kept = {id(row) for row in rows}
        entries = [entry for entry in visible if id(entry.row) in kept]
        run.cursors.append(self.oracle.advance(rows_of(entries), as_of))
        run.swept.add("")
        return entries

    def _note_drops(self, run: Run, spec: dict[str, Any]) -> list[Entry]:
        known = run.batch.cursor or {}
        places = [
            place
            for place in sorted(self.owner.drops)
            if place in spec.get("folders", self.owner.drops)
            and (run.asked.mode != "normal" or self._is_new(place, known))
        ]
        moments = {place: at for place, (_, at) in known.items()}
        moments |= {place: drop.at for place, drop in self.owner.drops.items()}
        run.as_of.append(min(moments.values()))
        reached = {p: (self.owner.drops[p].sequence, self.owner.drops[p].at) for p in places}
        run.cursors.append(reached)
        run.swept |= set(places)
        return [entry for place in places for entry in self.owner.drops[place].rows]

    def _close(self, run: Run) -> None:
        batch = run.batch
        batch.rows = rows_of([entry for part in run.read.values() for entry in part])
        batch.as_of = min(run.as_of)
        if self.promise.shape == "drops":
            batch.cursor = dict(batch.cursor or {})
            for reached in run.cursors:
                batch.cursor |= reached
        else:
            reached = [cursor for cursor in run.cursors if cursor is not None]
            batch.cursor = max(reached, default=batch.cursor)
        proven = batch.mode == "snapshot" and self.promise.proven
        proven |= batch.mode == "reconcile" and batch.buckets is None
        batch.swept = sorted(run.swept) if proven else None
        batch.state = "staged"
        run.closed = True

    def _judge(self, run: Run) -> bool:
        try:
            self.oracle.judge(run.batch)
        except Parked as parked:
            self._park(run.batch, parked)
            must_park(lambda: judge_batch(run.batch.number), parked.causes)
            self.run = None
            return False
        judge_batch(run.batch.number)
        run.batch.state = "judged"
        return True

    def _publish(self, run: Run) -> None:
        try:
            self.oracle.publish(run.batch)
        except Parked as parked:
            self._park(run.batch, parked)
            must_park(lambda: publish_batch(run.batch.number), parked.causes)
            return
        publish_batch(run.batch.number)
        self.note_published(run)

    def note_published(self, run: Run) -> None:
        """The promise about late rows: one that is late by no more than the overlap is here now."""
        FIRED["published"] += 1
        self.seen |= {entry.number for part in run.read.values() for entry in part}
        if self.promise.shape != "drops":
            assert run.owed <= self.seen, "a row late by less than the overlap was not read"

    def _park(self, batch: Batch, parked: Parked) -> None:
        """The batch waits in the place of an older one, unless that is the same, or is signed."""
        batch.causes = parked.causes
        older = [
            other
            for other in self.oracle.batches.values()
            if other.state == "parked" and other.number < batch.number
        ]
        if any(self._goes_on_waiting(other, batch) for other in older):
            FIRED["waits still"] += 1
            batch.state = "overtaken"
            return
        batch.state = "parked"
        for other in older:
            other.state = "overtaken"

    def _goes_on_waiting(self, older: Batch, batch: Batch) -> bool:
        if older.promise != batch.promise:
            return False
        if older.signed and older.built_on == self.oracle.built:
            return True
        keys = {self.held.find_key(older.number), self.held.find_key(batch.number)}
        return len(keys) == 1 and older.causes == batch.causes

    def _is_dead(self, run: Run) -> bool:
        """Whether another run was begun since, or the contract was changed."""
        stale = run.batch.fence != self.oracle.fence or run.batch.state == "overtaken"
        return stale or run.batch.promise != self.promise

    def _haunt(self, run: Run) -> None:
        """A run that was thought dead goes on: it may refuse early, and must not publish."""
        number = run.batch.number
        steps: list[Callable[[], object]] = [lambda: judge_batch(number)]
        if not run.closed:
            part = min(len(run.read), len(run.specs) - 1)
            steps = [
                lambda: load_part(number, part, make_standardiser),
                lambda: close_batch(number),
            ]
        for step in steps:
            try:
                step()
            except MotlanError:
                break
        stale = run.batch.fence != self.oracle.fence
        fenced = stale and run.closed and run.batch.promise == self.promise
        wanted = StaleWriterError if fenced and run.batch.state == "judged" else MotlanError
        must_refuse(lambda: publish_batch(number), wanted)
        run.batch.state = self.held.find_state(number)
        assert run.batch.state != "published"

    # Whole runs ---------------------------------------------------------------------------------

    def sync(self, asked: Asked = NORMAL) -> None:
        """A run from its plan to its end."""
        self.begin(asked)
        while self.run is not None and self.advance():
            pass

    def settle(self, asked: Asked) -> None:
        """Read everything again, or compare all keys: the hub then holds the owner's keys.

        This asks the hub and the owner alone; the oracle has no part in it.
        """
        self.begin(asked)
        run = self.run
        while self.run is not None and self.advance():
            pass
        self.compare()
        if run is None or run.batch.state != "published":
            return
        if asked.mode == "full" and not self.promise.proven:
            return
        held, waiting = self.held.keys(), self.held.waiting()
        entries = self._delivered()
        kept = {entry.row.key for entry in entries}
        living = {entry.row.key for entry in entries if not entry.row.gone}
        assert held <= kept, "the hub holds a key that its owner does not"
        assert living - {None} <= held | waiting, "a key of the owner is missing from the hub"

    def _delivered(self) -> list[Entry]:
        """What a whole read reads."""
        if self.promise.shape != "drops":
            return self.owner.visible()
        return [entry for drop in self.owner.drops.values() for entry in drop.rows]

    def preview(self, asked: Asked) -> None:
        """A dry run: it refuses as a run would, or tells; either way it changes nothing."""
        self.owner.show()
        refusal: type[MotlanError] | None = WrongUseError
        if asked.mode != "backfill" or self.promise.shape != "drops":
            refusal = self._refuse_plan(asked)
        if refusal is not None:
            must_refuse(lambda: preview_stream(self.stream, asked), refusal)
        else:
            preview_stream(self.stream, asked)

    def replay(self) -> None:
        """Replay every row that waits."""
        waiting = [entry for entry in self.oracle.open() if entry.key]
        self.owner.show()
        chosen = Chosen(source=self.owner.name)
        if not waiting:
            assert replay_rows(chosen) == []
            return
        self.oracle.fence += 1
        if not self.oracle.built:
            must_refuse(lambda: land_replay(self.stream, chosen), MotlanError)
            return
        number = land_replay(self.stream, chosen)
        assert number is not None
        rows = [row for entry in waiting for row in entry.raw]
        facts = (self.oracle.as_of or 0, self.oracle.cursor, None)
        words = ("replay", rows, self.oracle.fence, self.oracle.built, self.promise)
        batch = self.oracle.batches[number] = Batch(number, *words, *facts)
        standardise_batch(number)
        self.oracle.judge(batch)
        judge_batch(number)
        batch.state = "judged"
        try:
            self.oracle.publish(batch)
        except Vain:
            FIRED["vain replay"] += 1
            publish_batch(number)
            batch.state = "overtaken"
        except Parked as parked:
            self._park(batch, parked)
            must_park(lambda: publish_batch(number), parked.causes)
        else:
            FIRED["replayed"] += 1
            publish_batch(number)

    def release(self, signatures: int) -> None:
        """Let stewards sign the last parked batch, and release it if enough have."""
        parked = [b for b in self.oracle.batches.values() if b.state == "parked"]
        if not parked:
            return
        batch = parked[-1]
        current = batch.built_on == self.oracle.built
        refused = not is_releasable(batch.causes) or not current  # type: ignore[arg-type]
        for place, name in enumerate(self.yard.stewards[:signatures], start=1):
            sign = self._sign(batch.number, name)
            if refused:
                must_refuse(sign, MotlanError)
                return
            if place < 2:
                must_refuse(sign, SecondStewardNeededError)
                batch.signed = True
            else:
                sign()
        if signatures < 2 or batch.promise != self.promise:
            must_refuse(lambda: release_batch(batch.number), MotlanError)
            return
        FIRED["released"] += 1
        self.oracle.publish(batch, released=True)
        self.oracle.fence += 1
        release_batch(batch.number)

    def _sign(self, number: int, name: str) -> Callable[[], object]:
        return lambda: sign_release(find_waiting(number), name, PASSWORD, "because")

    def again(self) -> None:
        """Repeat the last steps of the last batch that was published; they change nothing."""
        if self.oracle.built:
            for step in (standardise_batch, judge_batch, publish_batch):
                step(self.oracle.built)

    def crash(self, asked: Asked, after: int, writes: int) -> None:
        """Let a worker die in a run: in the step of that number, at its write of that number.

        The hub is then as before the step, or as after it; nothing between.
        """
        self.begin(asked)
        for _ in range(after):
            if self.run is None or not self.advance():
                return
        run = self.run
        if run is None or self._is_dead(run):
            return
        before = deepcopy((self.oracle, self.run, self.seen))
        try:
            with dying(writes):
                self.advance()
        except CrashError:
            FIRED["crash"] += 1
            self._wake(before)

    def _wake(self, before: tuple[Oracle, Run | None, set[int]]) -> None:
        """Find which of the two it is."""
        _, run, _ = before
        assert run is not None
        state = self.held.find_state(run.batch.number)
        done_parts = [p for p in self.held.read_parts(run.batch.number) if p["done_at"]]
        done = state != run.batch.state or len(done_parts) > len(run.read)
        if not done:
            self.oracle, self.run, self.seen = before
            return
        self.oracle, self.run, self.seen = deepcopy(before)
        run = self.run
        assert run is not None
        if not run.closed:
            if len(run.read) == len(run.specs):
                self._close(run)
            else:
                self.note_read(run)
            return
        try:
            if run.batch.state == "staged":
                self.oracle.judge(run.batch)
                run.batch.state = "judged"
            else:
                self.oracle.publish(run.batch)
                self.note_published(run)
                self.run = None
        except Parked as parked:
            self._park(run.batch, parked)
            self.run = None

    # What the source delivers -------------------------------------------------------------------

    def _new_places(self, asked: Asked) -> list[str]:
        known = self.oracle.cursor or {} if self.promise.shape == "drops" else {}
        every = asked.mode != "normal"
        return [place for place in self.owner.drops if every or self._is_new(place, known)]

    def _is_new(self, place: str, known: Mapping[str, tuple[int, int]]) -> bool:
        return bool(self.owner.drops[place].sequence != known.get(place, (0, 0))[0])

    def _differ(self) -> frozenset[str]:
        """What a comparison of keys and versions finds: keys, or places of drops."""
        if self.promise.shape != "drops":
            return self.oracle.differ(rows_of(self.owner.visible()))
        known = self.oracle.cursor or {}
        held = self.oracle.held_at()
        return frozenset(
            place
            for place, drop in self.owner.drops.items()
            if self._is_new(place, known)
            or newest_versions(rows_of(drop.rows)) != held.get(place, {})
        )

    def _refuse_plan(self, asked: Asked) -> type[MotlanError] | None:
        if asked.mode in ("reconcile", "backfill") and not self.oracle.built:
            return WrongUseError
        return self._refuse_delivery(asked)

    def _refuse_delivery(
        self, asked: Asked, places: Sequence[str] | None = None
    ) -> type[MotlanError] | None:
        """Why the hub must refuse what was delivered: nothing at all, or an older snapshot."""
        if self.promise.shape != "drops":
            return None
        if not self.owner.drops:
            return SourceUnavailableError
        known = self.oracle.cursor or {}
        for place in self._new_places(asked):
            drop, (sequence, at) = self.owner.drops[place], known.get(place, (0, -1))
            if drop.sequence > sequence and drop.at <= at and place in (places or [place]):
                return IncompleteSourceError
        return None


def must_refuse(action: Callable[[], object], error: type[MotlanError]) -> None:
    """The hub refuses, with an error of that kind."""
    with pytest.raises(error) as refused:
        action()
    FIRED[type(refused.value).__name__] += 1


def must_park(action: Callable[[], object], causes: Sequence[str]) -> None:
    """The hub parks the batch, for these causes."""
    with pytest.raises(BatchParkedError) as parked:
        action()
    assert tuple(parked.value.causes) == tuple(causes), "a batch was parked for another cause"
    FIRED.update(causes)


def _in_range(entry: Entry, low: str | None, high: str | None) -> bool:
    key = entry.written()[0] or ""
    return (low is None or key >= low) and (high is None or key < high)
