"""Fill the land register's database from its files in a province."""

from pathlib import Path

import psycopg

from mocks.database import copy_parquet, find_files, run_file

_HERE = Path(__file__).parent
_TABLES = ("don_vi", "thua_dat", "gcn")


def load_land_registry(database: str, folder: Path) -> dict[str, int]:
    """Make the register anew in `database` from its files; rows by table. All or nothing.

    `folder` is a province, or the folder of this register in it."""
    files = find_files(folder, "land_registry")
    with psycopg.connect(database) as connection:
        run_file(connection, _HERE / "schema.sql")
        counts = {
            table: copy_parquet(connection, files / f"{table}.parquet", f"dia_chinh.{table}")
            for table in _TABLES
        }
        run_file(connection, _HERE / "indexes.sql")
    return counts
