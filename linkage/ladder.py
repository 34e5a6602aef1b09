"""The ladder: rules from the surest down, each numbered, each stored beside its links.

Rung 1: one personal number, and a name or birth date that agrees. Rung 2: the old 9-digit number,
bridged through the population register (Decree 58/2026/NĐ-CP, art. 12: nobody may be asked to
confirm it), and a name that agrees: like names where the birth years agree, the same to the accent
where one is unknown. Never a bare number; more than one candidate is doubt.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Final, Literal

from rapidfuzz import fuzz

from hub.contract import load_contracts
from hub.names import accented_key
from hub.settings import get_settings
from warehouse.connection import driver_connection
from warehouse.links import (
    CandidatePair,
    Judgement,
    LinkCounts,
    build_clusters,
    fill_nodes,
    list_candidates,
    replace_ladder_judgements,
)

if TYPE_CHECKING:
    from sqlalchemy import Connection

NAME_AGREES: Final = 0.85
"""Similarity of compared names from which they agree (0 to 1)."""


def link_people(held: "Connection") -> LinkCounts:
    """Walk the ladder over everything that the transaction sees, and build the clusters anew."""
    contracts = load_contracts(get_settings().contract_folders).values()
    fill_nodes(held, contracts)
    connection = driver_connection(held)
    judgements = [
        judge(pair) for judge, rung in _LADDER for pair in list_candidates(connection, rung)
    ]
    replace_ladder_judgements(connection, judgements)
    return build_clusters(connection)


def name_similarity(pair: CandidatePair) -> float | None:
    """Similarity of the two compared names, 0 to 1; None when one is unknown."""
    if not pair.name_key or not pair.anchor_name_key:
        return None
    return round(fuzz.ratio(pair.name_key, pair.anchor_name_key) / 100, 3)


def is_same_name(pair: CandidatePair) -> bool:
    """Whether both names are known and equal with their diacritics."""
    if not pair.name or not pair.anchor_name:
        return False
    return accented_key(pair.name) == accented_key(pair.anchor_name)


def judge_same_pin(pair: CandidatePair) -> Judgement:
    """Rung 1."""
    similarity = name_similarity(pair)
    named = similarity is not None and similarity >= NAME_AGREES
    refusal = "" if named or pair.birth == "agree" else "the number alone agrees"
    return _judgement(pair, rung=1, similarity=similarity, refusal=refusal)


def judge_same_old_number(pair: CandidatePair) -> Judgement:
    """Rung 2: 9-digit numbers were issued twice, so the name must agree and no year differ.

    Without a birth year on both sides the name stands alone, and must be the same to the accent:
    folded, "Hùng" and "Hưng" are one name, and "Lan" and "Loan" are like enough.
    """
    similarity = name_similarity(pair)
    named = similarity is not None and similarity >= NAME_AGREES
    if not named or pair.birth == "differ":
        refusal = "the number alone agrees"
    elif pair.birth is None and not is_same_name(pair):
        refusal = "the names are only alike, and no birth year agrees"
    else:
        refusal = ""
    return _judgement(pair, rung=2, similarity=similarity, refusal=refusal)


def _judgement(
    pair: CandidatePair, *, rung: int, similarity: float | None, refusal: str
) -> Judgement:
    """Positive for a single candidate without a ``refusal``, the reason for doubt."""
    if pair.candidates > 1:
        refusal = "more than one candidate"
    return Judgement(
        pair=pair,
        verdict="unsure" if refusal else "positive",
        rung=rung,
        evidence={
            "name_similarity": similarity,
            "birth": pair.birth,
            "candidates": pair.candidates,
        },
        reason=refusal or "one candidate, and name or birth date agree",
    )


_LADDER: Final[tuple[tuple[Callable[[CandidatePair], Judgement], Literal[1, 2]], ...]] = (
    (judge_same_pin, 1),
    (judge_same_old_number, 2),
)
