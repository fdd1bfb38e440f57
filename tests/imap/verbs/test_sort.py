"""SORT as a session answers it."""

import pytest

from tests.imap.support import Talk, World, build_message, sign_in


@pytest.fixture
async def talk(world: World) -> Talk:
    for subject in ("red", "Re: blue", "green", "blue"):
        world.deliver(build_message(subject))
    talk = await sign_in(world)
    await talk.do("STORE 1 +FLAGS.SILENT (\\Deleted)")
    await talk.do("EXPUNGE")
    return talk


@pytest.mark.parametrize(
    ("command", "sorted_"),
    [
        ("SORT (SUBJECT) UTF-8 ALL", "* SORT 1 3 2"),
        ("SORT (REVERSE SUBJECT) UTF-8 ALL", "* SORT 2 1 3"),
        ("UID SORT (SUBJECT) US-ASCII ALL", "* SORT 2 4 3"),
        ("UID SORT (REVERSE SUBJECT REVERSE ARRIVAL) UTF-8 SUBJECT blue", "* SORT 2 4"),
        ("SORT (FROM) UTF-8 SUBJECT nothing", "* SORT"),
        ("SORT (DISPLAYFROM SIZE) UTF-8 2:*", "* SORT 3 2"),
    ],
)
async def test_sorts(talk: Talk, command: str, sorted_: str) -> None:
    assert (await talk.do(command))[0] == sorted_


async def test_tells_the_modseq_of_what_was_asked_by_it(talk: Talk) -> None:
    lines = await talk.do("SORT (SIZE) UTF-8 MODSEQ 1")
    assert lines[0].startswith("* OK [HIGHESTMODSEQ")
    assert lines[1].startswith("* SORT 3 1 2 (MODSEQ ") or lines[1].startswith("* SORT ")
    assert lines[1].endswith(")")


async def test_what_has_gone_elsewhere_keeps_its_number_till_it_is_told(world: World, talk: Talk) -> None:
    other = await sign_in(world)
    await other.do("STORE 2 +FLAGS.SILENT (\\Deleted)")
    await other.do("EXPUNGE")
    lines = await talk.do("SORT (ARRIVAL) UTF-8 ALL")
    assert lines == ["* SORT 1 3", lines[-1]]
    assert "EXPUNGE" in "".join(await talk.do("NOOP"))


async def test_an_unknown_character_set_is_refused_by_name(talk: Talk) -> None:
    assert "NO [BADCHARSET (US-ASCII UTF-8)]" in (await talk.do("SORT (SIZE) LATIN-1 ALL"))[-1]


@pytest.mark.parametrize(
    ("command", "told"),
    [
        ("SORT RETURN () (SUBJECT) UTF-8 ALL", "ALL 1,3,2"),
        ("UID SORT RETURN (MIN MAX COUNT) (SUBJECT) UTF-8 ALL", "UID MIN 2 MAX 3 COUNT 3"),
        ("SORT RETURN (PARTIAL 2:9) (SUBJECT) UTF-8 ALL", "PARTIAL (2:9 3,2)"),
        ("SORT RETURN (PARTIAL -1:-1) (SUBJECT) UTF-8 ALL", "PARTIAL (-1:-1 2)"),
        ("SORT RETURN (PARTIAL 7:9 COUNT) (SUBJECT) UTF-8 ALL", "COUNT 3 PARTIAL (7:9 NIL)"),
    ],
)
async def test_returns_what_is_asked_for(talk: Talk, command: str, told: str) -> None:
    """RFC 5267 §4.5, RFC 9394 §3.1."""
    assert (await talk.do(command))[0] == f'* ESEARCH (TAG "T") {told}'


async def test_saves_what_lies_within_the_window(talk: Talk) -> None:
    assert await talk.do("SEARCH RETURN (PARTIAL 2:3 SAVE) ALL") == [
        '* ESEARCH (TAG "T") PARTIAL (2:3 2:3)',
        "OK SEARCH completed",
    ]
    assert [line[:9] for line in await talk.do("FETCH $ UID")][:-1] == ["* 2 FETCH", "* 3 FETCH"]
    assert len(await talk.do("UID FETCH 1:* FLAGS (PARTIAL -1:-2)")) == 3
