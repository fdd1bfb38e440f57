"""Invented health documents in the formats that MSSanté carries: CDA reports, XDM archives, HPRIM texts."""

import base64
import hashlib
import io
import zipfile
from collections.abc import Mapping, Sequence

INS = "279035121518989"
TEST_OID, REAL_OID = "1.2.250.1.213.1.4.10", "1.2.250.1.213.1.4.8"
PATIENT_ID = f"{INS}^^^&amp;{TEST_OID}&amp;ISO^NH"


def make_result(  # noqa: PLR0917 - one parameter a field
    code: str = "2823-3",
    value: str = '<value xsi:type="PQ" value="4.2" unit="mmol/L"/>',
    flags: Sequence[str] = (),
    low: str = "3.5",
    high: str = "5.1",
    unit: str = "mmol/L",
    more: str = "",
    range_flag: str = "N",
    status: str = "completed",
) -> str:
    """A result observation; empty ``low`` and ``high`` leave the interval out."""
    shown = "".join(f'<interpretationCode code="{flag}" codeSystem="2.16.840.1.113883.5.83"/>' for flag in flags)
    ends = "".join(f'<{end} value="{text}" unit="{unit}"/>' for end, text in (("low", low), ("high", high)) if text)
    mark = f'<interpretationCode code="{range_flag}"/>' if range_flag else ""
    interval = f'<observationRange><value xsi:type="IVL_PQ">{ends}</value>{mark}</observationRange>'
    interval = f"<referenceRange>{interval}</referenceRange>"
    return (
        '<observation classCode="OBS" moodCode="EVN"><templateId root="1.3.6.1.4.1.19376.1.3.1.6"/>'
        f'<code code="{code}" codeSystem="2.16.840.1.113883.6.1" displayName="Analysis {code}"/>'
        f'<statusCode code="{status}"/>{value}{shown}{more}{interval if ends else ""}</observation>'
    )


def make_quantity(value: str, unit: str = "mmol/L") -> str:
    return f'<value xsi:type="PQ" value="{value}" unit="{unit}"/>'


CRITICAL = make_result(value=make_quantity("6.9"), flags=["HH"])
ABNORMAL = make_result("2951-2", make_quantity("131"), ["L"], "136", "145")
NORMAL = make_result("2951-2", make_quantity("140"), ["N"], "136", "145")


def make_cda(
    *results: str,
    code: str = "11502-2",
    ins: str = INS,
    oid: str = TEST_OID,
    family: str = "FICTIF",
    document_id: str = "1.2.3.4.1",
    more: str = "",
    body: str | None = None,
) -> bytes:
    """A laboratory report of these results about an invented patient."""
    entries = "".join(f'<entryRelationship typeCode="COMP">{result}</entryRelationship>' for result in results)
    structured = (
        f'<structuredBody><component><section><code code="18719-5"/><entry><act>{entries}</act></entry></section>'
        "</component></structuredBody>"
    )
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<ClinicalDocument xmlns="urn:hl7-org:v3" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">
<id root="{document_id}"/><code code="{code}" codeSystem="2.16.840.1.113883.6.1" displayName="Compte rendu"/>
<title>Examens biologiques</title><effectiveTime value="20260310120000+0100"/><versionNumber value="1"/>
<recordTarget><patientRole><id extension="{ins}" root="{oid}"/><id extension="IPP-7" root="1.2.3.4.5"/>
<patient><name><family qualifier="BR">{family}</family><given>ALICE MARIE</given>
<given qualifier="BR">ALICE</given></name>
<administrativeGenderCode code="F"/><birthTime value="19790315"/></patient></patientRole></recordTarget>
<author><assignedAuthor><assignedPerson><name><family>BIOLOGISTE</family><given>Anne</given></name></assignedPerson>
</assignedAuthor></author>{more}<component>{structured if body is None else body}</component>
</ClinicalDocument>""".encode()


def make_entry(
    uri: str,
    content: bytes,
    *,
    patient_id: str = PATIENT_ID,
    sha1: str | None = None,
    size: str | None = None,
    type_code: str = "11502-2",
    media_type: str = "text/xml",
) -> str:
    """One ExtrinsicObject of METADATA.XML; an empty ``sha1`` or ``size`` leaves the slot out."""
    digest = hashlib.sha1(content, usedforsecurity=False).hexdigest() if sha1 is None else sha1
    octets = str(len(content)) if size is None else size
    slots = "".join(
        f'<rim:Slot name="{name}"><rim:ValueList><rim:Value>{value}</rim:Value></rim:ValueList></rim:Slot>'
        for name, value in (("URI", uri), ("hash", digest), ("size", octets))
        if value
    )
    return (
        f'<rim:ExtrinsicObject mimeType="{media_type}"'
        f' objectType="urn:uuid:7edca82f-054d-47f2-a032-9b2a5b5186c1">{slots}'
        '<rim:Classification classificationScheme="urn:uuid:f0306f51-975f-434e-a61c-c59651d33983"'
        f' nodeRepresentation="{type_code}"/>'
        '<rim:ExternalIdentifier identificationScheme="urn:uuid:58a6f841-87b3-4a3e-92fd-a8ffeff98427"'
        f' value="{patient_id}"/></rim:ExtrinsicObject>'
    )


def make_metadata(*entries: str, patient_id: str = PATIENT_ID) -> bytes:
    return (
        '<?xml version="1.0" encoding="UTF-8"?><lcm:SubmitObjectsRequest'
        ' xmlns:lcm="urn:oasis:names:tc:ebxml-regrep:xsd:lcm:3.0"'
        ' xmlns:rim="urn:oasis:names:tc:ebxml-regrep:xsd:rim:3.0"><rim:RegistryObjectList><rim:RegistryPackage>'
        '<rim:ExternalIdentifier identificationScheme="urn:uuid:6b5aea1a-874d-4603-a4bc-96a0a7b38446"'
        f' value="{patient_id}"/></rim:RegistryPackage>{"".join(entries)}</rim:RegistryObjectList>'
        "</lcm:SubmitObjectsRequest>"
    ).encode()


def make_zip(files: Mapping[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return out.getvalue()


def make_xdm(*documents: bytes, entries: Sequence[str] | None = None, folder: str = "IHE_XDM/SUBSET01/") -> bytes:
    """An archive of these documents with the metadata that belongs to them, or with these entries instead."""
    files = {f"DOC{number:04}.XML": document for number, document in enumerate(documents, 1)}
    listed = [make_entry(name, document) for name, document in files.items()] if entries is None else entries
    content = {folder + name: document for name, document in files.items()}
    return make_zip({"README.TXT": b"invented", folder + "METADATA.XML": make_metadata(*listed), **content})


def make_hprim(
    *results: str, family: str = "FICTIF", nir: str = "279035121518989", birthdate: str = "15/03/1979", end: bool = True
) -> str:
    """An HPRIM Médecin record with these result lines; without any: free text only."""
    head = [
        "0000012345",
        family,
        "ALICE",
        "1 RUE INVENTEE",
        "",
        "75000 PARIS",
        birthdate,
        nir,
        "260310-1",
        "10/03/2026",
    ]
    head += ["LABO      LABORATOIRE INVENTE", "MEDECIN   DR INVENTE", "", "POTASSIUM  6,9 *"]
    coded = ["****LAB****", *results] if results else []
    return "\r\n".join([*head, *coded, *(["****FIN****"] if end else [])]) + "\r\n"


def make_message(*parts: tuple[str, str, bytes], fields: str = "", subject: str = "Results") -> bytes:
    """A multipart/mixed message; each part: type, file name, content."""
    lines = ["From: a@a.test", "To: b@b.test", f"Subject: {subject}", "MIME-Version: 1.0"]
    lines += [field for field in fields.split("\r\n") if field]
    lines += ['Content-Type: multipart/mixed; boundary="bb"', ""]
    for kind, name, content in parts:
        disposition = f'Content-Disposition: attachment; filename="{name}"' if name else "Content-Disposition: inline"
        lines += ["--bb", f"Content-Type: {kind}", disposition, "Content-Transfer-Encoding: base64", ""]
        lines += [base64.encodebytes(content).decode().replace("\n", "\r\n").strip()]
    return "\r\n".join([*lines, "--bb--", ""]).encode()
