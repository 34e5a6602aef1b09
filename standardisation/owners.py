"""Owners of land as certificates name them: one text that may hold several parties."""

import json
import re
import unicodedata
from collections.abc import Sequence
from typing import Any, Final, NamedTuple

import polars as pl

from hub.names import name_key
from standardisation.encodings import undo_misread_utf8, undo_shown_tcvn3
from standardisation.numbers import CONFUSED, PIN_PREFIXES
from standardisation.text import (
    Columns,
    Options,
    as_text,
    clean,
    clean_flags,
    tidy_name_key_expr,
)

_AND: Final = (
    r"\s*(?:[;,&+]|\s-\s|\bvà\s+(?:vợ|chồng)(?:\s+là)?\b|\b(?:vợ|chồng)\s+là\b"
    r"|\bcùng\s+(?:vợ|chồng)(?:\s+là)?\b|\b(?-i:và|VÀ)\b(?=\s+\S))\s*"
)
_OPENING: Final = (
    r"^(?:(?P<household>hộ(?:\s+gia\s+đình)?)\b[\s:]*)?(?:vợ\s+chồng\b[\s:]*)?"
    r"(?:(?P<title>ông|bà|anh|chị|cụ)\b[\s:.]*)?(?P<name>.*)$"
)
_DEAD: Final = r"\(?\s*(?:đã\s+(?:chết|mất)|(?<=\()(?:chết|mất))\s*\)?\s*$"
_ORGANISATIONS: Final = (
    "công ty|cong ty|ủy ban|uỷ ban|ubnd|hợp tác xã|htx|doanh nghiệp|dntn|ngân hàng|trường|chùa"
    "|nhà thờ|cộng đồng|trung tâm|tổng công ty|chi nhánh|hội|ban quản lý"
)
_ORGANISATION: Final = re.compile(rf"^(?:{_ORGANISATIONS})\b", re.IGNORECASE)
_PREFIXES: Final = frozenset(PIN_PREFIXES)
_CONFUSED: Final = str.maketrans(CONFUSED)
_BIRTH: Final = re.compile("(?:[0-9]{1,2}/[0-9]{1,2}/)?((?:18|19|20)[0-9]{2})")
"""A year of birth, alone or at the end of a date."""
_MISREAD_PIN: Final = re.compile("[0-9OQILZSBG]{12}")
_HOUSEHOLDS: Final = ("hộ gia đình ", "hộ ")
_TITLE_WORDS: Final = ("ông ", "bà ", "anh ", "chị ", "cụ ")
_NAME: Final = r"^\p{L}+(?: \p{L}+)*$"
_MORE_THAN_A_NAME: Final = rf" (?:và|vợ|chồng|cùng|đã) |^ (?:{_ORGANISATIONS}) |^[\x00-\x7f]*$"
"""Of small letters between blanks: another party, a death, an organisation; and text without
accents, whose words are others."""
_NO_NAME: Final = "^(?:hộ|gia|ông|bà|anh|chị|cụ) "
_PARTY: Final = (
    '[{{"n": 1, "name": "{}", "name_key": "{}", "title": {}, "household": {}, "deceased": false, '
    '"organisation": false, "pin": {}, "old_number": {}, "birth_year": {}}}]'
)
_PIN_DIGITS: Final = 12
_OLD_DIGITS: Final = 9
_YEAR_DIGITS: Final = 4


class _Words(NamedTuple):
    """The patterns of one way of writing."""

    split: re.Pattern[str]
    opening: re.Pattern[str]
    dead: re.Pattern[str]

    @classmethod
    def of(cls, *patterns: str) -> "_Words":
        """Compile the three patterns, whatever the capitals."""
        return cls(*(re.compile(pattern, re.IGNORECASE | re.DOTALL) for pattern in patterns))


def _without_accents(pattern: str) -> str:
    bare = unicodedata.normalize("NFD", pattern).replace("đ", "d")
    return "".join(letter for letter in bare if not unicodedata.combining(letter))


_ACCENTED: Final = _Words.of(_AND, _OPENING, _DEAD)
# Without accents "Ho" is a surname too: a household only where a title follows.
_BARE_OPENING: Final = _without_accents(_OPENING).replace(
    r"\b[\s:]*)?(?:vo", r"\b[\s:]*(?=ong\b|ba\b|anh\b|chi\b|cu\b))?(?:vo"
)
_BARE: Final = _Words.of(_without_accents(_AND), _BARE_OPENING, _without_accents(_DEAD))
_TITLES: Final = {"ong": "ông", "ba": "bà", "chi": "chị", "cu": "cụ"}


def parse_owners(text: str, numbers: str = "", birth_years: str = "") -> list[dict[str, Any]]:
    """The parties of an owner text, in order; numbers and years go to them in order.

    Where there are more numbers (or years) than parties, nobody can tell whose they are, and
    none is assigned.
    """
    words = _BARE if text.isascii() else _ACCENTED
    whole = _ORGANISATION.match(text)
    parts = [text] if whole else [part for part in words.split.split(text) if part.strip(" .()")]
    ids, years = _listed(numbers, len(parts)), _listed(birth_years, len(parts))
    household = False
    parties = []
    for place, part in enumerate(parts):
        party = _read_party(part, words, is_organisation=bool(whole))
        household = party["household"] = bool(party["household"] or household)
        party["pin"], party["old_number"] = _read_number(ids[place])
        year = _BIRTH.fullmatch(years[place])
        party["birth_year"] = int(year[1]) if year else None
        parties.append({"n": place + 1, **party})
    return parties


def _read_party(text: str, words: _Words, *, is_organisation: bool) -> dict[str, Any]:
    text = text.rstrip(" .")
    alive = words.dead.sub("", text)
    found = None if is_organisation else words.opening.match(alive)
    title = (found["title"] or "").lower() if found else ""
    title = _TITLES.get(title, title)
    name = (found["name"] if found else alive).strip(" .:,()")
    return {
        "name": name,
        "name_key": name_key(name),
        "title": title or None,
        "household": bool(found and found["household"]),
        "deceased": alive != text,
        "organisation": is_organisation,
    }


def _listed(text: str, parties: int) -> Sequence[str]:
    """One entry a party, "" where there is none."""
    parts = [part.strip() for part in text.split(";")] if text.strip() else []
    if len(parts) > parties:
        parts = []
    return parts + [""] * (parties - len(parts))


def _read_number(text: str) -> tuple[str | None, str | None]:
    """(PIN, old number) of one identity number; both null if it is neither.

    Repaired as `numbers.pin_columns` and `numbers.identity_numbers_columns` repair them.
    """
    digits = re.sub(r"[\s.\-/]", "", text).upper()
    if _MISREAD_PIN.fullmatch(digits) and sum(map(str.isalpha, digits)) in (1, 2):
        mended = digits.translate(_CONFUSED)
        digits = mended if mended[:3] in _PREFIXES and mended[3] in "0123" else digits
    if not (digits.isascii() and digits.isdigit()):
        return None, None
    if len(digits) == 11 and "0" + digits[:2] in _PREFIXES and digits[2] in "0123":
        digits = "0" + digits
    if len(digits) == 12:
        return digits, None
    return None, digits if len(digits) == 9 else None


def _parties_json(row: dict[str, str | None]) -> str | None:
    if not row["text"]:
        return None
    parties = parse_owners(row["text"], row["numbers"] or "", row["years"] or "")
    return json.dumps(parties, ensure_ascii=False) if parties else None


def owner_parties_columns(raw: pl.Expr, options: Options) -> Columns:
    """The owner text as written, and its parties.

    Options: ``numbers`` and ``birthYears``, the owner's columns whose "; "-separated entries
    belong to the parties in order; ``mixedEncoding`` "TCVN3" where single texts may be in it.
    """
    numbers, years = (clean(_beside(options, word)) for word in ("numbers", "birthYears"))
    text = clean(_decoded(raw, options))
    together = pl.struct(text.alias("text"), numbers.alias("numbers"), years.alias("years"))
    # Free text in a natural language: beyond what expressions can say, so row by row.
    parties = together.map_elements(_parties_json, return_dtype=pl.String, skip_nulls=False)
    return {"": text, "_parties": parties}


def tidy_owner_parties_columns(raw: pl.Expr, options: Options) -> Columns:
    """What `owner_parties_columns` gives for tidy text; one person alone needs no second look."""
    text = as_text(raw)
    numbers, years = (_beside(options, word) for word in ("numbers", "birthYears"))
    together = pl.struct(text.alias("text"), numbers.alias("numbers"), years.alias("years"))
    return {"": text, "_parties": together.map_batches(_read_tidy, return_dtype=pl.String)}


def _read_tidy(together: pl.Series) -> pl.Series:
    """Parties of tidy texts, step by step: an expression that is named twice is evaluated twice."""
    text, numbers, years = map(pl.col, ("text", "numbers", "years"))
    household, title, name, key = map(pl.col, ("household", "title", "name", "key"))
    small = pl.col("small")
    read = (
        together.struct.unnest()
        .with_columns(text.str.to_lowercase().alias("small"))
        .with_columns(_begins(small, _HOUSEHOLDS).alias("household"))
        .with_columns(small.str.slice(_length(household)).alias("after"))
        .with_columns(_begins(pl.col("after"), _TITLE_WORDS).alias("title"))
        .with_columns((_length(household) + _length(title)).alias("before"))
        .with_columns(text.str.slice(pl.col("before")).alias("name"))
        .with_columns(tidy_name_key_expr(name).alias("key"))
    )
    alone = read.select(
        text.str.contains(_NAME)
        & ~pl.format(" {} ", small).str.contains(_MORE_THAN_A_NAME)
        & ~pl.format("{} ", name.str.to_lowercase()).str.contains(_NO_NAME)
        & key.is_not_null()
        & numbers.fill_null("").str.contains("^(?:[0-9]{9}|[0-9]{12})?$")
        & years.fill_null("").str.contains(f"^(?:{_BIRTH.pattern})?$")
    )[:, 0].fill_null(value=False)
    said = read.select(
        pl.format(
            _PARTY,
            *(name, key, _quoted(title.str.head(-1))),
            pl.when(household.is_not_null()).then(pl.lit("true")).otherwise(pl.lit("false")),
            *(_of_length(numbers, digits) for digits in (_PIN_DIGITS, _OLD_DIGITS)),
            pl.when(years != "").then(years.str.tail(_YEAR_DIGITS)).fill_null("null"),
        )
    )[:, 0]
    others = read.filter(~alone).select(text, clean(numbers), clean(years))
    parsed = [_parties_json(row) for row in others.iter_rows(named=True)]
    return said.scatter((~alone).arg_true(), pl.Series(parsed, dtype=pl.String))


def _length(begin: pl.Expr) -> pl.Expr:
    return begin.str.len_chars().fill_null(0)


def _of_length(number: pl.Expr, digits: int) -> pl.Expr:
    return _quoted(pl.when(number.str.len_bytes() == digits).then(number))


def _begins(text: pl.Expr, words: Sequence[str]) -> pl.Expr:
    """The first of the words that the text begins with; null if with none."""
    return pl.coalesce(pl.when(text.str.starts_with(word)).then(pl.lit(word)) for word in words)


def _beside(options: Options, word: str) -> pl.Expr:
    """The column that an option names, as it was landed."""
    return as_text(pl.col(options[word])) if word in options else pl.lit(None, dtype=pl.String)


def _quoted(value: pl.Expr) -> pl.Expr:
    return pl.format('"{}"', value).fill_null("null")


def owner_parties_flags(raw: pl.Expr, options: Options) -> Columns:
    """The repairs of the text itself."""
    whole, decoded = undo_misread_utf8(as_text(raw)), _decoded(raw, options)
    return {
        **clean_flags(decoded),
        "MISREAD": whole != as_text(raw),
        "ENCODING": decoded != whole,
    }


def _decoded(raw: pl.Expr, options: Options) -> pl.Expr:
    """Misread UTF-8 is read again first: its letters are signs of TCVN3 too."""
    whole = undo_misread_utf8(as_text(raw))
    return undo_shown_tcvn3(whole) if options.get("mixedEncoding") == "TCVN3" else whole
