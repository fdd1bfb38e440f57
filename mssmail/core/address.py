"""Mail addresses: a local part and a domain, checked when made.

``<>`` exists only on the wire; inside it is ``None`` (``ReversePath``).
"""

import re
from dataclasses import dataclass

from mssmail.errors import BadSyntax

# atext of RFC 5322 §3.2.3; dots between atoms (RFC 5321 §4.1.2, Dot-string).
_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_DOT_STRING = re.compile(rf"{_ATOM}(?:\.{_ATOM})*")
_LABEL = re.compile(r"(?!-)[a-z0-9-]{1,63}(?<!-)")
# qtextSMTP / quoted-pairSMTP of RFC 5321 §4.1.2: printable ASCII and blank only.
_QUOTED = re.compile(r'"((?:[\x20\x21\x23-\x5b\x5d-\x7e]|\\[\x20-\x7e])*)"')
_PRINTABLE = re.compile(r"[\x20-\x7e]+")


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
        if not self.local or len(self.local) > 64 or not _PRINTABLE.fullmatch(self.local):
            raise BadSyntax("the local part is empty, too long, or holds more than printable ASCII")
        if normalise_domain(self.domain) != self.domain:
            raise BadSyntax("the domain is not in normal form")

    @property
    def key(self) -> str:
        """What two spellings of one mailbox share here: we compare local parts without regard to ASCII case."""
        return f"{self.local.lower()}@{self.domain}"

    def __str__(self) -> str:
        """The address as RFC 5321 §4.1.2 writes a Mailbox, quoted where it must be."""
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
