"""The patient of a CDA document: identifiers and the traits of the national identity (INS)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from mssmail.core.ins import is_right_ins
from mssmail.documents.xml import Element, find_path, iterate_path, read_attribute, read_text

HL7: Final = "urn:hl7-org:v3"

INS_KINDS: Final[Mapping[str, str]] = {
    "1.2.250.1.213.1.4.8": "NIR",
    "1.2.250.1.213.1.4.9": "NIA",  # provisional: never qualified
    "1.2.250.1.213.1.4.10": "NIR-test",
    "1.2.250.1.213.1.4.11": "NIR-demo",
}
_QUALIFIED: Final = frozenset(("NIR",))
_QUALIFIED_IN_TESTS: Final = frozenset(("NIR", "NIR-test", "NIR-demo"))


@dataclass(frozen=True, slots=True)
class Patient:
    """Whom a document is about."""

    birth_family: str | None = None
    first_birth_given: str | None = None
    used_family: str | None = None
    birthdate: str | None = None  # YYYYMMDD, as written
    sex: str | None = None
    ins: str | None = None
    ins_oid: str | None = None
    identifiers: tuple[tuple[str, str], ...] = ()  # root, extension

    @property
    def ins_kind(self) -> str | None:
        """NIR, NIA, NIR-test or NIR-demo."""
        return None if self.ins_oid is None else INS_KINDS[self.ins_oid]

    def is_qualified(self, *, test_space: bool) -> bool:
        """A right INS of a kind that counts here, with all four traits."""
        kinds = _QUALIFIED_IN_TESTS if test_space else _QUALIFIED
        traits = (self.birth_family, self.first_birth_given, self.birthdate, self.sex)
        return self.ins is not None and self.ins_kind in kinds and is_right_ins(self.ins) and all(traits)

    @property
    def names(self) -> str:
        """Family names, then the given one."""
        family = [self.birth_family] if self.used_family in (None, self.birth_family) else []
        names = [*family, *([] if family else [self.birth_family, self.used_family]), self.first_birth_given]
        return " ".join(name for name in names if name)

    @property
    def shown(self) -> str:
        """Names and birth date."""
        return " ".join(text for text in (self.names, self.birthdate) if text)


def read_patient(role: Element | None) -> Patient:
    """The patient of a patientRole."""
    if role is None:
        return Patient()
    identifiers = tuple(_read_identifiers(role))
    ins = next(((root, value) for root, value in identifiers if root in INS_KINDS), None)
    person = find_path(role, "patient", HL7)
    names = list(iterate_path(person, "name", HL7))
    return Patient(
        birth_family=_find_name(names, "family", "BR") or _find_name(names, "family", None),
        first_birth_given=_find_name(names, "given", "BR") or _find_name(names, "given", None),
        used_family=_find_name(names, "family", "CL") or _find_name(names, "family", "SP"),
        birthdate=read_attribute(find_path(person, "birthTime", HL7), "value"),
        sex=read_attribute(find_path(person, "administrativeGenderCode", HL7), "code"),
        ins=None if ins is None else ins[1],
        ins_oid=None if ins is None else ins[0],
        identifiers=identifiers,
    )


def _read_identifiers(role: Element) -> list[tuple[str, str]]:
    found = []
    for identifier in iterate_path(role, "id", HL7):
        root, value = read_attribute(identifier, "root"), read_attribute(identifier, "extension")
        if root and value:
            found.append((root, value.replace(" ", "") if root in INS_KINDS else value))
    return found


def _find_name(names: list[Element], part: str, qualifier: str | None) -> str | None:
    """The first of this kind in any of the names: the birth name may stand in the second one."""
    for name in names:
        for element in iterate_path(name, part, HL7):
            qualifiers = (element.get("qualifier") or "").split()
            wanted = not qualifiers if qualifier is None else qualifier in qualifiers
            if wanted and (text := read_text(element)):
                return text
    return None
