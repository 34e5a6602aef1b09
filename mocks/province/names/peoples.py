"""Names of the other peoples: surnames or clans, markers, given names of their own.

The lists show what each people's names look like (which surnames, which markers, which order); the
shares are rough. A people that stands in no list here is named as the Kinh are.
"""

from typing import NamedTuple

from mocks.province.ethnic_codes import (
    DAO,
    EDE,
    GIA_RAI,
    HOA,
    KHMER,
    MNONG,
    MONG,
    MUONG,
    NUNG,
    SAN_CHAY,
    SAN_DIU,
    TAY,
    THAI,
    XO_DANG,
)

MALE, FEMALE = 1, 2

#: The given name stands first and the clan, if any, last: "H'Nghia Êban", "Y Wăn Niê Kdăm".
GIVEN_FIRST = (EDE, MNONG, XO_DANG)
#: Children belong to the mother's people and clan.
MATRILINEAL = (EDE, GIA_RAI, MNONG)


class Style(NamedTuple):
    """How one people's own names are made.

    markers: by sex, "marker share …" written between surname and given name (before the given name
    where that stands first); "H'" is joined to what follows. givens: by sex, the commonest first.
    share: those born by 1950, in 1990 and since 2020 who bear such a name, not one like the Kinh's.
    """

    markers: dict[int, str]
    givens: dict[int, str]
    share: tuple[float, float, float]


_TAY_CLANS = (
    "Hoàng 17 Nông 13 Lương 8 Ma 8 Hà 8 Vi 6 La 4 Lô 3 Triệu 6 Bế 4 Lục 4 Chu 4 Đàm 4 "
    "Hứa 3 Lý 4 Mông 3 Nguyễn 5 Trần 2 Dương 3 Long 1 Linh 1 Quan 2 Ân .5 Mạc .7 Liêu "
    ".3 Sầm .6 Ngôn .3 Đinh .5 Phùng .6 Lâm .5 Ban .3 Thẩm .2 Tô .5 Ích .1"
)
_NUNG_CLANS = (
    "Nông 17 Hoàng 15 Lương 8 Triệu 7 Vi 8 Hứa 6 Lục 5 Lý 5 Mông 4 Đàm 4 Bế 2 Chu 5 "
    "Long 2 Phùng 2 Lâm 1.5 Mã 1 Lăng 1.5 Lành .6 Linh 1 Sầm 1 Tô .8 Nình .2 Dương "
    "1.5 Hà 1 Sằm .3 Vương .7 Lộc .8"
)
_EDE_CLANS = (
    "Niê 21 Niê_Kdăm 7 Niê_Siêng 3 Niê_Hrah 1.5 Niê_Brit 1 Mlô 14 Mlô_Duôn_Du 3 Êban "
    "11 Buôn_Yă 5 B.Yă 2 Kbuôr 6 Ksơr 5 Êčăm 3 Adrơng 4 Buôn_Krông 4 Kmăn 2 Ênuôl 3 "
    "Hmok 2 Hđơk 2 Ayŭn 2 Bkrông 3 Kđoh 1 Kriêng 1 Alêô .6 Hwing 1.5 Buôn_Dap .8 Kpơr "
    ".8 Čil .4"
)
_TAY_NUNG_GIVENS = {
    MALE: (
        "Dền Giong Thụ Páo Cắm Cầu Phin Sằn Khằm Chài Sình Kéo Lập Rình Dìn Phấn Tằng "
        "Slìn Voong Pảo Nhình Lỷ Sìu Chắn Coóng Vần Nhì Slam Thàng Chấn Phủ Lằm Rèn Tài "
        "Thiêm Éng Pẻng Kỉn Báo Thạch Lài Sáu Dự Quẩy Páng Sàu Cảu Nông Phụng Ích"
    ),
    FEMALE: (
        "Khìn Xìu Slao Nhình Ỏn Nậm Ảnh Sáu Slửa Pảu Lả Eng Mủi Phón Ngần Dín Én Hiên "
        "Nhói Coi Slam Mằn Lìn Chắp Nàng Síu Ngải Làn Sliu Pín Lý Nhàn Khén Vành Và Dấm "
        "Bủi Chén Slìn Mẩy Nọi Lìu Phẳng Hằm Nhất"
    ),
}
_KINH_MARKERS = {MALE: "Văn 100", FEMALE: "Thị 100"}
_HIGHLAND_GIVENS = {
    MALE: (
        "Wăn Bhăm Thĭn Blŏ Djŏn Nguôt Khăm Sĭm Duăn Tiŏ Bhĭn Nuê Jŭn Kŭn Ngŏ Siă Thăn Wŭl "
        "Yŏn Hrŏ Ñiă Klăm Phôn Rĭn Suăn Bion Moan Ngông Thuyên Jut Bih Wang Luyện Khuê "
        "Biêr Minh Quang Hưng Thịnh Vinh Tuấn Sơn Đức Čung Blim Brăm Drai Êlia Giôna Hăn "
        "Jim Joel Kỳ Lâm Lŏk Mlăn Nam Nhuăn Phiên Pŏk Quyết Rin Samuel Sen Tăng Tlur Tơn "
        "Tru Uyên Văn Việt Zen Zô Bảo Čhiêk Dhŭn Dư Đavit Guăn Hđă Huy Ju Kčiă Khương "
        "Krĭng Kruăn Long Mai Ñăm Nĕ Pha Ruk Siêng Tha"
    ),
    FEMALE: (
        "Nghia Bia Linh Mai Lan Hen Juê Djuăn Yŏng Blĭn Hoa Ñuăn Wĭn Luôn Kim Ngọc Duyên "
        "Bluăn Diŭ Ruih Tuyết Yun Mrang Hiu Srai Nga Hằng Thuyên Mĭn Loan Xuân Vy My Trâm "
        "Wen Zoan Čiăm Bĭch Blŭ Bruê Čhĭm Dĭp Djiă Đjoan Êlê Gaih Grăk Guôn Hrĭn Huệ Jăm "
        "Jŏ Juăn Khuyên Kiuôn Kră Lăm Liă Lŏ Lưn Măn Mlŏ Mŭk Nhi Nhơn Ni Ñŭ Oanh Phăn "
        "Phương Plĭ Rŏ Rut Sara Siăm Suôn Sŭ Tâm Thảo Thư Tlŏ Trinh Tuôn Uôn Vân Wŏ Yar "
        "Yuôn Zi"
    ),
}

#: "surname share …" of every people but the Kinh, whose surnames differ by region.
SURNAMES = {
    TAY: _TAY_CLANS,
    NUNG: _NUNG_CLANS,
    THAI: (
        "Lò 26 Lường 10 Quàng 9 Cà 8 Vi 7 Tòng 6 Vì 6 Hà 6 Hoàng 5 Cầm 5 Lương 4 Lù 3 Lô "
        "3 Bạc 3 Điêu 2 Đèo 1 Ngân 2 Lộc 2 Lữ 1 Kha 1"
    ),
    MUONG: (
        "Bùi 31 Đinh 18 Quách 9 Hà 7 Bạch 6 Phạm 6 Nguyễn 6 Trương 5 Phùng 3 Cao 3 Lê 3 "
        "Xa 2 Hoàng 2"
    ),
    KHMER: "Thạch 21 Sơn 14 Danh 14 Kim 12 Lâm 10 Châu 8 Lý 8 Trần 6 Kiên 4 Diệp 2 Huỳnh 2",
    HOA: (
        "Trần 10 Lý 8 Hoàng 7 Lâm 7 Vương 5 Tăng 5 Diệp 4 Ngô 4 Phùng 3 Voòng 4 Chíu 3 "
        "Sái 2 Tsằn 1 Lưu 3 Trương 3 Mạc 2 Quách 2 Lương 3 Hà 2 Từ 2 Lỷ 2 Sú 1 Chướng 1 "
        "Phún 1 Vòng 2"
    ),
    MONG: (
        "Giàng 20 Vàng 15 Sùng 13 Thào 12 Lý 8 Hạng 5 Vừ 7 Mua 6 Ly 4 Má 3 Cháng 2 Hầu 2 "
        "Lầu 2 Tráng 2 Chá 1 Hờ 1 Cứ 1 Sình 2 Phàn 1 Cư 1 Hảng 1"
    ),
    DAO: (
        "Triệu 15 Đặng 13 Bàn 14 Lý 11 Phùng 7 Chíu 8 Tằng 7 Dường 6 Chìu 5 Phàn 3 Tẩn 3 "
        "Chảo 2 Phoóng 3 Lưu 2 Đàm 2 Trần 3 Voòng 2 Chu 1 Hoàng 1"
    ),
    SAN_CHAY: (
        "Trần 15 Nịnh 11 Hoàng 9 Tằng 8 Lục 7 La 7 Lý 7 Ninh 5 Từ 3 Đàm 3 Dương 2 Âu 2 "
        "Nông 3 Tiêu 2 Vi 2 Lâm 3 Ngọc .5 Chíu 1"
    ),
    SAN_DIU: "Trương 15 Tạ 12 Lê 10 Ninh 9 Lý 9 Lục 9 Trần 9 Diệp 8 Từ 5 Chu 3 Lưu 4 Đặng 3 Tống 2",
    EDE: _EDE_CLANS,
    MNONG: (
        "Bkrông 14 Triêk 11 Liêng 10 Liêng_Hót 6 Pang_Ting 8 Rơ_Ông 7 Rơ_Yam 6 Ndu 8 Je 7 "
        "Teh 6 Kbuôr 5 Buôn_Krông 4 Êban 3 Đăk_Cắt 5"
    ),
    GIA_RAI: "Ksor 23 Rchom 15 Nay 16 Siu 15 Kpă 12 Rmah 9 Rahlan 6 Ksơr 2 Rcom 2",
    # Who has no family name: "A Thiu", "Y Blen".
    XO_DANG: "- 1",
}

STYLES = {
    TAY: Style(_KINH_MARKERS, _TAY_NUNG_GIVENS, (0.45, 0.12, 0.02)),
    NUNG: Style(_KINH_MARKERS, _TAY_NUNG_GIVENS, (0.55, 0.18, 0.03)),
    THAI: Style(
        _KINH_MARKERS,
        {
            MALE: (
                "Pánh Inh Ọi Piêng Phanh Ún Hặc Xôm Dom Lả Tướng Pản Tiến Chựa Hịa Văn Thoan Nọi "
                "Chiến Muôn Pâng Thương Bun Khặt Ính Ón Định"
            ),
            FEMALE: (
                "Ín Pâng Inh Ọi Phương Dọn Hương Lả Ún Pọm Xương Tỏm Ánh Thoạn Ngoan Piếng Chựa "
                "Kẻo Nọi Đôi Muôn Bun Phanh Diên Sương Hịa"
            ),
        },
        (0.6, 0.3, 0.05),
    ),
    MUONG: Style(
        _KINH_MARKERS,
        {
            MALE: "Ểu Ín Bỉnh Nhiên Dẩn Chểu Thển Bùn Khuyển Nhưn Ỉn Mến Vớ Tỉn Ngằn Chiển Dựng",
            FEMALE: "Ển Ẻm Mỉn Dển Nhiển Hẻn Ỉn Phển Bển Thỉn Mển Tiển Nỉnh Ẩn Xiển Hiển Nhủ",
        },
        (0.4, 0.15, 0.02),
    ),
    HOA: Style(
        {MALE: "- 30 A 25 Sìu 10 Coỏng 5 Văn 30", FEMALE: "A 25 Thị 55 Sìu 8 Mùi 4 - 8"},
        {
            MALE: (
                "Sáng Cắm Phóng Hếnh Lìn Sìn Phùi Quay Lỷ Dảu Tắc Cún Nhì Sám Chắn Hùng Minh Phát "
                "Coóng"
            ),
            FEMALE: (
                "Múi Cú Lìn Sám Kíu Dảu Mùi Lan Hà Ngọc Phượng Chắn Sính Lỷ Phùi Nhì Kín Hếnh Tài"
            ),
        },
        (0.6, 0.3, 0.08),
    ),
    MONG: Style(
        {MALE: "A 46 Mí 30 Seo 13 Văn 11", FEMALE: "Thị 90 Seo 5 Mí 5"},
        {
            MALE: (
                "Páo Sính Dình Chứ Pó Say Của Nhù Phử Lử Chu Tủa Vừ Dế Lềnh Sử Cáng Sình Dơ Chớ "
                "Pao Tráng Thề Chá Và Vư Dũng Lùng Lình Nô Phềnh Pháy Sáu Sò Súa Sùng Tếnh Thắng "
                "Tính Tông Vàng Vảng Xà Xá Già Hồng Giống Câu Cháng Dia Dì Dua Gấu Già Hờ Khua "
                "Lầu Mua Nhè Nủ Ký Sẩu Minh Sơn Tỏa"
            ),
            FEMALE: (
                "Mỷ Mai Dợ Súa Chía Máy Sua Dua Ganh Pà Say Mo Dở Xua Cở Dí Chở Sáng Lía Vá Pla "
                "Chư Dung Chúa Dính Dù Giống Già Kía Lầu Lử Ly Mị Mào Nu Nhù Pàng Sính Sông Tâu "
                "Thào Và Vàng Xê Chú Cú Dê Gầu Hoa Khư Lan Mang Ná Sầu Sao Sy Tồng Chấu"
            ),
        },
        (0.97, 0.85, 0.55),
    ),
    DAO: Style(
        {
            MALE: "Văn 55 Tiến 7 Phúc 6 A 7 Hữu 5 Quý 4 Kim 4 Tài 3 Chòi 2 Sành 3 Vần 4",
            FEMALE: "Thị 80 Mùi 9 Tả 4 Múi 4 San 3",
        },
        {
            MALE: (
                "Mình Phúc Chăn Sểnh Phú Thông Vàng Tài Quay Dảu Sinh Hếnh Quý Lìn Phẩy Coỏng Lỷ "
                "Thàng Pu Chòi Sành Nhàn Quẩy Vần Lai Tá Chiêu Ton Kinh Lưu Thanh Xiêm Díu Ngân "
                "Hin Diệp Hòa Ú Nhì Phin Chài Sơn Hiện Chắn Vảng Lù Dào"
            ),
            FEMALE: (
                "Nhậy Múi Mùi Sám Dảo Mẩy Nhì Lan Sính Phương Tàm Lìn Chắn Hai Mai Nhất Sáy Dếnh "
                "Mản Pham Liều San Tá Ghển Khe Mụi Dất Chài Ngân Lai Pu Xuân Nải Chàn Ton Phấy "
                "Say Líu Chiêu Viện Hoa Kiều Nái Sếnh Tình Nhàn Dần"
            ),
        },
        (0.9, 0.55, 0.2),
    ),
    SAN_CHAY: Style(
        _KINH_MARKERS,
        {
            MALE: (
                "Sìu Lằm Tài Phúc Sáng Chắn Voòng Lỷ Dảu Quay Múi Coóng Thìn Nhì Sềnh Phóng Lìn "
                "Vằn Ốn"
            ),
            FEMALE: "Múi Mủi Sám Lìn Sinh Dảu Tài Nhì Cú Lỷ Chắn Mằn Phấy Kíu Sềnh Voòng Làn Hếnh",
        },
        (0.6, 0.3, 0.08),
    ),
    SAN_DIU: Style(
        _KINH_MARKERS,
        {
            MALE: "Sáng Tắc Nhì Sám Lìn Phóng Coóng Sìn Voòng Hếnh Lỷ Quay Lục Thìn Bảo",
            FEMALE: "Múi Sáu Sám Nhì Lìn Cú Kíu Phùi Mùi Tài Lỷ Chắn Hếnh Sìn",
        },
        (0.4, 0.15, 0.03),
    ),
    EDE: Style({MALE: "Y 100", FEMALE: "H' 100"}, _HIGHLAND_GIVENS, (1.0, 0.97, 0.85)),
    MNONG: Style({MALE: "Y 100", FEMALE: "H' 100"}, _HIGHLAND_GIVENS, (1.0, 0.97, 0.85)),
    GIA_RAI: Style({MALE: "Y 45 - 55", FEMALE: "H' 100"}, _HIGHLAND_GIVENS, (1.0, 0.95, 0.85)),
    XO_DANG: Style({MALE: "A 100", FEMALE: "Y 100"}, _HIGHLAND_GIVENS, (1.0, 1.0, 1.0)),
}
