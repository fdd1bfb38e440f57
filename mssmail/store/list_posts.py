"""Messages to lists: held, expanded member by member in small transactions, and what became of each for each member.

Every step can be cut off anywhere: ``cursor`` says up to whom members were written down, a delivery's state whether it
is in the queue, and an item leaves the queue in the transaction that writes here how it ended.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, bindparam, func, insert, select, update

from mssmail.core.address import Address, parse_address
from mssmail.core.lists import MemberState, Post, PostState
from mssmail.core.parameters import RecipientParameters, encode_original
from mssmail.store.lists import count_bounce
from mssmail.store.messages import drop_unused_messages, queue_message
from mssmail.store.prepared import Prepared
from mssmail.store.schema import list_deliveries, list_members, list_posts, lists

_OPEN = (MemberState.PENDING.value, MemberState.QUEUED.value)
_SETTLE = Prepared(
    update(list_deliveries)
    .where(list_deliveries.c.item_id == bindparam("of_item"))
    .values(
        state=bindparam("new_state"),
        item_id=None,
        answer=bindparam("new_answer"),
        changed_at=bindparam("new_at", type_=list_deliveries.c.changed_at.type),
    )
)
_QUEUE = Prepared(
    update(list_deliveries)
    .where(list_deliveries.c.post_id == bindparam("of_post"), list_deliveries.c.address_key == bindparam("of_key"))
    .values(
        state=MemberState.QUEUED.value,
        item_id=bindparam("new_item"),
        changed_at=bindparam("new_at", type_=list_deliveries.c.changed_at.type),
    )
)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a message for one member."""

    address: Address
    state: MemberState
    answer: str
    changed_at: datetime


def create_post(
    conn: Connection, list_id: int, trace_id: str, author: str, subject: str, state: PostState, now: datetime
) -> int:
    """A message to the list, without its bytes yet: see ``attach_message``."""
    values = {
        "list_id": list_id,
        "trace_id": trace_id,
        "author": author,
        "subject": subject,
        "state": state.value,
        "decided_by": "",
        "notified": False,
        "cursor": "",
        "created_at": now,
    }
    return int(conn.execute(insert(list_posts).values(values).returning(list_posts.c.id)).scalar_one())


def attach_message(conn: Connection, post_id: int, message_id: int) -> None:
    """The post is about this message, which is kept until it is done."""
    conn.execute(update(list_posts).where(list_posts.c.id == post_id).values(message_id=message_id))


def find_post(conn: Connection, post_id: int) -> Post | None:
    """One message to a list."""
    row = conn.execute(select(list_posts).where(list_posts.c.id == post_id)).first()
    return None if row is None else _build(row)


def list_posts_of(
    conn: Connection, list_id: int, *, state: PostState | None = None, limit: int = 100
) -> Sequence[Post]:
    """A list's messages, the newest first."""
    wanted = select(list_posts).where(list_posts.c.list_id == list_id)
    if state is not None:
        wanted = wanted.where(list_posts.c.state == state.value)
    return [_build(row) for row in conn.execute(wanted.order_by(list_posts.c.id.desc()).limit(limit))]


def find_work(conn: Connection) -> Sequence[tuple[Post, bool]]:
    """Messages with something left to do, the oldest first: in expansion, being sent, or nobody told yet."""
    active = (PostState.EXPANDING.value, PostState.SENDING.value)
    untold = (PostState.HELD.value, PostState.REJECTED.value)
    wanted = select(list_posts).where(
        list_posts.c.state.in_(active) | (list_posts.c.state.in_(untold) & list_posts.c.notified.is_(False))
    )
    return [(_build(row), row.notified) for row in conn.execute(wanted.order_by(list_posts.c.id).limit(100))]


def decide(conn: Connection, post_id: int, state: PostState, by: str, now: datetime) -> bool:
    """Publish or reject a held message; False when it is not held (any more)."""
    is_held = (list_posts.c.id == post_id) & (list_posts.c.state == PostState.HELD.value)
    values: dict[str, object] = {"state": state.value, "decided_by": by, "notified": False}
    if state is PostState.REJECTED:
        values["finished_at"] = now
    return conn.execute(update(list_posts).where(is_held).values(values)).rowcount > 0


def note_told(conn: Connection, post_id: int) -> None:
    """Who is to hear of it has been written to. A rejected message is needed no more then."""
    post = find_post(conn, post_id)
    conn.execute(update(list_posts).where(list_posts.c.id == post_id).values(notified=True))
    if post is not None and post.state is PostState.REJECTED:
        _let_go(conn, post)


def expand_page(conn: Connection, post: Post, now: datetime, limit: int) -> int:
    """Write the next members down, those who left or were stopped meanwhile not; how many. The last page ends it."""
    cursor = conn.execute(select(list_posts.c.cursor).where(list_posts.c.id == post.id)).scalar_one()
    wanted = (
        select(list_members.c.address_key, list_members.c.address, list_members.c.stopped_at)
        .where(list_members.c.list_id == post.list_id, list_members.c.address_key > cursor)
        .order_by(list_members.c.address_key)
        .limit(limit)
    )
    rows = list(conn.execute(wanted))
    values: dict[str, object] = {"cursor": rows[-1].address_key} if rows else {}
    if len(rows) < limit:
        values["state"] = PostState.SENDING.value
    conn.execute(update(list_posts).where(list_posts.c.id == post.id).values(values))
    new = [
        {
            "post_id": post.id,
            "address_key": row.address_key,
            "address": row.address,
            "domain": row.address_key.rpartition("@")[2],
            "state": MemberState.PENDING.value,
            "item_id": None,
            "answer": "",
            "changed_at": now,
        }
        for row in rows
        if row.stopped_at is None
    ]
    if new:
        conn.execute(insert(list_deliveries), new)
    return len(rows)


def count_queued(conn: Connection) -> dict[str, int]:
    """How many members of all lists stand in the queue now, by domain."""
    wanted = select(list_deliveries.c.domain, func.count()).where(
        list_deliveries.c.state == MemberState.QUEUED.value, list_deliveries.c.item_id.is_not(None)
    )
    return {domain: number for domain, number in conn.execute(wanted.group_by(list_deliveries.c.domain))}


def queue_pending(conn: Connection, post: Post, now: datetime, *, limit: int, per_domain: int) -> int:
    """Put members who wait into the queue, so that no domain has more there than ``per_domain``; how many."""
    if post.message_id is None:
        return 0
    queued = count_queued(conn)
    domains = select(list_deliveries.c.domain).where(
        list_deliveries.c.post_id == post.id, list_deliveries.c.state == MemberState.PENDING.value
    )
    left = limit
    for domain in list(conn.execute(domains.distinct().order_by(list_deliveries.c.domain)).scalars()):
        room = min(left, per_domain - queued.get(domain, 0))
        if room > 0:
            left -= _queue_domain(conn, post, post.message_id, domain, now, room)
        if left <= 0:
            break
    return limit - left


def finish(conn: Connection, post: Post, now: datetime) -> bool:
    """Note that nothing is left to do, when that is so, and let the message go."""
    still = select(list_deliveries.c.post_id).where(
        list_deliveries.c.post_id == post.id, list_deliveries.c.state.in_(_OPEN)
    )
    if conn.execute(still.limit(1)).first() is not None:
        return False
    values = {"state": PostState.DONE.value, "finished_at": now}
    conn.execute(update(list_posts).where(list_posts.c.id == post.id).values(values))
    _let_go(conn, post)
    return True


def note_settled(conn: Connection, item_id: int, *, delivered: bool, answer: str, now: datetime) -> None:
    """An item leaves the queue: if it was a list's, write down how it ended. For every item, so in haste.

    What failed counts against the member like a report that comes back.
    """
    if not delivered:
        _count_failure(conn, item_id, now)
    state = MemberState.DELIVERED if delivered else MemberState.FAILED
    values = {"of_item": item_id, "new_state": state.value, "new_answer": answer[:500], "new_at": now}
    _SETTLE.run(conn, (values,))


def _count_failure(conn: Connection, item_id: int, now: datetime) -> None:
    wanted = (
        select(list_deliveries.c.address, lists.c.id, lists.c.max_bounces)
        .join(list_posts, list_posts.c.id == list_deliveries.c.post_id)
        .join(lists, lists.c.id == list_posts.c.list_id)
        .where(list_deliveries.c.item_id == item_id)
    )
    for address, list_id, max_bounces in conn.execute(wanted):
        count_bounce(conn, list_id, parse_address(address), max_bounces, now)


def note_bounce(conn: Connection, post_id: int, address: Address, answer: str, now: datetime) -> bool:
    """A report says that the member did not get it after all; False when that changes nothing."""
    mine = (list_deliveries.c.post_id == post_id) & (list_deliveries.c.address_key == address.key)
    is_open = list_deliveries.c.state.in_([MemberState.DELIVERED.value, MemberState.QUEUED.value])
    values = {"state": MemberState.BOUNCED.value, "answer": answer[:500], "changed_at": now}
    return conn.execute(update(list_deliveries).where(mine, is_open).values(values)).rowcount > 0


def count_outcomes(conn: Connection, post_id: int) -> Mapping[MemberState, int]:
    """How many members stand where."""
    wanted = select(list_deliveries.c.state, func.count()).where(list_deliveries.c.post_id == post_id)
    found = {state: number for state, number in conn.execute(wanted.group_by(list_deliveries.c.state))}
    return {state: found.get(state.value, 0) for state in MemberState}


def page_outcomes(
    conn: Connection, post_id: int, *, state: MemberState | None = None, after_key: str = "", limit: int = 500
) -> Sequence[Outcome]:
    """What became of it for each member, by address; page on with the last one's key."""
    wanted = select(list_deliveries).where(
        list_deliveries.c.post_id == post_id, list_deliveries.c.address_key > after_key
    )
    if state is not None:
        wanted = wanted.where(list_deliveries.c.state == state.value)
    rows = conn.execute(wanted.order_by(list_deliveries.c.address_key).limit(limit))
    return [Outcome(parse_address(row.address), MemberState(row.state), row.answer, row.changed_at) for row in rows]


def _queue_domain(conn: Connection, post: Post, message_id: int, domain: str, now: datetime, room: int) -> int:
    is_waiting = (list_deliveries.c.post_id == post.id) & (list_deliveries.c.state == MemberState.PENDING.value)
    wanted = select(list_deliveries.c.address_key, list_deliveries.c.address).where(
        is_waiting, list_deliveries.c.domain == domain
    )
    rows = list(conn.execute(wanted.order_by(list_deliveries.c.address_key).limit(room)))
    queued: list[dict[str, object]] = []
    for key, text in rows:
        # Only failures come back, to the list; what the author asked for ended there (RFC 3461 §5.2.7.1).
        parameters = RecipientParameters("FAILURE", encode_original(text))
        item_id = queue_message(conn, message_id, parse_address(text), now, parameters)
        queued.append({"of_post": post.id, "of_key": key, "new_item": item_id, "new_at": now})
    _QUEUE.run(conn, queued)
    return len(rows)


def _let_go(conn: Connection, post: Post) -> None:
    conn.execute(update(list_posts).where(list_posts.c.id == post.id).values(message_id=None))
    if post.message_id is not None:
        drop_unused_messages(conn, [post.message_id])


def _build(row: Row[*tuple[Any, ...]]) -> Post:
    return Post(
        id=row.id,
        list_id=row.list_id,
        message_id=row.message_id,
        trace_id=row.trace_id,
        author=row.author,
        subject=row.subject,
        state=PostState(row.state),
        decided_by=row.decided_by,
        created_at=row.created_at,
        finished_at=row.finished_at,
    )
