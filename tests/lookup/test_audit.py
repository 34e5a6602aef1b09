"""Every call leaves an entry that nobody changes; without it no answer is given."""

import hashlib
import hmac
import struct
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import errors


def test_a_lookup_leaves_intent_and_outcome_and_no_number(desk: Any, world: Any) -> None:
    receipt = desk.ask(world.owner).json()["receipt"]
    intent, outcome = world.entries()
    assert (intent["kind"], intent["outcome"]) == ("intent", "opened")
    assert (outcome["kind"], outcome["outcome"]) == ("outcome", "answered")
    assert str(intent["receipt_id"]) == receipt["id"] == str(outcome["receipt_id"])
    assert intent["client_id"] == "desk-ha-long"
    assert intent["dossier_code"].startswith("H49.12-")
    assert "certificates" in outcome["fields"]
    everything = repr([intent, outcome]) + bytes(intent["body"] + outcome["body"]).hex()
    for value in (*world.owner.values(), desk.officer_id):
        assert value not in everything
        assert value.encode().hex() not in everything


def test_a_receipt_that_was_read_is_named_in_the_audit(desk: Any, world: Any) -> None:
    receipt_id = desk.ask(world.owner).json()["receipt"]["id"]
    shown = desk.client.get(f"/v1/receipts/{receipt_id}", headers=desk.headers())
    assert shown.json()["id"] == receipt_id
    entry = world.entries()[-1]
    assert (entry["kind"], entry["outcome"]) == ("receipt", "shown")
    assert str(entry["receipt_id"]) == receipt_id


def test_the_subject_is_a_keyed_hash(desk: Any, world: Any, home: Path) -> None:
    desk.ask(world.owner)
    key = bytes.fromhex((home / "keys" / "subject.key").read_text())
    expected = hmac.new(key, b"subject\x00" + world.owner["pin"].encode(), hashlib.sha256).digest()
    assert world.entries()[0]["subject"] == expected


@pytest.mark.parametrize("time_zone", ["UTC", "Asia/Ho_Chi_Minh"])
def test_the_body_is_canonical_and_the_leaf_is_its_hash(
    desk: Any, world: Any, time_zone: str
) -> None:
    desk.ask(world.owner)
    desk.ask(world.owner | {"birth_date": "1985-07-04"})
    with world.warehouse.connect() as owner:
        owner.execute(f"SET TimeZone = '{time_zone}'")
        owner.execute("SET DateStyle = 'ISO, DMY'")
        found = owner.execute(
            "SELECT body, leaf, audit.encode_entry(entry), recorded_at, kind, receipt_id"
            " FROM audit.entry AS entry"
        ).fetchall()
    assert len(found) == 5
    for body, leaf, encoded, recorded_at, kind, receipt_id in found:
        assert body == encoded
        assert leaf == hashlib.sha256(b"\x00" + body).digest()
        version, microseconds, length = struct.unpack(">Bqi", body[:13])
        assert version == 1
        assert microseconds == round(recorded_at.timestamp() * 1_000_000)
        assert body[13 : 13 + length].decode() == kind
        assert receipt_id.bytes in body


def test_refusals_are_entries_too(desk: Any, world: Any) -> None:
    client = desk.client
    client.post("/v1/prefill", json={}, headers={"Authorization": "Bearer x.y.z"})
    client.post(
        "/oauth/token", data={"grant_type": "client_credentials"}, auth=("001085012345", "x")
    )
    desk.ask(world.owner, procedure_code="1.999999")
    world.run("DELETE FROM lookup.permission WHERE procedure_code = '1.014027'")
    desk.ask(world.owner, procedure_code="1.014027")
    desk.ask(world.owner | {"birth_date": "1985-07-04"})
    desk.send({"person": {"pin": "022185000123"}})
    world.run("UPDATE lookup.client SET active = false")
    desk.ask(world.owner)
    found = [(e["kind"], e["outcome"], e["reason"], e["client_id"]) for e in world.entries()]
    assert found == [
        ("refusal", "refused", "token_invalid", None),
        # What an unregistered client calls itself may be anybody's number: it is not kept.
        ("refusal", "refused", "token_invalid_client", None),
        ("refusal", "refused", "procedure_unknown", "desk-ha-long"),
        ("refusal", "refused", "procedure_not_allowed", "desk-ha-long"),
        ("intent", "opened", None, "desk-ha-long"),
        ("outcome", "no_match", None, "desk-ha-long"),
        ("refusal", "refused", "request_invalid", "desk-ha-long"),
        ("refusal", "refused", "client_unknown", "desk-ha-long"),
    ]


@pytest.mark.parametrize("kind", ["intent", "outcome"])
def test_what_cannot_be_recorded_is_not_answered(desk: Any, world: Any, kind: str) -> None:
    desk.headers()
    world.run(
        f"ALTER TABLE audit.entry ADD CONSTRAINT disk_full CHECK (kind <> '{kind}') NOT VALID"
    )
    answer = desk.ask(world.owner)
    assert answer.status_code == 503
    assert answer.json()["code"] == "warehouse_unavailable"
    assert answer.json()["origin"] == "hub"
    for value in (*world.owner.values(), world.land["serial"], "disk_full"):
        assert value not in answer.text


def test_an_opened_lookup_that_never_ended_is_reported(desk: Any, world: Any) -> None:
    desk.headers()
    world.run("ALTER TABLE audit.entry ADD CONSTRAINT x CHECK (kind <> 'outcome') NOT VALID")
    desk.ask(world.owner)
    assert world.rows("SELECT * FROM audit.unclosed_intent") == []
    world.run("ALTER TABLE audit.entry DISABLE TRIGGER entry_is_never_changed")
    world.run("UPDATE audit.entry SET recorded_at = now() - interval '61 seconds'")
    (unclosed,) = world.rows("SELECT * FROM audit.unclosed_intent")
    assert unclosed["client_id"] == "desk-ha-long"


@pytest.mark.parametrize(
    "statement",
    ["UPDATE audit.entry SET kind = 'token'", "DELETE FROM audit.entry", "TRUNCATE audit.entry"],
)
def test_not_even_the_owner_changes_an_entry_by_mistake(
    desk: Any, world: Any, statement: str
) -> None:
    desk.ask(world.owner)
    with pytest.raises(errors.InsufficientPrivilege):
        world.run(statement)


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT * FROM golden.person",
        "SELECT * FROM lookup.client",
        "SELECT * FROM lookup.request",
        "SELECT * FROM audit.entry",
        "SELECT * FROM standard.population__person",
        "INSERT INTO audit.entry DEFAULT VALUES",
        "DELETE FROM lookup.miss",
        "UPDATE lookup.miss_budget SET misses_per_day = 1000",
        "SELECT audit.append(NULL)",
        "SELECT lookup.find_person(NULL, '022185000123', 'x', 'y')",
        "SELECT lookup.count_miss('x', 'y', 'z')",
        "SELECT lookup.pick('{}', NULL)",
        "SELECT lookup.record(gen_random_uuid(), 'outcome', 'answered', NULL, NULL)",
        "CREATE TABLE lookup.x ()",
        "CREATE FUNCTION lookup.x() RETURNS int LANGUAGE sql RETURN 1",
        "SET ROLE motlan_lookup_functions",
        "SET ROLE motlan_pipeline",
        "COPY (SELECT 1) TO PROGRAM 'true'",
        "SELECT pg_read_file('/etc/hostname')",
        "ALTER FUNCTION lookup.read SECURITY INVOKER",
        "SELECT set_config('session_preload_libraries', 'x', false)",
    ],
)
def test_the_api_role_reaches_nothing_but_its_functions(world: Any, statement: str) -> None:
    with world.warehouse.connect("lookup") as connection, pytest.raises(psycopg.Error) as refused:
        connection.execute(statement)
    assert refused.value.sqlstate in {"42501", "42P01"}
    assert refused.value.sqlstate == "42501" or "standard." in statement


def test_the_api_role_executes_exactly_these(world: Any) -> None:
    found = world.rows(
        "SELECT p.proname AS name FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace"
        " WHERE n.nspname !~ '^pg_|^information_schema$'"
        " AND has_schema_privilege('motlan_lookup', n.oid, 'USAGE')"
        " AND has_function_privilege('motlan_lookup', p.oid, 'EXECUTE') ORDER BY 1"
    )
    assert [row["name"] for row in found] == [
        *("client_secret", "close", "open", "published_procedures", "read", "record"),
        *("schema_version", "show_receipt"),
    ]


def test_what_runs_with_more_rights_cannot_be_led_astray(world: Any) -> None:
    found = world.rows(
        "SELECT p.proname, p.proconfig, pg_get_userbyid(p.proowner) AS owner FROM pg_proc p"
        " JOIN pg_namespace n ON n.oid = p.pronamespace"
        " WHERE p.prosecdef AND n.nspname IN ('lookup', 'audit')"
    )
    assert len(found) == 8
    for row in found:
        assert row["proconfig"] == ["search_path=pg_catalog, pg_temp"]
        assert row["owner"] == "motlan_lookup_functions"


def test_a_ticket_serves_once_and_for_five_seconds(desk: Any, world: Any) -> None:
    desk.ask(world.owner)
    ticket = "00000000-0000-4000-8000-000000000001"
    for age, served in (("0 seconds", True), ("5.1 seconds", False)):
        world.run(
            f"UPDATE lookup.request SET ticket = %s, ticket_at = now() - interval '{age}'", ticket
        )
        with world.warehouse.connect("lookup") as connection:
            if served:
                assert connection.execute("SELECT * FROM lookup.read(%s)", [ticket]).fetchall()
            with pytest.raises(psycopg.DatabaseError) as refused:
                connection.execute("SELECT * FROM lookup.read(%s)", [ticket])
            assert refused.value.sqlstate == "ML001"
            connection.rollback()
