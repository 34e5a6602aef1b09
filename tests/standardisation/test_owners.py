"""Owners as certificates name them."""

import json

import polars as pl
import pytest

from standardisation.kinds import KINDS
from standardisation.owners import parse_owners

TEXTS = [
    ("Ông Nguyễn Văn A", [("Nguyễn Văn A", "ông", False)]),
    ("Bà B (đã chết)", [("B", "bà", False)]),
    ("Nguyễn Văn A", [("Nguyễn Văn A", None, False)]),
    (
        "Hộ ông Nguyễn Văn A và vợ là bà Trần Thị B",
        [("Nguyễn Văn A", "ông", True), ("Trần Thị B", "bà", True)],
    ),
    ("Hộ bà: Trần Thị B", [("Trần Thị B", "bà", True)]),
    ("Hộ gia đình ông Lê Văn C", [("Lê Văn C", "ông", True)]),
    ("Ông A và vợ là bà B", [("A", "ông", False), ("B", "bà", False)]),
    ("ông A, bà B", [("A", "ông", False), ("B", "bà", False)]),
    ("Ông A và bà B", [("A", "ông", False), ("B", "bà", False)]),
    ("Vợ chồng ông A, bà B", [("A", "ông", False), ("B", "bà", False)]),
    ("Công ty TNHH Than và Khoáng sản", [("Công ty TNHH Than và Khoáng sản", None, False)]),
    ("UBND xã Đông Ngũ", [("UBND xã Đông Ngũ", None, False)]),
    ("ÔNG A VÀ VỢ LÀ BÀ B", [("A", "ông", False), ("B", "bà", False)]),
    ("Ong A va vo la ba B", [("A", "ông", False), ("B", "bà", False)]),
    ("Ho ong Ho Van A va ba B", [("Ho Van A", "ông", True), ("B", "bà", True)]),
    ("Ho Van A", [("Ho Van A", None, False)]),
    ("Vang Thi Va", [("Vang Thi Va", None, False)]),
    ("Bà Đỗ Thị Mất", [("Đỗ Thị Mất", "bà", False)]),
    ("Bà Vàng Thị Và", [("Vàng Thị Và", "bà", False)]),
]


@pytest.mark.parametrize(("text", "parties"), TEXTS)
def test_an_owner_text_becomes_its_parties(
    text: str, parties: list[tuple[str, str | None, bool]]
) -> None:
    made = parse_owners(text)
    assert [(one["name"], one["title"], one["household"]) for one in made] == parties
    assert [one["n"] for one in made] == list(range(1, len(parties) + 1))


def test_numbers_and_years_go_to_the_parties_in_order() -> None:
    made = parse_owners("Ông A và vợ là bà B", "022085001234; 100123456", "1985; 1987")
    assert [(one["pin"], one["old_number"], one["birth_year"]) for one in made] == [
        ("022085001234", None, 1985),
        (None, "100123456", 1987),
    ]


def test_a_year_is_read_from_a_date() -> None:
    made = parse_owners("Ông A và vợ là bà B", "", "03/07/1985; 1987")
    assert [one["birth_year"] for one in made] == [1985, 1987]


@pytest.mark.parametrize("number", ["22085001234", "022 085 001 234", "O22085001234"])
def test_a_number_is_repaired_as_its_column_is(number: str) -> None:
    assert [one["pin"] for one in parse_owners("Ông A", number)] == ["022085001234"]


@pytest.mark.parametrize(
    "number", ["22985001234", "2.2085E+10", "1OO123456", "O99085001234", "OII085001234"]
)
def test_a_number_that_cannot_be_known_is_nobodys(number: str) -> None:
    (one,) = parse_owners("Ông A", number)
    assert (one["pin"], one["old_number"]) == (None, None)


def test_an_empty_place_keeps_the_order() -> None:
    made = parse_owners("Ông A và vợ là bà B", "; 22085001234", "")
    assert [one["pin"] for one in made] == [None, "022085001234"]


def test_more_numbers_than_parties_are_assigned_to_nobody() -> None:
    made = parse_owners("Ông A", "022085001234; 100123456")
    assert [(one["pin"], one["old_number"]) for one in made] == [(None, None)]


def test_the_dead_are_marked() -> None:
    assert [one["deceased"] for one in parse_owners("Ông A (đã chết) và bà B")] == [True, False]
    assert [one["name"] for one in parse_owners("Ông A (đã chết).")] == ["A"]


def test_the_column_holds_the_parties_as_json() -> None:
    frame = pl.DataFrame({"raw": ["Ông A", None], "ids": ["100123456", "1"]})
    columns = KINDS["owner_parties"].columns(pl.col("raw"), {"numbers": "ids"})
    made = frame.select(columns["_parties"].alias("parties"))["parties"].to_list()
    assert json.loads(made[0])[0]["old_number"] == "100123456"
    assert made[1] is None


@pytest.mark.parametrize(
    ("text", "read", "flagged"),
    [
        ("¤ng NguyÔn V¨n §Þnh", "Ông Nguyễn Văn Định", True),
        ("¤ng TrÇn V¨n An vµ vî lµ bµ Lª ThÞ Lý", "Ông Trần Văn An và vợ là bà Lê Thị Lý", True),
        ("Ông Nguyễn Văn Định", "Ông Nguyễn Văn Định", False),
        ("Baø Nguyeãn Thò Höôøng", "Baø Nguyeãn Thò Höôøng", False),
        ("¤ng NguyÔn V¨n Ñònh", "¤ng NguyÔn V¨n Ñònh", False),
        ("Bà H'Ñŏ Niê ½", "Bà H'Ñŏ Niê ½", False),
        ("Hé «ng NguyÔn V¨n Hïng", "Hộ ông Nguyễn Văn Hùng", True),
        ("Ma V¨n Tuaán", "Ma V¨n Tuaán", False),
        ("Bµ Quan ThÞ Haø", "Bµ Quan ThÞ Haø", False),
        ("Ông Cao Bá Hào · bà Lê Tâm", "Ông Cao Bá Hào · bà Lê Tâm", False),
        ("Ma V¨n Thuû", "Ma V¨n Thuû", False),  # Thủ in VNI, or Thuỷ
        ("Ma V¨n Hòa", "Ma V¨n Hòa", False),  # Hòa as it stands, or Hũa
        ("Bµ H'Hen £ban", "Bµ H'Hen £ban", False),
    ],
)
def test_a_name_shown_in_tcvn3_is_read_where_the_contract_says_that_there_may_be_such(
    text: str, read: str, flagged: bool
) -> None:
    frame, options = pl.DataFrame({"raw": [text]}), {"mixedEncoding": "TCVN3"}
    kind = KINDS["owner_parties"]
    assert frame.select(kind.columns(pl.col("raw"), options)[""]).item() == read
    assert frame.select(kind.flags(pl.col("raw"), options)["ENCODING"]).item() is flagged
    assert frame.select(kind.columns(pl.col("raw"), {})[""]).item() == text


@pytest.mark.parametrize(
    ("text", "read", "flags"),
    [
        ("Bà H´Hen Êban", "Bà H'Hen Êban", {"APOSTROPHE"}),
        ("LÃª Nam Anh", "Lê Nam Anh", {"MISREAD"}),
    ],
)
def test_misread_utf8_and_apostrophes_are_no_tcvn3(text: str, read: str, flags: set[str]) -> None:
    frame, options = pl.DataFrame({"raw": [text]}), {"mixedEncoding": "TCVN3"}
    kind = KINDS["owner_parties"]
    assert frame.select(kind.columns(pl.col("raw"), options)[""]).item() == read
    marks = frame.select(
        mark.alias(flag) for flag, mark in kind.flags(pl.col("raw"), options).items()
    )
    assert {name for name in marks.columns if marks[name][0]} == flags
