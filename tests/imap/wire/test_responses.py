"""Each response as the bytes a client reads."""

import pytest

from mssmail.core.mailbox import ModSeq
from mssmail.imap.wire.response_codes import Code
from mssmail.imap.wire.responses import (
    Capabilities,
    Challenge,
    Condition,
    Continuation,
    Enabled,
    Exists,
    Expunged,
    Extended,
    Flags,
    Found,
    ListLine,
    MailboxStatus,
    Namespaces,
    QuotaRoots,
    QuotaStorage,
    Recent,
    Response,
    ServerId,
    Sorted,
    StatusResponse,
    Threads,
    Vanished,
    encode_response,
)


@pytest.mark.parametrize(
    ("response", "line"),
    [
        (StatusResponse(Condition.OK, "Done", tag="A1"), b"A1 OK Done"),
        (StatusResponse(Condition.BYE, "Bye"), b"* BYE Bye"),
        (StatusResponse(Condition.NO, "No such", Code("TRYCREATE"), "A1"), b"A1 NO [TRYCREATE] No such"),
        (StatusResponse(Condition.BAD, "été\r\n"), b"* BAD ?t?"),
        (StatusResponse(Condition.PREAUTH, ""), b"* PREAUTH -"),
        (Continuation(), b"+ Go on"),
        (Continuation("idling"), b"+ idling"),
        (Challenge(), b"+ "),
        (Challenge(b"\0a"), b"+ AGE="),
        (Capabilities(("IMAP4rev1", "IDLE")), b"* CAPABILITY IMAP4rev1 IDLE"),
        (Enabled(()), b"* ENABLED"),
        (Enabled(("CONDSTORE",)), b"* ENABLED CONDSTORE"),
        (Flags((r"\Seen", "$a")), rb"* FLAGS ($a \Seen)"),
        (Exists(0), b"* 0 EXISTS"),
        (Recent(2), b"* 2 RECENT"),
        (Expunged(3), b"* 3 EXPUNGE"),
        (Found(()), b"* SEARCH"),
        (Found((2, 84, 882)), b"* SEARCH 2 84 882"),
        (ListLine("INBOX"), b'* LIST () "/" INBOX'),
        (ListLine("été", (r"\HasNoChildren", r"\Sent")), rb'* LIST (\HasNoChildren \Sent) "/" &AOk-t&AOk-'),
        (ListLine("a b", name="LSUB", delimiter=None), b'* LSUB () NIL "a b"'),
        (ListLine("a", child_info=("SUBSCRIBED",)), b'* LIST () "/" a ("CHILDINFO" ("SUBSCRIBED"))'),
        (ListLine("b", old_name="é"), b'* LIST () "/" b ("OLDNAME" (&AOk-))'),
        (ListLine("", (r"\Noselect",)), rb'* LIST (\Noselect) "/" ""'),
        (MailboxStatus("a b", (("MESSAGES", 2), ("UNSEEN", 0))), b'* STATUS "a b" (MESSAGES 2 UNSEEN 0)'),
        (Namespaces(), b'* NAMESPACE (("" "/")) NIL NIL'),
        (
            Namespaces((("", "/"),), (("~", "/"),), (("Équipe/", "/"), ("x", "."))),
            b'* NAMESPACE (("" "/")) (("~" "/")) (("&AMk-quipe/" "/")("x" "."))',
        ),
        (ServerId(), b"* ID NIL"),
        (ServerId((("name", "mssmail"), ("version", "1"))), b'* ID ("name" "mssmail" "version" "1")'),
    ],
)
def test_a_response_is_this_line(response: Response, line: bytes) -> None:
    assert encode_response(response) == line + b"\r\n"


def test_names_are_utf8_once_that_is_enabled() -> None:
    assert encode_response(ListLine("été"), utf8=True) == '* LIST () "/" "été"\r\n'.encode()
    assert encode_response(MailboxStatus("été", (("SIZE", 1),)), utf8=True) == '* STATUS "été" (SIZE 1)\r\n'.encode()


@pytest.mark.parametrize(
    ("response", "line"),
    [
        (Extended("A1", is_uid=False), b'* ESEARCH (TAG "A1")'),
        (
            Extended("A1", is_uid=True, lowest=2, highest=9, count=3, numbers=(2, 3, 9), modseq=ModSeq(17)),
            b'* ESEARCH (TAG "A1") UID MIN 2 MAX 9 COUNT 3 ALL 2:3,9 MODSEQ 17',
        ),
        (Extended("A1", is_uid=False, count=0), b'* ESEARCH (TAG "A1") COUNT 0'),
        (Vanished(((1, 2), (7, 7))), b"* VANISHED 1:2,7"),
        (Vanished(((4, 4),), earlier=True), b"* VANISHED (EARLIER) 4"),
        (Found((2, 5), ModSeq(9)), b"* SEARCH 2 5 (MODSEQ 9)"),
        (Sorted((5, 2)), b"* SORT 5 2"),
        (Sorted(()), b"* SORT"),
        (Sorted((5, 2), ModSeq(9)), b"* SORT 5 2 (MODSEQ 9)"),
        (Threads((), {}), b"* THREAD"),
        (Threads((2, 3), {3: [6]}), b"* THREAD (2)(3 6)"),
        (QuotaRoots("INBOX", ()), b"* QUOTAROOT INBOX"),
        (QuotaRoots("INBOX", ("anne@a.test",)), b'* QUOTAROOT INBOX "anne@a.test"'),
        (QuotaStorage("anne@a.test", 12, 500), b'* QUOTA "anne@a.test" (STORAGE 12 500)'),
    ],
)
def test_a_response_of_an_extension_is_this_line(response: Response, line: bytes) -> None:
    assert encode_response(response) == line + b"\r\n"
