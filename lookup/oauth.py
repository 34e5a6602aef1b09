"""The token endpoint: OAuth 2.0 client credentials (RFC 6749, 4.4), by Basic header or body."""

from base64 import b64decode
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Literal
from urllib.parse import parse_qs, unquote_plus

TokenError = Literal["invalid_request", "invalid_client", "unsupported_grant_type"]
_LENGTH_MAX = 256


@dataclass(frozen=True)
class Credentials:
    """Who asks for a token."""

    client_id: str
    secret: str = field(repr=False)


class TokenRefusal(Enum):
    """Why no token is given: the OAuth error and a sentence."""

    GRANT_MISSING = ("invalid_request", "grant_type is missing.")
    NO_FORM = ("invalid_request", "The body is no form.")
    SENT_TWICE = ("invalid_request", "A parameter was sent twice.")
    TWO_PLACES = ("invalid_request", "Send the credentials in the header or the body, not both.")
    GRANT_UNSUPPORTED = (
        "unsupported_grant_type",
        "The only grant_type is client_credentials.",
    )
    WRONG_CREDENTIALS = ("invalid_client", "The credentials are wrong.")

    def __init__(self, error: TokenError, description: str) -> None:
        self.error = error
        self.description = description


@dataclass
class TokenRequestRefusedError(Exception):
    """The token request is refused."""

    refusal: TokenRefusal


def read_credentials(authorization: str | None, body: bytes) -> Credentials:
    """The client's id and secret.

    Raises:
        TokenRequestRefusedError: the request is not one for client credentials, or holds none.
    """
    form = _parse_form(body)
    grant = form.get("grant_type")
    if grant is None:
        raise TokenRequestRefusedError(TokenRefusal.GRANT_MISSING)
    if grant != "client_credentials":
        raise TokenRequestRefusedError(TokenRefusal.GRANT_UNSUPPORTED)
    if authorization is not None:
        if "client_secret" in form:
            raise TokenRequestRefusedError(TokenRefusal.TWO_PLACES)
        return _read_basic(authorization)
    return _limited(form.get("client_id", ""), form.get("client_secret", ""))


def _parse_form(body: bytes) -> Mapping[str, str]:
    try:
        parsed = parse_qs(body.decode("utf-8"), keep_blank_values=True, max_num_fields=10)
    except ValueError as error:
        raise TokenRequestRefusedError(TokenRefusal.NO_FORM) from error
    if any(len(values) > 1 for values in parsed.values()):
        raise TokenRequestRefusedError(TokenRefusal.SENT_TWICE)
    return {name: values[0] for name, values in parsed.items()}


def _read_basic(authorization: str) -> Credentials:
    scheme, _, encoded = authorization.partition(" ")
    try:
        if scheme.lower() != "basic":
            raise ValueError  # noqa: TRY301 - one answer for every malformed header
        user, _, secret = b64decode(encoded, validate=True).decode("utf-8").partition(":")
    except ValueError as error:
        raise TokenRequestRefusedError(TokenRefusal.WRONG_CREDENTIALS) from error
    return _limited(unquote_plus(user), unquote_plus(secret))


def _limited(client_id: str, secret: str) -> Credentials:
    """Credentials of a sane length, so that hashing them stays cheap."""
    if not 0 < len(client_id) <= _LENGTH_MAX or not 0 < len(secret) <= _LENGTH_MAX:
        raise TokenRequestRefusedError(TokenRefusal.WRONG_CREDENTIALS)
    if "\x00" in client_id:
        raise TokenRequestRefusedError(TokenRefusal.WRONG_CREDENTIALS)
    return Credentials(client_id, secret)
