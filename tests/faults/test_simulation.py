"""Any order of faults, from a seed: the hub ends where the rules say, on real PostgreSQL.

``MOTLAN_SIMULATION_SEEDS=300`` runs the seeds 0 to 299, ``MOTLAN_SIMULATION_SEED=4711`` that one
alone, and shrinks what fails. ``MOTLAN_SIMULATION_STEPS`` is the number of steps of a seed. A seed
is one example of a Hypothesis state machine; the steps that it makes are a function of the seed and
of the version of Hypothesis in the lock.
"""

import os
import sys
from collections.abc import Iterator
from dataclasses import replace
from typing import Any, Final

import psycopg
import pytest
from hypothesis import HealthCheck, Phase, assume, seed, settings
from hypothesis import strategies as st
from hypothesis.internal.conjecture import providers
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test
from psycopg.rows import dict_row

from cli.environment import with_login
from connectors.base import Asked
from hub.settings import ROLES
from warehouse.connection import engine
from warehouse.landing import make_keys
from warehouse.stewards import add_steward

from .oracle import BAD_DAY, ILLEGIBLE, Promise, Row
from .owner import CLOCK, PLACES, Layout, moment
from .simulation import FIRED, PASSWORD, World, Yard

STEPS: Final = int(os.environ.get("MOTLAN_SIMULATION_STEPS", "8"))
ALONE: Final = os.environ.get("MOTLAN_SIMULATION_SEED")
MANY: Final = int(os.environ.get("MOTLAN_SIMULATION_SEEDS", "300"))
SEEDS: Final = [int(ALONE)] if ALONE else list(range(MANY))
MUST_FIRE: Final = (
    *("published", "crash", "StaleWriterError", "gate", "quarantine", "changes", "went_back"),
)
"""What so many seeds bring about for certain; a simulation without it would prove little."""
WORLDS_ENOUGH: Final = 100
ROLE_PASSWORD: Final = "only-in-tests"
PLACE: Final = "tests/faults/test_simulation.py"
KEYS = st.sampled_from([f"C{number}" for number in range(1, 9)])
PLATES = st.sampled_from(["14A", "14B", "14Q", "14ODD"])
DAYS = st.sampled_from(["2020-02-29", "1954-01-01"])
WHERE = st.sampled_from(PLACES)
SOME = st.integers(0, 4)
ASKED = st.sampled_from(
    [
        *(Asked(), Asked(), Asked("full"), Asked("reconcile")),
        Asked("backfill", (moment(80), moment(120))),
    ]
)
SHAPES = st.sampled_from(["incremental", "snapshot", "drops"])
BOUNDS = st.sampled_from([1, 3, 100])


class Simulation(RuleBasedStateMachine):
    """What may happen to one register, at its owner's and in the hub."""

    yard: Yard

    def __init__(self) -> None:
        super().__init__()
        self.world: World | None = None

    @initialize(
        lot=st.integers(0, 2**32 - 1),
        promise=st.builds(
            Promise,
            *(SHAPES, st.sampled_from([True, True, False]), BOUNDS, BOUNDS, BOUNDS, st.just(True)),
        ),
        layout=st.builds(Layout, st.integers(1, 7), st.integers(1, 3)),
        rows=st.lists(st.tuples(KEYS, PLATES, WHERE), max_size=8, unique_by=lambda row: row[0]),
    )
    def open(self, lot: int, promise: Promise, layout: Layout, rows: Any) -> None:
        """An owner with some rows, and a contract."""
        assume(lot)  # the first example of any seed is the simplest, which is the same for all
        if promise.shape == "drops":
            promise = replace(promise, proven=True)  # a drop's manifest is its proof
        self.world = self.yard.open_world(promise, layout)
        for key, plate, place in rows:
            self.world.owner.tick(1)
            self._put(key, plate, "2020-02-29", place)
        self._deliver(PLACES)

    # At the source ------------------------------------------------------------------------------

    @rule(key=KEYS, plate=PLATES, day=DAYS, place=WHERE, ticks=SOME)
    def put(self, key: str, plate: str, day: str, place: str, ticks: int) -> None:
        """Insert or update a row; with no tick it is as new as the one before it."""
        self._world.owner.tick(ticks)
        self._put(key, plate, day, place)

    @rule(key=KEYS, plate=PLATES, delay=st.sampled_from([1, 14, 15, 16, 40]), held=st.booleans())
    def put_late(self, key: str, plate: str, delay: int, held: bool) -> None:
        """Commit a row later than its time; held: not yet, but when others do."""
        owner = self._world.owner
        old = owner.find(key)
        owner.drop(key)
        place = self._place(old.place if old else "A")
        row = Row(key, plate, "2020-02-29", max(1, owner.clock - delay), place=place)
        owner.write(row, held=held)

    @rule(ticks=st.sampled_from([1, 10, 20]))
    def commit(self, ticks: int) -> None:
        """Whatever was held open is committed."""
        self._world.owner.tick(ticks)
        self._world.owner.commit()

    @rule(key=KEYS, hard=st.booleans(), ticks=SOME)
    def delete(self, key: str, hard: bool, ticks: int) -> None:
        """Delete a row, with a tombstone or without."""
        owner = self._world.owner
        owner.tick(ticks)
        old = owner.find(key)
        if old is None or hard:
            owner.drop(key)
        else:
            owner.put(Row(key, old.plate, old.day, owner.clock, gone=True, place=old.place))

    @rule(
        fault=st.sampled_from(["key", "gone key", "day", "plate", "version"]), key=KEYS, ticks=SOME
    )
    def poison(self, fault: str, key: str, ticks: int) -> None:
        """A row that cannot be read, or lacks what it must have."""
        owner = self._world.owner
        owner.tick(ticks)
        row = Row(
            None if "key" in fault else key,
            None if fault == "plate" else "14A",
            BAD_DAY if fault == "day" else "2020-02-29",
            ILLEGIBLE if fault == "version" else owner.clock,
            gone=fault == "gone key",
            place=self._place("A"),
        )
        if row.key is None:
            owner.write(row)
        else:
            owner.put(row)

    @rule(
        key=KEYS, plate=PLATES, older=st.sampled_from([0, 0, 3]), place=WHERE, padded=st.booleans()
    )
    def double(self, key: str, plate: str, older: int, place: str, padded: bool) -> None:
        """A second row of a key: of the same version or an older one, the same or another."""
        owner = self._world.owner
        old = owner.find(key)
        if old is None:
            return
        version = old.version if old.version == ILLEGIBLE else max(1, old.version - older)
        row = Row(key, plate, old.day, version, old.gone, self._place(place))
        owner.write(row, padded=padded)

    @rule(which=st.integers(0, 7), behind=st.sampled_from([None, None, 0, 1, 5]))
    def correct(self, which: int, behind: int | None) -> None:
        """A row that waits in quarantine comes right: anew, or as an older one that was late."""
        waiting = [entry for entry in self._world.oracle.open() if entry.key]
        if waiting:
            self._correct(waiting[which % len(waiting)].key, behind)

    @rule(plate=PLATES, day=DAYS, ticks=SOME)
    def alter_all(self, plate: str, day: str, ticks: int) -> None:
        """Every row of the register says something else from now on."""
        owner = self._world.owner
        owner.tick(ticks)
        for key in {entry.row.key for entry in owner.entries} - {None}:
            old = owner.find(key)
            if old is not None:
                owner.put(replace(old, plate=plate, day=day, version=owner.clock, gone=False))

    @rule(key=KEYS, place=WHERE)
    def move(self, key: str, place: str) -> None:
        """A row is kept by another district from now on; what it says is as it was."""
        owner = self._world.owner
        old = owner.find(key)
        if old is not None:
            owner.drop(key)
            owner.write(Row(old.key, old.plate, old.day, old.version, old.gone, self._place(place)))

    @rule(minutes=st.sampled_from([-120, -10, -1, 30, 1440]))
    def jump(self, minutes: int) -> None:
        """The source's clock is set."""
        self._world.owner.tick(minutes)

    @rule(place=st.sampled_from([None, *PLACES]))
    def empty(self, place: str | None) -> None:
        """A register, or a district, that holds nothing."""
        owner = self._world.owner
        owner.entries = [e for e in owner.entries if place and e.row.place != self._place(place)]

    @rule(places=st.lists(WHERE, min_size=1, max_size=3, unique=True))
    def deliver(self, places: list[str]) -> None:
        """Districts drop what they hold."""
        self._world.owner.tick(1)
        self._deliver(places)

    # In the hub ---------------------------------------------------------------------------------

    @rule(fresh=st.booleans())
    def sync(self, fresh: bool) -> None:
        """A whole run."""
        self._refresh(fresh)
        self._world.sync()
        self._world.compare()

    @rule(
        key=KEYS,
        fault=st.sampled_from(["day", "plate"]),
        behind=st.sampled_from([None, 1, 5]),
        asked=st.sampled_from([Asked(), Asked(), Asked("full"), Asked("reconcile")]),
    )
    def quarrel(self, key: str, fault: str, behind: int | None, asked: Asked) -> None:
        """A row waits; the owner sends a good one of its key, newer than it or older."""
        self.poison(fault, key, 1)
        self.sync(fresh=True)
        self._correct(key, behind)
        self.sync_otherwise(asked)

    @rule(asked=ASKED)
    def sync_otherwise(self, asked: Asked) -> None:
        """A run that reads everything again, or what differs, or a time of the source."""
        self._refresh(True)
        self._world.sync(asked)
        self._world.compare()

    @rule()
    def reconcile(self) -> None:
        """Keys are compared; what differs is read, and nothing differs after that."""
        self._refresh(True)
        self._world.settle(Asked("reconcile"))

    @rule(asked=ASKED)
    def preview(self, asked: Asked) -> None:
        """A dry run."""
        self._refresh(True)
        self._world.preview(replace(asked, dry=True))
        self._world.compare()

    @rule(asked=ASKED, steps=st.integers(0, 4))
    def begin(self, asked: Asked, steps: int) -> None:
        """A run that stops half-way; it may go on later, when others have run."""
        self._refresh(True)
        self._world.begin(asked)
        self._go_on(steps)

    @rule(asked=ASKED, steps=st.integers(2, 5), newer=st.sampled_from([0, 2, 9]))
    def overlap(self, asked: Asked, steps: int, newer: int) -> None:
        """A run is overtaken by another one, which is as far or not, and goes on all the same."""
        self._refresh(True)
        self._world.begin(asked)
        self._go_on(steps)
        older = self._world.run
        self._world.begin(Asked())
        self._go_on(newer)
        younger, self._world.run = self._world.run, older
        self._go_on(1)
        self._world.run = younger

    @rule(steps=st.integers(1, 6))
    def go_on(self, steps: int) -> None:
        """The run that stopped half-way, or its ghost, goes on."""
        self._go_on(steps)

    @rule(asked=ASKED, after=st.integers(0, 5), writes=st.integers(0, 30))
    def crash(self, asked: Asked, after: int, writes: int) -> None:
        """A worker dies in one step of a run, at one of its writes."""
        self._refresh(True)
        self._world.crash(asked, after, writes)
        self._world.compare()

    @rule()
    def replay(self) -> None:
        """Replay what is in quarantine."""
        self._world.replay()
        self._world.compare()

    @rule(signatures=st.sampled_from([2, 2, 1]))
    def release(self, signatures: int) -> None:
        """Stewards look at the last parked batch."""
        self._world.release(signatures)
        self._world.compare()

    @rule()
    def again(self) -> None:
        """Steps that are done are done again."""
        self._world.again()
        self._world.compare()

    @rule(strict=st.booleans())
    def agree(self, strict: bool) -> None:
        """A rule of the contract is mended, or made stricter again."""
        self._world.agree(replace(self._world.promise, strict=strict))
        self._world.compare()

    def teardown(self) -> None:
        """At last all is read again without a fault: nothing is missing, and nothing too much."""
        if self.world is None:
            return
        try:
            if sys.exc_info()[0] is None:
                self._refresh(True)
                self._world.owner.commit()
                self._world.settle(Asked("full" if self._world.owner.clock % 2 else "reconcile"))
        finally:
            self.world.close()

    @property
    def _world(self) -> World:
        assert self.world is not None
        return self.world

    def _go_on(self, steps: int) -> None:
        for _ in range(steps):
            if self._world.run is None or not self._world.advance():
                break
        self._world.compare()

    def _correct(self, key: str | None, behind: int | None) -> None:
        """A good row in the place of a key's; older by so much than the one that was there."""
        owner = self._world.owner
        owner.tick(1)
        old = owner.find(key)
        version = owner.clock
        if behind is not None and old is not None and old.version != ILLEGIBLE:
            version = max(1, old.version - behind)
        owner.put(
            Row(key, "14A", "2020-02-29", version, place=old.place if old else self._place("A"))
        )

    def _put(self, key: str, plate: str, day: str, place: str) -> None:
        owner = self._world.owner
        owner.put(Row(key, plate, day, owner.clock, place=self._place(place)))

    def _place(self, place: str) -> str:
        """Only drops have districts."""
        return place if self._world.promise.shape == "drops" else ""

    def _refresh(self, fresh: bool) -> None:
        self._world.owner.tick(1)
        if fresh:
            self._deliver(PLACES)

    def _deliver(self, places: Any) -> None:
        owner = self._world.owner
        if self._world.promise.shape == "drops":
            for place in places:
                owner.deliver(place)


@pytest.fixture(scope="module")
def yard(cluster: Any, template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Yard]:
    """One warehouse, one source database and two stewards for all seeds of a process."""
    with pytest.MonkeyPatch.context() as patch:
        folder = tmp_path_factory.mktemp("simulation")
        (folder / "contracts").mkdir()
        for name, of in (("warehouse_simulation", template), ("source_simulation", "template1")):
            cluster.create_database(name, template=of)
        warehouse_url = cluster.url("warehouse_simulation")
        patch.setenv("MOTLAN_HOME", str(folder))
        patch.setenv("MOTLAN_CONTRACTS", str(folder / "contracts"))
        patch.setenv("MOTLAN_WAREHOUSE_URL", warehouse_url)
        for role in ROLES:
            url = with_login(warehouse_url, f"motlan_{role}", ROLE_PASSWORD)
            patch.setenv(f"MOTLAN_WAREHOUSE_URL_{role.upper()}", url)
        make_keys(folder / "keys" / "landing.json")
        stewards = ("simulated_an", "simulated_binh")
        for name in stewards:
            add_steward(name, PASSWORD)
        source_url = cluster.url("source_simulation")
        plain: Any = {"autocommit": True, "prepare_threshold": None}  # tables come and go
        with (
            psycopg.connect(warehouse_url, row_factory=dict_row, **plain) as warehouse,
            psycopg.connect(source_url, **plain) as source,
        ):
            source.execute(CLOCK)
            source.execute("ALTER DATABASE source_simulation SET search_path = clock, pg_catalog")
            address = source_url.replace("postgresql://", "postgresql+psycopg://")
            contracts, drops = folder / "contracts", folder / "drops"
            made = Yard(warehouse, source, address, contracts, drops, stewards)
            yield made
            missed = {word for word in MUST_FIRE if not FIRED[word]}
            assert made.worlds < WORLDS_ENOUGH or not missed, f"in {FIRED}: never {missed}"
        engine("pipeline").dispose()


@pytest.fixture
def only_the_seed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hypothesis draws from the seed alone, not also from numbers in the modules imported."""
    providers.CONSTANTS_CACHE.cache.clear()
    monkeypatch.setattr(providers, "_get_local_constants", providers.Constants)


@pytest.mark.parametrize("number", SEEDS)
@pytest.mark.usefixtures("only_the_seed")
def test_the_hub_ends_where_the_rules_say(number: int, yard: Yard) -> None:
    class Seeded(Simulation):
        pass

    Seeded.yard = yard
    shrinks = [Phase.shrink] if ALONE else []
    options = settings(
        max_examples=1,
        stateful_step_count=STEPS + 1,
        deadline=None,
        database=None,
        derandomize=False,
        print_blob=False,
        phases=[Phase.generate, *shrinks],
        suppress_health_check=list(HealthCheck),
    )
    try:
        run_state_machine_as_test(seed(number)(Seeded), settings=options)
    except BaseException as error:
        replay = f"MOTLAN_SIMULATION_SEED={number} MOTLAN_SIMULATION_STEPS={STEPS}"
        error.add_note(f"Seed {number}; replay and shrink: {replay} pytest {PLACE}")
        raise
