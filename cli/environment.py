"""The one generated env file of a state folder: secrets, ports and every address made from them.

Secrets are made once and kept. Addresses follow the ports and are written anew at each start, so
that a moved port never leaves a stale address behind. Whatever the caller's environment names
(a port, a server of one's own) wins over what was generated.
"""

import os
import secrets
from collections.abc import Collection, Mapping
from pathlib import Path
from urllib.parse import quote, urlsplit, urlunsplit

from cli.clusters import Cluster
from cli.processes import find_free_ports, is_port_free, port_setting
from hub.errors import SettingsError
from hub.settings import ROLES, parse_env

ROOT = Path(__file__).resolve().parent.parent
DEFAULT_PORTS = {
    "postgres_warehouse": 15460,
    "postgres_airflow": 15461,
    "postgres_population": 15462,
    "postgres_social_insurance": 15463,
    "postgres_land_registry": 15464,
    "population": 18460,
    "lookup": 18461,
    "dashboard": 18462,
    "airflow_api": 18463,
}
# Cluster, its database, its superuser. Each owner of a source has a cluster of its own.
DATABASES = {
    "warehouse": ("motlan", "motlan"),
    "airflow": ("airflow", "airflow"),
    "population": ("dan_cu", "quan_tri"),
    "social_insurance": ("bhxh", "quan_tri"),
    "land_registry": ("dat_dai", "quan_tri"),
}
# A cluster's own password, then the passwords of the logins and services.
SECRETS = (
    *(f"MOTLAN_PASSWORD_POSTGRES_{name.upper()}" for name in DATABASES),
    *(f"MOTLAN_PASSWORD_{role.upper()}" for role in ROLES),
    "MOTLAN_PASSWORD_AIRFLOW_ADMIN",
    "MOTLAN_AIRFLOW_JWT_SECRET",
    "MOTLAN_AIRFLOW_SECRET_KEY",
    "MOTLAN_AIRFLOW_FERNET_KEY",
    "MOTLAN_DEMO_CLIENT_SECRET",
    "MOCK_POPULATION_KEY",
    "MOCK_SOCIAL_INSURANCE_READER_PASSWORD",
)
# More connections where Airflow and the pipeline share one server; a larger cache where the hub's
# tables are.
CLUSTER_SETTINGS = {
    "warehouse": {"shared_buffers": "128MB", "max_connections": "80", "max_wal_size": "2GB"},
    "airflow": {"max_connections": "100"},
}


def make_cluster(home: Path, name: str, values: Mapping[str, str]) -> Cluster:
    """The cluster of the warehouse, of Airflow or of a source, as the env file describes it."""
    return Cluster(
        folder=home / "pg" / name,
        port=int(values[port_setting(f"postgres_{name}")]),
        password=values[f"MOTLAN_PASSWORD_POSTGRES_{name.upper()}"],
        superuser=DATABASES[name][1],
        settings=CLUSTER_SETTINGS.get(name, {}),
    )


def has_own_warehouse(values: Mapping[str, str]) -> bool:
    """Whether the warehouse is a server of the caller's, which `up` neither starts nor stops."""
    return values.get("MOTLAN_WAREHOUSE_IS_EXTERNAL") == "yes"


def read_environment(home: Path) -> dict[str, str]:
    """The env file as it is; empty when it has not been generated yet.

    Raises:
        SettingsError: a line cannot be read.
    """
    path = home / "env"
    return parse_env(path.read_text(encoding="utf-8")) if path.is_file() else {}


def write_environment(
    home: Path, *, free_ports: bool = False, ports_held: Collection[int] = ()
) -> dict[str, str]:
    """Generate the env file anew, keeping its secrets, and return its values.

    Args:
        home: the state folder.
        free_ports: move every service whose port somebody else holds.
        ports_held: ports that this state folder's own running services hold.

    Raises:
        SettingsError: a port is not a number.
    """
    kept = read_environment(home)
    ports = choose_ports(kept, free_ports=free_ports, ports_held=ports_held)
    values = {port_setting(name): str(port) for name, port in ports.items()}
    for name in SECRETS:
        values[name] = kept.get(name) or make_secret(name)
    values["MOTLAN_DEMO_CLIENT_ID"] = "commune-desk-demo"
    values |= _warehouse_urls(home, values)
    values |= _source_urls(home, values)
    write_private(home / "env", render_environment(values))
    return values


def choose_ports(
    kept: Mapping[str, str], *, free_ports: bool, ports_held: Collection[int]
) -> dict[str, int]:
    """The port of each service: asked for, else kept from last time, else the usual one."""
    chosen = {}
    for name, usual in DEFAULT_PORTS.items():
        setting = port_setting(name)
        value = os.environ.get(setting) or kept.get(setting) or str(usual)
        if not value.isdecimal() or not 0 < int(value) < 65536:
            message = f"{setting} is not a port number: give one from 1 to 65535."
            raise SettingsError(message)
        chosen[name] = int(value)
    if free_ports:
        taken = [
            name
            for name, port in chosen.items()
            if port not in ports_held and (not kept or not is_port_free(port))
        ]
        chosen |= dict(zip(taken, find_free_ports(len(taken)), strict=True))
    return chosen


def render_environment(values: Mapping[str, str]) -> str:
    """The text of an env file."""
    lines = ["# Generated by motlan. It holds secrets: never commit it, never send it."]
    lines += [f"{name}={value}" for name, value in sorted(values.items())]
    return "\n".join(lines) + "\n"


def write_private(path: Path, text: str) -> None:
    """Write a file that only its owner may read, in one step."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(path.name + ".part")
    draft.unlink(missing_ok=True)
    with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:  # noqa: PTH123
        file.write(text)
    draft.replace(path)


def make_secret(name: str) -> str:
    """A new secret of the kind that a name asks for."""
    if name == "MOTLAN_AIRFLOW_FERNET_KEY":
        from cryptography.fernet import Fernet

        return Fernet.generate_key().decode()
    return secrets.token_hex(24)


def _warehouse_urls(home: Path, values: Mapping[str, str]) -> dict[str, str]:
    """The owner's URL and one for each login role, here or on the caller's own server."""
    own = os.environ.get("MOTLAN_WAREHOUSE_URL", "")
    url = own or make_cluster(home, "warehouse", values).url(DATABASES["warehouse"][0])
    urls = {"MOTLAN_WAREHOUSE_URL": url, "MOTLAN_WAREHOUSE_IS_EXTERNAL": "yes" if own else "no"}
    for role in ROLES:
        setting = f"MOTLAN_WAREHOUSE_URL_{role.upper()}"
        login = with_login(url, f"motlan_{role}", values[f"MOTLAN_PASSWORD_{role.upper()}"])
        urls[setting] = os.environ.get(setting) or login
    return urls


def with_login(url: str, user: str, password: str) -> str:
    """The same address with another login."""
    parts = urlsplit(url)
    place = parts.netloc.rpartition("@")[2]
    login = f"{quote(user, safe='')}:{quote(password, safe='')}"
    return urlunsplit(parts._replace(netloc=f"{login}@{place}"))


def _source_urls(home: Path, values: Mapping[str, str]) -> dict[str, str]:
    """Where the hub finds each source, with the credential its owner gave out."""
    cluster = make_cluster(home, "social_insurance", values)
    reader = values["MOCK_SOCIAL_INSURANCE_READER_PASSWORD"]
    port = values[port_setting("population")]
    urls = {
        "MOTLAN_CONN_POPULATION": (
            f"http://hub:{values['MOCK_POPULATION_KEY']}@127.0.0.1:{port}/api/v1"
        ),
        "MOTLAN_CONN_SOCIAL_INSURANCE": cluster.url("bhxh", user="hub_doc", password=reader),
        "MOTLAN_CONN_LAND_REGISTRY": (home / "drops").as_uri(),
    }
    return {name: os.environ.get(name) or url for name, url in urls.items()}
