-- What became of a transaction whose session was lost.

-- name: find_transaction
SELECT pg_backend_pid(), pg_current_xact_id()::text

-- name: end_session
-- The session alone that runs this very transaction; waits up to five seconds for its end.
SELECT pg_terminate_backend(pid, 5000)
FROM pg_stat_activity
WHERE pid = %(process)s AND backend_xid = %(number)s::xid8::xid

-- name: find_fate
-- committed, aborted or in progress; null where nobody remembers. After a crash of the server the
-- number may be given out anew, so that it alone does not say what was written.
SELECT CASE WHEN %(number)s::xid8 < pg_snapshot_xmax(pg_current_snapshot())
            THEN pg_xact_status(%(number)s::xid8) END
