"""Commands about annotations as values."""

from mssmail.imap.wire.commands import GetMetadata, SetMetadata


def test_an_entry_alone_is_asked_for_unless_it_is_said_otherwise() -> None:
    assert GetMetadata("", ("/shared/a",)) == GetMetadata("", ("/shared/a",), max_size=None, depth=0)


def test_they_are_values() -> None:
    assert hash(SetMetadata("a", ())) == hash(SetMetadata("a", ()))
