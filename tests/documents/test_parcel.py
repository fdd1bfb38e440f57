"""Documents taken out of a message, under names that are safe anywhere."""

import hashlib

import pytest

from mssmail.documents.inspect import Reading
from mssmail.documents.parcel import build_parcel
from tests.support.health import (
    CRITICAL,
    NORMAL,
    make_cda,
    make_entry,
    make_hprim,
    make_message,
    make_metadata,
    make_xdm,
    make_zip,
)

_READING = Reading(test_space=True)
_CDA = make_cda(CRITICAL)


def test_an_archives_listed_documents_are_taken_out_and_described() -> None:
    pdf = b"%PDF-1.4 invented"
    listed = [make_entry("DOC0001.XML", _CDA), make_entry("DOC0001.PDF", pdf, media_type="application/pdf")]
    place = "IHE_XDM/SUBSET01/"
    files = {"METADATA.XML": make_metadata(*listed), "DOC0001.XML": _CDA, "DOC0001.PDF": pdf, "STYLE.XSL": b"<x/>"}
    archive = make_zip({"README.TXT": b"", **{place + name: content for name, content in files.items()}})
    parcel = build_parcel(make_message(("application/zip", "IHE_XDM.zip", archive)), _READING)
    assert [(each.name, each.media_type, each.content) for each in parcel.files] == [
        ("DOC0001.XML", "text/xml", _CDA),
        ("DOC0001.PDF", "application/pdf", pdf),
    ]
    assert parcel.summary["mark"] == "critical"
    assert parcel.summary["fileable"] is True
    digest = hashlib.sha256(pdf).hexdigest()
    described = parcel.summary["files"]
    assert isinstance(described, list)
    assert described[1] == {"name": "DOC0001.PDF", "media_type": "application/pdf", "octets": 17, "sha256": digest}


def test_documents_that_are_attached_alone_are_taken_as_they_are() -> None:
    text = make_hprim("RES|K|K|N|4,2|mmol/l|3,5|5,1|N|F").encode()
    parcel = build_parcel(make_message(("text/xml", "a.xml", _CDA), ("text/plain", "b.hpr", text)), _READING)
    assert [(each.name, each.content) for each in parcel.files] == [("a.xml", _CDA), ("b.hpr", text)]


def test_two_archives_with_the_same_names_keep_both() -> None:
    archives = [("application/zip", "IHE_XDM.zip", make_xdm(each)) for each in (_CDA, make_cda(NORMAL))]
    parcel = build_parcel(make_message(*archives), _READING)
    assert [each.name for each in parcel.files] == ["DOC0001.XML", "DOC0001-2.XML"]


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("summary.json", "summary-2.json"),
        ("Evidence.JSON", "Evidence-2.JSON"),
        ("c:\\x\\r\u00e9sultat n\u00b01.xml", "r_sultat_n_1.xml"),
        (".hidden.xml", "hidden.xml"),
        ("\u00e9.xml", "_.xml"),
        ("x" * 300 + ".xml", "x" * 76 + ".xml"),
    ],
)
def test_names_are_safe(name: str, safe: str) -> None:
    # Two of the kind: whatever the first is called, the second is called otherwise.
    parcel = build_parcel(_attach(name, name), _READING)
    names = [each.name for each in parcel.files]
    assert names[0] == safe
    assert len({each.lower() for each in names}) == 2


def _attach(*names: str) -> bytes:
    data = make_message(*(("text/xml", f"PLACE{number}", _CDA) for number, _ in enumerate(names)))
    for number, name in enumerate(names):
        quoted = name.replace("\\", "\\\\").encode()
        data = data.replace(f'filename="PLACE{number}"'.encode(), b'filename="' + quoted + b'"')
    return data
