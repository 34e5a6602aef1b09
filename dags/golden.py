"""Airflow DAG ``build_golden``: link and build whenever a source has been published."""

from functools import reduce
from operator import or_

from airflow.sdk import dag, task

from dags.assets import standard_records
from dags.notify import CloseFailure
from dags.step import DEFAULTS, WHOLE_RUN, step
from hub.contract import load_contracts
from hub.settings import get_settings

_SOURCES = load_contracts(get_settings().contract_folders)


@task(execution_timeout=WHOLE_RUN, on_success_callback=CloseFailure())
@step
def build() -> None:
    """Link everything published and build the golden records, in one transaction."""
    from golden.build import build_golden
    from linkage.ladder import link_people
    from warehouse.golden import golden_transaction

    with golden_transaction() as connection:
        link_people(connection)
        build_golden(connection)


@dag(
    dag_id="build_golden",
    description="Clusters and golden records",
    schedule=reduce(or_, [standard_records(source) for source in _SOURCES]),
    catchup=False,
    max_active_runs=1,
    default_args=DEFAULTS,
    tags=["golden"],
)
def build_golden_dag() -> None:
    """One task: what is published between two would mix people."""
    build()


build_golden_dag()
