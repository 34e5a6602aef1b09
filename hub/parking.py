"""Why a batch can be stopped, which of these two stewards may release, and what else to do."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

Cause = Literal[
    "quarantine",
    "deletes",
    "changes",
    "went_back",
    "emptied",
    "gate",
    "keys",
    "drift",
    "incomplete",
    "stale",
]


@dataclass(frozen=True)
class Advice:
    """What a cause means for whoever has to decide."""

    releasable: bool
    means: str
    do: str


_ASK: Final = "ask the source's owner; if it is real, two stewards release it, else sync again"
CAUSES: Final[Mapping[Cause, Advice]] = {
    "quarantine": Advice(True, "more rows break blocking rules than the bound allows", _ASK),
    "deletes": Advice(True, "more rows would leave the register than the brake allows", _ASK),
    "changes": Advice(True, "more published rows would change than the brake allows", _ASK),
    "went_back": Advice(
        True,
        "rows are older at the source than they are published: was it restored from a backup?",
        "ask the source's owner; if it holds them so, two stewards release it: they are published "
        "as they are there now",
    ),
    "emptied": Advice(
        False, "a partition without a row: an empty snapshot deletes nothing", "ask for a whole one"
    ),
    "gate": Advice(
        False, "no full verdict, too few rows, or too many for a rule", "mend the rule or source"
    ),
    "keys": Advice(False, "other keys than the source's own digest", "sync again with --reconcile"),
    "drift": Advice(False, "a promised column is missing or of another type", "ask the owner"),
    "incomplete": Advice(False, "not all that the source holds was read", "sync again"),
    "stale": Advice(False, "another run has taken the stream since", "nothing: that one goes on"),
}
"""A release lifts a bound on *how much* changes. It never stands in for a proof that is missing."""


def is_releasable(causes: tuple[Cause, ...] | list[Cause]) -> bool:
    """Whether two stewards may release what was stopped for these causes."""
    return all(CAUSES[cause].releasable for cause in causes)
