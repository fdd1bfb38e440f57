"""The tables of recipients: from peers, and from our own clients."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from mssmail.core.account import Account, AccountKind
from mssmail.core.address import parse_address
from mssmail.core.decision import Accept, Decision, Refuse, refuse
from mssmail.core.names import parse_listed_name
from mssmail.core.whitelist import WhiteList
from mssmail.policy.freshness import Freshness
from mssmail.policy.recipient import Box, Taken, judge_recipient, judge_submitted_recipient
from mssmail.settings import Domain, SmimeMode

OURS = Domain("ch-a.test")
LENIENT = Domain("ch-l.test", SmimeMode.VERIFY)
TWIN = Domain("ch-t.test")
SEALED = Domain("ch-s.test", accept_encrypted=True)
HERE = parse_address("dr@ch-a.test")
AWAY = parse_address("dr@ch-b.test")
ACCOUNT = Account(1, HERE, AccountKind.PER, "", (), False, False, datetime(2026, 1, 1, tzinfo=UTC))
BOX = Box(OURS, ACCOUNT)
SUSPENDED = replace(BOX, account=replace(ACCOUNT, suspended=True))
FULL = replace(BOX, is_full=True)
CLOSED = refuse("may-not-write-to-list", 550, "5.7.2", "no")
NONE_TAKEN = Taken(0, 100)
LIST = WhiteList(
    datetime(2026, 6, 1, tzinfo=UTC), "", "", {"ch-b.test": frozenset({parse_listed_name("CN=mss.ch-b.test")})}, 1
)


def _tell(decision: Decision) -> str:
    match decision:
        case Accept(rule):
            return rule
        case Refuse(_, reply):
            return str(reply)


@pytest.mark.parametrize(
    ("box", "taken", "answer"),
    [
        (BOX, NONE_TAKEN, "own-account"),
        (BOX, Taken(99, 100, TWIN), "own-account"),
        (Box(None, None), NONE_TAKEN, "550 5.7.1 Relaying denied: ch-a.test is not served here"),
        (Box(OURS, None), NONE_TAKEN, "550 5.1.1 No such account here: dr@ch-a.test"),
        (Box(OURS, None), Taken(100, 100, LENIENT), "550 5.1.1 No such account here: dr@ch-a.test"),
        (SUSPENDED, NONE_TAKEN, "550 5.2.1 The account dr@ch-a.test takes no mail"),
        (Box(OURS, None, leads_on=True), NONE_TAKEN, "own-account"),
        (Box(OURS, None, leads_on=True, refusal=CLOSED), NONE_TAKEN, "550 5.7.2 no"),
        (
            BOX,
            Taken(1, 100, LENIENT),
            "452 4.5.3 Another signature rule than the first recipient's: send it in a message of its own",
        ),
        (
            BOX,
            Taken(1, 100, SEALED),
            "452 4.5.3 Another signature rule than the first recipient's: send it in a message of its own",
        ),
        (BOX, Taken(100, 100, OURS), "452 4.5.3 Too many recipients: 100 are taken in one message"),
        (FULL, NONE_TAKEN, "452 4.2.2 The account dr@ch-a.test is full"),
    ],
)
def test_a_peer_writes_to_our_own_accounts_only(box: Box, taken: Taken, answer: str) -> None:
    assert _tell(judge_recipient(HERE, box, taken)) == answer


@pytest.mark.parametrize(
    ("address", "box", "taken", "white_list", "freshness", "answer"),
    [
        (HERE, BOX, NONE_TAKEN, None, Freshness.STALE, "own-account"),
        (HERE, BOX, Taken(1, 100, LENIENT), LIST, Freshness.FRESH, "own-account"),
        (HERE, Box(OURS, None), NONE_TAKEN, LIST, Freshness.FRESH, "550 5.1.1 No such account here: dr@ch-a.test"),
        (HERE, SUSPENDED, NONE_TAKEN, LIST, Freshness.FRESH, "550 5.2.1 The account dr@ch-a.test takes no mail"),
        (HERE, FULL, NONE_TAKEN, LIST, Freshness.FRESH, "452 4.2.2 The account dr@ch-a.test is full"),
        (AWAY, Box(None, None), NONE_TAKEN, LIST, Freshness.FRESH, "listed-domain"),
        (AWAY, Box(None, None), NONE_TAKEN, LIST, Freshness.AGEING, "listed-domain"),
        (
            AWAY,
            Box(None, None),
            Taken(100, 100),
            LIST,
            Freshness.FRESH,
            "452 4.5.3 Too many recipients: 100 are taken in one message",
        ),
        (
            AWAY,
            Box(None, None),
            NONE_TAKEN,
            LIST,
            Freshness.STALE,
            "451 4.7.5 The white list here is not up to date; try again later",
        ),
        (
            AWAY,
            Box(None, None),
            NONE_TAKEN,
            None,
            Freshness.FRESH,
            "451 4.7.5 The white list here is not up to date; try again later",
        ),
        (
            parse_address("user@gmail.com"),
            Box(None, None),
            NONE_TAKEN,
            LIST,
            Freshness.FRESH,
            "550 5.7.1 Mail must not leave the trust space: gmail.com is not on the white list",
        ),
    ],
)
def test_a_client_writes_to_accounts_here_and_to_members(
    address: object, box: Box, taken: Taken, white_list: WhiteList | None, freshness: Freshness, answer: str
) -> None:
    recipient = parse_address(str(address))
    assert _tell(judge_submitted_recipient(recipient, box, taken, white_list, freshness)) == answer
