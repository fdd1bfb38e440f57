import pytest

from mssmail.mime.appearance import find_notices
from mssmail.mime.headers import read_authors
from mssmail.mime.parts import scan


def _find(header: str | bytes) -> list[str]:
    raw = header.encode() if isinstance(header, str) else header
    data = raw + b"\r\nTo: c@c.test\r\n\r\nHello.\r\n"
    root = scan(data)
    notices = find_notices(data, root, read_authors(data, root.header))
    assert all(notice.reason.isascii() and notice.reason.isprintable() for notice in notices)
    return [notice.oddity.value for notice in notices]


@pytest.mark.parametrize(
    "header",
    [
        "From: alice@a.test",
        "From: Alice <alice@a.test>",
        'From: "Doe, Alice (ward 4)" <alice@a.test>',
        'From: "alice@a.test" <Alice@A.test>',
        "From: =?utf-8?q?Zo=C3=A9_M=C3=BCller?= <alice@a.test>",
        "From: Zoé Müller <alice@a.test>",
        'From: "Alice @ Work" <alice@a.test>',
        'From: "Labo@Nord" <alice@a.test>',
        "From: Alice <alice@a.test>\r\nSender: alice@a.test",
        "From: =?utf-8?q?=D9=86=D9=85=DB=8C=E2=80=8C=D8=AE?= <alice@a.test>",  # a joiner inside a Persian word
        "X-From-Line: To be continued: x\r\nFrom: alice@a.test",
    ],
)
def test_nothing_is_odd_about_honest_names(header: str) -> None:
    assert _find(header) == []


@pytest.mark.parametrize(
    "name",
    [
        '"bob@b.test"',
        "=?utf-8?q?bob=40b=2Etest?=",
        "=?utf-8?b?Ym9iQGIudGVzdA==?=",
        '"=?utf-8?q?bob=40b=2Etest?="',  # nobody should decode inside quotes; some do
        "=?utf-8?q?bob=EF=BC=A0b=2Etest?=",  # a full-width at sign
        "=?utf-8?q?bob=40b=C2=AD=2Etest?=",  # a soft hyphen inside
        '"Dr Bob (bob@b.test)"',
        "=?utf-8?q?bob=40b=E3=80=82test?=",  # an ideographic full stop
        '"bob@b.test via alice@a.test"',
        '"=?utf-8?q?=3D=3Futf-8=3Fq=3Fbob=3D40b=2Etest=3F=3D?="',  # encoded twice
    ],
)
def test_names_that_show_another_address(name: str) -> None:
    assert "display-name-imitates" in _find(f"From: {name} <alice@a.test>")


def test_a_comment_is_shown_as_a_name_as_well() -> None:
    assert "display-name-imitates" in _find("From: alice@a.test (bob@b.test)")


def test_the_name_in_sender_is_looked_at_too() -> None:
    assert "display-name-imitates" in _find('From: alice@a.test\r\nSender: "bob@b.test" <alice@a.test>')


@pytest.mark.parametrize(
    "name",
    [
        "=?utf-8?q?=E2=80=AEtset=2Eb=40bob?=",  # right to left
        "=?utf-8?q?Bob=E2=80=8B?=",  # a blank without width
        "=?utf-8?q?Bob=E2=81=A6?=",
        f'"Bob{" " * 40}x"',
        f"=?utf-8?q?Bob{'=C2=A0' * 9}x?=",
    ],
)
def test_names_that_hide_characters(name: str) -> None:
    assert "display-name-hides" in _find(f"From: {name} <alice@a.test>")


@pytest.mark.parametrize(
    ("header", "found"),
    [
        ("From: alice@a.test\r\nFrom: alice@a.test", ["several-from-fields"]),
        ("From: alice@a.test\r\nfrom : bob@b.test", ["several-from-fields"]),
        ("From: bob@b.test <alice@a.test>", ["display-name-imitates", "author-in-doubt"]),
        ("From: alice@a.test bob@b.test", ["author-in-doubt"]),
        ("From: undisclosed:;", ["author-in-doubt"]),
        ("Fr om: bob@b.test\r\nFrom: alice@a.test", ["header-look-alike", "author-in-doubt"]),
        ("Frоm: bob@b.test\r\nFrom: alice@a.test", ["header-look-alike"]),  # a Cyrillic letter
        ("From\u200b: bob@b.test\r\nFrom: alice@a.test", ["header-look-alike", "author-in-doubt"]),
        ("Ｆrom: bob@b.test\r\nFrom: alice@a.test", ["header-look-alike"]),
        ("Re ply-To: bob@b.test\r\nFrom: alice@a.test", ["header-look-alike"]),
        ("From: alice@a.test\r\nSender: bob@b.test", ["sender-differs"]),
        ("From: alice@a.test\r\nSender: bob@b.test\r\nSender: c@c.test", ["sender-in-doubt", "field-repeated"]),
        ("From: alice@a.test\r\nSender: root", ["sender-in-doubt"]),
        ("From: alice@a.test\r\nSubject: a\r\nSubject: b\r\nSUBJECT : c", ["field-repeated"]),
        (b"From: alice@a.test\r\nX: \0", ["header-control-characters", "author-in-doubt"]),
        (b"From: alice@a.test\r\nX: a\rFrom: bob@b.test", ["header-control-characters", "author-in-doubt"]),
        (b"From: alice@a.test\0@b.test", ["header-control-characters", "author-in-doubt"]),
        ("X: no author", []),
    ],
)
def test_odd_headers(header: str | bytes, found: list[str]) -> None:
    assert list(dict.fromkeys(_find(header))) == found


def test_thousands_of_odd_fields_end_soon() -> None:
    header = b"\r\n".join([b'From: "bob@b.test" <alice@a.test>', b"Fr om: x"] * 4_000)
    assert "several-from-fields" in _find(header)
