"""One synchronisation in a process of its own, timed: what `motlan bench sync` starts.

The clock begins when everything is imported, as in a worker that waits for its next run. Called as
``python -m cli.bench_worker SOURCE [--full]``; prints one line of JSON.
"""

import json
import resource
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import expectations.datasource  # noqa: F401 - what the judge imports when it first runs
from cli.pipeline import run_sync
from sight.steps import seen_step
from warehouse.runs import Run, StepNote


def main(source: str, *options: str) -> None:
    """Synchronise and print seconds, seconds a step, peak memory and what became of the rows."""
    steps: dict[str, float] = {}

    @contextmanager
    def watch(run: Run, step: str, part: int = 0) -> Iterator[StepNote]:
        began = time.monotonic()
        with seen_step(run, step, part) as note:
            yield note
        steps[step] = steps.get(step, 0.0) + time.monotonic() - began

    began = time.monotonic()
    outcomes = run_sync(source, full="--full" in options, watch=watch)
    seconds = time.monotonic() - began
    peak_kib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    report = {
        "seconds": seconds,
        "steps": steps,
        "peak_rss_mib": peak_kib / 1024,
        "read": sum(outcome.read for outcome in outcomes),
        "accepted": sum(outcome.accepted for outcome in outcomes),
        "unchanged": sum(outcome.unchanged for outcome in outcomes),
        "quarantined": sum(outcome.quarantined for outcome in outcomes),
    }
    sys.stdout.write(json.dumps(report) + "\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
