"""LIST in all its forms."""

from typing import Any

import pytest

from mssmail.core.mailbox import MailboxInfo
from tests.imap.support import Talk, World, sign_in


@pytest.fixture
async def talk(world: World) -> Talk:
    talk = await sign_in(world, select="")
    for command in ("CREATE work/a", "CREATE work/b", "SUBSCRIBE work/a"):
        assert (await talk.do(command))[-1].startswith("OK")
    return talk


def _names(lines: list[str]) -> list[str]:
    return [line.split('"/" ', 1)[1] for line in lines[:-1]]


async def test_an_empty_pattern_asks_for_the_delimiter(talk: Talk) -> None:
    assert await talk.do('LIST "" ""') == ['* LIST (\\Noselect) "/" ""', "OK LIST completed"]


@pytest.mark.parametrize(
    ("arguments", "names"),
    [
        ('"" %', ["INBOX", "Archive", "Drafts", "Junk", "Sent", "Trash", "work"]),
        ('"" work*', ["work", "work/a", "work/b"]),
        ('"" work/%', ["work/a", "work/b"]),
        ('work/ "%"', ["work/a", "work/b"]),
        ('"" iNbOx', ["INBOX"]),
        ('"" "in*"', ["INBOX"]),
        ('"" nothing', []),
    ],
)
async def test_patterns_choose(talk: Talk, arguments: str, names: list[str]) -> None:
    assert _names(await talk.do(f"LIST {arguments}")) == names


async def test_special_uses_and_children_are_always_told(talk: Talk) -> None:
    lines = await talk.do('LIST "" %')
    assert '* LIST (\\HasNoChildren \\Sent) "/" Sent' in lines
    assert '* LIST (\\HasChildren) "/" work' in lines


async def test_xlist_is_answered_in_its_own_name(talk: Talk) -> None:
    lines = await talk.do('XLIST "" %')
    assert '* XLIST (\\HasNoChildren \\Inbox) "/" INBOX' in lines
    assert '* XLIST (\\HasNoChildren \\Trash) "/" Trash' in lines


async def test_lsub_tells_a_parent_that_is_not_subscribed_as_a_mere_level(talk: Talk) -> None:
    assert _names(await talk.do('LSUB "" work*')) == ["work/a"]
    assert await talk.do('LSUB "" work%') == ['* LSUB (\\Noselect) "/" work', "OK LSUB completed"]


async def test_extended_list_chooses_the_subscribed(talk: Talk) -> None:
    await talk.do("SUBSCRIBE gone")
    assert await talk.do('LIST (SUBSCRIBED) "" (work* gone)') == [
        '* LIST (\\HasNoChildren \\Subscribed) "/" work/a',
        '* LIST (\\NonExistent \\HasNoChildren \\Subscribed) "/" gone',
        "OK LIST completed",
    ]


async def test_extended_list_tells_of_what_lies_below(talk: Talk) -> None:
    assert '* LIST (\\HasChildren) "/" work ("CHILDINFO" ("SUBSCRIBED"))' in await talk.do(
        'LIST (SUBSCRIBED RECURSIVEMATCH) "" %'
    )


async def test_childinfo_is_not_told_of_what_is_listed_itself(talk: Talk) -> None:
    # RFC 9051 §6.3.9.6
    assert await talk.do('LIST (SUBSCRIBED RECURSIVEMATCH) "" (work work/a)') == [
        '* LIST (\\HasNoChildren \\Subscribed) "/" work/a',
        "OK LIST completed",
    ]


async def test_extended_list_chooses_by_use_and_returns_what_is_asked(talk: Talk) -> None:
    assert _names(await talk.do('LIST (SPECIAL-USE) "" *')) == ["Archive", "Drafts", "Junk", "Sent", "Trash"]
    assert await talk.do('LIST "" work/* RETURN (SUBSCRIBED CHILDREN)') == [
        '* LIST (\\HasNoChildren \\Subscribed) "/" work/a',
        '* LIST (\\HasNoChildren) "/" work/b',
        "OK LIST completed",
    ]


async def test_status_follows_each_line(world: World, talk: Talk) -> None:
    world.deliver()
    assert await talk.do('LIST "" (INBOX Sent) RETURN (STATUS (MESSAGES UNSEEN))') == [
        '* LIST (\\HasNoChildren) "/" INBOX',
        "* STATUS INBOX (MESSAGES 1 UNSEEN 1)",
        '* LIST (\\HasNoChildren \\Sent) "/" Sent',
        "* STATUS Sent (MESSAGES 0 UNSEEN 0)",
        "OK LIST completed",
    ]


async def test_an_extended_list_asks_for_no_delimiter(talk: Talk) -> None:
    """RFC 5258 §3."""
    for arguments in ('() "" ""', '"" ("")', '"" "" RETURN (CHILDREN)', 'work "" RETURN ()'):
        assert await talk.do(f"LIST {arguments}") == ["OK LIST completed"], arguments
    assert _names(await talk.do('LIST "" ("" INBOX)')) == ["INBOX"]


async def test_levels_that_are_no_mailboxes_are_told_in_the_words_that_were_asked_for(talk: Talk) -> None:
    """RFC 5258 §3.5, and its table: neither is there, but something below was chosen."""
    await talk.do("SUBSCRIBE gone/deep/er")
    assert await talk.do('LIST (SUBSCRIBED RECURSIVEMATCH) "" gone%') == [
        '* LIST (\\NonExistent \\HasNoChildren) "/" gone ("CHILDINFO" ("SUBSCRIBED"))',
        "OK LIST completed",
    ]
    assert await talk.do('LIST (SUBSCRIBED) "" gone%') == ["OK LIST completed"]


async def test_childinfo_counts_what_all_options_let_through(talk: Talk) -> None:
    """RFC 5258 §3: every selection option must be satisfied."""
    await talk.do("CREATE work/sent (USE (\\Sent))")
    assert await talk.do('LIST (SUBSCRIBED SPECIAL-USE RECURSIVEMATCH) "" work') == ["OK LIST completed"]
    await talk.do("SUBSCRIBE work/sent")
    assert await talk.do('LIST (SUBSCRIBED SPECIAL-USE RECURSIVEMATCH) "" work') == [
        '* LIST (\\HasChildren) "/" work ("CHILDINFO" ("SUBSCRIBED"))',
        "OK LIST completed",
    ]


async def test_what_was_not_chosen_itself_has_no_status(talk: Talk) -> None:
    """RFC 5819 §3, its second example."""
    assert await talk.do('LIST (SUBSCRIBED RECURSIVEMATCH) "" work RETURN (STATUS (MESSAGES))') == [
        '* LIST (\\HasChildren) "/" work ("CHILDINFO" ("SUBSCRIBED"))',
        "OK LIST completed",
    ]


async def test_what_goes_between_list_and_status_cannot_be_selected(
    world: World, talk: Talk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """RFC 5819 §2."""
    find = world.mailboxes.find_mailbox

    async def delete_first(*args: Any, **options: Any) -> MailboxInfo:
        monkeypatch.undo()
        await world.mailboxes.delete_mailbox(world.anne, "work/b")
        return await find(*args, **options)

    monkeypatch.setattr(world.mailboxes, "find_mailbox", delete_first)
    assert await talk.do('LIST "" work/b RETURN (STATUS (MESSAGES))') == [
        '* LIST (\\Noselect \\HasNoChildren) "/" work/b',
        "OK LIST completed",
    ]
