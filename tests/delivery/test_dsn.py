import email
import email.policy
from dataclasses import replace
from datetime import UTC, datetime
from email.message import EmailMessage, Message

import pytest

from mssmail.core.address import parse_address
from mssmail.core.reply import Reply
from mssmail.delivery.dsn import FailedRecipient, Undelivered, build_failure_report, cut_header

AT = datetime(2026, 6, 3, 8, 0, tzinfo=UTC)
ARRIVED = datetime(2026, 6, 1, 7, 0, tzinfo=UTC)
HEADER = b"From: me@ours.test\r\nSubject: hello\r\nMessage-ID: <1@ours.test>\r\n"
NOBODY = FailedRecipient(
    parse_address("b@peer.test"), Reply(550, "5.1.1", "No such user"), "", "mx.peer.test", attempted_at=AT
)
SILENT = FailedRecipient(parse_address('"odd one"@peer.test'), None, "the peer was silent for 300 s: MAIL\r\nX: y")
MESSAGE = Undelivered(parse_address("me@ours.test"), HEADER + b"\r\nsecret body\r\n", "trace0001", ARRIVED, (NOBODY,))


def _build(undelivered: Undelivered = MESSAGE) -> bytes:
    return build_failure_report(undelivered, parse_address("postmaster@ours.test"), "mx.ours.test", "id42", AT)


def _parse(raw: bytes) -> tuple[EmailMessage, list[Message]]:
    message = email.message_from_bytes(raw, policy=email.policy.default)
    assert isinstance(message, EmailMessage)
    assert not message.defects
    return message, list(message.iter_parts())


def _groups(status: Message) -> list[dict[str, str]]:
    groups = status.get_payload()
    assert isinstance(groups, list)
    return [dict(group.items()) for group in groups if isinstance(group, Message)]


def _text(part: Message) -> str:
    assert isinstance(part, EmailMessage)
    return str(part.get_content()).replace("\r\n", "\n")


def test_is_a_report_that_other_programs_read() -> None:
    message, (text, status, header) = _parse(_build())
    assert message.get_content_type() == "multipart/report"
    assert message["Content-Type"].params["report-type"] == "delivery-status"
    assert (message["To"], message["Auto-Submitted"]) == ("me@ours.test", "auto-replied")
    assert message["From"].addresses[0].addr_spec == "postmaster@ours.test"
    assert message["Message-ID"] == "<id42@ours.test>"
    assert [text.get_content_type(), status.get_content_type(), header.get_content_type()] == [
        "text/plain",
        "message/delivery-status",
        "text/rfc822-headers",
    ]


def test_tells_a_machine_who_why_and_when() -> None:
    _, (_, status, _) = _parse(_build())
    per_message, per_recipient = _groups(status)
    assert per_message == {
        "Reporting-MTA": "dns; mx.ours.test",
        "Arrival-Date": "Mon, 01 Jun 2026 07:00:00 +0000",
    }
    assert per_recipient == {
        "Final-Recipient": "rfc822; b@peer.test",
        "Action": "failed",
        "Status": "5.1.1",
        "Remote-MTA": "dns; mx.peer.test",
        "Diagnostic-Code": "smtp; 550 5.1.1 No such user",
        "Last-Attempt-Date": "Wed, 03 Jun 2026 08:00:00 +0000",
    }


def test_tells_a_person_in_french_and_english() -> None:
    _, (text, _, _) = _parse(_build())
    content = _text(text)
    assert "Votre message n'a pas pu être remis au destinataire :\n\n  b@peer.test\n" in content
    assert "  Réponse de son serveur : 550 5.1.1 No such user\n" in content
    assert "Your message could not be delivered to this recipient:\n\n  b@peer.test\n" in content
    assert "trace0001" in content


def test_returns_the_header_and_nothing_of_the_body() -> None:
    raw = _build()
    _, (_, _, header) = _parse(raw)
    assert header.get_payload(decode=True) == HEADER
    assert b"secret body" not in raw


def test_nothing_in_a_reason_can_begin_a_field() -> None:
    undelivered = replace(MESSAGE, failures=(NOBODY, SILENT))
    raw = _build(undelivered)
    _, (text, status, _) = _parse(raw)
    assert b"\r\nX:" not in raw
    assert _groups(status)[2] == {
        "Final-Recipient": 'rfc822; "odd one"@peer.test',
        "Action": "failed",
        "Status": "4.4.7",
    }
    assert "these recipients:" in _text(text)


@pytest.mark.parametrize(
    ("reply", "status"),
    [(Reply(451, "4.3.0", "x"), "4.3.0"), (Reply(451, "", "x"), "4.0.0"), (Reply(550, "", "x"), "5.0.0")],
)
def test_a_reply_without_status_has_that_of_its_class(reply: Reply, status: str) -> None:
    _, (_, part, _) = _parse(_build(replace(MESSAGE, failures=(replace(NOBODY, reply=reply),))))
    assert _groups(part)[1]["Status"] == status


@pytest.mark.parametrize(
    "header",
    [
        b"Subject: \xc3\xa9t\xc3\xa9\r\nX: \xff\xfe\r\n",
        b"Subject: " + b"long " * 400 + b"\r\n",
        b"Subject: = equals \t \r\n .dot\r\n",
        b"Subject: nul \0\r\n",
    ],
)
def test_a_header_with_anything_in_it_passes_any_hop(header: bytes) -> None:
    raw = _build(replace(MESSAGE, data=header + b"\r\nbody\r\n"))
    _, (_, _, part) = _parse(raw)
    assert raw.isascii()
    assert b"\0" not in raw
    assert max(map(len, raw.split(b"\r\n"))) <= 998
    assert raw.count(b"\n") == raw.count(b"\r\n") == raw.count(b"\r")
    assert part.get_payload(decode=True) == header


def test_a_header_too_long_to_return_is_cut_between_lines() -> None:
    header = b"".join(b"X-%06d: y\r\n" % number for number in range(10_000))
    cut = cut_header(header + b"\r\nbody")
    assert 65_000 < len(cut) <= 65_536
    assert cut.endswith(b"\r\n")
    assert header.startswith(cut)


def test_a_message_that_is_all_header_is_returned_whole() -> None:
    assert cut_header(HEADER) == HEADER
    assert cut_header(HEADER + b"\r\n") == HEADER
    assert cut_header(b"\r\nbody") == b""
