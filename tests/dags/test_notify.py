"""What Airflow calls when a task failed: an alert where the run could not open one itself."""

from types import SimpleNamespace
from typing import Any

import pytest

pytest.importorskip("airflow")
from airflow.sdk.exceptions import AirflowFailException

from dags.notify import CloseFailure, TellFailure, find_stream
from hub.errors import SchemaDriftError
from warehouse.alerts import list_open_alerts
from warehouse.runs import Run, list_runs, run_step


def failed(task_id: str, error: object = None, dag_id: str = "sync_vehicle") -> dict[str, Any]:
    """The context that Airflow gives to a callback, as far as it is used."""
    task = SimpleNamespace(dag_id=dag_id, task_id=task_id, run_id="scheduled__1")
    return {"ti": task, "exception": error}


def alerts() -> list[tuple[str, str, str | None]]:
    return [(alert.kind, alert.source, alert.stream) for alert in list_open_alerts()]


@pytest.mark.usefixtures("warehouse")
def test_a_killed_task_ends_its_run_and_is_an_alert() -> None:
    with run_step(Run("vehicle.car", "scheduled__1", "normal", "sync_vehicle"), "plan"):
        pass
    TellFailure().notify(failed("car.load"))
    assert [(run.outcome, run.error) for run in list_runs()] == [
        ("lost", "Task car.load of sync_vehicle was ended from outside; Airflow's log says when.")
    ]
    assert alerts() == [("failed", "vehicle", "vehicle.car")]


@pytest.mark.usefixtures("warehouse")
def test_a_run_that_said_itself_what_happened_is_not_told_twice() -> None:
    error = SchemaDriftError("column bien_so was promised and is missing")
    with (
        pytest.raises(SchemaDriftError),
        run_step(Run("vehicle.car", "scheduled__1", "normal", "sync_vehicle"), "plan"),
    ):
        raise error
    TellFailure().notify(failed("car.plan", AirflowFailException(str(error))))
    TellFailure().notify(failed("fail_the_run", AirflowFailException("a dataset failed")))
    assert alerts() == [("drift", "vehicle", "vehicle.car")]


@pytest.mark.usefixtures("warehouse")
def test_a_task_of_no_stream_is_an_alert_until_it_succeeds() -> None:
    context = failed("build", ValueError("Nguyễn Văn An"), dag_id="build_golden")
    for _ in range(2):
        TellFailure().notify(context)
    (alert,) = list_open_alerts()
    assert (alert.kind, alert.source, alert.stream) == ("failed", "build_golden", None)
    assert alert.what == (
        "Task build of build_golden was stopped by ValueError; Airflow's log says where."
    )
    CloseFailure().notify(context)
    assert alerts() == []


@pytest.mark.parametrize(
    ("dag_id", "task_id", "stream"),
    [
        ("sync_social_insurance", "card.load", "social_insurance.card"),
        ("reconcile_population", "person.publish", "population.person"),
        ("sync_population", "announce", None),
        ("build_golden", "build", None),
        ("maintenance", "keys", None),
    ],
)
def test_a_stream_is_known_by_the_names_of_dag_and_task(
    dag_id: str, task_id: str, stream: str | None
) -> None:
    assert find_stream(dag_id, task_id) == stream
