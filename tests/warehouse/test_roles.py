"""Who may do what in the warehouse: the whole matrix, so that no grant comes unnoticed."""

from typing import Any

import psycopg
import pytest

from cli.clusters import Cluster
from hub.settings import ROLES, Role

from ..conftest import TestWarehouse

READ_WRITE = "SELECT, INSERT, UPDATE"
RUNS = ("sync.run", "sync.run_step")
ALERTS = ("sync.step_total", "sync.alert", "sync.alert_told", "sync.circuit")
ALL_ROWS = "SELECT, INSERT, UPDATE, DELETE, TRUNCATE"
SIGNED = dict.fromkeys(
    (
        *("sync.steward", "sync.parking", "sync.release_signature", "sync.waiting"),
        *("sync.promise", "quality.opening"),
    ),
    "SELECT",
)
MATRIX: dict[Role, dict[str, str]] = {
    "pipeline": {
        "public.alembic_version": "SELECT",
        **dict.fromkeys(("sync.stream", "sync.batch", *ALERTS), READ_WRITE),
        **dict.fromkeys((*RUNS, "sync.part", "quality.suite_run"), f"{READ_WRITE}, DELETE"),
        **dict.fromkeys(("sync.parking", "sync.promise"), "SELECT, INSERT"),
        **dict.fromkeys(("sync.release_signature", "sync.waiting"), "SELECT"),
        **dict.fromkeys(
            (
                "quality.rule_result",
                "quality.batch_quality",
                "quality.quarantined_row",
            ),
            READ_WRITE,
        ),
        "link.judgement": ALL_ROWS,
        **dict.fromkeys(("link.node", "link.cluster_member"), f"{ALL_ROWS}, MAINTAIN"),
        **dict.fromkeys(
            (
                "golden.person",
                "golden.person_source",
                "golden.survivorship",
                "golden.build",
                "golden.built_from",
                "golden.statement",
            ),
            ALL_ROWS,
        ),
    },
    "lookup": {},
    "auditor": {
        **dict.fromkeys(("sync.stream", "sync.batch", *RUNS, *ALERTS), "SELECT"),
        **SIGNED,
        **dict.fromkeys(
            ("quality.suite_run", "quality.rule_result", "quality.batch_quality"), "SELECT"
        ),
        **dict.fromkeys(("golden.build", "golden.built_from", "golden.survivorship"), "SELECT"),
        **dict.fromkeys(("audit.entry", "audit.unclosed_intent"), "SELECT"),
        **dict.fromkeys(
            (
                "lookup.procedure",
                "lookup.procedure_field",
                "lookup.permission",
                "lookup.miss_budget",
            ),
            "SELECT",
        ),
    },
    "steward": {
        **dict.fromkeys(("sync.stream", "sync.batch", *RUNS, *ALERTS), "SELECT"),
        **SIGNED,
        **dict.fromkeys(
            ("quality.suite_run", "quality.rule_result", "quality.batch_quality"), "SELECT"
        ),
        **dict.fromkeys(("golden.build", "golden.built_from", "golden.survivorship"), "SELECT"),
        "link.judgement": "SELECT, INSERT",
        "link.cluster_member": "SELECT",
    },
}
"""Login role -> table or view -> what it may do with it, tables of ``standard`` apart."""
SCHEMAS: dict[Role, dict[str, str]] = {
    "pipeline": {
        **dict.fromkeys(("public", "sync", "quality", "link", "golden"), "USAGE"),
        **dict.fromkeys(("stage", "standard"), "USAGE, CREATE"),
    },
    "lookup": {"lookup": "USAGE"},
    "auditor": dict.fromkeys(("sync", "quality", "golden", "lookup", "audit"), "USAGE"),
    "steward": dict.fromkeys(("sync", "quality", "golden", "link"), "USAGE"),
}
SHOWN_OF_QUARANTINE = {
    *("quarantine_id", "stream", "batch_id", "record_id", "rule_id", "rule_ids", "reason_code"),
    *("owner", "state", "created_at", "first_batch_id", "resolved_by"),
}
OURS = "('sync', 'stage', 'standard', 'quality', 'link', 'golden', 'lookup', 'audit', 'public')"
TABLE_RIGHTS = f"""
SELECT n.nspname || '.' || c.relname AS name,
       string_agg(p.privilege, ', ' ORDER BY p.place) AS rights
FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
CROSS JOIN unnest(ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE', 'TRUNCATE', 'REFERENCES',
                        'TRIGGER', 'MAINTAIN']) WITH ORDINALITY AS p (privilege, place)
WHERE c.relkind IN ('r', 'v', 'm', 'p') AND n.nspname IN {OURS} AND n.nspname <> %(without)s
  AND has_table_privilege(%(role)s, c.oid, p.privilege)
GROUP BY 1
"""
SCHEMA_RIGHTS = f"""
SELECT n.nspname AS name, string_agg(p.privilege, ', ' ORDER BY p.place) AS rights
FROM pg_namespace AS n
CROSS JOIN unnest(ARRAY['USAGE', 'CREATE']) WITH ORDINALITY AS p (privilege, place)
WHERE n.nspname IN {OURS} AND has_schema_privilege(%(role)s, n.oid, p.privilege) GROUP BY 1
"""


def rights(warehouse: Any, query: str, role: Role, without: str = "standard") -> dict[str, str]:
    """Name -> the rights that a role has there, its own or through another role."""
    words = {"role": f"motlan_{role}", "without": without}
    with warehouse.connect() as connection:
        return dict(connection.execute(query, words).fetchall())


@pytest.fixture
def published(cluster: Cluster, empty_registers: str) -> TestWarehouse:
    """A warehouse with the tables of the three contracts in it, to look at and leave alone."""
    return TestWarehouse(cluster.url(empty_registers))


@pytest.mark.parametrize("role", ROLES)
def test_a_role_has_the_rights_of_the_matrix_and_no_other(published: Any, role: Role) -> None:
    assert rights(published, TABLE_RIGHTS, role) == MATRIX[role]
    assert rights(published, SCHEMA_RIGHTS, role) == SCHEMAS[role]
    own = rights(published, TABLE_RIGHTS, role, without="")
    assert any(name.startswith("standard.") for name in own) == (role == "pipeline")


@pytest.mark.parametrize(
    ("grant", "role", "name"),
    [
        ("GRANT SELECT ON golden.person TO motlan_auditor", "auditor", "golden.person"),
        ("GRANT SELECT ON audit.entry TO PUBLIC", "pipeline", "audit.entry"),
        ("GRANT motlan_pipeline TO motlan_steward", "steward", "link.node"),
        ("GRANT MAINTAIN ON sync.batch TO motlan_pipeline", "pipeline", "sync.batch"),
    ],
    ids=["direct", "public", "membership", "another right"],
)
def test_a_grant_too_many_is_found(warehouse: Any, grant: str, role: Role, name: str) -> None:
    with warehouse.connect() as connection:
        connection.execute(grant)
    try:
        found = rights(warehouse, TABLE_RIGHTS, role)
        assert found != MATRIX[role]
        assert found[name] != MATRIX[role].get(name)
    finally:  # memberships are the cluster's, not the database's
        with warehouse.connect() as connection:
            connection.execute("REVOKE motlan_pipeline FROM motlan_steward")


@pytest.mark.parametrize("role", ["auditor", "steward"])
def test_who_reads_the_quarantine_does_not_read_its_rows(warehouse: Any, role: Role) -> None:
    with warehouse.connect() as connection:
        found = connection.execute(
            "SELECT attname FROM pg_attribute WHERE attrelid = 'quality.quarantined_row'::regclass"
            " AND attnum > 0 AND has_column_privilege(%s, attrelid, attnum, 'SELECT')",
            (f"motlan_{role}",),
        )
        assert {name for (name,) in found} == SHOWN_OF_QUARANTINE


@pytest.mark.parametrize(
    ("role", "statement"),
    [
        ("auditor", "SELECT * FROM standard.population__person"),
        ("auditor", "SELECT * FROM golden.person"),
        ("auditor", "SELECT * FROM golden.statement"),
        ("auditor", "SELECT raw_row FROM quality.quarantined_row"),
        ("steward", "SELECT raw_row FROM quality.quarantined_row"),
        ("steward", "DELETE FROM link.judgement"),
        ("steward", "UPDATE link.judgement SET verdict = 'positive'"),
        ("pipeline", "SELECT * FROM audit.entry"),
        ("pipeline", "SELECT * FROM lookup.client"),
        ("pipeline", "DELETE FROM sync.batch"),
        ("pipeline", "INSERT INTO sync.release_signature DEFAULT VALUES"),
        ("pipeline", "DELETE FROM sync.parking"),
        ("pipeline", "SELECT sync.sign_release(1, 1, 'because')"),
        ("steward", "SELECT sync.sign_release(1, 1, 'because')"),
        ("steward", "INSERT INTO sync.release_signature DEFAULT VALUES"),
        ("steward", "SELECT quality.record_opening(1, 'because')"),
        ("steward", "SELECT quality.read_opened(1)"),
        ("pipeline", "SELECT quality.read_opened(1)"),
        ("pipeline", "DELETE FROM quality.quarantined_row"),
        ("pipeline", "CREATE TABLE public.mine (n int)"),
        ("lookup", "SELECT * FROM golden.person"),
        ("lookup", "SELECT * FROM sync.stream"),
        ("lookup", "SELECT * FROM audit.entry"),
    ],
)
def test_what_a_role_may_not_do_is_refused(published: Any, role: Role, statement: str) -> None:
    with (
        pytest.raises(psycopg.errors.InsufficientPrivilege),
        published.connect(role) as connection,
    ):
        connection.execute(statement)


def test_no_login_role_is_more_than_a_login(warehouse: Any) -> None:
    with warehouse.connect() as connection:
        found = connection.execute(
            "SELECT rolname FROM pg_roles WHERE rolname LIKE 'motlan\\_%' AND (rolsuper OR"
            " rolcreaterole OR rolcreatedb OR rolreplication OR rolbypassrls)"
        )
        assert found.fetchall() == []
