"""Both mechanisms, with and without an initial response, and what is no answer."""

import base64
from collections.abc import Sequence

import pytest

from mssmail.smtp.login import Ask, Credentials, read_credentials
from mssmail.smtp.replies import RefusedArgument


def _encode(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def _answer(lines: Sequence[str], asked: list[str]) -> Ask:
    waiting = list(lines)

    async def ask(challenge: str) -> bytes:
        asked.append(challenge)
        return waiting.pop(0).encode()

    return ask


ALICE = Credentials("alice@a.test", "pässword ☂")


@pytest.mark.parametrize(
    ("mechanism", "initial", "lines", "challenges"),
    [
        ("PLAIN", _encode("\0alice@a.test\0pässword ☂"), [], []),
        ("PLAIN", _encode("alice@a.test\0alice@a.test\0pässword ☂"), [], []),
        ("PLAIN", None, [_encode("\0alice@a.test\0pässword ☂")], [""]),
        ("LOGIN", None, [_encode("alice@a.test"), _encode("pässword ☂")], ["VXNlcm5hbWU6", "UGFzc3dvcmQ6"]),
        ("LOGIN", _encode("alice@a.test"), [_encode("pässword ☂")], ["UGFzc3dvcmQ6"]),
    ],
)
async def test_reads_credentials(mechanism: str, initial: str | None, lines: list[str], challenges: list[str]) -> None:
    asked: list[str] = []
    assert await read_credentials(mechanism, initial, _answer(lines, asked)) == ALICE
    assert asked == challenges


@pytest.mark.parametrize(
    ("mechanism", "initial", "lines", "reply"),
    [
        ("PLAIN", None, ["*"], "501 5.7.0"),
        ("LOGIN", None, ["*"], "501 5.7.0"),
        ("LOGIN", None, [_encode("alice@a.test"), "*"], "501 5.7.0"),
        ("PLAIN", "???", [], "501 5.5.2"),
        ("PLAIN", "YQ", [], "501 5.5.2"),
        ("PLAIN", "=", [], "501 5.5.2"),
        ("PLAIN", _encode("\0alice"), [], "501 5.5.2"),
        ("PLAIN", _encode("\0alice\0x\0y"), [], "501 5.5.2"),
        ("PLAIN", base64.b64encode(b"\0\xff\0x").decode(), [], "501 5.5.2"),
        ("PLAIN", _encode("bob@a.test\0alice@a.test\0x"), [], "535 5.7.8"),
        ("LOGIN", _encode("alice@a.test"), ["not base64"], "501 5.5.2"),
    ],
)
async def test_refuses_what_is_no_answer(mechanism: str, initial: str | None, lines: list[str], reply: str) -> None:
    with pytest.raises(RefusedArgument) as caught:
        await read_credentials(mechanism, initial, _answer(lines, []))
    assert str(caught.value.reply).startswith(reply)


def test_the_password_shows_in_no_log() -> None:
    assert "pässword" not in repr(ALICE)
