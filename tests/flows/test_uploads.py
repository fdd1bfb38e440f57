"""What clients write, kept whole or not at all."""

from datetime import UTC, datetime

import pytest

from mssmail.core.account import Account
from mssmail.core.mailbox import UID, Draft
from mssmail.errors import NoSuchMessage, TooBig, UnknownEncoding
from mssmail.flows.bell import Bells
from mssmail.flows.mailboxes import Mailboxes
from mssmail.flows.sign_in import SignIn
from mssmail.mime.index import build_index
from mssmail.mime.parts import scan
from mssmail.store.engine import Store
from tests.support.store import add_account

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)


@pytest.fixture
def anne(store: Store) -> Account:
    return add_account(store, "anne@a.test")


@pytest.fixture
def boxes(store: Store) -> Mailboxes:
    return Mailboxes(
        store,
        Bells(),
        lambda: NOW,
        lambda data: build_index(data, scan(data), "mss.a.test"),
        SignIn(store, lambda: NOW),
        max_message_bytes=100,
    )


async def test_a_replacement_rings_both_mailboxes(boxes: Mailboxes, anne: Account) -> None:
    await boxes.append(anne, "Drafts", [Draft(b"a: b\r\n\r\n")])
    drafts, sent = (await boxes.find_mailbox(anne, "Drafts")).id, (await boxes.find_mailbox(anne, "Sent")).id
    bells = [boxes.listen(mailbox_id) for mailbox_id in (drafts, sent)]
    appended = await boxes.replace(anne, drafts, UID(1), "Sent", Draft(b"c: d\r\n\r\n"))
    assert appended.uids == ((1, 1),)
    assert [await bell.wait(5) for bell in bells] == [True, True]
    with pytest.raises(NoSuchMessage):
        await boxes.replace(anne, drafts, UID(1), "Sent", Draft(b"c: d\r\n\r\n"))
    assert (await boxes.find_mailbox(anne, "Sent", counts=True)).messages == 1


@pytest.mark.parametrize(("data", "fault"), [(b"x" * 101, TooBig), (b"a: \0\r\n\r\n", UnknownEncoding)])
async def test_what_cannot_be_kept_leaves_all_as_it_was(
    boxes: Mailboxes, anne: Account, data: bytes, fault: type[Exception]
) -> None:
    await boxes.append(anne, "Drafts", [Draft(b"a: b\r\n\r\n")])
    drafts = (await boxes.find_mailbox(anne, "Drafts")).id
    with pytest.raises(fault):
        await boxes.replace(anne, drafts, UID(1), "Drafts", Draft(data))
    assert (await boxes.find_mailbox(anne, "Drafts", counts=True)).messages == 1
