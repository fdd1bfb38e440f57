"""IHE XDM archives: every document that METADATA.XML lists, its size and hash, and one patient in all."""

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from mssmail.core.findings import Mark, find_gravest
from mssmail.documents.archive import UNSAFE_NAME, Archive
from mssmail.documents.cda import CdaDocument, parse_cda
from mssmail.documents.findings import NEUTRAL_CODES
from mssmail.documents.limits import MAX_DOCUMENTS, MAX_RESULTS
from mssmail.documents.metadata import Entry, find_number, parse_metadata
from mssmail.errors import BadDocument

NO_METADATA: Final = "no METADATA.XML"
MISMATCH: Final = "hash or size mismatch"
SEVERAL_PATIENTS: Final = "several patients"
MISSING_FILE: Final = "a listed file is missing"
UNVERIFIED: Final = "no hash or size declared"
_METADATA = re.compile(r"(?:.*/)?IHE_XDM/(?:.*/)?[^/]*METADATA\.XML", re.IGNORECASE)
_METADATA_NAME = "METADATA.XML"
_CALLING = (Mark.CRITICAL, Mark.ABNORMAL)


@dataclass(frozen=True, slots=True)
class Packed:
    """One listed document with what was found of it."""

    entry: Entry
    is_present: bool = False
    hash_ok: bool | None = None  # None: nothing to compare with
    size_ok: bool | None = None
    document: CdaDocument | None = None
    fault: str = ""  # why a CDA could not be read
    name: str | None = None  # of the file in the archive

    @property
    def mark(self) -> Mark:
        """Of the document by its content."""
        if self.document is not None:
            return self.document.mark
        return Mark.REJECTED if self.fault else Mark.NONE


@dataclass(frozen=True, slots=True)
class XdmArchive:
    """An archive, read and checked."""

    packed: tuple[Packed, ...]
    patients: frozenset[str]
    unlisted: tuple[str, ...]  # files nobody lists
    has_several_patients: bool

    @property
    def distinct_patients(self) -> int:
        """How many persons the package speaks of; one when it names nobody."""
        return max(len(self.patients), 2 if self.has_several_patients else 1)

    @property
    def documents(self) -> tuple[CdaDocument, ...]:
        """The CDA documents that could be read."""
        return tuple(each.document for each in self.packed if each.document is not None)

    @property
    def content_mark(self) -> Mark:
        """Of the contents, whatever else is wrong with the package."""
        return find_gravest([each.mark for each in self.packed])

    @property
    def fault(self) -> str:
        """What makes the package contradict itself; empty when nothing does."""
        if any(each.hash_ok is False or each.size_ok is False for each in self.packed):
            return MISMATCH
        if self.has_several_patients:
            return SEVERAL_PATIENTS
        if not all(each.is_present for each in self.packed):
            return MISSING_FILE
        return next((each.fault for each in self.packed if each.fault), "")

    @property
    def mark(self) -> Mark:
        """Red stays red; of a package that contradicts itself "normal" is never said."""
        content = self.content_mark
        return content if content in _CALLING or not self.fault else Mark.REJECTED

    @property
    def doubt(self) -> str:
        """What forbids automatic filing; empty when nothing does."""
        is_unverified = any(None in (each.hash_ok, each.size_ok) for each in self.packed)
        return self.fault or (UNVERIFIED if is_unverified else "") or ("" if self.packed else "no document")

    @property
    def warnings(self) -> tuple[str, ...]:
        """What a reader should know, without effect on the mark."""
        found = [f"not listed: {name}" for name in self.unlisted]
        for each in self.packed:
            declared = each.entry.type_code
            if each.document is not None and declared and declared != each.document.type_code:
                found.append(f"{each.entry.uri}: listed as {declared}, is {each.document.type_code}")
        return tuple(found)


def is_xdm(archive: Archive) -> bool:
    """It claims to be one: some entry lies in a folder of that name."""
    return any("IHE_XDM" in name.upper() for name in archive)


def read_xdm(archive: Archive, neutral: frozenset[str] = NEUTRAL_CODES) -> XdmArchive:
    """The archive's documents; raises BadDocument when it has no metadata that can be read."""
    places = [name for name in archive if _METADATA.fullmatch(name)]
    if not places:
        raise BadDocument(NO_METADATA)
    packed: list[Packed] = []
    patients: set[str] = set()
    read: set[str] = set(places)
    results = 0
    for place in places:
        metadata = parse_metadata(archive.read(place))
        folder = place[: -len(_METADATA_NAME)]  # with its slash, which some packers forget
        patients.add(find_number(metadata.patient_id))
        if len(packed) + len(metadata.entries) > MAX_DOCUMENTS:
            raise BadDocument("too large")
        for entry in metadata.entries:
            patients.add(find_number(entry.patient_id))
            name = _find_file(archive, folder, entry.uri)
            read.add(name or "")
            packed.append(Packed(entry) if name is None else _read_packed(archive, name, entry, neutral))
            results += 0 if packed[-1].document is None else len(packed[-1].document.results)
            if results > MAX_RESULTS:  # of all together: a hundred large reports are no message of a laboratory
                raise BadDocument("too large")
    declared = {number for number in patients if number}
    persons = _find_persons(packed, declared)
    is_several = len(persons) > 1 or any(_is_stranger(each) for each in packed)
    return XdmArchive(
        tuple(packed),
        persons,
        tuple(_iterate_unlisted(archive, places, read)),
        is_several,
    )


def _find_file(archive: Archive, folder: str, uri: str) -> str | None:
    """Beside its metadata, else anywhere under its own name when there is only one such file."""
    name = uri.replace("\\", "/").removeprefix("./")
    if not name or ".." in name.split("/"):
        if name:
            raise BadDocument(UNSAFE_NAME)
        return None
    if (found := archive.find(folder + name)) is not None:
        return found
    base = name.rpartition("/")[2].upper()
    same = [each for each in archive if each.rpartition("/")[2].upper() == base]
    return same[0] if len(same) == 1 else None


def _read_packed(archive: Archive, name: str, entry: Entry, neutral: frozenset[str]) -> Packed:
    data = archive.read(name)
    digest = hashlib.sha1(data, usedforsecurity=False).hexdigest()  # what the profile asks for; it proves nothing
    hash_ok = None if entry.sha1 is None else entry.sha1 == digest
    size_ok = None if entry.size is None else entry.size.strip() == str(len(data))
    if entry.is_on_demand:  # made when asked for: hash and size are not required
        hash_ok, size_ok = hash_ok is not False, size_ok is not False
    document, fault = None, ""
    if is_cda(data):
        try:
            document = parse_cda(data, neutral)
        except BadDocument as bad:
            fault = str(bad)
    elif (entry.media_type or "").lower() in ("text/xml", "application/xml", "application/hl7-v3+xml"):
        fault = "no ClinicalDocument"
    return Packed(entry, is_present=True, hash_ok=hash_ok, size_ok=size_ok, document=document, fault=fault, name=name)


def is_cda(data: bytes) -> bool:
    """It speaks of a ClinicalDocument; whether it is one is found by reading it."""
    if b"ClinicalDocument" in data:
        return True
    return data[:4096].count(b"\x00") > 16 and b"ClinicalDocument" in data.replace(b"\x00", b"")


def _find_persons(packed: list[Packed], declared: set[str]) -> frozenset[str]:
    """One number a person. A local number that a document names beside an INS is the same person's."""
    patients = [each.document.patient for each in packed if each.document is not None]
    aliases = {value: patient.ins for patient in patients for _, value in patient.identifiers if patient.ins}
    own = {patient.ins for patient in patients if patient.ins}
    return frozenset(own | {aliases.get(number, number) for number in declared})


def _is_stranger(packed: Packed) -> bool:
    """The document itself speaks of several patients, or of another one than its entry."""
    document = packed.document
    if document is None:
        return False
    declared = find_number(packed.entry.patient_id)
    own = {value for _, value in document.patient.identifiers}
    return document.has_several_patients or bool(declared and own and declared not in own)


def _iterate_unlisted(archive: Archive, places: list[str], read: set[str]) -> Iterator[str]:
    folders = tuple(place[: -len(_METADATA_NAME)] for place in places)
    for name in archive:
        if name not in read and name.startswith(folders) and not name.upper().endswith(".XSL"):
            yield name.rpartition("/")[2]
