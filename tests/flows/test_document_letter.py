"""The letter is what the reference wants, and what our reader takes."""

from dataclasses import replace
from datetime import UTC, datetime
from email import message_from_bytes
from email.policy import default

import pytest

from mssmail.core.address import parse_address
from mssmail.core.findings import Mark
from mssmail.documents.inspect import Reading
from mssmail.documents.message import read_message
from mssmail.documents.pack import Package, Sender, pack_documents
from mssmail.errors import BadDocument
from mssmail.flows.document_letter import Letter, build_letter
from tests.support.health import CRITICAL, make_cda

_AT = datetime(2026, 3, 10, tzinfo=UTC)
_TO = tuple(parse_address(text) for text in ("dr@c.test", "279035121518989@patient.test"))
_LETTER = Letter(parse_address("labo@a.test"), "Labo Éric, dépt. 2", _TO, product="DEV1")
_PDF = b"%PDF-1.4 invented"


def _pack(*ids: str) -> Package:
    contents = [make_cda(CRITICAL, document_id=each) for each in ids]
    return pack_documents(contents, Sender("Labo", "mssmail", "2.25.1"), "2.25.2", _AT, test_space=True)


def test_our_own_reader_finds_nothing_to_complain_of() -> None:
    data = build_letter(_LETTER, _pack("1.2"), [_PDF], "1@a.test", _AT)
    findings = read_message(data, Reading(test_space=True)).findings
    assert (findings.mark, findings.fileable, findings.inconsistencies) == (Mark.CRITICAL, True, ())
    message = message_from_bytes(data, policy=default)
    assert message["Subject"] == "XDM/1.0/DDM+Compte rendu FICTIF ALICE 15/03/1979"
    assert message["From"] == '"Labo Éric, dépt. 2" <labo@a.test>'
    assert message["To"] == "dr@c.test, 279035121518989@patient.test"
    assert message["Disposition-Notification-To"] == "labo@a.test"
    assert [message[f"X-MSS-{name}"] for name in ("CODECDA", "INS", "NIL", "MES")] == ["11502-2", "O", "DEV1", None]
    names = [part.get_filename() for part in message.walk()]
    assert names[2:] == ["IHE_XDM.zip", "20260310_Compte-rendu_FICTIF_ALICE.pdf"]
    assert b"\r\n" in data
    assert b"\n" not in data.replace(b"\r\n", b"")


def test_what_is_chosen_stands_in_it() -> None:
    letter = replace(_LETTER, closes=True, wants_receipt=False, product="", text="Bonjour")
    message = message_from_bytes(build_letter(letter, _pack("1.2"), [], "1@a.test", _AT), policy=default)
    assert message["X-MSS-MES"] == "FIN"
    assert message["X-MSS-NIL"] is None
    assert message["Disposition-Notification-To"] is None
    assert "Bonjour" in next(iter(message.iter_parts())).get_content()


def test_copies_stand_beside_their_documents_under_names_of_their_own() -> None:
    package = _pack("1.2", "1.3", "1.4")
    data = build_letter(_LETTER, package, [_PDF, None, _PDF], "1@a.test", _AT)
    names = [part.get_filename() for part in message_from_bytes(data).walk()]
    stem = "20260310_Compte-rendu_FICTIF_ALICE"
    assert names[3:] == [f"{stem}.pdf", f"{stem}_3.pdf"]


@pytest.mark.parametrize(("pdfs", "words"), [([_PDF, _PDF], "more PDF files"), ([b"<html>"], "no PDF file")])
def test_copies_that_are_none_are_told(pdfs: list[bytes], words: str) -> None:
    with pytest.raises(BadDocument, match=words):
        build_letter(_LETTER, _pack("1.2"), pdfs, "1@a.test", _AT)
