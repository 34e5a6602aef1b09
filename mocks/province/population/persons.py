"""cong_dan: one row a person, a few persons twice, a few rows removed."""

import numpy as np
import polars as pl

from mocks.province.canaries import canary_rows
from mocks.province.chance import Bools, draw_texts
from mocks.province.clock import stamp_utc
from mocks.province.faults import ACCEPT, QUARANTINE, REPAIR, Fault, Spoiler, Truth, blank
from mocks.province.people import World
from mocks.province.spelling import (
    decompose,
    drop_marks,
    flip_digit,
    has_marks,
    has_movable_tone,
    lose_zero,
    move_tones,
    untidy,
)

TABLE = ("population", "person")
_ROLE_CODES = ["chu_ho", "vo_chong", "con", "bo_me", "anh_chi_em", "chau", "khac"]
_NICKNAMES = ["Tèo", "Bống", "Cò", "Gấm", "Nhớn", "Sửu", "Bảy", "Hai", "Út", "Tư"]
_MIN_DOUBLES = 2
_DOUBLE_SHARE = 0.001
_NAME, _PIN, _BORN, _SEX = "ho_ten", "so_dinh_danh", "ngay_sinh", "gioi_tinh"
_BORN_BEFORE_1967 = pl.col(_BORN).str.slice(0, 4) < "1967"


_DAY, _MONTH = pl.col(_BORN).str.slice(8, 2), pl.col(_BORN).str.slice(5, 2)
_A_YEAR_EARLIER = (pl.col(_BORN).str.head(4).cast(pl.Int64) - 1).cast(pl.String) + pl.col(
    _BORN
).str.slice(4).str.replace("-02-29", "-02-28", literal=True)
_IMPOSSIBLE_BIRTH = Fault(
    "date_impossible", _BORN, QUARANTINE, pl.col(_BORN).str.head(4) + "-02-30"
)
_FAULTS = (
    Fault("value_missing", _NAME, QUARANTINE, blank()),
    _IMPOSSIBLE_BIRTH,
    Fault("decomposed", _NAME, REPAIR, decompose(pl.col(_NAME))),
    Fault("tone_moved", _NAME, REPAIR, move_tones(pl.col(_NAME)), among=has_movable_tone(_NAME)),
    Fault("untidy", _NAME, REPAIR, untidy(pl.col(_NAME))),
    Fault("marks_missing", _NAME, ACCEPT, drop_marks(pl.col(_NAME)), among=has_marks(_NAME)),
    Fault("year_only", _BORN, ACCEPT, pl.col(_BORN).str.head(4), among=_BORN_BEFORE_1967),
    Fault(
        "zero_lost",
        _PIN,
        REPAIR,
        lose_zero(pl.col(_PIN)),
        among=pl.col(_PIN).str.starts_with("0") & ~pl.col(_PIN).str.starts_with("00"),
    ),
    Fault("against_number", _SEX, ACCEPT, (3 - pl.col(_SEX).cast(pl.Int64)).cast(pl.String)),
    Fault("against_number", _BORN, ACCEPT, _A_YEAR_EARLIER),
    Fault("typing_error", "so_cmnd", ACCEPT, flip_digit(pl.col("so_cmnd"))),
)


def number_rows(prefix: str, count: int, width: int) -> pl.Series:
    """Row keys of the owner: prefix and a number from 1, with leading zeros."""
    return prefix + pl.int_range(1, count + 1, eager=True).cast(pl.String).str.zfill(width)


def write_persons(
    rng: np.random.Generator, world: World, keys: pl.Series, truth: Truth
) -> pl.DataFrame:
    """Everyone but the outsiders, the dead without household; `keys` by row of World.people."""
    listed = world.people["in_population"]
    people = world.people.with_columns(
        key=keys,
        house=number_rows("HO", len(world.households), 8).gather(world.people["household"]),
        role_code=pl.Series(_ROLE_CODES).gather(world.people["role"]),
    ).filter(listed)
    truth.link(TABLE, people["truth_id"], people["key"])
    alive = pl.col("death_date").is_null()
    frame = people.with_columns(
        nickname=draw_texts(rng, _NICKNAMES, len(people)),
        has_nickname=pl.Series(rng.random(len(people)) < 0.01),
    ).select(
        ma_cd="key",
        so_dinh_danh="pin",
        ho_ten="full_name",
        ten_khac=pl.when("has_nickname").then("nickname"),
        ngay_sinh=pl.col("birth_date").cast(pl.String),
        gioi_tinh=pl.col("sex").cast(pl.String),
        dan_toc="ethnic_code",
        so_cmnd="old_number",
        tinh_trang_hon_nhan="marital",
        ma_ho=pl.when(alive).then("house"),
        quan_he_chu_ho=pl.when(alive).then("role_code"),
        ngay_chet="death_date",
    )
    return stamp_utc(rng, frame, "cap_nhat_luc").with_columns(da_xoa=pl.lit(False))


def spoil_persons(
    rng: np.random.Generator, persons: pl.DataFrame, world: World, truth: Truth
) -> pl.DataFrame:
    """Noise in under 1 % of the rows; canaries only where it is their fate."""
    spoiler = Spoiler(persons, table=TABLE, key="ma_cd", truth=truth)
    listed = world.people.filter("in_population")
    spoiler.protect((listed["canary"] > 0).to_numpy())
    spoiler.spread(rng, _FAULTS)
    spoiler.spoil(rng, _IMPOSSIBLE_BIRTH, canary_rows(listed, "population"))
    return spoiler.finish()


def add_doubles(
    rng: np.random.Generator, persons: pl.DataFrame, world: World, truth: Truth
) -> pl.DataFrame:
    """Some people stand here twice: live without personal number, or as a removed entry."""
    count = max(_MIN_DOUBLES, round(len(persons) * _DOUBLE_SHARE))
    listed = world.people.filter("in_population")
    able = _can_stand_twice(persons) & (listed["canary"] == 0).to_numpy()
    rows = rng.choice(np.flatnonzero(able), count * 2, replace=False)
    removed = pl.Series(np.arange(count * 2) >= count)
    copies = persons[rows].with_columns(
        ma_cd=number_rows("CD", len(world.people) + count * 2, 9)[len(world.people) :],
        so_dinh_danh=pl.when(removed).then("so_dinh_danh"),
        ma_ho=pl.lit(None, pl.String),
        quan_he_chu_ho=pl.lit(None, pl.String),
        da_xoa=removed,
    )
    copies = stamp_utc(rng, copies, "cap_nhat_luc").select(persons.columns)
    live = copies["ma_cd"][:count]
    truth.link(TABLE, listed["truth_id"].gather(rows[:count]), live)
    pins = persons["so_dinh_danh"].gather(rows[:count])
    truth.note(TABLE, ("person_twice", _PIN, QUARANTINE), live, pins)
    return pl.concat([persons, copies])


def _can_stand_twice(persons: pl.DataFrame) -> Bools:
    able: Bools = (
        persons.select(
            pl.col("so_cmnd").is_not_null()
            & pl.col("ngay_chet").is_null()
            & (pl.col(_BORN).str.len_chars() == 10)
            & ~pl.col(_BORN).str.ends_with("-02-30")
            & (pl.col(_NAME) != "")
            & (pl.col(_PIN).str.len_chars() == 12)
        )
        .to_series()
        .to_numpy()
    )
    return able
