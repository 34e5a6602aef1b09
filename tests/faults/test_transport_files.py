"""F29-F33 of file drops: what a file can do to its reader; the rest is in `tests/connectors`."""

import csv
import gzip
import hashlib
import io
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.ingest import fetch
from hub.contract import Contract, parse_contract
from hub.errors import IncompleteSourceError

CONTRACT = """
apiVersion: v3.1.0
kind: DataContract
id: motlan.source.demo
name: demo
version: 1.0.0
status: active
slaProperties: [{property: latency, value: 26, unit: h}]
customProperties:
  - {property: title, value: Demo}
  - {property: owner, value: desk}
  - {property: connector, value: files}
  - {property: schedule, value: "0 1 * * *"}
  - property: options
    value: {manifestKeys: {partition: part, sequence: seq, asOf: at, files: files, dataset: table,
                           name: name, rows: rows, size: size, sha256: sha256}LIMITS}
schema:
  - name: person
    physicalName: nguoi
    customProperties:
      - {property: sync, value: {mode: snapshot, deletes: snapshot, completeness: manifest}}
    properties:
      - {name: person_id, physicalName: ma, logicalType: string, primaryKey: true,
         primaryKeyPosition: 1, customProperties: [{property: standardiser, value: key}]}
      - {name: note, physicalName: ghi, logicalType: string}
"""
UNDER_LIMIT = """
import resource, sys
from pathlib import Path
from connectors.ingest import fetch
from hub.contract import parse_contract
from hub.errors import IncompleteSourceError

demo = parse_contract(Path(sys.argv[1]).read_text())
held = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
limit = held + int(sys.argv[2]) * 2**20
resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
try:
    print(sum(batch.num_rows for batch in fetch(demo, demo.datasets[0], {}, {"mode": "snapshot"})))
except IncompleteSourceError as error:
    print(error)
"""
ROOM_MIB = 600
"""What a reader may take beyond its imports; every file here is larger, or becomes so."""


class Zone:
    """A drop zone of one partition."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def put(self, name: str, content: bytes, rows: int, sequence: int = 1) -> Path:
        """A drop whose manifest is true of its bytes."""
        file = self.path(sequence) / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
        self.tell(name, rows, sequence)
        return file

    def path(self, sequence: int) -> Path:
        return self.folder / "193" / f"{sequence:04d}"

    def tell(self, name: str, rows: int, sequence: int = 1) -> None:
        """Write the manifest of the file that lies there."""
        file = self.path(sequence) / name
        with file.open("rb") as content:
            digest = hashlib.file_digest(content, "sha256").hexdigest()
        entry = {"table": "nguoi", "name": name, "rows": rows, "sha256": digest}
        entry["size"] = file.stat().st_size
        said = {"part": "193", "seq": sequence, "at": f"2025-07-{sequence:02d}T01:00:00+07:00"}
        draft = file.parent / ".manifest.json"
        draft.write_text(json.dumps({**said, "files": [entry]}), encoding="utf-8")
        draft.rename(file.parent / "manifest.json")


@pytest.fixture
def zone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Zone:
    folder = tmp_path / "zone"
    folder.mkdir()
    monkeypatch.setenv("MOTLAN_CONN_DEMO", folder.as_uri())
    return Zone(folder)


def contract(limits: str = "") -> Contract:
    return parse_contract(CONTRACT.replace("LIMITS", limits))


def read(limits: str = "", cursor: dict[str, Any] | None = None) -> list[dict[str, Any]]:
    """All rows, as the owner's columns."""
    demo = contract(limits)
    fetched = fetch(demo, demo.datasets[0], cursor or {}, {"mode": "snapshot"})
    rows = [row for batch in fetched for row in batch.to_pylist()]
    return [{name: row[name] for name in ("ma", "ghi")} for row in rows]


def read_under_limit(tmp_path: Path, zone: Zone) -> str:
    """What a reader says that may take so much memory and no more."""
    (tmp_path / "demo.yml").write_text(contract_text(), encoding="utf-8")
    command = [sys.executable, "-c", UNDER_LIMIT, str(tmp_path / "demo.yml"), str(ROOM_MIB)]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert ended.returncode == 0, ended.stderr[-2000:]
    return ended.stdout.strip()


def contract_text() -> str:
    return CONTRACT.replace("LIMITS", "")


def csv_text(rows: list[tuple[str, str]]) -> str:
    out = io.StringIO(newline="")
    writer = csv.writer(out, delimiter=";", quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    writer.writerows([("ma", "ghi"), *rows])
    return out.getvalue()


ROWS = [(str(number), f"Nguyễn Văn {number}") for number in range(500)]
PACKED = gzip.compress(csv_text(ROWS).encode(), mtime=0)


def test_f32_a_gzipped_file_is_read_whole_though_it_is_two_after_one_another(zone: Zone) -> None:
    both = csv_text(ROWS).encode()
    half = len(both) // 2
    zone.put("nguoi.csv.gz", gzip.compress(both[:half]) + gzip.compress(both[half:]), 500)
    assert read() == [{"ma": ma, "ghi": ghi} for ma, ghi in ROWS]


def test_f32_a_gzipped_file_that_is_cut_anywhere_is_refused(zone: Zone) -> None:
    @settings(max_examples=40, deadline=None, derandomize=True)
    @given(st.integers(1, len(PACKED) - 1))
    def cut(size: int) -> None:
        zone.put("nguoi.csv.gz", PACKED[:size], 500)
        with pytest.raises(IncompleteSourceError, match=r"is cut off|cannot be parsed"):
            read()

    cut()


@pytest.mark.parametrize("spoil", [0, 30, len(PACKED) // 2, len(PACKED) - 6])
def test_f32_a_gzipped_file_that_is_damaged_is_refused(spoil: int, zone: Zone) -> None:
    damaged = bytearray(PACKED)
    damaged[spoil] ^= 0x55
    zone.put("nguoi.csv.gz", bytes(damaged), 500)
    with pytest.raises(IncompleteSourceError, match=r"cannot be parsed|is cut off|holds"):
        read()


def test_f32_a_file_made_to_burst_is_refused_before_it_does(tmp_path: Path, zone: Zone) -> None:
    line = '"1";"' + "a" * 1000 + '"\r\n'
    text = b'"ma";"ghi"\r\n' + line.encode() * 1_500_000
    packed = gzip.compress(text, 1)
    assert len(text) > 2 * ROOM_MIB * 2**20
    assert len(text) > 100 * len(packed)
    zone.put("nguoi.csv.gz", packed, 1_500_000)
    assert "nguoi.csv.gz unpacks to more than" in read_under_limit(tmp_path, zone)


def test_f32_parquet_made_to_burst_is_refused_before_it_does(tmp_path: Path, zone: Zone) -> None:
    column = pa.array(["a" * 1000] * 1000)
    table = pa.table({"ma": column, "ghi": column})
    sink = io.BytesIO()
    with pq.ParquetWriter(sink, table.schema, compression="zstd", use_dictionary=False) as writer:
        for _ in range(700):
            writer.write_table(table)
    zone.put("nguoi.parquet", sink.getvalue(), 700_000)
    assert "nguoi.parquet would unpack to" in read_under_limit(tmp_path, zone)


def test_f32_a_line_of_two_gigabytes_takes_no_memory(tmp_path: Path, zone: Zone) -> None:
    file = zone.put("nguoi.csv", b'"ma";"ghi"\r\n"1";"', 1)
    with file.open("r+b") as content:
        content.truncate(2 * 2**30)
    zone.tell("nguoi.csv", 1)
    try:
        assert "nguoi.csv cannot be parsed" in read_under_limit(tmp_path, zone)
    finally:
        file.unlink()


def test_f32_a_file_beyond_the_limit_is_not_even_opened(zone: Zone) -> None:
    zone.put("nguoi.csv", csv_text(ROWS).encode(), 500)
    with pytest.raises(IncompleteSourceError, match=r"nguoi.csv has .* bytes"):
        read(", maxFileBytes: 1000")


TEXTS = st.text(st.sampled_from('aê";\r\n\t 1'), max_size=12)


def test_f32_quotes_separators_and_line_ends_are_read_as_written_wherever_a_block_ends(
    zone: Zone,
) -> None:
    @settings(max_examples=60, deadline=None, derandomize=True)
    @given(st.lists(st.tuples(TEXTS, TEXTS), max_size=30))
    def write_and_read(rows: list[tuple[str, str]]) -> None:
        zone.put("nguoi.csv", csv_text(rows).encode(), len(rows))
        assert read(", maxLineBytes: 80") == [{"ma": ma, "ghi": ghi} for ma, ghi in rows]

    write_and_read()


@pytest.mark.parametrize(
    "broken", ['"7";"never closed\r\n', '"7;"x"\r\n', '"7";"x";"y"\r\n', "7\r\n"]
)
def test_f32_a_line_that_is_no_row_refuses_the_file_whole(broken: str, zone: Zone) -> None:
    text = csv_text(ROWS[:3]) + broken + csv_text(ROWS[3:6]).split("\r\n", 1)[1]
    zone.put("nguoi.csv", text.encode(), 7)
    with pytest.raises(IncompleteSourceError, match=r"cannot be parsed|holds") as refused:
        read()
    assert "Nguyễn" not in str(refused.value)


def test_f29_at_every_step_of_a_writer_the_last_whole_drop_is_what_is_read(zone: Zone) -> None:
    zone.put("nguoi.csv", csv_text(ROWS[:2]).encode(), 2)
    before = read()
    folder, content = zone.path(2), csv_text(ROWS[:3]).encode()
    folder.mkdir()
    steps: list[Callable[[], object]] = [
        lambda: (folder / "nguoi.csv").write_bytes(b""),
        lambda: (folder / "nguoi.csv").write_bytes(content[:20]),
        lambda: (folder / "nguoi.csv").write_bytes(content),
        lambda: (folder / ".manifest.json").write_text('{"part": "193", "se'),
    ]
    for step in steps:
        step()
        assert read() == before
    zone.tell("nguoi.csv", 3, 2)
    assert len(read()) == 3


@pytest.mark.parametrize("change", ["other bytes of the same size", "more bytes", "gone"])
def test_f29_a_file_that_is_written_to_while_it_is_read_is_refused(change: str, zone: Zone) -> None:
    file = zone.put("nguoi.csv", csv_text(ROWS).encode(), 500)
    demo = contract(", maxLineBytes: 4000")
    rows = iter(fetch(demo, demo.datasets[0], {}, {"mode": "snapshot"}))
    next(rows)
    if change == "gone":
        file.unlink()
    else:
        content = bytearray(file.read_bytes())
        content[-10:] = b"x" * 10 if change == "more bytes" else content[-10:]
        file.write_bytes(content)
        os.utime(file, ns=(1, 1))
    with pytest.raises(IncompleteSourceError, match=r"changed while|cannot be parsed|holds"):
        list(rows)


def test_f30_the_same_bytes_under_another_name_are_a_newer_snapshot_that_says_the_same(
    zone: Zone,
) -> None:
    zone.put("nguoi.csv", csv_text(ROWS[:2]).encode(), 2)
    demo = contract()
    first = fetch(demo, demo.datasets[0], {}, {"mode": "snapshot"})
    before = [batch.to_pylist() for batch in first]
    zone.put("again.csv", csv_text(ROWS[:2]).encode(), 2, sequence=2)
    second = fetch(demo, demo.datasets[0], first.outcome.next_cursor, {"mode": "snapshot"})
    assert [batch.to_pylist() for batch in second] == before
    assert second.tally.digest() == first.tally.digest()


def test_f33_a_file_of_a_header_alone_gives_no_row_and_is_left_to_the_gate(zone: Zone) -> None:
    zone.put("nguoi.csv", csv_text([]).encode(), 0)
    assert read() == []


def test_f33_a_partial_file_is_refused_by_its_number_of_rows(zone: Zone) -> None:
    zone.put("nguoi.csv", csv_text(ROWS[:400]).encode(), 500)
    with pytest.raises(IncompleteSourceError, match="holds 400 rows where its manifest says 500"):
        read()
