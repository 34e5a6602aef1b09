"""What a row in quarantine is as old as, where it was seen first; rows that went back."""

from warehouse.migrations import run_sql

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Give quarantined rows their versions, and let rows that went back be released."""
    run_sql(__file__)
