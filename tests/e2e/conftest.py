"""The tiny province that the tests of the whole path share: made and loaded once a process."""

import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import pytest
from three_sources import SOURCES, point_at_sources, population_api

from cli.clusters import Cluster
from mocks.land_registry.drops import export_drops
from mocks.land_registry.load import load_land_registry
from mocks.population.load import load_population
from mocks.province import make_province
from mocks.province.live import Sources
from mocks.social_insurance.load import load_social_insurance
from warehouse.landing import make_keys

_numbers = count(1)


@dataclass(frozen=True)
class Made:
    """A tiny province as it was made: its files, its drops, and a database a source to copy."""

    folder: Path
    drops: Path
    databases: Mapping[str, str]


@pytest.fixture(scope="session")
def made_province(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Made:
    """Seed 7 of the tiny province; nobody changes it."""
    folder = tmp_path_factory.mktemp("tiny") / "province"
    make_province(folder, "tiny", 7)
    databases = {source: f"tiny_{source}" for source in SOURCES}
    for name in databases.values():
        cluster.create_database(name)
    urls = {source: cluster.url(name) for source, name in databases.items()}
    load_population(urls["population"], folder)
    load_social_insurance(urls["social_insurance"], folder, reader_password="of-the-reader")
    load_land_registry(urls["land_registry"], folder)
    drops = folder.parent / "drops"
    export_drops(urls["land_registry"], drops)
    return Made(folder, drops, databases)


@pytest.fixture
def living(
    made_province: Made,
    cluster: Cluster,
    home: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[tuple[Path, Sources]]:
    """A copy of it in three running sources, which the hub finds; its folder and its owners."""
    make_keys(home / "keys" / "landing.json")
    folder, drops = tmp_path / "province", tmp_path / "drops"
    shutil.copytree(made_province.folder, folder)
    shutil.copytree(made_province.drops, drops)
    databases = {}
    for source, template in made_province.databases.items():
        name = f"{template}_{next(_numbers)}"
        cluster.create_database(name, template=template)
        databases[source] = cluster.url(name)
    with population_api(databases["population"], tmp_path) as port:
        point_at_sources(monkeypatch, databases, port=port, drops=drops)
        yield folder, Sources(**databases, drops=drops)
