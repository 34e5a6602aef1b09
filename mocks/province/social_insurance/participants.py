"""nguoi_tham_gia: one row a participant."""

from dataclasses import dataclass

import numpy as np
import polars as pl

from mocks.province.canaries import canary_rows
from mocks.province.chance import Ints
from mocks.province.clock import stamp_local
from mocks.province.faults import ACCEPT, QUARANTINE, REPAIR, Fault, Spoiler, Truth, blank, never
from mocks.province.identifiers import issue_insurance_numbers
from mocks.province.people import World
from mocks.province.spelling import (
    drop_marks,
    flip_digit,
    has_marks,
    has_movable_tone,
    lose_zero,
    move_tones,
    untidy,
)

TABLE = ("social_insurance", "participant")
_DEAD_INSURED_SHARE = 0.5
_FIRST_KEY = 100_000
_NAME, _PIN, _BORN = "ho_va_ten", "so_dinh_danh", "ngay_sinh"
_DAY, _MONTH = pl.col(_BORN).str.slice(0, 2), pl.col(_BORN).str.slice(3, 2)


@dataclass(frozen=True)
class Insured:
    """Participants: `rows` of World.people, their insurance numbers and row keys."""

    rows: Ints
    numbers: pl.Series
    keys: Ints


_YEAR = pl.col(_BORN).str.slice(6)
_SPACED = pl.concat_str(*(pl.col(_PIN).str.slice(n, 3) for n in range(0, 12, 3)), separator=" ")
_AS_FLOAT = pl.format("{}.{}E+10", pl.col(_PIN).str.slice(1, 1), pl.col(_PIN).str.slice(2, 4))
_PIN_AS_FLOAT = Fault("scientific", _PIN, QUARANTINE, _AS_FLOAT)
_FAULTS = (
    _PIN_AS_FLOAT,
    Fault("value_missing", _NAME, QUARANTINE, blank()),
    Fault("date_impossible", _BORN, QUARANTINE, "31/02/" + _YEAR),
    Fault("value_missing", _PIN, ACCEPT, never(), weight=30),
    Fault("typing_error", _PIN, ACCEPT, flip_digit(pl.col(_PIN))),
    Fault(
        "zero_lost",
        _PIN,
        REPAIR,
        lose_zero(pl.col(_PIN)),
        among=pl.col(_PIN).str.starts_with("0") & ~pl.col(_PIN).str.starts_with("00"),
    ),
    Fault("separators", _PIN, REPAIR, _SPACED),
    Fault("marks_missing", _NAME, ACCEPT, drop_marks(pl.col(_NAME)), among=has_marks(_NAME)),
    Fault("untidy", _NAME, REPAIR, untidy(pl.col(_NAME))),
    Fault("tone_moved", _NAME, REPAIR, move_tones(pl.col(_NAME)), among=has_movable_tone(_NAME)),
    Fault("year_only", _BORN, ACCEPT, _YEAR, among=_YEAR < "1967"),
    Fault(
        "day_month_swapped",
        _BORN,
        ACCEPT,
        pl.format("{}/{}/{}", _MONTH, _DAY, _YEAR),
        among=(_DAY <= "12") & (_DAY != _MONTH),
    ),
)


def choose_insured(rng: np.random.Generator, world: World, wanted: int) -> Insured:
    """`wanted` people besides the canaries: every outsider, half of the dead, the rest living."""
    people = world.people
    surely = (~people["in_population"] | (people["canary"] > 0)).to_numpy()
    dead = np.flatnonzero(people["death_day"].is_not_null().to_numpy())
    buried = rng.choice(dead, int(len(dead) * _DEAD_INSURED_SHARE), replace=False)
    living = np.flatnonzero(people["death_day"].is_null().to_numpy() & ~surely)
    rest = wanted + int((people["canary"] > 0).sum()) - int(surely.sum()) - len(buried)
    chosen = rng.choice(living, rest, replace=False)
    rows = np.sort(np.r_[np.flatnonzero(surely), buried, chosen])
    keys = _FIRST_KEY + rng.permutation(len(rows))
    return Insured(rows, issue_insurance_numbers(rng, len(rows)), keys)


def write_participants(
    rng: np.random.Generator, world: World, insured: Insured, truth: Truth
) -> pl.DataFrame:
    """The register's personal data, taken from the person as the person is."""
    people = world.people[insured.rows]
    truth.link(TABLE, people["truth_id"], pl.Series(insured.keys))
    has_kept_number = pl.Series(rng.random(len(people)) < 0.6)
    frame = people.select(
        id=pl.Series(insured.keys),
        ma_so_bhxh=insured.numbers,
        so_dinh_danh="pin",
        so_cmnd=pl.when(has_kept_number).then("old_number"),
        ho_va_ten="full_name",
        ngay_sinh=pl.col("birth_date").dt.strftime("%d/%m/%Y"),
        gioi_tinh=pl.when(pl.col("sex") == 1).then(pl.lit("Nam")).otherwise(pl.lit("Nữ")),
        ma_xa="commune_code",
        huong_luong_huu="receives_pension",
    )
    return stamp_local(rng, frame, "cap_nhat")


def spoil_participants(
    rng: np.random.Generator,
    participants: pl.DataFrame,
    world: World,
    insured: Insured,
    truth: Truth,
) -> pl.DataFrame:
    """Noise in 2 to 3 % of the rows; canaries only where it is their fate."""
    people = world.people[insured.rows]
    spoiler = Spoiler(participants, table=TABLE, key="id", truth=truth)
    spoiler.protect((people["canary"] > 0).to_numpy())
    spoiler.spread(rng, _FAULTS)
    spoiler.spoil(rng, _PIN_AS_FLOAT, canary_rows(people, "social_insurance"))
    return spoiler.finish()
