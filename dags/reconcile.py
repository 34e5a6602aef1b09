"""Airflow DAGs ``reconcile_<source>``: the hub's keys against the source's own.

The same tasks as ``sync_<source>`` with another reading: what differs is read again and published
by the same transaction. Once a day, or when the contract says (``reconcile``). It waits for a run
of the stream that is under way; a sync that begins meanwhile pushes it aside, and it ends skipped.
A source whose contract is refused has no such DAG: its ``sync_<source>`` says why.
"""

from datetime import timedelta

from airflow.sdk import DAG, CronTriggerTimetable, dag, task

from dags.assets import standard_records
from dags.notify import CloseFailure
from dags.step import DEFAULTS
from dags.travel import fail_the_run, travel
from hub.contract import Contract, read_contracts
from hub.settings import get_settings


def reconcile_dag(contract: Contract) -> DAG:
    """The DAG of one source."""
    asked = contract.reconcile_schedule
    times = asked and CronTriggerTimetable(asked, timezone="UTC", run_immediately=timedelta(0))

    @dag(
        dag_id=f"reconcile_{contract.source}",
        description=f"{contract.title}: what the hub holds against what the source holds",
        schedule=times,
        catchup=False,
        max_active_runs=1,
        default_args=DEFAULTS,
        tags=["reconcile"],
    )
    def reconcile() -> None:
        """Every dataset by itself; what was published is announced."""

        @task(
            task_id="announce",
            outlets=[standard_records(contract.source)],
            trigger_rule="all_done_min_one_success",
            on_success_callback=CloseFailure(),
        )
        def announce() -> None:
            """Say that the source has a new published version of one dataset or more."""

        published = [travel(dataset, "reconcile") for dataset in contract.datasets]
        published >> announce()
        published >> fail_the_run()

    return reconcile()


for _source, _found in read_contracts(get_settings().contract_folders).items():
    if isinstance(_found, Contract):
        globals()[f"reconcile_{_source}"] = reconcile_dag(_found)
