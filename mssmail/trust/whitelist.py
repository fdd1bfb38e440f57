"""Read a white list, and believe it only when its signature, its signer and its format all hold.

The format is the one measured on the real list: ``ListeBlancheMSSante`` in its namespace, ``DateDeGeneration``,
``ListeDomaines`` with one ``Domaine`` per domain and certificate name, ``Signature``. Verified strictly, read
leniently: further elements are passed over. An entry that cannot be read allows nothing and is reported in
``WhiteList.faults``; refusing the whole list for it would cut off everybody for one bad line.
"""

import hashlib
import mmap
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final

from lxml import etree

from mssmail.core.address import normalise_domain
from mssmail.core.domain_table import TableBuilder
from mssmail.core.names import parse_listed_name
from mssmail.core.reply import quote_text
from mssmail.core.whitelist import WhiteList
from mssmail.errors import BadSyntax, BadWhiteList
from mssmail.trust.list_signature import verify_list_signature
from mssmail.trust.list_signer import parse_signer_rule, recheck_list_signer, verify_list_signer
from mssmail.trust.snapshot import TrustStore

NAMESPACE: Final = "https://listeblanche.mssante.fr/schema"
ROOT: Final = f"{{{NAMESPACE}}}ListeBlancheMSSante"
GENERATED: Final = f"{{{NAMESPACE}}}DateDeGeneration"
DOMAINS: Final = f"{{{NAMESPACE}}}ListeDomaines"
DOMAIN: Final = f"{{{NAMESPACE}}}Domaine"
NOM: Final = f"{{{NAMESPACE}}}Nom"
NAME: Final = f"{{{NAMESPACE}}}DNCertificatOperateur"

# Room for 200,000 entries of the real list's size; the tree takes about four times as much.
MAX_LIST_BYTES: Final = 160 * 1024 * 1024
MAX_ENTRIES: Final = 250_000
MAX_FAULTS: Final = 100  # told one by one; of more only the number is

ListOctets = bytes | mmap.mmap  # a large list is read where it lies, without a copy


def load_white_list(raw: ListOctets, store: TrustStore, signer_rule: str, at: datetime) -> WhiteList:
    """The list in these bytes, judged at a moment; raises BadWhiteList with the reason, its facts for the journal.

    ``signer_rule`` (``CN=alb.mssante.fr``, ``mail=alb@mssante.fr``) is required: the anchors issue to many.
    When only our own material is missing (a CRL), the fault's facts hold ``temporary=True`` and ``missing``.
    """
    rule = parse_signer_rule(signer_rule)
    root = parse_list(raw)
    signer = verify_list_signer(verify_list_signature(root), store, rule, at)
    return _read_list(root, signer, raw)


def read_draft(raw: bytes) -> WhiteList:
    """The list in these bytes whoever signed it, for forecasts; never to be put into use. Raises BadWhiteList."""
    return _read_list(parse_list(raw), "(not asked)", raw)


def reload_white_list(
    raw: ListOctets, store: TrustStore, signer_rule: str, *, accepted_at: datetime, now: datetime
) -> WhiteList:
    """The last good list again after a restart: judged as of the moment it was accepted.

    The signer's certificate may have expired since, and its CRL may be out of reach: neither makes a list bad that was
    good, its age is ``policy.freshness``'s business. A signer known *now* to be revoked does. Raises BadWhiteList.
    """
    rule = parse_signer_rule(signer_rule)
    root = parse_list(raw)
    certificates = verify_list_signature(root)
    return _read_list(root, recheck_list_signer(certificates, store, rule, accepted_at=accepted_at, now=now), raw)


@dataclass(frozen=True, slots=True)
class ListReport:
    """What can be said of a list without a server: for ``mssmail trust verify``. Numbers only of an accepted list."""

    accepted: bool
    reason: str
    sha256: str
    signer: str = ""
    generated_at: datetime | None = None
    entries: int = 0
    domains: int = 0
    names: int = 0
    faults: tuple[str, ...] = field(default=())


def judge_white_list(raw: ListOctets, store: TrustStore, signer_rule: str | None, at: datetime) -> ListReport:
    """Judge any bytes as a white list. Without a rule any signer under the anchors passes, and the reason says so."""
    digest = hashlib.sha256(raw).hexdigest()
    try:
        rule = None if signer_rule is None else parse_signer_rule(signer_rule)
        root = parse_list(raw)
        signer = verify_list_signer(verify_list_signature(root), store, rule, at)
        white_list = _read_list(root, signer, raw)
    except BadWhiteList as fault:
        return ListReport(False, str(fault), digest, signer=str(fault.facts.get("signer", "")))
    return ListReport(
        True,
        "signature, signer and format hold" + ("; the signer was not asked for by any rule" if rule is None else ""),
        digest,
        signer,
        white_list.generated_at,
        white_list.entries,
        len(white_list.domains),
        white_list.table.name_count,
        white_list.faults,
    )


def parse_list(raw: ListOctets) -> etree._Element:
    """The XML tree of a list, nothing fetched, nothing expanded, comments dropped; raises BadWhiteList."""
    if len(raw) > MAX_LIST_BYTES:
        raise BadWhiteList(f"the list has {len(raw)} octets; {MAX_LIST_BYTES} are read", octets=len(raw))
    if _has_declarations(raw):
        raise BadWhiteList("the list declares a document type or entities; neither is accepted")
    # Comments are dropped because they are not signed: one inside a name would cut what lxml calls its text.
    parser = etree.XMLParser(
        encoding="utf-8",
        resolve_entities=False,
        load_dtd=False,
        no_network=True,
        remove_comments=True,
        huge_tree=False,  # libxml2's own limits: depth 256, 10 MB in one text
        collect_ids=False,
    )
    try:
        root = etree.fromstring(raw, parser) if isinstance(raw, bytes) else _parse_pieces(raw, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise BadWhiteList(f"not well-formed XML: {quote_text(str(error))}") from error
    if root.tag != ROOT:
        raise BadWhiteList(f"the root element is {quote_text(str(root.tag))}, not {ROOT}")
    return root


def _parse_pieces(raw: mmap.mmap, parser: etree.XMLParser) -> etree._Element:
    raw.seek(0)
    return etree.parse(raw, parser).getroot()  # type: ignore[arg-type]  # a file to lxml, not to its stubs


def _has_declarations(raw: ListOctets) -> bool:
    """Read as UTF-8 whatever the list declares of itself, so that these octets cannot hide in another encoding.

    By pieces: one search through 100 MB would hold up every other thread.
    """
    size, overlap = 1 << 20, 16
    for start in range(0, len(raw), size):
        piece = raw[start : start + size + overlap]
        if b"<!DOCTYPE" in piece or b"<!ENTITY" in piece:
            return True
    return False


def _read_list(root: etree._Element, signer: str, raw: ListOctets) -> WhiteList:
    """The values of a tree whose signature held."""
    generated_at = parse_moment(find_one(root, GENERATED).text or "")
    listing = find_one(root, DOMAINS)
    if len(listing) > MAX_ENTRIES:
        raise BadWhiteList(f"the list has {len(listing)} entries; {MAX_ENTRIES} are read", signer=signer)
    entries = 0
    reader = _EntryReader()
    for element in listing.iterchildren(DOMAIN):
        entries += 1
        reader.read(entries, element)
        element.clear()  # the tree goes piece by piece: freeing 200,000 entries at once would stop the whole process
    if not reader.table:
        raise BadWhiteList("the list names no domain", signer=signer, faults=reader.told)
    digest = hashlib.sha256(raw).hexdigest()
    return WhiteList(generated_at, signer, digest, reader.table.build(), entries, tuple(reader.told))


def find_one(parent: etree._Element, tag: str) -> etree._Element:
    """The one child of this name; raises BadWhiteList."""
    found = parent.findall(tag)
    if len(found) != 1:
        raise BadWhiteList(f"{len(found)} elements {etree.QName(tag).localname}; one is wanted")
    return found[0]


def _read_text(element: etree._Element) -> str:
    if len(element):
        raise BadSyntax(f"{etree.QName(element).localname} holds elements, not text")
    return element.text or ""


def parse_moment(text: str) -> datetime:
    """An xs:dateTime with a time zone; raises BadWhiteList."""
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError as error:
        raise BadWhiteList(f"DateDeGeneration is not a date: {quote_text(text, 40)}") from error
    if moment.tzinfo is None:
        raise BadWhiteList(f"DateDeGeneration has no time zone: {quote_text(text, 40)}")
    return moment.astimezone(UTC)


class _EntryReader:
    """Gathers entries; equal texts are read once (400 names serve thousands of domains)."""

    def __init__(self) -> None:
        self.table = TableBuilder()
        self._faults: list[str] = []
        self._fault_count = 0
        self._names: dict[str, int] = {}

    @property
    def told(self) -> list[str]:
        """The faults, one line each; past the limit only their number."""
        more = self._fault_count - len(self._faults)
        return [*self._faults, f"{more} more entries cannot be read"] if more else self._faults

    def read(self, number: int, element: etree._Element) -> None:
        """Add one entry, or remember what is wrong with it."""
        label = ""
        try:
            label = _read_text(_only(element, NOM))
            domain = normalise_domain(label)
            self.table.list_domain(domain, (self._find_name(_read_text(_only(element, NAME))),))
        except BadSyntax as error:
            self._fault_count += 1
            if len(self._faults) < MAX_FAULTS:
                self._faults.append(f"entry {number} ({quote_text(label, 80)}): {error}")

    def _find_name(self, text: str) -> int:
        number = self._names.get(text)
        if number is None:
            number = self._names[text] = self.table.add_name(parse_listed_name(text))
        return number


def _only(element: etree._Element, tag: str) -> etree._Element:
    found = element.findall(tag)
    if len(found) != 1:
        raise BadSyntax(f"{len(found)} elements {etree.QName(tag).localname}; one is wanted")
    return found[0]
