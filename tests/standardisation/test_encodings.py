"""TCVN3: our table against the one of the C library."""

import shutil
import subprocess
import unicodedata

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mocks.province.spelling import mix_encodings, show_as_tcvn3, show_as_vni
from standardisation.encodings import TCVN3, decode_tcvn3, undo_shown_tcvn3

NAMES = (
    "Nguyễn Trần Lê Phạm Hoàng Huỳnh Vũ Võ Phan Đặng Bùi Đỗ Hồ Ngô Dương Lý Quách Giang Uông "
    "Văn Thị Đình Xuân Hữu Đức Quốc Ngọc Thu Thanh Kim Khánh Bảo Gia Minh Tuấn Hùng Dũng Sơn "
    "Cường Phúc Lộc Thọ Cộng Thủ Thuỷ Thúy Hòa Hoà Tư Tú Tứ Hương Hường Loan Nguyệt Tuyết Yến "
    "Ánh Hằng Quỳnh Quyên Quý Mỹ Vỹ Thơ Thìn Tý Giáp Giới Hoè Huệ Khuê Toán Toản Thoa Luyện "
    "Tấn Tân Tâm Cúc Hồng Hợp Hiệp Kiệt Nghĩa Nghiêm Trọng Trường Trưởng Út Nhẫn Thắm Chiến"
)
TEXTS = st.lists(st.sampled_from(NAMES.split()), min_size=1, max_size=5).map(" ".join)


def decode(content: bytes) -> str:
    frame = pl.DataFrame({"text": [content.decode("latin-1")]})
    return str(frame.select(decode_tcvn3(pl.col("text"))).item())


def test_a_name_in_tcvn3_is_read() -> None:
    assert decode(b"Nguy\xd4n V\xa8n \xa7\xdenh") == "Nguyễn Văn Định"


def test_a_combining_tone_joins_the_letter_before_it() -> None:
    assert decode(b"Ho\xb5 B\xd7nh, ho\xb0a") == unicodedata.normalize("NFC", "Hoà Bình, hòa")


def test_the_table_is_the_one_of_the_c_library() -> None:
    iconv = shutil.which("iconv")
    if iconv is None:
        pytest.skip("iconv is not installed; the C library's table cannot be asked")
    command = [iconv, "-f", "TCVN5712-1", "-t", "UTF-8"]
    if subprocess.run(command, input=b"a", capture_output=True, check=False).returncode:
        pytest.skip("this iconv does not know TCVN5712-1")
    for code in range(1, 256):
        letter = bytes([code])
        answer = subprocess.run(command, input=letter, capture_output=True, check=True)
        theirs = unicodedata.normalize("NFC", answer.stdout.decode())
        ours = unicodedata.normalize("NFC", TCVN3.get(chr(code), chr(code)))
        assert ours == theirs, hex(code)


def undo(text: pl.Expr, given: str) -> str:
    frame = pl.DataFrame({"text": [given]})
    return str(frame.select(undo_shown_tcvn3(text)).item())


@settings(max_examples=300, deadline=None)
@given(
    text=st.one_of(TEXTS, TEXTS.map(str.upper), TEXTS.map(lambda name: f"Hộ ông: {name} (chết)"))
)
def test_text_that_is_already_right_is_never_changed(text: str) -> None:
    assert undo(pl.col("text"), text) == text


@settings(max_examples=300, deadline=None)
@given(text=TEXTS)
def test_text_in_tcvn3_becomes_the_true_text_or_stays(text: str) -> None:
    shown = pl.DataFrame({"text": [text]}).select(show_as_tcvn3(pl.col("text"))).item()
    # Capitals with a tone were lost in writing.
    assert undo(pl.col("text"), shown).lower() in (shown.lower(), text.lower())


@settings(max_examples=300, deadline=None)
@given(head=TEXTS, text=TEXTS)
def test_text_in_two_encodings_stays_or_becomes_the_true_text(head: str, text: str) -> None:
    both = pl.DataFrame({"head": [head], "text": [text]})
    shown = both.select(
        vni=pl.format("{} {}", show_as_tcvn3(pl.col("head")), show_as_vni(pl.col("text"))),
        plain=pl.format("{} {}", show_as_tcvn3(pl.col("head")), "text"),
        last=mix_encodings(pl.format("{} {}", "head", "text")),
    ).row(0)
    for one in shown:
        assert undo(pl.col("text"), one).lower() in (one.lower(), f"{head} {text}".lower())
