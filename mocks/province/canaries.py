"""People with unmistakable names, planted so that a leak can be found by searching for them.

Their syllables read as Vietnamese and stand in no list of `names`; their hamlets exist nowhere.
Canaries take turns at four fates (see FATES), so that the failure paths carry them too.
"""

from typing import Any

import numpy as np
import polars as pl

from mocks.province.chance import Ints
from mocks.province.places import settle
from mocks.province.reference import Gazetteer

#: The fates of canaries 1, 2, 3, 4, then again: no fault, or the register that cannot read its row.
FATES = ("clean", "population", "social_insurance", "land_registry")
_FIRST = (
    "Khuỷnh",
    "Ngoẵng",
    "Xuềnh",
    "Thoắng",
    "Nguềnh",
    "Choạc",
    "Truyễn",
    "Loằng",
    "Quỡn",
    "Ruạch",
    "Voẹo",
)
_MIDDLE = (
    "Soạch",
    "Huẩy",
    "Quạu",
    "Khoằm",
    "Duệnh",
    "Ngoéo",
    "Xoẳn",
    "Toáy",
    "Luễnh",
    "Giuộc",
    "Nhuỵch",
    "Hoắm",
    "Doãng",
)
_LAST = (
    "Quýnh",
    "Thuỗn",
    "Vuột",
    "Khuâng",
    "Ngoạm",
    "Xuýt",
    "Loạng",
    "Huơ",
    "Ruỗi",
    "Choáng",
    "Nghuếch",
    "Toạc",
    "Khoặm",
    "Suyễn",
    "Duềnh",
    "Quẫng",
    "Oẳng",
)
_MAX = len(_FIRST) * len(_MIDDLE) * len(_LAST)


def canary_name(number: int) -> str:
    """The name of canary `number`, from 1; the lists' lengths share no divisor: none repeats."""
    if not 1 <= number <= _MAX:
        message = f"There are names for at most {_MAX} canaries."
        raise ValueError(message)
    return " ".join(parts[number % len(parts)] for parts in (_FIRST, _MIDDLE, _LAST))


def fate_of(number: int) -> str:
    """Where canary `number` fails: one of FATES."""
    return FATES[(number - 1) % len(FATES)]


def rename(people: pl.DataFrame) -> pl.DataFrame:
    """Give every canary its name."""
    rows = np.flatnonzero((people["canary"] > 0).to_numpy())
    named = [canary_name(number) for number in people["canary"].gather(rows)]
    return people.with_columns(people["full_name"].scatter(rows, pl.Series(named, dtype=pl.String)))


def name_places(households: pl.DataFrame, canaries: int, gazetteer: Gazetteer) -> pl.DataFrame:
    """The last `canaries` households live in hamlets of their own, in communes never split.

    By turns in a district whose land office writes Unicode and in one that writes TCVN3.
    """
    whole = gazetteer.old_communes.filter(
        pl.col("people_to").list.len() == 1, pl.col("people_to") == pl.col("land_to")
    ).join(gazetteer.districts, left_on="district_code", right_on="code", maintain_order="left")
    homes = [
        whole.filter(pl.col("encoding") == encoding).row(0, named=True)
        for encoding in ("UTF-8", "TCVN3")
    ]
    chosen = [homes[number % len(homes)] for number in range(1, canaries + 1)]
    words = [canary_name(number).split() for number in range(1, canaries + 1)]
    moved = pl.DataFrame(
        {
            "commune_code": [home["people_to"][0] for home in chosen],
            "old_commune_code": [home["code"] for home in chosen],
            "street": [f"Thôn {w[0]} {w[2]} {n}" for n, w in enumerate(words, start=1)],
        },
        schema=dict.fromkeys(("commune_code", "old_commune_code", "street"), pl.String),
    )
    ordinary = households.head(len(households) - canaries)
    return pl.concat([ordinary, settle(moved, gazetteer).select(ordinary.columns)])


def canary_rows(people: pl.DataFrame, fate: str) -> Ints:
    """Row numbers of the canaries with that fate."""
    numbers = people["canary"].to_numpy()
    wanted = FATES.index(fate)
    return np.flatnonzero((numbers > 0) & ((numbers - 1) % len(FATES) == wanted)).astype(np.int64)


def list_canaries(people: pl.DataFrame, insurance_numbers: pl.Series) -> list[dict[str, Any]]:
    """What a leak check searches for, one entry a canary; insurance_numbers by row of `people`."""
    rows = np.flatnonzero((people["canary"] > 0).to_numpy())
    return [
        {
            "truth_id": person["truth_id"],
            "full_name": person["full_name"],
            "pin": person["pin"],
            "old_number": person["old_number"],
            "insurance_number": insurance_numbers[int(row)],
            "birth_date": person["birth_date"].isoformat(),
            "address": person["address"],
            "fails_in": None if fate_of(person["canary"]) == "clean" else fate_of(person["canary"]),
        }
        for row, person in zip(rows, people[rows].iter_rows(named=True), strict=True)
    ]
