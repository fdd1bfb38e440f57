"""The results of a CDA laboratory report: every current result observation, wherever it stands."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from typing import Final

from mssmail.documents.cda_patient import HL7
from mssmail.documents.findings import Assessment, Evidence, Judgement, judge_flags, judge_result
from mssmail.documents.interval import Interval, Limit, build_point, parse_number
from mssmail.documents.limits import MAX_RESULTS
from mssmail.documents.xml import Element, find_path, iterate_path, read_attribute, read_text, read_type
from mssmail.errors import BadDocument

LOINC: Final = "2.16.840.1.113883.6.1"
_INTERPRETATION: Final = "2.16.840.1.113883.5.83"
_TEMPLATES = frozenset(("1.3.6.1.4.1.19376.1.3.1.6", "1.2.250.1.213.1.1.3.80", "2.16.840.1.113883.10.20.22.4.2"))
_OBSERVATION, _RELATIONSHIP = f"{{{HL7}}}observation", f"{{{HL7}}}entryRelationship"
_TEMPLATE = f"{{{HL7}}}templateId"
_CODE, _FLAG = f"{{{HL7}}}code", f"{{{HL7}}}interpretationCode"
_USUAL_FLAGS = frozenset(("N", "H", "L", "HH", "LL", "A", "AA"))
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


@dataclass(frozen=True)
class Result:
    """One current result. What only people and summaries ask for is read when they do."""

    code: str | None
    is_loinc: bool
    label: str | None
    flags: tuple[str, ...]
    judgement: Judgement
    _element: Element

    @property
    def assessment(self) -> Assessment:
        """What it calls for."""
        return self.judgement.assessment

    @cached_property
    def status(self) -> str | None:
        """How far it came, as written."""
        return _read_status(self._element)

    @cached_property
    def value(self) -> Value:
        """What was found."""
        element = find_path(self._element, "value", HL7)
        return Value() if element is None else _read_value(element)

    @cached_property
    def shown_range(self) -> tuple[str | None, str | None] | None:
        """The first normal interval, as written."""
        interval = next(_iterate_normal_ranges(self._element), None)
        return None if interval is None else (_read_bound(interval, "low"), _read_bound(interval, "high"))

    @property
    def was_performed(self) -> bool:
        """It was not given up."""
        return self.status not in _NOT_PERFORMED


def read_results(body: Element, neutral: frozenset[str]) -> tuple[Result, ...]:
    """The results below a structuredBody, in its order; raises BadDocument when there are too many."""
    results = [_read_result(observation, neutral) for observation in islice(_iterate(body), MAX_RESULTS + 1)]
    if len(results) > MAX_RESULTS:
        raise BadDocument("too large")
    return tuple(results)


def _iterate(body: Element) -> Iterator[Element]:
    """Result observations by their template, wherever they stand, but for what is below a REFR of an observation."""
    earlier = _find_earlier(body)
    for element in body.iter(_OBSERVATION):
        if element not in earlier:
            for template in element.iterchildren(_TEMPLATE):
                if template.get("root", "").strip() in _TEMPLATES:
                    yield element
                    break


def _find_earlier(body: Element) -> set[Element]:
    earlier: set[Element] = set()
    for relationship in body.iter(_RELATIONSHIP):
        if relationship.get("typeCode") == "REFR":
            parent = relationship.getparent()
            # What is earlier already is not gone through again: nested ones would be, at every level.
            if parent is not None and parent not in earlier and parent.tag == _OBSERVATION:
                earlier.update(relationship.iter(_OBSERVATION))
    return earlier


def _read_result(observation: Element, neutral: frozenset[str]) -> Result:
    code, system, label = _read_code(next(observation.iterchildren(_CODE), None))
    flags = tuple([flag for child in observation.iterchildren(_FLAG) if (flag := _read_flag(child))])
    judgement = judge_flags(flags)
    is_loinc = system == LOINC
    if judgement is None or judgement.assessment is Assessment.SUSCEPTIBILITY:
        judgement = judge_result(_read_evidence(observation, flags, code if is_loinc else None), neutral)
    return Result(code, is_loinc, label, flags, judgement, observation)


def _read_evidence(observation: Element, flags: tuple[str, ...], measured: str | None) -> Evidence:
    """What is weighed where the laboratory has not judged."""
    element = find_path(observation, "value", HL7)
    return Evidence(
        flags=flags,
        value=None if element is None else _read_quantity(element),
        converted=() if element is None else tuple(_read_conversions(element)),
        ranges=tuple(_read_interval(each) for each in _iterate_normal_ranges(observation)),
        codes=() if element is None else tuple(_read_answers(element)),
        measured=measured or "",
        is_negated=observation.get("negationInd") == "true",
        is_final=_read_status(observation) not in _NOT_PERFORMED,
    )


def _read_status(observation: Element) -> str | None:
    return read_attribute(find_path(observation, "statusCode", HL7), "code")


def _read_code(coded: Element | None) -> tuple[str | None, str | None, str | None]:
    """Code, system and label; of a code that is local only, its first translation's."""
    if coded is None:
        return None, None, None
    code, label = read_attribute(coded, "code"), read_attribute(coded, "displayName")
    if code and label:
        return code, _read_system(coded), label
    for each in (coded, *iterate_path(coded, "translation", HL7)):
        label = label or read_attribute(each, "displayName")
        if code := read_attribute(each, "code"):
            return code, _read_system(each), label
    return None, None, label


def _read_system(coded: Element) -> str | None:
    """Mostly LOINC's, which needs no cleaning."""
    return LOINC if coded.get("codeSystem") == LOINC else read_attribute(coded, "codeSystem")


def _read_flag(element: Element) -> str | None:
    """A direct child's code: those inside a referenceRange say what the interval stands for."""
    written = element.get("code")
    if written in _USUAL_FLAGS:
        return written
    if code := read_attribute(element, "code"):
        return code
    translations = iterate_path(element, "translation", HL7)
    known = (read_attribute(each, "code") for each in translations if each.get("codeSystem") == _INTERPRETATION)
    return next((code for code in known if code), None)


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
