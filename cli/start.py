"""What `motlan up` does, in order, and what it leaves alone when it is there already."""

import json
from collections.abc import Mapping
from pathlib import Path

from cli.contracts import apply as apply_contracts
from cli.environment import DATABASES, read_environment, write_environment, write_private
from cli.processes import Supervisor, ensure_port_free, ensure_space
from cli.services import SOURCES, Services
from cli.terminal import step
from hub.settings import ROLES, get_settings


def start_all(
    supervisor: Supervisor, *, profile: str, seed: int, free_ports: bool = False
) -> Services:
    """Bring every service up; what runs already stays as it is.

    Args:
        supervisor: looks after the state folder's services.
        profile: size of the synthetic province, when there is none yet.
        seed: makes the same province again.
        free_ports: move services whose usual port is taken.

    Raises:
        MotlanError: something is missing or in the way; what was started is left for `down`.
    """
    home = supervisor.home
    ensure_space(home)
    supervisor.stop_leftovers()
    held = [note.port for note in supervisor.list_running() if note.port is not None]
    values = write_environment(home, free_ports=free_ports, ports_held=held)
    services = Services(home, values)
    for name, port in services.list_ports().items():
        if port not in held:
            ensure_port_free(name, port)
    make_keys(home)
    start_clusters(supervisor, services)
    with step("Warehouse: roles, migrations, contracts, the demo desk"):
        prepare_warehouse(values)
    start_sources(supervisor, services, profile=profile, seed=seed)
    start_airflow(supervisor, services)
    with step("Lookup API and dashboard"):
        supervisor.start(*services.web())
    return services


def make_keys(home: Path) -> None:
    """The keys of the landing zone and of the API's tokens, made once, kept out of databases."""
    from lookup.tokens import make_signing_key
    from warehouse.landing import make_keys

    landing_keys = get_settings().landing_keys
    for path, make in (
        (landing_keys, make_keys),
        (home / "keys" / "token.json", make_signing_key),
    ):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.parent.chmod(0o700)
        if not path.exists():
            make(path)


def start_clusters(supervisor: Supervisor, services: Services) -> None:
    """The PostgreSQL clusters and the databases in them."""
    with step("PostgreSQL clusters"):
        for name in services.cluster_names():
            services.cluster(name).create()
        supervisor.start(*services.clusters())
        for name in services.cluster_names():
            services.cluster(name).create_database(DATABASES[name][0])


def prepare_warehouse(values: Mapping[str, str]) -> None:
    """The warehouse's login roles, migrations and contracted tables, and the demo's desk.

    Raises:
        MotlanError: the warehouse does not answer, or a contract is refused.
    """
    from lookup.access import register_client
    from lookup.procedures import load_catalogue
    from warehouse.migrate import upgrade

    passwords = {role: values[f"MOTLAN_PASSWORD_{role.upper()}"] for role in ROLES}
    upgrade(values["MOTLAN_WAREHOUSE_URL"], passwords)
    apply_contracts(get_settings().contract_folders)
    register_client(
        values["MOTLAN_DEMO_CLIENT_ID"],
        values["MOTLAN_DEMO_CLIENT_SECRET"],
        "commune-public-services",
        desk="demo-desk-01",
        procedures=[item.code for item in load_catalogue().procedures],
    )


def prepare_airflow_login(folder: Path, password: str) -> None:
    """The password of Airflow's `admin`, where its login page looks for it."""
    write_private(folder / "passwords.json", json.dumps({"admin": password}))


def start_sources(supervisor: Supervisor, services: Services, *, profile: str, seed: int) -> None:
    """The synthetic province, loaded once into the three source systems, and their servers."""
    loaded = services.home / "province" / "loaded.json"
    if not loaded.exists():
        from cli.province import make_province

        if not (services.home / "province" / "province.json").exists():
            make_province(services.home / "province", profile, seed)
        for source in SOURCES:
            with step(f"Source {source}: load"):
                supervisor.run(
                    f"{source}_load",
                    services.load_command(source),
                    services.mock_environment(source),
                )
        write_private(loaded, json.dumps({"profile": profile, "seed": seed}))
    with step("Source systems"):
        supervisor.start(*services.mocks())


def start_airflow(supervisor: Supervisor, services: Services) -> None:
    """Airflow's metadata, its admin and its three processes."""
    folder = services.home / "airflow"
    folder.mkdir(exist_ok=True)
    prepare_airflow_login(folder, services.values["MOTLAN_PASSWORD_AIRFLOW_ADMIN"])
    migrated = folder / "migrated"
    if not migrated.exists() or migrated.read_text() != airflow_version():
        with step("Airflow: metadata"):
            supervisor.run(
                "airflow_migrate",
                services.airflow_command("db", "migrate"),
                services.airflow_environment(),
            )
        migrated.write_text(airflow_version())
    with step("Airflow: API server, scheduler, DAG processor"):
        supervisor.start(*services.airflow())


def airflow_version() -> str:
    """The installed version of Airflow."""
    from importlib.metadata import version

    return version("apache-airflow")


def find_services(home: Path) -> Services | None:
    """The services as last written down; None when `up` has never run here."""
    values = read_environment(home)
    return Services(home, values) if values else None
