"""Who is there."""

import logging

import pytest

from mssmail import __version__
from tests.imap.support import Talk, World, sign_in


async def test_the_version_is_told_only_to_those_who_signed_in(world: World) -> None:
    assert await Talk(world).do("ID NIL") == ['* ID ("name" "mssmail")', "OK ID completed"]
    talk = await sign_in(world)
    assert (await talk.do("ID NIL"))[0] == f'* ID ("name" "mssmail" "version" "{__version__}")'


async def test_the_client_s_name_goes_to_the_log_in_bounds(world: World, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, "mssmail.imap"):
        await Talk(world).do(f'ID ("name" "Thunderbird" "x" "{"y" * 900}")')
    (record,) = [record for record in caplog.records if record.message == "client named itself"]
    assert "name=Thunderbird" in record.__dict__["client_id"]
    assert len(record.__dict__["client_id"]) < 500
