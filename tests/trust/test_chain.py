import pytest
from cryptography import x509
from cryptography.x509.oid import ExtensionOID

from mssmail.core.verdict import Outcome
from mssmail.trust.chain import judge_chain
from mssmail.trust.link import load_link
from mssmail.trust.policies import PolicyRequest
from tests.support.odd_certificates import Critical, Odd, authority, emails, make_root, policies, usage

EMPTY = x509.Name([])


def _reason(*chain: Odd) -> str:
    fact, _ = judge_chain(tuple(load_link(odd.der) for odd in chain), PolicyRequest())
    return "" if fact.outcome is Outcome.PASSED else fact.reason


def test_a_good_chain_passes_and_tells_its_policies() -> None:
    root = make_root()
    leaf = root.issue("leaf", policies("1.2.3"))
    fact, found = judge_chain((load_link(leaf.der), load_link(root.der)), PolicyRequest())
    assert fact.outcome is Outcome.PASSED
    assert "chains to the anchor CN=Odd Root" in fact.reason
    assert found == ("1.2.3",)


@pytest.mark.parametrize("is_critical", [True, False])
def test_an_empty_subject_needs_a_critical_alternative_name(*, is_critical: bool) -> None:
    root = make_root()
    names = emails("a@a.test")[0]
    assert ("empty subject" in _reason(root.issue(EMPTY, (names, is_critical)), root)) is not is_critical
    assert "empty subject" in _reason(root.issue(EMPTY), root)


def test_name_constraints_that_count_distances_are_refused() -> None:
    distances = bytes.fromhex("300f a00d 300b 8206") + b"a.test" + bytes.fromhex("800101")
    odd = x509.UnrecognizedExtension(ExtensionOID.NAME_CONSTRAINTS, distances)
    root = make_root()
    issuing = root.issue("CA", *authority(), (odd, True))
    assert "distances" in _reason(issuing.issue("leaf"), issuing, root)


def test_a_policy_that_does_not_hold_breaks_the_chain() -> None:
    root = make_root()
    fact, _ = judge_chain((load_link(root.issue("leaf").der), load_link(root.der)), PolicyRequest(explicit=True))
    assert fact.outcome is Outcome.FAILED
    assert "policy is demanded" in fact.reason


@pytest.mark.parametrize(
    ("extensions", "fault"),
    [
        ((usage("digital_signature", "key_cert_sign"),), "allows signing certificates"),
        ((usage("digital_signature", "crl_sign"),), ""),  # an issuer of lists need not be a CA
        (((x509.NameConstraints([x509.RFC822Name("a.test")], None), True),), "has name constraints"),
        (authority(), ""),
    ],
)
def test_who_is_no_authority_holds_nothing_of_one(extensions: tuple[Critical, ...], fault: str) -> None:
    root = make_root()
    reason = _reason(root.issue("leaf", *extensions), root)
    assert fault in reason
    assert bool(reason) is bool(fault)
