"""Fixed SQL, one named and commented query after another, in ``.sql`` files."""

import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import LiteralString, cast

_NAME = re.compile(r"^-- name: (?P<name>[a-z_]+)$", re.MULTILINE)


@cache
def load(subject: str) -> Mapping[str, LiteralString]:
    """The queries of ``<subject>.sql``: name -> text.

    Each query begins with ``-- name: verb_noun``. The text comes from our own file, never from
    input, hence the cast.
    """
    text = (Path(__file__).parent / f"{subject}.sql").read_text(encoding="utf-8")
    parts = _NAME.split(text)[1:]
    queries = dict(zip(parts[::2], (part.strip() for part in parts[1::2]), strict=True))
    return cast("Mapping[str, LiteralString]", queries)
