"""An operator with an APP account whose documents go to a connector."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from mssmail.core.account import AccountKind
from mssmail.core.address import parse_address
from mssmail.core.filing import Filing
from mssmail.flows.file_documents import Filer
from mssmail.settings import Connector, Documents
from mssmail.store.accounts import NewAccount, create_account
from mssmail.store.filings import list_filings
from mssmail.store.receipts import KeptReceipt, list_receipts
from tests.support.health import CRITICAL, INS, PATIENT_ID, make_cda, make_entry, make_message, make_metadata, make_zip
from tests.support.operator_room import Operator, Reader, build_envelope, build_settings, open_operator, sign

ROBOT = parse_address("robot@b.test")
SECRET = b"0123456789abcdef0123456789abcdef"


@dataclass
class Room:
    """The operator, its filer and the connector; time stands still until a test moves it."""

    directory: Path
    operator: Operator
    filer: Filer
    connector: Connector
    woken: list[int]
    now: datetime

    async def receive(self, cda: bytes | None = None, *, signed: bool = True, receipt: bool = True) -> str:
        """A message for the robot; its id, or the refusal."""
        envelope = build_envelope(build_letter(self.directory, cda, signed=signed, receipt=receipt), ROBOT)
        reply = await self.operator.receiver.receive(envelope)
        self.now = max(self.now, datetime.now(UTC))
        return envelope.id if reply.code == 250 else str(reply)

    async def file(self) -> float:
        return await self.filer.file_due(self.connector)

    async def list_owed(self) -> list[Filing]:
        return list(await asyncio.wrap_future(self.operator.store.read(list_filings)))

    async def list_receipts(self, trace_id: str) -> list[KeptReceipt]:
        return list(await asyncio.wrap_future(self.operator.store.read(lambda conn: list_receipts(conn, trace_id))))


def build_letter(directory: Path, cda: bytes | None = None, *, signed: bool = True, receipt: bool = True) -> bytes:
    fields = "Disposition-Notification-To: alice@a.test\r\n" if receipt else ""
    document = make_cda(CRITICAL) if cda is None else cda
    archive = ("application/zip", "IHE_XDM.zip", pack(document))
    plain = make_message(archive, fields=fields, subject="XDM/1.0/DDM+CR").replace(b"a@a.test", b"alice@a.test", 1)
    return sign(plain, directory) if signed else plain


def make_connector(folder: Path, **more: object) -> Connector:
    """One that files into ``folder/filed``."""
    filed, secret = folder / "filed", folder / "secret"
    filed.mkdir(exist_ok=True)
    secret.write_bytes(SECRET + b"\n")
    values: dict[str, object] = {"name": "dpi", "recipient": "robot@b.test", "directory": filed, "secret": secret}
    return Connector(**{**values, **more})  # type: ignore[arg-type]


def pack(document: bytes) -> bytes:
    """An archive about whom the document is about."""
    found = re.search(rb'extension="(\d{15})"', document)
    patient_id = PATIENT_ID.replace(INS, found[1].decode() if found else INS)
    entry = make_entry("DOC0001.XML", document, patient_id=patient_id)
    metadata = make_metadata(entry, patient_id=patient_id)
    return make_zip({"IHE_XDM/SUBSET01/METADATA.XML": metadata, "IHE_XDM/SUBSET01/DOC0001.XML": document})


@asynccontextmanager
async def open_room(directory: Path, connector: Connector, kind: AccountKind = AccountKind.APP) -> AsyncIterator[Room]:
    settings = build_settings(directory)
    settings = replace(settings, connector=(connector,), documents=Documents(test_space=True))
    async with open_operator(directory, settings, Reader()) as operator:
        new = NewAccount(ROBOT, datetime.now(UTC), kind)
        await asyncio.wrap_future(operator.store.submit(lambda conn: create_account(conn, new)))
        woken: list[int] = []
        room = Room(directory, operator, None, connector, woken, datetime.now(UTC))  # type: ignore[arg-type]
        room.filer = Filer(settings, operator.store, lambda: woken.append(1), clock=lambda: room.now)
        yield room
