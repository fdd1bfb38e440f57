"""Alert lists in the lab: members at two operators, moderation by mail, an outcome for each."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from mssmail.core.address import parse_address
from mssmail.core.clock import read_clock
from mssmail.core.lists import MailList, MemberState, Posting, PostState
from mssmail.lab.check.address_cases import NOBODY, change, make_address
from mssmail.lab.check.case import Case
from mssmail.lab.check.cases import LABO, NORD, PEER, SUD
from mssmail.lab.check.mail import Letter, build_letter, sign_letter
from mssmail.lab.check.stage import Stage, compare_bytes, find_verdict
from mssmail.lab.check.submission import find_messages
from mssmail.lab.check.waiting import wait_for
from mssmail.store.engine import Connection
from mssmail.store.list_posts import count_outcomes, list_posts_of
from mssmail.store.lists import add_members, create_list, delete_list
from mssmail.store.messages import drop_unused_messages


@contextmanager
def hold_list(
    stage: Stage, *members: str, posting: Posting = Posting.ANYONE, moderated: bool = False
) -> Iterator[MailList]:
    """A list of sud's, owned by Paul, as long as the block runs."""
    address, now = make_address("chu-sud.test", "alertes"), read_clock()
    new = MailList(0, address, "Alertes sanitaires", parse_address(SUD), posting, moderated, 3, now)

    def make(conn: Connection) -> MailList:
        made = create_list(conn, new)
        add_members(conn, made.id, [parse_address(each) for each in members], now)
        return made

    try:
        yield change(stage, str(address), make)
    finally:
        change(stage, str(address), lambda conn: drop_unused_messages(conn, delete_list(conn, address)))


def _describe_post(stage: Stage, found: MailList) -> str:
    """State and numbers of the list's newest message, once it is done."""

    def ask(conn: Connection) -> str:
        posts = list_posts_of(conn, found.id)
        if not posts or posts[0].state is not PostState.DONE:
            return ""
        numbers = count_outcomes(conn, posts[0].id)
        told = (MemberState.DELIVERED, MemberState.FAILED, MemberState.BOUNCED)
        return ", ".join(f"{numbers[state]} {state.value}" for state in told if numbers[state])

    return wait_for(lambda: change(stage, str(found.address), ask))


def _sign_own(stage: Stage, letter: Letter, author: str) -> Letter:
    return sign_letter(letter, stage.operator_of(author).path / "keys" / f"{author}.pem")


def _alert(stage: Stage) -> str:
    """Marie alerts three members at two operators, and one whom nobody knows."""
    with hold_list(stage, NORD, LABO, SUD, NOBODY) as found:
        to = str(found.address)
        letter = _sign_own(stage, build_letter(NORD, to, subject="Alerte"), NORD)
        answer = stage.submit(letter, NORD, to)
        if not answer.startswith("250"):
            return answer
        views = [stage.fetch(member, letter) for member in (LABO, SUD, NORD)]
        outcome = _describe_post(stage, found)
    if any(view is None for view in views):
        return f"did not arrive everywhere; {outcome}"
    seen = {
        f"{compare_bytes(view, letter.data)}, {find_verdict(view)}, List-Id {b'List-Id: ' in view}"
        for view in views
        if view is not None
    }
    return f"{' | '.join(sorted(seen))}; {outcome}"


def _moderate(stage: Stage) -> str:
    """Marie's alert waits until Paul, the owner, answers the question with APPROVE."""
    with hold_list(stage, LABO, moderated=True) as found:
        to = str(found.address)
        letter = build_letter(NORD, to, subject="Alerte")
        answer = stage.submit(letter, NORD, to)
        if not answer.startswith("250"):
            return answer
        questions = find_messages(stage, SUD, "FROM", f'"{to}"')
        if not questions:
            return "nobody was asked"
        early = stage.fetch(LABO, letter, seconds=1)
        answer_to = _read_reply_to(questions[0])
        reply = build_letter(SUD, answer_to, subject="Re: Alerte")
        reply = replace(reply, data=reply.data.replace(b"Biologie", b"APPROVE", 1))
        answer = stage.submit(reply, SUD, answer_to)
        if not answer.startswith("250"):
            return answer
        view = stage.fetch(LABO, letter)
    asked = find_verdict(questions[0])
    return f"{'too early' if early else 'held'}, asked {asked}, {'lost' if view is None else find_verdict(view)}"


def _read_reply_to(view: bytes) -> str:
    header = view.partition(b"\r\n\r\n")[0]
    line = next(line for line in header.split(b"\r\n") if line.lower().startswith(b"reply-to:"))
    return line.partition(b":")[2].strip().decode("ascii")


def _refuse_writer(stage: Stage) -> str:
    with hold_list(stage, NORD, LABO, posting=Posting.CLOSED) as found:
        to = str(found.address)
        return stage.send_as_peer(build_letter(PEER, to), PEER, to)


LIST_CASES = (
    Case(
        "an alert to three members at two operators",
        "same bytes, smime=pass, List-Id True; 3 delivered, 1 failed",
        _alert,
    ),
    Case("an alert waits for a moderator, who answers by mail", "held, asked smime=pass, smime=pass", _moderate),
    Case("somebody who may not write to a list", "550 5.7.2", _refuse_writer),
)
