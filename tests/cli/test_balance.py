"""The demo's check of completeness: what no ledger shows, it must find."""

from typing import Any

import pytest
from three_sources import ThreeSources

from cli.balance import BalanceError, ensure_complete
from cli.pipeline import run_sync

PERSON = {"so_dinh_danh": "022185000123", "ho_ten": "Trần Thị Hoà", "ngay_sinh": "1985-07-03"}
CODES = {"gioi_tinh": 2, "dan_toc": "01"}
UNREADABLE = {"so_dinh_danh": "022185000124", "ngay_sinh": "1985-02-30"}


def test_a_row_that_is_missing_or_too_many_is_found(
    three_sources: ThreeSources, warehouse: Any
) -> None:
    people: list[dict[str, object]] = [
        {"ma_cd": "CD1", **PERSON, **CODES},
        {"ma_cd": "CD2", **PERSON, **CODES, **UNREADABLE},
        {"ma_cd": "CD3", **PERSON, **CODES, "da_xoa": True},
    ]
    for row in people:
        three_sources.write("population", "dan_cu.cong_dan", **row)
    for table, row in (
        ("dan_cu.ho", {"ma_ho": "HO1", "chu_ho": "CD1", "ma_xa": "06652"}),
        ("dan_cu.cu_tru", {"ma_ct": "CT1", "ma_cd": "CD1", "loai": "thuong_tru", "ma_xa": "06652"}),
        ("dan_cu.quan_he", {"ma_qh": "QH1", "ma_cd": "CD1", "loai": "vo_chong"}),
    ):
        three_sources.write("population", table, **row)
    run_sync("population")
    databases = {"population": three_sources.databases["population"]}
    assert ensure_complete(databases) == 5

    with warehouse.connect() as connection:
        connection.execute("DELETE FROM standard.population__person")
        connection.execute("UPDATE standard.population__household SET record_id = 'HO9'")
    with pytest.raises(BalanceError) as found:
        ensure_complete(databases)
    assert str(found.value) == (
        "The warehouse differs from the sources: population.person lacks 1 rows and has 0 too "
        "many; population.household lacks 1 rows and has 1 too many."
    )
