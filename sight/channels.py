"""The channels that alerts are told by, as the settings name them."""

from collections.abc import Callable, Mapping
from functools import partial

from hub.errors import SettingsError
from hub.settings import Settings, get_settings
from warehouse.alerts import Channel, OpenAlert

Send = Callable[[OpenAlert], None]


def configured_channels(settings: Settings | None = None) -> Mapping[Channel, Send]:
    """Channel -> the function that sends one alert by it; empty when none is named.

    Raises:
        SettingsError: a channel is named by half.
    """
    values = (settings or get_settings()).values
    found: dict[Channel, Send] = {}
    mail_to, smtp = values.get("MOTLAN_ALERT_MAIL_TO"), values.get("MOTLAN_SMTP_URL")
    if bool(mail_to) != bool(smtp):
        message = "Mail needs both MOTLAN_ALERT_MAIL_TO and MOTLAN_SMTP_URL, or neither."
        raise SettingsError(message)
    if mail_to and smtp:
        from sight.mail import Mailbox, send_mail

        sender = values.get("MOTLAN_ALERT_MAIL_FROM", "")
        found["mail"] = partial(send_mail, Mailbox.parse(smtp, mail_to, sender))
    if url := values.get("MOTLAN_ALERT_WEBHOOK_URL"):
        from sight.webhook import Webhook, call_webhook

        secret = values.get("MOTLAN_ALERT_WEBHOOK_SECRET")
        if not secret:
            message = "A webhook is signed: set MOTLAN_ALERT_WEBHOOK_SECRET beside its URL."
            raise SettingsError(message)
        found["webhook"] = partial(call_webhook, Webhook.parse(url, secret))
    return found
