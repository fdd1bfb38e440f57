import pytest
from hypothesis import given
from hypothesis import strategies as st

from mssmail.core.parameters import (
    NO_PARAMETERS,
    PLAIN_MAIL,
    MailParameters,
    Notice,
    OriginalRecipient,
    RecipientParameters,
    decode_xtext,
    encode_original,
    encode_xtext,
    parse_mail_parameters,
    parse_recipient_parameters,
)
from mssmail.errors import BadSyntax

PRINTABLE = st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E))


@given(PRINTABLE)
def test_xtext_is_read_as_it_was_written(text: str) -> None:
    written = encode_xtext(text)
    assert decode_xtext(written) == text
    assert not {" ", "="} & set(written)


@pytest.mark.parametrize(
    "text", ["a b", "a=b", "a+", "a+4", "a+4g", "a+2b", "+0D+0A", "+00", "+7F", "+C3+A9", "é", "\x7f"]
)
def test_what_is_no_xtext_is_refused(text: str) -> None:
    with pytest.raises(BadSyntax):
        decode_xtext(text)


@pytest.mark.parametrize(
    ("notify", "asked"),
    [
        ("", set()),
        ("NEVER", set()),
        ("never", set()),
        ("SUCCESS", {Notice.SUCCESS}),
        ("Success,dElay", {Notice.SUCCESS, Notice.DELAY}),
        ("FAILURE,DELAY,SUCCESS", set(Notice)),
    ],
)
def test_notify_is_kept_to_the_letter_and_read_without_case(notify: str, asked: set[Notice]) -> None:
    parameters = RecipientParameters(notify)
    assert parameters.notify == notify
    assert {notice for notice in Notice if parameters.asks_for(notice)} == asked
    assert parameters.is_never == (notify.upper() == "NEVER")


@pytest.mark.parametrize(
    "notify", ["NEVER,SUCCESS", "SUCCESS,NEVER", "SUCCESS,", ",", "OFTEN", "SUCCESS,success", "SUCCESS FAILURE"]
)
def test_a_notify_that_contradicts_itself_is_refused(notify: str) -> None:
    with pytest.raises(BadSyntax):
        RecipientParameters(notify)


@pytest.mark.parametrize(
    ("orcpt", "original"),
    [
        ("rfc822;Bob@Example.ORG", OriginalRecipient("rfc822", "Bob@Example.ORG")),
        ("RFC822;bob+2Btag@a.test", OriginalRecipient("RFC822", "bob+tag@a.test")),
        ("x400;/C=fr/", None),
        ("x400;/C+3Dfr/", OriginalRecipient("x400", "/C=fr/")),
        ("utf-8;andr\\x{E9}@a.test", OriginalRecipient("utf-8", "andré@a.test")),
        ("UTF-8;andré@a.test", OriginalRecipient("UTF-8", "andré@a.test")),
        ("utf-8;a\\x{2B}b\\x{1F600}@a.test", OriginalRecipient("utf-8", "a+b\U0001f600@a.test")),
        ("utf-8;a+b@a.test", None),
        ("utf-8;a\\x{D800}", None),
        ("utf-8;a\\x{0A}", None),
        ("utf-8;a\\x{202E}b", None),
        ("utf-8;a\\x{110000}", None),
        ("utf-8;a\\x{e9}", None),
        ("rfc822;a+0D+0AFinal-Recipient:", None),
        ("rfc822;zo+C3+A9@a.test", OriginalRecipient("rfc822", "zoé@a.test")),
        ("rfc822;zo+E9@a.test", None),
        ("rfc822;zo+E2+80+AE@a.test", None),
        ("rfc822;zo+@a.test", None),
        ("rfc822", None),
        ("rfc822;", None),
        (";a@b.test", None),
        ("r(c;a@b.test", None),
        ("rfc822;" + "a" * 493, OriginalRecipient("rfc822", "a" * 493)),
        ("rfc822;" + "a" * 494, None),
    ],
)
def test_orcpt_is_kept_to_the_letter_or_refused(orcpt: str, original: OriginalRecipient | None) -> None:
    if original is None:
        with pytest.raises(BadSyntax):
            RecipientParameters(orcpt=orcpt)
    else:
        parameters = RecipientParameters(orcpt=orcpt)
        assert (parameters.orcpt, parameters.original) == (orcpt, original)


def test_without_orcpt_nobody_knows_whom_the_author_wrote_to() -> None:
    assert NO_PARAMETERS.original is None


@pytest.mark.parametrize(
    ("ret", "envid"), [("ALL", ""), ("", "a b"), ("", "a" * 101), ("", "+0A"), ("HDRS,FULL", ""), ("", "é")]
)
def test_a_bad_parameter_of_mail_is_refused(ret: str, envid: str) -> None:
    with pytest.raises(BadSyntax):
        MailParameters(ret, envid)


def test_ret_and_envid_are_read() -> None:
    parameters = MailParameters("full", "QQ+20314+2B159")
    assert parameters.wants_full
    assert parameters.envelope_id == "QQ 314+159"
    assert not MailParameters("HDRS").wants_full


@pytest.mark.parametrize(
    "parameters",
    [
        PLAIN_MAIL,
        MailParameters("hdrs"),
        MailParameters("FULL", "aB+2Bc"),
        MailParameters("", "x", is_utf8=True, requires_tls=True),
        MailParameters(requires_tls=True),
    ],
)
def test_parameters_of_mail_are_read_back_as_they_were_kept(parameters: MailParameters) -> None:
    assert parse_mail_parameters(parameters.encode()) == parameters


@pytest.mark.parametrize(
    "parameters",
    [
        NO_PARAMETERS,
        RecipientParameters("Success,FAILURE"),
        RecipientParameters("NEVER", "rfc822;Bob+40@A.test"),
        RecipientParameters(orcpt="utf-8;é@a.test"),
    ],
)
def test_parameters_of_a_recipient_are_read_back_as_they_were_kept(parameters: RecipientParameters) -> None:
    assert parse_recipient_parameters(parameters.encode()) == parameters


def test_parameters_are_written_as_on_the_wire() -> None:
    assert (
        MailParameters("HDRS", "x", is_utf8=True, requires_tls=True).encode() == "RET=HDRS ENVID=x SMTPUTF8 REQUIRETLS"
    )
    assert RecipientParameters("NEVER", "rfc822;a@b").encode() == "NOTIFY=NEVER ORCPT=rfc822;a@b"


def test_an_international_orcpt_can_be_written_in_ascii() -> None:
    parameters = RecipientParameters("NEVER", "utf-8;zoé\\x{2B}1@a.test")
    plain = parameters.to_ascii()
    assert plain == RecipientParameters("NEVER", "utf-8;zo\\x{E9}\\x{2B}1@a.test")
    assert plain.original == parameters.original
    assert plain.to_ascii() is plain


@pytest.mark.parametrize("address", ["a+b=c@a.test", '"a b"@a.test', "zoé@a.test", "zoé+1=2\\@a.test"])
def test_whom_the_author_wrote_to_can_be_named_whoever_it_is(address: str) -> None:
    parameters = RecipientParameters(orcpt=encode_original(address))
    assert parameters.orcpt.isascii()
    assert parameters.original is not None
    assert parameters.original.address == address


@pytest.mark.parametrize(
    ("notify", "rest"),
    [
        ("", ""),
        ("NEVER", "NEVER"),
        ("SUCCESS", "NEVER"),
        ("success", "NEVER"),
        ("SUCCESS,FAILURE", "FAILURE"),
        ("Delay,Success,Failure", "Delay,Failure"),
        ("FAILURE", "FAILURE"),
    ],
)
def test_of_a_copy_no_success_is_told_and_no_failure_that_was_not_asked_for(notify: str, rest: str) -> None:
    found = RecipientParameters(notify, "rfc822;a@b").without_success
    assert found == RecipientParameters(rest, "rfc822;a@b")
