"""The truth about time: what happened, when, to whom, and what each owner wrote down of it.

`truth/event.parquet` has one row for each record that an event touched, in the order of the events:

event_id: "E20261101-000001"; rows of one event share it.
day: the simulated day on which the event was committed.
at: the clock that the record carries since (UTC); a late commit carries an earlier one than `day`.
kind: one of KINDS.
truth_id, partner_id: the person it happened to, and a second one (spouse, mother, buyer), if any.
source, dataset, record_id: the record, in the words of `same_person`.
operation: insert, update, delete (the row is gone) or none (only the truth knows of it).
detail: JSON; `row` holds the columns written with their new values, other keys say more.
"""

import hashlib
import json
from collections.abc import Sequence
from typing import Any

import polars as pl

COLUMNS = {
    "event_id": pl.String(),
    "day": pl.Date(),
    "at": pl.Datetime("ms", "UTC"),
    "kind": pl.String(),
    "truth_id": pl.String(),
    "partner_id": pl.String(),
    "source": pl.String(),
    "dataset": pl.String(),
    "record_id": pl.String(),
    "operation": pl.String(),
    "detail": pl.String(),
}
#: Every kind of event. All happen every day but the last two, which follow an earlier event.
KINDS = {
    "birth": "a child is born and has a personal number, a residence, relations and a TE card",
    "birth_without_number": "a newborn is insured on a temporary card before it has a number",
    "death": "residence ends, the widowed stay; the card is closed at once, later or never",
    "move": "one residence ends and another begins, alone or with the household",
    "marriage": "two become spouses; often one moves in with the other",
    "divorce": "the tie is removed by tombstone",
    "job_begun": "a period begins, and the card changes to a worker's",
    "job_ended": "the period ends, and the card changes to a household's",
    "card_issued": "a resident is insured for the first time",
    "land_sold": "the old certificate is gone; the buyer has a new one",
    "land_sold_unregistered": "sold by a hand-written paper: no register knows",
    "mortgage_registered": "a lender is entered on a certificate",
    "mortgage_cleared": "the lender is struck out",
    "value_mended": "an owner puts a spoilt value right",
    "typing_error": "a clerk spoils a value",
    "number_reissued": "sex or year of birth is corrected, so the personal number is another one",
    "removed_with_tombstone": "a row is marked as deleted",
    "removed_without_tombstone": "a row is gone and nothing says so",
    "committed_late": "a row is committed under a clock that lies before rows written earlier",
    "equal_clocks": "more rows than a page holds are saved again at one instant",
    "card_closed": "the card of somebody dead is closed at last",
    "number_given": "a newborn on a temporary card receives the personal number",
    "number_followed": "the insurance register takes over a number issued anew",
}
FOLLOWING = ("number_given", "number_followed")


def empty_events() -> pl.DataFrame:
    """`truth/event.parquet` of a province in which nothing has happened yet."""
    return pl.DataFrame(schema=COLUMNS)


def frame_events(rows: Sequence[dict[str, Any]]) -> pl.DataFrame:
    """Events as a table; `detail` becomes JSON."""
    texts = [
        {**row, "detail": json.dumps(row["detail"], ensure_ascii=False, sort_keys=True)}
        for row in rows
    ]
    return pl.DataFrame(texts, schema=COLUMNS)


def digest_events(events: pl.DataFrame) -> str:
    """sha256 over all events, in order."""
    digest = hashlib.sha256()
    for piece in events.select(pl.all().cast(pl.String)).iter_slices(50_000):
        digest.update(piece.write_ndjson().encode())
    return digest.hexdigest()
