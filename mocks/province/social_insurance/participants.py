"""nguoi_tham_gia: who takes part, and one row for each of them; a few stand there twice."""

from dataclasses import dataclass

import numpy as np
import polars as pl

from mocks.province.chance import Bools, Floats, Ints, draw_texts
from mocks.province.clock import stamp_local
from mocks.province.ethnic_codes import to_1979_list
from mocks.province.faults import ACCEPT, Truth
from mocks.province.identifiers import issue_insurance_numbers
from mocks.province.people import REFERENCE_DAY, YEAR_DAYS, World

TABLE = ("social_insurance", "participant")
_DEAD_INSURED_SHARE = 0.75
_FIRST_KEY = 100_000
_NEWBORN_DAYS = 75
_TWICE_AGE = 30
_KEPT_OLD_NUMBER = 0.6
#: Object codes of those who work for others: enterprise, public service, other employers, army.
TRADES = {"DN": 0.78, "HC": 0.14, "CH": 0.075, "XD": 0.005}
#: Columns of World.people that the register takes over.
_TAKEN = (
    *("truth_id", "pin", "old_number", "full_name", "birth_date", "birth_day", "sex"),
    *("ethnic_code", "commune_code", "receives_pension", "death_day", "canary"),
)
_NUMBER, _PIN = "ma_so_bhxh", "so_dinh_danh"


@dataclass(frozen=True)
class Insured:
    """Participants, one element each.

    rows: of World.people. numbers: insurance numbers. keys: row keys in the register.
    provinces: code of the home's province before July 2025, two digits. trades: object code while
    employed. unnumbered: newborns whose number has not come yet. twice: positions of those who
    stand here a second time, under `older_keys` and `older_numbers`.
    """

    rows: Ints
    numbers: pl.Series
    keys: Ints
    provinces: pl.Series
    trades: pl.Series
    unnumbered: Bools
    twice: Ints
    older_keys: Ints
    older_numbers: pl.Series


def choose_insured(rng: np.random.Generator, world: World, wanted: int, truth: Truth) -> Insured:
    """People for `wanted` rows, canaries besides.

    Every outsider, worker and living pensioner, most of the dead, and of the others as many as
    there is room for. Somebody who stands here twice takes the room of one of these.
    """
    people = world.people
    canary, alive = (people["canary"] > 0).to_numpy(), people["death_day"].is_null().to_numpy()
    earning = people.select(pl.col("works") | pl.col("receives_pension")).to_series().to_numpy()
    surely = ~people["in_population"].to_numpy() | canary | (alive & earning)
    dead = np.flatnonzero(~alive)
    buried = rng.choice(dead, int(len(dead) * _DEAD_INSURED_SHARE), replace=False)
    lots = rng.permutation(np.flatnonzero(alive & ~surely))
    room = wanted + int(canary.sum()) - int(surely.sum()) - len(buried)
    able = int((surely & _can_be_twice(people)).sum())
    doubles = _count_doubles(truth, wanted, min(room, able))
    rows = np.sort(np.r_[np.flatnonzero(surely), buried, lots[: room - doubles]])
    chosen = people.select("birth_day", "death_day", "canary", "old_number", "in_population")[rows]
    provinces = _find_provinces(world, rows)
    codes = sorted(world.households["old_province_code"].unique())
    numbers = issue_insurance_numbers(rng, len(rows) + doubles, codes)
    keys = _FIRST_KEY + rng.permutation(len(rows) + doubles)
    trades = draw_texts(rng, list(TRADES), len(rows), weights=list(TRADES.values()))
    return Insured(
        rows,
        numbers[: len(rows)],
        keys[: len(rows)],
        provinces,
        trades,
        _choose_newborns(rng, chosen, truth),
        _choose_doubles(rng, chosen, doubles),
        keys[len(rows) :],
        numbers[len(rows) :],
    )


def _find_provinces(world: World, rows: Ints) -> pl.Series:
    """Of the household; of an outsider, of the commune where they are met."""
    homes = world.households.select("commune_code", "old_province_code")
    known = homes.unique("commune_code", keep="first", maintain_order=True)
    return world.people.select("commune_code")[rows].join(
        known, on="commune_code", how="left", maintain_order="left"
    )["old_province_code"]


def _choose_newborns(rng: np.random.Generator, people: pl.DataFrame, truth: Truth) -> Bools:
    """Some of those born in the last months still wait for their personal number."""
    rate = truth.noise.rate("social_insurance", "life_event_missed")
    young = people.select(
        (REFERENCE_DAY - pl.col("birth_day") <= _NEWBORN_DAYS)
        & pl.col("death_day").is_null()
        & (pl.col("canary") == 0)
    )
    chosen: Bools = young.to_series().to_numpy() & (rng.random(len(people)) < rate)
    return chosen


def _count_doubles(truth: Truth, wanted: int, most: int) -> int:
    """Of `wanted` rows, those of people who have one already: one at least while there are any."""
    rate = truth.noise.rate("social_insurance", "person_twice")
    return min(max(1, round(rate * wanted)), most) if rate > 0 else 0


def _can_be_twice(people: pl.DataFrame) -> Bools:
    """Living adults who had an old identity card when they may have begun to take part."""
    able = people.select(
        pl.col("in_population")
        & pl.col("old_number").is_not_null()
        & pl.col("death_day").is_null()
        & (pl.col("canary") == 0)
        & (REFERENCE_DAY - pl.col("birth_day") > _TWICE_AGE * 366)
    )
    able_rows: Bools = able.to_series().to_numpy()
    return able_rows


def _choose_doubles(rng: np.random.Generator, people: pl.DataFrame, count: int) -> Ints:
    """Positions of `count` people who once took part under their old identity card."""
    able = np.flatnonzero(_can_be_twice(people))
    chosen: Ints = np.sort(rng.permutation(able)[:count])
    return chosen


def tell_lives(world: World, insured: Insured) -> tuple[Ints, Ints, Floats]:
    """Birth day, last day (of death, or the reference date) and age on it in years, of each."""
    people = world.people.select("birth_day", "death_day")[insured.rows]
    birth: Ints = people["birth_day"].to_numpy()
    last: Ints = people["death_day"].fill_null(REFERENCE_DAY).to_numpy()
    return birth, last, (last - birth) / YEAR_DAYS


def write_participants(
    rng: np.random.Generator, world: World, insured: Insured, truth: Truth
) -> pl.DataFrame:
    """The register's personal data, taken from the person as the person is.

    Columns that begin with "_" (birth_day, canary) are for the noise and leave with it.
    """
    people = world.people.select(_TAKEN)[insured.rows]
    unnumbered = pl.Series(insured.unnumbered)
    twice = pl.Series(np.isin(np.arange(len(people)), insured.twice))
    kept = pl.Series(rng.random(len(people)) < _KEPT_OLD_NUMBER)
    frame = people.select(
        id=pl.Series(insured.keys),
        ma_so_bhxh=pl.when(~unnumbered).then(insured.numbers),
        so_dinh_danh=pl.when(~unnumbered).then("pin"),
        so_cmnd=pl.when(kept & ~twice).then("old_number"),
        ho_va_ten="full_name",
        ngay_sinh=pl.col("birth_date").dt.strftime("%d/%m/%Y"),
        gioi_tinh=pl.when(pl.col("sex") == 1).then(pl.lit("Nam")).otherwise(pl.lit("Nữ")),
        dan_toc=to_1979_list(pl.col("ethnic_code")),
        ma_xa="commune_code",
        huong_luong_huu=pl.col("receives_pension") & pl.col("death_day").is_null(),
        _birth_day="birth_day",
        _canary="canary",
    )
    truth.link(TABLE, people["truth_id"], frame["id"])
    _note_newborns(people, insured, truth)
    frame = pl.concat([frame, _write_doubles(frame, people, insured, truth)])
    return stamp_local(rng, frame, "cap_nhat")


def _note_newborns(people: pl.DataFrame, insured: Insured, truth: Truth) -> None:
    rows = np.flatnonzero(insured.unnumbered)
    if not len(rows):
        return
    keys = pl.Series(insured.keys[rows])
    missed = {_PIN: people["pin"], _NUMBER: insured.numbers}
    for column, true_values in missed.items():
        fault = ("life_event_missed", column, ACCEPT)
        truth.note(TABLE, fault, keys, true_values.gather(rows))


def _write_doubles(
    frame: pl.DataFrame, people: pl.DataFrame, insured: Insured, truth: Truth
) -> pl.DataFrame:
    """Earlier rows of a few: by the nine-digit card, without the personal number."""
    mine = people[insured.twice]
    earlier = frame[insured.twice].with_columns(
        id=pl.Series(insured.older_keys),
        ma_so_bhxh=insured.older_numbers,
        so_dinh_danh=pl.lit(None, pl.String),
        so_cmnd=mine["old_number"],
    )
    if len(mine):
        truth.link(TABLE, mine["truth_id"], earlier["id"])
        truth.note(TABLE, ("person_twice", _PIN, ACCEPT), earlier["id"], mine["pin"])
    return earlier
