"""The lab's publisher: revocation lists over HTTP, the white list over HTTPS, both renewed while it runs."""

import asyncio
import contextlib
import logging
from datetime import timedelta
from pathlib import Path

from mssmail.core.clock import Clock, read_clock
from mssmail.lab.authorities import load_authorities
from mssmail.lab.layout import Lab, load_lab
from mssmail.web.server import HttpListener, build_folder_site

RENEWAL = timedelta(hours=1)
_log = logging.getLogger(__name__)


class Publisher:
    """Serves what the lab publishes until it is stopped."""

    def __init__(self, lab: Lab, clock: Clock = read_clock) -> None:
        self._lab = lab
        self._clock = clock
        site = build_folder_site(lab.published)
        ca = lab.path / "ca"
        self._listeners = (
            HttpListener(lab.crl_endpoint, site),
            HttpListener(lab.list_endpoint, site, (ca / "publisher.crt", ca / "publisher.key")),
        )

    def renew(self) -> None:
        """Publish fresh revocation lists."""
        load_authorities(self._lab.path / "ca").publish_crls(self._lab.published, self._clock())
        _log.info("revocation lists renewed")

    async def run(self, stop: asyncio.Event) -> None:
        """Serve and renew until ``stop`` is set."""
        self.renew()
        for listener in self._listeners:
            await listener.start()
        try:
            while not stop.is_set():
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(stop.wait(), RENEWAL.total_seconds())
                if not stop.is_set():
                    await asyncio.to_thread(self.renew)
        finally:
            for listener in self._listeners:
                await listener.stop()


async def run_publisher(folder: Path, stop: asyncio.Event) -> None:
    """The publisher of the lab in this folder."""
    await Publisher(load_lab(folder)).run(stop)
