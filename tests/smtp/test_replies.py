"""Each fault has its reply; what nobody foresaw shows nothing of itself."""

import pytest

from mssmail import errors
from mssmail.core.reply import Reply
from mssmail.smtp.replies import RefusedArgument, build_incident_reply, build_ok, find_reply


@pytest.mark.parametrize(
    ("fault", "reply"),
    [
        (errors.StoreUnavailable(), "451 4.3.0"),
        (errors.SpoolFull(), "452 4.3.1"),
        (errors.OverQuota(), "452 4.2.2"),
        (errors.NoSuchAccount(), "550 5.1.1"),
        (errors.BadCredentials(), "535 5.7.8"),
        (errors.TlsRequired(), "530 5.7.0"),
        (errors.BadLineEnding(), "550 5.6.0"),
        (errors.LineTooLong(), "550 5.6.0"),
        (errors.TooBig(), "552 5.3.4"),
        (errors.BadSyntax(), "501 5.5.4"),
        (errors.WrongState(), "503 5.5.1"),
        (errors.FrameTooBig(), "500 5.5.6"),
        (errors.WorkerFault(), "451 4.3.0"),
    ],
)
def test_a_known_fault_has_its_reply(fault: errors.Fault, reply: str) -> None:
    assert str(find_reply(fault)).startswith(reply)


def test_the_reply_never_quotes_the_exception() -> None:
    assert "secret" not in str(find_reply(errors.StoreUnavailable("secret path", table="secret")))
    assert find_reply(KeyError("secret")) is None
    assert find_reply(errors.Fault("secret")) is None
    assert str(build_incident_reply("id1")) == "451 4.3.0 Internal error, try again later (incident id1)"


def test_ok_says_ok() -> None:
    assert str(build_ok()) == "250 2.0.0 OK"


def test_a_refused_argument_brings_its_own_reply() -> None:
    reply = Reply(555, "5.5.4", "No")
    assert find_reply(RefusedArgument(reply)) is reply
