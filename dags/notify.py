"""Airflow notifiers: a task that failed is an alert, told by mail and webhook, once.

A run of a stream notes its own end and opens its own alert. What it cannot note is that its process
was killed: then Airflow calls the notifier, which notes it and opens the alert instead.
"""

from typing import Any, Final

from airflow.sdk import BaseNotifier
from airflow.sdk.exceptions import AirflowFailException

from hub.errors import MotlanError

_STEPS: Final = ("plan", "load", "judge", "publish")
_SYNC: Final = "sync_"


class TellFailure(BaseNotifier):
    """``on_failure_callback`` of a task: opens the alert that the task could not open itself."""

    def notify(self, context: Any) -> None:
        """See to it that the failure is an open alert, and tell every open alert."""
        from hub.alerts import alert_of_task
        from sight.telling import tell_soon
        from warehouse.alerts import open_alone
        from warehouse.runs import end_killed_run

        task = context["ti"]
        what = _describe(task, context.get("exception"))
        stream = find_stream(task.dag_id, task.task_id)
        if stream is not None:
            end_killed_run(stream, task.run_id, what)
        elif task.task_id != "fail_the_run":
            open_alone(alert_of_task(_owner(task.dag_id), task.dag_id, what))
        tell_soon()


class CloseFailure(BaseNotifier):
    """``on_success_callback`` of a task that belongs to no stream: its alert is over."""

    def notify(self, context: Any) -> None:
        """Close the alert of the task's DAG."""
        from warehouse.alerts import close_alone

        close_alone("failed", _owner(context["ti"].dag_id))


def find_stream(dag_id: str, task_id: str) -> str | None:
    """The stream whose step a task does, by the names that the DAGs give; None for other tasks."""
    dataset, _, step = task_id.rpartition(".")
    source = dag_id.partition("_")[2]
    return f"{source}.{dataset}" if dataset and step in _STEPS else None


def _owner(dag_id: str) -> str:
    """What an alert about a DAG's other tasks is filed under: its source, else the DAG itself."""
    return dag_id.removeprefix(_SYNC)


def _describe(task: Any, error: object) -> str:
    """What failed; the words of an error only where they are ours, for others may quote a row."""
    name = f"Task {task.task_id} of {task.dag_id}"
    if isinstance(error, MotlanError | AirflowFailException):
        return f"{name} failed: {error}"
    if isinstance(error, BaseException):
        return f"{name} was stopped by {type(error).__name__}; Airflow's log says where."
    return f"{name} was ended from outside; Airflow's log says when."
