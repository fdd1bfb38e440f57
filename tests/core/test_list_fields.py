from dataclasses import replace
from datetime import UTC, datetime

import pytest

from mssmail.core.address import Address, parse_address
from mssmail.core.list_fields import build_list_fields, build_list_id
from mssmail.core.lists import MailList, Posting

ALERTS = MailList(
    1,
    parse_address("Alertes@chu.test"),
    "Alertes sanitaires",
    parse_address("owner@chu.test"),
    Posting.MEMBERS,
    moderated=False,
    max_bounces=3,
    created_at=datetime(2026, 6, 1, tzinfo=UTC),
)


def test_every_field_is_a_line_of_its_own() -> None:
    assert build_list_fields(ALERTS).decode().split("\r\n") == [
        'List-Id: "Alertes sanitaires" <alertes.chu.test>',
        "List-Help: <mailto:owner@chu.test?subject=help%20Alertes%40chu.test>",
        "List-Owner: <mailto:owner@chu.test>",
        "List-Post: <mailto:Alertes@chu.test>",
        "List-Unsubscribe: <mailto:owner@chu.test?subject=unsubscribe%20Alertes%40chu.test>",
        "Precedence: list",
        "",
    ]


def test_a_closed_list_takes_no_posts() -> None:
    assert b"List-Post: NO\r\n" in build_list_fields(replace(ALERTS, posting=Posting.CLOSED))


@pytest.mark.parametrize(
    ("name", "head"),
    [
        ("", b"List-Id: <"),
        ('a "b" \\', b'List-Id: "a \\"b\\" \\\\" <'),
        ("x\r\nBcc: eve@x.test", b'List-Id: "x Bcc: eve@x.test" <'),
        ("Santé", b"List-Id: =?utf-8?b?U2FudMOp?= <"),
        ("é" * 200, b"List-Id: =?utf-8?"),
    ],
)
def test_a_name_ends_no_line(name: str, head: bytes) -> None:
    fields = build_list_fields(replace(ALERTS, name=name))
    assert fields.startswith(head)
    assert fields.count(b"\r\n") == fields.count(b"\n") == fields.count(b"\r") == 6
    assert max(map(len, fields.split(b"\r\n"))) < 998


def test_an_identifier_has_only_characters_of_a_label() -> None:
    assert build_list_id(Address("a b@c", "x.test")) == "a-b-c.x.test"
