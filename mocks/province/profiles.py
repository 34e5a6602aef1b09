"""How big a province is, and the day on which it is looked at."""

from dataclasses import dataclass
from datetime import date

#: Every age, deadline and "today" of the generator is counted from this day, never from the clock.
REFERENCE_DATE = date(2026, 11, 1)
MIN_CANARIES = 4


@dataclass(frozen=True)
class Profile:
    """Sizes of a province: people in the population register, the dead among them, and rows.

    desks: the provincial centre and the largest communes; None: the centre and every commune.
    dossiers: filed on one working day.
    """

    people: int
    households: int
    insured: int
    employers: int
    parcels: int
    certificates: int
    desks: int | None
    officers: int
    dossiers: int


PROFILES = {
    "tiny": Profile(2_000, 560, 1_910, 30, 2_800, 2_300, 6, 12, 40),
    "demo": Profile(50_000, 14_000, 47_800, 600, 70_000, 57_000, None, 120, 150),
    "province": Profile(
        1_430_000, 400_000, 1_370_000, 17_000, 2_000_000, 1_600_000, None, 600, 4_300
    ),
}


def find_profile(name: str, *, seed: int, canaries: int) -> Profile:
    """The profile of that name; ValueError with one sentence when the request makes no sense."""
    if name not in PROFILES:
        message = f"There is no profile {name!r}; choose one of {', '.join(PROFILES)}."
        raise ValueError(message)
    if seed < 0:
        message = "The seed must be 0 or more."
        raise ValueError(message)
    if canaries < 0 or 0 < canaries < MIN_CANARIES:
        message = (
            f"Ask for no canaries or at least {MIN_CANARIES}: one clean, one failing a register."
        )
        raise ValueError(message)
    return PROFILES[name]
