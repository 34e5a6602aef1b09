"""One tiny province for all tests of the mocks, with canaries.

Each register is loaded once a process, into a template; a test's database is a copy of it.
"""

from collections.abc import Callable
from itertools import count
from pathlib import Path

import polars as pl
import pytest

from cli.clusters import Cluster
from mocks.land_registry.load import load_land_registry
from mocks.population.load import load_population
from mocks.province import Options, make_province
from mocks.social_insurance.load import load_social_insurance

SEED = 7
CANARIES = 8
READER_PASSWORD = "doc-va-chi-doc"
_numbers = count(1)


@pytest.fixture(scope="session")
def province(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a tiny province; read only."""
    folder = tmp_path_factory.mktemp("province")
    make_province(folder, "tiny", SEED, options=Options(canaries=CANARIES))
    return folder


@pytest.fixture(scope="session")
def faults(province: Path) -> pl.DataFrame:
    """Every fault with the true value beside it."""
    injected = pl.read_parquet(province / "truth" / "injected_fault.parquet")
    true_values = pl.read_parquet(province / "truth" / "true_value.parquet")
    return injected.with_columns(true_values["true_value"])


@pytest.fixture(scope="session")
def registers(cluster: Cluster, province: Path) -> dict[str, str]:
    """Names of template databases that hold the loaded registers."""
    loads: dict[str, Callable[[str], object]] = {
        "population": lambda url: load_population(url, province),
        "social_insurance": lambda url: load_social_insurance(
            url, province, reader_password=READER_PASSWORD
        ),
        "land_registry": lambda url: load_land_registry(url, province),
    }
    for register, load in loads.items():
        cluster.create_database(f"template_{register}")
        load(cluster.url(f"template_{register}"))
    return {register: f"template_{register}" for register in loads}


@pytest.fixture(scope="session")
def load_register(cluster: Cluster, registers: dict[str, str]) -> Callable[[str], str]:
    """Gives a loaded register to its caller alone; its owner's URL."""

    def load(register: str) -> str:
        name = f"{register}_{next(_numbers)}"
        cluster.create_database(name, template=registers[register])
        return cluster.url(name)

    return load
