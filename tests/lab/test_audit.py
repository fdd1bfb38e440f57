"""The audit's peers are wrong in exactly one way each."""

from datetime import timedelta

from mssmail.lab.audit import SITUATIONS, build_credentials, build_listed_name, build_routes, list_entries
from mssmail.lab.layout import Lab
from mssmail.lab.pki import KeyKind, create_root, describe_subject
from tests.support.pki import NOW


def test_each_peer_shows_what_its_label_says() -> None:
    issuing, foreign = (create_root(name, NOW, kind=KeyKind.P256) for name in ("Ours", "Foreign"))
    made = {name: credential.certificate for name, (credential, _) in build_credentials(issuing, foreign, NOW).items()}
    listed = {each.scenario: build_listed_name(each) for each in SITUATIONS}
    right = {name for name, certificate in made.items() if certificate.subject == listed[name]}
    assert set(made) - right == {"audit_cert-no-match", "audit_cert-cn-diff-dn", "audit_tests-operateur"}
    assert made["audit_cert-expire"].not_valid_after_utc == NOW - timedelta(days=10)
    assert made["audit_cert-non-igc"].issuer == foreign.certificate.subject
    assert list(issuing.revoked) == [made["audit_cert-revoque"].serial_number]


def test_a_second_listed_name_is_what_the_second_control_shows() -> None:
    issuing, foreign = (create_root(name, NOW, kind=KeyKind.P256) for name in ("Ours", "Foreign"))
    shown, _ = build_credentials(issuing, foreign, NOW)["audit_tests-operateur"]
    assert ("tests-operateur.audit.test", describe_subject(shown.certificate.subject)) in list_entries()


def test_every_domain_has_a_route_of_its_own() -> None:
    routes = build_routes(Lab("/nowhere", 20_000))
    assert len({(route.domain, route.port) for route in routes}) == len(SITUATIONS) == 8
