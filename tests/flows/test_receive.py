"""Mail from a peer, from the end of DATA to the mailbox: what is taken, how it lies there, and what is refused."""

import asyncio
import json
from dataclasses import replace
from pathlib import Path

import pytest

from mssmail.core.address import Address
from mssmail.core.message import Span
from mssmail.errors import OverQuota, SpoolFull, StoreUnavailable, WorkerFault
from mssmail.journal import Event
from mssmail.mime.headers import MAX_FIELDS, MAX_HEADER_BYTES
from mssmail.policy.header import MAX_HOPS
from mssmail.settings import Documents
from mssmail.store.accounts import remove, set_quota
from mssmail.store.bodies import read_body
from mssmail.store.documents import list_documents
from tests.support.health import CRITICAL, make_cda, make_message, make_xdm
from tests.support.operator_room import (
    ACCOUNTS,
    BOB,
    CAROL,
    MESSAGE,
    VERA,
    Reader,
    age,
    build_envelope,
    build_settings,
    build_store,
    open_operator,
    sign,
)

OTTO = Address("otto", "o.test")


async def test_a_signed_message_lies_in_the_mailbox_before_it_is_answered_for(tmp_path: Path) -> None:
    data = sign(MESSAGE, tmp_path)
    async with open_operator(tmp_path) as operator:
        envelope = build_envelope(data)
        assert str(await operator.receiver.receive(envelope)) == f"250 2.0.0 {envelope.id}"
        [meta] = await operator.list_inbox(BOB)
        assert meta.uid == 1
        kept = await operator.load(envelope.id)
        assert kept.data == data
        assert kept.summary == "trusted"
        prefix = kept.prefix.decode()
        assert prefix.startswith("Return-Path: <alice@a.test>\r\nAuthentication-Results: mx.b.test; smime=pass")
        assert "body.smime-part=2" in prefix
        assert f" id {envelope.id} for <bob@b.test> tls " in prefix.replace("\r\n ", " ")
        evidence = json.loads(kept.evidence)
        assert evidence["sha256"] == envelope.message.sha256
        assert evidence["facts"]["integrity"].startswith("passed")
        received, delivered = await operator.read_journal()
        assert (received.event, delivered.event) == (Event.RECEIVED, Event.DELIVERED)
        assert received.trace_id == delivered.trace_id == envelope.id
        assert operator.intake.spent.messages == 1


async def test_every_recipient_gets_it_in_the_same_commit_and_hears_of_it(tmp_path: Path) -> None:
    async with open_operator(tmp_path) as operator:
        boxes = [await operator.find(each) for each in (BOB, CAROL)]
        bells = [operator.bells.listen(1 + 6 * (box.id - 1)) for box in boxes]
        envelope = build_envelope(sign(MESSAGE, tmp_path), BOB, CAROL)
        assert (await operator.receiver.receive(envelope)).code == 250
        assert [len(await operator.list_inbox(each)) for each in (BOB, CAROL)] == [1, 1]
        assert [await bell.wait(5) for bell in bells] == [True, True]
        assert b" for " not in (await operator.load(envelope.id)).prefix
        await asyncio.to_thread(operator.store.close)
        assert operator.store.writer_stats.operations == ACCOUNTS + 1


@pytest.mark.parametrize(
    ("data", "recipient", "reply", "rule"),
    [
        (MESSAGE, BOB, "550 5.7.1", "unsigned"),
        (MESSAGE.replace(b"alice@a.test", b"alice@unlisted.test"), BOB, "550 5.7.1", "author-domain-not-listed"),
        (MESSAGE.replace(b"alice@a.test", b"vera@v.test"), VERA, "550 5.7.1", "author-not-listed-for-peer"),
        (b"Subject: x\r\n\r\nx\r\n", VERA, "550 5.6.0", "no-author"),
        (b"Received: x\r\n" * (MAX_HOPS + 1) + MESSAGE, BOB, "554 5.4.6", "routing-loop"),
        (b"", BOB, "550 5.6.0", "no-author"),
    ],
)
async def test_a_refusal_is_answered_and_journalled_with_its_facts(
    tmp_path: Path, data: bytes, recipient: Address, reply: str, rule: str
) -> None:
    async with open_operator(tmp_path) as operator:
        envelope = build_envelope(data, recipient)
        assert str(await operator.receiver.receive(envelope)).startswith(reply)
        [entry] = await operator.read_journal()
        assert (entry.event, entry.trace_id, entry.facts["rule"]) == (Event.REFUSED, envelope.id, rule)
        assert entry.facts["sha256"] == envelope.message.sha256
        assert entry.facts["peer"] == "127.0.0.1"
        assert str(entry.facts["reply"]).startswith(reply)
        assert await operator.list_inbox(recipient) == ()


async def test_one_altered_octet_is_a_refusal(tmp_path: Path) -> None:
    data = sign(MESSAGE, tmp_path).replace(b"Good day.", b"Good dax.")
    async with open_operator(tmp_path) as operator:
        assert str(await operator.receiver.receive(build_envelope(data))).startswith("550 5.7.7 ")


async def test_signed_by_somebody_else_is_a_refusal(tmp_path: Path) -> None:
    data = sign(MESSAGE, tmp_path, "mallory@a.test")
    async with open_operator(tmp_path) as operator:
        assert str(await operator.receiver.receive(build_envelope(data))).startswith("550 5.7.1 ")


async def test_the_organisation_may_sign_for_its_domain(tmp_path: Path) -> None:
    data = sign(MESSAGE, tmp_path, "domain-signing-authority@a.test")
    async with open_operator(tmp_path) as operator:
        assert (await operator.receiver.receive(build_envelope(data))).code == 250


@pytest.mark.parametrize(
    ("recipient", "results", "summary"),
    [(VERA, "smime=none\r\n", "unsigned"), (OTTO, "smime=none (not examined)\r\n", "unexamined")],
)
async def test_domains_that_do_not_require_a_signature_say_what_they_saw(
    tmp_path: Path, recipient: Address, results: str, summary: str
) -> None:
    async with open_operator(tmp_path) as operator:
        envelope = build_envelope(MESSAGE, recipient)
        assert (await operator.receiver.receive(envelope)).code == 250
        kept = await operator.load(envelope.id)
        assert f"Authentication-Results: mx.b.test; {results}" in kept.prefix.decode()
        assert kept.summary == summary


async def test_our_doubt_is_temporary(tmp_path: Path) -> None:
    async with open_operator(tmp_path) as operator:
        operator.trust.store = build_store(crls=False)
        assert str(await operator.receiver.receive(build_envelope(sign(MESSAGE, tmp_path)))).startswith("451 4.7.5 ")
        operator.trust.store = build_store()
        assert operator.trust.white_list is not None
        operator.trust.white_list = age(operator.trust.white_list, 15)
        assert str(await operator.receiver.receive(build_envelope(sign(MESSAGE, tmp_path)))).startswith("451 4.7.5 ")


async def test_faults_are_raised_and_nothing_is_kept(tmp_path: Path) -> None:
    data = sign(MESSAGE, tmp_path)
    async with open_operator(tmp_path) as operator:
        operator.examiner.fault = WorkerFault()
        with pytest.raises(WorkerFault):
            await operator.receiver.receive(build_envelope(data))
        operator.examiner.fault = None
        await asyncio.wrap_future(operator.store.submit(lambda conn: set_quota(conn, BOB, 10)))
        with pytest.raises(OverQuota):
            await operator.receiver.receive(build_envelope(data))
        assert await operator.list_inbox(BOB) == ()
        await asyncio.to_thread(operator.store.close)
        with pytest.raises((StoreUnavailable, SpoolFull)):
            await operator.receiver.receive(build_envelope(data))


async def test_an_account_that_has_just_gone_is_asked_for_again(tmp_path: Path) -> None:
    async with open_operator(tmp_path) as operator:
        await asyncio.wrap_future(operator.store.submit(lambda conn: remove(conn, CAROL)))
        reply = await operator.receiver.receive(build_envelope(sign(MESSAGE, tmp_path), BOB, CAROL))
        assert str(reply).startswith("451 4.3.0 ")
        assert await operator.list_inbox(BOB) == ()


async def test_a_large_message_is_kept_to_the_octet(tmp_path: Path) -> None:
    data = sign(MESSAGE + b"0123456789abcde\r\n" * 20_000, tmp_path)
    async with open_operator(tmp_path) as operator:
        envelope = build_envelope(data)
        assert (await operator.receiver.receive(envelope)).code == 250
        kept = await operator.load(envelope.id)
        assert kept.data == data
        piece = await asyncio.wrap_future(
            operator.store.read(lambda conn: read_body(conn, kept.id, Span(1_000, 2_000)))
        )
        assert piece == data[1_000:2_000]


async def test_a_receiver_that_is_cancelled_still_commits_what_it_handed_over(tmp_path: Path) -> None:
    async with open_operator(tmp_path) as operator:
        envelope = build_envelope(sign(MESSAGE, tmp_path))
        task = asyncio.ensure_future(
            asyncio.shield(inner := asyncio.ensure_future(operator.receiver.receive(envelope)))
        )
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert (await inner).code == 250
        assert len(await operator.list_inbox(BOB)) == 1


async def test_an_absurd_header_is_refused_without_being_examined(tmp_path: Path) -> None:
    forged = b"Authentication-Results: mx.b.test; smime=pass\r\n" * (MAX_HEADER_BYTES // 47 + 1)
    async with open_operator(tmp_path) as operator:
        for data in (forged + MESSAGE, b"A: b\r\n" * MAX_FIELDS + MESSAGE):
            reply = await operator.receiver.receive(build_envelope(data))
            assert str(reply).startswith("552 5.3.4 The header is too big")
        assert operator.examiner.calls == 0


@pytest.mark.parametrize("refuse", [False, True])
async def test_x_mss_fields_that_contradict_the_documents_are_facts_and_refused_only_on_request(
    tmp_path: Path, refuse: bool
) -> None:
    archive = ("application/zip", "IHE_XDM.zip", make_xdm(make_cda(CRITICAL)))
    data = make_message(archive, fields="X-MSS-CODECDA: 34112-3\r\nX-MSS-INS: O\r\nX-MSS-NIL: DEV1\r\n")
    data = sign(data.replace(b"a@a.test", b"alice@a.test"), tmp_path)
    settings = build_settings(tmp_path)
    settings = replace(settings, documents=Documents(test_space=True, refuse_inconsistent=refuse))
    async with open_operator(tmp_path, settings, Reader()) as operator:
        answer = str(await operator.receiver.receive(build_envelope(data)))
        [entry] = await operator.read_journal(Event.REFUSED, Event.RECEIVED)
        assert entry.facts["x_mss_inconsistent"] == ["X-MSS-CODECDA says 34112-3, the archive holds 11502-2"]
        assert entry.facts["x_mss"] == {"codecda": "34112-3", "ins": "O", "nil": "DEV1"}
        assert answer.startswith("550 5.6.0 X-MSS-CODECDA says 34112-3" if refuse else "250 2.0.0")
        assert len(await operator.list_inbox(BOB)) == (0 if refuse else 1)
        assert [each.inconsistent for each in operator.intake.products] == [1]


async def test_the_documents_of_a_message_become_rows_in_its_commit(tmp_path: Path) -> None:
    archive = ("application/zip", "IHE_XDM.zip", make_xdm(make_cda(CRITICAL)))
    data = sign(make_message(archive).replace(b"a@a.test", b"alice@a.test"), tmp_path)
    async with open_operator(tmp_path, readers=Reader()) as operator:
        envelope = build_envelope(data)
        assert (await operator.receiver.receive(envelope)).code == 250
        kept = await operator.load(envelope.id)
        [row] = await asyncio.wrap_future(operator.store.read(lambda conn: list_documents(conn, kept.id)))
        assert (row.patient, row.birthdate, row.loinc_codes) == ("FICTIF ALICE", "1979-03-15", ("2823-3",))


async def test_mail_is_delivered_with_our_verdict_as_a_keyword_when_that_is_wanted(tmp_path: Path) -> None:
    settings = build_settings(tmp_path)
    wanted = replace(settings, imap=replace(settings.imap, smime_keywords=True))
    async with open_operator(tmp_path, wanted) as operator:
        assert (await operator.receiver.receive(build_envelope(sign(MESSAGE, tmp_path)))).code == 250
        [meta] = await operator.list_inbox(BOB)
        assert meta.flags == {"$SMIMEValid"}
        signed_by_another = sign(MESSAGE, tmp_path, "mallory@m.test")
        assert (await operator.receiver.receive(build_envelope(signed_by_another, VERA))).code == 250
        [meta] = await operator.list_inbox(VERA)
        assert meta.flags == {"$SMIMEInvalid"}


async def test_what_is_shown_and_not_signed_is_refused_and_every_fact_of_it_journalled(tmp_path: Path) -> None:
    signed = sign(MESSAGE.replace(b"text/plain", b'text/plain; hp="clear"'), tmp_path)
    spoofed = sign(MESSAGE, tmp_path).replace(b"From: ", b'From: "bob@b.test" ', 1)
    async with open_operator(tmp_path) as operator:
        taken = build_envelope(signed)
        assert (await operator.receiver.receive(taken)).code == 250
        evidence = json.loads((await operator.load(taken.id)).evidence)
        assert "field-unprotected" in evidence["notices"]
        assert [step["subject"].partition(",")[0] for step in evidence["path"]][-1] == "CN=Test Root"
        assert evidence["sources"][0]["kind"] == "CRL"
        envelope = build_envelope(spoofed)
        reply = await operator.receiver.receive(envelope)
        assert str(reply).startswith("550 5.7.1 The name in From shows another address: bob@b.test (")
        refused = (await operator.read_journal())[-1]
        assert refused.event is Event.REFUSED
        assert refused.facts["rule"] == "display-name-imitates"
        assert refused.facts["notices"] == {
            "display-name-imitates": "the name in From shows another address: bob@b.test"
        }
        assert "Test Root" in str(refused.facts["path"])
