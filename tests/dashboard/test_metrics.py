"""Prometheus reads the ledger over the dashboard: true figures, in its own conventions."""

import re
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families

from warehouse.runs import Run, run_step

STREAM = "population.person"
PERSON = {"source": "population", "stream": STREAM}


def scrape(page: Any) -> dict[str, float]:
    """Every sample as Prometheus writes it, name{labels} -> value."""
    answer = page.get("/metrics")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/plain; version=")
    return {
        name(sample.name, sample.labels): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }


def name(metric: str, labels: dict[str, str]) -> str:
    return metric + "{" + ",".join(f"{key}={labels[key]}" for key in sorted(labels)) + "}"


def of(found: dict[str, float], metric: str, **labels: str) -> float:
    return found[name(metric, {**PERSON, **labels})]


@pytest.mark.usefixtures("filled")
def test_a_stream_is_told_as_it_stands_in_the_ledger(page: Any) -> None:
    found = scrape(page)
    rows = {
        outcome: of(found, "motlan_rows_total", outcome=outcome)
        for outcome in ("accepted", "unchanged", "superseded", "quarantined")
    }
    assert rows == {"accepted": 1950, "unchanged": 40, "superseded": 3, "quarantined": 7}
    assert of(found, "motlan_read_rows_total") == sum(rows.values()) == 2000
    assert of(found, "motlan_register_rows") == 1998
    assert of(found, "motlan_open_quarantine_rows") == 7
    assert of(found, "motlan_published_batches_total") == 1
    assert of(found, "motlan_freshness_promise_seconds") == 26 * 3600
    assert of(found, "motlan_as_of_age_seconds") == pytest.approx(2 * 3600 + 300, abs=60)
    assert of(found, "motlan_last_batch_state", state="published") == 1
    assert of(found, "motlan_last_batch_state", state="parked") == 0


@pytest.mark.usefixtures("filled")
def test_what_waits_is_told_and_what_never_came_has_no_age(page: Any) -> None:
    found = scrape(page)
    certificate = {"source": "land_registry", "stream": "land_registry.certificate"}
    assert found[name("motlan_parked_batches", certificate)] == 1
    assert found[name("motlan_last_batch_state", {**certificate, "state": "parked"})] == 1
    parcel = {"source": "land_registry", "stream": "land_registry.parcel"}
    assert name("motlan_as_of_age_seconds", parcel) not in found
    assert found[name("motlan_read_rows_total", parcel)] == 0


@pytest.mark.usefixtures("filled")
def test_steps_are_summed_and_the_last_one_is_told(page: Any) -> None:
    for key, rows in (("a", 5), ("b", 7)):
        for part in (0, 1):
            with run_step(Run(STREAM, key, "normal"), "load", part) as note:
                note.rows = rows
    found = scrape(page)
    assert of(found, "motlan_step_seconds_count", step="load") == 4
    assert of(found, "motlan_step_rows_total", step="load") == 24
    total = of(found, "motlan_step_seconds_sum", step="load")
    assert 0 < of(found, "motlan_last_step_seconds", step="load") < total


def test_open_alerts_and_circuits_are_told_by_kind_and_source(filled: Any, page: Any) -> None:
    filled.run(
        "INSERT INTO sync.alert (kind, source, stream, what, todo)"
        " VALUES ('late', 'population', %s, 'It is late.', 'Ask why.')",
        STREAM,
    )
    filled.run(
        "INSERT INTO sync.circuit (source, failures, open_until)"
        " VALUES ('population', 5, now() + interval '1 minute')"
    )
    found = scrape(page)
    assert found["motlan_open_alerts{kind=late,source=population}"] == 1
    assert found["motlan_open_alerts{kind=brake,source=population}"] == 0
    assert found["motlan_circuit_open{source=population}"] == 1
    assert found["motlan_circuit_failures{source=population}"] == 5


def test_counters_only_grow(filled: Any, page: Any) -> None:
    before = scrape(page)
    filled.batch(STREAM, read=3, accepted=3)
    with run_step(Run(STREAM, "a", "normal"), "publish"):
        pass
    after = scrape(page)
    counters = [key for key in before if re.match(r"\w+_(total|count|sum)\{", key)]
    assert counters
    assert all(after[key] >= before[key] for key in counters)
    assert of(after, "motlan_read_rows_total") == of(before, "motlan_read_rows_total") + 3


@pytest.mark.usefixtures("filled")
def test_names_follow_the_conventions_and_nothing_is_said_of_anybody(page: Any) -> None:
    text = page.get("/metrics").text
    families = list(text_string_to_metric_families(text))
    assert len(families) >= 15
    for family in families:
        assert family.name.startswith("motlan_")
        assert family.documentation.endswith(".")
        assert not re.search(r"_(ms|minutes|hours|percent)$", family.name)
    labels = {key for family in families for sample in family.samples for key in sample.labels}
    assert labels == {"source", "stream", "outcome", "state", "kind"}
    assert "R0" not in text  # a record id that lies in quarantine


def test_a_scrape_of_a_warehouse_that_is_down_fails(page: Any, warehouse: Any) -> None:
    with warehouse.connect() as owner:
        owner.execute("ALTER ROLE motlan_auditor CONNECTION LIMIT 0")
    try:
        assert page.get("/metrics").status_code == 503
    finally:
        with warehouse.connect() as owner:
            owner.execute("ALTER ROLE motlan_auditor CONNECTION LIMIT -1")
