"""The rows of one file of a drop, within limits: a file may be cut, made to burst, or never end.

Nothing is read that the limits do not allow: of a line, of a file as it lies there, of what it
becomes when it is unpacked. What is wrong is said without a value of the file.
"""

import csv
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

import pyarrow as pa
import pyarrow.csv as pacsv
import pyarrow.parquet as pq
from pyarrow import fs

from connectors.options import FilesOptions

BLOCK: Final = 2**20
MAX_RATIO: Final = 100
"""How many bytes may come of one: more is a file that was made to burst."""
MAX_GROUP_BYTES: Final = 2**30
"""Of a row group of Parquet, unpacked: it is unpacked whole."""


class FileFaultError(Exception):
    """What is wrong with a file, in words without a value of it."""


def open_rows(
    files: fs.FileSystem, path: str, options: FilesOptions, *, is_utf8: bool
) -> Iterator[pa.RecordBatch]:
    """Record batches of a Parquet, CSV or gzipped CSV file; columns of CSV are all text.

    Raises:
        FileFaultError: it is none of these, is cut off, or is beyond a limit.
    """
    size = files.get_file_info(path).size
    limit = min(options.max_file_bytes, MAX_RATIO * size)
    try:
        if path.endswith(".parquet"):
            with files.open_input_file(path) as file:
                yield from _read_parquet(file, limit, options)
        elif path.endswith((".csv", ".csv.gz")):
            yield from _read_csv(files, path, limit, options, is_utf8=is_utf8)
        else:
            why = "is neither Parquet nor CSV"
            raise FileFaultError(why)
    except (pa.ArrowException, UnicodeDecodeError, zlib.error):
        why = "cannot be parsed"  # the parser's own message quotes the row it stopped at
        raise FileFaultError(why) from None


def _read_parquet(
    file: pa.NativeFile, limit: int, options: FilesOptions
) -> Iterator[pa.RecordBatch]:
    parquet = pq.ParquetFile(file)
    groups = range(parquet.metadata.num_row_groups)
    sizes = [parquet.metadata.row_group(number).total_byte_size for number in groups]
    if sum(sizes) > limit or max(sizes, default=0) > MAX_GROUP_BYTES:
        why = f"would unpack to {sum(sizes)} bytes"
        raise FileFaultError(why)
    yield from parquet.iter_batches(batch_size=options.chunk_rows)


def _read_csv(
    files: fs.FileSystem, path: str, limit: int, options: FilesOptions, *, is_utf8: bool
) -> Iterator[pa.RecordBatch]:
    """All columns as text; bytes of a legacy encoding stay what they are, as Latin-1."""
    encoding = "utf8" if is_utf8 else "latin1"
    with _open_text(files, path, limit) as file:
        head = file.read(options.max_line_bytes).split(b"\n", 1)[0].decode(encoding)
    header = [head.strip("\ufeff\r")]
    names = next(csv.reader(header, delimiter=options.separator), [])
    with _open_text(files, path, limit) as file:
        yield from pacsv.open_csv(
            file,
            read_options=pacsv.ReadOptions(encoding=encoding, block_size=options.max_line_bytes),
            parse_options=pacsv.ParseOptions(delimiter=options.separator, newlines_in_values=True),
            convert_options=pacsv.ConvertOptions(
                column_types=dict.fromkeys(names, pa.string()), strings_can_be_null=False
            ),
        )


@contextmanager
def _open_text(files: fs.FileSystem, path: str, limit: int) -> Iterator[Any]:
    with files.open_input_stream(path, compression=None) as file:
        yield _Unpacked(file, limit) if path.endswith(".gz") else file


class _Unpacked:
    """What a gzipped file holds, as far as the limit lets it; a file for whoever reads it."""

    def __init__(self, packed: pa.NativeFile, limit: int) -> None:
        self._packed = packed
        self._limit = limit
        self._given = 0
        self._stream = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)
        self._left = b""
        self.closed = False

    def read(self, size: int = -1) -> bytes:
        """The next bytes; none at the end.

        Raises:
            FileFaultError: the file is cut off, or unpacks to more than the limit.
        """
        if size < 0:
            why = "was to be read whole"
            raise FileFaultError(why)
        found = b""
        while not found and not (self._stream.eof and not self._left):
            self._left = self._left or self._packed.read(BLOCK)
            if not self._left:
                why = "is cut off"
                raise FileFaultError(why)
            if self._stream.eof:  # a file may be several, one after another
                self._stream = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)
            found = self._stream.decompress(self._left, size)
            self._left = self._stream.unconsumed_tail or self._stream.unused_data
            if self._stream.eof and not self._left:
                self._left = self._packed.read(BLOCK)
        self._given += len(found)
        if self._given > self._limit:
            why = f"unpacks to more than {self._limit} bytes"
            raise FileFaultError(why)
        return found

    def readable(self) -> bool:
        """It is a file to be read."""
        return True

    def writable(self) -> bool:
        """It is no file to be written."""
        return False

    def seekable(self) -> bool:
        """It is read from its beginning to its end."""
        return False

    def close(self) -> None:
        """The file below is closed by whoever opened it."""
        self.closed = True
