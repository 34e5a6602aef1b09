"""Each picture of the page: what it shows, with its finding, source, note and table."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from mocks.province.describe import findings
from mocks.province.describe import people_charts as people
from mocks.province.describe import register_charts as registers
from mocks.province.describe.marks import BROAD, NARROW, Chart
from mocks.province.describe.words import (
    CARD_OBJECTS,
    DATASETS,
    EVENTS,
    REGISTERS,
    SERIES,
    Pair,
    name_band,
    name_people,
    number,
    number_en,
    percent,
    percent_en,
)

Figures = dict[str, Any]
_TRUTH: Pair = ("sự thật của tỉnh tổng hợp (truth/)", "the synthetic province's truth (truth/)")
_CALENDARS = {"truth": ("Thật ra", "In truth"), **REGISTERS}
_MAP_WIDTHS, _CALENDAR_WIDTHS = (640, 290), (358, 300)


@dataclass(frozen=True)
class Drawing:
    """A chart as it is on a desk and on a telephone, with a caption of its own."""

    caption: Pair
    broad: Chart
    narrow: Chart


def _draw(
    draw: Callable[[list[Figures], int], Chart],
    rows: list[Figures],
    *,
    caption: Pair = ("", ""),
    widths: tuple[int, int] = (BROAD, NARROW),
) -> Drawing:
    broad, narrow = widths
    return Drawing(caption, draw(rows, broad), draw(rows, narrow))


@dataclass(frozen=True)
class Picture:
    """One figure: its finding, drawings, source, and the table.

    table: rows of cells, the first row being the heads. wide: it takes the whole width.
    """

    name: str
    title: Pair
    drawings: Sequence[Drawing]
    source: Pair
    table: Sequence[Sequence[str]]
    note: Pair = ("", "")
    wide: bool = False


def draw_pictures(figures: Figures) -> list[Picture]:
    """All pictures that the figures are enough for, in the order of the page."""
    return [
        *_draw_people(figures),
        *_draw_insurance(figures),
        *_draw_papers(figures),
        *_draw_time(figures),
    ]


def _draw_people(figures: Figures) -> list[Picture]:
    return [
        _picture_communes(figures["communes"]),
        _picture_ages(figures["ages"]),
        _picture_surnames(figures["surnames"]),
        _picture_peoples(figures["peoples"]),
    ]


def _picture_communes(communes: list[Figures]) -> Picture:
    rows = [[c["code"], c["type"], c["name"], number(c["people"])] for c in communes]
    return Picture(
        "communes",
        findings.tell_communes(communes),
        [_draw(people.draw_communes, communes, widths=_MAP_WIDTHS)],
        (f"{_TRUTH[0]}; dân số thật làm trọng số", f"{_TRUTH[1]}; weighted by real populations"),
        [["Mã", "Loại", "Tên · Name", "Người · People"], *rows],
        note=(
            "Sơ đồ, không phải ranh giới. Đỏ: phường; xanh: xã; vàng: đặc khu.",
            "A diagram, not boundaries. Red: wards; green: communes; gold: special zones.",
        ),
        wide=True,
    )


def _picture_ages(ages: list[Figures]) -> Picture:
    rows = [[name_band(b), number(b["male"]), number(b["female"])] for b in ages]
    return Picture(
        "ages",
        findings.tell_ages(ages),
        [_draw(people.draw_pyramid, ages)],
        _TRUTH,
        [["Tuổi · Age", "Nam · Men", "Nữ · Women"], *rows],
    )


def _picture_surnames(surnames: list[Figures]) -> Picture:
    rows = [
        [
            s["name"],
            percent(s["percent"], 2),
            "–" if s["national"] is None else percent(s["national"]),
        ]
        for s in surnames
    ]
    return Picture(
        "surnames",
        findings.tell_surnames(surnames),
        [_draw(people.draw_surnames, surnames)],
        (f"{_TRUTH[0]}; cả nước: thống kê 2005", f"{_TRUTH[1]}; nation: statistics of 2005"),
        [["Họ · Surname", "Tỉnh · Province", "Cả nước · Nation"], *rows],
    )


def _picture_peoples(peoples: list[Figures]) -> Picture:
    total = sum(row["people"] for row in peoples)
    rows = [
        [
            row["code"],
            name_people(row["code"]),
            number(row["people"]),
            percent(100 * row["people"] / total, 2),
        ]
        for row in peoples
    ]
    return Picture(
        "peoples",
        findings.tell_peoples(peoples),
        [_draw(people.draw_peoples, peoples)],
        _TRUTH,
        [["Mã", "Dân tộc · People", "Người", "%"], *rows],
        note=("Mỗi ô là một phần trăm số dân.", "Each square is a hundredth of the people."),
    )


def _picture_births(births: dict[str, list[Figures]]) -> Picture:
    days: dict[tuple[int, int], dict[str, int]] = {}
    for name, rows in births.items():
        for row in rows:
            days.setdefault((row["month"], row["day"]), {})[name] = row["people"]
    listed = [
        [f"{day:02}/{month:02}", *(number(days[month, day].get(name, 0)) for name in births)]
        for month, day in sorted(days)
        if day == 1
    ]
    return Picture(
        "births",
        findings.tell_births(births),
        [
            _draw(people.draw_calendar, rows, caption=_CALENDARS[name], widths=_CALENDAR_WIDTHS)
            for name, rows in births.items()
        ],
        ("ngày sinh thật và ngày sinh ghi trong sổ", "births as they were and as registers write"),
        [["Ngày · Day", *(_CALENDARS[name][0] for name in births)], *listed],
        note=(
            "Mỗi ô là một ngày; màu càng mạnh càng nhiều người. Đất đai chỉ ghi năm sinh.",
            "Each square is a day; the stronger, the more people. Land has years only.",
        ),
        wide=True,
    )


def _draw_insurance(figures: Figures) -> list[Picture]:
    ages = [
        [
            name_band(band),
            number(band["people"]),
            number(band["insured"]),
            percent(100 * band["insured"] / band["people"]),
        ]
        for band in figures["insured"]
    ]
    cards = [
        [
            card["code"],
            " · ".join(CARD_OBJECTS.get(card["code"], ("–", "–"))),
            number(card["cards"]),
        ]
        for card in figures["cards"]
    ]
    return [
        Picture(
            "insured",
            findings.tell_insured(figures["insured"]),
            [_draw(registers.draw_insured, figures["insured"])],
            _TRUTH,
            [["Tuổi · Age", "Người · People", "Có thẻ · Insured", "%"], *ages],
        ),
        Picture(
            "cards",
            findings.tell_cards(figures["cards"]),
            [_draw(registers.draw_cards, figures["cards"])],
            ("sổ bảo hiểm xã hội, thẻ còn hạn", "the social insurance register, valid cards"),
            [["Mã", "Đối tượng · Object", "Thẻ · Cards"], *cards],
            note=("Thẻ mẫu 10 số không mang mã.", "Cards of the ten-digit form bear no code."),
        ),
    ]


def _draw_papers(figures: Figures) -> list[Picture]:
    """Halves in pairs: insurance gives two, so that none stands alone."""
    drawn = [_picture_certificates(figures["certificates"])]
    if figures["dossiers"] is not None:
        drawn.append(_picture_dossiers(figures["dossiers"]))
    return [*drawn, _draw_noise(figures["noise"])]


def _draw_time(figures: Figures) -> list[Picture]:
    drawn = [_picture_births(figures["births"])]
    if figures["events"]:
        drawn.append(_picture_events(figures["events"]))
    return drawn


def _picture_certificates(certificates: list[Figures]) -> Picture:
    rows = [
        [str(r["year"] or "không rõ"), SERIES[r["series"]][0], number(r["certificates"])]
        for r in certificates
    ]
    return Picture(
        "certificates",
        findings.tell_certificates(certificates),
        [_draw(registers.draw_certificates, certificates)],
        ("sổ đất đai, ngày và số như đã ghi", "the land register, dates and serials as written"),
        [["Năm · Year", "Số phát hành · Series", "Giấy · Certificates"], *rows],
        note=(
            "Tím: 2 chữ + 8 số; xám: viết sai hoặc khác.",
            "Purple: 2 letters + 8 digits; grey: miswritten, or others.",
        ),
    )


def _picture_dossiers(dossiers: Figures) -> Picture:
    rows = [[f"{r['hour']}h", number(r["online"]), number(r["other"])] for r in dossiers["hours"]]
    online = 100 * dossiers["online"] / dossiers["total"]
    desks, officers = dossiers["desks"], dossiers["officers"]
    day = date.fromisoformat(dossiers["day"])
    return Picture(
        "dossiers",
        findings.tell_dossiers(dossiers),
        [
            _draw(registers.draw_hours, dossiers["hours"], caption=("Theo giờ", "By hour")),
            _draw(
                registers.draw_procedures,
                dossiers["procedures"],
                caption=("Hay gặp nhất", "Most filed"),
            ),
        ],
        (f"một ngày làm việc, {day:%d/%m/%Y}", f"one working day, {day}"),
        [["Giờ · Hour", "Trực tuyến · Online", "Quầy, bưu chính · Desk, post"], *rows],
        note=(
            f"{number(desks)} điểm tiếp nhận, {number(officers)} cán bộ; "
            f"{percent(online)} nộp trực tuyến.",
            f"{number_en(desks)} desks, {number_en(officers)} officers; "
            f"{percent_en(online)} filed online.",
        ),
    )


def _picture_events(events: list[Figures]) -> Picture:
    rows = [[*EVENTS.get(e["kind"], (e["kind"], e["kind"])), number(e["events"])] for e in events]
    return Picture(
        "events",
        findings.tell_events(events),
        [_draw(registers.draw_events, events)],
        _TRUTH,
        [["Sự kiện", "Event", "Số lần · Times"], *rows],
        wide=True,
    )


def _draw_noise(noise: Figures) -> Picture:
    rows = [
        [
            REGISTERS[item["register"]][0],
            " · ".join(DATASETS[item["dataset"]]),
            number(item["rows"]),
            number(item["clean"]),
            percent(100 * item["clean"] / max(item["rows"], 1), 2),
        ]
        for item in noise["datasets"]
    ]
    return Picture(
        "noise",
        findings.tell_noise(noise["datasets"]),
        [_draw(registers.draw_clean, noise["datasets"])],
        ("truth/injected_fault.parquet", "truth/injected_fault.parquet"),
        [["Sổ · Register", "Bảng · Table", "Dòng · Rows", "Sạch · Clean", "%"], *rows],
        note=(
            "Xanh từ 90 %, vàng từ 75 %, đỏ dưới 75 %.",
            "Green from 90 %, gold from 75 %, red below.",
        ),
    )
