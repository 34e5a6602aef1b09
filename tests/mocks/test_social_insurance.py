"""The mock social insurance register: loading, the reader's account, the clocks."""

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import polars as pl
import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from mocks.social_insurance.load import load_social_insurance

PASSWORD = "doc-va-chi-doc"
KEYS = {"nguoi_tham_gia": "id", "qua_trinh": "id", "the_bhyt": "id", "don_vi": "ma_don_vi"}


@pytest.fixture
def database(load_register: Callable[[str], str]) -> str:
    """A loaded register."""
    return load_register("social_insurance")


def as_reader(url: str) -> str:
    """The same database for the hub's account."""
    parts = conninfo_to_dict(url) | {"user": "hub_doc", "password": PASSWORD}
    return make_conninfo("", **parts)


def test_the_register_holds_the_rows_of_the_generator(province: Path, database: str) -> None:
    load_social_insurance(database, province, reader_password=PASSWORD)
    with psycopg.connect(database) as connection:
        for table, key in KEYS.items():
            frame = pl.read_parquet(province / "social_insurance" / f"{table}.parquet").sort(key)
            columns = ", ".join(frame.columns)
            order = key if key == "id" else f'{key} COLLATE "C"'
            query = f"SELECT {columns} FROM bhxh.{table} ORDER BY {order}"
            found = connection.execute(query).fetchall()
            assert found == frame.rows()


def test_the_hubs_account_reads_everything_and_changes_nothing(database: str) -> None:
    with psycopg.connect(as_reader(database), autocommit=True) as connection:
        for table in KEYS:
            assert connection.execute(f"SELECT count(*) > 0 FROM bhxh.{table}").fetchone() == (
                True,
            )
        connection.execute("SET default_transaction_read_only = off")
        for statement in (
            "UPDATE bhxh.don_vi SET dia_chi = ''",
            "DELETE FROM bhxh.the_bhyt",
            "CREATE TABLE bhxh.x (n int)",
        ):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(statement)


def test_a_changed_row_carries_the_local_time_of_the_change(database: str) -> None:
    first = "(SELECT min(ma_don_vi) FROM bhxh.don_vi)"
    clock = "SELECT cap_nhat FROM bhxh.don_vi WHERE dia_chi = 'Mới'"
    with psycopg.connect(database) as connection:
        connection.execute(f"UPDATE bhxh.don_vi SET dia_chi = 'Mới' WHERE ma_don_vi = {first}")
        changed = connection.execute(clock).fetchall()
        connection.execute("UPDATE bhxh.don_vi SET cap_nhat = '2020-01-01' WHERE dia_chi = 'Mới'")
        by_hand = connection.execute(clock).fetchall()

    local_now = datetime.now(ZoneInfo("Asia/Ho_Chi_Minh")).replace(tzinfo=None)
    assert len(changed) == 1
    assert abs(changed[0][0] - local_now) < timedelta(minutes=1)
    assert by_hand == [(datetime(2020, 1, 1),)]  # noqa: DTZ001 - the register's clock is naive


def test_a_load_without_a_password_for_the_reader_is_refused(
    province: Path, make_database: Callable[[], str]
) -> None:
    with pytest.raises(ValueError, match="hub_doc needs a password"):
        load_social_insurance(make_database(), province, reader_password="")
