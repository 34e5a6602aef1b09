"""TCVN3: the eight-bit encoding of TCVN 5712:1993, as the older land offices still write it.

Twelve capitals stand on control codes in the standard's table (Ú is 0x01). No text file can carry
those, so they are written as base letter and tone mark (0xB0-0xB4), which every reader of the
standard joins again.
"""

import codecs
import unicodedata

_NO_BREAK_SPACE = "\u00a0"
_FROM_80 = "ÀẢÃÁẠẶẬÈẺẼÉẸỆÌỈĨÍỊÒỎÕÓỌỘỜỞỠỚỢÙỦŨ" + _NO_BREAK_SPACE + "ĂÂÊÔƠƯĐăâêôơưđẰ"
_FROM_B5 = "àảãáạẲằẳẵắẴẮẦẨẪẤỀặầẩẫấậèỂẻẽéẹềểễếệìỉỄẾỒĩíịòỔỏõóọồổỗốộờởỡớợùỖủũúụừửữứựỳỷỹýỵỐ"
_TONES = {"\u0300": 0xB0, "\u0309": 0xB1, "\u0303": 0xB2, "\u0301": 0xB3, "\u0323": 0xB4}
_ON_CONTROL_CODES = "ÚỤỪỬỮỨỰỲỶỸÝỴ"


def _build_table() -> dict[int, int | bytes]:
    table: dict[int, int | bytes] = {code: code for code in (0x09, 0x0A, 0x0D, *range(0x20, 0x7F))}
    table.update({ord(letter): 0x80 + place for place, letter in enumerate(_FROM_80)})
    table.update({ord(letter): 0xB5 + place for place, letter in enumerate(_FROM_B5)})
    for letter in _ON_CONTROL_CODES:
        marks = unicodedata.normalize("NFD", letter)
        tone = next(mark for mark in marks if mark in _TONES)
        base = unicodedata.normalize("NFC", marks.replace(tone, ""))
        codes = (codecs.charmap_encode(base, "strict", table)[0], bytes([_TONES[tone]]))
        table[ord(letter)] = b"".join(codes)
    return table


_TABLE = _build_table()


def encode_tcvn3(text: str) -> bytes:
    """The text in TCVN3, composed first (NFC).

    ValueError if a character has no place in TCVN3; it names the character, not the text.
    """
    composed = unicodedata.normalize("NFC", text)
    try:
        encoded: bytes = codecs.charmap_encode(composed, "strict", _TABLE)[0]
    except UnicodeEncodeError as error:
        name = unicodedata.name(composed[error.start], "an unnamed character")
        message = f"TCVN3 has no place for {name}."
        raise ValueError(message) from None
    return encoded
