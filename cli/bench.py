"""`motlan bench`: how fast the hub is, beside peers that run on the same machine."""

import json
import os
import secrets
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from benchmarks.peers import PeerFailedError, run_copy_pipe, run_dlt_merge
from benchmarks.register import change_register, make_register
from cli.clusters import Cluster, programs, running
from cli.environment import ROOT, with_login
from cli.processes import find_free_ports
from cli.terminal import step
from hub.errors import MotlanError, WrongUseError
from hub.settings import ROLES
from warehouse.landing import make_keys
from warehouse.migrate import upgrade

CHANGED_ROWS: Final = 10_000
SERVER_SETTINGS: Final = {"shared_buffers": "256MB", "max_wal_size": "4GB"}
"""Of both clusters, for hub and peers alike; all else is PostgreSQL's default, fsync too."""


class BenchFailedError(MotlanError):
    """A measurement did not end, or what it moved is not what it should have moved."""


@dataclass(frozen=True)
class Bench:
    """Two clusters in a folder that goes when the measurement ends, and how workers find them."""

    folder: Path
    source_url: str
    peer_url: str
    environment: Mapping[str, str] = field(repr=False)

    def sync(self, *options: str) -> dict[str, Any]:
        """One synchronisation in a worker of its own; what it says of itself.

        Raises:
            BenchFailedError: the worker failed.
        """
        ended = subprocess.run(
            [sys.executable, "-m", "cli.bench_worker", "register", *options],
            capture_output=True,
            text=True,
            check=False,
            cwd=ROOT,
            env={**os.environ, **self.environment},
        )
        if ended.returncode != 0:
            said = (ended.stderr.strip().splitlines() or ["no reason given"])[-1]
            message = f"The worker failed: {said}"
            raise BenchFailedError(message)
        found: dict[str, Any] = json.loads(ended.stdout.strip().splitlines()[-1])
        return found


@contextmanager
def started() -> Iterator[Bench]:
    """An empty source and a migrated warehouse, each a cluster of its own; both end with the block.

    Raises:
        MotlanError: a cluster does not start.
    """
    with ExitStack() as stack:
        temporary = stack.enter_context(tempfile.TemporaryDirectory(prefix="motlan-bench-"))
        folder = Path(temporary)
        folder.chmod(0o711)  # the servers may run as another user
        clusters = [
            stack.enter_context(
                running(
                    Cluster(folder / name, port, secrets.token_hex(16), settings=SERVER_SETTINGS)
                )
            )
            for name, port in zip(("source", "warehouse"), find_free_ports(2), strict=True)
        ]
        source, warehouse = clusters
        source.create_database("register")
        for database in ("motlan", "peer"):
            warehouse.create_database(database)
        passwords = {role: secrets.token_hex(16) for role in ROLES}
        owner_url = warehouse.url("motlan")
        upgrade(owner_url, passwords)
        make_keys(folder / "home" / "keys" / "landing.json")
        urls = {
            f"MOTLAN_WAREHOUSE_URL_{role.upper()}": with_login(
                owner_url, f"motlan_{role}", password
            )
            for role, password in passwords.items()
        }
        environment = {
            **urls,
            "MOTLAN_WAREHOUSE_URL": owner_url,
            "MOTLAN_HOME": str(folder / "home"),
            "MOTLAN_CONTRACTS": str(ROOT / "benchmarks" / "contracts"),
            "MOTLAN_CONN_REGISTER": source.url("register"),
        }
        yield Bench(folder, source.url("register"), warehouse.url("peer"), environment)


def measure_sync(rows: int, *, peers: bool = True) -> dict[str, Any]:
    """Full, incremental and no-change synchronisation of an invented register, and the peers.

    Returns:
        the figures of the benchmark, and under ``steps`` the seconds of each step of each run.

    Raises:
        WrongUseError: the register would be too small to change rows in.
        BenchFailedError: something did not end, or moved other rows than it should have.
    """
    if rows < 100:
        message = "--rows must be at least 100."
        raise WrongUseError(message)
    changed = min(CHANGED_ROWS, rows // 100)
    python = _build_peers() if peers else None
    with started() as bench:
        with step(f"Source: {rows:,} rows"):
            make_register(bench.source_url, rows)
        runs = {}
        with step("Full synchronisation"):
            runs["full"] = bench.sync("--full")
        copy_s = dlt_s = None
        if python is not None:
            copy_s, dlt_s = _run_peers(bench, python, rows)
        with step(f"The owner changes {changed:,} rows"):
            changed = change_register(bench.source_url, rows=rows, changed=changed)
        with step("Incremental synchronisation"):
            runs["incremental"] = bench.sync()
        with step("Synchronisation without a change"):
            runs["nochange"] = bench.sync()
    _refuse_loss(runs, rows, changed)
    full_s = runs["full"]["seconds"]
    return {
        "rows": rows,
        "full_s": round(full_s, 3),
        "incremental_s": round(runs["incremental"]["seconds"], 3),
        "nochange_s": round(runs["nochange"]["seconds"], 3),
        "copy_pipe_s": copy_s and round(copy_s, 3),
        "dlt_merge_s": dlt_s and round(dlt_s, 3),
        "ratio_to_copy": copy_s and round(full_s / copy_s, 2),
        "speedup_over_dlt": dlt_s and round(dlt_s / full_s, 2),
        "peak_rss_mib": round(max(run["peak_rss_mib"] for run in runs.values()), 1),
        "steps": {
            name: {**{k: round(v, 2) for k, v in run["steps"].items()},
                   "peak_rss_mib": round(run["peak_rss_mib"], 1), "read": run["read"]}
            for name, run in runs.items()
        },
    }  # fmt: skip


def _run_peers(bench: Bench, python: Path, rows: int) -> tuple[float, float]:
    """Seconds of the COPY pipe, the better of two, and of dlt's merge."""
    try:
        with step("Peer: a bare COPY pipe"):
            addresses = (programs() / "psql", bench.source_url, bench.peer_url)
            copy_s = min(run_copy_pipe(*addresses, rows) for _ in range(2))
        with step("Peer: dlt, merge"):
            work = bench.folder / "dlt"
            work.mkdir()
            dlt_s = run_dlt_merge(python, bench.source_url, bench.peer_url, work, rows)
    except PeerFailedError as error:
        raise BenchFailedError(str(error)) from error
    return copy_s, dlt_s


def _build_peers() -> Path:
    """The interpreter of the peers' own environment, built when it is not there."""
    program = str(ROOT / "requirements" / "build_bench_env.py")
    with step("Environment of the peers"):
        built = subprocess.run(
            [sys.executable, program], capture_output=True, text=True, check=False
        )
    if built.returncode != 0:
        raise BenchFailedError((built.stderr.strip().splitlines() or ["It cannot be built."])[-1])
    return Path(built.stdout.strip().splitlines()[-1])


def _refuse_loss(runs: Mapping[str, Mapping[str, Any]], rows: int, changed: int) -> None:
    """A fast figure of a run that lost rows is no figure."""
    full, second, third = runs["full"], runs["incremental"], runs["nochange"]
    if (full["accepted"] + full["quarantined"] != rows or third["accepted"]
            or second["accepted"] + second["quarantined"] < changed):  # fmt: skip
        message = "A run moved other rows than it should have; its figures mean nothing."
        raise BenchFailedError(message)
