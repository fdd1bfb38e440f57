"""RETURN's options."""

import pytest

from mssmail.core.window import Window
from mssmail.errors import BadSyntax
from mssmail.imap.wire.commands import Fetch, FetchItem, FetchSection, Search, Section, Sort
from tests.imap.wire.support import read_command


@pytest.mark.parametrize(
    ("options", "returns", "window"),
    [
        (b"()", (), None),
        (b"(MIN max)", ("MIN", "MAX"), None),
        (b"(PARTIAL 1:500)", ("PARTIAL",), Window(1, 500)),
        (b"(COUNT partial -1:-20 SAVE)", ("COUNT", "PARTIAL", "SAVE"), Window(-1, -20)),
        (b"(UPDATE CONTEXT)", ("UPDATE", "CONTEXT"), None),
        (b"(PARTIAL 4:2)", ("PARTIAL",), Window(2, 4)),
    ],
)
def test_search_and_sort_read_the_same(options: bytes, returns: tuple[str, ...], window: Window | None) -> None:
    for text in (b"SEARCH RETURN " + options + b" ALL", b"UID SORT RETURN " + options + b" (SIZE) UTF-8 ALL"):
        command = read_command(text)
        assert isinstance(command, Search | Sort)
        assert (command.returns, command.window) == (returns, window)


@pytest.mark.parametrize(
    "options",
    [b"(UPDATE (UID BODY[1]) COUNT)", b"(UPDATE(uid BODY[1]) COUNT)", b"(UPDATE (UID) COUNT UPDATE (BODY[1] UID))"],
)
def test_update_may_say_what_to_fetch(options: bytes) -> None:
    command = read_command(b"SEARCH RETURN " + options + b" ALL")
    assert isinstance(command, Search)
    assert command.returns == ("UPDATE", "COUNT")
    assert command.updates == (FetchItem("UID"), FetchSection(Section((1,))))


@pytest.mark.parametrize(
    "options",
    [
        b"(UPDATE ())", b"(UPDATE (ALL))", b"(UPDATE UID)", b"(COUNT (UID))", b"(UPDATE  (UID))",
        b"(PARTIAL)", b"(PARTIAL 1)", b"(PARTIAL 1:*)", b"(PARTIAL *:1)", b"(PARTIAL 1:-2)", b"(PARTIAL 0:1)",
        b"(ALL PARTIAL 1:2)", b"(PARTIAL 1:2 PARTIAL 3:4)", b"(UPDATES)", b"(", b"MIN",
    ],
)  # fmt: skip
def test_what_does_not_go_together_is_refused(options: bytes) -> None:
    with pytest.raises(BadSyntax):
        read_command(b"SEARCH RETURN " + options + b" ALL")


def test_fetch_has_a_window_too() -> None:
    command = read_command(b"UID FETCH 1:* FLAGS (PARTIAL -1:-30 CHANGEDSINCE 7)")
    assert isinstance(command, Fetch)
    assert (command.window, command.changed_since) == (Window(-1, -30), 7)
    for text in (b"FETCH 1:* FLAGS (PARTIAL 1:2)", b"UID FETCH 1 FLAGS (PARTIAL 1:2 PARTIAL 1:2)"):
        with pytest.raises(BadSyntax):
            read_command(text)
