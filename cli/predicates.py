"""Which words of a SQL condition are no column: a slip that would only show in the night's run."""

import re
from collections.abc import Collection, Iterator
from difflib import get_close_matches
from typing import Final

from hub.contract import OWN_COLUMNS, Dataset
from hub.errors import ContractError

_UNREAD: Final = re.compile(r"'(?:[^']|'')*'|--[^\n]*|::\s*\"?\w+\"?")
"""Text, remarks and casts: nothing in them is a column."""
_WORD: Final = re.compile(
    r"(?P<before>\.|\bAS\s+)?\b(?P<word>[A-Za-z_]\w*)\b(?P<call>\s*\()?", re.I
)
_ALIAS: Final = re.compile(r"\bAS\s+(\w+)", re.I)
_SQL_WORDS: Final = frozenset(
    re.findall(
        r"\w+",
        """
all and any array as asc at between both by case cast collate current_date current_time
current_timestamp date day desc distinct else end epoch escape except exists extract false
filter from group having hour ilike in intersect interval is isnull join lateral leading left
like limit localtime localtimestamp minute month not notnull null nulls offset on or order
over partition precision quarter right row second select similar some symmetric table then
time timestamp to trailing true union unknown using values varying week when where with
without year zone
""",
    )
)


def check_predicates(dataset: Dataset) -> None:
    """Refuse a rule's SQL condition that names what is no column of its dataset.

    A word before a parenthesis is a function and is left to PostgreSQL.

    Raises:
        ContractError: names the rule, the word and the column that was probably meant.
    """
    columns = {*dataset.columns, *OWN_COLUMNS}
    for rule in dataset.rules:
        if rule.test != "predicate":
            continue
        for word in _list_unknown(str(rule.argument), columns):
            close = get_close_matches(word, columns, n=1)
            meant = f"did you mean {close[0]!r}?" if close else "name an alias with AS."
            message = (
                f"rule {rule.rule_id} of {dataset.stream}: there is no column {word!r}; {meant}"
            )
            raise ContractError(message)


def _list_unknown(predicate: str, columns: Collection[str]) -> Iterator[str]:
    text = _UNREAD.sub(" ", predicate)
    known = {*columns, *_SQL_WORDS, *(alias.lower() for alias in _ALIAS.findall(text))}
    for found in _WORD.finditer(text):
        word = found["word"].lower()
        if not found["before"] and not found["call"] and word not in known:
            yield word
