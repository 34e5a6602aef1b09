"""Killed, frozen, failed or cut off at any named point and run again: as if nothing had happened.

Each case is one cell of `killpoints.py`. It runs the shipped command into its fault on a copy of a
warehouse that has published state A, proves that the fault struck, runs the command again to its
end, and compares what the warehouse holds with what an undisturbed run left.
"""

import signal
from itertools import product

import pytest
from three_sources import ROOT, SOURCES

from warehouse.landing import LandedBatch

from .harness import Stage, StageMaker, Undisturbed, assert_same
from .killpoints import ABSENT, CASES, CHOSEN, FAULTS, POINTS, Case, excuse, find_calls

IMPATIENT = (
    "ALTER ROLE motlan_pipeline IN DATABASE {} SET idle_in_transaction_session_timeout = '4s'"
)
"""A frozen worker's transaction is ended after 4 s, not 60: no case waits a minute for it."""
PATIENT = "ALTER ROLE motlan_pipeline IN DATABASE {} RESET idle_in_transaction_session_timeout"


@pytest.fixture(scope="session")
def undisturbed() -> dict[str, Undisturbed]:
    """Source -> what undisturbed runs leave; filled by the first case of a source."""
    return {}


@pytest.mark.parametrize("case", CHOSEN, ids=lambda case: case.label)
def test_run_again_the_warehouse_ends_as_if_nothing_had_happened(
    case: Case, make_stage: StageMaker, undisturbed: dict[str, Undisturbed]
) -> None:
    if case.source not in undisturbed:
        undisturbed[case.source] = Undisturbed(make_stage(keep=True), case.source)
    stage = make_stage()
    STRIKES[case.fault](stage, case)
    assert_undisturbed(stage, case, undisturbed[case.source])
    if case.fault == "SIGSTOP" or case.point.committed:
        # What a late worker has staged, or one that was killed at the broom, goes with the next
        # publish.
        assert stage.call(f"sync {case.source} --full").code == 0
    assert stage.rows("SELECT tablename FROM pg_tables WHERE schemaname = 'stage'") == []


def kill(stage: Stage, case: Case) -> None:
    """SIGKILL at the point; then the command again."""
    worker = stage.start(f"sync {case.source}", f"{case.point.name}:1:SIGKILL")
    assert worker.wait() == -signal.SIGKILL, worker.log.read_text()
    assert stage.fired(case.point.name)["pid"] == worker.pid
    rerun(stage, case)


def fail(stage: Stage, case: Case) -> None:
    """An error that nobody foresaw, at the point; then the command again."""
    ended = stage.call(f"sync {case.source}", failpoint=f"{case.point.name}:1:exception")
    assert (ended.code, "An unforeseen FailpointError" in ended.told) == (1, True), ended.told
    assert stage.fired(case.point.name)["action"] == "exception"
    rerun(stage, case)


def freeze(stage: Stage, case: Case) -> None:
    """Frozen at the point while another copy runs to its end, then let go: it changes nothing."""
    stage.execute(IMPATIENT.format(stage.database))
    worker = stage.start(f"sync {case.source}", f"{case.point.name}:1:SIGSTOP")
    worker.wait_until_stopped()
    stage.execute(PATIENT.format(stage.database))
    rerun(stage, case)
    before = stage.fingerprints(case.source)
    code = worker.go_on()
    if case.point.committed:
        # In the middle of K21's transaction its session was ended; the batch is published.
        assert code in ((0, 1) if case.point.name == "K21" else (0,)), worker.log.read_text()
        return
    assert code == 1, worker.log.read_text()
    assert stage.fingerprints(case.source) == before


def crash(stage: Stage, case: Case) -> None:
    """The warehouse's server stopped at once under the frozen worker; then the command again."""
    server = stage.world.server
    worker = stage.start(f"sync {case.source}", f"{case.point.name}:1:SIGSTOP")
    worker.wait_until_stopped()
    before = server.started_at()
    server.crash()
    assert server.started_at() != before
    assert worker.go_on() in (0, 1)
    assert "Traceback" not in worker.log.read_text()
    rerun(stage, case)


STRIKES = {"SIGKILL": kill, "SIGSTOP": freeze, "exception": fail, "server stop": crash}


def rerun(stage: Stage, case: Case) -> None:
    """The command once more, to its end."""
    ended = stage.call(f"sync {case.source}")
    assert ended.code == 0, ended.told


def assert_undisturbed(stage: Stage, case: Case, undisturbed: Undisturbed) -> None:
    """The warehouse equals that of as many undisturbed publications; all of it is whole."""
    for stream, found in stage.fingerprints(case.source).items():
        expected = undisturbed.after(stream, found.published)
        assert_same(found, expected)
    unbalanced = stage.rows(
        "SELECT batch_id FROM sync.batch WHERE state = 'published'"
        " AND read <> accepted + unchanged + superseded + quarantined"
    )
    assert unbalanced == []
    assert_whole(stage)


def assert_whole(stage: Stage) -> None:
    """What the ledger calls published is whole in the landing zone, chunk by chunk."""
    stage.enter()
    published = stage.rows(
        "SELECT landed_url, read FROM sync.batch WHERE state = 'published' AND batch_id >"
        " (SELECT coalesce(max(batch_id), 0) FROM sync.batch WHERE landed_url NOT LIKE"
        f" '{stage.home}%')"
    )
    assert published
    for url, read in published:
        assert sum(table.num_rows for table in LandedBatch.open(url).read_chunks()) == read


def test_every_point_of_the_table_stands_in_the_code_where_it_says() -> None:
    for point in POINTS:
        found = find_calls(ROOT, point.name)
        if point.name in ABSENT:
            assert found == [], point
        else:
            assert found, point
            assert all(module.startswith(point.module) for module in found), (point, found)


def test_every_cell_of_the_table_is_run_or_has_its_reason() -> None:
    named = {(case.point, case.source, case.fault) for case in CASES}
    for point, source, fault in product(POINTS, SOURCES, FAULTS):
        assert ((point, source, fault) in named) == (excuse(point, source, fault) is None)


def test_each_point_source_and_fault_is_run_every_time() -> None:
    for named in ("point", "source", "fault"):
        assert {getattr(case, named) for case in CHOSEN} == {getattr(case, named) for case in CASES}
