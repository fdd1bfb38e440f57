"""The fields we write above a message: right, folded, and impossible to inject into."""

import email.policy
import re
from dataclasses import replace
from datetime import UTC, datetime
from email import message_from_bytes

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mssmail.core.address import Address, ReversePath
from mssmail.core.envelope import Envelope, Peer, TlsFacts
from mssmail.core.message import RawMessage
from mssmail.core.parameters import MailParameters
from mssmail.core.trace import (
    build_delivered_to,
    build_id,
    build_prefix,
    build_received,
    build_results,
    build_return_path,
    insert_trail,
)
from mssmail.core.verdict import (
    ENCRYPTED,
    UNSIGNED,
    Fact,
    Facts,
    Outcome,
    Signer,
    SignerKind,
    Structure,
    Verdict,
)

AT = datetime(2026, 1, 15, 9, 30, tzinfo=UTC)
ALICE, BOB = Address("alice", "a.test"), Address("bob", "b.test")
TLS = TlsFacts("TLSv1.3", "TLS_AES_256_GCM_SHA384")


def _envelope(
    *,
    reverse_path: ReversePath = ALICE,
    peer: Peer | None = None,
    to: tuple[Address, ...] = (BOB,),
    login: bool = False,
) -> Envelope:
    known = peer or Peer("192.0.2.7", 4000, "mail.a.test", TLS)
    return Envelope("id1", reverse_path, to, known, RawMessage(b""), AT, ALICE if login else None)


def _verdict(
    issuer: str = "CN=Issuing CA,C=FR", emails: tuple[str, ...] = ("alice@a.test",), **outcomes: Outcome
) -> Verdict:
    facts = {
        name: Fact(outcomes.get(name, Outcome.PASSED), f"{name} reason")
        for name in ("integrity", "chain", "dates", "revocation", "usage", "author")
    }
    signer = Signer("CN=Alice", issuer, 4711, emails, SignerKind.PERSONAL, "00", AT)
    return Verdict(Structure.SIGNED, Facts(**facts), signer)


def _unfold(field: bytes) -> str:
    return re.sub(r"\r\n(?=[ \t])", "", field.decode("ascii")).removesuffix("\r\n")


def test_ids_are_sortable_and_do_not_repeat() -> None:
    ids = [build_id() for _ in range(1_000)]
    assert len(set(ids)) == 1_000
    assert all(re.fullmatch(r"[0-9a-z]{18}", one) for one in ids)
    assert [one[:9] for one in ids] == sorted(one[:9] for one in ids)


def test_the_null_sender_is_empty_brackets() -> None:
    assert build_return_path(None) == b"Return-Path: <>\r\n"
    assert build_return_path(ALICE) == b"Return-Path: <alice@a.test>\r\n"
    assert build_return_path(Address('a "b', "a.test")) == b'Return-Path: <"a \\"b"@a.test>\r\n'


def test_the_prefix_has_its_three_fields_in_order() -> None:
    message = message_from_bytes(build_prefix(_envelope(), UNSIGNED, "mx.b.test") + b"Subject: x\r\n\r\n")
    assert message.keys() == ["Return-Path", "Authentication-Results", "Received", "Subject"]


def test_received_names_peer_tls_id_and_the_single_recipient() -> None:
    assert _unfold(build_received(_envelope(), "mx.b.test")) == (
        "Received: from mail.a.test ([192.0.2.7]) by mx.b.test with ESMTPS id id1 for <bob@b.test> "
        "tls TLS_AES_256_GCM_SHA384 (TLSv1.3); Thu, 15 Jan 2026 09:30:00 +0000"
    )


def test_received_keeps_several_recipients_to_itself() -> None:
    assert b" for " not in build_received(_envelope(to=(BOB, Address("eve", "b.test"))), "mx.b.test")


@pytest.mark.parametrize(
    ("peer", "login", "wanted"),
    [
        (Peer("192.0.2.7", 1, "h"), False, "([192.0.2.7]) by mx with ESMTP id"),
        (Peer("2001:db8::1", 1, "h", TLS), True, "([IPv6:2001:db8::1]) by mx with ESMTPSA id"),
        (Peer("fe80::1%eth0", 1, "h", TLS), False, "([IPv6:fe80::1]) by mx with ESMTPS id"),
        (Peer("", 1, "[192.0.2.7]"), True, "from [192.0.2.7] (unknown) by mx with ESMTPA id"),
        (Peer("192.0.2.7", 1, "a) b\r\nX: y"), False, "from unknown ([192.0.2.7]) by mx with ESMTP id"),
    ],
)
def test_received_tells_how_the_message_came(peer: Peer, login: bool, wanted: str) -> None:
    assert wanted in _unfold(build_received(_envelope(peer=peer, login=login), "mx"))


@pytest.mark.parametrize(
    ("verdict", "wanted"),
    [
        (None, "smime=none (not examined)"),
        (UNSIGNED, "smime=none"),
        (ENCRYPTED, "smime=none (encrypted)"),
        (_verdict(integrity=Outcome.FAILED), "smime=fail (integrity reason)"),
        (_verdict(author=Outcome.FAILED), "smime=fail (author reason)"),
        (_verdict(revocation=Outcome.UNKNOWN), "smime=temperror (revocation reason)"),
        (_verdict(), "smime=pass"),
    ],
)
def test_each_verdict_has_its_word(verdict: Verdict | None, wanted: str) -> None:
    text = _unfold(build_results(verdict, "mx.b.test"))
    assert text.startswith(f"Authentication-Results: mx.b.test; {wanted}")
    assert ("body.smime-serial=4711" in text) == (verdict is not None and verdict.signer is not None)


def test_a_pass_names_the_certificate() -> None:
    assert _unfold(build_results(_verdict(), "mx.b.test", "2", ALICE)) == (
        "Authentication-Results: mx.b.test; smime=pass body.smime-identifier=alice@a.test body.smime-serial=4711 "
        'body.smime-issuer="CN=Issuing CA,C=FR" body.smime-part=2; auth=pass smtp.auth=alice@a.test'
    )


def test_a_certificate_without_an_address_is_named_by_its_serial() -> None:
    text = _unfold(build_results(_verdict(emails=()), "mx.b.test"))
    assert "smime=pass body.smime-serial=4711 body.smime-issuer=" in text


def test_names_beyond_ascii_are_hex_pairs_of_their_octets() -> None:
    assert rb'body.smime-issuer="CN=H\\C3\\B4pital \"X\""' in build_results(_verdict('CN=Hôpital "X"'), "mx")


def test_an_issuer_that_fits_no_line_is_left_out_with_its_serial() -> None:
    text = build_results(_verdict("CN=" + "x" * 2_000), "mx")
    assert b"smime=pass" in text
    assert b"issuer" not in text
    assert b"serial" not in text


@pytest.mark.parametrize("address", ["a" * 5_000 + "@a.test", "a@" + "b" * 5_000, '"' * 5_000, "é" * 5_000])
def test_an_address_in_a_certificate_that_fits_no_line_is_cut(address: str) -> None:
    text = build_results(_verdict(emails=(address,), author=Outcome.FAILED), "mx")
    assert b"body.smime-identifier=" in text
    assert all(len(line) <= 998 for line in text.split(b"\r\n"))


hostile = st.text(max_size=1_500) | st.text(alphabet='a \r\n\t"\\();=<>@\x00é', max_size=120)


@given(hostile, hostile, hostile, hostile)
def test_nothing_from_outside_can_end_a_field(name: str, helo: str, issuer: str, mail: str) -> None:
    verdict = _verdict(issuer, (mail,), author=Outcome.FAILED)
    raw = build_prefix(_envelope(peer=Peer(helo, 1, helo, TlsFacts(name, helo))), verdict, name)
    message = message_from_bytes(raw + b"\r\n", policy=email.policy.compat32)
    assert message.keys() == ["Return-Path", "Authentication-Results", "Received"]
    assert not message.defects
    assert re.fullmatch(rb"(?:[\x20-\x7e]+\r\n)+", raw)
    lines = raw.removesuffix(b"\r\n").split(b"\r\n")
    assert all(len(line) <= 998 and line.strip() for line in lines)


@given(st.lists(st.text(alphabet="abc", min_size=1, max_size=20), min_size=1, max_size=40))
def test_lines_are_short_where_blanks_allow_it(words: list[str]) -> None:
    field = build_results(_verdict(" ".join(words)), "mx.b.test")
    assert all(len(line) <= 78 for line in field.split(b"\r\n"))
    assert f'"{" ".join(words)}"' in _unfold(field) or len(words) == 1


def test_an_international_account_and_sender_stay_themselves() -> None:
    zoe = Address('zo"é', "a.test")
    results = build_results(None, "mx.b.test", login=zoe).decode()
    assert 'smtp.auth="zo\\"é@a.test"' in results
    assert build_return_path(Address("zoé", "a.test")) == "Return-Path: <zoé@a.test>\r\n".encode()
    assert build_delivered_to([Address("zoé", "a.test")]) == "Delivered-To: zoé@a.test\r\n".encode()
    received = build_received(replace(_envelope(), parameters=MailParameters(is_utf8=True)), "mx.b.test")
    assert b" with UTF8SMTPS id id1" in received


def test_the_trail_stands_below_the_return_path() -> None:
    trail = (Address("team", "a.test"), Address("équipe", "a.test"))
    fields = "Delivered-To: team@a.test\r\nDelivered-To: équipe@a.test\r\n".encode()
    assert build_delivered_to(trail) == fields
    head, rest = b"Return-Path: <x@b.test>\r\n", b"Received: y\r\n"
    assert insert_trail(head + rest, trail) == head + fields + rest
    assert insert_trail(rest, trail) == fields + rest
    assert insert_trail(b"", trail) == fields
