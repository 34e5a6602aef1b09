"""Stewards: who signs in by name, the release of parked batches, the opening of rows."""

from warehouse.migrations import run_sql

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Make the stewards' tables, functions and grants."""
    run_sql(__file__)
