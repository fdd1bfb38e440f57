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
    assert (await talk.do('GETQUOTAROOT "Other Users/bob@a.test"'))[-1].startswith("NO [NONEXISTENT]")


async def test_a_mailbox_need_not_be_there_yet(world: World) -> None:
    """RFC 9208 §4.1.2: which root would hold it?"""
    world.store.submit(lambda conn: set_quota(conn, world.anne.address, 10_240)).result()
    talk = await sign_in(world, select="")
    assert await talk.do("GETQUOTAROOT later") == [
        '* QUOTAROOT later ""',
        '* QUOTA "" (STORAGE 0 10)',
        "OK GETQUOTAROOT completed",
    ]
