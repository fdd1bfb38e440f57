import base64

import pytest

from mssmail.documents.cda_header import Person, read_header
from mssmail.documents.xml import parse_xml
from tests.support.health import make_cda

_PDF = b"%PDF-1.4 invented"
_MORE = """<languageCode code="fr-FR"/><confidentialityCode code="R"/><legalAuthenticator><assignedEntity>
<id root="1.2.250.1.71.4.2.1" extension="899900000011"/><assignedPerson><name><family>MARTIN</family>
<given>Marie</given></name></assignedPerson><representedOrganization>
<id root="1.2.250.1.71.4.2.2" extension="1990000010"/><name>CHU</name>
</representedOrganization></assignedEntity></legalAuthenticator><documentationOf><serviceEvent><effectiveTime>
<low value="20260309"/><high value="20260310"/></effectiveTime></serviceEvent></documentationOf>"""


def test_the_header_is_read() -> None:
    header = read_header(parse_xml(make_cda(more=_MORE)))
    assert (header.type_system, header.language, header.confidentiality) == ("2.16.840.1.113883.6.1", "fr-FR", "R")
    assert (header.started, header.ended) == ("20260309", "20260310")
    assert header.authenticator == Person("899900000011", "MARTIN", "Marie", "CHU", "1990000010")
    assert header.authors == (Person("", "BIOLOGISTE", "Anne", "", ""),)
    assert header.embedded_pdf is None


def test_an_empty_header_is_empty() -> None:
    header = read_header(parse_xml(b'<ClinicalDocument xmlns="urn:hl7-org:v3"/>'))
    assert (header.type_system, header.authors, header.authenticator) == ("", (), None)


@pytest.mark.parametrize(
    ("text", "pdf"),
    [
        (base64.encodebytes(_PDF).decode(), _PDF),
        ("!!!", None),
        (base64.b64encode(b"no pdf").decode(), None),
    ],
)
def test_an_embedded_pdf_is_taken_out(text: str, pdf: bytes | None) -> None:
    body = f'<nonXMLBody><text mediaType="application/pdf" representation="B64">{text}</text></nonXMLBody>'
    assert read_header(parse_xml(make_cda(body=body))).embedded_pdf == pdf


def test_what_is_not_in_base64_is_no_pdf() -> None:
    body = '<nonXMLBody><text mediaType="application/pdf">x</text></nonXMLBody>'
    assert read_header(parse_xml(make_cda(body=body))).embedded_pdf is None
