"""The white list in use: fetched or read, authenticated, compared with the last one, adopted or held.

Reading a list of 9,000 domains takes 0.4 s, one of 200,000 nearly four: it happens in a process of its own.
"""

import asyncio
import logging
import ssl
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Final

from mssmail.core.decision import Accept
from mssmail.core.missing import MissingStatus
from mssmail.core.names import encode_name
from mssmail.core.whitelist import WhiteList
from mssmail.errors import BadWhiteList, Fault, FetchFault, StoreUnavailable
from mssmail.flows.fetch import NO_VALIDATORS, Fetched, Limits, fetch, read_file
from mssmail.flows.last_good import KeptList, LastGood
from mssmail.policy.adoption import judge_adoption
from mssmail.settings import Trust
from mssmail.trust.list_changes import NO_CHANGES, NameChange
from mssmail.trust.list_signer import find_signer_certificate
from mssmail.trust.snapshot import TrustSnapshot
from mssmail.trust.whitelist import MAX_LIST_BYTES
from mssmail.workers.list_codec import ReadList
from mssmail.workers.lists import ListQuestion, read_list

LIMITS: Final = Limits(MAX_LIST_BYTES, total_seconds=300)
ListSubscriber = Callable[[WhiteList | None, WhiteList, str], Awaitable[None]]
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class HeldList:
    """A list that waits for an administrator's word (``mssmail trust`` confirms it), and why."""

    sha256: str
    reason: str


class ListKeeper:
    """The list and what happened to it last; one refresh at a time (``TrustKeeper`` sees to it)."""

    def __init__(self, settings: Trust, disk: LastGood) -> None:
        self._settings = settings
        self._disk = disk
        self._known = NO_VALIDATORS  # of the list in use
        self._known_source = ""
        self._changes = NO_CHANGES
        self.white_list: WhiteList | None = None
        self.held: HeldList | None = None
        self.last_fault = ""
        self.signer_certificate: bytes | None = None  # of the list in use, DER
        self._subscribers: list[ListSubscriber] = []
        self.missing: tuple[MissingStatus, ...] = ()  # what was not known of the last list's signer and its CAs

    def subscribe(self, callback: ListSubscriber) -> None:
        """Call back with (list before, new list, why it is held) for every list adopted (no reason) or held."""
        self._subscribers.append(callback)

    @property
    def is_configured(self) -> bool:
        """There is an address or a file."""
        return bool(self._source)

    @property
    def _source(self) -> str:
        file = self._settings.white_list_file
        return self._settings.white_list_url or (str(file) if file is not None else "")

    async def load(self, snapshot: TrustSnapshot, now: datetime) -> None:
        """Begin with the last good list of the disk, if it still holds."""
        kept = await asyncio.to_thread(self._disk.load_list)
        held = await asyncio.to_thread(self._disk.load_held)
        self.held = None if held is None else HeldList(held.sha256, held.reason)
        if kept is None:
            return
        try:
            found = await asyncio.to_thread(self._reload, kept, snapshot, now)
            await self._use(found.white_list, kept)
        except BadWhiteList as fault:
            self._complain(f"the last good white list is not used: {fault}")

    async def refresh(
        self, snapshot: TrustSnapshot, context: ssl.SSLContext, now: datetime, *, force: bool = False
    ) -> bool:
        """Fetch, judge, and adopt or hold; True when the source answered well. Changes nothing otherwise."""
        self.missing = ()
        try:
            fetched = await self._fetch(context)
            if fetched is not None:
                kept = KeptList(fetched.raw, now, self._source, fetched.validators)
                if self.white_list is None or self.white_list.sha256 != await asyncio.to_thread(_digest, kept):
                    new = await asyncio.to_thread(self._read, kept.raw, snapshot, now)
                    await self._consider(kept, new, now, force=force)
        except (FetchFault, BadWhiteList) as fault:
            self.missing = tuple(fault.facts["missing"]) if fault.facts.get("temporary") else ()  # type: ignore[arg-type]
            self._complain(f"the white list is not renewed: {fault}")
            return False
        self.last_fault = ""
        return True

    async def adopt_confirmed(self, snapshot: TrustSnapshot, now: datetime) -> bool:
        """Adopt the held list once an administrator confirmed it."""
        kept = await asyncio.to_thread(self._disk.find_confirmed)
        if kept is None:
            return False
        try:
            new = await asyncio.to_thread(self._read, kept.raw, snapshot, now)
        except BadWhiteList as fault:
            self._complain(f"the confirmed white list is not used: {fault}")
            await asyncio.to_thread(self._disk.drop_held)
            return False
        await self._adopt(kept, new)
        return True

    def describe_change(self) -> dict[str, object]:
        """The last adoption for the journal."""
        if self.white_list is None:
            raise ValueError("no list was adopted")
        changes = self._changes
        return {
            "what": "white-list",
            "generated_at": self.white_list.generated_at.isoformat(),
            "sha256": self.white_list.sha256,
            "signer": self.white_list.signer,
            "entries": self.white_list.entries,
            "faults": len(self.white_list.faults),
            "counts": {"added": changes.added, "removed": changes.removed, "changed": changes.changed},
            "added": list(changes.first_added),
            "removed": list(changes.first_removed),
            "changed": [_describe(change) for change in changes.first_changed],
        }

    async def _fetch(self, context: ssl.SSLContext) -> Fetched | None:
        url, file = self._settings.white_list_url, self._settings.white_list_file
        if url:
            if not url.startswith("https://"):
                raise FetchFault(f"{url}: a white list is fetched by https only")
            return await fetch(url, context, LIMITS, self._known if self._known_source == url else NO_VALIDATORS)
        if file is not None:
            return Fetched(await read_file(Path(file), LIMITS))
        raise FetchFault("neither white_list_url nor white_list_file is set")

    def _read(self, raw: bytes, snapshot: TrustSnapshot, now: datetime) -> ReadList:
        return read_list(raw, ListQuestion(snapshot, self._settings.white_list_signer, now), self.white_list)

    def _reload(self, kept: KeptList, snapshot: TrustSnapshot, now: datetime) -> ReadList:
        rule = self._settings.white_list_signer
        return read_list(kept.raw, ListQuestion(snapshot, rule, now, accepted_at=kept.accepted_at))

    async def _consider(self, kept: KeptList, new: ReadList, now: datetime, *, force: bool) -> None:
        answer = judge_adoption(
            self.white_list,
            new.white_list,
            loss_percent=new.changes.loss_percent,
            max_loss_percent=self._settings.white_list_max_loss_percent,
            now=now,
        )
        if isinstance(answer, Accept) or force:
            await self._adopt(kept, new)
        else:
            await self._hold(kept, new.white_list, answer)

    async def _adopt(self, kept: KeptList, found: ReadList) -> None:
        new, self._changes = found.white_list, found.changes
        try:
            await asyncio.to_thread(self._disk.keep_list, kept)
        except StoreUnavailable:  # used all the same: a domain that is gone must not stay because a disk is full
            _log.exception("the white list is in use but not on disk")
        for fault in new.faults:
            _log.warning("white list: %s", fault)
        before = self.white_list
        await self._use(new, kept)
        self.held = None
        await self._tell(before, new, "")

    async def _use(self, white_list: WhiteList, kept: KeptList) -> None:
        """The one place where the list changes. Its octets stay on disk, not in memory."""
        signer = await asyncio.to_thread(find_signer_certificate, kept.raw)
        self.white_list, self._known, self._known_source = white_list, kept.validators, kept.source
        self.signer_certificate = signer

    async def _tell(self, before: WhiteList | None, new: WhiteList, reason: str) -> None:
        for subscriber in self._subscribers:
            try:
                await subscriber(before, new, reason)
            except Fault:
                _log.exception("a change of the white list was not looked through")

    async def _hold(self, kept: KeptList, new: WhiteList, reason: str) -> None:
        held = HeldList(await asyncio.to_thread(_digest, kept), reason)
        if self.held != held:
            _log.error("a white list waits for confirmation: %s (SHA-256 %s)", reason, held.sha256)
            self.held = held
            try:
                await asyncio.to_thread(self._disk.keep_held, replace(kept, reason=reason))
            except StoreUnavailable:
                _log.exception("the white list that waits is not on disk")
            await self._tell(self.white_list, new, reason)

    def _complain(self, fault: str) -> None:
        if fault != self.last_fault:
            _log.warning("%s", fault)
        self.last_fault = fault


def _digest(kept: KeptList) -> str:
    return kept.sha256


def _describe(change: NameChange) -> dict[str, object]:
    return {
        "domain": change.domain,
        "gained": sorted(map(encode_name, change.gained)),
        "lost": sorted(map(encode_name, change.lost)),
    }
