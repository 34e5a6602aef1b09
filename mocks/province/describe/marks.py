"""The marks that charts are made of: shapes and texts, in units of a view box."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

Anchor = Literal["start", "middle", "end"]
#: Of a chart on a desk and on a telephone, so that its texts are read on both.
BROAD, NARROW = 460, 300


@dataclass(frozen=True)
class Mark:
    """One SVG element: its attributes, what it says, and what it tells a resting pointer."""

    shape: str
    attributes: dict[str, str | float]
    text: str = ""
    hint: str = ""


@dataclass(frozen=True)
class Chart:
    """Marks in a box from (0, 0) to (width, height)."""

    width: int
    height: int
    marks: Sequence[Mark]


@dataclass(frozen=True)
class Box:
    """Left, top, width and height."""

    x: float
    y: float
    width: float
    height: float


def _tidy(value: float) -> float:
    rounded = round(value, 1)
    return int(rounded) if rounded == int(rounded) else rounded


def rect(kind: str, box: Box, hint: str = "") -> Mark:
    """A rectangle; one that is thinner than a hair is drawn as a hair."""
    return Mark(
        "rect",
        {
            "class": kind,
            "x": _tidy(box.x),
            "y": _tidy(box.y),
            "width": _tidy(max(box.width, 0.4)),
            "height": _tidy(max(box.height, 0.4)),
        },
        hint=hint,
    )


def circle(kind: str, x: float, y: float, radius: float, hint: str = "") -> Mark:
    """A circle around (x, y)."""
    place = {"cx": _tidy(x), "cy": _tidy(y), "r": _tidy(radius)}
    return Mark("circle", {"class": kind} | place, hint=hint)


def line(kind: str, start: tuple[float, float], end: tuple[float, float]) -> Mark:
    """A straight line."""
    place = {"x1": start[0], "y1": start[1], "x2": end[0], "y2": end[1]}
    return Mark("line", {"class": kind} | {name: _tidy(value) for name, value in place.items()})


def words(kind: str, x: float, y: float, text: str, anchor: Anchor = "start") -> Mark:
    """A line of text whose baseline is at y."""
    place: dict[str, str | float] = {"class": kind, "x": _tidy(x), "y": _tidy(y)}
    return Mark("text", place | ({} if anchor == "start" else {"text-anchor": anchor}), text=text)


def squares(kind: str, corners: Sequence[tuple[float, float]], side: float) -> Mark:
    """Many squares of one kind as one path, by their upper left corners."""
    size = _tidy(side)
    path = "".join(f"M{_tidy(x)} {_tidy(y)}h{size}v{size}h-{size}z" for x, y in corners)
    return Mark("path", {"class": kind, "d": path})
