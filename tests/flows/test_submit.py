"""A client's message: bound to its account, completed, signed, delivered and queued in one commit."""

import asyncio
import re
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from mssmail.core.address import Address
from mssmail.core.reply import Reply
from mssmail.core.verdict import Trusted
from mssmail.errors import BadCertificate
from mssmail.journal import Event
from mssmail.settings import SignWith
from mssmail.store.accounts import remove
from mssmail.store.queue import list_items
from tests.support.operator_room import (
    ACCOUNTS,
    ALICE,
    BOB,
    CAROL,
    MESSAGE,
    VERA,
    Operator,
    build_envelope,
    build_settings,
    build_store,
    open_operator,
    sign,
    write_key,
)

FROM_BOB = MESSAGE.replace(b"From: Alice <alice@a.test>", b"From: Bob <bob@b.test>").replace(b"To: bob", b"To: alice")
OTTO = Address("otto", "o.test")


async def _submit(operator: Operator, data: bytes, *to: Address, more: tuple[Address, ...] = ()) -> tuple[Reply, str]:
    envelope = replace(build_envelope(data, *(to or (ALICE,)), reverse_path=BOB, login=BOB), identities=more)
    return await operator.submitter.submit(envelope), envelope.id


async def test_unsigned_mail_is_signed_delivered_and_queued_in_one_commit(tmp_path: Path) -> None:
    write_key(tmp_path, "bob@b.test")
    async with open_operator(tmp_path) as operator:
        reply, trace_id = await _submit(operator, FROM_BOB, ALICE, CAROL)
        assert str(reply) == f"250 2.0.0 {trace_id}"
        assert await operator.list_queue() == ["alice@a.test"]
        assert operator.woken == [1]
        assert len(await operator.list_inbox(CAROL)) == 1
        kept = await operator.load(trace_id)
        assert kept.summary == "trusted"
        assert b"multipart/signed" in kept.data
        assert kept.data.count(b"From: Bob <bob@b.test>") >= 1
        assert kept.relay_prefix.startswith(b"Received: from ")
        assert b"Authentication-Results" not in kept.relay_prefix
        prefix = kept.prefix.decode()
        assert "smime=pass" in prefix
        assert "auth=pass smtp.auth=bob@b.test" in re.sub(r"\r\n", "", prefix)
        events = [entry.event for entry in await operator.read_journal()]
        assert events == [Event.SUBMITTED, Event.DELIVERED, Event.QUEUED]
        # The signature was made of the very bytes that are kept, so a peer finds it trusted as well.
        found = await operator.intake.examine(kept.data, verify=True)
        assert isinstance(found.verdict.summary, Trusted)
        await asyncio.to_thread(operator.store.close)
        assert operator.store.writer_stats.operations == ACCOUNTS + 1


async def test_without_remote_recipients_nobody_is_woken(tmp_path: Path) -> None:
    write_key(tmp_path, "domain-signing-authority@b.test")
    async with open_operator(tmp_path) as operator:
        reply, _ = await _submit(operator, FROM_BOB, CAROL)
        assert reply.code == 250
        assert operator.woken == []
        assert await operator.list_queue() == []


async def test_what_its_author_signed_goes_out_as_it_is_but_for_bcc(tmp_path: Path) -> None:
    signed = sign(FROM_BOB, tmp_path, "bob@b.test")
    async with open_operator(tmp_path) as operator:
        _, trace_id = await _submit(operator, b"Bcc: eve@b.test\r\n" + signed)
        assert (await operator.load(trace_id)).data == signed


async def test_bcc_never_leaves(tmp_path: Path) -> None:
    write_key(tmp_path, "bob@b.test")
    async with open_operator(tmp_path) as operator:
        _, trace_id = await _submit(
            operator, FROM_BOB.replace(b"Subject:", b"Bcc: eve@b.test,\r\n mallory@b.test\r\nSubject:")
        )
        kept = await operator.load(trace_id)
        assert b"eve@" not in kept.data
        assert b"mallory@" not in kept.data


async def test_bcc_does_not_hide_behind_ten_thousand_fields(tmp_path: Path) -> None:
    signed = sign(FROM_BOB, tmp_path, "bob@b.test")
    async with open_operator(tmp_path) as operator:
        reply, _ = await _submit(operator, b"A: b\r\n" * 10_000 + b"Bcc: eve@b.test\r\n" + signed)
        assert str(reply).startswith("552 5.3.4 The header is too big")


async def test_date_and_message_id_are_added_when_missing(tmp_path: Path) -> None:
    write_key(tmp_path, "bob@b.test")
    async with open_operator(tmp_path) as operator:
        _, trace_id = await _submit(operator, b"From: bob@b.test\r\nSubject: x\r\n\r\nx\r\n")
        data = (await operator.load(trace_id)).data
        assert f"Message-ID: <{trace_id}@b.test>\r\n".encode() in data
        assert f"Date: {datetime.now(UTC):%a, %d %b %Y}".encode() in data


@pytest.mark.parametrize(
    ("data", "reply"),
    [
        (MESSAGE, "550 5.7.1"),
        (FROM_BOB.replace(b"From: Bob <bob@b.test>", b"From: bob@b.test, carol@b.test"), "550 5.7.1"),
        (b"Sender: carol@b.test\r\n" + FROM_BOB, "550 5.7.1"),
        (b"Sender: bob@b.test\r\nSender: carol@b.test\r\n" + FROM_BOB, "550 5.7.1"),
        (b"Sender: Bob <carol@b.test> <bob@b.test>\r\n" + FROM_BOB, "550 5.6.0"),
        (b"Sender: us: carol@b.test;\r\n" + FROM_BOB, "550 5.6.0"),
        (b"Subject: x\r\n\r\nx\r\n", "550 5.6.0 From must name one valid address: there is no From field"),
        (b"From: bob@b.test\r\n" + FROM_BOB, "550 5.6.0 From must name one valid address: there is more than one"),
        (b"From: us: bob@b.test;\r\nSubject: x\r\n\r\nx\r\n", "550 5.6.0 From must name one valid address: the au"),
        (b"From: bob\r\nSubject: x\r\n\r\nx\r\n", "550 5.6.0 From must name one valid address: the au"),
        (b"Resent-From: carol@b.test\r\n" + FROM_BOB, "550 5.7.1"),
        (b"Resent-Sender: carol@b.test\r\nResent-From: bob@b.test\r\n" + FROM_BOB, "550 5.7.1"),
        (b"Resent-From: nobody\r\n" + FROM_BOB, "550 5.6.0"),
        (b"Resent-From: bob@b.test\r\n" + FROM_BOB.replace(b"Bob <bob", b"Carol <carol"), "550 5.7.1"),
        (b"Received: x\r\n" * 101 + FROM_BOB, "554 5.4.6"),
        (
            b'From: "carol@b.test" <bob@b.test>\r\nSubject: x\r\n\r\nx\r\n',
            "550 5.7.1 The name in From shows another add",
        ),
    ],
)
async def test_an_account_writes_as_itself(tmp_path: Path, data: bytes, reply: str) -> None:
    write_key(tmp_path, "bob@b.test")
    async with open_operator(tmp_path) as operator:
        answer, trace_id = await _submit(operator, data)
        assert str(answer).startswith(reply)
        [entry] = await operator.read_journal()
        assert (entry.event, entry.trace_id, entry.facts["login"]) == (Event.REFUSED, trace_id, "bob@b.test")
        assert await operator.list_queue() == []


async def test_without_a_key_unsigned_mail_is_refused_at_once(tmp_path: Path) -> None:
    async with open_operator(tmp_path) as operator:
        reply, _ = await _submit(operator, FROM_BOB)
        assert str(reply).startswith("550 5.7.1 There is no key")


MDN = (
    b"From: bob@b.test\r\nTo: alice@a.test\r\nSubject: Lu\r\nMIME-Version: 1.0\r\n"
    b"Content-Type: multipart/report; report-type=disposition-notification; boundary=r\r\n\r\n"
    b"--r\r\n\r\nLu.\r\n--r\r\nContent-Type: message/disposition-notification\r\n\r\n"
    b"Final-Recipient: rfc822;bob@b.test\r\nDisposition: manual-action/MDN-sent-manually; displayed\r\n\r\n--r--\r\n"
)


@pytest.mark.parametrize("to", [ALICE, CAROL])
async def test_a_persons_receipt_goes_out_also_without_a_key(tmp_path: Path, to: Address) -> None:
    async with open_operator(tmp_path) as operator:
        envelope = build_envelope(MDN, to, reverse_path=None, login=BOB)
        assert (await operator.submitter.submit(envelope)).code == 250
        with_path = build_envelope(MDN, to, reverse_path=BOB, login=BOB)  # which peers would refuse
        assert str(await operator.submitter.submit(with_path)).startswith("550 5.7.1 There is no key")


async def test_a_persons_receipt_is_signed_where_there_is_a_key(tmp_path: Path) -> None:
    write_key(tmp_path, "bob@b.test")
    async with open_operator(tmp_path) as operator:
        envelope = build_envelope(MDN, ALICE, reverse_path=None, login=BOB)
        assert (await operator.submitter.submit(envelope)).code == 250
        assert (await operator.load(envelope.id)).summary == "trusted"


async def test_a_key_that_cannot_be_read_is_our_fault(tmp_path: Path) -> None:
    async with open_operator(tmp_path) as operator:
        (tmp_path / "keys" / "bob@b.test.pem").write_bytes(b"no key")
        with pytest.raises(BadCertificate):
            await _submit(operator, FROM_BOB)


async def test_unsigned_mail_may_go_where_nobody_asks_when_we_are_not_to_sign(tmp_path: Path) -> None:
    async with open_operator(tmp_path, build_settings(tmp_path, SignWith.NONE)) as operator:
        for recipient, reply in ((ALICE, "250"), (VERA, "250"), (OTTO, "250"), (CAROL, "550 5.7.1")):
            answer, _ = await _submit(operator, FROM_BOB, recipient)
            assert str(answer).startswith(reply), recipient


async def test_a_signature_of_somebody_else_is_refused_before_every_peer_does(tmp_path: Path) -> None:
    async with open_operator(tmp_path) as operator:
        answer, _ = await _submit(operator, sign(FROM_BOB, tmp_path, "mallory@b.test"))
        assert str(answer).startswith("550 5.7.1 ")
        altered = sign(FROM_BOB, tmp_path, "bob@b.test").replace(b"Good day.", b"Good dax.")
        answer, _ = await _submit(operator, altered)
        assert str(answer).startswith("550 5.7.7 ")


async def test_our_doubt_holds_local_mail_and_lets_peers_judge_the_rest(tmp_path: Path) -> None:
    write_key(tmp_path, "bob@b.test")
    async with open_operator(tmp_path) as operator:
        operator.trust.store = build_store(crls=False)
        answer, _ = await _submit(operator, FROM_BOB, CAROL)
        assert str(answer).startswith("451 4.7.5 ")
        answer, trace_id = await _submit(operator, FROM_BOB, ALICE)
        assert answer.code == 250
        assert (await operator.load(trace_id)).summary == "undetermined"


async def test_an_account_that_has_just_gone_is_asked_for_again(tmp_path: Path) -> None:
    write_key(tmp_path, "bob@b.test")
    async with open_operator(tmp_path) as operator:
        await asyncio.wrap_future(operator.store.submit(lambda conn: remove(conn, CAROL)))
        answer, _ = await _submit(operator, FROM_BOB, CAROL, ALICE)
        assert str(answer).startswith("451 4.3.0 ")
        assert await operator.list_queue() == []


async def test_a_submission_has_an_account(tmp_path: Path) -> None:
    async with open_operator(tmp_path) as operator:
        with pytest.raises(ValueError, match="account"):
            await operator.submitter.submit(build_envelope(FROM_BOB, ALICE))


async def test_a_member_writes_for_the_team_and_the_team_signs(tmp_path: Path) -> None:
    write_key(tmp_path, "bob@b.test")
    write_key(tmp_path, "carol@b.test")
    for_team = FROM_BOB.replace(b"Bob <bob@b.test>", b"Carol <carol@b.test>")
    async with open_operator(tmp_path) as operator:
        refused, _ = await _submit(operator, for_team)
        assert str(refused).startswith("550 5.7.1 ")
        taken, trace_id = await _submit(operator, for_team, more=(CAROL,))
        assert taken.code == 250
        kept = await operator.load(trace_id)
        assert kept.summary == "trusted"
        assert "smime-identifier=carol@b.test" in kept.prefix.decode().replace("\r\n", "")
        assert b"Sender:" not in kept.data
        [entry] = await operator.read_journal(Event.SUBMITTED)
        assert (entry.facts["login"], entry.facts["rule"]) == ("bob@b.test", "trusted")


async def test_a_team_without_a_key_is_signed_for_by_the_organisation(tmp_path: Path) -> None:
    write_key(tmp_path, "bob@b.test")
    write_key(tmp_path, "domain-signing-authority@b.test")
    for_team = FROM_BOB.replace(b"Bob <bob@b.test>", b"Carol <carol@b.test>")
    async with open_operator(tmp_path) as operator:
        taken, trace_id = await _submit(operator, for_team, more=(CAROL,))
        assert taken.code == 250
        assert (await operator.load(trace_id)).summary == "trusted"


async def test_rsa_keys_sign_with_pss_when_told_to(tmp_path: Path) -> None:
    write_key(tmp_path, "bob@b.test")
    settings = build_settings(tmp_path)
    settings = replace(settings, submission=replace(settings.submission, sign_with_pss=True))
    async with open_operator(tmp_path, settings) as operator:
        _, trace_id = await _submit(operator, FROM_BOB)
        kept = await operator.load(trace_id)
        found = await operator.intake.examine(kept.data, verify=True)
        assert isinstance(found.verdict.summary, Trusted)
        assert b"micalg=sha-256" in kept.data


async def test_a_message_sent_anew_by_its_author_keeps_its_resent_fields(tmp_path: Path) -> None:
    signed = sign(FROM_BOB, tmp_path, "bob@b.test")
    again = b"Resent-From: Bob <bob@b.test>\r\nResent-To: alice@a.test\r\n"
    async with open_operator(tmp_path) as operator:
        reply, trace_id = await _submit(operator, again + b"Resent-Bcc: eve@b.test\r\n" + signed)
        assert reply.code == 250
        assert (await operator.load(trace_id)).data == again + signed


async def test_a_message_for_many_is_kept_once_and_queued_for_each(tmp_path: Path) -> None:
    write_key(tmp_path, "bob@b.test")
    many = tuple(Address(f"n{number}", "a.test") for number in range(1_000))
    async with open_operator(tmp_path) as operator:
        reply, trace_id = await _submit(operator, FROM_BOB, *many)
        assert reply.code == 250
        queued = await asyncio.wrap_future(operator.store.read(lambda conn: list_items(conn, limit=2_000)))
        assert [item.recipient for item in queued] == list(many)
        assert len({item.message_id for item in queued}) == 1
        assert b" for <" not in (await operator.load(trace_id)).relay_prefix
