"""Messages to lists on their way: moderators asked, members written down, the queue fed by and by, the end noted.

Members go into the queue in small transactions and never more than a few hundred at a time, so that fifty thousand of
them hold up nobody's letter; what is left waits in its own table. Every step can be cut off and goes on from there.
"""

import asyncio
import logging
from collections.abc import Callable
from datetime import datetime
from typing import Final, assert_never

from mssmail.core.address import parse_address
from mssmail.core.clock import Clock
from mssmail.core.lists import MailList, Post, PostState, Role
from mssmail.core.return_path import Purpose, Token, encode_return_path
from mssmail.errors import Fault
from mssmail.flows.intake import Examiner
from mssmail.flows.notices import Notice, Notices
from mssmail.flows.rounds import Rounds
from mssmail.mime.parts import scan
from mssmail.mime.text import extract_text
from mssmail.settings import Settings
from mssmail.store.engine import Connection, Store
from mssmail.store.list_posts import count_queued, expand_page, find_work, finish, note_told, queue_pending
from mssmail.store.lists import list_roles_of, load_list
from mssmail.store.messages import deliver, load_message
from mssmail.store.secrets import RETURN_PATHS, require_secret

_log = logging.getLogger(__name__)

_POLL_SECONDS: Final = 2.0  # commands write beside us and cannot wake us
_BUSY_SECONDS: Final = 0.5
_EXCERPT: Final = 2_000


class Lister:
    """One for the whole process. ``wake`` it when a message reached a list."""

    def __init__(
        self, settings: Settings, store: Store, pool: Examiner, wake_queue: Callable[[], None], clock: Clock
    ) -> None:
        self._settings, self._store, self._clock, self._wake_queue = settings.lists, store, clock, wake_queue
        self._notices = Notices(settings, store, pool)
        self._rounds = Rounds("lists cannot be served", self._serve_all, _POLL_SECONDS)

    async def start(self) -> None:
        """Begin; what was under way at the last stop goes on."""
        await self._rounds.start()

    async def stop(self) -> None:
        """End between two steps."""
        await self._rounds.stop()

    def wake(self) -> None:
        """There is something to do."""
        self._rounds.wake()

    async def _serve_all(self) -> float:
        return _BUSY_SECONDS if await self.step() else _POLL_SECONDS

    async def step(self) -> bool:
        """Do a little of everything there is to do; True when there is more."""
        work = await asyncio.wrap_future(self._store.read(find_work))
        for post, _told in work:
            try:
                await self._serve(post)
            except Fault:
                _log.exception("message %d to a list waits", post.id)
        return any(post.state in {PostState.EXPANDING, PostState.SENDING} for post, _told in work)

    async def _serve(self, post: Post) -> None:
        match post.state:
            case PostState.HELD:
                await self._ask_moderators(post)
            case PostState.REJECTED:
                await self._tell_author(post)
            case PostState.EXPANDING:
                await self._expand(post)
            case PostState.SENDING:
                await self._feed(post)
            case PostState.DONE:
                pass
            case _:
                assert_never(post.state)

    async def _expand(self, post: Post) -> None:
        page, written = self._settings.page_members, self._settings.page_members
        while written == page:
            now = self._clock()
            written = await asyncio.wrap_future(
                self._store.submit(lambda conn, now=now: expand_page(conn, post, now, page))  # type: ignore[misc]
            )
        await self._feed(post)

    async def _feed(self, post: Post) -> None:
        """Fill the queue up to what lists may have in it, in small transactions."""
        settings, now = self._settings, self._clock()

        def work(conn: Connection) -> tuple[int, bool]:
            queued = queue_pending(
                conn,
                post,
                now,
                limit=min(settings.page_members, settings.max_waiting - sum(count_queued(conn).values())),
                per_domain=settings.max_waiting_per_domain,
            )
            return queued, queued == 0 and finish(conn, post, now)

        queued, is_done = await asyncio.wrap_future(self._store.submit(work))
        if queued:
            self._wake_queue()
        if is_done:
            _log.info("list message done", extra={"id": post.trace_id, "post": post.id})

    async def _ask_moderators(self, post: Post) -> None:
        now = self._clock()

        def ask(conn: Connection) -> tuple[MailList, list[str], bytes]:
            found = load_list(conn, post.list_id)
            roles = list_roles_of(conn, found.id)
            moderators = [str(address) for role, address in roles if role is Role.MODERATOR] or [str(found.owner)]
            message = None if post.message_id is None else load_message(conn, post.message_id)
            return found, moderators, b"" if message is None else message.data

        found, moderators, data = await asyncio.wrap_future(self._store.read(ask))
        key = await asyncio.wrap_future(self._store.submit(lambda conn: require_secret(conn, RETURN_PATHS, now)))
        answer_to = encode_return_path(Token(Purpose.MODERATION, post.id), found.address.domain, key)
        excerpt = await asyncio.to_thread(_read_excerpt, data)
        notices = [
            build_question(found, post, str(answer_to), moderator, excerpt) for moderator in dict.fromkeys(moderators)
        ]
        await self._send(post, notices, now)

    async def _tell_author(self, post: Post) -> None:
        now = self._clock()
        found = await asyncio.wrap_future(self._store.read(lambda conn: load_list(conn, post.list_id)))
        await self._send(post, [build_rejection(found, post)] if post.author else [], now)

    async def _send(self, post: Post, notices: list[Notice], now: datetime) -> None:
        """All of them and the word that they were sent in one commit: nobody is asked twice."""
        prepared = [await self._notices.prepare(notice, now) for notice in notices]

        def work(conn: Connection) -> None:
            for each in prepared:
                deliver(conn, each)
            note_told(conn, post.id)

        await asyncio.wrap_future(self._store.submit(work))
        self._wake_queue()


def build_question(found: MailList, post: Post, answer_to: str, moderator: str, excerpt: str) -> Notice:
    """What a moderator is asked."""
    author = post.author or "(nobody vouches for the author)"
    text = (
        f"Un message pour la liste {found.address} attend votre décision.\n"
        f"A message to the list {found.address} waits for your decision.\n\n"
        f"De / From: {author}\nObjet / Subject: {post.subject}\n"
        f"Reçu / Received: {post.created_at:%Y-%m-%d %H:%M} UTC\n\n"
        "Répondez à ce message en commençant par le mot ACCEPTER ou REFUSER, ou :\n"
        "Answer this message with APPROVE or REJECT as its first word, or:\n"
        f"  mssmail list moderate {found.address} {post.id} --approve\n\n"
        f"----\n{excerpt}\n"
    )
    subject = f"[{found.address}] à modérer / to be moderated: {post.subject}"
    return Notice(
        found.address, parse_address(moderator), subject, text, post.trace_id, found.name, (("Reply-To", answer_to),)
    )


def build_rejection(found: MailList, post: Post) -> Notice:
    """What the author of a message that was not published is told."""
    text = (
        f"Votre message « {post.subject} » n'a pas été publié sur la liste {found.address}.\n"
        f"Your message was not published on the list {found.address}.\n\n"
        f"Contact : {found.owner}\nRéférence / Reference: {post.trace_id}\n"
    )
    subject = f"[{found.address}] non publié / not published: {post.subject}"
    return Notice(found.address, parse_address(post.author), subject, text, post.trace_id, found.name)


def _read_excerpt(data: bytes) -> str:
    return "\n".join(extract_text(data, scan(data)))[:_EXCERPT]
