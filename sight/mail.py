"""Alerts by mail, over SMTP."""

import smtplib
import ssl
from dataclasses import dataclass, field
from email.errors import MessageError
from email.message import EmailMessage
from email.utils import format_datetime
from typing import Final
from urllib.parse import unquote, urlsplit

from hub.alerts import KINDS
from hub.errors import SettingsError
from warehouse.alerts import NotToldError, OpenAlert

_PORTS: Final = {"smtp": 587, "smtps": 465}
_SECONDS: Final = 10.0


@dataclass(frozen=True)
class Mailbox:
    """The mail server, the login at it, and who writes to whom."""

    scheme: str
    host: str
    port: int
    user: str
    password: str = field(repr=False)
    sender: str
    to: tuple[str, ...]

    @classmethod
    def parse(cls, url: str, to: str, sender: str = "") -> "Mailbox":
        """Read ``smtp[s]://user:password@host:port`` and addresses set apart by commas.

        Raises:
            SettingsError: the URL is none, or nobody is named.
        """
        parts = urlsplit(url)
        addresses = tuple(name.strip() for name in to.split(",") if name.strip())
        if parts.scheme not in _PORTS or not parts.hostname or not addresses:
            message = "MOTLAN_SMTP_URL is smtp://user:password@host:587, or smtps://…:465."
            raise SettingsError(message)
        user = unquote(parts.username or "")
        return cls(
            scheme=parts.scheme,
            host=parts.hostname,
            port=parts.port or _PORTS[parts.scheme],
            user=user,
            password=unquote(parts.password or ""),
            sender=sender or (user if "@" in user else f"motlan@{parts.hostname}"),
            to=addresses,
        )


def send_mail(mailbox: Mailbox, alert: OpenAlert) -> None:
    """Send one alert; its Message-ID is the same each time, so that a copy can be told.

    A password goes over TLS only: by ``smtps``, or by STARTTLS, which is used where it is offered.

    Raises:
        NotToldError: the server did not take it.
    """
    try:
        with _connect(mailbox) as server:
            if mailbox.user:
                server.login(mailbox.user, mailbox.password)
            server.send_message(write_mail(mailbox, alert))
    except (OSError, smtplib.SMTPException, MessageError) as error:
        message = f"Mail server {mailbox.host}:{mailbox.port}: {type(error).__name__}."
        raise NotToldError(message) from None


def write_mail(mailbox: Mailbox, alert: OpenAlert) -> EmailMessage:
    """The mail that tells one alert."""
    place = f"batch {alert.batch_id} of {alert.stream}" if alert.batch_id else alert.stream
    mail = EmailMessage()
    mail["Subject"] = f"[Motlan] {KINDS[alert.kind].means}: {place or alert.source}"
    mail["From"] = mailbox.sender
    mail["To"] = ", ".join(mailbox.to)
    mail["Date"] = format_datetime(alert.opened_at)
    mail["Message-ID"] = f"<alert-{alert.alert_id}-{alert.opened_at:%Y%m%d%H%M%S}@motlan>"
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content(
        f"What happened: {alert.what}\n\n"
        f"What to do: {alert.todo}\n\n"
        f"Since: {alert.opened_at.isoformat(timespec='seconds')}\n"
        f"It closes by itself {KINDS[alert.kind].closes}; `motlan status` lists what is open.\n"
    )
    return mail


def _connect(mailbox: Mailbox) -> smtplib.SMTP:
    context = ssl.create_default_context()
    place = (mailbox.host, mailbox.port)
    if mailbox.scheme == "smtps":
        return smtplib.SMTP_SSL(*place, timeout=_SECONDS, context=context)
    server = smtplib.SMTP(*place, timeout=_SECONDS)
    try:
        _secure(server, mailbox, context)
    except BaseException:
        server.close()
        raise
    return server


def _secure(server: smtplib.SMTP, mailbox: Mailbox, context: ssl.SSLContext) -> None:
    """Go over to TLS where the server offers it; a password needs it."""
    server.ehlo()
    if server.has_extn("starttls"):
        server.starttls(context=context)
    elif mailbox.user:
        message = f"Mail server {mailbox.host} offers no TLS; a password is not sent to it."
        raise NotToldError(message)
