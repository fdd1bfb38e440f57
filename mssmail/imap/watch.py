"""What one session has asked to hear of by NOTIFY, and how things stood when it last heard (RFC 5465).

Nothing is polled: a herald says which of the mailboxes rang, and only those are asked for their counts; the names are
read again when somebody changed them.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from mssmail.core.account import Account
from mssmail.core.mailbox import UID, Appended, MailboxInfo
from mssmail.imap.backend import Herald, MailStore, Rung
from mssmail.imap.interests import Interests, Overflow, normalise_name
from mssmail.imap.standings import Own, Standing, build_standing, build_status, find_news, list_first_items
from mssmail.imap.tree import Tree, load_tree
from mssmail.imap.tree_news import Outline, Turn, follow_names, list_closed, list_news, outline
from mssmail.imap.view import View
from mssmail.imap.wire.metadata_writer import ChangedMetadata
from mssmail.imap.wire.notify_values import Happening
from mssmail.imap.wire.responses import ListLine, MailboxStatus

MAX_WATCHED: Final = 10_000
"""Mailboxes of one session: as many as one account may have. More of them are shared ones, and too much to tell."""

_FLAGS: Final = frozenset({Happening.FLAG_CHANGE})
_ANNOTATIONS: Final = Happening.MAILBOX_METADATA_CHANGE
_SERVER_ANNOTATIONS: Final = frozenset({Happening.SERVER_METADATA_CHANGE})
_SERVER: Final = 0
_NOBODY: Final = Own()

News = list[ListLine | MailboxStatus | ChangedMetadata]


class Watch:
    """The mailboxes of one NOTIFY SET. Their herald is this session's alone."""

    def __init__(self, store: MailStore, account: Account, interests: Interests) -> None:
        self.interests = interests
        self._store, self._account = store, account
        self.herald: Herald = store.follow(account)
        self._outline = Outline({}, frozenset(), frozenset())
        self._standings: dict[int, Standing] = {}
        self._selected: int | None = None
        self._left: set[int] = set()  # to be asked without having rung
        self._own: dict[int, Own] = {}
        self._own_names: set[str] = set()
        self._annotated: dict[int, set[str]] = {}  # entries that changed and are not told yet
        self._rung: Rung | None = None  # what was taken and is to be looked at
        self._must_look = False  # what rang was taken and could not be looked at
        self._untold: News = []  # what a look found that then could not be ended
        self._has_room = True

    async def begin(self, view: View | None, *, wants_status: bool, has_modseq: bool) -> News:
        """Take the first picture, from which all else follows; raises Overflow. What NOTIFY itself has to tell."""
        if view is not None:
            self.enter(view)
        if not self.interests.is_wide:
            return []
        tree = await load_tree(self._store, self._account)
        self._outline = outline(tree)
        events_of = {info.id: events for info, events in self._list_watched(tree)}
        self._follow(events_of)
        # Listen first, then ask: what came since the names were read has rung for nobody.
        infos = {info.id: info for info in await self._store.load_readable(self._account, list(events_of))}
        watched = [(infos[id], events) for id, events in events_of.items() if id in infos]
        self._standings = {info.id: build_standing(info) for info in infos.values()}
        told: News = list(list_closed(tree, self.interests))
        if wants_status:
            told += (
                build_status(info, list_first_items(events, has_modseq=has_modseq))
                for info, events in watched
                if info.id != self._selected
            )
        return told

    def take(self) -> None:
        """Take what rang before any mailbox is asked, the selected one too: what comes meanwhile rings anew."""
        self._must_look |= self._rung is not None
        self._rung = rung = self.herald.take()
        self._has_room &= not rung.is_full
        if self.interests.is_wide:
            for mailbox_id, entries in rung.annotations.items():
                self._annotated.setdefault(mailbox_id, set()).update(entries)

    async def look(self, *, has_modseq: bool) -> News:
        """What happened until ``take``, in all mailboxes but the selected one; raises Overflow."""
        rung, self._rung = self._rung, None
        if not self._has_room:
            raise Overflow
        if rung is None or not self.interests.is_wide:
            return []
        must_look, self._must_look = self._must_look, True
        await self._look(rung, must_look=must_look, has_modseq=has_modseq)
        self._must_look = False
        self._untold += await self._list_annotated()
        told, self._untold = self._untold, []
        return told

    async def _look(self, rung: Rung, *, must_look: bool, has_modseq: bool) -> None:
        rang = rung.mailboxes
        if rung.has_names or rung.has_all or must_look:
            self._untold += await self._look_at_names(rung.origins, has_modseq=has_modseq)
            rang = frozenset()  # all have been looked at
        ids = [id for id in rang | self._left if id in self._standings and id != self._selected]
        infos = await self._store.load_readable(self._account, ids) if ids else []
        self._left.clear()
        self._untold += self._compare(((info, self._find_events(info)) for info in infos), has_modseq=has_modseq)

    async def _list_annotated(self) -> News:
        """Entries that others have changed, of mailboxes that are still there and open (RFC 5465 §5.6, §5.7)."""
        if not self._annotated:
            return []
        names = {info.id: info.name for info in await self._store.load_readable(self._account, list(self._annotated))}
        subscribed = self._outline.subscribed
        wanted = {
            name: self._annotated[id]
            for id, name in names.items()
            if _ANNOTATIONS in self.interests.find_events(name, is_subscribed=name in subscribed)
        }
        if self.interests.wants(_SERVER_ANNOTATIONS) and _SERVER in self._annotated:
            wanted[""] = self._annotated[_SERVER]
        self._annotated.clear()
        return [ChangedMetadata(name, tuple(sorted(entries))) for name, entries in wanted.items()]

    def enter(self, view: View) -> None:
        """This mailbox is selected now; it is told of elsewhere."""
        self._selected = view.mailbox_id
        self._has_room = self.herald.follow([view.mailbox_id])

    def leave(self, view: View, own_changes: int) -> None:
        """It is no longer; what happened since the client last heard is told as of any other.

        ``own_changes``: by how much the ModSeq moved for what the client did last, and was not told (CLOSE).
        """
        self._selected = None
        if view.mailbox_id not in self._standings:
            self.herald.ignore([view.mailbox_id])
            return
        known = self._standings[view.mailbox_id]
        self._standings[view.mailbox_id] = Standing(known.uid_validity, UID(0), len(view), 0, view.counted)
        self._own[view.mailbox_id] = Own(changes=own_changes)
        self._left.add(view.mailbox_id)

    def note_made(self, appended: Appended) -> None:
        """The client itself put messages into a mailbox; it need not be told (RFC 5465 §5)."""
        for mailbox_id, standing in self._standings.items():
            if standing.uid_validity == appended.uid_validity:
                before = self._own.get(mailbox_id, _NOBODY)
                changes = before.changes + appended.changes
                self._own[mailbox_id] = Own(before.messages + len(appended.uids), changes)

    def note_names(self, names: Iterable[str]) -> None:
        """The client itself created, deleted, renamed or (un)subscribed these."""
        if self.interests.is_wide:  # else nobody ever looks at them
            self._own_names.update(map(normalise_name, names))

    def close(self) -> None:
        """Hear no more."""
        self.herald.close()

    async def _look_at_names(self, origins: Mapping[int, int], *, has_modseq: bool) -> News:
        tree = await load_tree(self._store, self._account)
        turn = Turn(self._outline, outline(tree), frozenset(self._own_names), origins)
        self._own_names.clear()
        self._outline = turn.after
        self._left.clear()
        told: News = list(list_news(turn, tree, self.interests))
        watched = list(self._list_watched(tree))
        kept = {info.id for info, _ in watched}
        lost = [id for id in self._standings if id not in kept]
        self.herald.ignore(id for id in lost if id != self._selected)
        for id in lost:
            del self._standings[id]
        self._follow(kept)
        self._left |= kept - self._standings.keys()  # listen first, then ask: what came meanwhile has rung for nobody
        told += self._greet(watched, turn, has_modseq=has_modseq)
        told += self._compare(watched, has_modseq=has_modseq)
        return told

    def _greet(
        self, watched: list[tuple[MailboxInfo, frozenset[Happening]]], turn: Turn, *, has_modseq: bool
    ) -> Iterator[MailboxStatus]:
        """Mailboxes that were not watched before and hold something; names that mean another mailbox than before."""
        replaced = frozenset(follow_names(turn)) - turn.own
        for info, events in watched:
            is_known = info.id in self._standings
            is_replaced = info.name in replaced and bool(events & _FLAGS)  # RFC 5465 §5.1: a new UIDVALIDITY
            if is_known and not is_replaced:
                continue
            own = self._own.pop(info.id, _NOBODY)
            self._standings[info.id] = build_standing(info)
            has_more = not is_known and info.name not in turn.own and info.uid_next > 1 + own.messages
            if info.id != self._selected and (is_replaced or has_more):
                yield build_status(info, list_first_items(events, has_modseq=has_modseq))

    def _compare(
        self, watched: Iterable[tuple[MailboxInfo, frozenset[Happening]]], *, has_modseq: bool
    ) -> Iterator[MailboxStatus]:
        for info, events in watched:
            before = self._standings[info.id]
            if info.id == self._selected or not events:
                continue
            self._standings[info.id] = build_standing(info)
            items = find_news(before, info, events, self._own.pop(info.id, _NOBODY), has_modseq=has_modseq)
            if items:
                yield build_status(info, items)

    def _list_watched(self, tree: Tree) -> Iterator[tuple[MailboxInfo, frozenset[Happening]]]:
        for name, info in tree.mailboxes.items():
            events = self.interests.find_message_events(name, is_subscribed=name in tree.subscribed)
            if events and "r" in info.rights:
                yield info, events

    def _find_events(self, info: MailboxInfo) -> frozenset[Happening]:
        return self.interests.find_message_events(info.name, is_subscribed=info.name in self._outline.subscribed)

    def _follow(self, mailbox_ids: Iterable[int]) -> None:
        wanted = list(mailbox_ids)
        if len(wanted) > MAX_WATCHED or not self.herald.follow(wanted):
            raise Overflow
