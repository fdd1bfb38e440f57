import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from mssmail.core.address import parse_address
from mssmail.core.verdict import SKIPPED, Structure
from mssmail.examine import build_report, examine
from mssmail.lab.pki import KeyKind
from mssmail.settings import SmimeMode
from mssmail.trust.anchors import load_certificates
from mssmail.trust.signature_policy import SignaturePolicy
from mssmail.trust.snapshot import TrustSnapshot, TrustStore, build_trust_store
from tests.support.pki import Pki, build_pki
from tests.support.shared import shared_file
from tests.support.signed_mail import ALICE, OFF, build_message, build_store, name, openssl_sign, sign

REQUIRE, VERIFY = SmimeMode.REQUIRE, SmimeMode.VERIFY


def test_learns_everything_in_one_call() -> None:
    pki = build_pki()
    data = b"Authentication-Results: us.test; smime=pass\r\nSender: c@a.test\r\n" + sign(pki.make_person(ALICE))
    found = examine(data, build_store(pki), pki.now, authserv_id="us.test", verify=True)
    assert name(found.verdict) == "Trusted"
    assert found.authors == (parse_address(ALICE),)
    assert found.sender == parse_address("c@a.test")
    assert (found.report_type, found.missing, found.faults) == ("", (), ())
    assert found.index.cuts[0].cut(data) == b"Authentication-Results: us.test; smime=pass\r\n"


def test_names_what_was_missing() -> None:
    pki = build_pki()
    found = examine(sign(pki.make_person(ALICE)), build_store(pki, ()), pki.now, authserv_id="us.test", verify=True)
    assert found.missing[0].issuer == "CN=Test Issuing,O=LAB TRUST SPACE,C=FR"


def test_unverified_the_structure_is_told_and_nothing_is_asked() -> None:
    pki = build_pki()
    found = examine(sign(pki.make_person(ALICE)), build_store(pki, ()), pki.now, authserv_id="us.test", verify=False)
    assert found.verdict.structure is Structure.SIGNED
    assert {fact for _, fact in found.verdict.facts.items()} == {SKIPPED}
    assert found.missing == ()


@pytest.mark.parametrize(
    ("head", "report_type"),
    [
        ("multipart/report; report-type=Delivery-Status; boundary=b", "delivery-status"),
        ("multipart/report; boundary=b", ""),
        ("multipart/mixed; report-type=delivery-status; boundary=b", ""),
    ],
)
def test_tells_a_report(head: str, report_type: str) -> None:
    data = f"From: a@a.test\r\nContent-Type: {head}\r\n\r\n--b\r\n\r\nx\r\n--b--\r\n".encode()
    pki = build_pki()
    assert examine(data, build_store(pki), pki.now, authserv_id="us.test", verify=True).report_type == report_type


def test_never_raises_on_junk() -> None:
    pki = build_pki()
    for data in (b"", b"\0", b"From: " + b"<" * 9_999, sign(pki.make_person(ALICE))[:1_500], b"\r\n" * 5_000):
        examine(data, build_store(pki), pki.now, authserv_id="us.test", verify=True)


@pytest.mark.parametrize(
    ("mode", "summary", "answer", "reply"),
    [
        (REQUIRE, "Unsigned", "refuse", "550 5.7.1 Message must be signed (S/MIME)"),
        (VERIFY, "Unsigned", "accept", ""),
        (SmimeMode.OFF, "Unsigned", "accept", ""),
    ],
)
def test_reports_on_an_unsigned_message(mode: SmimeMode, summary: str, answer: str, reply: str) -> None:
    pki = build_pki()
    report = build_report(build_message(), build_store(pki), pki.now, mode=mode)
    encoded = report.encode()
    assert (encoded["summary"], encoded["decision"], encoded["reply"]) == (summary, answer, reply)
    assert (encoded["signer"], encoded["author"]) == (None, ALICE)


def test_reports_on_a_signed_message_as_json() -> None:
    pki = build_pki()
    report = build_report(sign(pki.make_person(ALICE)), build_store(pki), pki.now, mode=REQUIRE)
    encoded = json.loads(json.dumps(report.encode()))
    assert (encoded["summary"], encoded["decision"], encoded["structure"]) == ("Trusted", "accept", "signed")
    assert encoded["signer"]["emails"] == [ALICE]
    assert encoded["signer"]["kind"] == "personal"
    assert list(encoded["facts"]) == ["integrity", "chain", "dates", "revocation", "usage", "author"]
    assert {fact["value"] for fact in encoded["facts"].values()} == {"passed"}


def test_a_doubt_of_ours_defers() -> None:
    pki = build_pki()
    report = build_report(sign(pki.make_person(ALICE)), build_store(pki, ()), pki.now, mode=REQUIRE)
    assert report.answer == "defer"
    assert str(report.encode()["reply"]).startswith(
        "451 4.7.5 Signature cannot be checked now: no usable CRL of CN=Test"
    )
    assert len(report.missing) == 2


def _sample_store(*path: str, policy: SignaturePolicy = OFF) -> TrustStore:
    anchors = load_certificates(shared_file("data", "mail", *path))
    return build_trust_store(TrustSnapshot(1, anchors, policy=policy))


@pytest.mark.parametrize("sample", ["smime-multipart-signed.eml", "smime-onepart-signed.eml"])
def test_trusts_alice_of_the_lamps_samples(sample: str) -> None:
    data = shared_file("data", "mail", "lamps-protected-headers", sample).read_bytes()
    now = datetime(2026, 11, 21, tzinfo=UTC)
    store = _sample_store("lamps-protected-headers", "sample-ca.pem")
    assert build_report(data, store, now, mode=REQUIRE).answer == "accept"
    other = build_report(data, _sample_store("rfc9216", "ca.rsa.crt.pem"), now, mode=REQUIRE)
    assert other.encode()["summary"] == "Untrusted"


@pytest.mark.parametrize(
    ("person", "anchor"), [("alice", "rsa"), ("bob", "rsa"), ("carlos", "25519"), ("dana", "25519")]
)
def test_trusts_what_the_people_of_rfc_9216_sign(person: str, anchor: str) -> None:
    from mssmail.smime.sign import parse_signing_key, sign_message

    folder = shared_file("data", "mail", "rfc9216")
    pem = (folder / f"{person}.sign.key.pem").read_bytes() + (folder / f"{person}.sign.crt.pem").read_bytes()
    now = datetime(2026, 11, 21, tzinfo=UTC)
    data = sign_message(build_message(f"{person}@smime.example"), parse_signing_key(pem), now)
    store = _sample_store("rfc9216", f"ca.{anchor}.crt.pem")
    report = build_report(data, store, now, mode=REQUIRE)
    assert report.answer == "accept", report.verdict.facts
    crossed = load_certificates(folder / f"ca.{anchor}.cross.crt.pem")
    other = load_certificates(folder / f"ca.{'25519' if anchor == 'rsa' else 'rsa'}.crt.pem")
    across = build_trust_store(TrustSnapshot(1, other, crossed, policy=OFF))
    assert build_report(data, across, now, mode=REQUIRE).answer == "accept"


def test_the_signatures_of_rfc_4134_are_read_and_too_old_to_be_believed() -> None:
    now = datetime(2026, 11, 21, tzinfo=UTC)
    folder = shared_file("data", "mail", "rfc4134")
    store = _sample_store("rfc4134", "CarlDSSSelf.cer")
    for sample in ("4.8.eml", "4.9.eml"):
        report = build_report((folder / sample).read_bytes(), store, now, mode=REQUIRE)
        assert report.encode()["summary"] == "Untrusted"
        assert report.verdict.facts.usage.outcome.value == "failed"


def test_reads_what_thunderbird_signed_in_2013() -> None:
    data = shared_file("data", "mail", "mimekit", "smime", "thunderbird-signed.txt").read_bytes()
    store = _sample_store("mimekit", "smime", "StartComCertificationAuthority.crt")
    report = build_report(data, store, datetime(2013, 11, 3, tzinfo=UTC), mode=VERIFY)
    assert report.verdict.facts.integrity.outcome.value == "passed"
    assert report.verdict.facts.author.outcome.value == "passed"
    assert report.verdict.facts.dates.outcome.value == "passed"


def test_a_message_of_openssl_passes_whole(tmp_path: Path) -> None:
    pki = Pki()
    signed = openssl_sign(tmp_path, pki.make_person(ALICE, KeyKind.RSA_2048), build_message(), "-stream")
    assert build_report(signed, build_store(pki), pki.now, mode=REQUIRE).answer == "accept"


def test_a_report_tells_the_path_and_the_lists_it_rests_on() -> None:
    pki = build_pki()
    encoded = build_report(sign(pki.make_person(ALICE)), build_store(pki), pki.now, mode=REQUIRE).encode()
    subjects = [step["subject"] for step in encoded["path"]]  # type: ignore[attr-defined]
    assert [subject.partition(",")[0] for subject in subjects] == ["CN=alice@a.test", "CN=Test Issuing", "CN=Test Root"]
    sources = encoded["sources"]
    assert [source["issuer"].partition(",")[0] for source in sources] == ["CN=Test Issuing", "CN=Test Root"]  # type: ignore[attr-defined]
    assert all(source["kind"] == "CRL" and source["number"] and source["age_seconds"] >= 0 for source in sources)  # type: ignore[attr-defined]


def test_a_path_is_a_strangers_word_until_its_key_is_known_to_have_signed() -> None:
    pki = build_pki()
    altered = sign(pki.make_person(ALICE)).replace(b"MII", b"MIJ", 1)
    encoded = build_report(altered, build_store(pki), pki.now, mode=REQUIRE).encode()
    assert (encoded["signer"], encoded["path"], encoded["sources"]) == (None, [], [])
