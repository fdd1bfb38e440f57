"""Documents sent from the command line, beside a real store and real trust."""

import json
from pathlib import Path

import pytest

from mssmail.core.clock import read_clock
from mssmail.documents.inspect import Reading
from mssmail.documents.message import read_message
from mssmail.store.engine import open_store
from mssmail.store.messages import find_by_trace, load_message
from mssmail.store.queue import list_items
from tests.support.command import run
from tests.support.health import CRITICAL, NORMAL, make_cda
from tests.support.operators import build_site
from tests.support.pki import Pki

AUTHOR, PEER = "marie@a.test", "dr@peer.test"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("op")
    now = read_clock()
    site = build_site(folder / "op", Pki(now.replace(microsecond=0)), now)
    text = site.config.read_text().replace("test_space = false", "test_space = true")
    site.config.write_text(text.replace('product = ""', 'product = "DEV1"'))
    # What a server has fetched before: the list and the revocation lists.
    _serve_once(site.config)
    (folder / "a.xml").write_bytes(make_cda(CRITICAL))
    (folder / "b.xml").write_bytes(make_cda(NORMAL, document_id="1.2.3.4.2"))
    (folder / "a.pdf").write_bytes(b"%PDF-1.4 invented")
    return folder


def _serve_once(config: Path) -> None:
    import asyncio

    from mssmail.app.operator import Operator
    from mssmail.settings import load_settings

    async def run_briefly() -> None:
        async with Operator(load_settings(config)):
            pass

    asyncio.run(run_briefly())


def _send(folder: Path, *options: str) -> list[str]:
    config = str(folder / "op" / "mssmail.toml")
    return ["document", "send", "--config", config, "--account", AUTHOR, "--cda", str(folder / "a.xml"), *options]


def test_documents_are_packed_signed_delivered_and_queued(folder: Path) -> None:
    more = ("--to", AUTHOR, "--to", PEER, "--cda", str(folder / "b.xml"), "--pdf", str(folder / "a.pdf"), "--json")
    told = json.loads(run(*_send(folder, *more)).out)
    assert told["reply"] == f"250 2.0.0 {told['id']}"
    assert (told["codecda"], told["ins"]) == ("11502-2,11502-2", "O")
    store = open_store(folder / "op" / "store", exclusive=False)
    [message_id] = store.read(lambda conn: find_by_trace(conn, told["id"])).result()
    kept = store.read(lambda conn: load_message(conn, message_id)).result()
    queued = [str(item.recipient) for item in store.read(list_items).result()]
    store.close()
    assert kept is not None
    assert kept.summary == "trusted"
    findings = read_message(kept.data, Reading(test_space=True)).findings
    assert (findings.mark.value, findings.fileable, findings.inconsistencies) == ("critical", True, ())
    assert findings.declared.nil == "DEV1"
    assert PEER in queued


def test_a_letter_may_be_looked_at_first(folder: Path, tmp_path: Path) -> None:
    answer = run(*_send(folder, "--to", PEER, "--output", str(tmp_path / "letter.eml"), "--nil", "X", "--no-receipt"))
    assert "nothing was sent" in answer.out
    letter = (tmp_path / "letter.eml").read_bytes()
    assert b"X-MSS-NIL: X\r\n" in letter
    assert b"Disposition-Notification-To" not in letter


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--to", "dr@nowhere.test"), "nowhere.test is not on the white list"),
        (("--to", "nobody@a.test"), "No such account here: nobody@a.test"),
        (("--to", "no address"), "address"),
        (("--to", PEER, "--account", "nobody@a.test"), "nobody has the address nobody@a.test here"),
        (("--to", PEER, "--pdf", "a.xml"), "no PDF file"),
        (("--to", PEER, "--cda", "a.xml"), "the same id"),
        (("--to", PEER, "--cda", "a.pdf"), "document 2: not well-formed XML"),
    ],
)
def test_what_cannot_be_sent_is_told_plainly(folder: Path, options: tuple[str, ...], words: str) -> None:
    placed = [str(folder / each) if each in {"a.xml", "a.pdf"} else each for each in options]
    answer = run(*_send(folder, *placed))
    assert answer.code == 1
    assert words in answer.out + answer.err
