"""Answers about rights."""

import pytest

from mssmail.imap.wire.acl_responses import Acl, GrantableRights, OwnRights, Rights, encode_rights


@pytest.mark.parametrize(
    ("response", "line"),
    [
        (Acl("é", (("a@a.test", "lr"), ("b@a.test", ""))), b'* ACL &AOk- a@a.test lr b@a.test ""'),
        (GrantableRights("a b", "c", "", ("l", "r")), b'* LISTRIGHTS "a b" c "" l r'),
        (OwnRights("INBOX", "lrs"), b"* MYRIGHTS INBOX lrs"),
    ],
)
def test_an_answer_is_this_line(response: Rights, line: bytes) -> None:
    assert encode_rights(response, utf8=False) == line


def test_names_are_utf8_once_that_is_enabled() -> None:
    assert encode_rights(OwnRights("é", "l"), utf8=True) == '* MYRIGHTS "é" l'.encode()
