from functools import cache

import pytest
from asn1crypto import cms
from hypothesis import given
from hypothesis import strategies as st

from mssmail.errors import BadSyntax
from mssmail.smime.sign import encode_signature
from mssmail.smime.signed_data import (
    DATA,
    SIGNED_DATA,
    parse_attributes,
    parse_signed_data,
    read_content_type,
)
from mssmail.trust import der
from tests.support.pki import build_pki
from tests.support.shared import shared_file
from tests.support.signed_mail import ALICE, signing_key


@cache
def _sign() -> bytes:
    pki = build_pki()
    return encode_signature(b"entity", signing_key(pki.make_person(ALICE)), pki.now)


def test_reads_what_asn1crypto_reads() -> None:
    raw = _sign()
    mine, theirs = parse_signed_data(raw), cms.ContentInfo.load(raw)["content"]
    assert (mine.content_type, mine.content) == (DATA, None)
    assert set(mine.certificates) == {each.chosen.dump() for each in theirs["certificates"]}
    (signer,), (other,) = mine.signers, theirs["signer_infos"]
    assert signer.issuer == other["sid"].chosen["issuer"].dump()
    assert signer.serial == other["sid"].chosen["serial_number"].native
    assert signer.signed_attributes == other["signed_attrs"].untag().dump()
    assert signer.signature == other["signature"].native
    assert signer.digest == other["digest_algorithm"].dump()
    assert signer.algorithm == other["signature_algorithm"].dump()


@pytest.mark.parametrize(
    ("name", "certificates", "signers", "has_content"),
    [("4.1", 1, 1, True), ("4.3", 1, 1, False), ("4.4", 3, 1, True), ("4.6", 2, 2, True), ("4.11", 2, 0, False)],
)
def test_reads_the_examples_of_rfc_4134(name: str, certificates: int, signers: int, *, has_content: bool) -> None:
    signed = parse_signed_data(shared_file("data", "mail", "rfc4134", f"{name}.bin").read_bytes())
    assert (len(signed.certificates), len(signed.signers)) == (certificates, signers)
    assert (signed.content is not None) is has_content


def test_tells_the_content_type_of_der_and_ber() -> None:
    assert read_content_type(_sign()) == SIGNED_DATA
    assert read_content_type(b"\x30\x80" + der.encode_oid("1.2.840.113549.1.7.2")) == SIGNED_DATA
    for junk in (b"", b"\x30", b"\x30\x80", b"\x30\x80\x05\x00", b"\x04\x0b" + der.encode_oid("1.2.840.113549.1.7.2")):
        with pytest.raises(BadSyntax):
            read_content_type(junk)


@given(st.data())
def test_cut_and_changed_bytes_are_refused_or_read_within_bounds(data: st.DataObject) -> None:
    raw = bytearray(_sign())
    for _ in range(data.draw(st.integers(1, 4))):
        raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.integers(0, 255))
    changed = bytes(raw[: data.draw(st.integers(0, len(raw)))])
    try:
        parse_signed_data(changed)
    except BadSyntax:
        return


def _nest(outer: bytes) -> bytes:
    """The SignedData fields as a ContentInfo."""
    inner = der.encode_tlv(der.CONTEXT_0, der.encode_tlv(der.SEQUENCE, outer))
    return der.encode_tlv(der.SEQUENCE, der.encode_oid("1.2.840.113549.1.7.2"), inner)


HEAD = der.encode_integer(1) + der.encode_set() + der.encode_tlv(der.SEQUENCE, der.encode_oid("1.2.840.113549.1.7.1"))


@pytest.mark.parametrize(
    "raw",
    [
        _nest(HEAD),
        _nest(HEAD + b"\x05\x00"),
        _nest(HEAD + der.encode_set() + b"\x05\x00"),
        _nest(HEAD + der.encode_tlv(der.SET, b"\x05\x00")),
        _nest(HEAD + der.encode_tlv(der.SET, b"\x30\x00" * 17)),
        _nest(HEAD + der.encode_tlv(der.CONTEXT_0, b"\x30\x00" * 65) + der.encode_set()),
        _nest(HEAD + der.encode_set()) + b"\x00",
        der.encode_tlv(der.SEQUENCE, der.encode_oid("1.2.840.113549.1.7.1"), b"\xa0\x02\x04\x00"),
        der.encode_tlv(der.SEQUENCE, der.encode_oid("1.2.840.113549.1.7.2"), b"\xa0\x04\x30\x00\x05\x00"),
        der.encode_tlv(der.SEQUENCE, der.encode_oid("1.2.840.113549.1.7.2"), b"\xa0\x02\x30\x00\x05\x00"),
    ],
)
def test_refuses_what_is_no_signed_data(raw: bytes) -> None:
    with pytest.raises(BadSyntax):
        parse_signed_data(raw)


def test_crls_and_other_certificates_sent_along_are_passed_over() -> None:
    bag = der.encode_tlv(der.CONTEXT_0, b"\xa1\x02\x05\x00\x30\x00")
    lists = der.encode_tlv(der.CONTEXT_1, b"\x30\x00")
    signed = parse_signed_data(_nest(HEAD + bag + lists + der.encode_set()))
    assert signed.certificates == (b"\x30\x00",)
    assert signed.signers == ()


def _to_ber(raw: bytes) -> bytes:
    """The outer SEQUENCE with an indefinite length."""
    _, start, _ = der.read_tlv(raw, 0, len(raw))
    return b"\x30\x80" + raw[start:] + b"\x00\x00"


def test_reads_ber_but_wants_the_signed_attributes_in_der() -> None:
    raw = _sign()
    assert parse_signed_data(_to_ber(raw)) == parse_signed_data(raw)
    attributes = parse_signed_data(raw).signers[0].attributes
    assert attributes is not None
    _, start, _ = der.read_tlv(attributes, 0, len(attributes))
    loose = b"\xa0\x80" + attributes[start:] + b"\x00\x00"
    assert len(loose) > len(attributes)
    definite = der.encode_definite(_loosen(raw, attributes, loose))
    assert parse_signed_data(definite) == parse_signed_data(raw)
    with pytest.raises(BadSyntax, match="not DER"):
        parse_signed_data(_loosen(raw, attributes, loose))


def _loosen(raw: bytes, inner: bytes, replacement: bytes) -> bytes:
    """Replace an inner element by a longer one: every constructed element around it gets an indefinite length."""
    at = raw.index(inner)

    def encode(start: int, end: int) -> bytes:
        parts = []
        for tag, begin, content, stop in der.split_elements(raw, start, end, 100):
            if begin == at:
                parts.append(replacement)
            elif begin < at < stop:
                parts.append(bytes((tag, 0x80)) + encode(content, stop) + b"\x00\x00")
            else:
                parts.append(raw[begin:stop])
        return b"".join(parts)

    return encode(0, len(raw))


def test_attributes_stand_once() -> None:
    one = der.encode_tlv(der.SEQUENCE, der.encode_oid("1.2.3"), der.encode_set(b"\x05\x00", b"\x02\x01\x05"))
    two = der.encode_tlv(der.SEQUENCE, der.encode_oid("1.2.4"), der.encode_set())
    found = parse_attributes(der.encode_tlv(der.CONTEXT_0, one, two))
    assert list(found.values()) == [[b"\x02\x01\x05", b"\x05\x00"], []]
    for broken in (one + one, b"\x05\x00", der.encode_tlv(der.SEQUENCE, der.encode_oid("1.2.3"), b"\x05\x00")):
        with pytest.raises(BadSyntax):
            parse_attributes(der.encode_tlv(der.CONTEXT_0, broken))
