"""The documents of a message as files for the software that keeps them, with a summary of what they say."""

import hashlib
import re
from dataclasses import dataclass
from typing import Final

from mssmail.documents.archive import Archive
from mssmail.documents.glance import DocumentKind
from mssmail.documents.inspect import Inspection, Reading
from mssmail.documents.message import iterate_documents, summarise_message
from mssmail.documents.report import Json, encode_message
from mssmail.documents.xdm import XdmArchive

SUMMARY: Final = "summary.json"
EVIDENCE: Final = "evidence.json"
_RESERVED: Final = (SUMMARY, EVIDENCE)
_MAX_NAME: Final = 80
_UNSAFE = re.compile(r"[^A-Za-z0-9._-]+")
_MEDIA_TYPES: Final = {DocumentKind.CDA: "text/xml", DocumentKind.HPRIM: "text/plain"}


@dataclass(frozen=True, slots=True)
class ParcelFile:
    """One document. Its name is safe on every file system and unlike the others', whatever their case."""

    name: str
    media_type: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Parcel:
    """All documents of a message; ``summary`` is what ``mssmail document inspect --json`` shows, and the files."""

    files: tuple[ParcelFile, ...]
    summary: Json


def build_parcel(data: bytes, reading: Reading) -> Parcel:
    """Read the message's documents again and take them out; raises BadDocument for an archive that cannot be opened."""
    found = list(iterate_documents(data, reading))
    files: list[ParcelFile] = []
    for inspection, content in found:
        for name, media_type, raw in _iterate_files(inspection, content):
            taken = {*_RESERVED, *(each.name.lower() for each in files)}
            files.append(ParcelFile(_choose_name(name, taken), media_type, raw))
    message = summarise_message(data, [inspection for inspection, _ in found], reading)
    summary = encode_message(message, hashlib.sha256(data).hexdigest(), reading)
    summary["files"] = [_describe(each) for each in files]
    return Parcel(tuple(files), summary)


def _iterate_files(inspection: Inspection, content: bytes) -> list[tuple[str, str, bytes]]:
    """Of an archive the documents it lists; else the document itself."""
    if not isinstance(inspection.content, XdmArchive):
        return [(inspection.name, _MEDIA_TYPES.get(inspection.kind, "application/octet-stream"), content)]
    archive = Archive(content)
    return [
        (each.entry.uri, each.entry.media_type or "application/octet-stream", archive.read(each.name))
        for each in inspection.content.packed
        if each.name is not None
    ]


def _choose_name(name: str, taken: set[str]) -> str:
    base = _UNSAFE.sub("_", name.replace("\\", "/").rpartition("/")[2]).lstrip(".")[-_MAX_NAME:] or "document"
    stem, dot, ending = base.rpartition(".")
    chosen, number = base, 1
    while chosen.lower() in taken:
        number += 1
        chosen = f"{stem or ending}-{number}{dot}{ending if stem else ''}"
    return chosen


def _describe(file: ParcelFile) -> Json:
    digest = hashlib.sha256(file.content).hexdigest()
    return {"name": file.name, "media_type": file.media_type, "octets": len(file.content), "sha256": digest}
