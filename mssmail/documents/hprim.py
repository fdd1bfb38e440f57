"""HPRIM Médecin: twelve lines of header, free text, and from version 2 on a block of coded result lines.

The charset is not declared, and line ends are what the sender's machine had. A record that breaks off is still marked:
what it says may be grave; but it is not filed.
"""

import html
import re
from dataclasses import dataclass
from itertools import groupby, islice
from typing import Final

from mssmail.core.findings import Mark, find_gravest
from mssmail.documents.findings import NEUTRAL_CODES, Assessment, Evidence, judge_document, judge_result
from mssmail.documents.interval import Interval, Limit, build_point, parse_number
from mssmail.documents.limits import MAX_DOCUMENT_BYTES, MAX_LABELS, MAX_RECORDS, MAX_RESULTS
from mssmail.documents.words import clean_line
from mssmail.errors import BadDocument

NOT_HPRIM: Final = "not an HPRIM text"
_HEADER_LINES = 12
_MAC_ROMAN_E_ACUTE = b"\x8e"
_DATE = re.compile(r"\d{1,2}/\d{1,2}/(?:\d{4}|\d{2})|\d{4}-\d{1,2}-\d{1,2}")
_MARKER = re.compile(r"\s*\*{3,4}\s*(LAB|FINFICHIER|FIN)\s*\*{3,4}\s*", re.IGNORECASE)
_COMPARED = re.compile(r"([<>])\s*(=?)\s*(.+)")
_CANCELLED = frozenset(("D", "X"))  # deleted; cancelled: not a result
_LINE = re.compile(r"\r\n|\r|\n")


@dataclass(frozen=True, slots=True)
class HprimPatient:
    """Whom a record is about, as the sender writes it."""

    id: str = ""
    family: str = ""
    given: str = ""
    birthdate: str = ""
    nir: str = ""

    @property
    def names(self) -> str:
        """Family name, then the given one."""
        return " ".join(text for text in (self.family, self.given) if text)

    @property
    def shown(self) -> str:
        """Names and birth date."""
        return " ".join(text for text in (self.names, self.birthdate) if text)


@dataclass(frozen=True, slots=True)
class HprimResult:
    """One result line."""

    label: str
    code: str
    type: str
    value: str
    unit: str
    low: str
    high: str
    flag: str
    status: str
    assessment: Assessment


@dataclass(frozen=True, slots=True)
class HprimRecord:
    """One patient's report."""

    patient: HprimPatient
    report_number: str
    date: str
    sender: str
    is_complete: bool
    is_coded: bool
    results: tuple[HprimResult, ...]
    is_headed: bool = True

    @property
    def mark(self) -> Mark:
        """Without coded results: unassessed, whatever the text prints."""
        return judge_document((each.assessment for each in self.results), is_laboratory=True)

    @property
    def labels(self) -> tuple[str, ...]:
        """What was measured, each once, as many as are of use to a search."""
        return tuple(islice(dict.fromkeys(each.label for each in self.results if each.label), MAX_LABELS))


@dataclass(frozen=True, slots=True)
class HprimFile:
    """All records of one text."""

    records: tuple[HprimRecord, ...]
    dialect: str = "medecin"

    @property
    def mark(self) -> Mark:
        """The most severe of the records."""
        return find_gravest([record.mark for record in self.records])

    @property
    def distinct_patients(self) -> int:
        """By names and birth date; the same with two different NIRs are two."""
        keys = sorted((_find_person(record.patient), _clean_nir(record.patient.nir)) for record in self.records)
        groups = ({nir for _, nir in group if nir} for _, group in groupby(keys, key=lambda key: key[0]))
        return sum(max(1, len(nirs)) for nirs in groups)

    @property
    def doubt(self) -> str:
        """What forbids automatic filing; empty when nothing does."""
        if self.distinct_patients > 1:
            return "several patients"
        if not all(record.is_complete for record in self.records):
            return "a record breaks off"
        return "" if all(record.is_headed for record in self.records) else "a record without header"


def _find_person(patient: HprimPatient) -> tuple[str, str, str]:
    return patient.family.casefold(), patient.given.casefold(), patient.birthdate


def _clean_nir(nir: str) -> str:
    return "".join(nir.split())


def decode_hprim(data: bytes) -> str:
    """The text: UTF-16 by its mark, UTF-8 when it is that, MacRoman by its é, else windows-1252."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16", "replace")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("mac_roman" if _MAC_ROMAN_E_ACUTE in data else "cp1252", "replace")


def parse_hprim(data: bytes, neutral: frozenset[str] = NEUTRAL_CODES) -> HprimFile:
    """The records in these bytes; raises BadDocument when the text does not begin with a header."""
    if len(data) > MAX_DOCUMENT_BYTES:
        raise BadDocument("too large")
    lines = _LINE.split(decode_hprim(data))
    start = _find_start(lines)
    if start is None:
        raise BadDocument(NOT_HPRIM)
    records: list[HprimRecord] = []
    reader = _Reader(neutral)
    for block, is_complete in _split_records(lines[start:]):
        record = reader.read(block, is_complete=is_complete)
        if record is not None:
            records.append(record)
        if len(records) > MAX_RECORDS:
            raise BadDocument("too large")
    return HprimFile(tuple(records))


def _find_start(lines: list[str]) -> int | None:
    """Where the first header begins: at once, or after blank lines that some mailers put in front."""
    if is_header(lines):
        return 0
    blank = next((number for number, line in enumerate(lines[:50]) if line.strip()), 0)
    return blank if is_header(lines[blank:]) else None


def is_header(lines: list[str]) -> bool:
    """Twelve lines, of which the seventh is a date and the second and third are names."""
    if len(lines) < _HEADER_LINES or not _DATE.fullmatch(lines[6].strip()):
        return False
    return bool(lines[1].strip() and lines[2].strip())


def _split_records(lines: list[str]) -> list[tuple[list[str], bool]]:
    """The lines of each record, and whether its end was marked."""
    blocks: list[tuple[list[str], bool]] = []
    start = 0
    for number, line in enumerate(lines):
        marker = _MARKER.fullmatch(line) if "***" in line else None
        if marker is None or marker[1].upper() == "LAB":
            continue
        blocks.append((lines[start:number], marker[1].upper() == "FIN"))
        start = number + 1
    blocks.append((lines[start:], False))
    return blocks


class _Reader:
    """Reads records; counts their results together."""

    def __init__(self, neutral: frozenset[str]) -> None:
        self._neutral = neutral
        self._count = 0

    def read(self, lines: list[str], *, is_complete: bool) -> HprimRecord | None:
        """A record; None for text between records that holds no result."""
        start = _find_start(lines)
        is_headed = start is not None
        lines = lines[start or 0 :]
        head = [clean_line(line) for line in lines[:_HEADER_LINES]] if is_headed else [""] * _HEADER_LINES
        body = lines[_HEADER_LINES:] if is_headed else lines
        results = self._read_results(body)
        # Result lines that belong to nobody are read all the same: they may be grave.
        if not is_headed and not results:
            return None
        return HprimRecord(
            HprimPatient(head[0], head[1], head[2], head[6], head[7]),
            report_number=head[8],
            date=head[9],
            sender=head[10][10:].strip() or head[10],
            is_complete=is_complete,
            is_coded=any(_MARKER.fullmatch(line) for line in body if "***" in line),
            results=results,
            is_headed=is_headed,
        )

    def _read_results(self, lines: list[str]) -> tuple[HprimResult, ...]:
        results = []
        for line in lines:
            if line.lstrip()[:4].upper() != "RES|":
                continue
            self._count += 1
            if self._count > MAX_RESULTS:
                raise BadDocument("too large")
            if (result := read_result(line.lstrip(), self._neutral)) is not None:
                results.append(result)
        return tuple(results)


def read_result(line: str, neutral: frozenset[str]) -> HprimResult | None:
    """A ``RES|`` line; None when it is empty, deleted or cancelled."""
    fields = [clean_line(html.unescape(field)) for field in line.split("|", 16)[:15]]
    fields += [""] * (15 - len(fields))
    label, code, kind, value, unit, low, high, flag, status = fields[1:10]
    if (not label and not value) or status.upper() in _CANCELLED:
        return None
    is_coded = kind.upper() == "C"
    interval = read_range(low, high)
    second = None if is_coded else read_quantity(fields[10])
    evidence = Evidence(
        flags=(flag,) if flag else (),
        value=None if is_coded else read_quantity(value),
        ranges=(interval,) if interval.is_bounded else (),
        converted=() if second is None else (second,),
        converted_ranges=(read_range(fields[12], fields[13]),),
        measured=code,
    )
    assessment = judge_result(evidence, neutral).assessment
    return HprimResult(label, code, kind, value, unit, low, high, flag, status, assessment)


def read_quantity(text: str) -> Interval | None:
    """A number with a decimal point or comma; ``< 0.12`` is all that lies below."""
    compared = _COMPARED.fullmatch(text)
    number = parse_number((compared[3] if compared else text).replace(",", "."))
    if number is None:
        return None
    if compared is None:
        return build_point(number)
    limit = Limit(number, inclusive=bool(compared[2]))
    return Interval(low=limit) if compared[1] == ">" else Interval(high=limit)


def read_range(low: str, high: str) -> Interval:
    """Bounds as written; an empty one is open."""
    return Interval(_read_bound(low), _read_bound(high))


def _read_bound(text: str) -> Limit | None:
    return Limit(parse_number(text.replace(",", "."))) if text else None
