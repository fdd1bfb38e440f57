import base64

import pytest

from mssmail.core.verdict import Structure
from mssmail.mime import parts
from mssmail.smime.structure import Layer, find_layer
from mssmail.trust import der
from tests.support.pki import build_pki
from tests.support.shared import shared_file
from tests.support.signed_mail import ALICE, sign

UNSIGNED, SIGNED, ENCRYPTED = Structure.UNSIGNED, Structure.SIGNED, Structure.ENCRYPTED
SIGNATURE = "Content-Type: application/pkcs7-signature\r\nContent-Transfer-Encoding: base64\r\n\r\nMAMCAQU=\r\n"
TEXT = "Content-Type: text/plain\r\n\r\nhello\r\n"


def _find(data: bytes | str) -> Layer:
    raw = data.encode() if isinstance(data, str) else data
    return find_layer(raw, parts.scan(raw))


def _multipart(
    *sections: str, params: str = "", preamble: str = "", epilogue: str = "", subtype: str = "signed"
) -> str:
    params = params or "; protocol=application/pkcs7-signature"
    head = f"Content-Type: multipart/{subtype}; boundary=b{params}\r\n\r\n{preamble}--b\r\n"
    return head + "\r\n--b\r\n".join(sections) + f"\r\n--b--\r\n{epilogue}"


def test_finds_the_signed_entity_to_the_octet() -> None:
    data = _multipart(TEXT, SIGNATURE)
    layer = _find(data)
    assert (layer.structure, layer.fault, layer.cms) == (SIGNED, "", b"\x30\x03\x02\x01\x05")
    assert layer.content is not None
    assert layer.content.cut(data.encode()) == TEXT.encode()


@pytest.mark.parametrize(
    ("params", "structure"),
    [
        ("; protocol=application/pkcs7-signature", SIGNED),
        ('; protocol="application/x-pkcs7-signature"; micalg=nonsense', SIGNED),
        ("; PROTOCOL=Application/PKCS7-Signature", SIGNED),
        ("; micalg=sha-256", SIGNED),
        ("; protocol=application/pgp-signature", UNSIGNED),
    ],
)
def test_the_protocol_says_whose_signature_it_is(params: str, structure: Structure) -> None:
    assert _find(_multipart(TEXT, SIGNATURE, params=params)).structure is structure


def test_reads_the_old_type_of_the_signature() -> None:
    assert _find(_multipart(TEXT, SIGNATURE.replace("pkcs7", "x-pkcs7"))).fault == ""


@pytest.mark.parametrize(
    ("data", "word"),
    [
        (_multipart(TEXT), "two parts"),
        (_multipart(TEXT, SIGNATURE, TEXT), "two parts"),
        (_multipart(TEXT, TEXT, SIGNATURE), "two parts"),
        (_multipart(TEXT, TEXT), "two parts"),
        (_multipart(TEXT, SIGNATURE, epilogue="hidden"), "text after"),
        (_multipart(TEXT, SIGNATURE, preamble="x" * 600 + "\r\n"), "text before"),
        (_multipart(TEXT, SIGNATURE).replace("--b--", "--b"), "two parts"),
        (_multipart(TEXT, SIGNATURE).replace("\r\n--b--", ""), "delimited"),
        (_multipart(TEXT, SIGNATURE.replace("base64", "uuencode")), "encoding"),
        (_multipart(TEXT, SIGNATURE.replace("MAMCAQU=", "A")), "base64"),
        (_multipart(TEXT, SIGNATURE.replace("MAMCAQU=", "AAAA" * 700_000)), "larger"),
        # The outer header is covered by no signature: anybody may have put these there.
        (_multipart(TEXT, SIGNATURE).replace("\r\n\r\n", "\r\nContent-Type: text/html\r\n\r\n", 1), "more than one"),
        ("To: b\r\nPay me now\r\n" + _multipart(TEXT, SIGNATURE), "no field"),
        ("Pay: me\r\n: now\r\n" + _multipart(TEXT, SIGNATURE), "no field"),
        (" Pay: me\r\n" + _multipart(TEXT, SIGNATURE), "no field"),
        ("Content-Transfer-Encoding: base64\r\n" + _multipart(TEXT, SIGNATURE), "encoded in base64"),
        (
            "Content-Transfer-Encoding: 7bit\r\nContent-Transfer-Encoding : 8bit\r\n" + _multipart(TEXT, SIGNATURE),
            "one",
        ),
    ],
)
def test_a_multipart_signed_that_is_not_one_is_refused(data: str, word: str) -> None:
    layer = _find(data)
    assert layer.structure is SIGNED
    assert word in layer.fault


def test_a_header_with_one_field_of_each_name_is_no_fault() -> None:
    assert (
        _find("Content-Transfer-Encoding: 8BIT\r\nX-Content-Type :\r\n x y\r\n" + _multipart(TEXT, SIGNATURE)).fault
        == ""
    )


def test_two_types_of_what_is_not_signed_are_no_signature() -> None:
    doubled = "Content-Type: text/plain\r\n" + _multipart(TEXT, SIGNATURE)
    assert _find(doubled).structure is UNSIGNED


@pytest.mark.parametrize("hidden", ["\n--" + " " * 300_000 + "x\n", "\n--" * 100_000 + "\n", "--" * 200_000 + "\n"])
def test_hostile_text_around_the_parts_takes_no_time(hidden: str) -> None:
    assert _find(_multipart(TEXT, SIGNATURE, preamble=hidden)).fault
    assert _find(_multipart(TEXT, SIGNATURE, epilogue=hidden)).fault


def test_a_notice_before_and_blanks_after_are_what_programs_write() -> None:
    data = _multipart(TEXT, SIGNATURE, preamble="This is a signed message\r\n\r\n", epilogue="\r\n \r\n")
    assert _find(data).fault == ""
    assert _find(data.replace("\r\n", "\n")).fault == ""


def test_a_signature_further_in_is_not_the_messages() -> None:
    signed = sign(build_pki().make_person(ALICE)).decode()
    wrapped = _multipart(
        TEXT, signed[signed.index("Content-Type: multipart/signed") :], params="; x=y", subtype="mixed"
    )
    assert _find(wrapped).structure is UNSIGNED
    assert _find("Content-Type: message/rfc822\r\n\r\n" + signed).structure is UNSIGNED
    assert _find(TEXT).structure is UNSIGNED


def _cms(oid: str) -> bytes:
    return der.encode_tlv(der.SEQUENCE, der.encode_oid(oid), b"\xa0\x02\x30\x00")


def _opaque(cms: bytes, head: str = "application/pkcs7-mime", encoding: str = "base64") -> bytes:
    body = base64.encodebytes(cms) if encoding == "base64" else cms
    return f"Content-Type: {head}\r\nContent-Transfer-Encoding: {encoding}\r\n\r\n".encode() + body


SIGNED_OID, ENVELOPED_OID, AUTH_OID = "1.2.840.113549.1.7.2", "1.2.840.113549.1.7.3", "1.2.840.113549.1.9.16.1.23"
COMPRESSED_OID = "1.2.840.113549.1.9.16.1.9"


@pytest.mark.parametrize(
    ("oid", "head", "structure"),
    [
        (SIGNED_OID, "application/pkcs7-mime; smime-type=signed-data", SIGNED),
        (SIGNED_OID, "application/x-pkcs7-mime", SIGNED),
        (SIGNED_OID, "application/pkcs7-mime; smime-type=enveloped-data", SIGNED),
        (SIGNED_OID, "application/pkcs7-mime; smime-type=certs-only", UNSIGNED),
        (SIGNED_OID, 'application/octet-stream; name="smime.P7M"', SIGNED),
        (SIGNED_OID, 'application/octet-stream; name="x.bin"', UNSIGNED),
        (SIGNED_OID, 'text/plain; name="smime.p7m"', UNSIGNED),
        (ENVELOPED_OID, "application/pkcs7-mime; smime-type=signed-data", ENCRYPTED),
        (ENVELOPED_OID, "application/x-pkcs7-mime", ENCRYPTED),
        (AUTH_OID, "application/pkcs7-mime; smime-type=authEnveloped-data", ENCRYPTED),
        (COMPRESSED_OID, "application/pkcs7-mime; smime-type=compressed-data", UNSIGNED),
    ],
)
def test_the_cms_itself_says_what_it_is(oid: str, head: str, structure: Structure) -> None:
    for encoding in ("base64", "binary"):
        layer = _find(_opaque(_cms(oid), head, encoding))
        assert (layer.structure, layer.fault) == (structure, "")
    assert _find(_opaque(_cms(SIGNED_OID))).cms == _cms(SIGNED_OID)


@pytest.mark.parametrize(
    ("head", "structure"),
    [
        ("application/pkcs7-mime", SIGNED),
        ("application/pkcs7-mime; smime-type=signed-data", SIGNED),
        ("application/pkcs7-mime; smime-type=enveloped-data", ENCRYPTED),
        ("application/pkcs7-mime; smime-type=authEnveloped-data", ENCRYPTED),
        ("application/pkcs7-mime; smime-type=certs-only", UNSIGNED),
    ],
)
def test_what_cannot_be_read_is_what_its_label_says_and_never_a_good_signature(head: str, structure: Structure) -> None:
    layer = _find(_opaque(b"junk", head))
    assert layer.structure is structure
    assert bool(layer.fault) is (structure is SIGNED)


@pytest.mark.parametrize("tail", [b"AAA", b"\r\n-- \r\nA footer", b"="])
def test_nothing_follows_the_base64_of_a_cms_message(tail: bytes) -> None:
    assert _find(_opaque(_cms(SIGNED_OID) + bytes(300))).fault == ""
    assert "base64" in _find(_opaque(_cms(SIGNED_OID) + bytes(300)) + tail).fault


def test_reads_a_cms_message_in_quoted_printable() -> None:
    raw = _cms(SIGNED_OID)
    body = "".join(f"={octet:02X}" for octet in raw).encode()
    head = b"Content-Type: application/pkcs7-mime\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"
    assert _find(head + body).cms == raw


@pytest.mark.parametrize(
    ("name", "structure"),
    [
        ("lamps-protected-headers/smime-multipart-signed.eml", SIGNED),
        ("lamps-protected-headers/smime-onepart-signed.eml", SIGNED),
        ("lamps-protected-headers/smime-sign+enc.eml", ENCRYPTED),
        ("lamps-protected-headers/pgpmime-signed.eml", UNSIGNED),
        ("rfc4134/4.8.eml", SIGNED),
        ("rfc4134/4.9.eml", SIGNED),
        ("rfc4134/5.3.eml", ENCRYPTED),
        ("mimekit/smime/thunderbird-signed.txt", SIGNED),
    ],
)
def test_reads_the_samples_of_others(name: str, structure: Structure) -> None:
    layer = _find(shared_file("data", "mail", *name.split("/")).read_bytes())
    assert (layer.structure, layer.fault) == (structure, "")
