"""What comes back to a list: reports of members' operators, moderators' answers."""

import asyncio
from datetime import UTC, datetime
from pathlib import Path

import pytest

from mssmail.core.address import Address, parse_address
from mssmail.core.lists import MailList, MemberState, Posting, PostState, Role
from mssmail.core.parameters import OriginalRecipient
from mssmail.core.reply import Reply
from mssmail.core.report import Action
from mssmail.core.return_path import Purpose, Token, encode_return_path
from mssmail.delivery.dsn import build_report
from mssmail.delivery.reported import Report, ReportedMessage, ReportedRecipient
from mssmail.flows.list_replies import read_decision
from mssmail.flows.lists import Lister
from mssmail.journal import Event
from mssmail.store.list_posts import count_outcomes, list_posts_of, page_outcomes
from mssmail.store.lists import page_members, set_role
from mssmail.store.secrets import RETURN_PATHS, require_secret
from tests.support.mailing import ALERTS, ask, build_list, change, make_list
from tests.support.operator_room import (
    ALICE,
    BOB,
    CAROL,
    MESSAGE,
    Operator,
    build_envelope,
    open_operator,
    sign,
    write_key,
)
from tests.support.store import NOW

DAN, EVE = parse_address("dan@a.test"), parse_address("eve@foreign.test")


async def _publish(operator: Operator, data: bytes, *, moderated: bool = False) -> tuple[MailList, int]:
    """A list with dan and eve, and a message on its way to them."""
    new = build_list(posting=Posting.ANYONE, moderated=moderated)
    made = await asyncio.to_thread(make_list, operator.store, new, DAN, EVE)
    assert (await operator.receiver.receive(build_envelope(data, ALERTS))).code == 250
    if not moderated:
        clock = lambda: datetime.now(UTC)  # noqa: E731 - a clock
        await Lister(operator.settings, operator.store, operator.examiner, lambda: None, clock).step()
    [post] = await ask(operator.store, lambda conn: list_posts_of(conn, made.id))
    return made, post.id


async def _address(operator: Operator, purpose: Purpose, post_id: int) -> Address:
    key = await change(operator.store, lambda conn: require_secret(conn, RETURN_PATHS, NOW))
    return encode_return_path(Token(purpose, post_id), "b.test", key)


def _report(path: Address, member: Address, action: Action = Action.FAILED) -> bytes:
    final = parse_address(f"moved@{member.domain}")
    original = OriginalRecipient("rfc822", str(member))
    told = ReportedRecipient(final, Reply(550, "5.1.1", "Gone"), "", "mx.a.test", NOW, original)
    about = ReportedMessage(path, MESSAGE, "there", NOW)
    return build_report(Report(action, about, (told,)), parse_address("postmaster@a.test"), "mx.a.test", "r1", NOW)


@pytest.mark.parametrize(
    ("member", "action", "bounced"),
    [
        (DAN, Action.FAILED, 1),
        (DAN, Action.DELAYED, 0),
        (DAN, Action.DELIVERED, 0),
        (EVE, Action.FAILED, 0),  # who hands the report over does not speak for her domain
        (parse_address("nobody@a.test"), Action.FAILED, 0),
    ],
)
async def test_a_report_is_believed_from_who_speaks_for_the_member(
    tmp_path: Path, member: Address, action: Action, bounced: int
) -> None:
    data = sign(MESSAGE, tmp_path)
    async with open_operator(tmp_path) as operator:
        made, post_id = await _publish(operator, data)
        path = await _address(operator, Purpose.LIST, post_id)
        for _ in range(2):  # the same again counts once
            reply = await operator.receiver.receive(
                build_envelope(_report(path, member, action), path, reverse_path=None)
            )
            assert reply.code == 250
        numbers = await ask(operator.store, lambda conn: count_outcomes(conn, post_id))
        assert numbers[MemberState.BOUNCED] == bounced
        members = await ask(operator.store, lambda conn: page_members(conn, made.id))
        assert sum(each.bounces for each in members) == bounced
        assert len(await operator.read_journal(Event.BOUNCED)) == bounced


async def test_what_is_no_report_tells_nothing_of_members(tmp_path: Path) -> None:
    data = sign(MESSAGE, tmp_path)
    async with open_operator(tmp_path) as operator:
        _made, post_id = await _publish(operator, data)
        path = await _address(operator, Purpose.LIST, post_id)
        assert (await operator.receiver.receive(build_envelope(data, path, reverse_path=None))).code == 250
        outcomes = await ask(operator.store, lambda conn: page_outcomes(conn, post_id))
        assert {each.state for each in outcomes} == {MemberState.QUEUED}


@pytest.mark.parametrize(
    ("word", "by", "state"),
    [
        ("ACCEPTER", "alice@a.test", PostState.EXPANDING),
        ("Reject, please.", "alice@a.test", PostState.REJECTED),
        ("Hello?", "alice@a.test", PostState.HELD),
        ("APPROVE", "mallory@a.test", PostState.HELD),
    ],
)
async def test_a_moderator_decides_by_answering(tmp_path: Path, word: str, by: str, state: PostState) -> None:
    data = sign(MESSAGE, tmp_path)
    answer = MESSAGE.replace(b"Alice <alice@a.test>", by.encode()).replace(b"Good day.", f"\r\n{word}\r\n> x".encode())
    signed = sign(answer, tmp_path, by)
    async with open_operator(tmp_path) as operator:
        made, post_id = await _publish(operator, data, moderated=True)
        await change(operator.store, lambda conn: set_role(conn, made.id, Role.MODERATOR, ALICE, granted=True))
        path = await _address(operator, Purpose.MODERATION, post_id)
        reply = await operator.receiver.receive(build_envelope(signed, path, reverse_path=parse_address(by)))
        assert reply.code == 250
        [post] = await ask(operator.store, lambda conn: list_posts_of(conn, made.id))
        assert post.state is state


async def test_the_owner_here_decides_by_answering_too(tmp_path: Path) -> None:
    data = sign(MESSAGE, tmp_path)
    write_key(tmp_path, "bob@b.test")
    answer = b"From: Bob <bob@b.test>\r\nSubject: Re\r\n\r\nok\r\n"
    async with open_operator(tmp_path) as operator:
        made, post_id = await _publish(operator, data, moderated=True)
        path = await _address(operator, Purpose.MODERATION, post_id)
        envelope = build_envelope(answer, path, CAROL, reverse_path=BOB, login=BOB)
        assert (await operator.submitter.submit(envelope)).code == 250
        [post] = await ask(operator.store, lambda conn: list_posts_of(conn, made.id))
        assert (post.state, post.decided_by) == (PostState.EXPANDING, "bob@b.test")
        assert len(await operator.list_inbox(CAROL)) == 1


async def test_who_may_write_to_a_lists_own_addresses(tmp_path: Path) -> None:
    data = sign(MESSAGE, tmp_path)
    async with open_operator(tmp_path) as operator:
        _made, post_id = await _publish(operator, data, moderated=True)
        find_way = operator.intake.boxes.find_way
        for purpose, sender, leads_on in (
            (Purpose.LIST, None, True),
            (Purpose.LIST, ALICE, False),
            (Purpose.MODERATION, ALICE, True),
            (Purpose.MODERATION, None, False),
        ):
            path = await _address(operator, purpose, post_id)
            assert (await find_way(path, sender, NOW)).leads_on == leads_on
            gone = await _address(operator, purpose, 999)
            assert not (await find_way(gone, sender, NOW)).leads_on


@pytest.mark.parametrize(
    ("text", "decision"),
    [
        ("approve", True),
        ("  OK!\r\n> REJECT", True),
        ("\r\n\r\nRefusé.", False),
        ("> approve\r\nno", False),
        ("well, yes", None),
        ("", None),
        ("123\r\nyes", True),
    ],
)
def test_the_first_word_decides(text: str, decision: bool | None) -> None:
    head = b"Content-Type: text/plain; charset=utf-8\r\n\r\n"
    assert read_decision(head + text.encode() + b"\r\n") is decision
