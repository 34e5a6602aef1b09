"""Where things are: state folder, warehouse, landing zone, contracts, sources.

The environment wins; what it does not name comes from ``<home>/env``, which ``motlan up``
generates. A service is started with ``MOTLAN_ENV_FILE=none``: to it only the environment speaks, so
that it cannot come by another login than its own. Nothing has a default that could hide a missing
secret or address.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Literal

from hub.errors import SettingsError

Role = Literal["owner", "pipeline", "lookup", "auditor", "steward"]
ROLES: tuple[Role, ...] = ("pipeline", "lookup", "auditor", "steward")
"""The login roles of the warehouse; ``owner`` runs the migrations."""
NO_FILE: Final = "none"
"""The value of ``MOTLAN_ENV_FILE`` under which the generated env file is not read."""


def parse_env(text: str) -> dict[str, str]:
    """Read ``KEY=value`` lines; empty lines and lines that start with ``#`` say nothing.

    Raises:
        SettingsError: a line has no ``=``.
    """
    found: dict[str, str] = {}
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        key, equals, value = line.partition("=")
        if not equals:
            message = f"Line {number} of the env file is not KEY=value; run `motlan up` again."
            raise SettingsError(message)
        found[key.strip()] = value.strip()
    return found


@dataclass(frozen=True)
class Settings:
    """The settings of one process."""

    home: Path
    values: Mapping[str, str] = field(repr=False)

    def get(self, name: str) -> str:
        """The value of a setting.

        Raises:
            SettingsError: the setting is missing.
        """
        value = self.values.get(name)
        if not value:
            message = (
                f"{name} is not set; export it, or run `motlan up`, "
                f"which writes it to {self.home / 'env'}."
            )
            raise SettingsError(message)
        return value

    def warehouse_url(self, role: Role) -> str:
        """The warehouse's URL for a login role."""
        suffix = "" if role == "owner" else f"_{role.upper()}"
        return self.get(f"MOTLAN_WAREHOUSE_URL{suffix}")

    def source_url(self, source: str) -> str:
        """Address and credential of a source, from ``MOTLAN_CONN_<SOURCE>``."""
        return self.get(f"MOTLAN_CONN_{source.upper()}")

    @property
    def landing_url(self) -> str:
        """The landing zone: a folder, or an object store's URL."""
        return self.values.get("MOTLAN_LANDING_URL") or str(self.home / "landing")

    @property
    def landing_keys(self) -> Path:
        """The key file of the landing zone and the quarantine."""
        return Path(self.values.get("MOTLAN_LANDING_KEYS") or self.home / "keys" / "landing.json")

    @property
    def retry_seconds(self) -> int:
        """How long Airflow waits before it tries a task again; each further wait is twice as long.

        Raises:
            SettingsError: it is no whole number of seconds.
        """
        text = self.values.get("MOTLAN_RETRY_SECONDS") or "30"
        if not text.isdecimal():
            message = f"MOTLAN_RETRY_SECONDS is {text!r}; say a whole number of seconds, like 30."
            raise SettingsError(message)
        return int(text)

    @property
    def contract_folders(self) -> tuple[Path, ...]:
        """The folders that hold contracts, in order."""
        named = self.values.get("MOTLAN_CONTRACTS")
        if named:
            return tuple(Path(part) for part in named.split(":") if part)
        return (Path(__file__).resolve().parent.parent / "contracts",)


def get_settings(environment: Mapping[str, str] | None = None) -> Settings:
    """Read the settings of this process, at call time and never at import.

    Raises:
        SettingsError: the generated env file cannot be read, or is named by a word unknown.
    """
    environment = os.environ if environment is None else environment
    home = Path(environment.get("MOTLAN_HOME") or ".motlan").absolute()
    generated: dict[str, str] = {}
    path = home / "env"
    file_named = environment.get("MOTLAN_ENV_FILE", "")
    if file_named not in ("", NO_FILE):
        message = f"MOTLAN_ENV_FILE is {file_named!r}; leave it unset, or say {NO_FILE!r}."
        raise SettingsError(message)
    if not file_named and path.is_file():
        generated = parse_env(path.read_text(encoding="utf-8"))
    named = {key: value for key, value in environment.items() if key.startswith(("MOTLAN_",))}
    return Settings(home=home, values={**generated, **named})
