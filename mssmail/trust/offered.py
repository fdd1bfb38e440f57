"""Which certificates the other side of a TLS handshake offered, also when the handshake failed because of them.

Python hands certificates out only of handshakes that succeed. The hook used here (``SSLContext._msg_callback``, made
for debugging) sees each handshake message; ``tests/trust/test_offered.py`` watches that it goes on doing so.
"""

import ssl
from typing import Final
from weakref import WeakKeyDictionary

_CERTIFICATE: Final = 11  # RFC 8446 §4, HandshakeType; the same number in RFC 5246 §7.4
_HANDSHAKE: Final = 22  # RFC 8446 §5.1, ContentType
_MAX_CERTIFICATES: Final = 16

_offers: "WeakKeyDictionary[ssl.SSLObject, tuple[bytes, ...]]" = WeakKeyDictionary()


def watch_offers(context: ssl.SSLContext) -> None:
    """Remember what is offered in every handshake of this context, as long as its SSLObject lives."""

    def look(connection: ssl.SSLObject, direction: str, version: int, content: int, kind: int, data: bytes) -> None:
        if kind == _CERTIFICATE and content == _HANDSHAKE and direction == "read":
            _offers[connection] = parse_certificate_message(data, has_context=version >= ssl.TLSVersion.TLSv1_3)

    # Past ssl.py's own property, which would make enums of all numbers at each record that ever comes or goes.
    super(ssl.SSLContext, ssl.SSLContext)._msg_callback.__set__(context, look)  # type: ignore[misc]


def find_offer(connection: ssl.SSLObject | None) -> tuple[bytes, ...]:
    """The chain offered, DER, its owner's certificate first; empty when none was, or it did not come to that."""
    return () if connection is None else _offers.get(connection, ())


def find_latest_offer(context: ssl.SSLContext, server_name: str) -> tuple[bytes, ...]:
    """What a server of this name offered last, for whoever has lost the SSLObject with the handshake."""
    found = [offer for each, offer in list(_offers.items()) if _is_with(each, context, server_name)]
    return found[-1] if found else ()


def _is_with(connection: ssl.SSLObject, context: ssl.SSLContext, server_name: str) -> bool:
    return connection.context is context and connection.server_hostname == server_name


def parse_certificate_message(data: bytes, *, has_context: bool) -> tuple[bytes, ...]:
    """The certificates of a Certificate message with its header of 4 octets.

    ``has_context``: as in TLS 1.3 (RFC 8446 §4.4.2), with a request context and extensions; else RFC 5246 §7.4.2.
    What does not fit ends the list: OpenSSL, which reads the same octets, is the one to complain.
    """
    at = 4
    if has_context:
        at += 1 + (data[at] if len(data) > at else 0)
    at += 3  # the length of the list: the message ends with it
    found: list[bytes] = []
    while at + 3 <= len(data) and len(found) < _MAX_CERTIFICATES:
        start, end = at + 3, at + 3 + int.from_bytes(data[at : at + 3])
        if end > len(data) or end == start:
            break
        found.append(data[start:end])
        at = end
        if has_context:
            at += 2 + int.from_bytes(data[at : at + 2])
    return tuple(found)
