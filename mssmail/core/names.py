"""Distinguished names as ordered RDNs, and the tolerant comparison the white list needs.

A certificate's name is never turned into a string to be compared: strings lose which comma was a separator. Only the
white list's text is parsed, and read as its authors meant it: it follows no single RFC (blanks after commas, quotes
around a value or unescaped within, no-break spaces, commas in values). What is tolerated is spelling; another O, OU or
CN never.
"""

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from mssmail.core.composition import normalise_text
from mssmail.errors import BadSyntax

AttributeValue = tuple[str, str]  # (dotted OID, value as written)

MAX_LISTED_NAME = 2_048  # characters; the real list's back office stops at 255

# RFC 4514 §3 and RFC 4519 §2, with the spellings that OpenSSL and Windows tools write.
_TYPES = {
    "CN": "2.5.4.3",
    "SN": "2.5.4.4",
    "SERIALNUMBER": "2.5.4.5",
    "C": "2.5.4.6",
    "L": "2.5.4.7",
    "ST": "2.5.4.8",
    "S": "2.5.4.8",
    "STREET": "2.5.4.9",
    "O": "2.5.4.10",
    "OU": "2.5.4.11",
    "T": "2.5.4.12",
    "TITLE": "2.5.4.12",
    "BUSINESSCATEGORY": "2.5.4.15",
    "POSTALCODE": "2.5.4.17",
    "GIVENNAME": "2.5.4.42",
    "GN": "2.5.4.42",
    "ORGANIZATIONIDENTIFIER": "2.5.4.97",
    "EMAILADDRESS": "1.2.840.113549.1.9.1",
    "E": "1.2.840.113549.1.9.1",
    "UID": "0.9.2342.19200300.100.1.1",
    "DC": "0.9.2342.19200300.100.1.25",
}
_KEYWORDS = {oid: keyword for keyword, oid in reversed(_TYPES.items())}  # the first spelling of each type wins
_PLACES = {_TYPES["ST"], _TYPES["L"]}

_TYPE = re.compile(r"\s*(?:OID\.)?([A-Za-z][A-Za-z0-9-]*|\d+(?:\.\d+)+)\s*=\s*", re.IGNORECASE)
# A separator only when an attribute type follows: "O=DUPONT, MARTIN ET FILS,C=FR" has two attributes.
_SEPARATOR = re.compile(r"[,;+](?=\s*(?:[A-Za-z][A-Za-z0-9-]*|(?:OID\.)?\d+(?:\.\d+)+)\s*=)", re.IGNORECASE)
_ESCAPES = re.compile(r'((?:\\[0-9A-Fa-f]{2})+)|\\([ "#+,;<=>\\])')  # pair of RFC 4514 §3
_SPECIALS = re.compile(r'[",+;<=>\\#]')


def fold_value(value: str) -> str:
    """The value as compared: NFC, no-break spaces as blanks, runs of blanks as one, trimmed, case folded.

    Folding stands between two normalisations: it can break canonical order (Unicode D145, canonical caseless matching).
    """
    folded = normalise_text("NFD", value).casefold()
    return " ".join(normalise_text("NFC", folded).split())


def fold_attribute(oid: str, value: str) -> str:
    """The folded value of this attribute; in place names the blank before a bracket is optional: ``Paris(75)``."""
    folded = fold_value(value)
    return fold_value(folded.replace("(", " (")) if oid in _PLACES else folded


@dataclass(frozen=True, slots=True)
class DistinguishedName:
    """Relative distinguished names, most specific first (CN … C), each a set of (dotted OID, folded value)."""

    rdns: tuple[frozenset[AttributeValue], ...]

    def __post_init__(self) -> None:
        if not self.rdns or not all(self.rdns):
            raise ValueError("a distinguished name has at least one attribute in each RDN")
        for rdn in self.rdns:
            if any(fold_attribute(oid, value) != value for oid, value in rdn):
                raise ValueError("build names with build_name: values must be folded")


def build_name(rdns: Iterable[Iterable[AttributeValue]]) -> DistinguishedName:
    """A name from its RDNs, most specific first; values are folded here."""
    return DistinguishedName(tuple(frozenset((oid, fold_attribute(oid, value)) for oid, value in rdn) for rdn in rdns))


def encode_name(name: DistinguishedName) -> str:
    """The folded name in the manner of RFC 4514, for people and journals; ``parse_listed_name`` reads it back."""
    return ",".join("+".join(sorted(map(_encode_attribute, rdn))) for rdn in name.rdns)


@lru_cache(1_024)
def encode_exact(name: DistinguishedName) -> bytes:
    """The name in octets that are equal for equal names, and for no others."""
    return json.dumps([sorted(map(list, rdn)) for rdn in name.rdns], separators=(",", ":")).encode("ascii")


def decode_exact(octets: bytes) -> DistinguishedName:
    """The name in such octets; raises ValueError or TypeError."""
    return DistinguishedName(tuple(frozenset((str(o), str(value)) for o, value in rdn) for rdn in json.loads(octets)))


def _encode_attribute(attribute: AttributeValue) -> str:
    oid, value = attribute
    escaped = _SPECIALS.sub(r"\\\g<0>", value)
    return f"{_KEYWORDS.get(oid, oid)}={escaped}"


def parse_listed_name(text: str) -> DistinguishedName:
    """The name a white list means by this text, most specific first; raises BadSyntax.

    ::

        name      = attribute *( separator attribute )
        separator = "," / ";" / "+"          ; only where an attribute type and "=" follow; "+" stays in the RDN
        value     = DQUOTE *char DQUOTE / *char
    """
    if len(text) > MAX_LISTED_NAME:
        raise BadSyntax(f"the name is longer than {MAX_LISTED_NAME} characters")
    rdns: list[list[AttributeValue]] = [[]]
    at = 0
    while True:
        oid, start = _parse_type(text, at)
        value, end = _parse_value(text, start)
        if not value.strip():
            raise BadSyntax(f"an attribute without a value: {_KEYWORDS.get(oid, oid)}")
        rdns[-1].append((oid, value))
        if end == len(text):
            return build_name(rdns)
        if text[end] != "+":
            rdns.append([])
        at = end + 1


def _parse_type(text: str, at: int) -> tuple[str, int]:
    match = _TYPE.match(text, at)
    if match is None:
        raise BadSyntax(f"an attribute type and '=' are wanted at character {at + 1}")
    keyword = match[1].upper()
    oid = keyword if keyword[0].isdigit() else _TYPES.get(keyword)
    if oid is None:
        raise BadSyntax(f"unknown attribute type {match[1]}")
    return oid, match.end()


def _parse_value(text: str, start: int) -> tuple[str, int]:
    """The value and where its separator stands (or the end of the text)."""
    if text[start : start + 1] == '"':
        for close in _find_all(text, '"', start + 1):
            end = len(text) - len(text[close + 1 :].lstrip())
            if end == len(text) or _SEPARATOR.match(text, end):
                return _unescape(text[start + 1 : close]), end
    for separator in _SEPARATOR.finditer(text, start):
        if not _is_escaped(text, separator.start()):
            return _unescape(text[start : separator.start()]), separator.start()
    return _unescape(text[start:]), len(text)


def _find_all(text: str, mark: str, start: int) -> Iterable[int]:
    at = text.find(mark, start)
    while at >= 0:
        if not _is_escaped(text, at):
            yield at
        at = text.find(mark, at + 1)


def _is_escaped(text: str, at: int) -> bool:
    before = text[:at]
    return (len(before) - len(before.rstrip("\\"))) % 2 == 1


def _unescape(value: str) -> str:
    return _ESCAPES.sub(_unescape_one, value)


def _unescape_one(match: re.Match[str]) -> str:
    if match[1] is None:
        return match[2]
    try:
        return bytes.fromhex(match[1].replace("\\", "")).decode("utf-8")
    except UnicodeDecodeError as error:
        raise BadSyntax("escaped octets are not UTF-8") from error
