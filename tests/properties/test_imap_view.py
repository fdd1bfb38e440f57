"""The view equals a list: whatever happens to the mailbox, what the client is told rebuilds it exactly."""

from dataclasses import dataclass, field

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from mssmail.core.mailbox import STAR, UID, Changes, MessageMeta, ModSeq, SeqSet, UIDSet
from mssmail.imap.view import Expunged, FlagsChanged, Grown, Update, View


@dataclass
class _Mailbox:
    """The truth as a plain list, with the answer to the one question."""

    metas: list[MessageMeta] = field(default_factory=list)
    born: dict[int, int] = field(default_factory=dict)
    died: list[tuple[int, int]] = field(default_factory=list)
    modseq: int = 1
    next_uid: int = 1

    def append(self) -> None:
        self.modseq += 1
        self.metas.append(_meta(self.next_uid, self.modseq))
        self.born[self.next_uid] = self.modseq
        self.next_uid += 3

    def expunge(self, place: int) -> None:
        self.modseq += 1
        self.died.append((self.metas.pop(place).uid, self.modseq))

    def flag(self, place: int) -> MessageMeta:
        self.modseq += 1
        self.metas[place] = _meta(self.metas[place].uid, self.modseq)
        return self.metas[place]

    def changes(self, since: int) -> Changes:
        later = [meta for meta in self.metas if meta.modseq > since]
        return Changes(
            appeared=tuple(meta for meta in later if self.born[meta.uid] > since),
            flags=tuple(meta for meta in later if self.born[meta.uid] <= since),
            vanished=tuple(UID(uid) for uid, modseq in self.died if modseq > since),
            modseq=ModSeq(self.modseq),
        )


def _meta(uid: int, modseq: int) -> MessageMeta:
    """Its one flag names its modseq, so that a stale flag is seen."""
    return MessageMeta(UID(uid), ModSeq(modseq), frozenset({f"m{modseq}"}), message_id=uid)


@dataclass
class _Client:
    """What an ordinary client makes of the responses: a list of numbered lines, some with flags."""

    view: View
    flags: list[frozenset[str] | None]

    def hear(self, updates: list[Update]) -> None:
        for update in updates:
            match update:
                case Expunged(number):
                    del self.flags[number - 1]
                case Grown(exists, _):
                    assert exists > len(self.flags), "EXISTS never shrinks a mailbox (RFC 9051 §7.4.1)"
                    self.flags += [None] * (exists - len(self.flags))
                case FlagsChanged(number, meta, _):
                    self.flags[number - 1] = meta.flags


class TwoClients(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.mailbox = _Mailbox()
        self.clients = [self._open() for _ in range(2)]

    def _open(self) -> _Client:
        content = self.mailbox.changes(0)
        return _Client(View(1, content, read_only=False), [meta.flags for meta in content.appeared])

    @rule(count=st.integers(1, 4))
    def messages_arrive(self, count: int) -> None:
        for _ in range(count):
            self.mailbox.append()

    @rule(data=st.data())
    def a_message_goes(self, data: st.DataObject) -> None:
        if self.mailbox.metas:
            self.mailbox.expunge(data.draw(st.integers(0, len(self.mailbox.metas) - 1)))

    @rule(data=st.data())
    def somebody_flags(self, data: st.DataObject) -> None:
        if self.mailbox.metas:
            self.mailbox.flag(data.draw(st.integers(0, len(self.mailbox.metas) - 1)))

    @rule(data=st.data(), who=st.integers(0, 1))
    def a_client_flags(self, data: st.DataObject, who: int) -> None:
        client = self.clients[who]
        if not self.mailbox.metas:
            return
        meta = self.mailbox.flag(data.draw(st.integers(0, len(self.mailbox.metas) - 1)))
        number = client.view.find_number(meta.uid)
        if number is not None:
            client.view.note_told(meta)
            client.flags[number - 1] = meta.flags

    @rule(who=st.integers(0, 1), may_expunge=st.booleans())
    def a_client_asks(self, who: int, may_expunge: bool) -> None:
        client = self.clients[who]
        client.hear(client.view.catch_up(self.mailbox.changes(client.view.modseq), may_expunge=may_expunge))

    @rule(who=st.integers(0, 1))
    def a_client_hears_everything(self, who: int) -> None:
        self.a_client_asks(who, may_expunge=True)
        client, truth = self.clients[who], self.mailbox.metas
        assert client.view.resolve(SeqSet(((1, STAR),))) == [meta.uid for meta in truth]
        assert len(client.flags) == len(truth)
        for seen, meta in zip(client.flags, truth, strict=True):
            assert seen is None or seen == meta.flags

    @rule(who=st.integers(0, 1))
    def a_client_selects_anew(self, who: int) -> None:
        self.clients[who] = self._open()

    @invariant()
    def numbers_agree_with_the_client(self) -> None:
        for client in self.clients:
            assert len(client.view) == len(client.flags)
            known = client.view.resolve(SeqSet(((1, STAR),)))
            assert known == sorted(set(known))
            assert [client.view.find_number(uid) for uid in known] == list(range(1, len(known) + 1))
            assert set(client.view.resolve(UIDSet(((1, STAR),)))) <= set(known)


TestTwoClients = TwoClients.TestCase
