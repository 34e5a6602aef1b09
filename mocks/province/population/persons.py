"""cong_dan: one row a person, a few persons twice, a few rows removed."""

import numpy as np
import polars as pl

from mocks.province.canaries import canary_rows
from mocks.province.chance import Bools, Ints, draw_texts, open_stream
from mocks.province.faults import ACCEPT, QUARANTINE, REPAIR, Fault, Spoiler, Truth, blank
from mocks.province.people import World
from mocks.province.population.stamps import stamp_rows
from mocks.province.population.texts import mendable_faults
from mocks.province.spelling import (
    LUCK,
    drop_marks,
    flip_digit,
    has_marks,
    has_movable_tone,
    has_y,
    lose_zero,
    move_tones,
    swap_i_and_y,
)

TABLE = ("population", "person")
_ROLE_CODES = ["chu_ho", "vo_chong", "con", "bo_me", "anh_chi_em", "chau", "khac"]
_NICKNAMES = ["Tèo", "Bống", "Cò", "Gấm", "Nhớn", "Sửu", "Bảy", "Hai", "Út", "Tư"]
_NAME, _PIN, _BORN, _SEX = "ho_ten", "so_dinh_danh", "ngay_sinh", "gioi_tinh"
_YEAR, _MONTH, _DAY = (pl.col(_BORN).str.slice(*at) for at in ((0, 4), (5, 2), (8, 2)))
_BORN_BEFORE_1967 = _YEAR < "1967"
_A_YEAR_EARLIER = (_YEAR.cast(pl.Int64) - 1).cast(pl.String) + pl.col(_BORN).str.slice(
    4
).str.replace("-02-29", "-02-28", literal=True)
_GROUPS = [pl.col(_PIN).str.slice(place, 3) for place in range(0, 12, 3)]
_GROUPED = (
    pl.when(pl.col(LUCK) < 0.5)
    .then(pl.concat_str(_GROUPS, separator=" "))
    .when(pl.col(LUCK) < 0.8)
    .then(pl.concat_str(_GROUPS, separator="."))
    .otherwise(pl.concat_str(_GROUPS, separator="-"))
)
_IMPOSSIBLE_BIRTH = Fault("date_impossible", _BORN, QUARANTINE, _YEAR + "-02-30")
_FAULTS = (
    *mendable_faults(_NAME),
    Fault("value_missing", _NAME, QUARANTINE, blank()),
    Fault("tone_moved", _NAME, ACCEPT, move_tones(pl.col(_NAME)), among=has_movable_tone(_NAME)),
    Fault("i_for_y", _NAME, ACCEPT, swap_i_and_y(pl.col(_NAME)), among=has_y(_NAME)),
    Fault("marks_missing", _NAME, ACCEPT, drop_marks(pl.col(_NAME)), among=has_marks(_NAME)),
    _IMPOSSIBLE_BIRTH,
    Fault("year_only", _BORN, ACCEPT, _YEAR, among=_BORN_BEFORE_1967, weight=0.4),
    Fault("year_only", _BORN, ACCEPT, _YEAR + "-01-01", among=_BORN_BEFORE_1967, weight=0.6),
    Fault(
        "day_month_swapped",
        _BORN,
        ACCEPT,
        pl.concat_str(_YEAR, _DAY, _MONTH, separator="-"),
        among=(_DAY <= "12") & (_DAY != _MONTH),
    ),
    Fault("against_number", _BORN, ACCEPT, _A_YEAR_EARLIER),
    Fault("against_number", _SEX, ACCEPT, (3 - pl.col(_SEX).cast(pl.Int64)).cast(pl.String)),
    Fault("value_missing", _PIN, QUARANTINE, blank()),
    Fault(
        "zero_lost",
        _PIN,
        REPAIR,
        lose_zero(pl.col(_PIN)),
        among=pl.col(_PIN).str.contains("^0[1-9]"),
    ),
    Fault("separators", _PIN, REPAIR, _GROUPED),
    Fault("typing_error", "so_cmnd", ACCEPT, flip_digit(pl.col("so_cmnd"))),
)


def number_rows(prefix: str, count: int, width: int) -> pl.Series:
    """Row keys of the owner: prefix and a number from 1, with leading zeros."""
    return prefix + pl.int_range(1, count + 1, eager=True).cast(pl.String).str.zfill(width)


def write_persons(
    rng: np.random.Generator, world: World, keys: pl.Series, truth: Truth
) -> pl.DataFrame:
    """Everyone but the outsiders, the dead without household; `keys` by row of World.people."""
    people = world.people.with_columns(
        key=keys,
        house=number_rows("HO", len(world.households), 8).gather(world.people["household"]),
        role_code=pl.Series(_ROLE_CODES).gather(world.people["role"]),
    ).filter("in_population")
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
    told = people.select(
        pl.max_horizontal("birth_day", "marriage_day", "divorce_day", "death_day")
    ).to_series()
    return stamp_rows(rng, frame, told).with_columns(da_xoa=pl.lit(False))


def spoil_persons(seed: int, persons: pl.DataFrame, world: World, truth: Truth) -> pl.DataFrame:
    """Noise in under 1 % of the rows, and some people twice; canaries only where it is their fate.

    A second row of a person is a copy of what the first was before the noise.
    """
    doubles = _write_doubles(open_stream(seed, "person.doubles"), persons, world, truth)
    rng = open_stream(seed, "person.noise")
    spoiler = Spoiler(persons, table=TABLE, key="ma_cd", truth=truth)
    listed = world.people.filter("in_population")
    spoiler.protect((listed["canary"] > 0).to_numpy())
    spoiler.spread(rng, _FAULTS)
    spoiler.spoil(rng, _IMPOSSIBLE_BIRTH, canary_rows(listed, "population"))
    _note_namesakes(listed, persons, truth)
    return pl.concat([spoiler.finish(), doubles])


def _write_doubles(
    rng: np.random.Generator, persons: pl.DataFrame, world: World, truth: Truth
) -> pl.DataFrame:
    """Rows of people who stand here twice: live without personal number, or as a removed entry."""
    rate = truth.noise.rate("population", "person_twice")
    listed = world.people.filter("in_population")
    able = (
        persons["so_cmnd"].is_not_null() & persons["ngay_chet"].is_null() & (listed["canary"] == 0)
    )
    count = max(1, round(len(persons) * rate)) if rate else 0
    rows = _draw_rows(rng, able.to_numpy(), count * 2)
    removed = pl.Series(np.arange(len(rows)) % 2 == 1)
    keys = number_rows("CD", len(world.people) + len(rows), 9)[len(world.people) :]
    told = listed["birth_day"].gather(rows)
    copies = (
        stamp_rows(rng, persons[rows].drop("cap_nhat_luc"), told)
        .with_columns(
            ma_cd=keys,
            so_dinh_danh=pl.when(removed).then("so_dinh_danh"),
            ma_ho=pl.lit(None, pl.String),
            quan_he_chu_ho=pl.lit(None, pl.String),
            da_xoa=removed,
        )
        .select(persons.columns)
    )
    live = copies.select("ma_cd", person=listed["truth_id"].gather(rows)).filter(~removed)
    if count:
        pins = persons["so_dinh_danh"].gather(rows).filter(~removed)
        truth.link(TABLE, live["person"], live["ma_cd"])
        truth.note(TABLE, ("person_twice", _PIN, QUARANTINE), live["ma_cd"], pins)
    return copies


def _draw_rows(rng: np.random.Generator, able: Bools, count: int) -> Ints:
    """`count` of the able rows in the order of their lots: a higher count only adds rows."""
    lots = np.where(able, rng.random(len(able)), 2.0)
    wanted = min(count, int(able.sum()))
    rows: Ints = np.argsort(lots, kind="stable")[:wanted].astype(np.int64)
    return rows


def _note_namesakes(listed: pl.DataFrame, persons: pl.DataFrame, truth: Truth) -> None:
    """People whom name, birth year and commune do not tell apart; nothing in a row is wrong."""
    if truth.noise.rate("population", "namesake"):
        same = listed["namesake"]
        names = listed["full_name"].filter(same)
        truth.note(TABLE, ("namesake", _NAME, ACCEPT), persons["ma_cd"].filter(same), names)
