"""Two whole operators in this process that know each other: what one's client sends, the other's mailbox holds."""

import asyncio
import base64
import smtplib
import ssl
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from mssmail.app.operator import Operator
from mssmail.core.address import Address, parse_address
from mssmail.core.clock import read_clock
from mssmail.journal import Entry
from mssmail.settings import Domain, Endpoint, Queue, Route, Settings, SmimeMode
from mssmail.store.accounts import find_account
from mssmail.store.changes import load_all
from mssmail.store.engine import Connection, Store, open_store
from mssmail.store.journal import read_entries
from mssmail.store.mailboxes import find_mailbox
from mssmail.store.messages import KeptMessage, load_message
from tests.flows.dispatch_room import until
from tests.support.operators import PASSWORD, build_site, write_list
from tests.support.pki import Pki
from tests.support.ports import find_port_base

MARIE, PAUL = parse_address("marie@a.test"), parse_address("paul@c.test")
QUICK = Queue(retry_seconds=(1,), connect_timeout_seconds=10, command_timeout_seconds=20)
_PATIENCE_SECONDS = 60


@dataclass
class Side:
    """One of the two, with its account."""

    address: Address
    settings: Settings
    store: Store

    async def find_mail(self, number: int = 1) -> list[KeptMessage]:
        """What lies in the account's INBOX, once it is so much."""
        found: list[KeptMessage] = []

        async def has_come() -> bool:
            found[:] = await asyncio.wrap_future(self.store.read(self._load))
            return len(found) >= number

        await until(has_come, _PATIENCE_SECONDS)
        return found

    async def read_journal(self) -> list[Entry]:
        """All that was written down."""
        return [item.entry for item in await asyncio.wrap_future(self.store.read(read_entries))]

    async def submit(
        self, data: bytes, to: Sequence[str], *, mail: Sequence[str] = (), rcpt: Sequence[str] = ()
    ) -> dict[str, tuple[int, bytes]]:
        """Send as the account, by smtplib over implicit TLS; who was refused, and how."""
        return await asyncio.to_thread(self.work, lambda client: self._send(client, data, to, mail, rcpt))

    def work(self, use: Callable[[smtplib.SMTP], dict[str, tuple[int, bytes]]]) -> dict[str, tuple[int, bytes]]:
        """Do something over a connection that is signed in; for a thread."""
        endpoint = self.settings.submission.listen_tls
        assert endpoint is not None
        context = ssl.create_default_context(cafile=str(next(self.settings.trust.anchors.glob("*"))))
        context.load_verify_locations(self.settings.relay.certificate.parent / "intermediates" / "issuing.crt")
        context.verify_flags &= ~ssl.VERIFY_X509_STRICT
        with smtplib.SMTP_SSL("localhost", endpoint.port, context=context) as client:
            client.ehlo()
            response = base64.b64encode(f"\0{self.address}\0{PASSWORD}".encode()).decode()
            assert client.docmd("AUTH", f"PLAIN {response}")[0] == 235  # smtplib's own knows no international names
            return use(client)

    def _send(
        self, client: smtplib.SMTP, data: bytes, to: Sequence[str], mail: Sequence[str], rcpt: Sequence[str]
    ) -> dict[str, tuple[int, bytes]]:
        return client.sendmail(str(self.address), list(to), data, list(mail), list(rcpt))

    def _load(self, conn: Connection) -> list[KeptMessage]:
        account = find_account(conn, self.address)
        assert account is not None
        _, changes = load_all(conn, find_mailbox(conn, account.id, "INBOX").id)
        found = (load_message(conn, meta.message_id) for meta in changes.appeared)
        return [message for message in found if message is not None]


@asynccontextmanager
async def open_pair(
    folder: Path, *, change: Callable[[Settings], Settings] = lambda settings: settings
) -> AsyncIterator[tuple[Side, Side]]:
    """Marie's operator (a.test) and Paul's (c.test), whose organisations sign; ``change`` is done to both settings."""
    pki, base = Pki(read_clock().replace(microsecond=0)), find_port_base()
    places = {MARIE: base, PAUL: base + 100}
    async with AsyncExitStack() as stack:
        sides = []
        for address, other in ((MARIE, PAUL), (PAUL, MARIE)):
            routes = (Route(other.domain, "127.0.0.1", places[other] + 25),)
            site = Placing(places[address], routes, tuple(each.domain for each in places), change)
            sides.append(await stack.enter_async_context(open_side(folder / address.domain, pki, address, site)))
        yield sides[0], sides[1]


@dataclass(frozen=True)
class Placing:
    """Where one side listens, whom it reaches, and whom the white list names."""

    base: int
    routes: tuple[Route, ...]
    listed: tuple[str, ...]
    change: Callable[[Settings], Settings] = lambda settings: settings


@asynccontextmanager
async def open_side(folder: Path, pki: Pki, address: Address, placing: Placing) -> AsyncIterator[Side]:
    """One operator with this account; each listed domain's server shows the certificate mss.<domain>."""
    site = build_site(folder, pki, pki.now, domain=address.domain, local=address.local)
    names: dict[str, object] = {domain: pki.make_operator(f"mss.{domain}") for domain in placing.listed}
    write_list(folder / "list.xml", pki, pki.now, names)
    organisation = f"domain-signing-authority@{address.domain}"
    pki.make_organisation(address.domain).write_bundle(folder / "keys" / f"{organisation}.pem")
    settings = placing.change(_place(site.settings, placing))
    async with Operator(settings):
        store = open_store(settings.server.store, exclusive=False)
        try:
            yield Side(address, settings, store)
        finally:
            store.close()


def _place(settings: Settings, placing: Placing) -> Settings:
    """Fixed ports, and the ways to the others."""
    return replace(
        settings,
        relay=replace(settings.relay, listen=Endpoint("127.0.0.1", placing.base + 25)),
        submission=replace(settings.submission, listen=None, listen_tls=Endpoint("127.0.0.1", placing.base + 65)),
        queue=QUICK,
        domain=(Domain(settings.domain[0].name, SmimeMode.REQUIRE),),
        route=placing.routes,
    )
