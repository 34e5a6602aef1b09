"""Alerts by webhook: signed as the Standard Webhooks specification has it (standardwebhooks.com).

The receiver knows by ``webhook-id`` an alert that it has got already, and by
``webhook-signature`` that it comes from this hub: HMAC-SHA256 over ``id.timestamp.body``.
"""

import base64
import binascii
import hashlib
import hmac
import json
import time
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import urlsplit

import httpx

from hub.alerts import KINDS
from hub.errors import SettingsError
from warehouse.alerts import NotToldError, OpenAlert

_SECONDS: Final = 5.0
_PREFIX: Final = "whsec_"


@dataclass(frozen=True)
class Webhook:
    """Where alerts are posted to, and the key that signs them."""

    url: str = field(repr=False)
    key: bytes = field(repr=False)
    host: str = ""

    @classmethod
    def parse(cls, url: str, secret: str) -> "Webhook":
        """The secret is ``whsec_`` and base64, as receivers hand it out, or any other text.

        Raises:
            SettingsError: the URL is none, or the secret is not base64.
        """
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            message = "MOTLAN_ALERT_WEBHOOK_URL is not an http or https address."
            raise SettingsError(message)
        key = secret.encode()
        if secret.startswith(_PREFIX):
            try:
                key = base64.b64decode(secret.removeprefix(_PREFIX), validate=True)
            except binascii.Error:
                message = "MOTLAN_ALERT_WEBHOOK_SECRET is not base64 after whsec_."
                raise SettingsError(message) from None
        return cls(url, key, parts.hostname)


def call_webhook(webhook: Webhook, alert: OpenAlert) -> None:
    """Post one alert; its id is the same each time, so that a copy can be told.

    Raises:
        NotToldError: nobody answered in time, or not with success.
    """
    body = json.dumps(_content(alert), ensure_ascii=False, sort_keys=True).encode()
    name = f"motlan_alert_{alert.alert_id}_{alert.opened_at:%Y%m%d%H%M%S}"
    headers = {
        "Content-Type": "application/json; charset=utf-8",
        "Idempotency-Key": name,
        **sign(webhook.key, name, int(time.time()), body),
    }
    try:
        answer = httpx.post(webhook.url, content=body, headers=headers, timeout=_SECONDS)
    except httpx.HTTPError as error:
        message = f"The webhook at {webhook.host} did not answer: {type(error).__name__}."
        raise NotToldError(message) from None
    if not answer.is_success:
        message = f"The webhook at {webhook.host} answered {answer.status_code}."
        raise NotToldError(message)


def sign(key: bytes, name: str, timestamp: int, body: bytes) -> dict[str, str]:
    """The three headers by which a receiver proves a message."""
    signed = b".".join((name.encode(), str(timestamp).encode(), body))
    proof = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    return {
        "webhook-id": name,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": f"v1,{proof}",
    }


def _content(alert: OpenAlert) -> dict[str, object]:
    return {
        "type": f"motlan.alert.{alert.kind}",
        "timestamp": alert.opened_at.isoformat(),
        "data": {
            "alert_id": alert.alert_id,
            "kind": alert.kind,
            "means": KINDS[alert.kind].means,
            "source": alert.source,
            "stream": alert.stream,
            "batch_id": alert.batch_id,
            "what": alert.what,
            "do": alert.todo,
            "opened_at": alert.opened_at.isoformat(),
        },
    }
