"""What every Airflow task shares: tries and time limits, its source's credential, silent errors."""

import functools
import os
from collections.abc import Callable
from datetime import timedelta
from typing import Any, Final, ParamSpec, TypeVar

from airflow.sdk import Connection
from airflow.sdk.exceptions import (
    AirflowException,
    AirflowFailException,
    AirflowNotFoundException,
    AirflowSkipException,
)

from dags.notify import TellFailure
from hub.errors import (
    MotlanError,
    SourceUnavailableError,
    StaleWriterError,
    StreamBusyError,
    WarehouseUnavailableError,
    where_it_arose,
)
from hub.settings import get_settings

_P = ParamSpec("_P")
_R = TypeVar("_R")
_PASSING: Final = (SourceUnavailableError, WarehouseUnavailableError, StreamBusyError)
"""What may be gone in a minute; nothing was written, so that another try loses nothing."""
WHOLE_RUN: Final = timedelta(hours=2)
"""The time limit of a task that reads a source, or that sends the warehouse many statements."""
DEFAULTS: Final[dict[str, Any]] = {
    "retries": 3,
    "retry_delay": timedelta(seconds=get_settings().retry_seconds),
    "retry_exponential_backoff": True,
    "max_retry_delay": timedelta(minutes=10),
    "execution_timeout": timedelta(minutes=40),
    "on_failure_callback": TellFailure(),
}
"""What holds for every task of every DAG, unless the task says otherwise.

A task that is killed is tried again, and so is what `step` lets pass. The time limit is above the
half-hour after which the warehouse ends a statement of the pipeline's: its word comes first.
"""


def step(function: Callable[_P, _R]) -> Callable[_P, _R]:
    """Let a task fail in one sentence; what a library says may quote a row and is not logged.

    A source or a warehouse that does not answer is tried again by Airflow. A run that another one
    has followed is skipped: the other one goes on. Everything else fails at once, because it would
    fail again; a parked batch waits for a person.
    """

    @functools.wraps(function)
    def run(*args: _P.args, **kwargs: _P.kwargs) -> _R:
        """Run it; see above for what becomes of its errors."""
        try:
            return function(*args, **kwargs)
        except AirflowException:
            raise
        except _PASSING as error:
            raise type(error)(str(error)) from None
        except StaleWriterError as error:
            raise AirflowSkipException(str(error)) from None
        except MotlanError as error:
            raise AirflowFailException(str(error)) from None
        except Exception as error:
            frames = "\n  ".join(where_it_arose(error))
            message = f"An unforeseen {type(error).__name__} stopped the task, at\n  {frames}"
            raise AirflowFailException(message) from None

    return run


def use_connection(source: str) -> None:
    """Take the source's address from Airflow's connection ``motlan_<source>``, if there is one."""
    try:
        found = Connection.get(f"motlan_{source}")
    except AirflowNotFoundException:
        return
    os.environ[f"MOTLAN_CONN_{source.upper()}"] = found.get_uri()
