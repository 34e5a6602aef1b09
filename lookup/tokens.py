"""Access tokens: ES256 JWTs of RFC 9068 form that live five minutes, and the keys that sign them.

A token is believed only if everything about it is as this module writes it: the algorithm, the
type, a key of ours by its id, no further header, one issuer, one audience, and times that agree.
The first key of the key file signs; all of them verify, so that a key can be changed without
refusing anybody.
"""

import json
import os
import re
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey
from joserfc.jws import JWSRegistry
from joserfc.util import urlsafe_b64decode, urlsafe_b64encode

from hub.errors import SettingsError

ALGORITHM: Final = "ES256"
TYPE: Final = "at+jwt"
ISSUER: Final = "urn:motlan:token"
AUDIENCE: Final = "urn:motlan:lookup"
LIFETIME_SECONDS: Final = 300
_CLOCK_SECONDS = 5
_FORM = re.compile(r"\A[A-Za-z0-9_-]{1,400}\.[A-Za-z0-9_-]{1,1200}\.([A-Za-z0-9_-]{86})\Z")
_HEADER = {"alg", "typ", "kid"}
_CLAIMS = {"iss", "aud", "sub", "client_id", "iat", "exp", "jti"}
_REGISTRY = JWSRegistry(algorithms=[ALGORITHM])


class TokenRefusedError(Exception):
    """The token is not one of ours, or not any more. The message holds nothing of it."""


def make_signing_key(path: Path) -> None:
    """Write a new private key, readable by its owner alone; a key that is there stays.

    The file is a JWK Set (RFC 7517), so that a later key can be put in front of it.
    """
    if path.exists():
        return
    key = ECKey.generate_key("P-256", {"use": "sig", "alg": ALGORITHM}, private=True)
    content = {**key.as_dict(private=True), "kid": key.thumbprint()}
    path.parent.mkdir(parents=True, exist_ok=True)
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        json.dump({"keys": [content]}, file)


@dataclass(frozen=True)
class TokenKeys:
    """The keys of one key file; the first one signs."""

    keys: Mapping[str, ECKey]

    @classmethod
    def load(cls, path: Path) -> "TokenKeys":
        """Read a key file.

        Raises:
            SettingsError: it is missing or is no set of private P-256 keys.
        """
        try:
            entries = json.loads(path.read_text(encoding="utf-8"))["keys"]
            keys = {entry["kid"]: ECKey.import_key(entry) for entry in entries}
            fit = keys and all(k.is_private and k.curve_name == "P-256" for k in keys.values())
        except (OSError, ValueError, KeyError, TypeError, JoseError) as error:
            message = f"{path} holds no signing key; run `motlan up`, which makes one."
            raise SettingsError(message) from error
        if not fit:
            message = f"{path} must hold private P-256 keys; remove it and run `motlan up`."
            raise SettingsError(message)
        return cls(keys)

    def public_set(self) -> dict[str, Any]:
        """The public keys as a JWK Set."""
        return {"keys": [key.as_dict(private=False) for key in self.keys.values()]}

    def issue(self, client_id: str) -> str:
        """A new token for a client."""
        kid, key = next(iter(self.keys.items()))
        now = int(time.time())
        claims = {
            "iss": ISSUER,
            "aud": AUDIENCE,
            "sub": client_id,
            "client_id": client_id,
            "iat": now,
            "exp": now + LIFETIME_SECONDS,
            "jti": str(uuid.uuid4()),
        }
        header = {"alg": ALGORITHM, "typ": TYPE, "kid": kid}
        return jwt.encode(header, claims, key, registry=_REGISTRY)

    def verify(self, token: str) -> str:
        """The client to whom a token was given.

        Raises:
            TokenRefusedError: it is not exactly a living token of ours.
        """
        form = _FORM.match(token)
        try:
            if form is None or not _is_canonical(form.group(1)):
                raise TokenRefusedError
            decoded = jwt.decode(token, self._key_of(token), registry=_REGISTRY)
        except (JoseError, ValueError, TypeError) as error:
            raise TokenRefusedError from error
        return _check_claims(decoded.claims)

    def _key_of(self, token: str) -> ECKey:
        """The key that the header names; the header must be one that we write."""
        header = json.loads(urlsafe_b64decode(token.partition(".")[0].encode()))
        if not isinstance(header, dict) or set(header) != _HEADER:
            raise TokenRefusedError
        if header["alg"] != ALGORITHM or header["typ"] != TYPE:
            raise TokenRefusedError
        key = self.keys.get(header["kid"]) if isinstance(header["kid"], str) else None
        if key is None:
            raise TokenRefusedError
        return key


def _is_canonical(segment: str) -> bool:
    """One signature has one spelling; the last character has bits that base64 ignores."""
    return urlsafe_b64encode(urlsafe_b64decode(segment.encode())).decode() == segment


def _check_claims(claims: Mapping[str, Any]) -> str:
    """The client of the claims; decoding a JWT checks its signature and nothing more."""
    now = time.time()
    issued, expires = claims.get("iat"), claims.get("exp")
    client_id = claims.get("client_id")
    good = (
        set(claims) == _CLAIMS
        and claims["iss"] == ISSUER
        and claims["aud"] == AUDIENCE
        and isinstance(client_id, str)
        and claims["sub"] == client_id
        and type(issued) is int
        and type(expires) is int
        and issued <= now + _CLOCK_SECONDS
        and now < expires <= issued + LIFETIME_SECONDS
    )
    if not good or not isinstance(client_id, str):
        raise TokenRefusedError
    return client_id
