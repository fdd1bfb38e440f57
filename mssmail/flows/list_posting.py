"""A message reaches a list: published, held for a moderator, or dropped, in the transaction that takes it.

What leaves for the members are the author's bytes, with the list's fields above them and a reverse path of ours.
"""

from dataclasses import replace

from mssmail.core.address import Address
from mssmail.core.envelope import Envelope
from mssmail.core.list_fields import build_list_fields, build_list_id
from mssmail.core.lists import MailList, PostState
from mssmail.core.message import Span
from mssmail.core.return_path import Purpose, Token, encode_return_path
from mssmail.core.trace import build_delivered_to, build_received, build_return_path
from mssmail.errors import RoutingLoop
from mssmail.journal import Entry, Event
from mssmail.mime.charsets import decode_text
from mssmail.mime.headers import select_fields
from mssmail.policy.expansion import End
from mssmail.policy.lists import Publication, judge_post
from mssmail.store.engine import Connection
from mssmail.store.journal import append_entries
from mssmail.store.list_posts import attach_message, create_post
from mssmail.store.lists import NO_STANDING, find_standing, load_list
from mssmail.store.messages import Delivered, Delivery, deliver
from mssmail.store.secrets import RETURN_PATHS, require_secret


def post_to_list(
    conn: Connection, delivery: Delivery, envelope: Envelope, end: End, server_name: str
) -> list[Delivered]:
    """Keep the message for the list's members or moderators; raises RoutingLoop when it came by this list already."""
    if end.station is None or end.station.list_id is None:
        return []
    found = load_list(conn, end.station.list_id)
    data = delivery.body.data
    if build_list_id(found.address) in _read_field(data, "list-id"):
        raise RoutingLoop("the message came by this list already", recipient=str(found.address))
    author = delivery.author
    standing = NO_STANDING if author is None else find_standing(conn, found.id, author)
    is_answer = _read_field(data, "auto-submitted").startswith("auto-replied")
    publication = judge_post(found, author, standing.roles, is_member=standing.is_member, is_answer=is_answer)
    facts = {"list": str(found.address), "author": str(author or ""), "publication": publication.value}
    if publication is Publication.DROP:
        append_entries(conn, (Entry(envelope.received_at, Event.REFUSED, envelope.id, facts),))
        return []
    state = PostState.EXPANDING if publication is Publication.PUBLISH else PostState.HELD
    post_id = create_post(
        conn, found.id, envelope.id, str(author or ""), delivery.index.subject, state, envelope.received_at
    )
    append_entries(conn, (Entry(envelope.received_at, Event.QUEUED, envelope.id, {**facts, "post": post_id}),))
    kept = deliver(conn, _build_copy(conn, delivery, envelope, found, end.trail, post_id, server_name))
    attach_message(conn, post_id, kept.message_id)
    return [replace(kept, is_posted=True)]


def _build_copy(
    conn: Connection,
    delivery: Delivery,
    envelope: Envelope,
    found: MailList,
    trail: tuple[Address, ...],
    post_id: int,
    server_name: str,
) -> Delivery:
    key = require_secret(conn, RETURN_PATHS, envelope.received_at)
    path = encode_return_path(Token(Purpose.LIST, post_id), found.address.domain, key)
    above = build_list_fields(found) + build_delivered_to((found.address, *trail))
    top = len(build_return_path(envelope.reverse_path))
    received = build_received(replace(envelope, recipients=(found.address,)), server_name)
    return replace(
        delivery,
        prefix=build_return_path(path) + above + delivery.prefix[top:],
        relay_prefix=above + received,
        reverse_path=path,
        placements=(),
        queue=(),
        parameters=replace(envelope.parameters, ret="HDRS", envid=""),
        asked={},
        entries=(),
    )


def _read_field(data: bytes, name: str) -> str:
    """All values of this field, lower-case, in one text."""
    end = data.find(b"\r\n\r\n")
    header = data if end < 0 else data[: end + 2]
    found = select_fields(header, Span(0, len(header)), name)
    return " ".join(decode_text(each.value.cut(header)).strip().lower() for each in found)
