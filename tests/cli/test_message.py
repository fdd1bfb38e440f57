"""message verify, as a script and as a person would use it."""

import json
from pathlib import Path

import pytest

from mssmail.core.address import parse_address
from mssmail.core.receipt import Disposition, FilingError, ReceiptOrder
from mssmail.journal import Entry, Event
from mssmail.mime.index import build_index
from mssmail.mime.parts import scan
from mssmail.smime.sign import parse_signing_key, sign_message
from mssmail.store.engine import open_store
from mssmail.store.journal import append_entries
from mssmail.store.messages import Delivery, deliver, load_message
from mssmail.store.receipts import order_receipt
from mssmail.store.signers import News, add_news
from tests.support.command import run
from tests.support.pki import NOW, Pki
from tests.support.store import add_account, build_message, deliver_to

AUTHOR = "a@a.test"
LETTER = (
    f"From: {AUTHOR}\r\nTo: b@b.test\r\nSubject: x\r\nDate: Mon, 01 Jun 2026 12:00:00 +0000\r\n\r\nHello.\r\n".encode()
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    pki = Pki()
    pki.write_anchors(tmp_path / "anchors")
    (tmp_path / "crls").mkdir()
    for number, crl in enumerate(pki.make_crls()):
        (tmp_path / "crls" / f"{number}.crl").write_bytes(crl)
    person = pki.make_person(AUTHOR)
    key = parse_signing_key(person.key_pem + person.certificate_pem)
    (tmp_path / "signed.eml").write_bytes(sign_message(LETTER, key, NOW))
    (tmp_path / "unsigned.eml").write_bytes(LETTER)
    return tmp_path


def _verify(folder: Path, name: str, *more: str) -> tuple[int, dict[str, object]]:
    command = ("message", "verify", str(folder / name), "--anchors", str(folder / "anchors"), "--at", NOW.isoformat())
    answer = run(*command, "--json", *more)
    return answer.code, json.loads(answer.out)


def test_a_trusted_message_is_accepted_with_every_fact(folder: Path) -> None:
    code, report = _verify(folder, "signed.eml", "--crls", str(folder / "crls"))
    assert (code, report["summary"], report["decision"], report["author"]) == (0, "Trusted", "accept", AUTHOR)
    facts = report["facts"]
    assert isinstance(facts, dict)
    assert list(facts) == ["integrity", "chain", "dates", "revocation", "usage", "author"]
    assert {fact["value"] for fact in facts.values()} == {"passed"}


def test_a_missing_revocation_list_defers_unless_it_is_not_asked_for(folder: Path) -> None:
    code, report = _verify(folder, "signed.eml")
    assert (code, report["decision"]) == (2, "defer")
    assert str(report["reply"]).startswith("451 4.7.5")
    assert _verify(folder, "signed.eml", "--revocation", "off")[0] == 0
    assert _verify(folder, "signed.eml", "--revocation", "soft")[0] == 0


def test_an_unsigned_message_is_refused_where_a_signature_is_asked_for(folder: Path) -> None:
    code, report = _verify(folder, "unsigned.eml")
    assert (code, report["summary"]) == (1, "Unsigned")
    assert str(report["reply"]).startswith("550 5.7.1")
    assert _verify(folder, "unsigned.eml", "--mode", "verify")[0] == 0


def test_an_altered_message_is_refused(folder: Path) -> None:
    file = folder / "signed.eml"
    file.write_bytes(file.read_bytes().replace(b"Hello", b"Hallo"))
    code, report = _verify(folder, "signed.eml", "--revocation", "off")
    assert (code, report["summary"]) == (1, "Altered")
    assert str(report["reply"]).startswith("550 5.7.7")


def test_a_file_with_unix_line_ends_is_read_as_if_it_had_come_by_smtp(folder: Path) -> None:
    file = folder / "signed.eml"
    file.write_bytes(file.read_bytes().replace(b"\r\n", b"\n"))
    assert _verify(folder, "signed.eml", "--revocation", "off")[0] == 0


def test_people_read_a_table(folder: Path) -> None:
    command = (
        "message",
        "verify",
        str(folder / "signed.eml"),
        "--anchors",
        str(folder / "anchors"),
        "--revocation",
        "off",
    )
    shown = run(*command, "--at", NOW.isoformat()).out
    assert "integrity" in shown
    assert "Trusted" in shown


@pytest.mark.parametrize(
    "more", [("--mode", "maybe"), ("--at", "yesterday"), ("--revocation", "x"), ("--min-rsa-bits", "-1")]
)
def test_bad_usage_is_64(folder: Path, more: tuple[str, str]) -> None:
    assert run("message", "verify", str(folder / "signed.eml"), *more).code == 64
    assert run("message", "verify", str(folder / "none.eml")).code == 64


@pytest.mark.parametrize(
    "content", [b"", b"\x00\xff" * 100, b"\r\n\r\n", b"From: a@a.test\r\nContent-Type: multipart/signed"]
)
def test_rubbish_is_refused_without_a_traceback(folder: Path, content: bytes) -> None:
    (folder / "rubbish.eml").write_bytes(content)
    assert _verify(folder, "rubbish.eml")[0] == 1


def test_a_kept_message_shows_its_evidence_and_never_its_content(tmp_path: Path) -> None:
    run("init", str(tmp_path / "op"), "--domain", "a.test")
    config = str(tmp_path / "op" / "mssmail.toml")
    store = open_store(tmp_path / "op" / "store", exclusive=False)
    body = store.keep_body(LETTER)
    delivery = Delivery(
        trace_id="0kept",
        body=body,
        prefix=b"",
        index=build_index(LETTER, scan(LETTER), "us"),
        summary="trusted",
        evidence='{"facts":{"chain":"passed: to the anchor"}}',
        reverse_path=parse_address(AUTHOR),
        received_at=NOW,
        placements=(),
        queue=(parse_address("b@b.test"),),
        entries=(),
    )
    store.submit(lambda conn: deliver(conn, delivery)).result()
    store.close()
    (shown,) = json.loads(run("message", "show", "0kept", "--evidence", "--config", config, "--json").out)
    assert (shown["summary"], shown["evidence"]["facts"]["chain"]) == ("trusted", "passed: to the anchor")
    answer = run("message", "show", "0kept", "--evidence", "--config", config)
    assert "evidence.facts.chain" in answer.out
    assert "Hello" not in answer.out
    assert run("message", "show", "0none", "--config", config).code == 1


def test_receipts_are_shown_with_their_message_and_after_it_has_gone(tmp_path: Path) -> None:
    run("init", str(tmp_path / "op"), "--domain", "a.test")
    config = str(tmp_path / "op" / "mssmail.toml")
    told = Entry(NOW, Event.CONFIRMED, "0gone", {"recipient": "b@b.test", "disposition": "displayed"})
    owed = Disposition(error=FilingError.UNKNOWN_PATIENT)
    store = open_store(tmp_path / "op" / "store", exclusive=False)
    store.submit(lambda conn: append_entries(conn, (told,))).result()
    delivery = Delivery(
        "0kept", store.keep_body(LETTER), b"", build_index(LETTER, scan(LETTER), "us"), "", "", None, NOW
    )
    message_id = store.submit(lambda conn: deliver(conn, delivery)).result().message_id
    order = ReceiptOrder(message_id, "0kept", parse_address("labo@a.test"), owed, NOW)
    assert store.submit(lambda conn: order_receipt(conn, order)).result()
    store.close()
    (gone,) = json.loads(run("message", "show", "0gone", "--config", config, "--json").out)
    assert gone["kept"] is False
    assert [(each["recipient"], each["disposition"]) for each in gone["confirmed"]] == [("b@b.test", "displayed")]
    (kept,) = json.loads(run("message", "show", "0kept", "--config", config, "--json").out)
    assert [(each["account"], each["state"], each["code"]) for each in kept["receipts"]] == [
        ("labo@a.test", "waiting", 902)
    ]
    assert "displayed" in run("message", "show", "0gone", "--config", config).out


def test_what_was_learnt_later_stands_in_a_dated_line(tmp_path: Path) -> None:
    run("init", str(tmp_path / "op"), "--domain", "a.test")
    config = str(tmp_path / "op" / "mssmail.toml")
    store = open_store(tmp_path / "op" / "store", exclusive=False)
    account = add_account(store)
    delivered = deliver_to(store, account, build_message("hello"))
    news = News(NOW, "revoked-before-reception", {"since": "2026-05-01", "by": "the CRL of CN=CA"})
    store.submit(lambda conn: add_news(conn, delivered.message_id, news)).result()
    kept = store.read(lambda conn: load_message(conn, delivered.message_id)).result()
    store.close()
    assert kept is not None
    [told] = json.loads(run("message", "show", kept.trace_id, "--evidence", "--json", "--config", config).out)
    assert told["news"][0]["by"] == "the CRL of CN=CA"
    assert told["summary"] == "unsigned"
    assert "news.1.since" in run("message", "show", kept.trace_id, "--config", config).out
