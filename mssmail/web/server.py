"""The HTTP listener: ``/metrics`` and ``/healthz``, on loopback unless configured otherwise."""

import asyncio
import contextlib
import socket
import ssl
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import uvicorn
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from mssmail.settings import Endpoint
from mssmail.web.metrics import Sampler, encode_metrics


@dataclass(frozen=True, slots=True)
class Health:
    """Whether mail flows, and the reasons when it does not."""

    faults: tuple[str, ...] = ()

    @property
    def is_well(self) -> bool:
        """Nothing is wrong."""
        return not self.faults


HealthCheck = Callable[[], Health]
_BACKLOG = 128


def build_site(sampler: Sampler, check: HealthCheck) -> Starlette:
    """The two pages. Sampling and checking read the store, so they run beside the loop."""

    async def answer_metrics(_request: Request) -> Response:
        page = await run_in_threadpool(encode_metrics, sampler)
        return Response(page, media_type="text/plain; version=0.0.4")

    async def answer_health(_request: Request) -> Response:
        health = await run_in_threadpool(check)
        status = "ok" if health.is_well else "failing"
        return JSONResponse({"status": status, "faults": list(health.faults)}, 200 if health.is_well else 503)

    return Starlette(routes=[Route("/metrics", answer_metrics), Route("/healthz", answer_health)])


class _Server(uvicorn.Server):
    """uvicorn without its own signal handling: the program has one place for that."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave the signals alone."""
        yield


def build_folder_site(folder: Path) -> Starlette:
    """The files of a folder, each under its name: what a publisher of lists and revocation lists serves."""
    return Starlette(routes=[Mount("/", StaticFiles(directory=folder))])


def _build_chooser(find_context: Callable[[], ssl.SSLContext]) -> Callable[..., None]:
    """A callback that gives each handshake the context of its moment, whatever name the client asks for."""

    def choose(connection: ssl.SSLObject, _name: str | None, _context: ssl.SSLContext) -> None:
        connection.context = find_context()

    return choose


class HttpListener:
    """Serves a site on one endpoint inside the running loop; HTTPS when given (certificate, key) files.

    ``find_context`` is asked at every handshake, so that a renewed certificate needs no restart.
    """

    def __init__(
        self,
        endpoint: Endpoint,
        site: Starlette,
        tls: tuple[Path, Path] | None = None,
        *,
        find_context: Callable[[], ssl.SSLContext] | None = None,
    ) -> None:
        config = uvicorn.Config(
            site,
            log_config=None,
            access_log=False,
            lifespan="off",
            timeout_graceful_shutdown=2,
            ssl_certfile=tls[0] if tls else None,
            ssl_keyfile=str(tls[1]) if tls else None,
        )
        config.load()
        if config.ssl is not None and find_context is not None:
            config.ssl.sni_callback = _build_chooser(find_context)
        self._server = _Server(config)
        self._endpoint = endpoint
        self._task: asyncio.Task[None] | None = None
        self.port = endpoint.port

    async def start(self) -> None:
        """Bind and serve; OSError when the port is taken."""
        family = socket.AF_INET6 if ":" in self._endpoint.host else socket.AF_INET
        listening = socket.socket(family, socket.SOCK_STREAM)
        try:
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listening.bind((self._endpoint.host, self._endpoint.port))
            listening.listen(_BACKLOG)  # here, not in the task below: whoever connects after ``start`` is heard
        except OSError:
            listening.close()
            raise
        listening.setblocking(False)
        self.port = listening.getsockname()[1]
        self._task = asyncio.create_task(self._server.serve(sockets=[listening]))

    async def stop(self) -> None:
        """Finish what is being answered, then close."""
        if self._task is not None:
            self._server.should_exit = True
            await self._task
            self._task = None
