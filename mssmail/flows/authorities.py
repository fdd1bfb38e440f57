"""The certificates of authorities as the disk holds them: anchors, intermediates, and the bundle HTTPS believes."""

import asyncio
import logging
import ssl

from mssmail.errors import BadCertificate
from mssmail.settings import Trust
from mssmail.trust.anchors import load_certificates, read_stamps
from mssmail.trust.certificate import Certificate, load_certificate

_log = logging.getLogger(__name__)


class Authorities:
    """Read at the start, and again when asked; where that fails the old ones stay, and ``fault`` says why."""

    def __init__(self, settings: Trust) -> None:
        self._settings = settings
        self._stamps: tuple[object, ...] = ()
        self.anchors: tuple[bytes, ...] = ()
        self.intermediates: tuple[bytes, ...] = ()
        self.fault = ""

    async def load(self) -> None:
        """Read them for the first time; raises BadCertificate."""
        self.anchors, self.intermediates = await asyncio.to_thread(self._load)
        self._stamps = await asyncio.to_thread(self._read_stamps)

    async def reload(self) -> None:
        """Read them again."""
        try:
            self.anchors, self.intermediates = await asyncio.to_thread(self._load)
            self.fault = ""
        except BadCertificate as fault:
            if self.fault != str(fault):
                _log.error("anchors or intermediates cannot be read again, the old ones stay: %s", fault)
            self.fault = str(fault)

    async def has_changed(self) -> bool:
        """A file of theirs has changed, come or gone since this was asked last."""
        before, self._stamps = self._stamps, await asyncio.to_thread(self._read_stamps)
        return before != self._stamps

    def list_certificates(self) -> list[Certificate]:
        """All of them: whose revocation lists may be believed."""
        return [load_certificate(der) for der in (*self.anchors, *self.intermediates)]

    def build_context(self) -> ssl.SSLContext:
        """HTTPS believes the configured bundle, else our anchors; never the machine's public authorities."""
        bundle = self._settings.white_list_ca
        if bundle is not None:
            try:
                return ssl.create_default_context(cafile=str(bundle))
            except OSError as error:  # ssl.SSLError is one
                self.fault = f"{bundle}: {error}"
                _log.error("the CA bundle %s cannot be read, the anchors serve instead: %s", bundle, error)
        return ssl.create_default_context(cadata=b"".join(self.anchors))

    def _load(self) -> tuple[tuple[bytes, ...], tuple[bytes, ...]]:
        anchors = load_certificates(self._settings.anchors)
        if not anchors:
            raise BadCertificate(f"{self._settings.anchors}: holds no certificate")
        more = self._settings.intermediates
        return anchors, load_certificates(more) if more is not None else ()

    def _read_stamps(self) -> tuple[object, ...]:
        places = (self._settings.anchors, self._settings.intermediates)
        return tuple(read_stamps(place) for place in places if place is not None)
