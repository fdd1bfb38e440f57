"""Receipts as messages: built, signed in their account's name, examined, ready for the settling transaction."""

import asyncio
import json
import logging
from dataclasses import dataclass
from datetime import datetime

from mssmail import __version__
from mssmail.core.account import Account
from mssmail.core.address import Address, ReversePath, parse_address
from mssmail.core.parameters import MailParameters
from mssmail.core.receipt import ReceiptOrder
from mssmail.core.trace import build_id, build_results, build_return_path
from mssmail.core.verdict import Structure
from mssmail.delivery.mdn import Receipt, build_error_letter, build_receipt
from mssmail.errors import BadCertificate
from mssmail.flows.distribution import Distributor
from mssmail.flows.evidence import describe_verdict, summarise
from mssmail.flows.intake import Examiner, find_signature_part
from mssmail.flows.signing import KeyRing
from mssmail.journal import Entry, Event
from mssmail.mime.addresses import list_mailboxes
from mssmail.mime.headers import decode_words, parse_addresses, select_fields
from mssmail.mime.parts import Part
from mssmail.settings import Settings, SignWith
from mssmail.smime.sign import sign_message
from mssmail.store.accounts import find_account
from mssmail.store.engine import Store
from mssmail.store.messages import Delivery, KeptMessage, Placement

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Way:
    """Where it goes: a box here, or the queue."""

    placements: tuple[Placement, ...] = ()
    queue: tuple[Address, ...] = ()


@dataclass(frozen=True, slots=True)
class _Letter:
    """A letter before it is signed."""

    id: str
    author: Address
    reverse_path: ReversePath
    to: Address
    data: bytes
    trace_id: str  # of the message it is about


class ReceiptLetters:
    """Prepares receipts. Nothing is written here."""

    def __init__(self, settings: Settings, store: Store, pool: Examiner) -> None:
        self._settings, self._store, self._pool = settings, store, pool
        self._distributor = Distributor(settings)
        self._keys = KeyRing(settings.server.keys)

    async def write_receipt(
        self, order: ReceiptOrder, message: KeptMessage, root: Part, now: datetime
    ) -> Delivery | None:
        """The receipt for who sent the message; None when who asks, or who is asked, has gone. Raises WorkerFault."""
        account = await self._find_account(order.recipient)
        way = None if message.reverse_path is None else await self._find_way(message.reverse_path)
        if account is None or way is None or message.reverse_path is None:
            return None
        receipt, id = self._describe(order, message, root, account, message.reverse_path), build_id()
        data = build_receipt(receipt, id, now, max_bytes=self._settings.receipts.max_attached_bytes)
        # RFC 8098 §3: nobody can answer a receipt
        return await self._finish(_Letter(id, account.address, None, receipt.to, data, order.trace_id), way, now)

    async def write_error(
        self, order: ReceiptOrder, message: KeptMessage, root: Part, now: datetime
    ) -> Delivery | None:
        """The ordinary letter for the account that hears of errors nobody asked to hear of; None as above."""
        account = await self._find_account(order.recipient)
        to = parse_address(self._settings.receipts.error_account)
        way = await self._find_way(to)
        if account is None or way is None:
            return None
        receipt, id = self._describe(order, message, root, account, to), build_id()
        data = build_error_letter(receipt, id, now, max_bytes=self._settings.receipts.max_attached_bytes)
        letter = _Letter(id, account.address, account.address, to, data, order.trace_id)
        return await self._finish(letter, way, now)

    async def _find_account(self, address: Address) -> Account | None:
        return await asyncio.wrap_future(self._store.read(lambda conn: find_account(conn, address)))

    async def _find_way(self, to: Address) -> _Way | None:
        if self._settings.find_domain(to.domain) is None:
            return _Way(queue=(to,))
        home = await self._find_account(to)
        if home is not None:
            return _Way((Placement(home.id),))
        ends = await asyncio.wrap_future(self._store.read(lambda conn: self._distributor.expand(conn, to).ends))
        return _Way(queue=(to,)) if ends else None  # an alias: the queue leads it on

    def _describe(
        self, order: ReceiptOrder, message: KeptMessage, root: Part, account: Account, to: Address
    ) -> Receipt:
        return Receipt(
            to=to,
            author=account.address,
            author_name=account.display_name,
            disposition=order.disposition,
            data=message.data,
            subject=_read_field(message.data, root, "subject"),
            message_id=_read_field(message.data, root, "message-id"),
            reporting_ua=f"{self._settings.server.name}; mssmail {__version__}",
            original_recipient=_find_original_recipient(message.data, root, account.address),
        )

    async def _finish(self, letter: _Letter, way: _Way, now: datetime) -> Delivery:
        data = await asyncio.to_thread(self._sign, letter.data, letter.author, now)
        examination = await self._pool.examine(data, now, verify=True)
        is_signed = examination.verdict.structure is Structure.SIGNED
        part = find_signature_part(examination) if is_signed else ""
        facts = {"recipient": str(letter.to), "receipt_for": letter.trace_id, **describe_verdict(examination.verdict)}
        prefix = build_return_path(letter.reverse_path)
        return Delivery(
            trace_id=letter.id,
            body=await asyncio.wrap_future(self._store.run(lambda: self._store.keep_body(data))),
            prefix=prefix + build_results(examination.verdict, self._settings.server.name, part),
            index=examination.index,
            summary=summarise(examination.verdict),
            evidence=json.dumps(facts),
            reverse_path=letter.reverse_path,
            received_at=now,
            placements=way.placements,
            queue=way.queue,
            entries=(Entry(now, Event.DELIVERED if way.placements else Event.QUEUED, letter.id, facts),),
            parameters=MailParameters(is_utf8=not (letter.to.is_ascii and letter.author.is_ascii)),
        )

    def _sign(self, data: bytes, author: Address, at: datetime) -> bytes:
        """For a thread: keys are read, and signing takes time."""
        try:
            key = self._keys.find_key(author, SignWith.ACCOUNT)
            return data if key is None else sign_message(data, key, at, pss=self._settings.submission.sign_with_pss)
        except BadCertificate as fault:
            # Unsigned it still reaches our own senders, and peers that take unsigned receipts; unsent it helps nobody.
            _log.error("a receipt goes out unsigned: %s", fault)
            return data


def _read_field(data: bytes, root: Part, key: str) -> str:
    found = select_fields(data, root.header, key)
    return decode_words(data[found[0].value.start : found[0].value.end]) if found else ""


def _find_original_recipient(data: bytes, root: Part, address: Address) -> Address | None:
    """The account's address when the author wrote it: only then it is known for certain (RFC 8098 §3.2.3)."""
    for field in select_fields(data, root.header, "to", "cc"):
        for mailbox in list_mailboxes(parse_addresses(data[field.value.start : field.value.end])):
            if mailbox.address is not None and mailbox.address.key == address.key:
                return address
    return None
