"""A receipt that comes in is written into the story of the message it answers, and of no other."""

from pathlib import Path

import pytest

from mssmail.core.address import Address, parse_address
from mssmail.journal import Entry, Event
from tests.support.operator_room import ALICE, BOB, MESSAGE, Operator, build_envelope, open_operator, sign, write_key

SENT = MESSAGE.replace(b"Alice <alice@a.test>", b"Bob <bob@b.test>").replace(
    b"To: bob@b.test", b"To: alice@a.test\r\nDisposition-Notification-To: bob@b.test"
)


def _build_receipt(
    about: bytes = b"<1@a.test>", final: bytes = b"alice@a.test", author: bytes = b"alice@a.test"
) -> bytes:
    return (
        b"From: " + author + b"\r\nTo: bob@b.test\r\nSubject: Lu\r\nMIME-Version: 1.0\r\n"
        b"Content-Type: multipart/report; report-type=disposition-notification; boundary=r\r\n\r\n"
        b"--r\r\n\r\nLu.\r\n--r\r\nContent-Type: message/disposition-notification\r\n\r\n"
        b"Final-Recipient: rfc822;" + final + b"\r\nOriginal-Message-ID: " + about + b"\r\n"
        b"Disposition: manual-action/MDN-sent-manually; displayed\r\n\r\n--r--\r\n"
    )


async def _exchange(operator: Operator, receipt: bytes, to: Address = BOB) -> tuple[str, list[Entry]]:
    sent = build_envelope(SENT, ALICE, reverse_path=BOB, login=BOB)
    assert (await operator.submitter.submit(sent)).code == 250
    answer = build_envelope(receipt, to, reverse_path=None)
    assert (await operator.receiver.receive(answer)).code == 250
    return sent.id, await operator.read_journal(Event.CONFIRMED)


@pytest.mark.parametrize("is_signed", [False, True])
async def test_a_persons_receipt_confirms_the_message_it_answers(tmp_path: Path, *, is_signed: bool) -> None:
    write_key(tmp_path, "bob@b.test")
    async with open_operator(tmp_path) as operator:
        receipt = sign(_build_receipt(), tmp_path) if is_signed else _build_receipt()
        trace_id, [entry] = await _exchange(operator, receipt)
        assert entry.trace_id == trace_id
        facts = {key: entry.facts[key] for key in ("recipient", "disposition", "automatic")}
        assert facts == {"recipient": "alice@a.test", "disposition": "displayed", "automatic": False}
        assert "doubt" not in entry.facts


@pytest.mark.parametrize(
    ("receipt", "doubt"),
    [
        (_build_receipt(final=b"eve@a.test"), "names nobody the message was sent to"),
        (_build_receipt(author=b"eve@a.test"), "written by somebody else than the recipient it names"),
    ],
)
async def test_who_confirms_for_somebody_else_is_noted_with_doubt(tmp_path: Path, receipt: bytes, doubt: str) -> None:
    write_key(tmp_path, "bob@b.test")
    async with open_operator(tmp_path) as operator:
        _, [entry] = await _exchange(operator, receipt)
        assert entry.facts["doubt"] == doubt


@pytest.mark.parametrize("about", [b"<2@a.test>", b"", b"no id"])
async def test_a_receipt_for_a_message_nobody_knows_confirms_nothing(tmp_path: Path, about: bytes) -> None:
    write_key(tmp_path, "bob@b.test")
    async with open_operator(tmp_path) as operator:
        assert (await _exchange(operator, _build_receipt(about)))[1] == []


async def test_a_receipt_confirms_only_to_who_asked(tmp_path: Path) -> None:
    write_key(tmp_path, "bob@b.test")
    async with open_operator(tmp_path) as operator:
        assert (await _exchange(operator, _build_receipt(), parse_address("carol@b.test")))[1] == []
