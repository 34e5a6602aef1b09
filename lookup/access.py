"""Who may ask: registered clients, their secrets, and the procedures that each may use."""

import hashlib
import hmac
import re
import secrets
from base64 import b64decode, b64encode
from collections.abc import Sequence
from typing import Final

from hub.errors import WrongUseError
from lookup.procedures import Catalogue, Procedure, load_catalogue
from warehouse.lookup import ClientRow, ProcedureRow, publish_procedures, save_client

SECRET_LENGTH_MIN: Final = 20
_CLIENT_ID = re.compile(r"\A[a-z][a-z0-9-]{2,62}\Z")
_COST, _BLOCK, _LANES = 2**14, 8, 1  # scrypt: 16 MiB and about 50 ms


def hash_secret(secret: str) -> str:
    """A salted scrypt hash, with the parameters it was made with."""
    salt = secrets.token_bytes(16)
    digest = hashlib.scrypt(secret.encode(), salt=salt, n=_COST, r=_BLOCK, p=_LANES)
    parts = (b64encode(salt).decode(), b64encode(digest).decode())
    return f"scrypt${_COST}${_BLOCK}${_LANES}${parts[0]}${parts[1]}"


_NOBODY = hash_secret(secrets.token_hex())


def verify_secret(secret: str, stored: str | None) -> bool:
    """Whether the secret is the one that was stored; as slow where nothing is stored."""
    _, cost, block, lanes, salt, digest = (stored or _NOBODY).split("$")
    found = hashlib.scrypt(
        secret.encode(), salt=b64decode(salt), n=int(cost), r=int(block), p=int(lanes)
    )
    return hmac.compare_digest(found, b64decode(digest)) and stored is not None


def publish_catalogue(catalogue: Catalogue | None = None) -> None:
    """Give the database the catalogue's fields, so that it can decide who may see what."""
    catalogue = catalogue or load_catalogue()
    publish_procedures([_row(item) for item in catalogue.procedures])


def register_client(
    client_id: str, secret: str, organisation: str, *, desk: str, procedures: Sequence[str]
) -> None:
    """Register a desk's software, as the warehouse's owner; again, to renew its secret or rights.

    Publishes the procedure catalogue first, so that the rights mean what its files say.

    Raises:
        WrongUseError: the id has another form, the secret is short, or a procedure is unknown.
    """
    catalogue = load_catalogue()
    unknown = set(procedures) - {item.code for item in catalogue.procedures}
    if unknown:
        message = f"No procedure {', '.join(sorted(unknown))} under lookup/procedures/; add it."
        raise WrongUseError(message)
    if not _CLIENT_ID.match(client_id):
        message = "A client id is 3 to 63 lower-case letters, digits and hyphens, letter first."
        raise WrongUseError(message)
    if len(secret) < SECRET_LENGTH_MIN:
        message = f"A client's secret needs at least {SECRET_LENGTH_MIN} characters."
        raise WrongUseError(message)
    publish_catalogue(catalogue)
    save_client(
        ClientRow(
            client_id=client_id,
            organisation=organisation,
            desk=desk,
            secret_hash=hash_secret(secret),
            permissions=dict.fromkeys(procedures),
        )
    )


def _row(item: Procedure) -> ProcedureRow:
    return ProcedureRow(
        procedure_code=item.code,
        valid_from=item.valid_from,
        valid_to=item.valid_to,
        answers_deceased=item.answers_deceased,
        document_hash=item.document_hash,
        fields=[(field.name, field.parts) for field in item.fields],
    )
