"""What is announced, and when."""

from mssmail.core.envelope import Peer
from mssmail.imap.session import Terms
from mssmail.settings import Hide
from tests.imap.support import Talk, World, sign_in

_BASE = (
    "IMAP4rev1 IMAP4rev2 LITERAL+ SASL-IR ID NAMESPACE IDLE UIDPLUS UNSELECT CHILDREN SPECIAL-USE ENABLE MOVE "
    "LIST-EXTENDED LIST-STATUS CREATE-SPECIAL-USE STATUS=SIZE ESEARCH SEARCHRES PARTIAL "
    "ESORT CONTEXT=SEARCH CONTEXT=SORT SORT "
    "SORT=DISPLAY THREAD=ORDEREDSUBJECT THREAD=REFERENCES WITHIN SAVEDATE CONDSTORE QRESYNC "
    "MULTIAPPEND REPLACE OBJECTID PREVIEW METADATA QUOTA QUOTA=RES-STORAGE UTF8=ACCEPT BINARY ACL RIGHTS=texk NOTIFY "
    "INPROGRESS APPENDLIMIT=52428800"
)


async def test_before_tls_nobody_is_asked_for_a_password(world: World) -> None:
    talk = Talk(world, peer=Peer("192.0.2.1", 1))
    assert await talk.do("CAPABILITY") == [
        f"* CAPABILITY {_BASE} STARTTLS LOGINDISABLED",
        "OK CAPABILITY completed",
    ]


async def test_starttls_is_not_offered_where_it_cannot_be_had(world: World) -> None:
    talk = Talk(world, peer=Peer("192.0.2.1", 1), terms=Terms(offers_tls=False))
    assert "STARTTLS" not in (await talk.do("CAPABILITY"))[0]


async def test_under_tls_the_ways_to_sign_in_are_told(world: World) -> None:
    assert (await Talk(world).do("CAPABILITY"))[0] == f"* CAPABILITY {_BASE} AUTH=PLAIN AUTH=LOGIN"


async def test_after_signing_in_they_are_not(world: World) -> None:
    talk = await sign_in(world)
    assert (await talk.do("CAPABILITY"))[0] == f"* CAPABILITY {_BASE}"


async def test_a_way_to_sign_in_can_be_hidden_like_anything_else(world: World) -> None:
    talk = Talk(world, terms=Terms(hide=(Hide(("AUTH=LOGIN", "appendlimit"), client="old*"),)))
    await talk.do('ID ("name" "Old Client")')
    assert (await talk.do("CAPABILITY"))[0] == f"* CAPABILITY {_BASE.rpartition(' ')[0]} AUTH=PLAIN"
