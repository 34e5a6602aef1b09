"""quan_he: who is whose spouse, father, mother or child."""

import numpy as np
import polars as pl

from mocks.province.chance import Bools, Ints
from mocks.province.faults import ACCEPT, Fault, Spoiler, Truth
from mocks.province.households import FEMALE, MALE, NOBODY
from mocks.province.people import World
from mocks.province.population.persons import number_rows
from mocks.province.population.stamps import stamp_rows
from mocks.province.population.texts import mendable_faults
from mocks.province.spelling import (
    drop_marks,
    has_marks,
    has_movable_tone,
    has_y,
    move_tones,
    swap_i_and_y,
)

_NAMED_ONLY_SHARE = 0.25
_NAME = "ho_ten_lien_quan"
_TEXT = pl.col(_NAME)
_KINDS = pl.Enum(["cha", "con", "me", "vo_chong"])
_FAULTS = (
    *mendable_faults(_NAME),
    Fault("tone_moved", _NAME, ACCEPT, move_tones(_TEXT), among=has_movable_tone(_NAME)),
    Fault("i_for_y", _NAME, ACCEPT, swap_i_and_y(_TEXT), among=has_y(_NAME)),
    Fault("marks_missing", _NAME, ACCEPT, drop_marks(_TEXT), among=has_marks(_NAME)),
)


def write_relations(rng: np.random.Generator, world: World, keys: pl.Series) -> pl.DataFrame:
    """Rows (person, kind, relative): the kind says what the relative is to the person.

    Fathers from elsewhere are known by name only; so are divorced spouses, whose rows are removed.
    """
    ties = [
        (np.flatnonzero(kin != NOBODY), kin[kin != NOBODY], kind)
        for kin, kind in (
            (world.spouse, "vo_chong"),
            (world.father, "cha"),
            (world.mother, "me"),
        )
    ]
    ties += [(parents, kids, "con") for kids, parents, kind in ties if kind != "vo_chong"]
    names = world.people["full_name"]
    frames = [
        pl.DataFrame({"person": persons, "relative": relatives}).with_columns(
            kind=pl.lit(kind, _KINDS), name=names.gather(relatives)
        )
        for persons, relatives, kind in ties
    ]
    frames += [_name_fathers(rng, world), _name_divorced(rng, world)]
    frame = pl.concat(frames).sort("person", "kind", "relative", nulls_last=True)
    known = frame["relative"].is_not_null()
    rows = frame.with_columns(key=keys.gather(frame["relative"].fill_null(0))).select(
        ma_qh=number_rows("QH", len(frame), 9),
        ma_cd=keys.gather(frame["person"]),
        loai=pl.col("kind").cast(pl.String),
        ma_cd_lien_quan=pl.when(known).then("key"),
        ho_ten_lien_quan="name",
    )
    ended = ~known & (frame["kind"] == "vo_chong")
    return stamp_rows(rng, rows, _tell_days(world, frame)).with_columns(da_xoa=ended)


def _tell_days(world: World, ties: pl.DataFrame) -> pl.Series:
    """The day on which each tie began or ended: a birth, a wedding or a divorce."""
    people = world.people
    born = people["birth_day"]
    days = pl.DataFrame(
        {
            "kind": ties["kind"],
            "person": born.gather(ties["person"]),
            "relative": born.gather(ties["relative"]),
            "wedding": people["marriage_day"].gather(ties["person"]),
            "divorce": people["divorce_day"].gather(ties["person"]),
        }
    )
    return days.select(
        pl.when(pl.col("kind") == "vo_chong")
        .then(pl.coalesce("divorce", "wedding"))
        .otherwise(pl.max_horizontal("person", "relative"))
    ).to_series()


def _name_fathers(rng: np.random.Generator, world: World) -> pl.DataFrame:
    """Fathers known by name only, for a quarter of those whose father is not in the province.

    They have the child's surname, but among peoples whose children take the mother's.
    """
    people = world.people
    lonely = (world.father == NOBODY) & _is_listed(people)
    rows = np.flatnonzero(lonely & (rng.random(len(lonely)) < _NAMED_ONLY_SHARE))
    donors = people[_draw_donors(rng, people, rows, MALE)]
    child = people[rows].select(own="surname", child="full_name")
    parts = pl.concat([child, donors.select("surname", "full_name")], how="horizontal")
    passed = pl.col("child").str.starts_with(pl.col("own") + " ") & pl.col(
        "full_name"
    ).str.starts_with(pl.col("surname") + " ")
    given = pl.col("full_name").str.strip_prefix(pl.col("surname"))
    name = parts.select(pl.when(passed).then(pl.col("own") + given).otherwise("full_name"))
    return _name_only(rows, "cha", name.to_series())


def _name_divorced(rng: np.random.Generator, world: World) -> pl.DataFrame:
    """Former spouses of the divorced: none of them is known by more than a name."""
    people = world.people
    parted = people["divorce_day"].is_not_null().to_numpy() & _is_listed(people)
    frames = []
    for sex, other in ((MALE, FEMALE), (FEMALE, MALE)):
        rows = np.flatnonzero(parted & (people["sex"] == sex).to_numpy())
        donors = _draw_donors(rng, people, rows, other)
        frames.append(_name_only(rows, "vo_chong", people["full_name"].gather(donors)))
    return pl.concat(frames)


def _is_listed(people: pl.DataFrame) -> Bools:
    """Who stands in the register and is no canary."""
    listed: Bools = (people["in_population"] & (people["canary"] == 0)).to_numpy()
    return listed


def _draw_donors(rng: np.random.Generator, people: pl.DataFrame, rows: Ints, sex: int) -> Ints:
    """For each of `rows` somebody of that sex and of the same people, whose name may be lent."""
    able = ((people["sex"] == sex) & (people["canary"] == 0)).to_numpy()
    codes = people["ethnic_code"].cast(pl.Int64).to_numpy()
    drawn = np.zeros(len(rows), dtype=np.int64)
    for code in np.unique(codes[rows]):
        same = np.flatnonzero(able & (codes == code))
        donors = same if len(same) else np.flatnonzero(able)
        place = codes[rows] == code
        drawn[place] = donors[rng.integers(0, len(donors), int(place.sum()))]
    return drawn


def _name_only(rows: Ints, kind: str, names: pl.Series) -> pl.DataFrame:
    """Ties of people to relatives of whom the register has no row."""
    return pl.DataFrame({"person": rows}).select(
        "person",
        relative=pl.lit(None, pl.Int64),
        kind=pl.lit(kind, _KINDS),
        name=names,
    )


def spoil_relations(
    rng: np.random.Generator, relations: pl.DataFrame, truth: Truth
) -> pl.DataFrame:
    """Noise in about 0.5 % of the rows."""
    spoiler = Spoiler(relations, table=("population", "relation"), key="ma_qh", truth=truth)
    spoiler.spread(rng, _FAULTS)
    return spoiler.finish()
