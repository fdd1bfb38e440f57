"""One operator's inner rooms for tests: a real store, real trust, examination in this process.

Three domains of ours (``b.test`` requires signatures, ``v.test`` verifies, ``o.test`` does not look); one peer speaks
for ``a.test`` and ``c.test``.
"""

import asyncio
import ssl
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from mssmail.core.account import Account
from mssmail.core.address import Address, parse_address
from mssmail.core.envelope import Envelope, Peer, TlsFacts
from mssmail.core.examination import Examination
from mssmail.core.findings import Findings
from mssmail.core.mailbox import MessageMeta
from mssmail.core.message import RawMessage
from mssmail.core.missing import MissingStatus
from mssmail.core.names import DistinguishedName
from mssmail.core.trace import build_id
from mssmail.core.whitelist import WhiteList
from mssmail.documents.inspect import Reading
from mssmail.documents.message import read_message
from mssmail.examine import examine
from mssmail.flows.bell import Bells
from mssmail.flows.distribution import Distributor
from mssmail.flows.intake import Intake
from mssmail.flows.receive import Receiver
from mssmail.flows.signing import load_signing_key
from mssmail.flows.submit import Submitter
from mssmail.journal import Entry, Event
from mssmail.lab.pki import Credential
from mssmail.policy.freshness import Freshness, judge_freshness
from mssmail.settings import Domain, Endpoint, Login, Relay, Server, Settings, SignWith, SmimeMode, Submission
from mssmail.smime.sign import sign_message
from mssmail.store.accounts import NewAccount, create_account
from mssmail.store.changes import load_all
from mssmail.store.engine import Store
from mssmail.store.journal import read_entries
from mssmail.store.mailboxes import find_mailbox
from mssmail.store.messages import KeptMessage, find_by_trace, load_message
from mssmail.store.queue import list_items
from mssmail.trust.certificate import read_name
from mssmail.trust.snapshot import TrustSnapshot, TrustStore, build_trust_store
from mssmail.workers.reader import open_layer
from tests.support.pki import Pki, build_pki
from tests.support.store import make_store

TODAY = build_pki(datetime.now(UTC).replace(microsecond=0))
ALICE = parse_address("alice@a.test")
BOB, CAROL, VERA = (parse_address(text) for text in ("bob@b.test", "carol@b.test", "vera@v.test"))
ACCOUNTS = 4
MESSAGE = (
    b"From: Alice <alice@a.test>\r\nTo: bob@b.test\r\nSubject: hello\r\n"
    b"Date: Mon, 01 Jun 2026 12:00:00 +0000\r\nMessage-ID: <1@a.test>\r\n"
    b"MIME-Version: 1.0\r\nContent-Type: text/plain\r\n\r\nGood day.\r\n"
)


@dataclass
class Trust:
    """Trust that a test holds in its hands; satisfies ``TrustSource``."""

    store: TrustStore
    white_list: WhiteList | None
    found: list[TrustStore] = field(default_factory=list)  # what asking for missing lists brings
    asked: list[tuple[MissingStatus, ...]] = field(default_factory=list)

    def freshness(self, now: datetime) -> Freshness:
        return judge_freshness(self.white_list.generated_at if self.white_list else None, now, 3, 14)

    @property
    def version(self) -> int:
        return id(self.store)

    async def fetch_missing(self, missing: tuple[MissingStatus, ...], timeout_seconds: float) -> bool:
        self.asked.append(missing)
        if self.found:
            self.store = self.found.pop(0)
            return True
        return False


@dataclass
class Examiner:
    """Examines here and now; satisfies ``intake.Examiner``."""

    trust: Trust
    fault: Exception | None = None
    calls: int = 0

    async def examine(self, data: bytes, at: datetime, *, verify: bool) -> Examination:
        self.calls += 1
        if self.fault is not None:
            raise self.fault
        return examine(data, self.trust.store, at, authserv_id="mx.b.test", verify=verify)


class Reader:
    """Reads documents here and now; satisfies ``flows.documents.DocumentReader``."""

    async def read(self, data: bytes, at: datetime) -> Findings:
        del at
        return read_message(open_layer(data), Reading(test_space=True)).findings


@dataclass
class Operator:
    """The rooms, and questions to them."""

    settings: Settings
    store: Store
    trust: Trust
    examiner: Examiner
    bells: Bells
    intake: Intake
    receiver: Receiver
    submitter: Submitter
    woken: list[int]

    async def read_journal(self, *events: Event) -> list[Entry]:
        kept = await asyncio.wrap_future(self.store.read(read_entries))
        return [each.entry for each in kept if not events or each.entry.event in events]

    async def list_inbox(self, address: Address) -> Sequence[MessageMeta]:
        account, _ = await self.intake.boxes.load_box(address, 0)
        assert account is not None
        account_id = account.id
        return (
            await asyncio.wrap_future(
                self.store.read(lambda conn: load_all(conn, find_mailbox(conn, account_id, "INBOX").id))
            )
        )[1].appeared

    async def load(self, trace_id: str) -> KeptMessage:
        def read(conn: object) -> KeptMessage | None:
            [message_id] = find_by_trace(conn, trace_id)  # type: ignore[arg-type]
            return load_message(conn, message_id)  # type: ignore[arg-type]

        message = await asyncio.wrap_future(self.store.read(read))
        assert message is not None
        return message

    async def list_queue(self) -> list[str]:
        return [str(item.recipient) for item in await asyncio.wrap_future(self.store.read(list_items))]

    async def find(self, address: Address) -> Account:
        account, _ = await self.intake.boxes.load_box(address, 0)
        assert account is not None
        return account


def name_of(credential: Credential) -> DistinguishedName:
    return read_name(credential.certificate.subject)


def build_white_list(now: datetime, **domains: Credential) -> WhiteList:
    """``a__test=credential`` lists ``a.test`` for that credential's name."""
    listed = {name.replace("__", "."): frozenset({name_of(each)}) for name, each in domains.items()}
    return WhiteList(now, "CN=signer", "00", listed, len(listed))


def build_store(pki: Pki = TODAY, *, crls: bool = True) -> TrustStore:
    lists = pki.make_crls() if crls else ()
    return build_trust_store(TrustSnapshot(1, pki.anchors, pki.intermediates, lists))


def build_settings(directory: Path, sign_with: SignWith = SignWith.ACCOUNT) -> Settings:
    certificate, key = TODAY.make_operator("mx.b.test").write(directory, "operator")
    keys = directory / "keys"
    keys.mkdir(exist_ok=True)
    nowhere = Endpoint("127.0.0.1", 0)
    return Settings(
        server=Server(name="mx.b.test", keys=keys),
        relay=Relay(listen=nowhere, certificate=certificate, key=key, max_message_bytes=1_000_000, max_recipients=3),
        submission=Submission(
            listen=nowhere, listen_tls=nowhere, certificate=certificate, key=key, sign_with=sign_with
        ),
        login=Login(failure_delay_seconds=0),
        domain=(
            Domain("b.test"),
            Domain("v.test", SmimeMode.VERIFY),
            Domain("o.test", SmimeMode.OFF),
        ),
    )


@asynccontextmanager
async def open_operator(
    directory: Path, settings: Settings | None = None, readers: Reader | None = None
) -> AsyncIterator[Operator]:
    """A store with bob, carol (b.test), vera (v.test) and otto (o.test); the peer is ``peer.a.test`` for a.test."""
    settings = settings or build_settings(directory)
    now = datetime.now(UTC)
    store = make_store(directory / "store")
    for text in ("bob@b.test", "carol@b.test", "vera@v.test", "otto@o.test")[:ACCOUNTS]:
        new = NewAccount(parse_address(text), now)
        await asyncio.wrap_future(store.submit(lambda conn, new=new: create_account(conn, new)))  # type: ignore[misc]
    peer, own = TODAY.make_operator("peer.a.test"), TODAY.make_operator("mx.b.test")
    trust = Trust(build_store(), build_white_list(now, a__test=peer, b__test=own, v__test=own, c__test=peer))
    examiner, bells = Examiner(trust), Bells()
    intake = Intake(store, examiner, trust, bells, readers=readers, distributor=Distributor(settings))
    woken: list[int] = []
    submitter = Submitter(settings, intake, lambda: woken.append(1))
    receiver = Receiver(settings, intake, lambda: woken.append(1))
    try:
        yield Operator(settings, store, trust, examiner, bells, intake, receiver, submitter, woken)
    finally:
        store.close()


def write_key(directory: Path, address: str) -> Path:
    """A signing key of this address, as the operator holds it."""
    keys = directory / "keys"
    keys.mkdir(exist_ok=True)
    local, _, domain = address.partition("@")
    organisation = local == "domain-signing-authority"
    credential = TODAY.make_organisation(domain) if organisation else TODAY.make_person(address)
    return credential.write_bundle(keys / f"{address}.pem")


def sign(data: bytes, directory: Path, address: str = "alice@a.test") -> bytes:
    """The message signed by this address's certificate."""
    return sign_message(data, load_signing_key(write_key(directory, address)), datetime.now(UTC))


def build_peer(credential: Credential | None = None) -> Peer:
    """A peer as ``certificate.read_peer`` finds it."""
    shown = credential or TODAY.make_operator("peer.a.test")
    peer = Peer("127.0.0.1", 4_000, "peer.a.test", TlsFacts("TLSv1.3", "TLS_AES_256_GCM_SHA384"))
    return replace(peer, name=name_of(shown), subject="CN=peer.a.test", fingerprint="00", revoked=False)


def build_envelope(
    data: bytes, *recipients: Address, reverse_path: Address | None = ALICE, login: Address | None = None
) -> Envelope:
    return Envelope(
        build_id(),
        reverse_path,
        recipients or (BOB,),
        build_peer(),
        RawMessage(data),
        datetime.now(UTC),
        login,
    )


def build_client_context(directory: Path, credential: Credential | None = None) -> ssl.SSLContext:
    """Trusts the root; shows the credential, when there is one."""
    context = ssl.create_default_context(cadata=TODAY.anchors[0])
    context.verify_flags &= ~ssl.VERIFY_X509_STRICT
    if credential is not None:
        context.load_cert_chain(*credential.write(directory, "client"))
    return context


def age(white_list: WhiteList, days: int) -> WhiteList:
    """The list as if generated so many days earlier."""
    return replace(white_list, generated_at=white_list.generated_at - timedelta(days=days))
