"""The published families of e-mail signature spoofing, each as a message of our own making.

After "Johnny, you are fired!" (USENIX Security 2019: C attacks on CMS, M on MIME structure, I on identities),
"Mailsploit" (2017) and "Weak Links in Authentication Chains" (USENIX Security 2021), as far as they concern S/MIME or
From. What a mail program paints into its window (the U attacks) is out of a server's sight.
"""

from collections.abc import Callable
from datetime import timedelta
from functools import cache

import pytest
from cryptography import x509

from mssmail.core.verdict import Trusted
from mssmail.examine import MessageReport, build_report
from mssmail.settings import SmimeMode
from mssmail.smime.sign import SigningKey, encode_signature
from mssmail.smime.signed_data import parse_signed_data
from mssmail.trust import der
from mssmail.trust.snapshot import TrustSnapshot, TrustStore, build_trust_store
from tests.support.cms import HEAD, put_content, put_signers, rebuild, wrap_detached, wrap_opaque
from tests.support.odd_certificates import Odd, authority, emails, make_root, name, usage
from tests.support.pki import NOW, build_pki
from tests.support.signed_mail import ALICE, OFF, build_message, sign, signing_key

EVE = "eve@e.test"
ENTITY = b"Content-Type: text/plain\r\n\r\nGive him 100 mg.\r\n"


@cache
def _store() -> TrustStore:
    pki = build_pki()
    return build_trust_store(TrustSnapshot(1, (*pki.anchors, make_root().der), pki.intermediates, policy=OFF))


def _judge(data: bytes, mode: SmimeMode = SmimeMode.REQUIRE) -> MessageReport:
    return build_report(data, _store(), NOW, mode=mode)


def _alice() -> SigningKey:
    return signing_key(build_pki().make_person(ALICE))


def _eve() -> SigningKey:
    """Eve belongs to the trust space as well: her certificate is as good as anybody's."""
    return signing_key(build_pki().make_person(EVE))


def _summary(report: MessageReport) -> str:
    return type(report.verdict.summary).__name__


def _names(report: MessageReport) -> list[str]:
    return [notice.oddity.value for notice in report.notices]


def test_the_pieces_are_trusted_where_they_are_honest() -> None:
    cms = encode_signature(ENTITY, _alice(), NOW)
    for data in (
        wrap_detached(ENTITY, cms),
        wrap_opaque(rebuild(cms, put_content(ENTITY))),
        sign(build_pki().make_person(ALICE)),
    ):
        report = _judge(data)
        assert (report.answer, report.notices) == ("accept", ())
        assert isinstance(report.verdict.summary, Trusted)


# --- C: confusion inside CMS


def test_c1_a_content_in_the_signature_beside_the_content_shown() -> None:
    cms = rebuild(encode_signature(ENTITY, _alice(), NOW), put_content(ENTITY))
    assert _summary(_judge(wrap_detached(b"Content-Type: text/plain\r\n\r\nGive him 1000 mg.\r\n", cms))) == "Altered"
    assert _summary(_judge(wrap_detached(ENTITY, cms))) == "Altered"


def test_c2_a_second_signer_who_is_as_good_but_not_the_author() -> None:
    alice, eve = encode_signature(ENTITY, _alice(), NOW), encode_signature(ENTITY, _eve(), NOW)
    for order in ((alice, eve), (eve, alice)):
        report = _judge(wrap_detached(ENTITY, rebuild(alice, put_signers(*order))))
        assert (_summary(report), report.answer) == ("Untrusted", "refuse")


def test_c2_a_second_signature_over_something_else() -> None:
    """Alice's old signature beside Eve's new one over Eve's text: one that holds does not help one that does not."""
    alice, eve = (
        encode_signature(b"Content-Type: text/plain\r\n\r\nHi.\r\n", _alice(), NOW),
        encode_signature(ENTITY, _eve(), NOW),
    )
    report = _judge(wrap_detached(ENTITY, rebuild(eve, put_signers(alice, eve))))
    assert (_summary(report), report.answer) == ("Altered", "refuse")


def test_c3_a_signature_of_nobody() -> None:
    def empty(elements: list[bytes]) -> None:
        elements[-1] = der.encode_set()

    cms = rebuild(encode_signature(ENTITY, _alice(), NOW), empty)
    assert parse_signed_data(cms).signers == ()
    assert _summary(_judge(wrap_detached(ENTITY, cms))) == "Altered"
    opaque = rebuild(cms, put_content(ENTITY))
    for kind in ("signed-data", "certs-only"):
        assert _judge(wrap_opaque(opaque, kind)).answer == "refuse"


def _certify(issuer: Odd | None, *addresses: str) -> SigningKey:
    subject = name("Alice")
    extensions = (emails(*addresses), usage("digital_signature"))
    if issuer is None:
        own = make_root("Alice")
        return SigningKey(own.key, own.issue(subject, *extensions, key=own.key).certificate)
    leaf = issuer.issue(subject, *extensions)
    return SigningKey(leaf.key, leaf.certificate, (issuer.certificate,))


def test_c4_a_certificate_that_somebody_made_himself() -> None:
    report = _judge(wrap_detached(ENTITY, encode_signature(ENTITY, _certify(None, ALICE), NOW)))
    assert (_summary(report), report.verdict.facts.chain.outcome.value) == ("Untrusted", "failed")


def test_c4_a_certificate_that_somebody_who_is_no_authority_issued() -> None:
    eve = make_root().issue("Eve", emails(EVE), usage("digital_signature"))
    report = _judge(wrap_detached(ENTITY, encode_signature(ENTITY, _certify(eve, ALICE), NOW)))
    assert _summary(report) == "Untrusted"
    assert "not a CA certificate" in report.verdict.facts.chain.reason


def test_c4_an_authority_that_may_certify_others_only() -> None:
    subtree = x509.NameConstraints(permitted_subtrees=[x509.RFC822Name("e.test")], excluded_subtrees=None)
    bound = make_root().issue("Bound", *authority(), (subtree, True))
    report = _judge(wrap_detached(ENTITY, encode_signature(ENTITY, _certify(bound, ALICE), NOW)))
    assert "not allowed to certify the name alice@a.test" in report.verdict.facts.chain.reason


def test_c4_a_signature_from_before_or_after_the_certificate() -> None:
    late = build_report(
        wrap_detached(ENTITY, encode_signature(ENTITY, _alice(), NOW)),
        _store(),
        NOW + timedelta(days=4_000),
        mode=SmimeMode.REQUIRE,
    )
    assert _summary(late) == "Untrusted"  # what the signer says of the time counts for nothing


# --- M: what is signed is not all that is shown


def _mix(*parts: bytes, kind: str = "multipart/mixed") -> bytes:
    head = HEAD + f'Content-Type: {kind}; boundary="m"\r\n\r\n'.encode()
    return head + b"".join(b"--m\r\n" + part + b"\r\n" for part in parts) + b"--m--\r\n"


def _signed_part() -> bytes:
    return wrap_detached(ENTITY, encode_signature(ENTITY, _alice(), NOW), b"")


HTML = b'Content-Type: text/html\r\n\r\n<p>Give him 1000 mg.<div style="display:none"><img src="cid:1">\r\n'
PLAIN = b"Content-Type: text/plain\r\n\r\nGive him 1000 mg.\r\n"
HIDDEN = b"Content-ID: <1>\r\nContent-Disposition: inline\r\n"


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(lambda: _mix(PLAIN, _signed_part()), id="M1 text before"),
        pytest.param(lambda: _mix(_signed_part(), PLAIN), id="M1 text after"),
        pytest.param(lambda: _mix(HTML, HIDDEN + _signed_part(), kind="multipart/related"), id="M2 hidden by HTML"),
        pytest.param(lambda: _mix(PLAIN, _signed_part(), kind="multipart/alternative"), id="M2 an alternative"),
        pytest.param(
            lambda: _mix(PLAIN, b"Content-Type: message/rfc822\r\n\r\n" + HEAD + _signed_part()), id="M3 attached"
        ),
        pytest.param(lambda: _mix(_mix(PLAIN, _signed_part()).partition(b"1.0\r\n")[2]), id="M3 deeper"),
    ],
)
def test_m_a_signature_over_a_part_is_none_over_the_message(data: Callable[[], bytes]) -> None:
    report = _judge(data())
    assert (_summary(report), report.answer, _names(report)) == ("Unsigned", "refuse", ["signed-in-part"])
    assert [type(verdict.summary).__name__ for _, verdict in report.inner] == ["Trusted"]  # told, and worth nothing
    assert _summary(_judge(data(), SmimeMode.VERIFY)) == "Unsigned"


def test_m4_alices_signed_message_inside_one_that_eve_signed() -> None:
    inner = _signed_part().replace(b"boundary=s", b"boundary=i").replace(b"--s", b"--i")
    entity = _mix(PLAIN, inner).partition(b"1.0\r\n")[2]
    report = _judge(wrap_detached(entity, encode_signature(entity, _eve(), NOW)))
    assert (_summary(report), report.answer, _names(report)) == ("Untrusted", "refuse", ["signed-within"])


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b"--s--\r\n", b"--s\r\n" + PLAIN + b"\r\n--s--\r\n"),  # a third part
        (b"--s--\r\n", b"--s--\r\nGive him 1000 mg.\r\n"),  # an epilogue
        (b"\r\n\r\n--s\r\n", b"\r\n\r\n" + b"Give him 1000 mg.\r\n" * 60 + b"--s\r\n"),  # a preamble that is a letter
        (b"boundary=s;", b"boundary=s; boundary=x;"),
        (b"multipart/signed;", b"multipart/mixed;"),
        (b"MIME-Version: 1.0\r\n", b"Content-Type: text/html\r\n"),
        (b"Subject: A result\r\n", b"Subject: A result\r\nContent-Transfer-Encoding: base64\r\n"),
        (b"Subject: A result\r\n", b"Subject: A result\r\nGive him 1000 mg.\r\n"),  # a line that is no field
    ],
)
def test_m_what_is_put_around_the_signed_part(before: bytes, after: bytes) -> None:
    data = wrap_detached(ENTITY, encode_signature(ENTITY, _alice(), NOW))
    assert _judge(data).answer == "accept"
    changed = data.replace(before, after, 1)
    assert changed != data
    assert _judge(changed).answer == "refuse"


# --- I: who is shown as the author


def _as_eve(header: bytes) -> bytes:
    """What Eve signed, with her own valid certificate, under a header of her choice."""
    return wrap_detached(ENTITY, encode_signature(ENTITY, _eve(), NOW), header + b"\r\nMIME-Version: 1.0\r\n")


def test_i_eve_as_herself_is_trusted() -> None:
    assert _judge(_as_eve(b"From: Eve <eve@e.test>")).answer == "accept"


@pytest.mark.parametrize(
    ("header", "rule"),
    [
        (b"From: alice@a.test", "untrusted"),
        (b"From: alice@a.test\r\nSender: eve@e.test", "untrusted"),  # I1: the signer is the Sender only
        (b"From: alice@a.test\r\nReply-To: eve@e.test", "untrusted"),
        (b'From: "alice@a.test" <eve@e.test>', "display-name-imitates"),  # I2
        (b"From: =?utf-8?q?alice=40a=2Etest?= <eve@e.test>", "display-name-imitates"),
        (b'From: "Alice <alice@a.test>" <eve@e.test>', "display-name-imitates"),
        (b"From: alice@a.test <eve@e.test>", "display-name-imitates"),
        (b"From: eve@e.test (alice@a.test)", "display-name-imitates"),
        (
            b"From: =?utf-8?b?YWxpY2VAYS50ZXN0?=\r\n =?utf-8?b?ICAgICAgICAgICAgICAg?= <eve@e.test>",
            "display-name-imitates",
        ),
        (b"From: alice@a.test\r\nFrom: eve@e.test", "several-from-fields"),  # I3
        (b"From: eve@e.test\r\nFrom : alice@a.test", "several-from-fields"),
        (b"From: eve@e.test\r\nfrom:alice@a.test", "several-from-fields"),
        (b"From: alice@a.test, eve@e.test", "several-authors"),
        (b"From: eve@e.test, alice@a.test", "several-authors"),
        (b"From: <eve@e.test>, <alice@a.test>:;", "author-in-doubt"),
        (b"From: doctors: alice@a.test, eve@e.test;", "author-in-doubt"),
        (b"From: <@alice@a.test:eve@e.test>", "author-in-doubt"),
        (b"From: <alice@a.test,eve@e.test>", "author-in-doubt"),
        (b"From: eve@e.test\0@a.test", "header-control-characters"),
        (b"From: =?utf-8?b?YWxpY2VAYS50ZXN0?==?utf-8?Q?=00?=@e.test", "author-in-doubt"),  # Mailsploit
        (b"From: =?utf-8?b?YWxpY2VAYS50ZXN0?=", "author-in-doubt"),
        (b"From: alice@a.test\r\n\t<eve@e.test>", "display-name-imitates"),
        (b"F\xd0\xb3om: alice@a.test\r\nFrom: eve@e.test", "altered"),  # a line that is no field
        (b"From\xe2\x80\x8b: alice@a.test\r\nFrom: eve@e.test", "altered"),
        (b" From: alice@a.test\r\nFrom: eve@e.test", "altered"),  # a fold before the first field
    ],
)
def test_i_eve_as_alice(header: bytes, rule: str) -> None:
    report = _judge(_as_eve(header))
    assert report.answer == "refuse"
    # The verdict on the author comes before or after the oddity; that a name or a fault is told is what counts.
    assert rule in {report.decision.rule, *_names(report)}


@pytest.mark.parametrize(
    "addresses",
    [
        (EVE,),
        ("alice@a.test.e.test",),
        ("alice@sub.a.test",),
        ("domain-signing-authority@test",),
        ("domain-signing-authority@a.test.e.test",),
    ],
)
def test_i_certificates_for_nearly_the_author(addresses: tuple[str, ...]) -> None:
    report = _judge(wrap_detached(ENTITY, encode_signature(ENTITY, _certify(make_root(), *addresses), NOW)))
    assert (_summary(report), report.verdict.facts.author.outcome.value) == ("Untrusted", "failed")


def test_i_an_address_with_a_nul_in_the_certificate_is_not_its_beginning() -> None:
    key = _certify(make_root(), "alice@a.test#e.test")
    cms = encode_signature(ENTITY, key, NOW)
    assert not isinstance(
        _judge(wrap_detached(ENTITY, cms.replace(b"a.test#e.test", b"a.test\0e.test"))).verdict.summary, Trusted
    )


def test_i_the_common_name_is_nobodys_address() -> None:
    leaf = make_root().issue(name(ALICE), emails(EVE), usage("digital_signature"))
    report = _judge(wrap_detached(ENTITY, encode_signature(ENTITY, SigningKey(leaf.key, leaf.certificate), NOW)))
    assert report.verdict.facts.author.outcome.value == "failed"


def test_i_a_sender_that_differs_is_told() -> None:
    report = _judge(HEAD.replace(b"MIME", b"Sender: Eve <eve@e.test>\r\nMIME") + _signed_part())
    assert (report.answer, _names(report)) == ("accept", ["sender-differs"])


def test_protected_fields_that_disagree_are_refused() -> None:
    entity = (
        b'Content-Type: text/plain; hp="clear"\r\nFrom: Alice <alice@a.test>\r\nSubject: No result\r\n\r\nHello.\r\n'
    )
    report = _judge(wrap_detached(entity, encode_signature(entity, _alice(), NOW)))
    assert (_summary(report), report.answer) == ("Trusted", "refuse")
    assert "protected-field-differs" in _names(report)
    assert "signed Subject is 'No result', the outer one 'A result'" in str(report.encode()["reply"])


def test_the_report_tells_each_oddity_with_what_is_done_about_it() -> None:
    encoded = _judge(_as_eve(b'From: "alice@a.test" <eve@e.test>\r\nSubject: a\r\nSubject: b')).encode()
    assert encoded["notices"] == [
        {
            "name": "display-name-imitates",
            "reason": "the name in From shows another address: alice@a.test",
            "decision": "refuse",
        },
        {
            "name": "field-repeated",
            "reason": "more than one Subject: readers show the first or the last",
            "decision": "accept",
        },
    ]
    assert encoded["inner"] == []
    assert _judge(build_message(), SmimeMode.OFF).encode()["notices"] == []
