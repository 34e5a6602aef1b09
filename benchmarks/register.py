"""The invented register: its owner makes it, then changes some of its rows."""

from pathlib import Path
from typing import Final, LiteralString

import psycopg

FOLDER: Final = Path(__file__).parent
TABLE: Final = "dan_cu.cong_dan"
KEY: Final = "ma_cd"
STREAM: Final = "register.person"


def make_register(url: str, rows: int) -> None:
    """Make and fill the owner's table; the planner and the disk are at rest afterwards."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(_query("make_register"))
        with connection.transaction(), psycopg.ClientCursor(connection) as cursor:
            cursor.execute(_query("fill_register"), {"rows": rows})
        connection.execute("VACUUM (ANALYZE)")
        connection.execute("CHECKPOINT")


def change_register(url: str, *, rows: int, changed: int) -> int:
    """Let the owner change rows spread over the register; returns how many."""
    with psycopg.connect(url, autocommit=True) as connection:
        with psycopg.ClientCursor(connection) as cursor:
            words = {"rows": rows, "changed": changed}
            count = cursor.execute(_query("change_register"), words).rowcount
        connection.execute("VACUUM (ANALYZE)")
        connection.execute("CHECKPOINT")
    return count


def _query(name: str) -> LiteralString:
    """One named statement of ``register.sql``."""
    text = (FOLDER / "register.sql").read_text(encoding="utf-8")
    return text.partition(f"-- name: {name}\n")[2].partition("-- name: ")[0]
