"""Mail addresses: a local part and a domain, checked when made. Local parts may be international (RFC 6531 §3.3).

``<>`` exists only on the wire; inside it is ``None`` (``ReversePath``).
"""

import re
from dataclasses import dataclass

from mssmail.core.composition import normalise_text
from mssmail.errors import BadSyntax

# atext of RFC 5322 §3.2.3 and UTF8-non-ascii (RFC 6531 §3.3); dots between atoms (RFC 5321 §4.1.2, Dot-string).
_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~\u0080-\U0010ffff-]+"
_DOT_STRING = re.compile(rf"{_ATOM}(?:\.{_ATOM})*")
_LABEL = re.compile(r"(?!-)[a-z0-9-]{1,63}(?<!-)")
# qtextSMTP / quoted-pairSMTP of RFC 5321 §4.1.2: printable ASCII and blank; UTF8-non-ascii is qtext (RFC 6531 §3.3).
_QUOTED = re.compile(r'"((?:[\x20\x21\x23-\x5b\x5d-\x7e\u0080-\U0010ffff]|\\[\x20-\x7e])*)"')
_MAX_LOCAL = 64  # octets, RFC 5321 §4.5.3.1.1


def normalise_domain(text: str) -> str:
    """A domain as lower-case A-labels (RFC 5890 §2.3.2.1); raises BadSyntax when it cannot be one."""
    name = text.strip().rstrip(".").lower()
    if not name.isascii():
        try:
            name = name.encode("idna").decode("ascii")
        except UnicodeError as error:
            raise BadSyntax("the domain is not a valid international name") from error
    labels = name.split(".")
    if len(name) > 253 or not all(_LABEL.fullmatch(label) for label in labels):
        raise BadSyntax("the domain is not a host name")
    return name


@dataclass(frozen=True, slots=True)
class Address:
    """``local@domain``: the local part without quoting, case kept; the domain as lower-case A-labels."""

    local: str
    domain: str

    def __post_init__(self) -> None:
        # What people cannot see (line ends, text direction, half characters) is in no name (RFC 5198 §2).
        if not self.local.isprintable() or not 0 < len(self.local.encode()) <= _MAX_LOCAL:
            raise BadSyntax("the local part is empty, too long, or holds what cannot be printed")
        if normalise_domain(self.domain) != self.domain:
            raise BadSyntax("the domain is not in normal form")

    @property
    def key(self) -> str:
        """What two spellings of one mailbox share here: local parts are compared without regard to case, composed.

        Composed (NFC) and not simplified further, or lookalikes would share a mailbox (RFC 6532 §3.1).
        """
        return f"{normalise_text('NFC', self.local).lower()}@{self.domain}"

    @property
    def is_ascii(self) -> bool:
        """Any server can be told of it; others only under SMTPUTF8."""
        return self.local.isascii()

    def __str__(self) -> str:
        """The address as RFC 5321 §4.1.2 and RFC 6531 §3.3 write a Mailbox, quoted where it must be."""
        if _DOT_STRING.fullmatch(self.local):
            return f"{self.local}@{self.domain}"
        escaped = self.local.replace("\\", "\\\\").replace('"', '\\"')
        return f'"{escaped}"@{self.domain}'


ReversePath = Address | None


def parse_address(text: str) -> Address:
    """An address from ``local@domain``; raises BadSyntax on anything else, control characters above all."""
    local, at, domain = text.rpartition("@")
    if not at:
        raise BadSyntax("an address has an @")
    if _DOT_STRING.fullmatch(local):
        return Address(local, normalise_domain(domain))
    quoted = _QUOTED.fullmatch(local)
    if quoted is None:
        raise BadSyntax("the local part is neither a dot-string nor a quoted string")
    return Address(re.sub(r"\\(.)", r"\1", quoted[1]), normalise_domain(domain))
