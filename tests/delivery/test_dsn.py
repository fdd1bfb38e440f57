import email
import email.policy
import quopri
import re
from dataclasses import replace
from datetime import UTC, datetime
from email.message import EmailMessage, Message

import pytest

from mssmail.core.address import parse_address
from mssmail.core.parameters import MailParameters, OriginalRecipient
from mssmail.core.reply import Reply
from mssmail.core.report import Action
from mssmail.delivery.dsn import build_report, cut_header, returns_message
from mssmail.delivery.reported import Report, ReportedMessage, ReportedRecipient

AT = datetime(2026, 6, 3, 8, 0, tzinfo=UTC)
ARRIVED = datetime(2026, 6, 1, 7, 0, tzinfo=UTC)
HEADER = b"From: me@ours.test\r\nSubject: hello\r\nMessage-ID: <1@ours.test>\r\n"
NOBODY = ReportedRecipient(
    parse_address("b@peer.test"), Reply(550, "5.1.1", "No such user"), "", "mx.peer.test", attempted_at=AT
)
SILENT = ReportedRecipient(parse_address('"odd one"@peer.test'), None, "the peer was silent for 300 s: MAIL\r\nX: y")
MESSAGE = ReportedMessage(parse_address("me@ours.test"), HEADER + b"\r\nsecret body\r\n", "trace0001", ARRIVED)
FAILURE = Report(Action.FAILED, MESSAGE, (NOBODY,))


def _build(report: Report = FAILURE, max_returned_bytes: int = 0) -> bytes:
    author = parse_address("postmaster@ours.test")
    return build_report(report, author, "mx.ours.test", "id42", AT, max_returned_bytes=max_returned_bytes)


def _change(**more: object) -> Report:
    """The failure of another message."""
    return replace(FAILURE, message=replace(MESSAGE, **more))  # type: ignore[arg-type]


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
    raw = _build(replace(FAILURE, recipients=(NOBODY, SILENT)))
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
    _, (_, part, _) = _parse(_build(replace(FAILURE, recipients=(replace(NOBODY, reply=reply),))))
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
    raw = _build(_change(data=header + b"\r\nbody\r\n"))
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


@pytest.mark.parametrize(
    ("action", "reply", "status"),
    [
        (Action.DELAYED, None, "4.4.1"),
        (Action.DELAYED, Reply(451, "4.3.0", "x"), "4.3.0"),
        (Action.DELAYED, Reply(451, "", "x"), "4.0.0"),
        (Action.DELAYED, Reply(550, "5.1.1", "in a session that broke"), "4.4.1"),
        (Action.DELIVERED, None, "2.0.0"),
        (Action.RELAYED, Reply(250, "2.6.0", "x"), "2.0.0"),
        (Action.EXPANDED, None, "2.0.0"),
    ],
)
def test_every_action_has_a_status_of_its_class(action: Action, reply: Reply | None, status: str) -> None:
    until = AT if action is Action.DELAYED else None
    recipient = replace(NOBODY, reply=reply, will_retry_until=until)
    message, (text, part, _) = _parse(_build(replace(FAILURE, action=action, recipients=(recipient, recipient))))
    fields = _groups(part)[1]
    assert (fields["Action"], fields["Status"]) == (action.value, status)
    assert ("Will-Retry-Until" in fields) is (until is not None)
    assert _text(text).count("b@peer.test") == 4
    assert message["Subject"].isascii()


def test_the_author_s_own_names_for_message_and_recipient_come_back() -> None:
    named = replace(NOBODY, original=OriginalRecipient("rfc822", "Bob+x@Example.ORG"))
    report = replace(_change(parameters=MailParameters("HDRS", "QQ+2Ba+20B")), recipients=(named,))
    _, (_, status, _) = _parse(_build(report))
    per_message, per_recipient = _groups(status)
    assert per_message["Original-Envelope-Id"] == "QQ+a B"
    assert per_recipient["Original-Recipient"] == "rfc822; Bob+x@Example.ORG"


@pytest.mark.parametrize(
    ("action", "parameters", "limit", "is_whole"),
    [
        (Action.FAILED, MailParameters("FULL"), 1_000, True),
        (Action.FAILED, MailParameters("full"), 1_000, True),
        (Action.FAILED, MailParameters("FULL"), 50, False),
        (Action.FAILED, MailParameters("HDRS"), 1_000, False),
        (Action.FAILED, MailParameters(), 1_000, False),
        (Action.FAILED, MailParameters("FULL", requires_tls=True), 1_000, False),
        (Action.DELAYED, MailParameters("FULL"), 1_000, False),
        (Action.DELIVERED, MailParameters("FULL"), 1_000, False),
    ],
)
def test_only_a_failure_returns_the_message_and_only_on_request(
    action: Action, parameters: MailParameters, limit: int, is_whole: bool
) -> None:
    report = replace(_change(parameters=parameters), action=action)
    raw = _build(report, limit)
    _, (_, _, returned) = _parse(raw)
    assert returns_message(report, limit) is is_whole
    assert (MESSAGE.data in raw) is is_whole
    assert returned.get_content_type() == ("message/rfc822" if is_whole else "text/rfc822-headers")


def test_eight_bit_content_is_returned_as_it_was() -> None:
    data = HEADER + "\r\né\r\n".encode()
    raw = _build(_change(data=data, parameters=MailParameters("FULL")), 1_000)
    assert b"Content-Type: message/rfc822\r\nContent-Transfer-Encoding: 8bit\r\n\r\n" + data in raw


ZOE = parse_address("zoé@peer.test")


def test_an_international_message_has_an_international_report_all_in_ascii() -> None:
    data = "Subject: é\r\n\r\nbody é\r\n".encode()
    recipients = (ReportedRecipient(ZOE, original=OriginalRecipient("utf-8", "zoé+1@peer.test")),)
    message = replace(MESSAGE, data=data, parameters=MailParameters("FULL", is_utf8=True))
    raw = _build(Report(Action.FAILED, message, recipients), 1_000)
    assert raw.isascii()
    (status_type, status), (returned_type, returned) = _decode_parts(raw)[1:]
    assert status_type == b"message/global-delivery-status"
    assert "Original-Recipient: utf-8; zoé+1@peer.test\r\nFinal-Recipient: utf-8; zoé@peer.test\r\n".encode() in status
    assert (returned_type, returned) == (b"message/global", data)
    header = _decode_parts(_build(Report(Action.FAILED, message, recipients)))[2]
    assert header == (b"message/global-headers", "Subject: é\r\n".encode())


def _decode_parts(raw: bytes) -> list[tuple[bytes, bytes]]:
    """Type and content of each part; Python's parser does not decode message/global (RFC 6532 §3.7 lets it be)."""
    parts = []
    for part in raw.split(b"--=_report_id42")[1:-1]:
        head, _, content = part.removeprefix(b"\r\n").partition(b"\r\n\r\n")
        content = quopri.decodestring(content) if b"quoted-printable" in head else content
        parts.append((re.split(rb"[;\r]", head.removeprefix(b"Content-Type: "))[0], content.removesuffix(b"\r\n")))
    return parts


def test_an_international_name_in_a_plain_report_is_spelt_out() -> None:
    recipient = replace(NOBODY, original=OriginalRecipient("UTF-8", "zoé+1=2\\@peer.test"))
    raw = _build(replace(FAILURE, recipients=(recipient,)))
    assert b"Original-Recipient: UTF-8; zo\\x{E9}\\x{2B}1\\x{3D}2\\x{5C}@peer.test\r\n" in raw
    named = replace(NOBODY, original=OriginalRecipient("rfc822", "zoé@peer.test"))
    assert b"Original-Recipient: utf-8; zo\\x{E9}@peer.test\r\n" in _build(replace(FAILURE, recipients=(named,)))


def test_of_a_message_that_is_not_at_hand_nothing_is_returned() -> None:
    message, parts = _parse(_build(_change(data=b"")))
    assert message.get_content_type() == "multipart/report"
    assert [part.get_content_type() for part in parts] == ["text/plain", "message/delivery-status"]
    assert "reached us at Mon, 01 Jun 2026 07:00:00 +0000" in _text(parts[0])
    assert "attached" not in _text(parts[0])
