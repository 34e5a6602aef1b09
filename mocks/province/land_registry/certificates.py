"""gcn: certificates of land-use rights, their holders in one text.

Residential land has no term, farm land 50 years (Land Law 2024, art. 171 and 172).
"""

from datetime import date

import numpy as np
import polars as pl

from mocks.province.canaries import canary_rows
from mocks.province.chance import Ints, draw_texts, pad_digits
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
    decompose,
    drop_marks,
    has_movable_tone,
    move_tones,
    shout,
)
from mocks.province.households import NOBODY
from mocks.province.land_registry.deeds import SECOND_FORM, Deeds, day_number
from mocks.province.land_registry.holders import TABLE, write_holders
from mocks.province.land_registry.plots import abbreviate, area_text
from mocks.province.land_registry.serials import draw_serials
from mocks.province.people import REFERENCE_DAY, World
from mocks.province.reference import TCVN3_DISTRICTS

_LENDERS = (
    "Ngân hàng Thương mại Cổ phần Vịnh Xanh",
    "Ngân hàng Nông thôn Đông Bắc",
    "Quỹ tín dụng nhân dân Hồng Gai",
    "Quỹ tín dụng nhân dân Quảng Yên",
    "Ngân hàng Thương mại Cổ phần Bạch Đằng",
)
_MORTGAGED_SHARE = 0.10
_FIRST_MORTGAGE = day_number(date(2017, 1, 1))
_OWNER, _SERIAL, _ISSUED, _ADDRESS = "chu_su_dung", "so_phat_hanh", "ngay_cap", "dia_chi_chu"
_LOOK_ALIKES = (("0", "O"), ("1", "I"), ("5", "S"), ("8", "B"), ("2", "Z"), ("6", "G"))


def _type_letter_for_digit(row: Row) -> str:
    head, _, digits = row[_SERIAL].partition(" ")
    for digit, letter in _LOOK_ALIKES:
        if digit in digits:
            return f"{head} {digits.replace(digit, letter, 1)}"
    return f"{head} {digits}"


_IMPOSSIBLE_ISSUE = Fault(
    "issue_date_impossible",
    _ISSUED,
    QUARANTINE,
    lambda row: "31/02/" + row[_ISSUED][6:],
    rate=0.001,
)
_FAULTS = (
    _IMPOSSIBLE_ISSUE,
    Fault("owner_missing", _OWNER, QUARANTINE, blank, rate=0.0005),
    Fault("serial_letter_for_digit", _SERIAL, REPAIR, _type_letter_for_digit, rate=0.02),
    Fault("serial_digits_lost", _SERIAL, QUARANTINE, lambda row: row[_SERIAL][:-2], rate=0.002),
    Fault(
        "parcel_unknown", "ma_thua", ACCEPT, lambda row: row["ma_thua"][:5] + "9999999", rate=0.003
    ),
    Fault("area_zero", "dien_tich_cap", ACCEPT, lambda _row: "0.0", rate=0.004),
    Fault(
        "owner_nfd",
        _OWNER,
        REPAIR,
        change_text(_OWNER, decompose),
        rate=0.03,
        among=~pl.col("ma_don_vi").is_in(sorted(TCVN3_DISTRICTS)),
    ),
    Fault("owner_without_marks", _OWNER, ACCEPT, change_text(_OWNER, drop_marks), rate=0.05),
    Fault("owner_capitals", _OWNER, REPAIR, change_text(_OWNER, shout), rate=0.08),
    Fault(
        "owner_tone_moved",
        _OWNER,
        REPAIR,
        change_text(_OWNER, move_tones),
        rate=0.25,
        among=has_movable_tone(_OWNER),
    ),
    Fault("address_abbreviated", _ADDRESS, REPAIR, change_text(_ADDRESS, abbreviate), rate=0.12),
)


def write_certificates(
    rng: np.random.Generator, world: World, plots: pl.DataFrame, *, deeds: Deeds, truth: Truth
) -> pl.DataFrame:
    """The register's rows, and in `truth` whose they are and what their papers lack."""
    plot = plots[deeds.parcel]
    keys = "GC" + plot["district"] + pad_digits(np.arange(1, len(plot) + 1), 7)
    holders = write_holders(rng, world, deeds, keys, truth)
    shared = pl.Series((deeds.second != NOBODY) & (rng.random(len(plot)) < 0.3))
    issued = pl.Series(deeds.issued).cast(pl.Int32).cast(pl.Date)
    end = issued.dt.offset_by("50y").dt.strftime("%d/%m/%Y")
    return plot.with_columns(holders).select(
        ma_gcn=keys,
        ma_don_vi="district",
        so_phat_hanh=draw_serials(rng, deeds.issued),
        so_vao_so=_draw_book_numbers(rng, deeds.issued),
        ngay_cap=issued.dt.strftime("%d/%m/%Y"),
        chu_su_dung="chu_su_dung",
        so_giay_to="so_giay_to",
        nam_sinh="nam_sinh",
        dia_chi_chu=world.households["old_address"].gather(plot["owner"]),
        ma_thua="key",
        dien_tich_cap=area_text("area"),
        muc_dich="land",
        hinh_thuc=pl.when(shared).then(pl.lit("Sử dụng chung")).otherwise(pl.lit("Sử dụng riêng")),
        thoi_han=pl.when("farm").then(end).otherwise(pl.lit("Lâu dài")),
        the_chap=_draw_mortgages(rng, deeds.issued),
    )


def _draw_book_numbers(rng: np.random.Generator, issued: Ints) -> pl.Series:
    frame = pl.DataFrame(
        {
            "is_old": issued < SECOND_FORM,
            "n": pad_digits(rng.integers(1, 99_999, len(issued)), 5),
            "book": draw_texts(rng, ["CH", "CS", "CN"], len(issued)),
        }
    )
    old, new = pl.format("{}/QSDĐ", "n"), pl.format("{} {}", "book", "n")
    return frame.select(pl.when("is_old").then(old).otherwise(new).alias("n")).to_series()


def _draw_mortgages(rng: np.random.Generator, issued: Ints) -> pl.Series:
    count = len(issued)
    start = np.maximum(issued + 30, _FIRST_MORTGAGE)
    day = np.minimum(start + rng.integers(0, 3_000, count), REFERENCE_DAY - 20)
    frame = pl.DataFrame(
        {
            "held": rng.random(count) < _MORTGAGED_SHARE,
            "lender": draw_texts(rng, _LENDERS, count),
            "day": pl.Series(day).cast(pl.Int32).cast(pl.Date).dt.strftime("%d/%m/%Y"),
            "n": pad_digits(rng.integers(1, 9_999, count), 4),
        }
    )
    text = pl.format("Thế chấp tại {}, đăng ký ngày {}, số {}", "lender", "day", "n")
    return frame.select(pl.when("held").then(text).alias("text")).to_series()


def spoil_certificates(
    rng: np.random.Generator,
    certificates: pl.DataFrame,
    world: World,
    deeds: Deeds,
    truth: Truth,
) -> pl.DataFrame:
    """Noise in about a third of the rows; canaries only where it is their fate."""
    spoiler = Spoiler(certificates, table=TABLE, key="ma_gcn", truth=truth)
    holders = world.people[deeds.first]
    spoiler.protect((holders["canary"] > 0).to_numpy())
    spoiler.spread(rng, _FAULTS)
    spoiler.spoil(_IMPOSSIBLE_ISSUE, canary_rows(holders, "land_registry"))
    return spoiler.finish()
