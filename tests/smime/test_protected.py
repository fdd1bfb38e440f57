import pytest

from mssmail.mime.parts import scan
from mssmail.smime.layers import Entity, find_signed_entity
from mssmail.smime.protected import find_disagreements
from mssmail.smime.structure import find_layer
from tests.support.pki import build_pki
from tests.support.shared import shared_file
from tests.support.signed_mail import ALICE, sign

FIELDS = "From: Alice <alice@a.test>\r\nTo: Bob <bob@b.test>\r\nSubject: A result\r\nDate: {date}\r\n"
DATE = "Mon, 01 Jun 2026 12:00:00 +0000"
REFOLDED = "from:\tAlice  <Alice@A.test>\r\nTO: Bob\r\n <bob@b.test>\r\nSubject: =?utf-8?q?A_result?=\r\n"
REFOLDED += f"Date:\t{DATE}\r\n"


def _find(data: bytes) -> list[str]:
    root = scan(data)
    signed = find_signed_entity(data, root, find_layer(data, root))
    assert signed is not None
    notices = find_disagreements(Entity(data, root), signed)
    assert all(notice.reason.isascii() and notice.reason.isprintable() for notice in notices)
    return [notice.oddity.value for notice in notices]


def _wrap(inner: str, kind: str, outer: str = FIELDS.format(date=DATE)) -> bytes:
    """A multipart/signed whose signed part is ``kind`` with these fields; the signature itself is not asked here."""
    entity = f"Content-Type: {kind}\r\n{inner}\r\nHello.\r\n"
    signature = "Content-Type: application/pkcs7-signature\r\nContent-Transfer-Encoding: base64\r\n\r\nMAA=\r\n"
    head = f'{outer}Content-Type: multipart/signed; protocol="application/pkcs7-signature"; boundary="s"\r\n'
    return f"{head}\r\n--s\r\n{entity}\r\n--s\r\n{signature}--s--\r\n".encode()


HP, V1 = 'text/plain; hp="clear"', 'text/plain; protected-headers="v1"'


@pytest.mark.parametrize("kind", [HP, V1])
@pytest.mark.parametrize(
    ("inner", "found"),
    [
        (FIELDS.format(date=DATE), []),
        (FIELDS.format(date="Mon, 1 Jun 2026 14:00:00 +0200"), []),  # the same moment
        (REFOLDED, []),
        (FIELDS.format(date=DATE).replace("alice@", "eve@"), ["protected-author-differs", "protected-field-differs"]),
        (FIELDS.format(date=DATE).replace("Alice <", "Eve <"), ["protected-field-differs"]),
        (FIELDS.format(date=DATE).replace("A result", "No result"), ["protected-field-differs"]),
        (FIELDS.format(date=DATE).replace("bob@", "carl@"), ["protected-field-differs"]),
        (FIELDS.format(date="Mon, 01 Jun 2025 12:00:00 +0000"), ["protected-field-differs"]),
        (FIELDS.format(date="never"), ["protected-field-differs"]),
        (FIELDS.format(date=DATE) + "Reply-To: eve@e.test\r\n", ["protected-field-differs"]),
        (FIELDS.format(date=DATE) + "Subject: Another\r\n", ["protected-field-differs"]),
    ],
)  # fmt: skip
def test_signed_fields_are_held_against_the_outer_ones(inner: str, found: list[str], kind: str) -> None:
    assert _find(_wrap(inner, kind)) == found


def test_an_outer_field_that_is_not_signed_is_told_where_all_should_be() -> None:
    inner = "From: Alice <alice@a.test>\r\n"
    assert _find(_wrap(inner, HP)) == ["field-unprotected"]
    assert _find(_wrap(inner, V1)) == []


def test_fields_without_the_parameter_protect_nothing() -> None:
    assert _find(_wrap("Subject: Another\r\n", "text/plain")) == []


@pytest.mark.parametrize(
    ("kind", "subject", "found"),
    [
        ("message/rfc822; forwarded=no", "A result", []),
        ("message/rfc822; forwarded=No", "Another", ["protected-field-differs"]),
        ("message/global; forwarded=no", "Another", ["protected-field-differs"]),
        ("message/rfc822; forwarded=yes", "Another", ["signed-message-inside"]),
        ("message/rfc822", "A result", ["signed-message-inside"]),
    ],
)
def test_a_wrapped_message_is_this_one_only_when_it_says_so(kind: str, subject: str, found: list[str]) -> None:
    inner = "\r\n" + FIELDS.format(date=DATE).replace("A result", subject)
    assert _find(_wrap(inner, kind)) == found


@pytest.mark.parametrize("sample", ["smime-multipart-signed.eml", "smime-onepart-signed.eml"])
def test_the_samples_of_the_working_group_agree_with_themselves(sample: str) -> None:
    data = shared_file("data", "mail", "lamps-protected-headers", sample).read_bytes()
    assert _find(data) == []
    changed = data.replace(b"Subject: The FooCorp contract", b"Subject: The BarCorp contract", 1)
    assert _find(changed) == ["protected-field-differs"]


def test_our_own_signature_protects_what_the_author_protects() -> None:
    data = b'From: Alice <alice@a.test>\r\nSubject: A\r\nContent-Type: text/plain; hp="clear"\r\n\r\nHello.\r\n'
    assert _find(sign(build_pki().make_person(ALICE), data)) == ["field-unprotected"]
