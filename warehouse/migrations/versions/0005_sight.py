"""Sight: the run history, the alerts, and who has been told."""

from warehouse.migrations import run_sql

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Make the tables of runs and alerts, and what closes an alert by itself."""
    run_sql(__file__)
