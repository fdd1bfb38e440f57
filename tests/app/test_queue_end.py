"""An item is ended by hand: not twice, and not under the dispatcher's hands; the report is signed and judged."""

from datetime import UTC, datetime
from pathlib import Path

from mssmail.app.queue_end import HereExaminer, end_item
from mssmail.core.address import parse_address
from mssmail.core.verdict import Structure
from mssmail.store.engine import open_store
from mssmail.store.mailboxes import find_mailbox
from mssmail.store.messages import deliver
from mssmail.store.queue import claim, list_items
from tests.support.operators import build_site
from tests.support.pki import Pki
from tests.support.store import build_delivery, build_message

PEER = parse_address("p@peer.test")


async def test_examining_here_says_what_a_worker_would(tmp_path: Path) -> None:
    now = datetime.now(UTC)
    site = build_site(tmp_path / "op", Pki(now.replace(microsecond=0)), now)
    examination = await HereExaminer(site.settings).examine(build_message(), now, verify=True)
    assert examination.verdict.structure is Structure.UNSIGNED


def test_what_is_being_sent_is_not_ended(tmp_path: Path) -> None:
    now = datetime.now(UTC)
    site = build_site(tmp_path / "op", Pki(now.replace(microsecond=0)), now)
    store = open_store(site.settings.server.store)
    delivery = build_delivery(store, build_message(), queue=(PEER,), reverse_path=parse_address("marie@a.test"))
    store.submit(lambda conn: deliver(conn, delivery)).result()
    (item,) = store.submit(lambda conn: claim(conn, now, {"peer.test": 1}, now)).result()
    assert not end_item(site.settings, store, item.id, "")
    assert not end_item(site.settings, store, 99, "")
    assert len(store.read(list_items).result()) == 1
    assert store.read(lambda conn: find_mailbox(conn, 1, "INBOX")).result().messages == 0
    store.close()
