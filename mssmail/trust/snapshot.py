"""The trust of one moment: bytes that travel to the workers, and the store each process builds from them."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from typing import Final, TypeVar

from mssmail.errors import TrustFault
from mssmail.trust.cache import BoundedCache
from mssmail.trust.certificate import NameKey
from mssmail.trust.crl import load_crl
from mssmail.trust.link import Link, load_link
from mssmail.trust.ocsp import load_ocsp
from mssmail.trust.path_result import PathResult
from mssmail.trust.revocation import RevocationIndex
from mssmail.trust.signature_policy import SignaturePolicy
from mssmail.trust.usage import Purpose

_T = TypeVar("_T")

_MAX_PATHS: Final = 4_096
_MAX_LINKS: Final = 4_096
# Larger certificates are judged like others, but not kept: the memory of a cache must not be the sender's to choose.
_MAX_CACHED_BYTES: Final = 8_192

PathKey = tuple[Purpose, bytes, tuple[bytes, ...]]


@dataclass(frozen=True, slots=True)
class TrustSnapshot:
    """Certificates and CRLs as DER or PEM bytes, OCSP responses as DER.

    A new ``generation`` for every change; pickles small and fast.
    """

    generation: int
    anchors: tuple[bytes, ...]
    intermediates: tuple[bytes, ...] = ()
    crls: tuple[bytes, ...] = ()
    policy: SignaturePolicy = field(default_factory=SignaturePolicy)
    responses: tuple[bytes, ...] = ()


class TrustStore:
    """A snapshot, indexed. What it remembers is true for this generation only, and bounded.

    ``faults`` names what of the snapshot could not be read and is left out; nothing unreadable is ever trusted.
    """

    def __init__(self, snapshot: TrustSnapshot) -> None:
        self.snapshot = snapshot
        self.policy = snapshot.policy
        faults: list[str] = []
        anchors = _read_each(snapshot.anchors, load_link, faults)
        intermediates = _read_each(snapshot.intermediates, load_link, faults)
        crls = _read_each(snapshot.crls, load_crl, faults)
        answers = [answer for found in _read_each(snapshot.responses, load_ocsp, faults) for answer in found]
        self.faults: tuple[str, ...] = tuple(faults)
        self.anchors = _index_by_subject(anchors)
        self.intermediates = _index_by_subject(intermediates)
        self.certificates = tuple(intermediates + anchors)
        for link in self.certificates:
            link.warm()
        self.revocation = RevocationIndex(crls, answers, allow_sha1=snapshot.policy.allow_sha1)
        self.paths: BoundedCache[PathKey, PathResult] = BoundedCache(_MAX_PATHS)
        self._own = {link.der: link for link in self.certificates}
        self._links: BoundedCache[bytes, Link] = BoundedCache(_MAX_LINKS)

    @property
    def generation(self) -> int:
        """The snapshot's generation."""
        return self.snapshot.generation

    def load_link(self, der: bytes) -> Link:
        """The link for a DER certificate, parsed once while it is remembered; raises BadCertificate."""
        found = self._own.get(der) or self._links.find(der)
        if found is not None:
            return found
        link = load_link(der)
        return self._links.keep(der, link) if len(der) <= _MAX_CACHED_BYTES else link

    def add_responses(self, responses: Iterable[bytes]) -> None:
        """Take OCSP responses (DER) into this generation: one more certificate known is no reason to read all anew."""
        known = set(self.snapshot.responses)
        news = tuple(raw for raw in responses if raw not in known)
        self.snapshot = replace(self.snapshot, responses=(*self.snapshot.responses, *news))
        answers = [answer for found in _read_each(news, load_ocsp, []) for answer in found]
        self.revocation.add_answers(answers)
        if any(answer.is_revoked for answer in answers):
            self.paths.clear()

    def keep_path(self, key: PathKey, result: PathResult) -> None:
        """Remember a path that passed. Only those: a remembered refusal would outlive its cause."""
        if len(key[1]) + sum(map(len, key[2])) <= 4 * _MAX_CACHED_BYTES:
            self.paths.keep(key, result)


def build_trust_store(snapshot: TrustSnapshot) -> TrustStore:
    """The indexed store of a snapshot: once per process and generation."""
    return TrustStore(snapshot)


def _read_each(raws: Iterable[bytes], load: Callable[[bytes], _T], faults: list[str]) -> list[_T]:
    read: list[_T] = []
    for raw in raws:
        try:
            read.append(load(raw))
        except TrustFault as fault:
            faults.append(str(fault))
    return read


def _index_by_subject(links: Iterable[Link]) -> dict[NameKey, tuple[Link, ...]]:
    index: dict[NameKey, tuple[Link, ...]] = {}
    for link in links:
        if link.subject:
            index[link.subject] = (*index.get(link.subject, ()), link)
    return index
