"""Airflow assets: what one DAG publishes and another waits for."""

from airflow.sdk import Asset


def standard_records(source: str) -> Asset:
    """The asset that a source's publication updates."""
    return Asset(f"motlan://standard/{source}")
