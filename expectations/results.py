"""What a result of Great Expectations says, as JSON."""

from collections.abc import Iterable
from typing import Any


def rule_id_of(item: dict[str, Any]) -> str:
    """The rule behind an expectation or a result; empty for what no rule asks."""
    words = item.get("expectation_config", item)
    return str((words.get("meta") or {}).get("rule_id", ""))


def raised(result: dict[str, Any]) -> bool:
    """Whether an expectation raised, whatever its result says else."""
    info = result.get("exception_info") or {}
    nested = [part for part in info.values() if isinstance(part, dict)]
    return any(part.get("raised_exception") for part in (info, *nested))


def positions_in(result: dict[str, Any]) -> Iterable[int]:
    """The positions of the rows that a detailed result names."""
    for listed in result.get("unexpected_index_list") or []:
        found = listed["position"]
        yield from found if isinstance(found, list) else [found]
