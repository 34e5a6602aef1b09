"""Alembic migrations: each version is a ``.py`` of four lines beside its ``.sql``."""

from pathlib import Path

from alembic import op


def run_sql(file: str) -> None:
    """Execute the ``.sql`` file that stands beside a version file."""
    script = Path(file).with_suffix(".sql").read_text(encoding="utf-8")
    op.get_bind().exec_driver_sql(script)
