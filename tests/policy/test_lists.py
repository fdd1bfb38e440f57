"""Who may write to a list: facts → answer."""

from datetime import UTC, datetime

import pytest

from mssmail.core.address import Address, parse_address
from mssmail.core.lists import MailList, Posting, Role
from mssmail.policy.lists import Publication, judge_list_sender, judge_post

OWNER, ANNE = parse_address("owner@a.test"), parse_address("anne@a.test")
NONE: frozenset[Role] = frozenset()
MODERATOR, WRITER = frozenset({Role.MODERATOR}), frozenset({Role.WRITER})


def _list(posting: Posting, *, moderated: bool = False) -> MailList:
    address = parse_address("alerts@a.test")
    return MailList(1, address, "Alerts", OWNER, posting, moderated, 3, datetime(2026, 6, 1, tzinfo=UTC))


@pytest.mark.parametrize(
    ("posting", "sender", "roles", "is_member", "answer"),
    [
        (Posting.CLOSED, OWNER, NONE, False, "taken"),
        (Posting.CLOSED, Address("OWNER", "a.test"), NONE, False, "taken"),
        (Posting.CLOSED, ANNE, NONE, True, "550 5.7.2 anne@a.test may not write"),
        (Posting.CLOSED, ANNE, WRITER, False, "taken"),
        (Posting.CLOSED, ANNE, MODERATOR, False, "taken"),
        (Posting.MEMBERS, ANNE, NONE, True, "taken"),
        (Posting.MEMBERS, ANNE, NONE, False, "550 5.7.2"),
        (Posting.ANYONE, ANNE, NONE, False, "taken"),
        (Posting.ANYONE, None, NONE, False, "550 5.7.2 alerts@a.test is a list: it takes no reports"),
    ],
)
def test_rcpt(posting: Posting, sender: Address | None, roles: frozenset[Role], is_member: bool, answer: str) -> None:
    refusal = judge_list_sender(_list(posting), sender, roles, is_member=is_member)
    assert ("taken" if refusal is None else str(refusal.reply)).startswith(answer)


@pytest.mark.parametrize("moderated", [False, True])
@pytest.mark.parametrize(
    ("author", "roles", "is_member", "plain", "under_moderation"),
    [
        (OWNER, NONE, False, Publication.PUBLISH, Publication.PUBLISH),
        (ANNE, MODERATOR, False, Publication.PUBLISH, Publication.PUBLISH),
        (ANNE, WRITER, False, Publication.PUBLISH, Publication.HOLD),
        (ANNE, NONE, True, Publication.PUBLISH, Publication.HOLD),
        (ANNE, NONE, False, Publication.HOLD, Publication.HOLD),
        (None, MODERATOR, True, Publication.HOLD, Publication.HOLD),
    ],
)
def test_the_end_of_data(
    moderated: bool,
    author: Address | None,
    roles: frozenset[Role],
    is_member: bool,
    plain: Publication,
    under_moderation: Publication,
) -> None:
    found = _list(Posting.MEMBERS, moderated=moderated)
    expected = under_moderation if moderated else plain
    assert judge_post(found, author, roles, is_member=is_member, is_answer=False) is expected
    assert judge_post(found, author, roles, is_member=is_member, is_answer=True) is Publication.DROP
