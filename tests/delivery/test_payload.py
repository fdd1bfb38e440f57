import pytest
from hypothesis import given
from hypothesis import strategies as st

from mssmail.core.address import Address, parse_address
from mssmail.core.parameters import MailParameters, RecipientParameters
from mssmail.delivery.events import Capabilities, Transaction
from mssmail.delivery.payload import (
    cut_data,
    encode_mail,
    encode_recipient,
    judge_recipient,
    judge_transaction,
    stuff_dots,
)

A, B = parse_address("a@peer.test"), parse_address("b@peer.test")
SENDER = parse_address('"odd one"@ours.test')
DATA = b"Subject: x\r\n\r\n.hidden\r\nbye\r\n"


@pytest.mark.parametrize(
    ("data", "keywords", "refusal"),
    [
        (DATA, {}, ""),
        (b"", {}, ""),
        (b"x\r\n" * 10, {"SIZE": "30"}, ""),
        (b"x\r\n" * 10, {"SIZE": "0"}, ""),
        (b"x\r\n" * 10, {"SIZE": "29"}, "552 5.3.4"),
        ("é\r\n".encode(), {"8BITMIME": ""}, ""),
        ("é\r\n".encode(), {}, "554 5.6.3"),
        (b"a\nb\r\n", {}, "550 5.6.0"),
        (b"a\rb\r\n", {}, "550 5.6.0"),
        (b"a\n\rb\r\n", {}, "550 5.6.0"),
        (b"a\r\n.\n\r\n", {}, "550 5.6.0"),
        (b"a\0b\r\n", {}, "550 5.6.0"),
        (b"a\r\nb", {}, "550 5.6.0"),
        (b"a\r\nb", {"CHUNKING": ""}, ""),
        (b"a\nb", {"CHUNKING": ""}, "550 5.6.0"),
    ],
)
def test_a_message_that_would_have_to_be_changed_is_refused(
    data: bytes, keywords: dict[str, str], refusal: str
) -> None:
    got = judge_transaction(Transaction(None, (A,), data), Capabilities("mx", keywords))
    assert (str(got)[:9] if got else "") == refusal


@given(st.lists(st.sampled_from([b".", b"..", b"a", b"", b".a", b"\t."])))
def test_unstuffing_gives_the_message_back_and_nothing_ends_it_early(lines: list[bytes]) -> None:
    data = b"".join(line + b"\r\n" for line in lines)
    sent = stuff_dots(data).split(b"\r\n")
    assert sent.index(b".") == len(sent) - 2
    assert b"".join(line.removeprefix(b".") + b"\r\n" for line in sent[:-2]) == data


@pytest.mark.parametrize(
    ("keywords", "data", "command"),
    [
        ({}, b"x\r\n", 'MAIL FROM:<"odd one"@ours.test>'),
        ({"SIZE": ""}, b"x\r\n", 'MAIL FROM:<"odd one"@ours.test> SIZE=3'),
        ({"8BITMIME": ""}, b"x\r\n", 'MAIL FROM:<"odd one"@ours.test>'),
        ({"8BITMIME": ""}, b"\xe9\r\n", 'MAIL FROM:<"odd one"@ours.test> BODY=8BITMIME'),
    ],
)
def test_a_parameter_is_used_when_it_was_announced(keywords: dict[str, str], data: bytes, command: str) -> None:
    assert encode_mail(Transaction(SENDER, (A,), data), Capabilities("mx", keywords)) == command


@pytest.mark.parametrize(
    ("keywords", "mail", "recipient"),
    [
        ({"DSN": ""}, "MAIL FROM:<> RET=hdrs ENVID=a+2Bb", "RCPT TO:<a@peer.test> NOTIFY=Success ORCPT=rfc822;A@Peer"),
        ({}, "MAIL FROM:<>", "RCPT TO:<a@peer.test>"),
    ],
)
def test_delivery_parameters_go_on_to_the_letter_or_not_at_all(
    keywords: dict[str, str], mail: str, recipient: str
) -> None:
    asked = {A: RecipientParameters("Success", "rfc822;A@Peer")}
    transaction = Transaction(None, (A, B), b"x\r\n", MailParameters("hdrs", "a+2Bb"), asked)
    capabilities = Capabilities("mx", keywords)
    assert encode_mail(transaction, capabilities) == mail
    assert encode_recipient(A, transaction, capabilities) == recipient
    assert encode_recipient(B, transaction, capabilities) == "RCPT TO:<b@peer.test>"


ZOE = parse_address("zoé@peer.test")
ALL = {"DSN": "", "8BITMIME": "", "SMTPUTF8": "", "REQUIRETLS": ""}
PART = b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nSubject: \xc3\xa9\r\n\r\nx\r\n--b--\r\n"


@pytest.mark.parametrize(
    ("sender", "parameters", "data", "lacks", "refusal"),
    [
        (SENDER, MailParameters(requires_tls=True), b"x\r\n", "REQUIRETLS", "550 5.7.30"),
        (None, MailParameters(requires_tls=True), b"x\r\n", "REQUIRETLS", ""),
        (ZOE, MailParameters(is_utf8=True), b"x\r\n", "SMTPUTF8", "550 5.6.7"),
        (None, MailParameters(is_utf8=True), "Subject: é\r\n\r\nx\r\n".encode(), "SMTPUTF8", "550 5.6.9"),
        (None, MailParameters(is_utf8=True), PART, "SMTPUTF8", "550 5.6.9"),
        (None, MailParameters(is_utf8=True), "Subject: x\r\n\r\né\r\n".encode(), "SMTPUTF8", ""),
        (None, MailParameters(), "Subject: é\r\n\r\nx\r\n".encode(), "SMTPUTF8", ""),
        (SENDER, MailParameters(is_utf8=True), b"Subject: x\r\n\r\nx\r\n", "SMTPUTF8", ""),
    ],
)
def test_what_a_peer_has_no_extension_for_is_refused_and_never_rewritten(
    sender: Address | None, parameters: MailParameters, data: bytes, lacks: str, refusal: str
) -> None:
    transaction = Transaction(sender, (A,), data, parameters)
    without = Capabilities("mx", {name: "" for name in ALL if name != lacks})
    got = judge_transaction(transaction, without)
    assert (str(got) if got else "").startswith(refusal)
    assert bool(got) is bool(refusal)
    assert judge_transaction(transaction, Capabilities("mx", ALL)) is None


@pytest.mark.parametrize(
    ("sender", "recipients", "parameters", "keywords", "mail", "recipient"),
    [
        (None, (ZOE,), MailParameters(), ALL, "MAIL FROM:<> SMTPUTF8", "RCPT TO:<zoé@peer.test>"),
        (ZOE, (A,), MailParameters(), ALL, "MAIL FROM:<zoé@peer.test> SMTPUTF8", "RCPT TO:<a@peer.test>"),
        (None, (A,), MailParameters(is_utf8=True), ALL, "MAIL FROM:<> SMTPUTF8", "RCPT TO:<a@peer.test>"),
        (None, (A,), MailParameters(is_utf8=True), {}, "MAIL FROM:<>", "RCPT TO:<a@peer.test>"),
        (None, (A,), MailParameters(requires_tls=True), ALL, "MAIL FROM:<> REQUIRETLS", "RCPT TO:<a@peer.test>"),
        (None, (A,), MailParameters(requires_tls=True), {}, "MAIL FROM:<>", "RCPT TO:<a@peer.test>"),
    ],
)
def test_an_extension_is_used_where_it_is_needed_and_announced(
    sender: Address | None,
    recipients: tuple[Address, ...],
    parameters: MailParameters,
    keywords: dict[str, str],
    mail: str,
    recipient: str,
) -> None:
    transaction, capabilities = Transaction(sender, recipients, b"x\r\n", parameters), Capabilities("mx", keywords)
    assert encode_mail(transaction, capabilities) == mail
    assert encode_recipient(recipients[0], transaction, capabilities) == recipient


@pytest.mark.parametrize(
    ("keywords", "parameters", "command"),
    [
        (ALL, MailParameters(is_utf8=True), "RCPT TO:<a@peer.test> ORCPT=utf-8;zoé@a.test"),
        ({"DSN": ""}, MailParameters(is_utf8=True), "RCPT TO:<a@peer.test> ORCPT=utf-8;zo\\x{E9}@a.test"),
    ],
)
def test_an_international_orcpt_is_spelt_out_for_a_hop_without_smtputf8(
    keywords: dict[str, str], parameters: MailParameters, command: str
) -> None:
    asked = {A: RecipientParameters(orcpt="utf-8;zoé@a.test")}
    transaction = Transaction(None, (A,), b"x\r\n", parameters, asked)
    assert encode_recipient(A, transaction, Capabilities("mx", keywords)) == command


def test_only_international_recipients_need_smtputf8() -> None:
    assert judge_recipient(A, Capabilities("mx", {})) is None
    assert judge_recipient(ZOE, Capabilities("mx", ALL)) is None
    refusal = judge_recipient(ZOE, Capabilities("mx", {}))
    assert refusal is not None
    assert refusal.status == "5.6.7"


@given(st.binary(max_size=200_000))
def test_the_pieces_are_the_whole(data: bytes) -> None:
    pieces = list(cut_data(data))
    assert b"".join(pieces) == data
    assert all(len(piece) <= 65_536 for piece in pieces)
