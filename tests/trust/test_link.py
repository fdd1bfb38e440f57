from datetime import UTC

import pytest
from cryptography import x509

from mssmail.errors import BadCertificate
from mssmail.trust.link import iterate_names, load_link
from tests.support.odd_certificates import authority, emails, make_root, name


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


def test_sees_a_demand_for_policies() -> None:
    demand = x509.PolicyConstraints(require_explicit_policy=0, inhibit_policy_mapping=None)
    inhibit = x509.PolicyConstraints(require_explicit_policy=None, inhibit_policy_mapping=0)
    root = make_root()
    assert load_link(root.issue("x", (demand, False)).der).requires_policy
    assert not load_link(root.issue("x", (inhibit, False)).der).requires_policy


def test_names_constraints_apply_to_subject_alternative_names_and_a_lone_subject_address() -> None:
    root = make_root()
    leaf = load_link(root.issue("leaf", emails("a@a.test")).der)
    assert list(iterate_names(leaf)) == [x509.DirectoryName(name("leaf")), x509.RFC822Name("a@a.test")]
    subject = x509.Name([x509.NameAttribute(x509.NameOID.EMAIL_ADDRESS, "b@a.test")])
    assert x509.RFC822Name("b@a.test") in list(iterate_names(load_link(root.issue(subject).der)))
