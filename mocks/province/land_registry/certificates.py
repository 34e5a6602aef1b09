"""gcn: certificates of land-use rights, their holders in one text.

Residential land has no term, farm land 50 years (Land Law 2024, art. 171 and 172).
"""

from datetime import date

import numpy as np
import polars as pl

from mocks.province.canaries import canary_rows
from mocks.province.chance import Ints, draw_texts, pad_digits
from mocks.province.faults import ACCEPT, QUARANTINE, REPAIR, Fault, Spoiler, Truth, blank
from mocks.province.households import NOBODY
from mocks.province.land_registry.deeds import SECOND_FORM, Deeds, day_number
from mocks.province.land_registry.holders import TABLE, write_holders
from mocks.province.land_registry.plots import area_text
from mocks.province.land_registry.serials import draw_serials
from mocks.province.people import REFERENCE_DAY, World
from mocks.province.reference import TCVN3_DISTRICTS
from mocks.province.spelling import (
    abbreviate,
    decompose,
    drop_marks,
    has_movable_tone,
    move_tones,
    type_letter_for_digit,
)

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
_SERIAL_MISREAD = pl.col(_SERIAL).str.extract("^([^ ]+ )", 1) + type_letter_for_digit(
    pl.col(_SERIAL).str.extract(" ([^ ]+)$", 1)
)
_IMPOSSIBLE_ISSUE = Fault(
    "date_impossible", _ISSUED, QUARANTINE, "31/02/" + pl.col(_ISSUED).str.slice(6)
)
_FAULTS = (
    _IMPOSSIBLE_ISSUE,
    Fault("value_missing", _OWNER, QUARANTINE, blank()),
    Fault("serial_misread", _SERIAL, REPAIR, _SERIAL_MISREAD),
    Fault("text_cut", _SERIAL, QUARANTINE, pl.col(_SERIAL).str.head(-2)),
    Fault("reference_unknown", "ma_thua", ACCEPT, pl.col("ma_thua").str.head(5) + "9999999"),
    Fault("measure_wrong", "dien_tich_cap", ACCEPT, pl.lit("0.0")),
    Fault(
        "decomposed",
        _OWNER,
        REPAIR,
        decompose(pl.col(_OWNER)),
        among=~pl.col("ma_don_vi").is_in(sorted(TCVN3_DISTRICTS)),
    ),
    Fault("marks_missing", _OWNER, ACCEPT, drop_marks(pl.col(_OWNER))),
    Fault("untidy", _OWNER, REPAIR, pl.col(_OWNER).str.to_uppercase() + " "),
    Fault("tone_moved", _OWNER, REPAIR, move_tones(pl.col(_OWNER)), among=has_movable_tone(_OWNER)),
    Fault("address_abbreviated", _ADDRESS, REPAIR, abbreviate(pl.col(_ADDRESS))),
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
    spoiler.spoil(rng, _IMPOSSIBLE_ISSUE, canary_rows(holders, "land_registry"))
    return spoiler.finish()
