"""How every certificate and list we depend on stands: ours, whom we believe, and the peers we have seen."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from mssmail.app.checks import find_pair_fault
from mssmail.errors import BadCertificate
from mssmail.flows.revocation_lists import KeptCrl
from mssmail.settings import Settings
from mssmail.store.peers_seen import SeenPeer
from mssmail.trust.anchors import load_file
from mssmail.trust.certificate import describe_name, fingerprint, load_certificate, parse_certificates


@dataclass(frozen=True, slots=True)
class Standing:
    """One certificate or list: when it ends, and what is wrong with it, if anything."""

    kind: str  # own, anchor, intermediate, crl, list-signer, peer-in, peer-out
    name: str
    ends_at: datetime | None
    days_left: int | None
    id: str  # tells it from others of the same name: of its fingerprint, or the file
    note: str = ""  # what else people want to know
    fault: str = ""

    @property
    def key(self) -> tuple[str, str, str]:
        """The same thing at another time."""
        return self.kind, self.name, self.id


@dataclass(frozen=True, slots=True)
class Held:
    """What the trust keeper, or the disk, holds."""

    anchors: Sequence[bytes]
    intermediates: Sequence[bytes]
    crls: Iterable[KeptCrl]
    list_signer: bytes | None = None


def list_standings(settings: Settings, held: Held, peers: Iterable[SeenPeer], now: datetime) -> list[Standing]:
    """Everything that can end, ours first. Reads our own certificate files."""
    found = [*_list_own(settings, now)]
    found += [_build("anchor", der, now) for der in held.anchors]
    found += [_build("intermediate", der, now) for der in held.intermediates]
    for crl in held.crls:
        note = f"number {crl.number}, of {crl.this_update:%Y-%m-%d %H:%M}Z"
        days_left = _count_days(crl.next_update, now)
        found.append(Standing("crl", crl.issuer, crl.next_update, days_left, crl.key[:16], note))
    if held.list_signer is not None:
        found.append(_build("list-signer", held.list_signer, now))
    for peer in peers:
        note = f"{', '.join(peer.domains[:5])}, last seen {peer.last_at:%Y-%m-%d} at {peer.server}"
        kind = f"peer-{peer.direction.value}"
        days_left = _count_days(peer.not_after, now)
        found.append(Standing(kind, peer.subject, peer.not_after, days_left, peer.fingerprint[:16], note))
    return found


def _list_own(settings: Settings, now: datetime) -> Iterator[Standing]:
    uses: dict[tuple[Path, Path], list[str]] = {}
    uses.setdefault((settings.relay.certificate, settings.relay.key), []).append("relay")
    uses.setdefault((settings.submission.certificate, settings.submission.key), []).append("submission")
    uses.setdefault((settings.imap.certificate, settings.imap.key), []).append("imap")
    for (certificate, key), names in uses.items():
        note, id = "+".join(names), str(certificate)
        fault = find_pair_fault(certificate, key)
        try:
            leaf = load_file(certificate, parse_certificates)[0]
        except BadCertificate as unreadable:
            yield Standing("own", certificate.name, None, None, id, note, fault or str(unreadable))
        else:
            ends = leaf.not_valid_after_utc
            yield Standing("own", describe_name(leaf.subject), ends, _count_days(ends, now), id, note, fault)


def _build(kind: str, der: bytes, now: datetime) -> Standing:
    try:
        certificate = load_certificate(der)
    except BadCertificate as fault:
        return Standing(kind, "unreadable", None, None, fingerprint(der)[:16], "", str(fault))
    ends = certificate.not_valid_after_utc
    return Standing(kind, describe_name(certificate.subject), ends, _count_days(ends, now), fingerprint(der)[:16])


def _count_days(ends: datetime, now: datetime) -> int:
    """Whole days left; negative: ended so many days ago, or today."""
    return (ends - now).days
