"""Fixtures of the fault tests: one world of sources and warehouse a process."""

from collections.abc import Iterator
from itertools import count

import pytest
from three_sources import SOURCES

from cli.clusters import Cluster

from .harness import Stage, StageMaker
from .killpoints import summary
from .states import STATE_B
from .worlds import World, move_sources, open_world

_numbers = count(1)


def pytest_report_header() -> str:
    """How many cells the kill table has, and how many of them are run."""
    return f"kill points: {summary()}"


@pytest.fixture(scope="session")
def world(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """The sources in state B, and a warehouse called ``motlan`` that has published state A."""
    folder = tmp_path_factory.mktemp("world")
    with open_world(cluster, folder) as opened:
        with pytest.MonkeyPatch.context() as patch:
            first = Stage(opened, "motlan", folder / "home", patch)
            for source in SOURCES:
                ended = first.call(f"sync {source}")
                assert ended.code == 0, ended.told
        move_sources(opened.sources, STATE_B)
        yield opened


@pytest.fixture
def make_stage(world: World, monkeypatch: pytest.MonkeyPatch) -> Iterator[StageMaker]:
    """Makes a copy of the warehouse as it was after state A, with its own state folder."""
    made: list[Stage] = []

    def make(*, keep: bool = False, of: str = "motlan") -> Stage:
        home = world.folder / f"home{next(_numbers)}"
        home.mkdir()
        stage = Stage(world, world.server.copy(of), home, monkeypatch)
        if not keep:
            made.append(stage)
        return stage

    yield make
    for stage in made:
        world.server.drop(stage.database)
