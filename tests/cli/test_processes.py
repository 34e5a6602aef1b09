"""Services are started, recognised after a crash, and stopped without a trace."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from cli.processes import (
    NoDiskSpaceError,
    PortInUseError,
    Service,
    ServiceError,
    StateLockedError,
    Supervisor,
    ensure_space,
    find_free_ports,
    locked,
)

SLEEP = (sys.executable, "-c", "import time; time.sleep(600)")
# A service whose child starts a session of its own and outlives a plain kill of its parent.
PARENT = (
    sys.executable,
    "-c",
    "import subprocess, sys, time\n"
    "child = [sys.executable, '-c', 'import time; time.sleep(600)']\n"
    "print(subprocess.Popen(child, start_new_session=True).pid, flush=True)\n"
    "time.sleep(600)",
)
# A service whose child carries no mark, as a worker that renames itself, and hears no SIGTERM.
UNMARKED = (
    sys.executable,
    "-c",
    "import subprocess, sys, time\n"
    "deaf = 'import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(600)'\n"
    "print(subprocess.Popen([sys.executable, '-c', deaf], env={}).pid, flush=True)\n"
    "time.sleep(600)",
)
DEAF = (
    sys.executable,
    "-c",
    "import signal, time\n"
    "signal.signal(signal.SIGTERM, signal.SIG_IGN)\nprint('deaf', flush=True)\ntime.sleep(600)",
)


def service(name: str, command: tuple[str, ...] = SLEEP, port: int | None = None) -> Service:
    """A service that needs nothing."""
    return Service(name, command, {"PATH": os.environ["PATH"]}, port=port)


@pytest.fixture
def supervisor(tmp_path: Path) -> Iterator[Supervisor]:
    """A supervisor of an empty state folder; whatever it started is stopped."""
    made = Supervisor(tmp_path)
    yield made
    made.stop()


def written(supervisor: Supervisor, name: str) -> str:
    """The first line of a service's log, as soon as there is one."""
    log = supervisor.log_path(name)
    for _ in range(100):
        if log.exists() and "\n" in log.read_text():
            break
        time.sleep(0.05)
    return log.read_text().splitlines()[0]


def is_alive(pid: int) -> bool:
    """Whether a process runs (a zombie does not)."""
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def test_services_stop_in_the_reverse_order_of_their_start(supervisor: Supervisor) -> None:
    supervisor.start(service("database"))
    supervisor.start(service("api"), service("pages"))
    assert [note.name for note in supervisor.list_running()] == ["database", "api", "pages"]
    supervisor.stop()
    assert supervisor.list_running() == []
    assert list((supervisor.home / "run").iterdir()) == []


def test_a_running_service_is_not_started_twice(supervisor: Supervisor) -> None:
    supervisor.start(service("database"))
    first = supervisor.find_running("database")
    Supervisor(supervisor.home).start(service("database"))
    assert supervisor.find_running("database") == first


def test_what_a_killed_run_left_is_stopped_by_the_next(supervisor: Supervisor) -> None:
    supervisor.start(service("scheduler", PARENT))
    orphan = int(written(supervisor, "scheduler"))
    note = supervisor.find_running("scheduler")
    assert note is not None
    os.kill(note.pid, signal.SIGKILL)
    os.waitpid(note.pid, 0)
    assert is_alive(orphan)
    later = Supervisor(supervisor.home)
    assert later.stop_leftovers() == ["scheduler"]
    assert not is_alive(orphan)


def test_workers_of_a_killed_service_are_found_by_its_session(supervisor: Supervisor) -> None:
    supervisor.start(service("scheduler", UNMARKED))
    worker = int(written(supervisor, "scheduler"))
    running = supervisor.find_running("scheduler")
    assert running is not None
    os.kill(running.pid, signal.SIGKILL)
    while supervisor.find_running("scheduler") is not None:
        time.sleep(0.01)
    assert is_alive(worker)
    supervisor.stop()
    assert not is_alive(worker)


def test_a_service_that_ignores_sigterm_is_killed(
    supervisor: Supervisor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cli.processes.KILL_AFTER_SECONDS", 0.3)
    supervisor.start(service("deaf", DEAF))
    assert written(supervisor, "deaf") == "deaf"
    note = supervisor.find_running("deaf")
    assert note is not None
    supervisor.stop()
    assert not is_alive(note.pid)


def test_a_process_id_that_was_given_out_again_is_never_touched(supervisor: Supervisor) -> None:
    stranger = subprocess.Popen(SLEEP, start_new_session=True)
    try:
        note = {"pid": stranger.pid, "created": 1.0, "port": None, "order": 1, "stop_signal": 15}
        (supervisor.home / "run").mkdir()
        (supervisor.home / "run" / "database.json").write_text(json.dumps(note))
        supervisor.stop()
        assert stranger.poll() is None
    finally:
        stranger.kill()
        stranger.wait()


def test_a_note_cut_short_by_a_crash_is_ignored(supervisor: Supervisor) -> None:
    (supervisor.home / "run").mkdir()
    (supervisor.home / "run" / "database.json").write_text('{"pid": 1')
    assert supervisor.list_running() == []
    supervisor.stop()


def test_a_service_that_ends_while_starting_names_its_log(supervisor: Supervisor) -> None:
    ends = (sys.executable, "-c", "raise SystemExit(3)")
    never = Service("api", ends, {}, is_ready=lambda: False)
    with pytest.raises(ServiceError, match=r"api has stopped \(exit code 3\): read .*api\.log"):
        supervisor.start(never)


def test_a_port_in_use_names_port_service_and_what_to_do(supervisor: Supervisor) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(PortInUseError) as caught:
            supervisor.start(service("airflow_api", port=port))
    sentence = str(caught.value)
    assert sentence == (
        f"Port {port}, which airflow_api needs, is in use: stop what listens there, or choose "
        "another port with MOTLAN_PORT_AIRFLOW_API or `--free-ports`."
    )


def test_free_ports_differ() -> None:
    assert len(set(find_free_ports(20))) == 20


def test_a_full_disk_is_told_before_anything_starts(tmp_path: Path) -> None:
    with pytest.raises(NoDiskSpaceError, match=r"^No disk space: .* set MOTLAN_HOME"):
        ensure_space(tmp_path, bytes_min=2**62)


def test_a_second_command_on_the_same_state_is_refused(tmp_path: Path) -> None:
    with locked(tmp_path):  # noqa: SIM117 - the second lock is the subject
        with pytest.raises(StateLockedError, match=f"another motlan .process {os.getpid()}"):
            with locked(tmp_path):
                pass
    with locked(tmp_path):
        pass
