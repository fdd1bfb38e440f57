from datetime import UTC

import pytest
from cryptography import x509
from cryptography.x509.oid import ExtensionOID

from mssmail.errors import BadCertificate
from mssmail.trust.link import load_link
from tests.support.odd_certificates import authority, emails, make_root, mappings

MINIMUM_ONE = bytes.fromhex("300f a00d 300b 8206") + b"a.test" + bytes.fromhex("800101")


def test_tells_what_validation_asks() -> None:
    root = make_root()
    leaf = load_link(root.issue("leaf", emails("a@a.test")).der)
    link = load_link(root.der)
    assert link.is_self_issued
    assert not leaf.is_self_issued
    assert leaf.issuer == link.subject
    assert link.basic_constraints == x509.BasicConstraints(ca=True, path_length=None)
    assert link.key_usage is not None
    assert link.key_usage.key_cert_sign
    assert leaf.basic_constraints is None
    assert leaf.key_usage is None
    assert leaf.extended_key_usage is None
    assert leaf.name_constraints is None
    assert leaf.emails == ("a@a.test",)
    assert leaf.not_after.tzinfo is UTC
    assert leaf.spki
    assert "CN=leaf" in leaf.text


def test_refuses_junk() -> None:
    with pytest.raises(BadCertificate):
        load_link(b"junk")


def test_names_critical_extensions_nobody_processes() -> None:
    odd = x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.3.4"), b"\x05\x00")
    root = make_root()
    assert load_link(root.issue("x", (odd, True)).der).unknown_critical == ("1.2.3.4",)
    assert load_link(root.issue("x", (odd, False)).der).unknown_critical == ()
    assert load_link(root.issue("x", *authority(), (x509.InhibitAnyPolicy(0), True)).der).unknown_critical == ()


def test_reads_what_policies_are_judged_by() -> None:
    policy = x509.CertificatePolicies([x509.PolicyInformation(x509.ObjectIdentifier("1.2.3"), None)])
    demand = x509.PolicyConstraints(require_explicit_policy=0, inhibit_policy_mapping=None)
    link = load_link(
        make_root()
        .issue("x", (policy, False), (demand, True), mappings(("1.2.3", "1.2.4")), (x509.InhibitAnyPolicy(3), True))
        .der
    )
    assert link.policies == frozenset({"1.2.3"})
    assert link.policy_mappings == {"1.2.3": frozenset({"1.2.4"})}
    assert link.policy_constraints == demand
    assert link.inhibit_any_policy == 3
    plain = load_link(make_root().der)
    assert (plain.policies, plain.policy_mappings, plain.policy_constraints, plain.inhibit_any_policy) == (
        None,
        {},
        None,
        None,
    )


def test_refuses_policy_mappings_nobody_can_read() -> None:
    odd = x509.UnrecognizedExtension(ExtensionOID.POLICY_MAPPINGS, b"\x30\x02\x05\x00")
    with pytest.raises(BadCertificate, match="policyMappings"):
        load_link(make_root().issue("x", (odd, True)).der)


def test_sees_distances_in_name_constraints() -> None:
    constraint = x509.NameConstraints([x509.DNSName("a.test")], None)
    plain = make_root().issue("x", *authority(), (constraint, True))
    assert not load_link(plain.der).has_subtree_distances
    odd = x509.UnrecognizedExtension(ExtensionOID.NAME_CONSTRAINTS, MINIMUM_ONE)
    assert load_link(make_root().issue("x", *authority(), (odd, True)).der).has_subtree_distances
    assert not load_link(make_root().der).has_subtree_distances


def test_only_a_critical_alternative_name_replaces_the_subject() -> None:
    root, names = make_root(), emails("a@a.test")[0]
    assert load_link(root.issue("x", (names, True)).der).has_critical_alternative_names
    assert not load_link(root.issue("x", (names, False)).der).has_critical_alternative_names
    assert not load_link(root.issue("x").der).has_critical_alternative_names
