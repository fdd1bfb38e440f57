"""Connections for HTTP that end with whoever asked, however that ends."""

import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx


@asynccontextmanager
async def open_client(context: ssl.SSLContext, step_seconds: float) -> AsyncIterator[httpx.AsyncClient]:
    """A client that obeys nothing of the environment, and waits so long at most between two signs of life.

    Every connection it has begun is closed at the end. httpcore does so itself, but not of one that is cancelled in its
    TLS handshake, as a time limit or a stop does it: that one would stay open until the garbage collector comes by.
    """
    begun: list[Any] = []

    async def note(event: str, facts: dict[str, Any]) -> None:
        if event == "connection.connect_tcp.complete":
            begun.append(facts["return_value"])

    async def trace(request: httpx.Request) -> None:
        request.extensions["trace"] = note

    try:
        async with httpx.AsyncClient(
            verify=context, trust_env=False, timeout=step_seconds, event_hooks={"request": [trace]}
        ) as client:
            yield client
    finally:
        for stream in begun:
            await stream.aclose()
