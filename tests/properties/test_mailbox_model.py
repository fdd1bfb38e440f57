"""Mailboxes against plain lists: whatever is done, what is there and what is told of it are the same."""

import tempfile
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from mssmail.core.mailbox import UID, MessageMeta, ModSeq, StoreAction
from mssmail.errors import NoSuchMailbox
from mssmail.store.accounts import has_room
from mssmail.store.changes import load_all, load_changes
from mssmail.store.engine import Store, open_store
from mssmail.store.fsck import check_store
from mssmail.store.mailboxes import create_mailbox, delete_mailbox
from mssmail.store.rows import FlagChange, expunge, store_flags
from mssmail.store.transfers import copy_rows
from tests.support.store import NOW, add_account, build_message, deliver_to, make_store

NAMES = ("INBOX", "Other")
FLAGS = st.frozensets(st.sampled_from(["\\Seen", "\\Deleted", "\\Flagged", "blue"]))
UIDS = st.lists(st.integers(1, 12).map(UID), max_size=6)
NAME = st.sampled_from(NAMES)


@dataclass
class Box:
    """A mailbox as a list would keep it: UID → (text, flags)."""

    id: int
    uid_next: int = 1
    rows: dict[int, tuple[str, frozenset[str]]] = field(default_factory=dict)

    def add(self, text: str, flags: frozenset[str]) -> int:
        self.rows[self.uid_next] = (text, flags)
        self.uid_next += 1
        return self.uid_next - 1


@dataclass
class Watcher:
    """Somebody who knows the mailbox up to a ModSeq, and learns of the rest only from ``Changes``."""

    mailbox_id: int
    modseq: ModSeq
    rows: dict[int, frozenset[str]]


def _index(metas: tuple[MessageMeta, ...]) -> dict[int, frozenset[str]]:
    return {int(meta.uid): meta.flags for meta in metas}


class Mailboxes(RuleBasedStateMachine):
    """The machine hypothesis drives."""

    store: Store

    @initialize()
    def open(self) -> None:
        self.directory = tempfile.TemporaryDirectory()
        self.store = make_store(Path(self.directory.name))
        self.account = add_account(self.store)
        self.boxes: dict[str, Box] = {}
        self.dead: list[Box] = []
        self.watchers: list[Watcher] = []
        self.sent = 0
        self.validities: set[int] = set()
        made = self.store.submit(lambda conn: create_mailbox(conn, self.account.id, "Other", "", NOW)).result()
        inbox = deliver_to(self.store, self.account, build_message("first")).placed[0].mailbox_id
        self.boxes = {"INBOX": Box(inbox), "Other": Box(made.id)}
        self.boxes["INBOX"].add("first", frozenset())

    @rule(name=NAME, flags=FLAGS)
    def append(self, name: str, flags: frozenset[str]) -> None:
        self.sent += 1
        text = f"message {self.sent % 4}"  # some bodies are shared
        placed = deliver_to(self.store, self.account, build_message(text), name, *flags).placed[0]
        assert placed.uid == self.boxes[name].add(text, flags)

    @rule(name=NAME, uids=UIDS, action=st.sampled_from(StoreAction), flags=FLAGS)
    def change_flags(self, name: str, uids: list[UID], action: StoreAction, flags: frozenset[str]) -> None:
        box = self.boxes[name]
        metas = self.store.submit(lambda conn: store_flags(conn, box.id, uids, FlagChange(action, flags))).result()
        for uid in {uid for uid in uids if uid in box.rows}:
            text, had = box.rows[uid]
            now = {StoreAction.ADD: had | flags, StoreAction.REMOVE: had - flags, StoreAction.REPLACE: flags}
            box.rows[uid] = (text, now[action])
        assert [meta.uid for meta in metas] == sorted({uid for uid in uids if uid in box.rows})
        assert _index(tuple(metas)) == {uid: box.rows[uid][1] for uid in uids if uid in box.rows}

    @rule(name=NAME, uids=st.none() | UIDS)
    def expunge(self, name: str, uids: list[UID] | None) -> None:
        box = self.boxes[name]
        gone = self.store.submit(lambda conn: expunge(conn, box.id, uids, 1_000)).result()
        marked = [uid for uid, (_, flags) in box.rows.items() if "\\Deleted" in flags and (uids is None or uid in uids)]
        for uid in marked:
            del box.rows[uid]
        assert list(gone) == sorted(marked)

    @rule(origin=NAME, goal=NAME, uids=UIDS)
    def copy(self, origin: str, goal: str, uids: list[UID]) -> None:
        old, new = self.boxes[origin], self.boxes[goal]
        done = self.store.submit(lambda conn: copy_rows(conn, old.id, uids, new.id, NOW)).result()
        copied = [(uid, old.rows[uid]) for uid in sorted(set(uids)) if uid in old.rows]
        expected = tuple((uid, new.add(*row)) for uid, row in copied)
        assert done.uids == expected

    @rule()
    def replace_mailbox(self) -> None:
        self.store.submit(lambda conn: delete_mailbox(conn, self.account.id, "Other")).result()
        self.dead.append(self.boxes["Other"])
        made = self.store.submit(lambda conn: create_mailbox(conn, self.account.id, "Other", "", NOW)).result()
        assert made.uid_validity not in self.validities
        self.validities.add(made.uid_validity)
        self.boxes["Other"] = Box(made.id)

    @rule(name=NAME)
    def watch(self, name: str) -> None:
        box = self.boxes[name]
        info, changes = self.store.read(lambda conn: load_all(conn, box.id)).result()
        assert info.highest_modseq == changes.modseq
        self.watchers.append(Watcher(box.id, changes.modseq, _index(changes.appeared)))

    @precondition(lambda self: self.watchers)
    @rule(data=st.data())
    def catch_up(self, data: st.DataObject) -> None:
        watcher = data.draw(st.sampled_from(self.watchers))
        box = next((box for box in self.boxes.values() if box.id == watcher.mailbox_id), None)
        question = self.store.read(lambda conn: load_changes(conn, watcher.mailbox_id, watcher.modseq))
        if box is None:
            with pytest.raises(NoSuchMailbox):
                question.result()
            return
        changes = question.result()
        appeared, flags = _index(changes.appeared), _index(changes.flags)
        assert not appeared.keys() & watcher.rows.keys()
        assert flags.keys() <= watcher.rows.keys()
        assert set(changes.vanished) <= watcher.rows.keys()
        assert all(meta.modseq > watcher.modseq for meta in (*changes.appeared, *changes.flags))
        watcher.rows |= appeared | flags
        for uid in changes.vanished:
            del watcher.rows[uid]
        watcher.modseq = changes.modseq
        assert watcher.rows == {uid: flags for uid, (_, flags) in box.rows.items()}

    @rule()
    def open_again(self) -> None:
        self.store.close()
        self.store = open_store(Path(self.directory.name))

    @invariant()
    def the_mailboxes_are_the_lists(self) -> None:
        for box in getattr(self, "boxes", {}).values():
            info, changes = self.store.read(lambda conn, box=box: load_all(conn, box.id)).result()  # type: ignore[misc]
            assert _index(changes.appeared) == {uid: flags for uid, (_, flags) in box.rows.items()}
            flags = [flags for _, flags in box.rows.values()]
            assert (info.messages, info.uid_next) == (len(flags), box.uid_next)
            assert info.unseen == sum("\\Seen" not in one for one in flags)
            assert info.deleted == sum("\\Deleted" in one for one in flags)

    def teardown(self) -> None:
        if not hasattr(self, "store"):
            return
        assert check_store(self.store) == []
        assert self.store.read(lambda conn: has_room(conn, self.account.id, 0)).result()
        self.store.close()
        self.directory.cleanup()


Mailboxes.TestCase.settings = settings(
    max_examples=25, stateful_step_count=30, deadline=None, suppress_health_check=list(HealthCheck)
)
test_mailboxes_are_what_a_list_would_be = Mailboxes.TestCase
