"""Templates and rows: strict about both, and no value gets out of its place."""

import email
import email.policy
from datetime import UTC, datetime
from email.message import EmailMessage
from pathlib import Path

import pytest

from mssmail.core.address import parse_address
from mssmail.core.ins import is_right_ins
from mssmail.delivery import merge
from mssmail.delivery.merge import (
    Letterhead,
    Row,
    build_letter,
    check_columns,
    parse_rows,
    parse_template,
)
from mssmail.errors import BadMerge

TEMPLATE = """To: {{ins}}@patient.test
Subject: Rappel du {{date}} – {{motif?}}
X-MSS-MES: FIN

Bonjour {{ prénom }},
à bientôt. {{motif?}}
""".encode()
HEAD = Letterhead(parse_address("agenda@a.test"), "Agenda d'été", "rappel", datetime(2026, 6, 1, tzinfo=UTC))
CSV = "ins;prénom;date;motif\n279035121518989;Zoé;2/6;\n".encode()


def _build(template: bytes = TEMPLATE, rows: bytes = CSV, head: Letterhead = HEAD) -> EmailMessage:
    read = parse_template(template, "t.txt")
    found = parse_rows(rows, "r.csv")
    check_columns(read, found)
    recipient, data = build_letter(read, found[0], head)
    assert data.isascii()
    message = email.message_from_bytes(data, policy=email.policy.default)
    assert isinstance(message, EmailMessage)
    assert str(message["To"]) == str(recipient)
    return message


def _text(message: EmailMessage) -> str:
    return str(message.get_content()).replace("\r\n", "\n")


def test_a_letter_is_filled_in_and_reads_well_everywhere() -> None:
    message = _build()
    assert message["Subject"] == "Rappel du 2/6 –"
    assert message["X-MSS-MES"] == "FIN"
    assert message["From"].addresses[0].display_name == "Agenda d'été"
    assert _text(message) == "Bonjour Zoé,\nà bientôt. \n"
    assert message["Disposition-Notification-To"] is None


def test_the_same_letter_built_again_is_the_same_message() -> None:
    assert _build()["Message-ID"] == _build()["Message-ID"]
    other = Letterhead(HEAD.author, "", "other", HEAD.at, wants_receipt=True)
    message = _build(head=other)
    assert message["Message-ID"] != _build()["Message-ID"]
    assert message["Disposition-Notification-To"] == "agenda@a.test"


@pytest.mark.parametrize("value", ["x\nBcc: eve@a.test", "x\r\nBcc: eve@a.test", "x\x00", "x\x1b[31m", "x\u2028y"])
def test_no_value_gets_out_of_a_header_field(value: str) -> None:
    row = Row(7, {"ins": "279035121518989", "prénom": "a", "date": value, "motif": ""}, "r.csv")
    with pytest.raises(BadMerge, match=r"r\.csv, row 7, column date: the value holds a line end"):
        build_letter(parse_template(TEMPLATE, "t"), row, HEAD)


def test_no_line_end_hides_in_an_encoded_word() -> None:
    hidden = b"=?utf-8?q?=0D=0ABcc=3A_eve=40a.test?="
    for rows, template in (
        (CSV.replace(b"2/6", hidden), TEMPLATE),
        (CSV.replace(b"2/6", hidden[1:]), TEMPLATE.replace(b"{{date}}", b"={{date}}")),
        (CSV, TEMPLATE.replace(b"FIN", hidden)),
    ):
        with pytest.raises(BadMerge, match="looks like an encoded word"):
            _build(template, rows)
    message = _build(head=Letterhead(HEAD.author, hidden.decode(), "x", HEAD.at))
    assert message["Bcc"] is None
    assert message["From"].addresses[0].addr_spec == "agenda@a.test"


def test_lines_in_a_value_are_fine_in_the_body() -> None:
    template = b"To: {{ins}}@p.test\nSubject: x\n\n{{motif}}\n"
    assert _text(_build(template, CSV.replace(b";\n", b';"a\nb"\n'))) == "a\nb\n"


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        (b"", "the file is empty"),
        (b"ins;ins\n1;2\n", "row 1, column ins: a column's name is there twice"),
        (b"ins;;a\n", "row 1: a column's name is empty"),
        (b"ins;a\n1\n", "row 2: 1 values for 2 columns"),
        (b"ins;a\n1;2\n\n1;2;3\n", "row 4: 3 values for 2 columns"),
        (b"ins;a\n1;\xff\n", "row 2: the file is not UTF-8"),
        (b'ins;a\n1;"2\n', "row 2: unexpected end of data"),
        (b'ins;a\n1;"2"3\n', "row 2: "),
    ],
)
def test_what_is_wrong_with_the_file_is_said_with_row_and_column(rows: bytes, words: str) -> None:
    with pytest.raises(BadMerge, match=f"r.csv.*{words}"):
        parse_rows(rows, "r.csv")


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        (CSV.replace("Zoé".encode(), b" "), "row 2, column prénom: the value is missing"),
        (CSV.replace(b"279035121518989", b"a b"), "row 2, column ins: 'a b@patient.test' is no address"),
        (CSV.replace(b"279035121518989", b"a,b@c"), "row 2, column ins: .* is no address"),
        (CSV.replace(b"date", b"jour"), "column date: the template asks for a column that r.csv does not have"),
        (b"ins;a\n", "there is no row to write to"),
    ],
)
def test_what_is_wrong_with_a_row_is_said_with_row_and_column(rows: bytes, words: str) -> None:
    with pytest.raises(BadMerge, match=words):
        _build(rows=rows)


@pytest.mark.parametrize(
    ("template", "words"),
    [
        (b"To: a@a.test\nSubject: x\n", "a blank line and a body"),
        (b"To: a@a.test\nSubject: x\n\n \n", "a blank line and a body"),
        (b"To: a@a.test\n\nx\n", "the template has no Subject"),
        (b"Subject: x\n\nx\n", "the template has no To"),
        (b"To: a@a.test\nSubject: x\nBcc: e@a.test\n\nx\n", "row 3: 'Bcc' is no field for a template"),
        (b"To: a@a.test\nSubject: x\n folded\n\nx\n", "row 3: 'folded' is no field"),
        (b"To: a@a.test\nto: b@a.test\nSubject: x\n\nx\n", "row 2: To is there twice"),
        (b"To: a@a.test\nSubject: {{x\n\nx\n", "braces"),
        (b"To: a@a.test\nSubject: x\n\n{{}}\n", "braces"),
        (b"To: a@a.test\nSubject: x\n\n\xe9\n", "row 4: the file is not UTF-8"),
        (b"x" * (merge.MAX_TEMPLATE_BYTES + 1), "larger than"),
    ],
)
def test_what_is_wrong_with_a_template_is_said(template: bytes, words: str) -> None:
    with pytest.raises(BadMerge, match=words):
        parse_template(template, "t.txt")


def test_commas_semicolons_and_what_spreadsheets_put_in_front() -> None:
    for raw in (b"\xef\xbb\xbfa,b\r\n1,2\r\n", b"a;b\n1;2\n", b'"a";"b"\n"1";"2"\n'):
        [row] = parse_rows(raw, "r.csv")
        assert row.values == {"a": "1", "b": "2"}


def test_a_column_that_no_row_has_is_told_where_it_is_used() -> None:
    with pytest.raises(BadMerge, match="column date: there is no such column"):
        build_letter(parse_template(TEMPLATE, "t"), Row(2, {"ins": "1"}, "r.csv"), HEAD)


def test_there_is_an_end_to_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(merge, "MAX_ROWS", 2)
    with pytest.raises(BadMerge, match="more than 2 rows"):
        parse_rows(b"a\n1\n2\n3\n", "r.csv")


def test_a_fixed_recipient_is_named_by_its_field() -> None:
    with pytest.raises(BadMerge, match="column To: 'nobody' is no address"):
        _build(TEMPLATE.replace(b"{{ins}}@patient.test", b"nobody"))


def test_the_product_is_named_unless_the_template_names_one() -> None:
    head = Letterhead(HEAD.author, "", "x", HEAD.at, product="DEV0001")
    assert _build(head=head)["X-MSS-NIL"] == "DEV0001"
    named = TEMPLATE.replace(b"X-MSS-MES: FIN", b"X-MSS-NIL: OTHER")
    assert _build(named, head=head).get_all("X-MSS-NIL") == ["OTHER"]


@pytest.mark.parametrize("name", ["reminder.txt", "questionnaire.txt"])
def test_the_sample_letters_are_filled_in(name: str) -> None:
    folder = Path(__file__).parents[2] / "config" / "letters"
    template = parse_template((folder / name).read_bytes(), name)
    rows = parse_rows((folder / "patients.csv").read_bytes(), "patients.csv")
    check_columns(template, rows)
    recipients = [build_letter(template, row, HEAD)[0] for row in rows]
    assert all(is_right_ins(each.local) for each in recipients)
