"""What is kept of reading: no key of a row once a batch is read, nothing of a dry run."""

from warehouse.migrations import run_sql

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Make what forgets key ranges and dry runs, and forget those of before."""
    run_sql(__file__)
