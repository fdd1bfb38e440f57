"""PREVIEW (RFC 8970): made when it is asked for without LAZY, kept, and never NIL then."""

from pathlib import Path

import pytest

from mssmail.store.engine import Store
from mssmail.store.schema import previews
from tests.imap.support import MESSAGE, World, build_message, sign_in


def _forget(store: Store) -> None:
    store.submit(lambda conn: conn.execute(previews.delete())).result()


async def test_lazy_tells_only_what_is_there(world: World) -> None:
    world.deliver()
    world.deliver(build_message("two", b"the second body\r\n"))
    talk = await sign_in(world)
    assert await talk.do("FETCH 1 PREVIEW (LAZY)") == ["* 1 FETCH (PREVIEW NIL)", "OK FETCH completed"]
    assert (await talk.do("UID FETCH 1:* PREVIEW"))[:-1] == [
        '* 1 FETCH (UID 1 PREVIEW "the body")',
        '* 2 FETCH (UID 2 PREVIEW "the second body")',
    ]
    assert (await talk.do("FETCH 1:2 (UID PREVIEW (LAZY) RFC822.SIZE)"))[1].startswith(
        '* 2 FETCH (UID 2 PREVIEW "the second body" RFC822.SIZE '
    )
    assert (await talk.do("FETCH 2 (PREVIEW (LAZY) PREVIEW)"))[0] == '* 2 FETCH (PREVIEW "the second body")'


async def test_asking_marks_nothing_as_seen(world: World) -> None:
    world.deliver()
    talk = await sign_in(world)
    await talk.do("FETCH 1 PREVIEW")
    assert (await talk.do("FETCH 1 FLAGS"))[0] == "* 1 FETCH (FLAGS (\\Recent))"


async def test_what_has_no_words_has_an_empty_preview(world: World) -> None:
    world.deliver(b"Content-Type: application/pkcs7-mime\r\n\r\nMII\r\n")
    talk = await sign_in(world)
    assert (await talk.do("FETCH 1 PREVIEW"))[0] == '* 1 FETCH (PREVIEW "")'
    assert (await talk.do("FETCH 1 PREVIEW (LAZY)"))[0] == '* 1 FETCH (PREVIEW "")'


async def test_text_beyond_ascii_is_a_literal_of_utf_8(world: World) -> None:
    world.deliver(b"Content-Type: text/plain; charset=iso-8859-1\r\n\r\nr\xe9sultat\r\n")
    talk = await sign_in(world)
    assert await talk.say(b"T FETCH 1 PREVIEW\r\n") == (
        b"* 1 FETCH (PREVIEW {9}\r\n" + "résultat".encode() + b")\r\nT OK FETCH completed\r\n"
    )


async def test_a_damaged_message_is_told_as_empty_and_another_time_again(world: World) -> None:
    world.deliver(build_message("big", b"z" * 300_000))
    talk = await sign_in(world)
    files: list[tuple[Path, bytes]] = [(path, path.read_bytes()) for _, path in world.store.body_files.list_files()]
    for path, _ in files:
        path.unlink()
    assert (await talk.do("FETCH 1 PREVIEW"))[0] == '* 1 FETCH (PREVIEW "")'
    for path, data in files:
        path.write_bytes(data)
    assert (await talk.do("FETCH 1 PREVIEW"))[0] == '* 1 FETCH (PREVIEW "' + "z" * 200 + '")'


async def test_more_than_a_batch_of_them_come_in_order(world: World) -> None:
    for number in range(1, 121):
        world.deliver(build_message("x", f"body {number}\r\n".encode()))
    talk = await sign_in(world)
    for _ in range(2):
        answer = await talk.do("FETCH 1:* PREVIEW")
        assert answer[:-1] == [f'* {number} FETCH (PREVIEW "body {number}")' for number in range(1, 121)]
        _forget(world.store)


async def test_a_copy_shares_the_preview(world: World) -> None:
    world.deliver()
    talk = await sign_in(world)
    await talk.do("FETCH 1 PREVIEW")
    await talk.do("COPY 1 INBOX")
    assert (await talk.do("FETCH 2 PREVIEW (LAZY)"))[0] == '* 2 FETCH (PREVIEW "the body")'


async def test_with_bodies_and_marks_in_one_fetch(world: World) -> None:
    world.deliver()
    talk = await sign_in(world)
    answer = await talk.say(b"T FETCH 1 (PREVIEW BODY[TEXT])\r\n")
    assert answer.startswith(b'* 1 FETCH (PREVIEW "the body" FLAGS (\\Recent \\Seen) BODY[TEXT] {10}\r\n')


@pytest.mark.parametrize("wrong", ["PREVIEW ()", "PREVIEW (EAGER)", "(PREVIEW (LAZY", "PREVIEW(LAZY)", "PREVIEW[1]"])
async def test_refuses_what_is_no_modifier(world: World, wrong: str) -> None:
    world.deliver(MESSAGE)
    talk = await sign_in(world)
    assert (await talk.do(f"FETCH 1 {wrong}"))[-1].startswith("BAD")
