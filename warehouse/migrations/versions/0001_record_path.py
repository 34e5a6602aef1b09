"""The record path: streams, batches, quality, links and golden records."""

from warehouse.migrations import run_sql

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make the schemas, tables and grants of the record path."""
    run_sql(__file__)
