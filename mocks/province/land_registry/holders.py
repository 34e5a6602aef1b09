"""How a certificate names its holders: one text, numbers and births in the same order."""

import numpy as np
import polars as pl

from mocks.province.faults import ACCEPT, REPAIR, Truth
from mocks.province.households import NOBODY
from mocks.province.land_registry.deeds import NO_NUMBER, OLD_NUMBER, THIRD_FORM, Deeds
from mocks.province.land_registry.plots import REGISTER
from mocks.province.people import World

TABLE = (REGISTER, "certificate")
_DEAD_NOTE_SHARE = 0.3


def write_holders(
    rng: np.random.Generator, world: World, deeds: Deeds, keys: pl.Series, truth: Truth
) -> pl.DataFrame:
    """chu_su_dung, so_giay_to and nam_sinh of each certificate; links and lacks go to `truth`.

    Only the form of 2025, filled in from the population register, knows the day of birth.
    """
    pairs = _pair_up(rng, world, deeds, truth.noise.rate(REGISTER, "owner_titled"))
    is_pair = pl.col("couple")
    bare, full = pl.col("evidence") == NO_NUMBER, pl.Series(deeds.issued >= THIRD_FORM)
    numbers = _join(is_pair, _paper_number("pin", "old"), _paper_number("pin2", "old2"))
    born, years = _join(is_pair, "born", "born2"), _join(is_pair, "year", "year2")
    holders = pairs.select(
        chu_su_dung=_owner_text(),
        so_giay_to=pl.when(~bare).then(numbers).otherwise(pl.lit("")),
        nam_sinh=pl.when(full).then(born).otherwise(years),
    )
    truth.link(TABLE, pairs["id"], keys + "#1")
    couples = pairs["couple"]
    truth.link(TABLE, pairs["id2"].filter(couples), keys.filter(couples) + "#2")
    _note_lacks(pairs, holders, keys, truth)
    _note_buyers(world, deeds, keys, truth)
    return holders


def _pair_up(rng: np.random.Generator, world: World, deeds: Deeds, titled: float) -> pl.DataFrame:
    """True facts of both holders side by side; the second one's are void without a couple."""
    facts: dict[str, str | pl.Expr] = {
        "id": "truth_id",
        "name": "full_name",
        "sex": "sex",
        "pin": "pin",
        "old": "old_number",
        "year": pl.col("birth_year").cast(pl.String),
        "born": pl.col("birth_date").dt.strftime("%d/%m/%Y"),
        "dead": pl.col("death_day").is_not_null(),
    }
    people = world.people.select(**facts)
    first = people[deeds.first]
    second = people[np.maximum(deeds.second, 0)]
    return first.hstack(second.rename({name: f"{name}2" for name in facts})).with_columns(
        couple=pl.Series(deeds.second != NOBODY),
        for_household=pl.Series(deeds.for_household),
        evidence=pl.Series(deeds.evidence),
        titled=pl.Series(rng.random(len(first)) < titled),
        luck=pl.Series(rng.random(len(first))),
    )


def _owner_text() -> pl.Expr:
    """ "Ông A", "A", "Hộ bà A", "Ông A và vợ là bà B", "Vợ chồng ông A, bà B", "A (đã chết)"."""
    male, luck = pl.col("sex") == 1, pl.col("luck")
    title = pl.when(male).then(pl.lit("Ông")).otherwise(pl.lit("Bà"))
    small = title.str.to_lowercase()
    other = pl.when(male).then(pl.lit("bà")).otherwise(pl.lit("ông"))
    spouse = pl.when(male).then(pl.lit("và vợ là bà")).otherwise(pl.lit("và chồng là ông"))
    noted = pl.when(pl.col("dead") & (luck < _DEAD_NOTE_SHARE)).then(pl.lit(" (đã chết)"))
    titled = pl.format("{}{} {}{}", title, _colon(luck), "name", noted.otherwise(pl.lit("")))
    single = pl.when("titled").then(titled).otherwise("name")
    household = (
        pl.when(luck < 0.9)
        .then(pl.format("Hộ {} {}", small, "name"))
        .otherwise(pl.format("Hộ gia đình {} {}", small, "name"))
    )
    couple = (
        pl.when(luck < 0.62)
        .then(pl.format("{} {} {} {}", title, "name", spouse, "name2"))
        .when(luck < 0.88)
        .then(pl.format("{} {} và {} {}", title, "name", other, "name2"))
        .when(luck < 0.95)
        .then(pl.format("Vợ chồng {} {}, {} {}", small, "name", other, "name2"))
        .otherwise(pl.format("{} {}; {} {}", title, "name", other, "name2"))
    )
    one = pl.when("for_household").then(household).otherwise(single)
    return pl.when("couple").then(couple).otherwise(one)


def _colon(luck: pl.Expr) -> pl.Expr:
    return pl.when(luck > 0.95).then(pl.lit(":")).otherwise(pl.lit(""))


def _paper_number(pin: str, old_number: str) -> pl.Expr:
    """The old number where the paper has that and the person ever held one, else the PIN."""
    has_old = (pl.col("evidence") == OLD_NUMBER) & pl.col(old_number).is_not_null()
    return pl.when(has_old).then(old_number).otherwise(pin)


def _join(is_pair: pl.Expr, first: str | pl.Expr, second: str | pl.Expr) -> pl.Expr:
    return pl.when(is_pair).then(pl.format("{}; {}", first, second)).otherwise(first)


def _note_lacks(pairs: pl.DataFrame, holders: pl.DataFrame, keys: pl.Series, truth: Truth) -> None:
    """What the paper lacks is written down like any other noise, with the true numbers or names."""
    true = pairs.select(
        pins=_join(pl.col("couple"), "pin", "pin2"), names=_join(pl.col("couple"), "name", "name2")
    )
    one = ~pairs["couple"] & ~pairs["for_household"]
    titled = pairs["titled"] & one
    for kind, column, rows, values, outcome in (
        ("old_number_only", "so_giay_to", pairs["evidence"] == OLD_NUMBER, "pins", ACCEPT),
        ("no_number", "so_giay_to", pairs["evidence"] == NO_NUMBER, "pins", ACCEPT),
        ("owner_household", "chu_su_dung", pairs["for_household"], "names", REPAIR),
        ("owner_couple", "chu_su_dung", pairs["couple"], "names", REPAIR),
        ("owner_titled", "chu_su_dung", titled, "names", REPAIR),
        ("owner_dead", "chu_su_dung", pairs["dead"], "names", ACCEPT),
    ):
        truth.note(TABLE, (kind, column, outcome), keys.filter(rows), true[values].filter(rows))


def _note_buyers(world: World, deeds: Deeds, keys: pl.Series, truth: Truth) -> None:
    """Sold land still speaks of its seller: the true owner is told as "name (truth_id)"."""
    sold = deeds.buyer != NOBODY
    buyers = world.people.select("full_name", "truth_id")[deeds.buyer[sold]]
    truth.note(
        TABLE,
        ("transfer_unregistered", "chu_su_dung", ACCEPT),
        keys.filter(pl.Series(sold)),
        buyers.select(pl.format("{} ({})", "full_name", "truth_id").alias("owner")).to_series(),
    )
