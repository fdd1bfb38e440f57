"""HPRIM Santé 2: segments like those of ASTM and HL7 version 2. Only what is needed to see an anomaly."""

import re
from typing import Final

from mssmail.documents.findings import NEUTRAL_CODES, Evidence, judge_result
from mssmail.documents.hprim import HprimFile, HprimPatient, HprimRecord, HprimResult, decode_hprim, read_quantity
from mssmail.documents.hprim import read_range as read_bounds
from mssmail.documents.interval import Interval
from mssmail.documents.limits import MAX_DOCUMENT_BYTES, MAX_RECORDS, MAX_RESULTS
from mssmail.documents.words import clean_line
from mssmail.errors import BadDocument

_HEAD = re.compile(rb"(?:\xef\xbb\xbf)?H\|.{4,5}\|")
_LINE = re.compile(r"\r\n|\r|\n")
_RANGE = re.compile(r"(-?[\d.,]+)\s*(?:-|à|a)\s*(-?[\d.,]+)")
_ONE_SIDED = re.compile(r"([<>])=?\s*(-?[\d.,]+)")
_CANCELLED: Final = frozenset(("D", "X"))
_FIELDS: Final = 20


def is_hprim_sante(data: bytes) -> bool:
    """Its first line is an H segment that names its separators."""
    return _HEAD.match(data) is not None


def parse_hprim_sante(data: bytes, neutral: frozenset[str] = NEUTRAL_CODES) -> HprimFile:
    """One record a P segment; raises BadDocument."""
    if len(data) > MAX_DOCUMENT_BYTES:
        raise BadDocument("too large")
    lines = [line for line in _LINE.split(decode_hprim(data)) if line]
    segments = _join_continued(lines)
    component = lines[0].lstrip("\ufeff")[2:3] if lines else ""
    is_complete = any(segment[0] == "L" for segment in segments)
    records: list[HprimRecord] = []
    count = 0
    for segment in segments:
        if segment[0] == "P":
            records.append(_open_record(segment, component, is_complete=is_complete))
        elif segment[0] == "OBX" and records:
            result = _read_result(segment, component, neutral)
            count += 1
            if result is not None:
                records[-1] = _add(records[-1], result)
        if len(records) > MAX_RECORDS or count > MAX_RESULTS:
            raise BadDocument("too large")
    if not records:
        raise BadDocument("no patient segment")
    return HprimFile(tuple(records), dialect="sante")


def _join_continued(lines: list[str]) -> list[list[str]]:
    """Segments as fields; an A segment continues the one before it."""
    joined: list[str] = []
    pieces: list[str] = []
    for line in lines:
        if line.startswith("A|") and pieces:
            pieces.append(line[2:])
            continue
        if pieces:
            joined.append("".join(pieces))
        pieces = [line.lstrip("\ufeff")]
    if pieces:
        joined.append("".join(pieces))
    segments = [text.split("|", 64) for text in joined]
    return [segment + [""] * (_FIELDS - len(segment)) for segment in segments]


def _open_record(segment: list[str], component: str, *, is_complete: bool) -> HprimRecord:
    names = segment[5].split(component) if component else [segment[5]]
    patient = HprimPatient(
        id=clean_line(segment[2].split(component)[0] if component else segment[2]),
        family=clean_line(names[0]),
        given=clean_line(names[1]) if len(names) > 1 else "",
        birthdate=clean_line(segment[7]),
    )
    return HprimRecord(patient, "", "", "", is_complete=is_complete, is_coded=False, results=())


def _add(record: HprimRecord, result: HprimResult) -> HprimRecord:
    return HprimRecord(
        record.patient, record.report_number, record.date, record.sender, record.is_complete, is_coded=True,
        results=(*record.results, result),
    )  # fmt: skip


def _read_result(segment: list[str], component: str, neutral: frozenset[str]) -> HprimResult | None:
    kind, test, value, unit, shown, flags, status = (clean_line(segment[number]) for number in (2, 3, 5, 6, 7, 8, 11))
    if status.upper() in _CANCELLED:
        return None
    code, _, label = test.partition(component) if component else (test, "", "")
    interval = _read_range(shown)
    evidence = Evidence(
        flags=tuple(re.split(r"[~^,\s]+", flags)) if flags else (),
        value=read_quantity(value) if kind.upper() == "NM" else None,
        ranges=(interval,) if interval.is_bounded else (),
        measured=code,
    )
    low, high = _show(interval)
    assessment = judge_result(evidence, neutral).assessment
    name = label.partition(component)[0] if component else label
    return HprimResult(name, code, kind, value, unit, low, high, flags, status, assessment)


def _read_range(text: str) -> Interval:
    """``3.5-5.1``, ``< 5`` or ``> 1``; anything else is no interval."""
    if (match := _RANGE.fullmatch(text)) is not None:
        return read_bounds(match[1], match[2])
    if (match := _ONE_SIDED.fullmatch(text)) is not None:
        return read_bounds("", match[2]) if match[1] == "<" else read_bounds(match[2], "")
    return Interval()


def _show(interval: Interval) -> tuple[str, str]:
    limits = [None if each is None else each.number for each in (interval.low, interval.high)]
    return "" if limits[0] is None else str(limits[0]), "" if limits[1] is None else str(limits[1])
