"""Open alerts are told once by each channel, and a channel that fails is tried again later."""

import base64
import hashlib
import hmac
import ssl
import time
from concurrent.futures import ThreadPoolExecutor
from email import message_from_bytes, policy
from pathlib import Path

import pytest
import trustme

import sight.telling
from hub.alerts import alert_of_failure, alert_of_parking
from hub.errors import SettingsError
from sight.telling import Told, tell_alerts, tell_soon
from warehouse.alerts import open_alone

from ..dashboard.conftest import Ledger
from .conftest import STREAM, Received, smtp_receiver

SECRET = "whsec_" + base64.b64encode(b"a key of the test").decode()


@pytest.fixture
def alert_id(ledger: Ledger) -> int:
    """An open alert: a parked batch."""
    batch = ledger.batch(STREAM, state="parked", read=3)
    return open_alone(
        alert_of_parking(STREAM, batch, ["deletes"], f"Batch {batch} would delete 2 rows.")
    )


@pytest.fixture
def hooked(web: Received, monkeypatch: pytest.MonkeyPatch) -> Received:
    """A webhook that the settings name."""
    monkeypatch.setenv("MOTLAN_ALERT_WEBHOOK_URL", f"{web.url}/alerts")
    monkeypatch.setenv("MOTLAN_ALERT_WEBHOOK_SECRET", SECRET)
    return web


@pytest.fixture
def mailed(post_office: Received, monkeypatch: pytest.MonkeyPatch) -> Received:
    """A mail server that the settings name."""
    monkeypatch.setenv("MOTLAN_SMTP_URL", f"smtp://127.0.0.1:{post_office.port}")
    monkeypatch.setenv("MOTLAN_ALERT_MAIL_TO", "night@example.org, day@example.org")
    monkeypatch.setenv("MOTLAN_ALERT_MAIL_FROM", "hub@example.org")
    return post_office


@pytest.mark.usefixtures("alert_id")
def test_without_a_channel_nobody_is_told_and_nothing_fails() -> None:
    assert tell_alerts() == Told(0, 0)


def test_a_webhook_gets_an_alert_once_signed_with_what_to_do(
    hooked: Received, alert_id: int
) -> None:
    assert tell_alerts() == Told(1, 0)
    assert tell_alerts() == Told(0, 0)
    (document,), (head,), (body,) = hooked.documents(), hooked.heads, hooked.bodies
    assert document["type"] == "motlan.alert.brake"
    assert document["data"]["alert_id"] == alert_id
    assert document["data"]["what"] == f"Batch {document['data']['batch_id']} would delete 2 rows."
    assert "two stewards release it" in document["data"]["do"]
    signed = f"{head['webhook-id']}.{head['webhook-timestamp']}.".encode() + body
    proof = hmac.new(b"a key of the test", signed, hashlib.sha256).digest()
    assert head["webhook-signature"] == "v1," + base64.b64encode(proof).decode()
    assert head["idempotency-key"] == head["webhook-id"]


def test_a_mail_says_what_happened_and_what_to_do(mailed: Received, alert_id: int) -> None:
    assert tell_alerts() == Told(1, 0)
    (body,) = mailed.bodies
    mail = message_from_bytes(body, policy=policy.default)
    assert mail["Subject"].startswith("[Motlan] a batch would change too much: batch ")
    assert (mail["From"], mail["To"]) == ("hub@example.org", "night@example.org, day@example.org")
    assert mail["Message-ID"].startswith(f"<alert-{alert_id}-")
    text = mail.get_content()
    assert "What happened: Batch" in text
    assert "What to do: `motlan sync release --list` shows batch" in text
    recipients = [said for said in mailed.said if said.lower().startswith("rcpt")]
    assert len(recipients) == 2


def test_a_channel_that_fails_holds_back_no_other_and_is_tried_again(
    hooked: Received, mailed: Received, ledger: Ledger, alert_id: int
) -> None:
    hooked.status = 503
    assert tell_alerts() == Told(1, 1)
    assert tell_alerts() == Told(0, 0)  # not before its time
    assert (len(mailed.bodies), len(hooked.bodies)) == (1, 1)
    row = "SELECT attempts, error FROM sync.alert_told WHERE channel = 'webhook'"
    assert ledger.run(row) == (1, "The webhook at 127.0.0.1 answered 503.")
    hooked.status = 200
    ledger.run("UPDATE sync.alert_told SET next_try_at = now() WHERE channel = 'webhook'")
    assert tell_alerts() == Told(1, 0)
    assert len({head["webhook-id"] for head in hooked.heads}) == 1
    assert len(mailed.bodies) == 1


def test_a_mail_server_that_refuses_is_tried_again(
    mailed: Received, ledger: Ledger, alert_id: int
) -> None:
    mailed.status = 451
    assert tell_alerts() == Told(0, 1)
    assert mailed.bodies == []
    (error,) = ledger.run("SELECT error FROM sync.alert_told")
    assert error.endswith("SMTPRecipientsRefused.")


def test_what_is_over_before_anybody_was_told_is_told_to_nobody(
    hooked: Received, ledger: Ledger, alert_id: int
) -> None:
    ledger.run("UPDATE sync.batch SET state = 'overtaken'")
    assert tell_alerts() == Told(0, 0)
    assert hooked.bodies == []


def test_several_processes_that_tell_at_once_tell_each_alert_once(
    hooked: Received, ledger: Ledger
) -> None:
    for number in range(8):
        open_alone(alert_of_failure(f"vehicle.car{number}", "It failed."))
    with ThreadPoolExecutor(4) as pool:
        told = list(pool.map(lambda _: tell_alerts(), range(4)))
    assert sum(done.told for done in told) == 8
    assert len({head["webhook-id"] for head in hooked.heads}) == len(hooked.heads) == 8


def test_a_password_is_not_sent_to_a_mail_server_without_tls(
    mailed: Received, ledger: Ledger, alert_id: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MOTLAN_SMTP_URL", f"smtp://hub:pass@127.0.0.1:{mailed.port}")
    assert tell_alerts() == Told(0, 1)
    assert not any("AUTH" in said.upper() for said in mailed.said)


@pytest.mark.parametrize("trusted", [True, False])
@pytest.mark.usefixtures("alert_id")
def test_a_password_goes_to_a_server_whose_certificate_is_trusted_and_to_no_other(
    trusted: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    authority, context = trustme.CA(), ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    (authority if trusted else trustme.CA()).cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
    with smtp_receiver(context) as server:
        monkeypatch.setenv("MOTLAN_SMTP_URL", f"smtps://hub%40x.org:a%2Fb@127.0.0.1:{server.port}")
        monkeypatch.setenv("MOTLAN_ALERT_MAIL_TO", "night@example.org")
        assert tell_alerts() == (Told(1, 0) if trusted else Told(0, 1))
    login = base64.b64encode(b"\0hub@x.org\0a/b").decode()
    assert (f"AUTH PLAIN {login}" in server.said) == trusted
    assert len(server.bodies) == int(trusted)


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"MOTLAN_ALERT_MAIL_TO": "a@example.org"}, "both"),
        ({"MOTLAN_ALERT_WEBHOOK_URL": "https://example.org"}, "MOTLAN_ALERT_WEBHOOK_SECRET"),
        (
            {"MOTLAN_ALERT_WEBHOOK_URL": "ftp://x", "MOTLAN_ALERT_WEBHOOK_SECRET": "s"},
            "not an http",
        ),
        ({"MOTLAN_ALERT_MAIL_TO": "a@example.org", "MOTLAN_SMTP_URL": "example.org"}, "smtp://"),
    ],
)
def test_a_channel_named_by_half_is_refused_but_no_run_fails_by_it(
    settings: dict[str, str], said: str, ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError, match=said):
        tell_alerts()
    tell_soon()


def test_a_run_is_not_held_up_by_a_channel_that_hangs(
    alert_id: int, silence: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sight.telling, "_SECONDS", 0.2)
    monkeypatch.setenv("MOTLAN_ALERT_WEBHOOK_URL", f"http://127.0.0.1:{silence}/")
    monkeypatch.setenv("MOTLAN_ALERT_WEBHOOK_SECRET", SECRET)
    began = time.monotonic()
    tell_soon()
    assert 0.2 <= time.monotonic() - began < 2
