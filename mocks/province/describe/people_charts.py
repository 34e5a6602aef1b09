"""Charts of the people: ages, communes, surnames, peoples, days of birth."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from mocks.province.chance import Floats
from mocks.province.describe.marks import (
    BROAD,
    Box,
    Chart,
    Mark,
    circle,
    line,
    rect,
    squares,
    words,
)
from mocks.province.describe.words import name_band, name_people, number, percent

Rows = Sequence[dict[str, Any]]
_DAYS = 365.2425
#: How high the map is for each unit of its width.
_MAP_SHAPE = 470 / 640
_TURNS = 600
_PEOPLES_NAMED = 7
_TICK_HEIGHT = 10
#: Cells are tinted by how many times the people are born that day that an even year would have.
_TINTS = (0.7, 0.9, 1.1, 1.3, 2.0, 4.0)


def draw_pyramid(ages: Rows, width: int) -> Chart:
    """Men to the left, women to the right, the youngest at the foot."""
    row, gutter, top = 15, 21, 24
    middle, reach = width / 2, width / 2 - gutter
    most = max(max(band["male"], band["female"]) for band in ages)
    foot = top + row * len(ages)
    marks: list[Mark] = []
    for place, band in enumerate(ages):
        y = foot - (place + 1) * row + 1
        label = name_band(band)
        male, female = (band[sex] / most * reach for sex in ("male", "female"))
        man = Box(middle - gutter - male, y, male, row - 2)
        woman = Box(middle + gutter, y, female, row - 2)
        marks += [
            rect("blue", man, f"{label}: {number(band['male'])} nam"),
            rect("red", woman, f"{label}: {number(band['female'])} nữ"),
            words("tick", middle, y + 10, label, "middle"),
        ]
    men, women = (number(sum(band[sex] for band in ages)) for sex in ("male", "female"))
    marks += [
        words("label blue-text", middle - gutter, 14, f"Nam {men}", "end"),
        words("label red-text", middle + gutter, 14, f"Nữ {women}"),
    ]
    return Chart(width, foot + 4, marks)


def draw_communes(communes: Rows, width: int) -> Chart:
    """A circle a commune near its centroid, as large as its people are many; none over another."""
    height, margin = width * _MAP_SHAPE, 4
    people = np.array([row["people"] for row in communes], dtype=np.float64)
    radius = np.sqrt(people / max(people.sum(), 1) * width * height * 0.36 / math.pi)
    x, y = _project(communes, width, height)
    x, y = _push_apart(x, y, radius + 1.2)
    x, y = x - (x - radius).min() + margin, y - (y - radius).min() + margin
    marks: list[Mark] = []
    for place, row in enumerate(communes):
        kind = {"Phường": "red", "Xã": "green"}.get(row["type"], "gold")
        hint = f"{row['type']} {row['name']}: {number(row['people'])} người"
        marks.append(circle(f"bubble {kind}", x[place], y[place], max(radius[place], 1.5), hint))
    for place, row in enumerate(communes):
        marks += _name_circle(row["name"], x[place], y[place], radius[place])
    right, foot = (math.ceil((place + radius).max()) + margin for place in (x, y))
    return Chart(right, foot, marks)


def _project(communes: Rows, width: float, height: float) -> tuple[Floats, Floats]:
    """Places in the box, north above, as broad as long at the middle latitude."""
    latitude = np.array([row["latitude"] for row in communes])
    longitude = np.array([row["longitude"] for row in communes])
    east = (longitude - longitude.min()) * math.cos(math.radians(float(latitude.mean())))
    north = latitude.max() - latitude
    scale = min(0.84 * width / max(np.ptp(east), 1e-6), 0.84 * height / max(np.ptp(north), 1e-6))
    x = (width - np.ptp(east) * scale) / 2 + east * scale
    y = (height - np.ptp(north) * scale) / 2 + north * scale
    return x, y


def _push_apart(x: Floats, y: Floats, radius: Floats) -> tuple[Floats, Floats]:
    """Move overlapping circles, a little at a time, and pull all towards where they belong."""
    home_x, home_y = x.copy(), y.copy()
    reach = radius[:, None] + radius[None, :]
    for turn in range(_TURNS):
        dx, dy = x[:, None] - x[None, :], y[:, None] - y[None, :]
        distance = np.maximum(np.hypot(dx, dy), 1e-6)
        overlap = np.where(distance < reach, reach - distance, 0.0)
        np.fill_diagonal(overlap, 0.0)
        share = overlap * (radius[None, :] / reach) / distance
        pull = 0.02 * max(0.0, 1 - 2 * turn / _TURNS)
        x = x + 0.5 * (share * dx).sum(axis=1) + pull * (home_x - x)
        y = y + 0.5 * (share * dy).sum(axis=1) + pull * (home_y - y)
    return x, y


def _name_circle(name: str, x: float, y: float, radius: float) -> list[Mark]:
    """The name in one or two lines, if the circle has room for it."""
    syllables = name.split(" ")
    cut = (len(syllables) + 1) // 2
    lines = [" ".join(syllables[:cut]), " ".join(syllables[cut:])]
    lines = [part for part in (lines if len(name) > 6 else [name]) if part]
    room = radius * (0.92 if len(lines) == 1 else 0.84) / max(len(part) for part in lines)
    if room < 2.5 or radius < 13:
        return []
    kind, row = ("bubble-name", 13) if room > 3.5 else ("bubble-name small", 10.5)
    start = y + row * (0.34 - 0.5 * (len(lines) - 1))
    return [words(kind, x, start + row * place, part, "middle") for place, part in enumerate(lines)]


def draw_surnames(surnames: Rows, width: int) -> Chart:
    """Bars for the province, a tick where the country is."""
    row, left, right, top = 22, 104, 58, 26
    most = max(max(s["percent"], s["national"] or 0) for s in surnames)
    scale = (width - left - right) / most
    marks: list[Mark] = []
    for place, surname in enumerate(surnames):
        y = top + place * row
        bar = surname["percent"] * scale
        marks += [
            words("label", left - 8, y + 13, surname["name"], "end"),
            rect("green", Box(left, y + 2, bar, row - 7)),
        ]
        reach = bar
        if surname["national"] is not None:
            tick = left + surname["national"] * scale
            marks.append(line("tick-mark", (tick, y - 0.5), (tick, y + row - 2.5)))
            reach = max(reach, tick - left)
        marks.append(words("value", left + reach + 6, y + 13, percent(surname["percent"])))
    first = surnames[0]["national"] or surnames[0]["percent"]
    marks.append(words("tick", left + first * scale, 14, "▾ cả nước", "middle"))
    return Chart(width, top + row * len(surnames) + 2, marks)


def draw_peoples(peoples: Rows, width: int) -> Chart:
    """A hundred squares, one for each hundredth of the people, beside the shares or above them."""
    shown = [(name_people(row["code"]), row["people"]) for row in peoples[:_PEOPLES_NAMED]]
    if others := sum(row["people"] for row in peoples[_PEOPLES_NAMED:]):
        shown.append(("khác", others))
    total = sum(people for _, people in shown)
    dealt = _deal_hundred([people for _, people in shown])
    tints = [f"people-{place}" for place in range(len(shown))]
    cells = [tint for tint, count in zip(tints, dealt, strict=True) for _ in range(count)]
    side, gap = 18, 4
    block = 10 * (side + gap)
    left, top = (block + 36, 0) if width >= BROAD else (0, block + 8)
    indent = (width - block) / 2 if top else 0
    marks: list[Mark] = []
    for tint in dict.fromkeys(cells):
        corners = [
            (indent + (side + gap) * (place % 10), (side + gap) * (place // 10))
            for place, cell in enumerate(cells)
            if cell == tint
        ]
        marks.append(squares(tint, corners, side))
    for place, (name, people) in enumerate(shown):
        y = top + place * 24
        marks += [
            squares(tints[place], [(left, y + 2)], 14),
            words("label", left + 24, y + 14, name),
            words("value", width, y + 14, percent(100 * people / total, 2), "end"),
        ]
    return Chart(width, max(block - gap, top + 24 * len(shown)) + 2, marks)


def _deal_hundred(counts: Sequence[int]) -> list[int]:
    """A hundred squares by largest remainder."""
    total = sum(counts)
    exact = [100 * count / total for count in counts]
    dealt = [math.floor(share) for share in exact]
    order = sorted(range(len(counts)), key=lambda place: dealt[place] - exact[place])
    for place in order[: 100 - sum(dealt)]:
        dealt[place] += 1
    return dealt


def draw_calendar(births: Rows, width: int) -> Chart:
    """A square a day of the year: 31 days across, 12 months down."""
    left, top = 36, 18
    side = (width - left) / 31
    total = sum(row["people"] for row in births)
    tinted: dict[str, list[tuple[float, float]]] = {}
    for row in births:
        ratio = row["people"] * _DAYS / total * (4 if (row["month"], row["day"]) == (2, 29) else 1)
        tint = f"heat-{sum(ratio >= edge for edge in _TINTS)}"
        corner = (left + (row["day"] - 1) * side, top + (row["month"] - 1) * side)
        tinted.setdefault(tint, []).append(corner)
    marks = [squares(tint, tinted[tint], side - 1.2) for tint in sorted(tinted)]
    marks += [
        words("tick", left - 5, top + (month + 0.5) * side + 4, f"Th {month + 1}", "end")
        for month in range(0, 12, 1 if side > _TICK_HEIGHT else 3)
    ]
    marks += [
        words("tick", left + (day - 0.5) * side, 12, str(day), "middle") for day in (1, 10, 20, 31)
    ]
    return Chart(width, math.ceil(top + 12 * side), marks)
