"""Invented laboratory reports for the stranger to send: a CDA document in an XDM archive, attached to a letter."""

import hashlib
import io
import zipfile
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP

from mssmail.lab.check.mail import Letter, build_letter

_INS, _OID = "279035121518989", "1.2.250.1.213.1.4.10"  # a national test identity
_PLACE = "IHE_XDM/SUBSET01/"


def build_report(value: str, flag: str, family: str = "FICTIF") -> bytes:
    """A CDA report of one potassium in mmol/l, judged by the laboratory."""
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<ClinicalDocument xmlns="urn:hl7-org:v3" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">
<id root="1.2.250.1.213.1.1.1.55.9999.{flag or "0"}"/><code code="11502-2" codeSystem="2.16.840.1.113883.6.1"
 displayName="CR d'examens biologiques"/><title>Examens biologiques</title><effectiveTime value="20260310120000+0100"/>
<recordTarget><patientRole><id extension="{_INS}" root="{_OID}"/><patient><name><family qualifier="BR">{family}</family>
<given qualifier="BR">ALICE</given></name><administrativeGenderCode code="F"/><birthTime value="19790315"/></patient>
</patientRole></recordTarget><component><structuredBody><component><section><code code="18719-5"/><entry><act>
<entryRelationship typeCode="COMP"><observation classCode="OBS" moodCode="EVN">
<templateId root="1.3.6.1.4.1.19376.1.3.1.6"/>
<code code="2823-3" codeSystem="2.16.840.1.113883.6.1" displayName="Potassium"/><statusCode code="completed"/>
<value xsi:type="PQ" value="{value}" unit="mmol/L"/><interpretationCode code="{flag}"/></observation>
</entryRelationship></act></entry></section></component></structuredBody></component></ClinicalDocument>""".encode()


def pack_report(report: bytes) -> bytes:
    """The XDM archive of one document."""
    digest = hashlib.sha1(report, usedforsecurity=False).hexdigest()
    patient = f"{_INS}^^^&amp;{_OID}&amp;ISO^NH"
    slots = "".join(
        f'<Slot name="{name}"><ValueList><Value>{value}</Value></ValueList></Slot>'
        for name, value in (("URI", "DOC0001.XML"), ("hash", digest), ("size", len(report)))
    )
    metadata = f"""<?xml version="1.0" encoding="UTF-8"?>
<l:SubmitObjectsRequest xmlns:l="urn:oasis:names:tc:ebxml-regrep:xsd:lcm:3.0"
 xmlns="urn:oasis:names:tc:ebxml-regrep:xsd:rim:3.0"><RegistryObjectList><ExtrinsicObject mimeType="text/xml"
 objectType="urn:uuid:7edca82f-054d-47f2-a032-9b2a5b5186c1">{slots}<ExternalIdentifier value="{patient}"
 identificationScheme="urn:uuid:58a6f841-87b3-4a3e-92fd-a8ffeff98427"/></ExtrinsicObject></RegistryObjectList>
</l:SubmitObjectsRequest>"""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(_PLACE + "METADATA.XML", metadata)
        archive.writestr(_PLACE + "DOC0001.XML", report)
    return out.getvalue()


def attach(author: str, recipient: str, archive: bytes, *, wants_receipt: bool = False) -> Letter:
    """An unsigned letter with the archive, its subject and fields as senders' software writes them."""
    letter = build_letter(author, recipient, subject="XDM/1.0/DDM+CR d'examens biologiques FICTIF Alice 15/03/1979")
    message = message_from_bytes(letter.data, policy=SMTP)
    if not isinstance(message, EmailMessage):
        raise TypeError("the policy makes an EmailMessage")
    message["X-MSS-CODECDA"], message["X-MSS-INS"], message["X-MSS-NIL"] = "11502-2", "O", "DEV0001"
    if wants_receipt:
        message["Disposition-Notification-To"] = author
    message.add_attachment(archive, maintype="application", subtype="zip", filename="IHE_XDM.zip")
    return Letter(letter.message_id, message.as_bytes())
