"""Is a certificate revoked? Asked of the lists and OCSP answers of a snapshot; RFC 5280 §6.3, RFC 6960.

Lists are read for every certificate at each of its distribution points, newest first, until all reasons of revocation
are covered. A list may be signed by the key that issued the certificate, by another key of that CA, or by the issuer
of lists the certificate names; the signer of the latter two needs a path of its own to the same anchor, its own
revocation asked. Where that comes round to a certificate already asked about, the list it leads to decides: a CA may
have its lists signed by somebody who stands on them.
"""

import itertools
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from cryptography.exceptions import UnsupportedAlgorithm

from mssmail.core.proof import StatusSource
from mssmail.core.verdict import Outcome
from mssmail.trust.certificate import UNREADABLE, NameKey, describe_name
from mssmail.trust.chain import Path
from mssmail.trust.crl import CLOCK_SKEW, Crl, Entry, is_issued_by
from mssmail.trust.link import Link
from mssmail.trust.ocsp import OcspAnswer, find_responder_fault
from mssmail.trust.pss import PublicKey
from mssmail.trust.scope import ALL_REASONS, Point, find_reasons, find_scope_fault, read_points

BEGINNING: Final = datetime.min.replace(tzinfo=UTC)
END: Final = datetime.max.replace(tzinfo=UTC)
# Signers of signers of lists, and paths tried for them: nobody's lists need more.
_MAX_DEPTH: Final = 6
_MAX_SIGNERS: Final = 64
_ACQUITTED: Final = "not revoked"  # of whom, the path tells; to write out a name costs more than to look it up

FindSigners = Callable[[NameKey], Iterable[Path]]
FindKeyFault = Callable[[PublicKey | None], str]


@dataclass(frozen=True, slots=True)
class Status:
    """What lists and answers say of one certificate, and from when until when they say it."""

    outcome: Outcome
    reason: str
    valid_from: datetime = BEGINNING
    valid_until: datetime = END
    sources: tuple[StatusSource, ...] = ()


class RevocationIndex:
    """The lists and OCSP answers of one snapshot; each list's signature is checked once for each key that asks."""

    def __init__(
        self, crls: Iterable[Crl] = (), answers: Iterable[OcspAnswer] = (), *, allow_sha1: bool = False
    ) -> None:
        self.allows_sha1 = allow_sha1
        self._complete: dict[NameKey, list[Crl]] = {}
        self._deltas: dict[NameKey, list[Crl]] = {}
        self._answers: dict[int, list[OcspAnswer]] = {}
        self._verified: dict[tuple[int, bytes, bool], bool] = {}
        for crl in sorted(crls, key=lambda crl: crl.this_update, reverse=True):
            (self._deltas if crl.is_delta else self._complete).setdefault(crl.issuer, []).append(crl)
        self.add_answers(answers)

    def add_answers(self, answers: Iterable[OcspAnswer]) -> None:
        """Ask these as well from now on."""
        for answer in answers:
            same = self._answers.setdefault(answer.serial, [])
            same.append(answer)
            same.sort(key=lambda each: each.this_update, reverse=True)

    def iterate_lists(self) -> Iterator[Crl]:
        """Every list, complete and delta, that has no fault."""
        for same in (*self._complete.values(), *self._deltas.values()):
            yield from (crl for crl in same if not crl.fault)

    def warm(self) -> None:
        """Index the entries of every list now, and not at the first question."""
        for same in (*self._complete.values(), *self._deltas.values()):
            for crl in same:
                _index(crl)

    def find_lists(self, issuers: Iterable[NameKey]) -> list[Crl]:
        """The complete lists of these issuers, newest first within each."""
        return [crl for issuer in issuers for crl in self._complete.get(issuer, ())]

    def find_answers(self, serial: int) -> list[OcspAnswer]:
        """The OCSP answers about certificates of this serial number, newest first."""
        return self._answers.get(serial, [])

    def find_fault(self, crl: Crl, at: datetime) -> str:
        """Why the list answers nobody at this time, or empty."""
        if crl.fault:
            return crl.fault
        if _before(crl.this_update) > at:
            return f"it starts only at {crl.this_update:%Y-%m-%d %H:%M}Z"
        if not self.allows_sha1 and _has_weak_hash(crl):
            return "it is signed with SHA-1 or MD5"
        return ""

    def is_signed(self, crl: Crl, signer: Link) -> bool:
        """The signer has the list's name, may sign lists, and did."""
        if signer.subject != crl.issuer:
            return False
        usage = signer.key_usage
        key = (id(crl), signer.spki, usage is None or usage.crl_sign)
        if key not in self._verified:
            self._verified[key] = is_issued_by(crl, signer) and _index(crl)
        return self._verified[key]

    def find_delta(self, crl: Crl, signer: Link, at: datetime) -> Crl | None:
        """The newest delta list that may be laid over this one (RFC 5280 §6.3.3 (c), §5.2.4)."""
        for delta in self._deltas.get(crl.issuer, ()):
            if _may_update(delta, crl) and not self.find_fault(delta, at) and self.is_signed(delta, signer):
                return delta
        return None


def _may_update(delta: Crl, crl: Crl) -> bool:
    if crl.number is None or delta.number is None or delta.base_number is None:
        return False
    is_same_scope = delta.point == crl.point and delta.authority_key_id == crl.authority_key_id
    return is_same_scope and delta.base_number <= crl.number < delta.number


def _index(crl: Crl) -> bool:
    """The entries can be read."""
    try:
        crl.index()
    except UNREADABLE:
        return False
    return True


def _has_weak_hash(crl: Crl) -> bool:
    try:
        used = crl.crl.signature_hash_algorithm
    except UnsupportedAlgorithm:
        return False  # the signature check refuses it
    return used is not None and used.name in {"sha1", "md5"}


class RevocationCheck:
    """One path's questions at one time.

    ``find_signers`` gives, for a name, paths from certificates of that name to the anchor of the path in question,
    good but for their own revocation; ``find_key_fault`` tells which keys are not believed.
    """

    def __init__(
        self, index: RevocationIndex, at: datetime, find_signers: FindSigners, find_key_fault: FindKeyFault
    ) -> None:
        self._index, self._at = index, at
        self._find_signers, self._find_key_fault = find_signers, find_key_fault
        self._open: set[bytes] = set()
        self._tried = 0

    def find_status(self, link: Link, issuer: Link) -> Status:
        """Is the certificate, issued by this link of its path, revoked? What convicts goes before what acquits."""
        if link.der in self._open:
            return Status(Outcome.PASSED, f"{link.text} is being asked about")
        if len(self._open) >= _MAX_DEPTH:
            return Status(Outcome.UNKNOWN, f"too many signers of lists stand behind {link.text}")
        self._open.add(link.der)
        try:
            answered = self._ask_answers(link, issuer)
            if answered is not None and answered.outcome is Outcome.FAILED:
                return answered
            listed = self._ask_lists(link, issuer)
            is_open = listed.outcome is Outcome.UNKNOWN
            return answered if answered is not None and is_open else listed
        finally:
            self._open.discard(link.der)

    def _ask_answers(self, link: Link, issuer: Link) -> Status | None:
        """What OCSP says; None when it says nothing that counts now."""
        for answer in self._index.find_answers(link.serial):
            if not answer.is_about(link, issuer) or _before(answer.this_update) > self._at:
                continue
            if not answer.is_revoked and (not answer.is_good or answer.valid_until < self._at):
                continue
            if answer.find_fault(allow_sha1=self._index.allows_sha1) or not self._is_responder_good(answer, issuer):
                continue
            when = f"{answer.this_update:%Y-%m-%d %H:%M}Z"
            sources = (StatusSource("OCSP", issuer.subject_text, None, answer.this_update, answer.valid_until),)
            if answer.is_revoked:
                reason = f"{link.text} is revoked by the OCSP answer of {when}"
                return Status(Outcome.FAILED, reason, sources=sources)
            reason = f"{link.text} is not revoked by the OCSP answer of {when}"
            return Status(Outcome.PASSED, reason, _before(answer.this_update), answer.valid_until, sources)
        return None

    def _is_responder_good(self, answer: OcspAnswer, issuer: Link) -> bool:
        """RFC 6960 §4.2.2.2: the issuer itself, or whom it appointed and has not revoked."""
        for responder in answer.find_responders(issuer):
            if responder is issuer:
                return True
            if find_responder_fault(responder, issuer, self._at) or self._find_key_fault(responder.public_key):
                continue
            if responder.has_no_check or self._ask_lists(responder, issuer).outcome is Outcome.PASSED:
                return True
        return False

    def _ask_lists(self, link: Link, issuer: Link) -> Status:
        """RFC 5280 §6.3.3, over all distribution points."""
        left, ended = ALL_REASONS, ""
        faults: list[str] = []
        start, end = BEGINNING, END
        sources: tuple[StatusSource, ...] = ()
        for point, crl in self._iterate_lists(link, issuer):
            told = find_reasons(crl, point) & left
            fault = self._index.find_fault(crl, self._at) or find_scope_fault(crl, point, link)
            if fault:
                faults.append(fault)
            if fault or not told:
                continue
            found = self._judge(crl, link, issuer)
            match found.outcome:
                case Outcome.FAILED:
                    return found
                case Outcome.PASSED:
                    left -= told
                    sources += found.sources
                    start, end = max(start, found.valid_from), min(end, found.valid_until)
                case _:
                    ended = ended or found.reason
            if not left:
                return Status(Outcome.PASSED, _ACQUITTED, start, end, sources)
        return Status(Outcome.UNKNOWN, ended or _describe_doubt(link, issuer, faults, is_partly=left != ALL_REASONS))

    def _iterate_lists(self, link: Link, issuer: Link) -> Iterator[tuple[Point, Crl]]:
        """Point by point, the newest first; for a certificate that may sign lists, those its own issuer signed first.

        Otherwise a revoked signer of lists could go on acquitting itself.
        """
        may_sign = link.is_authority or link.key_usage is None or link.key_usage.crl_sign
        for point in read_points(link):
            lists = self._index.find_lists(dict.fromkeys((*point.issuers, link.issuer)))
            if may_sign and len(lists) > 1:
                lists.sort(key=lambda crl: not self._index.is_signed(crl, issuer))
            for crl in lists:
                yield point, crl

    def _judge(self, crl: Crl, link: Link, issuer: Link) -> Status:
        """What a list in scope says: revoked, not revoked, or nothing because nobody vouches for it now."""
        signer, vouched = self._find_signer(crl, issuer)
        if signer is None:
            doubt = f"no usable CRL of {describe_name(issuer.certificate.subject)} for {link.text}: {vouched.reason}"
            return Status(Outcome.UNKNOWN, doubt)
        delta = self._index.find_delta(crl, signer, self._at)
        entry = _find_entry(crl, delta, link, self._at)
        sources = tuple(_describe_source(each, signer) for each in (crl, delta) if each is not None)
        if entry is not None:
            return Status(Outcome.FAILED, _describe_entry(entry, crl, link), sources=sources)
        until = max(_read_end(crl), _read_end(delta) if delta is not None else BEGINNING)
        if until < self._at:
            return Status(Outcome.UNKNOWN, f"the CRL of {crl.issuer_text} {_describe_end(until)}")
        ends = _read_end(delta) if delta is not None and _read_end(delta) >= self._at else until
        start = _before(crl.this_update if delta is None else max(crl.this_update, delta.this_update))
        start, ends = max(start, vouched.valid_from), min(ends, vouched.valid_until)
        return Status(Outcome.PASSED, _ACQUITTED, start, ends, sources)

    def _find_signer(self, crl: Crl, issuer: Link) -> tuple[Link | None, Status]:
        """Whose key signed the list, and how far that key can be believed."""
        if self._index.is_signed(crl, issuer):
            return issuer, Status(Outcome.PASSED, "")
        doubt = "its signature does not hold"
        for path in self._find_signers(crl.issuer):
            if not self._index.is_signed(crl, path[0]):
                continue
            self._tried += 1
            if self._tried > _MAX_SIGNERS:
                break
            statuses = [self.find_status(below, above) for below, above in itertools.pairwise(path)]
            bad = next((status for status in statuses if status.outcome is not Outcome.PASSED), None)
            if bad is None:
                return path[0], _narrow(path, statuses)
            doubt = f"of its signer, {bad.reason}"
        return None, Status(Outcome.UNKNOWN, doubt)


def _narrow(path: Path, statuses: Iterable[Status]) -> Status:
    """From when until when a path and what is said of its certificates hold."""
    spans = [(link.not_before, link.not_after) for link in path]
    spans += [(status.valid_from, status.valid_until) for status in statuses]
    return Status(Outcome.PASSED, "", max(start for start, _ in spans), min(end for _, end in spans))


def _find_entry(crl: Crl, delta: Crl | None, link: Link, at: datetime) -> Entry | None:
    """RFC 5280 §6.3.3 (i) to (k). A delta list past its next update still convicts, but takes nobody off the list."""
    later = None if delta is None else delta.find_entry(link.issuer, link.serial)
    if later is None or (later.is_removal and delta is not None and _read_end(delta) < at):
        return crl.find_entry(link.issuer, link.serial)
    return None if later.is_removal else later


def _read_end(crl: Crl) -> datetime:
    return crl.next_update or BEGINNING


def _describe_source(crl: Crl, signer: Link) -> StatusSource:
    kind = "delta CRL" if crl.is_delta else "CRL"
    return StatusSource(kind, signer.subject_text, crl.number, crl.this_update, crl.next_update)


def _describe_end(until: datetime) -> str:
    """RFC 5280 §5.1.2.5 has every list name its next update; one that names none convicts, and acquits nobody."""
    return "names no next update" if until == BEGINNING else f"ended at {until:%Y-%m-%d %H:%M}Z"


def _before(moment: datetime) -> datetime:
    """When a list of this moment may first be used, the difference of clocks allowed for."""
    return max(moment, BEGINNING + CLOCK_SKEW) - CLOCK_SKEW


def _describe_entry(entry: Entry, crl: Crl, link: Link) -> str:
    why = f" ({entry.reason.value})" if entry.reason is not None else ""
    return f"{link.text} is revoked{why} by the CRL of {crl.this_update:%Y-%m-%d %H:%M}Z"


def _describe_doubt(link: Link, issuer: Link, faults: list[str], *, is_partly: bool) -> str:
    if is_partly:
        return f"the CRLs for {link.text} do not cover every reason of revocation"
    reason = f"no usable CRL of {describe_name(issuer.certificate.subject)} for {link.text}"
    return f"{reason}: {faults[0]}" if faults else reason
