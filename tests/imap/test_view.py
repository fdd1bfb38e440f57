"""One client's sequence numbers, told from changes alone."""

import time

import pytest

from mssmail.core.mailbox import STAR, UID, Changes, MessageMeta, ModSeq, SeqNum, SeqSet, UIDSet, pack
from mssmail.errors import NoSuchNumber
from mssmail.imap import view as view_module
from mssmail.imap.view import Expunged, FlagsChanged, Grown, View


def _meta(uid: int, modseq: int = 1, *flags: str, recent: bool = False) -> MessageMeta:
    return MessageMeta(UID(uid), ModSeq(modseq), frozenset(flags), message_id=uid, recent=recent)


def _changes(
    appeared: tuple[MessageMeta, ...] = (),
    flags: tuple[MessageMeta, ...] = (),
    vanished: tuple[int, ...] = (),
    modseq: int = 10,
) -> Changes:
    return Changes(appeared, flags, tuple(UID(uid) for uid in vanished), ModSeq(modseq))


def _view(*uids: int) -> View:
    return View(7, _changes(tuple(_meta(uid) for uid in uids), modseq=5), read_only=False)


@pytest.mark.parametrize(
    ("ranges", "uids"),
    [
        (((1, 1),), [3]),
        (((2, 4),), [5, 8, 13]),
        (((4, 2),), [5, 8, 13]),
        (((1, STAR),), [3, 5, 8, 13, 21]),
        (((STAR, STAR),), [21]),
        (((9, STAR),), [21]),  # numbers beyond the end, with *: the last message
        (((5, 5), (1, 1), (1, 2)), [3, 5, 21]),
    ],
)
def test_finds_the_uids_of_sequence_numbers(ranges: tuple[tuple[int, int], ...], uids: list[int]) -> None:
    assert _view(3, 5, 8, 13, 21).resolve(SeqSet(ranges)) == uids


@pytest.mark.parametrize(
    ("ranges", "uids"),
    [
        (((4, 13),), [5, 8, 13]),
        (((6, 7),), []),
        (((STAR, STAR),), [21]),
        (((22, STAR),), [21]),  # RFC 9051 §6.4.9: the largest is always in N:*
        (((1, STAR),), [3, 5, 8, 13, 21]),
        (((3, 3), (100, 200)), [3]),
    ],
)
def test_finds_the_uids_of_a_uid_set(ranges: tuple[tuple[int, int], ...], uids: list[int]) -> None:
    assert _view(3, 5, 8, 13, 21).resolve(UIDSet(ranges)) == uids


def test_a_sequence_number_beyond_the_mailbox_is_a_mistake() -> None:
    for ranges in (((4, 4),), ((1, 4),), ((1, 1), (9, 9))):
        with pytest.raises(NoSuchNumber):
            _view(3, 5, 8).resolve(SeqSet(ranges))


@pytest.mark.parametrize("ranges", [((1, STAR),), ((STAR, STAR),)])
def test_star_in_an_empty_mailbox_is_nothing(ranges: tuple[tuple[int, int], ...]) -> None:
    assert _view().resolve(SeqSet(ranges)) == []
    assert _view().resolve(UIDSet(ranges)) == []
    assert _view().find_ranges(SeqSet(ranges)) == ()


def test_search_takes_numbers_beyond_the_mailbox_as_matching_nothing() -> None:
    view = _view(3, 5, 8)
    assert view.find_ranges(SeqSet(((7, 9),))) == ()
    assert view.find_ranges(SeqSet(((2, 9),))) == ((5, 8),)
    assert view.find_ranges(SeqSet(((1, 1), (3, 3)))) == ((3, 3), (8, 8))
    assert view.find_ranges(UIDSet(((STAR, STAR),))) == ((8, 8),)


def test_an_expunged_message_keeps_its_number_until_the_client_hears_of_it() -> None:
    view = _view(3, 5, 8)
    assert view.catch_up(_changes(vanished=(5,)), may_expunge=False) == []
    assert len(view) == 3
    assert view.find_number(UID(8)) == 3
    assert view.resolve(SeqSet(((1, 3),))) == [3, 5, 8]
    assert view.catch_up(_changes(), may_expunge=True) == [Expunged(SeqNum(2), UID(5))]
    assert view.find_number(UID(8)) == 2
    assert view.find_number(UID(5)) is None


def test_expunges_are_told_from_the_highest_number_down() -> None:
    view = _view(1, 2, 3, 4)
    assert view.catch_up(_changes(vanished=(1, 3, 99)), may_expunge=True) == [
        Expunged(SeqNum(3), UID(3)),
        Expunged(SeqNum(1), UID(1)),
    ]
    assert view.resolve(SeqSet(((1, STAR),))) == [2, 4]


def test_star_among_uids_is_the_last_message_that_is_still_there() -> None:
    view = _view(3, 5, 8)
    view.catch_up(_changes(vanished=(8,)), may_expunge=False)
    assert view.resolve(UIDSet(((STAR, STAR),))) == [5]
    assert view.resolve(UIDSet(((9, STAR),))) == [5]
    assert view.resolve(UIDSet(((1, STAR),))) == [3, 5]


def test_new_messages_come_after_withheld_ones() -> None:
    view = _view(3, 5)
    told = view.catch_up(_changes((_meta(9, 6, recent=True),), vanished=(3,)), may_expunge=False)
    assert told == [Grown(3, 1)]
    assert view.is_recent(UID(9))
    assert view.find_number(UID(9)) == 3
    assert view.catch_up(_changes(), may_expunge=True) == [Expunged(SeqNum(1), UID(3))]
    assert view.find_number(UID(9)) == 2


def test_recent_goes_down_when_recent_messages_go() -> None:
    view = View(7, _changes((_meta(1, recent=True), _meta(2, recent=True))), read_only=False)
    assert view.recent_count == 2
    assert view.find_recent() == ((1, 2),)
    view.catch_up(_changes(vanished=(2,)), may_expunge=True)
    assert view.recent_count == 1


def test_a_message_that_came_and_went_between_two_questions_is_never_told() -> None:
    view = _view(3)
    assert view.catch_up(_changes((_meta(9),), vanished=(9,)), may_expunge=True) == []


def test_flags_somebody_else_changed_are_told_once() -> None:
    view = _view(3, 5)
    changed = _meta(5, 8, "\\Seen")
    assert view.catch_up(_changes(flags=(changed,), modseq=8), may_expunge=False) == [
        FlagsChanged(SeqNum(2), changed, False)
    ]
    assert view.modseq == 8


def test_flags_this_client_changed_are_not_told_again() -> None:
    view = _view(3, 5)
    view.note_told(_meta(5, 8, "\\Seen"))
    assert view.catch_up(_changes(flags=(_meta(5, 8, "\\Seen"),), modseq=8), may_expunge=False) == []


def test_a_later_change_by_another_is_told_even_after_our_own() -> None:
    view = _view(3, 5)
    view.note_told(_meta(5, 8, "\\Seen"))
    later = _meta(5, 9, "\\Seen", "\\Flagged")
    assert view.catch_up(_changes(flags=(later,), modseq=9), may_expunge=False) == [
        FlagsChanged(SeqNum(2), later, False)
    ]


def test_flags_of_gone_and_unknown_messages_are_not_told() -> None:
    view = _view(3, 5)
    changes = _changes(flags=(_meta(5, 8), _meta(77, 8)), vanished=(5,), modseq=9)
    assert view.catch_up(changes, may_expunge=False) == []


def test_is_settled_only_when_what_went_has_been_told() -> None:
    view = _view(3, 5)
    began = view.modseq
    view.catch_up(_changes(vanished=(5,), modseq=9), may_expunge=False)
    assert (view.modseq, view.settled) == (9, began)
    view.catch_up(_changes(modseq=9), may_expunge=True)
    assert view.settled == 9


def test_a_hundred_thousand_messages_stay_quick() -> None:
    view = _view(*range(1, 200_001, 2))
    started = time.process_time()
    for uid in range(1, 200_001, 20):
        assert view.find_number(UID(uid)) is not None
    view.catch_up(_changes(vanished=tuple(range(1, 200_001, 4))), may_expunge=True)
    assert len(view.resolve(SeqSet(((1, STAR),)))) == 50_000
    assert time.process_time() - started < 5


@pytest.mark.parametrize(
    ("ranges", "left"),
    [
        ([], ()),
        ([(1, 30)], ((1, 2), (4, 4), (6, 7), (9, 12), (14, 20), (22, 30))),
        ([(3, 3), (9, 10)], ((9, 10),)),
        ([(4, 5), (20, 21)], ((4, 4), (20, 20))),
    ],
)
def test_leaves_out_what_it_counts_itself(ranges: list[tuple[int, int]], left: tuple[tuple[int, int], ...]) -> None:
    assert _view(3, 5, 8, 13, 21).leave_out(ranges) == left


@pytest.mark.parametrize("many", [1, 40])
def test_knows_its_own_uids_however_many_are_asked_about(many: int) -> None:
    view = _view(*range(1, 2 * many, 2))
    assert view.list_uids() == list(range(1, 2 * many, 2))
    assert view.select_known([UID(2), UID(1)]) == [1]
    assert view.select_known([UID(uid) for uid in range(2 * many, 0, -1)]) == list(range(2 * many - 1, 0, -2))


@pytest.mark.parametrize("may_expunge", [False, True])
@pytest.mark.parametrize("portion", [1, 2, 3, 100])
def test_many_changes_told_in_portions_say_the_same(
    monkeypatch: pytest.MonkeyPatch, portion: int, may_expunge: bool
) -> None:
    monkeypatch.setattr(view_module, "PORTION", portion)
    changes = _changes(
        tuple(_meta(uid, 6, recent=uid == 9) for uid in (9, 10, 11, 12)),
        tuple(_meta(uid, 6, "\\Seen") for uid in (1, 3, 5)),
        vanished=(2, 11),
        modseq=6,
    )
    whole, split = _view(1, 2, 3, 4, 5), _view(1, 2, 3, 4, 5)
    for view in (whole, split):
        view.note_told(_meta(3, 6, "\\Seen"))
    expected = whole.catch_up(changes, may_expunge=may_expunge)
    told = [each for part in split.split(changes) for each in split.catch_up(part, may_expunge=may_expunge)]
    growths = [each for each in told if isinstance(each, Grown)]
    assert [each for each in expected if isinstance(each, Grown)] == growths[-1:]
    assert [each for each in told if not isinstance(each, Grown)] == [
        each for each in expected if not isinstance(each, Grown)
    ]
    assert (split.modseq, list(split.list_uids())) == (whole.modseq, list(whole.list_uids()))
    later = _changes(flags=(_meta(3, 6, "\\Seen"),), modseq=7)  # all is forgotten that the clock has passed
    assert split.catch_up(later, may_expunge=False) == whole.catch_up(later, may_expunge=False)


@pytest.mark.parametrize("count", [1, 3, 40])
def test_numbers_of_few_and_of_many(count: int) -> None:
    view = _view(*range(10, 10 + count))
    asked = [UID(9 + count), UID(99), UID(10)]
    assert list(view.number_known(asked)) == [count, 1]
    assert list(view.number_known([])) == []


def test_all_that_it_counts_is_numbered_from_one() -> None:
    view = _view(3, 5, 8)
    assert list(view.number_known(pack(view.list_uids()))) == [1, 2, 3]
    assert list(view.select_known(pack(view.list_uids()))) == [3, 5, 8]
    assert list(view.number_known(pack([UID(8), UID(5), UID(3)]))) == [3, 2, 1]
    assert list(_view().number_known(pack([]))) == []
