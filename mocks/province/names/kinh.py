"""Kinh names: surnames by region, middle and given names by sex and time of birth.

Shares of surnames follow public statistics (domain: Nguyễn 38 %, Trần 11 to 12 %, Lê 9.5 %, …; for
the Central Highlands a sample of 207,000 names); given names stand roughly in order of how common
they were. Which middle names went with which decades is general knowledge, not a measured table.
"""

MALE, FEMALE = 1, 2
NORTH, NORTH_CENTRE, SOUTH, HIGHLANDS = range(4)
#: First years of the second to the last of the six eras by which names are listed.
ERA_STARTS = (1950, 1965, 1980, 1992, 2004)

#: "surname share surname share …" by region.
SURNAMES = {
    NORTH: (
        "Nguyễn 38.4 Trần 11.3 Lê 8.6 Phạm 7 Hoàng 5.1 Vũ 4.2 Bùi 2.3 Đặng 2.1 Đỗ 1.9 "
        "Phan 1.6 Ngô 1.4 Đinh 1.2 Dương 1.1 Đoàn 1 Lương .8 Đào .9 Trịnh .8 Mai .6 Lưu "
        ".6 Cao .6 Hà .6 Tô .5 Trương .7 Phùng .5 Chu .4 Tạ .4 Lý .3 Vương .3 Hồ .3 Lại "
        ".2 Tống .2 Thái .1 Quách .1 Khổng .1 Bạch .1 Từ .1 Nghiêm .15 Kiều .15 Doãn .1 "
        "Ninh .1 Đàm .15 Lã .15 Khúc .1 Cù .1 Phí .1 Triệu .1 Lâm .15 Mạc .1 Đồng .15 Vi "
        ".05 Viên .03 Thân .1 Hứa .05 Giang .06 Quản .05 Nhữ .05 Ngọ .04 Ứng .03 Kim .05 "
        "Lều .03 Âu .02 Tăng .08 Bế .02 Trưởng .01 Thạch .03 Cung .03 Tiêu .04 Tưởng .03 "
        "Uông .03 An .03 Diêm .02 Đới .02 Cấn .03 Bành .02 Chử .03 Dư .02 Mẫn .02 Đường "
        ".03 Liễu .01 Mầu .01 Nguyên .02"
    ),
    NORTH_CENTRE: (
        "Nguyễn 33 Lê 14 Trần 9.5 Phạm 5.8 Hoàng 5 Phan 3.4 Hồ 2.2 Bùi 2.2 Trịnh 2.2 Võ "
        "1.7 Đặng 2 Cao 1.8 Đinh 1.3 Trương 1.7 Vũ 1.5 Ngô 1.3 Đỗ 1.5 Hà 1.3 Dương 1 Lưu "
        ".9 Mai 1 Thái .8 Đậu .6 Lương .7 Đoàn .6 Tống .4 Chu .4 Bạch .2 Kiều .2 Quách .3 "
        "Biện .15 Ngụy .1 Uông .1 Thiều .15 Đào .4 Hắc .05 Tăng .2 Lữ .1 Cầm .05 Tô .15 "
        "Hứa .1 Phùng .2 Trịnh .1"
    ),
    SOUTH: (
        "Nguyễn 34 Trần 11 Lê 10.5 Phạm 5.5 Huỳnh 4.9 Phan 4.2 Võ 4.6 Hồ 2.2 Đặng 2.3 Bùi "
        "1.7 Trương 2.2 Đỗ 1.3 Ngô 1.4 Dương 1.2 Đinh .8 Lý .5 Mai .7 Cao .8 Lương .8 "
        "Châu .5 Tạ .3 Thái .5 Đoàn .8 Hà .5 Lâm .9 Lưu .5 Văn .3 Tô .3 Trịnh .4 Đào .4 "
        "Hoàng .5 Vũ .3 Phùng .3 Từ .2 Tống .15 Mạc .1 Quách .1 Kiều .2 Ung .1 Ông .1 Lữ "
        ".1 Ngụy .05 Đàm .1 Tăng .2 Diệp .15 Trà .1 Cù .05 Bá .05 Triệu .08 Nghê .02 Khưu "
        ".05 Giang .1 Hứa .15"
    ),
    HIGHLANDS: (
        "Nguyễn 37.4 Trần 12.4 Lê 10.8 Phạm 7.1 Hoàng 2.4 Phan 3.7 Bùi 3 Võ 3.1 Hồ 2.3 Vũ 2.3 "
        "Đặng 2 Đỗ 2.1 Trương 1.8 Huỳnh 1.8 Ngô 1.85 Đinh 1.8 Dương 1.1 Trịnh 1.1 Mai 1.15 Hà .3 "
        "Đoàn 1 Lương .1 Cao 1 Đào .9 Lưu .5 Phùng .1 Tạ .2 Thái .2 Châu .15 Tô .15 Lâm .15 "
        "Chu .1 Quách .05 Tống .1 Kiều .1 Văn .1 Đậu .1 Từ .05 Bạch .05 Vương .1 Doãn .05 Lại .1 "
        "Thân .05 Biện .03 Tăng .05 Diệp .05 Khổng .03 Nghiêm .03"
    ),
}

#: Plain middle names by (sex, era); "-" is none at all, "Thị_Thu" two syllables.
MIDDLES = {
    (MALE, 0): (
        "Văn 64 Xuân 5 Đình 5 Đức 4 Ngọc 4 Quang 3 Hữu 4 Duy 2 Công 2 Bá 2 Trọng 2 Thế 2 "
        "Viết 1 Sỹ 1 Đăng 1 - 2"
    ),
    (MALE, 1): (
        "Văn 58 Xuân 6 Đình 5 Đức 5 Ngọc 5 Quang 4 Hữu 4 Duy 2 Công 2 Mạnh 2 Thế 2 Trọng "
        "2 Bá 1 Thanh 2 Minh 1 Viết 1 - 2"
    ),
    (MALE, 2): (
        "Văn 50 Xuân 5 Đình 4 Đức 6 Ngọc 6 Quang 5 Hữu 3 Duy 3 Công 3 Mạnh 4 Thế 3 Trọng "
        "2 Anh 2 Thanh 3 Minh 2 Hồng 2 Việt 1 Hải 1 Bá 1 - 2"
    ),
    (MALE, 3): (
        "Văn 34 Đức 8 Xuân 4 Ngọc 7 Quang 6 Mạnh 6 Duy 5 Tuấn 4 Anh 3 Hoàng 4 Thanh 4 "
        "Đình 4 Minh 4 Việt 3 Thế 3 Hữu 2 Công 2 Trung 2 Hồng 1 Bá 1 Trọng 2 Hải 1 Tiến 2 "
        "Thành 2 - 2"
    ),
    (MALE, 4): (
        "Văn 17 Đức 11 Minh 8 Quang 7 Hoàng 7 Tuấn 6 Anh 5 Duy 6 Hải 4 Thành 5 Mạnh 4 "
        "Việt 5 Ngọc 5 Trung 4 Xuân 3 Đình 3 Tiến 3 Thế 3 Hồng 2 Công 2 Nhật 2 Bảo 2 "
        "Trọng 2 Hữu 2 Quốc 2 Đăng 2 Trường 2 Nam 1 Hùng 1 Thái 1 - 2"
    ),
    (MALE, 5): (
        "Đức 9 Minh 9 Gia 8 Hoàng 6 Văn 6 Tuấn 5 Anh 5 Bảo 5 Quang 5 Duy 5 Nhật 4 Hải 4 "
        "Thành 3 Đăng 4 Quốc 3 Việt 3 Ngọc 3 Trung 3 Tiến 3 Mạnh 3 Nguyên 2 Phúc 2 Khánh "
        "2 Xuân 2 Đình 2 Thái 2 Trọng 2 Hữu 2 Thế 2 Thiên 2 Tùng 1 Bá 1 Công 1 - 2"
    ),
    (FEMALE, 0): "Thị 95 Minh 1 Thanh 1 Ngọc 1 Kim 1 - 1",
    (FEMALE, 1): (
        "Thị 82 Thị_Thanh 2 Thị_Kim 2 Thị_Minh 2 Thị_Ngọc 1 Thị_Hồng 2 Thanh 2 Kim 2 Bích "
        "1 Ngọc 1 Minh 1 Thúy 1 - 1"
    ),
    (FEMALE, 2): (
        "Thị 66 Thị_Thanh 4 Thị_Thu 4 Thị_Hồng 3 Thị_Kim 3 Thị_Minh 2 Thị_Ngọc 2 Thị_Bích "
        "2 Thị_Thúy 2 Thị_Tuyết 1 Thu 2 Thanh 2 Kim 2 Bích 2 Hồng 1 Ngọc 1 - 1"
    ),
    (FEMALE, 3): (
        "Thị 45 Thị_Thu 8 Thị_Thanh 6 Thị_Hồng 4 Thị_Ngọc 4 Thị_Bích 3 Thị_Kim 2 Thị_Minh "
        "2 Thị_Phương 2 Thị_Thúy 2 Thị_Lan 1 Thị_Mai 1 Thị_Hải 1 Thị_Tuyết 1 Thu 5 Thanh "
        "3 Ngọc 3 Hồng 2 Phương 2 Thùy 2 Bích 2 Minh 2 Hoàng 1 - 1"
    ),
    (FEMALE, 4): (
        "Thị 22 Thị_Thu 6 Thị_Ngọc 5 Thị_Thanh 4 Thị_Phương 3 Thị_Hồng 3 Thị_Minh 2 "
        "Thị_Kim 2 Thị_Thùy 2 Thị_Khánh 1 Thị_Bích 1 Thị_Mai 2 Thị_Lan 2 Thị_Hà 1 Ngọc 6 "
        "Thu 6 Thùy 4 Phương 5 Khánh 4 Minh 4 Hà 4 Hồng 3 Thanh 3 Bảo 2 Hoàng 2 Quỳnh 2 "
        "Mai 2 Diệu 2 Hải 1 Vân 1 Lan 1 Huyền 2 Thảo 2 - 1"
    ),
    (FEMALE, 5): (
        "Ngọc 8 Bảo 6 Khánh 6 Minh 7 Gia 4 Phương 6 Hà 5 Thị 6 Quỳnh 4 Thảo 4 Tuệ 3 Hoàng "
        "3 Mai 3 Thùy 3 Anh 3 Thu 3 Diệu 3 Linh 2 Diễm 1 Thanh 2 Hải 2 Huyền 2 Lan 1 Cẩm "
        "1 Yến 2 Tú 2 Kim 2 Như 2 Hồng 1 Tường 1 An 2 Vân 1 Trúc 1 Thiên 1 Thị_Bảo 2 "
        "Thị_Ngọc 4 Thị_Khánh 2 Thị_Thu 2 Thị_Phương 2 Thị_Hà 1 Thị_Thanh 1 Thị_Minh 2 - "
        "1"
    ),
}
#: Middle names set before a pair such as "Bảo Ngọc", which makes a double middle name.
FORE_MIDDLES = {
    MALE: (
        "Văn 12 Đức 9 Hoàng 8 Đình 6 Ngọc 6 Quang 5 Xuân 4 Hữu 4 Duy 4 Công 3 Trần 4 Lê 3 "
        "Vũ 3 Phạm 3 Nguyễn 2 Đỗ 2 Bá 2 Thế 2 Trọng 2 Tiến 2 Mạnh 2 Phan 1 Bùi 1 Đặng 1 "
        "Viết 1 Đăng 2"
    ),
    FEMALE: (
        "Thị 40 Ngọc 8 Hoàng 6 Trần 4 Lê 4 Vũ 3 Phạm 3 Nguyễn 2 Đỗ 2 Phan 1 Đặng 1 Bùi 1 "
        "Thanh 2 Thùy 2 Huỳnh 1 Đinh 1 Lương 1 Mai 2 Hà 2 Hồng 2 Diệp 1"
    ),
}

#: Given names by (sex, era), the commonest first; the widening lists follow after them.
GIVENS = {
    (MALE, 0): (
        "Hùng Bình Minh Sơn Thành Lợi Tiến Thắng Khánh Hòa Tân Thịnh Quý Toàn Chính Vinh "
        "Cường Thư Tài Ngọc Đạt Lâm Xuyên Bính Tỵ Thìn Ngọ Mùi Khoái Chiến Kháng Hợi Tuất "
        "Nhâm Tạo Thụy Đường Khoa Bảng Giáp Ất Mão Sửu Dần Thân Cẩn Nghĩa Nhân Lễ Trí Tín "
        "Cần Kiệm Liêm Điền Thọ Phúc Lộc Khang Ninh Tường Hạnh Dung Duyệt Đản Đoan Bột "
        "Chất Chúc Cát Hoạch Hới Kỷ Mậu Canh Quế Sửu Tòng Uẩn Vượng Viễn Xuân Ích Đễ Thái "
        "Bảo Tước Đăng Huấn Khải Mẫn"
    ),
    (MALE, 1): (
        "Hùng Dũng Sơn Bình Thắng Minh Tiến Hải Thành Cường Hòa Lợi Khánh Toàn Vinh Tuấn "
        "Quang Chiến Thịnh Lâm Tân Phúc Quý Chính Long Hà Hưng Khoa Đông Trung Nam Bắc "
        "Kháng Chung Ngọc Đạt Tài Thủy Quyết Tâm Hiền Phương Hồng Thanh Liêm Đoàn Kết Thọ "
        "Tụ Chí Công Luận Sáng Việt Bảo Kiên Cảnh Châu Đức Nhân Nghĩa Tình Oánh Hoạt "
        "Khương Lập Lục Mạnh Nghị Ninh Phong Quyền San Thế Thiết Tỉnh Tuyên Vượng Xuân "
        "Yên Ba Năm Bảy Bốn"
    ),
    (MALE, 2): (
        "Hùng Dũng Tuấn Sơn Cường Thắng Hải Minh Bình Thành Hòa Tiến Quang Nam Trung Hà "
        "Long Kiên Hưng Lâm Toàn Vinh Phong Tùng Chiến Thịnh Đức Quân Khánh Quyết Thủy "
        "Chung Khương Huy Hiệp Đông Oanh Bắc Trường Hoạt Anh Phương Thọ Tâm Tuyên Tú Việt "
        "Linh Mạnh Hiếu Hoàn Lương Ngọc Quý Thuận Thái Tân Hải Luân Lợi Nghĩa Ninh Phúc "
        "Quyền Sáng Tài Thanh Thiện Thụ Tình Xuân Ước Chính Công Cảnh Dân Duẩn Đại Giang "
        "Hậu Khải Khoa Lực Nguyên Nhật"
    ),
    (MALE, 3): (
        "Tuấn Hùng Dũng Anh Cường Nam Thắng Hải Tùng Long Minh Hưng Trung Sơn Thành Hiếu "
        "Huy Đức Quân Linh Kiên Duy Hoàng Toàn Tú Phương Việt Khánh Mạnh Đạt Thịnh Công "
        "Trường Hòa Quyền Phong Vũ Chiến Thủy Lộc Tiến Quang Bình Giang Hà Hiệp Lâm Luân "
        "Ngọc Thái Tân Tuyên Vinh Quyết Thiện Thuận Đại Đông Hậu Khoa Lực Nguyên Quý Tài "
        "Tình Thanh Cảnh Chung Định Hân Hoàn Khương Kỳ Lương Nhân Phúc Quảng Sáng Thế "
        "Trọng Tư Văn Vương"
    ),
    (MALE, 4): (
        "Anh Đức Huy Minh Hiếu Hoàng Dũng Nam Long Đạt Quân Khánh Phong Tùng Sơn Việt "
        "Thành Bảo Khôi Hưng Trung Tuấn Kiên Duy Cường Thắng Hải Nguyên Mạnh Linh Khoa "
        "Bách Trường Quang Tiến Vũ Lâm An Thịnh Tú Công Toàn Phúc Lộc Tài Vinh Thái Hùng "
        "Đăng Hiệp Đại Quyền Sỹ Dương Nhật Thiện Trí Giang Hậu Hòa Bình Chiến Định Đông "
        "Hào Kỳ Lực Lương Nghĩa Nhân Phát Phương Quốc Quý Quyết Tân Thuận Tín Toản Trọng "
        "Tâm Văn Vương Ước"
    ),
    (MALE, 5): (
        "Minh Bảo Khôi Anh Khang Huy Phúc Nguyên Khánh Quân Long Đăng Phong An Khoa Hưng "
        "Đức Nam Kiệt Duy Dương Tùng Lâm Hiếu Bách Thiên Nhân Sơn Vũ Bình Tuệ Quang Hải "
        "Kiên Thành Việt Đạt Trung Tuấn Dũng Hoàng Trí Thịnh Phát Tiến Cường Nhật Vinh "
        "Thắng Khải Hào Tài Lộc Tú Đan Ân Gia Hòa Hùng Kỳ Lân Luân Mạnh Nghĩa Ninh Quốc "
        "Quyền Sang Thái Thiện Tín Toàn Tâm Triết Trường Vương Văn Vĩ"
    ),
    (FEMALE, 0): (
        "Lan Hoa Thanh Hồng Mai Bình Liên Nga Hiền Minh Tâm Nhung Thủy Hòa Loan Hương Lý "
        "Dung Xuân Thơm Ngọc Sửu Tý Mão Dậu Nhạn Khuyên Thoa Gái Mận Tẹo Nụ Chắt Lụa Vân "
        "Cúc Tuyết Oanh Thắm Bưởi Nhâm Thúy Bé Cam Chanh Chuyên Đào Điểm Đoan Gấm Hến Hợi "
        "Huệ Kê Khanh Len Lược Mật Miến Mùi Mười Năm Ngân Nhài Nhẫn Nhớn Ninh Phấn Quế "
        "Quý Sen Soan Tám Thìn Thái The Thuận Tính Tơ Tốt Út Vải Viên Vui Yên Ỷ Bốn Chín "
        "Lựu Mơ Ngát Rạng Sáu"
    ),
    (FEMALE, 1): (
        "Lan Hoa Hương Hà Thanh Nga Hồng Mai Bình Liên Hiền Thủy Minh Tâm Loan Dung Hòa "
        "Nhung Lý Xuân Thơm Ngọc Huệ Hạnh Vân Tuyết Oanh Cúc Yến Phượng Thắm Nguyệt Thoa "
        "Khuyên Thìn Hợi Mùi Tý Sửu Dần Đào Mận Bích Chinh Duyên Gái Hằng Hường Kim Lụa "
        "Lợi Luyến Mơ Mến Ngân Ngoan Nhàn Ninh Phương Phúc Quy Quyên Sáu Thành Thu Thuận "
        "Thúy Tính Toan Tuyên Tỵ Vui Viên Chiến Chung Dậu Đức Hải Khánh Lương Ngát"
    ),
    (FEMALE, 2): (
        "Hương Lan Hà Thủy Hoa Hằng Thanh Nga Hiền Huệ Yến Mai Hạnh Dung Liên Oanh Vân "
        "Nhung Loan Thúy Hải Bình Tuyết Hòa Phượng Thơm Tâm Minh Nguyệt Hồng Phương Ngân "
        "Xuân Duyên Thoa Lý Thắm Hường Toan Huyền Thu Ngọc Lương Anh Cúc Giang Hiên Huế "
        "Khuyên Luyến Lụa Lợi Mến Miền Ngoan Nhàn Ninh Phúc Quyên Quế Quỳnh Sen Thảo Thìn "
        "Thuận Thủy Tình Tuyến Tươi Trang Uyên Vinh Xuyến Ánh Bích Chiên Chinh Dịu Đào "
        "Hậu Hợi Dần"
    ),
    (FEMALE, 3): (
        "Hương Trang Hà Thủy Hằng Lan Huyền Linh Nga Hiền Thảo Hạnh Thu Yến Ngọc Mai "
        "Nhung Phương Vân Oanh Dung Quỳnh Tâm Anh Loan Hoa Thúy Giang Ngân Duyên Huệ Hồng "
        "Tuyết Hòa Chi Lương Thùy Phượng Thanh Liên Nguyệt Hường Thơm Thắm Xuân Bích Châm "
        "Chinh Diệp Diệu Hậu Hiên Hoài Huế Khuyên Lê Luyến Mến Minh My Ngà Ngát Nhàn Nhâm "
        "Ninh Phúc Quyên Sen Tâm Thoa Thư Thương Tình Tú Tuyến Tươi Uyên Vui Vy Xuyến Ánh "
        "Điệp Đào"
    ),
    (FEMALE, 4): (
        "Linh Trang Anh Huyền Hà Phương Hương Ngọc Thảo Mai Chi Nhung Hằng Quỳnh Ngân "
        "Thủy Yến Vân Ly My Giang Nhi Hạnh Hiền Thư Uyên Trâm Tú Duyên Lan Châu Oanh "
        "Dương Khánh Thu Hoa Hồng Nga Nguyệt Diệp Diệu Dung Hân Hậu Hoài Huệ Lam Loan "
        "Lương Ánh Bích Bình Băng Đan Hường Khuê Liên Minh Mỹ Nguyên Như Ninh Phượng "
        "Quyên Tâm Tiên Tuyết Thanh Thơm Thùy Thúy Thương Trà Trinh Trúc Tường Vi Vy Xuân"
    ),
    (FEMALE, 5): (
        "Anh Ngọc Chi Nhi Linh Châu An Hân Vy My Thư Hà Ngân Trâm Khánh Mai Phương Diệp "
        "Trang Lam Nhiên Trúc Quỳnh Thảo Uyên Dương Giang Minh Băng Tâm Yên Hương Huyền "
        "Ly Vân Yến Như Ánh Bình Cát Đan Di Duyên Hạnh Hiền Hoa Khuê Lan Mỹ Nguyên Nguyệt "
        "Nhã Oanh Phúc Quyên San Sương Thanh Thùy Thủy Thy Thương Tiên Trà Trinh Tuệ Tú "
        "Tường Vi Viên Xuân Hằng Hồng Nhung"
    ),
}
#: Rarer given names of all times, which widen every list.
RARE_GIVENS = {
    MALE: (
        "Ân Bá Ban Bằng Biên Bốn Cao Chấn Chức Chương Cừ Cử Dẫn Diện Doanh Dư Dự Dưỡng "
        "Đán Đảng Đắc Đề Đệ Điệp Điều Đính Độ Đô Đồng Đương Giới Hách Hiển Hiện Hiến Hoan "
        "Hoành Học Hợp Huân Hữu Huỳnh Ích Kha Khả Khanh Khiêm Khiết Khởi Khuê Khương Kiều "
        "Kính Lai Lãm Lăng Liệu Linh Lĩnh Loan Luật Lư Lưu Mẫn Miên Mộc Mười Ngạn Nghiêm "
        "Nghiệp Nguyện Nhã Nhất Nhuận Như Niên Phi Phiên Phú Phức Phước Quế Quốc Quới "
        "Rạng Sinh Soạn Sử Sửu Tạ Tạo Thạch Thăng Thao Thể Thi Thiêm Thiệu Thông Thống "
        "Thụ Thuần Thuật Thực Thưởng Thức Tiệp Tịnh Tố Toại Tôn Trác Trân Tráng Trị Triển "
        "Triều Triệu Trình Trứ Trực Tuân Tự Tựu Tưởng Ứng Uy Vang Viên Viết Vịnh Vọng "
        "Vững Vượng Xoan Xứng Xướng Ý"
    ),
    FEMALE: (
        "Ái Ân Ba Băng Bền Bông Cẩm Cần Cảnh Chắt Chiều Chín Chúc Chuyền Cơ Cương Dàng Di "
        "Diễm Diễn Dinh Doan Du Dự Đang Đẹp Đính Đông Gấm Giới Hai Hài Hảo Hiếu Hiệp Hoan "
        "Hoàn Hoàng Hợp Hới Hưng Hữu Ích Kha Khang Khiêm Khoa Khuyến Kiều La Lài Lành Lệ "
        "Lịch Liễu Lĩnh Lộc Luân Lưu Mẫn Mây Miên Mừng Nết Ngà Nghĩa Ngọ Ngợi Nguyên Nhã "
        "Nhẫn Nhất Nhiễu Nhị Nhuần Nhu Nương Phấn Phin Phụng Quý Quyến Quyền Sâm San Sáng "
        "Sim Sinh Son Sự Tài Tân Thái Thân Thạo Thao Thập Thêu Thi Thiện Thiết Thính "
        "Thịnh Thoan Thoảng Thóc Thời Thông Thục Thụy Thược Tiến Tiếp Tiệp Tín Tiệm Tố "
        "Toản Tơ Trầm Trìu Tựa Tường Út Vàng Vĩnh Vịnh Vượng Xa Xinh Xoan Yêm"
    ),
}
#: What is heard more beyond Huế.
SOUTHERN_GIVENS = {
    MALE: (
        "Tâm Phúc Phước Tài Nghĩa Trí Hiếu Thiện Lộc Đạt Phát Nhân Tín Thanh Hậu Hòa Lợi "
        "Khoa Duy Khánh Tú Vũ Phong Dũng Tân Bảo An Bình Được Út Sang Giàu Tươi Liêm "
        "Thuận Toàn Trọng Vinh Quốc Cảnh Nhựt Kiệt Hào Trường Linh Danh Luân Nguyên Phú "
        "Quí Sinh Thạnh Tựu Khương Huỳnh"
    ),
    FEMALE: (
        "Hồng Kim Loan Phượng Mỹ Diễm Kiều Trinh Tuyền Tiên Thảo Ngân Trâm Nhi Thúy Hạnh "
        "Nguyệt Tuyết Lệ Cúc Sương Thi Út Bé Đào Hoa Lan Vân Xuân Yến Nga Liên Diệu Dung "
        "Thơ My Trang Như Ý Thy Quyên Phụng Hiếu Lành Thắm Tươi Xinh Bông Nở Đẹp Thu Cẩm "
        "Liễu Hường Thoa Điệp Gấm Hiền"
    ),
}
SOUTHERN_MIDDLES = {
    MALE: (
        "Văn 34 Minh 9 Thanh 9 Hoàng 8 Ngọc 6 Hữu 5 Quốc 6 Tấn 6 Trung 4 Thành 6 Công 3 "
        "Phước 3 Thiện 2 Chí 4 Nhật 3 Đình 3 - 3"
    ),
    FEMALE: (
        "Thị 42 Thị_Kim 7 Thị_Mỹ 6 Thị_Ngọc 8 Thị_Thanh 5 Thị_Thu 5 Thị_Hồng 3 Thị_Bích 3 "
        "Ngọc 5 Kim 4 Mỹ 4 Thanh 3 Hồng 2 Thùy 2 Diễm 1 Cẩm 1 - 2"
    ),
}

#: Two syllables given together, as many since the 1990s; commonest first.
PAIRS = {
    MALE: (
        "Gia Bảo, Minh Khôi, Minh Quân, Gia Huy, Tuấn Kiệt, Đăng Khoa, Bảo Long, Nhật "
        "Minh, Quang Minh, Hoàng Long, Minh Đức, Anh Tuấn, Gia Hưng, Đức Anh, Tuấn Anh, "
        "Bảo An, Minh Khang, Gia Khánh, Hải Đăng, Anh Minh, Minh Nhật, Thiên Ân, Phúc "
        "Khang, Đức Minh, Duy Anh, Hoàng Anh, Việt Anh, Bảo Minh, Anh Khoa, Gia Minh, "
        "Minh Phúc, Quốc Bảo, Nhật Nam, Minh Hiếu, Bảo Nam, Bảo Khang, Đăng Khôi, Minh "
        "Trí, Hữu Phúc, Trung Kiên, Minh Tuấn, Hoàng Nam, Hải Nam, Thành Đạt, Tiến Đạt, "
        "Quang Huy, Đức Huy, Ngọc Minh, Khánh Duy, Minh Hoàng, Đình Phong, Nam Phong, Hải "
        "Phong, Tùng Lâm, Bảo Lâm, Hoàng Lâm, Sơn Tùng, Thanh Tùng, Thái Sơn, Trường Sơn, "
        "Quốc Việt, Hoàng Việt, Minh Châu, Thiên Phúc, Bảo Phúc, Gia Phúc, Hồng Phúc, "
        "Trường An, Gia An, Phúc An, Bình An, Khánh An, Đức Duy, Khắc Duy, Bảo Duy, Nhật "
        "Duy, Quốc Huy, Nhật Huy, Khánh Huy, Bảo Huy, Gia Kiệt, Anh Kiệt, Anh Quân, Hoàng "
        "Quân, Đức Quân, Hải Quân, Mạnh Quân, Trung Dũng, Anh Dũng, Tiến Dũng, Hoàng "
        "Dũng, Đức Thịnh, Gia Thịnh, Phú Thịnh, Đức Trí, Thiện Nhân, Trọng Nhân, Minh "
        "Thiện, Nguyên Khang, Đức Khang, Vĩnh Khang, Thế Vinh, Quang Vinh, Thành Vinh, "
        "Chí Kiên, Đức Kiên, Bảo Nguyên, Khôi Nguyên, Phúc Nguyên, Thảo Nguyên, Trung "
        "Nguyên, Hải Dương, Thái Dương, Đại Dương, Ánh Dương, Tuấn Hưng, Phúc Hưng, Việt "
        "Hưng, Quốc Hưng, Thành Long, Phi Long, Đức Long, Việt Long, Thành Nam, Tiến Nam, "
        "Đức Nam, Phương Nam, Thành Công, Chí Công, Thành Trung, Quang Trung, Đức Trung, "
        "Mạnh Cường, Quốc Cường, Hùng Cường, Thế Anh, Nhật Anh, Quang Anh, Hải Anh, Nam "
        "Anh, Tùng Anh, Trung Anh, Đình Anh, Xuân Bách, Hoàng Bách, Việt Bách, Gia Bách, "
        "Tùng Bách, Đan Trường, Xuân Trường, Quang Trường, Minh Vũ, Anh Vũ, Hoàng Vũ"
    ),
    FEMALE: (
        "Bảo Ngọc, Khánh Linh, Minh Anh, Phương Linh, Ngọc Anh, Bảo Anh, Hà My, Gia Hân, "
        "Thảo Vy, Ngọc Diệp, Minh Châu, Bảo Châu, Tuệ Nhi, An Nhiên, Phương Anh, Quỳnh "
        "Anh, Mai Anh, Khánh An, Bảo Hân, Thùy Linh, Diệu Linh, Hải Yến, Thu Trang, Huyền "
        "Trang, Minh Thư, Anh Thư, Khánh Vy, Tường Vy, Yến Nhi, Bảo Nhi, Uyên Nhi, Gia "
        "Nhi, Thảo Nhi, Phương Thảo, Thu Thảo, Ngọc Hà, Thu Hà, Khánh Hà, Ngân Hà, Quỳnh "
        "Chi, Mai Chi, Linh Chi, Phương Chi, Kim Chi, Hà Chi, Lan Chi, Diệp Chi, Quỳnh "
        "Hương, Mai Hương, Thu Hương, Lan Hương, Thanh Hương, Thanh Trúc, Thanh Tâm, Minh "
        "Tâm, Băng Tâm, Hà Anh, Tú Anh, Lan Anh, Vân Anh, Trâm Anh, Diệu Anh, Châu Anh, "
        "Kim Anh, Hoàng Anh, Thục Anh, Hải Anh, Linh Đan, Linh An, Hoài An, Thanh An, Bảo "
        "Trâm, Ngọc Trâm, Quỳnh Trâm, Bích Trâm, Thùy Trâm, Ngọc Mai, Phương Mai, Thanh "
        "Mai, Quỳnh Mai, Tuyết Mai, Xuân Mai, Khánh Ngọc, Minh Ngọc, Bích Ngọc, Hồng "
        "Ngọc, Ánh Ngọc, Kim Ngọc, Như Ngọc, Phương Ngọc, Bảo Quyên, Lệ Quyên, Tú Quyên, "
        "Thùy Dương, Ánh Dương, Hải Dương, Thùy Dung, Phương Dung, Mỹ Dung, Kiều Oanh, "
        "Hoàng Oanh, Thu Phương, Minh Phương, Mai Phương, Hà Phương, Lan Phương, Bích "
        "Phương, Nhã Phương, Thanh Phương, Thủy Tiên, Cẩm Tiên, Mỹ Tiên, Cát Tiên, Cát "
        "Tường, Như Quỳnh, Diễm Quỳnh, Ngọc Quỳnh, Hương Quỳnh, Ngọc Linh, Mai Linh, Hà "
        "Linh, Gia Linh, Mỹ Linh, Trúc Linh, Nhật Linh, Hương Giang, Trà Giang, Ngân "
        "Giang, Quỳnh Giang, Thanh Hằng, Thu Hằng, Thúy Hằng, Minh Hằng, Thanh Huyền, "
        "Ngọc Huyền, Khánh Huyền, Thu Huyền, Trà My, Thảo My, Diễm My, Giáng My, Huyền "
        "My, Khánh My, Kim Ngân, Bảo Ngân, Thảo Ngân, Hoàng Ngân, Thu Ngân, Minh Nguyệt, "
        "Ánh Nguyệt, Tuyết Nhung, Hồng Nhung, Cẩm Nhung, Bảo Thy, Anh Thy, Khả Hân, Ngọc "
        "Hân, Minh Khuê, An Khuê, Tuệ An, Tuệ Lâm, Tuệ Minh, Nhật Hạ, Nhã Uyên, Tố Uyên, "
        "Phương Uyên, Thảo Uyên, Cẩm Tú, Thanh Tú, Khả Như, Quỳnh Như, Tố Như, Tâm Như, "
        "Thanh Vân, Hồng Vân, Thảo Vân, Hải Vân, Khánh Vân, Mỹ Duyên, Hồng Duyên, Kỳ "
        "Duyên, Thúy Vy, Hạ Vy"
    ),
}
#: Shares of the two youngest eras who have such a pair, and of those a middle name before it.
PAIR_SHARE = {4: 0.30, 5: 0.62}
FORE_MIDDLE_SHARE = {4: 0.25, 5: 0.42}
