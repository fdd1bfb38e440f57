from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mssmail.core.address import Address, parse_address
from mssmail.core.reply import Reply
from mssmail.delivery.dialogue import Dialogue, State
from mssmail.delivery.events import Broken, Capabilities, Closed, Done, Event, Ready, TlsWanted, Transaction
from mssmail.errors import WrongState

HELLO = b"220 mx.peer.test ESMTP\r\n250-mx.peer.test\r\n250-STARTTLS\r\n250 X-PLAIN\r\n220 2.0.0 go\r\n"
LONE = b"250-mx.peer.test greets you\r\n250-SIZE 1000\r\n250 8BITMIME\r\n"
PIPED = LONE.replace(b"250 8BIT", b"250-PIPELINING\r\n250 8BIT")
DATA = b"Subject: x\r\n\r\n.hidden\r\nbye\r\n"
SENDER = parse_address("a@ours.test")
A, B, C = (parse_address(f"{name}@peer.test") for name in "abc")


def _written(dialogue: Dialogue) -> bytes:
    chunks = []
    while (chunk := dialogue.take_output()) is not None:
        chunks.append(bytes(chunk))
    return b"".join(chunks)


def _ready(ehlo: bytes = PIPED) -> Dialogue:
    dialogue = Dialogue("mx.ours.test")
    assert dialogue.receive(HELLO) == [TlsWanted()]
    dialogue.tls_established()
    (event,) = dialogue.receive(ehlo)
    assert isinstance(event, Ready)
    _written(dialogue)
    return dialogue


def _send(dialogue: Dialogue, *recipients: Address, data: bytes = DATA) -> Sequence[Event]:
    return dialogue.send(Transaction(SENDER, recipients or (A,), data))


def test_asks_for_tls_before_anything_else_and_forgets_what_was_said_before() -> None:
    dialogue = Dialogue("mx.ours.test")
    assert dialogue.receive(b"220 hi\r\n") == []
    assert _written(dialogue) == b"EHLO mx.ours.test\r\n"
    dialogue.receive(b"250-mx\r\n250-PIPELINING\r\n250 STARTTLS\r\n")
    assert _written(dialogue) == b"STARTTLS\r\n"
    assert dialogue.receive(b"220 go\r\n") == [TlsWanted()]
    dialogue.tls_established()
    assert _written(dialogue) == b"EHLO mx.ours.test\r\n"
    assert dialogue.receive(b"250 mx\r\n") == [Ready(Capabilities("mx", {}))]


def test_a_peer_without_starttls_is_given_nothing() -> None:
    dialogue = Dialogue("mx.ours.test")
    (event,) = dialogue.receive(b"220 hi\r\n250-mx\r\n250 SIZE\r\n")
    assert event == Broken("no STARTTLS", Reply(451, "4.7.4", "The server does not offer STARTTLS"))


@pytest.mark.parametrize("together", [True, False])
def test_plain_text_behind_the_answer_to_starttls_breaks_the_session(together: bool) -> None:
    dialogue = Dialogue("mx.ours.test")
    injected = b"250-mx\r\n250 PIPELINING\r\n"
    if together:
        events = dialogue.receive(HELLO + injected)
    else:
        assert dialogue.receive(HELLO) == [TlsWanted()]
        events = dialogue.receive(injected)
    assert events == [Broken("the peer sent plain text after STARTTLS")]
    with pytest.raises(WrongState):
        dialogue.tls_established()


@pytest.mark.parametrize("state", [state for state in State if state is not State.READY])
def test_no_message_is_sent_in_any_state_but_ready(state: State) -> None:
    dialogue = Dialogue("mx.ours.test")
    dialogue.state = state
    with pytest.raises(WrongState):
        _send(dialogue)


def test_recipients_are_pipelined_and_each_has_its_own_answer() -> None:
    dialogue = _ready()
    assert _send(dialogue, A, B, C) == []
    assert _written(dialogue) == (
        b"MAIL FROM:<a@ours.test> SIZE=28\r\n"
        b"RCPT TO:<a@peer.test>\r\nRCPT TO:<b@peer.test>\r\nRCPT TO:<c@peer.test>\r\nDATA\r\n"
    )
    dialogue.receive(b"250 2.1.0 ok\r\n250 2.1.5 ok\r\n550 5.1.1 nobody\r\n452 4.2.2 full\r\n")
    assert _written(dialogue) == b""
    dialogue.receive(b"354 go\r\n")
    assert _written(dialogue) == b"Subject: x\r\n\r\n..hidden\r\nbye\r\n.\r\n"
    (event,) = dialogue.receive(b"250 2.0.0 kept as 42\r\n")
    assert event == Done(
        (Reply(250, "2.0.0", "kept as 42"), Reply(550, "5.1.1", "nobody"), Reply(452, "4.2.2", "full"))
    )


def test_without_pipelining_each_command_waits_for_its_answer() -> None:
    dialogue = _ready(LONE)
    _send(dialogue, A, B)
    assert _written(dialogue) == b"MAIL FROM:<a@ours.test> SIZE=28\r\n"
    dialogue.receive(b"250 ok\r\n")
    assert _written(dialogue) == b"RCPT TO:<a@peer.test>\r\n"
    dialogue.receive(b"250 ok\r\n")
    assert _written(dialogue) == b"RCPT TO:<b@peer.test>\r\n"
    dialogue.receive(b"251 will forward\r\n")
    assert _written(dialogue) == b"DATA\r\n"
    dialogue.receive(b"354 go\r\n")
    assert _written(dialogue).endswith(b"bye\r\n.\r\n")
    kept = Reply(250, "2.0.0", "kept")
    assert dialogue.receive(b"250 2.0.0 kept\r\n") == [Done((kept, kept))]


def test_a_peer_that_answers_in_the_middle_of_the_data_gets_no_more_of_it() -> None:
    dialogue = _ready()
    _send(dialogue, A, B)
    dialogue.receive(b"250 ok\r\n250 ok\r\n550 5.1.1 nobody\r\n354 go\r\n")
    _written_before = dialogue.take_output()
    (event,) = dialogue.receive(b"452 4.3.1 no room\r\n")
    full = Reply(452, "4.3.1", "no room")
    assert event == Broken("the peer answered in the middle of the data", full, (full, Reply(550, "5.1.1", "nobody")))
    assert not dialogue.has_output


def test_success_in_the_middle_of_the_data_is_not_believed() -> None:
    dialogue = _ready()
    _send(dialogue)
    dialogue.receive(b"250 ok\r\n250 ok\r\n354 go\r\n")
    (event,) = dialogue.receive(b"250 2.0.0 ok\r\n")
    assert isinstance(event, Broken)
    assert event.replies == (None,)


@pytest.mark.parametrize("ehlo", [LONE, PIPED])
def test_a_refused_mail_refuses_every_recipient_and_the_session_goes_on(ehlo: bytes) -> None:
    dialogue = _ready(ehlo)
    _send(dialogue, A, B)
    more = b"503 5.5.1 no MAIL\r\n" * 3 if ehlo is PIPED else b""
    dialogue.receive(b"550 5.7.1 not you\r\n" + more)
    assert _written(dialogue).endswith(b"RSET\r\n")
    refusal = Reply(550, "5.7.1", "not you")
    assert dialogue.receive(b"250 ok\r\n") == [Done((refusal, refusal))]
    assert dialogue.state is State.READY


@pytest.mark.parametrize("ehlo", [LONE, PIPED])
def test_with_every_recipient_refused_no_data_is_sent(ehlo: bytes) -> None:
    dialogue = _ready(ehlo)
    _send(dialogue, A, B)
    more = b"503 5.5.1 no RCPT\r\n" if ehlo is PIPED else b""
    dialogue.receive(b"250 ok\r\n550 5.1.1 a\r\n450 4.2.1 b\r\n" + more)
    written = _written(dialogue)
    assert (b"DATA" in written) is (ehlo is PIPED)
    assert written.endswith(b"RSET\r\n")
    assert dialogue.receive(b"250 ok\r\n") == [Done((Reply(550, "5.1.1", "a"), Reply(450, "4.2.1", "b")))]


@pytest.mark.parametrize("end", [b"554 5.5.1 nobody to deliver to\r\n", b"250 2.0.0 kept\r\n", b"451 no\r\n"])
@pytest.mark.parametrize(
    ("start", "codes"),
    [(b"250 ok\r\n550 5.1.1 a\r\n450 4.2.1 b\r\n", [550, 450]), (b"552 big\r\n503 x\r\n503 x\r\n", [552] * 2)],
)
def test_data_granted_for_nobody_gets_an_empty_message(start: bytes, codes: list[int], end: bytes) -> None:
    dialogue = _ready()
    _send(dialogue, A, B)
    dialogue.receive(start + b"354 go\r\n")
    assert _written(dialogue).endswith(b"DATA\r\n.\r\n")
    (event,) = dialogue.receive(end)
    assert isinstance(event, Done)
    assert [reply.code for reply in event.replies] == codes


CHUNKED = PIPED.replace(b"250-PIPE", b"250-CHUNKING\r\n250-PIPE")
LONE_CHUNKED = LONE.replace(b"250 8BIT", b"250-CHUNKING\r\n250 8BIT")


@pytest.mark.parametrize("ehlo", [CHUNKED, LONE_CHUNKED])
def test_a_chunk_goes_out_as_it_is_once_somebody_was_accepted(ehlo: bytes) -> None:
    dialogue = _ready(ehlo)
    data = b".dots\r\n.\r\nno end"
    _send(dialogue, A, B, data=data)
    dialogue.receive(b"250 ok\r\n550 5.1.1 nobody\r\n")
    assert b"BDAT" not in _written(dialogue)
    dialogue.receive(b"250 ok\r\n")
    assert _written(dialogue) == b"BDAT 16 LAST\r\n" + data
    (event,) = dialogue.receive(b"250 2.0.0 kept\r\n")
    assert event == Done((Reply(550, "5.1.1", "nobody"), Reply(250, "2.0.0", "kept")))
    assert dialogue.state is State.READY


@pytest.mark.parametrize("ehlo", [CHUNKED, LONE_CHUNKED])
@pytest.mark.parametrize(
    "answers", [b"250 ok\r\n550 5.1.1 a\r\n550 5.1.1 b\r\n", b"550 5.7.1 no\r\n503 x\r\n503 x\r\n"]
)
def test_no_chunk_is_sent_where_nobody_was_accepted(ehlo: bytes, answers: bytes) -> None:
    dialogue = _ready(ehlo)
    _send(dialogue, A, B)
    for line in answers.splitlines(keepends=True):
        if dialogue.state is not State.RESET:
            dialogue.receive(line)
    written = _written(dialogue)
    assert b"BDAT" not in written
    assert b"Subject" not in written
    assert written.endswith(b"RSET\r\n")


def test_a_refused_chunk_is_followed_by_a_reset() -> None:
    dialogue = _ready(CHUNKED)
    _send(dialogue)
    dialogue.receive(b"250 ok\r\n250 ok\r\n")
    _written(dialogue)
    assert dialogue.receive(b"451 4.3.0 later\r\n") == []
    assert _written(dialogue) == b"RSET\r\n"
    assert dialogue.receive(b"250 ok\r\n") == [Done((Reply(451, "4.3.0", "later"),))]


@pytest.mark.parametrize("answer", [b"250 2.0.0 kept\r\n", b"452 4.3.1 no room\r\n", b"354 go\r\n"])
def test_an_answer_in_the_middle_of_a_chunk_ends_the_session(answer: bytes) -> None:
    dialogue = _ready(CHUNKED)
    _send(dialogue)
    dialogue.receive(b"250 ok\r\n250 ok\r\n")
    dialogue.take_output()
    dialogue.take_output()
    (event,) = dialogue.receive(answer)
    assert isinstance(event, Broken)
    assert not dialogue.has_output
    assert [reply and reply.code for reply in event.replies] == [452 if answer.startswith(b"452") else None]


HOSTILE = [
    b"250-" + b"x" * 3_000 + b"\r\n",
    b"250-more\r\n" * 500,
    b"250-a\r\n550 b\r\n",
    b"99 what\r\n",
    b"250\tok\r\n",
    b"250 ok\n250 ok\r\n",
    b"\r\n",
    b"\x00\xff" * 50 + b"\r\n",
    b"600 beyond\r\n",
    b"421 4.3.2 going\r\n",
    b"100 continue\r\n",
]


@pytest.mark.parametrize("ehlo", [PIPED, LONE, CHUNKED, LONE_CHUNKED])
@pytest.mark.parametrize("hostile", HOSTILE)
@pytest.mark.parametrize("before", range(5))
def test_nonsense_at_any_point_ends_the_session_and_settles_nothing_that_was_not(
    ehlo: bytes, hostile: bytes, before: int
) -> None:
    dialogue = _ready(ehlo)
    _send(dialogue, A, B)
    answers = [b"250 ok\r\n", b"250 ok\r\n", b"250 ok\r\n", b"354 go\r\n"]
    answers = answers[:before] if b"CHUNKING" not in ehlo else answers[: min(before, 3)]
    for answer in answers:
        assert dialogue.receive(answer) == []
        _written(dialogue)
    (event,) = dialogue.receive(hostile)
    assert isinstance(event, Broken)
    assert event.replies == (None, None)
    assert dialogue.state is State.CLOSED
    assert dialogue.receive(b"250 ok\r\n") == []
    assert not dialogue.has_output


@given(
    st.sampled_from([PIPED, LONE, CHUNKED, LONE_CHUNKED]),
    st.lists(
        st.sampled_from([b"250 ok", b"354 go", b"450 4.2.1 no", b"550 5.1.1 no", b"421 bye", b"220 hi"]), max_size=9
    ),
    st.booleans(),
)
def test_whatever_a_peer_answers_the_message_is_written_once_at_most(
    ehlo: bytes, answers: list[bytes], at_once: bool
) -> None:
    dialogue = _ready(ehlo)
    events = list(_send(dialogue, A, B))
    written = _written(dialogue)
    for answer in [b"\r\n".join(answers) + b"\r\n"] if at_once and answers else [a + b"\r\n" for a in answers]:
        events += dialogue.receive(answer)
        written += _written(dialogue)
    assert written.count(b"Subject: x") <= 1
    assert sum(isinstance(event, Done | Broken) for event in events) <= 2
    for event in events:
        if isinstance(event, Done):
            assert len(event.replies) == 2
            # A 2xx for somebody only when the message went out, whole.
            assert b"bye\r\n" in written or all(reply.code >= 400 for reply in event.replies)


def test_refused_data_refuses_those_who_were_accepted() -> None:
    dialogue = _ready()
    _send(dialogue, A, B)
    dialogue.receive(b"250 ok\r\n250 ok\r\n550 5.1.1 b\r\n451 4.3.0 later\r\n")
    assert dialogue.receive(b"500 what\r\n") == [Done((Reply(451, "4.3.0", "later"), Reply(550, "5.1.1", "b")))]


def test_several_messages_pass_in_one_session() -> None:
    dialogue = _ready()
    for number in range(3):
        _send(dialogue)
        dialogue.receive(b"250 ok\r\n250 ok\r\n354 go\r\n")
        assert _written(dialogue).endswith(b"\r\n.\r\n")
        assert dialogue.receive(b"250 2.0.0 %d\r\n" % number) == [Done((Reply(250, "2.0.0", str(number)),))]
    dialogue.quit()
    assert _written(dialogue) == b"QUIT\r\n"
    assert dialogue.receive(b"221 bye\r\n") == [Closed()]
    assert dialogue.receive(b"more") == []


def test_the_end_of_the_connection_after_quit_is_a_good_bye() -> None:
    dialogue = _ready()
    dialogue.quit()
    assert dialogue.receive_end() == [Closed()]


@pytest.mark.parametrize("prefix", [b"", b"250 ok\r\n", b"250 ok\r\n250 ok\r\n", b"250 ok\r\n250 ok\r\n354 go\r\n"])
def test_a_peer_that_goes_away_leaves_everything_open_that_was_not_refused(prefix: bytes) -> None:
    dialogue = _ready()
    _send(dialogue)
    dialogue.receive(prefix)
    assert dialogue.receive_end() == [Broken("the peer closed the connection", None, (None,))]


@pytest.mark.parametrize("prefix", [b"", b"250 ok\r\n250 ok\r\n"])
def test_421_is_believed_anywhere(prefix: bytes) -> None:
    dialogue = _ready()
    _send(dialogue)
    dialogue.receive(prefix)
    (event,) = dialogue.receive(b"421 4.3.2 shutting down\r\n")
    assert isinstance(event, Broken)
    assert event.reply == Reply(421, "4.3.2", "shutting down")


@pytest.mark.parametrize(
    "stream",
    [
        b"554 5.3.2 no service\r\n",
        b"354 what\r\n",
        b"220 hi\r\n502 5.5.1 what is EHLO\r\n",
        b"220 hi\r\n250-mx\r\n250 STARTTLS\r\n454 4.7.0 no TLS now\r\n",
        b"220 hi\r\n250-mx\r\n250 STARTTLS\r\n550 5.7.0 no TLS\r\n",
        b"220 hi\n",
        b"SSH-2.0-OpenSSH\r\n",
    ],
)
def test_an_answer_that_is_not_in_the_table_breaks_the_session(stream: bytes) -> None:
    dialogue = Dialogue("mx.ours.test")
    (event,) = dialogue.receive(stream)
    assert isinstance(event, Broken)
    assert dialogue.state is State.CLOSED
    assert dialogue.take_output() is None


def test_an_answer_nobody_asked_for_breaks_the_session() -> None:
    dialogue = _ready()
    (event,) = dialogue.receive(b"250 ok\r\n")
    assert event == Broken("the peer's answer to nothing", Reply(250, "", "ok"))


def test_a_message_the_peer_cannot_take_costs_no_command() -> None:
    dialogue = _ready()
    (event,) = _send(dialogue, A, B, data=b"x" * 998 + b"\r\nxx\r\n")
    assert isinstance(event, Done)
    assert [reply.code for reply in event.replies] == [552, 552]
    assert _written(dialogue) == b""
    assert dialogue.state is State.READY


def test_eight_bits_and_the_null_sender_are_announced() -> None:
    dialogue = _ready()
    dialogue.send(Transaction(None, (A,), "é\r\n".encode()))
    assert _written(dialogue).startswith(b"MAIL FROM:<> SIZE=4 BODY=8BITMIME\r\n")


TLS_PHASE = (
    PIPED + b"250 ok\r\n250-2.1.5 a\r\n250 2.1.5 b\r\n550 5.1.1 no\r\n354 go\r\n250 2.0.0 done\r\n250 too much\r\n"
)


def _converse(chunks: list[bytes]) -> tuple[list[Event], bytes]:
    """Play a driver: write at once, shake hands and send when asked."""
    dialogue, events, written = Dialogue("mx.ours.test"), list[Event](), b""
    for chunk in chunks:
        for event in dialogue.receive(chunk):
            events.append(event)
            if isinstance(event, TlsWanted):
                dialogue.tls_established()
        if events and isinstance(events[-1], Ready) and dialogue.state is State.READY:
            _send(dialogue, A, B)
        written += _written(dialogue)
    return events, written


def _cut(data: bytes, sizes: list[int]) -> list[bytes]:
    chunks, start = [], 0
    for size in sizes:
        if start < len(data):
            chunks.append(data[start : start + size])
        start += size
    return [chunk for chunk in (*chunks, data[start:]) if chunk]


SIZES = st.lists(st.integers(1, 30), max_size=30)


@given(SIZES, SIZES, SIZES)
def test_any_chunking_of_the_peer_s_bytes_gives_the_same_events(
    first: list[int], second: list[int], third: list[int]
) -> None:
    ehlo, rest, end = (
        PIPED,
        TLS_PHASE[len(PIPED) : TLS_PHASE.index(b"250 2.0.0")],
        b"250 2.0.0 done\r\n250 too much\r\n",
    )
    whole = _converse([HELLO, ehlo, rest, end])
    assert _converse([*_cut(HELLO, first), *_cut(ehlo, second), *_cut(rest, first), *_cut(end, third)]) == whole
    assert isinstance(whole[0][-2], Done)
    assert isinstance(whole[0][-1], Broken)
