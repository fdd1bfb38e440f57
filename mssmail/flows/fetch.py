"""Fetch a white list or a CRL: from a file, over HTTP, or over HTTPS with a CA bundle of its own.

The other side is not trusted to be brief, quick or honest: size and time are bounded, redirects stay on the host, and
no proxy or certificate of the environment plays a part. What is fetched is believed only by its own signature.
"""

import asyncio
import io
import ssl
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit
from urllib.request import url2pathname

import httpx

from mssmail.errors import FetchFault
from mssmail.flows.http_client import open_client

MAX_REDIRECTS: Final = 3


@dataclass(frozen=True, slots=True)
class Validators:
    """What tells the server which version we have (RFC 9110 §8.8)."""

    etag: str = ""
    last_modified: str = ""


NO_VALIDATORS: Final = Validators()


@dataclass(frozen=True, slots=True)
class Fetched:
    """The octets, and how to ask for a newer version."""

    raw: bytes
    validators: Validators = NO_VALIDATORS


@dataclass(frozen=True, slots=True)
class Limits:
    """How much, how long in all, and how long between two signs of life."""

    max_bytes: int
    total_seconds: float = 120
    step_seconds: float = 20


async def fetch(url: str, context: ssl.SSLContext, limits: Limits, known: Validators = NO_VALIDATORS) -> Fetched | None:
    """What stands at ``http:``, ``https:`` or ``file:``; None when it is the known version. Raises FetchFault."""
    match urlsplit(url).scheme:
        case "file":
            return Fetched(await read_file(Path(url2pathname(urlsplit(url).path)), limits))
        case "http" | "https":
            return await _fetch_http(url, context, limits, known)
        case scheme:
            raise FetchFault(f"{url}: cannot fetch by {scheme or 'nothing'}", url=url)


async def post(url: str, body: bytes, types: tuple[str, str], context: ssl.SSLContext, limits: Limits) -> bytes:
    """The answer to these octets; ``types`` are the media types of question and answer. Raises FetchFault."""
    if urlsplit(url).scheme not in {"http", "https"}:
        raise FetchFault(f"{url}: cannot be asked by {urlsplit(url).scheme or 'nothing'}", url=url)
    headers = {**_build_headers(NO_VALIDATORS), "Content-Type": types[0], "Accept": types[1]}
    try:
        async with (
            asyncio.timeout(limits.total_seconds),
            open_client(context, limits.step_seconds) as client,
            client.stream("POST", url, headers=headers, content=body) as response,
        ):
            answer = await _read_response(response, limits, NO_VALIDATORS)
    except TimeoutError as error:
        raise FetchFault(f"{url}: not within {limits.total_seconds:g} s", url=url) from error
    except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
        raise FetchFault(f"{url}: {str(error) or type(error).__name__}", url=url) from error
    return b"" if answer is None else answer.raw


async def read_file(path: Path, limits: Limits) -> bytes:
    """The octets of a file; raises FetchFault."""
    return await asyncio.to_thread(_read_file, path, limits)


def _read_file(path: Path, limits: Limits) -> bytes:
    try:
        with path.open("rb") as file:
            raw = file.read(limits.max_bytes + 1)
    except OSError as error:
        raise FetchFault(f"{path}: {error.strerror}", url=str(path)) from error
    if len(raw) > limits.max_bytes:
        raise FetchFault(f"{path}: more than {limits.max_bytes} octets", url=str(path))
    return raw


async def _fetch_http(url: str, context: ssl.SSLContext, limits: Limits, known: Validators) -> Fetched | None:
    try:
        async with (
            asyncio.timeout(limits.total_seconds),
            open_client(context, limits.step_seconds) as client,
        ):
            return await _follow(client, httpx.URL(url), limits, known)
    except TimeoutError as error:
        raise FetchFault(f"{url}: not within {limits.total_seconds:g} s", url=url) from error
    except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
        raise FetchFault(f"{url}: {str(error) or type(error).__name__}", url=url) from error


async def _follow(client: httpx.AsyncClient, url: httpx.URL, limits: Limits, known: Validators) -> Fetched | None:
    target = url
    for _ in range(MAX_REDIRECTS + 1):
        async with client.stream("GET", target, headers=_build_headers(known)) as response:
            if not response.has_redirect_location:
                return await _read_response(response, limits, known)
            target = target.join(response.headers["Location"])
            # Another host would have to be believed by the same CA bundle, but nobody chose it.
            if (target.scheme, target.host, target.port) != (url.scheme, url.host, url.port):
                raise FetchFault(f"{url}: redirects to another server, {target.host}", url=str(url))
    raise FetchFault(f"{url}: redirects more than {MAX_REDIRECTS} times", url=str(url))


def _build_headers(known: Validators) -> dict[str, str]:
    # Unpacked size is what is bounded here, so nothing packed is asked for or taken.
    headers = {"Accept-Encoding": "identity", "User-Agent": "mssmail"}
    if known.etag:
        headers["If-None-Match"] = known.etag
    elif known.last_modified:
        headers["If-Modified-Since"] = known.last_modified
    return headers


async def _read_response(response: httpx.Response, limits: Limits, known: Validators) -> Fetched | None:
    if response.status_code == httpx.codes.NOT_MODIFIED and known != NO_VALIDATORS:
        return None
    if response.status_code != httpx.codes.OK:
        raise FetchFault(f"{response.url}: answered {response.status_code}", url=str(response.url))
    if response.headers.get("Content-Encoding", "identity").lower() != "identity":
        raise FetchFault(f"{response.url}: sent packed what was asked for unpacked", url=str(response.url))
    # A buffer that grows and is handed over as it is: joining 80 MB of pieces would hold up every session.
    octets = io.BytesIO()
    async for piece in response.aiter_raw():
        if octets.tell() + len(piece) > limits.max_bytes:
            raise FetchFault(f"{response.url}: more than {limits.max_bytes} octets", url=str(response.url))
        octets.write(piece)
    validators = Validators(response.headers.get("ETag", ""), response.headers.get("Last-Modified", ""))
    return Fetched(octets.getvalue(), validators)
