"""THREAD as a session answers it."""

import pytest

from mssmail.imap import session
from mssmail.imap.view import PORTION
from tests.imap.support import MESSAGE, Talk, World, sign_in


def _build(number: int, subject: str, references: str = "") -> bytes:
    data = MESSAGE.replace(b"hello", subject.encode()).replace(b"<1@b.test>", b"<%d@b.test>" % number)
    return data.replace(b"12:00:00", b"12:00:%02d" % number).replace(
        b"\r\n\r\n", f"\r\nReferences: {references}\r\n\r\n".encode() if references else b"\r\n\r\n"
    )


@pytest.fixture
async def talk(world: World) -> Talk:
    world.deliver(_build(9, "gone"))
    world.deliver(_build(1, "lunch"))
    world.deliver(_build(2, "Re: lunch", "<1@b.test>"))
    world.deliver(_build(3, "Re: lunch", "<1@b.test> <2@b.test>"))
    world.deliver(_build(4, "dinner", "<1@b.test>"))
    world.deliver(_build(5, "RE: dinner", "<7@b.test>"))
    world.deliver(_build(6, "tea", "<7@b.test>"))
    talk = await sign_in(world)
    await talk.do("STORE 1 +FLAGS.SILENT (\\Deleted)")
    await talk.do("EXPUNGE")
    return talk


@pytest.mark.parametrize(
    ("command", "threads"),
    [
        ("THREAD REFERENCES UTF-8 ALL", "* THREAD (1 (2 3)(4))((5)(6))"),
        ("UID THREAD REFERENCES UTF-8 ALL", "* THREAD (2 (3 4)(5))((6)(7))"),
        ("THREAD ORDEREDSUBJECT US-ASCII ALL", "* THREAD (1 (2)(3))(4 5)(6)"),
        ("UID THREAD ORDEREDSUBJECT UTF-8 SUBJECT dinner", "* THREAD (5 6)"),
        ("THREAD REFERENCES UTF-8 SUBJECT nothing", "* THREAD"),
    ],
)
@pytest.mark.parametrize("portion", [0, PORTION])
async def test_threads(talk: Talk, command: str, threads: str, portion: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session, "PORTION", portion)
    assert await talk.do(command) == [threads, "OK THREAD completed"]


async def test_a_long_answer_goes_out_in_one_piece_that_nobody_waits_for(
    talk: Talk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Once it went in portions, and what is told of progress could come in between."""
    monkeypatch.setattr(session, "PORTION", 2)
    talk.wire.aside_works = talk.wire.largest = 0
    (line, _) = await talk.do("THREAD REFERENCES UTF-8 ALL")
    assert talk.wire.aside_works == 1
    assert talk.wire.largest >= len(line)
