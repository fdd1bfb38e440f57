"""NIST's PKITS itself, each certificate and signed message of sections 4.1 to 4.16, as ``cryptography_vectors`` has it.

That package is large; ``pip install cryptography_vectors`` brings it, and without it these tests skip. Where a test is
run with several settings (section 4.8 and on), the settings and answers are those of its description.
"""

import importlib.util
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import pytest

from mssmail.examine import build_report
from mssmail.settings import SmimeMode
from mssmail.trust.path import verify_path
from mssmail.trust.path_result import PathResult
from mssmail.trust.policies import ANY_POLICY, PolicyRequest
from mssmail.trust.signature_policy import SignaturePolicy
from mssmail.trust.snapshot import TrustSnapshot, TrustStore, build_trust_store
from mssmail.trust.usage import Purpose

AT = datetime(2020, 1, 1, tzinfo=UTC)
_SPEC = importlib.util.find_spec("cryptography_vectors")
DATA = None if _SPEC is None or _SPEC.origin is None else Path(_SPEC.origin).parent / "x509" / "PKITS_data"

pytestmark = pytest.mark.skipif(DATA is None, reason="cryptography_vectors is not installed")

# Neither is told by their names: sections 4.4.1, and 4.8.4 and on.
_REFUSED = {"MissingCRLTest1", *(f"DifferentPoliciesTest{number}" for number in (4, 5, 7, 8, 9, 12))}


def _list(folder: str, pattern: str) -> list[Path]:
    return [] if DATA is None else sorted((DATA / folder).glob(pattern))


def _name(file: Path) -> str:
    return file.stem.removeprefix("Signed").removesuffix("EE")


def _expects(file: Path) -> bool:
    return not (_name(file).startswith("Invalid") or _name(file) in _REFUSED)


@cache
def _store(request: PolicyRequest = PolicyRequest()) -> TrustStore:  # noqa: B008 - frozen
    """All certificates and lists at once: whoever finds the right path among them finds it alone as well."""
    policy = SignaturePolicy(allow_sha1=True, allow_dsa=True, author_rule=False, policies=request)
    crls = tuple(file.read_bytes() for file in _list("crls", "*.crl"))
    between = tuple(file.read_bytes() for file in _list("certs", "*.crt"))
    anchor = next(file.read_bytes() for file in _list("certs", "TrustAnchorRootCertificate.crt"))
    store = build_trust_store(TrustSnapshot(1, (anchor,), between, crls, policy))
    assert not store.faults
    return store


def _judge(file: Path, request: PolicyRequest = PolicyRequest()) -> PathResult:  # noqa: B008
    return verify_path(file.read_bytes(), (), _store(request), Purpose.ANY, AT)


def test_the_package_is_whole() -> None:
    assert (len(_list("certs", "*EE.crt")), len(_list("smime", "*.eml"))) == (223, 224)


@pytest.mark.parametrize("file", _list("certs", "*EE.crt"), ids=_name)
def test_every_certificate_with_the_default_settings(file: Path) -> None:
    result = _judge(file)
    assert result.is_trusted is _expects(file), result.reason


@pytest.mark.parametrize("file", _list("smime", "*.eml"), ids=_name)
def test_every_signed_message_with_the_default_settings(file: Path) -> None:
    data = file.read_bytes().replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
    report = build_report(data, _store(), AT, mode=SmimeMode.REQUIRE)
    assert (report.answer == "accept") is _expects(file), report.encode()


NIST = {number: f"2.16.840.1.101.3.2.1.48.{number}" for number in range(1, 7)}


def _accept(*numbers: int, explicit: bool = True, inhibit_mapping: bool = False) -> PolicyRequest:
    return PolicyRequest(frozenset(NIST[number] for number in numbers), explicit, inhibit_mapping)


_EXPLICIT = PolicyRequest(explicit=True)
_SETTINGS = [
    ("ValidCertificatePathTest1", _EXPLICIT, True),
    ("ValidCertificatePathTest1", _accept(1), True),
    ("ValidCertificatePathTest1", _accept(2), False),
    ("ValidCertificatePathTest1", _accept(1, 2), True),
    ("AllCertificatesNoPoliciesTest2", _EXPLICIT, False),
    ("DifferentPoliciesTest3", _EXPLICIT, False),
    ("DifferentPoliciesTest3", _accept(1, 2), False),
    ("OverlappingPoliciesTest6", _accept(1, explicit=False), True),
    ("OverlappingPoliciesTest6", _accept(2, explicit=False), False),
    ("AllCertificatesSamePoliciesTest10", _accept(1, explicit=False), True),
    ("AllCertificatesSamePoliciesTest10", _accept(2, explicit=False), True),
    ("AllCertificatesanyPolicyTest11", _accept(1, explicit=False), True),
    ("AllCertificatesSamePoliciesTest13", _accept(1, explicit=False), True),
    ("AllCertificatesSamePoliciesTest13", _accept(2, explicit=False), True),
    ("AllCertificatesSamePoliciesTest13", _accept(3, explicit=False), True),
    ("AnyPolicyTest14", _accept(1, explicit=False), True),
    ("AnyPolicyTest14", _accept(2, explicit=False), False),
    ("UserNoticeQualifierTest15", _EXPLICIT, True),
    ("UserNoticeQualifierTest18", _accept(1, explicit=False), True),
    ("UserNoticeQualifierTest18", _accept(2, explicit=False), True),
    ("UserNoticeQualifierTest19", _EXPLICIT, True),
    ("CPSPointerQualifierTest20", _accept(1), True),
    ("ValidPolicyMappingTest1", _accept(1, explicit=False), True),
    ("ValidPolicyMappingTest1", _accept(2, explicit=False), False),
    ("ValidPolicyMappingTest1", PolicyRequest(inhibit_mapping=True), False),
    ("InvalidPolicyMappingTest2", PolicyRequest(inhibit_mapping=True), False),
    ("ValidPolicyMappingTest3", _accept(1, explicit=False), False),
    ("ValidPolicyMappingTest3", _accept(2, explicit=False), True),
    ("ValidPolicyMappingTest5", _accept(1, explicit=False), True),
    ("ValidPolicyMappingTest5", _accept(6, explicit=False), False),
    ("ValidPolicyMappingTest6", _accept(1, explicit=False), True),
    ("ValidPolicyMappingTest6", _accept(6, explicit=False), False),
    ("ValidPolicyMappingTest12", _accept(1, explicit=False), True),
    ("ValidPolicyMappingTest12", _accept(2, explicit=False), True),
    ("inhibitAnyPolicyTest3", PolicyRequest(inhibit_any=True), False),
]


@pytest.mark.parametrize(("name", "request_", "passes"), _SETTINGS)
def test_the_tests_that_are_run_with_several_settings(name: str, request_: PolicyRequest, *, passes: bool) -> None:
    (file,) = _list("certs", f"{name}EE.crt")
    result = _judge(file, request_)
    assert result.is_trusted is passes, result.reason


@pytest.mark.parametrize(
    ("name", "policies"),
    [
        ("ValidCertificatePathTest1", {1}),
        ("AllCertificatesNoPoliciesTest2", set()),
        ("AllCertificatesSamePoliciesTest10", {1, 2}),
        ("AllCertificatesSamePoliciesTest13", {1, 2, 3}),
        ("AnyPolicyTest14", {1}),
        ("OverlappingPoliciesTest6", {1}),
    ],
)
def test_the_policies_that_hold_are_named(name: str, policies: set[int]) -> None:
    (file,) = _list("certs", f"{name}EE.crt")
    assert set(_judge(file).policies) == {NIST[number] for number in policies}


def test_any_policy_all_the_way_down_is_any_policy() -> None:
    (file,) = _list("certs", "AllCertificatesanyPolicyTest11EE.crt")
    assert _judge(file).policies == (ANY_POLICY,)
