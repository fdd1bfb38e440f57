"""What one client is and sees: who signed in, what it selected, where its answers go. No socket, no clock.

``dispatch`` feeds it, ``verbs`` act on it, ``server`` gives it a connection. One command is at work at a time.
"""

import logging
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, tzinfo
from functools import partial
from typing import Protocol, TypeVar

from mssmail.core.account import Account
from mssmail.core.envelope import Peer, TlsFacts
from mssmail.core.mailbox import RESERVED_KEYWORDS, SYSTEM_FLAGS, UID, Appended, Numbers, pack
from mssmail.core.rights import may_set
from mssmail.errors import MailboxGone, ReadOnly, StoreFault
from mssmail.imap.backend import Bell, Herald, MailStore
from mssmail.imap.contexts import Contexts
from mssmail.imap.interests import Interests
from mssmail.imap.progress import Progress
from mssmail.imap.render import PLAIN, Dialect, encode_updates
from mssmail.imap.replies import Answer, ok
from mssmail.imap.states import State
from mssmail.imap.view import PORTION, FlagsChanged, View
from mssmail.imap.watch import Watch
from mssmail.imap.wire.commands import Command
from mssmail.imap.wire.framing import Framer
from mssmail.imap.wire.notify_values import Happening
from mssmail.imap.wire.response_codes import build_highest_modseq, build_permanent_flags
from mssmail.imap.wire.responses import Flags, Response, encode_response
from mssmail.policy.hiding import find_hidden
from mssmail.settings import Hide

T = TypeVar("T")

_log = logging.getLogger(__name__)
_MOST_HELD = 2_000  # changed flags kept while the client reads of them: those beyond are loaded again

# Keywords clients know how to use (RFC 9051 §2.3.2, RFC 3503): shown before anybody has set them.
COMMON_KEYWORDS = frozenset({"$MDNSent", "$Forwarded", "$Junk", "$NotJunk", "$Phishing"})


class Severed(Exception):
    """What was begun cannot be ended properly: only hanging up is left."""


class Outlet(Protocol):
    """Where the session's answers go."""

    async def send(self, data: bytes) -> None:
        """Hand over octets; waits while the client reads more slowly than we write."""
        ...

    async def pause(self, seconds: float) -> None:
        """Let time pass."""
        ...

    def is_gone(self) -> bool:
        """Nobody will read what we send: long work may end."""
        ...

    async def aside(self, work: Callable[[], T]) -> T:
        """The result of work that does nothing but compute, done where it keeps nobody waiting."""
        ...


@dataclass(frozen=True, slots=True)
class Terms:
    """What the operator grants a session."""

    offers_tls: bool = True  # on the port without implicit TLS
    max_literal_bytes: int = 52_428_800
    max_failures: int = 5  # failed sign-ins before we hang up
    failure_delay_seconds: float = 1
    admits: Callable[[Account], bool] = lambda _: True  # one more connection to this account
    hide: tuple[Hide, ...] = ()  # what some clients do not see
    zone: tzinfo = UTC  # of dates as they are told, and of the days that SEARCH counts
    admin_uri: str = ""  # where to reach the administrators
    comment: str = ""  # on the server, for everybody


# Reads a line that is no command; answers None when it wants another.
LineReader = Callable[["Session", bytes], Awaitable[Answer | None]]


class Session:
    """One client's connection, as far as IMAP goes."""

    def __init__(
        self, store: MailStore, framer: Framer, outlet: Outlet, peer: Peer, terms: Terms, trace_id: str
    ) -> None:
        self.store, self.framer, self.outlet, self.terms = store, framer, outlet, terms
        self.peer = peer
        self.trace_id = trace_id
        self.account: Account | None = None
        self.view: View | None = None
        self.contexts = Contexts()  # searches of the selected mailbox that go on
        self.interests: Interests | None = None  # of NOTIFY; None: it was not used, and all is as ever
        self.watch: Watch | None = None  # while NOTIFY wants to hear of anything
        self.made: set[UID] = set()  # messages this client put into the selected mailbox, and has not heard of
        self.dialect: Dialect = PLAIN
        self.tag = ""  # of the command at work
        self.progress = Progress()  # of that command
        self.bell: Bell | None = None  # only while IDLE has a mailbox to watch
        self.reader: LineReader | None = None  # of a SASL response, or of DONE
        self.waiting: Command | None = None  # the command that this line belongs to
        self.failures = 0  # failed sign-ins
        self.mistakes = 0  # commands answered BAD, one after the other
        self.wants_tls = False  # STARTTLS was answered: the server begins TLS, then calls ``begin_tls``
        self.has_ended = False
        self.client = ""  # name and version, as it told them
        self.hidden: frozenset[str] = frozenset()  # capabilities that this client does not see
        self.hide()
        self._keywords: frozenset[str] = frozenset()

    @property
    def state(self) -> State:
        """RFC 9051 §3, from what the session holds."""
        if self.has_ended:
            return State.LOGOUT
        if self.account is None:
            return State.NOT_AUTHENTICATED
        return State.AUTHENTICATED if self.view is None else State.SELECTED

    @property
    def owner(self) -> Account:
        """Who signed in; only for commands whose state says that somebody has."""
        if self.account is None:
            raise RuntimeError("nobody has signed in")
        return self.account

    @property
    def selected(self) -> View:
        """The selected mailbox; only for commands of the selected state."""
        if self.view is None:
            raise RuntimeError("no mailbox is selected")
        return self.view

    async def send(self, data: bytes) -> None:
        """Responses as octets."""
        if data:
            await self.outlet.send(data)

    async def tell(self, response: Response) -> None:
        """One response; of what it tells nothing is held here while the client takes it."""
        data = encode_response(response, utf8=self.dialect.has_utf8)
        del response
        await self.outlet.send(data)

    async def tell_much(self, response: Response, numbers: int) -> None:
        """One response with so many numbers in it."""
        data = await self.work_out(partial(encode_response, response, utf8=self.dialect.has_utf8), numbers)
        del response
        await self.outlet.send(data)

    async def work_out(self, work: Callable[[], T], messages: int) -> T:
        """The result of ``work``, which looks at so many messages and changes nothing: many keep nobody waiting."""
        return work() if messages <= PORTION else await self.outlet.aside(work)

    async def tell_progress(self) -> None:
        """How far the command at work has come, if any is that does not tell by itself."""
        told = self.progress.describe()
        if told is not None:
            await self.tell(told)

    def expect_line(self, read: LineReader) -> None:
        """Have the next line read by ``read``: it is no command."""
        self.framer.expect_line()
        self.reader = read

    def select(self, view: View, keywords: Iterable[str]) -> None:
        """Enter a mailbox."""
        self.view = view
        self.contexts = Contexts()
        self.made.clear()
        if self.watch is not None:
            self.watch.enter(view)
        view.has_recent = self.dialect.has_recent
        self._keywords = frozenset(keywords) | COMMON_KEYWORDS

    def deselect(self, own_changes: int = 0) -> None:
        """Leave the mailbox, if any; ``own_changes`` as in ``Watch.leave``."""
        self.stop_listening()
        if self.watch is not None and self.view is not None:
            self.watch.leave(self.view, own_changes)
        self.view = None
        self.contexts = Contexts()

    def listen(self) -> None:
        """Have a bell for the selected mailbox, if any, and unless NOTIFY says what to hear of (RFC 5465 §4)."""
        if self.view is not None and self.bell is None and self.interests is None:
            self.bell = self.store.listen(self.view.mailbox_id)

    def stop_listening(self) -> None:
        """Put the bell away."""
        if self.bell is not None:
            self.bell.close()
            self.bell = None

    def find_bell(self) -> Bell | Herald | None:
        """What rings when there may be something to push; None: nothing is pushed now."""
        return self.bell if self.watch is None else self.watch.herald

    def attend(self, interests: Interests, watch: Watch | None) -> None:
        """From now on NOTIFY's rules hold; without a watch nothing is told that happens by itself."""
        if self.watch is not None:
            self.watch.close()
        self.interests, self.watch = interests, watch

    @property
    def hears_messages(self) -> bool:
        """The client is told what comes to the selected mailbox and what leaves it."""
        return self.interests is None or bool(self.interests.of_selected)

    @property
    def hears_flags(self) -> bool:
        """And of flags that change in it."""
        return self.interests is None or Happening.FLAG_CHANGE in self.interests.of_selected

    @property
    def may_push_expunge(self) -> bool:
        """What is pushed may say that messages went: while IDLE waits, or where NOTIFY said SELECTED."""
        is_idle = self.view is not None and self.reader is not None  # by now, nothing but IDLE waits for a line
        return is_idle or not (self.interests is None or self.interests.is_delayed)

    @property
    def owes_expunge(self) -> bool:
        """A command kept back what the client wants to hear at once."""
        return self.view is not None and self.view.has_gone and self.hears_messages and self.may_push_expunge

    def note_made(self, appended: Appended) -> None:
        """The client put these somewhere itself: NOTIFY is about what others do (RFC 5465 §5)."""
        if self.view is not None and self.view.uid_validity == appended.uid_validity:
            self.made.update(uid for _, uid in appended.uids)
        if self.watch is not None:
            self.watch.note_made(appended)

    def note_names(self, *names: str) -> None:
        """The client created, deleted, renamed or (un)subscribed these itself."""
        if self.watch is not None:
            self.watch.note_names(names)

    def list_flags(self) -> tuple[str, ...]:
        """The FLAGS of the selected mailbox."""
        return (*SYSTEM_FLAGS, *self._keywords)

    def list_permanent(self) -> list[str]:
        r"""The flags that this client may change here for good; ``\*``: keywords of its own, too (RFC 9051 §7.1)."""
        if self.selected.read_only:
            return []
        own = (*(flag for flag in self.list_flags() if flag.lower() not in RESERVED_KEYWORDS), "\\*")
        return [flag for flag in own if may_set(self.selected.rights, flag)]

    async def learn_keywords(self, flags: Iterable[str]) -> None:
        r"""Tell the client of keywords it has not seen here, before they occur (RFC 9051 §7.3.5)."""
        news = {flag for flag in flags if not flag.startswith("\\")} - self._keywords
        if news:  # one keyword, however it is spelt
            known = {keyword.lower() for keyword in self._keywords}
            news = {flag for flag in news if flag.lower() not in known}
        if news and self.view is not None:
            self._keywords |= news
            await self.tell(Flags(self.list_flags()))

    async def catch_up(self, *, may_expunge: bool, has_all: bool = False) -> None:
        """Tell what happened in the selected mailbox since the client last heard; raises NoSuchMailbox.

        As much of it as NOTIFY asked for, or ``has_all``.
        """
        view = self.view
        if view is None:
            return
        await self.refresh_rights()
        if not (has_all or self.hears_messages):
            await self._tell_removed(view, may_expunge=may_expunge)
            return
        has_flags = has_all or self.hears_flags
        since = view.find_since(has_flags=has_flags)
        changes = await self.store.changes(view.mailbox_id, since, claim_recent=not view.read_only)
        if self.contexts and may_expunge:
            for told in self.contexts.take_out(view.find_leaving(changes.vanished)):
                await self.tell(told)
        changed = [meta.uid for meta in (*changes.appeared, *changes.flags)] if self.contexts else []
        later: Sequence[UID] = ()
        if has_flags and len(changes.flags) > _MOST_HELD:
            later = pack(meta.uid for meta in changes.flags if not view.has_heard(meta.uid, meta.modseq))
            changes = replace(changes, flags=())
        for part in view.split(changes) if has_flags else (changes,):
            updates = view.catch_up(part, may_expunge=may_expunge, has_flags=has_flags)
            await self.learn_keywords(flag for u in updates if isinstance(u, FlagsChanged) for flag in u.meta.flags)
            await self.send(encode_updates(updates, self.dialect))
            if part is not changes:
                await self.outlet.pause(0)  # there is much to tell: others have their turn
        await self.tell_flags(later)
        if self.contexts:
            for told in await self.contexts.look_again(self.store, view, changed):
                await self.tell(told)

    async def tell_flags(self, uids: Sequence[UID]) -> None:
        """The flags that these messages have by now, a portion at a time; what has gone is left out."""
        for start in range(0, len(uids), _MOST_HELD):
            part = uids[start : start + _MOST_HELD]
            async for page in self.store.load_rows(self.selected.mailbox_id, part, frozenset()):
                await self.learn_keywords(flag for row in page for flag in row.meta.flags)
                await self.send(encode_updates(self.selected.describe(row.meta for row in page), self.dialect))
            await self.outlet.pause(0)  # there is much to tell: others have their turn

    async def _tell_removed(self, view: View, *, may_expunge: bool) -> None:
        """What the client itself removed, which is an answer and no news."""
        if not await self.store.find_rights(self.owner, view.mailbox_id):
            raise MailboxGone("the mailbox has gone")
        if may_expunge and view.has_gone:
            for told in self.contexts.take_out(view.find_leaving(())):
                await self.tell(told)
            await self.send(encode_updates(view.release(may_expunge=True), self.dialect))

    async def resolve(self, numbers: Numbers) -> list[UID]:
        """The UIDs meant, ascending. Messages that only another connection has heard of count."""
        if self.selected.reaches_beyond(numbers):
            await self.catch_up(may_expunge=False)
        return self.selected.resolve(numbers)

    async def refresh_rights(self) -> None:
        """What somebody else's mailbox allows now; raises NoSuchMailbox when it is closed to this client.

        Rights that are taken back count from the next command on, also for who has the mailbox open.
        """
        if self.view is None or not self.view.is_shared:
            return
        before = self.view.rights
        self.view.rights = await self.store.find_rights(self.owner, self.view.mailbox_id)
        if "r" not in self.view.rights:
            raise MailboxGone("the mailbox is closed to this account")
        if set(before) != set(self.view.rights) and not self.view.read_only:  # RFC 4314 §5.1.1
            await self.tell(Flags(self.list_flags()))
            await self.tell(ok("Flags to keep", build_permanent_flags(self.list_permanent())))

    def require_rights(self, letters: str) -> None:
        """Raise ReadOnly unless the selected mailbox was opened for writing and allows all of this."""
        if self.selected.read_only:
            raise ReadOnly("a change after EXAMINE")
        if not set(letters) <= set(self.selected.rights):
            raise ReadOnly("rights are missing", wanted=letters, rights=self.selected.rights)

    async def note_read(self, uids: Sequence[UID]) -> None:
        """The journal learns who read what; a full disk must not keep people from reading."""
        try:
            await self.store.note_read(self.owner, self.selected.mailbox_id, uids, trace_id=self.trace_id)
        except StoreFault as fault:
            self.note("reading was not journaled", level=logging.ERROR, reason=str(fault), uids=uids)

    async def count_by_modseq(self) -> None:
        """The client has shown that it knows CONDSTORE: from now on we tell ModSeqs (RFC 7162 §3.1)."""
        if self.dialect.has_modseq:
            return
        self.dialect = replace(self.dialect, has_modseq=True)
        if self.view is not None:
            await self.tell(ok("From here on", build_highest_modseq(self.view.settled)))

    async def tell_clock(self, *, has_missed: bool = False) -> None:
        """Up to where the client has heard all, while something is kept from it, and once more when it has heard it.

        ModSeqs beyond may be told meanwhile. A client that took the highest of them for its own, and lost the
        connection, would never hear of the rest (RFC 7162 §3.2, §6). ``has_missed``: there are news that are not told.
        """
        view = self.view
        if view is None or not self.dialect.has_modseq:
            return
        if has_missed or view.is_behind or view.was_behind:
            await self.tell(ok("You have heard all up to here", build_highest_modseq(view.settled)))
        view.was_behind = view.is_behind

    def hide(self) -> bool:
        """Find what this client shall not see, now that we know more of it; whether that has changed."""
        before = self.hidden
        self.hidden = find_hidden(self.terms.hide, self.client, self.account.address if self.account else None)
        if self.hidden == before:
            return False
        self.note("capabilities hidden", client_id=self.client, capabilities=" ".join(sorted(self.hidden)))
        return True

    def begin_tls(self, facts: TlsFacts) -> None:
        """TLS is up: what was said in the clear no longer counts (RFC 9051 §6.2.1)."""
        self.peer = replace(self.peer, tls=facts)
        self.wants_tls = False
        self.failures = 0

    def note(self, message: str, *, level: int = logging.INFO, fault: Exception | None = None, **facts: object) -> None:
        """One line of the log, under the session's id; with the traceback of a fault that nobody foresaw."""
        account = {} if self.account is None else {"account": str(self.account.address)}
        extra = {"id": self.trace_id, "client": self.peer.address, **account, **facts}
        _log.log(level, message, extra=extra, exc_info=fault)

    def close(self) -> None:
        """Let go of everything; the connection has ended."""
        self.deselect()
        if self.watch is not None:
            self.watch.close()
            self.watch = None
        self.has_ended = True
