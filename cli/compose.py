"""The secrets and addresses that docker-compose.yml asks for, written for one machine."""

from pathlib import Path
from urllib.parse import quote

from cli.environment import (
    DATABASES,
    SECRETS,
    make_secret,
    render_environment,
    with_login,
    write_private,
)
from hub.settings import ROLES, parse_env


def write_compose_environment(path: Path) -> Path:
    """Write the env file of the containers; secrets that it holds already are kept."""
    kept = parse_env(path.read_text(encoding="utf-8")) if path.is_file() else {}
    values = {name: kept.get(name) or make_secret(name) for name in SECRETS}
    values["MOTLAN_DEMO_CLIENT_ID"] = "commune-desk-demo"
    warehouse = _database_url("warehouse", values)
    values["MOTLAN_WAREHOUSE_URL"] = warehouse
    for role in ROLES:
        login = with_login(warehouse, f"motlan_{role}", values[f"MOTLAN_PASSWORD_{role.upper()}"])
        values[f"MOTLAN_WAREHOUSE_URL_{role.upper()}"] = login
    airflow = _database_url("airflow", values).removeprefix("postgresql")
    values["AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"] = f"postgresql+psycopg{airflow}"
    values["AIRFLOW__DATABASE__SQL_ALCHEMY_CONN_ASYNC"] = f"postgresql+psycopg_async{airflow}"
    key = values["MOCK_POPULATION_KEY"]
    reader = values["MOCK_SOCIAL_INSURANCE_READER_PASSWORD"]
    insurance = _database_url("social_insurance", values)
    values["MOTLAN_CONN_POPULATION"] = f"http://hub:{key}@population:8000/api/v1"
    values["MOTLAN_CONN_SOCIAL_INSURANCE"] = with_login(insurance, "hub_doc", reader)
    values["MOTLAN_CONN_LAND_REGISTRY"] = "file:///var/lib/motlan/drops"
    write_private(path, render_environment(values))
    return path


def _database_url(name: str, values: dict[str, str]) -> str:
    """A database's URL as the other containers see it, for its superuser."""
    database, user = DATABASES[name]
    password = quote(values[f"MOTLAN_PASSWORD_POSTGRES_{name.upper()}"], safe="")
    return f"postgresql://{user}:{password}@postgres-{name.replace('_', '-')}:5432/{database}"
