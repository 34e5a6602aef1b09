"""Airflow DAG ``build_golden``: link and build whenever a source has been published."""

from functools import reduce
from operator import or_

from airflow.sdk import dag, task

from dags.assets import standard_records
from dags.step import step
from hub.contract import load_contracts
from hub.settings import get_settings

_SOURCES = load_contracts(get_settings().contract_folders)


@task
@step
def link() -> None:
    """Walk the ladder over everything published."""
    from linkage.ladder import link_people

    link_people()


@task
@step
def build() -> None:
    """Build the golden records from clusters and standard tables."""
    from golden.build import build_golden

    build_golden()


@dag(
    dag_id="build_golden",
    description="Clusters and golden records",
    schedule=reduce(or_, [standard_records(source) for source in _SOURCES]),
    catchup=False,
    max_active_runs=1,
    tags=["golden"],
)
def build_golden_dag() -> None:
    """Link, then build."""
    link() >> build()


build_golden_dag()
