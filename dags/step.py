"""What every Airflow task shares: its source's credential, and errors without values."""

import functools
import os
from collections.abc import Callable
from typing import ParamSpec, TypeVar

from airflow.sdk import Connection
from airflow.sdk.exceptions import (
    AirflowException,
    AirflowFailException,
    AirflowNotFoundException,
)

from hub.errors import MotlanError, SourceUnavailableError, where_it_arose

_P = ParamSpec("_P")
_R = TypeVar("_R")


def step(function: Callable[_P, _R]) -> Callable[_P, _R]:
    """Let a task fail in one sentence; what a library says may quote a row and is not logged.

    A source that does not answer is tried again by Airflow; everything else fails at once,
    because it would fail again.
    """

    @functools.wraps(function)
    def run(*args: _P.args, **kwargs: _P.kwargs) -> _R:
        """Run it; see above for what becomes of its errors."""
        try:
            return function(*args, **kwargs)
        except AirflowException:
            raise
        except SourceUnavailableError as error:
            raise SourceUnavailableError(str(error)) from None
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
