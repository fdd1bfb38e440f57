"""Mail this server writes by itself, from one of its addresses: built, signed, examined, ready for a transaction.

It has the null reverse path and says Auto-Submitted, so that nothing answers it (RFC 3834 §5).
"""

import asyncio
import json
import logging
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP, SMTPUTF8
from email.utils import format_datetime

from mssmail.core.address import Address
from mssmail.core.parameters import MailParameters
from mssmail.core.trace import build_id, build_results, build_return_path
from mssmail.core.verdict import Structure
from mssmail.errors import BadCertificate
from mssmail.flows.evidence import describe_verdict, summarise
from mssmail.flows.intake import Examiner, find_signature_part
from mssmail.flows.signing import KeyRing
from mssmail.journal import Entry, Event
from mssmail.settings import Settings, SignWith
from mssmail.smime.sign import sign_message
from mssmail.store.engine import Store
from mssmail.store.messages import Delivery

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Notice:
    """What is written to whom. ``fields`` are further header fields; ``about`` is the id of what it is about."""

    author: Address
    to: Address
    subject: str
    text: str
    about: str
    name: str = ""
    fields: tuple[tuple[str, str], ...] = ()


class Notices:
    """Prepares such mail. Nothing is written here."""

    def __init__(self, settings: Settings, store: Store, pool: Examiner) -> None:
        self._settings, self._store, self._pool = settings, store, pool
        self._keys = KeyRing(settings.server.keys)

    async def prepare(self, notice: Notice, at: datetime) -> Delivery:
        """The mail, for the queue: also what is for us goes that way. Raises WorkerFault."""
        id = build_id()
        data = await asyncio.to_thread(self._build, notice, id, at)
        examination = await self._pool.examine(data, at, verify=True)
        part = find_signature_part(examination) if examination.verdict.structure is Structure.SIGNED else ""
        facts = {"recipient": str(notice.to), "about": notice.about, **describe_verdict(examination.verdict)}
        return Delivery(
            trace_id=id,
            body=await asyncio.wrap_future(self._store.run(lambda: self._store.keep_body(data))),
            prefix=build_return_path(None) + build_results(examination.verdict, self._settings.server.name, part),
            index=examination.index,
            summary=summarise(examination.verdict),
            evidence=json.dumps(facts),
            reverse_path=None,
            received_at=at,
            queue=(notice.to,),
            parameters=MailParameters(is_utf8=_is_international(notice)),
            entries=(Entry(at, Event.QUEUED, id, facts),),
        )

    def _build(self, notice: Notice, id: str, at: datetime) -> bytes:
        message = EmailMessage(SMTPUTF8 if _is_international(notice) else SMTP)
        message["From"] = _encode_author(notice)
        message["To"] = str(notice.to)
        message["Subject"] = " ".join(notice.subject.split())[:200]
        message["Date"] = format_datetime(at)
        message["Message-ID"] = f"<{id}@{notice.author.domain}>"
        for name, value in (("Auto-Submitted", "auto-replied"), *notice.fields):
            message[name] = value
        message.set_content(notice.text)
        return self._sign(message.as_bytes(), notice.author, at)

    def _sign(self, data: bytes, author: Address, at: datetime) -> bytes:
        """By the account's own key, else the organisation's."""
        try:
            key = self._keys.find_key(author, SignWith.ACCOUNT)
        except BadCertificate as fault:
            _log.error("a notice of %s goes out unsigned: %s", author, fault)
            return data
        return data if key is None else sign_message(data, key, at, pss=self._settings.submission.sign_with_pss)


def _is_international(notice: Notice) -> bool:
    """An address of it can be written only under SMTPUTF8 (RFC 6531)."""
    return not (notice.author.is_ascii and notice.to.is_ascii)


def _encode_author(notice: Notice) -> str:
    name = " ".join("".join(c if c.isprintable() else " " for c in notice.name).split())[:100]
    if not name:
        return str(notice.author)
    escaped = name.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}" <{notice.author}>'
