"""What another process writes is heard here."""

import asyncio
from pathlib import Path

import pytest

from mssmail.flows.bell import Bells
from mssmail.flows.outsiders import Outsiders
from mssmail.store.engine import open_store
from tests.support.store import add_account, make_store
from tests.support.waiting import until


async def test_what_others_write_rings_and_what_we_write_does_not(tmp_path: Path) -> None:
    ours = make_store(tmp_path / "store")
    theirs = open_store(tmp_path / "store", exclusive=False)  # as a command beside the server opens it
    try:
        bells = Bells()
        herald, outsiders = bells.follow(1), Outsiders(ours, bells)
        assert not await outsiders.look()
        add_account(ours, "anne@a.test")
        assert not await outsiders.look()
        assert not herald.take().has_all
        add_account(theirs, "bob@a.test")
        assert await outsiders.look()
        assert herald.take().has_all
        assert not await outsiders.look()
        assert not herald.take().has_all
    finally:
        theirs.close()
        ours.close()


async def test_looks_by_itself_while_somebody_listens(tmp_path: Path) -> None:
    ours = make_store(tmp_path / "store")
    theirs = open_store(tmp_path / "store", exclusive=False)
    outsiders, bells = None, Bells()
    try:
        herald = bells.follow(1)
        outsiders = Outsiders(ours, bells, look_seconds=0.01)
        await outsiders.look()
        await outsiders.start()
        await asyncio.to_thread(add_account, theirs, "bob@a.test")
        assert await herald.wait(60)
    finally:
        if outsiders is not None:
            await outsiders.stop()
            await outsiders.stop()
        theirs.close()
        ours.close()


async def test_a_store_that_cannot_say_is_asked_again(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    store = make_store(tmp_path / "store")
    bells = Bells()
    bells.follow(1)
    store.close()
    outsiders = Outsiders(store, bells, look_seconds=0.01)
    await outsiders.start()
    await until(lambda: caplog.text.count("whether others wrote is not known now") > 1)
    await outsiders.stop()


async def test_a_mistake_of_ours_ends_no_looking(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    class Broken(Bells):
        listeners = 1

        def ring_all(self) -> None:
            raise RuntimeError("a mistake of ours")

    ours = make_store(tmp_path / "store")
    theirs = open_store(tmp_path / "store", exclusive=False)
    outsiders = Outsiders(ours, Broken(), look_seconds=0.01)
    try:
        await outsiders.look()
        add_account(theirs, "bob@a.test")
        await outsiders.start()
        await until(lambda: "a mistake of ours" in caplog.text)
    finally:
        await outsiders.stop()
        theirs.close()
        ours.close()
