"""`motlan demo`: the whole path on this machine, through Airflow's own scheduler.

The demo alone may read the truth of the synthetic province, to compare an answer with it; the hub
never does.
"""

import contextlib
import signal
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType
from typing import Any

from cli.airflow_api import AirflowApi, DagRun
from cli.balance import ensure_complete
from cli.dossier import Case, Desk, compare, read_showcase, render_dossier
from cli.environment import DATABASES
from cli.processes import Supervisor, locked
from cli.province import empty
from cli.services import SOURCES, Services
from cli.start import start_all
from cli.status import list_addresses
from cli.terminal import output, say, step
from hub.errors import MotlanError

RUN_SECONDS_MAX = 600.0
GOLDEN_DAG = "build_golden"
PREFILLS_MIN = 3
"""How many people the check prefills for: one for each procedure of the catalogue."""


class DemoError(MotlanError):
    """The demo did not come to its end as it should."""


@dataclass(frozen=True)
class Demo:
    """What to run the demo with."""

    home: Path
    profile: str
    seed: int
    free_ports: bool


def run_demo(demo: Demo) -> dict[str, Any]:
    """Run everything, show one dossier and the addresses, and wait for Ctrl-C.

    Raises:
        MotlanError: a service, a run or an answer failed; everything has been stopped.
    """
    result: dict[str, Any] = {"state": "ended"}
    with locked(demo.home), stopping(Supervisor(demo.home)) as supervisor:
        services = start(supervisor, demo)
        result |= synchronise(supervisor, services)
        show(services)
        with contextlib.suppress(KeyboardInterrupt):
            wait_for_interrupt(supervisor)
    return result


def check_demo(demo: Demo) -> dict[str, Any]:
    """Run everything from nothing, compare counts and answers with the truth, and stop.

    Raises:
        MotlanError: a run failed, a count is out of balance or an answer differs.
    """
    began = time.monotonic()
    with locked(demo.home), stopping(Supervisor(demo.home)) as supervisor:
        supervisor.stop()
        empty(demo.home, but="lock")
        services = start(supervisor, demo)
        result = synchronise(supervisor, services)
        result["balanced_batches"] = ensure_balanced()
        with step("Rows against the sources' own databases"):
            result["rows"] = ensure_complete(open_sources(services))
        with step("Prefilled dossiers against the truth"):
            result["prefills"] = ensure_prefills(services)
    return {"state": "passed", **result, "seconds": round(time.monotonic() - began, 1)}


def start(supervisor: Supervisor, demo: Demo) -> Services:
    """Every service, started anew: what an earlier run left is stopped first."""
    if supervisor.list_running():
        with step("Services of an earlier run stopped"):
            supervisor.stop()
    return start_all(supervisor, profile=demo.profile, seed=demo.seed, free_ports=demo.free_ports)


@contextlib.contextmanager
def stopping(supervisor: Supervisor) -> Iterator[Supervisor]:
    """Whatever happens in the block, Ctrl-C and SIGTERM included, no service outlives it."""

    def interrupt(number: int, frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, interrupt)
    try:
        yield supervisor
    finally:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)
        stop(supervisor)


def stop(supervisor: Supervisor) -> None:
    """Stop what runs, and say so only where something did."""
    if not supervisor.list_running():
        supervisor.stop()
        return
    say("")
    with step("Services stopped"):
        supervisor.stop()


def synchronise(supervisor: Supervisor, services: Services) -> dict[str, Any]:
    """Run the DAGs of the three sources and the golden builds that they set off.

    Raises:
        DemoError: a run failed or did not end in time.
    """
    password = services.values["MOTLAN_PASSWORD_AIRFLOW_ADMIN"]
    airflow = AirflowApi(services.url("airflow_api"), "admin", password)
    sync_dags = [f"sync_{source}" for source in SOURCES]
    with step("Airflow has read the DAGs"):
        airflow.wait_for_dags([*sync_dags, GOLDEN_DAG])
    began = datetime.now(UTC)
    airflow.unpause_all()
    with step("DAG runs: three sources, then the golden records"):
        started = [begin_run(supervisor, airflow, dag_id, since=began) for dag_id in sync_dags]
        ended = wait_for_runs(supervisor, airflow, started)
        golden = wait_for_golden(supervisor, airflow, ended)
    ensure_successful(airflow, [*ended, *golden])
    airflow.close()
    return {"runs": {run.run_id: f"{run.dag_id} {run.state}" for run in [*ended, *golden]}}


def begin_run(
    supervisor: Supervisor, airflow: AirflowApi, dag_id: str, *, since: datetime
) -> DagRun:
    """The run that the scheduler starts as soon as a DAG may run, else one that is asked for."""
    for _ in watch(supervisor, f"the schedule of {dag_id}"):
        if not airflow.is_due(dag_id):
            break
    for run in airflow.list_runs(dag_id):
        if not run.has_ended or (run.queued_at and run.queued_at >= since):
            return run
    return airflow.trigger(dag_id)


def wait_for_runs(supervisor: Supervisor, airflow: AirflowApi, runs: list[DagRun]) -> list[DagRun]:
    """Wait until runs have ended, well or not.

    Raises:
        DemoError: they take too long.
    """
    for _ in watch(supervisor, "the runs of the sources"):
        runs = [run if run.has_ended else airflow.get_run(run) for run in runs]
        if all(run.has_ended for run in runs):
            break
    return runs


def wait_for_golden(
    supervisor: Supervisor, airflow: AirflowApi, syncs: list[DagRun]
) -> list[DagRun]:
    """Wait until golden builds have taken up everything that the syncs published.

    Raises:
        DemoError: they take too long.
    """
    published: set[int] = set()
    for run in syncs:
        published |= airflow.list_events_of(run)
    for _ in watch(supervisor, "the golden builds"):
        runs = airflow.list_runs(GOLDEN_DAG)
        if all(run.has_ended for run in runs):
            taken: set[int] = set()
            for run in runs:
                taken |= airflow.list_events_behind(run)
            if published <= taken:
                return [run for run in runs if airflow.list_events_behind(run) & published]
    return []


def watch(supervisor: Supervisor, what: str) -> Iterator[None]:
    """A tick a second, as long as Airflow lives and time is left."""
    deadline = time.monotonic() + RUN_SECONDS_MAX
    while time.monotonic() < deadline:
        for name in ("airflow_scheduler", "airflow_dag_processor", "airflow_api"):
            supervisor.ensure_alive(name)
        yield
        time.sleep(1)
    message = (
        f"Airflow did not finish {what} in {RUN_SECONDS_MAX:.0f} s: "
        f"read {supervisor.log_path('airflow_scheduler')}."
    )
    raise DemoError(message)


def ensure_successful(airflow: AirflowApi, runs: list[DagRun]) -> None:
    """Every run ended well.

    Raises:
        DemoError: names the runs and tasks that did not.
    """
    failed = [
        f"{run.dag_id} ({', '.join(airflow.list_failed_tasks(run)) or run.state})"
        for run in runs
        if run.state != "success"
    ]
    if failed:
        message = (
            f"These DAG runs failed: {'; '.join(failed)}. Airflow shows the logs of the tasks."
        )
        raise DemoError(message)


def open_sources(services: Services) -> dict[str, str]:
    """Source -> the URL of its own database; the check may see what the hub may not."""
    return {source: services.cluster(source).url(DATABASES[source][0]) for source in SOURCES}


def ensure_balanced() -> int:
    """Every published batch is balanced by the ledger; how many there are.

    Raises:
        DemoError: a count is out of balance, or nothing was published.
    """
    from warehouse.status import count_unbalanced_batches

    batches, unbalanced = count_unbalanced_batches()
    if unbalanced or not batches:
        message = f"{unbalanced} of {batches} batches are out of balance: see sync.batch."
        raise DemoError(message)
    return batches


def ensure_prefills(services: Services) -> list[str]:
    """Prefill for everybody in the showcase and compare each answer with the truth.

    Raises:
        DemoError: an answer differs; names the fields, never their values.
    """
    checked = []
    if len(find_showcase(services)) < PREFILLS_MIN:
        message = "The province has nobody with clean rows for some procedure; make it less noisy."
        raise DemoError(message)
    with Desk(services) as desk:
        for case in find_showcase(services):
            procedure = desk.get_procedure(case.procedure)
            differences = compare(case, desk.prefill(case), procedure)
            if differences:
                message = (
                    f"The prefill for {case.procedure} differs from the truth in "
                    f"{', '.join(differences)}."
                )
                raise DemoError(message)
            checked.append(case.procedure)
    return checked


def find_showcase(services: Services) -> list[Case]:
    """The people to prefill for.

    Raises:
        DemoError: the province is so noisy that nobody has clean rows in all registers.
    """
    cases = read_showcase(services.home)
    if not cases:
        message = (
            "Nobody in this province has clean rows in all registers, so there is nobody to show; "
            "make one with less noise."
        )
        raise DemoError(message)
    return cases


def show(services: Services) -> None:
    """Print one prefilled dossier, and where to go on."""
    case = find_showcase(services)[0]
    with Desk(services) as desk:
        render_dossier(case, desk.prefill(case), output)
    for name, address in list_addresses(services).items():
        output.print(f"{name:<10} {address}")
    password = services.values["MOTLAN_PASSWORD_AIRFLOW_ADMIN"]
    output.print(f"{'':<10} Airflow's login: admin / {password}")
    output.print("Ctrl-C ends everything.")


def wait_for_interrupt(supervisor: Supervisor) -> None:
    """Keep running until Ctrl-C; say so when a service dies meanwhile."""
    names = [note.name for note in supervisor.list_running()]
    while True:
        time.sleep(2)
        for name in names:
            supervisor.ensure_alive(name)
