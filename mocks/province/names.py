"""Vietnamese names by people, region, sex and decade.

Shares of surnames follow public statistics (Nguyễn about 38 %, Trần 11 %, …); given names stand
roughly in order of how common they were. The lists are our own.
"""

import numpy as np
import polars as pl

from mocks.province.chance import Bools, Ints, draw_index, draw_texts

KINH, TAY, HOA, NUNG, DAO, SAN_CHAY = "01", "02", "06", "07", "09", "13"

_KINH_NORTH = (
    "Nguyễn 38.4 Trần 11 Phạm 8 Lê 7.6 Vũ 5.4 Hoàng 5 Bùi 3 Đỗ 2.6 Đặng 2.1 Đinh 1.6 "
    "Ngô 1.5 Dương 1.2 Đoàn 1.2 Phan 1.1 Lương 1 Đào 1 Trịnh .9 Mai .7 Lưu .6 Cao .6 "
    "Hà .6 Tô .5 Phùng .4 Chu .4 Tạ .4 Lý .4 Vương .3 Lại .2 Hồ .2 Trương .5 Tống .2 "
    "Thái .1 Quách .1 Khổng .1 Bạch .1 Từ .1 Nghiêm .1 Kiều .1 Doãn .05 Ninh .1"
)
_KINH_SOUTH = (
    "Nguyễn 36 Trần 11 Lê 10 Phạm 5.5 Huỳnh 4.6 Phan 4.2 Võ 4.1 Hồ 2.6 Đặng 2.2 Bùi "
    "1.9 Trương 1.9 Đỗ 1.3 Ngô 1.3 Dương 1.1 Đinh .9 Lý .6 Mai .6 Cao .6 Lương .6 "
    "Châu .3 Tạ .2 Thái .2"
)
_SURNAMES = {
    KINH: _KINH_NORTH,
    TAY: (
        "Hoàng 16 Nông 12 Lương 8 Ma 7 Hà 7 Vi 6 La 6 Lô 5 Triệu 4 Bế 3 Lục 4 Chu 3 Đàm 3 "
        "Hứa 3 Lý 6 Mông 2 Trần 5"
    ),
    HOA: (
        "Trần 10 Lý 8 Hoàng 7 Lâm 7 Vương 5 Tăng 5 Diệp 4 Ngô 4 Phùng 3 Voòng 3 Chíu 2 Sái 2 Tsằn 1"
    ),
    NUNG: "Nông 16 Hoàng 14 Lương 8 Triệu 6 Vi 8 Hứa 6 Lục 5 Lý 5 Mông 4 Đàm 4 Bế 3 Chu 4",
    DAO: (
        "Triệu 14 Đặng 13 Bàn 13 Lý 11 Phùng 7 Chíu 9 Tằng 8 Dường 7 Chìu 5 Phoóng 3 Lưu "
        "2 Đàm 2 Trần 4 Voòng 2"
    ),
    SAN_CHAY: "Trần 14 Nịnh 14 Hoàng 9 Tằng 9 Lục 7 La 7 Lý 6 Ninh 5 Từ 3 Đàm 3 Dương 2",
}
_ERA_STARTS = (1960, 1980, 1995, 2010)
_MALE, _FEMALE = 1, 2
_MIDDLES: dict[tuple[int, int], str] = {
    (
        _MALE,
        0,
    ): "Văn 62 Xuân 6 Đình 5 Đức 5 Ngọc 4 Quang 3 Hữu 3 Duy 2 Công 2 Bá 2 Trọng 2 Mạnh 2 Thế 2",
    (_MALE, 1): "Văn 55 Xuân 6 Đình 5 Đức 6 Ngọc 5 Quang 5 Hữu 3 Duy 3 Công 3 Mạnh 4 Thế 3 Trọng 2",
    (_MALE, 2): (
        "Văn 38 Đức 9 Xuân 4 Ngọc 6 Quang 7 Mạnh 6 Duy 6 Tuấn 4 Anh 3 Hoàng 4 Thanh 4 "
        "Đình 4 Minh 4 Việt 3"
    ),
    (_MALE, 3): (
        "Văn 14 Đức 13 Minh 10 Quang 9 Hoàng 8 Tuấn 7 Anh 6 Duy 8 Hải 4 Thành 4 Mạnh 5 "
        "Việt 5 Bảo 3 Gia 2"
    ),
    (_MALE, 4): (
        "Gia 14 Minh 14 Đức 9 Bảo 9 Hoàng 6 Tuấn 6 Anh 5 Nhật 6 Quang 5 Hải 4 Văn 3 Duy 4 "
        "'Đình Bảo' 2 'Hoàng Minh' 2 'Nguyên Gia' 1 'Trần Gia' 1 'Đức Anh' 2 'Ngọc Gia' 1"
    ),
    (_FEMALE, 0): "Thị 94 Minh 1 Thanh 1 Ngọc 1 Kim 2",
    (_FEMALE, 1): (
        "Thị 80 'Thị Thanh' 3 'Thị Thu' 4 'Thị Minh' 2 'Thị Kim' 3 Thanh 2 Kim 2 Thu 2 "
        "Bích 1 Ngọc 1"
    ),
    (_FEMALE, 2): (
        "Thị 58 'Thị Thu' 8 'Thị Thanh' 5 'Thị Hồng' 4 'Thị Ngọc' 4 'Thị Bích' 2 Thu 5 "
        "Thanh 4 Ngọc 4 Hồng 3"
    ),
    (_FEMALE, 3): (
        "Thị 30 'Thị Thu' 7 'Thị Ngọc' 6 'Thị Thanh' 5 Ngọc 8 Thu 7 Thùy 6 Phương 7 Khánh "
        "5 Minh 5 Hà 4 Bảo 3"
    ),
    (
        _FEMALE,
        4,
    ): "Ngọc 13 Bảo 12 Khánh 10 Minh 9 Gia 8 Phương 8 Hà 7 Thị 8 Quỳnh 5 Thảo 5 Tuệ 5 'Thị Bảo' 2 "
    "'Thị Ngọc' 3 'Ngọc Bảo' 2",
}
_GIVENS: dict[tuple[int, int], str] = {
    (_MALE, 0): (
        "Hùng Dũng Sơn Bình Thắng Lợi Minh Tiến Hải Thành Khánh Hòa Tân Thịnh Phúc Quý "
        "Toàn Chính Đường Vinh Khoa Bảng Cường Thư Tài Ngọc Đạt Lâm Xuyên Bính Tỵ Thìn "
        "Ngọ Mùi Khoái Chiến Kháng Hợi Tuất Nhâm Tạo Thụy"
    ),
    (_MALE, 1): (
        "Hùng Dũng Tuấn Sơn Cường Thắng Hải Minh Bình Thành Hòa Tiến Quang Nam Trung Hà "
        "Long Kiên Hưng Lâm Toàn Vinh Phong Tùng Chiến Thịnh Đức Quân Khánh Quyết Thủy "
        "Chung Khương Huy Hiệp Đông Oanh Bắc Trường Hoạt"
    ),
    (_MALE, 2): (
        "Tuấn Hùng Dũng Anh Cường Nam Thắng Hải Tùng Long Minh Hưng Trung Sơn Thành Hiếu "
        "Huy Đức Quân Linh Kiên Duy Hoàng Toàn Tú Phương Việt Khánh Mạnh Đạt Thịnh Công "
        "Trường Hòa Quyền Phong Vũ Chiến Thủy Lộc"
    ),
    (_MALE, 3): (
        "Anh Đức Huy Minh Hiếu Hoàng Dũng Nam Long Đạt Quân Khánh Phong Tùng Sơn Việt "
        "Thành Bảo Khôi Hưng Trung Tuấn Kiên Duy Cường Thắng Hải Nguyên Mạnh Linh Khoa "
        "Bách Trường Quang Tiến Vũ Lâm An Thịnh"
    ),
    (_MALE, 4): (
        "Minh Bảo Khôi Anh Khang Huy Phúc Nguyên Khánh Quân Long Đăng Phong An Khoa Hưng "
        "Đức Nam Kiệt Duy Dương Tùng Lâm Hiếu Bách Thiên Nhân Sơn Vũ Bình Tuệ Quang Hải"
    ),
    (_FEMALE, 0): (
        "Lan Hoa Thanh Hồng Mai Bình Liên Nga Hiền Minh Tâm Nhung Thủy Hòa Loan Hương Lý "
        "Dung Xuân Thơm Ngọc Sửu Tý Mão Dậu Nhạn Khuyên Thoa Gái Mận Tẹo Nụ Chắt Lụa Vân "
        "Cúc Tuyết Oanh Thắm Bưởi Nhâm Thúy"
    ),
    (_FEMALE, 1): (
        "Hương Lan Hà Thủy Hoa Hằng Thanh Nga Hiền Huệ Yến Mai Hạnh Dung Liên Oanh Vân "
        "Nhung Loan Thúy Hải Bình Tuyết Hòa Phượng Thơm Tâm Minh Nguyệt Hồng Phương Ngân "
        "Xuân Duyên Thoa Lý Thắm Hường Toan"
    ),
    (_FEMALE, 2): (
        "Hương Trang Hà Thủy Hằng Lan Huyền Linh Nga Hiền Thảo Hạnh Thu Yến Ngọc Mai "
        "Nhung Phương Vân Oanh Dung Quỳnh Tâm Anh Loan Hoa Thúy Giang Ngân Duyên Huệ Hồng "
        "Tuyết Hòa Chi Lương Thùy"
    ),
    (_FEMALE, 3): (
        "Linh Trang Anh Huyền Hà Phương Hương Ngọc Thảo Mai Chi Nhung Hằng Quỳnh Ngân "
        "Thủy Yến Vân Ly My Giang Nhi Hạnh Hiền Thư Uyên Trâm Tú Duyên Lan Châu Oanh "
        "Dương Khánh"
    ),
    (_FEMALE, 4): (
        "Anh Ngọc Chi Nhi Linh Châu An Hân Vy My Thư Hà Ngân Trâm Khánh Mai Phương Diệp "
        "Trang Lam Nhiên Trúc Quỳnh Thảo Uyên Dương Giang Minh Băng Tâm Yên"
    ),
}
_UPLAND_GIVENS = {
    _MALE: "Phúc Chăn Mình Sểnh Phú Thông Vàng Tài Quay Dảu Sinh Hếnh Quý Lìn Phẩy Coỏng Lỷ Thàng",
    _FEMALE: "Nhậy Múi Mùi Sám Dảo Mẩy Nhì Lan Sính Phương Tàm Lìn Chắn Hai Mai Nhất Sáy Dếnh",
}
_UPLAND_SHARE = 0.35


def draw_surnames(rng: np.random.Generator, ethnic_codes: pl.Series, southern: Bools) -> pl.Series:
    """A surname a person: by people; for the Kinh by region (`southern`: born beyond Huế)."""
    count = len(ethnic_codes)
    drawn = _draw_weighted(rng, _KINH_NORTH, count)
    south = _draw_weighted(rng, _KINH_SOUTH, count)
    drawn = south.zip_with(pl.Series(southern), drawn)
    for code, table in _SURNAMES.items():
        own = _draw_weighted(rng, table, count)
        drawn = own.zip_with(ethnic_codes == code, drawn) if code != KINH else drawn
    return drawn


def draw_first_names(
    rng: np.random.Generator, sexes: Ints, birth_years: Ints, ethnic_codes: pl.Series
) -> pl.Series:
    """Middle and given name ("Thị Thu Hà" without the surname) by sex and decade of birth."""
    eras = np.searchsorted(np.array(_ERA_STARTS), birth_years, side="right")
    result = pl.Series([""], dtype=pl.String).new_from_index(0, len(sexes))
    for (sex, era), givens in _GIVENS.items():
        rows = np.flatnonzero((sexes == sex) & (eras == era))
        middle = _draw_weighted(rng, _MIDDLES[sex, era], len(rows))
        given = draw_texts(rng, givens.split(), len(rows))
        result = result.scatter(rows, _join_distinct(middle, given))
    uplanders = ethnic_codes.is_in([DAO, SAN_CHAY]).to_numpy() & (
        rng.random(len(sexes)) < _UPLAND_SHARE
    )
    for sex, middle_name in ((_MALE, "Văn"), (_FEMALE, "Thị")):
        rows = np.flatnonzero(uplanders & (sexes == sex))
        given = draw_texts(rng, _UPLAND_GIVENS[sex].split(), len(rows))
        result = result.scatter(
            rows, pl.Series([middle_name] * len(rows), dtype=pl.String) + " " + given
        )
    return result


def _join_distinct(middle: pl.Series, given: pl.Series) -> pl.Series:
    """ "Ngọc" + "Ngọc" reads as a slip: such a pair takes a plain middle name."""
    plain = pl.select(pl.lit("Hoàng")).to_series().new_from_index(0, len(middle))
    repeated = pl.DataFrame({"m": middle, "g": given}).select(
        pl.col("m").str.ends_with(pl.col("g"))
    )
    return plain.zip_with(repeated.to_series(), middle) + " " + given


def _draw_weighted(rng: np.random.Generator, table: str, count: int) -> pl.Series:
    """Draw from "name share name share …"; a name of two syllables stands in single quotes."""
    quoted = table.split("'")
    tokens: list[str] = []
    for position, part in enumerate(quoted):
        tokens.extend([part] if position % 2 else part.split())
    names, shares = tokens[::2], [float(share) for share in tokens[1::2]]
    return pl.Series(names, dtype=pl.String).gather(draw_index(rng, shares, count))
