"""Which spellings are one name, with diacritics."""

import unicodedata

import pytest

from hub.names import accented_key


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Hoà", "Hòa"),
        ("Thuý", "Thúy"),
        ("Nguyễn Thị Hoà", "NGUYỄN  THỊ HÒA"),
        ("Lý", "Lí"),
        ("Quý", "Quí"),
        ("Mỹ Kỳ", "Mĩ Kì"),
        ("Y H'Loan", "Y H’Loan"),
        ("Đỗ", "Ðỗ"),
        ("Khuê", unicodedata.normalize("NFD", "Khuê")),
    ],
)
def test_one_name_spelt_twice_is_one_name(one: str, other: str) -> None:
    assert accented_key(one) == accented_key(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Hoà", "Hoài"),
        ("Hoà", "Hoa"),
        ("Lan", "Loan"),
        ("Hùng", "Hưng"),
        ("Hai", "Hay"),
        ("Thúy", "Thúi"),
        ("Đan", "Dan"),
        ("Tuân", "Tuấn"),
        ("Trân", "Trăn"),
        ("Hà An", "Ha Àn"),
    ],
)
def test_two_names_that_only_look_alike_stay_two(one: str, other: str) -> None:
    assert accented_key(one) != accented_key(other)
