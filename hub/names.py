"""The compared form of a name: what two spellings of one name have in common.

The compared form is for comparing only; it is never shown. The SQL function
``lookup.name_key(text)`` gives the same answer, which is why each step below is one that
PostgreSQL and Polars know too: normalise, replace by pattern, translate, lower, trim.
"""

import re
import unicodedata
from typing import Final

_UNSEEN: Final = (
    "\u0027\u0060\u00b4\u02b9-\u02bd\u02c8\u2018-\u201b\u2032"  # apostrophes in Highland names
    "\u00ad\u200b-\u200f\u202a-\u202e\u2060\ufeff"  # marks that nobody sees
)
DROPPED: Final = f"[{_UNSEEN}\u0300-\u036f]"  # and diacritics, once decomposed
"""Characters that vanish without leaving a space (a regular expression)."""
STROKED_D: Final = "\u0110\u0111\u00d0\u00f0"
"""Đ, đ, and the Icelandic eth that some systems write in their place: all become ``d``."""

_DROPPED: Final = re.compile(DROPPED)
_OTHER: Final = re.compile("[^a-z0-9]+")
_STROKED_D: Final = str.maketrans(STROKED_D, "dddd")
_ACCENTED_OTHER: Final = re.compile("[^a-z0-9\u0111\u0300-\u036f]+")
_ACCENTED_DROPPED: Final = re.compile(f"[{_UNSEEN}]")
_ACCENTED_D: Final = str.maketrans(STROKED_D, "\u0111" * 4)
_TONE: Final = re.compile("([\u0300\u0301\u0303\u0309\u0323])([^ ]*)")
_LONE_Y: Final = re.compile("(?<![aeiou\u0302\u0306\u031b])y|(?<=qu)y")


def name_key(text: str) -> str:
    """The compared form: unaccented lower-case Latin letters, digits and single spaces.

    Tone placement ("Hoà"/"Hòa"), i and y ("Lý"/"Lí"), capitals, apostrophes and accents make
    no difference. Empty if the text holds no Latin letter or digit.
    """
    bare = _DROPPED.sub("", unicodedata.normalize("NFD", text)).translate(_STROKED_D).lower()
    return _OTHER.sub(" ", bare.replace("y", "i")).strip()


def accented_key(text: str) -> str:
    """The compared form that keeps diacritics: tones and vowels as they are, "đ" apart from "d".

    Tone placement ("Hoà"/"Hòa"), a lone i or y ("Lý"/"Lí", "Quý"/"Quí"), capitals and apostrophes
    make no difference; "Hùng" and "Hưng", "Hai" and "Hay" differ.
    """
    lower = unicodedata.normalize("NFD", text).lower().translate(_ACCENTED_D)
    bare = _ACCENTED_OTHER.sub(" ", _ACCENTED_DROPPED.sub("", lower)).strip()
    toneless_first = _TONE.sub(r"\2\1", bare)
    return _LONE_Y.sub("i", toneless_first)
