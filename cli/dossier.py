"""A desk's view of the API: get a token, prefill a dossier, print it, compare it with the truth."""

import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from zoneinfo import ZoneInfo

import httpx
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from cli.dossier_words import LEFT_OUT, PARTS, name_part, read_code
from cli.services import Services
from hub.errors import MotlanError
from lookup.fields import GOLDEN_FIELDS

AGENCY_CODE = "H49.12"
PROVINCE_TIME = ZoneInfo("Asia/Ho_Chi_Minh")
ACTIONS = {
    "not_needed": "need not be brought",
    "prefilled": "filled in from the registers",
    "bring": "must be brought",
}


class DeskError(MotlanError):
    """The lookup API did not answer as a desk may expect."""


@dataclass(frozen=True)
class Case:
    """A person of the showcase, the procedure to prefill and what must come out."""

    procedure: str
    dossier_code: str
    person: Mapping[str, str] = field(repr=False)
    expected: Mapping[str, Any] = field(repr=False)


def read_showcase(home: Path) -> list[Case]:
    """The people whom the synthetic province chose for the demo, with the truth about them."""
    path = home / "province" / "truth" / "showcase.json"
    chosen = json.loads(path.read_text(encoding="utf-8"))
    return [
        Case(
            procedure=item["procedure"],
            dossier_code=f"{AGENCY_CODE}-{datetime.now(PROVINCE_TIME):%y%m%d}-{number:04d}",
            person={name: item[name] for name in ("pin", "full_name", "birth_date")},
            expected=item["expected"],
        )
        for number, item in enumerate(chosen, start=1)
    ]


class Desk:
    """The demo's desk, a registered client of the API."""

    def __init__(self, services: Services) -> None:
        """Talk to the API of these services."""
        self._client = httpx.Client(base_url=services.url("lookup"), timeout=30, trust_env=False)
        self._login = (
            services.values["MOTLAN_DEMO_CLIENT_ID"],
            services.values["MOTLAN_DEMO_CLIENT_SECRET"],
        )

    def __enter__(self) -> Self:
        """Get a token.

        Raises:
            DeskError: the API refuses the desk.
        """
        grant = {"grant_type": "client_credentials"}
        answer = self._request("POST", "/oauth/token", auth=self._login, data=grant)
        self._client.headers["Authorization"] = f"Bearer {answer['access_token']}"
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End the connection."""
        self._client.close()

    def prefill(self, case: Case) -> dict[str, Any]:
        """The prefilled dossier of a case.

        Raises:
            DeskError: the API refuses the question; the message names its code, no value.
        """
        question = {
            "request_id": str(uuid.uuid4()),
            "procedure_code": case.procedure,
            "dossier_code": case.dossier_code,
            "officer_id": "demo.01",
            "person": dict(case.person),
        }
        return self._request("POST", "/v1/prefill", json=question)

    def get_procedure(self, code: str) -> dict[str, Any]:
        """The procedure's page: what it asks for and may see."""
        return self._request("GET", f"/v1/procedures/{code}")

    def _request(self, method: str, path: str, **options: Any) -> dict[str, Any]:
        try:
            response = self._client.request(method, path, **options)
        except httpx.HTTPError as error:
            message = f"The lookup API does not answer {path}: {type(error).__name__}."
            raise DeskError(message) from error
        body: dict[str, Any] = response.json()
        if response.is_error:
            code = body.get("code") or body.get("error") or "no code"
            message = f"The lookup API answered {response.status_code} ({code}) to {path}."
            raise DeskError(message)
        return body


def compare(case: Case, answer: Mapping[str, Any], procedure: Mapping[str, Any]) -> list[str]:
    """The names of the fields where an answer is not what the truth expects.

    Args:
        case: the person, and every golden field as it truly is.
        answer: the prefilled dossier.
        procedure: the procedure's own page, which names the fields and parts that it may see.
    """
    differing = []
    for shown in procedure["fields"]:
        name, parts = shown["name"], shown["parts"]
        given = answer["fields"].get(name) or {}
        if name not in case.expected:
            continue
        expected = pick(case.expected[name], parts)
        if given.get("verdict") != verdict_of(expected) or not agrees(expected, given.get("value")):
            differing.append(name)
    return differing


def verdict_of(expected: Any) -> str:
    """The verdict that a clean and fresh value must have."""
    return "unknown" if expected is None or expected == [] else "known"


def pick(value: Any, parts: list[str] | None) -> Any:
    """Only these parts of an object, or of each object of a list; everything without a choice."""
    if parts is None:
        return value
    if isinstance(value, list):
        return [pick(item, parts) for item in value]
    return {name: part for name, part in value.items() if name in parts}


def agrees(expected: Any, given: Any) -> bool:
    """Whether a value holds all that is expected of it.

    A list must have a matching element for each expected one and no more; an object must have
    every expected key, and may say more (its provenance). An unknown part may be left out.
    """
    if isinstance(expected, dict):
        return isinstance(given, dict) and all(
            agrees(value, given.get(name)) for name, value in expected.items()
        )
    if isinstance(expected, list):
        return isinstance(given, list) and _agree_in_any_order(expected, given)
    return bool(expected == given)


def _agree_in_any_order(expected: list[Any], given: list[Any]) -> bool:
    left = list(given)
    for item in expected:
        found = next((other for other in left if agrees(item, other)), None)
        if found is None:
            return False
        left.remove(found)
    return not left


def render_dossier(case: Case, answer: Mapping[str, Any], console: Console) -> None:
    """Print a prefilled dossier: each field with source and date, then the papers."""
    procedure = answer["procedure"]
    title = f"{procedure['code']} {procedure['title']['vi']} · {procedure['title']['en']}"
    fields = Table(title=escape(title), title_justify="left", show_lines=False)
    for heading in ("Field", "Value", "Source", "As of", "Verdict"):
        fields.add_column(heading, overflow="fold")
    for name, entry in answer["fields"].items():
        shown = escape(describe_value(entry.get("value"), name))
        date = describe_date(entry.get("as_of"))
        fields.add_row(
            GOLDEN_FIELDS[name].vi, shown, entry.get("source") or "", date, entry["verdict"]
        )
    console.print(fields)
    documents = Table(title="Documents of the dossier", title_justify="left")
    for heading in ("Document", "What to do", "Taken from", "Only if"):
        documents.add_column(heading, overflow="fold")
    for document in sorted(answer["documents"], key=_is_conditional):
        origin = ", ".join(
            f"{GOLDEN_FIELDS[item['field']].vi} ({item['source']})"
            for item in document["replaced_by"]
        )
        documents.add_row(
            escape(document["name"]["vi"]),
            ACTIONS.get(document["action"], document["action"]),
            origin,
            escape((document.get("only_if") or {}).get("vi", "")),
        )
    console.print(documents)
    console.print(f"Receipt {answer['receipt']['id']} · dossier {answer['dossier_code']}")


def _is_conditional(document: Mapping[str, Any]) -> bool:
    """Whether a document is only brought in a case that may not be this person's."""
    return bool(document.get("only_if")) and document["action"] == "bring"


def describe_value(value: Any, name: str = "") -> str:
    """The value of a field or part of that name for a terminal, in words.

    An object is its parts by name; one element of a list is a line.
    """
    if value is None:
        return "–"
    if isinstance(value, list):
        return "\n".join(describe_value(item, name) for item in value)
    if isinstance(value, dict):
        return " · ".join(
            f"{name_part(part)}: {describe_value(inner, part)}"
            for part, inner in sorted(value.items(), key=_place_of_part)
            if part not in LEFT_OUT and inner not in (None, "", [])
        )
    if isinstance(value, bool):
        return "có" if value else "không"
    return read_code(name, value)


def _place_of_part(part: tuple[str, Any]) -> tuple[bool, int, str]:
    """Plain parts in the order that a reader looks for them, then parts with parts of their own."""
    name, value = part
    place = list(PARTS).index(name) if name in PARTS else len(PARTS)
    return isinstance(value, dict), place, name


def describe_date(moment: str | None) -> str:
    """The day and minute of a moment, as the province's clocks show it."""
    if not moment:
        return ""
    return f"{datetime.fromisoformat(moment).astimezone(PROVINCE_TIME):%d/%m/%Y %H:%M}"
