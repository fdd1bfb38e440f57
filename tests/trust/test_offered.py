"""What is offered in a handshake is known, also when the handshake fails because of it."""

import gc
import ssl
from datetime import UTC, datetime
from pathlib import Path

import pytest

from mssmail.lab.pki import Credential
from mssmail.trust.offered import find_latest_offer, find_offer, parse_certificate_message, watch_offers
from tests.support.pki import Pki

NOW = datetime.now(UTC)
OURS, FOREIGN = Pki(NOW), Pki(NOW)
SERVER, CLIENT = OURS.make_operator("s.test"), FOREIGN.make_operator("c.test")


def build_context(side: int, credential: Credential, believed: Pki, directory: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(side)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_REQUIRED
    context.load_cert_chain(*credential.write(directory, str(side)))
    context.load_verify_locations(cadata=believed.anchors[0])
    watch_offers(context)
    return context


def shake(server: ssl.SSLContext, client: ssl.SSLContext) -> tuple[ssl.SSLObject, ssl.SSLObject]:
    """Both ends, as far as they came."""
    up, down = ssl.MemoryBIO(), ssl.MemoryBIO()
    ends = (
        client.wrap_bio(down, up, server_hostname="s.test"),
        server.wrap_bio(up, down, server_side=True),
    )
    broken: set[int] = set()
    for _ in range(4):
        for number, end in enumerate(ends):
            try:
                if number not in broken:
                    end.do_handshake()
            except ssl.SSLWantReadError:
                pass
            except ssl.SSLError:
                broken.add(number)
    return ends[1], ends[0]


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
@pytest.mark.parametrize("server_believes", [OURS, FOREIGN])
@pytest.mark.parametrize("client_believes", [OURS, FOREIGN])
def test_both_sides_know_what_they_were_offered(
    version: ssl.TLSVersion, server_believes: Pki, client_believes: Pki, tmp_path: Path
) -> None:
    server = build_context(ssl.PROTOCOL_TLS_SERVER, SERVER, server_believes, tmp_path)
    client = build_context(ssl.PROTOCOL_TLS_CLIENT, CLIENT, client_believes, tmp_path)
    client.maximum_version = version
    at_server, at_client = shake(server, client)
    offered = (SERVER.certificate_der, OURS.issuing.credential.certificate_der)
    assert find_offer(at_client) == offered
    assert find_latest_offer(client, "s.test") == offered
    assert find_latest_offer(client, "other.test") == ()
    if client_believes is OURS:  # else the client ended it before it showed its own
        assert find_offer(at_server)[0] == CLIENT.certificate_der
    else:
        assert find_offer(at_server) == ()


def test_nothing_is_remembered_longer_than_its_handshake(tmp_path: Path) -> None:
    server = build_context(ssl.PROTOCOL_TLS_SERVER, SERVER, OURS, tmp_path)
    client = build_context(ssl.PROTOCOL_TLS_CLIENT, CLIENT, OURS, tmp_path)
    ends = shake(server, client)
    del ends
    gc.collect()
    assert find_latest_offer(client, "s.test") == ()
    assert find_offer(None) == ()


def test_every_cut_of_a_message_is_borne_with() -> None:
    for has_context in (True, False):
        body = b"".join(
            len(der).to_bytes(3) + der + (b"\0\0" if has_context else b"") for der in (b"first", b"second certificate")
        )
        whole = b"\x0b\0\0\0" + (b"\0" if has_context else b"") + len(body).to_bytes(3) + body
        assert parse_certificate_message(whole, has_context=has_context) == (b"first", b"second certificate")
        for cut in range(len(whole)):
            assert len(parse_certificate_message(whole[:cut], has_context=has_context)) <= 2
