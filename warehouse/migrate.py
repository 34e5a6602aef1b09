"""Brings the warehouse to this code's schema version, and tells when it is not there."""

from collections.abc import Mapping
from pathlib import Path

import psycopg
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from psycopg import errors, sql
from sqlalchemy import Connection, create_engine, make_url, text
from sqlalchemy.exc import DBAPIError

from hub.errors import (
    MotlanError,
    WarehouseOutdatedError,
    WarehouseRefusedError,
    WarehouseUnavailableError,
    where_it_arose,
)
from hub.settings import ROLES, Role
from warehouse.connection import CONNECT_SECONDS, sqlalchemy_url, transaction

_MIGRATIONS = Path(__file__).parent / "migrations"
# The server's log would quote the values of a failing statement.
_SILENT: Mapping[str, str] = {"log_min_messages": "fatal", "log_min_error_statement": "panic"}
_ROLE_SETTINGS: Mapping[Role, Mapping[str, str]] = {
    # A worker that is killed, frozen or cut off loses its session: what it had not committed is
    # undone, and what it had is on disk.
    "pipeline": {
        "client_connection_check_interval": "2s",
        "idle_in_transaction_session_timeout": "60s",
        "lock_timeout": "10s",
        "statement_timeout": "30min",
        "synchronous_commit": "on",
        "tcp_keepalives_idle": "30",
        "tcp_keepalives_interval": "10",
        "tcp_keepalives_count": "3",
        **_SILENT,
    },
    "lookup": {"lock_timeout": "2s", "statement_timeout": "2s", **_SILENT},
    "auditor": {"statement_timeout": "30s", "default_transaction_read_only": "on"},
    "steward": {"lock_timeout": "5s", "statement_timeout": "30s"},
}

_CONNECTIONS_MAX: Mapping[Role, int] = {"pipeline": 40}
"""How many sessions a role may have at once; a sync leaves some of the server's to the lookups."""


def head_version() -> str:
    """The schema version that this code needs."""
    head = ScriptDirectory(str(_MIGRATIONS)).get_current_head()
    return head or ""


def upgrade(owner_url: str, role_passwords: Mapping[Role, str]) -> str:
    """Make the login roles and run every missing migration; returns the version reached.

    Args:
        owner_url: URL of the owner of the warehouse's database, who must be a superuser: only
            one may set what keeps values out of the server's log.
        role_passwords: password of each login role; known roles get the password given.

    Raises:
        WarehouseUnavailableError: nobody answers at the URL, or nobody may log in with it.
        WarehouseRefusedError: a statement failed; the owner is no superuser, or what it was.
        WarehouseOutdatedError: the database has a version that this code does not know.
    """
    engine = create_engine(
        sqlalchemy_url(owner_url), connect_args={"connect_timeout": CONNECT_SECONDS}
    )
    try:
        with engine.begin() as connection:
            connection.execute(text("SELECT pg_advisory_xact_lock(hashtext('motlan.migrate'))"))
            _make_roles(connection, role_passwords)
            _refuse_unknown_version(connection)
            command.upgrade(_config(connection), "head")
    except (psycopg.Error, DBAPIError) as error:
        raise _explain(error, owner_url) from error
    finally:
        engine.dispose()
    return head_version()


def _explain(error: Exception, owner_url: str) -> MotlanError:
    """One sentence for what stopped the migrations."""
    origin = getattr(error, "orig", None) or error
    state, url = getattr(origin, "sqlstate", None), make_url(owner_url)
    place = f"The warehouse at {url.host}:{url.port}"
    if isinstance(origin, errors.InsufficientPrivilege):
        return WarehouseRefusedError(
            f"{place} needs a superuser for its first migration and for its roles' settings, and "
            f"{url.username} is none; name a superuser in MOTLAN_WAREHOUSE_URL."
        )
    if state is None and isinstance(origin, psycopg.OperationalError):
        said = [part for part in str(origin).splitlines() if "FATAL:" in part]
        if said:
            reason = said[-1].partition("FATAL:")[2].strip()
            return WarehouseUnavailableError(
                f"{place} refuses the owner's login: {reason}; mend MOTLAN_WAREHOUSE_URL."
            )
        return WarehouseUnavailableError(
            f"{place} does not answer; start it with `motlan up`, or mend MOTLAN_WAREHOUSE_URL."
        )
    return WarehouseRefusedError(
        f"{place} refused the migration: {type(origin).__name__} ({state}) at "
        f"{where_it_arose(error)[-1]}."
    )


def check(role: Role = "pipeline") -> None:
    """Refuse to work on a warehouse of another schema version.

    Raises:
        WarehouseUnavailableError: it does not answer.
        WarehouseOutdatedError: says which version was found, which is needed, and what to do.
    """
    with transaction(role) as connection:
        found = _current(connection)
    if found != head_version():
        message = (
            f"The warehouse has schema version {found or 'none'}, this code needs "
            f"{head_version()}; run `motlan up`, which migrates it."
        )
        raise WarehouseOutdatedError(message)


def _config(connection: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config


def _current(connection: Connection) -> str | None:
    context = MigrationContext.configure(connection, opts={"version_table_schema": "public"})
    return context.get_current_revision()


def _refuse_unknown_version(connection: Connection) -> None:
    found = _current(connection)
    known = {item.revision for item in ScriptDirectory(str(_MIGRATIONS)).walk_revisions()}
    if found is not None and found not in known:
        message = (
            f"The warehouse has schema version {found}, which this code does not know; "
            "it was made by newer code: run that, or restore an older backup."
        )
        raise WarehouseOutdatedError(message)


def _make_roles(connection: Connection, passwords: Mapping[Role, str]) -> None:
    cursor = connection.connection.cursor()
    for role in ROLES:
        name = sql.Identifier(f"motlan_{role}")
        cursor.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", (f"motlan_{role}",))
        verb = sql.SQL("ALTER" if cursor.fetchone() else "CREATE")
        statement = sql.SQL(
            "{} ROLE {} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE PASSWORD {} CONNECTION LIMIT {}"
        )
        limit = sql.Literal(_CONNECTIONS_MAX.get(role, -1))
        cursor.execute(statement.format(verb, name, sql.Literal(passwords[role]), limit))
        for setting, value in _ROLE_SETTINGS[role].items():
            change = sql.SQL("ALTER ROLE {} SET {} = {}")
            cursor.execute(change.format(name, sql.Identifier(setting), sql.Literal(value)))
    cursor.close()
