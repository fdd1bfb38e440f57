"""A reply's code and status agree, or there is no reply."""

import pytest

from mssmail.core.reply import Reply


def test_a_reply_reads_as_on_the_wire() -> None:
    assert str(Reply(550, "5.7.1", "No")) == "550 5.7.1 No"
    assert str(Reply(354, "", "Go on")) == "354 Go on"
    assert str(Reply(250, "2.0.0", "")) == "250 2.0.0"


@pytest.mark.parametrize(
    ("code", "status", "text"),
    [
        (550, "4.7.1", "class differs"),
        (550, "5.7", "two numbers"),
        (550, "5.7.1000", "too many digits"),
        (199, "", "no such code"),
        (600, "", "no such code"),
        (354, "3.0.0", "there is no class 3"),
        (550, "5.7.1", "two\r\nlines"),
        (550, "5.7.1", "caf\N{LATIN SMALL LETTER E WITH ACUTE}"),
    ],
)
def test_refuses_a_reply_that_contradicts_itself(code: int, status: str, text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        Reply(code, status, text)


@pytest.mark.parametrize(
    ("code", "temporary", "permanent"), [(250, False, False), (451, True, False), (550, False, True)]
)
def test_knows_whether_trying_again_may_help(code: int, temporary: bool, permanent: bool) -> None:
    reply = Reply(code, f"{code // 100}.0.0", "")
    assert (reply.is_temporary, reply.is_permanent) == (temporary, permanent)


def test_every_byte_that_is_not_printable_is_refused() -> None:
    for code in range(256):
        if 0x20 <= code <= 0x7E:
            assert str(Reply(250, "2.0.0", chr(code))).endswith(chr(code))
        else:
            with pytest.raises(ValueError, match="printable"):
                Reply(250, "2.0.0", chr(code))


def test_a_refusal_can_carry_the_id_that_explains_it() -> None:
    named = Reply(550, "5.7.1", "No").with_id("0abc")
    assert str(named) == "550 5.7.1 No (0abc)"
    assert named.with_id("0abc") == named
