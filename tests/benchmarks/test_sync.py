"""The benchmark runs the shipped path on servers of its own and says what it promised to say."""

from pathlib import Path

import pytest

from benchmarks.peers import PeerFailedError, run_copy_pipe
from benchmarks.register import change_register, make_register
from cli.bench import BenchFailedError, _refuse_loss, measure_sync
from cli.clusters import Cluster, programs
from hub.contract import load_contracts
from hub.errors import WrongUseError

ROOT = Path(__file__).resolve().parents[2]
KEYS = {
    *("rows", "full_s", "incremental_s", "nochange_s", "copy_pipe_s", "dlt_merge_s"),
    *("ratio_to_copy", "speedup_over_dlt", "peak_rss_mib"),
}


@pytest.mark.slow
def test_a_small_register_goes_the_whole_way_and_every_figure_is_there() -> None:
    figures = measure_sync(2_000, peers=False)
    steps = figures.pop("steps")
    assert set(figures) == KEYS
    assert figures["rows"] == 2_000
    assert all(figures[name] > 0 for name in ("full_s", "incremental_s", "nochange_s"))
    assert [steps[run]["read"] for run in ("full", "incremental", "nochange")] == [2_000, 20, 1]
    assert {"plan", "load", "close", "judge", "publish"} <= set(steps["full"])


def test_a_register_too_small_to_change_is_refused() -> None:
    with pytest.raises(WrongUseError, match="at least 100"):
        measure_sync(99)


def test_the_owner_makes_the_same_register_again_and_changes_the_rows_asked_for(
    cluster: Cluster,
) -> None:
    urls = [cluster.url(name) for name in ("bench_one", "bench_two")]
    for name, url in zip(("bench_one", "bench_two"), urls, strict=True):
        cluster.create_database(name)
        make_register(url, 500)
    psql = programs() / "psql"
    cluster.create_database("bench_peer")
    assert run_copy_pipe(psql, urls[0], cluster.url("bench_peer"), 500) > 0
    assert change_register(urls[0], rows=500, changed=5) == 5


def test_a_pipe_that_brings_other_rows_is_no_figure(cluster: Cluster) -> None:
    cluster.create_database("bench_three")
    make_register(cluster.url("bench_three"), 100)
    with pytest.raises(PeerFailedError, match="did not bring every row"):
        run_copy_pipe(programs() / "psql", cluster.url("bench_three"), cluster.url("postgres"), 101)


@pytest.mark.parametrize("lost", ["full", "incremental", "nochange"])
def test_figures_of_a_run_that_lost_rows_are_not_given(lost: str) -> None:
    runs = {
        "full": {"accepted": 98, "quarantined": 2},
        "incremental": {"accepted": 10, "quarantined": 0},
        "nochange": {"accepted": 0, "quarantined": 0},
    }
    _refuse_loss(runs, 100, 10)
    runs[lost]["accepted"] += -1 if lost != "nochange" else 1
    with pytest.raises(BenchFailedError, match="mean nothing"):
        _refuse_loss(runs, 100, 10)


def test_the_contract_of_the_benchmark_has_the_rules_of_the_population_register() -> None:
    bench = load_contracts([ROOT / "benchmarks" / "contracts"])["register"].get_dataset("person")
    population = load_contracts([ROOT / "contracts"])["population"].get_dataset("person")
    own = {rule.rule_id: rule.argument for rule in bench.rules if rule.rule_id.isupper()}
    theirs = {rule.rule_id: rule.argument for rule in population.rules if rule.rule_id.isupper()}
    assert own == theirs != {}
