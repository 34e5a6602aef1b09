"""Which processes make up a running Motlan, and what each is told.

Every process gets only what it needs: a mock source sees its own database and secrets and nothing
of the hub's; Airflow, the API and the dashboard each get their own login to the warehouse.
"""

import os
import signal
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import httpx

from cli.clusters import Cluster
from cli.environment import DATABASES, ROOT, has_own_warehouse, make_cluster
from cli.processes import Service, port_setting
from hub.alerts import SETTINGS as ALERT_SETTINGS
from hub.retention import SETTINGS
from hub.settings import NO_FILE, Role

# What a program needs from the machine it runs on; everything else is given on purpose.
INHERITED = ("HOME", "LANG", "LC_ALL", "PATH", "SSL_CERT_FILE", "TMPDIR", "TZ", "USER")
WEB_SERVICES = ("population", "lookup", "dashboard", "airflow_api")
SOURCES = ("population", "social_insurance", "land_registry")


class Services:
    """The services of one state folder, from the values of its env file."""

    def __init__(self, home: Path, values: Mapping[str, str]) -> None:
        """Describe the services of this state folder."""
        self.home = home
        self.values = values

    def port(self, name: str) -> int:
        """The port of a service."""
        return int(self.values[port_setting(name)])

    def list_ports(self) -> dict[str, int]:
        """Every service that listens here, and where."""
        clusters = [f"postgres_{name}" for name in self.cluster_names()]
        return {name: self.port(name) for name in (*clusters, *WEB_SERVICES)}

    def url(self, name: str) -> str:
        """The address of an HTTP service."""
        return f"http://127.0.0.1:{self.port(name)}"

    def cluster(self, name: str) -> Cluster:
        """One of the clusters."""
        return make_cluster(self.home, name, self.values)

    def cluster_names(self) -> list[str]:
        """The clusters that run here: all, but the warehouse when the caller has one."""
        external = has_own_warehouse(self.values)
        return [name for name in DATABASES if not (external and name == "warehouse")]

    def clusters(self) -> list[Service]:
        """The PostgreSQL servers, as services."""
        return [self._cluster_service(name) for name in self.cluster_names()]

    def _cluster_service(self, name: str) -> Service:
        cluster = self.cluster(name)
        return Service(
            name=f"postgres_{name}",
            command=cluster.command(),
            environment=inherited(),
            is_ready=cluster.is_ready,
            port=cluster.port,
            stop_signal=signal.SIGINT,
        )

    def mock_environment(self, source: str) -> dict[str, str]:
        """What a mock source is told: its own secrets, nothing of the hub's.

        The database's password goes this way and not on the command line, which any user sees.
        """
        prefix = f"MOCK_{source.upper()}_"
        own = {name: value for name, value in self.values.items() if name.startswith(prefix)}
        allowed = {name: value for name, value in os.environ.items() if name.startswith(prefix)}
        return {**inherited(), **allowed, **own, "PGPASSWORD": self.cluster(source).password}

    def mock_database(self, source: str) -> str:
        """The URL, without its password, under which a mock source opens its own database."""
        cluster = self.cluster(source)
        return f"postgresql://{cluster.superuser}@127.0.0.1:{cluster.port}/{DATABASES[source][0]}"

    def mocks(self) -> list[Service]:
        """The mock sources that are processes; social insurance is its database itself."""
        population = Service(
            name="population",
            command=self._mock("population", "serve", "--port", str(self.port("population"))),
            environment=self.mock_environment("population"),
            is_ready=answers(f"{self.url('population')}/healthz"),
            port=self.port("population"),
        )
        drops = self.home / "drops"
        land_registry = Service(
            name="land_registry",
            command=self._mock("land_registry", "serve", "--drops", str(drops), "--at", "01:00"),
            environment=self.mock_environment("land_registry"),
            is_ready=lambda: any(drops.glob("*/*/manifest.json")),
        )
        return [population, land_registry]

    def _mock(self, source: str, verb: str, *options: str) -> list[str]:
        database = self.mock_database(source)
        return [sys.executable, "-m", f"mocks.{source}", verb, "--database", database, *options]

    def load_command(self, source: str) -> list[str]:
        """The command that fills a mock source's database from the generator's files."""
        return self._mock(source, "load", "--from", str(self.home / "province"))

    def hub_environment(self, role: Role) -> dict[str, str]:
        """What a process of the hub is told: its own login, and for the pipeline the sources'."""
        told = {
            "MOTLAN_HOME": str(self.home),
            "MOTLAN_ENV_FILE": NO_FILE,
            "PYTHONUNBUFFERED": "1",
        }
        names = [f"MOTLAN_WAREHOUSE_URL_{role.upper()}"]
        if role == "pipeline":
            told["GX_ANALYTICS_ENABLED"] = "False"
            names += [name for name in self.values if name.startswith("MOTLAN_CONN_")]
            # Further registers' addresses, and who is to be told; exported by the caller.
            told |= {name: os.environ[name] for name in os.environ if _is_the_pipelines(name)}
        return {**inherited(), **told, **{name: self.values[name] for name in names}, **asked_for()}

    def web(self) -> list[Service]:
        """The API and the dashboard."""
        return [
            self._web("lookup", "lookup", "/readyz"),
            self._web("dashboard", "auditor", "/healthz"),
        ]

    def _web(self, name: str, role: Role, health: str) -> Service:
        port = self.port(name)
        return Service(
            name=name,
            command=[
                *(sys.executable, "-m", "uvicorn", "--factory", f"{name}.app:create_app"),
                *("--host", "127.0.0.1", "--port", str(port), "--no-access-log"),
            ],
            environment=self.hub_environment(role),
            is_ready=answers(f"{self.url(name)}{health}"),
            port=port,
        )

    def airflow_environment(self) -> dict[str, str]:
        """Airflow's settings, all from the environment: no airflow.cfg is edited."""
        database = self.cluster("airflow").url("airflow").removeprefix("postgresql")
        port = self.port("airflow_api")
        folder = self.home / "airflow"
        settings = {
            "API__BASE_URL": self.url("airflow_api"),
            "API__HOST": "127.0.0.1",
            "API__PORT": str(port),
            "API__SECRET_KEY": self.values["MOTLAN_AIRFLOW_SECRET_KEY"],
            "API__WORKERS": "1",
            "API_AUTH__JWT_SECRET": self.values["MOTLAN_AIRFLOW_JWT_SECRET"],
            "CORE__DAGS_FOLDER": str(ROOT / "dags"),
            "CORE__EXECUTE_TASKS_NEW_PYTHON_INTERPRETER": "True",
            "CORE__EXECUTION_API_SERVER_URL": f"{self.url('airflow_api')}/execution/",
            "CORE__EXECUTOR": "LocalExecutor",
            "CORE__FERNET_KEY": self.values["MOTLAN_AIRFLOW_FERNET_KEY"],
            "CORE__LOAD_EXAMPLES": "False",
            "CORE__PARALLELISM": "4",
            "CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE": str(folder / "passwords.json"),
            "CORE__SIMPLE_AUTH_MANAGER_USERS": "admin:admin",
            "DAG_PROCESSOR__PARSING_PROCESSES": "1",
            "DAG_PROCESSOR__REFRESH_INTERVAL": "60",
            "DATABASE__SQL_ALCHEMY_CONN": f"postgresql+psycopg{database}",
            "DATABASE__SQL_ALCHEMY_CONN_ASYNC": f"postgresql+psycopg_async{database}",
            "LOGGING__COLORED_CONSOLE_LOG": "False",
            "SCHEDULER__ENABLE_HEALTH_CHECK": "False",
            # A worker that died with its task is noticed after a minute, not after five.
            "SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT": "60",
        }
        named = {f"AIRFLOW__{name}": value for name, value in settings.items()}
        return {**self.hub_environment("pipeline"), "AIRFLOW_HOME": str(folder), **named}

    def airflow_command(self, *arguments: str) -> list[str]:
        """A call of Airflow's own command."""
        return [sys.executable, "-m", "airflow", *arguments]

    def airflow(self) -> list[Service]:
        """Airflow's processes: API server, scheduler and DAG processor."""
        environment = self.airflow_environment()
        health = f"{self.url('airflow_api')}/api/v2/monitor/health"
        api = Service(
            name="airflow_api",
            command=self.airflow_command("api-server"),
            environment=environment,
            is_ready=answers(health),
            port=self.port("airflow_api"),
            start_seconds_max=120,
        )
        scheduler = Service(
            name="airflow_scheduler",
            command=self.airflow_command("scheduler", "--skip-serve-logs"),
            environment=environment,
            is_ready=answers(health, _is_healthy("scheduler")),
            start_seconds_max=120,
        )
        processor = Service(
            name="airflow_dag_processor",
            command=self.airflow_command("dag-processor"),
            environment=environment,
            is_ready=answers(health, _is_healthy("dag_processor")),
            start_seconds_max=120,
        )
        return [api, scheduler, processor]


def inherited() -> dict[str, str]:
    """The few variables of the caller that every program needs."""
    kept = {name: os.environ[name] for name in INHERITED if name in os.environ}
    return {"LC_ALL": "C.UTF-8", **kept, "PYTHONDONTWRITEBYTECODE": ""}


def _is_the_pipelines(name: str) -> bool:
    """Whether a variable of the caller's concerns the pipeline and nobody else."""
    return name in ALERT_SETTINGS or name.startswith(("MOTLAN_CONN_", "OPENLINEAGE_"))


def asked_for() -> dict[str, str]:
    """Settings that the caller gives for this run and that no file should keep."""
    names = (
        *("MOTLAN_CONTRACTS", "MOTLAN_LANDING_URL", "MOTLAN_LANDING_KEYS", "MOTLAN_RETRY_SECONDS"),
        *(setting for setting, _ in SETTINGS.values()),
    )
    return {name: os.environ[name] for name in names if os.environ.get(name)}


def answers(
    url: str, accepts: Callable[[httpx.Response], bool] = lambda response: True
) -> Callable[[], bool]:
    """A health check: the page answers 200, and says what it should."""

    def is_ready() -> bool:
        try:
            response = httpx.get(url, timeout=3, trust_env=False)
        except httpx.HTTPError:
            return False
        return response.status_code == httpx.codes.OK and accepts(response)

    return is_ready


def _is_healthy(part: str) -> Callable[[httpx.Response], bool]:
    """Whether Airflow reports one of its parts as healthy."""
    return lambda response: (response.json().get(part) or {}).get("status") == "healthy"
