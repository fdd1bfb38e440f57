"""An example of software that files documents: the endpoint of a connector, as a vendor would write it.

It believes a request by its HMAC and its time, files each key once, and refuses what it cannot attribute with the codes
of the French integration guide: 903 without an INS, 905 when the INS is not qualified, 902 for a patient it does not
know (here: whoever is called INCONNU).
"""

import hmac
import json
import logging
import ssl
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.message import Message
from email.parser import BytesParser
from email.policy import HTTP
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Final

from mssmail.core.clock import Clock, read_clock
from mssmail.core.filing import Filed
from mssmail.flows.filing_directory import file_into
from mssmail.flows.filing_http import sign_request
from mssmail.settings import Endpoint

MAX_BODY_BYTES: Final = 64 * 1024 * 1024
MAX_AGE_SECONDS: Final = 300
_log = logging.getLogger(__name__)
Answer = tuple[int, dict[str, object]]


@dataclass(frozen=True, slots=True)
class Desk:
    """Where documents are filed, and who may bring them."""

    folder: Path
    secret: bytes
    clock: Clock = read_clock
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def take(self, headers: Mapping[str, str], body: bytes) -> Answer:
        """Status and JSON for one request."""
        key, timestamp = headers.get("Idempotency-Key", ""), headers.get("X-Mssmail-Timestamp", "")
        signature = sign_request(self.secret, timestamp, key, body)
        if not hmac.compare_digest(signature.encode(), headers.get("X-Mssmail-Signature", "").encode()):
            return 401, {"label": "the signature is not ours"}
        if not timestamp.isdigit() or abs(self.clock().timestamp() - int(timestamp)) > MAX_AGE_SECONDS:
            return 401, {"label": "the request is too old"}
        if not key.replace("-", "").isalnum():
            return 401, {"label": "no key"}
        parts = _parse_form(headers.get("Content-Type", ""), body)
        refusal = _refuse(json.loads(parts["summary.json"]))
        if refusal is not None:
            return 422, refusal
        with self._lock:
            if (self.folder / key).exists():
                return 409, {"label": "filed before"}
            outcome = file_into(self.folder, key, parts)
        return (201, {"filed": key}) if isinstance(outcome, Filed) else (503, {"label": "no room"})


def _parse_form(content_type: str, body: bytes) -> dict[str, bytes]:
    """The parts by file name; their names are those mssmail chose: without folders, each once."""
    head = f"Content-Type: {content_type}\r\nMIME-Version: 1.0\r\n\r\n".encode()
    form = BytesParser(policy=HTTP).parsebytes(head + body)
    parts: dict[str, bytes] = {}
    for part in form.iter_parts() if isinstance(form, Message) and hasattr(form, "iter_parts") else ():
        content = part.get_payload(decode=True)
        parts[Path(part.get_filename() or "part").name] = content if isinstance(content, bytes) else b""
    return parts


def _refuse(summary: Mapping[str, object]) -> dict[str, object] | None:
    patients = list(_iterate_patients(summary))
    if any(each.get("birth_family") == "INCONNU" or each.get("family") == "INCONNU" for each in patients):
        return {"code": 902, "label": "Patient inconnu du logiciel"}
    numbered = [each for each in patients if "ins" in each]
    if any(not each["ins"] for each in numbered):
        return {"code": 903, "label": "INS absent"}
    if any(not each.get("ins_qualified") for each in numbered):
        return {"code": 905, "label": "Traits INS incomplets"}
    return None


def _iterate_patients(tree: object) -> "list[dict[str, object]]":
    """Every patient of the summary, of CDA documents and of HPRIM records."""
    if isinstance(tree, dict):
        own = [tree["patient"]] if isinstance(tree.get("patient"), dict) else []
        return own + [each for value in tree.values() for each in _iterate_patients(value)]
    return [each for value in tree for each in _iterate_patients(value)] if isinstance(tree, list) else []


class FilingReceiver:
    """The endpoint, answering in threads of its own between ``start`` and ``stop``."""

    def __init__(self, desk: Desk, endpoint: Endpoint, tls: tuple[Path, Path] | None = None) -> None:
        place = (endpoint.host, endpoint.port)
        self._server = ThreadingHTTPServer(place, _build_handler(desk), bind_and_activate=False)
        self._server.daemon_threads = True
        self._tls = tls
        self._thread: threading.Thread | None = None

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self._server.server_address[1])

    def start(self) -> None:
        """Listen."""
        self._server.server_bind()
        self._server.server_activate()
        if self._tls is not None:
            context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
            context.load_cert_chain(*self._tls)
            # The handshake is the thread's: a client that says nothing must not hold the others up.
            self._server.socket = context.wrap_socket(
                self._server.socket, server_side=True, do_handshake_on_connect=False
            )
        self._thread = threading.Thread(target=self._server.serve_forever, name="filing-receiver", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Answer what is under way, then listen no more."""
        self._server.shutdown()
        self._server.server_close()
        if self._thread is not None:
            self._thread.join()


def _build_handler(desk: Desk) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        timeout = 30

        def do_POST(self) -> None:
            length = self.headers.get("Content-Length", "")
            if not length.isdigit() or int(length) > MAX_BODY_BYTES:
                self._answer(413, {"label": "too large"})
                return
            try:
                status, told = desk.take(dict(self.headers.items()), self.rfile.read(int(length)))
            except (ValueError, KeyError, OSError) as error:
                status, told = 400, {"label": f"not understood: {type(error).__name__}"}
            self._answer(status, told)

        def _answer(self, status: int, told: dict[str, object]) -> None:
            body = json.dumps(told).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            _log.info("%s", format % args)

    return Handler
