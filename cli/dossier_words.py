"""The words of a printed dossier: what its fields, their parts and their codes are called."""

from collections.abc import Mapping
from typing import Final

PARTS: Final[Mapping[str, str]] = {
    "kind_code": "loại",
    "full_name": "họ tên",
    "serial": "số phát hành",
    "issue_date": "ngày cấp",
    "address": "địa chỉ",
    "commune_code": "mã xã",
    "commune_code_old": "mã xã cũ",
    "commune_code_new": "mã xã mới",
    "from_date": "từ ngày",
    "to_date": "đến ngày",
    "from_month": "từ tháng",
    "to_month": "đến tháng",
    "valid_from": "giá trị từ",
    "valid_to": "giá trị đến",
    "card_number": "số thẻ",
    "facility_code": "mã nơi khám chữa bệnh",
    "employer_code": "mã đơn vị",
    "related_person_id_population": "mã người liên quan",
    "area_m2": "diện tích (m²)",
    "land_use": "mục đích sử dụng",
    "land_use_codes": "mã mục đích",
    "use_form": "hình thức sử dụng",
    "term": "thời hạn",
    "encumbrance": "hạn chế quyền",
    "parcel": "thửa đất",
    "parcel_number": "số thửa",
    "sheet_number": "số tờ",
}
"""Part of an object -> its name; the order is the one in which a reader looks for them."""

LEFT_OUT: Final = frozenset({"batch_id", "record_id", "commune_candidates", "commune_match"})
"""Parts that speak of the hub's work, not of the person."""

_CODES: Final[Mapping[str, Mapping[str, str]]] = {
    "sex_code": {"1": "Nam", "2": "Nữ"},
    "marital_code": {
        "single": "chưa kết hôn",
        "married": "có vợ, chồng",
        "divorced": "ly hôn",
        "widowed": "goá",
    },
    "household_relation_code": {
        "head": "chủ hộ",
        "spouse": "vợ, chồng",
        "child": "con",
        "parent": "bố, mẹ",
        "sibling": "anh, chị, em",
        "grandparent": "ông, bà",
        "grandchild": "cháu",
        "other": "khác",
    },
    "kind_code": {
        "permanent": "thường trú",
        "temporary": "tạm trú",
        "spouse": "vợ, chồng",
        "father": "cha",
        "mother": "mẹ",
        "child": "con",
        "compulsory": "bắt buộc",
        "voluntary": "tự nguyện",
    },
    "use_form": {"own": "riêng", "shared": "chung"},
}


def name_part(name: str) -> str:
    """What a part of an object is called."""
    return PARTS.get(name) or name.replace("_", " ")


def read_code(name: str, value: object) -> str:
    """A code of a field or part in words; any other value as it is."""
    return _CODES.get(name, {}).get(str(value), str(value))
