"""The API's outside: routes, errors, headers, and what no log or error may hold."""

import json
import logging
from typing import Any

import pytest

from lookup.problems import KINDS, ProblemBody

OPEN_ROUTES = {
    *("/.well-known/jwks.json", "/healthz", "/metrics", "/oauth/token", "/openapi.json"),
    *("/readyz", "/v1/procedures", "/v1/procedures/{code}"),
}
CANARY = {
    "pin": "079190987654",
    "full_name": "Hoàng Nữ Chim Hoàng Yến Xanh",
    "birth_date": "1990-12-24",
}


def test_openapi_lists_exactly_the_routes(client: Any) -> None:
    document = client.get("/openapi.json").json()
    assert document["openapi"] == "3.1.0"
    assert set(document["paths"]) == {
        *(OPEN_ROUTES - {"/openapi.json"}),
        *("/v1/prefill", "/v1/receipts/{receipt_id}"),
    }
    assert document["components"]["schemas"]["PrefillRequest"]["additionalProperties"] is False
    text = json.dumps(document)
    for reference in set(_references(document)):
        name = reference.removeprefix("#/components/schemas/")
        assert name in document["components"]["schemas"], reference
    assert "clientCredentials" in text


def _references(node: Any) -> Any:
    if isinstance(node, dict):
        if isinstance(node.get("$ref"), str):
            yield node["$ref"]
        for value in node.values():
            yield from _references(value)
    elif isinstance(node, list):
        for value in node:
            yield from _references(value)


def test_every_route_needs_a_token_but_those_that_say_so(client: Any) -> None:
    paths = client.get("/openapi.json").json()["paths"]
    for path, methods in paths.items():
        for method, operation in methods.items():
            address = path.replace("{code}", "1.004222").replace("{receipt_id}", "x")
            answer = client.request(method, address)
            if path in OPEN_ROUTES:
                assert "security" not in operation
                assert answer.status_code in {200, 400}, path
            else:
                assert operation["security"] == [{"client_credentials": []}]
                assert answer.status_code == 401, path
                assert answer.headers["www-authenticate"] == "Bearer"
                assert answer.headers["content-type"] == "application/problem+json"


def test_answers_are_never_stored_and_never_shared(desk: Any, world: Any) -> None:
    for answer in (desk.ask(world.owner), desk.client.get("/nowhere"), desk.send({})):
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert not [name for name in answer.headers if name.startswith("access-control")]
    preflight = desk.client.options("/v1/prefill", headers={"Origin": "https://elsewhere.example"})
    assert preflight.status_code == 405
    assert "access-control-allow-origin" not in preflight.headers


@pytest.mark.parametrize(
    ("change", "place"),
    [
        ({"request_id": "7"}, "request_id"),
        ({"procedure_code": "1.4222"}, "procedure_code"),
        ({"dossier_code": "H49.12-261332-0001"}, "dossier_code"),
        ({"dossier_code": "h49"}, "dossier_code"),
        ({"dossier_code": None}, "dossier_code"),
        ({"officer_id": ""}, "officer_id"),
        ({"officer_id": "a b"}, "officer_id"),
        ({"079190987654": 1}, "(body)"),
        ({"person": CANARY | {"pin": "07919098765x"}}, "person.pin"),
        ({"person": CANARY | {"pin": "٠٧٩١٩٠٩٨٧٦٥٤"}}, "person.pin"),
        ({"person": CANARY | {"pin": 79190987654}}, "person.pin"),
        ({"person": CANARY | {"birth_date": "1990-02-30"}}, "person.birth_date"),
        ({"person": CANARY | {"birth_date": "24/12/1990"}}, "person.birth_date"),
        ({"person": CANARY | {"full_name": ""}}, "person.full_name"),
        ({"person": CANARY | {"full_name": "Yến\u0000"}}, "person.full_name"),
        ({"person": CANARY | {"full_name": "Yến" * 40}}, "person.full_name"),
        ({"person": [CANARY["pin"]]}, "person"),
    ],
)
def test_a_malformed_request_is_named_and_never_repeated(
    desk: Any, change: dict[str, Any], place: str
) -> None:
    answer = desk.send(desk.request(CANARY) | change)
    assert answer.status_code == 422
    assert answer.json()["code"] == "request_invalid"
    assert answer.json()["origin"] == "client"
    assert [error["field"] for error in answer.json()["errors"]] == [place]
    for value in (*CANARY.values(), "Yến", "79190987654", "1990-02-30", "24/12"):
        assert value not in answer.text


@pytest.mark.parametrize(
    ("body", "media_type", "status"),
    [
        (b'{"person": {"pin": "079190987654"', "application/json", 422),
        (b"\xff\xfe079190987654", "application/json", 422),
        (b"[" * 4000, "application/json", 422),
        (b"", "application/json", 422),
        (b"{}", "text/plain", 415),
        (b"pin=079190987654", "application/x-www-form-urlencoded", 415),
        (b" " * 4097, "application/json", 413),
    ],
)
def test_a_body_that_is_no_request_is_refused(
    desk: Any, world: Any, body: bytes, media_type: str, status: int
) -> None:
    headers = desk.headers() | {"Content-Type": media_type}
    answer = desk.client.post("/v1/prefill", content=body, headers=headers)
    assert answer.status_code == status
    assert "079190987654" not in answer.text
    assert [entry["kind"] for entry in world.entries()] == ["refusal"]


def test_no_value_reaches_a_log_or_an_error(
    desk: Any, world: Any, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    world.add_person(CANARY)
    answers = [
        desk.ask(CANARY | {"birth_date": "1990-12-25"}),
        desk.ask(CANARY, procedure_code="1.999999"),
        desk.send({"person": CANARY}),
        desk.client.get(f"/v1/procedures/{CANARY['pin']}"),
        desk.client.get(f"/{CANARY['pin']}"),
    ]
    assert desk.ask(CANARY).status_code == 200
    world.run("ALTER TABLE audit.entry RENAME TO entry_away")
    answers.append(desk.ask(CANARY))
    world.run("ALTER TABLE audit.entry_away RENAME TO entry")
    world.run("UPDATE golden.person SET document = jsonb_set(document, '{pin,as_of}', '\"x\"')")
    answers.append(desk.ask(CANARY))
    metrics = desk.client.get("/metrics").text
    assert [answer.status_code for answer in answers] == [404, 422, 422, 404, 404, 503, 500]
    assert "motlan_lookup_requests_total" in metrics
    logged = "\n".join(
        record.getMessage() + (record.exc_text or "")
        for record in caplog.records
        # The test's own client, and the log of paths that the services are started without.
        if not record.name.startswith(("httpx", "httpcore", "uvicorn.access"))
    )
    assert "failed: ValidationError" in logged
    for value in (*CANARY.values(), "Chim Hoàng Yến", "hoang nu chim"):
        assert value not in logged + metrics
        assert all(value not in answer.text for answer in answers)


def test_the_catalogue_is_public_and_complete(client: Any) -> None:
    listed = client.get("/v1/procedures").json()["procedures"]
    assert [item["code"] for item in listed] == ["1.004222", "1.013225", "1.014027"]
    detail = client.get("/v1/procedures/1.013225").json()
    assert detail["title"]["vi"].startswith("Cấp giấy phép xây dựng")
    assert {item["class"] for item in detail["documents"]} == {
        *("DECLARATION", "PROOF_OF_FACT", "TECHNICAL"),
    }
    assert client.get("/v1/procedures/9.999999").json()["code"] == "procedure_not_found"


def test_readiness_follows_the_warehouse(client: Any, world: Any) -> None:
    assert client.get("/healthz").json() == {"status": "ok"}
    ready = client.get("/readyz")
    assert ready.status_code == 200
    assert set(ready.json()["checks"].values()) == {"ok", "published"}
    world.run("UPDATE public.alembic_version SET version_num = '0000'")
    outdated = client.get("/readyz")
    assert outdated.status_code == 503
    assert "motlan up" in outdated.json()["checks"]["schema"]


def test_a_lost_connection_is_mended_without_a_word(desk: Any, world: Any) -> None:
    assert desk.ask(world.owner).status_code == 200
    world.rows(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE usename = 'motlan_lookup' AND datname = current_database()"
    )
    assert desk.ask(world.owner).status_code == 200


def test_a_missing_key_says_what_to_do(world: Any) -> None:
    from hub.errors import SettingsError
    from lookup.app import create_app

    with pytest.raises(SettingsError, match="motlan up"):
        create_app()


def test_a_problem_speaks_only_of_what_its_answer_holds() -> None:
    assert "errors" in ProblemBody.model_fields
    assert "checks" not in ProblemBody.model_fields
    assert not [kind for kind in KINDS.values() if "under checks" in kind.detail]
