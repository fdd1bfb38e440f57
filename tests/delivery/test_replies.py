import pytest
from hypothesis import given
from hypothesis import strategies as st

from mssmail.core.reply import Reply
from mssmail.delivery.replies import PeerReply, ReplyReader
from mssmail.errors import BadSyntax, FrameTooBig


def _read(data: bytes) -> list[PeerReply]:
    reader = ReplyReader()
    reader.feed(data)
    return list(iter(reader.take, None))


@pytest.mark.parametrize(
    ("raw", "reply"),
    [
        (b"250 2.1.0 Sender ok\r\n", Reply(250, "2.1.0", "Sender ok")),
        (b"250\r\n", Reply(250, "", "")),
        (b"250 \r\n", Reply(250, "", "")),
        (b"354 End data with <CR><LF>.<CR><LF>\r\n", Reply(354, "", "End data with <CR><LF>.<CR><LF>")),
        (b"550-5.7.1 Not you\r\n550 5.7.1 and not today\r\n", Reply(550, "5.7.1", "Not you and not today")),
        (b"550-5.7.1\r\n550 5.7.1 text\r\n", Reply(550, "5.7.1", "text")),
        (b"550 4.7.1 classes disagree\r\n", Reply(550, "", "4.7.1 classes disagree")),
        (b"451 4.7.1234 no status\r\n", Reply(451, "", "4.7.1234 no status")),
        (b"451 4.3.0later\r\n", Reply(451, "", "4.3.0later")),
        (b"450 4.2.0 d\xc3\xa9sol\xff\x07\r\n", Reply(450, "4.2.0", "d?sol??")),
        (b"250 " + b"x" * 2000 + b"\r\n", Reply(250, "", "x" * 1000)),
    ],
)
def test_reads_code_status_and_text(raw: bytes, reply: Reply) -> None:
    (got,) = _read(raw)
    assert got.to_reply() == reply


@pytest.mark.parametrize(
    "raw",
    [
        b"250 ok\n",
        b"250 o\rk\r\n",
        b"250-one\n250 two\r\n",
        b"250-one\r\n251 two\r\n",
        b"99 ok\r\n",
        b"199 ok\r\n",
        b"600 ok\r\n",
        b"2500 ok\r\n",
        b"hello\r\n",
        b"\r\n",
    ],
)
def test_refuses_what_is_no_reply(raw: bytes) -> None:
    with pytest.raises(BadSyntax):
        _read(raw)


def test_a_line_and_a_reply_without_end_are_cut_off() -> None:
    with pytest.raises(FrameTooBig):
        _read(b"2" * 2048)
    with pytest.raises(FrameTooBig):
        _read(b"250-x\r\n" * 129)


def test_a_second_reply_in_the_same_bytes_waits_for_its_turn() -> None:
    reader = ReplyReader()
    assert reader.is_empty
    reader.feed(b"250 one\r\n250-tw")
    assert reader.take() == PeerReply(250, ("one",))
    assert not reader.is_empty
    assert reader.take() is None
    reader.feed(b"o\r\n250 three\r")
    assert reader.take() is None
    reader.feed(b"\n")
    assert reader.take() == PeerReply(250, ("two", "three"))
    assert reader.is_empty


@given(st.binary(max_size=80), st.lists(st.integers(1, 9), max_size=40))
def test_any_chunking_gives_the_same_replies_or_the_same_fault(data: bytes, sizes: list[int]) -> None:
    data = data.replace(b"\0", b"\r\n").replace(b"\1", b"250 ").replace(b"\2", b"250-")

    def outcome(chunks: list[bytes]) -> tuple[list[PeerReply], str]:
        reader, got = ReplyReader(), list[PeerReply]()
        try:
            for chunk in chunks:
                reader.feed(chunk)
                got.extend(iter(reader.take, None))
        except BadSyntax:
            return got, "bad"
        return got, ""

    chunks, start = [], 0
    for size in sizes:
        chunks.append(data[start : start + size])
        start += size
    assert outcome([*chunks, data[start:]]) == outcome([data])
