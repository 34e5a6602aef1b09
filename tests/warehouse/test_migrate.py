"""What stops the migrations is told in one sentence that says what to do."""

from collections.abc import Callable

import psycopg
import pytest
from alembic import command

from cli.clusters import Cluster
from cli.environment import with_login
from hub.errors import WarehouseRefusedError, WarehouseUnavailableError
from hub.settings import ROLES
from warehouse.migrate import upgrade

PASSWORDS = dict.fromkeys(ROLES, "only-in-tests")
WAITING_BEFORE = """
INSERT INTO sync.stream (name, source, dataset, freshness, contract_hash)
VALUES ('ferry.boat', 'ferry', 'boat', '1 day', '');
WITH batch AS (
    INSERT INTO sync.batch (stream, batch_key, predecessor, state, fence, mode, contract_hash,
        landed_url, read, key_digest, content_digest, proof, cursor_to, source_as_of)
    VALUES ('ferry.boat', 'a', '', 'parked', 1, 'snapshot', '', '', 1, '', '', '{}', '{}', now())
    RETURNING batch_id
), waiting AS (
    INSERT INTO quality.quarantined_row
        (stream, batch_id, record_id, rule_id, rule_ids, reason_code, owner, raw_row)
    SELECT 'ferry.boat', batch_id, 'B1', 'V-ODD', '{V-ODD}', 'RULE_BROKEN', 'desk', '' FROM batch
)
INSERT INTO sync.parking (batch_id, causes, reason, counts)
SELECT batch_id, causes::text[], 'because', '{}'
FROM batch, unnest(ARRAY['{gate}', '{went_back}']) AS causes
"""


def test_an_owner_who_is_no_superuser_is_told_that_one_is_needed(
    make_database: Callable[[], str],
) -> None:
    url = make_database()
    with psycopg.connect(url) as connection:
        connection.execute("CREATE ROLE plain_owner LOGIN CREATEROLE PASSWORD 'x'")
        name = connection.info.dbname
        connection.execute(f"ALTER DATABASE {name} OWNER TO plain_owner".encode())
    with pytest.raises(WarehouseRefusedError) as refused:
        upgrade(with_login(url, "plain_owner", "x"), PASSWORDS)
    assert "needs a superuser for its first migration" in str(refused.value)
    assert "plain_owner is none" in str(refused.value)


def test_a_server_that_is_down_is_not_one_that_refuses(cluster: Cluster) -> None:
    with pytest.raises(WarehouseUnavailableError, match=r"127\.0\.0\.1:1 does not answer"):
        upgrade("postgresql://motlan:x@127.0.0.1:1/motlan", PASSWORDS)
    with pytest.raises(WarehouseUnavailableError) as refused:
        upgrade(cluster.url("no_such_database"), PASSWORDS)
    assert 'refuses the owner\'s login: database "no_such_database" does not exist' in str(
        refused.value
    )


def test_a_lock_that_is_not_given_is_named_and_not_called_a_silent_server(
    make_database: Callable[[], str],
) -> None:
    url = make_database()
    with psycopg.connect(url) as holder:
        holder.execute("SELECT pg_advisory_lock(hashtext('motlan.migrate'))")
        with pytest.raises(WarehouseRefusedError, match=r"LockNotAvailable \(55P03\)"):
            upgrade(f"{url}?options=-clock_timeout%3D100", PASSWORDS)


def test_what_waited_before_a_version_was_kept_waits_since_the_batch_that_brought_it(
    make_database: Callable[[], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    url, whole = make_database(), command.upgrade
    with monkeypatch.context() as patch:
        patch.setattr(command, "upgrade", lambda config, _: whole(config, "0005"))
        upgrade(url, PASSWORDS)
    with psycopg.connect(url) as connection:
        connection.execute(WAITING_BEFORE)
    upgrade(url, PASSWORDS)
    with psycopg.connect(url) as connection:
        waiting = connection.execute(
            "SELECT first_batch_id = batch_id, source_version FROM quality.quarantined_row"
        ).fetchall()
        parked = connection.execute("SELECT causes, releasable FROM sync.parking").fetchall()
    assert waiting == [(True, None)]
    assert parked == [(["gate"], False), (["went_back"], True)]
