"""Several sessions on several mailboxes against plain lists: whatever they do, two at once too, each hears the truth.

``MSSMAIL_THOROUGH=100`` looks a hundred times as long.
"""

import asyncio
import contextlib
import os
import tempfile
from pathlib import Path

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from mssmail.core.mailbox import Changes, MailboxInfo
from mssmail.store.changes import load_all
from mssmail.store.fsck import check_store
from mssmail.store.mailboxes import list_mailboxes
from tests.imap.model import lists
from tests.imap.model.listener import Heard, Listener
from tests.imap.model.lists import CHANGED, Flags, Lists, Outcome
from tests.imap.model.wishes import FLAGS, NAMES, WISHES, Plan, Wish, plan
from tests.imap.support import World, build_message, open_world
from tests.support.budget import FACTOR

DIALECTS = ("rev1", "condstore", "qresync", "both", "rev2")
WHO = st.integers(0, len(DIALECTS) - 1)

Truth = dict[str, tuple[MailboxInfo, Changes]]


class Sessions(RuleBasedStateMachine):
    """The machine hypothesis drives. What it draws depends on nothing that a race may change."""

    world: World

    @initialize()
    def open(self) -> None:
        self.room = contextlib.ExitStack()
        memory = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None  # the disk is not what is asked here
        directory = self.room.enter_context(tempfile.TemporaryDirectory(dir=memory))
        self.world = self.room.enter_context(open_world(Path(directory)))
        self.runner = self.room.enter_context(asyncio.Runner())
        self.lists, self.written = Lists(), 0
        for info in self.world.store.read(lambda conn: list_mailboxes(conn, self.world.anne.id)).result():
            self.lists.make(info.name)
        self.validities: dict[int, int] = {}  # by key
        self.emails: dict[str, str] = {}  # by text
        self.claimed: dict[tuple[int, int], tuple[int, int]] = {}  # (key, UID) → who has it as \Recent, on which visit
        self.clients = [self.runner.run(Listener.connect(self.world, dialect)) for dialect in DIALECTS]
        self.lists.make("A")
        self.runner.run(self.clients[0].do("CREATE A"))
        for _ in range(3):
            self.a_peer_delivers("INBOX", frozenset())
        for client in self.clients:
            self.runner.run(self._enter(client))

    async def _enter(self, client: Listener) -> None:
        each = Plan("SELECT INBOX", lists.select("INBOX", read_only=False), leaves=True)
        await self._run([client], [each])
        await self._look(client, asks=True)

    def _name_text(self) -> str:
        self.written += 1
        return f"text{self.written}"

    @rule(name=st.sampled_from(NAMES), flags=st.frozensets(st.sampled_from(FLAGS)))
    def a_peer_delivers(self, name: str, flags: Flags) -> None:
        text = self._name_text()
        target = name if name in self.lists.boxes else "INBOX"
        self.world.deliver(build_message(text), target, *flags)
        lists.append(target, [text], flags)(self.lists)

    @rule(who=WHO, wish=WISHES, looks=st.booleans())
    def one_acts(self, who: int, wish: Wish, looks: bool) -> None:
        self.runner.run(self._act([who], [wish], looks=looks))

    @rule(who=WHO, further=st.integers(1, len(DIALECTS) - 1), first=WISHES, second=WISHES, looks=st.booleans())
    def two_act_at_once(self, who: int, further: int, first: Wish, second: Wish, looks: bool) -> None:
        self.runner.run(self._act([who, (who + further) % len(DIALECTS)], [first, second], looks=looks))

    @rule(who=WHO, what=st.sampled_from(["look", "look and ask", "look and ask", "idle", "ring", "ring", "break"]))
    def one_turns_to_its_connection(self, who: int, what: str) -> None:
        client = self.clients[who]
        if what == "idle":
            self.runner.run(client.idle())
        elif what == "break":
            self.runner.run(client.begin())
        elif what != "ring":
            self.runner.run(self._look(client, asks="ask" in what))
        elif client.idles:
            self.runner.run(client.ring())
            self._compare_knowledge(client)

    async def _act(self, whos: list[int], wishes: list[Wish], *, looks: bool) -> None:
        clients, plans = [self.clients[who] for who in whos], []
        for client, wish in zip(clients, wishes, strict=True):
            await client.refresh()
            plans.append(plan(wish, client, self._name_text()))
        await self._run(clients, plans)
        for client in clients:
            if looks:
                await self._look(client, asks=False)

    async def _run(self, clients: list[Listener], plans: list[Plan]) -> None:
        """Have the commands done, at once when there are two, and hold what came of it against the lists."""
        for client, each in zip(clients, plans, strict=True):
            _begin(client, each)
        answers = await asyncio.gather(*(c.do(each.text) for c, each in zip(clients, plans, strict=True)))
        outcomes = self._explain(plans, answers)
        for client, each, heard, outcome in zip(clients, plans, answers, outcomes, strict=True):
            self._conclude(client, each, heard, outcome)

    def _explain(self, plans: list[Plan], answers: list[Heard]) -> list[Outcome]:
        """What the commands did, one after the other in one order or the other; fails when neither explains it."""
        truth, doubts = self._load_truth(), []
        places = list(range(len(plans)))
        for order in (places, places[::-1]):
            tried = self.lists.copy()
            outcomes = {place: plans[place].effect(tried) for place in order}
            wrong = [self._find_difference(plans[p], answers[p], outcomes[p], tried) for p in order]
            wrong.append(_find_wrong_lists(tried, truth))
            if not any(wrong):
                self._adopt(tried, truth)
                return [outcomes[place] for place in places]
            doubts.append([each for each in wrong if each])
        raise AssertionError([each.text for each in plans], [heard.lines for heard in answers], doubts)

    def _find_difference(self, each: Plan, heard: Heard, outcome: Outcome, tried: Lists) -> str:
        if outcome.condition is None:
            return ""
        if outcome.condition != heard.condition or not (outcome.codes is None or heard.codes <= outcome.codes):
            return f"expected {outcome}"
        names = {str(number): str(uid) for number, uid in each.names}
        modified = frozenset(names.get(number, number) for number in heard.modified)
        known = self.validities.get(outcome.target or 0, heard.validity)
        checks = {
            "pairs": outcome.pairs is None or outcome.pairs == heard.pairs,
            "validity": not heard.pairs or known == heard.validity,
            "modified": outcome.modified is None or _are_modified(outcome, modified, tried),
            "found": outcome.found is None or outcome.found == heard.found,
            "counts": dict(outcome.counts) == heard.counts,
            "names": outcome.names is None or outcome.names == heard.names,
        }
        return f"expected {outcome}" if not all(checks.values()) else ""

    def _conclude(self, client: Listener, each: Plan, heard: Heard, outcome: Outcome) -> None:
        if each.silent:
            failed = heard.condition != "OK" or outcome.condition is None
            uids = each.silent.uids if failed else map(int, outcome.modified or ())
            client.forget_flags(uids)
        if outcome.selected is not None:
            client.key, client.read_only = outcome.selected, each.read_only
            assert self.validities.setdefault(outcome.selected, client.validity) == client.validity
        if outcome.deleted is not None and outcome.deleted == client.key:
            client.leave()
        if outcome.target is not None and heard.pairs:
            self.validities[outcome.target] = heard.validity
        assert len(set(self.validities.values())) == len(self.validities)
        self._claim(client)

    def _claim(self, client: Listener) -> None:
        if client.key is None or client.read_only:
            return
        me = self.clients.index(client), client.visit
        for uid in [uid for uid, recent in client.recent.items() if recent]:
            assert self.claimed.setdefault((client.key, uid), me) == me, "\\Recent twice"

    async def _look(self, client: Listener, *, asks: bool) -> None:
        await client.refresh()
        await client.do("NOOP")
        self._compare_knowledge(client)
        if client.key is None or client.ended or not asks or not client.uids:
            return
        heard = await client.do("UID FETCH 1:* (FLAGS EMAILID)")
        self._claim(client)
        box = self.lists.find(client.key)
        assert box is not None
        assert heard.emails.keys() == box.rows.keys()
        for uid, email in heard.emails.items():
            assert self.emails.setdefault(box.rows[uid].text, email) == email
        assert len(set(self.emails.values())) == len(self.emails)
        assert None not in client.flags
        self._compare_knowledge(client)

    def _compare_knowledge(self, client: Listener) -> None:
        """It has just heard all there was to hear."""
        box = self.lists.find(client.key)
        if box is None:
            assert client.key is None or client.ended
            return
        assert len(client.uids) == len(box.rows)
        for uid, told, flags in zip(sorted(box.rows), client.uids, client.flags, strict=True):
            assert told in {None, uid}, list(client.history)
            assert flags is None or flags == box.rows[uid].flags, (uid, flags, box.rows[uid], list(client.history))
        for uid, known in client.known.items():
            assert uid in box.rows, (f"{uid} has gone", list(client.history))
            assert known == box.rows[uid].flags, (uid, known, box.rows[uid], list(client.history))

    def _load_truth(self) -> Truth:
        def load(conn: object) -> Truth:
            infos = list_mailboxes(conn, self.world.anne.id)  # type: ignore[arg-type]
            return {info.name: load_all(conn, info.id) for info in infos}  # type: ignore[arg-type]

        return self.world.store.read(load).result()

    def _adopt(self, tried: Lists, truth: Truth) -> None:
        """Take the lists for what is, and note what changed when."""
        for name, box in tried.boxes.items():
            info, content = truth[name]
            before = self.lists.find(box.key)
            last = max((row.modseq for row in before.rows.values() if row.modseq < CHANGED), default=0) if before else 0
            for meta in content.appeared:
                row = box.rows[meta.uid]
                assert meta.modseq > last if row.modseq == CHANGED else meta.modseq == row.modseq
                row.modseq = meta.modseq
            assert info.highest_modseq >= max((row.modseq for row in box.rows.values()), default=0)
        self.lists = tried

    @invariant()
    def the_mailboxes_are_the_lists(self) -> None:
        if hasattr(self, "lists"):
            truth = self._load_truth()
            assert _find_wrong_lists(self.lists, truth) == ""
            self._adopt(self.lists.copy(), truth)

    def teardown(self) -> None:
        if not hasattr(self, "clients"):
            return
        for client in self.clients:
            client.talk.session.close()
        assert check_store(self.world.store) == []
        self.room.close()


def _are_modified(outcome: Outcome, told: Flags, tried: Lists) -> bool:
    """Those, without what went before it could be told."""
    box = tried.find(outcome.source)
    expected = outcome.modified or frozenset()
    return told <= expected and (box is None or not any(int(uid) in box.rows for uid in expected - told))


def _begin(client: Listener, each: Plan) -> None:
    """What the client takes for done when it has sent the command."""
    if each.silent is not None:
        client.expect_flags(each.silent.uids, each.silent.action, each.silent.flags)
    if each.leaves:
        client.leave()
        client.back = each.back


def _find_wrong_lists(tried: Lists, truth: Truth) -> str:
    if tried.boxes.keys() != truth.keys():
        return f"there are {sorted(truth)}, not {sorted(tried.boxes)}"
    for name, box in tried.boxes.items():
        info, content = truth[name]
        there = {int(meta.uid): meta.flags for meta in content.appeared}
        thought = {uid: row.flags for uid, row in box.rows.items()}
        if there != thought or info.uid_next != box.uid_next:
            return f"in {name} there is {there} up to {info.uid_next}, not {thought} up to {box.uid_next}"
    return ""


Sessions.TestCase.settings = settings(
    max_examples=15 * FACTOR,
    stateful_step_count=50,
    deadline=None,
    report_multiple_bugs=False,
    phases=[Phase.reuse, Phase.generate],  # a race is seldom found twice: what fails is told as it was found
    suppress_health_check=list(HealthCheck),
)
test_each_session_hears_the_truth = Sessions.TestCase
