"""FETCH over the real store: what is shown, what is marked, and what one bad message may not do."""

import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update

from mssmail.core.mailbox import UID, MessageMeta, StoreAction
from mssmail.core.threads import name_thread
from mssmail.imap.session import Severed
from mssmail.journal import Event
from mssmail.store.journal import read_entries
from mssmail.store.schema import messages, sort_keys
from tests.imap.support import MESSAGE, PREFIX, World, build_message, sign_in


def _literal(answer: bytes, label: bytes) -> bytes:
    """The octets of the literal that follows the label."""
    rest = answer.split(label + b" {", 1)[1]
    size, _, data = rest.partition(b"}\r\n")
    return data[: int(size)]


def _find_files(world: World) -> list[Path]:
    return [path for _, path in world.store.body_files.list_files()]


async def test_shows_the_prefix_and_then_the_bytes_that_came(world: World) -> None:
    world.deliver()
    talk = await sign_in(world)
    answer = await talk.say(b"T FETCH 1 (BODY.PEEK[] RFC822.SIZE)\r\n")
    assert _literal(answer, b"BODY[]") == PREFIX + MESSAGE
    assert b"RFC822.SIZE %d " % len(PREFIX + MESSAGE) in answer


async def test_several_sections_stand_in_one_response(world: World) -> None:
    world.deliver()
    talk = await sign_in(world)
    assert await talk.say(b"T UID FETCH 1 (BODY.PEEK[TEXT] FLAGS BODY.PEEK[HEADER.FIELDS (Subject)]<2.5>)\r\n") == (
        b"* 1 FETCH (UID 1 FLAGS (\\Recent) BODY[TEXT] {10}\r\nthe body\r\n"
        b" BODY[HEADER.FIELDS (Subject)]<2> {5}\r\nbject)\r\nT OK FETCH completed\r\n"
    )


@pytest.mark.parametrize(
    ("item", "label"),
    [("RFC822", "RFC822"), ("RFC822.TEXT", "RFC822.TEXT"), ("BODY[1]", "BODY[1]"), ("BODY[]<3.2>", "BODY[]<3>")],
)
async def test_reading_marks_as_seen_and_says_so(world: World, item: str, label: str) -> None:
    world.deliver()
    talk, other = await sign_in(world), await sign_in(world)
    assert (await talk.do(f"FETCH 1 {item}"))[0].startswith(f"* 1 FETCH (FLAGS (\\Recent \\Seen) {label} {{")
    assert (await talk.do(f"FETCH 1 {item}"))[0].startswith(f"* 1 FETCH ({label} {{")
    assert await other.do("NOOP") == ["* 1 FETCH (UID 1 FLAGS (\\Seen))", "OK NOOP completed"]


async def test_peeking_marks_nothing(world: World) -> None:
    world.deliver()
    talk = await sign_in(world)
    for item in ("BODY.PEEK[]", "RFC822.HEADER", "BODYSTRUCTURE"):
        await talk.do(f"FETCH 1 {item}")
    assert (await talk.do("FETCH 1 FLAGS"))[0] == "* 1 FETCH (FLAGS (\\Recent))"


async def test_the_journal_knows_whose_bodies_were_read(world: World) -> None:
    for subject in ("one", "two", "three"):
        world.deliver(build_message(subject))
    talk = await sign_in(world)
    await talk.do("FETCH 1:3 (FLAGS ENVELOPE BODY.PEEK[HEADER])")
    assert world.store.read(lambda conn: read_entries(conn, event=Event.FETCHED)).result() == []
    await talk.do("FETCH 1,3 BODY.PEEK[TEXT]")
    world.store.submit(lambda _conn: None).result()  # whatever was submitted before is on the disk
    (kept,) = world.store.read(lambda conn: read_entries(conn, event=Event.FETCHED)).result()
    assert kept.entry.facts["uids"] == "1,3"
    assert kept.entry.trace_id == "s1"


async def test_messages_that_have_gone_are_left_out(world: World) -> None:
    for subject in ("one", "two", "three"):
        world.deliver(build_message(subject))
    talk, other = await sign_in(world), await sign_in(world)
    await other.do("STORE 2:3 +FLAGS.SILENT (\\Deleted)")
    await other.do("EXPUNGE")
    assert await talk.do("FETCH 1:3 (UID FLAGS)") == [
        "* 1 FETCH (UID 1 FLAGS (\\Recent))",
        "OK [EXPUNGEISSUED] FETCH completed, but some messages were expunged",
    ]
    # the numbers have not moved while FETCH counted by them; NOOP tells
    assert await talk.do("NOOP") == ["* 3 EXPUNGE", "* 2 EXPUNGE", "OK NOOP completed"]
    assert await talk.do("FETCH 2:* UID") == ["* 1 FETCH (UID 1)", "OK FETCH completed"]
    assert await talk.do("UID FETCH 9:* UID") == ["* 1 FETCH (UID 1)", "OK FETCH completed"]
    assert await talk.do("UID FETCH 9 UID") == ["OK FETCH completed"]


async def test_a_number_has_its_uid_as_long_as_the_client_counts_it(world: World) -> None:
    for subject in ("one", "two", "three"):
        world.deliver(build_message(subject))
    talk, other = await sign_in(world), await sign_in(world)
    await other.do("STORE 2 +FLAGS.SILENT (\\Deleted)")
    await other.do("EXPUNGE")
    told = ["* 1 FETCH (UID 1)", "* 2 FETCH (UID 2)", "* 3 FETCH (UID 3)", "OK FETCH completed"]
    assert await talk.do("FETCH 1:* UID") == told
    assert await talk.do("FETCH 1:* (UID)") == told
    assert await talk.do("NOOP") == ["* 2 EXPUNGE", "OK NOOP completed"]
    assert await talk.do("FETCH 1:* UID") == ["* 1 FETCH (UID 1)", "* 2 FETCH (UID 3)", "OK FETCH completed"]


async def test_asking_for_what_is_new_finds_it_before_anybody_told(world: World) -> None:
    talk = await sign_in(world)
    world.deliver()
    assert await talk.do("UID FETCH 1:* FLAGS") == [
        "* 1 EXISTS",
        "* 1 RECENT",
        "* 1 FETCH (UID 1 FLAGS (\\Recent))",
        "OK FETCH completed",
    ]


async def test_a_number_beyond_the_mailbox_is_a_mistake(world: World) -> None:
    world.deliver()
    talk = await sign_in(world)
    assert await talk.do("FETCH 2 FLAGS") == ["BAD No message has this number"]
    await talk.do("SELECT Drafts")
    assert await talk.do("FETCH 1:* FLAGS") == ["OK FETCH completed"]


async def test_the_sections_of_one_command_are_bounded(world: World) -> None:
    world.deliver()
    talk = await sign_in(world)
    asked = " ".join(f"BODY.PEEK[]<{offset}.1>" for offset in range(101))
    assert await talk.do(f"FETCH 1 ({asked})") == ["BAD This command does not parse"]


async def test_a_store_that_cannot_write_still_lets_people_read(world: World) -> None:
    world.deliver()
    talk = await sign_in(world)
    world.store.submit(lambda conn: conn.exec_driver_sql("ALTER TABLE journal RENAME TO hidden")).result()
    answer = await talk.do("FETCH 1 BODY[TEXT]")
    assert answer[0] == "* 1 FETCH (FLAGS (\\Recent \\Seen) BODY[TEXT] {10}"
    assert answer[-1] == "OK FETCH completed"


async def test_many_messages_come_in_order(world: World) -> None:
    for number in range(130):
        world.deliver(build_message(f"m{number}"))
    talk = await sign_in(world)
    lines = await talk.do("FETCH 1:* (UID BODY.PEEK[HEADER.FIELDS (Subject)])")
    assert [line for line in lines if line.startswith("Subject")] == [f"Subject: m{n}" for n in range(130)]
    assert [line.split()[1] for line in lines if line.startswith("* ")] == [str(n) for n in range(1, 131)]


async def test_a_large_message_is_streamed_in_pieces(world: World) -> None:
    body = random.Random(1).randbytes(3_000_000).hex().encode() + b"\r\n"
    world.deliver(build_message("large", body))
    talk = await sign_in(world)
    answer = await talk.say(b"T FETCH 1 BODY.PEEK[]\r\n")
    assert _literal(answer, b"BODY[]") == PREFIX + build_message("large", body)
    assert talk.wire.largest <= 65_536
    answer = await talk.say(b"T FETCH 1 BODY.PEEK[TEXT]<1000000.500000>\r\n")
    assert _literal(answer, b"BODY[TEXT]<1000000>") == body[1_000_000:1_500_000]


async def test_one_message_that_cannot_be_read_does_not_hide_the_others(world: World) -> None:
    world.deliver(build_message("small"))
    world.deliver(build_message("large", b"x" * 300_000))
    world.deliver(build_message("last"))
    (file,) = _find_files(world)
    file.unlink()
    talk = await sign_in(world)
    answer = await talk.do("FETCH 1:3 (UID BODY.PEEK[TEXT])")
    assert answer[0] == "* 1 FETCH (UID 1 BODY[TEXT] {10}"
    assert answer[3].startswith("* NO [SERVERBUG] The message with UID 2 cannot be read; it is incident ")
    assert answer[4] == "* 3 FETCH (UID 3 BODY[TEXT] {10}"
    assert answer[-1] == "OK FETCH completed"
    # what needs no bytes is shown of it all the same
    assert (await talk.do("FETCH 2 (RFC822.SIZE ENVELOPE)"))[0].startswith("* 2 FETCH (RFC822.SIZE 3")


async def test_when_nothing_can_be_read_the_command_fails(world: World) -> None:
    for number in range(13):
        world.deliver(build_message(f"m{number}", b"%d" % number * 200_000))
    for file in _find_files(world):
        file.unlink()
    talk = await sign_in(world)
    answer = await talk.do("FETCH 1:* BODY.PEEK[]")
    assert answer[-1] == "NO [UNAVAILABLE] The mailboxes cannot be reached now"


async def test_a_message_that_breaks_off_while_it_is_sent_cuts_the_connection(world: World) -> None:
    world.deliver(build_message("large", b"x" * 2_000_000))
    (file,) = _find_files(world)
    with file.open("r+b") as handle:
        handle.truncate(1_000_000)
    talk = await sign_in(world)
    with pytest.raises(Severed):
        await talk.say(b"T FETCH 1 BODY.PEEK[]\r\n")
    assert not talk.wire.sent.endswith(b")\r\n"), "nobody may take the torso for the whole"


async def test_a_damaged_part_table_hides_parts_but_not_the_message(world: World) -> None:
    world.deliver()
    world.store.submit(lambda conn: conn.execute(update(messages).values(parts=b"junk", envelope=b""))).result()
    talk = await sign_in(world)
    answer = await talk.say(b"T FETCH 1 (ENVELOPE BODY.PEEK[1] BODY.PEEK[])\r\n")
    assert b"ENVELOPE (NIL NIL NIL NIL NIL NIL NIL NIL NIL NIL) BODY[1] NIL BODY[] {" in answer
    assert _literal(answer, b"BODY[]") == PREFIX + MESSAGE


async def test_a_header_too_long_for_a_row_is_read_alone(world: World) -> None:
    long = build_message("long").replace(b"To:", b"X-Long: " + b"y\r\n " * 40_000 + b"z\r\nTo:")
    world.deliver(long)
    talk = await sign_in(world)
    answer = await talk.say(b"T FETCH 1 BODY.PEEK[HEADER.FIELDS (To)]\r\n")
    assert _literal(answer, b"BODY[HEADER.FIELDS (To)]") == b"To: anne@a.test\r\n\r\n"
    assert len(_literal(await talk.say(b"T FETCH 1 BODY.PEEK[HEADER]\r\n"), b"BODY[HEADER]")) > 120_000


async def test_flags_seen_in_a_fetch_are_not_told_again(world: World) -> None:
    world.deliver()
    talk, other = await sign_in(world), await sign_in(world)
    await other.do("STORE 1 +FLAGS.SILENT (\\Flagged)")
    assert await talk.do("FETCH 1 FLAGS") == ["* 1 FETCH (FLAGS (\\Flagged \\Recent))", "OK FETCH completed"]


async def test_changed_since_tells_only_what_changed(world: World) -> None:
    for number in range(3):
        world.deliver(build_message(f"m{number}"))
    talk = await sign_in(world)
    await talk.do("STORE 2 +FLAGS.SILENT (\\Seen)")
    assert await talk.do("FETCH 1:3 FLAGS (CHANGEDSINCE 4)") == [
        "* OK [HIGHESTMODSEQ 5] From here on",
        "* 2 FETCH (FLAGS (\\Recent \\Seen) MODSEQ (5))",
        "OK FETCH completed",
    ]
    assert len(await talk.do("UID FETCH 1:* FLAGS (CHANGEDSINCE 0)")) == 4


async def test_of_a_window_only_what_changed_is_told(world: World) -> None:
    """RFC 9394 §3.4: the last two messages, and of them those that changed."""
    for number in range(4):
        world.deliver(build_message(f"m{number}"))
    talk = await sign_in(world)
    await talk.do("STORE 1,3 +FLAGS.SILENT (\\Seen)")
    for modifiers in ("PARTIAL -1:-2 CHANGEDSINCE 5", "CHANGEDSINCE 5 PARTIAL -1:-2"):
        told = await talk.do(f"UID FETCH 1:* FLAGS ({modifiers})")
        assert [line for line in told if "FETCH" in line][:-1] == [
            "* 3 FETCH (UID 3 FLAGS (\\Recent \\Seen) MODSEQ (6))"
        ]


async def test_vanished_tells_what_went_up_to_the_last_there_ever_was(world: World) -> None:
    for number in range(4):
        world.deliver(build_message(f"m{number}"))
    talk, other = await sign_in(world), await sign_in(world)
    await talk.do("ENABLE QRESYNC")
    await other.do("STORE 2,4 +FLAGS.SILENT (\\Deleted)")
    await other.do("EXPUNGE")
    assert await talk.do("UID FETCH 1:* (FLAGS) (CHANGEDSINCE 6 VANISHED)") == [
        "* VANISHED 2,4",  # the client still counted them: this is told once
        "OK FETCH completed",
    ]
    assert await talk.do("UID FETCH 1:* (FLAGS) (CHANGEDSINCE 6 VANISHED)") == [
        "* VANISHED (EARLIER) 2,4",
        "OK FETCH completed",
    ]
    assert await talk.do("UID FETCH 3:9 (UID) (CHANGEDSINCE 6 VANISHED)") == [
        "* VANISHED (EARLIER) 4",
        "OK FETCH completed",
    ]
    assert await talk.do("UID FETCH 1:* (UID) (CHANGEDSINCE 7 VANISHED)") == ["OK FETCH completed"]


async def test_marking_as_seen_tells_the_modseq_to_those_who_count_by_it(world: World) -> None:
    world.deliver()
    talk = await sign_in(world)
    await talk.do("ENABLE CONDSTORE")
    answer = await talk.do("FETCH 1 BODY[TEXT]")
    assert answer[0] == "* 1 FETCH (UID 1 MODSEQ (3) FLAGS (\\Recent \\Seen) BODY[TEXT] {10}"  # RFC 7162 §3.2.4


async def test_objects_and_save_dates_are_told(world: World) -> None:
    world.deliver()
    talk = await sign_in(world)
    await talk.do("COPY 1 Archive")
    line = (await talk.do("FETCH 1 (EMAILID THREADID SAVEDATE)"))[0]
    thread = name_thread(1, "1@b.test", "")
    assert line == f'* 1 FETCH (EMAILID (E1) THREADID ({thread}) SAVEDATE "21-Nov-2026 12:00:00 +0000")'
    await talk.do("SELECT Archive")
    line = (await talk.do("FETCH 1 (EMAILID THREADID SAVEDATE)"))[0]
    assert line.startswith(f"* 1 FETCH (EMAILID (E1) THREADID ({thread}) SAVEDATE ")


async def test_answers_are_of_the_thread_they_answer(world: World) -> None:
    fields = (b"", b"References: <1@b.test> <9@b.test>\r\n", b"In-Reply-To: <1@b.test>\r\n", b"")
    for number, field in enumerate(fields, 1):
        world.deliver(MESSAGE.replace(b"<1@b.test>\r\n", b"<%d@b.test>\r\n" % number + field))
    world.deliver(b"Subject: without any id\r\n\r\n")
    world.deliver(b"Subject: without any id\r\n\r\n")
    talk = await sign_in(world)
    told = await talk.do("FETCH 1:* THREADID")
    names = [line.split("(")[2].rstrip(")") for line in told[:-1]]
    assert names[0] == names[1] == names[2]
    assert len(set(names)) == 4
    assert (await talk.do(f"SEARCH THREADID {names[0]}"))[0] == "* SEARCH 1 2 3"
    assert (await talk.do(f"SEARCH NOT THREADID {names[0]}"))[0] == "* SEARCH 4 5 6"
    assert (await talk.do(f"SEARCH OR THREADID {names[5]} TEXT hello THREADID {names[5]}"))[0] == "* SEARCH 6"
    assert (await talk.do(f"SEARCH THREADID {names[0].upper()}"))[0] == "* SEARCH"


async def test_what_is_not_listed_yet_has_no_thread(world: World) -> None:
    world.deliver()
    world.store.submit(lambda conn: conn.execute(sort_keys.delete())).result()
    talk = await sign_in(world)
    assert (await talk.do("FETCH 1 THREADID"))[0] == "* 1 FETCH (THREADID NIL)"
    assert (await talk.do(f"SEARCH NOT THREADID {name_thread(1, '', '')}"))[0] == "* SEARCH 1"


_CORPUS = {path.stem: path.read_bytes() for path in (Path(__file__).parents[2] / "corpus" / "mime").glob("*.eml")}
_HOSTILE = {
    "no header": b"\r\nthe body\r\n",
    "no body": b"Subject: all there is\r\n",
    "nothing": b"",
    "only a name": b"From\r\n\r\nthe body\r\n",
    "8-bit": b"From: \xe9 <b@b.test>\r\nSubject: \xff\xfe\x80 100 %d\r\n\r\n",
    "folded": b"To: a@a.test,\r\n\tb@a.test,\r\n \r\n c@a.test\r\nReferences:\r\n <1@b.test>\r\n\r\n",
    "folded first": b" From: a@b.test\r\nTo: b@a.test\r\n\r\n",
    "a thousand of one": b"To: a@a.test\r\n" * 1000 + b"\r\n",
    "more than is kept apart": b"To: a@a.test\r\n" * 9000 + b"Subject: last\r\n\r\n",
    "a megabyte": b"X-Long: y\r\nSubject: " + b"z" * 1_000_000 + b"\r\nTo: a@a.test\r\n\r\n",
}


@pytest.mark.parametrize("data", [pytest.param(data, id=name) for name, data in sorted((_CORPUS | _HOSTILE).items())])
async def test_fields_that_are_kept_apart_are_those_of_the_header(world: World, data: bytes) -> None:
    world.deliver(data)
    world.deliver()  # the next is told of as ever
    talk = await sign_in(world)
    names = "From To Cc Bcc Subject Date Message-ID Return-Path Authentication-Results References Content-Type"
    told = []
    for more in ("", " X-Not-Listed"):  # which only the whole header could have
        answer = await talk.say(f"A FETCH 1:2 (UID BODY.PEEK[HEADER.FIELDS ({names}{more})])\r\n".encode())
        told.append(answer.replace(more.encode() + b")]", b")]"))
    assert told[0] == told[1]
    assert told[0].count(b" FETCH (UID ") == 2


async def test_the_clock_told_is_not_ahead_of_what_went(world: World) -> None:
    """Who comes back with it asks for what went since (RFC 7162 §3.2.5): it must not lie behind what was not told."""
    for subject in ("one", "two"):
        world.deliver(build_message(subject))
    talk, other = await sign_in(world), await sign_in(world)
    before = next(line for line in await talk.do("EXAMINE INBOX") if "HIGHESTMODSEQ" in line).split()[3].rstrip("]")
    await other.do("STORE 1 +FLAGS.SILENT (\\Deleted)")
    await other.do("EXPUNGE")
    assert "EXPUNGE" not in "".join(await talk.do("FETCH 2 FLAGS"))
    assert f"* OK [HIGHESTMODSEQ {before}] From here on" in await talk.do("FETCH 2 MODSEQ")


async def test_a_keyword_set_just_before_the_message_is_marked_as_seen_is_announced(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.deliver()
    talk = await sign_in(world)
    store_flags = world.mailboxes.store_flags

    async def come_between(mailbox_id: int, uids: Sequence[UID], *rest: Any) -> Sequence[MessageMeta]:
        await store_flags(mailbox_id, uids, StoreAction.ADD, frozenset({"theirs"}))
        return await store_flags(mailbox_id, uids, *rest)

    monkeypatch.setattr(world.mailboxes, "store_flags", come_between)
    told = await talk.do("FETCH 1 BODY[TEXT]<0.1>")
    assert "theirs" in told[0]
    assert told[0].startswith("* FLAGS (")
    assert "FLAGS (" in "".join(told[1:])
