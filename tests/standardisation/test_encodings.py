"""TCVN3: our table against the one of the C library."""

import shutil
import subprocess
import unicodedata

import polars as pl
import pytest

from standardisation.encodings import TCVN3, decode_tcvn3


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
