"""What was read, as JSON shows it: the object of ``mssmail document inspect --json``."""

from mssmail.core.findings import Mark
from mssmail.documents.cda import CdaDocument
from mssmail.documents.cda_patient import Patient
from mssmail.documents.cda_results import Result
from mssmail.documents.findings import Assessment
from mssmail.documents.hprim import HprimFile, HprimRecord, HprimResult
from mssmail.documents.inspect import Inspection, Reading
from mssmail.documents.message import MessageReading
from mssmail.documents.xdm import Packed, XdmArchive

_CALLING = (Mark.CRITICAL, Mark.ABNORMAL)
Json = dict[str, object]


def encode_inspection(inspection: Inspection, reading: Reading) -> Json:
    """One file."""
    match inspection.content:
        case CdaDocument():
            body = _encode_cda(inspection.content, reading)
        case XdmArchive():
            body = _encode_xdm(inspection.content, reading)
        case HprimFile():
            body = _encode_hprim(inspection.content)
        case None:
            body = {"parse": "reject"}
    shown: Json = {"kind": inspection.kind.value, **body}
    if inspection.reason:
        shown |= {"parse": "reject", "reason": inspection.reason}
    if inspection.doubt and not inspection.reason:
        shown["doubt"] = inspection.doubt
    return shown | {
        "mark": inspection.mark.value,
        "fileable": inspection.fileable,
        "sha256": inspection.sha256,
    }


def encode_message(message: MessageReading, sha256: str, reading: Reading) -> Json:
    """A message: its documents, each as its own file would be shown, and what they are together."""
    findings = message.findings
    declared = findings.declared
    return {
        "kind": "message",
        "parse": "ok",
        "documents": [{"name": each.name} | encode_inspection(each, reading) for each in message.inspections],
        "distinct_patients": len(message.patients),
        "abnormal": findings.mark in _CALLING,
        "critical": findings.mark is Mark.CRITICAL,
        "x_mss": {
            "codecda": declared.code_cda or None,
            "ins": declared.ins or None,
            "nil": declared.nil or None,
            "mes": declared.mes or None,
        },
        "inconsistencies": list(findings.inconsistencies),
        "mark": findings.mark.value,
        "fileable": findings.fileable,
        "sha256": sha256,
    }


def _encode_cda(document: CdaDocument, reading: Reading) -> Json:
    shown: Json = {
        "parse": "ok",
        "wrapped_in_stylesheet": document.is_wrapped,
        "type_code": document.type_code,
        "type_display": document.type_display,
        "title": document.title,
        "document_id": document.document_id,
        "version": document.version,
        "replaces": document.replaces,
        "date": document.acted or document.dated,
        "author": document.author,
        "level": document.level,
        "patient": _encode_patient(document.patient, reading),
    }
    if document.level == 1:
        shown["body_media_type"] = document.body_media_type
    if document.has_scanned_results:
        shown["scanned_results"] = True
    shown["results"] = [_encode_result(each) for each in document.results]
    return shown | _summarise(document)


def _summarise(document: CdaDocument) -> Json:
    return {
        "loinc_codes": list(document.loinc_codes),
        "abnormal": document.mark in _CALLING,
        "critical": document.mark is Mark.CRITICAL,
        "abnormal_codes": list(document.abnormal_codes),
        "resistance": document.has_resistance,
    }


def _encode_patient(patient: Patient, reading: Reading) -> Json:
    return {
        "birth_family": patient.birth_family,
        "first_birth_given": patient.first_birth_given,
        "used_family": patient.used_family,
        "birthdate": patient.birthdate,
        "sex": patient.sex,
        "ins": patient.ins,
        "ins_oid": patient.ins_oid,
        "ins_kind": patient.ins_kind,
        "ins_qualified": patient.is_qualified(test_space=reading.test_space),
    }


def _encode_result(result: Result) -> Json:
    value = result.value
    shown: Json = {
        "code": result.code,
        "loinc": result.is_loinc,
        "label": result.label,
        "status": result.status,
        "type": value.kind,
        "value": {"low": value.low, "high": value.high} if value.kind == "IVL_PQ" else value.text,
        "flags": list(result.flags),
    }
    if value.kind in ("PQ", "IVL_PQ"):
        shown["unit"] = value.unit
    if value.kind in ("CD", "CE", "CO", "CV", "CS"):
        shown["display"] = value.display
    if result.shown_range is not None:
        shown["range"] = list(result.shown_range)
    if result.judgement.is_computed:
        shown["computed_from_range"] = True
    if result.judgement.is_positive:
        shown["qualitative_positive"] = True
    if not result.was_performed:
        shown["not_performed"] = True
    return shown | {"assessment": name_assessment(result)}


def name_assessment(result: Result) -> str:
    """In a word; an antibiogram line with what it says of the drug."""
    if result.assessment is not Assessment.SUSCEPTIBILITY:
        word: str = result.assessment.value
        return word
    return "susceptibility-" + "-".join(result.flags)


def _encode_xdm(archive: XdmArchive, reading: Reading) -> Json:
    shown: Json = {
        "parse": "ok",
        "documents": [_encode_packed(each, reading) for each in archive.packed],
        "distinct_patients": archive.distinct_patients,
        "content_mark": archive.content_mark.value,
    }
    if archive.warnings:
        shown["warnings"] = list(archive.warnings)
    if archive.documents:
        codes = ",".join(each.type_code or "" for each in archive.documents)
        is_qualified = any(each.patient.is_qualified(test_space=reading.test_space) for each in archive.documents)
        shown |= {"x_mss_codecda": codes, "x_mss_ins": "O" if is_qualified else "N"}
    return shown


def _encode_packed(packed: Packed, reading: Reading) -> Json:
    entry = packed.entry
    shown: Json = {
        "uri": entry.uri,
        "mime": entry.media_type,
        "patient_id": entry.patient_id,
        "present": packed.is_present,
        "hash_ok": packed.hash_ok,
        "size_ok": packed.size_ok,
        "type_code": entry.type_code,
    }
    if packed.document is not None:
        shown["document"] = _encode_cda(packed.document, reading) | {"mark": packed.document.mark.value}
    elif packed.fault:
        shown["document"] = {"parse": "reject", "reason": packed.fault, "mark": Mark.REJECTED.value}
    return shown


def _encode_hprim(file: HprimFile) -> Json:
    return {
        "parse": "ok",
        "dialect": file.dialect,
        "records": [_encode_record(each) for each in file.records],
        "abnormal": file.mark in _CALLING,
        "critical": file.mark is Mark.CRITICAL,
        "distinct_patients": file.distinct_patients,
    }


def _encode_record(record: HprimRecord) -> Json:
    patient = record.patient
    return {
        "patient": {
            "id": patient.id,
            "family": patient.family,
            "given": patient.given,
            "birthdate": patient.birthdate,
            "nir": patient.nir,
        },
        "report_number": record.report_number,
        "date": record.date,
        "complete": record.is_complete,
        "coded": record.is_coded,
        "results": [_encode_line(each) for each in record.results],
        "critical": record.mark is Mark.CRITICAL,
        "abnormal": record.mark in _CALLING,
        "mark": record.mark.value,
    }


def _encode_line(result: HprimResult) -> Json:
    return {
        "label": result.label,
        "code": result.code,
        "type": result.type,
        "value": result.value,
        "unit": result.unit,
        "range": [result.low, result.high],
        "flag": result.flag,
        "status": result.status,
        "assessment": result.assessment.value,
    }
