"""Rows that wait in quarantine: listed without a value, opened under a name, replayed."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

import psycopg
from psycopg.rows import class_row

from hub.errors import WrongUseError
from hub.settings import Role
from warehouse.connection import connect
from warehouse.landing import unseal_bytes
from warehouse.queries import load
from warehouse.stewards import signed_in

_SQL = load("quarantine")


@dataclass(frozen=True)
class Chosen:
    """Which quarantined rows are meant; what is left out means any."""

    source: str | None = None
    dataset: str | None = None
    rule: str | None = None
    ids: tuple[int, ...] = ()
    state: Literal["open", "resolved", "all"] = "open"

    def words(self) -> dict[str, Any]:
        """The same as the queries take it."""
        return {
            "source": self.source,
            "dataset": self.dataset,
            "rule": self.rule,
            "ids": list(self.ids) or None,
            "state": None if self.state == "all" else self.state,
        }


@dataclass(frozen=True)
class QuarantinedRow:
    """What is told of a row in quarantine; never a value of it.

    It waits since ``first_batch_id``; ``batch_id`` is the last that brought it.
    """

    quarantine_id: int
    stream: str
    record_id: str
    rule_id: str
    rule_ids: list[str]
    reason_code: str
    owner: str
    state: str
    created_at: datetime
    first_batch_id: int
    batch_id: int
    resolved_by: int | None


@dataclass(frozen=True)
class OpenedRow:
    """A row of the quarantine with its landed rows, mostly one."""

    quarantine_id: int
    record_id: str
    rule_ids: list[str]
    raw: list[dict[str, Any]]


def list_rows(chosen: Chosen, role: Role = "auditor") -> list[QuarantinedRow]:
    """The rows chosen, by stream and age."""
    with (
        connect(role) as connection,
        connection.cursor(row_factory=class_row(QuarantinedRow)) as cursor,
    ):
        return cursor.execute(_SQL["list_rows"], chosen.words()).fetchall()


def open_row(quarantine_id: int, name: str, password: str, reason: str) -> list[dict[str, Any]]:
    """The landed rows of a quarantined one, for a signed-in steward; recorded before it is read.

    Raises:
        SignInError: nobody of that name and password may open it.
        WrongUseError: there is no such row, or the reason is too short or too long.
        LandingError: the landing key that sealed it is not at hand.
    """
    with signed_in(name, password) as connection:
        try:
            words = {"quarantine_id": quarantine_id, "reason": reason}
            recorded = connection.execute(_SQL["record_opening"], words).fetchone()
        except psycopg.errors.CheckViolation:
            message = "Say in 3 to 500 characters why the row is opened; it is kept for ever."
            raise WrongUseError(message) from None
        connection.commit()
        opening = recorded[0] if recorded else None
        found = connection.execute(_SQL["read_opened"], {"opening_id": opening}).fetchone()
    if found is None:
        message = (
            f"There is no quarantined row {quarantine_id}; `motlan quarantine list` shows them."
        )
        raise WrongUseError(message)
    if not found[2]:
        message = (
            f"What was received of quarantined row {quarantine_id} was deleted when its time was "
            "over; `motlan quarantine list --state resolved` tells what is known of it."
        )
        raise WrongUseError(message)
    return unseal(*found)


def read_open_rows(stream: str, chosen: Chosen) -> list[OpenedRow]:
    """The open rows of a stream that can be replayed, opened; a row without a key cannot.

    Raises:
        LandingError: the landing key that sealed one is not at hand.
    """
    words = {**chosen.words(), "stream": stream}
    with connect("pipeline") as connection:
        found = connection.execute(_SQL["read_open_rows"], words).fetchall()
    return [OpenedRow(row[0], row[1], row[2], unseal(stream, row[1], row[3])) for row in found]


def list_streams_to_replay(chosen: Chosen) -> Sequence[str]:
    """The streams that have open rows among those chosen, sorted."""
    with connect("pipeline") as connection:
        found = connection.execute(_SQL["list_streams_to_replay"], chosen.words())
        return [stream for (stream,) in found]


def unseal(stream: str, record_id: str, raw: bytes) -> list[dict[str, Any]]:
    """The landed rows of a quarantined one.

    Raises:
        LandingError: the landing key that sealed it is not at hand.
    """
    found: list[dict[str, Any]] = json.loads(
        unseal_bytes(bytes(raw), context=f"{stream}|{record_id}")
    )
    return found
