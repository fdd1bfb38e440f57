"""The servers we exchange mail with, by certificate: seen when, in which direction, for which domains."""

import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Final

from sqlalchemy import Connection, select
from sqlalchemy.dialects.sqlite import insert

from mssmail.core.names import DistinguishedName, encode_name, parse_listed_name
from mssmail.store.schema import peer_domains, peers_seen

_peer, _domain = peers_seen.c, peer_domains.c
_LENGTH: Final = struct.Struct("!I")
_MAX_CHAIN_BYTES: Final = 32 * 1024


class Direction(Enum):
    """Who called whom."""

    IN = "in"  # they brought us mail
    OUT = "out"  # we brought them mail


@dataclass(frozen=True, slots=True)
class SeenPeer:
    """A certificate that spoke for domains; the moments are those of its mail. ``domains`` in alphabetical order."""

    fingerprint: str
    direction: Direction
    subject: str  # RFC 4514, for people
    name: DistinguishedName
    server: str
    not_after: datetime
    first_at: datetime
    last_at: datetime
    domains: tuple[str, ...] = ()
    chain: tuple[bytes, ...] = ()  # the certificates it showed, DER, its own first; empty when they are not kept


def note_peer(conn: Connection, peer: SeenPeer, domain: str) -> None:
    """Remember that this certificate spoke for this domain at ``last_at``."""
    key = {"fingerprint": peer.fingerprint, "direction": peer.direction.value}
    changing = {"server": peer.server, "last_at": peer.last_at, "chain": _encode_chain(peer.chain)}
    fixed = {
        "subject": peer.subject,
        "name": encode_name(peer.name),
        "not_after": peer.not_after,
        "first_at": peer.first_at,
    }
    met = insert(peers_seen).values(**key, **fixed, **changing)
    conn.execute(met.on_conflict_do_update(index_elements=["fingerprint", "direction"], set_=changing))
    spoke = insert(peer_domains).values(**key, domain=domain, last_at=peer.last_at)
    conn.execute(
        spoke.on_conflict_do_update(
            index_elements=["fingerprint", "direction", "domain"], set_={"last_at": peer.last_at}
        )
    )


def list_peers(conn: Connection, since: datetime | None = None) -> Sequence[SeenPeer]:
    """Every peer seen, the latest first; only those seen from a moment on, when it is given."""
    domains: dict[tuple[str, str], list[str]] = {}
    wanted = select(_domain.fingerprint, _domain.direction, _domain.domain).order_by(_domain.domain)
    for fingerprint, direction, domain in conn.execute(wanted):
        domains.setdefault((fingerprint, direction), []).append(domain)
    met = select(peers_seen).order_by(_peer.last_at.desc(), _peer.fingerprint)
    if since is not None:
        met = met.where(_peer.last_at >= since)
    return [
        SeenPeer(
            row.fingerprint,
            Direction(row.direction),
            row.subject,
            parse_listed_name(row.name),
            row.server,
            row.not_after,
            row.first_at,
            row.last_at,
            tuple(domains.get((row.fingerprint, row.direction), ())),
            tuple(_decode_chain(row.chain or b"")),
        )
        for row in conn.execute(met)
    ]


def _encode_chain(chain: Sequence[bytes]) -> bytes:
    """Each after its length. Of a chain that is longer than any in use only the certificate itself."""
    kept = chain if sum(map(len, chain)) <= _MAX_CHAIN_BYTES else chain[:1]
    return b"".join(_LENGTH.pack(len(each)) + each for each in kept)


def _decode_chain(raw: bytes) -> Iterator[bytes]:
    at = 0
    while at < len(raw):
        (length,) = _LENGTH.unpack_from(raw, at)
        at += _LENGTH.size + length
        yield raw[at - length : at]
