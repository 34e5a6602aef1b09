"""Misses are counted in the database: for the officer, the organisation and the number."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from typing import Any


def wrong(world: Any, number: int) -> dict[str, str]:
    """A guess about a number of its own, so that only the caller's budgets are spent."""
    return world.owner | {"pin": f"0221850{number:05}", "full_name": "Người Không Có"}


def statuses(answers: list[Any]) -> list[int]:
    return [answer.status_code for answer in answers]


def test_an_officer_has_twenty_misses_a_day(desk: Any, world: Any) -> None:
    found = statuses([desk.ask(wrong(world, number)) for number in range(21)])
    assert found == [404] * 20 + [429]
    refused = desk.ask(world.owner)
    assert refused.status_code == 429
    assert refused.json()["code"] == "over_budget"
    assert 0 < int(refused.headers["retry-after"]) <= 86_400
    colleague = type(desk)(desk.client, officer_id="cb.002")
    assert colleague.ask(world.owner).status_code == 200


def test_yesterdays_misses_do_not_count(desk: Any, world: Any) -> None:
    for number in range(21):
        desk.ask(wrong(world, number))
    world.run("UPDATE lookup.miss SET counted_on = counted_on - 1")
    assert desk.ask(world.owner).status_code == 200


def test_trying_birth_dates_through_fifty_officers_is_locked_out(desk: Any, world: Any) -> None:
    first = date(1985, 6, 1)
    days = [(first + timedelta(days=number)).isoformat() for number in range(50)]
    answers = []
    for number, day in enumerate(days):
        officer = type(desk)(desk.client, officer_id=f"cb.{number:03}", bearer=desk.bearer)
        answers.append(officer.ask(world.owner | {"birth_date": day}))
        desk.bearer = officer.bearer
    assert world.owner["birth_date"] in days
    assert statuses(answers) == [404] * 5 + [429] * 45


def test_with_the_guard_off_the_same_attack_succeeds(desk: Any, world: Any) -> None:
    world.run("UPDATE lookup.miss_budget SET misses_per_day = 1000")
    first = date(1985, 6, 1)
    answers = [
        desk.ask(world.owner | {"birth_date": (first + timedelta(days=number)).isoformat()})
        for number in range(50)
    ]
    assert statuses(answers).count(200) == 1


def test_parallel_guesses_share_one_budget(desk: Any, world: Any) -> None:
    desk.headers()
    with ThreadPoolExecutor(8) as workers:
        asked = [workers.submit(desk.ask, wrong(world, number)) for number in range(32)]
        found = statuses([item.result() for item in asked])
    assert sorted(found) == [404] * 20 + [429] * 12


def test_an_organisation_has_two_hundred(desk: Any, world: Any) -> None:
    world.run("UPDATE lookup.miss_budget SET misses_per_day = 3 WHERE scope = 'organisation'")
    desk.headers()
    found = []
    for number in range(4):
        officer = type(desk)(desk.client, officer_id=f"cb.{number:03}", bearer=desk.bearer)
        found.append(officer.ask(wrong(world, number)).status_code)
    assert found == [404, 404, 404, 429]
    world.run("UPDATE lookup.client SET organisation = 'UBND phường khác'")
    assert desk.ask(world.owner).status_code == 200


def test_a_match_and_a_repeated_request_cost_nothing(desk: Any, world: Any) -> None:
    question = desk.request(wrong(world, 1))
    for _ in range(3):
        assert desk.ask(world.owner).status_code == 200
        assert desk.send(question).status_code == 404
    counted = world.rows("SELECT scope, misses FROM lookup.miss ORDER BY scope")
    assert [row["misses"] for row in counted] == [1, 1, 1]


def test_spoofed_addresses_buy_no_new_budget(desk: Any, world: Any) -> None:
    desk.headers()
    found = []
    for number in range(21):
        headers = desk.headers() | {"X-Forwarded-For": f"10.0.0.{number}", "X-Officer": "other"}
        body = desk.request(wrong(world, number))
        found.append(desk.client.post("/v1/prefill", json=body, headers=headers).status_code)
    assert found == [404] * 20 + [429]
