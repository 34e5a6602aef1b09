"""The only door to the warehouse: one place for roles, pools and connection errors."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

import psycopg
from sqlalchemy import URL, Engine, create_engine, make_url

from hub.errors import WarehouseUnavailableError
from hub.settings import Role, get_settings

CONNECT_SECONDS = 5


def sqlalchemy_url(url: str) -> URL:
    """The URL with psycopg 3 as its driver, whatever scheme it was written with."""
    return make_url(url).set(drivername="postgresql+psycopg")


def libpq_url(url: str) -> str:
    """The URL as libpq reads it, whatever driver it was written with."""
    plain = make_url(url).set(drivername="postgresql")
    return plain.render_as_string(hide_password=False)


@cache
def _engine(url: str) -> Engine:
    return create_engine(
        sqlalchemy_url(url),
        pool_pre_ping=True,
        pool_size=2,
        connect_args={"connect_timeout": CONNECT_SECONDS},
    )


def engine(role: Role) -> Engine:
    """The pooled SQLAlchemy engine of a login role, one a process."""
    return _engine(get_settings().warehouse_url(role))


@contextmanager
def connect(role: Role) -> Iterator[psycopg.Connection]:
    """A connection whose block is one transaction: committed at its end, else rolled back.

    Raises:
        WarehouseUnavailableError: nobody answers at the role's URL.
    """
    url = libpq_url(get_settings().warehouse_url(role))
    try:
        connection = psycopg.connect(url, connect_timeout=CONNECT_SECONDS)
    except psycopg.OperationalError as error:
        place = make_url(url)
        message = (
            f"The warehouse at {place.host}:{place.port} does not answer for role {role}; "
            "start it with `motlan up`, or mend MOTLAN_WAREHOUSE_URL."
        )
        raise WarehouseUnavailableError(message) from error
    with connection:
        yield connection
