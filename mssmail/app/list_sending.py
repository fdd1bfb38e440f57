"""An administrator's message to a list: completed, signed, examined, and left for the running server to send."""

from datetime import datetime

from mssmail.app.explanation import load_known_trust
from mssmail.core.address import Address
from mssmail.core.envelope import Envelope, Peer
from mssmail.core.message import RawMessage
from mssmail.core.trace import build_id, build_prefix, build_received
from mssmail.core.verdict import Structure
from mssmail.errors import BadAccount, NoSuchAccount
from mssmail.examine import examine
from mssmail.flows.compose import complete_message
from mssmail.flows.distribution import Distributor
from mssmail.flows.evidence import describe_verdict, encode_evidence, summarise
from mssmail.flows.intake import find_signature_part
from mssmail.flows.signing import KeyRing
from mssmail.journal import Entry, Event
from mssmail.mime.headers import find_authors
from mssmail.mime.parts import scan
from mssmail.settings import Settings, SignWith
from mssmail.smime.sign import sign_message
from mssmail.smime.structure import find_layer
from mssmail.store.engine import Connection, Store, open_store
from mssmail.store.list_posts import list_posts_of
from mssmail.store.lists import require_list
from mssmail.store.messages import Delivery


def send_to_list(settings: Settings, address: Address, data: bytes, author: Address | None, at: datetime) -> int:
    """Post the message to the list; the number of the post. Raises BadAccount when it cannot be the author's."""
    store = open_store(settings.server.store, exclusive=False)
    try:
        found = store.read(lambda conn: require_list(conn, address)).result()
        author = author or found.owner
        id = build_id()
        message = _prepare(settings, data, author, id, at)
        envelope = Envelope(id, author, (address,), Peer("127.0.0.1", 0, "localhost"), RawMessage(message), at, author)
        delivery = _build(settings, store, envelope)
        return store.submit(lambda conn: _post(conn, settings, delivery, envelope)).result()
    finally:
        store.close()


def _prepare(settings: Settings, data: bytes, author: Address, id: str, at: datetime) -> bytes:
    data = data.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
    root = scan(data)
    authors = find_authors(data, root)
    if not authors:
        data = f"From: <{author}>\r\n".encode() + data
        root = scan(data)
        authors = find_authors(data, root)
    if [each.key for each in authors] != [author.key]:
        names = ", ".join(map(str, authors)) or "nobody"
        raise BadAccount(f"the message is from {names}, not from {author}: say --from, or change the file")
    data = complete_message(data, root.header, f"{id}@{author.domain}", at)
    if find_layer(data, scan(data)).structure is Structure.SIGNED:
        return data
    key = KeyRing(settings.server.keys).find_key(author, SignWith.ACCOUNT)
    if key is None:
        raise BadAccount(f"there is no key here to sign with for {author}", address=str(author))
    return sign_message(data, key, at, pss=settings.submission.sign_with_pss)


def _build(settings: Settings, store: Store, envelope: Envelope) -> Delivery:
    known, at = load_known_trust(settings, envelope.received_at), envelope.received_at
    data, name = envelope.message.data, settings.server.name
    examination = examine(data, known.store, at, authserv_id=name, verify=True)
    part = find_signature_part(examination) if examination.verdict.structure is Structure.SIGNED else ""
    facts = {"login": "administrator", **describe_verdict(examination.verdict)}
    return Delivery(
        trace_id=envelope.id,
        body=store.keep_body(data),
        prefix=build_prefix(envelope, examination.verdict, name, part),
        relay_prefix=build_received(envelope, name),
        index=examination.index,
        summary=summarise(examination.verdict),
        evidence=encode_evidence(facts, examination, known.white_list, at),
        reverse_path=envelope.reverse_path,
        received_at=at,
        author=envelope.login,
        entries=(Entry(at, Event.SUBMITTED, envelope.id, facts),),
    )


def _post(conn: Connection, settings: Settings, delivery: Delivery, envelope: Envelope) -> int:
    [address] = envelope.recipients
    Distributor(settings).distribute(conn, delivery, envelope, (address,), lambda _recipient: frozenset())
    for post in list_posts_of(conn, require_list(conn, address).id, limit=1):
        return post.id
    raise NoSuchAccount(f"{address} took no message", address=str(address))
