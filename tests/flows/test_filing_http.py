"""Requests to a connector's endpoint: what is sent, and what its answers mean."""

import hashlib
import hmac
import socket
import ssl
import threading
from datetime import UTC, datetime
from email.parser import BytesParser
from email.policy import HTTP
from pathlib import Path

import pytest

from mssmail.core.filing import Filed, FilingOutcome, NotNow, NotTaken
from mssmail.core.receipt import FilingError
from mssmail.flows.filing_http import (
    MAX_ANSWER_BYTES,
    Endpoint,
    Part,
    encode_form,
    judge_answer,
    load_context,
    post_parts,
    sign_request,
)
from tests.support.answers import Answers, serve_answers

_NOW = datetime(2026, 6, 1, tzinfo=UTC)
_SECRET = b"0123456789abcdef"
_PARTS = [
    Part("summary", "summary.json", "application/json", b'{"a": "\xc3\xa9"}'),
    Part("document", "DOC0001.XML", 'text/xml; "\u00e9', b"<a/>\r\n--x\r\n"),
]


def _endpoint(url: str, seconds: float = 20) -> Endpoint:
    return Endpoint(url, _SECRET, load_context(None), seconds)


@pytest.mark.parametrize(
    ("status", "body", "outcome"),
    [
        (200, b"", Filed()),
        (204, b"", Filed()),
        (409, b"", Filed()),
        (422, b'{"code": 902, "label": "Patient inconnu"}', NotTaken(FilingError.UNKNOWN_PATIENT, "Patient inconnu")),
        (422, b'{"code": 77, "label": "a\\nb"}', NotTaken(FilingError.OTHER, "ab")),
        (400, b'{"code": true, "label": 3}', NotTaken(FilingError.OTHER)),
        (413, b"<html>", NotTaken(FilingError.OTHER)),
        (415, b"[" * 60_000, NotTaken(FilingError.OTHER)),
        (422, b'["code"]', NotTaken(FilingError.OTHER)),
        (302, b"", NotNow("the endpoint answered 302")),
        (401, b"", NotNow("the endpoint answered 401")),
        (404, b"", NotNow("the endpoint answered 404")),
        (429, b"", NotNow("the endpoint answered 429")),
        (503, b"", NotNow("the endpoint answered 503")),
    ],
)
def test_what_an_answer_means(status: int, body: bytes, outcome: FilingOutcome) -> None:
    assert judge_answer(status, body) == outcome


def test_the_form_is_read_by_others() -> None:
    body = encode_form(_PARTS, "bb")
    form = BytesParser(policy=HTTP).parsebytes(b"Content-Type: multipart/form-data; boundary=bb\r\n\r\n" + body)
    parts = list(form.iter_parts())
    assert [(each.get_filename(), each.get_payload(decode=True)) for each in parts] == [
        ("summary.json", b'{"a": "\xc3\xa9"}'),
        ("DOC0001.XML", b"<a/>\r\n--x\r\n"),
    ]
    assert parts[1].get_content_type() == "application/octet-stream"


async def test_a_request_is_signed_over_time_key_and_body() -> None:
    with serve_answers(Answers()) as answers:
        assert await post_parts(_endpoint(answers.url), "k-1", _PARTS, _NOW) == Filed()
    [(headers, body)] = answers.seen
    timestamp = headers["X-Mssmail-Timestamp"]
    assert timestamp == str(int(_NOW.timestamp()))
    wanted = hmac.new(_SECRET, f"{timestamp}.k-1.".encode() + body, hashlib.sha256).hexdigest()
    assert headers["X-Mssmail-Signature"] == f"v1={wanted}" == sign_request(_SECRET, timestamp, "k-1", body)
    assert headers["Idempotency-Key"] == "k-1"
    assert b"<a/>\r\n--x\r\n" in body


async def test_an_answer_without_end_is_read_no_further() -> None:
    with serve_answers(Answers([(422, b" " * MAX_ANSWER_BYTES + b'{"code": 902}')])) as answers:
        assert await post_parts(_endpoint(answers.url), "k-1", _PARTS, _NOW) == NotTaken(FilingError.OTHER)


async def test_redirects_are_not_followed() -> None:
    with serve_answers(Answers([(307, b"")])) as answers:
        outcome = await post_parts(_endpoint(answers.url), "k-1", _PARTS, _NOW)
    assert outcome == NotNow("the endpoint answered 307")
    assert len(answers.seen) == 1


async def test_nobody_there_and_somebody_silent_are_reasons_to_wait() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/"
        assert await post_parts(_endpoint(url, 0.2), "k", _PARTS, _NOW) == NotNow("no answer within 0.2 s")
    assert isinstance(await post_parts(_endpoint(url), "k", _PARTS, _NOW), NotNow)
    assert isinstance(await post_parts(_endpoint("http://[::"), "k", _PARTS, _NOW), NotNow)


async def test_a_certificate_nobody_vouches_for_is_not_believed(tmp_path: Path) -> None:
    from tests.support.operator_room import TODAY

    certificate, key = TODAY.make_operator("localhost").write(tmp_path, "server")
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate, key)
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def answer() -> None:
            connection, _ = listener.accept()
            with connection, pytest.raises((ssl.SSLError, OSError)):
                context.wrap_socket(connection, server_side=True).recv(1)

        thread = threading.Thread(target=answer)
        thread.start()
        outcome = await post_parts(_endpoint(f"https://127.0.0.1:{listener.getsockname()[1]}/"), "k", _PARTS, _NOW)
        thread.join()
    assert isinstance(outcome, NotNow)
    assert "certificate" in outcome.reason.lower()
