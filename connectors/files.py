"""Reads drops of files: only what a manifest names, only when it is whole, never an older one.

Drops lie in ``<partition folder>/<sequence>/`` and each is a full snapshot of its partition.
The newest drop with a manifest counts. A file's size and digest are checked before its first
row is handed out, its number of rows at its end, and that nobody has written to it meanwhile; a
batch with a fault is not kept.
"""

import hashlib
import json
import time
from collections.abc import Generator, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from urllib.parse import unquote, urlsplit

import pyarrow as pa
from pyarrow import fs

from connectors.base import (
    ENCODING,
    EXTRA,
    PARTITION,
    Fetch,
    Outcome,
    Plan,
    Proof,
    Request,
    drift,
    parse_moment,
    refuse_missing,
    unavailable,
)
from connectors.deadline import LateError, do_in_time, in_time
from connectors.file_rows import BLOCK, FileFaultError, open_rows
from connectors.keys import KeyTally
from connectors.options import FilesOptions
from hub.contract import Dataset
from hub.errors import IncompleteSourceError, SourceUnavailableError
from hub.failpoint import reach
from hub.promised import promised_columns

_UTF8: Final = "UTF-8"


@dataclass(frozen=True)
class Drop:
    """One drop of one partition, as its manifest describes it."""

    folder: str
    path: str
    sequence: int
    sha256: str
    partition: str
    as_of: datetime
    encoding: str
    name: str
    rows: int
    size: int
    file_sha256: str

    def as_cursor(self) -> dict[str, Any]:
        """What to remember, so that a replayed or older drop is known next time."""
        return {
            "sequence": self.sequence,
            "sha256": self.sha256,
            "partition": self.partition,
            "as_of": self.as_of.isoformat(),
        }


def fetch_files(request: Request, options: FilesOptions) -> Fetch:
    """Read the newest drops that were not read before; see `connectors.fetch`."""
    reader = DropReader(request, options)

    def read(outcome: Outcome, tally: KeyTally) -> Generator[pa.RecordBatch]:
        with _telling_failures(request):
            yield from in_time(reader.read(outcome, tally), reader.seconds_left)

    return Fetch(request, read)


def plan_files(request: Request, options: FilesOptions) -> Plan | None:
    """What drops are new, in as many parts as the contract asks for; None where there is none."""
    with _telling_failures(request):
        reader = DropReader(request, options)
        return do_in_time(reader.plan, reader.seconds_left())


class DropReader:
    """One read of one dataset from the drops of all partitions."""

    def __init__(self, request: Request, options: FilesOptions) -> None:
        self._request = request
        self._dataset = request.dataset
        self._options = options
        self._known: Mapping[str, Any] = request.cursor.get("partitions", {})
        self._end = time.monotonic() + options.run_seconds
        self._files, self._root = _open(request.url)

    def seconds_left(self) -> float:
        """How long the next rows may take."""
        return min(self._options.silent_seconds, self._end - time.monotonic())

    def read(self, outcome: Outcome, tally: KeyTally) -> Generator[pa.RecordBatch]:
        """The rows of every new drop of the part's folders, partition after partition.

        A manifest proves that its drop was read whole; that the drop is the whole partition is
        the owner's promise. Where the contract does not make it, a key that is missing proves
        nothing.
        """
        drops = self.find_drops(outcome)
        mine = self._request.spec.get("folders", list(drops))
        cursor = dict(self._known)
        outcome.declared_rows = 0
        for drop in filter(self._is_new, map(drops.__getitem__, filter(drops.__contains__, mine))):
            yield from self.read_drop(drop, outcome)
            cursor[drop.folder] = drop.as_cursor()
            outcome.partitions.append(drop.folder)
            outcome.declared_rows += drop.rows
        if self._dataset.sync.completeness != "none":
            outcome.proof = Proof("manifest", "batch", tally.digest(), as_of=outcome.as_of)
        outcome.next_cursor = {"partitions": cursor}

    def find_drops(self, outcome: Outcome) -> dict[str, Drop]:
        """The newest drop of every partition that has one, in the order of their folders.

        Raises:
            SourceUnavailableError: no partition has one.
            IncompleteSourceError: the manifest of one is not as promised.
        """
        folders = self._list_folders(self._root)
        found = {folder: self._find_newest(folder, outcome) for folder in folders}
        drops = {folder: drop for folder, drop in found.items() if drop is not None}
        if not drops:
            raise unavailable(self._dataset.stream, "it has not delivered a complete drop yet")
        for folder in sorted(self._known.keys() - set(folders)):
            outcome.warnings.append(f"partition {folder} was delivered before and is not there")
        moments = {
            folder: datetime.fromisoformat(before["as_of"])
            for folder, before in self._known.items()
        } | {folder: drop.as_of for folder, drop in drops.items()}
        outcome.all_partitions = sorted({*folders, *self._known})
        outcome.as_of = min(moments.values())  # a partition that fell silent holds it back
        return drops

    def plan(self) -> Plan | None:
        """The folders with a new drop, in groups of about as many rows; None without any."""
        outcome = Outcome()
        new = [drop for drop in self.find_drops(outcome).values() if self._is_new(drop)]
        if not new:
            return None
        if self._options.parts == 1:
            return Plan([{}], outcome.as_of)
        share = sum(drop.rows for drop in new) / self._options.parts
        groups: dict[int, list[str]] = {}
        before = 0
        for drop in new:
            groups.setdefault(int(before / share) if share else 0, []).append(drop.folder)
            before += drop.rows
        return Plan([{"folders": folders} for folders in groups.values()], outcome.as_of)

    def _list_folders(self, path: str) -> list[str]:
        selector = fs.FileSelector(path)
        found = self._files.get_file_info(selector)
        return sorted(item.base_name for item in found if item.type == fs.FileType.Directory)

    def _find_newest(self, folder: str, outcome: Outcome) -> Drop | None:
        """The partition's newest drop that has a manifest."""
        sequences = self._list_folders(f"{self._root}/{folder}")
        for name in sorted(filter(str.isdigit, sequences), key=int, reverse=True):
            path = f"{self._root}/{folder}/{name}"
            manifest = f"{path}/{self._options.manifest}"
            if self._files.get_file_info(manifest).type == fs.FileType.File:
                return self._read_manifest(folder, path, int(name))
        outcome.warnings.append(f"partition {folder} has no complete drop yet")
        return None

    def _read_manifest(self, folder: str, path: str, sequence: int) -> Drop:
        keys = self._options.manifest_keys
        table = self._options.table or self._dataset.physical_name
        with self._files.open_input_file(f"{path}/{self._options.manifest}") as file:
            content = file.read()
        try:
            said = json.loads(content)
            entries = [item for item in said[keys.files] if item[keys.dataset] == table]
            word = str(said[keys.encoding]) if keys.encoding else _UTF8
            drop = Drop(
                folder=folder,
                path=path,
                sequence=int(said[keys.sequence]),
                sha256=hashlib.sha256(content).hexdigest(),
                partition=str(said[keys.partition]),
                as_of=parse_moment(said[keys.as_of], self._request.contract),
                encoding=self._options.encodings.get(word, ""),
                name=str(entries[0][keys.name]),
                rows=int(entries[0][keys.rows]),
                size=int(entries[0][keys.size]),
                file_sha256=str(entries[0][keys.sha256]).lower(),
            )
        except (AttributeError, IndexError, KeyError, TypeError, ValueError):
            why = f"its manifest does not describe {table} as the contract says"
            raise self._faulty(folder, sequence, why) from None
        if drop.sequence != sequence or len(entries) != 1:
            raise self._faulty(folder, sequence, "its manifest is that of another drop")
        if not drop.encoding:
            raise self._faulty(folder, sequence, "the contract does not know its encoding")
        if "/" in drop.name or drop.name.startswith("."):
            raise self._faulty(folder, sequence, "its manifest names a file outside the drop")
        return drop

    def is_known(self, drop: Drop) -> bool:
        """Whether the drop is the one that was read last.

        Raises:
            IncompleteSourceError: the drop is older, was rewritten, or is another partition's.
        """
        return self._is_new(drop) and self._known.get(drop.folder) == drop.as_cursor()

    def _is_new(self, drop: Drop) -> bool:
        """Whether the drop comes after what was read; a replay is the same and is not new.

        Raises:
            IncompleteSourceError: the drop is older, was rewritten, or is another partition's.
        """
        before = self._known.get(drop.folder)
        if before is None:
            return True
        known = int(before["sequence"])
        if drop.partition != before["partition"]:
            raise self._faulty(drop.folder, drop.sequence, "it is another partition's")
        if drop.sequence < known:
            raise self._faulty(drop.folder, drop.sequence, f"drop {known} was read before it")
        if drop.sequence == known:
            if drop.sha256 != before["sha256"]:
                raise self._faulty(drop.folder, known, "it was rewritten after it was read")
            return self._request.mode in ("full", "reconcile")
        if drop.as_of <= datetime.fromisoformat(before["as_of"]):
            raise self._faulty(drop.folder, drop.sequence, "its snapshot is older than the last")
        return True

    def read_drop(self, drop: Drop, outcome: Outcome) -> Iterator[pa.RecordBatch]:
        """The rows of a drop, each checked against its manifest.

        Raises:
            IncompleteSourceError: the drop is not as its manifest says.
            SchemaDriftError: a promised column is missing or of another type.
        """
        path = f"{drop.path}/{drop.name}"
        checked = self._check_bytes(drop, path)
        rows = 0
        try:
            for batch in open_rows(
                self._files, path, self._options, is_utf8=drop.encoding == _UTF8
            ):
                rows += batch.num_rows
                yield self._to_landed(batch, drop, outcome)
        except FileFaultError as fault:
            why = f"{drop.name} {fault}" + (f" after row {rows}" if rows else "")
            raise self._faulty(drop.folder, drop.sequence, why) from None
        if rows != drop.rows:
            why = f"{drop.name} holds {rows} rows where its manifest says {drop.rows}"
            raise self._faulty(drop.folder, drop.sequence, why)
        if _moment_of(self._files.get_file_info(path)) != checked:
            why = f"{drop.name} changed while it was read"
            raise self._faulty(drop.folder, drop.sequence, why)

    def _check_bytes(self, drop: Drop, path: str) -> tuple[int, Any]:
        """Compare size and digest with the manifest's; when the bytes were last written."""
        info = self._files.get_file_info(path)
        if info.type != fs.FileType.File:
            raise self._faulty(drop.folder, drop.sequence, f"{drop.name} is missing")
        if info.size != drop.size or info.size > self._options.max_file_bytes:
            raise self._faulty(drop.folder, drop.sequence, f"{drop.name} has {info.size} bytes")
        digest = hashlib.sha256()
        with self._files.open_input_stream(path, compression=None) as file:
            while part := file.read(BLOCK):
                digest.update(part)
                reach("K04")
        if digest.hexdigest() != drop.file_sha256:
            why = f"the digest of {drop.name} is not that of its manifest"
            raise self._faulty(drop.folder, drop.sequence, why)
        return _moment_of(info)

    def _to_landed(self, batch: pa.RecordBatch, drop: Drop, outcome: Outcome) -> pa.RecordBatch:
        """The promised columns as text, the rest as JSON, and where the row comes from."""
        names = batch.schema.names
        refuse_missing(self._dataset, names, f"{drop.folder}/{drop.sequence:04d}/{drop.name}")
        promised = promised_columns(self._dataset)
        columns: dict[str, pa.Array] = {}
        for name, kind in promised.items():
            array = batch.column(name)
            if not (pa.types.is_string(array.type) or pa.types.is_large_string(array.type)):
                raise drift(self._dataset, name, kind, str(array.type))
            columns[name] = array.cast(pa.string())
        unknown = [name for name in names if name not in promised]
        extra: list[str | None] = [None] * batch.num_rows
        if unknown:
            listed = ", ".join(sorted(unknown))
            warning = f"columns unknown to the contract were landed and not used: {listed}"
            if warning not in outcome.warnings:
                outcome.warnings.append(warning)
            extra = [json.dumps(row, default=str) for row in batch.select(unknown).to_pylist()]
        columns[EXTRA] = pa.array(extra, pa.string())
        columns[PARTITION] = pa.array([drop.folder] * batch.num_rows, pa.string())
        columns[ENCODING] = pa.array([self._landed_encoding(drop)] * batch.num_rows, pa.string())
        return pa.RecordBatch.from_pydict(columns)

    @staticmethod
    def _landed_encoding(drop: Drop) -> str:
        """Parquet text is Unicode by its own format, whatever the manifest says of CSV."""
        return _UTF8 if drop.name.endswith(".parquet") else drop.encoding

    def _faulty(self, folder: str, sequence: int, why: str) -> IncompleteSourceError:
        return _faulty(self._dataset, f"{folder}/{sequence:04d}", why)


@contextmanager
def _telling_failures(request: Request) -> Iterator[None]:
    try:
        yield
    except LateError:
        raise unavailable(request.contract.source, "its drops cannot be read in time") from None
    except OSError as error:
        raise unreadable(request, error) from None


def _moment_of(info: fs.FileInfo) -> tuple[int, Any]:
    return info.size, info.mtime_ns


def unreadable(request: Request, error: OSError) -> SourceUnavailableError:
    """The error for drops that the machine refuses to read."""
    why = f"its drops cannot be read ({error.strerror or type(error).__name__})"
    return unavailable(request.contract.source, why)


def _faulty(dataset: Dataset, drop: str, why: str) -> IncompleteSourceError:
    message = (
        f"{dataset.stream}: drop {drop} was refused, because {why}. Nothing of it was kept; "
        "ask the source's owner for a new drop."
    )
    return IncompleteSourceError(message)


def _open(url: str) -> tuple[fs.FileSystem, str]:
    """File system and path; a local path may hold spaces, written as they are or as %20."""
    parts = urlsplit(url)
    if parts.scheme in ("", "file"):
        return fs.LocalFileSystem(), unquote(parts.path) if parts.scheme else url
    files, path = fs.FileSystem.from_uri(url)
    return files, path
