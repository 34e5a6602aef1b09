"""The mock land register: TCVN3, drops with their manifest last, the nightly round."""

import csv
import hashlib
import io
import json
import subprocess
import threading
import unicodedata
from collections.abc import Callable
from datetime import datetime, time
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl
import psycopg
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from mocks.land_registry.drops import COLUMNS, export_drops, list_drops
from mocks.land_registry.load import load_land_registry
from mocks.land_registry.nightly import export_nightly, seconds_until
from mocks.land_registry.tcvn3 import encode_tcvn3

VOWELS = "aăâeêioôơuưy"
MARKS = ("", "\u0300", "\u0309", "\u0303", "\u0301", "\u0323")
LETTERS = [unicodedata.normalize("NFC", vowel + mark) for vowel in VOWELS for mark in MARKS] + ["đ"]
LETTERS += [letter.upper() for letter in LETTERS]


@pytest.fixture
def database(load_register: Callable[[str], str]) -> str:
    """A loaded register."""
    return load_register("land_registry")


def decode_tcvn3(raw: bytes) -> str:
    """The C library's own reading of the standard, not ours."""
    command = ["iconv", "-f", "TCVN5712-1", "-t", "UTF-8"]
    return subprocess.run(command, input=raw, capture_output=True, check=True).stdout.decode()


def read_manifest(drop: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((drop / "manifest.json").read_text(encoding="utf-8"))
    return found


def read_table(path: Path) -> list[tuple[str | None, ...]]:
    """Rows of one file of a drop, as the C library and the file formats themselves read it."""
    if path.suffix == ".parquet":
        return [tuple(row.values()) for row in pq.read_table(path).to_pylist()]
    text = decode_tcvn3(path.read_bytes())
    rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=";"))
    assert tuple(rows[0]) == COLUMNS[path.stem]
    return [tuple(row) for row in rows[1:]]


def test_every_vietnamese_letter_survives_the_c_librarys_reading() -> None:
    text = " ".join(LETTERS)
    encoded = encode_tcvn3(text)

    assert len(set(LETTERS)) == 146 == len(LETTERS)
    assert decode_tcvn3(encoded) == text
    assert [decode_tcvn3(encode_tcvn3(letter)) for letter in LETTERS] == LETTERS


def test_no_letter_is_written_as_a_control_code() -> None:
    controls = set(range(0x20)) - {0x09, 0x0A, 0x0D}
    assert controls & set(encode_tcvn3("".join(LETTERS))) == set()


def test_decomposed_text_is_composed_before_it_is_written() -> None:
    text = "Nguyễn Thị Thủy ỨNG"
    assert encode_tcvn3(unicodedata.normalize("NFD", text)) == encode_tcvn3(text)


@pytest.mark.parametrize("text", ["Ðặng", "Êčăm", "\x01", "a\u0302\u030c", "€", "\u0300"])
def test_a_character_without_a_place_is_refused_by_name_not_by_text(text: str) -> None:
    with pytest.raises(
        ValueError, match=r"^TCVN3 has no place for (?:[A-Z ]+|an unnamed character)\.$"
    ):
        encode_tcvn3(f"Nguyễn {text}")


def test_every_district_drops_all_its_rows_in_its_own_format(
    province: Path, database: str, tmp_path: Path
) -> None:
    export_drops(database, tmp_path)
    districts = pl.read_parquet(province / "land_registry" / "don_vi.parquet")
    manifests = {
        path.parent.parent.name: read_manifest(path.parent)
        for path in tmp_path.glob("*/0001/manifest.json")
    }

    assert {(m["don_vi"], folder, m["bang_ma"]) for folder, m in manifests.items()} == set(
        districts.rows()
    )
    assert sorted(districts["bang_ma"]) == ["TCVN3"] * 6 + ["UTF-8"] * 7
    for table, columns in COLUMNS.items():
        frame = pl.read_parquet(province / "land_registry" / f"{table}.parquet").sort(columns[0])
        for code, folder, encoding in districts.iter_rows():
            expected = frame.filter(pl.col("ma_don_vi") == code).select(columns)
            if encoding == "TCVN3":
                expected = expected.fill_null("")
            suffix = "parquet" if encoding == "UTF-8" else "csv"
            assert read_table(tmp_path / folder / "0001" / f"{table}.{suffix}") == expected.rows()


def test_parquet_columns_are_all_text(database: str, tmp_path: Path) -> None:
    export_drops(database, tmp_path)
    for path in tmp_path.glob("*/0001/*.parquet"):
        assert pq.read_schema(path) == pa.schema(
            [(name, pa.string()) for name in COLUMNS[path.stem]]
        )


def test_csv_quotes_every_field_and_ends_lines_with_crlf(database: str, tmp_path: Path) -> None:
    export_drops(database, tmp_path)
    lines = (tmp_path / "194-mong-cai" / "0001" / "gcn.csv").read_bytes().split(b"\r\n")

    assert lines[0] == b";".join(b'"%s"' % name.encode() for name in COLUMNS["gcn"])
    assert lines[-1] == b""
    assert all(line.startswith(b'"GC194') and line.endswith(b'"') for line in lines[1:-1])
    assert b"\n" not in b"".join(lines)


def test_the_manifest_tells_size_rows_and_checksum_of_each_file(
    database: str, tmp_path: Path
) -> None:
    written = export_drops(database, tmp_path)
    for drop in written:
        manifest = read_manifest(drop)
        files = [
            {
                "bang": path.stem,
                "ten": path.name,
                "so_dong": len(read_table(path)),
                "kich_thuoc": path.stat().st_size,
                "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
            }
            for path in sorted(drop.glob("[gt]*"), reverse=True)
        ]
        moment = datetime.fromisoformat(manifest["thoi_diem"])
        assert (manifest["thu_tu"], manifest["tep"]) == (1, files)
        assert moment.utcoffset() == datetime.now(ZoneInfo("Asia/Ho_Chi_Minh")).utcoffset()
    assert len(written) == 13
    assert len({read_manifest(drop)["thoi_diem"] for drop in written}) == 1


def test_an_abandoned_drop_is_left_alone_and_its_number_not_used_again(
    database: str, tmp_path: Path
) -> None:
    home = tmp_path / "202-ba-che"
    (home / "0007").mkdir(parents=True)
    (home / "0007" / "gcn.parquet").write_bytes(b"half")
    (home / ".dang-ghi").mkdir()
    export_drops(database, tmp_path)

    assert [path.name for path in sorted(home.iterdir())] == ["0007", "0008"]
    assert (home / "0007" / "gcn.parquet").read_bytes() == b"half"
    assert [drop.name for drop in list_drops(home)] == ["0008"]


def test_only_the_district_that_changed_drops_again(database: str, tmp_path: Path) -> None:
    export_drops(database, tmp_path)
    unchanged = export_drops(database, tmp_path, only_changed=True)
    with psycopg.connect(database) as connection:
        connection.execute(
            "UPDATE dia_chinh.gcn SET the_chap = 'Đã xóa' WHERE ma_gcn = "
            "(SELECT min(ma_gcn) FROM dia_chinh.gcn WHERE ma_don_vi = '196')"
        )
    changed = export_drops(database, tmp_path, only_changed=True)
    nightly = export_drops(database, tmp_path)

    assert unchanged == []
    assert [path.relative_to(tmp_path).as_posix() for path in changed] == ["196-uong-bi/0002"]
    assert len(nightly) == 13


def test_a_started_register_has_dropped_and_stops_when_told(database: str, tmp_path: Path) -> None:
    stop = threading.Event()
    arguments = {"at": time(1, 0), "stop": stop}
    round_ = threading.Thread(target=export_nightly, args=(database, tmp_path), kwargs=arguments)
    round_.start()
    waited = 0
    while len(list(tmp_path.glob("*/0001/manifest.json"))) < 13 and waited < 200:
        stop.wait(0.05)
        waited += 1
    stop.set()
    round_.join(timeout=10)

    assert not round_.is_alive()
    assert len(list(tmp_path.glob("*/*/manifest.json"))) == 13


@pytest.mark.parametrize(
    ("now", "seconds"), [("00:59:30", 30.0), ("01:00:00", 86_400.0), ("13:00:00", 43_200.0)]
)
def test_the_next_night_is_always_ahead(now: str, seconds: float) -> None:
    zone = ZoneInfo("Asia/Ho_Chi_Minh")
    moment = datetime.combine(datetime(2026, 11, 1, tzinfo=zone), time.fromisoformat(now), zone)
    assert seconds_until(time(1, 0), moment) == seconds


def test_loading_again_gives_the_same_register(province: Path, database: str) -> None:
    described = json.loads((province / "province.json").read_text(encoding="utf-8"))
    expected = {
        name.partition(".")[2]: count
        for name, count in described["rows"].items()
        if name.startswith("land_registry.")
    }
    assert load_land_registry(database, province / "land_registry") == expected
