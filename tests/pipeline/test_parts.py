"""A batch read in parts, by one worker or several."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from threading import Event, Thread
from typing import Any

import polars as pl
import psycopg
import pyarrow as pa
import pytest

from connectors.land import close_batch, load_part, plan_batch
from expectations.judge import judge_batch
from hub.contract import get_contract
from hub.errors import (
    BatchParkedError,
    GateFailedError,
    LandingError,
    MotlanError,
    StaleWriterError,
    WarehouseUnavailableError,
)
from hub.settings import Role
from standardisation.batch import make_standardiser
from warehouse.bulk import BulkSession, bulk_session
from warehouse.connection import connect
from warehouse.landing import LandedBatch
from warehouse.ledger import Batch, apply_contract, get_batch
from warehouse.publish import publish_batch

from .conftest import CAR, INCREMENTAL, SNAPSHOT, Register, counts

IN_THREE = "chunkRows: 3, parts: 3"


def write_contract_in_parts(register: Register) -> None:
    register.write_contract(SNAPSHOT)
    text = register.contract_path.read_text(encoding="utf-8").replace("chunkRows: 3", IN_THREE)
    register.contract_path.write_text(text, encoding="utf-8")


@pytest.fixture
def in_parts(register: Register) -> Register:
    """The register of vehicles, with a contract that has it read in three key ranges."""
    write_contract_in_parts(register)
    apply_contract(get_contract("vehicle"))
    return register


def parts(register: Register, batch_id: int) -> list[dict[str, Any]]:
    return register.rows("SELECT * FROM sync.part WHERE batch_id = %s ORDER BY number", batch_id)


def test_three_parts_publish_what_one_does_and_in_any_order(register: Register) -> None:
    register.fill(10)
    register.add("C004", "10:00", bien_so="14A-4", chu_xe="Trần Thị Hoà")  # the row, twice
    register.add(" ", bien_so="without a key")
    whole = register.sync()
    digest = register.digest()
    write_contract_in_parts(register)
    apply_contract(get_contract("vehicle"))
    planned = plan_batch(CAR, full=True)
    assert planned is not None
    batch_id, number = planned
    assert [part["spec"]["keys"] for part in parts(register, batch_id)] == [
        [None, "C004"],
        ["C004", "C007"],
        ["C007", None],
    ]
    for part in reversed(range(number)):
        load_part(batch_id, part, make_standardiser)
    close_batch(batch_id)
    assert LandedBatch.open(get_batch(batch_id).landed_url).complete
    judge_batch(batch_id)
    assert counts(publish_batch(batch_id)) == (12, 0, 10, 1, 1, 0)
    assert counts(whole) == (12, 10, 0, 1, 1, 0)
    assert register.digest() == digest
    assert (
        register.rows("SELECT relname FROM pg_class WHERE relnamespace = 'stage'::regnamespace")
        == []
    )


def test_rows_that_left_the_source_end_whichever_part_they_were_of(in_parts: Register) -> None:
    in_parts.fill(12)
    in_parts.sync()
    in_parts.run("DELETE FROM xe.o_to WHERE ma IN ('C001', 'C006', 'C012')")
    assert counts(in_parts.sync()) == (9, 0, 9, 0, 0, 3)
    assert sorted(in_parts.standard()) == [f"C{n:03}" for n in (2, 3, 4, 5, 7, 8, 9, 10, 11)]


def test_an_empty_register_in_parts_is_one_empty_part_and_ends_nothing(in_parts: Register) -> None:
    in_parts.fill(3)
    in_parts.sync()
    in_parts.run("DELETE FROM xe.o_to")
    planned = plan_batch(CAR)
    assert planned is not None
    batch_id, _ = planned
    assert [part["spec"]["keys"] for part in parts(in_parts, batch_id)] == [[None, None]]
    load_part(batch_id, 0, make_standardiser)
    close_batch(batch_id)
    with pytest.raises(GateFailedError, match="an empty snapshot deletes nothing"):
        judge_batch(batch_id)
    assert len(in_parts.standard()) == 3


@pytest.mark.parametrize("how", ["closed", "another run was begun"])
def test_the_bounds_of_key_ranges_are_forgotten_once_nobody_can_read_the_batch_again(
    in_parts: Register, how: str
) -> None:
    in_parts.fill(6)
    planned = plan_batch(CAR)
    assert planned is not None
    batch_id, number = planned
    load_part(batch_id, 0, make_standardiser)
    before = [part["spec"] for part in parts(in_parts, batch_id)]
    keys = [spec.pop("keys") for spec in before]
    assert keys == [[None, "C003"], ["C003", "C005"], ["C005", None]]
    if how == "closed":
        for part in range(1, number):
            load_part(batch_id, part, make_standardiser)
        close_batch(batch_id)
    else:
        plan_batch(CAR)
    assert [part["spec"] for part in parts(in_parts, batch_id)] == before


def test_a_batch_is_not_judged_before_each_of_its_parts_is_loaded(in_parts: Register) -> None:
    in_parts.fill(9)
    planned = plan_batch(CAR)
    assert planned is not None
    batch_id, _ = planned
    for part in (0, 2):
        load_part(batch_id, part, make_standardiser)
    with pytest.raises(MotlanError, match=r"Part 1 of batch .* is not loaded"):
        close_batch(batch_id)
    assert in_parts.batch(batch_id)["state"] == "landing"
    load_part(batch_id, 1, make_standardiser)
    close_batch(batch_id)
    judge_batch(batch_id)
    assert counts(publish_batch(batch_id)) == (9, 9, 0, 0, 0, 0)


def test_a_part_that_failed_keeps_nothing_and_is_loaded_again(in_parts: Register) -> None:
    in_parts.fill(9)
    planned = plan_batch(CAR)
    assert planned is not None
    batch_id, _ = planned

    def breaking(*_: Any) -> Any:
        def read(table: pa.Table) -> pl.DataFrame:
            raise MotlanError("the standardiser broke")

        return read

    with pytest.raises(MotlanError, match="the standardiser broke"):
        load_part(batch_id, 0, breaking)
    assert parts(in_parts, batch_id)[0]["facts"] is None
    for part in (0, 1, 2, 1):  # a part that is done is left as it is
        load_part(batch_id, part, make_standardiser)
    assert [part["attempt"] for part in parts(in_parts, batch_id)] == [2, 1, 1]
    close_batch(batch_id)
    landed = LandedBatch.open(get_batch(batch_id).landed_url)
    assert [chunk.name[-9:] for chunk in landed.manifest.chunks] == [
        "2.parquet",
        "1.parquet",
        "1.parquet",
    ]
    judge_batch(batch_id)
    assert counts(publish_batch(batch_id)) == (9, 9, 0, 0, 0, 0)


class Pausing:
    """A standardiser that waits in the middle of a part until it is let go on."""

    def __init__(self) -> None:
        self.waits, self.goes_on = Event(), Event()

    def __call__(self, *promise: Any) -> Any:
        read = make_standardiser(*promise)

        def wait(table: pa.Table) -> pl.DataFrame:
            self.waits.set()
            assert self.goes_on.wait(30)
            return read(table)

        return wait


@pytest.fixture
def paused() -> Iterator[Pausing]:
    made = Pausing()
    yield made
    made.goes_on.set()


def load_in_a_thread(
    batch_id: int, part: int, standardiser: Pausing
) -> tuple[Thread, list[BaseException]]:
    ended: list[BaseException] = []

    def work() -> None:
        try:
            load_part(batch_id, part, standardiser)
        except BaseException as error:
            ended.append(error)

    thread = Thread(target=work)
    thread.start()
    assert standardiser.waits.wait(30)
    return thread, ended


def test_of_two_workers_at_one_part_only_the_later_one_ends_it(
    in_parts: Register, paused: Pausing
) -> None:
    in_parts.fill(9)
    planned = plan_batch(CAR)
    assert planned is not None
    batch_id, _ = planned
    older, ended = load_in_a_thread(batch_id, 0, paused)
    for part in range(3):
        load_part(batch_id, part, make_standardiser)
    paused.goes_on.set()
    older.join()
    assert [type(error) for error in ended] == [StaleWriterError]
    close_batch(batch_id)
    judge_batch(batch_id)
    assert counts(publish_batch(batch_id)) == (9, 9, 0, 0, 0, 0)


def test_a_worker_that_slept_while_another_run_went_by_holds_nobody_up_and_writes_nothing(
    in_parts: Register, paused: Pausing
) -> None:
    in_parts.fill(9)
    planned = plan_batch(CAR)
    assert planned is not None
    older, ended = load_in_a_thread(planned[0], 1, paused)
    assert counts(in_parts.sync()) == (9, 9, 0, 0, 0, 0)
    assert in_parts.batch(planned[0])["state"] == "overtaken"
    paused.goes_on.set()
    older.join()
    assert [type(error) for error in ended] == [StaleWriterError]
    assert (
        in_parts.rows("SELECT relname FROM pg_class WHERE relnamespace = 'stage'::regnamespace")
        == []
    )
    with pytest.raises(StaleWriterError, match="taken part 0"):
        load_part(planned[0], 0, make_standardiser)


def test_a_part_whose_commit_may_have_come_through_keeps_its_files(
    in_parts: Register, monkeypatch: pytest.MonkeyPatch
) -> None:
    in_parts.fill(5)
    planned = plan_batch(CAR)
    assert planned is not None
    batch_id, number = planned
    lost: list[str] = []

    @contextmanager
    def cut(role: Role) -> Iterator[BulkSession]:
        with bulk_session(role) as session:
            yield session
        lost.append("answer")  # the rows and facts are committed
        raise WarehouseUnavailableError("went down")

    @contextmanager
    def down(role: Role) -> Iterator[psycopg.Connection]:
        if lost:  # the fate of the lost COMMIT cannot be looked up either
            lost.append("look")
            raise WarehouseUnavailableError("still down")
        with connect(role) as connection:
            yield connection

    with monkeypatch.context() as patched:
        patched.setattr("warehouse.parts.bulk_session", cut)
        patched.setattr("warehouse.parts.connect", down)
        with pytest.raises(WarehouseUnavailableError, match="still down"):
            load_part(batch_id, 0, make_standardiser)
    assert lost == ["answer", "look"]  # the faults fired
    for part in range(number):
        load_part(batch_id, part, make_standardiser)
    close_batch(batch_id)
    judge_batch(batch_id)
    assert counts(publish_batch(batch_id)) == (5, 5, 0, 0, 0, 0)
    chunks = LandedBatch.open(get_batch(batch_id).landed_url).read_chunks()
    assert sum(chunk.num_rows for chunk in chunks) == 5


def test_a_manifest_names_no_chunk_that_is_gone(in_parts: Register) -> None:
    in_parts.fill(5)
    planned = plan_batch(CAR)
    assert planned is not None
    batch_id, number = planned
    for part in range(number):
        load_part(batch_id, part, make_standardiser)
    folder = Path(get_batch(batch_id).landed_url)
    lost = min(folder.glob("chunk-*"))
    lost.unlink()
    with pytest.raises(LandingError, match=f"has lost {lost.name}; run the sync again"):
        close_batch(batch_id)
    assert in_parts.batch(batch_id)["state"] == "landing"


def test_a_copy_that_closes_late_ends_nobodys_session(
    register: Register, monkeypatch: pytest.MonkeyPatch
) -> None:
    register.fill(5)
    register.sync()
    register.put("C001", "11:00")
    batch_id = register.prepare()

    def as_it_was(number: int) -> Batch:
        return replace(get_batch(number), state="landing", cursor_to={})

    with connect("pipeline") as publishing:
        publishing.execute(f"UPDATE stage.vehicle__car__b{batch_id} SET outcome = NULL")
        monkeypatch.setattr("connectors.land.get_batch", as_it_was)
        close_batch(batch_id)
        assert publishing.execute("SELECT 1").fetchone() == (1,)
    assert register.batch(batch_id)["state"] == "judged"


def test_a_time_in_a_year_of_five_digits_is_quarantined_and_moves_no_cursor(
    register: Register,
) -> None:
    register.write_contract(INCREMENTAL)
    register.fill(5)
    register.sync()
    before = register.stream()["cursor"]
    register.run("UPDATE xe.o_to SET luc = '52026-01-01' WHERE ma = 'C001'")
    assert counts(register.sync())[4] == 1
    assert register.stream()["cursor"] == before


def test_a_publish_that_is_tried_again_after_it_parked_says_so_again(register: Register) -> None:
    register.fill(300)
    register.sync()
    register.run("DELETE FROM xe.o_to WHERE ma > 'C150'")
    batch_id = register.prepare()
    said = []
    for _ in range(2):
        with pytest.raises(BatchParkedError) as parked:
            publish_batch(batch_id)
        said.append(str(parked.value))
    assert said[0] == said[1]
