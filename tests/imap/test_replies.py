"""From fault to answer: every row, and no word of an exception on the wire."""

import pytest

from mssmail import errors
from mssmail.core.mailbox import UIDSet
from mssmail.imap.replies import Answer, answer_fault, bad, bye, is_expected, no, ok
from mssmail.imap.wire import commands as c
from mssmail.imap.wire.names import NOWHERE
from mssmail.imap.wire.response_codes import Code
from mssmail.imap.wire.responses import Condition, encode_response

_ROWS = [
    (errors.BadSyntax, Condition.BAD, ""),
    (errors.NoSuchNumber, Condition.BAD, ""),
    (errors.WrongState, Condition.BAD, "CLIENTBUG"),
    (errors.FrameTooBig, Condition.NO, "TOOBIG"),
    (errors.BadCredentials, Condition.NO, "AUTHENTICATIONFAILED"),
    (errors.TlsRequired, Condition.NO, "PRIVACYREQUIRED"),
    (errors.NoSuchMailbox, Condition.NO, "NONEXISTENT"),
    (errors.MailboxExists, Condition.NO, "ALREADYEXISTS"),
    (errors.MailboxGone, Condition.NO, "NONEXISTENT"),
    (errors.ReadOnly, Condition.NO, "NOPERM"),
    (errors.Impossible, Condition.NO, "CANNOT"),
    (errors.OverQuota, Condition.NO, "OVERQUOTA"),
    (errors.TooMany, Condition.NO, "LIMIT"),
    (errors.TooBig, Condition.NO, "TOOBIG"),
    (errors.BadLineEnding, Condition.NO, "CANNOT"),
    (errors.LineTooLong, Condition.NO, "CANNOT"),
    (errors.SpoolFull, Condition.NO, "UNAVAILABLE"),
    (errors.StoreUnavailable, Condition.NO, "UNAVAILABLE"),
    (errors.WorkerFault, Condition.NO, "SERVERBUG"),
    (KeyError, Condition.NO, "SERVERBUG"),
]


@pytest.mark.parametrize(("kind", "condition", "code"), _ROWS)
def test_a_fault_has_its_answer(kind: type[Exception], condition: Condition, code: str) -> None:
    answer = answer_fault(kind("secret /path and text"), c.Noop(), "id1")
    assert answer.condition is condition
    assert answer.code == (Code(code) if code else None)
    assert "secret" not in answer.text
    assert is_expected(kind("x")) == (code != "SERVERBUG")


def test_a_missing_target_asks_the_client_to_create_it() -> None:
    for body in (c.Append("x", ()), c.Copy(UIDSet(((1, 1),)), "x")):
        assert answer_fault(errors.NoSuchMailbox("x"), body, "id1").code == Code("TRYCREATE")
    for name in ("", NOWHERE):  # RFC 9051 §6.3.12: it is certain that none can be made
        assert answer_fault(errors.NoSuchMailbox("x"), c.Append(name, ()), "id1").code == Code("NONEXISTENT")
    assert answer_fault(errors.NoSuchMailbox("x"), c.Select("x"), "id1").code == Code("NONEXISTENT")


def test_a_bug_of_ours_carries_its_incident() -> None:
    assert "id1" in answer_fault(ZeroDivisionError("x"), None, "id1").text


def test_a_charset_we_do_not_read_is_answered_with_those_we_do() -> None:
    answer = answer_fault(errors.BadCharset("x"), None, "id1")
    assert encode_response(answer) == b"* NO [BADCHARSET (US-ASCII UTF-8)] Search in one of these\r\n"


@pytest.mark.parametrize(
    ("answer", "line"),
    [
        (ok("Done"), b"* OK Done\r\n"),
        (no("Gone", "NONEXISTENT"), b"* NO [NONEXISTENT] Gone\r\n"),
        (bad("What?"), b"* BAD What?\r\n"),
        (bye("Ended", Code("UNAVAILABLE")), b"* BYE [UNAVAILABLE] Ended\r\n"),
    ],
)
def test_says_it_in_one_line(answer: Answer, line: bytes) -> None:
    assert encode_response(answer) == line
