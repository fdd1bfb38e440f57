"""Bad input gets a clear error, the right code, never a traceback, and nothing is lost."""

import base64
import hashlib
import imaplib
import os
import re
import signal
import smtplib
import socket
import sqlite3
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from mssmail.core.clock import read_clock
from mssmail.settings import Endpoint, Workers
from tests.end_to_end.serving import (
    MARIE,
    Serving,
    build_letter,
    is_private_disk_possible,
    make_site,
    on_a_small_disk,
    rewrite,
    run_to_its_end,
    see,
    serve,
    sign_as_peer,
    wait_until,
)
from tests.support.operators import PASSWORD, Site
from tests.support.pki import Pki


@pytest.fixture(scope="module")
def pki() -> Pki:
    return Pki(read_clock().replace(microsecond=0))


@pytest.fixture(scope="module")
def serving(tmp_path_factory: pytest.TempPathFactory, pki: Pki) -> Iterator[Serving]:
    """One operator for all tests that do not break it; afterwards its log must be clean."""
    site = make_site(tmp_path_factory.mktemp("serving") / "op", pki)
    with serve(site, pki) as running:
        yield running
        lines = running.read_log()
    assert not [line for line in lines if "traceback" in line]
    assert PASSWORD not in running.log.read_text()
    assert base64.b64encode(f"\0{MARIE}\0{PASSWORD}".encode()).decode() not in running.log.read_text()


@pytest.fixture
def site(tmp_path: Path, pki: Pki) -> Site:
    return make_site(tmp_path / "op", pki)


def _refuse_to_serve(site: Site, code: int, *words: str) -> None:
    found, said = run_to_its_end("serve", "--config", str(site.config))
    assert found == code, said
    assert "Traceback" not in said
    assert all(word in said for word in words), said


def test_an_unknown_key_is_told_with_file_line_and_key(site: Site) -> None:
    text = site.config.read_text().replace("[imap]\n", "[imap]\nmax_conections = 5\n")
    site.config.write_text(text)
    line = text.splitlines().index("max_conections = 5") + 1
    _refuse_to_serve(site, 78, f"{site.config}:{line}: imap.max_conections: unknown key")


@pytest.mark.parametrize("content", [None, b"no key at all\n"], ids=["unreadable", "no key"])
def test_an_unreadable_key_file_is_named(site: Site, content: bytes | None) -> None:
    key = site.folder / "operator.key"
    key.unlink()
    # Root reads every file, but nobody reads a folder.
    key.mkdir() if content is None else key.write_bytes(content)
    _refuse_to_serve(site, 78, "relay.key", str(key))


@pytest.mark.parametrize("key", ["relay.listen", "submission.listen_tls", "imap.listen_tls", "http.listen"])
def test_a_port_in_use_is_told_with_its_key(site: Site, key: str) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        taken = Endpoint("127.0.0.1", other.getsockname()[1])
        table, _, name = key.partition(".")
        changed = replace(getattr(site.settings, table), **{name: taken})
        rewrite(site, replace(site.settings, **{table: changed}))
        _refuse_to_serve(site, 69, f"{key}: {taken} cannot be bound: Address already in use")


def test_a_store_of_a_newer_version_is_left_alone(site: Site) -> None:
    database = site.folder / "store" / "mssmail.db"
    with sqlite3.connect(database) as db:
        db.execute("UPDATE alembic_version SET version_num = 'r9999_future'")
    db.close()
    before = database.read_bytes()
    _refuse_to_serve(site, 69, "newer version")
    assert database.read_bytes() == before


def test_a_second_server_on_the_same_store_is_refused_and_the_first_goes_on(serving: Serving, pki: Pki) -> None:
    _refuse_to_serve(serving.site, 69, "another process", str(serving.site.settings.server.store))
    assert serving.send(sign_as_peer(pki, build_letter("second"))).startswith("250 2.0.0 ")


def test_a_wrong_password_is_refused_alike_by_imap_and_smtp(serving: Serving) -> None:
    with pytest.raises(imaplib.IMAP4.error, match="AUTHENTICATIONFAILED"):
        serving.sign_in("wrong horse")
    with smtplib.SMTP_SSL(*serving.doors["submissions"], context=serving.build_context(), timeout=60) as smtp:
        with pytest.raises(smtplib.SMTPAuthenticationError) as refusal:
            smtp.login(MARIE, "wrong horse")
        assert refusal.value.smtp_code == 535
        assert str(refusal.value.smtp_error).find("5.7.8") >= 0
        assert smtp.login(MARIE, PASSWORD)[0] == 235
    serving.sign_in().logout()


_BROKEN = {
    "multipart": b"Content-Type: multipart/signed; protocol=application/pkcs7-signature; micalg=sha-256; boundary=b\r\n"
    b"\r\n--b\r\n\r\ntext\r\n--b\r\nContent-Type: application/pkcs7-signature\r\n"
    b"Content-Transfer-Encoding: base64\r\n\r\n%s\r\n--b--\r\n",
    "opaque": b"Content-Type: application/pkcs7-mime; smime-type=signed-data\r\n"
    b"Content-Transfer-Encoding: base64\r\n\r\n%s\r\n",
}
_GARBAGE = {
    "empty": b"",
    "no DER": b"not a signature",
    "endless length": b"\x30\x84\xff\xff\xff\xff",
    "indefinite, never ended": b"\x30\x80" * 500,
    "right beginning": bytes.fromhex("308006092a864886f70d010702a080308002010131"),
}


@pytest.mark.parametrize("shape", _BROKEN)
@pytest.mark.parametrize("garbage", _GARBAGE)
def test_malformed_cms_is_refused_for_good(serving: Serving, shape: str, garbage: str) -> None:
    name = f"cms-{shape}-{garbage.split(maxsplit=1)[0]}"
    answer = serving.send(build_letter(name, _BROKEN[shape] % base64.b64encode(_GARBAGE[garbage])))
    assert re.match(r"550 5\.(7\.[17]|6\.0) ", answer), answer
    assert serving.fetch(f"{name}@peer.test") == []


def _nest(depth: int) -> bytes:
    opening = b"".join(b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (n, n) for n in range(depth))
    closing = b"".join(b"\r\n--b%d--\r\n" % n for n in reversed(range(depth)))
    return opening + b"Content-Type: text/plain\r\n\r\ndeep\r\n" + closing


@pytest.mark.parametrize(
    ("name", "body", "extra"),
    [
        ("nested", _nest(1_000), b""),
        ("header", b"Content-Type: text/plain\r\n\r\nhi\r\n", b"X-Long: " + b"a" * 1_000_000 + b"\r\n"),
        ("folded", b"Content-Type: text/plain\r\n\r\nhi\r\n", b"X-Long:" + b" aaaaaaaaaa\r\n" * 90_000),
        ("fields", b"Content-Type: text/plain\r\n\r\nhi\r\n", b"X-Many: a\r\n" * 90_000),
    ],
)
def test_monstrous_structure_is_delivered_whole_or_refused_for_good(
    serving: Serving, pki: Pki, name: str, body: bytes, extra: bytes
) -> None:
    data = sign_as_peer(pki, build_letter(name, body, extra))
    answer = serving.send(data)
    kept = serving.fetch(f"{name}@peer.test")
    if answer.startswith("250"):
        assert len(kept) == 1
        assert data in kept[0]
        (shown,) = serving.fetch(f"{name}@peer.test", "(ENVELOPE BODYSTRUCTURE RFC822.SIZE)")
        assert b"BODYSTRUCTURE" in shown
    else:
        assert re.match(r"55\d 5\.\d\.\d ", answer), answer
        assert kept == []
    assert serving.send(sign_as_peer(pki, build_letter(f"after-{name}"))).startswith("250 ")


def test_nesting_of_a_thousand_is_taken(serving: Serving, pki: Pki) -> None:
    assert serving.send(sign_as_peer(pki, build_letter("thousand", _nest(1_000)))).startswith("250 ")


def test_fifty_megabytes_arrive_to_the_octet(serving: Serving, pki: Pki) -> None:
    line = b"0123456789abcdef" * 4 + b"\r\n"
    data = sign_as_peer(pki, build_letter("large", b"Content-Type: text/plain\r\n\r\n" + line * (50_000_000 // 66)))
    assert len(data) > 49_000_000
    assert serving.send(data).startswith("250 2.0.0 ")
    (kept,) = serving.fetch("large@peer.test")
    assert (
        hashlib.sha256(kept[kept.index(b"From: p@peer.test") :][: len(data)]).digest() == hashlib.sha256(data).digest()
    )


def test_a_killed_worker_costs_one_451_and_is_replaced(tmp_path: Path, pki: Pki) -> None:
    site = make_site(tmp_path / "op", pki, workers=Workers(count=1))
    with serve(site, pki) as running:
        workers = running.find_workers()  # the one that examines, and the one that reads documents
        for worker in workers:
            os.kill(worker, signal.SIGSTOP)
        answers: list[str] = []
        letter = sign_as_peer(pki, build_letter("killed"))
        sending = threading.Thread(target=lambda: answers.append(running.send(letter)))
        sending.start()
        wait_until(lambda: running.read_metric("messages_examining") == 1, "the message reaches no worker")
        for worker in workers:
            os.kill(worker, signal.SIGKILL)
        sending.join()
        assert re.match(r"451 4\.3\.0 ", answers[0]), answers
        assert running.fetch("killed@peer.test") == []
        assert running.send(letter).startswith("250 2.0.0 ")
        assert len(running.fetch("killed@peer.test")) == 1
        replacements = running.find_workers()
        assert replacements
        assert not set(replacements) & set(workers)


@pytest.mark.skipif(not is_private_disk_possible(), reason="no private disk can be mounted here")
@pytest.mark.parametrize("octets", [20_000, 3_000_000], ids=["in the database", "in a file of its own"])
def test_a_full_disk_answers_452_and_nothing_is_promised(tmp_path: Path, pki: Pki, octets: int) -> None:
    site = make_site(tmp_path / "op", pki)
    line = b"0123456789abcdef" * 4 + b"\r\n"
    letter = sign_as_peer(pki, build_letter("full", b"Content-Type: text/plain\r\n\r\n" + line * (octets // 66)))
    with serve(site, pki, on_a_small_disk(site.settings.server.store, 24)) as running:
        assert running.send(sign_as_peer(pki, build_letter("before"))).startswith("250 ")
        filler = see(running.process, site.settings.server.store) / "filler"
        _fill(filler)
        with running.connect_as_peer() as smtp:
            for _ in range(3):
                assert running.send(letter, smtp).startswith("452 4.3.1 ")
            filler.unlink()
            assert running.send(letter, smtp).startswith("250 2.0.0 ")
        assert len(running.fetch("full@peer.test")) == 1
        assert len(running.fetch("before@peer.test")) == 1


def _fill(path: Path) -> None:
    with path.open("wb", buffering=0) as file:
        for size in (1_000_000, 4_096):
            try:
                while True:
                    file.write(b"\0" * size)
            except OSError:
                continue
