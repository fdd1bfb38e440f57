"""Who is there."""

import logging

import pytest

from mssmail import __version__
from mssmail.imap.session import Terms
from mssmail.settings import Hide
from tests.imap.support import PASSWORD, USER, Talk, World, sign_in


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


async def test_a_client_known_for_its_faults_does_not_see_what_it_cannot_do(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    talk = Talk(world, terms=Terms(hide=(Hide(("QRESYNC", "THREAD"), client="Outlook 1*"),)))
    assert " QRESYNC " in (await talk.do("CAPABILITY"))[0]
    with caplog.at_level(logging.INFO, "mssmail.imap"):
        answer = await talk.do('ID ("vendor" "x" "Version" "16" "NAME" "outlook")')
    assert answer[1].startswith("* CAPABILITY IMAP4rev1 ")
    assert "QRESYNC" not in answer[1]
    assert "THREAD" not in answer[1]
    (record,) = [record for record in caplog.records if record.message == "capabilities hidden"]
    assert record.__dict__["capabilities"] == "QRESYNC THREAD"
    assert (await talk.do('ID ("name" "outlook" "version" "16")'))[1:] == ["OK ID completed"]


async def test_what_is_hidden_cannot_be_enabled(world: World) -> None:
    talk = Talk(world, terms=Terms(hide=(Hide(("QRESYNC",), account="a.test"),)))
    assert " QRESYNC " in (await talk.do("CAPABILITY"))[0]
    answer = await talk.do(f'LOGIN {USER} "{PASSWORD}"')
    assert "QRESYNC" not in answer[-1]
    assert (await talk.do("ENABLE QRESYNC CONDSTORE"))[0] == "* ENABLED CONDSTORE"
