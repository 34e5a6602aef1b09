"""Each run of a stream leaves one line of history, whatever becomes of it."""

from typing import Any

import pytest

from hub.errors import (
    BatchParkedError,
    MotlanError,
    SchemaDriftError,
    SourceUnavailableError,
    StaleWriterError,
)
from warehouse.alerts import list_open_alerts
from warehouse.runs import Run, end_killed_run, list_runs, read_lineage, run_step

from ..dashboard.conftest import Ledger

STREAM = "vehicle.car"


@pytest.fixture
def ledger(warehouse: Any) -> Ledger:
    """A ledger with one stream."""
    made = Ledger(warehouse)
    made.stream(STREAM, age="1 hour")
    return made


def run_of(key: str) -> Run:
    return Run(STREAM, key, "incremental")


def fail(run: Run, error: Exception, step: str = "load", part: int = 0) -> None:
    with pytest.raises(type(error)), run_step(run, step, part):
        raise error


def finish(run: Run, outcome: Any = "published") -> None:
    with run_step(run, "publish") as note:
        note.outcome = outcome


def told() -> list[tuple[str, str | None]]:
    """(kind, stream) of each open alert."""
    return [(alert.kind, alert.stream) for alert in list_open_alerts()]


def outcomes() -> list[str | None]:
    """How each run ended, the newest first."""
    return [run.outcome for run in list_runs()]


def test_the_steps_of_a_run_are_kept_with_their_rows_whichever_process_does_them(
    ledger: Ledger,
) -> None:
    batch_id = ledger.batch(STREAM, state="judged", read=5)
    run = run_of("a")
    with run_step(run, "plan") as note:
        note.batch_id = batch_id
    for part, rows in enumerate((3, 2)):
        with run_step(run, "load", part) as note:
            note.rows = rows
    finish(run)
    (row,) = list_runs()
    assert (row.outcome, row.batch_id, row.rows, row.step) == ("published", batch_id, 5, "publish")
    assert row.ended_at is not None
    assert ledger.run("SELECT times, rows FROM sync.step_total WHERE step = 'load'") == (2, 5)


def test_a_run_that_was_killed_is_lost_once_a_later_one_has_begun(ledger: Ledger) -> None:
    with run_step(run_of("killed"), "plan"):
        pass
    assert outcomes() == [None]
    with run_step(run_of("later"), "plan"):
        pass
    assert outcomes() == [None, "lost"]
    assert told() == []


def test_a_run_that_was_killed_after_its_publication_did_publish(ledger: Ledger) -> None:
    with run_step(run_of("killed"), "plan") as note:
        note.batch_id = ledger.batch(STREAM, read=5, accepted=5)
    finish(run_of("later"), "nothing_new")
    assert outcomes() == ["nothing_new", "published"]


def test_what_airflow_kills_is_told_and_what_has_ended_by_itself_is_not(ledger: Ledger) -> None:
    with run_step(run_of("killed"), "plan"):
        pass
    assert end_killed_run(STREAM, "killed", "The task load was killed.")
    assert not end_killed_run(STREAM, "killed", "The task load was killed.")
    assert outcomes() == ["lost"]
    assert told() == [("failed", STREAM)]


@pytest.mark.parametrize(
    ("error", "outcome", "kind"),
    [
        (SchemaDriftError("column ten was promised and is missing"), "failed", ["drift"]),
        (MotlanError("rows were lost"), "failed", ["failed"]),
        (ValueError("Nguyễn Văn An"), "failed", ["failed"]),
        (StaleWriterError("another run has it"), "refused", []),
        (BatchParkedError("it waits"), "parked", []),
    ],
)
def test_an_error_ends_the_run_and_opens_its_alert_once(
    ledger: Ledger, error: Exception, outcome: str, kind: list[str]
) -> None:
    for key in "ab":
        fail(run_of(key), error)
    assert outcomes() == [outcome, outcome]
    assert [alert.kind for alert in list_open_alerts()] == kind
    finish(run_of("c"))
    assert told() == []


def test_no_value_gets_into_the_history(ledger: Ledger) -> None:
    fail(run_of("a"), ValueError("Nguyễn Văn An"))
    (row,), (alert,) = list_runs(), list_open_alerts()
    assert "Nguyễn" not in f"{row} {alert}"
    assert "An unforeseen ValueError stopped the run at" in alert.what


def test_of_a_source_that_does_not_answer_the_second_missed_run_is_told(ledger: Ledger) -> None:
    error = SourceUnavailableError("vehicle does not answer")
    fail(run_of("a"), error)
    fail(run_of("a"), error)
    assert told() == []
    fail(run_of("b"), error)
    assert told() == [("source", None)]
    finish(run_of("c"), "nothing_new")
    assert told() == []


def test_an_open_circuit_is_told_at_the_first_missed_run(ledger: Ledger) -> None:
    ledger.run(
        "INSERT INTO sync.circuit (source, failures, open_until)"
        " VALUES ('vehicle', 5, now() + interval '1 minute')"
    )
    fail(run_of("a"), SourceUnavailableError("vehicle is left alone for a minute"))
    assert told() == [("source", None)]


def test_another_try_goes_on_with_the_run_but_another_part_does_not_undo_a_failure(
    ledger: Ledger,
) -> None:
    error = MotlanError("rows were lost")
    fail(run_of("a"), error, part=0)
    with run_step(run_of("a"), "load", 1):
        pass
    assert outcomes() == ["failed"]
    with run_step(run_of("a"), "load", 0):
        pass
    assert outcomes() == [None]
    finish(run_of("a"))
    assert outcomes() == ["published"]


def test_what_cannot_be_noted_does_not_undo_what_was_done(ledger: Ledger) -> None:
    with run_step(run_of("a"), "publish") as note:
        note.outcome = "published"
        ledger.run("ALTER TABLE sync.run_step RENAME TO gone")
    assert outcomes_of_owner(ledger) == [(None,)]


def outcomes_of_owner(ledger: Ledger) -> list[Any]:
    with ledger.warehouse.connect() as owner:
        return list(owner.execute("SELECT outcome FROM sync.run").fetchall())


def test_a_run_has_one_name_for_the_world_outside(ledger: Ledger) -> None:
    with run_step(run_of("a"), "plan"):
        pass
    assert read_lineage(run_of("a")).lineage_id == read_lineage(run_of("a")).lineage_id
    with pytest.raises(MotlanError, match="no run b"):
        read_lineage(run_of("b"))
