import base64

import pytest

from mssmail.mime.parts import scan
from mssmail.smime.layers import find_inner, find_layer_notices, find_signed_entity
from mssmail.smime.structure import find_layer
from tests.support.pki import build_pki
from tests.support.signed_mail import ALICE, build_message, openssl_sign, sign


def _find(data: bytes) -> list[str]:
    root = scan(data)
    layer = find_layer(data, root)
    signed = find_signed_entity(data, root, layer)
    return [notice.oddity.value for notice in find_layer_notices(data, root, layer, signed)]


def _count_inner(data: bytes) -> int:
    root = scan(data)
    return len(find_inner(data, root, find_signed_entity(data, root, find_layer(data, root))))


def _mix(*parts: bytes) -> bytes:
    head = b'From: Alice <alice@a.test>\r\nContent-Type: multipart/mixed; boundary="m"\r\n\r\n'
    return head + b"".join(b"--m\r\n" + part + b"\r\n" for part in parts) + b"--m--\r\n"


@pytest.fixture(scope="module")
def signed() -> bytes:
    return sign(build_pki().make_person(ALICE))


def test_one_layer_is_nothing_odd(signed: bytes) -> None:
    assert _find(signed) == []
    assert _find(build_message()) == []


def test_a_signature_over_a_part_only(signed: bytes) -> None:
    text = b"Content-Type: text/plain\r\n\r\nGive him 100 mg.\r\n"
    assert _find(_mix(text, signed)) == ["signed-in-part"]
    assert _find(_mix(signed, text)) == ["signed-in-part"]
    assert _find(_mix(b"Content-Type: message/rfc822\r\n\r\n" + signed)) == ["signed-in-part"]


def test_signatures_within_signatures(signed: bytes) -> None:
    twice = sign(build_pki().make_person(ALICE), signed)
    assert _find(twice) == ["signed-within"]
    assert _count_inner(twice) == 1
    assert _count_inner(sign(build_pki().make_person(ALICE), twice)) == 2


def test_what_an_opaque_layer_holds_is_looked_into(signed: bytes, tmp_path_factory: pytest.TempPathFactory) -> None:
    person, folder = build_pki().make_person(ALICE), tmp_path_factory.mktemp("opaque")
    head = b"From: Alice <alice@a.test>\r\nContent-Type: message/rfc822\r\n\r\n"
    opaque = openssl_sign(folder, person, head + signed, "-nodetach", "-binary")
    assert _find(opaque) == ["signed-within"]
    again = openssl_sign(folder, person, head + opaque, "-nodetach", "-binary")
    assert _count_inner(again) == 2


def test_text_before_the_signed_part(signed: bytes) -> None:
    head, _, rest = signed.partition(b"\r\n\r\n")
    _, boundary, rest = rest.partition(b"--=_")
    assert _find(head + b"\r\n\r\nGive him 100 mg.\r\n" + boundary + rest) == ["text-before-signed-part"]
    assert _find(head + b"\r\n\r\n" + boundary + rest) == []


def test_what_cannot_be_read_has_nothing_signed() -> None:
    junk = base64.b64encode(b"\x30\x80\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02\xa0\x80junk")
    for cms in (junk, b"!!!!"):
        data = b"From: a@a.test\r\nContent-Type: application/pkcs7-mime\r\nContent-Transfer-Encoding: base64\r\n\r\n"
        data += cms + b"\r\n"
        root = scan(data)
        assert find_signed_entity(data, root, find_layer(data, root)) is None


def test_a_crowd_of_signatures_is_not_all_looked_at(signed: bytes) -> None:
    assert _count_inner(_mix(*([signed] * 40))) == 8
    unsigned = b"Content-Type: multipart/signed; boundary=x\r\n\r\n--x\r\n\r\n--x--\r\n"
    assert _count_inner(_mix(*([unsigned] * 200), signed)) == 0
