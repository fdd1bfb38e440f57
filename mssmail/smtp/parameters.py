"""The arguments of MAIL FROM and RCPT TO: a path and its parameters, read strictly.

Ours, because aiosmtpd reads paths with a header parser and turns parameters to upper case, which ruins values that
belong to others. What reaches these functions is printable (``stream.read_line``).
"""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from mssmail.core.address import Address, ReversePath, parse_address
from mssmail.core.parameters import NO_PARAMETERS, PLAIN_MAIL, MailParameters, RecipientParameters
from mssmail.core.reply import Reply
from mssmail.errors import BadSyntax
from mssmail.smtp.replies import RefusedArgument

# RFC 5321 §4.1.2: Path = "<" [ A-d-l ":" ] Mailbox ">"; the source route is read and ignored (RFC 5321 §3.6.1).
_MAILBOX = r'(?:"(?:[^"\\]|\\.)*"|[^\s<>"@]+)@[^\s<>"@]+'
_ROUTE = r"(?:@[^\s<>\"@,:]+(?:,@[^\s<>\"@,:]+)*:)?"
_PATH = re.compile(rf" *<(?:{_ROUTE}({_MAILBOX}))?>(?= |$)")
_POSTMASTER = re.compile(r" *<postmaster>(?= |$)", re.IGNORECASE)
# RFC 5321 §4.1.2: esmtp-param = esmtp-keyword ["=" esmtp-value]
# RFC 6531 §3.3: esmtp-value =/ UTF8-non-ascii
_PARAMETER = re.compile(r"([A-Za-z0-9][A-Za-z0-9-]*)(?:=([\x21-\x3c\x3e-\x7e\u0080-\U0010ffff]+))?")
_SIZE = re.compile(r"\d{1,20}")  # RFC 1870 §3

_MAX_PATH = 256  # RFC 5321 §4.5.3.1.3, punctuation included
_BAD_SENDER = Reply(501, "5.1.7", "Bad sender address syntax")
_BAD_RECIPIENT = Reply(501, "5.1.3", "Bad recipient address syntax")
_NOT_UTF8 = Reply(553, "5.6.7", "Send an international address under SMTPUTF8")  # RFC 6531 §3.5


@dataclass(frozen=True, slots=True)
class MailCommand:
    """MAIL FROM: the reverse path, what concerns this hop alone, and what goes on with the message."""

    reverse_path: ReversePath
    size: int | None = None
    is_8bit: bool = False
    parameters: MailParameters = PLAIN_MAIL


@dataclass(frozen=True, slots=True)
class RecipientCommand:
    """RCPT TO: the recipient, and what goes on with it."""

    recipient: Address
    parameters: RecipientParameters = NO_PARAMETERS


def parse_mail(argument: str, offered: Collection[str]) -> MailCommand:
    """``FROM:<path> [parameters]``; raises RefusedArgument. ``offered`` are the parameters announced in EHLO."""
    path, rest = _split_path(argument, "FROM:", _BAD_SENDER)
    words = _parse_parameters(rest, offered)
    if path is not None and not path.is_ascii and "SMTPUTF8" not in words:
        raise RefusedArgument(_NOT_UTF8)
    size, is_8bit = _read_size(words.get("SIZE")), _read_body(words.get("BODY", "7BIT"))
    return MailCommand(path, size, is_8bit, _read_mail_parameters(words))


def parse_recipient(
    argument: str, postmaster_domain: str, offered: Collection[str] = (), *, is_utf8: bool = False
) -> RecipientCommand:
    """``TO:<path> [parameters]``; raises RefusedArgument. ``is_utf8``: MAIL said SMTPUTF8.

    ``<Postmaster>`` alone is that of our first domain (RFC 5321 §4.5.1).
    """
    after = argument[3:] if argument[:3].upper() == "TO:" else ""
    if postmaster := _POSTMASTER.match(after):
        words = _parse_parameters(after[postmaster.end() :], offered)
        return RecipientCommand(Address("postmaster", postmaster_domain), _read_recipient_parameters(words))
    path, rest = _split_path(argument, "TO:", _BAD_RECIPIENT)
    if path is None:
        raise RefusedArgument(_BAD_RECIPIENT)
    parameters = _read_recipient_parameters(_parse_parameters(rest, offered))
    if not is_utf8 and not (path.is_ascii and parameters.orcpt.isascii()):
        raise RefusedArgument(_NOT_UTF8)
    return RecipientCommand(path, parameters)


def _split_path(argument: str, keyword: str, bad_path: Reply) -> tuple[ReversePath, str]:
    if argument[: len(keyword)].upper() != keyword:
        raise RefusedArgument(Reply(501, "5.5.4", f"Syntax: {keyword}<address>"))
    after = argument[len(keyword) :]
    match = _PATH.match(after)
    if match is None or len(match[0].encode()) > _MAX_PATH:
        raise RefusedArgument(bad_path)
    if match[1] is None:
        # "<@route:>" is no null reverse-path: only "<>" is (RFC 5321 §4.1.2).
        if match[0].strip() != "<>":
            raise RefusedArgument(bad_path)
        return None, after[match.end() :]
    try:
        return parse_address(match[1]), after[match.end() :]
    except BadSyntax as fault:
        raise RefusedArgument(bad_path) from fault


def _parse_parameters(text: str, offered: Collection[str]) -> dict[str, str]:
    """Parameters by upper-case keyword, values as sent. Each at most once, none that was not announced."""
    found: dict[str, str] = {}
    for word in text.split(" "):
        if not word:
            continue
        match = _PARAMETER.fullmatch(word)
        if match is None or match[1].upper() in found:
            raise RefusedArgument(Reply(501, "5.5.4", "Bad parameter syntax"))
        keyword = match[1].upper()
        if keyword not in offered:  # RFC 5321 §4.1.1.11
            raise RefusedArgument(Reply(555, "5.5.4", f"Parameter {keyword[:40]} is not supported"))
        found[keyword] = match[2] or ""
    return found


def _read_mail_parameters(words: Mapping[str, str]) -> MailParameters:
    if not words.get("RET", "RET") or not words.get("ENVID", "ENVID"):
        raise RefusedArgument(Reply(501, "5.5.4", "RET and ENVID have a value"))
    if words.get("SMTPUTF8") or words.get("REQUIRETLS"):  # RFC 6531 §3.4, RFC 8689 §2
        raise RefusedArgument(Reply(501, "5.5.4", "SMTPUTF8 and REQUIRETLS have no value"))
    try:
        return MailParameters(
            words.get("RET", ""),
            words.get("ENVID", ""),
            is_utf8="SMTPUTF8" in words,
            requires_tls="REQUIRETLS" in words,
        )
    except BadSyntax as fault:
        raise RefusedArgument(Reply(501, "5.5.4", str(fault))) from fault


def _read_recipient_parameters(words: Mapping[str, str]) -> RecipientParameters:
    if not words.get("NOTIFY", "NOTIFY") or not words.get("ORCPT", "ORCPT"):
        raise RefusedArgument(Reply(501, "5.5.4", "NOTIFY and ORCPT have a value"))
    try:
        return RecipientParameters(words.get("NOTIFY", ""), words.get("ORCPT", ""))
    except BadSyntax as fault:
        raise RefusedArgument(Reply(501, "5.5.4", str(fault))) from fault


def _read_size(value: str | None) -> int | None:
    if value is None:
        return None
    if not _SIZE.fullmatch(value):
        raise RefusedArgument(Reply(501, "5.5.4", "SIZE is a number of octets"))
    return int(value)


def _read_body(value: str) -> bool:
    """RFC 6152 §2."""
    if value.upper() not in {"7BIT", "8BITMIME"}:
        raise RefusedArgument(Reply(501, "5.5.4", "BODY is 7BIT or 8BITMIME"))
    return value.upper() == "8BITMIME"
