import pytest

from mssmail.core.mailbox import DELETED, FLAGGED, SEEN, SYSTEM_FLAGS, StoreAction
from mssmail.errors import OverQuota
from mssmail.store.flags import MAX_KEYWORDS, change_flags, decode_flags, encode_flags, keep_locked


def test_every_set_of_system_flags_comes_back() -> None:
    for mask in range(32):
        flags = frozenset(flag for bit, flag in enumerate(SYSTEM_FLAGS) if mask & 1 << bit)
        assert decode_flags(*encode_flags(flags)) == flags


def test_system_flags_are_known_in_any_case_and_unknown_ones_left_out() -> None:
    assert decode_flags(*encode_flags({"\\sEEN", "\\Recent", "\\Odd"})) == {"\\Seen"}


def test_keywords_keep_their_case_and_are_one_in_any_case() -> None:
    assert decode_flags(*encode_flags({"$Forwarded", "Blue"})) == {"$Forwarded", "Blue"}
    assert len(decode_flags(*encode_flags({"blue", "BLUE"}))) == 1


@pytest.mark.parametrize(
    ("action", "named", "after"),
    [
        (StoreAction.ADD, {"\\Flagged", "blue", "Red"}, {"\\Seen", "\\Flagged", "Blue", "Red"}),
        (StoreAction.ADD, {"\\Flagged"}, {"\\Seen", "\\Flagged", "Blue"}),
        (StoreAction.REMOVE, {"\\Seen", "BLUE", "Red"}, set[str]()),
        (StoreAction.REMOVE, {"\\Draft"}, {"\\Seen", "Blue"}),
        (StoreAction.REPLACE, {"\\Draft", "blue"}, {"\\Draft", "Blue"}),
        (StoreAction.REPLACE, set[str](), set[str]()),
    ],
)
def test_flags_change_as_store_asks(action: StoreAction, named: set[str], after: set[str]) -> None:
    before = encode_flags({"\\Seen", "Blue"})
    assert decode_flags(*change_flags(before, action, encode_flags(named))) == after


def test_a_message_does_not_take_keywords_without_end() -> None:
    many = {f"k{number}" for number in range(MAX_KEYWORDS)}
    full = encode_flags(many)
    with pytest.raises(OverQuota):
        encode_flags(many | {"more"})
    with pytest.raises(OverQuota):
        change_flags(full, StoreAction.ADD, encode_flags({"more"}))
    with pytest.raises(OverQuota):
        encode_flags({"k" * 256})


@pytest.mark.parametrize(
    ("rights", "flags"),
    [
        ("", {DELETED, "old"}),
        ("s", {SEEN, DELETED, "old"}),
        ("t", {"old"}),
        ("w", {FLAGGED, DELETED, "new"}),
        ("stw", {SEEN, FLAGGED, "new"}),
    ],
)
def test_flags_that_the_rights_do_not_reach_stay(rights: str, flags: set[str]) -> None:
    before, after = encode_flags({DELETED, "old"}), encode_flags({SEEN, FLAGGED, "new"})
    assert decode_flags(*keep_locked(before, after, rights)) == flags
