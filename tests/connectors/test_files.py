"""File drops: whole, in order, in two formats and two encodings, and every way to be neither."""

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from hub.errors import IncompleteSourceError, SchemaDriftError, SourceUnavailableError
from standardisation.encodings import TCVN3

from .conftest import Source, after, rows_of

OPTIONS = (
    "{manifestKeys: {partition: don_vi, sequence: thu_tu, asOf: thoi_diem, encoding: bang_ma,"
    " files: tep, dataset: bang, name: ten, rows: so_dong, size: kich_thuoc, sha256: sha256}}"
)
SYNC = "{mode: snapshot, deletes: snapshot, completeness: manifest}"
NAMES = ["Nguyễn Văn Định", "Trần Thị Hoà"]
BYTES = {letter: ord(byte) for byte, letter in TCVN3.items()}


def to_tcvn3(text: str) -> bytes:
    return bytes(BYTES.get(letter, ord(letter)) for letter in text)


def csv_bytes(names: list[str], header: str = '"ma";"ten"') -> bytes:
    rows = [f'"{number}";"{name}"' for number, name in enumerate(names, start=1)]
    return to_tcvn3("\r\n".join([header, *rows, ""]))


class Drops:
    """A folder of drops, and the pen that writes them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def write(self, partition: str, sequence: int, content: bytes, **said: Any) -> Path:
        """One drop; ``said`` replaces what its manifest says."""
        drop = self.folder / partition / f"{sequence:04d}"
        drop.mkdir(parents=True, exist_ok=True)
        name = said.pop("name", "nguoi.csv")
        (drop / name).write_bytes(content)
        entry = {
            "bang": "nguoi",
            "ten": name,
            "so_dong": said.pop("rows", max(0, content.count(b"\n") - 1)),
            "kich_thuoc": said.pop("size", len(content)),
            "sha256": said.pop("sha256", hashlib.sha256(content).hexdigest()),
        }
        manifest = {
            "don_vi": partition[:3],
            "thu_tu": sequence,
            "thoi_diem": f"2025-07-{sequence:02d}T01:00:00+07:00",
            "bang_ma": "TCVN3",
            "tep": [entry],
            **said,
        }
        (drop / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
        return drop


@pytest.fixture
def drops(tmp_path: Path) -> Drops:
    folder = tmp_path / "drop zone"
    folder.mkdir()
    return Drops(folder)


@pytest.fixture
def source(drops: Drops, make_source: Callable[..., Source]) -> Source:
    return make_source("files", drops.folder.as_uri(), options=OPTIONS, sync=SYNC)


def parquet_bytes(table: pa.Table) -> bytes:
    sink = pa.BufferOutputStream()
    pq.write_table(table, sink)
    return bytes(sink.getvalue())


def test_csv_is_landed_byte_for_byte_and_says_its_encoding(drops: Drops, source: Source) -> None:
    drops.write("193-ha-long", 1, csv_bytes(NAMES))
    batch = source.ingest()
    rows = rows_of(batch)
    assert [row["ten"].encode("latin-1") for row in rows] == [to_tcvn3(name) for name in NAMES]
    assert {row["_encoding"] for row in rows} == {"TCVN3"}
    assert {row["_partition"] for row in rows} == {"193-ha-long"}
    assert batch.complete
    assert batch.partitions == batch.all_partitions == ("193-ha-long",)
    assert batch.manifest.as_of is not None
    assert batch.manifest.as_of.isoformat() == "2025-07-01T01:00:00+07:00"


def test_parquet_is_unicode_whatever_its_neighbours_are(drops: Drops, source: Source) -> None:
    table = pa.table({"ma": ["1", "2"], "ten": NAMES})
    drops.write("193", 1, parquet_bytes(table), name="nguoi.parquet", rows=2)
    drops.write("194", 1, csv_bytes(NAMES[:1]))
    rows = rows_of(source.ingest())
    assert [row["_encoding"] for row in rows] == ["UTF-8", "UTF-8", "TCVN3"]
    assert [row["ten"] for row in rows][:2] == NAMES


def test_a_value_may_hold_separators_quotes_and_line_ends(drops: Drops, source: Source) -> None:
    content = b'"ma";"ten"\r\n"1";"a;b ""c""\r\nd"\r\n"2";""\r\n'
    drops.write("193", 1, content, rows=2)
    assert [row["ten"] for row in rows_of(source.ingest())] == ['a;b "c"\r\nd', ""]


def test_only_the_newest_drop_of_a_partition_is_read(drops: Drops, source: Source) -> None:
    drops.write("193", 1, csv_bytes(NAMES))
    drops.write("193", 2, csv_bytes(NAMES[:1]))
    assert source.ingest().manifest.rows == 1


def test_a_drop_that_was_read_is_nothing_new_and_leaves_nothing(
    drops: Drops, source: Source, landing: Path
) -> None:
    drops.write("193", 1, csv_bytes(NAMES))
    drops.write("194", 1, csv_bytes(NAMES))
    first = source.ingest()
    assert first.all_partitions == ("193", "194")
    kept = sorted(landing.rglob("*"))
    assert source.ingest_url(after(first)) is None
    assert sorted(landing.rglob("*")) == kept
    drops.write("194", 2, csv_bytes(NAMES[:1]))
    second = source.ingest(after(first))
    assert second.partitions == ("194",)
    assert second.manifest.rows == 1


def test_a_full_run_reads_again_what_was_read(drops: Drops, source: Source) -> None:
    drops.write("193", 1, csv_bytes(NAMES))
    first = source.ingest()
    assert source.ingest(after(first), mode="full").manifest.rows == 2


def test_the_same_drop_gives_the_same_batch_key(drops: Drops, source: Source) -> None:
    drops.write("193", 1, csv_bytes(NAMES))
    assert source.ingest().manifest.batch_key == source.ingest().manifest.batch_key
    changed = [NAMES[0], "Trần Thị Hòa"]
    before = source.ingest().manifest
    drops.write("193", 1, csv_bytes(changed))
    now = source.ingest().manifest
    assert now.key_digest == before.key_digest
    assert now.batch_key != before.batch_key


def test_a_drop_without_its_manifest_is_not_there_yet(drops: Drops, source: Source) -> None:
    drops.write("193", 1, csv_bytes(NAMES))
    first = source.ingest()
    (drops.write("193", 2, csv_bytes(NAMES[:1])) / "manifest.json").unlink()
    assert source.ingest_url(after(first)) is None


def test_a_source_that_has_delivered_nothing_is_unavailable(drops: Drops, source: Source) -> None:
    (drops.folder / "193" / "0001").mkdir(parents=True)
    with pytest.raises(SourceUnavailableError, match="not delivered a complete drop"):
        source.ingest()


def test_a_folder_that_is_not_there_is_unavailable(
    source: Source, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MOTLAN_CONN_DEMO", "file:///nowhere/at/all")
    with pytest.raises(SourceUnavailableError):
        source.ingest()


def test_an_older_drop_after_a_newer_one_is_refused(drops: Drops, source: Source) -> None:
    drops.write("193", 2, csv_bytes(NAMES))
    state = after(source.ingest())
    newest = drops.folder / "193" / "0002"
    newest.rename(drops.folder / "193" / "taken-back")
    drops.write("193", 1, csv_bytes(NAMES[:1]))
    with pytest.raises(IncompleteSourceError, match="drop 2 was read before it"):
        source.ingest(state)


def test_a_new_number_on_an_old_snapshot_is_refused(drops: Drops, source: Source) -> None:
    drops.write("193", 2, csv_bytes(NAMES))
    state = after(source.ingest())
    drops.write("193", 3, csv_bytes(NAMES), thoi_diem="2025-07-01T01:00:00+07:00")
    with pytest.raises(IncompleteSourceError, match="older than the last"):
        source.ingest(state)


def test_a_drop_that_was_rewritten_is_refused(drops: Drops, source: Source) -> None:
    drops.write("193", 1, csv_bytes(NAMES))
    state = after(source.ingest())
    drops.write("193", 1, csv_bytes(NAMES[:1]))
    with pytest.raises(IncompleteSourceError, match="rewritten after it was read"):
        source.ingest(state)


def test_a_drop_of_another_partition_is_refused(drops: Drops, source: Source) -> None:
    drops.write("193", 1, csv_bytes(NAMES))
    state = after(source.ingest())
    drops.write("193", 2, csv_bytes(NAMES), don_vi="194")
    with pytest.raises(IncompleteSourceError, match="another partition's"):
        source.ingest(state)


FAULTS = [
    ({"sha256": "0" * 64}, IncompleteSourceError, "digest of nguoi.csv"),
    ({"size": 5}, IncompleteSourceError, "nguoi.csv has"),
    ({"rows": 3}, IncompleteSourceError, "holds 2 rows where its manifest says 3"),
    ({"thu_tu": 2}, IncompleteSourceError, "that of another drop"),
    ({"bang_ma": "VNI"}, IncompleteSourceError, "does not know its encoding"),
    ({"tep": []}, IncompleteSourceError, "does not describe nguoi"),
    ({"name": "nguoi.xls"}, IncompleteSourceError, "neither Parquet nor CSV"),
]


@pytest.mark.parametrize(("said", "error", "words"), FAULTS)
def test_a_drop_that_is_not_as_its_manifest_says_leaves_no_batch(
    said: dict[str, Any], error: type[Exception], words: str, drops: Drops, source: Source
) -> None:
    drops.write("193", 1, csv_bytes(NAMES), **said)
    with pytest.raises(error, match=words):
        source.ingest()
    assert not list((drops.folder.parent / "home" / "landing").rglob("manifest.json"))


def test_a_file_outside_the_drop_is_never_opened(drops: Drops, source: Source) -> None:
    drop = drops.write("193", 1, csv_bytes(NAMES))
    manifest = json.loads((drop / "manifest.json").read_text(encoding="utf-8"))
    manifest["tep"][0]["ten"] = "../../secret.csv"
    (drop / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    with pytest.raises(IncompleteSourceError, match="outside the drop"):
        source.ingest()


def test_a_row_that_cannot_be_parsed_is_not_quoted_in_the_error(
    drops: Drops, source: Source
) -> None:
    content = csv_bytes(NAMES) + b'"3";"Canary";"too many"\r\n'
    drops.write("193", 1, content)
    with pytest.raises(IncompleteSourceError, match="cannot be parsed") as raised:
        source.ingest()
    assert "Canary" not in str(raised.value)
    assert raised.value.__cause__ is None
    assert raised.value.__suppress_context__


def test_a_column_that_is_gone_is_named(drops: Drops, source: Source) -> None:
    drops.write("193", 1, csv_bytes(NAMES, header='"ma";"ho_ten"'))
    with pytest.raises(SchemaDriftError, match="'ten' was promised and is missing from 193/0001"):
        source.ingest()


def test_a_column_of_another_type_is_named(drops: Drops, source: Source) -> None:
    table = pa.table({"ma": ["1"], "ten": [5]})
    drops.write("193", 1, parquet_bytes(table), name="nguoi.parquet", rows=1)
    with pytest.raises(SchemaDriftError, match="'ten' was promised as person_name and came as int"):
        source.ingest()


def test_an_unknown_column_is_kept_and_warned_of(drops: Drops, source: Source) -> None:
    table = pa.table({"ma": ["1"], "ten": ["A"], "moi": ["x"]})
    drops.write("193", 1, parquet_bytes(table), name="nguoi.parquet", rows=1)
    batch = source.ingest()
    assert "moi" in batch.manifest.warnings[0]
    assert rows_of(batch)[0]["_extra"] == '{"moi": "x"}'


def test_a_partition_that_vanished_is_warned_of_and_not_covered(
    drops: Drops, source: Source
) -> None:
    drops.write("193", 1, csv_bytes(NAMES))
    drops.write("194", 1, csv_bytes(NAMES))
    state = after(source.ingest())
    (drops.folder / "194").rename(drops.folder.parent / "gone")
    batch = source.ingest(state, mode="full")
    assert batch.partitions == ("193",)
    assert batch.all_partitions == ("193", "194")
    assert "194" in batch.manifest.warnings[0]
