"""Let the world go on: plan day after day from what the registers and the truth say, and write it.

Each day draws from streams of its own, and nothing but the province, the seed and the days before
it decides what happens: two days at once are one day and one day more.
"""

import hashlib
import json
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import psycopg

from mocks.province.live import (
    births,
    clocks,
    corrections,
    couples,
    deaths,
    insurance,
    journal,
    land,
)
from mocks.province.live.books import SCHEMAS, Books, Sources, open_books
from mocks.province.live.day import Day, describe_people
from mocks.province.live.events import digest_events, frame_events
from mocks.province.live.truth import FILES, TruthBook
from mocks.province.profiles import REFERENCE_DATE
from mocks.province.reference import read_gazetteer

#: Told of each step: what begins, and which share of the work is done.
Progress = Callable[[str, float], None]
#: In this order; what earlier days left to be done comes first.
_KINDS = (
    corrections.follow_numbers,
    births.give_numbers,
    deaths.close_cards_late,
    births.bear_children,
    deaths.end_lives,
    couples.marry,
    couples.divorce,
    couples.move,
    insurance.begin_jobs,
    insurance.end_jobs,
    insurance.insure_residents,
    land.trade_land,
    land.mortgage_land,
    corrections.reissue_numbers,
    corrections.mend_values,
    corrections.make_slips,
    clocks.remove_rows,
    clocks.commit_late,
    clocks.save_at_one_instant,
)
_LAST_NUMBERS = {
    "cong_dan": ("population", "SELECT max(substr(ma_cd, 3)::bigint) FROM dan_cu.cong_dan"),
    "ho": ("population", "SELECT max(substr(ma_ho, 3)::bigint) FROM dan_cu.ho"),
    "cu_tru": ("population", "SELECT max(substr(ma_ct, 3)::bigint) FROM dan_cu.cu_tru"),
    "quan_he": ("population", "SELECT max(substr(ma_qh, 3)::bigint) FROM dan_cu.quan_he"),
    "nguoi_tham_gia": ("social_insurance", "SELECT max(id) FROM bhxh.nguoi_tham_gia"),
    "qua_trinh": ("social_insurance", "SELECT max(id) FROM bhxh.qua_trinh"),
    "the_bhyt": ("social_insurance", "SELECT max(id) FROM bhxh.the_bhyt"),
    "gcn": ("land_registry", "SELECT max(right(ma_gcn, 7)::bigint) FROM dia_chinh.gcn"),
}
_SAMPLES = {
    "population": ("cong_dan", "ma_cd", "so_cmnd"),
    "social_insurance": ("nguoi_tham_gia", "id", "ma_so_bhxh"),
    "land_registry": ("gcn", "ma_gcn", "so_phat_hanh"),
}
_SAMPLE_ROWS, _SAME_SHARE = 200, 0.9


def live_on(
    province: Path,
    sources: Sources,
    days: int,
    *,
    seed: int | None = None,
    progress: Progress = lambda _what, _done: None,
) -> dict[str, Any]:
    """Live `days` days, from the day after the last one lived, or from REFERENCE_DATE.

    A day that an earlier call began and did not bring to its end is the first of them.

    Args:
        province: folder of the province, with its truth.
        sources: the owners' databases, loaded from that province, and the folder of the drops.
        days: 1 or more.
        seed: of what happens; by default the province's own.
        progress: told of each day and the share that is done.

    Returns:
        people (in the population register and alive), events (how many of each kind), first_day,
        last_day, digest (sha256 over all events since the province was made).

    Raises:
        ValueError: no such number of days, no truth, or databases that do not go with it; one
            sentence.
    """
    _check_request(province, days)
    identity = hashlib.sha256((province / "province.json").read_bytes()).hexdigest()
    lived: list[date] = []
    for turn in range(days):
        progress(f"day {turn + 1} of {days}", turn / days)
        lived.append(_live_day(province, sources, identity, seed))
    progress("done", 1.0)
    return _report(province / "truth", lived[0], lived[-1])


def _check_request(province: Path, days: int) -> None:
    if days < 1:
        message = "The world goes on by whole days: ask for 1 or more."
        raise ValueError(message)
    if not all((province / "truth" / f"{name}.parquet").exists() for name in FILES[:4]):
        message = f"{province} holds no truth, and the world can go on only beside its truth."
        raise ValueError(message)


def _live_day(province: Path, sources: Sources, identity: str, seed: int | None) -> date:
    truth = province / "truth"
    if not journal.is_under_way(truth):
        with open_books(sources) as books:
            clock = _read_clock(province, books, identity, seed)
            day = _open_day(province, books, clock)
            for happen in _KINDS:
                happen(day)
            clock |= {
                "day_before": clock.get("last_day"),
                "last_day": day.date.isoformat(),
                "due": day.due,
                "numbers": day.numbers,
            }
            events = frame_events(day.log)
            journal.write_down(truth, books.dump(), clock, book=day.truth, events=events)
    journal.carry_out(truth, sources)
    return date.fromisoformat(journal.read_clock(truth)["last_day"])


def _read_clock(province: Path, books: Books, identity: str, seed: int | None) -> dict[str, Any]:
    """Where time stands, after a check that truth and databases belong together.

    Raises:
        ValueError: they do not; one sentence.
    """
    clock = journal.read_clock(province / "truth")
    for source in SCHEMAS:
        mark = journal.read_mark(books.connections[source], source)
        strange = mark[0] != identity if mark else not _holds(books, province, source)
        if strange:
            message = f"The {source} database holds another province than {province}."
            raise ValueError(message)
        reached = mark[1].isoformat() if mark else None
        if reached != clock.get("last_day"):
            message = f"The {source} database and the truth of {province} stand at different days."
            raise ValueError(message)
    made = json.loads((province / "province.json").read_text(encoding="utf-8"))
    if not clock:
        numbers = {name: books.ask(*query)[0] for name, query in _LAST_NUMBERS.items()}
        clock = {"province": identity, "due": [], "numbers": numbers}
    return clock | {"seed": made["seed"] if seed is None else seed}


def _holds(books: Books, province: Path, source: str) -> bool:
    """Whether a database has the rows of the province's files, in a column that never changes."""
    table, key, column = _SAMPLES[source]
    made = pl.read_parquet(
        province / source / f"{table}.parquet", columns=[key, column], n_rows=_SAMPLE_ROWS
    ).cast(pl.String)
    try:
        rows = books.by_key(table, made[key])
    except psycopg.errors.UndefinedTable:
        return False
    same = sum(k in rows and rows[k][column] == value for k, value in made.iter_rows())
    return bool(same >= _SAME_SHARE * len(made))


def _open_day(province: Path, books: Books, clock: dict[str, Any]) -> Day:
    last = clock.get("last_day")
    today = date.fromisoformat(last) + timedelta(days=1) if last else REFERENCE_DATE
    truth = TruthBook.read(province / "truth")
    people = describe_people(truth, today)
    made = json.loads((province / "province.json").read_text(encoding="utf-8"))
    return Day(
        date=today,
        seed=clock["seed"],
        books=books,
        truth=truth,
        gazetteer=read_gazetteer(made["province"]),
        people=people,
        due=clock["due"],
        numbers=clock["numbers"],
        protected=_find_protected(province / "truth", people),
    )


def _find_protected(truth: Path, people: pl.DataFrame) -> frozenset[str]:
    """Whom the demo speaks of by name, and all of their households."""
    shown = json.loads((truth / "showcase.json").read_text(encoding="utf-8"))
    named = people["truth_id"].is_in([person["truth_id"] for person in shown])
    homes = people.filter(named & (pl.col("household") >= 0))["household"]
    return frozenset(people.filter(named | pl.col("household").is_in(homes.implode()))["truth_id"])


def _report(truth: Path, first: date, last: date) -> dict[str, Any]:
    events = pl.read_parquet(truth / "event.parquet")
    lived = events.filter(pl.col("day").is_between(first, last))
    counts = lived.group_by("kind").agg(pl.col("event_id").n_unique()).sort("kind")
    people = pl.read_parquet(truth / "person.parquet", columns=["in_population", "death_date"])
    return {
        "people": people.filter("in_population", pl.col("death_date").is_null()).height,
        "events": dict(counts.iter_rows()),
        "first_day": first.isoformat(),
        "last_day": last.isoformat(),
        "digest": digest_events(events),
    }
