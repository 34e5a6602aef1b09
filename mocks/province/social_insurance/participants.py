"""nguoi_tham_gia: one row a participant."""

from dataclasses import dataclass

import numpy as np
import polars as pl

from mocks.province.canaries import canary_rows
from mocks.province.chance import Ints
from mocks.province.clock import stamp_local
from mocks.province.faults import (
    ACCEPT,
    QUARANTINE,
    REPAIR,
    Fault,
    Row,
    Spoiler,
    Truth,
    blank,
    change_text,
    drop_marks,
    flip_digit,
    has_movable_tone,
    lose_zero,
    move_tones,
    shout,
)
from mocks.province.identifiers import issue_insurance_numbers
from mocks.province.people import World

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


def _read_as_float(row: Row) -> str:
    """A spreadsheet showed the number in scientific notation: most digits are gone."""
    return f"{int(row[_PIN]):.4E}"


def _swap_day_and_month(row: Row) -> str:
    day, month, year = row[_BORN].split("/")
    return f"{month}/{day}/{year}"


def _space_out(pin: str) -> str:
    return " ".join(pin[start : start + 3] for start in range(0, 12, 3))


_PIN_AS_FLOAT = Fault("pin_as_float", _PIN, QUARANTINE, _read_as_float, rate=0.0002)
_FAULTS = (
    _PIN_AS_FLOAT,
    Fault("name_missing", _NAME, QUARANTINE, blank, rate=0.0002),
    Fault(
        "birth_impossible", _BORN, QUARANTINE, lambda row: "31/02/" + row[_BORN][6:], rate=0.0004
    ),
    Fault("pin_missing", _PIN, ACCEPT, lambda _row: None, rate=0.006),
    Fault("pin_typing_error", _PIN, ACCEPT, change_text(_PIN, flip_digit), rate=0.001),
    Fault(
        "pin_zero_lost",
        _PIN,
        REPAIR,
        change_text(_PIN, lose_zero),
        rate=0.003,
        among=pl.col(_PIN).str.starts_with("0") & ~pl.col(_PIN).str.starts_with("00"),
    ),
    Fault("pin_with_spaces", _PIN, REPAIR, change_text(_PIN, _space_out), rate=0.002),
    Fault("name_without_marks", _NAME, ACCEPT, change_text(_NAME, drop_marks), rate=0.004),
    Fault("name_capitals", _NAME, REPAIR, change_text(_NAME, shout), rate=0.003),
    Fault(
        "name_tone_moved",
        _NAME,
        REPAIR,
        change_text(_NAME, move_tones),
        rate=0.03,
        among=has_movable_tone(_NAME),
    ),
    Fault(
        "birth_year_only",
        _BORN,
        ACCEPT,
        lambda row: row[_BORN][6:],
        rate=0.03,
        among=pl.col(_BORN).str.slice(6) < "1967",
    ),
    Fault(
        "day_and_month_swapped",
        _BORN,
        ACCEPT,
        _swap_day_and_month,
        rate=0.002,
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
    spoiler.spoil(_PIN_AS_FLOAT, canary_rows(people, "social_insurance"))
    return spoiler.finish()
