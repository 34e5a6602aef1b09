"""Airflow DAGs ``sync_<source>``: one a contract, four tasks a dataset.

Plan, load, judge, publish (`dags.travel`). When a source has been published, its asset sets off the
golden build; a dataset that failed holds back neither the others nor their announcement, but the
run is a failed one. A DAG that is unpaused waits for its next time; nobody wants last night's run
at noon. ``max_active_runs`` is a convenience: two runs at once do no harm.

A contract that is refused stops its own source alone. Airflow takes no DAG from a file that raises,
not even those made before; so the refused source keeps its DAG, which fails with the sentence.
"""

from datetime import timedelta

from airflow.sdk import DAG, CronTriggerTimetable, dag, task

from dags.assets import standard_records
from dags.notify import CloseFailure
from dags.step import DEFAULTS, step
from dags.travel import fail_the_run, travel
from hub.contract import Contract, read_contracts
from hub.errors import ContractError
from hub.settings import get_settings


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
        default_args=DEFAULTS,
        tags=["sync"],
    )
    def sync() -> None:
        """Every dataset travels by itself; what was published is announced."""

        @task(
            task_id="announce",
            outlets=[standard_records(contract.source)],
            trigger_rule="all_done_min_one_success",
            on_success_callback=CloseFailure(),
        )
        def announce() -> None:
            """Say that the source has a new published version of one dataset or more."""

        published = [travel(dataset, "normal") for dataset in contract.datasets]
        published >> announce()
        published >> fail_the_run()

    return sync()


def refused_dag(source: str, refusal: ContractError) -> DAG:
    """The DAG of a source whose contract is refused: it fails once a day and says why."""

    @dag(
        dag_id=f"sync_{source}",
        description=f"Refused: {refusal}",
        schedule=CronTriggerTimetable("0 0 * * *", timezone="UTC", run_immediately=timedelta(0)),
        catchup=False,
        max_active_runs=1,
        default_args=DEFAULTS,
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
