"""The database and Python compare names alike."""

import unicodedata
from typing import Any

import pytest

from hub.names import name_key

NAMES = [
    "Nguyễn Văn An",
    "NGUYỄN VĂN AN",
    "  Đặng   Thị Ý ",
    "Lý Thường Kiệt",
    "Lí Thường Kiệt",
    "Hoà",
    "Hòa",
    "Thuý Uyên",
    "Y Bhôk Ƀyă",
    "H'Hen Niê",
    "H\u2019Hen Niê",
    "Ê Ban Ksơr",
    "Ðỗ Nhật",
    "Trần-Lê Mai",
    "Nguyễn\u00a0Văn\u200bAn",
    "An (Bé) 2",
    "İstanbul \u212a",
    "ŁÓDŹ ß Æ Ø",
    "王小明",
    "ﬁ ① ｆｕｌｌ",
    "a\u0301\u0323 \u01b0\u0309",
    "",
    "\t\n",
    "'`´",
]


@pytest.mark.parametrize("form", ["NFC", "NFD"])
def test_the_database_and_python_agree(warehouse: Any, form: Any) -> None:
    names = [unicodedata.normalize(form, name) for name in NAMES]
    with warehouse.connect() as owner:
        found = owner.execute(
            "SELECT lookup.name_key(name) FROM unnest(%s::text[]) WITH ORDINALITY AS t (name, n)"
            " ORDER BY n",
            [names],
        ).fetchall()
    assert [row[0] for row in found] == [name_key(name) for name in names]


def test_they_agree_on_every_letter(warehouse: Any) -> None:
    letters = [chr(code) for code in range(1, 0x3000) if not 0xD800 <= code < 0xE000]
    with warehouse.connect() as owner:
        found = owner.execute(
            "SELECT letter FROM unnest(%s::text[], %s::text[]) AS t (letter, key)"
            " WHERE lookup.name_key('x' || letter || 'x') <> key",
            [letters, [name_key(f"x{letter}x") for letter in letters]],
        ).fetchall()
    assert [hex(ord(row[0])) for row in found] == []
