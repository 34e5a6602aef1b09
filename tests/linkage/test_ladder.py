"""Who is linked to whom, on which rung, and where the ladder leaves the word to a person."""

import json
from typing import Any

import pytest

from warehouse.links import LinkCounts

from .conftest import Registers, born, link

PIN, OTHER_PIN = "022085001234", "022190004321"
OLD, NAME = "101234567", "Nguyễn Thị Hoà"
AGREED = "one candidate, and name or birth date agree"
BARE = "the number alone agrees"
ALIKE = "the names are only alike, and no birth year agrees"


def say(registers: Registers, person: str, verdict: str, steward: str, record: str = "S1") -> None:
    """Let a steward judge a pair of an insured person and a person."""
    registers.rows(
        "INSERT INTO link.judgement (stream, record_id, part, anchor_stream, anchor_record_id,"
        " verdict, judged_by, reason) VALUES ('social_insurance.participant', %s, 0,"
        " 'population.person', %s, %s, %s, 'seen the file')",
        *(record, person, verdict, steward),
    )


@pytest.mark.parametrize(
    ("columns", "verdict", "reason"),
    [
        ({"name": "Nguyễn Thị Hòa"}, "positive", AGREED),
        ({"name": "NGUYEN THI HOA"}, "positive", AGREED),
        ({"name": "Trần Văn Bách", **born("1985-07-03")}, "positive", AGREED),
        ({"name": "Trần Văn Bách"}, "unsure", BARE),
        ({"name": None}, "unsure", BARE),
        ({"name": "Trần Văn Bách", **born("1985")}, "unsure", BARE),
        ({"name": "Trần Văn Bách", **born("1985-07-04")}, "unsure", BARE),
    ],
    ids=["tone", "no accents", "birth date", "other name", "no name", "year only", "other day"],
)
def test_one_number_links_only_with_a_name_or_a_birth_date_that_agrees(
    registers: Registers, columns: dict[str, Any], verdict: str, reason: str
) -> None:
    registers.person("P1", NAME, pin=PIN, **born("1985-07-03"))
    registers.participant("S1", **columns, pin=PIN)
    counts = link()
    assert registers.judgements() == [("S1", 0, "P1", verdict, 1, reason)]
    assert registers.links() == ({("S1", 0): ("P1", 1)} if verdict == "positive" else {})
    linked = int(verdict == "positive")
    assert counts == LinkCounts(people=1, linked=linked, doubtful=1 - linked, nodes=1)


def test_a_number_that_two_persons_carry_links_to_neither(registers: Registers) -> None:
    registers.person("P1", NAME, pin=PIN, **born("1985-07-03"))
    registers.person("P2", "Nguyễn Thị Hoa", pin=PIN, **born("1985-07-03"))
    registers.participant("S1", NAME, pin=PIN, **born("1985-07-03"))
    link()
    assert registers.links() == {}
    assert registers.judgements() == [
        ("S1", 0, person, "unsure", 1, "more than one candidate") for person in ("P1", "P2")
    ]


def test_the_old_number_leads_through_the_population_register(registers: Registers) -> None:
    registers.person("P1", NAME, pin=PIN, old_number=OLD, **born("1985-07-03"))
    registers.participant("S1", "Nguyễn Thị Hòa", old_number=OLD, **born("1985"))
    link()
    assert registers.links() == {("S1", 0): ("P1", 2)}


@pytest.mark.parametrize(
    ("name", "day"), [("Trần Văn Bách", "1985-07-03"), (NAME, "1961-01-01")], ids=["name", "year"]
)
def test_an_old_number_issued_twice_links_nobody_else(
    registers: Registers, name: str, day: str
) -> None:
    registers.person("P1", NAME, old_number=OLD, **born("1985-07-03"))
    registers.participant("S1", name, old_number=OLD, **born(day))
    link()
    assert registers.links() == {}
    assert registers.judgements() == [("S1", 0, "P1", "unsure", 2, BARE)]


@pytest.mark.parametrize(
    ("name", "verdict"),
    [
        ("Nguyễn Thị Hoà", "positive"),
        ("NGUYỄN THỊ HÒA", "positive"),
        ("Nguyễn Thị Hoài", "unsure"),
        ("Nguyễn Thị Hoa", "unsure"),
        ("NGUYEN THI HOA", "unsure"),
    ],
)
def test_an_old_number_and_a_name_alone_link_only_if_the_name_is_the_same_to_the_accent(
    registers: Registers, name: str, verdict: str
) -> None:
    registers.person("P1", NAME, old_number=OLD, **born("1985-07-03"))
    registers.certificate("G1", {"name": name, "old_number": OLD})
    registers.certificate("G2", {"name": name, "old_number": OLD, "birth_year": 1985})
    link()
    found = {record: (said, reason) for record, _, _, said, _, reason in registers.judgements()}
    assert found == {
        "G1": (verdict, AGREED if verdict == "positive" else ALIKE),
        "G2": ("positive", AGREED),
    }


def test_a_known_number_is_never_overruled_by_the_old_one(registers: Registers) -> None:
    registers.person("P1", NAME, pin=PIN, **born("1985-07-03"))
    registers.person("P2", "Trần Văn Bách", pin=OTHER_PIN, old_number=OLD, **born("1990-01-01"))
    registers.participant("S1", "Trần Văn Bách", pin=PIN, old_number=OLD, **born("1990-01-01"))
    link()
    assert registers.judgements() == [("S1", 0, "P1", "unsure", 1, BARE)]
    assert registers.links() == {}


def test_a_number_that_nobody_carries_leaves_the_way_over_the_old_one(registers: Registers) -> None:
    registers.person("P1", NAME, pin=PIN, old_number=OLD)
    registers.participant("S1", NAME, pin=OTHER_PIN, old_number=OLD)
    link()
    assert registers.links() == {("S1", 0): ("P1", 2)}


def test_a_couple_in_one_certificate_is_two_parties_linked_each_to_its_own(
    registers: Registers,
) -> None:
    registers.person("P1", "Lê Văn Cảnh", pin=PIN)
    registers.person("P2", NAME, old_number=OLD, **born("1985-07-03"))
    registers.certificate(
        "G1",
        {"name": "Lê Văn Cảnh", "pin": PIN},
        {"name": "Nguyễn Thị Hòa", "old_number": OLD, "birth_year": 1985},
    )
    counts = link()
    assert registers.links() == {("G1", 1): ("P1", 1), ("G1", 2): ("P2", 2)}
    assert counts == LinkCounts(people=2, linked=2, doubtful=0, nodes=2)


def test_a_stewards_word_goes_before_the_ladders_and_survives_its_next_walk(
    registers: Registers,
) -> None:
    registers.person("P1", NAME, pin=PIN)
    registers.person("P2", "Trần Văn Bách")
    registers.participant("S1", NAME, pin=PIN)
    registers.participant("S2", "Nguyễn Hoà", pin=PIN)
    link()
    assert registers.links() == {("S1", 0): ("P1", 1)}
    say(registers, "P1", "negative", "steward-1")
    say(registers, "P2", "positive", "steward-1")
    say(registers, "P1", "positive", "steward-2", record="S2")
    for _ in range(2):
        link()
        found = registers.rows("SELECT record_id, person_id FROM link.cluster_member")
        persons = {row["record_id"]: row["person_id"] for row in found}
        assert persons["S1"] == persons["P2"]
        assert persons["S2"] == persons["P1"]
        assert len(registers.rows("SELECT 1 FROM link.judgement WHERE judged_by <> 'ladder'")) == 3


def test_a_pair_that_one_steward_rejected_never_comes_back(registers: Registers) -> None:
    registers.person("P1", NAME, pin=PIN)
    registers.participant("S1", NAME, pin=PIN)
    say(registers, "P1", "positive", "steward-1")
    say(registers, "P1", "negative", "steward-2")
    link()
    assert registers.links() == {}


def test_a_stewards_doubt_holds_back_the_ladders_certainty(registers: Registers) -> None:
    registers.person("P1", NAME, pin=PIN)
    registers.participant("S1", NAME, pin=PIN)
    say(registers, "P1", "unsure", "steward-1")
    link()
    assert registers.links() == {}


def test_a_row_that_stewards_gave_to_two_persons_belongs_to_neither(registers: Registers) -> None:
    registers.person("P1", NAME, pin=PIN)
    registers.person("P2", NAME)
    registers.participant("S1", NAME, pin=PIN)
    say(registers, "P1", "positive", "steward-1")
    say(registers, "P2", "positive", "steward-2")
    link()
    members = registers.rows("SELECT record_id FROM link.cluster_member")
    assert sorted(row["record_id"] for row in members) == ["P1", "P2"]


def test_evidence_holds_measures_and_no_value(registers: Registers) -> None:
    registers.person("P1", NAME, pin=PIN, old_number=OLD, **born("1985-07-03"))
    registers.participant("S1", NAME, pin=PIN, **born("1985-07-03"))
    registers.participant("S2", "Trần Văn Bách", old_number=OLD, **born("1961-01-01"))
    link()
    found = registers.rows("SELECT record_id, evidence, reason FROM link.judgement")
    evidence = {row["record_id"]: row["evidence"] for row in found}
    assert evidence["S1"] == {"name_similarity": 1.0, "birth": "agree", "candidates": 1}
    assert evidence["S2"].keys() == evidence["S1"].keys()
    assert evidence["S2"]["birth"] == "differ"
    text = json.dumps(found, ensure_ascii=False)
    for value in (PIN, OLD, NAME, "hoa", "bach", "1985", "1961"):
        assert value not in text


def test_walking_twice_changes_nothing(registers: Registers) -> None:
    registers.person("P1", NAME, pin=PIN)
    registers.participant("S1", NAME, pin=PIN)
    first = link()
    links, judgements = registers.links(), registers.judgements()
    assert link() == first
    assert (registers.links(), registers.judgements()) == (links, judgements)
