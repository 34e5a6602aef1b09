"""What land is used for, in the codes of three times.

Maps and papers before July 2004 know dwellings as "T"; the lists until July 2024 have BHK, NHK and
LUN (Circular 27/2018/TT-BTNMT), which the list since August 2024 has as HNK and LUK, and CNT is new
(Circular 08/2024/TT-BTNMT, annex II). Dwellings are ODT in a phường or a thị trấn, else ONT.
"""

from datetime import date

import numpy as np
import polars as pl

from mocks.province.chance import Bools, Floats, Ints, draw_index

HOME, GARDEN_HOME = 0, 1
#: In force from these days on: the first list with ONT and ODT, and the list of 2024.
LISTS_FROM = (date(2004, 7, 1), date(2024, 8, 1))
_DWELLING = "{}"
#: Codes by list, share in a xã, share elsewhere, median area in m2, whether it is farm land.
_USES = (
    (("T", _DWELLING, _DWELLING), 0.26, 0.62, 160.0, False),
    (("T+{garden}", "{}+{garden}", "{}+{garden}"), 0.14, 0.12, 420.0, False),
    (("LUC", "LUC", "LUC"), 0.19, 0.08, 820.0, True),
    (("LUK", "LUK", "LUK"), 0.03, 0.01, 700.0, True),
    (("LUN", "LUN", "LUK"), 0.012, 0.001, 1_500.0, True),
    (("BHK", "BHK", "HNK"), 0.06, 0.045, 560.0, True),
    (("NHK", "NHK", "HNK"), 0.03, 0.005, 1_900.0, True),
    (("CLN", "CLN", "CLN"), 0.11, 0.065, 1_150.0, True),
    (("RSX", "RSX", "RSX"), 0.125, 0.01, 14_500.0, True),
    (("RPH", "RPH", "RPH"), 0.004, 0.001, 22_000.0, True),
    (("RDD", "RDD", "RDD"), 0.001, 0.0005, 30_000.0, True),
    (("NTS", "NTS", "NTS"), 0.04, 0.03, 3_600.0, True),
    (("NKH", "NKH", "CNT"), 0.003, 0.002, 2_800.0, True),
    (("LMU", "LMU", "LMU"), 0.003, 0.002, 2_200.0, True),
    (("TMD", "TMD", "TMD"), 0.001, 0.006, 480.0, False),
    (("SKC", "SKC", "SKC"), 0.002, 0.004, 1_900.0, False),
)
_GARDENS = (("CLN", "CLN", 8.0), ("BHK", "HNK", 1.5), ("NTS", "NTS", 0.5))
_FARM = np.array([farm for *_, farm in _USES])
#: Boards hold protected forest for good; land for a trade is given for a time.
_TERMED = np.array(
    [
        (farm and name not in ("RPH", "RDD")) or name in ("TMD", "SKC")
        for (name, *_), *_, farm in _USES
    ]
)
_MEDIANS = np.array([median for *_, median, _ in _USES])
_LARGE_PLOTS = 2.1


def draw_uses(rng: np.random.Generator, rural: Bools, homes: int) -> tuple[Ints, Ints]:
    """A use and a garden (rows of tables here) a parcel; the first `homes` are dwellings."""
    country, town = (
        draw_index(rng, list(shares), len(rural))
        for shares in zip(*(row[1:3] for row in _USES), strict=True)
    )
    use = np.where(rural, country, town)
    use[:homes] = draw_index(rng, [0.72, 0.28], homes)
    return use, draw_index(rng, [weight for *_, weight in _GARDENS], len(rural))


def draw_areas(rng: np.random.Generator, use: Ints, rural: Bools) -> Floats:
    """m2, to one decimal; dwellings are roomier in the country."""
    roomy = np.where(rural & (use <= GARDEN_HOME), _LARGE_PLOTS, 1.0)
    areas: Floats = np.clip(rng.lognormal(np.log(_MEDIANS[use] * roomy), 0.45), 28, 90_000)
    return np.round(areas, 1)


def is_farm(use: Ints) -> Bools:
    """Land that is farmed, so that a whole household may be named as its holder."""
    farm: Bools = _FARM[use]
    return farm


def has_term(use: Ints) -> Bools:
    """Farm land and land for a trade are given for 50 years (Land Law 2024, art. 171 and 172)."""
    termed: Bools = _TERMED[use]
    return termed


def list_in_force(days: Ints) -> Ints:
    """Which list a paper of that day (since 1970) is written in: 0, 1 or 2."""
    starts = [(start - date(1970, 1, 1)).days for start in LISTS_FROM]
    return np.searchsorted(np.array(starts), days, side="right").astype(np.int64)


def write_uses(plots: pl.DataFrame, *, urban: Bools, in_list: Ints) -> pl.Series:
    """Codes such as "ODT", "ONT+CLN" or "BHK" of plots' use and garden, of the list 0, 1 or 2."""
    table = [
        _write_use(codes[number], plants[number // 2], home)
        for codes, *_ in _USES
        for *plants, _ in _GARDENS
        for home in ("ONT", "ODT")
        for number in range(3)
    ]
    crop = plots["use"].to_numpy() * len(_GARDENS) + plots["garden"].to_numpy()
    return pl.Series(table, dtype=pl.String).gather((crop * 2 + urban) * 3 + in_list)


def _write_use(form: str, plant: object, home: str) -> str:
    return form.replace(_DWELLING, home).replace("{garden}", str(plant))
