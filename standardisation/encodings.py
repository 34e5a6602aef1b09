"""TCVN3 (TCVN 5712:1993), the one-byte Vietnamese encoding of older office systems.

Bytes are landed as Latin-1 text so that none is lost; here they become the letters they stand
for. Which encoding a file has is said by its manifest or contract and is never guessed.
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
