"""A web server on loopback that answers what a test tells it, over HTTP or HTTPS, and remembers who asked for what."""

import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from mssmail.core.clock import read_clock
from mssmail.lab.pki import Authority, KeyKind, Profile, build_subject, create_root


@dataclass
class Page:
    """An answer; with an ETag the second asking gets 304."""

    body: bytes = b""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    write: Callable[[BaseHTTPRequestHandler], None] | None = None
    answer: Callable[[bytes], bytes] | None = None  # what a POST of these octets gets


@dataclass
class Publisher:
    """The running server: put pages in, read requests out."""

    url: str
    pages: dict[str, Page] = field(default_factory=dict)
    requests: list[tuple[str, dict[str, str]]] = field(default_factory=list)

    def put(self, path: str, body: bytes, **headers: str) -> str:
        """Serve these octets; the page's address."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        self.pages[path] = Page(body, headers=named)
        return self.url + path


@contextmanager
def publish(tls: ssl.SSLContext | None = None) -> Iterator[Publisher]:
    """Serve on a free port of 127.0.0.1 while the block runs."""
    server = _Server(("127.0.0.1", 0), _Handler)
    if tls is not None:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    scheme = "http" if tls is None else "https"
    server.publisher = Publisher(f"{scheme}://127.0.0.1:{server.server_address[1]}")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield server.publisher
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def make_https_root() -> Authority:
    """A CA of the present day: TLS asks the real clock."""
    return create_root("Publisher Root", read_clock(), kind=KeyKind.P256)


def make_server_context(root: Authority, directory: Path) -> ssl.SSLContext:
    """HTTPS with a certificate of this CA for 127.0.0.1."""
    subject = build_subject("localhost")
    credential = root.issue(Profile.SERVER, subject, read_clock(), hosts=("localhost", "127.0.0.1"), kind=KeyKind.P256)
    certificate, key = credential.write(directory, "publisher")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    return context


class _Server(ThreadingHTTPServer):
    daemon_threads = False
    publisher: Publisher

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that breaks off is what some tests are about."""


class _Handler(BaseHTTPRequestHandler):
    server: _Server

    def do_GET(self) -> None:
        publisher = self.server.publisher
        publisher.requests.append((self.path, dict(self.headers)))
        page = publisher.pages.get(self.path, Page(b"not here", 404))
        if page.write is not None:
            page.write(self)
            return
        is_known = page.headers.get("ETag", "-") == self.headers.get("If-None-Match")
        self.send_response(304 if is_known else page.status)
        for name, value in page.headers.items():
            self.send_header(name, value)
        if not is_known and "Content-Length" not in page.headers:
            self.send_header("Content-Length", str(len(page.body)))
        self.end_headers()
        if not is_known:
            self.wfile.write(page.body)

    def do_POST(self) -> None:
        publisher = self.server.publisher
        publisher.requests.append((self.path, dict(self.headers)))
        question = self.rfile.read(int(self.headers["Content-Length"]))
        page = publisher.pages.get(self.path, Page(b"not here", 404))
        body = page.body if page.answer is None else page.answer(question)
        self.send_response(page.status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Keep the test output quiet."""
