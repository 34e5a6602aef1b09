"""Parts of a batch, which are loaded side by side; modes of a run; circuits of sources."""

from warehouse.migrations import run_sql

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Make the tables of parts and circuits, and let the ledger know the new words."""
    run_sql(__file__)
