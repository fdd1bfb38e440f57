"""An administrator's message to a list."""

from dataclasses import replace
from pathlib import Path

from mssmail.app.list_sending import send_to_list
from mssmail.core.address import parse_address
from mssmail.core.clock import read_clock
from mssmail.core.lists import PostState
from mssmail.flows.signing import load_signing_key
from mssmail.settings import load_settings
from mssmail.smime.sign import sign_message
from mssmail.store.engine import open_store
from mssmail.store.list_posts import find_post
from mssmail.store.lists import create_list
from mssmail.store.messages import load_message
from tests.support.mailing import build_list
from tests.support.operators import build_site
from tests.support.pki import Pki

LIST = parse_address("alerts@a.test")
PLAIN = (
    b"From: Marie <marie@a.test>\r\nSubject: Alerte\r\n"
    b"Date: Mon, 01 Jun 2026 12:00:00 +0000\r\nMessage-ID: <1@a.test>\r\n\r\nx\r\n"
)


def test_what_the_author_signed_goes_out_as_it_is(tmp_path: Path) -> None:
    site = build_site(tmp_path / "op", Pki(read_clock().replace(microsecond=0)), read_clock())
    settings = load_settings(site.config)
    signed = sign_message(PLAIN, load_signing_key(settings.server.keys / "marie@a.test.pem"), read_clock())
    store = open_store(settings.server.store)
    store.submit(lambda conn: create_list(conn, replace(build_list("marie@a.test"), address=LIST))).result()
    post_id = send_to_list(settings, LIST, signed, None, read_clock())  # beside the server that holds the store
    post = store.read(lambda conn: find_post(conn, post_id)).result()
    assert post is not None
    assert (post.state, post.author) == (PostState.EXPANDING, "marie@a.test")
    kept = store.read(lambda conn: load_message(conn, post.message_id or 0)).result()
    assert kept is not None
    assert kept.data == signed
    assert kept.relay_prefix.startswith(b"List-Id:")
    store.close()
