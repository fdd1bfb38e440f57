"""Response codes as the bytes programs read."""

import pytest

from mssmail.core.mailbox import UID, Appended, ModSeq, UIDValidity
from mssmail.imap.wire import response_codes
from mssmail.imap.wire.response_codes import Code

COPIED = Appended(UIDValidity(38505), ((UID(304), UID(3956)), (UID(319), UID(3957)), (UID(320), UID(3958))))


@pytest.mark.parametrize(
    ("code", "text"),
    [
        (Code("ALERT"), b"[ALERT]"),
        (response_codes.build_capability(["IMAP4rev1", "IDLE"]), b"[CAPABILITY IMAP4rev1 IDLE]"),
        (response_codes.build_permanent_flags([r"\Seen", r"\*"]), rb"[PERMANENTFLAGS (\* \Seen)]"),
        (response_codes.build_uid_validity(UIDValidity(7)), b"[UIDVALIDITY 7]"),
        (response_codes.build_uid_next(UID(8)), b"[UIDNEXT 8]"),
        (response_codes.build_unseen(3), b"[UNSEEN 3]"),
        (response_codes.build_highest_modseq(ModSeq(9)), b"[HIGHESTMODSEQ 9]"),
        (response_codes.build_bad_charset(["US-ASCII", "UTF-8"]), b"[BADCHARSET (US-ASCII UTF-8)]"),
        (
            response_codes.build_append_uid(Appended(UIDValidity(1), ((UID(5), UID(5)), (UID(6), UID(6))))),
            b"[APPENDUID 1 5:6]",
        ),
    ],
)
def test_a_code_is_this_text(code: Code, text: bytes) -> None:
    assert code.encode() == text


def test_a_copy_names_sources_and_targets() -> None:
    code = response_codes.build_copy_uid(COPIED)
    assert code is not None
    assert code.encode() == b"[COPYUID 38505 304,319:320 3956:3958]"


def test_a_copy_of_nothing_has_no_code() -> None:
    assert response_codes.build_copy_uid(Appended(UIDValidity(1), ())) is None


def test_the_codes_of_extensions() -> None:
    assert response_codes.build_mailbox_id(12) == Code("MAILBOXID", b"(M12)")
    assert response_codes.build_modified([3, 4, 9]) == Code("MODIFIED", b"3:4,9")
    assert (
        response_codes.build_bad_event(["MessageNew", "FlagChange"]).encode() == b"[BADEVENT (MessageNew FlagChange)]"
    )


@pytest.mark.parametrize(
    ("tag", "done", "goal", "value"),
    [
        ("a1", 175, 1000, b'("a1" 175 1000)'),
        ("a1", 175, None, b'("a1" 175 NIL)'),
        ("a1", None, None, b'("a1" NIL NIL)'),
        ("a1", None, 10, b'("a1" NIL NIL)'),
        ("a]1", 0, 10, b"(NIL 0 10)"),
        ("", 0, 10, b"(NIL 0 10)"),
    ],
)
def test_progress_is_told_as_far_as_it_is_known(tag: str, done: int | None, goal: int | None, value: bytes) -> None:
    assert response_codes.build_in_progress(tag, done, goal) == Code("INPROGRESS", value)
