"""Strangers judge the same bytes: pyHanko for every kind of key, the openssl command for RSA and ECDSA.

We trust nothing that they refuse. Where we refuse what they trust, the test says why.
"""

import asyncio
import base64
import logging
import shutil
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from asn1crypto import cms
from asn1crypto import x509 as asn1_x509
from hypothesis import given
from hypothesis import strategies as st
from pyhanko.sign.validation.generic_cms import async_validate_detached_cms
from pyhanko_certvalidator import ValidationContext

from mssmail.lab.pki import KeyKind
from mssmail.smime.sign import encode_signature
from mssmail.smime.signed_data import parse_signed_data
from mssmail.trust.snapshot import TrustSnapshot, TrustStore, build_trust_store
from tests.support.budget import examples
from tests.support.cms import put_content, rebuild, wrap_detached, wrap_opaque, write_indefinite
from tests.support.pki import NOW, build_pki
from tests.support.signed_mail import ALICE, OFF, judge, name, signing_key

ENTITY = b"Content-Type: text/plain\r\n\r\nThe potassium is 7.1 mmol/l.\r\n"
KINDS = [KeyKind.RSA_2048, KeyKind.P256, KeyKind.ED25519]


@cache
def _store() -> TrustStore:
    return build_trust_store(TrustSnapshot(1, build_pki().anchors, policy=OFF))


@cache
def _sign(kind: KeyKind) -> bytes:
    return encode_signature(ENTITY, signing_key(build_pki().make_person(ALICE, kind)), NOW)


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    """PyHanko logs at length what it refuses."""
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)


def _is_trusted_by_pyhanko(raw: bytes) -> bool:
    roots = [asn1_x509.Certificate.load(der) for der in build_pki().anchors]
    context = ValidationContext(trust_roots=roots, moment=NOW, revocation_mode="soft-fail")
    try:
        signed = cms.ContentInfo.load(raw, strict=True)["content"]
        validation = async_validate_detached_cms(
            ENTITY, signed, signer_validation_context=context, key_usage_settings=None
        )
        status = asyncio.run(validation)
    except Exception:
        return False
    return bool(status.intact and status.valid and status.trusted)


def _list_covered(raw: bytes) -> frozenset[int]:
    signed = parse_signed_data(raw)
    pieces = [signed.signers[0].attributes or b"", signed.signers[0].signature, *signed.certificates]
    starts = [raw.index(piece) for piece in pieces]
    return frozenset(at for start, piece in zip(starts, pieces, strict=True) for at in range(start, start + len(piece)))


def _is_trusted_by_us(raw: bytes) -> bool:
    return name(judge(wrap_detached(ENTITY, raw), _store())) == "Trusted"


@pytest.mark.parametrize("kind", KINDS)
def test_pyhanko_agrees_on_the_honest_message(kind: KeyKind) -> None:
    assert _is_trusted_by_pyhanko(_sign(kind))
    assert _is_trusted_by_us(_sign(kind))


@pytest.mark.parametrize("kind", KINDS)
@examples(60)
@given(data=st.data())
def test_pyhanko_agrees_on_any_changed_bit(kind: KeyKind, data: st.DataObject) -> None:
    raw = bytearray(_sign(kind))
    bit = data.draw(st.integers(0, len(raw) * 8 - 1))
    raw[bit // 8] ^= 1 << (bit % 8)
    ours, theirs = _is_trusted_by_us(bytes(raw)), _is_trusted_by_pyhanko(bytes(raw))
    # PyHanko reads on over a wrong version, tag or length where nobody signs them, and never where somebody does.
    assert ours is theirs or (theirs and bit // 8 not in _list_covered(_sign(kind)))


def test_nothing_but_null_stands_behind_the_name_of_an_algorithm() -> None:
    raw = bytearray(_sign(KeyKind.RSA_2048))
    null = raw.rindex(bytes.fromhex("2a864886f70d010101 0500")) + 9  # behind rsaEncryption, where nobody signs it
    for changed in (null, null + 1):
        raw[changed] ^= 1
        assert not _is_trusted_by_pyhanko(bytes(raw))
        assert not _is_trusted_by_us(bytes(raw))
        raw[changed] ^= 1


def _is_trusted_by_openssl(data: bytes, folder: Path) -> bool:
    command = shutil.which("openssl")
    if command is None:
        pytest.skip("the openssl command is not installed")
    build_pki().write_anchors(folder)
    moment = str(int(NOW.timestamp()))
    arguments = [
        command,
        "cms",
        "-verify",
        "-CAfile",
        str(folder / "root.crt"),
        "-attime",
        moment,
        "-purpose",
        "smimesign",
    ]
    return subprocess.run(arguments, input=data, capture_output=True, check=False).returncode == 0


SIGNATURE = b"Content-Type: application/pkcs7-signature\r\n"


@pytest.mark.parametrize("kind", [KeyKind.RSA_2048, KeyKind.P256])
@pytest.mark.parametrize(
    ("before", "after", "why"),
    [
        (b"", b"", ""),
        (b"7.1", b"1.7", ""),
        (b"Subject: A result", b"Subject: No result", ""),  # outside: nobody minds
        (SIGNATURE, SIGNATURE + b"X-Note: a field of no concern\r\n", ""),
        (b"--s--\r\n", b"--s--\r\n\r\n", ""),
        (b"--s--\r\n", b"--s--\r\nGive him 1000 mg.\r\n", "openssl reads no further than the signature"),
        (b"boundary=s;", b"boundary=s; boundary=x;", "openssl takes the first of two boundaries"),
        (b"--s\r\n", b"Give him 1000 mg.\r\n" * 40 + b"--s\r\n", "openssl skips a preamble however long"),
        (b"MIME-Version: 1.0\r\n", b"MIME-Version: 1.0\r\nno field\r\n", "openssl skips lines that are no field"),
        (b"application/pkcs7-signature\r\n", b"application/octet-stream\r\n", ""),
    ],
)
def test_openssl_agrees_or_reads_less(tmp_path: Path, kind: KeyKind, before: bytes, after: bytes, why: str) -> None:
    data = wrap_detached(ENTITY, _sign(kind)).replace(before, after, 1)
    ours, theirs = name(judge(data, _store())) == "Trusted", _is_trusted_by_openssl(data, tmp_path)
    assert (ours, theirs) == ((False, True) if why else (theirs, theirs))


@pytest.mark.parametrize("kind", [KeyKind.RSA_2048, KeyKind.P256])
def test_openssl_agrees_on_every_form(tmp_path: Path, kind: KeyKind) -> None:
    opaque = rebuild(_sign(kind), put_content(ENTITY))
    wrong = rebuild(_sign(kind), put_content(ENTITY.replace(b"7.1", b"1.7")))
    both = wrap_detached(ENTITY, opaque)
    for data, trusted in (
        (wrap_opaque(opaque), True),
        (wrap_opaque(write_indefinite(opaque)), True),
        (wrap_detached(ENTITY, write_indefinite(_sign(kind))), True),
        (wrap_opaque(wrong), False),
        (wrap_opaque(write_indefinite(wrong)), False),
        (both.replace(base64.b64encode(opaque)[:40], b"A" * 40), False),
    ):
        assert name(judge(data, _store())) == ("Trusted" if trusted else "Altered")
        assert _is_trusted_by_openssl(data, tmp_path) is trusted
    assert name(judge(both, _store())) == "Altered"  # a second content; openssl does not look for one
