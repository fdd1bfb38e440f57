"""CREATE."""

from tests.imap.support import World, sign_in


async def test_makes_a_mailbox_and_its_parents(world: World) -> None:
    talk = await sign_in(world)
    assert await talk.do("CREATE a/b") == ["OK [MAILBOXID (M8)] CREATE completed"]
    assert await talk.do('LIST "" a*') == [
        '* LIST (\\HasChildren) "/" a',
        '* LIST (\\HasNoChildren) "/" a/b',
        "OK LIST completed",
    ]


async def test_a_trailing_delimiter_only_says_that_children_will_come(world: World) -> None:
    talk = await sign_in(world)
    assert await talk.do("CREATE a/") == ["OK [MAILBOXID (M7)] CREATE completed"]
    assert (await talk.do("SELECT a"))[-1].startswith("OK")


async def test_what_exists_already_is_told(world: World) -> None:
    talk = await sign_in(world)
    for name in ("inbox", "Sent"):
        assert await talk.do(f"CREATE {name}") == ["NO [ALREADYEXISTS] A mailbox of this name exists"]


async def test_names_that_cannot_be_are_refused(world: World) -> None:
    talk = await sign_in(world)
    for name in ("a//b", "/", '"a*b"', "/a"):
        assert (await talk.do(f"CREATE {name}"))[-1].startswith("NO ")


async def test_a_name_beyond_ascii_comes_back_as_it_went(world: World) -> None:
    talk = await sign_in(world)
    assert await talk.do("CREATE &2D3eAA-") == ["OK [MAILBOXID (M7)] CREATE completed"]
    assert '* LIST (\\HasNoChildren) "/" &2D3eAA-' in await talk.do('LIST "" *')


async def test_a_mailbox_may_be_made_for_a_use(world: World) -> None:
    talk = await sign_in(world)
    assert await talk.do("CREATE Brouillons (USE (\\Drafts))") == ["OK [MAILBOXID (M7)] CREATE completed"]
    assert '* LIST (\\HasNoChildren \\Drafts) "/" Brouillons' in await talk.do('LIST "" Br*')
    assert (await talk.do("CREATE x (USE (\\All))"))[-1].startswith("NO [USEATTR]")


async def test_a_name_is_kept_composed_and_the_client_told_of_it(world: World) -> None:
    """RFC 9051 §5.1 wants Net-Unicode (RFC 5198), which is composed; §6.3.4 tells the name that was kept."""
    talk = await sign_in(world)
    await talk.do("ENABLE IMAP4rev2")
    assert await talk.do('CREATE "e\N{COMBINING ACUTE ACCENT}"') == [
        '* LIST (\\HasNoChildren) "/" "é" ("OLDNAME" ("e\N{COMBINING ACUTE ACCENT}"))',
        "OK [MAILBOXID (M7)] CREATE completed",
    ]
    for name in ("é", "e\N{COMBINING ACUTE ACCENT}"):
        assert (await talk.do(f'SELECT "{name}"'))[-1].startswith("OK")
        assert len(await talk.do(f'LIST "" "{name}"')) == 2
    assert len(await talk.do("CREATE f")) == 1
