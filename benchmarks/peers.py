"""The peers of `motlan bench sync`: a bare COPY pipe, and dlt's merge."""

import json
import os
import subprocess
import time
from pathlib import Path
from typing import Final

import psycopg

from benchmarks.register import TABLE

_DLT_PROGRAM: Final = Path(__file__).with_name("dlt_merge.py")
_LIKE: Final = Path(__file__).with_name("register.sql")


class PeerFailedError(Exception):
    """A peer did not end, or other rows arrived than were sent."""


def run_copy_pipe(psql: Path, source_url: str, target_url: str, rows: int) -> float:
    """Seconds of ``COPY … TO STDOUT | COPY … FROM STDIN`` with two psql, text format.

    The table is an ordinary logged one with the owner's columns and neither key nor index, which
    is what a pipe is fastest into. It is emptied first, and dropped afterwards.

    Raises:
        PeerFailedError: psql failed, or other rows arrived.
    """
    with psycopg.connect(target_url, autocommit=True) as connection:
        connection.execute(_table_statement())
        connection.execute("CHECKPOINT")
        began = time.monotonic()
        sender = subprocess.Popen(
            [str(psql), "-XqAt", source_url, "-c", f"COPY {TABLE} TO STDOUT"],
            stdout=subprocess.PIPE,
        )
        into = [str(psql), "-XqAt", target_url, "-c", "COPY copied FROM STDIN"]
        ended = subprocess.run(into, stdin=sender.stdout, check=False).returncode
        assert sender.stdout is not None
        sender.stdout.close()
        failed = sender.wait() or ended
        seconds = time.monotonic() - began
        found = connection.execute("SELECT count(*) FROM copied").fetchone()
        connection.execute("DROP TABLE copied")
    if failed or found is None or found[0] != rows:
        message = "The bare COPY pipe did not bring every row."
        raise PeerFailedError(message)
    return seconds


def run_dlt_merge(python: Path, source_url: str, target_url: str, folder: Path, rows: int) -> float:
    """Seconds of one dlt pipeline run, its interpreter's start apart; see `benchmarks.dlt_merge`.

    Raises:
        PeerFailedError: dlt failed, or other rows arrived.
    """
    with psycopg.connect(target_url, autocommit=True) as connection:
        connection.execute("CHECKPOINT")
    environment = {**os.environ, "HOME": str(folder), "DLT_DATA_DIR": str(folder)}
    ended = subprocess.run(
        [str(python), str(_DLT_PROGRAM), source_url, target_url, str(folder)],
        capture_output=True,
        text=True,
        check=False,
        env=environment,
        cwd=folder,
    )
    if ended.returncode != 0:
        message = f"dlt failed: {(ended.stderr.strip().splitlines() or ['no reason given'])[-1]}"
        raise PeerFailedError(message)
    said = json.loads(ended.stdout.strip().splitlines()[-1])
    if said["rows"] != rows:
        message = f"dlt brought {said['rows']} rows of {rows}."
        raise PeerFailedError(message)
    return float(said["seconds"])


def _table_statement() -> str:
    """The owner's table without its key, in the words of ``register.sql``."""
    text = _LIKE.read_text(encoding="utf-8")
    made = text[text.index(f"CREATE TABLE {TABLE}") :].partition(";")[0]
    return made.replace(TABLE, "copied").replace(" PRIMARY KEY", "")
