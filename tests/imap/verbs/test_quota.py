"""What an account holds and may hold."""

from mssmail.store.accounts import set_quota
from tests.imap.support import PREFIX, World, build_message, sign_in


async def test_an_account_with_a_quota_has_one_root(world: World) -> None:
    world.store.submit(lambda conn: set_quota(conn, world.anne.address, 10_240)).result()
    world.deliver(build_message("x", b"y" * (2_049 - len(PREFIX) - len(build_message("x", b"")))))
    talk = await sign_in(world, select="")
    assert await talk.do("GETQUOTAROOT inbox") == [
        '* QUOTAROOT INBOX ""',
        '* QUOTA "" (STORAGE 3 10)',
        "OK GETQUOTAROOT completed",
    ]
    assert await talk.do('GETQUOTA ""') == ['* QUOTA "" (STORAGE 3 10)', "OK GETQUOTA completed"]
    assert await talk.do("GETQUOTA other") == ["NO [NONEXISTENT] There is no such quota root"]


async def test_an_account_without_one_has_none(world: World) -> None:
    talk = await sign_in(world, select="")
    assert await talk.do("GETQUOTAROOT Sent") == ["* QUOTAROOT Sent", "OK GETQUOTAROOT completed"]
    assert (await talk.do('GETQUOTA ""'))[-1].startswith("NO [NONEXISTENT]")
    assert (await talk.do("GETQUOTAROOT nowhere"))[-1].startswith("NO [NONEXISTENT]")
