"""What people file at a desk: procedures of the national database, how often, and who asks.

Codes and names are those of the national procedure database; how often each is filed, and by whom,
is a plausible guess.
"""

from dataclasses import dataclass
from typing import Literal

Level = Literal["province", "commune"]
Asker = Literal["adult", "parent", "single", "owner", "mother", "aged", "worker"]


@dataclass(frozen=True)
class Procedure:
    """weight: filings relative to the others'. asker: a group of `mocks.province.desks`."""

    code: str
    name: str
    level: Level
    weight: float
    asker: Asker = "adult"


PROCEDURES = (
    Procedure("2.000815", "Chứng thực bản sao từ bản chính", "commune", 18),
    Procedure("2.000635", "Cấp bản sao trích lục hộ tịch", "commune", 11),
    Procedure("1.001193", "Đăng ký khai sinh", "commune", 5, "parent"),
    Procedure("2.000986", "Liên thông khai sinh, thường trú, thẻ BHYT", "commune", 4, "parent"),
    Procedure("1.000894", "Đăng ký kết hôn", "commune", 3, "single"),
    Procedure("1.004873", "Xác nhận tình trạng hôn nhân", "commune", 4, "single"),
    Procedure("1.000656", "Đăng ký khai tử", "commune", 2.5),
    Procedure("1.004859", "Thay đổi, cải chính hộ tịch", "commune", 2),
    Procedure("1.004884", "Đăng ký lại khai sinh", "commune", 1),
    Procedure("1.001022", "Đăng ký nhận cha, mẹ, con", "commune", 0.4, "parent"),
    Procedure("2.002516", "Xác nhận thông tin hộ tịch", "commune", 0.8),
    Procedure("2.001263", "Đăng ký nuôi con nuôi trong nước", "commune", 0.1, "parent"),
    Procedure("1.004222", "Đăng ký thường trú", "commune", 5),
    Procedure("1.004194", "Đăng ký tạm trú", "commune", 6),
    Procedure("1.002755", "Gia hạn tạm trú", "commune", 1.5),
    Procedure("1.010038", "Tách hộ", "commune", 0.8),
    Procedure("1.010039", "Điều chỉnh thông tin cư trú", "commune", 1),
    Procedure("1.010041", "Xác nhận thông tin cư trú", "commune", 3),
    Procedure("1.003197", "Xóa đăng ký thường trú", "commune", 0.6),
    Procedure("1.013314", "Xác nhận diện tích bình quân nhà ở", "commune", 0.3, "owner"),
    Procedure("2.001035", "Chứng thực giao dịch về đất và nhà", "commune", 3, "owner"),
    Procedure("1.013978", "Cấp giấy chứng nhận lần đầu", "commune", 1, "owner"),
    Procedure("1.012796", "Đính chính giấy chứng nhận đã cấp", "commune", 0.4, "owner"),
    Procedure("1.012783", "Cấp đổi giấy chứng nhận", "province", 1.5, "owner"),
    Procedure("1.012784", "Tách thửa, hợp thửa", "province", 1.2, "owner"),
    Procedure("1.012786", "Cấp lại giấy chứng nhận bị mất", "province", 0.3, "owner"),
    Procedure("1.013831", "Đăng ký biến động: chuyển nhượng, thừa kế", "province", 3.5, "owner"),
    Procedure("1.013833", "Đăng ký biến động: đổi thông tin chủ đất", "province", 0.8, "owner"),
    Procedure("1.013980", "Đăng ký biến động theo thỏa thuận vợ chồng", "province", 0.3, "owner"),
    Procedure("1.011441", "Đăng ký thế chấp quyền sử dụng đất", "province", 3, "owner"),
    Procedure("1.011443", "Xóa đăng ký thế chấp quyền sử dụng đất", "province", 2.5, "owner"),
    Procedure("1.001612", "Đăng ký thành lập hộ kinh doanh", "commune", 1.5),
    Procedure("2.000720", "Thay đổi nội dung đăng ký hộ kinh doanh", "commune", 0.6),
    Procedure("1.001266", "Chấm dứt hoạt động hộ kinh doanh", "commune", 0.4),
    Procedure("1.013225", "Cấp giấy phép xây dựng nhà ở", "commune", 1.2, "owner"),
    Procedure("1.013229", "Cấp giấy phép sửa chữa, cải tạo nhà ở", "commune", 0.3, "owner"),
    Procedure("1.011607", "Công nhận hộ nghèo thường xuyên", "commune", 0.3, "owner"),
    Procedure("1.014632", "Xác nhận điều kiện mua nhà ở xã hội", "commune", 0.3),
    Procedure("1.001939", "Đăng ký đóng, cấp thẻ bảo hiểm y tế", "commune", 4),
    Procedure("1.002759", "Cấp lại sổ bảo hiểm xã hội, thẻ BHYT", "commune", 1.5),
    Procedure("1.002179", "Tham gia bảo hiểm xã hội tự nguyện", "commune", 0.8),
    Procedure("1.001613", "Hưởng bảo hiểm xã hội một lần", "province", 1.2, "worker"),
    Procedure("2.000693", "Hưởng chế độ thai sản", "province", 1, "mother"),
    Procedure("2.000821", "Hưởng chế độ tử tuất", "province", 0.5),
    Procedure("1.001776", "Trợ cấp xã hội hằng tháng", "commune", 0.8, "aged"),
    Procedure("1.014027", "Trợ cấp hưu trí xã hội", "commune", 1, "aged"),
)
