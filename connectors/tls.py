"""What was wrong with the other side's certificate, in words that hold no value of a row."""

import re
import ssl
from typing import Final

_REFUSED: Final = (
    (re.compile(r"certificate verify failed"), "its certificate is refused"),
    (re.compile(r"does not match host name"), "its certificate is for another host"),
    (re.compile(r"server does not support SSL"), "it does not speak TLS"),
    (re.compile(r"root certificate file .* does not exist"), "no root certificate is at hand"),
)
"""libpq's words -> ours."""


def refused_certificate(error: BaseException | None) -> str | None:
    """Why a certificate was refused, if that is what is behind an error of Python's."""
    while error is not None:
        if isinstance(error, ssl.SSLCertVerificationError):
            return f"its certificate is refused ({error.verify_message.rstrip('.')})"
        error = error.__cause__ or error.__context__
    return None


def refused_line(text: str) -> str | None:
    """Why libpq did not go on with a line, if that was for its certificate."""
    return next((words for pattern, words in _REFUSED if pattern.search(text)), None)
