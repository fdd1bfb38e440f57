"""Signed messages for tests, by our own pen and by the openssl command, and the verdict on them in a few words."""

import shutil
import subprocess
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

import pytest

from mssmail.core.verdict import Outcome, Verdict
from mssmail.lab.pki import Credential, encode_certificates
from mssmail.mime import parts
from mssmail.mime.headers import find_authors
from mssmail.settings import RevocationMode
from mssmail.smime.sign import SigningKey, sign_message
from mssmail.smime.verify import verify_message
from mssmail.trust.signature_policy import SignaturePolicy
from mssmail.trust.snapshot import TrustSnapshot, TrustStore, build_trust_store
from tests.support.pki import Pki, build_pki

ALICE = "alice@a.test"
OFF = SignaturePolicy(revocation=RevocationMode.OFF)


def build_message(author: str = ALICE, text: str = "Good morning.", extra: str = "") -> bytes:
    """A plain message, CRLF."""
    lines = [
        f"From: Alice <{author}>",
        "To: Bob <bob@b.test>",
        "Date: Mon, 01 Jun 2026 12:00:00 +0000",
        "Subject: A result",
        "Message-ID: <1@a.test>",
        "MIME-Version: 1.0",
        *([extra] if extra else []),
        "Content-Type: text/plain; charset=utf-8",
        "",
        text,
        "",
    ]
    return "\r\n".join(lines).encode()


def signing_key(credential: Credential) -> SigningKey:
    return SigningKey(credential.key, credential.certificate, credential.chain)


def sign(credential: Credential, message: bytes | None = None, *, pss: bool = False) -> bytes:
    message = build_message() if message is None else message
    return sign_message(message, signing_key(credential), build_pki().now, pss=pss)


def build_store(pki: Pki, crls: Sequence[bytes] | None = None, policy: SignaturePolicy | None = None) -> TrustStore:
    lists = pki.make_crls() if crls is None else tuple(crls)
    return build_trust_store(TrustSnapshot(1, pki.anchors, pki.intermediates, lists, policy or SignaturePolicy()))


def judge(data: bytes, store: TrustStore, *, days: int = 0) -> Verdict:
    root = parts.scan(data)
    at = build_pki().now + timedelta(days=days)
    return verify_message(data, root, find_authors(data, root), store, at)[0]


def name(verdict: Verdict) -> str:
    """Trusted, Altered, …"""
    return type(verdict.summary).__name__


def failed(verdict: Verdict) -> dict[str, Outcome]:
    """The facts that did not pass."""
    return {key: fact.outcome for key, fact in verdict.facts.items() if fact.outcome is not Outcome.PASSED}


def openssl(*arguments: str | Path, data: bytes = b"") -> bytes:
    """The output of the openssl command; the test is skipped where there is none."""
    command = shutil.which("openssl")
    if command is None:
        pytest.skip("the openssl command is not installed")
    done = subprocess.run([command, *map(str, arguments)], input=data, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout


def openssl_sign(directory: Path, credential: Credential, message: bytes, *options: str) -> bytes:
    """The message signed by ``openssl cms -sign``; its outer header gets the message's own From, To and Subject."""
    certificate, key = credential.write(directory, "signer")
    (directory / "chain.pem").write_bytes(encode_certificates(credential.chain))
    header, _, body = message.partition(b"\r\n\r\n")
    fields = header.split(b"\r\n")
    outer = b"\r\n".join(field for field in fields if not field.lower().startswith((b"content-", b"mime-version")))
    inner = b"\r\n".join(field for field in fields if field.lower().startswith(b"content-"))
    arguments = ["cms", "-sign", "-signer", str(certificate), "-inkey", str(key)]
    arguments += ["-certfile", str(directory / "chain.pem"), "-crlfeol", *options]
    signed = openssl(*arguments, data=inner + b"\r\n\r\n" + body)
    return outer + b"\r\n" + signed
