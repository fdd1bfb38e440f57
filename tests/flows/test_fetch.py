"""Tests of fetching, against a real server that is not always polite."""

import ssl
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

from mssmail.errors import FetchFault
from mssmail.flows.fetch import MAX_REDIRECTS, Fetched, Limits, Validators, fetch
from tests.support.publisher import Page, Publisher, make_https_root, make_server_context, publish

LIMITS = Limits(1_000, total_seconds=20, step_seconds=20)
ANY = ssl.create_default_context(cadata=make_https_root().credential.certificate_der)


@pytest.fixture
def http() -> Iterator[Publisher]:
    with publish() as publisher:
        yield publisher


async def test_fetches_octets_as_they_stand(http: Publisher) -> None:
    url = http.put("/list", b"\x00\xff octets", ETag='"1"')
    assert await fetch(url, ANY, LIMITS) == Fetched(b"\x00\xff octets", Validators('"1"'))


async def test_what_is_known_is_not_fetched_again(http: Publisher) -> None:
    url = http.put("/list", b"octets", ETag='"1"', Last_Modified="Mon, 01 Jun 2026 06:00:00 GMT")
    first = await fetch(url, ANY, LIMITS)
    assert first is not None
    assert await fetch(url, ANY, LIMITS, first.validators) is None
    http.put("/list", b"newer", ETag='"2"')
    assert await fetch(url, ANY, LIMITS, first.validators) == Fetched(b"newer", Validators('"2"'))
    assert http.requests[1][1]["If-None-Match"] == '"1"'


async def test_a_date_serves_where_there_is_no_etag(http: Publisher) -> None:
    date = "Mon, 01 Jun 2026 06:00:00 GMT"
    await fetch(http.put("/list", b""), ANY, LIMITS, Validators(last_modified=date))
    assert http.requests[0][1]["If-Modified-Since"] == date


async def test_a_304_that_nobody_asked_for_is_no_answer(http: Publisher) -> None:
    http.pages["/list"] = Page(status=304, headers={"Content-Length": "0"})
    with pytest.raises(FetchFault, match="answered 304"):
        await fetch(http.url + "/list", ANY, LIMITS)


@pytest.mark.parametrize("status", [204, 206, 401, 404, 500, 503])
async def test_only_200_brings_octets(http: Publisher, status: int) -> None:
    http.pages["/list"] = Page(b"" if status == 204 else b"sorry", status)
    with pytest.raises(FetchFault, match=f"answered {status}"):
        await fetch(http.url + "/list", ANY, LIMITS)


async def test_redirects_stay_on_the_server(http: Publisher) -> None:
    http.pages["/old"] = Page(status=302, headers={"Location": "/new"})
    http.put("/new", b"octets")
    assert await fetch(http.url + "/old", ANY, LIMITS) == Fetched(b"octets")


@pytest.mark.parametrize("target", ["http://localhost:{port}/new", "https://127.0.0.1:{port}/new", "//127.0.0.1:1/new"])
async def test_redirects_to_another_server_are_refused(http: Publisher, target: str) -> None:
    port = http.url.rpartition(":")[2]
    http.pages["/old"] = Page(status=302, headers={"Location": target.format(port=port)})
    http.put("/new", b"octets")
    with pytest.raises(FetchFault, match="redirects to another server"):
        await fetch(http.url + "/old", ANY, LIMITS)
    assert [path for path, _ in http.requests] == ["/old"]


async def test_redirects_in_a_circle_end(http: Publisher) -> None:
    http.pages["/old"] = Page(status=302, headers={"Location": "/old"})
    with pytest.raises(FetchFault, match="redirects more than"):
        await fetch(http.url + "/old", ANY, LIMITS)
    assert len(http.requests) == MAX_REDIRECTS + 1


async def test_no_more_than_the_limit_is_read(http: Publisher) -> None:
    assert await fetch(http.put("/list", b"x" * 1_000), ANY, LIMITS) == Fetched(b"x" * 1_000)
    with pytest.raises(FetchFault, match="more than 1000 octets"):
        await fetch(http.put("/list", b"x" * 1_001), ANY, LIMITS)


async def test_an_endless_answer_is_broken_off(http: Publisher) -> None:
    def write(handler: BaseHTTPRequestHandler) -> None:
        handler.wfile.write(b"HTTP/1.0 200 OK\r\n\r\n")
        while True:
            handler.wfile.write(b"x" * 65_536)

    http.pages["/list"] = Page(write=write)
    with pytest.raises(FetchFault, match="more than 1000 octets"):
        await fetch(http.url + "/list", ANY, LIMITS)


async def test_packed_answers_are_refused(http: Publisher) -> None:
    with pytest.raises(FetchFault, match="packed"):
        await fetch(http.put("/list", b"\x1f\x8b", Content_Encoding="gzip"), ANY, LIMITS)
    assert http.requests[0][1]["Accept-Encoding"] == "identity"


async def test_a_cut_answer_is_no_answer(http: Publisher) -> None:
    with pytest.raises(FetchFault, match="closed"):
        await fetch(http.put("/list", b"half", Content_Length="8"), ANY, LIMITS)


async def test_a_server_that_says_nothing_is_left(http: Publisher) -> None:
    release = threading.Event()

    def write(_: BaseHTTPRequestHandler) -> None:
        release.wait(20)

    http.pages["/list"] = Page(write=write)
    try:
        with pytest.raises(FetchFault, match=r"not within 0\.2 s"):
            await fetch(http.url + "/list", ANY, Limits(1_000, total_seconds=0.2, step_seconds=20))
        with pytest.raises(FetchFault, match="ReadTimeout"):
            await fetch(http.url + "/list", ANY, Limits(1_000, total_seconds=20, step_seconds=0.1))
    finally:
        release.set()


async def test_https_believes_its_own_bundle_and_no_other(tmp_path: Path) -> None:
    root, other = make_https_root(), make_https_root()
    with publish(make_server_context(root, tmp_path)) as https:
        url = https.put("/list", b"octets")
        context = ssl.create_default_context(cadata=root.credential.certificate_der)
        assert await fetch(url, context, LIMITS) == Fetched(b"octets")
        for stranger in (
            ssl.create_default_context(cadata=other.credential.certificate_der),
            ssl.create_default_context(),  # the public authorities of the machine
        ):
            with pytest.raises(FetchFault, match="CERTIFICATE_VERIFY_FAILED"):
                await fetch(url, stranger, LIMITS)


async def test_the_environment_names_no_proxy(http: Publisher, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    assert await fetch(http.put("/list", b"octets"), ANY, LIMITS) == Fetched(b"octets")


async def test_reads_files_within_the_limit(tmp_path: Path) -> None:
    path = tmp_path / "a list.xml"
    path.write_bytes(b"x" * 1_000)
    assert await fetch(path.as_uri(), ANY, LIMITS) == Fetched(b"x" * 1_000)
    path.write_bytes(b"x" * 1_001)
    with pytest.raises(FetchFault, match="more than 1000 octets"):
        await fetch(path.as_uri(), ANY, LIMITS)
    with pytest.raises(FetchFault, match="No such file"):
        await fetch((tmp_path / "none").as_uri(), ANY, LIMITS)


@pytest.mark.parametrize("url", ["ldap://127.0.0.1/", "ftp://127.0.0.1/", "list.xml", ""])
async def test_other_schemes_are_not_fetched(url: str) -> None:
    with pytest.raises(FetchFault, match="cannot fetch by"):
        await fetch(url, ANY, LIMITS)


async def test_nobody_listening_is_a_fault() -> None:
    with pytest.raises(FetchFault, match=r"http://127\.0\.0\.1:1/"):
        await fetch("http://127.0.0.1:1/list", ANY, LIMITS)
