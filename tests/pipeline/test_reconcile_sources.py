"""The same comparison by the owners' other ways: a digest over HTTP, and drops of files."""

from datetime import UTC, datetime
from typing import Any

import psycopg
import pytest
from psycopg.rows import dict_row
from three_sources import ThreeSources

from cli.pipeline import NORMAL, load_batch
from connectors.base import Asked
from expectations.judge import judge_batch
from hub.errors import BatchParkedError
from warehouse.publish import publish_batch

RECONCILE = Asked("reconcile")
RELATION, PARCEL = "population.relation", "land_registry.parcel"


def sync(stream: str, asked: Asked = NORMAL) -> tuple[dict[str, Any], tuple[int, int, int] | None]:
    """(what a comparison found, (read, accepted, ended) of the batch if one was read)."""
    found: dict[str, Any] = {}
    batch_id = load_batch(stream, asked, tell=lambda _, verdict: found.update(verdict))
    if batch_id is None:
        return found, None
    judge_batch(batch_id)
    outcome = publish_batch(batch_id)
    return found, (outcome.read, outcome.accepted, outcome.ended)


def keys(warehouse: Any, table: str) -> list[str]:
    with psycopg.connect(warehouse.url(), row_factory=dict_row) as connection:
        query = f"SELECT record_id FROM standard.{table} ORDER BY record_id"
        return [row["record_id"] for row in connection.execute(query.encode())]


def test_a_hard_delete_at_an_api_is_healed_by_reading_one_bucket(
    three_sources: ThreeSources, warehouse: Any
) -> None:
    for number in range(30):
        three_sources.write(
            *("population", "dan_cu.quan_he"),
            **{"ma_qh": f"QH{number}", "ma_cd": "CD1", "loai": "con"},
            cap_nhat_luc="2026-03-01 10:00+07" if number else "2026-05-01 10:00+07",
        )
    sync(RELATION)
    three_sources.execute("population", "DELETE FROM dan_cu.quan_he WHERE ma_qh = 'QH7'")
    with pytest.raises(BatchParkedError, match="`motlan sync population --reconcile` reads only"):
        sync(RELATION)

    found, read = sync(RELATION, RECONCILE)
    assert (found["by"], len(found["differed"]), read) == ("versions", 1, (0, 0, 1))
    assert len(keys(warehouse, "population__relation")) == 29

    # Committed late, under the cursor: the keys are the same, a version is not.
    late = "UPDATE dan_cu.quan_he SET loai = 'cha', cap_nhat_luc = '2026-04-01 10:00+07'"
    three_sources.execute("population", f"{late} WHERE ma_qh = 'QH9'")
    assert sync(RELATION)[1] == (1, 0, 0)
    found, read = sync(RELATION, RECONCILE)
    assert (len(found["differed"]), read) == (1, (1, 1, 0))
    found, read = sync(RELATION, RECONCILE)
    assert (found["differed"], found["source_rows"], found["held_rows"], read) == ([], 29, 29, None)

    begin, end = (datetime(2026, 3, 15, tzinfo=UTC), datetime(2026, 4, 15, tzinfo=UTC))
    assert sync(RELATION, Asked("backfill", (begin, end)))[1] == (1, 0, 0)
    with psycopg.connect(warehouse.url()) as connection:
        connection.execute("DELETE FROM standard.population__relation WHERE record_id = 'QH9'")
    assert sync(RELATION, Asked("backfill", (begin, end)))[1] == (1, 1, 0)


def test_partitions_of_files_are_compared_and_only_those_that_differ_are_read(
    three_sources: ThreeSources, warehouse: Any
) -> None:
    for number, unit in enumerate(("193", "193", "194")):
        if number != 1:
            three_sources.write(
                *("land_registry", "dia_chinh.don_vi"),
                **{"ma_don_vi": unit, "thu_muc": unit, "bang_ma": "UTF-8"},
            )
        three_sources.write(
            *("land_registry", "dia_chinh.thua_dat"),
            **{"ma_thua": f"TD{number}", "ma_don_vi": unit, "so_to": "1", "so_thua": "1"},
            **{"ma_xa_cu": "06676", "dien_tich": "5", "loai_dat": "ODT"},
        )
    three_sources.drop_files()
    sync(PARCEL)
    with psycopg.connect(warehouse.url()) as connection:
        connection.execute("DELETE FROM standard.land_registry__parcel WHERE record_id = 'TD0'")
    found, read = sync(PARCEL, RECONCILE)
    assert (found["by"], found["of"], found["compared"]) == ("keys", "partitions", 2)
    assert (found["differed"], read) == (["193"], (2, 1, 0))
    assert keys(warehouse, "land_registry__parcel") == ["TD0", "TD1", "TD2"]
    three_sources.execute("land_registry", "DELETE FROM dia_chinh.thua_dat WHERE ma_thua = 'TD1'")
    three_sources.drop_files()  # a drop that nobody has read yet, of either partition
    assert sync(PARCEL, RECONCILE)[1] == (2, 0, 1)
    assert sync(PARCEL)[1] is None
    assert sync(PARCEL, RECONCILE)[1] is None
