"""don_vi: employers, and the collecting offices to which people pay who insure themselves."""

import numpy as np
import polars as pl

from mocks.province.chance import draw_texts
from mocks.province.clock import stamp_local
from mocks.province.faults import ACCEPT, REPAIR, Fault, Spoiler, Truth
from mocks.province.identifiers import issue_tax_codes
from mocks.province.people import World
from mocks.province.spelling import flip_digit, untidy

_EMPLOYERS_PER_OFFICE = 15
_FORMS = (
    "Công ty TNHH",
    "Công ty Cổ phần",
    "Hợp tác xã",
    "Doanh nghiệp tư nhân",
    "Công ty TNHH MTV",
)
_TRADES = [
    "Than",
    "Thương mại",
    "Du lịch",
    "Vận tải",
    "Xây dựng",
    "May",
    "Thủy sản",
    "Cơ khí",
    "Vật liệu",
    "Điện",
    "Nông sản",
    "Bất động sản",
    "Gốm",
    "Cảng",
    "Môi trường",
    "Dược",
]
_EPITHETS = [
    "An Phát",
    "Hoàng Gia",
    "Thành Công",
    "Phú Quý",
    "Minh Long",
    "Đại Dương",
    "Bình Minh",
    "Tân Tiến",
    "Sao Mai",
    "Thắng Lợi",
    "Hải Âu",
    "Đông Bắc",
    "Việt Hưng",
    "Trường Sơn",
    "Hồng Hà",
    "Ngọc Lan",
]
_PLACES = [
    "Hạ Long",
    "Cẩm Phả",
    "Móng Cái",
    "Uông Bí",
    "Đông Triều",
    "Quảng Yên",
    "Vân Đồn",
    "Tiên Yên",
    "Hải Hà",
    "Bình Liêu",
    "Ba Chẽ",
    "Hồng Gai",
    "Bãi Cháy",
    "Mạo Khê",
    "Cửa Ông",
    "Đầm Hà",
]
_TAX, _NAME = "ma_so_thue", "ten_don_vi"
_FAULTS = (
    Fault("typing_error", _TAX, ACCEPT, flip_digit(pl.col(_TAX)), weight=10),
    Fault("untidy", _NAME, REPAIR, untidy(pl.col(_NAME)), weight=3),
)


def count_offices(employers: int) -> int:
    """How many of the first employers are collecting offices."""
    return max(1, employers // _EMPLOYERS_PER_OFFICE)


def write_employers(rng: np.random.Generator, world: World, count: int) -> pl.DataFrame:
    """`count` rows, the collecting offices first."""
    places = world.households[rng.integers(0, len(world.households), count)]
    parts = pl.DataFrame(
        {
            "form": draw_texts(rng, _FORMS, count),
            "trade": draw_texts(rng, _TRADES, count),
            "epithet": draw_texts(rng, _EPITHETS, count),
            "place": draw_texts(rng, _PLACES, count),
            "n": np.arange(1, count + 1),
            "series": draw_texts(rng, ["TA", "YN", "IC", "DN", "HC"], count),
            "suffix": draw_texts(rng, list("ABCDEGHK"), count),
        }
    )
    is_office = pl.col("n") <= count_offices(count)
    office = pl.format("Bảo hiểm xã hội cơ sở {} {}", "place", "n")
    company = pl.format("{} {} {} {}", "form", "trade", "epithet", "place")
    number = pl.col("n").cast(pl.String).str.zfill(5)
    frame = parts.select(
        ma_don_vi=pl.format("{}{}{}", "series", number, "suffix"),
        ten_don_vi=pl.when(is_office).then(office).otherwise(company),
        ma_so_thue=issue_tax_codes(rng, count),
        dia_chi=places["address"],
        ma_xa=places["commune_code"],
    )
    return stamp_local(rng, frame, "cap_nhat")


def spoil_employers(
    rng: np.random.Generator, employers: pl.DataFrame, truth: Truth
) -> pl.DataFrame:
    """Noise in about 2 % of the rows."""
    table = ("social_insurance", "employer")
    spoiler = Spoiler(employers, table=table, key="ma_don_vi", truth=truth)
    spoiler.spread(rng, _FAULTS)
    return spoiler.finish()
