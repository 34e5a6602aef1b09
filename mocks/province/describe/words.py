"""How the page writes numbers, and its words for registers, codes and kinds, Vietnamese first."""

from collections.abc import Mapping
from typing import Final

Pair = tuple[str, str]
"""The same in Vietnamese and in English."""

#: A space at which no line ends.
UNBROKEN: Final = "\u00a0"
REGISTERS: Final[dict[str, Pair]] = {
    "population": ("Dân cư", "Population"),
    "social_insurance": ("Bảo hiểm", "Social insurance"),
    "land_registry": ("Đất đai", "Land"),
}
DATASETS: Final[dict[str, Pair]] = {
    "person": ("Công dân", "people"),
    "household": ("Hộ", "households"),
    "residence": ("Cư trú", "residences"),
    "relation": ("Quan hệ", "relations"),
    "participant": ("Người tham gia", "participants"),
    "participation": ("Quá trình đóng", "participation"),
    "card": ("Thẻ BHYT", "cards"),
    "employer": ("Đơn vị", "employers"),
    "parcel": ("Thửa đất", "parcels"),
    "certificate": ("Giấy chứng nhận", "certificates"),
}
#: Codes of the 2008 list (Decision 1019/QĐ-TCTK).
PEOPLES: Final[dict[str, str]] = {
    "01": "Kinh", "02": "Tày", "03": "Thái", "04": "Mường", "05": "Khơ me", "06": "Hoa",
    "07": "Nùng", "08": "Mông", "09": "Dao", "10": "Gia Rai", "11": "Ê Đê", "12": "Ba Na",
    "13": "Sán Chay", "14": "Chăm", "16": "Sán Dìu", "20": "Mnông", "22": "Bố Y", "24": "Giáy",
    "25": "Cờ Lao", "27": "La Chí", "34": "Pà Thẻn", "35": "Lô Lô", "37": "Pu Péo",
}  # fmt: skip
CARD_OBJECTS: Final[dict[str, Pair]] = {
    "TE": ("trẻ dưới 6 tuổi", "children under 6"),
    "HS": ("học sinh", "pupils"),
    "SV": ("sinh viên", "students"),
    "DN": ("người lao động", "employees"),
    "HC": ("cán bộ, công chức", "civil servants"),
    "CH": ("lao động khác", "other employees"),
    "HT": ("hưu trí", "pensioners"),
    "GD": ("hộ gia đình", "households"),
    "HN": ("hộ nghèo", "poor households"),
    "CN": ("hộ cận nghèo", "near-poor households"),
    "DT": ("dân tộc thiểu số", "minorities, difficult areas"),
    "DK": ("vùng đặc biệt khó khăn", "specially difficult areas"),
    "BT": ("bảo trợ xã hội", "social protection"),
    "LH": ("trợ cấp hưu trí xã hội", "social pension"),
    "CC": ("người có công", "people of merit"),
    "CK": ("người có công khác", "others of merit"),
    "XD": ("cựu chiến binh, đảo", "others, XD"),
    "TN": ("thất nghiệp", "unemployed"),
    "QN": ("quân nhân", "military"),
    "CA": ("công an", "police"),
}
SERIES: Final[dict[str, Pair]] = {
    "one_letter": ("1 chữ + 6–7 số", "1 letter"),
    "two_letters": ("2 chữ + 6 số", "2 letters"),
    "aa": ("AA + 8 số", "AA + 8 digits"),
    "eight_digits": ("2 chữ + 8 số", "2 letters + 8 digits"),
    "other": ("viết sai, khác", "miswritten, other"),
}
KINDS: Final[dict[str, str]] = {
    "N1": "chữ và dấu tách rời (NFD)", "N2": "bỏ dấu khác: Hoà, Thuỷ", "N3": "i thay y: Lí, Quí",
    "N4": "Ð (eth) thay Đ", "N5": "mất dấu tiếng Việt", "N6": "phông TCVN3", "N7": "phông VNI",
    "N8": "bảng mã 1258", "N9": "UTF-8 đọc nhầm: Nguyá»…n", "N10": "lẫn hai bảng mã",
    "N11": "chữ hoa, cách lạ, dấu chấm", "N12": "đảo ngày và tháng", "N13": "chỉ có năm, 01/01",
    "N14": "ngày viết kiểu khác", "N15": "mất số 0 đầu", "N16": "2.2085E+10",
    "N17": "022 085 001 234", "N18": "O thay 0, I thay 1", "N19": "Ông, Bà cạnh tên",
    "N20": "địa chỉ viết tắt", "N21": "tên huyện cũ", "N22": "một người hai số",
    "N23": "dấu nháy cong: H’", "N24": "trùng tên, năm sinh, xã", "N25": "mã giới tính khác",
    "N26": "chết còn thẻ, sinh chưa số", "L1": "chỉ có CMND 9 số", "L2": "không có số nào",
    "L3": "cấp cho hộ ông, hộ bà", "L4": "vợ chồng chung một ô", "L5": "chủ đất đã chết",
    "L6": "bán bằng giấy tay", "L7": "địa chỉ trước sáp nhập", "L8": "trùng tờ, thửa sau sáp nhập",
    "L9": "số phát hành đọc sai", "D1": "bỏ trống", "D2": "ngày không có thật", "D3": "gõ sai số",
    "D4": "trái với số định danh", "D5": "chữ bị cắt", "D6": "kết thúc trước bắt đầu",
    "D7": "trỏ tới dòng không có", "D8": "sai mức hưởng, thời hạn", "D9": "diện tích 0, sai vị trí",
    "D10": "dấu phẩy thập phân",
}  # fmt: skip

EVENTS: Final[dict[str, Pair]] = {
    "birth": ("sinh", "births"),
    "birth_without_number": ("sinh, chưa có số", "births without number yet"),
    "death": ("mất", "deaths"),
    "move": ("chuyển nơi ở", "moves"),
    "marriage": ("kết hôn", "marriages"),
    "divorce": ("ly hôn", "divorces"),
    "job_begun": ("bắt đầu việc làm", "jobs begun"),
    "job_ended": ("thôi việc", "jobs ended"),
    "card_issued": ("cấp thẻ lần đầu", "first cards"),
    "land_sold": ("bán đất", "sales of land"),
    "land_sold_unregistered": ("bán bằng giấy tay", "sales without registration"),
    "mortgage_registered": ("thế chấp", "mortgages"),
    "mortgage_cleared": ("xóa thế chấp", "mortgages cleared"),
    "value_mended": ("nguồn sửa đúng", "values mended at the source"),
    "typing_error": ("gõ sai", "typing errors"),
    "number_reissued": ("cấp lại số định danh", "numbers issued anew"),
    "removed_with_tombstone": ("xóa, có dấu", "deleted with tombstone"),
    "removed_without_tombstone": ("xóa, không dấu", "deleted without tombstone"),
    "committed_late": ("ghi muộn", "late commits"),
    "equal_clocks": ("ghi cùng một lúc", "saved at one instant"),
    "card_closed": ("đóng thẻ người chết", "cards of the dead closed"),
    "number_given": ("trẻ được cấp số", "newborns given a number"),
    "number_followed": ("bảo hiểm theo số mới", "insurance follows a new number"),
}


def name_people(code: str) -> str:
    """The people of that code; the code itself where the table has none."""
    return PEOPLES.get(code, code)


def name_band(band: Mapping[str, int | None]) -> str:
    """The ages of a band: "15–19", or "95+" for the last."""
    return f"{band['from']}+" if band["to"] is None else f"{band['from']}–{band['to']}"


def number(value: int) -> str:
    """1430000 as 1.430.000."""
    return f"{value:,}".replace(",", ".")


def percent(value: float, digits: int = 1) -> str:
    """95.71 as "95,7 %" in one line, cut and not rounded where rounding would say 100."""
    shown = min(round(value, digits), 100 - 10**-digits) if value < 100 else value
    return f"{shown:.{digits}f}".replace(".", ",") + f"{UNBROKEN}%"


def number_en(value: int) -> str:
    """1430000 as 1,430,000."""
    return f"{value:,}"


def percent_en(value: float, digits: int = 1) -> str:
    """95.71 as "95.7 %"."""
    return percent(value, digits).replace(",", ".")
