"""don_vi: employers, and the collecting offices to which people pay who insure themselves.

Since 1 August 2025 a unit's code is DD-DT-LH: the 10 characters of the enterprise or the 7 of the
budget unit, the type of participants, the form (CV 1804/BHXH-QLT). Those registered since then
have one; which letters stand for type and form is an assumption of the project's own.
"""

from dataclasses import dataclass
from typing import ClassVar, Self

import numpy as np
import polars as pl

from mocks.province.chance import Ints, draw_distinct, draw_texts, pad_digits
from mocks.province.clock import stamp_local
from mocks.province.faults import ACCEPT, REPAIR, Fault, Spoiler, Truth
from mocks.province.identifiers import issue_tax_codes
from mocks.province.people import World
from mocks.province.spelling import LUCK, abbreviate, change_apostrophes, flip_digit

#: The month from which new units have the new code, counted from year 0.
NEW_CODES_MONTH = 2025 * 12 + 7
_PER_OFFICE, _PER_PUBLIC, _NEW_SHARE = 15, 9, 0.12
_SERIES = ["TA", "YN", "IC", "DN"]
_FORMS = (
    "Công ty TNHH",
    "Công ty Cổ phần",
    "Hợp tác xã",
    "Doanh nghiệp tư nhân",
    "Công ty TNHH MTV",
)
_TRADES = (
    "Thương mại",
    "Xây dựng",
    "Vận tải",
    "Du lịch",
    "May",
    "Nông sản",
    "Cơ khí",
    "Vật liệu",
    "Điện",
    "Thực phẩm",
    "Bất động sản",
    "Khoáng sản",
    "Gỗ",
    "Giống cây trồng",
    "Môi trường",
    "Dược",
)
_EPITHETS = (
    "An Phát",
    "Hoàng Gia",
    "Thành Công",
    "Phú Quý",
    "Minh Long",
    "Bình Minh",
    "Tân Tiến",
    "Sao Mai",
    "Thắng Lợi",
    "Việt Hưng",
    "Trường Sơn",
    "Hồng Hà",
    "Ngọc Lan",
    "Thịnh Vượng",
    "Hưng Thịnh",
    "Đại Thành",
)
_SCHOOLS = (
    "Trường Tiểu học",
    "Trường Mầm non",
    "Trường Trung học cơ sở",
    "Trạm Y tế",
    "Trường Trung học phổ thông",
)
_TAX, _NAME, _ADDRESS = "ma_so_thue", "ten_don_vi", "dia_chi"
_FAULTS = (
    Fault("typing_error", _TAX, ACCEPT, flip_digit(pl.col(_TAX)), weight=10),
    Fault("untidy", _NAME, ACCEPT, pl.col(_NAME).str.to_uppercase()),
    Fault(
        "untidy",
        _NAME,
        REPAIR,
        pl.when(pl.col(LUCK) < 0.5)
        .then(pl.col(_NAME).str.replace(" ", "  ", literal=True))
        .otherwise(pl.col(_NAME) + " "),
    ),
    Fault("address_abbreviated", _ADDRESS, ACCEPT, abbreviate(pl.col(_ADDRESS))),
    Fault(
        "apostrophe",
        _ADDRESS,
        REPAIR,
        change_apostrophes(pl.col(_ADDRESS)),
        among=pl.col(_ADDRESS).str.contains("'"),
    ),
)


@dataclass(frozen=True)
class Layout:
    """Which rows of don_vi are what, in the order of the pools: `firsts` and `sizes` by pool.

    Collecting offices, public units, companies; then those of either kind with a code of the new
    form. No pool is empty.
    """

    firsts: Ints
    sizes: Ints

    OFFICE: ClassVar = 0
    PUBLIC: ClassVar = 1
    COMPANY: ClassVar = 2
    COMPANY_NEW: ClassVar = 3
    PUBLIC_NEW: ClassVar = 4

    @classmethod
    def of(cls, employers: int) -> Self:
        """The layout of so many rows, at least ten."""
        office = max(1, employers // _PER_OFFICE)
        public = max(1, employers // _PER_PUBLIC)
        company_new = max(1, round(employers * _NEW_SHARE))
        public_new = max(1, round(public * _NEW_SHARE))
        company = employers - office - public - company_new - public_new
        sizes = np.array([office, public, company, company_new, public_new])
        return cls(np.cumsum(sizes) - sizes, sizes)

    @property
    def pools(self) -> Ints:
        """The pool of each row."""
        pools: Ints = np.repeat(np.arange(len(self.sizes)), self.sizes)
        return pools


def write_employers(
    rng: np.random.Generator, world: World, count: int, *, tax_prefix: str
) -> pl.DataFrame:
    """`count` rows by the layout, each in a commune where people live and named after it."""
    homes = world.households[rng.integers(0, len(world.households), count)]
    parts = pl.DataFrame(
        {
            "pool": Layout.of(count).pools,
            "form": draw_texts(rng, _FORMS, count),
            "trade": draw_texts(rng, _TRADES, count),
            "epithet": draw_texts(rng, _EPITHETS, count),
            "school": draw_texts(rng, _SCHOOLS, count),
            "unit": homes["address"].str.extract(", ([^,]+), [^,]+$"),
            "n": np.arange(1, count + 1),
            "series": draw_texts(rng, _SERIES, count),
            "suffix": draw_texts(rng, list("ABCDEGHK"), count),
            "tax": issue_tax_codes(rng, count, tax_prefix),
            "budget": pad_digits(draw_distinct(rng, np.ones(count, dtype=np.int64), 6), 7),
        }
    ).with_columns(place=pl.col("unit").str.replace("^(?:Phường|Xã|Đặc khu|Thị trấn) ", ""))
    frame = parts.select(
        ma_don_vi=_write_code(),
        ten_don_vi=_write_name(),
        ma_so_thue="tax",
        dia_chi=homes["address"],
        ma_xa=homes["commune_code"],
    )
    return stamp_local(rng, frame, "cap_nhat")


def _is(*pools: int) -> pl.Expr:
    return pl.col("pool").is_in(pools)


def _write_code() -> pl.Expr:
    series = (
        pl.when(_is(Layout.OFFICE))
        .then(pl.lit("BH"))
        .when(_is(Layout.PUBLIC))
        .then(pl.lit("HC"))
        .otherwise("series")
    )
    number = pl.col("n").cast(pl.String).str.zfill(5)
    return (
        pl.when(_is(Layout.COMPANY_NEW))
        .then(pl.format("{}-DN-BB", "tax"))
        .when(_is(Layout.PUBLIC_NEW))
        .then(pl.format("{}-HC-BB", "budget"))
        .otherwise(pl.format("{}{}{}", series, number, "suffix"))
    )


def _write_name() -> pl.Expr:
    """A commune has one people's committee; the other public units there are schools and posts."""
    public = _is(Layout.PUBLIC, Layout.PUBLIC_NEW)
    first_there = pl.struct(public, "unit").is_first_distinct()
    return (
        pl.when(_is(Layout.OFFICE))
        .then(pl.format("Bảo hiểm xã hội cơ sở {} {}", "place", "n"))
        .when(public & first_there)
        .then(pl.format("Ủy ban nhân dân {}", "unit"))
        .when(public)
        .then(pl.format("{} {}", "school", "place"))
        .otherwise(pl.format("{} {} {} {}", "form", "trade", "epithet", "place"))
    )


def spoil_employers(
    rng: np.random.Generator, employers: pl.DataFrame, truth: Truth
) -> pl.DataFrame:
    """Noise in about 3 % of the rows."""
    table = ("social_insurance", "employer")
    spoiler = Spoiler(employers, table=table, key="ma_don_vi", truth=truth)
    spoiler.spread(rng, _FAULTS)
    return spoiler.finish()
