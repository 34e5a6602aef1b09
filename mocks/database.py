"""What all three mocks need of PostgreSQL: run a schema file, fill a table from Parquet."""

import io
from pathlib import Path

import polars as pl
import psycopg
from psycopg import sql

_NULL = r"\N"
_SLICE_ROWS = 50_000


def run_file(connection: psycopg.Connection, path: Path) -> None:
    """Execute a SQL file of our own as one script."""
    connection.execute(path.read_text(encoding="utf-8").encode())


def find_files(folder: Path, register: str) -> Path:
    """The folder of one register's files: `folder` is a province, or that folder itself."""
    return folder / register if (folder / register).is_dir() else folder


def copy_parquet(connection: psycopg.Connection, path: Path, table: str) -> int:
    """Fill `schema.table` from a Parquet file through COPY, column by name; the rows copied.

    FileNotFoundError names the file when the province was not made there.
    """
    if not path.is_file():
        message = f"There is no {path.name} in {path.parent}; make the province first."
        raise FileNotFoundError(message)
    frame = pl.read_parquet(path)
    command = sql.SQL("COPY {} ({}) FROM STDIN (FORMAT csv, NULL '\\N')").format(
        sql.Identifier(*table.split(".")), sql.SQL(", ").join(map(sql.Identifier, frame.columns))
    )
    with connection.cursor().copy(command) as copy:
        for piece in frame.iter_slices(_SLICE_ROWS):
            text = io.BytesIO()
            piece.write_csv(text, include_header=False, null_value=_NULL)
            copy.write(text.getvalue())
    return frame.height
