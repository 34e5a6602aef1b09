"""Airflow DAG ``maintenance``: what has outlived its time is deleted, and the keys are renewed.

The same duties as `motlan maintenance run`, in the order that they need. It runs every hour, so
that a promise which a source has missed is told within the hour; a duty that finds nothing ends at
once. A duty that failed holds back no other, but the run is a failed one.
"""

import logging
from datetime import timedelta
from typing import Any

from airflow.sdk import CronTriggerTimetable, chain, dag, task

from dags.notify import CloseFailure
from dags.step import DEFAULTS, WHOLE_RUN, step
from dags.travel import fail_the_run
from hub.errors import MotlanError
from hub.retention import DUTIES


@task(trigger_rule="all_done", execution_timeout=WHOLE_RUN)
@step
def keep(duty: str) -> dict[str, int]:
    """Do one duty; what it deleted and kept, in numbers."""
    from warehouse.maintenance import run_duty

    done = run_duty(duty)
    logging.getLogger(__name__).info("%s: %s", duty, done)
    return done


@task(trigger_rule="all_done")
@step
def tell() -> int:
    """Tell the open alerts that somebody was not told yet; returns how many."""
    from sight.telling import tell_alerts

    done = tell_alerts()
    if done.failed:
        message = f"{done.failed} alerts could not be told; sync.alert_told says why."
        raise MotlanError(message)
    return done.told


@task(on_success_callback=CloseFailure())
def all_well() -> None:
    """Close the alert of an earlier run that failed: every task of this one has done its part."""


@dag(
    dag_id="maintenance",
    description="Retention of landed files, versions and quarantined rows; renewal of keys",
    schedule=CronTriggerTimetable("40 * * * *", timezone="UTC", run_immediately=timedelta(0)),
    catchup=False,
    max_active_runs=1,
    default_args=DEFAULTS,
    tags=["maintenance"],
)
def maintenance() -> None:
    """One task a duty, one after another; then who is to be told is told."""
    tasks: list[Any] = [keep.override(task_id=duty)(duty) for duty in DUTIES]
    tasks.append(tell())
    chain(*tasks)
    tasks >> all_well()
    tasks >> fail_the_run()


maintenance()
