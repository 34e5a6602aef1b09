"""Airflow DAGs ``sync_<source>``: one a contract, four tasks a dataset.

Plan, load, judge, publish: only the batch id and the numbers of its parts go from task to task. A
batch is loaded in as many tasks as its plan has parts, side by side on as many workers. When a
source has been published, its asset sets off the golden build; a dataset that failed holds back
neither the others nor their announcement, but the run is a failed one. A DAG that is unpaused waits
for its next time; nobody wants last night's run at noon.

A contract that is refused stops its own source alone. Airflow takes no DAG from a file that raises,
not even those made before; so the refused source keeps its DAG, which fails with the sentence.
"""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from airflow.sdk import DAG, CronTriggerTimetable, dag, task, task_group
from airflow.sdk.exceptions import AirflowSkipException

from dags.assets import standard_records
from dags.step import step, use_connection
from hub.contract import Contract, read_contracts
from hub.errors import ContractError, MotlanError
from hub.settings import get_settings


@task(retries=3, retry_delay=timedelta(seconds=30), retry_exponential_backoff=True)
@step
def plan(stream: str) -> list[dict[str, int]]:
    """Enter the batch that is to be read, and say its parts; skipped when there is nothing new."""
    from connectors.land import plan_batch
    from hub.contract import find_dataset
    from warehouse.ledger import apply_contract

    contract, _ = find_dataset(stream)
    use_connection(contract.source)
    apply_contract(contract)
    planned = plan_batch(stream)
    if planned is None:
        raise AirflowSkipException
    batch_id, parts = planned
    return [{"batch_id": batch_id, "part": number} for number in range(parts)]


@task(retries=3, retry_delay=timedelta(seconds=30), retry_exponential_backoff=True)
@step
def load(source: str, planned: dict[str, int]) -> int:
    """Read one part; land, standardise and stage its rows."""
    from connectors.land import load_part
    from standardisation.batch import make_standardiser

    use_connection(source)
    load_part(planned["batch_id"], planned["part"], make_standardiser)
    return planned["batch_id"]


@task
@step
def judge(loaded: Sequence[int]) -> int:
    """Close the batch and run its suite; fails where that gives no verdict to go on with."""
    from connectors.land import close_batch
    from expectations.judge import judge_batch

    batch_id = loaded[0]
    close_batch(batch_id)
    judge_batch(batch_id)
    return batch_id


@task
@step
def publish(batch_id: int) -> None:
    """Publish the batch whole, or park it."""
    from warehouse.publish import publish_batch

    publish_batch(batch_id)


@task(trigger_rule="one_failed")
@step
def fail_the_run() -> None:
    """Fail the run when a dataset did, though the others were published and announced."""
    message = "A dataset was not published; its own task says why."
    raise MotlanError(message)


def sync_dag(contract: Contract) -> DAG:
    """The DAG of one source."""

    @dag(
        dag_id=f"sync_{contract.source}",
        description=f"{contract.title}: source to standard.*",
        schedule=CronTriggerTimetable(
            contract.schedule, timezone="UTC", run_immediately=timedelta(0)
        ),
        catchup=False,
        max_active_runs=1,
        tags=["sync"],
    )
    def sync() -> None:
        """Every dataset travels by itself; what was published is announced."""

        @task(
            task_id="announce",
            outlets=[standard_records(contract.source)],
            trigger_rule="all_done_min_one_success",
        )
        def announce() -> None:
            """Say that the source has a new published version of one dataset or more."""

        announced, told = announce(), fail_the_run()
        for dataset in contract.datasets:

            @task_group(group_id=dataset.name)
            def travel(stream: str) -> None:
                planned: Any = plan(stream)
                loaded: Any = load.partial(source=contract.source).expand(planned=planned)
                judged: Any = judge(loaded)
                publish(judged) >> [announced, told]

            travel(dataset.stream)

    return sync()


def refused_dag(source: str, refusal: ContractError) -> DAG:
    """The DAG of a source whose contract is refused: it fails once a day and says why."""

    @dag(
        dag_id=f"sync_{source}",
        description=f"Refused: {refusal}",
        schedule=CronTriggerTimetable("0 0 * * *", timezone="UTC", run_immediately=timedelta(0)),
        catchup=False,
        max_active_runs=1,
        tags=["sync", "refused"],
    )
    def refused() -> None:
        @task(task_id="read_contract")
        @step
        def read_contract() -> None:
            """Fail with what is wrong in the contract."""
            raise refusal

        read_contract()

    return refused()


for _source, _found in read_contracts(get_settings().contract_folders).items():
    globals()[f"sync_{_source}"] = (
        refused_dag(_source, _found) if isinstance(_found, ContractError) else sync_dag(_found)
    )
