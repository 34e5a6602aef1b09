"""Lookup and audit: who may ask, for what and how often; the record of each question."""

from warehouse.migrations import run_sql

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Make the schemas' tables, functions and grants."""
    run_sql(__file__)
