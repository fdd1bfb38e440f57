"""The CRLs we hold: fetched ahead of time from configured addresses, verified, the newest of each scope kept.

Addresses come from the configuration only, never from a certificate under examination (a real client did that and
could be sent anywhere).
"""

import asyncio
import hashlib
import logging
import ssl
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from mssmail.errors import BadRevocationList, Fault, FetchFault, StoreUnavailable
from mssmail.flows.fetch import NO_VALIDATORS, Limits, Validators, fetch
from mssmail.flows.last_good import LastGood
from mssmail.trust.certificate import Certificate, fold_name
from mssmail.trust.crl import CLOCK_SKEW, Crl, load_crl, verify_crl

LIMITS: Final = Limits(64 * 1024 * 1024, total_seconds=60, step_seconds=15)
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class KeptCrl:
    """One CRL in use. ``key`` stands for issuer and scope: two lists with the same key replace each other."""

    raw: bytes
    key: str
    issuer: str  # RFC 4514, to be read by people and compared with ``PathResult.missing``
    number: int | None
    this_update: datetime
    next_update: datetime


class RevocationLists:
    """The CRLs in use, by key. One ``refresh`` at a time (the keeper sees to it)."""

    def __init__(self, urls: Sequence[str], disk: LastGood) -> None:
        self._urls = tuple(urls)
        self._disk = disk
        self._validators: dict[str, Validators] = {}
        self.kept: dict[str, KeptCrl] = {}
        self.faults: dict[str, str] = {}  # address → what was wrong the last time

    @property
    def raws(self) -> tuple[bytes, ...]:
        """The octets, for a snapshot."""
        return tuple(kept.raw for kept in self.kept.values())

    def load(self, authorities: Sequence[Certificate], now: datetime) -> None:
        """Begin with what the disk holds, verified again; one that has ended still tells who was revoked."""
        for raw in self._disk.load_crls():
            try:
                self._take(read_crl(raw, authorities, now))
            except BadRevocationList as fault:
                _log.warning("a kept CRL is not used: %s", fault)

    async def refresh(
        self, authorities: Sequence[Certificate], context: ssl.SSLContext, now: datetime
    ) -> list[KeptCrl]:
        """Fetch every address; the CRLs that are new. What goes wrong is in ``faults`` and stops no other address."""
        found = await asyncio.gather(*(self._fetch(url, authorities, context, now) for url in self._urls))
        news = [kept for kept in found if kept is not None and self._take(kept)]
        for kept in news:
            await self._keep(kept)
        return news

    async def _fetch(
        self, url: str, authorities: Sequence[Certificate], context: ssl.SSLContext, now: datetime
    ) -> KeptCrl | None:
        try:
            answer = await fetch(url, context, LIMITS, self._validators.get(url, NO_VALIDATORS))
            if answer is None:
                self.faults.pop(url, None)
                return None
            kept = await asyncio.to_thread(read_crl, answer.raw, authorities, now)
        except (FetchFault, BadRevocationList) as fault:
            self._complain(url, fault)
            return None
        self._validators[url] = answer.validators
        self.faults.pop(url, None)
        return kept

    async def _keep(self, crl: KeptCrl) -> None:
        try:
            await asyncio.to_thread(self._disk.keep_crl, crl.key, crl.raw)
        except StoreUnavailable:  # used all the same: who is revoked must not wait for a disk
            _log.exception("the CRL of %s is in use but not on disk", crl.issuer)

    def _complain(self, url: str, fault: Fault) -> None:
        if self.faults.get(url) != str(fault):
            _log.warning("revocation list %s: %s", url, fault)
        self.faults[url] = str(fault)

    def _take(self, crl: KeptCrl) -> bool:
        """Use the CRL unless the one in use is as new: an old list served again must not free anybody."""
        before = self.kept.get(crl.key)
        if before is not None and crl.this_update <= before.this_update:
            return False
        self.kept[crl.key] = crl
        return True


def read_crl(raw: bytes, authorities: Sequence[Certificate], now: datetime) -> KeptCrl:
    """A CRL we can use, signed by one of our authorities; raises BadRevocationList with the reason."""
    crl = load_crl(raw)
    if crl.fault or crl.next_update is None:
        raise BadRevocationList(f"the CRL of {crl.issuer_text} cannot be used: {crl.fault}")
    if crl.this_update > now + CLOCK_SKEW:  # it would push out one that is in force
        raise BadRevocationList(f"the CRL of {crl.issuer_text} starts only at {crl.this_update:%Y-%m-%d %H:%M}Z")
    _verify(crl, authorities)
    return KeptCrl(raw, _build_key(crl), crl.issuer_text, crl.number, crl.this_update, crl.next_update)


def _verify(crl: Crl, authorities: Sequence[Certificate]) -> None:
    """One of the authorities of that name signed it: two may share a name while a CA changes its key."""
    fault = BadRevocationList(f"no authority of ours is {crl.issuer_text}")
    for authority in authorities:
        if fold_name(authority.subject) == crl.issuer:
            try:
                verify_crl(crl, authority)
            except BadRevocationList as found:
                fault = found
            else:
                return
    raise fault


def _build_key(crl: Crl) -> str:
    """Issuer and scope as a file name: a complete list, one for users only and a delta list stand side by side."""
    scope = (b"" if crl.point is None else crl.point.public_bytes()) + (b"|delta" if crl.is_delta else b"")
    return hashlib.sha256(crl.crl.issuer.public_bytes() + b"|" + scope).hexdigest()
