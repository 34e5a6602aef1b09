"""How the command says times, ages and numbers."""

from datetime import datetime
from zoneinfo import ZoneInfo

PROVINCE_TIME = ZoneInfo("Asia/Ho_Chi_Minh")
_UNITS = ((2 * 86400, 86400, "d"), (3600, 3600, "h"), (60, 60, "min"))
"""From how many seconds on a unit is used, its seconds, its name: 30 hours are no days yet."""


def say_time(value: datetime | str | None) -> str:
    """The province's clock, to the minute; nothing for no time."""
    if value is None:
        return ""
    moment = datetime.fromisoformat(value) if isinstance(value, str) else value
    return f"{moment.astimezone(PROVINCE_TIME):%d/%m/%Y %H:%M}"


def say_age(seconds: float | None) -> str:
    """The largest unit that says something, and tenths of it below ten: 40 s, 2.5 h, 12 d."""
    if seconds is None:
        return ""
    for since, size, unit in _UNITS:
        if abs(seconds) >= since:
            number = seconds / size
            return f"{number:.1f} {unit}" if abs(number) < 10 else f"{number:.0f} {unit}"
    return f"{seconds:.0f} s"


def say_number(value: float | None) -> str:
    """1234567 -> 1,234,567; nothing for no number."""
    return "" if value is None else f"{value:,.0f}"
