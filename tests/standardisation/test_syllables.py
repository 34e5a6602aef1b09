"""Which syllables are Vietnamese beyond doubt."""

import pytest

from standardisation.syllables import is_legal_text, is_legal_word

LEGAL = (
    "Nguyễn Huỳnh Quỳnh Nghiêm Khuê Hoà Hòa Thuỷ Thủy Quý Quyết Giáp Giềng Gì Giếng Cường Được "
    "Yến Ỷ Út Oanh Uyên Mượn Rượu Khuya Quốc Lý vợ chồng ông bà HỘ ĐÃ Ánh ánh"
)
ILLEGAL = (
    "Tuaỏn Haứ Tuaán Haø LẪê ấban ḤHen Hen´ Kao Cên Gen Ngi Cặ Cac Bàt Bảch Taỏ Taoò Hộộ NGUYễN "
    "nGuyen Ksor Wăn Jim Fan Zen Hoọ Muà Giuà Nguyêm Boa Coa Kŭn ŏ - ½"
)


@pytest.mark.parametrize("word", LEGAL.split())
def test_a_legal_syllable_is_known(word: str) -> None:
    assert is_legal_word(word)


@pytest.mark.parametrize("word", ILLEGAL.split())
def test_what_breaks_a_rule_is_not_legal(word: str) -> None:
    assert not is_legal_word(word)


def test_a_text_is_legal_where_all_its_words_are() -> None:
    assert is_legal_text("Hộ ông: Nguyễn Văn Định (đã chết 1998), bà Lê Thị Lý")
    assert not is_legal_text("Hộ ông: Nguyễn V¨n Định")
    assert not is_legal_text("( , )")
