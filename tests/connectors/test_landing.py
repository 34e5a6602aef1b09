"""The landing zone: sealed, checked, never half there."""

import json
import stat
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from hub.digest import BucketDigest, KeyDigest, key_hash60
from hub.errors import LandingError
from warehouse.landing import (
    BatchFacts,
    Completeness,
    Digest,
    LandedBatch,
    LandingWriter,
    SealingKeys,
    make_keys,
    make_url,
    rotate_keys,
    seal_bytes,
    unseal_bytes,
    write_manifest,
)

CANARY = "Canary Nguyễn"
SCHEMA = pa.schema([("ma", pa.string()), ("ten", pa.string())])


def rows(first: int, last: int) -> pa.RecordBatch:
    numbers = range(first, last)
    return pa.record_batch([[str(n) for n in numbers], [CANARY for _ in numbers]], schema=SCHEMA)


def facts(content: str) -> BatchFacts:
    digest = Digest.of(KeyDigest.of(["1"]))
    return BatchFacts(
        stream="demo.person",
        batch_key="k",
        predecessor=None,
        contract_hash="h",
        contract_version="1",
        mode="snapshot",
        key_digest=digest,
        live_key_digest=digest,
        content_digest=content,
        cursor_from=None,
        cursor_to={},
        declared_rows=None,
        as_of=None,
        partitions=[""],
        all_partitions=[""],
        encoding="UTF-8",
        completeness=Completeness(),
        warnings=[],
    )


@pytest.fixture
def keys(tmp_path: Path) -> SealingKeys:
    make_keys(tmp_path / "keys.json")
    return SealingKeys.read(tmp_path / "keys.json")


def land(folder: Path, keys: SealingKeys, chunk_rows: int = 4) -> str:
    url = make_url("demo.person", zone=str(folder))
    fill(url, keys, rows(0, 3), rows(3, 10), chunk_rows=chunk_rows)
    return url


def fill(url: str, keys: SealingKeys, *batches: pa.RecordBatch, chunk_rows: int = 4) -> None:
    writer = LandingWriter(url, keys=keys, chunk_rows=chunk_rows)
    written = [table for batch in batches for table in writer.write(batch)] + list(writer.flush())
    assert sum(table.num_rows for table in written) == writer.rows
    write_manifest(url, facts(writer.content_digest), writer.chunks)


def test_rows_come_back_in_order_with_their_place(tmp_path: Path, keys: SealingKeys) -> None:
    batch = LandedBatch.open(land(tmp_path / "a zone", keys), keys=keys)
    chunks = list(batch.read_chunks())
    assert [chunk.num_rows for chunk in chunks] == [4, 4, 2]
    assert [n for chunk in chunks for n in chunk["ma"].to_pylist()] == [str(n) for n in range(10)]
    assert chunks[1]["_chunk"].to_pylist() == [1, 1, 1, 1]
    assert batch.read_row(2, 1) == {"ma": "9", "ten": CANARY}


def test_what_a_driver_leaves_in_memory_where_no_value_is_does_not_change_the_digest(
    tmp_path: Path, keys: SealingKeys
) -> None:
    def read(leftover: int) -> pa.RecordBatch:
        valid = pa.py_buffer(bytes([0b101 | (leftover << 3 & 0xFF)]))
        values = pa.py_buffer(b"".join(n.to_bytes(4, "little") for n in (1, leftover, 3)))
        days = pa.Array.from_buffers(pa.date32(), 3, [valid, values])
        bits = pa.py_buffer(bytes([0b011 | (leftover << 3 & 0xFF)]))
        flags = pa.Array.from_buffers(pa.bool_(), 3, [None, bits])
        return pa.record_batch([days, flags], names=["ngay", "xoa"])

    digests = set()
    for leftover in (0, 7):
        writer = LandingWriter(str(tmp_path / str(leftover)), keys=keys)
        assert [*writer.write(read(leftover)), *writer.flush()][0].num_rows == 3
        digests.add(writer.content_digest)
    assert read(0).equals(read(7))
    assert len(digests) == 1


def test_no_value_is_readable_without_the_key(tmp_path: Path, keys: SealingKeys) -> None:
    url = land(tmp_path / "zone", keys)
    for path in Path(url).iterdir():
        assert CANARY.encode() not in path.read_bytes()
        assert b"Canary" not in path.read_bytes()
    with pytest.raises(OSError, match="encrypt"):
        pq.read_table(next(Path(url).glob("*.parquet")))


def test_a_zone_may_be_a_url(tmp_path: Path, keys: SealingKeys) -> None:
    url = make_url("demo.person", zone=(tmp_path / "by url").as_uri())
    fill(url, keys, rows(0, 2))
    batch = LandedBatch.open(url, keys=keys)
    assert batch.read_row(0, 1)["ma"] == "1"


def test_a_batch_without_a_manifest_does_not_exist(tmp_path: Path, keys: SealingKeys) -> None:
    url = make_url("demo.person", zone=str(tmp_path))
    writer = LandingWriter(url, keys=keys, chunk_rows=1)
    assert len([*writer.write(rows(0, 2)), *writer.flush()]) == 2
    assert len(list(Path(url).glob("chunk-*"))) == 2
    with pytest.raises(LandingError, match="no readable manifest"):
        LandedBatch.open(url, keys=keys)
    writer.abandon()
    assert not Path(url).exists()


def test_parts_and_attempts_lie_side_by_side_and_only_named_chunks_count(
    tmp_path: Path, keys: SealingKeys
) -> None:
    url = make_url("demo.person", zone=str(tmp_path))
    died = LandingWriter(url, keys=keys, part=1)
    assert [*died.write(rows(0, 9)), *died.flush()]
    writers = [LandingWriter(url, keys=keys, part=n, attempt=2 * n + 1) for n in (1, 0)]
    for writer, batch in zip(writers, (rows(5, 7), rows(0, 5)), strict=True):
        assert [*writer.write(batch), *writer.flush()]
    chunks = [chunk for writer in reversed(writers) for chunk in writer.chunks]
    write_manifest(url, facts("0"), chunks)
    batch = LandedBatch.open(url, keys=keys)
    found = [row for chunk in batch.read_chunks() for row in chunk.to_pylist()]
    assert [(row["ma"], row["_chunk"], row["_row"]) for row in found] == [
        *((str(n), 0, n) for n in range(5)),
        *((str(n), 1 << 16, n - 5) for n in (5, 6)),
    ]
    assert batch.read_row(1 << 16, 1)["ma"] == "6"
    with pytest.raises(LandingError, match="no chunk 1"):
        batch.read_row(1, 0)


@pytest.mark.parametrize("fault", ["changed", "lost", "swapped"])
def test_a_file_that_is_not_as_landed_gives_no_row(
    fault: str, tmp_path: Path, keys: SealingKeys
) -> None:
    url = land(tmp_path, keys)
    first, second, _ = sorted(Path(url).glob("*.parquet"))
    if fault == "changed":
        content = bytearray(first.read_bytes())
        content[20] ^= 1
        first.write_bytes(content)
    elif fault == "lost":
        first.unlink()
    else:
        first.write_bytes(second.read_bytes())
    with pytest.raises(LandingError, match="chunk-00000"):
        next(LandedBatch.open(url, keys=keys).read_chunks())


def test_after_a_rotation_old_batches_stay_readable_and_new_ones_use_the_new_key(
    tmp_path: Path, keys: SealingKeys
) -> None:
    url = land(tmp_path / "zone", keys)
    new = rotate_keys(tmp_path / "keys.json")
    rotated = SealingKeys.read(tmp_path / "keys.json")
    assert rotated.current == new != keys.current
    assert LandedBatch.open(url, keys=rotated).read_row(0, 0)["ma"] == "0"
    assert LandedBatch.open(land(tmp_path / "zone", rotated), keys=rotated).manifest.key_ids == {
        new
    }
    only_new = SealingKeys(new, {new: rotated.get(new)})
    with pytest.raises(LandingError, match=f"key {keys.current!r}"):
        LandedBatch.open(url, keys=only_new).read_row(0, 0)


def test_the_key_file_is_for_its_owner_alone_and_is_made_once(tmp_path: Path) -> None:
    path = tmp_path / "new" / "keys.json"
    make_keys(path)
    content = path.read_text(encoding="utf-8")
    make_keys(path)
    assert path.read_text(encoding="utf-8") == content
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    only = next(iter(json.loads(content)["keys"].values()))
    assert only not in repr(SealingKeys.read(path))


def test_a_missing_or_broken_key_file_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(LandingError, match="motlan up"):
        SealingKeys.read(tmp_path / "none.json")
    (tmp_path / "bad.json").write_text("[]", encoding="utf-8")
    with pytest.raises(LandingError, match="not a key file"):
        SealingKeys.read(tmp_path / "bad.json")


def test_an_envelope_opens_only_where_it_belongs(keys: SealingKeys) -> None:
    sealed = seal_bytes(CANARY.encode(), context="demo.person|1", keys=keys)
    assert CANARY.encode() not in sealed
    assert unseal_bytes(sealed, context="demo.person|1", keys=keys) == CANARY.encode()
    changed = sealed[:-1] + bytes([sealed[-1] ^ 1])
    for broken, context in ((sealed, "demo.person|2"), (changed, "demo.person|1")):
        with pytest.raises(LandingError, match="changed, or does not belong"):
            unseal_bytes(broken, context=context, keys=keys)
    with pytest.raises(LandingError, match="not a sealed envelope"):
        unseal_bytes(b"", context="demo.person|1", keys=keys)


def test_a_digest_does_not_care_for_order_and_notices_one_key() -> None:
    keys = [f"CD{number}" for number in range(100)]
    whole = BucketDigest.of_hashes(map(key_hash60, keys), 8)
    turned = BucketDigest.of_hashes(map(key_hash60, reversed(keys)), 8)
    assert whole == turned
    assert (
        whole.combined() == KeyDigest.of(keys) == KeyDigest.of(keys[:50]) + KeyDigest.of(keys[50:])
    )
    other = BucketDigest.of_hashes(map(key_hash60, [*keys[:-1], "CD999"]), 8)
    assert other.combined().count == whole.combined().count
    assert set(whole.differing(other)) == {key_hash60("CD99") % 8, key_hash60("CD999") % 8}
