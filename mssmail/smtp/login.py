"""The dialogue of AUTH (RFC 4954): reads user and password; whether they hold is asked elsewhere."""

import base64
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from mssmail.core.reply import Reply
from mssmail.smtp.replies import RefusedArgument

Ask = Callable[[str], Awaitable[bytes]]
"""Sends a challenge (already in base64) as ``334`` and gives the line that answers it."""

_USER_CHALLENGE = base64.b64encode(b"Username:").decode()
_PASSWORD_CHALLENGE = base64.b64encode(b"Password:").decode()


@dataclass(frozen=True, slots=True)
class Credentials:
    """What a client claims; the password shows in no log."""

    user: str
    password: str = field(repr=False)


async def read_credentials(mechanism: str, initial: str | None, ask: Ask) -> Credentials:
    """Carry the exchange through; raises RefusedArgument. ``initial`` is the initial response, in base64."""
    if mechanism == "PLAIN":
        return _parse_plain(_decode(initial) if initial is not None else _decode(await _read(ask, "")))
    user = _decode(initial) if initial is not None else _decode(await _read(ask, _USER_CHALLENGE))
    return Credentials(user, _decode(await _read(ask, _PASSWORD_CHALLENGE)))


async def _read(ask: Ask, challenge: str) -> str:
    line = (await ask(challenge)).decode("utf-8")
    if line == "*":  # RFC 4954 §4: the client gives up
        raise RefusedArgument(Reply(501, "5.7.0", "Authentication cancelled"))
    return line


def _decode(text: str) -> str:
    """Base64 of UTF-8 (RFC 4616 §2); ``=`` alone is an empty initial response (RFC 4954 §4)."""
    try:
        return base64.b64decode("" if text == "=" else text, validate=True).decode("utf-8")
    except ValueError as error:
        raise RefusedArgument(Reply(501, "5.5.2", "Cannot decode base64")) from error


def _parse_plain(message: str) -> Credentials:
    """RFC 4616 §2: ``[authzid] NUL authcid NUL passwd``. Nobody may act as somebody else here."""
    fields = message.split("\0")
    if len(fields) != 3:
        raise RefusedArgument(Reply(501, "5.5.2", "Not a PLAIN message"))
    authorised, user, password = fields
    if authorised not in ("", user):
        raise RefusedArgument(Reply(535, "5.7.8", "Signing in for somebody else is not possible"))
    return Credentials(user, password)
