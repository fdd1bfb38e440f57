"""Certificate policies; the situations are those of the NIST PKITS sections 4.8 to 4.12, made with our own builder."""

import asyncio
from dataclasses import dataclass

import pytest
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from pyhanko_certvalidator import ValidationContext
from pyhanko_certvalidator.authority import CertTrustAnchor
from pyhanko_certvalidator.errors import PathValidationError
from pyhanko_certvalidator.path import ValidationPath
from pyhanko_certvalidator.policy_decl import PKIXValidationParams
from pyhanko_certvalidator.validate import async_validate_path

from mssmail.trust.link import load_link
from mssmail.trust.policies import ANY_POLICY, PolicyRequest, find_policies
from tests.support.odd_certificates import Critical, Odd, authority, constrain, make_root, mappings, policies
from tests.support.pki import NOW

P = {"any": ANY_POLICY, **{str(number): f"2.16.840.1.101.3.2.1.48.{number}" for number in range(1, 10)}}


@dataclass(frozen=True)
class Row:
    """One certificate below the anchor: its policies by short name, and what it demands of those below."""

    policies: str | None = None
    maps: str = ""
    explicit: int | None = None
    mapping: int | None = None
    any: int | None = None
    same: bool = False  # self-issued: it has the name of the one above it


def _issue(above: Odd, row: Row, number: int, *, is_last: bool) -> Odd:
    extensions: list[Critical] = [] if is_last else [*authority()]
    if row.policies is not None:
        extensions.append(policies(*(P[each] for each in row.policies.split())))
    if row.maps:
        pairs = (pair.split(">") for pair in row.maps.split())
        extensions.append(mappings(*((P[a], P[b]) for a, b in pairs)))
    if row.explicit is not None or row.mapping is not None:
        extensions.append(constrain(row.explicit, row.mapping))
    if row.any is not None:
        extensions.append((x509.InhibitAnyPolicy(row.any), True))
    return above.issue(above.certificate.subject if row.same else f"CA {number}", *extensions)


def _build(rows: list[Row]) -> list[Odd]:
    chain = [make_root()]
    for number, row in enumerate(rows, 1):
        chain.append(_issue(chain[-1], row, number, is_last=number == len(rows)))
    return chain


def _ask(rows: list[Row], request: PolicyRequest) -> tuple[bool, set[str]]:
    chain = _build(rows)
    answer = find_policies(tuple(load_link(odd.der) for odd in reversed(chain)), request)
    names = {oid: short for short, oid in P.items()}
    return not answer.fault, {names[policy] for policy in answer.policies}


def _request(text: str) -> PolicyRequest:
    words = text.split()
    wanted = frozenset(P[word] for word in words if word in P) or frozenset({ANY_POLICY})
    return PolicyRequest(wanted, "explicit" in words, "nomap" in words, "noany" in words)


R = Row
PLAIN = [R("1"), R("1")]
CASES: list[tuple[str, list[Row], str, str | None]] = [
    # 4.8: certificate policies
    ("4.8.1.1", [R("1"), R("1"), R("1")], "explicit", "1"),
    ("4.8.1.2", [R("1"), R("1"), R("1")], "1 explicit", "1"),
    ("4.8.1.3", [R("1"), R("1"), R("1")], "2 explicit", None),
    ("4.8.1.4", [R("1"), R("1"), R("1")], "1 2 explicit", "1"),
    ("4.8.2.1", [R(), R()], "", ""),
    ("4.8.2.2", [R(), R()], "explicit", None),
    ("4.8.3.1", [R("1"), R("2"), R("1")], "", ""),
    ("4.8.3.2", [R("1"), R("2"), R("1")], "explicit", None),
    ("4.8.3.3", [R("1"), R("2"), R("1")], "1 2 explicit", None),
    ("4.8.4", [R("1"), R("1", explicit=0), R("2")], "", None),
    ("4.8.5", [R("1"), R("2", explicit=0), R("2")], "", None),
    ("4.8.6.1", [R("1 2", explicit=0), R("1 3"), R("1")], "", "1"),
    ("4.8.6.2", [R("1 2", explicit=0), R("1 3"), R("1")], "1", "1"),
    ("4.8.6.3", [R("1 2", explicit=0), R("1 3"), R("1")], "2", None),
    ("4.8.7", [R("1 2 3", explicit=0), R("1 2"), R("1"), R("3")], "", None),
    ("4.8.9", [R("1 2 3", explicit=0), R("1 2"), R("1"), R("2"), R("1")], "", None),
    ("4.8.10.1", [R("1 2", explicit=0), R("1 2")], "1", "1"),
    ("4.8.10.3", [R("1 2", explicit=0), R("1 2")], "", "1 2"),
    ("4.8.11.1", [R("any", explicit=0), R("any")], "", "any"),
    ("4.8.11.2", [R("any", explicit=0), R("any")], "1", "1"),
    ("4.8.12", [R("3", explicit=0), R("4")], "", None),
    ("4.8.13", [R("1 2 3", explicit=0), R("1 2 3")], "3", "3"),
    ("4.8.14.1", [R("any", explicit=0), R("1")], "1", "1"),
    ("4.8.14.2", [R("any", explicit=0), R("1")], "2", None),
    # 4.9: requireExplicitPolicy
    ("4.9.1", [R("1", explicit=10), R("1"), R("1"), R("1"), R()], "", ""),
    ("4.9.2", [R("1", explicit=5), R("1"), R("1"), R("1"), R()], "", ""),
    ("4.9.3", [R("1", explicit=4), R("1"), R("1"), R("1"), R()], "", None),
    ("4.9.4", [R("1", explicit=0), R("1"), R("1"), R("1"), R("1")], "", "1"),
    ("4.9.5", [R("1", explicit=7), R("1", explicit=2), R("1", explicit=4), R("1"), R()], "", None),
    ("4.9.6", [R("1", explicit=2), R("1", same=True), R()], "", ""),
    ("4.9.7", [R("1", explicit=2), R("1", same=True), R("1"), R("1", same=True), R()], "", None),
    ("the leaf may demand it of itself", [R("1"), R("2", explicit=0)], "", None),
    # 4.10: policyMappings
    ("4.10.1.1", [R("1", "1>2", explicit=0), R("2")], "1", "1"),
    ("4.10.1.2", [R("1", "1>2", explicit=0), R("2")], "2", None),
    ("4.10.1.3", [R("1", "1>2", explicit=0), R("2")], "nomap", None),
    ("4.10.2.1", [R("1", "1>2", explicit=0), R("1")], "", None),
    ("4.10.2.2", [R("1", "1>2", explicit=0), R("1")], "nomap", None),
    ("4.10.3.1", [R("1 2", explicit=0), R("1 2", "1>3 2>4"), R("2 4", "4>5"), R("5")], "1", None),
    ("4.10.3.2", [R("1 2", explicit=0), R("1 2", "1>3 2>4"), R("2 4", "4>5"), R("5")], "2", "2"),
    ("4.10.4", [R("1 2", explicit=0), R("1 2", "1>3 2>4"), R("2 4", "4>5"), R("6")], "", None),
    ("4.10.5.1", [R("1", "1>6"), R("any", explicit=0), R("6")], "1", "1"),
    ("4.10.5.2", [R("1", "1>6"), R("any", explicit=0), R("6")], "6", None),
    ("4.10.7", [R("any", "any>1"), R("1")], "", None),
    ("4.10.8", [R("1", "1>any"), R("any")], "", None),
    ("4.10.9", [R("any", explicit=0), R("1", "1>2"), R("2")], "", "1"),
    ("4.10.10", [R("1"), R("any", explicit=0), R("1", "1>2"), R("1")], "", None),
    ("4.10.11", [R("1"), R("any", explicit=0), R("1", "1>2"), R("2")], "", "1"),
    ("4.10.12.1", [R("1 2", "1>3", explicit=0), R("3")], "1", "1"),
    ("4.10.13", [R("any", "1>2", explicit=0), R("2")], "", "1"),
    ("4.10.13: only what is mapped", [R("any", "1>2", explicit=0), R("2")], "2", None),
    ("4.10.14", [R("any", "1>2", explicit=0), R("1")], "", "1"),
    # 4.11: inhibitPolicyMapping
    ("4.11.1", [R("1", explicit=0, mapping=0), R("1", "1>3"), R("3")], "", None),
    ("4.11.2", [R("1 2", explicit=0, mapping=1), R("1 2", "1>3 2>4"), R("3")], "", "1"),
    ("4.11.3", [R("1 2", explicit=0, mapping=1), R("1 2", "1>3 2>4"), R("3 4", "3>5"), R("5")], "", None),
    ("4.11.4", [R("1 2", explicit=0, mapping=1), R("1 2", "1>3 2>4"), R("3 4", "3>5"), R("4")], "", "2"),
    ("4.11.5", [R("1", explicit=0, mapping=5), R("1", mapping=1), R("1"), R("1", "1>2"), R("2")], "", None),
    ("4.11.7", [R("1", explicit=0, mapping=1), R("1", same=True), R("1", "1>2"), R("2")], "", "1"),
    ("4.11.8", [R("1", explicit=0, mapping=1), R("1", same=True), R("1", "1>2"), R("2", "2>3"), R("3")], "", None),
    ("4.11.10", [R("1", explicit=0, mapping=0), R("1", "1>2", same=True), R("2")], "", None),
    # 4.12: inhibitAnyPolicy
    ("4.12.1", [R("1", explicit=0, any=0), R("any")], "", None),
    ("4.12.2", [R("1", explicit=0, any=0), R("any 1")], "", "1"),
    ("4.12.3.1", [R("1", explicit=0, any=1), R("any"), R("1")], "", "1"),
    ("4.12.3.2", [R("1", explicit=0, any=1), R("any"), R("1")], "noany", None),
    ("4.12.4", [R("1", explicit=0, any=1), R("any"), R("any")], "", None),
    ("4.12.5", [R("1", explicit=0, any=5), R("1", any=1), R("any"), R("any")], "", None),
    ("4.12.6", [R("1", explicit=0, any=1), R("1", any=5), R("any")], "", None),
    ("4.12.7", [R("1", explicit=0, any=1), R("any", same=True), R("any"), R("1")], "", "1"),
    ("4.12.8", [R("1", explicit=0, any=1), R("any", same=True), R("any"), R("any"), R("1")], "", None),
    ("4.12.9", [R("1", explicit=0, any=1), R("any", same=True), R("any"), R("any", same=True), R("1")], "", "1"),
    ("4.12.10", [R("1", explicit=0, any=1), R("any"), R("any", same=True)], "", None),
]


@pytest.mark.parametrize(
    ("rows", "request_text", "held"), [case[1:] for case in CASES], ids=[case[0] for case in CASES]
)
def test_the_situations_of_pkits(rows: list[Row], request_text: str, held: str | None) -> None:
    is_valid, found = _ask(rows, _request(request_text))
    assert is_valid is (held is not None)
    assert found == set((held or "").split())


def test_the_anchor_itself_may_demand_a_policy() -> None:
    root = make_root("Strict", *authority(), constrain(explicit=0))
    bare, good = root.issue("leaf"), root.issue("leaf", policies(P["1"]))
    assert find_policies((load_link(bare.der), load_link(root.der)), PolicyRequest()).fault
    assert not find_policies((load_link(good.der), load_link(root.der)), PolicyRequest()).fault


def test_policies_that_double_at_every_level_cost_no_more_than_their_number() -> None:
    """RFC 9618 §3: in a tree, each of these levels multiplies the nodes of the one above."""
    numbers = [f"1.3.{n}" for n in range(20)]
    every = mappings(*((a, b) for a in numbers for b in numbers))
    chain = [make_root()]
    for depth in range(12):
        chain.append(chain[-1].issue(f"CA {depth}", *authority(), policies(*numbers), every))
    chain.append(chain[-1].issue("leaf", policies("1.3.0")))
    answer = find_policies(tuple(load_link(odd.der) for odd in reversed(chain)), PolicyRequest(explicit=True))
    assert answer.policies == tuple(sorted(numbers))


def test_more_policies_than_anybody_has_are_refused() -> None:
    root = make_root()
    leaf = root.issue("leaf", policies(*(f"1.3.{n}" for n in range(501))))
    assert "more than 500" in find_policies((load_link(leaf.der), load_link(root.der)), PolicyRequest()).fault


def test_a_certificate_alone_is_asked_the_same() -> None:
    root = make_root()
    assert find_policies((load_link(root.der),), PolicyRequest()).fault == ""


def _as_stranger_sees(rows: list[Row], request: PolicyRequest) -> bool:
    """The same question to pyHanko's validator."""
    chain = _build(rows)
    root, *between, leaf = [asn1_x509.Certificate.load(odd.der) for odd in chain]
    path = ValidationPath(CertTrustAnchor(root), between, leaf)
    context = ValidationContext(trust_roots=[root], moment=NOW, allow_fetching=False)
    wanted = frozenset("any_policy" if oid == ANY_POLICY else oid for oid in request.acceptable)
    params = PKIXValidationParams(wanted, request.inhibit_mapping, request.explicit, request.inhibit_any)
    try:
        asyncio.run(async_validate_path(context, path, parameters=params))
    except PathValidationError:
        return False
    return True


@pytest.mark.parametrize(("rows", "request_text"), [case[1:3] for case in CASES], ids=[case[0] for case in CASES])
def test_pyhanko_answers_the_same(rows: list[Row], request_text: str) -> None:
    request = _request(request_text)
    assert _as_stranger_sees(rows, request) is _ask(rows, request)[0]
