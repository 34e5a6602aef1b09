"""Tokens that are not exactly ours are refused, whatever they look like."""

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import ECKey

from lookup.tokens import (
    AUDIENCE,
    ISSUER,
    TokenKeys,
    TokenRefusedError,
    make_signing_key,
)

HEADER = {"alg": "ES256", "typ": "at+jwt"}


def claims(**changes: Any) -> dict[str, Any]:
    now = int(time.time())
    good = {
        "iss": ISSUER,
        "aud": AUDIENCE,
        "sub": "desk-ha-long",
        "client_id": "desk-ha-long",
        "iat": now,
        "exp": now + 300,
        "jti": "1",
    }
    return {key: value for key, value in (good | changes).items() if value is not ...}


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> TokenKeys:
    path = tmp_path_factory.mktemp("keys") / "token.json"
    make_signing_key(path)
    return TokenKeys.load(path)


def sign(keys: TokenKeys, header: dict[str, Any], content: dict[str, Any]) -> str:
    kid, key = next(iter(keys.keys.items()))
    return jwt.encode({"kid": kid, **header}, content, key, algorithms=["ES256"])


def part(content: Any) -> str:
    raw = content if isinstance(content, bytes) else json.dumps(content).encode()
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def test_a_token_of_ours_names_its_client(keys: TokenKeys) -> None:
    assert keys.verify(keys.issue("desk-ha-long")) == "desk-ha-long"
    assert keys.verify(sign(keys, HEADER, claims())) == "desk-ha-long"


@pytest.mark.parametrize(
    "changes",
    [
        {"exp": int(time.time()) - 1},
        {"iat": int(time.time()) - 600, "exp": int(time.time()) + 100},
        {"iat": int(time.time()) + 3600, "exp": int(time.time()) + 3700},
        {"exp": ...},
        {"iat": ...},
        {"exp": "9999999999"},
        {"exp": 1e12},
        {"exp": True},
        {"aud": "urn:motlan:dashboard"},
        {"aud": [AUDIENCE]},
        {"aud": ...},
        {"iss": "https://elsewhere.example"},
        {"iss": ...},
        {"sub": "desk-mong-cai"},
        {"client_id": 7, "sub": 7},
        {"client_id": ...},
        {"jti": ...},
        {"nbf": 0},
        {"scope": "all"},
    ],
)
def test_claims_that_are_not_ours_are_refused(keys: TokenKeys, changes: dict[str, Any]) -> None:
    with pytest.raises(TokenRefusedError):
        keys.verify(sign(keys, HEADER, claims(**changes)))


@pytest.mark.parametrize(
    "header",
    [
        {"typ": "JWT"},
        {"typ": "AT+JWT"},
        {"typ": "id_token"},
        {"kid": "../../keys/token.json"},
        {"kid": "' OR 1=1 --"},
        {"kid": None},
        {"kid": ["a"]},
        {"jku": "https://elsewhere.example/jwks.json"},
        {"x5u": "https://elsewhere.example/x"},
        {"crit": ["exp"], "exp": 1},
        {"cty": "JWT"},
        {"b64": False, "crit": ["b64"]},
        {"zip": "DEF"},
    ],
)
def test_headers_that_are_not_ours_are_refused(keys: TokenKeys, header: dict[str, Any]) -> None:
    kid, key = next(iter(keys.keys.items()))
    signed = f"{part({**HEADER, 'kid': kid, **header})}.{part(claims())}"
    good = sign(keys, HEADER, claims())
    with pytest.raises(TokenRefusedError):
        keys.verify(f"{signed}.{good.rsplit('.', 1)[1]}")
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import ec, utils

    der = key.private_key.sign(signed.encode(), ec.ECDSA(hashes.SHA256()))
    r, s = utils.decode_dss_signature(der)
    really_signed = f"{signed}.{part(r.to_bytes(32, 'big') + s.to_bytes(32, 'big'))}"
    with pytest.raises(TokenRefusedError):
        keys.verify(really_signed)


def none_algorithm(keys: TokenKeys, kid: str) -> str:
    return f"{part({'alg': 'none', 'typ': 'at+jwt', 'kid': kid})}.{part(claims())}."


def mixed_case_none(keys: TokenKeys, kid: str) -> str:
    return f"{part({'alg': 'NoNe', 'typ': 'at+jwt', 'kid': kid})}.{part(claims())}.{'A' * 86}"


def hmac_with_the_public_key(keys: TokenKeys, kid: str) -> str:
    signed = f"{part({'alg': 'HS256', 'typ': 'at+jwt', 'kid': kid})}.{part(claims())}"
    secret = keys.keys[kid].as_pem(private=False)
    return f"{signed}.{part(hmac.new(secret, signed.encode(), hashlib.sha256).digest())}"


def embedded_key(keys: TokenKeys, kid: str) -> str:
    own = ECKey.generate_key("P-256")
    header = {**HEADER, "kid": kid, "jwk": own.as_dict(private=False)}
    return jwt.encode(header, claims(), own, algorithms=["ES256"])


def stranger_with_our_kid(keys: TokenKeys, kid: str) -> str:
    own = ECKey.generate_key("P-256")
    return jwt.encode({**HEADER, "kid": kid}, claims(), own, algorithms=["ES256"])


def unknown_kid(keys: TokenKeys, kid: str) -> str:
    own = ECKey.generate_key("P-256")
    return jwt.encode({**HEADER, "kid": own.thumbprint()}, claims(), own, algorithms=["ES256"])


def claims_changed_after_signing(keys: TokenKeys, kid: str) -> str:
    header, _, signature = keys.issue("desk-ha-long").split(".")
    return f"{header}.{part(claims(sub='desk-x', client_id='desk-x'))}.{signature}"


def zero_signature(keys: TokenKeys, kid: str) -> str:
    return f"{keys.issue('desk-ha-long').rsplit('.', 1)[0]}.{part(bytes(64))}"


def der_signature(keys: TokenKeys, kid: str) -> str:
    return f"{keys.issue('desk-ha-long').rsplit('.', 1)[0]}.{part(bytes(70))}"


def respelt_signature(keys: TokenKeys, kid: str) -> str:
    token = keys.issue("desk-ha-long")
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    return token[:-1] + letters[letters.index(token[-1]) + 1]


def padded(keys: TokenKeys, kid: str) -> str:
    return keys.issue("desk-ha-long") + "=="


def with_a_line_break(keys: TokenKeys, kid: str) -> str:
    return keys.issue("desk-ha-long") + "\n"


def header_is_a_list(keys: TokenKeys, kid: str) -> str:
    return f"{part([1])}.{part(claims())}.{'A' * 86}"


def header_is_no_json(keys: TokenKeys, kid: str) -> str:
    return f"{part(b'x' * 30)}.{part(claims())}.{'A' * 86}"


def header_is_no_text(keys: TokenKeys, kid: str) -> str:
    return f"{part(bytes([255] * 30))}.{part(claims())}.{'A' * 86}"


def five_parts(keys: TokenKeys, kid: str) -> str:
    return "a.b.c.d.e"


def empty(keys: TokenKeys, kid: str) -> str:
    return ""


@pytest.mark.parametrize(
    "forge",
    [
        none_algorithm,
        mixed_case_none,
        hmac_with_the_public_key,
        embedded_key,
        stranger_with_our_kid,
        unknown_kid,
        claims_changed_after_signing,
        zero_signature,
        der_signature,
        respelt_signature,
        padded,
        with_a_line_break,
        header_is_a_list,
        header_is_no_json,
        header_is_no_text,
        five_parts,
        empty,
    ],
)
def test_forged_tokens_are_refused(keys: TokenKeys, forge: Callable[[TokenKeys, str], str]) -> None:
    with pytest.raises(TokenRefusedError):
        keys.verify(forge(keys, next(iter(keys.keys))))


def test_a_second_key_in_front_signs_and_the_first_still_verifies(tmp_path: Path) -> None:
    old, new = tmp_path / "old.json", tmp_path / "new.json"
    make_signing_key(old)
    make_signing_key(new)
    token = TokenKeys.load(old).issue("desk-ha-long")
    both = [json.loads(path.read_text())["keys"][0] for path in (new, old)]
    old.write_text(json.dumps({"keys": both}))
    rotated = TokenKeys.load(old)
    assert rotated.verify(token) == "desk-ha-long"
    with pytest.raises(TokenRefusedError):
        TokenKeys.load(new).verify(token)
    assert TokenKeys.load(new).verify(rotated.issue("desk-ha-long")) == "desk-ha-long"


def test_the_public_set_and_the_file_mode_keep_the_private_part(tmp_path: Path) -> None:
    path = tmp_path / "token.json"
    make_signing_key(path)
    assert path.stat().st_mode & 0o777 == 0o600
    (public,) = TokenKeys.load(path).public_set()["keys"]
    assert set(public) == {"kty", "crv", "x", "y", "kid", "use", "alg"}
    before = path.read_text()
    make_signing_key(path)
    assert path.read_text() == before


@pytest.mark.parametrize(
    ("form", "auth", "error"),
    [
        ({}, ("desk-ha-long", "ok"), "invalid_request"),
        ({"grant_type": "password"}, ("desk-ha-long", "ok"), "unsupported_grant_type"),
        ({"grant_type": "client_credentials"}, None, "invalid_client"),
        ({"grant_type": "client_credentials"}, ("desk-ha-long", "wrong"), "invalid_client"),
        ({"grant_type": "client_credentials"}, ("nobody", "ok"), "invalid_client"),
        ({"grant_type": "client_credentials", "client_secret": "x"}, ("a", "b"), "invalid_request"),
        ({"grant_type": ["client_credentials", "x"]}, ("desk-ha-long", "ok"), "invalid_request"),
    ],
)
def test_a_wrong_token_request_answers_as_oauth_says(
    client: Any, world: Any, form: dict[str, Any], auth: tuple[str, str] | None, error: str
) -> None:
    if auth:
        auth = (auth[0], auth[1].replace("ok", world.secret))
    answer = client.post("/oauth/token", data=form, auth=auth)
    assert answer.json()["error"] == error
    assert answer.status_code == (401 if error == "invalid_client" else 400)
    assert answer.headers["cache-control"] == "no-store"


def test_credentials_may_stand_in_the_body(client: Any, world: Any) -> None:
    form = {
        "grant_type": "client_credentials",
        "client_id": "desk-ha-long",
        "client_secret": world.secret,
    }
    answer = client.post("/oauth/token", data=form)
    assert answer.json()["expires_in"] == 300
    assert answer.json()["token_type"] == "Bearer"


def test_a_stopped_client_is_refused_with_a_token_that_still_lives(desk: Any, world: Any) -> None:
    from warehouse.lookup import stop_client

    assert desk.ask(world.owner).status_code == 200
    stop_client("desk-ha-long")
    answer = desk.ask(world.owner)
    assert answer.status_code == 401
    assert answer.json()["code"] == "client_unknown"
