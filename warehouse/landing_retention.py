"""Landed files that nothing needs any more, deleted from the landing zone.

A batch's manifest stays for ever: what was landed, by which contract, with which checksums. Its
files go when no version of a row that the hub holds was landed with them. Before the first of them
is deleted a marker says so beside the manifest, so that a lawful deletion is never taken for a
loss, and one that was killed half-way is finished by the next run.
"""

import json
import re
from collections.abc import Collection, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final

from psycopg import sql
from psycopg.rows import class_row
from pyarrow import fs

from hub.contract import Dataset
from hub.errors import LandingError
from hub.retention import Keep
from hub.settings import get_settings
from warehouse.connection import connect
from warehouse.landing import DELETED, MANIFEST, LandedBatch, open_folder
from warehouse.queries import load
from warehouse.retention import list_datasets, records_age
from warehouse.tables import history_table, standard_table

_SQL = load("retention")
_FOLDER: Final = re.compile(r"(?P<begun>\d{8}T\d{6})-[0-9a-f]{12}", re.ASCII)


@dataclass
class Folder:
    """A batch's folder in the landing zone, by the names of its files."""

    stream: str
    name: str
    begun: datetime
    files: dict[str, int] = field(default_factory=dict)

    @property
    def place(self) -> str:
        """Stream and id, which the ledger's URL ends with."""
        return f"{self.stream}/{self.name}"

    @property
    def chunks(self) -> list[str]:
        """The files that may hold rows."""
        return sorted(set(self.files) - {MANIFEST, DELETED})


@dataclass(frozen=True)
class _Entry:
    """What the ledger knows of a landed batch; ``since`` is when it was published or landed."""

    batch_id: int
    stream: str
    landed_url: str
    state: str
    since: datetime

    @property
    def place(self) -> str:
        return "/".join(self.landed_url.rstrip("/").split("/")[-2:])


@dataclass
class _Tally:
    """What was deleted, and what was left on purpose."""

    folders: int = 0
    batches: int = 0
    files: int = 0
    bytes: int = 0
    kept_for_rows: int = 0
    unreadable_manifests: int = 0
    unknown_folders: int = 0


class LandingZone:
    """The landing zone as it is found when a duty begins."""

    def __init__(self) -> None:
        """Open the zone that the settings name.

        Raises:
            LandingError: it cannot be reached.
        """
        self.url = get_settings().landing_url.rstrip("/")
        self._files, self._root = open_folder(self.url)

    def list_folders(self) -> list[Folder]:
        """Every folder of a batch; what the hub has not named so is left alone."""
        selector = fs.FileSelector(self._root, recursive=True, allow_not_found=True)
        found: dict[str, Folder] = {}
        for info in self._files.get_file_info(selector):
            stream, name, *rest = (*info.path[len(self._root) :].strip("/").split("/"), "")[:4]
            named = _FOLDER.fullmatch(name)
            if named is None:
                continue
            begun = datetime.strptime(named["begun"], "%Y%m%dT%H%M%S").replace(tzinfo=UTC)
            folder = found.setdefault(f"{stream}/{name}", Folder(stream, name, begun))
            if info.type == fs.FileType.File and rest:
                folder.files[rest[0]] = info.size
        return list(found.values())

    def delete(self, folder: Folder, names: Collection[str]) -> int:
        """Delete files of a folder; returns their bytes. One that is gone already is no error."""
        for name in names:
            try:
                self._files.delete_file(f"{self._root}/{folder.place}/{name}")
            except FileNotFoundError:
                continue
        return sum(folder.files[name] for name in names)

    def delete_folder(self, folder: Folder) -> None:
        """Delete a folder with all that is in it; one that is gone already is no error."""
        with suppress(FileNotFoundError):
            self._files.delete_dir(f"{self._root}/{folder.place}")

    def mark_deleted(self, folder: Folder, now: datetime) -> None:
        """Say beside the manifest that the batch's files are deleted, and when."""
        said = {"deleted_at": now.isoformat(), "files": len(folder.chunks)}
        with self._files.open_output_stream(f"{self._root}/{folder.place}/{DELETED}") as file:
            file.write(json.dumps(said).encode())


def clear_landing_zone(keep: Keep, now: datetime) -> dict[str, int]:
    """Delete landed files whose time is over; what was deleted, and what was kept for its rows.

    Kept whatever their age: the files of a batch that is parked or under way; that a published or
    kept version of a row was landed with; that an open row of the quarantine came from.

    Raises:
        LandingError: the landing zone cannot be reached, or a file of it not be deleted.
    """
    clearing = _Clearing(keep, now)
    try:
        for folder in clearing.zone.list_folders():
            clearing.clear(folder)
    except OSError as error:
        why = error.strerror or type(error).__name__
        message = f"The landing zone cannot be cleared ({why}); the next run goes on from there."
        raise LandingError(message) from error
    return dict(vars(clearing.tally))


class _Clearing:
    """One run of the duty: what the ledger says of each batch, and what was done so far."""

    def __init__(self, keep: Keep, now: datetime) -> None:
        self.zone, self.tally = LandingZone(), _Tally()
        self._keep, self._now = keep, now
        with (
            connect("pipeline") as connection,
            connection.cursor(row_factory=class_row(_Entry)) as cursor,
        ):
            entries = cursor.execute(_SQL["list_landed_batches"]).fetchall()
        self._ledger = {entry.place: entry for entry in entries}
        self._outdated, self._needed = self._find_outdated()

    def clear(self, folder: Folder) -> None:
        """Delete what is over of a folder: all, its rows' files, or what no manifest names."""
        entry = self._ledger.get(folder.place)
        if MANIFEST not in folder.files:
            self._clear_unfinished(folder, entry)
        elif entry is None:
            self.tally.unknown_folders += 1
        elif entry.batch_id in self._needed:
            self.tally.kept_for_rows += 1
            self._clear_unnamed(folder)
        elif entry.batch_id in self._outdated or DELETED in folder.files:
            self._drop(folder)
        else:
            self._clear_unnamed(folder)

    def _find_outdated(self) -> tuple[set[int], set[int]]:
        """(batches whose time is over, those of them that something still points to)."""
        outdated, needed = set(), set()
        age = self._keep.overtaken
        for entry in self._ledger.values():
            if entry.state == "overtaken" and self._is_over(entry.since, age):
                outdated.add(entry.batch_id)
        for contract, dataset in list_datasets():
            age = records_age(contract, self._keep)
            old = [
                entry.batch_id
                for entry in self._ledger.values()
                if entry.stream == dataset.stream
                and entry.state == "published"
                and self._is_over(entry.since, age)
            ]
            outdated.update(old)
            needed.update(_find_pointed_to(dataset, old))
        return outdated, needed

    def _is_over(self, since: datetime, age: timedelta | None) -> bool:
        return age is not None and since < self._now - age

    def _clear_unfinished(self, folder: Folder, entry: _Entry | None) -> None:
        """Delete a folder without manifest once its run is dead: nobody reads it."""
        dead = entry is None or entry.state == "overtaken"
        if dead and self._is_over(folder.begun, self._keep.unfinished):
            self.tally.files += len(folder.files)
            self.tally.bytes += sum(folder.files.values())
            self.tally.folders += 1
            self.zone.delete_folder(folder)

    def _drop(self, folder: Folder) -> None:
        """Delete the files of a batch; its manifest stays."""
        if not folder.chunks:
            return
        if DELETED not in folder.files:
            self.zone.mark_deleted(folder, self._now)
        self._delete(folder, folder.chunks)
        self.tally.batches += 1

    def _clear_unnamed(self, folder: Folder) -> None:
        """Delete what a manifest does not name: files of attempts that another one replaced."""
        if not self._is_over(folder.begun, self._keep.unfinished):
            return
        try:
            manifest = LandedBatch.open(f"{self.zone.url}/{folder.place}").manifest
        except LandingError:
            self.tally.unreadable_manifests += 1
            return
        named = {chunk.name for chunk in manifest.chunks}
        self._delete(folder, [name for name in folder.chunks if name not in named])

    def _delete(self, folder: Folder, names: Sequence[str]) -> None:
        self.tally.files += len(names)
        self.tally.bytes += self.zone.delete(folder, names)


def list_key_ids() -> set[str] | None:
    """The landing keys that some landed file is sealed with; None where a manifest is unreadable.

    Raises:
        LandingError: the landing zone cannot be reached.
    """
    zone = LandingZone()
    found: set[str] = set()
    for folder in zone.list_folders():
        if MANIFEST in folder.files and folder.chunks:
            try:
                manifest = LandedBatch.open(f"{zone.url}/{folder.place}").manifest
            except LandingError:
                return None
            found |= manifest.key_ids
    return found


def _find_pointed_to(dataset: Dataset, batch_ids: Sequence[int]) -> set[int]:
    if not batch_ids:
        return set()
    query = sql.SQL(_SQL["find_pointed_to"]).format(
        standard=sql.Identifier("standard", standard_table(dataset).name),
        history=sql.Identifier("standard", history_table(dataset).name),
    )
    with connect("pipeline") as connection:
        found = connection.execute(query, {"batches": list(batch_ids)})
        return {batch_id for (batch_id,) in found}
