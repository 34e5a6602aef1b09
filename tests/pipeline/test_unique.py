"""A value that only one record may have: no other row of the batch has it, and no published one."""

import pytest

from expectations.judge import judge_batch
from warehouse.publish import publish_batch

from .conftest import INCREMENTAL, SNAPSHOT, Register, counts

UNIQUE = (
    "      - {name: chassis, physicalName: bien_so, logicalType: string, quality: [{type: library,"
    " name: V-UNIQUE, metric: duplicateValues, mustBe: 0, dimension: uniqueness,"
    " severity: error}]}\n"
)
REFUSED = (
    "{type: sql, name: V-BAD, dimension: accuracy, severity: error, mustBe: 0,"
    " query: \"SELECT COUNT(*) FROM {object} WHERE keeper_name = 'Bad'\"}"
)


def quarantined(register: Register) -> dict[str, list[str]]:
    """Record id -> the rules that its row in quarantine breaks."""
    return {row["record_id"]: row["rule_ids"] for row in register.quarantine()}


def plates(register: Register) -> dict[str, str]:
    """Record id -> the plate that is published of it."""
    return {key: plate for key, (plate,) in register.standard("chassis").items()}


@pytest.fixture
def owned(register: Register) -> Register:
    """Two cars are published, A with plate 1 and B with plate 2, each plate of one car alone."""
    register.write_contract(INCREMENTAL, rules=REFUSED, fields=UNIQUE)
    register.put("A", "10:00", bien_so="1")
    register.put("B", "10:00", bien_so="2")
    register.sync()
    return register


def test_two_rows_of_a_batch_that_share_a_value_both_break_the_rule(register: Register) -> None:
    register.write_contract(SNAPSHOT, fields=UNIQUE)
    for car, plate in (("A", "1"), ("B", "1"), ("C", "3")):
        register.put(car, bien_so=plate)
    assert counts(register.sync()) == (3, 1, 0, 0, 2, 0)
    assert quarantined(register) == {"A": ["V-UNIQUE"], "B": ["V-UNIQUE"]}


def test_a_value_that_another_published_record_has_breaks_the_rule_under_its_own_key(
    owned: Register,
) -> None:
    owned.put("C", "10:30", bien_so="1")
    owned.put("D", "10:30", bien_so="4")
    owned.sync()
    assert quarantined(owned) == {"C": ["V-UNIQUE"]}
    assert plates(owned) == {"A": "1", "B": "2", "D": "4"}


def test_a_record_keeps_the_value_that_it_has(owned: Register) -> None:
    owned.put("A", "10:30", bien_so="1", chu_xe="Nguyễn Văn Mới")
    owned.sync()
    assert quarantined(owned) == {}
    assert owned.standard("keeper_name")["A"] == ("Nguyễn Văn Mới",)


def test_a_value_is_free_once_its_holder_gives_it_up_in_the_same_batch(owned: Register) -> None:
    owned.put("A", "10:30", bien_so="9")
    owned.put("C", "10:31", bien_so="1")
    owned.put("B", "10:32", xoa=True, bien_so="2")
    owned.put("D", "10:33", bien_so="2")
    owned.sync()
    assert quarantined(owned) == {}
    assert plates(owned) == {"A": "9", "C": "1", "D": "2"}


def test_two_records_may_change_values_with_each_other(owned: Register) -> None:
    owned.put("A", "10:30", bien_so="2")
    owned.put("B", "10:30", bien_so="1")
    owned.sync()
    assert (quarantined(owned), plates(owned)) == ({}, {"A": "2", "B": "1"})


def test_a_holder_whose_newer_row_is_refused_keeps_its_value_from_others(owned: Register) -> None:
    owned.put("A", "10:30", bien_so="9", chu_xe="Bad")
    owned.put("C", "10:31", bien_so="1")
    owned.put("D", "10:32", bien_so="9")
    owned.sync()
    assert quarantined(owned) == {
        "A": ["V-BAD", "V-UNIQUE"], "C": ["V-UNIQUE"], "D": ["V-UNIQUE"]
    }  # fmt: skip
    assert plates(owned) == {"A": "1", "B": "2"}


def test_a_refusal_reaches_those_that_waited_for_those_that_waited(owned: Register) -> None:
    owned.put("A", "10:30", bien_so="9", chu_xe="Bad")
    owned.put("B", "10:31", bien_so="1")
    owned.put("C", "10:32", bien_so="2")
    owned.sync()
    assert quarantined(owned) == {"A": ["V-BAD"], "B": ["V-UNIQUE"], "C": ["V-UNIQUE"]}
    assert plates(owned) == {"A": "1", "B": "2"}


def test_a_row_older_than_what_is_published_gives_nothing_up(owned: Register) -> None:
    owned.put("A", "09:55", bien_so="9")
    owned.put("C", "10:31", bien_so="1")
    owned.sync()
    assert quarantined(owned) == {"C": ["V-UNIQUE"]}
    assert plates(owned) == {"A": "1", "B": "2"}


def test_judged_twice_the_verdicts_are_the_same(owned: Register) -> None:
    owned.put("C", "10:30", bien_so="1")
    batch_id = owned.prepare()
    judge_batch(batch_id)
    assert publish_batch(batch_id).quarantined == 1
