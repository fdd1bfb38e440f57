"""cert verify, as a script and as a person would use it."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.support.command import run
from tests.support.odd_certificates import authority, constrain, make_root, mappings, policies
from tests.support.pki import NOW, Pki


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    pki = Pki()
    pki.write_anchors(tmp_path / "anchors")
    for name in ("crls", "between"):
        (tmp_path / name).mkdir()
    (tmp_path / "between" / "issuing.crt").write_bytes(pki.intermediates[0])
    (tmp_path / "alice.pem").write_bytes(pki.make_person("a@a.test").certificate_pem)
    (tmp_path / "old.der").write_bytes(pki.make_expired("old@a.test").certificate_der)
    gone = pki.make_person("gone@a.test")
    (tmp_path / "gone.der").write_bytes(gone.certificate_der)
    for number, crl in enumerate(pki.make_crls(gone)):
        (tmp_path / "crls" / f"{number}.crl").write_bytes(crl)
    return tmp_path


def _verify(folder: Path, name: str, *more: str) -> tuple[int, dict[str, Any]]:
    paths = ("--anchors", str(folder / "anchors"), "--intermediates", str(folder / "between"))
    answer = run("cert", "verify", str(folder / name), *paths, "--at", NOW.isoformat(), "--json", *more)
    return answer.code, json.loads(answer.out)


def test_a_valid_certificate_shows_path_and_facts(folder: Path) -> None:
    code, report = _verify(folder, "alice.pem", "--crls", str(folder / "crls"), "--purpose", "smime")
    assert (code, report["summary"], report["purpose"]) == (0, "valid", "smime")
    assert {fact["value"] for fact in report["facts"].values()} == {"passed"}
    assert [link["subject"].split(",")[0] for link in report["path"]][1:] == ["CN=Test Issuing", "CN=Test Root"]
    assert report["certificate"] == report["path"][0]


def test_expired_revoked_and_unfit_certificates_are_invalid_each_for_its_reason(folder: Path) -> None:
    crls = "--crls", str(folder / "crls")
    for name, purpose, fact in (
        ("old.der", "any", "dates"),
        ("gone.der", "any", "revocation"),
        ("alice.pem", "server", "usage"),
    ):
        code, report = _verify(folder, name, *crls, "--purpose", purpose)
        assert (code, report["summary"], report["facts"][fact]["value"]) == (1, "invalid", "failed")


def test_without_revocation_lists_nothing_is_sure(folder: Path) -> None:
    code, report = _verify(folder, "alice.pem")
    assert (code, report["summary"]) == (2, "undetermined")
    assert len(report["missing"]) == 2
    assert _verify(folder, "alice.pem", "--revocation", "off")[0] == 0


def test_a_file_that_is_no_certificate_is_invalid_and_a_missing_one_bad_usage(folder: Path) -> None:
    (folder / "junk.crt").write_bytes(b"junk")
    code, report = _verify(folder, "junk.crt")
    assert (code, report["summary"], report["certificate"]) == (1, "invalid", None)
    assert run("cert", "verify", str(folder / "nobody.crt")).code == 64
    assert run("cert", "verify", str(folder / "alice.pem"), "--policy-oid", "anyPolicy").code == 64


def test_people_get_a_table(folder: Path) -> None:
    answer = run(
        "cert", "verify", str(folder / "alice.pem"), "--anchors", str(folder / "anchors"), "--revocation", "off"
    )
    assert answer.code == 0
    assert "CN=Test Issuing" in answer.out
    assert "let pass" not in answer.out


def test_the_policy_switches_are_heard(folder: Path) -> None:
    root = make_root()
    issuing = root.issue("CA", *authority(), policies("1.2.3"), mappings(("1.2.3", "1.2.4")), constrain(explicit=0))
    (folder / "anchors" / "odd.crt").write_bytes(root.der)
    (folder / "between" / "odd.crt").write_bytes(issuing.der)
    (folder / "leaf.der").write_bytes(issuing.issue("leaf", policies("1.2.4")).der)
    (folder / "any.der").write_bytes(root.issue("leaf", policies("2.5.29.32.0")).der)
    off = ("--revocation", "off")
    code, report = _verify(folder, "leaf.der", *off)
    assert (code, report["policies"]) == (0, ["1.2.3"])
    assert _verify(folder, "leaf.der", *off, "--policy-oid", "1.2.3", "--policy-oid", "1.2.9")[0] == 0
    assert _verify(folder, "leaf.der", *off, "--policy-oid", "1.2.4")[0] == 1
    assert _verify(folder, "leaf.der", *off, "--inhibit-mapping")[0] == 1
    assert _verify(folder, "any.der", *off, "--explicit-policy")[0] == 0
    assert _verify(folder, "any.der", *off, "--explicit-policy", "--inhibit-any")[0] == 1
