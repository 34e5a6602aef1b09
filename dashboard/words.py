"""The page's words in Vietnamese and English, and how each language writes numbers and times."""

from collections.abc import Mapping
from datetime import datetime, timedelta, timezone
from typing import Final, Literal

Language = Literal["vi", "en"]
LANGUAGES: Final[tuple[Language, ...]] = ("vi", "en")
PROVINCE_TIME: Final = timezone(timedelta(hours=7))
"""Viet Nam has one time zone and no summer time."""

WORDS: Final[Mapping[str, Mapping[Language, str]]] = {
    "title": {"vi": "Tổng quan chất lượng dữ liệu", "en": "Data quality overview"},
    "other_language": {"vi": "English", "en": "Tiếng Việt"},
    "skip": {"vi": "Đến nội dung chính", "en": "Skip to main content"},
    "tagline": {"vi": "Người dân chỉ khai một lần", "en": "Citizens are asked once"},
    "made_at": {"vi": "Số liệu lúc", "en": "As it stood at"},
    "at_a_glance": {"vi": "Nhìn nhanh", "en": "At a glance"},
    "sources_on_time": {"vi": "nguồn đúng hạn", "en": "sources within their promise"},
    "pass_all": {"vi": "bản ghi đạt mọi quy tắc", "en": "of records pass every rule"},
    "open_rows": {"vi": "dòng đang cách ly", "en": "rows in quarantine"},
    "waiting_batches": {"vi": "lô chờ xử lý", "en": "batches wait for a person"},
    "source": {"vi": "Nguồn", "en": "Source"},
    "sources": {"vi": "Các nguồn", "en": "Sources"},
    "dataset": {"vi": "Tập dữ liệu", "en": "Dataset"},
    "freshness": {"vi": "Độ tươi", "en": "Freshness"},
    "as_of": {"vi": "Số liệu đến", "en": "Data as of"},
    "promise": {"vi": "Cam kết không quá", "en": "Promised within"},
    "rows": {"vi": "Số dòng", "en": "Rows"},
    "last_batch": {"vi": "Lô gần nhất", "en": "Last batch"},
    "read": {"vi": "Đọc", "en": "Read"},
    "accepted": {"vi": "Nhận", "en": "Accepted"},
    "unchanged": {"vi": "Không đổi", "en": "Unchanged"},
    "superseded": {"vi": "Bị thay thế", "en": "Superseded"},
    "quarantined": {"vi": "Cách ly", "en": "Quarantined"},
    "balance": {"vi": "Cân đối", "en": "Balance"},
    "balanced": {"vi": "khớp", "en": "balanced"},
    "unbalanced": {"vi": "lệch", "en": "out of balance"},
    "no_batch": {"vi": "chưa có lô nào", "en": "no batch yet"},
    "flow": {
        "vi": "Độ tươi và lô gần nhất (đọc = nhận + không đổi + bị thay thế + cách ly)",
        "en": "Freshness and last batch (read = accepted + unchanged + superseded + quarantined)",
    },
    "quality": {
        "vi": "Chỉ số chất lượng theo tiêu chí (%)",
        "en": "Quality index by criterion (%)",
    },
    "every_rule": {"vi": "Đạt mọi quy tắc", "en": "Pass every rule"},
    "not_measured": {"vi": "chưa đo", "en": "not measured"},
    "dung": {"vi": "Đúng", "en": "Accuracy"},
    "du": {"vi": "Đủ", "en": "Completeness"},
    "sach": {"vi": "Sạch", "en": "Uniqueness, validity"},
    "song": {"vi": "Sống", "en": "Currentness"},
    "thong_nhat": {"vi": "Thống nhất", "en": "Consistency"},
    "good": {"vi": "tốt", "en": "good"},
    "fair": {"vi": "cần chú ý", "en": "watch"},
    "poor": {"vi": "yếu", "en": "poor"},
    "none": {"vi": "chưa đo", "en": "not measured"},
    "on_time": {"vi": "Đúng hạn", "en": "On time"},
    "late": {"vi": "Quá hạn", "en": "Late"},
    "never": {"vi": "Chưa đồng bộ", "en": "Never synchronised"},
    "waiting": {"vi": "Lô chờ xử lý", "en": "Batches that wait for a person"},
    "alerts": {"vi": "Cảnh báo đang mở", "en": "Open alerts"},
    "no_alert": {"vi": "Không có cảnh báo nào đang mở.", "en": "No alert is open."},
    "alert_kind": {"vi": "Loại", "en": "Kind"},
    "what_happened": {"vi": "Điều đã xảy ra", "en": "What happened"},
    "what_to_do": {"vi": "Việc cần làm", "en": "What to do"},
    "alert_late": {"vi": "Quá hạn", "en": "Late"},
    "alert_parked": {"vi": "Lô giữ lại", "en": "Parked batch"},
    "alert_brake": {"vi": "Phanh", "en": "Brake"},
    "alert_gate": {"vi": "Cổng", "en": "Gate"},
    "alert_drift": {"vi": "Nguồn đổi cột", "en": "Drift"},
    "alert_source": {"vi": "Nguồn không trả lời", "en": "Source does not answer"},
    "alert_imbalance": {"vi": "Lệch sổ", "en": "Imbalance"},
    "alert_failed": {"vi": "Lượt chạy hỏng", "en": "Failed run"},
    "nothing_waits": {
        "vi": "Không có lô nào bị giữ lại.",
        "en": "No batch is held back.",
    },
    "parked": {"vi": "Giữ lại", "en": "Parked"},
    "state": {"vi": "Trạng thái", "en": "State"},
    "batch": {"vi": "Lô", "en": "Batch"},
    "reason": {"vi": "Lý do", "en": "Reason"},
    "since": {"vi": "Từ lúc", "en": "Since"},
    "quarantine": {
        "vi": "Dòng đang cách ly, theo quy tắc",
        "en": "Rows in quarantine, by rule",
    },
    "nothing_quarantined": {
        "vi": "Không có dòng nào đang cách ly.",
        "en": "No row is in quarantine.",
    },
    "rule": {"vi": "Quy tắc", "en": "Rule"},
    "owner": {"vi": "Nơi sửa", "en": "To be mended by"},
    "oldest": {"vi": "Lâu nhất từ", "en": "Oldest since"},
    "how_to_read": {"vi": "Cách đọc trang này", "en": "How to read this page"},
    "bands": {
        "vi": "Từ 90 % là tốt, từ 75 % đến dưới 90 % cần chú ý, dưới 75 % là yếu.",
        "en": "90 % and more is good, 75 % to below 90 % needs watching, below 75 % is poor.",
    },
    "formula": {
        "vi": "Chỉ số của một tiêu chí là trung bình có trọng số của tỷ lệ đạt từng quy tắc, tính "
        "trên toàn bộ sổ sau lô gần nhất, kể cả dòng cách ly. Trung bình che mất bản ghi lỗi, nên "
        "bên cạnh là tỷ lệ bản ghi đạt mọi quy tắc.",
        "en": "The index of a criterion is the weighted mean of its rules' pass rates over the "
        "whole register after its last batch, quarantined rows included. A mean hides records, "
        "so the share of records that pass every rule stands beside it.",
    },
    "promise_kept": {
        "vi": "Nguồn quá hạn vẫn được tra cứu, kèm ngày của số liệu; lô bị giữ lại chưa được dùng.",
        "en": "A late source still answers, with its date; a batch that is held back is not used.",
    },
    "based_on": {
        "vi": "Tiêu chí và ngưỡng: Nghị định 278/2025/NĐ-CP, Điều 15; "
        "Công văn 4856/BCA-TTDLQG, phụ lục 3. Nguồn số liệu: sổ lô và kết quả quy tắc trong kho.",
        "en": "Criteria and thresholds: Decree 278/2025/NĐ-CP, art. 15; letter 4856/BCA-TTDLQG, "
        "annex 3. Figures: the warehouse's ledger of batches and its rule results.",
    },
    "no_source": {
        "vi": "Chưa có nguồn nào. Chạy “motlan up”, rồi “motlan sync population”.",
        "en": "There is no source yet. Run “motlan up”, then “motlan sync population”.",
    },
    "down_title": {"vi": "Kho dữ liệu chưa trả lời", "en": "The warehouse does not answer"},
    "down_text": {
        "vi": "Trang này không đọc được kho dữ liệu nên chưa có gì để hiển thị. Dữ liệu không mất.",
        "en": "This page cannot read the warehouse, so it has nothing to show. No data are lost.",
    },
    "down_next": {
        "vi": "Tải lại trang sau ít phút. Nếu vẫn vậy, người vận hành chạy “motlan status” để xem "
        "dịch vụ nào đã dừng và “motlan up” để khởi động lại hoặc nâng cấp kho.",
        "en": "Load the page again in a few minutes. If nothing changes, an operator runs "
        "“motlan status” to see what has stopped and “motlan up” to start or migrate it.",
    },
    "missing_title": {"vi": "Không có trang này", "en": "There is no such page"},
    "missing_text": {"vi": "Kiểm tra lại địa chỉ.", "en": "Check the address."},
    "back": {"vi": "Về trang tổng quan", "en": "Go to the overview"},
}


class Words:
    """The words of one language."""

    def __init__(self, language: Language) -> None:
        self.language: Language = language

    def __getitem__(self, name: str) -> str:
        """The word of that name; KeyError if there is none."""
        return WORDS[name][self.language]

    def number(self, value: float, digits: int = 0) -> str:
        """1234567.8 -> 1.234.567,8 in Vietnamese, 1,234,567.8 in English."""
        text = f"{value:,.{digits}f}"
        if self.language == "vi":
            return text.translate(str.maketrans(",.", ".,"))
        return text

    def percent(self, value: float) -> str:
        """One decimal, cut rather than rounded: 99.97 is not 100, nor 89.96 a 90."""
        return self.number(int(value * 10 + 1e-9) / 10, 1)

    def time(self, value: datetime) -> str:
        """The province's clock: 18:05 21/11/2026."""
        local = value.astimezone(PROVINCE_TIME)
        return local.strftime("%H:%M %d/%m/%Y" if self.language == "vi" else "%Y-%m-%d %H:%M")

    def span(self, value: timedelta) -> str:
        """Days and hours, or hours and minutes: the two largest units that say something."""
        minutes = max(0, int(value.total_seconds() // 60))
        parts = (
            (minutes // 1440, {"vi": "ngày", "en": "d"}),
            (minutes // 60 % 24, {"vi": "giờ", "en": "h"}),
            (minutes % 60, {"vi": "phút", "en": "min"}),
        )
        said = [f"{count} {unit[self.language]}" for count, unit in parts if count]
        return " ".join(said[:2]) or f"0 {parts[2][1][self.language]}"
