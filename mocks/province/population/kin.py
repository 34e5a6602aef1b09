"""quan_he: who is whose spouse, father, mother or child."""

import numpy as np
import polars as pl

from mocks.province.chance import draw_texts
from mocks.province.clock import stamp_utc
from mocks.province.faults import REPAIR, Fault, Spoiler, Truth
from mocks.province.households import NOBODY
from mocks.province.people import World
from mocks.province.population.persons import number_rows
from mocks.province.spelling import decompose, untidy

_NAMED_ONLY_SHARE = 0.25
_NAME = "ho_ten_lien_quan"
_FAULTS = (
    Fault("untidy", _NAME, REPAIR, untidy(pl.col(_NAME))),
    Fault("decomposed", _NAME, REPAIR, decompose(pl.col(_NAME))),
)
_FATHERS = [
    "Hùng",
    "Bình",
    "Sơn",
    "Lợi",
    "Thành",
    "Khánh",
    "Tân",
    "Thịnh",
    "Phúc",
    "Quý",
    "Toàn",
    "Chính",
]


def write_relations(rng: np.random.Generator, world: World, keys: pl.Series) -> pl.DataFrame:
    """Rows (person, kind, relative): the kind says what the relative is to the person."""
    names = world.people["full_name"]
    ties = [
        (np.flatnonzero(kin != NOBODY), kin[kin != NOBODY], kind)
        for kin, kind in (
            (world.spouse, "vo_chong"),
            (world.father, "cha"),
            (world.mother, "me"),
        )
    ]
    children = [(parents, kids, "con") for kids, parents, kind in ties if kind != "vo_chong"]
    frames = [
        pl.DataFrame({"person": persons, "relative": relatives}).select(
            "person", "relative", kind=pl.lit(kind), name=names.gather(relatives)
        )
        for persons, relatives, kind in ties + children
    ]
    frames.append(_name_fathers(rng, world))
    frame = pl.concat(frames).sort("person", "kind", "relative", nulls_last=True)
    known = frame["relative"].is_not_null()
    frame = frame.with_columns(key=keys.gather(frame["relative"].fill_null(0))).select(
        ma_qh=number_rows("QH", len(frame), 9),
        ma_cd=keys.gather(frame["person"]),
        loai="kind",
        ma_cd_lien_quan=pl.when(known).then("key"),
        ho_ten_lien_quan="name",
    )
    return stamp_utc(rng, frame, "cap_nhat_luc").with_columns(da_xoa=pl.lit(False))


def _name_fathers(rng: np.random.Generator, world: World) -> pl.DataFrame:
    """Fathers known by name only, for a quarter of those whose father is not in the province."""
    people = world.people
    lonely = (world.father == NOBODY) & (
        people["in_population"] & (people["canary"] == 0)
    ).to_numpy()
    rows = np.flatnonzero(lonely & (rng.random(len(lonely)) < _NAMED_ONLY_SHARE))
    surname = people["full_name"].gather(rows).str.split(" ").list.first()
    given = draw_texts(rng, _FATHERS, len(rows))
    middle = draw_texts(rng, ["Văn", "Xuân", "Đình"], len(rows), weights=[8, 1, 1])
    return pl.DataFrame(
        {
            "person": rows,
            "relative": pl.Series([None], dtype=pl.Int64).new_from_index(0, len(rows)),
            "kind": pl.Series(["cha"]).new_from_index(0, len(rows)),
            "name": surname + " " + middle + " " + given,
        }
    )


def spoil_relations(
    rng: np.random.Generator, relations: pl.DataFrame, truth: Truth
) -> pl.DataFrame:
    """Noise in about 0.5 % of the rows."""
    spoiler = Spoiler(relations, table=("population", "relation"), key="ma_qh", truth=truth)
    spoiler.spread(rng, _FAULTS)
    return spoiler.finish()
