"""CMS messages taken apart and put together again, as no honest program writes them, or as some honest ones do."""

import base64
from collections.abc import Callable

from mssmail.trust import der

HEAD = b"From: Alice <alice@a.test>\r\nTo: bob@b.test\r\nSubject: A result\r\nMIME-Version: 1.0\r\n"
DATA = der.encode_oid("1.2.840.113549.1.7.1")

Change = Callable[[list[bytes]], None]


def wrap_detached(entity: bytes, cms: bytes, head: bytes = HEAD, boundary: str = "s") -> bytes:
    """A multipart/signed with these two parts."""
    mark = boundary.encode()
    start = b'Content-Type: multipart/signed; boundary=%b; protocol="application/pkcs7-signature"\r\n\r\n--%b\r\n'
    part = b"\r\n--%b\r\nContent-Type: application/pkcs7-signature\r\nContent-Transfer-Encoding: base64\r\n\r\n"
    return head + start % (mark, mark) + entity + part % mark + _encode(cms) + b"--%b--\r\n" % mark


def wrap_opaque(cms: bytes, kind: str = "signed-data") -> bytes:
    """An application/pkcs7-mime."""
    head = f"Content-Type: application/pkcs7-mime; smime-type={kind}\r\nContent-Transfer-Encoding: base64\r\n\r\n"
    return HEAD + head.encode() + _encode(cms)


def _encode(cms: bytes) -> bytes:
    """In lines, because openssl reads no long ones."""
    return base64.encodebytes(cms).replace(b"\n", b"\r\n")


def rebuild(cms: bytes, change: Change) -> bytes:
    """The CMS message with the elements of its SignedData changed."""
    start, end = der.expect_tlv(cms, 0, len(cms), der.SEQUENCE)
    oid, content = der.split_elements(cms, start, end, 2)
    start, end = der.expect_tlv(cms, content[2], content[3], der.SEQUENCE)
    elements = [cms[at:stop] for _, at, _, stop in der.split_elements(cms, start, end, 8)]
    change(elements)
    inner = der.encode_tlv(der.CONTEXT_0, der.encode_tlv(der.SEQUENCE, *elements))
    return der.encode_tlv(der.SEQUENCE, cms[oid[1] : oid[3]], inner)


def put_content(content: bytes) -> Change:
    """Give the message this content inside."""

    def put(elements: list[bytes]) -> None:
        octets = der.encode_tlv(der.CONTEXT_0, der.encode_tlv(der.OCTET_STRING, content))
        elements[2] = der.encode_tlv(der.SEQUENCE, DATA, octets)

    return put


def put_signers(*sources: bytes) -> Change:
    """Give the message the signers of all these CMS messages, and their certificates."""

    def pick(cms: bytes, tag: int) -> list[bytes]:
        found: list[bytes] = []
        rebuild(cms, lambda elements: found.extend(each for each in elements if each[0] == tag))
        element = found[-1]
        _, start, end = der.read_tlv(element, 0, len(element))
        return [element[at:stop] for _, at, _, stop in der.split_elements(element, start, end, 9)]

    def put(elements: list[bytes]) -> None:
        elements[-1] = der.encode_set(*(signer for source in sources for signer in pick(source, der.SET)))
        certificates = (each for source in sources for each in pick(source, der.CONTEXT_0))
        elements[3] = der.encode_tlv(der.CONTEXT_0, *sorted(set(certificates)))

    return put


def write_indefinite(cms: bytes, piece: int = 16) -> bytes:
    """The CMS message as streaming programs write it: indefinite lengths outside, the content in pieces."""
    start, end = der.expect_tlv(cms, 0, len(cms), der.SEQUENCE)
    oid, content = der.split_elements(cms, start, end, 2)
    start, end = der.expect_tlv(cms, content[2], content[3], der.SEQUENCE)
    elements = [cms[at:stop] for _, at, _, stop in der.split_elements(cms, start, end, 8)]
    elements[2] = _write_content(elements[2], piece)
    signed_data = _open(der.SEQUENCE, *elements)
    return _open(der.SEQUENCE, cms[oid[1] : oid[3]], _open(der.CONTEXT_0, signed_data))


def _write_content(element: bytes, piece: int) -> bytes:
    start, end = der.expect_tlv(element, 0, len(element), der.SEQUENCE)
    oid, *rest = der.split_elements(element, start, end, 2)
    if not rest:
        return _open(der.SEQUENCE, element[oid[1] : oid[3]])
    at, stop = der.expect_tlv(element, rest[0][2], rest[0][3], der.OCTET_STRING)
    pieces = [der.encode_tlv(der.OCTET_STRING, element[n : min(n + piece, stop)]) for n in range(at, stop, piece)]
    octets = _open(der.OCTET_STRING | 0x20, *pieces)
    return _open(der.SEQUENCE, element[oid[1] : oid[3]], _open(der.CONTEXT_0, octets))


def _open(tag: int, *contents: bytes) -> bytes:
    return bytes((tag, 0x80)) + b"".join(contents) + b"\0\0"
