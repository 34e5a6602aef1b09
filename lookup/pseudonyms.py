"""Keyed hashes in place of numbers: what the audit and the budgets know a citizen by.

A bare SHA-256 of a personal number falls in minutes, since most of its twelve digits are known.
These are HMAC-SHA-256 under a key that the database never holds (reliability: a number is
guessable, a keyed hash is not). The key's id stands beside each hash, so that a changed key shows.
"""

import hashlib
import hmac
import os
import secrets
from dataclasses import dataclass, field
from pathlib import Path

from hub.errors import SettingsError

_KEY_BYTES = 32


@dataclass(frozen=True)
class Pseudonyms:
    """One key and the hashes made with it."""

    key: bytes = field(repr=False)

    @classmethod
    def load(cls, path: Path) -> "Pseudonyms":
        """Read the key, or make it where none has been made yet.

        Raises:
            SettingsError: the file holds no key of 32 bytes in hexadecimal.
        """
        _make_key(path)
        try:
            key = bytes.fromhex(path.read_text(encoding="ascii").strip())
        except (OSError, ValueError) as error:
            raise SettingsError(_explain(path)) from error
        if len(key) != _KEY_BYTES:
            raise SettingsError(_explain(path))
        return cls(key)

    @property
    def key_id(self) -> str:
        """Names the key without giving it away."""
        return self._hash("key-id", b"").hex()[:16]

    def subject(self, pin: str) -> bytes:
        """A citizen, by personal number."""
        return self._hash("subject", pin.encode())

    def officer(self, client_id: str, officer_id: str) -> bytes:
        """An officer of a client."""
        return self._hash("officer", f"{client_id}\n{officer_id}".encode())

    def request(self, request_hash: bytes) -> bytes:
        """A request, by the SHA-256 of its body."""
        return self._hash("request", request_hash)

    def _hash(self, purpose: str, value: bytes) -> bytes:
        message = purpose.encode() + b"\x00" + value
        return hmac.new(self.key, message, hashlib.sha256).digest()


def _make_key(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return
    with os.fdopen(handle, "w", encoding="ascii") as file:
        file.write(secrets.token_hex(_KEY_BYTES))


def _explain(path: Path) -> str:
    return (
        f"{path} must hold 64 hexadecimal digits. Restore it from the backup: under another key, "
        "earlier audit entries can no longer be found by a citizen's number."
    )
