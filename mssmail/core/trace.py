"""What we write above a message, beside its bytes: Return-Path, Authentication-Results, Received; and ids.

Everything that came from outside (host names, addresses, certificate names, reasons) is turned into characters that
cannot end a field: a prefix never carries a CR, LF or other control character beyond its own folding.
"""

import re
import secrets
import time
from collections.abc import Iterable
from datetime import datetime, tzinfo
from email.utils import format_datetime
from functools import lru_cache
from ipaddress import IPv6Address, ip_address
from typing import assert_never

from mssmail.core.address import Address, ReversePath
from mssmail.core.envelope import Envelope
from mssmail.core.verdict import Altered, Encrypted, Trusted, Undetermined, Unsigned, Untrusted, Verdict

_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"
_TRIPLES = len(_DIGITS) ** 3
_LINE = 78  # RFC 5322 §2.1.1, characters of a line that should not be exceeded
_LONGEST_VALUE = 900  # a single value must fit a line of 998 (RFC 5322 §2.1.1) even where it cannot be folded
_LONGEST_ADDRESS = 320  # RFC 5321 §4.5.3.1: 64 octets, @, 255; quoting at most doubles it
_TOKEN = re.compile(r"[!#$%&'*+.0-9A-Z^_`a-z{|}~-]+")  # RFC 2045 §5.1
_ATOMS = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]+")
_HELO = re.compile(r"[A-Za-z0-9._-]{1,255}|\[[A-Za-z0-9.:-]{1,253}\]")


def build_id() -> str:
    """An id for one transaction, 18 characters of 0-9 and a-z; ids sort by the millisecond they were made in."""
    return _encode_number(time.time_ns() // 1_000_000) + _encode_number(secrets.randbelow(_TRIPLES**3))


def _encode_number(number: int) -> str:
    """Nine digits."""
    rest, last = divmod(number, _TRIPLES)
    first, middle = divmod(rest, _TRIPLES)
    return _encode_triple(first % _TRIPLES) + _encode_triple(middle) + _encode_triple(last)


@lru_cache(4_096)
def _encode_triple(number: int) -> str:
    rest, last = divmod(number, 36)
    return _DIGITS[rest // 36] + _DIGITS[rest % 36] + _DIGITS[last]


def build_prefix(envelope: Envelope, verdict: Verdict | None, server_name: str, part: str = "") -> bytes:
    """All that stands above a delivered message. ``verdict`` is None when nothing was examined."""
    return (
        build_return_path(envelope.reverse_path)
        + build_results(verdict, server_name, part, envelope.login)
        + build_received(envelope, server_name)
    )


def build_return_path(reverse_path: ReversePath) -> bytes:
    """The Return-Path field of final delivery (RFC 5321 §4.4)."""
    return f"Return-Path: <{reverse_path or ''}>\r\n".encode()  # UTF-8 where the address is (RFC 6532 §3.2)


def build_delivered_to(trail: Iterable[Address]) -> bytes:
    """Delivered-To fields (RFC 9228 §3) for the addresses of ours that a copy came by, the last one first.

    Each copy bears its own: one for several recipients would tell each of the others.
    """
    return "".join(f"Delivered-To: {address}\r\n" for address in trail).encode()


def insert_trail(prefix: bytes, trail: Iterable[Address]) -> bytes:
    """A prefix with these Delivered-To fields below its Return-Path, which stays first (RFC 5321 §4.4)."""
    line_end = prefix.find(b"\r\n") + 2 if prefix.startswith(b"Return-Path:") else 0  # always one line
    return prefix[:line_end] + build_delivered_to(trail) + prefix[line_end:]


def build_results(verdict: Verdict | None, server_name: str, part: str = "", login: Address | None = None) -> bytes:
    """The Authentication-Results field (RFC 8601 §2.2): the signature's verdict (RFC 7281 §3), the login if any.

    ``part`` is the IMAP number of the part that holds the signature.
    """
    words = [f"{_encode_value(server_name)};", *_build_smime(verdict, part)]
    if login is not None:  # RFC 8601 §2.7.4
        words[-1] += ";"
        words += ["auth=pass", f"smtp.auth={_encode_login(login)}"]
    return _fold("Authentication-Results:", words)


def _build_smime(verdict: Verdict | None, part: str) -> list[str]:
    if verdict is None:
        return ["smime=none", _encode_comment("not examined")]
    result, reason = _find_result(verdict)
    words = [f"smime={result}"]
    if reason:
        words.append(_encode_comment(reason))
    signer = verdict.signer
    if signer is None:
        return words
    if signer.emails:
        words.append(f"body.smime-identifier={_encode_pvalue(signer.emails[0])}")
    issuer = _encode_issuer(signer.issuer)
    if len(issuer) <= _LONGEST_VALUE:  # RFC 7281 §3.2.3: serial and issuer stand together or not at all
        words += [f"body.smime-serial={signer.serial}", f"body.smime-issuer={issuer}"]
    if part:
        words.append(f"body.smime-part={_encode_value(part)}")
    return words


@lru_cache(256)
def _encode_issuer(issuer: str) -> str:
    return _encode_value(_escape_name(issuer))


def _find_result(verdict: Verdict) -> tuple[str, str]:
    """The result word of RFC 7281 §3.1 and why. Doubt on our side may pass later: temperror."""
    match verdict.summary:
        case Unsigned():
            return "none", ""
        case Encrypted():
            return "none", "encrypted"
        case Trusted():
            return "pass", ""
        case Altered(cause) | Untrusted(cause):
            return "fail", cause
        case Undetermined(cause):
            return "temperror", cause
        case unreachable:
            assert_never(unreachable)


def build_received(envelope: Envelope, server_name: str) -> bytes:
    """The Received field of this hop (RFC 5321 §4.4), with the TLS suite as RFC 8314 §4.3 registers it."""
    peer = envelope.peer
    words = ["from", _encode_helo(peer.helo), _encode_address(peer.address), "by", _encode_helo(server_name)]
    words += ["with", _find_protocol(envelope), "id", envelope.id]
    if len(envelope.recipients) == 1:  # several would tell each of the others (RFC 5321 §7.2)
        words += ["for", f"<{envelope.recipients[0]}>"]
    if peer.tls is not None:
        words += ["tls", _encode_helo(peer.tls.cipher), _encode_comment(peer.tls.version)]
    words[-1] += ";"
    at = envelope.received_at
    return _fold("Received:", [*words, _format_second(at.replace(microsecond=0), at.tzinfo)])


@lru_cache(16)
def _format_second(at: datetime, _zone: tzinfo | None) -> str:
    """The zone is part of the question: two moments are equal in any."""
    return format_datetime(at)


def _find_protocol(envelope: Envelope) -> str:
    """The "with" keyword (RFC 3848; RFC 6531 §4.3)."""
    return (
        ("UTF8SMTP" if envelope.parameters.is_utf8 else "ESMTP")
        + ("S" if envelope.peer.tls else "")
        + ("A" if envelope.login else "")
    )


def _encode_helo(name: str) -> str:
    return name if _HELO.fullmatch(name) else "unknown"


@lru_cache(1_024)
def _encode_address(text: str) -> str:
    """The TCP-info of RFC 5321 §4.4: what the socket says, not the peer."""
    try:
        address = ip_address(text.partition("%")[0])
    except ValueError:  # no IP socket
        return "(unknown)"
    return f"([IPv6:{address}])" if isinstance(address, IPv6Address) else f"([{address}])"


def _encode_value(text: str) -> str:
    """A value of RFC 8601 §2.2: a token, or a quoted string."""
    if _TOKEN.fullmatch(text):
        return text
    return '"' + re.sub(r'(["\\])', r"\\\1", _blank_controls(text)) + '"'


def _encode_pvalue(text: str) -> str:
    """An address as RFC 8601 §2.2 writes it; whatever is not one plain address is quoted."""
    text = text[:_LONGEST_ADDRESS]
    local, _, domain = text.partition("@")
    if _ATOMS.fullmatch(local) and _TOKEN.fullmatch(domain):
        return text
    return _encode_value(text)


def _encode_login(login: Address) -> str:
    """An account of ours stays itself when it is international (RFC 6532 §3.2): no foreign text, and printable."""
    if login.is_ascii:
        return _encode_pvalue(str(login))
    return '"' + re.sub(r'(["\\])', r"\\\1", f"{login.local}@{login.domain}") + '"'


def _encode_comment(text: str) -> str:
    """A comment (RFC 5322 §3.2.2) that nests nothing and ends nothing."""
    return "(" + re.sub(r"[()\\]", "", _blank_controls(text))[:_LONGEST_VALUE] + ")"


def _blank_controls(text: str) -> str:
    """Printable ASCII, runs of blanks as one: a fold inside a run would leave a line of blanks (RFC 5322 §3.2.2)."""
    return re.sub(r" {2,}", " ", re.sub(r"[^\x20-\x7e]", "?", text))


def _escape_name(name: str) -> str:
    r"""An RFC 4514 name in ASCII: other characters as ``\XX`` of their UTF-8 octets (RFC 4514 §2.4)."""
    return re.sub(r"[^\x20-\x7e]", lambda match: "".join(f"\\{octet:02X}" for octet in match[0].encode()), name)


def _fold(name: str, words: Iterable[str]) -> bytes:
    """A field of these words in lines of at most 78 characters, folded at blanks (RFC 5322 §2.2.3).

    A blank inside a quoted string or comment may be folded too: unfolding gives it back.
    """
    lines = [name]
    for word in " ".join(words).split(" "):
        if len(lines[-1]) + 1 + len(word) > _LINE and lines[-1].strip():
            lines.append("")
        lines[-1] += f" {word}"
    return "".join(f"{line}\r\n" for line in lines).encode()
