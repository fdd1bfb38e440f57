"""The situations of the NIST PKITS sections 4.1 to 4.3, 4.6, 4.7, 4.13 and 4.16, made with our own builder."""

from datetime import UTC, datetime, timedelta
from ipaddress import ip_address, ip_network

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import dsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.name import _ASN1Type
from cryptography.x509.oid import NameOID

from mssmail.core.verdict import Outcome
from mssmail.settings import RevocationMode
from mssmail.trust.path import verify_path
from mssmail.trust.path_result import PathResult
from mssmail.trust.signature_policy import SignaturePolicy
from mssmail.trust.snapshot import TrustSnapshot, build_trust_store
from mssmail.trust.usage import Purpose
from tests.support.odd_certificates import Critical, Odd, authority, make_root, name, usage
from tests.support.pki import NOW

OFF = SignaturePolicy(revocation=RevocationMode.OFF)
FAILED = Outcome.FAILED


def _judge(
    root: Odd, leaf: Odd | bytes, *between: Odd, policy: SignaturePolicy = OFF, at: datetime = NOW
) -> PathResult:
    store = build_trust_store(TrustSnapshot(1, (root.der,), tuple(odd.der for odd in between), policy=policy))
    assert not store.faults
    return verify_path(leaf if isinstance(leaf, bytes) else leaf.der, (), store, Purpose.ANY, at)


def _fails(fact: str, result: PathResult) -> bool:
    return getattr(result, fact).outcome is FAILED


@pytest.fixture
def root() -> Odd:
    return make_root()


@pytest.fixture
def ca(root: Odd) -> Odd:
    return root.issue("CA", *authority())


# --- 4.1 signatures, 4.2 dates


def test_4_1_a_bad_signature_anywhere_breaks_the_chain(root: Odd, ca: Odd) -> None:
    leaf, forged = ca.issue("leaf"), make_root("x").issue("CA", *authority())
    altered = bytearray(leaf.der)
    altered[-3] ^= 1
    assert _judge(root, leaf, ca).is_trusted
    assert _fails("chain", _judge(root, bytes(altered), ca))
    assert _fails("chain", _judge(root, forged.issue("leaf"), forged))


def _make_dsa(subject: str, key: dsa.DSAPrivateKey) -> bytes:
    builder = x509.CertificateBuilder(
        name("DSA Root"), name(subject), key.public_key(), 5, NOW, NOW + timedelta(days=9)
    )
    for extension, critical in authority():
        builder = builder.add_extension(extension, critical)
    return builder.sign(key, hashes.SHA256()).public_bytes(Encoding.DER)


@pytest.mark.parametrize("allowed", [True, False])
def test_4_1_4_dsa_is_a_matter_of_policy(*, allowed: bool) -> None:
    key = dsa.generate_private_key(1024)
    policy = SignaturePolicy(revocation=RevocationMode.OFF, allow_dsa=allowed)
    store = build_trust_store(TrustSnapshot(1, (_make_dsa("DSA Root", key),), policy=policy))
    result = verify_path(_make_dsa("CA", key), (), store, Purpose.ANY, NOW)
    assert result.chain.outcome is Outcome.PASSED
    assert result.is_trusted is allowed


@pytest.mark.parametrize(
    ("start", "end", "passes"),
    [
        (datetime(1950, 1, 1, tzinfo=UTC), datetime(2049, 12, 31, tzinfo=UTC), True),  # 4.2.3: UTCTime before 2000
        (NOW - timedelta(days=1), datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC), True),  # RFC 5280 §4.1.2.5
        (datetime(1950, 1, 1, tzinfo=UTC), datetime(1999, 12, 31, tzinfo=UTC), False),
        (datetime(2050, 1, 1, tzinfo=UTC), datetime(2060, 1, 1, tzinfo=UTC), False),
        (NOW, NOW, True),
    ],
)
def test_4_2_dates_of_both_kinds(root: Odd, ca: Odd, start: datetime, end: datetime, *, passes: bool) -> None:
    assert _judge(root, ca.issue("leaf", start=start, end=end), ca).is_trusted is passes
    above = root.issue("CA", *authority(), start=start, end=end)
    assert _judge(root, above.issue("leaf"), above).is_trusted is passes


def test_the_end_of_all_times_can_be_asked_about(root: Odd) -> None:
    end = datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)
    leaf = root.issue("leaf", end=end)
    store = build_trust_store(TrustSnapshot(1, (root.der,), (), (root.build_crl(end=end),)))
    assert verify_path(leaf.der, (), store, Purpose.ANY, end).dates.outcome is FAILED  # the anchor ends before


# --- 4.3 names


def _named(*values: tuple[x509.ObjectIdentifier, str, _ASN1Type]) -> x509.Name:
    return x509.Name([x509.NameAttribute(oid, value, kind) for oid, value, kind in values])


P, U = _ASN1Type.PrintableString, _ASN1Type.UTF8String
C, O, CN = NameOID.COUNTRY_NAME, NameOID.ORGANIZATION_NAME, NameOID.COMMON_NAME


@pytest.mark.parametrize(
    ("issuer", "passes"),
    [
        (_named((C, "FR", P), (O, "Odd", P), (CN, "Issuing CA", P)), True),
        (_named((C, "FR", P), (O, "Odd", U), (CN, "Issuing CA", U)), True),  # 4.3.10: rollover to UTF8String
        (_named((C, "FR", P), (O, "ODD", P), (CN, "issuing ca", P)), True),  # 4.3.5, 4.3.11: capitals
        (_named((C, "FR", P), (O, " Odd ", P), (CN, "Issuing   CA", P)), True),  # 4.3.3, 4.3.4: white space
        (_named((C, "FR", P), (O, "Odd", P), (CN, "Issuing", P)), False),  # 4.3.1
        (_named((C, "FR", P), (CN, "Issuing CA", P), (O, "Odd", P)), False),  # 4.3.2: order
    ],
)
def test_4_3_names_chain_as_they_are_compared(root: Odd, issuer: x509.Name, *, passes: bool) -> None:
    ca = root.issue(_named((C, "FR", P), (O, "Odd", P), (CN, "Issuing CA", P)), *authority())
    alias = root.issue(issuer, *authority(), key=ca.key)
    leaf = alias.issue("leaf")
    assert _judge(root, leaf, ca).is_trusted is passes


# --- 4.6 basic constraints, 4.7 key usage


def _flags(**keys: bool) -> tuple[Critical, ...]:
    return (x509.BasicConstraints(ca=keys.get("ca", True), path_length=None), keys.get("critical", True)), usage(
        "key_cert_sign"
    )


@pytest.mark.parametrize(
    ("extensions", "passes"),
    [
        ((usage("key_cert_sign"),), False),  # 4.6.1
        (_flags(ca=False), False),  # 4.6.2
        (_flags(ca=False, critical=False), False),  # 4.6.3
        (_flags(critical=False), True),  # 4.6.4
        ((authority()[0],), True),  # no key usage at all
        ((authority()[0], usage("crl_sign", "digital_signature")), False),  # 4.7.1
        ((authority()[0], (usage("crl_sign")[0], False)), False),  # 4.7.2
        ((authority()[0], (usage("key_cert_sign")[0], False)), True),  # 4.7.3
    ],
)
def test_4_6_and_4_7_who_may_sign_certificates(root: Odd, extensions: tuple[Critical, ...], *, passes: bool) -> None:
    ca = root.issue("CA", *extensions)
    assert _fails("chain", _judge(root, ca.issue("leaf"), ca)) is not passes


@pytest.mark.parametrize(
    ("lengths", "ends_in_ca", "passes"),
    [
        ((0, None), False, False),  # 4.6.5
        ((0,), True, True),  # 4.6.8: the last certificate does not count
        ((6, 0), False, True),
        ((6, 0, None), False, False),  # 4.6.9
        ((6, 1, 0), False, True),
        ((6, 1, 0, None), False, False),  # 4.6.11
        ((6, 1, 1), False, True),
        ((6, 4, 1, None), True, True),  # 4.6.14
        ((6, 4, 1, None, None), True, False),
    ],
)
def test_4_6_path_lengths(root: Odd, lengths: tuple[int | None, ...], *, ends_in_ca: bool, passes: bool) -> None:
    chain = [root]
    for at, length in enumerate(lengths):
        chain.append(chain[-1].issue(f"CA {at}", *authority(length)))
    leaf = chain[-1].issue("leaf", *(authority() if ends_in_ca else ()))
    assert _judge(root, leaf, *chain[1:]).is_trusted is passes


def test_4_6_15_to_17_self_issued_certificates_do_not_count(root: Odd) -> None:
    old = root.issue("CA", *authority(0))
    new = old.issue("CA", *authority(), key=make_root("x").key)
    sub = new.issue("Sub", *authority())
    assert _judge(root, new.issue("leaf"), old, new).is_trusted
    assert not _judge(root, sub.issue("leaf"), old, new, sub).is_trusted


# --- 4.13 name constraints


def _dn(*parts: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(C, "US"), *(x509.NameAttribute(O, part) for part in parts)])


def _limit(permitted: list[x509.GeneralName] | None, excluded: list[x509.GeneralName] | None = None) -> Critical:
    return x509.NameConstraints(permitted, excluded), True


def _tree(*parts: str) -> x509.GeneralName:
    return x509.DirectoryName(_dn(*parts))


def _alt(*names: x509.GeneralName) -> Critical:
    return x509.SubjectAlternativeName(list(names)), False


MAIL, HOST, URI = x509.RFC822Name, x509.DNSName, x509.UniformResourceIdentifier
NAMES: list[tuple[Critical, x509.Name, tuple[Critical, ...], bool]] = [
    (_limit([_tree("a", "p1")]), _dn("a", "p1", "x"), (), True),  # 1
    (_limit([_tree("a", "p1")]), _dn("a", "x"), (), False),  # 2
    (_limit([_tree("a", "p1")]), _dn("a", "p1"), (_alt(_tree("a", "x")),), False),  # 3
    (_limit([_tree("a", "p1")]), _dn("a", "p1"), (_alt(MAIL("a@any.test")),), True),  # 4
    (_limit([_tree("a", "p1"), _tree("a", "p2")]), _dn("a", "p2"), (), True),  # 5
    (_limit(None, [_tree("a", "e1")]), _dn("a", "x"), (), True),  # 6
    (_limit(None, [_tree("a", "e1")]), _dn("a", "e1", "x"), (), False),  # 7
    (_limit([_tree("a", "p1")], [_tree("a", "p1", "e1")]), _dn("a", "p1", "e1"), (), False),  # 10
    (_limit([_tree("a", "p1")], [_tree("a", "p1", "e1")]), _dn("a", "p1", "x"), (), True),  # 11
    (_limit([MAIL(".gov.test")]), _dn(), (_alt(MAIL("a@mail.gov.test")),), True),  # 21
    (_limit([MAIL(".gov.test")]), _dn(), (_alt(MAIL("a@gov.test")),), False),  # 22
    (_limit([MAIL("gov.test")]), _dn(), (_alt(MAIL("a@gov.test")),), True),  # 23
    (_limit([MAIL("gov.test")]), _dn(), (_alt(MAIL("a@mail.gov.test")),), False),  # 24
    (_limit(None, [MAIL("gov.test")]), _dn(), (_alt(MAIL("a@mail.gov.test")),), True),  # 25
    (_limit(None, [MAIL("gov.test")]), _dn(), (_alt(MAIL("a@gov.test")),), False),  # 26
    (_limit([HOST("gov.test")]), _dn(), (_alt(HOST("www.gov.test")),), True),  # 30
    (_limit([HOST("gov.test")]), _dn(), (_alt(HOST("other.test")),), False),  # 31
    (_limit(None, [HOST("gov.test")]), _dn(), (_alt(HOST("other.test")),), True),  # 32
    (_limit(None, [HOST("gov.test")]), _dn(), (_alt(HOST("www.gov.test")),), False),  # 33
    (_limit([HOST("gov.test")]), _dn(), (_alt(HOST("mygov.test")),), False),  # 38
    (_limit([URI(".gov.test")]), _dn(), (_alt(URI("http://www.gov.test/x")),), True),  # 34
    (_limit([URI(".gov.test")]), _dn(), (_alt(URI("http://gov.test/x")),), False),  # 35
    (_limit(None, [URI("gov.test")]), _dn(), (_alt(URI("ftp://www.gov.test/x")),), True),  # 36
    (_limit(None, [URI("gov.test")]), _dn(), (_alt(URI("http://gov.test/x")),), False),  # 37
    # beyond PKITS
    (_limit(None, [HOST("www.gov.test")]), _dn(), (_alt(HOST("*.gov.test")),), False),
    (_limit([HOST(".gov.test")]), _dn(), (_alt(HOST("gov.test")),), False),
    (_limit([x509.IPAddress(ip_network("10.0.0.0/8"))]), _dn(), (_alt(x509.IPAddress(ip_address("11.0.0.1"))),), False),
    (_limit([x509.RegisteredID(x509.ObjectIdentifier("1.2"))]), _dn(), (_alt(HOST("a.test")),), True),
]


@pytest.mark.parametrize(("limit", "subject", "extensions", "passes"), NAMES)
def test_4_13_names(
    root: Odd, limit: Critical, subject: x509.Name, extensions: tuple[Critical, ...], *, passes: bool
) -> None:
    ca = root.issue("CA", *authority(), limit)
    result = _judge(root, ca.issue(subject, *extensions), ca)
    assert result.is_trusted is passes
    assert passes or "is not allowed to certify the name" in result.reason


def test_4_13_12_to_18_constraints_of_several_cas_add_up(root: Odd) -> None:
    upper = root.issue("Upper", *authority(), _limit([_tree("a")], [_tree("a", "e1")]))
    lower = upper.issue(_dn("a", "ca"), *authority(), _limit([_tree("a", "p1"), _tree("b")], [_tree("a", "p1", "e2")]))
    for parts, passes in {
        ("a", "p1"): True,
        ("a",): False,
        ("b",): False,
        ("a", "e1"): False,
        ("a", "p1", "e2"): False,
    }.items():
        assert _judge(root, lower.issue(_dn(*parts, "x")), upper, lower).is_trusted is passes, parts


def test_4_13_27_to_29_an_address_in_the_subject_is_an_address(root: Odd) -> None:
    ca = root.issue("CA", *authority(), _limit([_tree("a"), MAIL("gov.test")]))
    for email, passes in {"a@gov.test": True, "a@other.test": False}.items():
        subject = x509.Name([*_dn("a").rdns, *x509.Name([x509.NameAttribute(NameOID.EMAIL_ADDRESS, email)]).rdns])
        assert _judge(root, ca.issue(subject), ca).is_trusted is passes
        assert _judge(root, ca.issue(subject, _alt(MAIL("b@gov.test"))), ca).is_trusted is passes


def test_more_names_than_can_be_compared_are_refused(root: Odd) -> None:
    ca = root.issue("CA", *authority(), _limit([HOST(f"{n}.test") for n in range(600)]))
    leaf = ca.issue("leaf", _alt(*(HOST(f"a.{n}.test") for n in range(500))))
    assert "too many to compare" in _judge(root, leaf, ca).reason


# --- paths: loops, crossings, bounds


def test_cross_certificates_that_make_loops_end_and_the_good_path_is_found(root: Odd) -> None:
    names = [f"CA {n}" for n in range(5)]
    keys = {each: make_root(each).key for each in names}
    own = {each: make_root(each) for each in names}
    crossed = [own[a].issue(b, *authority(), key=keys[b]) for a in names for b in names if a != b]
    entry = root.issue(names[0], *authority(), key=keys[names[0]])
    leaf = own[names[4]].issue("leaf")
    assert _judge(root, leaf, *crossed, entry).is_trusted
    assert _fails("chain", _judge(root, leaf, *crossed))


def test_key_identifiers_are_hints_only(root: Odd) -> None:
    wrong = x509.AuthorityKeyIdentifier(b"wrong", None, None), False
    ca = root.issue("CA", *authority(), (x509.SubjectKeyIdentifier(b"right"), False))
    assert _judge(root, ca.issue("leaf", wrong), ca).is_trusted


def test_a_ca_without_a_name_issues_nothing(root: Odd) -> None:
    ca = root.issue(x509.Name([]), *authority())
    result = _judge(root, ca.issue("leaf"), ca)
    assert _fails("chain", result)
    assert "names no issuer" in result.reason


def test_4_16_private_extensions(root: Odd) -> None:
    private = x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.3.4"), b"\x05\x00")
    assert _judge(root, root.issue("leaf", (private, False))).is_trusted
    assert _fails("chain", _judge(root, root.issue("leaf", (private, True))))
