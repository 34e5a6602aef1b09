"""Where households live: communes by real population, and addresses in new and old units."""

import numpy as np
import polars as pl

from mocks.province.chance import Bools, draw_index
from mocks.province.reference import PROVINCE, Gazetteer

_STREETS = (
    "Lê Thánh Tông",
    "Trần Phú",
    "Nguyễn Văn Cừ",
    "Hạ Long",
    "Cái Dăm",
    "Trần Quốc Nghiễn",
    "Hoàng Quốc Việt",
    "Bạch Đằng",
    "Trần Hưng Đạo",
    "Quang Trung",
    "Lý Thường Kiệt",
    "Hùng Vương",
    "Nguyễn Du",
    "Bái Tử Long",
    "Trần Nhân Tông",
    "Yên Tử",
    "Lê Lợi",
    "Hòa Bình",
    "Cao Thắng",
    "Nguyễn Trãi",
    "Tô Hiệu",
    "Lê Chân",
)
_HAMLETS = (
    "Khe Mằn",
    "Đồng Mậu",
    "Nà Làng",
    "Khe Lánh",
    "Phai Giác",
    "Cống To",
    "Đồng Đạng",
    "Bản Pạt",
    "Thôn Trung",
    "Làng Dạ",
    "Khe Và",
    "Nà Ếch",
    "Tân Lập",
    "Đông Thành",
    "Đoài",
    "Nam Hải",
    "Bình Sơn",
    "Khe Tiền",
    "Lương Kỳ",
    "Đồng Tâm",
    "Pắc Cáy",
    "Xóm Mới",
    "Trại Me",
    "Vạn Cả",
    "Hà Giàn",
    "Làng Mới",
    "Bãi Dài",
    "Tràng Hương",
)


def draw_homes(rng: np.random.Generator, count: int, gazetteer: Gazetteer) -> pl.DataFrame:
    """For each household a commune by real population, the one it was before, both addresses."""
    communes = gazetteer.communes
    picked = communes[draw_index(rng, communes["population"].to_numpy(), count)]
    reach = gazetteer.old_communes.select("people_to").with_row_index("old").explode("people_to")
    sources = dict(reach.group_by("people_to", maintain_order=True).agg("old").iter_rows())
    luck = rng.random(count)
    codes = picked["code"].to_list()
    old = gazetteer.old_communes[
        [sources[code][int(u * len(sources[code]))] for code, u in zip(codes, luck, strict=True)]
    ]
    street = _draw_streets(rng, (old["type"] == "Xã").to_numpy())
    return pl.DataFrame(
        {
            "commune_code": picked["code"],
            "old_commune_code": old["code"],
            "street": street,
            "unit": picked["type"] + " " + picked["name"],
            "old_unit": old["type"]
            + " "
            + old["name"]
            + ", "
            + old["district_type"]
            + " "
            + old["district_name"],
            "district_code": old["district_code"],
        }
    ).pipe(write_addresses)


def write_addresses(households: pl.DataFrame) -> pl.DataFrame:
    """`address` in today's units and `old_address` in those before July 2025, from the parts."""
    return households.with_columns(
        address=pl.format("{}, {}, {}", "street", "unit", pl.lit(PROVINCE)),
        old_address=pl.format("{}, {}, {}", "street", "old_unit", pl.lit(PROVINCE)),
    )


def _draw_streets(rng: np.random.Generator, rural: Bools) -> pl.Series:
    count = len(rural)
    street = pl.Series(_STREETS, dtype=pl.String).gather(rng.integers(0, len(_STREETS), count))
    hamlet = pl.Series(_HAMLETS, dtype=pl.String).gather(rng.integers(0, len(_HAMLETS), count))
    parts = pl.DataFrame(
        {
            "street": street,
            "hamlet": hamlet.str.strip_prefix("Thôn "),
            "rural": rural,
            "house": rng.integers(1, 420, count),
            "cell": rng.integers(1, 15, count),
            "quarter": rng.integers(1, 11, count),
            "form": rng.random(count),
        }
    )
    urban = (
        pl.when(pl.col("form") < 0.55)
        .then(pl.format("Số {}, đường {}, tổ {}, khu {}", "house", "street", "cell", "quarter"))
        .otherwise(pl.format("Tổ {}, khu {}", "cell", "quarter"))
    )
    return parts.select(
        pl.when("rural").then(pl.format("Thôn {}", "hamlet")).otherwise(urban).alias("street")
    ).to_series()
