"""TCVN3 (TCVN 5712:1993), the one-byte Vietnamese encoding of older office systems, and mojibake.

Bytes are landed as Latin-1 text so that none is lost; here they become the letters they stand
for. Which encoding a file has is said by its manifest or contract and is never guessed. A single
text whose UTF-8 was once read as code page 1252 is no guess: it must decode whole and strictly.
"""

from typing import Final

import polars as pl

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


_NO_LETTER: Final = "[\u00a1-\u00bf]"
"""Signs that stand in no name; most letters with marks are such a sign in TCVN3."""
_WIDE: Final = "[^\u0000-\u00ff]"
_TWO_TONES: Final = "[\u0300\u0301\u0303\u0309\u0323][^ ]*[\u0300\u0301\u0303\u0309\u0323]"


def undo_shown_tcvn3(text: pl.Expr) -> pl.Expr:
    """A name in TCVN3 that was kept as Latin-1 letters, as it was: "NguyÔn V¨n Hïng".

    Only where signs show that it is no name as it stands, and it is one once decoded: no sign
    left, and no word with two tones (as a word in a third encoding would have).
    """
    decoded = decode_tcvn3(text)
    is_shown = text.str.contains(_NO_LETTER) & ~text.str.contains(_WIDE)
    is_name = ~decoded.str.contains(_NO_LETTER) & ~decoded.str.normalize("NFD").str.contains(
        _TWO_TONES
    )
    return pl.when(is_shown & is_name).then(decoded).otherwise(text)
