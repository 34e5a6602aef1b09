"""Each DAG under Airflow's own scheduler, with one of its tasks killed in the middle.

One hub for all of them, because it takes half a minute to start. What Airflow's tasks leave in the
warehouse is compared with what the command, undisturbed, leaves in another one.
"""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from warehouse.landing import read_keys

from .fingerprint import take_fingerprints
from .scheduler import STREAMS, Hub, Kill, Undisturbed, read_golden, running_hub

SOURCES = tuple(dict.fromkeys(stream.partition(".")[0] for stream in STREAMS))
WRITES_STAGE = "LOCK TABLE {stage} IN SHARE MODE"
WRITES_VERDICT = (
    "INSERT INTO quality.suite_run (batch_id, stream, suite, suite_hash, expectations, success,"
    " result) VALUES (%(batch_id)s, %(stream)s, '', '', 0, true, '{{}}')"
)
WRITES_QUALITY = (
    "INSERT INTO quality.batch_quality (batch_id, stream, records, records_passing_all)"
    " VALUES (%(batch_id)s, %(stream)s, 0, 0)"
)
"""The last thing that a publish transaction writes before it closes the books."""
SYNCS = (
    Kill("sync_population", "person.publish", WRITES_QUALITY, "population.person"),
    Kill("sync_social_insurance", "card.judge", WRITES_VERDICT, "social_insurance.card"),
    Kill("sync_land_registry", "parcel.load", WRITES_STAGE, "land_registry.parcel", ("landing",)),
    Kill("sync_vehicle", "car.load", WRITES_STAGE, "vehicle.car", ("landing",)),
)
RECONCILES = (
    Kill("reconcile_population", "person.judge", WRITES_VERDICT, "population.person"),
    Kill("reconcile_social_insurance", "card.publish", WRITES_QUALITY, "social_insurance.card"),
    Kill("reconcile_land_registry", "parcel.publish", WRITES_QUALITY, "land_registry.parcel"),
    Kill("reconcile_vehicle", "car.publish", WRITES_QUALITY, "vehicle.car"),
)
GOLDEN = Kill("build_golden", "build", "LOCK TABLE golden.built_from IN SHARE MODE")
MAINTENANCE = Kill(
    "maintenance", "versions", 'LOCK TABLE standard."vehicle__car_history" IN SHARE MODE'
)
"""The last register whose old versions are deleted: those of the others are gone by then."""
LOSE_A_ROW = "DELETE FROM {standard} WHERE record_id = (SELECT min(record_id) FROM {standard})"
REMEMBER_OLD_VERSIONS = (
    "INSERT INTO {history} SELECT (jsonb_populate_record(NULL::{history}, to_jsonb(held) ||"
    " jsonb_build_object('valid_to', now(), 'replaced_at', now() - interval '60 years',"
    " 'replaced_by', held.batch_id))).* FROM {standard} AS held LIMIT 9"
)


def run_into(hub: Hub, kills: Sequence[Kill]) -> None:
    """Run DAGs at once, kill one task of each, and see each run end green by that task's retry."""
    for told in kills:
        hub.airflow.unpause(told.dag_id)
    runs = [hub.airflow.trigger(told.dag_id) for told in kills]
    with ThreadPoolExecutor(len(kills)) as pool:
        killed = list(pool.map(hub.kill, kills))
    assert len(set(killed)) == len(kills)
    for told, run in zip(kills, hub.wait(runs), strict=True):
        assert (run.state, hub.airflow.list_failed_tasks(run)) == ("success", []), told.dag_id
        tries = sorted(hub.airflow.list_tries(run, told.task_id))
        assert tries == [["failed", "success"]] + [["success"]] * (len(tries) - 1), told.dag_id


def alter_both(hub: Hub, undisturbed: Undisturbed, statement: str, streams: Sequence[str]) -> None:
    """Change registers behind the hub's back, the same in both warehouses."""
    for url in (hub.owner_url, undisturbed.owner_url):
        with psycopg.connect(url) as owner:
            for stream in streams:
                table = stream.replace(".", "__")
                words = {
                    "standard": sql.Identifier("standard", table),
                    "history": sql.Identifier("standard", f"{table}_history"),
                }
                query = sql.SQL(statement).format(**words)  # type: ignore[arg-type]
                assert owner.execute(query).rowcount, stream


def assert_equal(hub: Hub, undisturbed: Undisturbed, published: int) -> None:
    """Both warehouses hold the same of every register, by so many batches at most."""
    for source in SOURCES:
        found = take_fingerprints(hub.owner_url, source, read_keys())
        assert found == take_fingerprints(undisturbed.owner_url, source, read_keys()), source
        assert max(stream.published for stream in found.values()) == published


@pytest.mark.slow
def test_each_dag_ends_green_and_right_though_one_of_its_tasks_was_killed(
    tmp_path: Path, make_database: Callable[[], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with running_hub(tmp_path, make_database(), monkeypatch) as hub:
        undisturbed = Undisturbed.make(hub, monkeypatch)
        for source in SOURCES:
            undisturbed.call(f"sync {source}")
        run_into(hub, SYNCS)
        assert_equal(hub, undisturbed, 1)
        assert hub.count("sync.part", "(facts ->> 'rows')::int > 0") == len(STREAMS) + 2, (
            "the vehicles were read in three parts"
        )

        alter_both(hub, undisturbed, LOSE_A_ROW, [told.stream for told in RECONCILES])
        for source in SOURCES:
            undisturbed.call(f"sync {source} --reconcile")
        run_into(hub, RECONCILES)
        assert_equal(hub, undisturbed, 2)

        undisturbed.call("golden build")
        run_into(hub, [GOLDEN])
        assert read_golden(hub.owner_url) == read_golden(undisturbed.owner_url)

        alter_both(hub, undisturbed, REMEMBER_OLD_VERSIONS, STREAMS)
        undisturbed.call("maintenance run")
        run_into(hub, [MAINTENANCE])
        assert_equal(hub, undisturbed, 2)
        old = "replaced_at < now() - interval '50 years'"
        left = [
            hub.count(f"standard.{stream.replace('.', '__')}_history", old) for stream in STREAMS
        ]
        assert left == [0] * len(STREAMS)
