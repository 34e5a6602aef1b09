"""A living world and its copy: what increments bring, what only keys compared see, whose rows."""

import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from e2e.test_truth import compare_links
from three_sources import SOURCES

from cli.balance import ensure_complete, list_source_keys
from cli.pipeline import build_golden, run_sync
from connectors.base import Asked
from hub.contract import find_dataset, load_contracts
from hub.errors import BatchParkedError
from mocks.province.live import Sources, live_on
from warehouse.keys import list_held_keys
from warehouse.ledger import apply_contract

ROOT = Path(__file__).parent.parent.parent
DAYS = 4


@pytest.mark.slow
def test_increments_bring_all_but_what_only_a_reconciliation_sees(
    living: tuple[Path, Sources], warehouse: Any
) -> None:
    province, sources = living
    for contract in load_contracts([ROOT / "contracts"]).values():
        apply_contract(contract)
    for source in SOURCES:
        run_sync(source)
    ensure_complete(sources.databases)
    live_on(province, sources, DAYS)
    events = pl.read_parquet(province / "truth" / "event.parquet")

    with pytest.raises(BatchParkedError, match=r"population\.relation would hold other keys"):
        run_sync("population")
    run_sync("social_insurance")
    run_sync("land_registry")
    ensure_complete({name: sources.databases[name] for name in SOURCES[1:]})
    ensure_keys_agree("population.residence", sources)
    late = list_late(events)
    before = told_names(warehouse)
    assert [before[key] == name for key, name in late.items()] == [False] * len(late)
    assert late

    mended = {item.stream: item for item in run_sync("population", Asked("reconcile"))}
    assert sorted(mended) == ["population.person", "population.relation"]
    read_again = mended["population.person"]
    assert len(late) == read_again.accepted <= read_again.read < 50
    after = told_names(warehouse)
    assert {key: after[key] for key in late} == late
    assert ensure_complete(sources.databases) > 0
    build_golden()
    compare_links(warehouse, province)


def ensure_keys_agree(stream: str, sources: Sources) -> None:
    """The hub holds the keys that the source holds, lodgings committed late among them."""
    _, dataset = find_dataset(stream)
    assert list_held_keys(dataset) == list_source_keys(dataset, sources.databases[dataset.source])


def list_late(events: pl.DataFrame) -> dict[str, str | None]:
    """Nicknames of persons whose rows were committed beyond the overlap of a later day."""
    first = events["day"].min()
    last: dict[str, str | None] = {}
    for event in events.filter(
        pl.col("kind") == "committed_late", pl.col("dataset") == "person"
    ).iter_rows(named=True):
        if event["day"] == first:
            last[event["record_id"]] = json.loads(event["detail"])["row"]["ten_khac"]
    return last


def told_names(warehouse: Any) -> dict[str, str | None]:
    """The other name of every person that the warehouse has published."""
    with warehouse.connect() as connection:
        query = "SELECT record_id, other_name FROM standard.population__person"
        return dict(connection.execute(query).fetchall())
