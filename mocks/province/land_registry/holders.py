"""How a certificate names its holders: one text, numbers and birth years in the same order."""

import numpy as np
import polars as pl

from mocks.province.faults import ACCEPT, REPAIR, Truth
from mocks.province.households import NOBODY
from mocks.province.land_registry.deeds import NO_NUMBER, OLD_NUMBER, Deeds
from mocks.province.noise import FORMS
from mocks.province.people import World

TABLE = ("land_registry", "certificate")
_TITLED_SHARE = 0.75
_DEAD_NOTE_SHARE = 0.3
_YEAR_SHARE = 0.6


def write_holders(
    rng: np.random.Generator, world: World, deeds: Deeds, keys: pl.Series, truth: Truth
) -> pl.DataFrame:
    """chu_su_dung, so_giay_to and nam_sinh of each certificate; links and lacks go to `truth`."""
    pairs = _pair_up(rng, world, deeds)
    is_pair = pl.col("couple")
    bare = pl.col("evidence") == NO_NUMBER
    numbers = _join(is_pair, _paper_number("pin", "old"), _paper_number("pin2", "old2"))
    years = _join(is_pair, pl.col("year"), pl.col("year2"))
    holders = pairs.select(
        chu_su_dung=_owner_text(),
        so_giay_to=pl.when(~bare).then(numbers).otherwise(pl.lit("")),
        nam_sinh=pl.when(bare | pl.col("dated")).then(years).otherwise(pl.lit("")),
    )
    truth.link(TABLE, pairs["id"], keys + "#1")
    couples = pairs["couple"]
    truth.link(TABLE, pairs["id2"].filter(couples), keys.filter(couples) + "#2")
    _note_lacks(pairs, holders, keys, truth)
    return holders


def _pair_up(rng: np.random.Generator, world: World, deeds: Deeds) -> pl.DataFrame:
    """True facts of both holders side by side; the second one's are void without a couple."""
    facts: dict[str, str | pl.Expr] = {
        "id": "truth_id",
        "name": "full_name",
        "sex": "sex",
        "pin": "pin",
        "old": "old_number",
        "year": pl.col("birth_year").cast(pl.String),
        "dead": pl.col("death_day").is_not_null(),
    }
    people = world.people.select(**facts)
    first = people[deeds.first]
    second = people[np.maximum(deeds.second, 0)]
    return first.hstack(second.rename({name: f"{name}2" for name in facts})).with_columns(
        couple=pl.Series(deeds.second != NOBODY),
        for_household=pl.Series(deeds.for_household),
        evidence=pl.Series(deeds.evidence),
        luck=pl.Series(rng.random(len(first))),
        dated=pl.Series(rng.random(len(first)) < _YEAR_SHARE),
    )


def _owner_text() -> pl.Expr:
    """ "Ông A", "A", "Hộ bà A", "Ông A và vợ là bà B", "Bà A và ông B", "Ông A (đã chết)"."""
    male, luck = pl.col("sex") == 1, pl.col("luck")
    title = pl.when(male).then(pl.lit("Ông")).otherwise(pl.lit("Bà"))
    spoken = pl.when(male).then(pl.lit("và vợ là bà")).otherwise(pl.lit("và chồng là ông"))
    plain = pl.when(male).then(pl.lit("và bà")).otherwise(pl.lit("và ông"))
    tie = pl.when(luck < 0.7).then(spoken).otherwise(plain)
    is_noted = pl.col("dead") & (luck < _DEAD_NOTE_SHARE)
    note = pl.when(is_noted).then(pl.lit(" (đã chết)")).otherwise(pl.lit(""))
    single = (
        pl.when(luck < _TITLED_SHARE)
        .then(pl.format("{} {}{}", title, "name", note))
        .otherwise("name")
    )
    household = pl.format("Hộ {} {}", title.str.to_lowercase(), "name")
    couple = pl.format("{} {} {} {}", title, "name", tie, "name2")
    one = pl.when("for_household").then(household).otherwise(single)
    return pl.when("couple").then(couple).otherwise(one)


def _paper_number(pin: str, old_number: str) -> pl.Expr:
    """The old number where the paper has that and the person ever held one, else the PIN."""
    has_old = (pl.col("evidence") == OLD_NUMBER) & pl.col(old_number).is_not_null()
    return pl.when(has_old).then(old_number).otherwise(pin)


def _join(is_pair: pl.Expr, first: pl.Expr, second: pl.Expr) -> pl.Expr:
    return pl.when(is_pair).then(pl.format("{}; {}", first, second)).otherwise(first)


def _note_lacks(pairs: pl.DataFrame, holders: pl.DataFrame, keys: pl.Series, truth: Truth) -> None:
    """What the paper lacks is written down like any other noise, with the true numbers or names."""
    couple = pl.col("couple")
    true = pairs.select(
        pins=_join(couple, pl.col("pin"), pl.col("pin2")),
        names=_join(couple, pl.col("name"), pl.col("name2")),
    )
    bare = holders["so_giay_to"] == ""
    one = ~pairs["couple"] & ~pairs["for_household"]
    for kind, column, rows, values in (
        ("old_number_only", "so_giay_to", (holders["so_giay_to"] != true["pins"]) & ~bare, "pins"),
        ("no_number", "so_giay_to", bare, "pins"),
        ("owner_household", "chu_su_dung", pairs["for_household"], "names"),
        ("owner_couple", "chu_su_dung", pairs["couple"], "names"),
        ("owner_titled", "chu_su_dung", (holders["chu_su_dung"] != true["names"]) & one, "names"),
        ("owner_dead", "chu_su_dung", pairs["dead"], "names"),
    ):
        outcome = REPAIR if kind in FORMS else ACCEPT
        truth.note(TABLE, (kind, column, outcome), keys.filter(rows), true[values].filter(rows))
