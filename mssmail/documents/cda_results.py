"""The results of a CDA laboratory report: every current result observation, wherever it stands."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from mssmail.documents.cda_patient import HL7
from mssmail.documents.findings import Assessment, Evidence, Judgement, judge_result
from mssmail.documents.interval import Interval, Limit, build_point, parse_number
from mssmail.documents.limits import MAX_RESULTS
from mssmail.documents.xml import Element, find_path, iterate_path, read_attribute, read_text, read_type
from mssmail.errors import BadDocument

LOINC: Final = "2.16.840.1.113883.6.1"
_INTERPRETATION: Final = "2.16.840.1.113883.5.83"
_TEMPLATES = frozenset(("1.3.6.1.4.1.19376.1.3.1.6", "1.2.250.1.213.1.1.3.80", "2.16.840.1.113883.10.20.22.4.2"))
_OBSERVATION, _RELATIONSHIP = f"{{{HL7}}}observation", f"{{{HL7}}}entryRelationship"
_NOT_PERFORMED = frozenset(("aborted", "cancelled", "nullified"))
_NUMBERS = frozenset(("PQ", "REAL", "INT"))
_CODED = frozenset(("CD", "CE", "CO", "CV", "CS"))


@dataclass(frozen=True, slots=True)
class Value:
    """What was found, as written."""

    kind: str | None = None
    text: str | None = None  # a number, a code, or words
    display: str | None = None  # of a code
    low: str | None = None  # of an interval
    high: str | None = None
    unit: str | None = None


@dataclass(frozen=True, slots=True)
class Result:
    """One current result."""

    code: str | None
    is_loinc: bool
    label: str | None
    status: str | None
    value: Value
    flags: tuple[str, ...]
    shown_range: tuple[str | None, str | None] | None
    judgement: Judgement

    @property
    def assessment(self) -> Assessment:
        """What it calls for."""
        return self.judgement.assessment

    @property
    def was_performed(self) -> bool:
        """It was not given up."""
        return self.status not in _NOT_PERFORMED


def read_results(body: Element, neutral: frozenset[str]) -> tuple[Result, ...]:
    """The results below a structuredBody, in its order; raises BadDocument when there are too many."""
    results: list[Result] = []
    for observation in _iterate_observations(body):
        if len(results) == MAX_RESULTS:
            raise BadDocument("too large")
        results.append(_read_result(observation, neutral))
    return tuple(results)


def _iterate_observations(body: Element) -> Iterator[Element]:
    """Result observations by their template; earlier results (REFR of an observation) are not entered."""
    waiting = [body]
    while waiting:
        element = waiting.pop()
        if element.tag == _OBSERVATION and _has_template(element):
            yield element
        children = [child for child in element if not (element.tag == _OBSERVATION and _is_earlier(child))]
        waiting.extend(reversed(children))


def _has_template(element: Element) -> bool:
    return any(read_attribute(each, "root") in _TEMPLATES for each in iterate_path(element, "templateId", HL7))


def _is_earlier(child: Element) -> bool:
    return child.tag == _RELATIONSHIP and child.get("typeCode") == "REFR"


def _read_result(observation: Element, neutral: frozenset[str]) -> Result:
    coded = find_path(observation, "code", HL7)
    code, system, label = _read_code(coded)
    status = read_attribute(find_path(observation, "statusCode", HL7), "code")
    element = find_path(observation, "value", HL7)
    flags = _read_flags(observation)
    ranges = list(_iterate_normal_ranges(observation))
    evidence = Evidence(
        flags=flags,
        value=None if element is None else _read_quantity(element),
        converted=() if element is None else tuple(_read_conversions(element)),
        ranges=tuple(_read_interval(each) for each in ranges),
        codes=() if element is None else tuple(_read_answers(element)),
        measured=code if code and system == LOINC else "",
        is_negated=observation.get("negationInd") == "true",
        is_final=status not in _NOT_PERFORMED,
    )
    shown = None if not ranges else (_read_bound(ranges[0], "low"), _read_bound(ranges[0], "high"))
    return Result(
        code=code,
        is_loinc=system == LOINC,
        label=label,
        status=status,
        value=Value() if element is None else _read_value(element),
        flags=flags,
        shown_range=shown,
        judgement=judge_result(evidence, neutral),
    )


def _read_code(coded: Element | None) -> tuple[str | None, str | None, str | None]:
    """Code, system and label; of a code that is local only, its first translation's."""
    label = None
    for each in (coded, *iterate_path(coded, "translation", HL7)):
        label = label or read_attribute(each, "displayName")
        if each is not None and (code := read_attribute(each, "code")):
            return code, read_attribute(each, "codeSystem"), label
    return None, None, label


def _read_flags(observation: Element) -> tuple[str, ...]:
    """The codes of the direct children: those inside a referenceRange say what the interval stands for."""
    flags = []
    for element in iterate_path(observation, "interpretationCode", HL7):
        code = read_attribute(element, "code")
        translations = iterate_path(element, "translation", HL7)
        known = (read_attribute(each, "code") for each in translations if each.get("codeSystem") == _INTERPRETATION)
        if flag := code or next(known, None):
            flags.append(flag)
    return tuple(flags)


def _iterate_normal_ranges(observation: Element) -> Iterator[Element]:
    """The values of intervals marked as normal or not marked, with at least one bound."""
    for element in iterate_path(observation, "referenceRange/observationRange", HL7):
        codes = {read_attribute(each, "code") for each in iterate_path(element, "interpretationCode", HL7)}
        value = find_path(element, "value", HL7)
        if codes <= {"N", None} and value is not None and _read_interval(value).is_bounded:
            yield value


def _read_interval(element: Element) -> Interval:
    return Interval(_read_limit(element, "low"), _read_limit(element, "high"))


def _read_limit(element: Element, end: str) -> Limit | None:
    limit = find_path(element, end, HL7)
    written = read_attribute(limit, "value")
    if limit is None or written is None:
        return None
    return Limit(parse_number(written), read_attribute(limit, "unit"), limit.get("inclusive") != "false")


def _read_bound(element: Element, end: str) -> str | None:
    return read_attribute(find_path(element, end, HL7), "value")


def _read_quantity(element: Element) -> Interval | None:
    """The value as an interval; of types without unit, the unit is none."""
    kind = read_type(element)
    if kind == "IVL_PQ":
        return _read_interval(element)
    number = parse_number(element.get("value")) if kind in _NUMBERS else None
    return None if number is None else build_point(number, read_attribute(element, "unit"))


def _read_conversions(element: Element) -> Iterator[Interval]:
    """The same quantity in other units (translation of a PQ)."""
    if read_type(element) != "PQ":
        return
    for each in iterate_path(element, "translation", HL7):
        number = parse_number(each.get("value"))
        if number is not None:
            yield build_point(number, read_attribute(each, "unit") or read_attribute(each, "code"))


def _read_answers(element: Element) -> Iterator[tuple[str, str | None]]:
    if read_type(element) not in _CODED:
        return
    for each in (element, *iterate_path(element, "translation", HL7)):
        if code := read_attribute(each, "code"):
            yield code, read_attribute(each, "codeSystem")


def _read_value(element: Element) -> Value:
    kind = read_type(element)
    if kind in _NUMBERS:
        return Value(kind, read_attribute(element, "value"), unit=read_attribute(element, "unit"))
    if kind == "IVL_PQ":
        ends = [find_path(element, end, HL7) for end in ("low", "high")]
        units = [unit for unit in (read_attribute(end, "unit") for end in ends) if unit]
        low, high = (read_attribute(end, "value") for end in ends)
        return Value(kind, low=low, high=high, unit=units[0] if units else None)
    if kind in _CODED:
        return Value(kind, read_attribute(element, "code"), read_attribute(element, "displayName"))
    return Value(kind, read_text(element))
