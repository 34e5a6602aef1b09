"""the_bhyt: health insurance cards.

Object codes and levels: Decision 1351/QĐ-BHXH, Circular 30/2020/TT-BYT, art. 10. The near-poor had
level 3 until 2025 and have level 2 from 1 January 2026. A child's card ends at 72 months.
"""

from datetime import date

import numpy as np
import polars as pl

from mocks.province.chance import Ints
from mocks.province.clock import stamp_local
from mocks.province.faults import ACCEPT, QUARANTINE, Fault, Spoiler, Truth, never
from mocks.province.people import REFERENCE_DAY, YEAR_DAYS, World
from mocks.province.profiles import REFERENCE_DATE
from mocks.province.social_insurance.participants import Insured
from mocks.province.spelling import flip_digit

_YEAR = REFERENCE_DATE.year
_NEW_YEAR = (date(_YEAR, 1, 1) - date(1970, 1, 1)).days
_FACILITIES = 60
_UPLAND_PEOPLES = ["02", "07", "09", "13"]
_OPEN_KINDS = ["DN4", "HT3", "BT2"]
_NO_END = -1
_NUMBER, _UNTIL = "so_the", "gia_tri_den"


_LEVEL_FIVE = pl.format(
    "{}5{}", pl.col(_NUMBER).str.head(2), pl.col(_NUMBER).str.slice(3)
)  # Level 5 belongs to none of the objects that the province has.
_FAULTS = (
    Fault("text_cut", _NUMBER, QUARANTINE, pl.col(_NUMBER).str.head(9)),
    Fault("life_event_missed", _UNTIL, ACCEPT, never(), among=pl.col("_is_dead")),
    Fault(
        "entitlement_wrong",
        _NUMBER,
        ACCEPT,
        _LEVEL_FIVE,
        among=~pl.col(_NUMBER).str.contains(" "),
    ),
    Fault(
        "dates_reversed",
        _UNTIL,
        ACCEPT,
        pl.date(pl.col("gia_tri_tu").dt.year() - 1, 6, 30),
        among=~pl.col("_is_dead"),
    ),
    Fault("typing_error", _NUMBER, ACCEPT, flip_digit(pl.col(_NUMBER))),
    Fault(
        "entitlement_wrong",
        _UNTIL,
        ACCEPT,
        pl.date(pl.col(_UNTIL).dt.year() + 1, 12, 31),
        among=pl.col(_NUMBER).str.starts_with("TE") & (pl.col(_UNTIL) >= REFERENCE_DATE),
        weight=13,
    ),
)


def write_cards(rng: np.random.Generator, world: World, insured: Insured) -> pl.DataFrame:
    """Everyone's card of this year (the dead: to the day of death), last year's for a fifth."""
    people = world.people[insured.rows]
    count = len(people)
    birth = people["birth_day"].to_numpy()
    sixth = birth + np.floor(6 * YEAR_DAYS).astype(np.int64) - 2
    death = people["death_day"].fill_null(REFERENCE_DAY + 40_000).to_numpy()
    alive = death > REFERENCE_DAY
    kinds = _draw_kinds(rng, world, insured, _YEAR)
    child = (kinds == "TE1").to_numpy()
    lasting = kinds.is_in(_OPEN_KINDS).to_numpy() & (rng.random(count) < 0.4)
    due = np.where(child, sixth, _NEW_YEAR + 364 + rng.integers(0, 2, count) * 31)
    last = np.where(alive & lasting, _NO_END, np.minimum(due, death))
    begin = np.maximum(np.where(alive, _NEW_YEAR, death - 400), birth)
    now = _write_batch(rng, insured, kinds, begin=begin, last=last)
    had_one = alive & (birth < _NEW_YEAR - 500) & ~child & (rng.random(count) < 0.2)
    past = _write_last_year(rng, world, insured, np.flatnonzero(had_one))
    frame = pl.concat([now, past]).sort("nguoi_id", "gia_tri_tu").with_row_index("id", offset=1)
    return stamp_local(rng, frame.cast({"id": pl.Int64}), "cap_nhat")


def _write_last_year(
    rng: np.random.Generator, world: World, insured: Insured, rows: Ints
) -> pl.DataFrame:
    before = Insured(insured.rows[rows], insured.numbers.gather(rows), insured.keys[rows])
    kinds = _draw_kinds(rng, world, before, _YEAR - 1)
    birth = world.people["birth_day"].to_numpy()[before.rows]
    sixth = birth + np.floor(6 * YEAR_DAYS).astype(np.int64) - 2
    new_eve = np.full(len(rows), _NEW_YEAR - 1)
    last = np.where((kinds == "TE1").to_numpy(), np.minimum(sixth, new_eve), new_eve)
    begin = np.minimum(np.full(len(rows), _NEW_YEAR - 365), last)
    return _write_batch(rng, before, kinds, begin=begin, last=last)


def _draw_kinds(rng: np.random.Generator, world: World, insured: Insured, year: int) -> pl.Series:
    """Object code and level, by who the person was at the end of that year."""
    people = world.people[insured.rows]
    ages = world.ages[insured.rows] - (_YEAR - year)
    upland = people["ethnic_code"].is_in(_UPLAND_PEOPLES).to_numpy()
    luck = rng.random(len(people))
    near_poor = "CN2" if year >= date(2026, 1, 1).year else "CN3"
    cases = (
        (ages < 6, "TE1"),
        (upland & (luck < 0.25), "DK2"),
        (upland & (luck < 0.50), "DT2"),
        (ages < 18, "HS4"),
        (ages < 22, "SV4"),
        (people["receives_pension"].to_numpy(), "HT3"),
        (people["works"].to_numpy(), "DN4"),
        (ages >= 75, "BT2"),
        (luck < 0.03, "HN2"),
        (luck < 0.07, near_poor),
    )
    drawn = np.select([case for case, _ in cases], [kind for _, kind in cases], "GD4")
    return pl.Series(drawn.tolist(), dtype=pl.String)


def _write_batch(
    rng: np.random.Generator, insured: Insured, kinds: pl.Series, *, begin: Ints, last: Ints
) -> pl.DataFrame:
    """One card a participant; one in seven is written with spaces, as it is printed."""
    count = len(insured.rows)
    frame = pl.DataFrame(
        {
            "nguoi_id": insured.keys,
            "kind": kinds,
            "number": insured.numbers,
            "spaced": rng.random(count) < 0.15,
            "facility": rng.integers(1, _FACILITIES + 1, count),
            "begin": begin,
            "last": last,
            "since": begin + rng.integers(-1500, 1400, count),
            "counted": rng.random(count) < 0.7,
        }
    )
    printed = pl.format(
        "{} {} 22 {}", pl.col("kind").str.slice(0, 2), pl.col("kind").str.slice(2), "number"
    )
    day = {name: pl.col(name).cast(pl.Int32).cast(pl.Date) for name in ("begin", "last", "since")}
    return frame.select(
        "nguoi_id",
        so_the=pl.when("spaced").then(printed).otherwise(pl.format("{}22{}", "kind", "number")),
        ma_kcb=pl.format("22{}", pl.col("facility").cast(pl.String).str.zfill(3)),
        gia_tri_tu=day["begin"],
        gia_tri_den=pl.when(pl.col("last") != _NO_END).then(day["last"]),
        du_5_nam=pl.when("counted").then(day["since"]),
    )


def spoil_cards(
    rng: np.random.Generator, cards: pl.DataFrame, world: World, insured: Insured, truth: Truth
) -> pl.DataFrame:
    """Noise in about 1 % of the cards, none in a canary's."""
    people = world.people[insured.rows]
    holders = people.select(
        "canary", _is_dead=pl.col("death_day").is_not_null(), nguoi_id=pl.Series(insured.keys)
    )
    held = cards.join(holders, on="nguoi_id", how="left", maintain_order="left")
    frame = held.drop("canary")
    spoiler = Spoiler(frame, table=("social_insurance", "card"), key="id", truth=truth)
    spoiler.protect((held["canary"] > 0).to_numpy())
    spoiler.spread(rng, _FAULTS)
    return spoiler.finish()
