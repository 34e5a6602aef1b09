"""The services of one state folder: started in order, watched, and stopped without a trace.

Every service runs in a session of its own, writes to `<home>/logs/<name>.log` and is noted in
`<home>/run/<name>.json` with its process id and creation time, so that the next command recognises
it, also after the command that started it was killed. All its descendants carry a mark of this
state folder in their environment. A process is stopped only when the note or the mark proves that
it is ours: a bare process id, which the system gives out again, proves nothing.
"""

import contextlib
import errno
import fcntl
import hashlib
import json
import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from hub.errors import MotlanError

MARK = "MOTLAN_STATE_MARK"
KILL_AFTER_SECONDS = 12.0
FREE_BYTES_MIN = 512 * 1024**2
LOG_BYTES_MAX = 20 * 1024**2


class ServiceError(MotlanError):
    """A service cannot be started or has stopped."""


class PortInUseError(MotlanError):
    """Something else listens on the port of a service."""


class StateLockedError(MotlanError):
    """Another motlan is starting or stopping the services of this state folder."""


class NoDiskSpaceError(MotlanError):
    """The disk that holds the state folder is full."""


@dataclass(frozen=True)
class Service:
    """One process to run: how, where it listens and how one knows that it works."""

    name: str
    command: Sequence[str]
    environment: Mapping[str, str] = field(repr=False)
    is_ready: Callable[[], bool] = lambda: True
    port: int | None = None
    stop_signal: signal.Signals = signal.SIGTERM
    start_seconds_max: float = 60.0


@dataclass(frozen=True)
class Running:
    """What a note in `<home>/run` says about a service, and whether that is still so."""

    name: str
    pid: int
    created: float
    port: int | None
    order: int
    stop_signal: int

    @property
    def process(self) -> psutil.Process | None:
        """The noted process; None when it has ended, whoever has its number now."""
        try:
            process = psutil.Process(self.pid)
            same = abs(process.create_time() - self.created) < 1.0
            alive = process.status() != psutil.STATUS_ZOMBIE
        except psutil.Error:
            return None
        return process if same and alive else None


def is_port_free(port: int) -> bool:
    """Whether a server could listen on this port of the loopback interface."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def find_free_ports(count: int) -> list[int]:
    """Ports that nobody listens on, all different."""
    probes = [socket.socket() for _ in range(count)]
    try:
        for probe in probes:
            probe.bind(("127.0.0.1", 0))
        return [int(probe.getsockname()[1]) for probe in probes]
    finally:
        for probe in probes:
            probe.close()


def port_setting(service: str) -> str:
    """The name of the setting that moves a service to another port."""
    return f"MOTLAN_PORT_{service.upper().replace('-', '_')}"


def ensure_port_free(service: str, port: int) -> None:
    """Refuse to start a service where something else listens.

    Raises:
        PortInUseError: the port is taken.
    """
    if is_port_free(port):
        return
    message = (
        f"Port {port}, which {service} needs, is in use: stop what listens there, "
        f"or choose another port with {port_setting(service)} or `--free-ports`."
    )
    raise PortInUseError(message)


def ensure_space(folder: Path, bytes_min: int = FREE_BYTES_MIN) -> None:
    """Refuse to start what would stop half-way on a full disk.

    Raises:
        NoDiskSpaceError: there is too little space left.
    """
    free = shutil.disk_usage(folder).free
    if free >= bytes_min:
        return
    message = (
        f"No disk space: {folder} has {free / 1e6:.0f} MB free and at least "
        f"{bytes_min / 1e6:.0f} MB are needed; free some, or set MOTLAN_HOME to another disk."
    )
    raise NoDiskSpaceError(message)


@contextlib.contextmanager
def locked(home: Path) -> Iterator[None]:
    """Hold the state folder, so that two commands never start or stop at once.

    Raises:
        StateLockedError: another command holds it.
    """
    home.mkdir(parents=True, exist_ok=True)
    with (home / "lock").open("a+", encoding="utf-8") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            if error.errno not in (errno.EAGAIN, errno.EACCES):
                raise
            lock.seek(0)
            holder = lock.read().strip() or "another process"
            message = (
                f"The services in {home} are held by another motlan (process {holder}): "
                "wait for it or end it with Ctrl-C, or set MOTLAN_HOME to another folder."
            )
            raise StateLockedError(message) from error
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        yield


class Supervisor:
    """Starts and stops the services of one state folder."""

    def __init__(self, home: Path) -> None:
        """Look after the services of this state folder."""
        self.home = home
        self.mark = hashlib.sha256(str(home).encode()).hexdigest()[:32]
        self._children: dict[str, subprocess.Popen[bytes]] = {}

    def log_path(self, name: str) -> Path:
        """Where a service's output goes."""
        return self.home / "logs" / f"{name}.log"

    def list_running(self) -> list[Running]:
        """The services that are noted and alive, in the order they were started."""
        noted = [_read_note(path) for path in (self.home / "run").glob("*.json")]
        alive = (note for note in noted if note is not None and note.process is not None)
        return sorted(alive, key=lambda note: (note.order, note.name))

    def find_running(self, name: str) -> Running | None:
        """The note of a service that is alive."""
        return next((note for note in self.list_running() if note.name == name), None)

    def start(self, *services: Service) -> None:
        """Start services side by side and wait until each one works.

        Raises:
            PortInUseError: something else listens on a port.
            ServiceError: a service ended, or was not ready in time.
        """
        order = max((note.order for note in self.list_running()), default=0) + 1
        missing = [service for service in services if self.find_running(service.name) is None]
        for service in missing:
            if service.port is not None:
                ensure_port_free(service.name, service.port)
        for service in missing:
            self._launch(service, order)
        for service in services:
            self._wait_until_ready(service)

    def _launch(self, service: Service, order: int) -> None:
        log = self.log_path(service.name)
        log.parent.mkdir(parents=True, exist_ok=True)
        if log.exists() and log.stat().st_size > LOG_BYTES_MAX:
            log.replace(log.with_suffix(".log.1"))
        with log.open("ab") as output:
            child = subprocess.Popen(
                service.command,
                env={**service.environment, MARK: self.mark},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                cwd=self.home,
            )
        self._children[service.name] = child
        note = {
            "pid": child.pid,
            "created": _created(child.pid),
            "port": service.port,
            "order": order,
            "stop_signal": int(service.stop_signal),
        }
        _write_note(self.home / "run" / f"{service.name}.json", note)

    def _wait_until_ready(self, service: Service) -> None:
        deadline = time.monotonic() + service.start_seconds_max
        while not service.is_ready():
            self.ensure_alive(service.name)
            if time.monotonic() > deadline:
                message = (
                    f"{service.name} was not ready after {service.start_seconds_max:.0f} s: "
                    f"read {self.log_path(service.name)}."
                )
                raise ServiceError(message)
            time.sleep(0.1)
        self.ensure_alive(service.name)

    def run(self, name: str, command: Sequence[str], environment: Mapping[str, str]) -> None:
        """Run a program to its end, its output in a log.

        Raises:
            ServiceError: it failed.
        """
        log = self.log_path(name)
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("ab") as output:
            ended = subprocess.run(
                command,
                env={**environment, MARK: self.mark},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                check=False,
            )
        if ended.returncode != 0:
            message = f"{name} failed (exit code {ended.returncode}): read {log}."
            raise ServiceError(message)

    def ensure_alive(self, name: str) -> None:
        """Raise when a service has ended.

        Raises:
            ServiceError: it is not running.
        """
        child = self._children.get(name)
        code = child.poll() if child is not None else None
        if code is None and self.find_running(name) is not None:
            return
        ended = "" if code is None else f" (exit code {code})"
        message = f"{name} has stopped{ended}: read {self.log_path(name)}."
        raise ServiceError(message)

    def stop_leftovers(self) -> list[str]:
        """Stop everything when a noted service has died: what is left belongs to a broken run."""
        noted = {path.stem for path in (self.home / "run").glob("*.json")}
        broken = noted - {note.name for note in self.list_running()}
        if broken or (not noted and self._list_marked()):
            self.stop()
        return sorted(broken)

    def stop(self) -> list[str]:
        """Stop every service of this state folder, the last started first; their names."""
        notes = self.list_running()
        for order in sorted({note.order for note in notes}, reverse=True):
            _stop_all([note for note in notes if note.order == order])
        # A worker that renames itself loses the mark; its session tells whose it was.
        noted = [_read_note(path) for path in (self.home / "run").glob("*.json")]
        kill([*self._list_marked(), *(left for note in noted if note for left in _session(note))])
        for child in self._children.values():
            with contextlib.suppress(subprocess.TimeoutExpired):
                child.wait(timeout=KILL_AFTER_SECONDS)
        self._children.clear()
        for path in (self.home / "run").glob("*.json"):
            path.unlink(missing_ok=True)
        return [note.name for note in notes]

    def _list_marked(self) -> list[psutil.Process]:
        """Every process, but this one, that carries the mark of this state folder."""
        found = []
        for process in psutil.process_iter():
            with contextlib.suppress(psutil.Error, OSError):
                if process.pid != os.getpid() and process.environ().get(MARK) == self.mark:
                    found.append(process)
        return found


def _created(pid: int) -> float:
    """When a process was created; 0 when it has ended already."""
    try:
        return float(psutil.Process(pid).create_time())
    except psutil.Error:
        return 0.0


def _write_note(path: Path, note: Mapping[str, object]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_suffix(".part")
    draft.write_text(json.dumps(note), encoding="utf-8")
    draft.replace(path)


def _read_note(path: Path) -> Running | None:
    """What a note says; None for one that a crash cut short."""
    try:
        return Running(name=path.stem, **json.loads(path.read_text(encoding="utf-8")))
    except (OSError, TypeError, ValueError):
        return None


def _family(note: Running) -> list[psutil.Process]:
    """A service's process, its descendants and the rest of its session."""
    process = note.process
    if process is None:
        return []
    family = {process.pid: process}
    with contextlib.suppress(psutil.Error):
        family.update({child.pid: child for child in process.children(recursive=True)})
    family.update({other.pid: other for other in _session(note)})
    return list(family.values())


def _session(note: Running) -> list[psutil.Process]:
    """What lives in a service's session, also when the service itself was killed.

    Nothing when its number has gone to another process; the system gives no number away while a
    session of that number has members.
    """
    with contextlib.suppress(psutil.NoSuchProcess):
        if abs(psutil.Process(note.pid).create_time() - note.created) >= 1.0:
            return []
    found = []
    for other in psutil.process_iter():
        with contextlib.suppress(psutil.Error, OSError):
            if os.getsid(other.pid) == note.pid:
                found.append(other)
    return found


def _stop_all(notes: Iterable[Running]) -> None:
    """Ask services to end, give them time, then kill what is left of their families."""
    families: list[psutil.Process] = []
    asked: list[psutil.Process] = []
    for note in notes:
        family = _family(note)
        families += family
        process = note.process
        if process is not None:
            asked.append(process)
            with contextlib.suppress(psutil.Error):
                process.send_signal(note.stop_signal)
    psutil.wait_procs(asked, timeout=KILL_AFTER_SECONDS)
    kill(families)


def kill(processes: Iterable[psutil.Process]) -> None:
    """End processes at once; psutil refuses a number that has gone to another process."""
    processes = list(processes)
    for process in processes:
        with contextlib.suppress(psutil.Error):
            process.kill()
    psutil.wait_procs(processes, timeout=KILL_AFTER_SECONDS)
