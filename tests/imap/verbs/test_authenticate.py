"""SASL: PLAIN and LOGIN, with and without an initial response."""

from base64 import b64encode

import pytest

from mssmail.core.envelope import Peer
from tests.imap.support import PASSWORD, USER, Talk, World


def _encode(*pieces: str) -> str:
    return b64encode("\0".join(pieces).encode()).decode()


_PLAIN = _encode("", USER, PASSWORD)


async def test_plain_with_an_initial_response(world: World) -> None:
    assert (await Talk(world).do(f"AUTHENTICATE PLAIN {_PLAIN}"))[-1].startswith("OK [CAPABILITY ")


async def test_plain_after_an_empty_challenge(world: World) -> None:
    talk = Talk(world)
    assert await talk.say(b"A AUTHENTICATE plain\r\n") == b"+ \r\n"
    assert (await talk.say(_PLAIN.encode() + b"\r\n")).startswith(b"A OK [CAPABILITY ")


async def test_one_may_name_oneself_as_whom_one_acts_for(world: World) -> None:
    assert (await Talk(world).do(f"AUTHENTICATE PLAIN {_encode(USER, USER, PASSWORD)}"))[-1].startswith("OK")


async def test_nobody_acts_for_another(world: World) -> None:
    answer = await Talk(world).do(f"AUTHENTICATE PLAIN {_encode('root', USER, PASSWORD)}")
    assert answer == ["NO [AUTHORIZATIONFAILED] Nobody may sign in for another here"]


async def test_login_asks_for_name_and_password(world: World) -> None:
    talk = Talk(world)
    assert await talk.say(b"A AUTHENTICATE LOGIN\r\n") == b"+ VXNlcm5hbWU6\r\n"
    assert await talk.say(_encode(USER).encode() + b"\r\n") == b"+ UGFzc3dvcmQ6\r\n"
    assert (await talk.say(_encode(PASSWORD).encode() + b"\r\n")).startswith(b"A OK ")


async def test_login_with_the_name_inline_as_outlook_does(world: World) -> None:
    talk = Talk(world)
    assert await talk.say(f"A AUTHENTICATE LOGIN {_encode(USER)}\r\n".encode()) == b"+ UGFzc3dvcmQ6\r\n"
    assert (await talk.say(_encode(PASSWORD).encode() + b"\r\n")).startswith(b"A OK ")


async def test_everything_sent_at_once_is_read_in_order(world: World) -> None:
    data = f"A AUTHENTICATE LOGIN\r\n{_encode(USER)}\r\n{_encode(PASSWORD)}\r\nB NOOP\r\n".encode()
    answer = await Talk(world).say(data)
    assert answer.startswith(b"+ VXNlcm5hbWU6\r\n+ UGFzc3dvcmQ6\r\nA OK ")
    assert answer.endswith(b"B OK NOOP completed\r\n")


@pytest.mark.parametrize(
    "line", ["*", "not base64!", _encode("only one piece"), _encode("a", "b", "c", "d"), "AP8AeA=="]
)
async def test_what_is_no_response_ends_it_and_the_session_goes_on(world: World, line: str) -> None:
    talk = Talk(world)
    await talk.say(b"A AUTHENTICATE PLAIN\r\n")
    assert (await talk.say(line.encode() + b"\r\n")).startswith(b"A BAD ")
    assert await talk.do("NOOP") == ["OK NOOP completed"]


async def test_a_wrong_password_is_told_as_such(world: World) -> None:
    answer = await Talk(world).do(f"AUTHENTICATE PLAIN {_encode('', USER, 'wrong')}")
    assert answer == ["NO [AUTHENTICATIONFAILED] Wrong user name or password"]


async def test_other_mechanisms_are_not_offered(world: World) -> None:
    assert await Talk(world).do("AUTHENTICATE CRAM-MD5") == ["NO [CANNOT] This way of signing in is not offered"]


async def test_before_tls_nothing_is_asked(world: World) -> None:
    talk = Talk(world, peer=Peer("192.0.2.1", 1))
    assert (await talk.do("AUTHENTICATE PLAIN"))[-1].startswith("NO [PRIVACYREQUIRED]")


async def test_a_response_too_long_ends_it(world: World) -> None:
    talk = Talk(world)
    await talk.say(b"A AUTHENTICATE PLAIN\r\n")
    assert (await talk.say(b"x" * 20_000 + b"\r\n")).startswith(b"A NO [TOOBIG] ")
    assert await talk.do("NOOP") == ["OK NOOP completed"]
