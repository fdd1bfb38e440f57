"""What a result calls for, in the order of evidence: the laboratory's word, then its interval, then a coded value.

Medical software must not guess: what none of these decides is *unassessed*, and unassessed is never normal. Where a
rule could call a result normal although the laboratory has not said so in full (a value beyond what the method
measures, a value converted to another unit), it may only call attention, never reassure.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache
from typing import Final

from mssmail.core import loinc
from mssmail.core.findings import Mark
from mssmail.documents.interval import Interval, Limit, Place, locate


class Assessment(Enum):
    """What one result calls for."""

    CRITICAL = "critical"
    ABNORMAL = "abnormal"
    UNASSESSED = "unassessed"
    SUSCEPTIBILITY = "susceptibility"  # a line of an antibiogram: information, no anomaly
    NORMAL = "normal"


# HL7 ObservationInterpretation (2.16.840.1.113883.5.83), and HPRIM's abnormality field with it.
CRITICAL_CODES: Final = frozenset(("HH", "LL", "AA"))
ABNORMAL_CODES: Final = frozenset(
    ("H", "L", "A", "HU", "LU", "H>", "L<", "HX", "LX", "EX", "POS", "DET", "RR", "WR", "UNE")
)
NORMAL_CODES: Final = frozenset(("N", "NEG", "ND", "NR", "EXP"))
SUSCEPTIBILITY_CODES: Final = frozenset(("S", "I", "R", "NS", "SDD", "SYN-S", "SYN-R", "MS", "VS"))
RESISTANCE_CODES: Final = frozenset(("R", "NS", "SYN-R"))
SILENT_CODES: Final = frozenset(("U", "D", "B", "W", "<", ">"))  # a trend, or beyond the method's scale: no judgement

_CYTOLOGY = "1.2.250.1.213.1.1.4.322"
_POSITIVE = frozenset(
    # LA6576-8 and LA11882-0 are LOINC's answers "Positive" and "Detected": they call attention as SNOMED's do.
    ("10828004", "260373001", "11214006", "1269497006", "LA6576-8", "LA11882-0", "GEN-092.01.12")
) | frozenset(f"MED-{number}" for number in range(1194, 1210))
_NEGATIVE = frozenset(("260385009", "260415000", "131194007", "77851000146104", "MED-1193"))

NEUTRAL_CODES: Final = frozenset(loinc.NEUTRAL_CODES)
"""Results whose outcome carries no alarm by itself."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """What a document says about one result."""

    flags: tuple[str, ...] = ()  # the laboratory's own judgement
    value: Interval | None = None
    converted: tuple[Interval, ...] = ()  # the same value in other units
    ranges: tuple[Interval, ...] = ()  # the normal intervals, and no others
    converted_ranges: tuple[Interval, ...] = ()  # of the converted values, where they have their own
    codes: tuple[tuple[str, str | None], ...] = ()  # of a coded value: code, system
    measured: str = ""  # what was measured, as a LOINC code
    is_negated: bool = False
    is_final: bool = True  # not given up half-way


@dataclass(frozen=True, slots=True)
class Judgement:
    """The assessment, and what it stands on."""

    assessment: Assessment
    is_computed: bool = False  # from the interval
    is_positive: bool = False  # from a coded value


@lru_cache(maxsize=256)
@lru_cache(maxsize=256)  # few are in use, and every result has some
def judge_flags(flags: tuple[str, ...]) -> Judgement | None:
    """What the laboratory itself says; None when it says nothing, or only how the value has moved."""
    telling = [flag for flag in _normalise(flags) if flag and flag not in SILENT_CODES]
    return Judgement(_read_flags(telling)) if telling else None


def _normalise(flags: Iterable[str]) -> list[str]:
    return [flag.strip().upper() for flag in flags]


def judge_result(evidence: Evidence, neutral: frozenset[str] = NEUTRAL_CODES) -> Judgement:
    """The laboratory's word first; a comparison never overrides it."""
    told = judge_flags(evidence.flags)
    if told is not None and told.assessment is not Assessment.SUSCEPTIBILITY:
        return told
    if evidence.measured in neutral:
        return told or Judgement(Assessment.UNASSESSED)
    answer = _read_codes(evidence)
    if told is not None:
        # Some write R for "reactive": a positive answer shows it. A concentration beyond its breakpoint shows nothing.
        return answer if answer is not None and answer.is_positive else told
    judgement = _compare(evidence, _normalise(evidence.flags)) or answer
    if judgement is None or (judgement.assessment is Assessment.NORMAL and not evidence.is_final):
        return Judgement(Assessment.UNASSESSED)
    return judgement


def _read_flags(flags: list[str]) -> Assessment:
    """The most severe of several."""
    if any(flag in CRITICAL_CODES for flag in flags):
        return Assessment.CRITICAL
    if any(flag in ABNORMAL_CODES for flag in flags):
        return Assessment.ABNORMAL
    if any(flag not in NORMAL_CODES and flag not in SUSCEPTIBILITY_CODES for flag in flags):
        return Assessment.UNASSESSED
    return Assessment.SUSCEPTIBILITY if any(flag in SUSCEPTIBILITY_CODES for flag in flags) else Assessment.NORMAL


def _compare(evidence: Evidence, flags: list[str]) -> Judgement | None:
    """Outside the interval: abnormal, never critical. Converted values can only show that something is outside."""
    if evidence.value is not None and evidence.ranges:
        places = {locate(_open(evidence.value, flags), each) for each in evidence.ranges}
        if places == {Place.OUTSIDE}:
            return Judgement(Assessment.ABNORMAL, is_computed=True)
        if places == {Place.INSIDE}:
            return Judgement(Assessment.NORMAL, is_computed=True)
    ranges = evidence.converted_ranges or evidence.ranges
    for value in evidence.converted:
        if ranges and all(locate(_open(value, flags), each) is Place.OUTSIDE for each in ranges):
            return Judgement(Assessment.ABNORMAL, is_computed=True)
    return None


def _open(value: Interval, flags: list[str]) -> Interval:
    """A number flagged as off the method's scale is a limit: the true value lies somewhere beyond it."""
    if ">" in flags and "<" not in flags and value.low is not None:
        return Interval(Limit(value.low.number, value.low.unit, inclusive=False), None)
    if "<" in flags and ">" not in flags and value.high is not None:
        return Interval(None, Limit(value.high.number, value.high.unit, inclusive=False))
    return value


def _read_codes(evidence: Evidence) -> Judgement | None:
    if evidence.is_negated:
        return None  # "not positive" is for a person to read
    codes = [code for code, system in evidence.codes if _is_known(code, system)]
    if any(code in _POSITIVE for code in codes):
        return Judgement(Assessment.ABNORMAL, is_positive=True)
    if any(code in _NEGATIVE for code in codes):
        return Judgement(Assessment.NORMAL)
    return None


def _is_known(code: str, system: str | None) -> bool:
    """The national cytology codes count only in their own system; SNOMED's and LOINC's are unmistakable."""
    return not code.startswith(("MED-", "GEN-")) or system == _CYTOLOGY


def judge_document(assessments: Iterable[Assessment], *, is_laboratory: bool, has_scanned: bool = False) -> Mark:
    """The mark of a document from its results; a laboratory report without any is unassessed."""
    found = set(assessments)
    if Assessment.CRITICAL in found:
        return Mark.CRITICAL
    if Assessment.ABNORMAL in found:
        return Mark.ABNORMAL
    if Assessment.UNASSESSED in found or has_scanned:
        return Mark.UNASSESSED
    if not found:
        return Mark.UNASSESSED if is_laboratory else Mark.NONE
    return Mark.NORMAL if Assessment.NORMAL in found else Mark.UNASSESSED


def has_resistance(flags: Iterable[str]) -> bool:
    """An antibiogram line says that the drug will not work."""
    return any(flag.strip().upper() in RESISTANCE_CODES for flag in flags)
