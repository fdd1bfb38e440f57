"""A message's documents by POST: signed, bounded, repeatable.

The body is multipart/form-data (RFC 7578). ``X-Mssmail-Signature: v1=<hex>`` is HMAC-SHA256 over the timestamp (seconds
since 1970, as in ``X-Mssmail-Timestamp``), a dot, the Idempotency-Key, a dot, and the body. The receiver should take a
timestamp of the last minutes only, and a key it has seen as done.
"""

import asyncio
import hashlib
import hmac
import json
import ssl
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

import httpx

from mssmail.core.filing import Filed, FilingOutcome, NotNow, NotTaken
from mssmail.core.receipt import FilingError
from mssmail.flows.http_client import open_client

MAX_ANSWER_BYTES: Final = 65_536
_MAX_WORDS: Final = 200
# What the documents themselves are refused with; 401, 403, 404 and kin are the configuration's fault, which is mended.
_NEVER: Final = frozenset((400, 413, 415, 422))
_KNOWN: Final = 409  # the key has been seen


@dataclass(frozen=True, slots=True)
class Part:
    """One part of the form."""

    field: str
    name: str  # file name; ASCII without quotes
    media_type: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where, and how to be believed there."""

    url: str
    secret: bytes
    context: ssl.SSLContext
    timeout_seconds: float


def load_context(ca: Path | None) -> ssl.SSLContext:
    """A context that believes this bundle, or the system's CAs; nothing of the environment. Raises OSError."""
    return ssl.create_default_context(cafile=None if ca is None else str(ca))


def encode_form(parts: Sequence[Part], boundary: str) -> bytes:
    """The body (RFC 7578 §4)."""
    pieces = []
    for part in parts:
        media_type = part.media_type if part.media_type.isascii() and part.media_type.isprintable() else ""
        head = f'--{boundary}\r\nContent-Disposition: form-data; name="{part.field}"; filename="{part.name}"\r\n'
        head += f"Content-Type: {media_type or 'application/octet-stream'}\r\n\r\n"
        pieces += [head.encode(), part.content, b"\r\n"]
    return b"".join([*pieces, f"--{boundary}--\r\n".encode()])


def sign_request(secret: bytes, timestamp: str, key: str, body: bytes) -> str:
    """The value of ``X-Mssmail-Signature``."""
    digest = hmac.new(secret, f"{timestamp}.{key}.".encode() + body, hashlib.sha256)
    return f"v1={digest.hexdigest()}"


async def post_parts(endpoint: Endpoint, key: str, parts: Sequence[Part], at: datetime) -> FilingOutcome:
    """Hand the parts over; never raises for what the other side or the network does."""
    boundary = hashlib.sha256(key.encode() + b"".join(hashlib.sha256(each.content).digest() for each in parts))
    body = await asyncio.to_thread(encode_form, parts, boundary.hexdigest())
    timestamp = str(int(at.timestamp()))
    signature = await asyncio.to_thread(sign_request, endpoint.secret, timestamp, key, body)
    headers = {
        "Content-Type": f"multipart/form-data; boundary={boundary.hexdigest()}",
        "Idempotency-Key": key,
        "X-Mssmail-Timestamp": timestamp,
        "X-Mssmail-Signature": signature,
        "Accept": "application/json",
        "Accept-Encoding": "identity",
        "User-Agent": "mssmail",
    }
    try:
        async with (
            asyncio.timeout(endpoint.timeout_seconds),
            open_client(endpoint.context, endpoint.timeout_seconds) as client,
            client.stream("POST", endpoint.url, content=body, headers=headers) as response,
        ):
            return judge_answer(response.status_code, await _read(response))
    except TimeoutError:
        return NotNow(f"no answer within {endpoint.timeout_seconds:g} s")
    except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
        return NotNow(str(error) or type(error).__name__)


async def _read(response: httpx.Response) -> bytes:
    """The answer's beginning: what is longer is not ours to hold."""
    answer = b""
    async for piece in response.aiter_raw():
        answer += piece[: MAX_ANSWER_BYTES - len(answer)]
        if len(answer) == MAX_ANSWER_BYTES:
            break
    return answer


def judge_answer(status: int, body: bytes) -> FilingOutcome:
    """2xx: filed; 409: filed before; 400, 413, 415, 422: refused, with ``{"code": 900…906, "label": …}`` as JSON.

    Anything else is tried again: it is the endpoint's trouble, or that of its address and key here.
    """
    if 200 <= status < 300 or status == _KNOWN:
        return Filed()
    if status in _NEVER:
        return _read_refusal(body)
    return NotNow(f"the endpoint answered {status}")


def _read_refusal(body: bytes) -> NotTaken:
    try:
        told = json.loads(body)
    except (ValueError, RecursionError):
        told = None
    code, label = (told.get("code"), told.get("label")) if isinstance(told, dict) else (None, None)
    known = {error.value: error for error in FilingError}
    words = label if isinstance(label, str) else ""
    words = "".join(each for each in words if each.isprintable())[:_MAX_WORDS]
    return NotTaken(known.get(code, FilingError.OTHER) if isinstance(code, int) else FilingError.OTHER, words)
