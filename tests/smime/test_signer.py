import pytest
from asn1crypto import x509 as asn1_x509
from cryptography import x509

from mssmail.core.address import parse_address
from mssmail.core.verdict import Outcome, SignerKind
from mssmail.smime.signed_data import SignerInfo
from mssmail.smime.signer import build_signer, find_certificates, judge_author
from mssmail.trust.link import Link, load_link
from tests.support.odd_certificates import Odd, emails, make_root
from tests.support.pki import NOW


def _info(issuer: bytes = b"", serial: int = 0, key_id: bytes | None = None) -> SignerInfo:
    return SignerInfo(issuer, serial, key_id, b"", None, b"", b"")


def _link(odd: Odd) -> Link:
    return load_link(odd.der)


def test_finds_by_issuer_and_serial() -> None:
    one, two = make_root("One"), make_root("Two")
    known = [_link(one.issue("a")), _link(one.issue("b")), _link(two.issue("a"))]
    for link in known:
        serial = link.certificate.serial_number
        assert find_certificates(_info(link.issuer_der, serial), known) == [link]
        assert find_certificates(_info(known[2].issuer_der, known[0].certificate.serial_number), known) == []
        assert find_certificates(_info(b"junk", serial), known) == []


def test_finds_an_issuer_whose_name_was_written_anew() -> None:
    link = _link(make_root("One").issue("a"))
    name = asn1_x509.Name.build({"country_name": "FR", "organization_name": "ODD", "common_name": "one"})
    assert name.dump() != link.issuer_der
    assert find_certificates(_info(name.dump(), link.certificate.serial_number), [link]) == [link]


def test_finds_by_key_identifier_written_or_computed() -> None:
    root = make_root()
    key = root.issue("a").key.public_key()
    computed = x509.SubjectKeyIdentifier.from_public_key(key).digest
    plain = _link(root.issue("a"))
    written = _link(root.issue("b", (x509.SubjectKeyIdentifier(b"own"), False)))
    assert find_certificates(_info(key_id=computed), [plain, written]) == [plain]
    assert find_certificates(_info(key_id=b"own"), [plain, written]) == [written]


def test_tells_persons_from_organisations() -> None:
    root = make_root()
    person = build_signer(_link(root.issue("Zoé", emails("zoe@a.test"))), NOW)
    organisation = build_signer(_link(root.issue("a", emails("Domain-Signing-Authority@a.test"))), None)
    assert (person.kind, organisation.kind) == (SignerKind.PERSONAL, SignerKind.ORGANISATION)
    assert (person.subject, person.issuer) == (r"CN=Zo\C3\A9,O=Odd,C=FR", "CN=Odd Root,O=Odd,C=FR")
    assert (person.emails, person.signed_at, len(person.fingerprint)) == (("zoe@a.test",), NOW, 64)


@pytest.mark.parametrize(
    ("named", "authors", "passes"),
    [
        (("a@a.test",), ("a@a.test",), True),
        (("A@A.TEST",), ("a@a.test",), True),
        (("a@a.test",), ("A@a.test",), True),
        (("x@a.test", "a@a.test"), ("a@a.test",), True),
        (("a@a.test", "b@a.test"), ("a@a.test", "b@a.test"), False),
        (("a@a.test",), (), False),
        (("a@a.test",), ("b@a.test",), False),
        (("a@a.test",), ("a@x.a.test",), False),
        (("a@a.test.evil.test",), ("a@a.test",), False),
        (("domain-signing-authority@a.test",), ("a@a.test",), True),
        (("DOMAIN-signing-authority@a.TEST",), ("a@a.test",), True),
        (("domain-signing-authority@a.test",), ("a@x.a.test",), False),
        (("domain-signing-authority@x.a.test",), ("a@a.test",), False),
        (("domain-signing-authority@a.test",), ("a@a.test", "b@a.test"), False),
        (("@a.test", "a", "a@a.test\x00"), ("a@a.test",), False),
    ],
)
def test_speaks_for_the_author(named: tuple[str, ...], authors: tuple[str, ...], *, passes: bool) -> None:
    link = _link(make_root().issue("signer", emails(*named)))
    fact = judge_author(link, [parse_address(author) for author in authors])
    assert fact.outcome is (Outcome.PASSED if passes else Outcome.FAILED)
    assert fact.reason.isascii()
    assert fact.reason.isprintable()


def test_a_certificate_without_an_address_speaks_for_nobody() -> None:
    fact = judge_author(_link(make_root().issue("server")), [parse_address("a@a.test")])
    assert fact.outcome is Outcome.FAILED
    assert "no e-mail address" in fact.reason
