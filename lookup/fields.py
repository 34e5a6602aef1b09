"""The golden fields that a procedure may name, and what people call them."""

from collections.abc import Mapping
from typing import Final, NamedTuple


class Label(NamedTuple):
    """A name in Vietnamese and English."""

    vi: str
    en: str


GOLDEN_FIELDS: Final[Mapping[str, Label]] = {
    "pin": Label("Số định danh cá nhân", "Personal identification number"),
    "full_name": Label("Họ, chữ đệm và tên", "Full name"),
    "birth_date": Label("Ngày, tháng, năm sinh", "Date of birth"),
    "sex_code": Label("Giới tính", "Sex"),
    "ethnic_code": Label("Dân tộc", "Ethnic group"),
    "old_number": Label("Số chứng minh nhân dân 9 số", "Old 9-digit identity number"),
    "marital_code": Label("Tình trạng hôn nhân", "Marital status"),
    "death_date": Label("Ngày chết", "Date of death"),
    "household_id": Label("Mã hộ", "Household key"),
    "household_relation_code": Label("Quan hệ với chủ hộ", "Relation to the head of household"),
    "residences": Label("Nơi cư trú", "Residences"),
    "relations": Label("Quan hệ nhân thân", "Family relations"),
    "insurance_number": Label("Mã số bảo hiểm xã hội", "Social insurance number"),
    "receives_pension": Label("Đang hưởng lương hưu", "Draws a pension"),
    "participations": Label("Quá trình đóng bảo hiểm xã hội", "Insurance periods"),
    "insurance_cards": Label("Thẻ bảo hiểm y tế", "Health insurance cards"),
    "certificates": Label("Giấy chứng nhận quyền sử dụng đất", "Land-use certificates"),
}
"""Golden field -> its name. A test compares the keys with what the contracts state."""
