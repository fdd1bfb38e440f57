"""What MAIL and RCPT say beside their addresses, kept to the letter: it goes on with the message, hop after hop.

``NOTIFY``, ``ORCPT``, ``RET`` and ``ENVID`` are of RFC 3461 §4, ``SMTPUTF8`` of RFC 6531 §3.4, ``REQUIRETLS`` of
RFC 8689 §2. A value is held as its sender wrote it, case included (RFC 3461 §5.2.1); what it means is read from it.
The same text is kept in the store, so there is one grammar for both.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Final

from mssmail.errors import BadSyntax

# RFC 3461 §4: xtext = *( xchar / hexchar ); xchar = "!" to "~" but "+" and "="; hexchar = "+" and two capital digits.
_XTEXT = re.compile(r"(?:[!-*,-<>-~]|\+[0-9A-F]{2})*")
_HEXCHAR = re.compile(r"\+([0-9A-F]{2})")
# RFC 3461 §4.2: original-recipient-address = addr-type ";" xtext; addr-type is an atom.
_ADDRESS_TYPE = re.compile(r"[A-Za-z0-9!#$%&'*+/?^_`{|}~.-]+")
# RFC 6533 §3: utf-8-addr-xtext and utf-8-addr-unitext: QUCHAR (no "+", "=" or "\\") and EmbeddedUnicodeChar.
_EMBEDDED = re.compile(r"\\x\{([0-9A-F]{2,6})\}")
_UNITEXT = re.compile(r"(?:[!-*,-<>-\[\]-~\u00a0-\U0010ffff]|\\x\{(?:10|0?[0-9A-F])?[0-9A-F]{2,4}\})+")
_QCHAR = re.compile(r"[!-*,-<>-\[\]-~]")
_PRINTABLE = re.compile(r"[\x20-\x7e]*")

_MAX_ENVID: Final = 100  # RFC 3461 §4.4
_MAX_ORCPT: Final = 500  # RFC 3461 §4.2


class Notice(Enum):
    """What a sender may ask to be told of (RFC 3461 §4.1)."""

    SUCCESS = "SUCCESS"
    FAILURE = "FAILURE"
    DELAY = "DELAY"


def decode_xtext(text: str) -> str:
    """Xtext → what it stands for, printable ASCII only; raises BadSyntax.

    An encoded line end would otherwise become a line of its own in a report (RFC 3461 §4, RFC 3464 §2.2.1).
    """
    if not _XTEXT.fullmatch(text):
        raise BadSyntax("this is no xtext")
    decoded = _HEXCHAR.sub(lambda match: chr(int(match[1], 16)), text)
    if not _PRINTABLE.fullmatch(decoded):
        raise BadSyntax("xtext stands for printable ASCII here")
    return decoded


def encode_xtext(text: str) -> str:
    """Printable ASCII → xtext (RFC 3461 §4); blanks, ``+`` and ``=`` become hexchars."""
    return re.sub(r"[^!-~]|[+=]", lambda match: f"+{ord(match[0]):02X}", text)


def encode_utf8_address(text: str) -> str:
    r"""An international address in ASCII, as utf-8-addr-xtext: ``\x{E9}`` for what is no QCHAR (RFC 6533 §3)."""
    return "".join(each if _QCHAR.fullmatch(each) else f"\\x{{{ord(each):02X}}}" for each in text)


def encode_original(address: str) -> str:
    """The ORCPT of an address to which none was given (RFC 3461 §4.2, RFC 6533 §3)."""
    return f"rfc822;{encode_xtext(address)}" if address.isascii() else f"utf-8;{encode_utf8_address(address)}"


@dataclass(frozen=True, slots=True)
class OriginalRecipient:
    """Whom the author wrote to, before any forwarding: type (``rfc822``, ``utf-8``, …) and address, decoded."""

    type: str
    address: str


@dataclass(frozen=True, slots=True)
class RecipientParameters:
    """Of one RCPT; empty text means: not given."""

    notify: str = ""
    orcpt: str = ""

    def __post_init__(self) -> None:
        words = [word.upper() for word in self.notify.split(",")] if self.notify else []
        known = {notice.value for notice in Notice}
        if words != ["NEVER"] and (not set(words) <= known or len(set(words)) != len(words)):
            raise BadSyntax("NOTIFY is NEVER or a list of SUCCESS, FAILURE and DELAY")
        if self.orcpt:
            _read_original(self.orcpt)

    @property
    def is_never(self) -> bool:
        """Nothing whatever is to be told."""
        return self.notify.upper() == "NEVER"

    def asks_for(self, notice: Notice) -> bool:
        """It was asked for in so many words."""
        return notice.value in self.notify.upper().split(",")

    @property
    def without_success(self) -> "RecipientParameters":
        """The same for a copy of which no success is told: that was done (RFC 3461 §5.2.7)."""
        if not self.asks_for(Notice.SUCCESS):
            return self
        rest = [word for word in self.notify.split(",") if word.upper() != Notice.SUCCESS.value]
        return RecipientParameters(",".join(rest) or "NEVER", self.orcpt)  # nothing at all would ask for failures

    @property
    def original(self) -> OriginalRecipient | None:
        """Whom the author wrote to, when ORCPT says so."""
        return _read_original(self.orcpt) if self.orcpt else None

    def encode(self) -> str:
        """The parameters as they stand behind a path, in a fixed order; empty without any."""
        return _encode({"NOTIFY": self.notify, "ORCPT": self.orcpt})

    def to_ascii(self) -> "RecipientParameters":
        """The same for a hop without SMTPUTF8: only an international ORCPT is written otherwise (RFC 6533 §3)."""
        if self.orcpt.isascii():
            return self
        kind, _, address = self.orcpt.partition(";")
        return RecipientParameters(self.notify, f"{kind};{encode_utf8_address(_decode_utf8_address(address))}")


@dataclass(frozen=True, slots=True)
class MailParameters:
    """Of one MAIL; empty text means: not given. SIZE and BODY are not here: each hop says its own."""

    ret: str = ""
    envid: str = ""
    is_utf8: bool = False
    requires_tls: bool = False

    def __post_init__(self) -> None:
        if self.ret.upper() not in {"", "FULL", "HDRS"}:
            raise BadSyntax("RET is FULL or HDRS")
        if len(self.envid) > _MAX_ENVID:
            raise BadSyntax(f"ENVID has at most {_MAX_ENVID} characters")
        decode_xtext(self.envid)

    @property
    def wants_full(self) -> bool:
        """A failure report is to return the whole message (RFC 3461 §4.3)."""
        return self.ret.upper() == "FULL"

    @property
    def envelope_id(self) -> str:
        """The author's name for this sending, decoded; empty when there is none."""
        return decode_xtext(self.envid)

    def encode(self) -> str:
        """The parameters as they stand behind a path, in a fixed order; empty without any."""
        flags = {"SMTPUTF8": self.is_utf8, "REQUIRETLS": self.requires_tls}
        words = (_encode({"RET": self.ret, "ENVID": self.envid}), *(name for name, holds in flags.items() if holds))
        return " ".join(word for word in words if word)


NO_PARAMETERS: Final = RecipientParameters()
PLAIN_MAIL: Final = MailParameters()


def parse_recipient_parameters(text: str) -> RecipientParameters:
    """What ``RecipientParameters.encode`` wrote; raises BadSyntax."""
    words = _split(text)
    return RecipientParameters(words.pop("NOTIFY", ""), words.pop("ORCPT", "")) if text else NO_PARAMETERS


def parse_mail_parameters(text: str) -> MailParameters:
    """What ``MailParameters.encode`` wrote; raises BadSyntax."""
    words = _split(text)
    if not words:
        return PLAIN_MAIL
    return MailParameters(words.get("RET", ""), words.get("ENVID", ""), "SMTPUTF8" in words, "REQUIRETLS" in words)


def _read_original(orcpt: str) -> OriginalRecipient:
    kind, semicolon, address = orcpt.partition(";")
    if not semicolon or not address or not _ADDRESS_TYPE.fullmatch(kind) or len(orcpt) > _MAX_ORCPT:
        raise BadSyntax(f"ORCPT is a type, a semicolon and an address, at most {_MAX_ORCPT} characters")
    is_utf8 = kind.lower() == "utf-8"
    return OriginalRecipient(kind, _decode_utf8_address(address) if is_utf8 else _decode_address(address))


def _decode_address(text: str) -> str:
    """Xtext of an address; of an international one Postfix 3.7 writes the octets of UTF-8 (seen), so they are read."""
    if not _XTEXT.fullmatch(text):
        raise BadSyntax("this is no xtext")
    octets = _HEXCHAR.sub(lambda match: chr(int(match[1], 16)), text).encode("latin-1")
    try:
        decoded = octets.decode("utf-8")
    except UnicodeDecodeError as error:
        raise BadSyntax("xtext of something that is no UTF-8") from error
    if not decoded.isprintable():
        raise BadSyntax("an address has characters that no address has")
    return decoded


def _decode_utf8_address(text: str) -> str:
    """RFC 6533 §3: either form of a utf-8 address; raises BadSyntax."""
    if not _UNITEXT.fullmatch(text):
        raise BadSyntax("this is no utf-8 address")
    decoded = _EMBEDDED.sub(lambda match: chr(int(match[1], 16)), text)
    if not decoded.isprintable():  # line ends, text direction, half characters
        raise BadSyntax("a utf-8 address has characters that no address has")
    return decoded


def _encode(values: Mapping[str, str]) -> str:
    return " ".join(f"{name}={value}" for name, value in values.items() if value)


def _split(text: str) -> dict[str, str]:
    return {name: value for name, _, value in (word.partition("=") for word in text.split(" ") if word)}
