from ipaddress import ip_address, ip_network

import pytest
from cryptography import x509

from mssmail.trust.link import load_link
from mssmail.trust.name_constraints import find_forbidden_name
from tests.support.odd_certificates import make_root, name

MAIL, HOST, URI = x509.RFC822Name, x509.DNSName, x509.UniformResourceIdentifier


def _is_forbidden(
    subject: x509.GeneralName, permitted: list[x509.GeneralName], excluded: list[x509.GeneralName]
) -> bool:
    alternative = (x509.SubjectAlternativeName([subject]), False)
    leaf = load_link(make_root().issue("leaf", alternative).der)
    constraint = x509.NameConstraints(permitted or None, excluded or None)
    return bool(find_forbidden_name(leaf, [constraint]))


@pytest.mark.parametrize(
    ("subject", "constraint", "is_within"),
    [
        (MAIL("a@a.test"), MAIL("a@a.test"), True),
        (MAIL("A@a.test"), MAIL("a@a.test"), False),
        (MAIL("a@A.TEST"), MAIL("a@a.test"), True),
        (MAIL("a@a.test"), MAIL("a.test"), True),
        (MAIL("a@x.a.test"), MAIL("a.test"), False),
        (MAIL("a@x.a.test"), MAIL(".a.test"), True),
        (MAIL("a@a.test"), MAIL(".a.test"), False),
        (MAIL("a@xa.test"), MAIL(".a.test"), False),
        (HOST("a.test"), HOST("a.test"), True),
        (HOST("x.A.test"), HOST("a.test"), True),
        (HOST("xa.test"), HOST("a.test"), False),
        (HOST("a.test"), HOST(""), True),
        (URI("https://a.test/x"), URI("a.test"), True),
        (URI("https://x.a.test:8/x"), URI(".a.test"), True),
        (URI("https://x.a.test/x"), URI("a.test"), False),
        (x509.DirectoryName(name("x", "CHU")), x509.DirectoryName(x509.Name(name("x", " chu").rdns[:2])), True),
        (x509.DirectoryName(name("x", "CHU")), x509.DirectoryName(x509.Name(name("x", "other").rdns[:2])), False),
        (x509.IPAddress(ip_address("10.0.0.9")), x509.IPAddress(ip_network("10.0.0.0/24")), True),
        (x509.IPAddress(ip_address("10.0.1.9")), x509.IPAddress(ip_network("10.0.0.0/24")), False),
        (x509.IPAddress(ip_address("::1")), x509.IPAddress(ip_network("::/64")), True),
        (x509.IPAddress(ip_address("::1")), x509.IPAddress(ip_network("10.0.0.0/24")), False),
    ],
)
def test_what_lies_in_a_subtree_is_permitted_or_excluded(
    subject: x509.GeneralName, constraint: x509.GeneralName, *, is_within: bool
) -> None:
    if not isinstance(constraint, x509.DirectoryName):  # the leaf's own subject is a directory name too
        assert _is_forbidden(subject, [constraint], []) is not is_within
    assert _is_forbidden(subject, [], [constraint]) is is_within


@pytest.mark.parametrize("subject", [URI("urn:x:y"), URI("https://10.0.0.1/"), URI("https://[::1]/"), URI("http://[x")])
def test_a_uri_without_a_host_name_is_refused_under_any_constraint(subject: x509.GeneralName) -> None:
    assert _is_forbidden(subject, [URI("a.test")], [])
    assert _is_forbidden(subject, [], [URI("a.test")])


def test_forms_that_cannot_be_compared_are_refused() -> None:
    odd = x509.RegisteredID(x509.ObjectIdentifier("1.2.3.4"))
    assert _is_forbidden(odd, [odd], [])
    assert _is_forbidden(odd, [], [odd])


def test_a_constraint_on_one_form_leaves_the_others_alone() -> None:
    assert not _is_forbidden(MAIL("a@a.test"), [HOST("b.test")], [HOST("a.test")])


def test_each_ca_of_the_path_narrows_further() -> None:
    leaf = load_link(make_root().issue("leaf", (x509.SubjectAlternativeName([HOST("x.a.test")]), False)).der)
    wide, narrow = x509.NameConstraints([HOST("a.test")], None), x509.NameConstraints([HOST("y.a.test")], None)
    assert find_forbidden_name(leaf, [wide]) == ""
    assert find_forbidden_name(leaf, [wide, narrow]) == "x.a.test"


def test_the_subject_is_constrained_too() -> None:
    leaf = load_link(make_root().issue("leaf").der)
    constraint = x509.NameConstraints([x509.DirectoryName(x509.Name(name("x", "CHU").rdns[:2]))], None)
    assert find_forbidden_name(leaf, [constraint]) == "CN=leaf,O=Odd,C=FR"
