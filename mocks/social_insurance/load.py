"""Fill the social insurance register's database from its files, and let the hub's account read."""

from pathlib import Path

import psycopg
from psycopg import sql

from mocks.database import copy_parquet, find_files, run_file

READER = "hub_doc"
_HERE = Path(__file__).parent
_TABLES = ("nguoi_tham_gia", "qua_trinh", "the_bhyt", "don_vi")


def load_social_insurance(database: str, folder: Path, *, reader_password: str) -> dict[str, int]:
    """Make the register anew in `database` from its files; rows by table. All or nothing.

    `folder` is a province, or the folder of this register in it.

    The role hub_doc can log in with `reader_password` and read, nothing more.
    """
    if not reader_password:
        message = f"The account {READER} needs a password."
        raise ValueError(message)
    files = find_files(folder, "social_insurance")
    with psycopg.connect(database) as connection:
        _make_reader(connection, reader_password)
        run_file(connection, _HERE / "schema.sql")
        counts = {
            table: copy_parquet(connection, files / f"{table}.parquet", f"bhxh.{table}")
            for table in _TABLES
        }
        run_file(connection, _HERE / "indexes.sql")
    return counts


def _make_reader(connection: psycopg.Connection, password: str) -> None:
    """Roles belong to the cluster, so two loads side by side must not both create it."""
    connection.execute("SELECT pg_advisory_xact_lock(hashtext('mock hub_doc'))")
    known = connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [READER]).fetchone()
    verb = sql.SQL("ALTER" if known else "CREATE")
    options = sql.SQL("LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE PASSWORD {}").format(
        sql.Literal(password)
    )
    connection.execute(sql.SQL("{} ROLE {} {}").format(verb, sql.Identifier(READER), options))
    connection.execute(
        sql.SQL("ALTER ROLE {} SET default_transaction_read_only = on").format(
            sql.Identifier(READER)
        )
    )
