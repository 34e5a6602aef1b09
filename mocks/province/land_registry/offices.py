"""The branches of the land registration office, one a former district, and how they write."""

import unicodedata

import polars as pl

from mocks.land_registry.tcvn3 import encode_tcvn3
from mocks.province.faults import ACCEPT, Truth
from mocks.province.reference import Gazetteer
from mocks.province.spelling import drop_marks


def list_offices(gazetteer: Gazetteer) -> pl.DataFrame:
    """don_vi: former districts with the folder of their drops and how those write text."""
    slug = (
        drop_marks(pl.col("name"))
        .str.to_lowercase()
        .str.replace_all("[^a-z0-9 ]", "")
        .str.replace_all(" ", "-", literal=True)
    )
    return gazetteer.districts.sort("code").select(
        ma_don_vi="code", thu_muc=pl.format("{}-{}", "code", slug), bang_ma="encoding"
    )


def type_in_tcvn3(
    table: tuple[str, str], keys: pl.Series, texts: pl.Series, truth: Truth, *, old: pl.Series
) -> pl.Series:
    """The texts as `old` offices could type them: a letter that TCVN3 lacks is the plain one.

    Each is noted as marks_missing in the column that the series is named after. That cannot be
    switched off: no file of such an office could hold the letter.
    """
    strange = old & texts.str.contains(_STRANGE).fill_null(value=False)
    if not strange.any():
        return texts
    rows = strange.arg_true()
    plain = texts.gather(rows).str.normalize("NFC").str.replace_many(_PLAIN)
    truth.note(table, ("marks_missing", texts.name, ACCEPT), keys.gather(rows), texts.gather(rows))
    return texts.scatter(rows, plain)


def _is_in_tcvn3(letter: str) -> bool:
    try:
        encode_tcvn3(letter)
    except ValueError:
        return False
    return True


def _list_plain_letters() -> dict[str, str]:
    """Latin letters and marks that TCVN3 lacks -> what stands for them on its keyboard."""
    letters = [chr(code) for code in (*range(0xC0, 0x250), *range(0x1E00, 0x1F00))]
    table = {
        letter: unicodedata.normalize("NFD", letter)[0]
        for letter in letters
        if letter.isalpha() and not _is_in_tcvn3(letter)
    }
    strokes = {"\u0180": "b", "\u00d0": "\u0110", "\u00f0": "\u0111"}
    marks = dict.fromkeys(("\u0302", "\u0306", "\u030c"), "")
    return table | strokes | marks | dict.fromkeys("\u2019\u02bc\u00b4", "'")


_PLAIN = _list_plain_letters()
_STRANGE = f"[{''.join(_PLAIN)}]"
