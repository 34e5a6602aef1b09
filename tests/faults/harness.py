"""Runs the shipped command into a fault, and again to its end."""

import io
import json
import os
import sys
from collections import Counter
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import psycopg
import pytest

from cli.main import main
from hub.failpoint import VARIABLE, marker_path
from warehouse.connection import engine
from warehouse.landing import read_keys

from .fingerprint import Fingerprint, take_fingerprints
from .workers import Worker
from .worlds import World

RUNS_MAX = 5


class Ended(NamedTuple):
    """How a command ended."""

    code: int
    said: dict[str, Any]
    told: str
    """What it wrote on stderr."""


@dataclass
class Stage:
    """One copy of the warehouse with a state folder of its own, and runs on it."""

    world: World
    database: str
    home: Path
    monkeypatch: pytest.MonkeyPatch
    settings: dict[str, str] = field(default_factory=dict)
    """What this copy's runs are told otherwise than the world says."""

    @property
    def owner_url(self) -> str:
        """The warehouse, for its owner."""
        return self.world.server.cluster.url(self.database)

    def enter(self) -> None:
        """Point this process at the warehouse."""
        told = self.world.environment(self.database, self.home) | self.settings
        for name, value in told.items():
            self.monkeypatch.setenv(name, value)

    def call(self, words: str, *, failpoint: str = "", typed: str = "") -> Ended:
        """Run `motlan WORDS --json` in this process, with that on stdin."""
        self.enter()
        self.monkeypatch.setattr(sys, "argv", ["motlan", *words.split(), "--json"])
        self.monkeypatch.setattr(sys, "stdin", io.StringIO(typed))
        shown, told = io.StringIO(), io.StringIO()
        with self.monkeypatch.context() as armed, redirect_stdout(shown), redirect_stderr(told):
            if failpoint:
                armed.setenv(VARIABLE, failpoint)
            with pytest.raises(SystemExit) as ended:
                main()
        engine("pipeline").dispose()
        said = json.loads((shown.getvalue().splitlines() or ["{}"])[-1])
        return Ended(int(ended.value.code or 0), said, told.getvalue())

    def start(self, words: str, failpoint: str, typed: str = "") -> Worker:
        """Run `motlan WORDS` in a process of its own, with that failpoint."""
        self.enter()
        told = {**os.environ, VARIABLE: failpoint}
        return self.world.zygote.start(words, told, self.home / "worker.log", typed)

    def fingerprints(self, source: str) -> dict[str, Fingerprint]:
        """What the warehouse holds of a source."""
        self.enter()
        return take_fingerprints(self.owner_url, source, read_keys())

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """Read the warehouse as its owner."""
        with psycopg.connect(self.owner_url) as connection:
            return connection.execute(query).fetchall()

    def execute(self, statement: str) -> None:
        """Change the warehouse as its owner."""
        with psycopg.connect(self.owner_url) as connection:
            connection.execute(statement.encode())

    def fired(self, point: str) -> dict[str, Any]:
        """What the point's marker says; fails where it never acted."""
        said: dict[str, Any] = json.loads(marker_path(point, self.home).read_text())
        return said


class StageMaker(Protocol):
    """Makes copies of the warehouse as it was after state A."""

    def __call__(self, *, keep: bool = False, of: str = "motlan") -> Stage:
        """A copy with a state folder of its own; one that is kept outlives its test."""


class Undisturbed:
    """What a warehouse holds of a source after one, two, three undisturbed runs."""

    def __init__(self, stage: Stage, source: str) -> None:
        self._stage = stage
        self._source = source
        self._found = [stage.fingerprints(source)]

    def after(self, stream: str, published: int) -> Fingerprint:
        """The stream's fingerprint when it has published so many batches."""
        for _ in range(RUNS_MAX):
            for found in self._found:
                if found[stream].published == published:
                    return found[stream]
            assert self._stage.call(f"sync {self._source}").code == 0
            self._found.append(self._stage.fingerprints(self._source))
        raise AssertionError(f"{stream} never publishes {published} batches undisturbed")


def assert_same(found: Fingerprint, expected: Fingerprint) -> None:
    """Say which lines differ; nobody in them exists."""
    have, want = Counter(found.lines), Counter(expected.lines)
    assert (list((have - want).elements()), list((want - have).elements())) == ([], [])
