"""NOTIFY (RFC 5465): what is told unasked, and what is not."""

import pytest

from mssmail.core.account import Account
from mssmail.errors import StoreUnavailable
from mssmail.imap import watch
from mssmail.store.delegations import grant, revoke
from tests.imap.support import NOW, Talk, World, build_message, sign_in
from tests.support.store import add_account

MESSAGES = "(MessageNew MessageExpunge)"
FLAGS = "(MessageNew MessageExpunge FlagChange)"
BOX = '"Other Users/cardio@a.test"'


@pytest.fixture
async def other(world: World) -> Talk:
    """Another session of the same account."""
    return await sign_in(world, select="")


async def _begin(world: World, groups: str, select: str = "INBOX") -> Talk:
    talk = await sign_in(world, select)
    assert await talk.do(f"NOTIFY SET {groups}") == ["OK NOTIFY completed"]
    return talk


# -- the selected mailbox


async def test_what_comes_is_told_with_what_was_asked_of_it(world: World) -> None:
    talk = await _begin(world, "(SELECTED (MessageNew (UID FLAGS BODY.PEEK[HEADER.FIELDS (SUBJECT)]) MessageExpunge))")
    world.deliver(build_message("new"))
    assert await talk.hear() == [
        *("* 1 EXISTS", "* 1 RECENT"),
        *("* 1 FETCH (UID 1 FLAGS (\\Recent) BODY[HEADER.FIELDS (SUBJECT)] {16}", "Subject: new", "", ")"),
    ]
    world.deliver(build_message("a"))
    world.deliver(build_message("b"))
    assert [line for line in await talk.hear() if line.startswith("*")] == [
        *("* 3 EXISTS", "* 3 RECENT"),
        "* 2 FETCH (UID 2 FLAGS (\\Recent) BODY[HEADER.FIELDS (SUBJECT)] {14}",
        "* 3 FETCH (UID 3 FLAGS (\\Recent) BODY[HEADER.FIELDS (SUBJECT)] {14}",
    ]
    assert await talk.hear() == []


async def test_asking_for_modseqs_enables_condstore(world: World) -> None:
    talk = await sign_in(world)
    lines = await talk.do("NOTIFY SET (SELECTED (MessageNew (UID MODSEQ) MessageExpunge))")
    assert lines == ["* OK [HIGHESTMODSEQ 1] From here on", "OK NOTIFY completed"]
    world.deliver()
    assert (await talk.hear())[-1] == "* 1 FETCH (UID 1 MODSEQ (2))"


async def test_a_set_that_meets_a_store_that_cannot_say_changes_nothing(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    talk = await _begin(world, f"(SELECTED {MESSAGES})")

    async def fail(*_: object) -> None:
        raise StoreUnavailable

    monkeypatch.setattr(world.mailboxes, "list_mailboxes", fail)
    answer = await talk.do(f"NOTIFY SET (PERSONAL {MESSAGES})")
    assert answer[-1].startswith("NO [UNAVAILABLE]")
    world.deliver()
    assert (await talk.hear())[0] == "* 1 EXISTS"


async def test_what_the_client_made_itself_is_not_fetched_for_it(world: World) -> None:
    talk = await _begin(world, "(SELECTED (MessageNew (UID) MessageExpunge))")
    assert (await talk.append("INBOX", build_message("own")))[:2] == ["* 1 EXISTS", "* 1 RECENT"]
    assert (await talk.do("COPY 1 INBOX"))[:-1] == ["* 2 EXISTS", "* 2 RECENT"]
    world.deliver()
    assert await talk.do("NOOP") == ["* 3 EXISTS", "* 3 RECENT", "* 3 FETCH (UID 3)", "OK NOOP completed"]


async def test_flags_are_told_to_who_asked_for_them(world: World, other: Talk) -> None:
    world.deliver()
    deaf, hearing = await _begin(world, f"(SELECTED {MESSAGES})"), await _begin(world, f"(SELECTED {FLAGS})")
    await other.do("SELECT INBOX")
    await other.do("STORE 1 +FLAGS ($Forwarded)")
    assert await hearing.hear() == ["* 1 FETCH (UID 1 FLAGS ($Forwarded))"]
    assert await deaf.hear() == []
    assert await deaf.do("NOOP") == ["OK NOOP completed"]
    world.deliver()
    assert (await deaf.hear())[0] == "* 2 EXISTS"
    lines = await deaf.do(f"NOTIFY SET (SELECTED {FLAGS})")  # what it did not hear, it hears now (RFC 5465 §3.1)
    assert [line.replace(" \\Recent", "") for line in lines] == [
        "* 1 FETCH (UID 1 FLAGS ($Forwarded))",
        "OK NOTIFY completed",
    ]


async def test_selected_hears_of_expunges_at_once_and_delayed_when_a_command_allows_it(
    world: World, other: Talk
) -> None:
    for subject in "abc":
        world.deliver(build_message(subject))
    at_once, delayed = await _begin(world, f"(SELECTED {MESSAGES})"), await _begin(world, f"(SELECTED-DELAYED {FLAGS})")
    await other.do("SELECT INBOX")
    await other.do("STORE 2 +FLAGS.SILENT (\\Deleted)")
    await other.do("EXPUNGE")
    world.deliver()
    assert await at_once.hear() == ["* 2 EXPUNGE", "* 3 EXISTS", "* 3 RECENT"]
    assert (await delayed.hear())[0] == "* 4 EXISTS"
    assert "EXPUNGE" not in " ".join(await delayed.do("FETCH 3 UID"))
    assert (await delayed.do("NOOP"))[0] == "* 2 EXPUNGE"


async def test_delayed_hears_of_expunges_while_it_idles(world: World, other: Talk) -> None:
    world.deliver()
    talk = await _begin(world, f"(SELECTED-DELAYED {MESSAGES})")
    await other.do("SELECT INBOX")
    await other.do("STORE 1 +FLAGS.SILENT (\\Deleted)")
    await talk.say(b"i IDLE\r\n")
    await other.do("EXPUNGE")
    assert await talk.hear() == ["* 1 EXPUNGE"]
    assert await talk.say(b"DONE\r\n") == b"i OK IDLE completed\r\n"


async def test_what_a_fetch_kept_back_is_owed_to_who_wants_it_at_once(world: World, other: Talk) -> None:
    for subject in "ab":
        world.deliver(build_message(subject))
    talk = await _begin(world, f"(SELECTED {MESSAGES})")
    await other.do("SELECT INBOX")
    await other.do("STORE 1 +FLAGS.SILENT (\\Deleted)")
    await other.do("EXPUNGE")
    assert await talk.do("FETCH 2 UID") == ["* 2 FETCH (UID 2)", "OK FETCH completed"]
    assert talk.session.owes_expunge
    assert await talk.hear() == ["* 1 EXPUNGE"]
    assert not talk.session.owes_expunge


async def test_qresync_hears_of_what_vanished(world: World, other: Talk) -> None:
    world.deliver()
    talk = await sign_in(world, select="")
    await talk.do("ENABLE QRESYNC")
    await talk.do("SELECT INBOX")
    await talk.do(f"NOTIFY SET (SELECTED {FLAGS})")
    await other.do("SELECT INBOX")
    await other.do("STORE 1 +FLAGS (\\Deleted)")
    assert await talk.hear() == ["* 1 FETCH (UID 1 FLAGS (\\Deleted \\Recent) MODSEQ (3))"]
    await other.do("EXPUNGE")
    assert await talk.hear() == ["* VANISHED 1"]


@pytest.mark.parametrize(
    "command", ["NOTIFY NONE", f"NOTIFY SET (MAILBOXES Sent {MESSAGES})", "NOTIFY SET (SELECTED NONE)"]
)
async def test_without_events_of_the_selected_mailbox_it_stays_as_it_was(
    world: World, other: Talk, command: str
) -> None:
    for subject in "abc":
        world.deliver(build_message(subject))
    talk = await sign_in(world)
    await talk.do(command)
    await other.do("SELECT INBOX")
    await other.do("STORE 1 +FLAGS.SILENT (\\Deleted)")
    await other.do("EXPUNGE")
    world.deliver(build_message("d"))
    for quiet in ("NOOP", "CHECK"):
        assert await talk.do(quiet) == [f"OK {quiet} completed"]
    assert await talk.do("UID SEARCH ALL") == ["* SEARCH 2 3", "OK SEARCH completed"]
    assert await talk.do("STORE 2 +FLAGS.SILENT (\\Deleted)") == ["OK STORE completed"]
    assert await talk.do("EXPUNGE") == ["* 2 EXPUNGE", "OK EXPUNGE completed"]  # its own is an answer, no news
    assert (await talk.do("UID MOVE 3 Sent"))[-2:] == ["* 2 EXPUNGE", "OK MOVE completed"]
    assert await talk.say(b"i IDLE\r\nDONE\r\n") == b"+ idling\r\ni OK IDLE completed\r\n"
    assert await talk.do(f"NOTIFY SET (SELECTED {MESSAGES})") == [
        *("* 1 EXPUNGE", "* 1 EXISTS", "* 1 RECENT"),
        "OK NOTIFY completed",
    ]


async def test_a_set_tells_what_gathered_even_when_it_wants_no_more(world: World) -> None:
    talk = await sign_in(world)
    world.deliver()
    assert await talk.do("NOTIFY SET (SELECTED NONE)") == ["* 1 EXISTS", "* 1 RECENT", "OK NOTIFY completed"]
    world.deliver()
    assert await talk.do("NOTIFY NONE") == ["OK NOTIFY completed"]


async def test_a_mailbox_that_goes_while_nothing_is_told_is_missed(world: World, other: Talk) -> None:
    await other.do("CREATE a")
    talk = await sign_in(world, "a")
    await talk.do("NOTIFY NONE")
    await other.do("DELETE a")
    assert (await talk.do("NOOP"))[-1].startswith("* BYE [UNAVAILABLE]")


async def test_who_counts_by_modseq_is_told_the_uid_of_what_comes(world: World, other: Talk) -> None:
    """RFC 7162 §3.2.4, whatever MessageNew asked for."""
    talk = await _begin(world, "(SELECTED (MessageNew (FLAGS) MessageExpunge))")
    world.deliver()
    assert (await talk.hear())[-1] == "* 1 FETCH (FLAGS (\\Recent))"
    await talk.do("ENABLE CONDSTORE")
    world.deliver()
    assert (await talk.hear())[-1] == "* 2 FETCH (UID 2 FLAGS (\\Recent) MODSEQ (3))"


async def test_searches_that_go_on_say_what_to_fetch_of_what_comes(world: World, other: Talk) -> None:
    talk = await _begin(world, "(SELECTED (MessageNew (UID FLAGS) MessageExpunge FlagChange))")
    await talk.do("SEARCH RETURN (COUNT UPDATE (UID RFC822.SIZE)) FROM bob")
    world.deliver()
    assert await talk.hear() == [
        *("* 1 EXISTS", "* 1 RECENT", '* ESEARCH (TAG "T") ADDTO (0 1)'),
        "* 1 FETCH (UID 1 FLAGS (\\Recent) RFC822.SIZE 226)",
    ]
    await talk.do("NOTIFY NONE")
    await talk.do(f"NOTIFY SET (SELECTED {FLAGS})")
    await talk.do('CANCELUPDATE "T"')
    await talk.do("SEARCH RETURN (UPDATE (UID)) SEEN")
    world.deliver()
    assert (await talk.hear())[-1] == "* 2 RECENT"
    await other.do("SELECT INBOX")
    await other.do("STORE 2 +FLAGS (\\Seen)")  # it matches now, but it did not come now (RFC 5465 §7)
    assert (await talk.hear())[-1] == '* ESEARCH (TAG "T") ADDTO (0 2)'


async def test_update_says_what_to_fetch_without_notify_too(world: World) -> None:
    talk = await sign_in(world)
    await talk.do("UID SEARCH RETURN (UPDATE (UID)) ALL")
    world.deliver()
    assert (await talk.do("NOOP"))[-3:] == [
        '* ESEARCH (TAG "T") UID ADDTO (0 1)',
        "* 1 FETCH (UID 1)",
        "OK NOOP completed",
    ]


# -- other mailboxes


async def test_status_is_told_of_mailboxes_that_are_not_selected(world: World, other: Talk) -> None:
    talk = await _begin(world, f"(PERSONAL {FLAGS})")
    await other.append("Sent", build_message("a"))
    await other.append("Drafts", build_message("b"), "(\\Seen)")
    assert sorted(await talk.hear()) == [
        "* STATUS Drafts (UIDNEXT 2 MESSAGES 1 UNSEEN 0)",
        "* STATUS Sent (UIDNEXT 2 MESSAGES 1 UNSEEN 1)",
    ]
    world.deliver()  # INBOX is selected, and of the selected mailbox nothing was asked
    assert await talk.hear() == []
    await other.do("SELECT Sent")
    await other.do("STORE 1 +FLAGS (\\Seen)")
    assert await talk.do("NOOP") == ["* STATUS Sent (UNSEEN 0)", "OK NOOP completed"]
    await other.do("STORE 1 +FLAGS (\\Deleted)")
    assert await talk.hear() == []  # without CONDSTORE there is nothing to be said of it
    await talk.do("ENABLE CONDSTORE")
    await other.do("EXPUNGE")
    assert await talk.hear() == ["* STATUS Sent (UIDNEXT 2 MESSAGES 0 UNSEEN 0 HIGHESTMODSEQ 5)"]


async def test_status_first_when_it_is_wanted(world: World) -> None:
    world.deliver()
    talk = await sign_in(world, "Sent")
    lines = await talk.do(f"NOTIFY SET STATUS (INBOXES {FLAGS}) (MAILBOXES (Sent Drafts nowhere) {MESSAGES})")
    shown = [line.split("UIDVALIDITY")[0] for line in lines]
    assert shown == [
        "* STATUS INBOX (MESSAGES 1 UIDNEXT 2 ",
        "* STATUS Drafts (MESSAGES 0 UIDNEXT 1 ",
        "OK NOTIFY completed",
    ]
    assert lines[0].endswith("UNSEEN 1 HIGHESTMODSEQ 2)")


async def test_own_deeds_are_not_told(world: World, other: Talk) -> None:
    talk = await _begin(world, f"(PERSONAL {FLAGS}) (PERSONAL (MailboxName SubscriptionChange))")
    await talk.do("ENABLE CONDSTORE")
    own = ["CREATE a/b", "SUBSCRIBE a/b", "RENAME a c", "UNSUBSCRIBE a/b", "DELETE c/b"]
    assert [len(await talk.do(command)) for command in own] == [1] * len(own)
    assert len(await talk.append("Sent", build_message("x"))) == 1
    world.deliver()
    await talk.do("SELECT INBOX")
    assert len(await talk.do("COPY 1 Sent")) == 1
    assert await talk.hear() == []
    await other.append("Sent", build_message("y"))
    assert (await talk.hear())[0].startswith("* STATUS Sent (UIDNEXT 4 MESSAGES 3 UNSEEN 3 HIGHESTMODSEQ ")
    assert len(await talk.do("RENAME INBOX old")) == 1
    assert await talk.hear() == []


async def test_a_mailbox_left_is_told_of_what_went_unheard(world: World, other: Talk) -> None:
    talk = await _begin(world, f"(SELECTED {MESSAGES}) (PERSONAL {MESSAGES})")
    world.deliver()
    assert await talk.do("UNSELECT") == ["* STATUS INBOX (UIDNEXT 2 MESSAGES 1)", "OK UNSELECT completed"]
    world.deliver()
    assert await talk.hear() == ["* STATUS INBOX (UIDNEXT 3 MESSAGES 2)"]
    await talk.do("SELECT INBOX")
    await talk.do("STORE 1 +FLAGS (\\Deleted)")
    assert await talk.do("CLOSE") == ["OK CLOSE completed"]  # what it removed itself is no news
    await other.do("SELECT INBOX")
    await other.do("STORE 1 +FLAGS (\\Deleted)")
    await other.do("CLOSE")
    assert await talk.hear() == ["* STATUS INBOX (UIDNEXT 3 MESSAGES 0)"]


async def test_names_that_come_and_go_are_told(world: World, other: Talk) -> None:
    talk = await _begin(world, "(SUBTREE lists (MailboxName)) (MAILBOXES x (SubscriptionChange))")
    told = {
        "CREATE lists/a": ['* LIST (\\HasChildren) "/" lists', '* LIST (\\HasNoChildren) "/" lists/a'],
        "RENAME lists lists2": ['* LIST (\\HasChildren) "/" lists2 ("OLDNAME" (lists))'],
        "DELETE lists2/a": [],
        "RENAME lists2 lists/b": [
            '* LIST (\\HasChildren) "/" lists',
            '* LIST (\\HasNoChildren) "/" lists/b ("OLDNAME" (lists2))',
        ],
        "DELETE lists/b": ['* LIST (\\NonExistent \\HasNoChildren) "/" lists/b', '* LIST (\\HasNoChildren) "/" lists'],
        "CREATE Lists": [],
        "SUBSCRIBE x": ['* LIST (\\NonExistent \\HasNoChildren \\Subscribed) "/" x'],
        "UNSUBSCRIBE x": ['* LIST (\\NonExistent \\HasNoChildren) "/" x'],
        "SUBSCRIBE y": [],
    }
    for command, lines in told.items():
        await other.do(command)
        assert sorted(await talk.hear()) == sorted(lines), command


async def test_what_comes_into_view_is_watched_from_then_on(world: World, other: Talk) -> None:
    talk = await _begin(world, f"(SUBSCRIBED {MESSAGES}) (MAILBOXES later {FLAGS})")
    await other.do("CREATE later")
    assert await talk.hear() == []
    await other.append("later", build_message("a"))
    assert await talk.hear() == ["* STATUS later (UIDNEXT 2 MESSAGES 1 UNSEEN 1)"]
    await other.do("UNSUBSCRIBE Sent")
    await other.append("Sent", build_message("a"))
    assert await talk.hear() == []
    await other.do("DELETE later")
    await other.do("CREATE later")
    lines = await talk.hear()  # another UIDVALIDITY (RFC 5465 §5.1)
    assert len(lines) == 1
    assert lines[0].startswith("* STATUS later (MESSAGES 0 UIDNEXT 1 UIDVALIDITY ")


# -- what is refused


async def test_events_we_cannot_tell_are_refused_by_name_and_change_nothing(world: World) -> None:
    talk = await _begin(world, f"(SELECTED {MESSAGES})")
    for events in ("(MessageNew MessageExpunge AnnotationChange)", "(X-Unheard-Of)"):
        answer = (await talk.do(f"NOTIFY SET (PERSONAL {events})"))[-1]
        assert answer.startswith("NO [BADEVENT (MessageNew MessageExpunge FlagChange MailboxName SubscriptionChange")
    assert (await talk.do("NOTIFY SET (PERSONAL (FlagChange))"))[-1].startswith("BAD ")
    many = " ".join(f"BODY.PEEK[{part}]" for part in range(1, 200))
    answer = (await talk.do(f"NOTIFY SET (SELECTED (MessageNew ({many}) MessageExpunge))"))[-1]
    assert answer.startswith("BAD ")
    world.deliver()
    assert (await talk.hear())[0] == "* 1 EXISTS"


async def test_too_much_is_refused_or_given_up(world: World, other: Talk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watch, "MAX_WATCHED", 5)
    talk = await sign_in(world)
    answer = await talk.do(f"NOTIFY SET (PERSONAL {MESSAGES})")
    assert answer[-1].startswith("NO [NOTIFICATIONOVERFLOW]")
    world.deliver()
    assert (await talk.do("NOOP"))[0] == "* 1 EXISTS"  # as before
    await talk.do(f"NOTIFY SET (SELECTED {MESSAGES}) (SUBTREE a {MESSAGES})")
    await other.do("CREATE a/b/c/d/e/f")
    assert (await talk.hear())[0].startswith("* OK [NOTIFICATIONOVERFLOW]")
    world.deliver()
    assert await talk.hear() == []
    assert await talk.do("NOOP") == ["OK NOOP completed"]  # RFC 5465 §5.8: as after NOTIFY NONE


async def test_nobody_notifies_before_signing_in(world: World) -> None:
    assert (await Talk(world).do("NOTIFY NONE"))[-1].startswith("BAD [CLIENTBUG]")


# -- boxes of others


@pytest.fixture
def team(world: World) -> Account:
    return add_account(world.store, "cardio@a.test")


async def _act_as(world: World, account: Account) -> Talk:
    talk = await sign_in(world, select="")
    talk.session.account = account
    return talk


async def test_rights_given_and_taken_open_and_end_the_watch(world: World, team: Account) -> None:
    owner = await _act_as(world, team)
    talk = await _begin(world, '(SUBTREE "Other Users" (MailboxName MessageNew MessageExpunge))')
    await owner.append("INBOX", build_message("a"))
    assert await talk.hear() == []
    await owner.do("SETACL INBOX anne@a.test lr")
    assert [line.split(" UIDVALIDITY")[0] for line in await talk.hear()] == [
        f'* LIST (\\HasNoChildren) "/" {BOX}',
        '* LIST (\\NonExistent \\HasChildren) "/" "Other Users"',
        f"* STATUS {BOX} (MESSAGES 1 UIDNEXT 2",
    ]
    await owner.append("INBOX", build_message("b"))
    assert await talk.hear() == [f"* STATUS {BOX} (UIDNEXT 3 MESSAGES 2)"]
    await owner.do("SETACL INBOX anne@a.test -r")
    assert await talk.hear() == [f'* LIST (\\NoAccess \\HasNoChildren) "/" {BOX}']
    await owner.append("INBOX", build_message("c"))
    assert await talk.hear() == []
    await owner.do("SETACL INBOX anne@a.test +r")
    assert (await talk.hear())[0] == f'* LIST (\\HasNoChildren) "/" {BOX}'
    await owner.do("DELETEACL INBOX anne@a.test")
    assert await talk.hear() == [
        f'* LIST (\\NonExistent \\NoAccess \\HasNoChildren) "/" {BOX}',
        '* LIST (\\NonExistent \\HasNoChildren) "/" "Other Users"',
    ]
    await owner.append("INBOX", build_message("d"))
    await owner.do("CREATE secret")
    assert await talk.hear() == []


async def test_what_may_not_be_read_is_said_to_be_closed(world: World, team: Account) -> None:
    world.store.submit(lambda conn: grant(conn, team.address, world.anne.address, "l", NOW, "Sent")).result()
    talk = await sign_in(world)
    assert await talk.do(f'NOTIFY SET STATUS (MAILBOXES ("Other Users/cardio@a.test/Sent" {BOX}) {MESSAGES})') == [
        '* LIST (\\NoAccess \\HasNoChildren) "/" "Other Users/cardio@a.test/Sent"',
        "OK NOTIFY completed",
    ]


async def test_rights_taken_elsewhere_count_before_anybody_rings(world: World, team: Account) -> None:
    """An administrator's command in another process: what is told is asked with the rights of that moment."""
    world.store.submit(lambda conn: grant(conn, team.address, world.anne.address, "lr", NOW)).result()
    owner, talk = await _act_as(world, team), await _begin(world, f'(SUBTREE "Other Users" {MESSAGES})')
    world.store.submit(lambda conn: revoke(conn, team.address, world.anne.address)).result()
    await owner.append("INBOX", build_message("a"))
    assert await talk.hear() == []
    world.bells.ring_all()
    assert all("\\NonExistent \\NoAccess" in line for line in await talk.hear())


async def test_what_another_process_did_is_told_once_it_is_noticed(world: World, other: Talk) -> None:
    talk = await _begin(world, f"(SELECTED {MESSAGES}) (PERSONAL (MailboxName MessageNew MessageExpunge))")
    bells = world.bells
    world.mailboxes._ringing._bells = type(bells)()  # nobody hears what ``other`` does
    await other.do("CREATE a")
    await other.append("Sent", build_message("x"))
    await other.append("INBOX", build_message("x"))
    bells.ring_all()
    assert await talk.hear() == [
        *("* 1 EXISTS", "* 1 RECENT"),
        *('* LIST (\\HasNoChildren) "/" a', "* STATUS Sent (UIDNEXT 2 MESSAGES 1)"),
    ]


async def test_signing_out_lets_go_of_everything(world: World) -> None:
    talk = await _begin(world, f"(SELECTED {MESSAGES}) (PERSONAL (MailboxName MessageNew MessageExpunge))")
    assert world.bells.listeners > 0
    await talk.do("LOGOUT")
    assert world.bells.listeners == 0
