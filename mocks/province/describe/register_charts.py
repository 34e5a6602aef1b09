"""Charts of the registers: clean rows, certificates, insurance, desks, events."""

from collections.abc import Sequence
from textwrap import wrap
from typing import Any

from mocks.province.describe.marks import Box, Chart, Mark, line, rect, words
from mocks.province.describe.words import (
    CARD_OBJECTS,
    DATASETS,
    EVENTS,
    REGISTERS,
    SERIES,
    name_band,
    number,
    percent,
)

Rows = Sequence[dict[str, Any]]
_SERIES_TINTS = {
    "one_letter": "gold",
    "two_letters": "green",
    "aa": "blue",
    "eight_digits": "purple",
    "other": "grey",
}
_GOOD, _FAIR = 90, 75
#: Of the middle letter of a label.
_LETTER_WIDTH = 6.6


def draw_clean(datasets: Rows, width: int) -> Chart:
    """The share of rows that nothing has touched, dataset by dataset."""
    left, right, row = 118, 62, 22
    scale = (width - left - right) / 100
    marks: list[Mark] = []
    y, register = 0.0, ""
    for item in datasets:
        if item["register"] != register:
            register = item["register"]
            marks.append(words("group", 0, y + 16, REGISTERS[register][0]))
            y += 24
        share = 100 * item["clean"] / max(item["rows"], 1)
        tint = "green" if share >= _GOOD else "gold" if share >= _FAIR else "red"
        hint = f"{number(item['clean'])} trong {number(item['rows'])} dòng"
        marks += [
            words("label", left - 8, y + 14, DATASETS[item["dataset"]][0], "end"),
            rect("track", Box(left, y + 3, 100 * scale, row - 7)),
            rect(tint, Box(left, y + 3, share * scale, row - 7), hint),
            words("value", left + 100 * scale + 6, y + 14, percent(share)),
        ]
        y += row
    return Chart(width, int(y) + 2, marks)


def draw_certificates(certificates: Rows, width: int) -> Chart:
    """A column a year of issue, stacked by the series of the serial."""
    height, top, foot = 250, 30, 20
    dated = [row for row in certificates if row["year"] is not None]
    years = range(min(row["year"] for row in dated), max(row["year"] for row in dated) + 1)
    stacks = {
        year: {r["series"]: r["certificates"] for r in dated if r["year"] == year} for year in years
    }
    most = max(sum(stack.values()) for stack in stacks.values())
    step, scale = width / len(years), (height - top - foot) / most
    marks: list[Mark] = []
    for place, (year, stack) in enumerate(stacks.items()):
        y = float(height - foot)
        for series, tint in _SERIES_TINTS.items():
            tall = stack.get(series, 0) * scale
            if tall:
                y -= tall
                hint = f"{year}, {SERIES[series][0]}: {number(stack[series])}"
                marks.append(rect(tint, Box(place * step, y, step - 1.5, tall), hint))
        if year % 5 == 0:
            marks.append(words("tick", (place + 0.5) * step, height - 5, str(year), "middle"))
    marks += _name_series(
        stacks, step, {year: height - foot - sum(s.values()) * scale for year, s in stacks.items()}
    )
    return Chart(width, height, marks)


def _name_series(
    stacks: dict[int, dict[str, int]], step: float, tops: dict[int, float]
) -> list[Mark]:
    """The name of each series over the years in which it leads."""
    first = min(stacks)
    marks = []
    for series, tint in _SERIES_TINTS.items():
        led = [
            year for year, s in stacks.items() if s and max(s, key=lambda name: s[name]) == series
        ]
        if not led:
            continue
        middle = ((led[0] + led[-1]) / 2 - first + 0.5) * step
        x = min(max(middle, 44), step * len(stacks) - 36)
        y = min(tops[year] for year in led) - 8
        marks.append(words(f"label {tint}-text", x, y, SERIES[series][0], "middle"))
    return marks


def draw_insured(insured: Rows, width: int) -> Chart:
    """A column an age band for those without a card, and the line of the whole."""
    height, top, foot, left = 216, 24, 20, 34
    tall, step = height - top - foot, (width - left) / len(insured)
    people = sum(band["people"] for band in insured)
    share = 100 * (1 - sum(band["insured"] for band in insured) / people)
    lacks = [100 * (1 - band["insured"] / band["people"]) for band in insured]
    ceiling = max(5.0, *lacks)
    marks: list[Mark] = []
    for place, (band, lack) in enumerate(zip(insured, lacks, strict=True)):
        x, bar = left + place * step, lack / ceiling * tall
        box = Box(x, top + tall - bar, step - 2, bar)
        marks.append(rect("blue", box, f"{name_band(band)} tuổi: {percent(lack)}"))
        if band["from"] % 10 == 0:
            label = str(band["from"])
            marks.append(words("tick", x + step / 2, height - 5, label, "middle"))
    for mark in range(0, int(ceiling) + 1, 5 if ceiling < 25 else 20):
        y = top + tall * (1 - mark / ceiling)
        marks.append(words("tick", left - 6, y + 4, f"{mark} %", "end"))
    y = top + tall * (1 - share / ceiling)
    marks += [
        line("rule", (left, y), (width, y)),
        words("label", width, 14, f"chưa có thẻ, mọi tuổi: {percent(share)}", "end"),
    ]
    return Chart(width, height, marks)


def draw_cards(cards: Rows, width: int) -> Chart:
    """A bar an object code, with what the code means."""
    row, left, right = 24, 184, 66
    total = sum(card["cards"] for card in cards)
    listed = cards[:12]
    scale = (width - left - right) / listed[0]["cards"]
    marks: list[Mark] = []
    for place, card in enumerate(listed):
        y = place * row
        meaning = CARD_OBJECTS.get(card["code"], ("khác", "other"))[0]
        bar = card["cards"] * scale
        marks += [
            words("code", 0, y + 15, card["code"]),
            words("label", 30, y + 15, meaning),
            rect("purple", Box(left, y + 3, bar, row - 8), number(card["cards"])),
            words("value", left + bar + 6, y + 15, percent(100 * card["cards"] / total)),
        ]
    return Chart(width, row * len(listed) + 2, marks)


def draw_hours(hours: Rows, width: int) -> Chart:
    """A column an hour of the day: filed online below, at the desk or by post above."""
    height, top, foot = 130, 24, 20
    counts = {row["hour"]: row for row in hours}
    most = max(row["online"] + row["other"] for row in hours)
    step, scale = width / 24, (height - top - foot) / most
    marks: list[Mark] = []
    for hour in range(24):
        row = counts.get(hour, {"online": 0, "other": 0})
        online, other = row["online"] * scale, row["other"] * scale
        base = height - foot
        if row["online"]:
            marks.append(
                rect(
                    "blue",
                    Box(hour * step, base - online, step - 2, online),
                    f"{hour} giờ: {number(row['online'])}",
                )
            )
        if row["other"]:
            marks.append(
                rect(
                    "gold",
                    Box(hour * step, base - online - other, step - 2, other),
                    f"{hour} giờ: {number(row['other'])}",
                )
            )
        if hour % 3 == 0:
            marks.append(words("tick", hour * step + step / 2, height - 5, f"{hour}h", "middle"))
    marks += [
        words("label blue-text", 0, 14, "trực tuyến"),
        words("label gold-text", 84, 14, "tại quầy, bưu chính"),
    ]
    return Chart(width, height, marks)


def draw_procedures(procedures: Rows, width: int) -> Chart:
    """The five procedures that are filed most, the name above its bar."""
    right, line_height = 50, 16
    listed = procedures[:5]
    letters = int(width / _LETTER_WIDTH)
    scale = (width - right) / listed[0]["dossiers"]
    marks: list[Mark] = []
    y = 0
    for procedure in listed:
        bar = procedure["dossiers"] * scale
        for part in wrap(procedure["name"], letters):
            y += line_height
            marks.append(words("label", 0, y - 3, part))
        marks += [
            rect("blue", Box(0, y + 2, bar, 8)),
            words("value", bar + 6, y + 10, number(procedure["dossiers"])),
        ]
        y += 18
    return Chart(width, y, marks)


def draw_events(events: Rows, width: int) -> Chart:
    """A bar a kind of event."""
    row, left, right = 24, 184, 62
    scale = (width - left - right) / events[0]["events"]
    marks: list[Mark] = []
    for place, event in enumerate(events):
        y = place * row
        bar = event["events"] * scale
        name = EVENTS.get(event["kind"], (event["kind"], ""))[0]
        marks += [
            words("label", left - 8, y + 15, name, "end"),
            rect("red", Box(left, y + 3, bar, row - 8)),
            words("value", left + bar + 6, y + 15, number(event["events"])),
        ]
    return Chart(width, row * len(events) + 2, marks)
