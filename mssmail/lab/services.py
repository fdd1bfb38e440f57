"""The lab's publisher: revocation lists over HTTP, the white list over HTTPS, both renewed; and software that files."""

import asyncio
import contextlib
import logging
from datetime import timedelta
from pathlib import Path

from mssmail.core.clock import Clock, read_clock
from mssmail.lab.authorities import load_authorities
from mssmail.lab.layout import Lab, load_lab
from mssmail.lab.receiver import Desk, FilingReceiver
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

    def _build_receiver(self) -> FilingReceiver | None:
        """The lab's software that files documents."""
        lab, ca = self._lab, self._lab.path / "ca"
        if not lab.filing_secret.exists():  # a lab of before
            return None
        desk = Desk(lab.filed, lab.filing_secret.read_bytes().strip())
        return FilingReceiver(desk, lab.filing_endpoint, (ca / "publisher.crt", ca / "publisher.key"))

    def renew(self) -> None:
        """Publish fresh revocation lists."""
        load_authorities(self._lab.path / "ca").publish_crls(self._lab.published, self._clock())
        _log.info("revocation lists renewed")

    async def run(self, stop: asyncio.Event) -> None:
        """Serve and renew until ``stop`` is set."""
        self.renew()
        for listener in self._listeners:
            await listener.start()
        receiver = self._build_receiver()
        if receiver is not None:
            await asyncio.to_thread(receiver.start)
        try:
            while not stop.is_set():
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(stop.wait(), RENEWAL.total_seconds())
                if not stop.is_set():
                    await asyncio.to_thread(self.renew)
        finally:
            if receiver is not None:
                await asyncio.to_thread(receiver.stop)
            for listener in self._listeners:
                await listener.stop()


async def run_publisher(folder: Path, stop: asyncio.Event) -> None:
    """The publisher of the lab in this folder."""
    await Publisher(load_lab(folder)).run(stop)
