"""Every command, module, file and secret that docker-compose.yml names exists.

No container engine runs in CI, so what an engine would find out is checked here.
"""

import ast
import importlib.util
import re
import shutil
import subprocess
import sys
from importlib.metadata import packages_distributions
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.testing import CliRunner

from cli.compose import write_compose_environment
from cli.main import app
from hub.settings import parse_env

ROOT = Path(__file__).resolve().parents[2]
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
DOCKERFILES = sorted((ROOT / "docker").glob("*.Dockerfile"))
# Parts of the warehouse that only the pipeline calls; the import rules keep the readers off them.
PEER_ONLY = {"dlt in benchmarks/dlt_merge.py"}
"""What runs in the environment of the benchmarks' peers, and in no image."""
PIPELINE_ONLY = {
    *("numpy in warehouse/stage.py", "polars in warehouse/stage.py"),
    *("numpy in warehouse/spool.py", "polars in warehouse/parts.py"),
    *("pyarrow in warehouse/landing.py", "pyarrow in warehouse/landing_retention.py"),
    *("pyarrow in warehouse/landed.py", "pyarrow in warehouse/chunk.py"),
    *("pyarrow in warehouse/zone.py", "pyarrow in warehouse/bulk.py"),
    *("polars in warehouse/bulk.py", "adbc_driver_postgresql in warehouse/bulk.py"),
}
LONG_RUNNING = {name for name, service in SERVICES.items() if service.get("restart", "no") != "no"}


@pytest.fixture
def compose_environment(tmp_path: Path) -> Path:
    """The generated env file."""
    return write_compose_environment(tmp_path / "compose.env")


def list_commands() -> dict[str, list[str]]:
    """The command of each service that runs our code: compose's, else its image's."""
    commands = {}
    for name, service in SERVICES.items():
        if "build" not in service:
            continue
        image = (ROOT / service["build"]["dockerfile"]).read_text()
        stated = re.search(r"^CMD (\[.*\])$", image, re.MULTILINE)
        commands[name] = service.get("command") or (yaml.safe_load(stated[1]) if stated else [])
    return commands


def test_every_command_starts_something_that_exists() -> None:
    for name, command in list_commands().items():
        assert command, f"{name} has no command"
        if command[0] == "motlan":
            called = CliRunner().invoke(app, [*command[1:], "--help"])
            assert called.exit_code == 0, name
        else:
            assert command[:2] == ["python", "-m"], name
            assert importlib.util.find_spec(command[2]), f"{name}: no module {command[2]}"


def test_every_application_that_uvicorn_serves_exists() -> None:
    served = [command for command in list_commands().values() if "uvicorn" in command]
    assert len(served) == 2
    for command in served:
        module, _, factory = command[command.index("--factory") + 1].partition(":")
        assert callable(getattr(importlib.import_module(module), factory))


def test_the_mock_sources_understand_their_commands() -> None:
    for name, command in list_commands().items():
        if command[2:3] and command[2].startswith("mocks."):
            asked = [sys.executable, "-m", command[2], command[3], "--help"]
            shown = subprocess.run(asked, capture_output=True, text=True, check=False, cwd=ROOT)
            assert shown.returncode == 0, name
            flags = [part for part in command if part.startswith("--")]
            assert all(flag in shown.stdout for flag in flags), name


def test_every_secret_is_generated_and_private(compose_environment: Path) -> None:
    text = (ROOT / "docker-compose.yml").read_text(encoding="utf-8")
    asked = re.findall(r"(?<!\$)\$\{([^}]+)\}", text)
    assert all(name.endswith(":?") for name in asked), "a secret must have no default"
    values = parse_env(compose_environment.read_text())
    assert {name.removesuffix(":?") for name in asked} <= set(values)
    assert compose_environment.stat().st_mode & 0o777 == 0o600


def test_a_second_env_file_keeps_the_secrets(compose_environment: Path) -> None:
    before = compose_environment.read_text()
    assert write_compose_environment(compose_environment).read_text() == before


def test_the_env_file_is_never_committed() -> None:
    assert "/compose.env" in (ROOT / ".gitignore").read_text().splitlines()


def test_published_ports_listen_on_the_loopback_interface() -> None:
    ports = [port for service in SERVICES.values() for port in service.get("ports", [])]
    assert len(ports) == 5
    assert all(str(port).startswith("127.0.0.1:") for port in ports)


def test_every_lasting_service_has_a_health_check() -> None:
    assert {name for name in LONG_RUNNING if "healthcheck" not in SERVICES[name]} == set()


def test_what_a_service_waits_for_exists_and_can_come_true() -> None:
    for name, service in SERVICES.items():
        for other, wanted in service.get("depends_on", {}).items():
            lasting = other in LONG_RUNNING
            expected = "service_healthy" if lasting else "service_completed_successfully"
            assert wanted["condition"] == expected, f"{name} waits for {other}"


def test_every_volume_is_declared_and_used() -> None:
    used = {
        volume.partition(":")[0]
        for service in SERVICES.values()
        for volume in service.get("volumes", [])
    }
    assert used == set(COMPOSE["volumes"])


@pytest.mark.parametrize("dockerfile", DOCKERFILES, ids=lambda path: path.stem)
def test_every_file_that_an_image_copies_exists(dockerfile: Path) -> None:
    copied = re.findall(r"^COPY (\S+) \S+$", dockerfile.read_text(), re.MULTILINE)
    assert copied
    assert [name for name in copied if not (ROOT / name).exists()] == []
    assert f"requirements/{dockerfile.stem}.txt" in copied


@pytest.mark.parametrize("dockerfile", DOCKERFILES, ids=lambda path: path.stem)
def test_an_image_has_every_package_that_its_code_imports(dockerfile: Path) -> None:
    lock = (ROOT / "requirements" / f"{dockerfile.stem}.txt").read_text()
    locked = set(re.findall(r"^([a-z0-9._-]+)(?:\[[a-z,]+\])?==", lock, re.MULTILINE))
    copied = re.findall(r"^COPY (\S+) \S+$", dockerfile.read_text(), re.MULTILINE)
    packages = {name for name in copied if (ROOT / name / "__init__.py").exists()}
    owners = packages_distributions()
    missing = {
        f"{name} in {path.relative_to(ROOT)}"
        for package in packages
        for path in (ROOT / package).rglob("*.py")
        for name in list_imports(path) - packages - set(sys.stdlib_module_names)
        if not {re.sub(r"[-_.]+", "-", owner).lower() for owner in owners.get(name, [])} & locked
    }
    assert missing == (PEER_ONLY if dockerfile.stem == "pipeline" else PIPELINE_ONLY)


def list_imports(path: Path) -> set[str]:
    """The top-level names of everything that a module imports, at any depth."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names.add(node.module.partition(".")[0])
    return names


def test_compose_itself_accepts_the_file(compose_environment: Path) -> None:
    docker = shutil.which("docker")
    asked = [docker or "docker", "compose"]
    known = docker and subprocess.run([*asked, "version"], capture_output=True, check=False)
    if not known or known.returncode:
        pytest.skip("No docker compose client here: install one to check the file with it.")
    options = ["--env-file", str(compose_environment), "config", "--quiet"]
    checked = subprocess.run(
        [*asked, *options], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert checked.returncode == 0, checked.stderr
