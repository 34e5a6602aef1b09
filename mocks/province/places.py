"""Where households live: communes by real population, and addresses in new and old units."""

import numpy as np
import polars as pl

from mocks.province.chance import Bools, Ints, draw_index
from mocks.province.reference import Gazetteer

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
    """For each household a commune by real population, the one it was before, all its addresses."""
    communes = gazetteer.communes
    picked = draw_index(rng, communes["population"].to_numpy(), count)
    old = _draw_old_communes(rng, picked, gazetteer)
    street = _draw_streets(rng, (gazetteer.old_communes["type"].gather(old) == "Xã").to_numpy())
    homes = pl.DataFrame(
        {
            "commune_code": communes["code"].gather(picked),
            "old_commune_code": gazetteer.old_communes["code"].gather(old),
            "street": street,
        }
    )
    return settle(homes, gazetteer)


def _draw_old_communes(rng: np.random.Generator, picked: Ints, gazetteer: Gazetteer) -> Ints:
    """Rows of `old_communes`, each a commune whose people went to the new one of that row."""
    codes = gazetteer.communes.select(people_to="code").with_row_index("new")
    reach = (
        gazetteer.old_communes.select("people_to")
        .with_row_index("old")
        .explode("people_to")
        .join(codes, on="people_to")
        .sort("new", "old")
    )
    sizes = np.bincount(reach["new"].to_numpy(), minlength=len(codes))
    starts = np.cumsum(sizes) - sizes
    place = np.floor(rng.random(len(picked)) * sizes[picked]).astype(np.int64)
    found: Ints = reach["old"].to_numpy()[starts[picked] + place].astype(np.int64)
    return found


def settle(households: pl.DataFrame, gazetteer: Gazetteer) -> pl.DataFrame:
    """Units and addresses of households of which commune_code, old_commune_code, street are known.

    Adds unit, old_unit, former_unit, district_code, old_province_code, province, old_province and
    what `write_addresses` writes; whatever they held before is written anew.
    """
    new = gazetteer.communes.select(
        commune_code="code",
        unit=pl.format("{} {}", "type", "name"),
        province=pl.lit(gazetteer.province.full_name),
    )
    old = gazetteer.old_communes.select(
        "district_code",
        "old_province_code",
        "old_province",
        "former_unit",
        old_commune_code="code",
        old_unit=pl.format("{} {}, {} {}", "type", "name", "district_type", "district_name"),
    )
    return (
        households.select("commune_code", "old_commune_code", "street")
        .join(new, on="commune_code", how="left", maintain_order="left")
        .join(old, on="old_commune_code", how="left", maintain_order="left")
        .pipe(write_addresses)
    )


def write_addresses(households: pl.DataFrame) -> pl.DataFrame:
    """`address` in today's units, `old_address` in those before July 2025, and `former_address`.

    The last is in names that were changed before then; null where the commune never changed.
    """
    return households.with_columns(
        address=pl.format("{}, {}, {}", "street", "unit", "province"),
        old_address=pl.format("{}, {}, {}", "street", "old_unit", "old_province"),
        former_address=pl.format("{}, {}, {}", "street", "former_unit", "old_province"),
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
