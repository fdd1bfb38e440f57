"""What comes back to a list: reports about its members, and moderators' answers."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from mssmail.core.address import Address, parse_address
from mssmail.core.envelope import Envelope
from mssmail.core.lists import Post, PostState, Role
from mssmail.core.report import Action
from mssmail.core.return_path import Purpose, Token, has_form
from mssmail.errors import BadSyntax
from mssmail.flows.intake import Also
from mssmail.flows.returns import Returned
from mssmail.journal import Entry, Event
from mssmail.mime.delivery_status import DeliveryStatus, read_delivery_status
from mssmail.mime.parts import scan
from mssmail.mime.text import extract_text
from mssmail.store.engine import Connection, Store
from mssmail.store.journal import append_entries
from mssmail.store.list_posts import decide, find_post, note_bounce
from mssmail.store.lists import count_bounce, find_standing, load_list
from mssmail.store.return_paths import find_token

MaySpeak = Callable[[str], bool]
"""Whether who hands the message over speaks for this domain."""

_YES: Final = frozenset({"approve", "approved", "accept", "ok", "yes", "accepter", "accepte", "oui", "publier"})
_NO: Final = frozenset({"reject", "rejected", "refuse", "no", "refuser", "refusé", "rejeter", "non"})


@dataclass(frozen=True, slots=True)
class Reply:
    """A message to addresses of lists' own: who vouchedly wrote it, and who hands it over."""

    envelope: Envelope
    author: Address | None
    may_speak: MaySpeak


async def plan_list_replies(store: Store, reply: Reply, recipients: Sequence[Address], now: datetime) -> Returned:
    """What is written instead of delivering to the lists' own addresses among these recipients; the others are left."""
    if not any(map(has_form, recipients)):  # of nearly every message: not worth asking the store
        return Returned(tuple(recipients))
    tokens = await asyncio.wrap_future(store.read(lambda conn: _find_tokens(conn, recipients)))
    if not tokens:
        return Returned(tuple(recipients))
    data = reply.envelope.message.data
    status = await asyncio.to_thread(lambda: read_delivery_status(data, scan(data)))
    steps: list[Also] = []
    for token in tokens.values():
        if token.purpose is Purpose.LIST:
            steps.append(lambda conn, _d, token=token: note_bounces(conn, token.row_id, status, reply, now))  # type: ignore[misc]
        else:
            verdict = await asyncio.to_thread(read_decision, data)
            steps.append(lambda conn, _d, token=token, said=verdict: moderate(conn, token.row_id, said, reply, now))  # type: ignore[misc]
    return Returned(tuple(each for each in recipients if each not in tokens), tuple(steps))


def note_bounces(conn: Connection, post_id: int, status: DeliveryStatus | None, reply: Reply, now: datetime) -> int:
    """Count what a report says of members, when it comes from who speaks for their domain; of how many it was believed.

    What is no report, an automatic answer say, tells nothing.
    """
    post = find_post(conn, post_id)
    if post is None or status is None:
        return 0
    found, believed = load_list(conn, post.list_id), 0
    for told in status.recipients:
        member = _read_member(told.original or told.final)
        if told.action is not Action.FAILED or member is None or not reply.may_speak(member.domain):
            continue
        answer = told.diagnostic or told.status
        if not note_bounce(conn, post_id, member, answer, now):
            continue
        believed += 1
        stopped = count_bounce(conn, found.id, member, found.max_bounces, now)
        facts = {"list": str(found.address), "post": post_id, "member": str(member), "answer": answer[:500]}
        append_entries(conn, (Entry(now, Event.BOUNCED, post.trace_id, {**facts, "stopped": stopped}),))
    return believed


def moderate(conn: Connection, post_id: int, said: bool | None, reply: Reply, now: datetime) -> bool:
    """Do what a moderator says; False when it is no moderator, no clear word, or decided already."""
    post = find_post(conn, post_id)
    if post is None or said is None or reply.author is None or not may_moderate(conn, post, reply.author):
        facts = {"post": post_id, "author": str(reply.author or ""), "understood": said is not None}
        append_entries(conn, (Entry(now, Event.REFUSED, reply.envelope.id, {**facts, "rule": "no-moderation"}),))
        return False
    state = PostState.EXPANDING if said else PostState.REJECTED
    done = decide(conn, post_id, state, str(reply.author), now)
    facts = {"act": "list moderate", "post": post_id, "by": str(reply.author), "state": state.value, "done": done}
    append_entries(conn, (Entry(now, Event.ADMIN, post.trace_id, facts),))
    return done


def may_moderate(conn: Connection, post: Post, author: Address) -> bool:
    """The author is the list's owner or one of its moderators."""
    found = load_list(conn, post.list_id)
    return author.key == found.owner.key or Role.MODERATOR in find_standing(conn, found.id, author).roles


def read_decision(data: bytes) -> bool | None:
    """The first word of an answer: yes, no, or neither. What is quoted below it is the question."""
    for text in extract_text(data, scan(data)):
        for line in text.splitlines():
            word = "".join(c for c in (line.split() or [""])[0].casefold() if c.isalpha())
            if word and not line.lstrip().startswith(">"):
                return True if word in _YES else False if word in _NO else None
    return None


def _read_member(text: str) -> Address | None:
    try:
        return parse_address(text)
    except BadSyntax:
        return None


def _find_tokens(conn: Connection, recipients: Sequence[Address]) -> dict[Address, Token]:
    found = {each: find_token(conn, each) for each in recipients}
    return {
        each: token
        for each, token in found.items()
        if token is not None and token.purpose in {Purpose.LIST, Purpose.MODERATION}
    }
