"""One record a person: who wins a field, what is kept of the others, and what a rebuild changes."""

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime
from typing import Any

import psycopg
import pytest

from cli.pipeline import build_golden
from golden.build import build_golden as build_step
from golden.survivorship import list_survivors
from hub.contract import load_contracts
from linkage.ladder import link_people
from warehouse.connection import engine
from warehouse.golden import build_people, golden_transaction

from ..linkage.conftest import CONTRACTS, Registers, born

PIN, NAME = "022085001234", "Nguyễn Thị Hoà"


def build(registers: Registers) -> dict[str, dict[str, Any]]:
    """Link and build; name of the person -> golden record."""
    build_golden()
    return people(registers)


def people(registers: Registers) -> dict[str, dict[str, Any]]:
    """Name of the person -> golden record."""
    return {row["full_name"]: row for row in registers.rows("SELECT * FROM golden.person")}


def two_sources(registers: Registers) -> None:
    """One person in two registers that do not agree on her name."""
    registers.person(
        "P1", NAME, pin=PIN, sex_code="2", flags=["NFC:full_name"], **born("1985-07-03")
    )
    registers.participant(
        "S1",
        "Nguyễn Thị Huệ",
        pin=PIN,
        sex_code="2",
        insurance_number="2212345678",
        receives_pension=False,
        failed_rules=["SI-1"],
        batch_id=2,
        **born("1985-07-03"),
    )


def test_the_population_register_wins_the_name_and_the_other_is_kept(registers: Registers) -> None:
    two_sources(registers)
    person = build(registers)[NAME]
    document = person["document"]
    assert document["full_name"] == {
        "value": NAME,
        "key": "nguien thi hoa",
        "source": "population",
        "stream": "population.person",
        "record_id": "P1",
        "batch_id": 1,
        "as_of": "2025-07-01T03:00:00Z",
        "flags": ["NFC:full_name"],
        "failed_rules": [],
        "classification": "personal",
        "verdict": "conflicting",
        "conflicts": [
            {
                "source": "social_insurance",
                "value": "Nguyễn Thị Huệ",
                "as_of": "2025-07-01T03:00:00Z",
            }
        ],
    }
    assert document["sex_code"]["verdict"] == "known"
    assert "conflicts" not in document["sex_code"]
    assert document["insurance_number"]["source"] == "social_insurance"
    assert document["insurance_number"]["failed_rules"] == ["SI-1"]
    columns = ("pin", "full_name", "name_key", "birth_date", "birth_date_precision", "deceased")
    assert tuple(person[name] for name in columns) == (
        PIN,
        NAME,
        "nguien thi hoa",
        date(1985, 7, 3),
        "day",
        False,
    )


def test_one_name_spelt_twice_is_no_conflict(registers: Registers) -> None:
    registers.person("P1", NAME, pin=PIN)
    registers.participant("S1", "NGUYỄN THỊ HÒA", pin=PIN)
    assert build(registers)[NAME]["document"]["full_name"]["verdict"] == "known"


def test_two_rows_of_one_source_that_disagree_are_a_conflict_of_that_source(
    registers: Registers,
) -> None:
    registers.person("P1", NAME, pin=PIN)
    rows = {
        "S1": (True, "2212345678", NAME, 2023),
        "S2": (False, "2212345679", "NGUYỄN THỊ HÒA", 2025),
        "S3": (True, "2212345679", "Nguyễn Thị Huệ", None),
    }
    for record_id, (pension, number, name, year) in rows.items():
        registers.participant(
            *(record_id, name),
            pin=PIN,
            receives_pension=pension,
            insurance_number=number,
            sex_code="2" if record_id == "S1" else None,
            source_version=datetime(year, 1, 1, tzinfo=UTC) if year else None,
        )
    document = build(registers)[NAME]["document"]
    found = {
        field: (
            stated["value"],
            stated["verdict"],
            [(lost["source"], lost["value"]) for lost in stated.get("conflicts", [])],
        )
        for field, stated in document.items()
        if field in ("receives_pension", "insurance_number", "full_name", "sex_code", "pin")
    }
    insurer = "social_insurance"
    assert found == {
        "receives_pension": (False, "conflicting", [(insurer, True), (insurer, True)]),
        "insurance_number": ("2212345679", "conflicting", [(insurer, "2212345678")]),
        "full_name": (NAME, "conflicting", [(insurer, "Nguyễn Thị Huệ")]),
        "sex_code": ("2", "known", []),
        "pin": (PIN, "known", []),
    }
    assert all("others" not in stated for stated in document.values())
    stated = registers.rows(
        "SELECT record_id, value, survived FROM golden.statement"
        " WHERE field = 'receives_pension' ORDER BY record_id"
    )
    assert [tuple(row.values()) for row in stated] == [
        ("S1", True, False),
        ("S2", False, True),
        ("S3", True, False),
    ]


@pytest.mark.parametrize(
    ("stated", "other", "verdict"),
    [
        ("1985-07-03", "1985", "known"),
        ("1985", "1985-07-03", "known"),
        ("1985-07-03", "1985-07-04", "conflicting"),
        ("1985-07-03", "1986", "conflicting"),
    ],
)
def test_a_year_does_not_contradict_a_day_of_that_year(
    registers: Registers, stated: str, other: str, verdict: str
) -> None:
    registers.person("P1", NAME, pin=PIN, **born(stated))
    registers.participant("S1", NAME, pin=PIN, **born(other))
    found = build(registers)[NAME]
    assert found["document"]["birth_date"]["value"] == stated
    assert found["document"]["birth_date"]["verdict"] == verdict
    assert found["birth_date_precision"] == ("day" if len(stated) == 10 else "year")


def test_a_number_that_two_persons_carry_identifies_neither(registers: Registers) -> None:
    registers.person("P1", "Lê Văn Cảnh", pin=PIN)
    registers.person("P2", NAME, pin=PIN)
    registers.person("P3", "Đỗ Thị Én", pin="022190004321")
    assert {name: row["pin"] for name, row in build(registers).items()} == {
        "Lê Văn Cảnh": None,
        NAME: None,
        "Đỗ Thị Én": "022190004321",
    }
    registers.rows("DELETE FROM standard.population__person WHERE record_id = 'P1'")
    assert build(registers)[NAME]["pin"] == PIN


def test_a_number_may_move_from_one_person_to_another_in_one_build(registers: Registers) -> None:
    registers.person("P1", "Lê Văn Cảnh", pin=PIN)
    registers.person("P2", NAME, pin="022190004321")
    build(registers)
    registers.rows(
        "UPDATE standard.population__person SET pin ="
        " CASE record_id WHEN 'P1' THEN '022190004321' ELSE %s END",
        PIN,
    )
    found = build(registers)
    assert {name: row["pin"] for name, row in found.items()} == {
        "Lê Văn Cảnh": "022190004321",
        NAME: PIN,
    }


def test_a_rebuild_without_changes_changes_no_record(registers: Registers) -> None:
    two_sources(registers)
    registers.person("P2", "Lê Văn Cảnh")
    first = build_golden()
    before = people(registers)
    second = build_golden()
    assert (first.people, first.changed, first.linked, first.unlinked) == (2, 2, 1, 0)
    assert (second.people, second.changed) == (2, 0)
    assert people(registers) == before
    registers.rows("UPDATE standard.population__person SET sex_code = '1' WHERE record_id = 'P2'")
    assert build_golden().changed == 1
    versions = {name: row["version"] for name, row in people(registers).items()}
    assert versions == {NAME: 1, "Lê Văn Cảnh": 2}
    builds = registers.rows("SELECT * FROM golden.build ORDER BY build_id")
    assert [row["changed"] for row in builds] == [2, 0, 1]
    assert all(row["finished_at"] for row in builds)


def test_a_person_who_left_the_population_register_has_no_record(registers: Registers) -> None:
    two_sources(registers)
    registers.person("P2", "Lê Văn Cảnh")
    build(registers)
    registers.rows("DELETE FROM standard.population__person WHERE record_id = 'P1'")
    assert list(build(registers)) == ["Lê Văn Cảnh"]
    assert (
        registers.rows("SELECT person_id FROM golden.statement WHERE source <> 'population'") == []
    )


def test_the_statements_name_winners_and_losers(registers: Registers) -> None:
    two_sources(registers)
    build(registers)
    found = registers.rows(
        "SELECT field, source, value, record_id, batch_id, survived FROM golden.statement"
        " WHERE field IN ('full_name', 'insurance_number') ORDER BY field, source"
    )
    assert [tuple(row.values()) for row in found] == [
        ("full_name", "population", NAME, "P1", 1, True),
        ("full_name", "social_insurance", "Nguyễn Thị Huệ", "S1", 2, False),
        ("insurance_number", "social_insurance", "2212345678", "S1", 2, True),
    ]


def test_a_list_holds_each_row_once_with_what_it_embeds(registers: Registers) -> None:
    registers.person("P1", NAME, pin=PIN)
    registers.publish(
        "land_registry.parcel", "T1", parcel_id="T1", sheet_number="12", commune_code="06691"
    )
    party = {"name": NAME, "pin": PIN}
    registers.certificate("G1", party, party, parcel_id="T1", serial="AB 123456")
    registers.certificate("G2", party, parcel_id="T9", serial="AB 654321")
    document = build(registers)[NAME]["document"]["certificates"]
    assert document["source"] == "land_registry"
    items = document["value"]
    assert [(item["record_id"], item["serial"]) for item in items] == [
        ("G1", "AB 123456"),
        ("G2", "AB 654321"),
    ]
    assert items[0]["parcel"]["sheet_number"] == "12"
    assert items[0]["parcel"]["commune_code_old"] == "06691"
    assert "parcel" not in items[1]


def test_a_value_shows_the_repairs_of_its_own_field_alone(registers: Registers) -> None:
    flags = ["CAPS:full_name", "REPAIRED_LEADING_ZERO:pin"]
    registers.person("P1", NAME, pin=PIN, sex_code="2", flags=flags)
    document = build(registers)[NAME]["document"]
    shown = {name: document[name]["flags"] for name in ("full_name", "pin", "sex_code")}
    assert shown == {"full_name": flags[:1], "pin": flags[1:], "sex_code": []}


def test_a_list_shows_the_failed_rules_and_repairs_of_its_rows(registers: Registers) -> None:
    registers.person("P1", NAME, pin=PIN)
    registers.publish("land_registry.parcel", "T1", parcel_id="T1", failed_rules=["LD-P", "LD-A"])
    party = {"name": NAME, "pin": PIN}
    first = {"parcel_id": "T1", "failed_rules": ["LD-A"], "flags": ["TIDIED:serial", "TIDIED:note"]}
    registers.certificate("G1", party, **first)
    registers.certificate("G2", party, parcel_id="T9", failed_rules=["LD-C"])
    registers.person("P2", "Lê Văn Cảnh", pin="022190004321")
    registers.certificate("G3", {"name": "Lê Văn Cảnh", "pin": "022190004321"}, parcel_id="T9")
    found = build(registers)
    stated = found[NAME]["document"]["certificates"]
    assert stated["failed_rules"] == ["LD-A", "LD-C", "LD-P"]
    assert stated["flags"] == ["TIDIED:serial"]
    assert [item["failed_rules"] for item in stated["value"]] == [["LD-A"], ["LD-C"]]
    clean = found["Lê Văn Cảnh"]["document"]["certificates"]
    assert (clean["failed_rules"], clean["flags"]) == ([], [])


def test_the_records_are_the_same_for_any_order_of_contracts_and_any_time_zone(
    registers: Registers, monkeypatch: pytest.MonkeyPatch
) -> None:
    two_sources(registers)
    registers.publish(
        *("population.residence", "R1"),
        person_id="P1",
        kind_code="permanent",
        commune_code="06691",
        from_date=date(1945, 3, 9),
    )
    before = build(registers)
    contracts = list(load_contracts([CONTRACTS]).values())
    for zone in ("Asia/Ho_Chi_Minh", "America/New_York", "Asia/Kathmandu"):
        engine("pipeline").dispose()
        monkeypatch.setenv("PGTZ", zone)
        contracts.reverse()
        with golden_transaction() as connection:
            built = build_people(connection, contracts, list_survivors(contracts))
        assert built.changed == 0
        with engine("pipeline").connect() as connection:
            found = connection.exec_driver_sql("SHOW timezone").scalar_one()
        assert found == zone
    assert people(registers) == before
    assert before[NAME]["commune_code"] == "06691"


OTHER_NAME, OTHER_PIN = "Lê Văn Cảnh", "022190004321"
CORRECTED = (
    "UPDATE standard.social_insurance__participant SET pin = %s, full_name = %s, "
    "full_name_key = %s, insurance_number = %s WHERE record_id = 'S1'"
)
CORRECTION = (OTHER_PIN, OTHER_NAME, "le van canh", "2299999999")


def insurance_numbers(registers: Registers) -> dict[str, str | None]:
    """Name of the person -> insurance number on the golden record."""
    return {
        name: row["document"].get("insurance_number", {}).get("value")
        for name, row in people(registers).items()
    }


def test_what_is_published_between_linking_and_building_gives_nobody_anothers_data(
    registers: Registers,
) -> None:
    two_sources(registers)
    registers.person("P2", OTHER_NAME, pin=OTHER_PIN)
    with golden_transaction() as connection:
        link_people(connection)
        registers.rows(CORRECTED, *CORRECTION)
        build_step(connection)
    assert insurance_numbers(registers) == {NAME: "2212345678", OTHER_NAME: None}
    build_golden()
    assert insurance_numbers(registers) == {NAME: None, OTHER_NAME: "2299999999"}


def test_a_build_that_waited_for_another_sees_what_was_published_while_it_waited(
    registers: Registers,
) -> None:
    two_sources(registers)
    registers.person("P2", OTHER_NAME, pin=OTHER_PIN)
    waiting = "SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
    with ThreadPoolExecutor(1) as worker:
        with golden_transaction() as connection:
            second = worker.submit(build_golden)
            while not registers.rows(waiting):
                assert not second.done()
                time.sleep(0.01)
            link_people(connection)
            registers.rows(CORRECTED, *CORRECTION)
            build_step(connection)
        second.result(20)
    assert insurance_numbers(registers) == {NAME: None, OTHER_NAME: "2299999999"}


def test_what_a_build_reads_is_locked_before_it_reads(registers: Registers) -> None:
    """Else a first load that is published meanwhile would show rows that were refused."""
    locked = (
        "SELECT DISTINCT relname FROM pg_locks JOIN pg_class ON pg_class.oid = relation"
        " WHERE pid = pg_backend_pid() AND relnamespace = 'standard'::regnamespace"
        " AND relkind = 'r' ORDER BY relname"
    )
    two_sources(registers)
    with golden_transaction() as connection:
        before = connection.exec_driver_sql(locked).all()
        link_people(connection)
        build_step(connection)
        assert connection.exec_driver_sql(locked).all() == before
    assert len(before) > 3


def build_and_fail() -> None:
    """Do all the work, and fail before it is committed."""
    with golden_transaction() as connection:
        link_people(connection)
        build_step(connection)
        raise ZeroDivisionError


def test_a_build_that_failed_leaves_the_last_links_and_records_and_the_way_free(
    registers: Registers,
) -> None:
    two_sources(registers)
    before = build(registers)
    links = registers.links()
    registers.rows(CORRECTED, *CORRECTION)
    with pytest.raises(ZeroDivisionError):
        build_and_fail()
    assert (people(registers), registers.links()) == (before, links)
    assert registers.rows("SELECT 1 FROM pg_locks WHERE locktype = 'advisory'") == []
    with ThreadPoolExecutor(1) as worker:
        worker.submit(build_golden).result(20)


def test_a_reader_never_sees_the_links_and_records_empty(registers: Registers) -> None:
    two_sources(registers)
    build(registers)
    with psycopg.connect(registers.owner_url) as reader:
        reader.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        reader.execute("SELECT 1")
        build_golden()
        for table in ("link.cluster_member", "golden.person_source", "golden.person"):
            assert reader.execute(f"SELECT 1 FROM {table}").fetchall(), table
