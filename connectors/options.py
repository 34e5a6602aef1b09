"""What a contract may say about its connector: one strict model a transport.

A contract writes these under ``customProperties`` as ``options``, once for the source
and once for each dataset; the dataset's words win. Names are camelCase there. An unknown or
misspelt name is refused, so that ``motlan contract lint`` finds it before a run does.
"""

from collections.abc import Mapping
from typing import Any, Final

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic.alias_generators import to_camel

from hub.errors import ContractError


class Options(BaseModel):
    """Strict by default: unknown names are refused, values are not rewritten."""

    model_config = ConfigDict(
        alias_generator=to_camel, populate_by_name=False, extra="forbid", frozen=True
    )


class DigestEndpoint(Options):
    """A page of the owner that gives a digest of its live keys, by bucket."""

    path: str = Field(description="Path below the base URL.")
    buckets_param: str = Field(description="Query parameter that sets the number of buckets.")
    buckets: int = Field(default=64, ge=1, le=65536)
    groups: str = Field(description="Key of the list of buckets.")
    bucket: str = Field(description="Key of a bucket's number.")
    count: str = Field(description="Key of a bucket's number of live keys.")
    total: str = Field(description="Key of the sum of a bucket's key hashes.")
    versions_param: str | None = Field(
        default=None,
        description="Query parameter that, set to 1, digests `<key>|<version>` instead of keys: "
        "the cursor field in whole milliseconds since 1970.",
    )
    rows_param: str | None = Field(
        default=None,
        description="Query parameter of the list itself that takes the numbers of buckets, "
        "separated by commas, and lists their rows alone; bucketsParam goes with it.",
    )
    as_of: str = Field(description="Key of the time the digest speaks of.")


class HttpOptions(Options):
    """A JSON API that pages by an opaque token, in the order (cursor field, key)."""

    path: str = Field(description="Path of the dataset's list below the base URL.")
    records: str = Field(description="Key of the list of rows in a page.")
    next_cursor: str = Field(description="Key of the token of the next page; null ends.")
    cursor_param: str = Field(description="Query parameter that takes the token.")
    limit_param: str = Field(description="Query parameter that sets the page size.")
    page_size: int = Field(default=1000, ge=1, le=100_000)
    updated_since_param: str | None = Field(
        default=None, description="Query parameter for rows changed at or after a time."
    )
    total: str | None = Field(default=None, description="Key of the number of matching rows.")
    as_of: str = Field(description="Key of the server's time in a page.")
    key_header: str | None = Field(
        default=None, description="Header that takes the API key of the source's URL."
    )
    ordered: bool = Field(
        default=True, description="Whether rows come ordered by (cursor field, key)."
    )
    digest: DigestEndpoint | None = None
    page_seconds: float = Field(
        default=30.0, gt=0, description="Deadline of a page, retries apart."
    )
    run_seconds: float = Field(default=1800.0, gt=0, description="Deadline of a whole read.")


class SqlOptions(Options):
    """A table of any database that SQLAlchemy speaks to."""

    database_schema: str | None = Field(
        default=None, alias="schema", description="Schema that holds the tables."
    )
    table: str | None = Field(
        default=None, description="Table or view; the dataset's physical name if not given."
    )
    chunk_rows: int = Field(default=50_000, ge=1, le=1_000_000)
    parts: int = Field(default=1, ge=1, le=64, description="Key ranges that are read side by side.")
    run_seconds: float = Field(default=1800.0, gt=0, description="Deadline of a whole read.")
    silent_seconds: float = Field(
        default=120.0, gt=0, description="Longest wait for the next rows, the first ones too."
    )


class ManifestKeys(Options):
    """What the owner's manifest calls things."""

    partition: str = Field(description="The partition's own number or name.")
    sequence: str = Field(description="The drop's sequence number; must equal its folder's.")
    as_of: str = Field(description="Time of the snapshot.")
    encoding: str | None = Field(default=None, description="Character encoding of its files.")
    files: str = Field(description="List of files.")
    dataset: str = Field(description="In a file: the table it holds.")
    name: str = Field(description="In a file: its name in the drop's folder.")
    rows: str = Field(description="In a file: its number of rows.")
    size: str = Field(description="In a file: its size in bytes.")
    sha256: str = Field(description="In a file: sha256 of its bytes, in hexadecimal.")


class FilesOptions(Options):
    """Drops of files: ``<partition folder>/<sequence>/`` with a manifest written last."""

    manifest: str = Field(default="manifest.json", description="Name of the manifest file.")
    manifest_keys: ManifestKeys
    table: str | None = Field(
        default=None, description="Name in the manifest; the physical name if not given."
    )
    separator: str = Field(default=";", min_length=1, max_length=1)
    encodings: dict[str, str] = Field(
        default_factory=lambda: {"UTF-8": "UTF-8", "TCVN3": "TCVN3"},
        description="The manifest's word for an encoding -> the hub's (UTF-8 or TCVN3).",
    )
    chunk_rows: int = Field(default=50_000, ge=1, le=1_000_000)
    parts: int = Field(
        default=1, ge=1, le=64, description="Groups of partitions that are read side by side."
    )
    max_file_bytes: int = Field(default=4 * 2**30, ge=1)
    max_line_bytes: int = Field(default=2**20, ge=1)
    run_seconds: float = Field(default=1800.0, gt=0, description="Deadline of a whole read.")
    silent_seconds: float = Field(
        default=600.0, gt=0, description="Longest wait for the next rows, checking a file included."
    )


MODELS: Final[Mapping[str, type[Options]]] = {
    "http": HttpOptions,
    "sql": SqlOptions,
    "files": FilesOptions,
}
"""Connector -> the model of its options."""


def parse_options(
    connector: str, source_options: Mapping[str, Any], dataset_options: Mapping[str, Any]
) -> Options:
    """Read the options of one dataset; the dataset's words win over the source's.

    Raises:
        ContractError: the connector is unknown, or an option is missing, unknown or wrong.
    """
    model = MODELS.get(connector)
    if model is None:
        known = ", ".join(sorted(MODELS))
        message = f"Connector {connector!r} does not exist; a contract may name one of: {known}."
        raise ContractError(message)
    try:
        return model.model_validate({**source_options, **dataset_options})
    except ValidationError as error:
        faults = "; ".join(
            f"{'.'.join(str(part) for part in fault['loc'])}: {fault['msg']}"
            for fault in error.errors(include_input=False, include_url=False)
        )
        message = f"The options of connector {connector} are wrong: {faults}."
        raise ContractError(message) from None
