"""The generated env file: secrets made once, addresses made anew, nobody else may read it."""

import json
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from cli.environment import (
    DEFAULT_PORTS,
    ROOT,
    SECRETS,
    read_environment,
    with_login,
    write_environment,
)
from cli.services import Services
from hub.errors import SettingsError
from hub.settings import ROLES, Role, get_settings


def test_secrets_are_made_once_and_differ(home: Path) -> None:
    first = write_environment(home)
    second = write_environment(home)
    assert first == second == read_environment(home)
    assert len({first[name] for name in SECRETS}) == len(SECRETS)
    assert (home / "env").stat().st_mode & 0o777 == 0o600


def test_addresses_follow_a_port_that_was_moved(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = write_environment(home)
    monkeypatch.setenv("MOTLAN_PORT_POSTGRES_WAREHOUSE", "19999")
    after = write_environment(home)
    assert ":19999/" in after["MOTLAN_WAREHOUSE_URL_LOOKUP"]
    assert ":19999/" not in before["MOTLAN_WAREHOUSE_URL_LOOKUP"]
    monkeypatch.delenv("MOTLAN_PORT_POSTGRES_WAREHOUSE")
    assert write_environment(home) == after


def test_free_ports_move_only_what_is_in_the_way(home: Path) -> None:
    values = write_environment(home, free_ports=True)
    port = int(values["MOTLAN_PORT_LOOKUP"])
    with socket.socket() as stranger:
        stranger.bind(("127.0.0.1", port))
        stranger.listen()
        moved = write_environment(home, free_ports=True)
        kept = write_environment(
            home, free_ports=True, ports_held=[int(moved["MOTLAN_PORT_LOOKUP"])]
        )
    changed = {name for name in values if values[name] != moved[name]}
    assert changed == {"MOTLAN_PORT_LOOKUP"}
    assert kept == moved


@pytest.mark.parametrize("port", ["many", "0", "65536", "-1"])
def test_a_port_that_is_no_port_is_refused(
    port: str, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MOTLAN_PORT_LOOKUP", port)
    with pytest.raises(SettingsError, match="MOTLAN_PORT_LOOKUP is not a port number"):
        write_environment(home)


def test_the_hub_finds_every_address_in_the_file(home: Path) -> None:
    write_environment(home)
    settings = get_settings()
    for role in ROLES:
        assert f"motlan_{role}:" in settings.warehouse_url(role)
    for source in ("population", "social_insurance", "land_registry"):
        assert settings.source_url(source)


def test_a_warehouse_of_ones_own_is_used_and_not_started(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MOTLAN_WAREHOUSE_URL", "postgresql://dba:x@db.example:5432/hub")
    values = write_environment(home)
    assert "warehouse" not in Services(home, values).cluster_names()
    lookup = values["MOTLAN_WAREHOUSE_URL_LOOKUP"]
    assert lookup.startswith("postgresql://motlan_lookup:")
    assert lookup.endswith("@db.example:5432/hub")


def test_a_mock_source_is_told_no_secret_of_the_hub(home: Path) -> None:
    values = write_environment(home)
    services = Services(home, values)
    hub_secrets = {values[name] for name in SECRETS if name.startswith("MOTLAN_")}
    for source in ("population", "social_insurance", "land_registry"):
        told = services.mock_environment(source)
        own = values[f"MOTLAN_PASSWORD_POSTGRES_{source.upper()}"]
        assert told["PGPASSWORD"] == own
        assert not (hub_secrets - {own}) & set(told.values())
        assert own not in " ".join(services.load_command(source)), "a password on a command line"


@pytest.mark.parametrize("role", ["pipeline", "lookup", "auditor"])
def test_a_process_of_the_hub_is_told_its_own_login_and_no_other_secret(
    home: Path, role: Role
) -> None:
    told = Services(home, write_environment(home)).hub_environment(role)
    logins = {name for name in told if name.startswith(("MOTLAN_WAREHOUSE_URL", "MOTLAN_PASSWORD"))}
    assert logins == {f"MOTLAN_WAREHOUSE_URL_{role.upper()}"}
    assert not [name for name in told if name.startswith("MOCK_")]
    assert any(name.startswith("MOTLAN_CONN_") for name in told) == (role == "pipeline")


@pytest.mark.parametrize("role", ["pipeline", "lookup", "auditor"])
def test_who_is_told_of_an_alert_is_told_to_the_pipeline_alone(
    home: Path, role: Role, monkeypatch: pytest.MonkeyPatch
) -> None:
    named = {"MOTLAN_SMTP_URL": "smtp://hub:word@mail", "OPENLINEAGE_URL": "http://lineage"}
    for name, value in named.items():
        monkeypatch.setenv(name, value)
    told = Services(home, write_environment(home)).hub_environment(role)
    assert (named.items() <= told.items()) == (role == "pipeline")
    assert not named.keys() & told.keys() or role == "pipeline"


READ_SETTINGS = """
import json
from hub.errors import SettingsError
from hub.settings import ROLES, get_settings
settings, found = get_settings(), []
for role in ("owner", *ROLES):
    try:
        settings.warehouse_url(role)
        found.append(role)
    except SettingsError:
        pass
print(json.dumps([found, sorted(settings.values), str(settings.landing_keys)]))
"""


@pytest.mark.parametrize("role", ["pipeline", "lookup", "auditor"])
def test_a_service_finds_no_other_login_in_its_settings_though_the_file_is_there(
    home: Path, role: Role
) -> None:
    values = write_environment(home)
    told = Services(home, values).hub_environment(role)
    done = subprocess.run(
        [sys.executable, "-c", READ_SETTINGS],
        env={**told, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
    )
    logins, names, landing_keys = json.loads(done.stdout)
    assert logins == [role]
    assert not [name for name in names if "PASSWORD" in name or "SECRET" in name]
    assert landing_keys == str(home / "keys" / "landing.json")


def test_an_env_file_of_another_name_is_refused(home: Path) -> None:
    with pytest.raises(SettingsError, match="MOTLAN_ENV_FILE is 'other'"):
        get_settings({"MOTLAN_HOME": str(home), "MOTLAN_ENV_FILE": "other"})


def test_a_login_with_odd_characters_is_quoted() -> None:
    url = with_login("postgresql://a:b@host:1/db", "x", "p@ss/word:1")
    assert url == "postgresql://x:p%40ss%2Fword%3A1@host:1/db"


def test_usual_ports_differ() -> None:
    assert len(set(DEFAULT_PORTS.values())) == len(DEFAULT_PORTS)
