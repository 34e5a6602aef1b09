"""Reads of a JSON API only the buckets of keys in which it differs from what the hub holds."""

from collections.abc import Iterator
from datetime import datetime
from typing import Final

import pyarrow as pa

from connectors.base import Outcome, Plan, Proof, Request
from connectors.http import MAX_PASSES, PageReader
from connectors.http_client import HttpClient, connect
from connectors.keys import KeyTally, join_keys
from connectors.options import DigestEndpoint, HttpOptions
from connectors.reconcile import MILLISECONDS, compare_buckets, in_buckets, measured_in
from hub.errors import IncompleteSourceError, WrongUseError

ASKED_AT_ONCE: Final = 200
"""How many bucket numbers go into one question; a URL must not grow without end."""
MOST: Final = 0.5
"""From what share of the buckets on everything is read, and not bucket by bucket."""


def plan_http_buckets(request: Request, options: HttpOptions) -> Plan:
    """Which buckets of the owner's digest differ here; no part where none does.

    Raises:
        WrongUseError: its owner gives no digest.
        SourceUnavailableError: it does not answer, or not as promised.
    """
    endpoint = _endpoint(request, options)
    units = measured_in(request.dataset, MILLISECONDS) if endpoint.versions_param else None
    with connect(request.contract.source, options, request.url) as client:
        reader = PageReader(request, options)
        theirs, moment = reader.get_digest(client, endpoint, versions=units is not None)
    verdict = compare_buckets(request.contract, request.dataset, theirs, units)
    words = verdict.as_words()
    spec = {"buckets": verdict.differed, "as_of": moment.isoformat(), "verdict": words}
    return Plan([spec] if verdict.differed else [], moment, words)


class BucketPageReader(PageReader):
    """One read of the rows of some buckets, proven by the owner's digest of them."""

    def __init__(self, request: Request, options: HttpOptions) -> None:
        super().__init__(request, options)
        self._endpoint = _endpoint(request, options)
        self._buckets: list[int] = list(request.spec["buckets"])
        self._as_of = datetime.fromisoformat(request.spec["as_of"])
        self._keys = [item.physical_name for item in request.dataset.key_fields]
        self._leaves_out_seen = True
        self._group: list[int] = []

    def read(
        self, client: HttpClient, outcome: Outcome, tally: KeyTally
    ) -> Iterator[pa.RecordBatch]:
        """Read the buckets until their keys agree with the digest, three passes at most.

        Raises:
            IncompleteSourceError: they never did.
        """
        count = self._endpoint.buckets
        for _ in range(MAX_PASSES):
            for group in self._groups():
                self._group = group
                yield from self._read_pass(client, None, outcome, [])
            theirs, moment = self.get_digest(client, self._endpoint)
            mine = tally.live_buckets(count)
            if not set(mine.differing(theirs)) & set(self._buckets):
                break
        else:
            message = (
                f"{self._dataset.stream}: after {MAX_PASSES} passes the keys of the buckets that "
                "differ are still not those of the source's digest. Nothing was kept; run it again."
            )
            raise IncompleteSourceError(message)
        outcome.declared_rows = None
        outcome.as_of = min(moment, self._as_of)
        outcome.proof = Proof("digest", "buckets", theirs.combined(), as_of=moment)

    def _groups(self) -> list[list[int]]:
        """The buckets by question; one empty group where everything is read."""
        few = len(self._buckets) <= self._endpoint.buckets * MOST
        if self._endpoint.rows_param is None or not few:
            return [[]]
        starts = range(0, len(self._buckets), ASKED_AT_ONCE)
        return [self._buckets[at : at + ASKED_AT_ONCE] for at in starts]

    def _filters(self, since: datetime | None) -> dict[str, str]:
        if not self._group or self._endpoint.rows_param is None:
            return {}
        numbers = ",".join(map(str, self._group))
        return {
            self._endpoint.buckets_param: str(self._endpoint.buckets),
            self._endpoint.rows_param: numbers,
        }

    def _asked_for(self, batch: pa.RecordBatch) -> pa.BooleanArray | None:
        keys = join_keys([batch.column(name) for name in self._keys])
        return in_buckets(keys, self._group or self._buckets, self._endpoint.buckets)


def _endpoint(request: Request, options: HttpOptions) -> DigestEndpoint:
    if options.digest is None:
        source = request.contract.source
        message = (
            f"{request.dataset.stream}: its owner gives no digest of its keys, so that nothing can "
            f"be compared; run `motlan sync {source} --full`."
        )
        raise WrongUseError(message)
    return options.digest
