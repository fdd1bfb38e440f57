"""Boxes shared with others by name (RFC 4314), below ``Other Users/`` (RFC 2342)."""

import pytest

from mssmail.core.account import Account
from mssmail.core.address import parse_address
from mssmail.journal import Event
from mssmail.store.accounts import set_quota, suspend
from mssmail.store.delegations import grant, revoke
from mssmail.store.journal import read_entries
from tests.imap.support import MESSAGE, NOW, Talk, World, build_message, sign_in
from tests.support.store import add_account

TEAM = '"Other Users/cardio@a.test"'


@pytest.fixture
def team(world: World) -> Account:
    """A box that anne has no rights on yet."""
    return add_account(world.store, "cardio@a.test")


def _grant(world: World, team: Account, rights: str, mailbox: str = "") -> None:
    world.store.submit(lambda conn: grant(conn, team.address, world.anne.address, rights, NOW, mailbox)).result()


def _revoke(world: World, team: Account) -> None:
    world.store.submit(lambda conn: revoke(conn, team.address, world.anne.address)).result()


async def _sign_in_as(world: World, account: Account) -> Talk:
    talk = await sign_in(world, select="")
    talk.session.account = account
    return talk


async def _append(world: World, team: Account, *subjects: str) -> None:
    talk = await _sign_in_as(world, team)
    for subject in subjects:
        await talk.append("INBOX", build_message(subject))


async def test_what_is_not_shared_is_not_there(world: World, team: Account) -> None:
    talk = await sign_in(world, select="")
    assert (await talk.do("NAMESPACE"))[0] == '* NAMESPACE (("" "/")) (("Other Users/" "/")) NIL'
    assert (await talk.do('LIST "" "Other*"')) == ["OK LIST completed"]
    for command in (f"SELECT {TEAM}", f"MYRIGHTS {TEAM}", f"GETACL {TEAM}", 'STATUS "Other Users" (MESSAGES)'):
        assert (await talk.do(command))[-1] == "NO [NONEXISTENT] There is no such mailbox"
    assert (await talk.do('CREATE "Other Users"'))[-1].startswith("NO [CANNOT]")
    _grant(world, team, "0")  # writing in its name is not reading
    assert (await talk.do(f"SELECT {TEAM}"))[-1].startswith("NO [NONEXISTENT]")


async def test_a_shared_box_is_listed_with_all_its_mailboxes(world: World, team: Account) -> None:
    _grant(world, team, "lrs")
    talk = await sign_in(world, select="")
    assert (await talk.do('LIST "" "Other Users*"'))[:-1] == [
        '* LIST (\\HasChildren) "/" "Other Users/cardio@a.test"',
        '* LIST (\\HasNoChildren) "/" "Other Users/cardio@a.test/Archive"',
        '* LIST (\\HasNoChildren) "/" "Other Users/cardio@a.test/Drafts"',
        '* LIST (\\HasNoChildren) "/" "Other Users/cardio@a.test/Junk"',
        '* LIST (\\HasNoChildren) "/" "Other Users/cardio@a.test/Sent"',
        '* LIST (\\HasNoChildren) "/" "Other Users/cardio@a.test/Trash"',
        '* LIST (\\Noselect \\HasChildren) "/" "Other Users"',
    ]
    assert await talk.do(f"SUBSCRIBE {TEAM}") == ["OK SUBSCRIBE completed"]
    assert len(await talk.do('LIST (SUBSCRIBED) "" "Other Users/*"')) == 2


async def test_a_reader_reads_and_changes_nothing_but_seen(world: World, team: Account) -> None:
    await _append(world, team, "one")
    _grant(world, team, "lrs")
    talk = await sign_in(world, select="")
    answer = await talk.do(f"SELECT {TEAM}")
    assert "* OK [PERMANENTFLAGS (\\Seen)] Flags to keep" in answer
    assert answer[-1] == "OK [READ-WRITE] SELECT completed"
    assert (await talk.do("FETCH 1 BODY[TEXT]"))[0].startswith("* 1 FETCH (FLAGS (\\Recent \\Seen) BODY[TEXT] {")
    assert (await talk.do("STORE 1 -FLAGS (\\Seen \\Flagged)"))[-1] == "OK STORE completed"
    assert (await talk.do("STORE 1 +FLAGS (\\Seen \\Deleted work)"))[0] == "* 1 FETCH (FLAGS (\\Recent \\Seen))"
    for command in ("STORE 1 +FLAGS (\\Deleted)", "STORE 1 FLAGS (work)", "EXPUNGE", "MOVE 1 Trash"):
        assert (await talk.do(command))[-1].startswith("NO [NOPERM]"), command
    assert (await talk.do("COPY 1 Archive"))[-1].startswith("OK [COPYUID")
    assert (await talk.append(TEAM, MESSAGE))[-1].startswith("NO [NOPERM]")
    assert (await talk.do(f'CREATE {TEAM[:-1]}/new"'))[-1].startswith("NO [NOPERM]")
    assert (await talk.do(f'DELETE {TEAM[:-1]}/Trash"'))[-1].startswith("NO [NOPERM]")
    assert (await talk.do("CLOSE"))[-1].startswith("OK")


async def test_without_the_right_to_mark_nothing_is_marked(world: World, team: Account) -> None:
    await _append(world, team, "one")
    _grant(world, team, "lr")
    talk = await sign_in(world, select="")
    answer = await talk.do(f"SELECT {TEAM}")
    assert "* OK [PERMANENTFLAGS ()] Flags to keep" in answer
    assert answer[-1] == "OK [READ-ONLY] SELECT completed"
    assert "Seen" not in (await talk.do("FETCH 1 BODY[TEXT]"))[0]


async def test_a_member_works_in_the_box_as_in_his_own(world: World, team: Account) -> None:
    await _append(world, team, "one", "two")
    _grant(world, team, "lrswipkxte")
    talk = await sign_in(world, select="")
    new = TEAM[:-1] + '/new"'
    assert (await talk.do(f"CREATE {new}"))[-1].startswith("OK")
    await talk.do(f"SELECT {TEAM}")
    assert (await talk.do(f"MOVE 1 {new}"))[-1] == "OK MOVE completed"
    assert (await talk.do(f"COPY 1 {new}"))[-1].startswith("OK [COPYUID")
    assert (await talk.append(new, MESSAGE, "(\\Flagged)"))[-1].startswith("OK [APPENDUID")
    assert (await talk.do(f"STATUS {new} (MESSAGES)"))[0] == '* STATUS "Other Users/cardio@a.test/new" (MESSAGES 3)'
    assert (await talk.do(f"RENAME {new} {new.replace('new', 'old')}"))[-1] == "OK RENAME completed"
    assert (await talk.do(f"RENAME {new.replace('new', 'old')} mine"))[-1].startswith("NO [NOPERM]")
    assert (await talk.do(f"DELETE {new.replace('new', 'old')}"))[-1] == "OK DELETE completed"
    owner = await _sign_in_as(world, team)
    await owner.do("SELECT INBOX")
    assert (await owner.do("SEARCH ALL"))[0] == "* SEARCH 1"


async def test_flags_that_the_target_does_not_allow_stay_behind(world: World, team: Account) -> None:
    world.deliver(MESSAGE, "INBOX", "\\Seen", "\\Flagged", "$Work")
    _grant(world, team, "lris")
    talk = await sign_in(world)
    assert (await talk.do(f"COPY 1 {TEAM}"))[-1].startswith("OK")
    assert (await talk.append(TEAM, MESSAGE, "(\\Deleted $Work)"))[-1].startswith("OK")
    await talk.do(f"SELECT {TEAM}")
    assert (await talk.do("FETCH 1:2 FLAGS"))[:-1] == [
        "* 1 FETCH (FLAGS (\\Recent \\Seen))",
        "* 2 FETCH (FLAGS (\\Recent))",
    ]


async def test_what_is_put_into_a_box_counts_against_its_quota(world: World, team: Account) -> None:
    world.deliver()
    _grant(world, team, "lrswipkxte")
    world.store.submit(lambda conn: set_quota(conn, team.address, 10)).result()
    talk = await sign_in(world)
    for command in (f"COPY 1 {TEAM}", f"MOVE 1 {TEAM}"):
        assert (await talk.do(command))[-1].startswith("NO [OVERQUOTA]")
    assert (await talk.append(TEAM, MESSAGE))[-1].startswith("NO [OVERQUOTA]")
    assert await talk.do(f"GETQUOTAROOT {TEAM}") == [
        '* QUOTAROOT "Other Users/cardio@a.test"',
        "OK GETQUOTAROOT completed",
    ]


async def test_rights_taken_back_count_at_once_for_who_has_the_mailbox_open(world: World, team: Account) -> None:
    await _append(world, team, "one")
    _grant(world, team, "lrswipkxte")
    talk, idler = await sign_in(world, select=""), await sign_in(world, select="")
    await talk.do(f"SELECT {TEAM}")
    await idler.do(f"SELECT {TEAM}")
    _grant(world, team, "lr")
    assert (await talk.do("STORE 1 +FLAGS (\\Seen)"))[-1].startswith("NO [NOPERM]")
    _revoke(world, team)
    assert await talk.do("FETCH 1 BODY.PEEK[]") == [
        "NO [NONEXISTENT] There is no such mailbox",
        "* BYE [UNAVAILABLE] The selected mailbox has been deleted or closed to you",
    ]
    assert (await idler.hear())[-1].startswith("* BYE [UNAVAILABLE]")


async def test_a_suspended_box_is_closed_to_everybody(world: World, team: Account) -> None:
    _grant(world, team, "lr")
    talk = await sign_in(world, select="")
    await talk.do(f"SELECT {TEAM}")
    world.store.submit(lambda conn: suspend(conn, team.address, suspended=True)).result()
    assert (await talk.do("NOOP"))[-1].startswith("* BYE")
    talk = await sign_in(world, select="")
    assert (await talk.do('LIST "" "Other*"')) == ["OK LIST completed"]


async def test_one_mailbox_may_have_rights_of_its_own(world: World, team: Account) -> None:
    _grant(world, team, "lr", "Sent")
    talk = await sign_in(world, select="")
    assert [line for line in await talk.do('LIST "" "Other*"') if "Noselect" not in line][:-1] == [
        '* LIST (\\HasNoChildren) "/" "Other Users/cardio@a.test/Sent"'
    ]
    assert (await talk.do(f"SELECT {TEAM}"))[-1].startswith("NO [NONEXISTENT]")
    assert (await talk.do(f'EXAMINE {TEAM[:-1]}/Sent"'))[-1].startswith("OK")


async def test_the_owner_shares_and_unshares_by_name(world: World, team: Account) -> None:
    owner = await _sign_in_as(world, team)
    assert await owner.do("GETACL INBOX") == ["* ACL INBOX cardio@a.test lrswipkxteacd", "OK GETACL completed"]
    assert await owner.do("SETACL INBOX anne@a.test lrc") == ["OK SETACL completed"]
    assert (await owner.do("GETACL INBOX"))[0] == "* ACL INBOX cardio@a.test lrswipkxteacd anne@a.test lrkxc"
    talk = await sign_in(world, select="")
    assert (await talk.do(f"MYRIGHTS {TEAM}"))[0] == '* MYRIGHTS "Other Users/cardio@a.test" lrkxc'
    await owner.do("SETACL INBOX anne@a.test +sa")
    await owner.do("SETACL INBOX anne@a.test -kx")
    assert (await talk.do(f"MYRIGHTS {TEAM}"))[0].endswith(" lrsa")
    assert (await talk.do(f"GETACL {TEAM}"))[-1].startswith("OK")  # who may administer may ask
    assert (await talk.do(f"SETACL {TEAM} cardio@a.test l"))[-1].startswith("NO [NOPERM]")
    assert await owner.do("DELETEACL INBOX anne@a.test") == ["OK DELETEACL completed"]
    assert (await talk.do(f"MYRIGHTS {TEAM}"))[-1].startswith("NO [NONEXISTENT]")
    entries = world.store.read(lambda conn: read_entries(conn, event=Event.ADMIN)).result()
    assert [kept.entry.facts["rights"] for kept in entries] == ["lrkx", "lrskxa", "lrsa", ""]


async def test_a_mailbox_can_be_closed_to_a_member_of_the_whole_box(world: World, team: Account) -> None:
    _grant(world, team, "lrs")
    owner = await _sign_in_as(world, team)
    await owner.do("DELETEACL Drafts anne@a.test")
    talk = await sign_in(world, select="")
    assert "Drafts" not in "".join(await talk.do('LIST "" "Other*"'))
    assert (await owner.do("GETACL Drafts"))[0] == "* ACL Drafts cardio@a.test lrswipkxteacd"
    await owner.do("SETACL Drafts anne@a.test lr")
    assert (await talk.do(f'MYRIGHTS {TEAM[:-1]}/Drafts"'))[0].endswith(" lr")


async def test_rights_follow_a_mailbox_that_is_renamed_and_end_with_it(world: World, team: Account) -> None:
    owner = await _sign_in_as(world, team)
    await owner.do("CREATE a/b")
    await owner.do("SETACL a/b anne@a.test lr")
    await owner.do("RENAME a c")
    talk = await sign_in(world, select="")
    assert (await talk.do(f'MYRIGHTS {TEAM[:-1]}/c/b"'))[0].endswith(" lr")
    await owner.do("DELETE c/b")
    await owner.do("CREATE c/b")
    assert (await talk.do(f'MYRIGHTS {TEAM[:-1]}/c/b"'))[-1].startswith("NO [NONEXISTENT]")


async def test_rights_that_can_be_given_are_told(world: World, team: Account) -> None:
    owner = await _sign_in_as(world, team)
    assert (await owner.do("LISTRIGHTS INBOX anne@a.test"))[0] == (
        '* LISTRIGHTS INBOX anne@a.test "" l r s w i p k x t e a c d'
    )
    assert (await owner.do("LISTRIGHTS INBOX cardio@a.test"))[0] == ("* LISTRIGHTS INBOX cardio@a.test lrswipkxteacd")


@pytest.mark.parametrize("identifier", ["anyone", "-anne@a.test", "nobody@a.test", "authenticated"])
async def test_identifiers_are_accounts_and_nothing_else(world: World, team: Account, identifier: str) -> None:
    owner = await _sign_in_as(world, team)
    assert (await owner.do(f"SETACL INBOX {identifier} lr"))[-1].startswith("NO [CANNOT]")


async def test_a_right_that_is_none_is_a_mistake(world: World, team: Account) -> None:
    owner = await _sign_in_as(world, team)
    for rights in ("lrz", "0", "L"):
        assert (await owner.do(f"SETACL INBOX anne@a.test {rights}"))[-1].startswith("BAD"), rights


async def test_a_local_part_with_a_separator_is_one_level(world: World) -> None:
    odd = add_account(world.store, "a/b@a.test")
    assert parse_address("a/b@a.test") == odd.address
    _grant(world, odd, "lr")
    talk = await sign_in(world, select="")
    assert (await talk.do('SELECT "Other Users/a:b@a.test/Sent"'))[-1].startswith("OK")


async def test_a_list_with_status_tells_no_counts_of_what_may_only_be_looked_up(world: World, team: Account) -> None:
    await _append(world, team, "one")
    _grant(world, team, "l", "INBOX")
    talk = await sign_in(world, select="")
    assert (await talk.do(f"STATUS {TEAM} (MESSAGES)"))[-1].startswith("NO [NOPERM]")
    lines = await talk.do('LIST "" "Other Users/*" RETURN (STATUS (MESSAGES SIZE))')
    # RFC 5819 §2: what cannot be selected says so
    assert lines == ['* LIST (\\Noselect \\HasNoChildren) "/" "Other Users/cardio@a.test"', "OK LIST completed"]


async def test_whoever_may_do_anything_with_a_mailbox_may_do_that(world: World, team: Account) -> None:
    """RFC 4314 §4: looking up is a right of its own."""
    await _append(world, team, "one")
    talk = await sign_in(world, select="")
    _grant(world, team, "r")
    assert (await talk.do('LIST "" "Other*"')) == ["OK LIST completed"]
    assert (await talk.do(f"MYRIGHTS {TEAM}"))[0].endswith(" r")
    assert (await talk.do(f"STATUS {TEAM} (MESSAGES)"))[0].endswith("(MESSAGES 1)")
    assert (await talk.do(f"SELECT {TEAM}"))[-1].startswith("OK [READ-ONLY]")
    assert (await talk.do(f'SELECT {TEAM[:-1]}/nothing"'))[-1].startswith("NO [NONEXISTENT]")
    _grant(world, team, "i")
    assert (await talk.do(f"MYRIGHTS {TEAM}"))[0].endswith(" i")
    assert (await talk.do(f"SELECT {TEAM}"))[-1].startswith("NO [NONEXISTENT]")
    _grant(world, team, "x")
    assert (await talk.do(f'DELETE {TEAM[:-1]}/Junk"'))[-1] == "OK DELETE completed"
    for rights in ("p", "s", "0"):
        _grant(world, team, rights)
        assert (await talk.do(f"MYRIGHTS {TEAM}"))[-1].startswith("NO [NONEXISTENT]"), rights


async def test_who_may_put_but_not_read_is_told_no_uids(world: World, team: Account) -> None:
    """RFC 4315 §3: UIDs say how much comes into a mailbox."""
    for number in range(3):
        world.deliver(build_message(f"m{number}"))
    _grant(world, team, "li")
    talk = await sign_in(world)
    assert (await talk.append(TEAM, MESSAGE))[-1] == "OK APPEND completed"
    assert await talk.do(f"COPY 1 {TEAM}") == ["OK COPY completed"]
    assert await talk.do(f"MOVE 2 {TEAM}") == ["* 2 EXPUNGE", "OK MOVE completed"]
    head = f"T REPLACE 2 {TEAM} {{{len(MESSAGE)}+}}\r\n".encode()
    assert await talk.say(head + MESSAGE + b"\r\n") == (
        b"* OK The replacement is kept\r\n* 2 EXPUNGE\r\nT OK REPLACE completed\r\n"
    )
    owner = await _sign_in_as(world, team)
    assert (await owner.do("STATUS INBOX (MESSAGES)"))[0] == "* STATUS INBOX (MESSAGES 4)"


async def test_flags_that_may_be_kept_are_told_anew_when_rights_change(world: World, team: Account) -> None:
    """RFC 4314 §5.1.1."""
    _grant(world, team, "lrswite")
    talk = await sign_in(world, select="")
    await talk.do(f"SELECT {TEAM}")
    _grant(world, team, "lrs")
    told = await talk.do("NOOP")
    assert told[0].startswith("* FLAGS (")
    assert told[1:] == ["* OK [PERMANENTFLAGS (\\Seen)] Flags to keep", "OK NOOP completed"]
    assert await talk.do("NOOP") == ["OK NOOP completed"]


async def test_a_new_mailbox_is_as_open_as_the_one_above_it(world: World, team: Account) -> None:
    """RFC 4314 §4 (CREATE)."""
    owner = await _sign_in_as(world, team)
    await owner.do("CREATE patients/older")
    await owner.do("SETACL patients anne@a.test lrk")
    await owner.do("CREATE patients/new/one")
    talk = await sign_in(world, select="")
    assert (await talk.do(f'MYRIGHTS {TEAM[:-1]}/patients/new/one"'))[0].endswith(" lrkc")
    assert (await talk.do(f'MYRIGHTS {TEAM[:-1]}/patients/older"'))[-1].startswith("NO [NONEXISTENT]")
    assert (await talk.do(f'CREATE {TEAM[:-1]}/patients/hers/too"'))[-1].startswith("OK")
    assert (await talk.do(f'MYRIGHTS {TEAM[:-1]}/patients/hers"'))[0].endswith(" lrkc")
    for name in ("patients/older", "patients/older/x", "elsewhere"):
        assert (await talk.do(f'CREATE {TEAM[:-1]}/{name}"'))[-1].startswith("NO [NOPERM]"), name
    await owner.do("DELETEACL patients anne@a.test")
    await owner.do("CREATE patients/later")
    assert (await talk.do(f'MYRIGHTS {TEAM[:-1]}/patients/later"'))[-1].startswith("NO [NONEXISTENT]")


async def test_ones_own_inbox_is_not_emptied_into_anothers_box(world: World, team: Account) -> None:
    world.deliver()
    _grant(world, team, "lrk")
    talk = await sign_in(world, select="")
    assert (await talk.do(f'RENAME INBOX {TEAM[:-1]}/new"'))[-1].startswith("NO [NOPERM]")
    assert (await talk.do("STATUS INBOX (MESSAGES)"))[0] == "* STATUS INBOX (MESSAGES 1)"


async def test_nobody_but_the_owner_gives_a_mailbox_a_special_use(world: World, team: Account) -> None:
    _grant(world, team, "lrk")
    talk = await sign_in(world, select="")
    assert (await talk.do(f'CREATE {TEAM[:-1]}/new" (USE (\\Sent))'))[-1].startswith("NO [USEATTR]")  # RFC 6154 §3
    assert (await talk.do(f'CREATE {TEAM[:-1]}/new"'))[-1].startswith("OK")


async def test_making_mailboxes_does_not_tell_what_is_there_but_hidden(world: World, team: Account) -> None:
    owner = await _sign_in_as(world, team)
    await owner.do("CREATE secret")
    _grant(world, team, "lrkx", "INBOX")  # of the levels beside INBOX that says nothing
    talk = await sign_in(world, select="")
    for name in ("secret", "nothing"):
        assert (await talk.do(f'CREATE {TEAM[:-1]}/{name}"'))[-1].startswith("NO [NOPERM]"), name
    _grant(world, team, "lrkx")
    await owner.do("DELETEACL secret anne@a.test")
    assert (await talk.do(f'CREATE {TEAM[:-1]}/secret"'))[-1].startswith("NO [NOPERM]")
    assert (await talk.do(f'RENAME {TEAM[:-1]}/Junk" {TEAM[:-1]}/secret"'))[-1].startswith("NO [NOPERM]")


async def test_what_lies_below_a_mailbox_that_is_closed_is_closed_too(world: World, team: Account) -> None:
    owner = await _sign_in_as(world, team)
    await owner.do("CREATE patients/martin")
    _grant(world, team, "lrk")
    await owner.do("DELETEACL patients anne@a.test")
    await owner.do("CREATE patients/dupont")
    talk = await sign_in(world, select="")
    assert "patients" not in "".join(await talk.do('LIST "" "Other*"'))
    for name in ("patients/martin", "patients/dupont", "patients/nobody"):
        assert (await talk.do(f'EXAMINE {TEAM[:-1]}/{name}"'))[-1].startswith("NO [NONEXISTENT]")
        assert (await talk.do(f'CREATE {TEAM[:-1]}/{name}/x"'))[-1].startswith("NO [NOPERM]")
    await owner.do("SETACL patients/martin anne@a.test lr")  # a mailbox's own entry always counts
    assert (await talk.do(f'EXAMINE {TEAM[:-1]}/patients/martin"'))[-1].startswith("OK")


async def test_what_leaves_an_inbox_that_is_closed_stays_closed(world: World, team: Account) -> None:
    await _append(world, team, "one")
    _grant(world, team, "lr")
    owner = await _sign_in_as(world, team)
    await owner.do("DELETEACL INBOX anne@a.test")
    assert (await owner.do("RENAME INBOX old"))[-1].startswith("OK")
    talk = await sign_in(world, select="")
    for name in ("", "/old"):
        assert (await talk.do(f'EXAMINE {TEAM[:-1]}{name}"'))[-1].startswith("NO [NONEXISTENT]")


async def test_copying_out_of_anothers_box_is_journaled_as_reading(world: World, team: Account) -> None:
    await _append(world, team, "one", "two")
    _grant(world, team, "lrswipkxte")
    talk = await sign_in(world, select="")
    await talk.do(f"SELECT {TEAM}")
    theirs = talk.session.selected.mailbox_id
    await talk.do("COPY 1 Archive")
    await talk.do("MOVE 2 Archive")
    await talk.do("SELECT Archive")
    await talk.do("COPY 1 Trash")  # one's own
    world.store.submit(lambda _conn: None).result()
    entries = world.store.read(lambda conn: read_entries(conn, event=Event.FETCHED)).result()
    assert [kept.entry.facts for kept in entries] == [
        {"account": "anne@a.test", "mailbox_id": theirs, "uids": "1"},
        {"account": "anne@a.test", "mailbox_id": theirs, "uids": "2"},
    ]


async def test_rights_given_on_a_name_beforehand_do_not_hinder_a_rename_to_it(world: World, team: Account) -> None:
    owner = await _sign_in_as(world, team)
    await owner.do("CREATE a")
    await owner.do("SETACL a anne@a.test l")
    _grant(world, team, "lr", "b")
    assert (await owner.do("RENAME a b"))[-1] == "OK RENAME completed"
    assert (await owner.do("GETACL b"))[0] == "* ACL b cardio@a.test lrswipkxteacd anne@a.test l"


async def test_who_may_change_nothing_does_not_take_what_is_recent_from_the_owner(world: World, team: Account) -> None:
    await _append(world, team, "one")
    _grant(world, team, "lr")
    talk, owner = await sign_in(world, select=""), await _sign_in_as(world, team)
    await talk.do(f"SELECT {TEAM}")
    assert "* 1 RECENT" in await owner.do("SELECT INBOX")


@pytest.mark.parametrize("rights", ["l", "lr", "lrswite"])
async def test_what_is_hidden_is_answered_like_what_is_not_there(world: World, team: Account, rights: str) -> None:
    owner = await _sign_in_as(world, team)
    await owner.do("CREATE secret")
    _grant(world, team, rights)
    await owner.do("DELETEACL secret anne@a.test")
    world.deliver()
    talk = await sign_in(world)
    for command in (
        'STATUS "{}" (MESSAGES)',
        'GETQUOTAROOT "{}"',
        'MYRIGHTS "{}"',
        'GETACL "{}"',
        'SETACL "{}" ben@a.test lr',
        'LISTRIGHTS "{}" ben@a.test',
        'RENAME "{}" mine',
        'RENAME "{}" "Other Users/cardio@a.test/new"',
        'RENAME "Other Users/cardio@a.test/Trash" "{}"',
        'DELETE "{}"',
        'CREATE "{}"',
        'CREATE "{}/below"',
        'COPY 1 "{}"',
        'MOVE 1 "{}"',
        'SUBSCRIBE "{}"',
        'LIST "" "{}"',
        'SELECT "{}"',
        'EXAMINE "{}"',
    ):
        names = [f"Other Users/cardio@a.test/{name}" for name in ("secret", "absent")]
        hidden, absent = [await talk.do(command.format(name)) for name in names]
        assert [line for line in hidden if "CLOSED" not in line] == absent, command
