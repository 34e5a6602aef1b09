"""Every kind of noise, its number in the catalogue, and how much of it each register carries.

N1 to N26 say how registers write, L1 to L9 why land is hard to link, D1 to D10 what is wrong or
missing. The rates are assumptions of the project's own: population under 1 %, insurance 1 to 3 %,
land 15 to 40 %. Each kind has a rate, and with it a switch, in each register.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Self

REGISTERS = ("population", "social_insurance", "land_registry")


@dataclass(frozen=True)
class Kind:
    """One kind: number, name, what it is, and its usual rate in each register that has it.

    rates: share of the values that can have it (of all dates with day and month up to 12, say),
    in the order of REGISTERS; None where the register cannot have it.
    is_form: the register's usual way to write, which breaks no rule and makes no row unclean.
    """

    code: str
    name: str
    says: str
    rates: tuple[float | None, float | None, float | None]
    is_form: bool = False

    def rate(self, register: str) -> float | None:
        """The usual rate in that register."""
        return self.rates[REGISTERS.index(register)]


CATALOGUE = (
    Kind("N1", "decomposed", "letters and marks apart (NFD)", (0.001, 0.001, 0.015)),
    Kind("N2", "tone_moved", "tone on the other vowel: Hoà, Thuỷ", (0.012, 0.03, 0.25)),
    Kind("N3", "i_for_y", "Lí for Lý, Quí for Quý", (0.01, 0.02, 0.06)),
    Kind("N4", "eth_for_d", "Icelandic Ð for Đ", (0.002, 0.004, 0.02)),
    Kind("N5", "marks_missing", "typed without diacritics", (0.001, 0.02, 0.04)),
    Kind("N6", "tcvn3", "TCVN3 text as Latin letters", (None, None, 0.05)),
    Kind("N7", "vni", "VNI font text as Latin letters", (None, None, 0.02)),
    Kind("N8", "cp1258", "code page 1258 read as 1252", (None, 0.0003, 0.003)),
    Kind("N9", "mojibake", "UTF-8 read as code page 1252", (0.0002, 0.0005, 0.004)),
    Kind("N10", "encoding_mixed", "two encodings in one text", (None, None, 0.004)),
    Kind("N11", "untidy", "capitals, odd spaces", (0.0015, 0.003, 0.02)),
    Kind("N12", "day_month_swapped", "03/07 for 07/03", (0.0002, 0.002, 0.01)),
    Kind("N13", "year_only", "born 1950, or 01/01/1950", (0.01, 0.03, 0.2)),
    Kind("N14", "date_form", "3/7/85, or a spreadsheet serial", (None, 0.002, 0.01)),
    Kind("N15", "zero_lost", "022… became 22…", (0.0005, 0.005, 0.01)),
    Kind("N16", "scientific", "2.2085E+10: most digits are gone", (None, 0.0002, 0.002)),
    Kind("N17", "separators", "022 085 001 234", (0.0002, 0.002, 0.01)),
    Kind("N18", "letter_for_digit", "O for 0, I for 1 in a number", (None, 0.0005, 0.01)),
    Kind("N19", "owner_titled", "Ông, Bà, (đã chết)", (None, None, 0.4), is_form=True),
    Kind("N20", "address_abbreviated", "P., TX., H., tổ", (0.003, 0.01, 0.03)),
    Kind("N21", "older_unit_names", "former names of districts", (0.5, None, 0.5), is_form=True),
    Kind("N22", "person_twice", "one person under two numbers", (0.001, 0.001, None)),
    Kind("N23", "apostrophe", "H’ or H` for H', M’Đrắk", (0.05, 0.1, 0.3)),
    Kind("N24", "namesake", "same name, birth year, commune", (0.002, None, None), is_form=True),
    Kind("N25", "sex_code", "M, F, 1, 0, nam for Nam and Nữ", (None, 0.002, None)),
    Kind("N26", "life_event_missed", "dead but insured, born unnumbered", (None, 0.3, None)),
    Kind("L1", "old_number_only", "only the cancelled 9-digit number", (None, None, 0.45)),
    Kind("L2", "no_number", "only a name and a birth year", (None, None, 0.15)),
    Kind("L3", "owner_household", "Hộ ông A: members unknown", (None, None, 0.3), is_form=True),
    Kind("L4", "owner_couple", "two owners in one text", (None, None, 0.2), is_form=True),
    Kind("L5", "owner_dead", "owner dead, nobody has inherited", (None, None, 0.05)),
    Kind("L6", "transfer_unregistered", "sold by a hand-written paper", (None, None, 0.04)),
    Kind("L7", "address_before_merger", "units until June 2025", (None, None, 1.0), is_form=True),
    Kind("L8", "parcel_number_shared", "twice in one new commune", (None, None, 1.0), is_form=True),
    Kind("L9", "serial_misread", "a serial typed or read wrongly", (None, None, 0.02)),
    Kind("D1", "value_missing", "never written down", (0.0001, 0.0002, 0.0005)),
    Kind("D2", "date_impossible", "30 February, month 13", (0.0002, 0.0004, 0.001)),
    Kind("D3", "typing_error", "one digit wrong", (0.0005, 0.001, 0.002)),
    Kind("D4", "against_number", "not the sex or year of the number", (0.0003, None, None)),
    Kind("D5", "text_cut", "the end is missing", (None, 0.0003, 0.002)),
    Kind("D6", "dates_reversed", "ends before it begins", (None, 0.001, None)),
    Kind("D7", "reference_unknown", "points to no row", (None, 0.003, 0.003)),
    Kind("D8", "entitlement_wrong", "a level the object does not have", (None, 0.0015, None)),
    Kind("D9", "measure_wrong", "area 0, place elsewhere", (None, None, 0.004)),
    Kind("D10", "number_form", "120,5 for 120.5", (None, None, 0.015)),
)  # fmt: skip
KINDS: Mapping[str, Kind] = MappingProxyType({kind.name: kind for kind in CATALOGUE})
FORMS = tuple(kind.name for kind in CATALOGUE if kind.is_form)


@dataclass(frozen=True)
class Noise:
    """The rates in force: the catalogue's, but for `settings` by (register, kind name)."""

    settings: Mapping[tuple[str, str], float] = field(default_factory=dict)

    def rate(self, register: str, kind: str) -> float:
        """Share of the values that can have it; 0 where the register cannot or is told not to."""
        return self.settings.get((register, kind), KINDS[kind].rate(register) or 0.0)

    @classmethod
    def parse(cls, words: Sequence[str]) -> Self:
        """Rates from "N5=0.02", "marks_missing=0", "land_registry.N5=0.1" or "all=0", in turn.

        Codes and names are read in any case.

        Raises:
            ValueError: no such form, kind or register, or a rate outside 0 to 1; one sentence.
        """
        settings: dict[tuple[str, str], float] = {}
        for word in words:
            settings |= _read_setting(word)
        return cls(settings)


def _read_setting(word: str) -> dict[tuple[str, str], float]:
    what, equals, number = word.partition("=")
    written, dot, name = what.rpartition(".")
    register = written.lower()
    if not equals:
        message = f"Write a rate of noise as KIND=RATE, such as N5=0.02, not {word!r}."
        raise ValueError(message)
    if dot and register not in REGISTERS:
        message = f"There is no register {written!r}; choose one of {', '.join(REGISTERS)}."
        raise ValueError(message)
    found = {
        (owner, kind.name): _read_rate(number, what)
        for kind in CATALOGUE
        if name.lower() in (kind.code.lower(), kind.name, "all")
        for owner in ([register] if dot else REGISTERS)
        if kind.rate(owner) is not None
    }
    if not found:
        told = f"in {register}" if dot else "in the catalogue"
        message = f"There is no noise {name!r} {told}; see docs/the-synthetic-province.md."
        raise ValueError(message)
    return found


def _read_rate(number: str, what: str) -> float:
    try:
        rate = float(number)
    except ValueError:
        rate = math.nan
    if not 0 <= rate <= 1:
        message = f"The rate of {what} must be a number from 0 to 1."
        raise ValueError(message)
    return rate
