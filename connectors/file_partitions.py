"""Compares the newest drop of each partition with what the hub holds of it."""

from connectors.base import Outcome, Plan, Request
from connectors.files import DropReader, unreadable
from connectors.options import FilesOptions
from connectors.reconcile import MICROSECONDS, SourceKeys, digest_held, judge, measured_in


def plan_file_partitions(request: Request, options: FilesOptions) -> Plan:
    """Which partitions differ here, or have a drop that was not read; no part where none does.

    A partition that is no longer delivered is told and left as it is.

    Raises:
        SourceUnavailableError: the drops cannot be read.
        IncompleteSourceError: a drop is not as its manifest says, or older than what was read.
        SchemaDriftError: a promised column is missing or of another type.
    """
    reader = DropReader(request, options)
    units = measured_in(request.dataset, MICROSECONDS)
    outcome = Outcome()
    source, unread = {}, []
    try:
        for folder, drop in reader.find_drops(outcome).items():
            if not reader.is_known(drop):
                unread.append(folder)
            keys = SourceKeys(request.contract, request.dataset, units)
            for batch in reader.read_drop(drop, outcome):
                keys.add(batch)
            source[folder] = keys.digest(1).combined()
    except OSError as error:
        raise unreadable(request, error) from None
    every = digest_held(request.contract, request.dataset, None, units)
    held = {folder: digest for folder, digest in every.items() if folder in source}
    verdict = judge(source, held, of="partitions", compared=len(source), units=units)
    folders = sorted({*map(str, verdict.differed), *unread})
    words = {**verdict.as_words(), "differed": folders}
    spec = {"folders": folders, "verdict": words}
    return Plan([spec] if folders else [], outcome.as_of, words)
