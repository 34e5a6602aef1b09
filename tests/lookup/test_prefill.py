"""What a desk gets: the fields of its procedure, with their dates, and which papers to bring."""

import hashlib
import json
import re
from typing import Any

import pytest

FIELD_KEYS = {"value", "source", "as_of", "verdict", "classification", "provenance"}
DOCUMENT_KEYS = {"id", "name", "class", "action", "only_if", "replaced_by", "legal_basis"}
ANSWER_KEYS = {
    *("receipt", "procedure", "dossier_code", "fields", "documents"),
    *("competent_authority", "time_limits", "fees", "missing"),
}


def actions(answer: Any) -> dict[str, str]:
    return {item["id"]: item["action"] for item in answer.json()["documents"]}


def test_a_permit_is_prefilled_and_the_certificate_stays_at_home(desk: Any, world: Any) -> None:
    answer = desk.ask(world.owner, procedure_code="1.013225")
    body = answer.json()
    assert answer.status_code == 200, answer.text
    assert set(body) == ANSWER_KEYS
    assert all(set(item) == FIELD_KEYS for item in body["fields"].values())
    assert all(set(item) == DOCUMENT_KEYS for item in body["documents"])
    assert body["fields"]["full_name"]["value"] == "Nguyễn Thị Hoà Lý"
    assert body["fields"]["full_name"]["source"] == "population"
    assert body["fields"]["full_name"]["as_of"] == "2026-11-01T08:00:00+07:00"
    assert body["fields"]["full_name"]["verdict"] == "known"
    assert body["fields"]["full_name"]["provenance"]["contract_hash"] == "c0ffee"
    assert actions(answer) == {
        "application": "prefilled",
        "land_certificate": "not_needed",
        "drawings": "bring",
    }
    (evidence,) = body["documents"][1]["replaced_by"]
    assert evidence["field"] == "certificates"
    assert evidence["source"] == "land_registry"
    assert "66.7/2025" in body["documents"][1]["legal_basis"]["act"]
    assert body["competent_authority"]["commune_code"] == "06787"
    assert body["missing"]["fields"] == []
    assert body["missing"]["tell_within_working_hours_online"] == 8


def test_an_elder_without_pension_brings_no_paper(desk: Any, world: Any) -> None:
    answer = desk.ask(world.elder, procedure_code="1.014027")
    assert actions(answer) == {
        "declaration": "prefilled",
        "age_and_residence": "not_needed",
        "no_pension": "not_needed",
    }
    assert answer.json()["fields"]["sex_code"]["verdict"] == "unknown"
    assert answer.json()["missing"]["fields"] == ["sex_code", "ethnic_code"]
    assert answer.json()["competent_authority"]["commune_code"] == "06652"


def test_no_field_outside_the_procedure_appears(desk: Any, world: Any) -> None:
    answer = desk.ask(world.owner, procedure_code="1.014027")
    assert set(answer.json()["fields"]) == {
        *("pin", "full_name", "birth_date", "sex_code", "ethnic_code", "residences"),
        "receives_pension",
    }
    assert "100987654" not in answer.text
    assert world.land["serial"] not in answer.text


def test_of_a_list_only_the_parts_of_the_procedure_appear(desk: Any, world: Any) -> None:
    residence = desk.ask(world.owner, procedure_code="1.004222")
    permit = desk.ask(world.owner, procedure_code="1.013225")
    assert world.land["encumbrance"] not in residence.text
    assert permit.json()["fields"]["certificates"]["value"] == [world.land]


def test_a_field_that_the_client_may_not_see_says_so(desk: Any, world: Any) -> None:
    world.run("UPDATE lookup.permission SET fields = '{pin,full_name}'")
    answer = desk.ask(world.owner)
    certificates = answer.json()["fields"]["certificates"]
    assert certificates["verdict"] == "not_allowed"
    assert certificates["value"] is None
    assert world.land["serial"] not in answer.text
    assert actions(answer)["land_certificate"] == "bring"


@pytest.mark.parametrize(
    ("change", "verdict"),
    [
        ("UPDATE golden.built_from SET as_of = now() - interval '25 hours'", "stale"),
        ("DELETE FROM golden.built_from", "stale"),
        (
            "UPDATE golden.person SET document = jsonb_set(document, '{certificates,verdict}',"
            " '\"conflicting\"')",
            "conflicting",
        ),
        ("UPDATE golden.person SET document = document - 'certificates'", "unknown"),
    ],
)
def test_only_a_known_value_replaces_a_paper(
    desk: Any, world: Any, change: str, verdict: str
) -> None:
    world.run(change)
    answer = desk.ask(world.owner)
    assert answer.json()["fields"]["certificates"]["verdict"] == verdict
    assert "certificates" in answer.json()["missing"]["fields"]
    assert actions(answer)["land_certificate"] == "bring"


def test_the_receipt_ties_the_answer_to_the_request(desk: Any, world: Any) -> None:
    body = json.dumps(desk.request(world.owner)).encode()
    headers = desk.headers() | {"Content-Type": "application/json"}
    receipt = desk.client.post("/v1/prefill", content=body, headers=headers).json()["receipt"]
    assert receipt["request_hash"] == hashlib.sha256(body).hexdigest()
    shown = desk.client.get(f"/v1/receipts/{receipt['id']}", headers=headers)
    assert shown.status_code == 200
    assert shown.json()["outcome"] == "answered"
    assert "certificates" in shown.json()["fields"]
    for value in world.owner.values():
        assert value not in shown.text


def test_a_receipt_is_for_its_own_client_only(desk: Any, world: Any) -> None:
    from lookup.access import register_client

    receipt = desk.ask(world.owner).json()["receipt"]["id"]
    register_client("desk-mong-cai", world.secret, "X", desk="Y", procedures=["1.004222"])
    stranger = type(desk)(desk.client, client_id="desk-mong-cai")
    address = f"/v1/receipts/{receipt}"
    refused = desk.client.get(address, headers=stranger.headers())
    assert refused.status_code == 404
    assert refused.json()["code"] == "receipt_unknown"


@pytest.mark.parametrize(
    "spelling",
    ["NGUYỄN THỊ HÒA LÍ", "nguyen thi hoa ly", "  Nguyễn  Thị Hoà Lý ", "Nguyễn Thị Hoà Lý"],
)
def test_accents_tone_placement_and_capitals_are_forgiven(
    desk: Any, world: Any, spelling: str
) -> None:
    assert desk.ask(world.owner | {"full_name": spelling}).status_code == 200


@pytest.mark.parametrize(
    "change",
    [
        {"full_name": "Nguyễn Thị Hoà"},
        {"full_name": "Lý Thị Hoà Nguyễn"},
        {"full_name": "ঢাকা"},
        {"birth_date": "1985-03-07"},
        {"birth_date": "1985"},
        {"pin": "022185000124"},
    ],
)
def test_nothing_else_is_forgiven(desk: Any, world: Any, change: dict[str, str]) -> None:
    answer = desk.ask(world.owner | change)
    assert answer.status_code == 404
    assert answer.json()["code"] == "no_corroborated_person"


def test_unknown_mismatched_and_deceased_look_the_same(desk: Any, world: Any) -> None:
    dead = {"pin": "022150000001", "full_name": "Trần Văn Mất", "birth_date": "1950-01-02"}
    world.add_person(dead, deceased=True)
    questions = [
        {"pin": "022199999999", "full_name": "Không Có Ai", "birth_date": "1999-01-01"},
        world.owner | {"full_name": "Người Khác"},
        world.owner | {"birth_date": "1985-07-04"},
        dead,
    ]
    answers = [desk.ask(person) for person in questions]
    masked = {re.sub(rb"[0-9a-f-]{36}", b"ID", answer.content) for answer in answers}
    headers = {str(sorted(answer.headers.items())) for answer in answers}
    assert {answer.status_code for answer in answers} == {404}
    assert len(masked) == 1
    assert len(headers) == 1


def test_a_request_of_yesterday_is_not_answered_again(desk: Any, world: Any) -> None:
    body = desk.request(world.owner)
    assert desk.send(body).status_code == 200
    world.run("UPDATE lookup.request SET opened_at = opened_at - interval '25 hours'")
    again = desk.send(body)
    assert (again.status_code, again.json()["code"]) == (409, "request_reused")


def test_the_same_request_gives_the_same_receipt_and_another_body_none(
    desk: Any, world: Any
) -> None:
    question = desk.request(world.owner)
    first, again = desk.send(question), desk.send(question)
    assert first.json()["receipt"] == again.json()["receipt"]
    assert first.json()["fields"]["pin"] == again.json()["fields"]["pin"]
    other = desk.send(question | {"officer_id": "cb.002"})
    assert other.status_code == 409
    assert other.json()["code"] == "request_reused"
    kinds = [entry["kind"] for entry in world.entries()]
    assert kinds == ["intent", "outcome", "replay", "outcome", "refusal"]


def test_a_dossier_stays_with_its_first_person(desk: Any, world: Any) -> None:
    dossier = "H49.12-260930-9999"
    assert desk.ask(world.owner, dossier_code=dossier).status_code == 200
    assert desk.ask(world.owner, dossier_code=dossier).status_code == 200
    for changes in ({"person": world.elder}, {"procedure_code": "1.004222"}):
        question = desk.request(world.owner, dossier_code=dossier) | changes
        answer = desk.send(question)
        assert answer.status_code == 409
        assert answer.json()["code"] == "dossier_bound"


def test_a_miss_binds_no_dossier(desk: Any, world: Any) -> None:
    dossier = "H49.12-260930-8888"
    wrong = world.owner | {"pin": "022185000321"}
    assert desk.ask(wrong, dossier_code=dossier).status_code == 404
    assert desk.ask(world.owner, dossier_code=dossier).status_code == 200
