"""Keys that the database never holds, and envelopes sealed with them.

The key file is JSON, ``{"current": id, "keys": {id: base64 of 32 bytes}, "made": {id: time}}``,
readable by its owner alone. To rotate is to add a key and make it current; what older keys sealed
stays readable for as long as they stay in the file.
"""

import base64
import binascii
import json
import os
import secrets
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from hub.errors import LandingError
from hub.settings import get_settings

_MAGIC: Final = b"MTL1"
_NONCE: Final = 12
_KEY: Final = 32


@dataclass(frozen=True)
class SealingKeys:
    """The keys of one key file."""

    current: str
    keys: Mapping[str, bytes] = field(repr=False)
    made: Mapping[str, datetime] = field(default_factory=dict)

    @classmethod
    def read(cls, path: Path) -> "SealingKeys":
        """Read a key file.

        Raises:
            LandingError: the file is missing or is not a key file.
        """
        try:
            found = json.loads(path.read_text(encoding="utf-8"))
            keys = {name: base64.b64decode(text) for name, text in found["keys"].items()}
            current = str(found["current"])
            times = found.get("made", {}).items()
            made = {name: datetime.fromisoformat(text) for name, text in times}
        except FileNotFoundError:
            message = f"There is no key file {path}; `motlan up` makes one."
            raise LandingError(message) from None
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            message = f"{path} is not a key file ({type(error).__name__}); restore it from backup."
            raise LandingError(message) from None
        if current not in keys or any(len(key) != _KEY for key in keys.values()):
            message = f"{path} lacks its current key, or a key is not {_KEY} bytes long."
            raise LandingError(message)
        return cls(current, keys, made)

    def get(self, key_id: str) -> bytes:
        """The key of that id.

        Raises:
            LandingError: the file does not hold it.
        """
        if key_id not in self.keys:
            message = f"The key file has no key {key_id!r}; put the retired key back to read this."
            raise LandingError(message)
        return self.keys[key_id]

    def retired_at(self, key_id: str) -> datetime | None:
        """When the next key took this one's place; None for the current key.

        A key without a time is older than all that have one.
        """
        if key_id == self.current:
            return None
        own = self.made.get(key_id)
        later = [moment for moment in self.made.values() if own is None or moment > own]
        return min(later, default=None)


def read_keys() -> SealingKeys:
    """The keys of the file that the settings name.

    Raises:
        LandingError: the file is missing or is not a key file.
    """
    return SealingKeys.read(get_settings().landing_keys)


def make_keys(path: Path) -> None:
    """Make a key file with one key, readable by its owner alone; one that exists stays."""
    if path.exists():
        return
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    key_id = _new_id()
    _write(path, {"current": key_id, "keys": {key_id: _new_key()}, "made": {key_id: _now()}})


def rotate_keys(path: Path) -> str:
    """Add a key and make it current; returns its id.

    Raises:
        LandingError: there is no key file to add to.
    """
    SealingKeys.read(path)
    found = json.loads(path.read_text(encoding="utf-8"))
    key_id = _new_id()
    found["keys"][key_id] = _new_key()
    found.setdefault("made", {})[key_id] = _now()
    _write(path, {**found, "current": key_id})
    return key_id


def remove_keys(path: Path, key_ids: Collection[str]) -> None:
    """Take keys out of the file for good; the current one stays whatever is asked.

    Raises:
        LandingError: there is no key file to take them out of.
    """
    current = SealingKeys.read(path).current
    found = json.loads(path.read_text(encoding="utf-8"))
    gone = set(key_ids) - {current}
    for name in ("keys", "made"):
        kept = found.get(name, {}).items()
        found[name] = {key_id: value for key_id, value in kept if key_id not in gone}
    _write(path, found)


def seal_bytes(plain: bytes, *, context: str, keys: SealingKeys | None = None) -> bytes:
    """Encrypt with the current key (AES-256-GCM); without ``keys``, with the settings' own.

    ``context`` says what the bytes are, for example a batch key and a row number. It is not
    kept; without the same words the envelope does not open, so it cannot be moved elsewhere.
    """
    keys = keys or read_keys()
    name = keys.current.encode()
    head = _MAGIC + bytes([len(name)]) + name
    nonce = secrets.token_bytes(_NONCE)
    sealed = AESGCM(keys.get(keys.current)).encrypt(nonce, plain, head + context.encode())
    return head + nonce + sealed


def unseal_bytes(sealed: bytes, *, context: str, keys: SealingKeys | None = None) -> bytes:
    """Open an envelope of `seal_bytes`.

    Raises:
        LandingError: it is no envelope, was changed, belongs elsewhere, or its key is missing.
    """
    if len(sealed) < len(_MAGIC) + 1 or not sealed.startswith(_MAGIC):
        message = "This is not a sealed envelope."
        raise LandingError(message)
    end = len(_MAGIC) + 1 + sealed[len(_MAGIC)]
    head, nonce, body = sealed[:end], sealed[end : end + _NONCE], sealed[end + _NONCE :]
    key = (keys or read_keys()).get(head[len(_MAGIC) + 1 :].decode(errors="replace"))
    try:
        return AESGCM(key).decrypt(nonce, body, head + context.encode())
    except (InvalidTag, ValueError):
        message = "A sealed envelope was changed, or does not belong where it was found."
        raise LandingError(message) from None


def wrap_key(data_key: bytes, *, keys: SealingKeys, key_id: str) -> str:
    """A file's own key, encrypted with the key of that id, as base64."""
    nonce = secrets.token_bytes(_NONCE)
    sealed = AESGCM(keys.get(key_id)).encrypt(nonce, data_key, key_id.encode())
    return base64.b64encode(nonce + sealed).decode()


def unwrap_key(wrapped: str, *, keys: SealingKeys, key_id: str) -> bytes:
    """The file's own key again.

    Raises:
        LandingError: it was changed, or the key of that id is missing or another.
    """
    try:
        sealed = base64.b64decode(wrapped, validate=True)
        return AESGCM(keys.get(key_id)).decrypt(sealed[:_NONCE], sealed[_NONCE:], key_id.encode())
    except (InvalidTag, ValueError, binascii.Error):
        message = f"A landed file was not encrypted with the key {key_id!r} of the key file."
        raise LandingError(message) from None


def _new_id() -> str:
    return f"k{secrets.token_hex(4)}"


def _now() -> str:
    return datetime.now(UTC).isoformat()


def _new_key() -> str:
    return base64.b64encode(secrets.token_bytes(_KEY)).decode()


def _write(path: Path, content: Mapping[str, object]) -> None:
    """Write whole or not at all, mode 0600 from the first byte."""
    draft = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        json.dump(content, file, indent=2)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
