"""Heralds: many mailboxes and the names of one account, heard by one listener."""

import pytest

from mssmail.flows import bell
from mssmail.flows import herald as herald_module
from mssmail.flows.bell import Bells
from mssmail.flows.herald import Rung


async def test_what_rang_is_remembered_until_it_is_taken() -> None:
    bells = Bells()
    herald = bells.follow(7)
    assert herald.follow([1, 2, 3])
    bells.ring(1, 2, 9)
    bells.ring(2)
    assert await herald.wait(0)
    assert await herald.wait(0)  # waiting takes nothing
    assert herald.take() == Rung(frozenset({1, 2}))
    assert not await herald.wait(0)
    assert herald.take() == Rung()


async def test_names_ring_for_the_account_that_sees_them() -> None:
    bells = Bells()
    herald, other = bells.follow(7), bells.follow(8)
    bells.ring_names([7, 9], {5: 4})
    assert await herald.wait(0)
    assert herald.take() == Rung(has_names=True, origins={5: 4})
    assert not await other.wait(0)


async def test_everybody_hears_of_strangers() -> None:
    bells = Bells()
    herald, plain = bells.follow(7), bells.listen(1)
    herald.follow([2])
    bells.ring_all()
    assert await plain.wait(0)
    assert herald.take().has_all


async def test_what_is_ignored_is_silent_and_a_closed_herald_too() -> None:
    bells = Bells()
    first, second = bells.follow(7), bells.follow(7)
    first.follow([1, 2])
    first.follow([1])
    first.ignore([1, 5])
    bells.ring(1)
    assert not await first.wait(0)
    second.follow([2])
    first.close()
    first.close()
    bells.ring(2)
    bells.ring_names([7])
    assert first.take() == Rung()
    assert second.take() == Rung(frozenset({2}), has_names=True)
    second.close()
    assert bells.listeners == 0


async def test_all_together_hear_of_so_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bell, "MAX_FOLLOWED", 3)
    bells = Bells()
    first, second = bells.follow(7), bells.follow(8)
    assert first.follow([1, 2])
    assert not second.follow([1, 2])
    second.close()
    assert first.follow([3])
    assert not first.follow([4])
    first.close()
    assert bells.follow(9).follow([1, 2, 3])


async def test_entries_are_told_to_all_but_who_changed_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(herald_module, "MAX_ENTRIES", 3)
    bells = Bells()
    maker, hearing, stranger = bells.follow(7), bells.follow(7), bells.follow(8)
    bells.ring_annotations([7], 5, {"/shared/a", "/shared/b"}, maker)
    bells.ring_annotations([7], 0, {"/private/c"})
    assert hearing.take() == Rung(annotations={5: frozenset({"/shared/a", "/shared/b"}), 0: frozenset({"/private/c"})})
    assert maker.take() == Rung(annotations={0: frozenset({"/private/c"})})
    assert not await stranger.wait(0)
    for number in range(4):
        bells.ring_annotations([7], 5, {f"/shared/{number}"})
    assert hearing.take().is_full
    assert hearing.take() == Rung()
