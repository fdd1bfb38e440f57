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
