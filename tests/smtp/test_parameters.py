"""MAIL and RCPT arguments: what is taken, what is refused, and with which reply."""

import pytest

from mssmail.core.address import Address
from mssmail.core.parameters import MailParameters, RecipientParameters
from mssmail.smtp.parameters import MailCommand, RecipientCommand, parse_mail, parse_recipient
from mssmail.smtp.replies import RefusedArgument

OFFERED = frozenset({"SIZE", "BODY"})
ALICE = Address("alice", "a.test")


@pytest.mark.parametrize(
    ("argument", "wanted"),
    [
        ("FROM:<alice@a.test>", MailCommand(ALICE)),
        ("from:<alice@A.Test>", MailCommand(ALICE)),
        ("FROM: <alice@a.test>", MailCommand(ALICE)),
        ("FROM:<>", MailCommand(None)),
        ("FROM:<> SIZE=0", MailCommand(None, 0)),
        ("FROM:<alice@a.test> SIZE=1234 BODY=8BITMIME", MailCommand(ALICE, 1234, True)),
        ("FROM:<alice@a.test> body=8bitmime size=7", MailCommand(ALICE, 7, True)),
        ("FROM:<@one.test,@two.test:alice@a.test>", MailCommand(ALICE)),
        ('FROM:<"a > b"@a.test> SIZE=1', MailCommand(Address("a > b", "a.test"), 1)),
        (r'FROM:<"a\"b"@a.test>', MailCommand(Address('a"b', "a.test"))),
        ("FROM:<Case.Kept@a.test>", MailCommand(Address("Case.Kept", "a.test"))),
    ],
)
def test_takes_what_the_grammar_allows(argument: str, wanted: MailCommand) -> None:
    assert parse_mail(argument, OFFERED) == wanted


@pytest.mark.parametrize(
    ("argument", "reply"),
    [
        ("", "501 5.5.4"),
        ("<alice@a.test>", "501 5.5.4"),
        ("FROM:", "501 5.1.7"),
        ("FROM:alice@a.test", "501 5.1.7"),
        ("FROM:<alice@a.test", "501 5.1.7"),
        ("FROM:<alice@a.test>SIZE=1", "501 5.1.7"),
        ("FROM:<alice>", "501 5.1.7"),
        ("FROM:<alice@>", "501 5.1.7"),
        ("FROM:<@a.test>", "501 5.1.7"),
        ("FROM:<@a.test:>", "501 5.1.7"),
        ("FROM:<a@b@c.test>", "501 5.1.7"),
        ("FROM:<a b@c.test>", "501 5.1.7"),
        ("FROM:<alice@[127.0.0.1]>", "501 5.1.7"),
        ("FROM:<alice@-a.test>", "501 5.1.7"),
        ("FROM:<alice..b@a.test>", "501 5.1.7"),
        ("FROM:< >", "501 5.1.7"),
        (f"FROM:<{'a' * 65}@a.test>", "501 5.1.7"),
        (f"FROM:<a@{'b.' * 130}test>", "501 5.1.7"),
        ("FROM:<alice@a.test> SIZE=", "501 5.5.4"),
        ("FROM:<alice@a.test> SIZE", "501 5.5.4"),
        ("FROM:<alice@a.test> SIZE=1x", "501 5.5.4"),
        ("FROM:<alice@a.test> SIZE=1 SIZE=2", "501 5.5.4"),
        ("FROM:<alice@a.test> SIZE=" + "9" * 21, "501 5.5.4"),
        ("FROM:<alice@a.test> BODY=BINARYMIME", "501 5.5.4"),
        ("FROM:<alice@a.test> =1", "501 5.5.4"),
        ("FROM:<alice@a.test> RET=FULL", "555 5.5.4"),
        ("FROM:<alice@a.test> ENVID=x", "555 5.5.4"),
        ("FROM:<alice@a.test> SMTPUTF8", "555 5.5.4"),
        ("FROM:<alicé@a.test>", "553 5.6.7"),
        ("FROM:<alice@a.test> MT-PRIORITY=3", "555 5.5.4"),
    ],
)
def test_refuses_the_rest_and_says_why(argument: str, reply: str) -> None:
    with pytest.raises(RefusedArgument) as caught:
        parse_mail(argument, OFFERED)
    assert str(caught.value.reply).startswith(reply)


@pytest.mark.parametrize(
    ("argument", "wanted"),
    [
        ("TO:<alice@a.test>", ALICE),
        ("to: <alice@A.TEST>", ALICE),
        ("TO:<@x.test:alice@a.test>", ALICE),
        ("TO:<Postmaster>", Address("postmaster", "own.test")),
        ("TO:<postmaster@a.test>", Address("postmaster", "a.test")),
    ],
)
def test_takes_a_recipient(argument: str, wanted: Address) -> None:
    assert parse_recipient(argument, "own.test") == RecipientCommand(wanted)


@pytest.mark.parametrize(
    ("argument", "reply"),
    [
        ("TO:<>", "501 5.1.3"),
        ("TO:alice@a.test", "501 5.1.3"),
        ("TO:<nobody>", "501 5.1.3"),
        ("FROM:<alice@a.test>", "501 5.5.4"),
        ("TO:<alice@a.test> NOTIFY=NEVER", "555 5.5.4"),
        ("TO:<Postmaster> ORCPT=rfc822;x", "555 5.5.4"),
        ("TO:<Postmaster>X", "501 5.1.3"),
    ],
)
def test_refuses_what_is_no_recipient(argument: str, reply: str) -> None:
    with pytest.raises(RefusedArgument) as caught:
        parse_recipient(argument, "own.test")
    assert str(caught.value.reply).startswith(reply)


DSN = frozenset({"RET", "ENVID", "NOTIFY", "ORCPT"})


@pytest.mark.parametrize(
    ("words", "wanted"),
    [
        ("", MailParameters()),
        ("RET=Hdrs", MailParameters("Hdrs")),
        ("envid=QQ+2B3aB ret=FULL", MailParameters("FULL", "QQ+2B3aB")),
        ("RET=", None),
        ("RET", None),
        ("RET=BODY", None),
        ("ENVID", None),
        ("ENVID=a+", None),
        ("ENVID=a+0d", None),
        ("ENVID=+0D+0A", None),
        ("ENVID=" + "x" * 101, None),
        ("RET=FULL RET=FULL", None),
        ("NOTIFY=NEVER", None),
    ],
)
def test_delivery_parameters_of_mail_are_kept_to_the_letter(words: str, wanted: MailParameters | None) -> None:
    if wanted is None:
        with pytest.raises(RefusedArgument):
            parse_mail(f"FROM:<alice@a.test> {words}", DSN - {"NOTIFY", "ORCPT"})
    else:
        assert parse_mail(f"FROM:<alice@a.test> {words}", DSN) == MailCommand(ALICE, parameters=wanted)


@pytest.mark.parametrize(
    ("words", "wanted"),
    [
        ("NOTIFY=success,Delay", RecipientParameters("success,Delay")),
        ("orcpt=rfc822;Bob+2Bx@A.Test notify=NEVER", RecipientParameters("NEVER", "rfc822;Bob+2Bx@A.Test")),
        ("NOTIFY=NEVER,FAILURE", None),
        ("NOTIFY=", None),
        ("NOTIFY", None),
        ("ORCPT", None),
        ("ORCPT=bob@a.test", None),
        ("ORCPT=rfc822;bob+0D+0AStatus:", None),
        ("ORCPT=rfc822;a=b", None),
        ("RET=FULL", None),
    ],
)
def test_delivery_parameters_of_a_recipient_are_kept_to_the_letter(
    words: str, wanted: RecipientParameters | None
) -> None:
    offered = DSN - {"RET", "ENVID"}
    if wanted is None:
        with pytest.raises(RefusedArgument):
            parse_recipient(f"TO:<alice@a.test> {words}", "own.test", offered)
    else:
        assert parse_recipient(f"TO:<alice@a.test> {words}", "own.test", offered) == RecipientCommand(ALICE, wanted)


UTF8 = frozenset({"SMTPUTF8", "REQUIRETLS"})


def test_smtputf8_and_requiretls_are_said_without_a_value() -> None:
    command = parse_mail("FROM:<alicé@a.test> requiretls smtputf8", UTF8)
    assert command.parameters == MailParameters(is_utf8=True, requires_tls=True)
    for word in ("SMTPUTF8=1", "REQUIRETLS=yes"):
        with pytest.raises(RefusedArgument):
            parse_mail(f"FROM:<alice@a.test> {word}", UTF8)


@pytest.mark.parametrize("argument", ["TO:<alicé@a.test>", "TO:<alice@a.test> ORCPT=utf-8;alicé@a.test"])
def test_an_international_recipient_needs_smtputf8(argument: str) -> None:
    offered = DSN - {"RET", "ENVID"}
    assert parse_recipient(argument, "own.test", offered, is_utf8=True).recipient.domain == "a.test"
    with pytest.raises(RefusedArgument) as caught:
        parse_recipient(argument, "own.test", offered)
    assert str(caught.value.reply).startswith("553 5.6.7")


def test_every_octet_in_an_address_is_taken_or_refused_as_the_grammar_says() -> None:
    atext = set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789!#$%&'*+-/=?^_`{|}~")
    international = {chr(octet) for octet in range(0x80, 256) if chr(octet).isprintable()}
    for octet in range(256):
        argument = f"FROM:<a{chr(octet)}b@a.test>"
        if chr(octet) in atext or chr(octet) == "." or chr(octet) in international:
            assert parse_mail(f"{argument} SMTPUTF8", OFFERED | {"SMTPUTF8"}).reverse_path == Address(
                f"a{chr(octet)}b", "a.test"
            )
        else:
            with pytest.raises(RefusedArgument):
                parse_mail(f"{argument} SMTPUTF8", OFFERED | {"SMTPUTF8"})
