"""How clients say who they are."""

import pytest

from mssmail.errors import BadSyntax
from mssmail.imap.wire.commands import Authenticate, Enable, Id, Login
from mssmail.imap.wire.login_commands import parse_sasl_line
from tests.imap.wire.support import read_command


@pytest.mark.parametrize(
    ("line", "login"),
    [
        (b"LOGIN a@a.test secret", Login("a@a.test", "secret")),
        (rb'login "a b" "se\"cr\\et"', Login("a b", r"se\"cr\et".replace('\\"', '"'))),
        (b"LOGIN {1+}\r\na {7+}\r\n\xc3\xa9t\xc3\xa9 1", Login("a", "été 1")),
        (b'LOGIN "" ""', Login("", "")),
        (b'LOGIN a "\xc3\xa9"', Login("a", "é")),  # RFC 9051 §4.3.1
    ],
)
def test_login_takes_atoms_strings_and_literals(line: bytes, login: Login) -> None:
    assert read_command(line) == login


@pytest.mark.parametrize(
    "line", [b"LOGIN", b"LOGIN a", b"LOGIN a ", b"LOGIN a b c", b'LOGIN a "\xe9"', b"LOGIN a {1+}\r\n\xe9"]
)
def test_login_refuses_what_the_grammar_does(line: bytes) -> None:
    with pytest.raises(BadSyntax):
        read_command(line)


def test_what_is_secret_is_not_shown() -> None:
    assert "secret" not in repr(Login("a", "secret"))
    assert "secret" not in repr(Authenticate("PLAIN", b"secret"))


@pytest.mark.parametrize("line", [b"LOGIN geheim1", b'LOGIN a "geheim1', b"AUTHENTICATE PLAIN geheim1!", b"ID geheim1"])
def test_a_fault_never_repeats_what_was_sent(line: bytes) -> None:
    with pytest.raises(BadSyntax) as fault:
        read_command(line)
    assert "geheim" not in str(fault.value)
    assert fault.value.facts == {}


@pytest.mark.parametrize(
    ("line", "command"),
    [
        (b"AUTHENTICATE plain", Authenticate("PLAIN")),
        (b"AUTHENTICATE PLAIN AGEAYg==", Authenticate("PLAIN", b"\0a\0b")),
        (b"AUTHENTICATE EXTERNAL =", Authenticate("EXTERNAL", b"")),
    ],
)
def test_authenticate_may_bring_its_first_response(line: bytes, command: Authenticate) -> None:
    assert read_command(line) == command


@pytest.mark.parametrize(
    "line",
    [
        b"AUTHENTICATE",
        b"AUTHENTICATE PLAIN ",
        b"AUTHENTICATE PLAIN A",
        b"AUTHENTICATE PLAIN ==",
        b"AUTHENTICATE PLAIN A*",
    ],
)
def test_authenticate_refuses_what_is_not_base64(line: bytes) -> None:
    with pytest.raises(BadSyntax):
        read_command(line)


def test_a_response_is_base64_or_gives_up() -> None:
    assert parse_sasl_line(b"AGEAYg==") == b"\0a\0b"
    assert parse_sasl_line(b"") == b""
    assert parse_sasl_line(b"*") is None
    for line in (b"A", b"AGEAYg", b"AGEA Yg==", b"\xff", b"**"):
        with pytest.raises(BadSyntax):
            parse_sasl_line(line)


@pytest.mark.parametrize(
    ("line", "fields"),
    [
        (b"ID NIL", ()),
        (b"ID ()", ()),
        (b'ID ("name" "x" "version" NIL)', (("name", "x"), ("version", ""))),
        (b'ID ("name" {2+}\r\n\xc3\x28)', (("name", "\ufffd("),)),
    ],
)
def test_id_is_read_anyhow(line: bytes, fields: tuple[tuple[str, str], ...]) -> None:
    assert read_command(line) == Id(fields)


@pytest.mark.parametrize("line", [b"ID", b"ID (name x)", b'ID ("name")', b"ID (" + b'"a" "b" ' * 30 + b'"a" "b")'])
def test_id_has_pairs_and_not_too_many(line: bytes) -> None:
    with pytest.raises(BadSyntax):
        read_command(line)


def test_enable_names_capabilities() -> None:
    assert read_command(b"ENABLE condstore UTF8=ACCEPT") == Enable(("CONDSTORE", "UTF8=ACCEPT"))
    with pytest.raises(BadSyntax):
        read_command(b"ENABLE")
