"""TCVN3 (TCVN 5712:1993), the one-byte Vietnamese encoding of older office systems, and mojibake.

Bytes are landed as Latin-1 text so that none is lost; here they become the letters they stand
for. Which encoding a file has is said by its manifest or contract and is never guessed. A single
text whose UTF-8 was once read as code page 1252 is no guess: it must decode whole and strictly.
"""

import re
import unicodedata
from functools import lru_cache
from typing import Final

import polars as pl

from standardisation.syllables import is_legal_text, is_legal_word

_CONTROLS: Final = {
    **dict(zip(range(0x01, 0x03), "ÚỤ", strict=True)),
    **dict(zip(range(0x04, 0x07), "ỪỬỮ", strict=True)),
    **dict(zip(range(0x11, 0x18), "ỨỰỲỶỸÝỴ", strict=True)),
}
_UPPER_HALF: Final = (
    "ÀẢÃÁẠẶẬÈẺẼÉẸỆÌỈĨ"  # 80
    "ÍỊÒỎÕÓỌỘỜỞỠỚỢÙỦŨ"  # 90
    "\u00a0ĂÂÊÔƠƯĐăâêôơưđẰ"  # A0
    "\u0300\u0309\u0303\u0301\u0323àảãáạẲằẳẵắẴ"  # B0: first five combine with the letter before
    "ẮẦẨẪẤỀặầẩẫấậèỂẻẽ"  # C0
    "éẹềểễếệìỉỄẾỒĩíịò"  # D0
    "Ổỏõóọồổỗốộờởỡớợù"  # E0
    "ỖủũúụừửữứựỳỷỹýỵỐ"  # F0
)
TCVN3: Final[dict[str, str]] = {
    chr(code): letter
    for code, letter in {
        **_CONTROLS,
        **{0x80 + place: letter for place, letter in enumerate(_UPPER_HALF)},
    }.items()
}
"""The byte as Latin-1 -> the letter."""


def decode_tcvn3(text: pl.Expr) -> pl.Expr:
    """Latin-1 text that holds TCVN3 bytes -> Vietnamese text, composed (NFC)."""
    return text.str.replace_many(list(TCVN3), list(TCVN3.values())).str.normalize("NFC")


def _byte_of(code: int) -> str:
    """What code page 1252 makes of a byte; its five gaps become control characters."""
    return bytes([code]).decode("cp1252", errors="ignore") or chr(code)


_BYTES: Final = {_byte_of(code): code for code in range(256)}
_TAILS: Final = "".join(_byte_of(code) for code in range(0x80, 0xC0))
_PLAIN_TAILS: Final = "".join(tail for tail in _TAILS if tail not in "\u00a0‘’“”–—…‚„«»")
MISREAD_UTF8: Final = rf"[ÄÅÆ][{_TAILS}]|á[º»][{_TAILS}]|Ã[{_PLAIN_TAILS}]|\p{{Ll}}Ã[{_TAILS}]"
"""What no Vietnamese text holds, but UTF-8 read as code page 1252 does: "Nguyá»…n"."""


def undo_misread_utf8(text: pl.Expr) -> pl.Expr:
    """Text whose UTF-8 was read as code page 1252, as it was; other text as it is."""
    broken = pl.when(text.str.contains(MISREAD_UTF8)).then(text)
    # Few texts come so far; bytes are beyond what expressions can say.
    return pl.coalesce(broken.map_elements(_decode_again, return_dtype=pl.String), text)


def _decode_again(text: str) -> str:
    try:
        return bytes(_BYTES[letter] for letter in text).decode("utf-8")
    except (KeyError, UnicodeDecodeError):
        return text


_TELLING: Final = "[\u00a1-\u00a9\u00ac\u00ae\u00b5\u00b6\u00b8\u00b9]"
"""Signs that stand in no name and are letters in TCVN3. Not those that are typed for themselves:
an accent for an apostrophe, dots and quotes, "m²", "1º", fractions, soft hyphens."""
_WIDE: Final = "[^\u0000-\u00ff]"
_WORD: Final = re.compile(r"[^ \u00a0.,;:()/+&\-]+")
_HOUSEHOLD, _WIFE = "H\u00e9", "v\u00ee"
"""As TCVN3 shows "Hộ", the first word of many owners' texts (elsewhere it is a name), and "vợ"."""


def undo_shown_tcvn3(text: pl.Expr) -> pl.Expr:
    """Owners in TCVN3 that were kept as Latin-1 letters, as they were: "NguyÔn V¨n Hïng".

    Only where a sign shows that it is no name as it stands, and every word is a legal syllable
    once decoded. A word that might be right as it stands, or be of the VNI encoding, leaves the
    whole text as it is: "Hòa" would become another name.
    """
    shown = pl.when(text.str.contains(_TELLING) & ~text.str.contains(_WIDE)).then(text)
    # Few texts come so far; syllables are beyond what expressions can say.
    return pl.coalesce(shown.map_elements(_decode_shown, return_dtype=pl.String), text)


@lru_cache(maxsize=8192)  # the text, each of its flags: all ask it of the same few texts of a chunk
def _decode_shown(text: str) -> str:
    decoded = unicodedata.normalize("NFC", text.translate(_TCVN3_TABLE))
    words = _WORD.findall(text)
    doubtful = any(
        _is_doubtful(word)
        for place, word in enumerate(words)
        if word != _WIFE and (place or word != _HOUSEHOLD)
    )
    return text if doubtful or not is_legal_text(decoded) else decoded


def _is_doubtful(word: str) -> bool:
    """Whether a word could be right as it stands or in VNI, where it would read otherwise."""
    decoded = unicodedata.normalize("NFC", word.translate(_TCVN3_TABLE))
    return any(
        other != decoded and is_legal_word(other)
        for other in (word, undo_vni(word))
        if not other.isascii()
    )


def undo_vni(word: str) -> str:
    """A word in VNI kept as Latin-1 letters as it was; for comparing only."""
    return unicodedata.normalize("NFC", "".join(_VNI.get(letter, letter) for letter in word))


_TCVN3_TABLE: Final = str.maketrans(TCVN3)
_VNI_SMALL: Final = {
    **{"ñ": "đ", "ô": "ơ", "ö": "ư", "ò": "ị", "æ": "ỉ", "ó": "ĩ", "î": "ỵ"},
    **dict(zip("ùøûõï", "\u0301\u0300\u0309\u0303\u0323", strict=True)),
    **{"â": "\u0302", "ê": "\u0306"},
    **{"á": "\u0302\u0301", "à": "\u0302\u0300", "å": "\u0302\u0309", "ã": "\u0302\u0303"},
    **{"ä": "\u0302\u0323", "é": "\u0306\u0301", "è": "\u0306\u0300", "ú": "\u0306\u0309"},
    **{"ü": "\u0306\u0303", "ë": "\u0306\u0323"},
}
_VNI: Final = {**_VNI_SMALL, **{key.upper(): value.upper() for key, value in _VNI_SMALL.items()}}
"""VNI writes a mark as a letter of its own after the vowel: the letter -> what it stands for."""
