"""The tasks that a dataset travels by, whatever it is read for: plan, load, judge, publish.

Only a batch id and the numbers of its parts go from task to task. A batch is loaded in as many
tasks as its plan has parts, side by side on as many workers as there are. Every task may be killed
and tried again, and two copies of it may run: the fence in the warehouse decides, not Airflow.
"""

import logging
from collections.abc import Sequence
from typing import Any, Literal

from airflow.sdk import PokeReturnValue, get_current_context, task, task_group
from airflow.sdk.exceptions import AirflowSkipException

from dags.step import WHOLE_RUN, step, use_connection
from hub.contract import Dataset
from hub.errors import MotlanError

Mode = Literal["normal", "reconcile"]


def _seen(stream: str, name: str, mode: Mode, part: int = 0) -> Any:
    """The step as the run history, the alerts and a lineage server see it."""
    from sight.steps import seen_step
    from warehouse.runs import Run

    context: Any = get_current_context()
    run = Run(stream, key=context["run_id"], mode=mode, dag_id=context["dag"].dag_id)
    return seen_step(run, name, part)


def _plan(stream: str, mode: Mode) -> list[dict[str, int]]:
    """Enter the batch that is to be read, and say its parts; skipped when there is nothing new."""
    from connectors.base import Asked
    from connectors.land import plan_batch
    from hub.contract import find_dataset
    from warehouse.ledger import apply_contract

    with _seen(stream, "plan", mode) as note:
        contract, _ = find_dataset(stream)
        use_connection(contract.source)
        apply_contract(contract)
        planned = plan_batch(stream, Asked(mode))
        note.batch_id = planned[0] if planned else None
        note.outcome = None if planned else "nothing_new"
    if planned is None:
        message = f"{stream} has nothing new."
        raise AirflowSkipException(message)
    batch_id, parts = planned
    return [{"batch_id": batch_id, "part": number} for number in range(parts)]


@task
@step
def plan(stream: str) -> list[dict[str, int]]:
    """Take the stream and enter its next batch; a run that held it before can no longer write."""
    return _plan(stream, "normal")


@task.sensor(
    task_id="plan", mode="reschedule", poke_interval=60, timeout=2 * WHOLE_RUN.total_seconds()
)
@step
def plan_in_turn(stream: str) -> PokeReturnValue:
    """The same once no other run of the stream is under way, so that none is pushed aside."""
    from warehouse.turns import find_run_under_way

    other = find_run_under_way(stream, but="reconcile", age_max=WHOLE_RUN)
    if other is not None:
        logging.getLogger(__name__).info("Batch %s of %s is under way; waiting.", other, stream)
        return PokeReturnValue(is_done=False)
    return PokeReturnValue(is_done=True, xcom_value=_plan(stream, "reconcile"))


@task(execution_timeout=WHOLE_RUN)
@step
def load(stream: str, mode: Mode, planned: dict[str, int]) -> int:
    """Read one part; land, standardise and stage its rows."""
    from connectors.land import load_part
    from standardisation.batch import make_standardiser

    use_connection(stream.partition(".")[0])
    batch_id, part = planned["batch_id"], planned["part"]
    with _seen(stream, "load", mode, part) as note:
        load_part(batch_id, part, make_standardiser, note.add)
    return batch_id


@task
@step
def judge(stream: str, mode: Mode, loaded: Sequence[int]) -> int:
    """Close the batch and run its suite; fails where that gives no verdict to go on with."""
    from connectors.land import close_batch
    from expectations.judge import judge_batch

    batch_id = loaded[0]
    with _seen(stream, "close", mode):
        close_batch(batch_id)
    with _seen(stream, "judge", mode):
        judge_batch(batch_id)
    return batch_id


@task
@step
def publish(stream: str, mode: Mode, batch_id: int) -> None:
    """Publish the batch whole, or park it."""
    from warehouse.publish import publish_batch

    with _seen(stream, "publish", mode) as note:
        note.rows = publish_batch(batch_id).read
        note.outcome = "published"


@task(trigger_rule="one_failed", retries=0)
@step
def fail_the_run() -> None:
    """Fail the run when one of its tasks did, though others went on and were announced."""
    message = "A task of this run failed; its own log says why."
    raise MotlanError(message)


def travel(dataset: Dataset, mode: Mode) -> Any:
    """The four tasks of a dataset, in a group of its name; returns the last."""

    @task_group(group_id=dataset.name)
    def dataset_group() -> Any:
        planned: Any = plan_in_turn(dataset.stream) if mode == "reconcile" else plan(dataset.stream)
        words: Any = {"stream": dataset.stream, "mode": mode}
        loaded: Any = load.partial(**words).expand(planned=planned)
        judged: Any = judge(loaded=loaded, **words)
        return publish(batch_id=judged, **words)

    return dataset_group()
