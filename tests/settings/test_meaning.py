"""A key carries its meaning."""

from dataclasses import MISSING, dataclass, fields

from mssmail.settings.meaning import required, setting


@dataclass(frozen=True)
class _Table:
    name: str = required("What it is called.")
    size: int = setting(3, "How big it is.")


def test_a_key_has_a_meaning_and_a_default_unless_it_is_required() -> None:
    name, size = fields(_Table)
    assert (name.metadata["doc"], name.default) == ("What it is called.", MISSING)
    assert (size.metadata["doc"], size.default) == ("How big it is.", 3)
