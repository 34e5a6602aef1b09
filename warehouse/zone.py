"""The landing zone's files: a folder a batch, on a local disk or in an object store.

The zone is whatever `pyarrow.fs` has a URL for.
"""

import os
import secrets
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
from pyarrow import fs

from hub.errors import LandingError
from hub.failpoint import reach


def make_url(stream: str, *, zone: str) -> str:
    """The URL of a batch that begins now, in the landing zone at ``zone``."""
    moment = datetime.now(UTC).strftime("%Y%m%dT%H%M%S")
    return f"{zone.rstrip('/')}/{stream}/{moment}-{secrets.token_hex(6)}"


def delete_batch(url: str) -> None:
    """Remove a batch's folder and all that was landed in it; one that is gone is no error.

    Raises:
        LandingError: the landing zone cannot be written.
    """
    files, folder = open_folder(url)
    try:
        files.delete_dir(folder)
    except FileNotFoundError:
        return
    except OSError as error:
        message = f"The landing zone cannot be written ({reason_of(error)}); check it and retry."
        raise LandingError(message) from error


def open_folder(url: str) -> tuple[fs.FileSystem, str]:
    """File system and path of a URL, or of a plain local path."""
    try:
        if "://" not in url:
            return fs.LocalFileSystem(), str(Path(url).absolute())
        files, path = fs.FileSystem.from_uri(url)
    except (OSError, ValueError) as error:
        message = f"MOTLAN_LANDING_URL names no place that can be opened ({reason_of(error)})."
        raise LandingError(message) from error
    return files, path


def put_file(files: fs.FileSystem, path: str, content: bytes | pa.Buffer) -> None:
    """Write a file: it is there whole or not at all, also after a power cut on a local disk.

    Raises:
        LandingError: the landing zone cannot be written.
    """
    try:
        if not isinstance(files, fs.LocalFileSystem):
            with files.open_output_stream(path) as file:
                file.write(content)
            return
        draft = Path(f"{path}.draft")
        with draft.open("wb") as local:
            local.write(content)
            local.flush()
            os.fsync(local.fileno())
        reach("K05")
        draft.replace(path)
    except OSError as error:
        message = f"The landing zone cannot be written ({reason_of(error)}); make room and retry."
        raise LandingError(message) from error


def read_file(files: fs.FileSystem, path: str) -> bytes:
    """What a file holds.

    Raises:
        OSError: it is not there, or cannot be read.
    """
    with files.open_input_file(path) as file:
        content: bytes = file.read()
    return content


def label_of(url: str) -> str:
    """Stream and id of a batch, without where the zone is."""
    return "/".join(url.rstrip("/").split("/")[-2:])


def reason_of(error: Exception) -> str:
    """Why the file system refused, without a path."""
    strerror = getattr(error, "strerror", None)
    return str(strerror or type(error).__name__)
