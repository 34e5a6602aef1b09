"""What the engine relies on, each taken out of a copy of the code: a named test must turn red."""

from typing import Final, NamedTuple


class Mutant(NamedTuple):
    """One thing taken out: where, what stood there, what stands there instead, who must see it."""

    name: str
    module: str
    old: str
    new: str
    test: str


PUBLISH: Final = "tests/pipeline/test_publish.py::"
FAULTS: Final = "tests/pipeline/test_faults.py::"
MUTANTS: Final = (
    Mutant(
        "no fence",
        "warehouse/publication.py",
        "elif not self._released and fence != batch.fence:",
        "elif False:",
        PUBLISH + "test_a_run_that_lost_its_stream_writes_nothing",
    ),
    Mutant(
        "no overlap",
        "connectors/base.py",
        "return datetime.fromisoformat(str(since)) - overlap",
        "return datetime.fromisoformat(str(since))",
        PUBLISH + "test_a_row_committed_late_under_the_cursor_arrives",
    ),
    Mutant(
        "no brake",
        "warehouse/brakes.py",
        "    if tripped:\n",
        "    if False:\n",
        PUBLISH + "test_a_mass_change_is_parked_and_the_next_good_batch_overtakes_it",
    ),
    Mutant(
        "no comparison with the source's keys at publication",
        "warehouse/balance.py",
        "    if not agree:\n",
        "    if False:\n",
        FAULTS + "test_keys_that_differ_from_the_sources_own_digest_park_the_batch",
    ),
    Mutant(
        "reconciliation by counts instead of digests",
        "connectors/reconcile.py",
        "if source.get(bucket, empty) != held.get(bucket, empty)",
        "if source.get(bucket, empty).count != held.get(bucket, empty).count",
        "tests/pipeline/test_reconcile.py::"
        "test_what_no_cursor_sees_is_found_and_mended_by_reading_its_buckets_alone",
    ),
    Mutant(
        "a published batch is published again",
        "warehouse/publication.py",
        '        if self._state() == "published":\n            return',
        "        if False:\n            return",
        PUBLISH + "test_two_copies_of_a_task_that_publish_at_once_both_find_it_published",
    ),
    Mutant(
        "rows that were lost from the stage are not missed",
        "warehouse/publication.py",
        "if found or sum(counts.values()) != self._batch.read:",
        "if found:",
        "tests/pipeline/test_crash.py::"
        "test_a_stage_that_a_crash_emptied_is_refused_and_staged_anew[published]",
    ),
    Mutant(
        "an older attempt ends its part",
        "warehouse/queries/parts.sql",
        "AND number = %(number)s AND attempt = %(attempt)s AND done_at IS NULL",
        "AND number = %(number)s AND attempt >= %(attempt)s AND done_at IS NULL",
        "tests/pipeline/test_parts.py::test_of_two_workers_at_one_part_only_the_later_one_ends_it",
    ),
    Mutant(
        "a lost COMMIT is taken for a failure",
        "warehouse/publish.py",
        "        if witness is None:\n            raise\n",
        "        raise\n",
        "tests/faults/test_commit.py::"
        "test_whatever_became_of_a_commit_the_batch_is_published_once[AnswerLost-land_registry]",
    ),
    Mutant(
        "a late copy closes the quarantine of a newer row",
        "warehouse/quarantining.py",
        "stage.c.source_version >= version,",
        "version.is_not(None),",
        "tests/pipeline/test_quarantine.py::"
        "test_a_late_copy_of_a_row_says_nothing_of_the_newer_one_in_quarantine",
    ),
    Mutant(
        "a row that went back is taken for a late copy",
        "warehouse/outcomes.py",
        "late = and_(older, not_(merge.was_read_whole(standard.c.source_partition)))",
        "late = older",
        PUBLISH + "test_a_tombstone_older_than_the_published_row_parks_what_was_read_whole",
    ),
    Mutant(
        "a killed worker's statements go on",
        "warehouse/migrate.py",
        '"client_connection_check_interval": "2s"',
        '"client_connection_check_interval": "0"',
        "tests/faults/test_write_protocol.py::"
        "test_what_a_killed_worker_has_sent_is_not_committed_after_it",
    ),
)
ESSENTIAL: Final = MUTANTS[:5]
"""The fence, the overlap, the brake and the reconciliation: taken out in every run of these tests,
the others in a soak."""
