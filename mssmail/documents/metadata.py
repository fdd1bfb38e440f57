"""METADATA.XML of an XDM archive (ebXML RIM 3.0): one entry a document, with size, hash, patient and type."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from mssmail.documents.limits import MAX_DOCUMENTS
from mssmail.documents.xml import Element, parse_xml, read_attribute
from mssmail.errors import BadDocument

RIM: Final = "urn:oasis:names:tc:ebxml-regrep:xsd:rim:3.0"
_LCM_ROOT: Final = "{urn:oasis:names:tc:ebxml-regrep:xsd:lcm:3.0}SubmitObjectsRequest"

PATIENT_ID: Final = "58a6f841-87b3-4a3e-92fd-a8ffeff98427"
UNIQUE_ID: Final = "2e82c1f6-a085-4c72-9da3-8640a32e42ab"
SET_PATIENT_ID: Final = "6b5aea1a-874d-4603-a4bc-96a0a7b38446"
TYPE_CODE: Final = "f0306f51-975f-434e-a61c-c59651d33983"
ON_DEMAND: Final = "34268e47-fdf5-41a6-ba33-82133c465248"

_UUID = re.compile(r"(?:urn:uuid:)?([0-9a-f-]{36})", re.IGNORECASE)
_SPLIT_VALUE = re.compile(r"(\d+)\|(.*)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Entry:
    """One ExtrinsicObject, as declared. None: not declared."""

    uri: str
    media_type: str | None
    patient_id: str  # CX: <number>^^^&<oid>&ISO^NH
    unique_id: str | None
    type_code: str | None
    sha1: str | None  # hexadecimal, lower-case
    size: str | None
    is_on_demand: bool


@dataclass(frozen=True, slots=True)
class Metadata:
    """One submission set."""

    entries: tuple[Entry, ...]
    patient_id: str  # of the set


def parse_metadata(data: bytes) -> Metadata:
    """The metadata in these bytes; raises BadDocument. Unknown slots and wrong cross-references are passed over."""
    root = parse_xml(data)
    if root.tag != _LCM_ROOT:
        raise BadDocument("METADATA.XML is no SubmitObjectsRequest")
    entries: list[Entry] = []
    for element in root.iter(f"{{{RIM}}}ExtrinsicObject"):
        if len(entries) == MAX_DOCUMENTS:
            raise BadDocument("too large")
        entries.append(_read_entry(element))
    packages = root.iter(f"{{{RIM}}}RegistryPackage")
    patient = next((found for each in packages if (found := _find_identifier(each, SET_PATIENT_ID))), "")
    return Metadata(tuple(entries), patient)


def find_number(patient_id: str) -> str:
    """The identifier itself of a CX: what stands before the first ``^``; ``null`` of a careless generator is none."""
    number = patient_id.partition("^")[0].strip().replace(" ", "")
    return "" if number.lower() == "null" else number


def _read_entry(element: Element) -> Entry:
    sha1, size = _find_slot(element, "hash"), _find_slot(element, "size")
    return Entry(
        uri=_join_values(_read_slot(element, "URI")),
        media_type=read_attribute(element, "mimeType"),
        patient_id=_find_identifier(element, PATIENT_ID),
        unique_id=_find_identifier(element, UNIQUE_ID) or None,
        type_code=_find_classification(element, TYPE_CODE),
        sha1=None if sha1 is None else sha1.lower(),
        size=size,
        is_on_demand=_read_uuid(element.get("objectType")) == ON_DEMAND,
    )


def _read_uuid(text: str | None) -> str:
    match = _UUID.fullmatch((text or "").strip())
    return match[1].lower() if match else ""


def _read_slot(element: Element, name: str) -> list[str]:
    for slot in element.iterfind(f"{{{RIM}}}Slot"):
        if slot.get("name") == name:
            values = slot.iterfind(f"{{{RIM}}}ValueList/{{{RIM}}}Value")
            return [(value.text or "").strip() for value in values]
    return []


def _find_slot(element: Element, name: str) -> str | None:
    return next((value for value in _read_slot(element, name) if value), None)


def _join_values(values: list[str]) -> str:
    """A long URI comes in pieces, ``1|…`` and ``2|…`` (ebXML RIM values end at 256 characters)."""
    pieces = [_SPLIT_VALUE.fullmatch(value) for value in values]
    if values and all(pieces):
        return "".join(piece[2] for piece in sorted(filter(None, pieces), key=lambda piece: int(piece[1][:9])))
    return values[0] if values else ""


def _iterate(element: Element, tag: str, attribute: str, scheme: str) -> Iterator[Element]:
    """Nested in the element: its pointers to a classified object are wrong too often to be used."""
    for each in element.iterfind(f"{{{RIM}}}{tag}"):
        if _read_uuid(each.get(attribute)) == scheme:
            yield each


def _find_identifier(element: Element, scheme: str) -> str:
    found = next(_iterate(element, "ExternalIdentifier", "identificationScheme", scheme), None)
    return unescape_twice(read_attribute(found, "value") or "")


def _find_classification(element: Element, scheme: str) -> str | None:
    return read_attribute(
        next(_iterate(element, "Classification", "classificationScheme", scheme), None), "nodeRepresentation"
    )


def unescape_twice(text: str) -> str:
    """Some generators escape identifiers twice: after XML has been read the text still holds ``&amp;``."""
    while "&amp;" in text:
        text = text.replace("&amp;", "&")
    return text
