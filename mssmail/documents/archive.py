"""A ZIP archive, read in memory within limits. Every check but the content's own comes before a byte is unpacked."""

import re
import zipfile
import zlib
from collections.abc import Iterator
from io import BytesIO
from typing import Final

from mssmail.documents.limits import MAX_DOCUMENT_BYTES, MAX_ENTRIES, MAX_RATIO, MAX_UNPACKED_BYTES
from mssmail.errors import BadDocument

_MAX_DIRECTORY_RECORDS: Final = 5_000  # ``zipfile`` makes an object of each before we can count them
_RECORD = b"PK\x01\x02"
_DRIVE = re.compile(r"[A-Za-z]:")
_CONTROLS = re.compile(r"[\x00-\x1f\x7f]")
_LINK, _TYPE_BITS = 0o120000, 0o170000
_IS_ENCRYPTED = 0x1

UNSAFE_NAME: Final = "unsafe entry name"
TOO_LARGE: Final = "too large"
NOT_ZIP: Final = "not a ZIP archive"

_BROKEN = (zipfile.BadZipFile, zipfile.LargeZipFile, zlib.error, EOFError, OSError, ValueError, NotImplementedError,
           RuntimeError, KeyError, IndexError, OverflowError)  # fmt: skip
"""What ``zipfile`` raises on archives made to break it."""


class Archive:
    """The entries of an archive by their normalised names (``/`` between folders). ``read`` unpacks one."""

    def __init__(self, data: bytes) -> None:
        """Raises BadDocument when the archive breaks a rule, whatever of it one wants to read."""
        # A record has 46 octets at least: what is too short to hold so many is not searched.
        if len(data) > 46 * _MAX_DIRECTORY_RECORDS and data.count(_RECORD) > _MAX_DIRECTORY_RECORDS:
            raise BadDocument(TOO_LARGE)
        try:
            self._zip = zipfile.ZipFile(BytesIO(data))
            infos = self._zip.infolist()
        except _BROKEN as error:
            raise BadDocument(NOT_ZIP) from error
        self._infos = _index(infos)
        _check_sizes(infos)

    def __iter__(self) -> Iterator[str]:
        return iter(self._infos)

    def find(self, name: str) -> str | None:
        """The entry of this name, without regard to case."""
        wanted = name.upper()
        return next((each for each in self._infos if each.upper() == wanted), None)

    def read(self, name: str) -> bytes:
        """The content of an entry; raises BadDocument."""
        info = self._infos[name]
        if info.file_size > MAX_DOCUMENT_BYTES:
            raise BadDocument(TOO_LARGE)
        try:
            with self._zip.open(info) as entry:
                content = entry.read(MAX_DOCUMENT_BYTES + 1)
        except _BROKEN as error:
            raise BadDocument("damaged entry") from error
        if len(content) > MAX_DOCUMENT_BYTES:
            raise BadDocument(TOO_LARGE)
        return content


def _index(infos: list[zipfile.ZipInfo]) -> dict[str, zipfile.ZipInfo]:
    if len(infos) > MAX_ENTRIES:
        raise BadDocument(TOO_LARGE)
    index: dict[str, zipfile.ZipInfo] = {}
    seen: set[str] = set()
    for info in infos:
        name = _check_entry(info)
        if name.upper() in seen:
            raise BadDocument(UNSAFE_NAME)
        seen.add(name.upper())
        if not name.endswith("/"):
            index[name] = info
    return index


def _check_entry(info: zipfile.ZipInfo) -> str:
    name = info.orig_filename.replace("\\", "/")  # some senders pack with backslashes
    is_rooted = name.startswith("/") or _DRIVE.match(name)
    if not name or is_rooted or _CONTROLS.search(name) or ".." in name.split("/"):
        raise BadDocument(UNSAFE_NAME)
    if (info.external_attr >> 16) & _TYPE_BITS == _LINK:
        raise BadDocument(UNSAFE_NAME)
    if info.flag_bits & _IS_ENCRYPTED:
        raise BadDocument("encrypted entry")
    if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise BadDocument("unknown compression")
    return name


def _check_sizes(infos: list[zipfile.ZipInfo]) -> None:
    """As declared; ``zipfile`` never unpacks more of an entry than it declares."""
    unpacked = sum(info.file_size for info in infos)
    packed = sum(info.compress_size for info in infos)
    if unpacked > MAX_UNPACKED_BYTES or unpacked > MAX_RATIO * max(packed, 1):
        raise BadDocument(TOO_LARGE)
    if any(info.file_size > MAX_RATIO * max(info.compress_size, 1) for info in infos):
        raise BadDocument(TOO_LARGE)
