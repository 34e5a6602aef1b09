"""the_bhyt: health insurance cards.

Object codes and levels: Decision 1351/QĐ-BHXH, Circular 30/2020/TT-BYT, art. 10. From 1 January
2026 near-poor (CN) have level 2, not 3, and social pensioners (LH) 2, not 4 (CV 38/BYT-BH).
A child's card ends at 72 months; a newborn without a number has TE1, 01 and ten digits. Cards of
the form of 2021 show the last ten digits only (Decision 1666/QĐ-BHXH).
"""

from datetime import date

import numpy as np
import polars as pl

from mocks.province.chance import Bools, Floats, Ints, draw_distinct, pad_digits
from mocks.province.clock import stamp_local
from mocks.province.ethnic_codes import HOA, KINH
from mocks.province.faults import ACCEPT, QUARANTINE, Fault, Spoiler, Truth, never
from mocks.province.people import REFERENCE_DAY, YEAR_DAYS, World
from mocks.province.profiles import REFERENCE_DATE
from mocks.province.social_insurance.participants import TRADES, Insured, tell_lives
from mocks.province.spelling import flip_digit

_YEAR = REFERENCE_DATE.year
_EPOCH = date(1970, 1, 1)
_NEW_YEAR = (date(_YEAR, 1, 1) - _EPOCH).days
_CHANGE_DATE = date(2026, 1, 1)
_CHILD_DAYS = int(6 * YEAR_DAYS) - 2
#: Five years, whichever of them are leap years.
_FIVE_YEARS = 5 * 365 + 2
_COUNTED_SHARE = 0.7
_FACILITIES = 60
_LASTING = ["DN", "HC", "HT", "LH"]
_NO_DAY = -1
#: Level by object code; of CN and LH that before the change.
_LEVELS = {
    **dict.fromkeys(("HS", "SV", "DN", "HC", "CH", "XD", "GD", "LH"), 4),
    **dict.fromkeys(("HT", "CN"), 3),
    **dict.fromkeys(("CK", "HN", "DT", "DK", "BT"), 2),
    **dict.fromkeys(("TE", "CC"), 1),
}
_SHORT_SHARE, _SPACED_SHARE, _DASHED_SHARE = 0.12, 0.11, 0.04
_NUMBER, _UNTIL, _FACILITY = "so_the", "gia_tri_den", "ma_kcb"

_number = pl.col(_NUMBER)
_is_plain = _number.str.contains(r"^[A-Z]{2}\d{13}$")
_is_changed = _number.str.contains("^(?:CN2|LH2)") & (pl.col("gia_tri_tu") >= _CHANGE_DATE)
_FAULTS = (
    Fault("text_cut", _NUMBER, QUARANTINE, _number.str.head(9)),
    Fault("life_event_missed", _UNTIL, ACCEPT, never(), among=pl.col("_is_dead")),
    # Level 5 belongs to none of the objects that the province has.
    Fault(
        "entitlement_wrong",
        _NUMBER,
        ACCEPT,
        pl.format("{}5{}", _number.str.head(2), _number.str.slice(3)),
        among=_is_plain,
    ),
    Fault(
        "entitlement_wrong",
        _NUMBER,
        ACCEPT,
        _number.str.replace("^CN2", "CN3").str.replace("^LH2", "LH4"),
        among=_is_plain & _is_changed,
        weight=10,
    ),
    Fault(
        "dates_reversed",
        _UNTIL,
        ACCEPT,
        pl.date(pl.col("gia_tri_tu").dt.year() - 1, 6, 30),
        among=~pl.col("_is_dead"),
    ),
    Fault("typing_error", _NUMBER, ACCEPT, flip_digit(_number)),
    Fault("value_missing", _FACILITY, ACCEPT, never(), weight=5),
    Fault(
        "entitlement_wrong",
        _UNTIL,
        ACCEPT,
        pl.date(pl.col(_UNTIL).dt.year() + 1, 12, 31),
        among=_number.str.starts_with("TE") & (pl.col(_UNTIL) >= REFERENCE_DATE),
        weight=13,
    ),
)


def write_cards(rng: np.random.Generator, world: World, insured: Insured) -> pl.DataFrame:
    """Everyone's card of this year (the dead: to the day of death), last year's for a fifth."""
    people = world.people.select("birth_day", "death_day")[insured.rows]
    count, birth = len(people), people["birth_day"].to_numpy()
    sixth = birth + _CHILD_DAYS
    death = people["death_day"].fill_null(REFERENCE_DAY + 40_000).to_numpy()
    alive, fates = death > REFERENCE_DAY, rng.random((2, count))
    codes = _choose_codes(world, insured, fates, _YEAR)
    child = (codes == "TE").to_numpy()
    lasting = codes.is_in(_LASTING).to_numpy() & (rng.random(count) < 0.4)
    due = np.where(child, sixth, _NEW_YEAR + 364 + rng.integers(0, 2, count) * 31)
    last = np.where(alive & lasting, _NO_DAY, np.minimum(due, death))
    begin = np.maximum(_find_new_year(np.minimum(death, due)), np.where(alive, sixth + 1, birth))
    begin = np.where(child, birth, begin)
    # Who is insured from birth has five years at the fifth birthday, nobody earlier.
    since = np.maximum(begin + rng.integers(-1500, 1400, count), birth + _FIVE_YEARS)
    counted = (rng.random(count) < _COUNTED_SHARE) & (since <= death)
    since = np.where(counted, since, _NO_DAY)
    now = _write_batch(rng, insured, np.arange(count), codes, np.stack([begin, last, since]))
    had_one = alive & (birth < _NEW_YEAR - 500) & ~child & (rng.random(count) < 0.2)
    before = _choose_codes(world, insured, fates, _YEAR - 1)
    past = _write_last_year(rng, insured, np.flatnonzero(had_one), before, np.stack([sixth, since]))
    frame = pl.concat([now, past]).sort("nguoi_id", "gia_tri_tu").with_row_index("id", offset=1)
    return stamp_local(rng, frame.cast({"id": pl.Int64}), "cap_nhat")


def _find_new_year(days: Ints) -> Ints:
    """1 January of the year of each day, this year's at the latest."""
    years = np.minimum(days, REFERENCE_DAY).astype("datetime64[D]").astype("datetime64[Y]")
    first: Ints = years.astype("datetime64[D]").astype(np.int64)
    return first


def _write_last_year(
    rng: np.random.Generator, insured: Insured, holders: Ints, codes: pl.Series, days: Ints
) -> pl.DataFrame:
    """`days`, of every participant: the last of a child's card, and that of five years."""
    mine, (until, since) = codes.gather(holders), days[:, holders]
    child = (mine == "TE").to_numpy()
    last = np.where(child, until, _NEW_YEAR - 1)
    begin = np.where(child, until - _CHILD_DAYS, _NEW_YEAR - 365)
    return _write_batch(rng, insured, holders, mine, np.stack([begin, last, since]))


def _choose_codes(world: World, insured: Insured, fates: Floats, year: int) -> pl.Series:
    """Object code by who the person was at the end of that year; `fates` decide what luck does."""
    people = world.people.select("ethnic_code", "works", "receives_pension")[insured.rows]
    ages = tell_lives(world, insured)[2] - (_YEAR - year)
    upland = (~people["ethnic_code"].is_in([KINH, HOA])).to_numpy()
    works, (luck, fate) = people["works"].to_numpy(), fates
    cases: list[tuple[Bools, str]] = [
        (ages < 6, "TE"),
        *((works & (insured.trades == code).to_numpy(), code) for code in TRADES),
        ((ages >= 70) & (fate < 0.004), "CC"),
        ((ages >= 60) & (fate < 0.04), "CK"),
        (people["receives_pension"].to_numpy(), "HT"),
        (upland & (luck < 0.25), "DK"),
        (upland & (luck < 0.50), "DT"),
        (fate > 0.97, "HN"),
        (fate > 0.93, "CN"),
        ((ages >= 16) & (fate > 0.915), "BT"),
        (ages < 18, "HS"),
        (ages < 22, "SV"),
        (ages >= 75, "LH"),
    ]
    codes = pl.Series([*(code for _, code in cases), "GD"], dtype=pl.String)
    places = np.arange(len(cases)).tolist()
    return codes.gather(np.select([case for case, _ in cases], places, len(cases)))


def _write_batch(
    rng: np.random.Generator, insured: Insured, holders: Ints, codes: pl.Series, days: Ints
) -> pl.DataFrame:
    """One card a holder (positions in `insured`); `days`: first, last, five years, a row each."""
    count, (begin, last, since) = len(holders), days
    frame = pl.DataFrame(
        {
            "nguoi_id": insured.keys[holders],
            "code": codes,
            "number": insured.numbers.gather(holders),
            "temporary": _draw_temporary(rng, insured.unnumbered[holders]),
            "province": insured.provinces.gather(holders),
            "form": rng.random(count),
            "facility": rng.integers(1, _FACILITIES + 1, count),
            "begin": begin,
            "last": last,
            "since": since,
        }
    )
    day = {name: pl.col(name).cast(pl.Int32).cast(pl.Date) for name in ("begin", "last", "since")}
    return frame.select(
        "nguoi_id",
        so_the=_write_number(day["begin"]),
        ma_kcb=pl.format("{}{}", "province", pl.col("facility").cast(pl.String).str.zfill(3)),
        gia_tri_tu=day["begin"],
        gia_tri_den=pl.when(pl.col("last") != _NO_DAY).then(day["last"]),
        # A child's treatment is paid in full: its card says nothing of five years.
        du_5_nam=pl.when((pl.col("since") != _NO_DAY) & (pl.col("code") != "TE")).then(
            day["since"]
        ),
    )


def _draw_temporary(rng: np.random.Generator, unnumbered: Bools) -> pl.Series:
    """Ten digits for those who have no number of their own, null for the rest."""
    rows = np.flatnonzero(unnumbered)
    digits = pad_digits(draw_distinct(rng, np.zeros(len(rows), dtype=np.int64), 9), 10)
    return (
        pl.Series([None], dtype=pl.String).new_from_index(0, len(unnumbered)).scatter(rows, digits)
    )


def _write_number(begin: pl.Expr) -> pl.Expr:
    """In full, printed in groups, or the last ten digits; a newborn's is a temporary one."""
    form, changed = pl.col("form"), begin >= _CHANGE_DATE
    level = (
        pl.when(pl.col("code").is_in(["CN", "LH"]) & changed)
        .then(2)
        .otherwise(pl.col("code").replace_strict(_LEVELS, return_dtype=pl.Int32))
        .cast(pl.String)
    )
    spaced = pl.format("{} {} {} {}", "code", level, "province", "number")
    printed = _SHORT_SHARE + _SPACED_SHARE
    return (
        pl.when(pl.col("temporary").is_not_null())
        .then(pl.format("TE101{}", "temporary"))
        .when(form < _SHORT_SHARE)
        .then("number")
        .when(form < printed)
        .then(spaced)
        .when(form < printed + _DASHED_SHARE)
        .then(spaced.str.replace_all(" ", "-", literal=True))
        .otherwise(pl.format("{}{}{}{}", "code", level, "province", "number"))
    )


def spoil_cards(
    rng: np.random.Generator, cards: pl.DataFrame, world: World, insured: Insured, truth: Truth
) -> pl.DataFrame:
    """Noise in about 1 % of the cards, none in a canary's."""
    known = world.people.select("canary", _is_dead=pl.col("death_day").is_not_null())
    holders = known[insured.rows].with_columns(nguoi_id=pl.Series(insured.keys))
    held = cards.join(holders, on="nguoi_id", how="left", maintain_order="left")
    spoiler = Spoiler(
        held.drop("canary"), table=("social_insurance", "card"), key="id", truth=truth
    )
    spoiler.protect((held["canary"] > 0).to_numpy())
    spoiler.spread(rng, _FAULTS)
    return spoiler.finish()
