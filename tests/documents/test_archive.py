"""Archives made to hurt whoever opens them."""

import io
import stat
import zipfile

import pytest

from mssmail.documents.archive import Archive
from mssmail.errors import BadDocument
from tests.support.health import make_zip


def _make(*entries: tuple[zipfile.ZipInfo, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for info, content in entries:
            archive.writestr(info, content)
    return out.getvalue()


@pytest.mark.parametrize(
    "name", ["../evil.xml", "IHE_XDM/../../x", "/etc/passwd", "C:/x", "a\\..\\b", "\\\\server\\x", "a\nb"]
)
def test_refuses_names_that_lead_out_of_the_archive(name: str) -> None:
    with pytest.raises(BadDocument, match="unsafe entry name"):
        Archive(make_zip({name: b"x"}))


def test_refuses_a_name_that_is_cut_at_a_nul() -> None:
    data = make_zip({"aaaa.xml": b"x"}).replace(b"aaaa.xml", b"aa\x00a.xml")
    with pytest.raises(BadDocument, match="unsafe entry name"):
        Archive(data)


def test_refuses_two_entries_that_differ_only_in_case() -> None:
    with pytest.raises(BadDocument, match="unsafe entry name"):
        Archive(make_zip({"DOC.XML": b"1", "doc.xml": b"2"}))


def test_refuses_a_symbolic_link() -> None:
    info = zipfile.ZipInfo("link")
    info.external_attr = (stat.S_IFLNK | 0o777) << 16
    with pytest.raises(BadDocument, match="unsafe entry name"):
        Archive(_make((info, b"/etc/passwd")))


def test_refuses_an_encrypted_entry() -> None:
    data = bytearray(make_zip({"a": b"x"}))
    data[6] |= 1
    data[data.index(b"PK\x01\x02") + 8] |= 1
    with pytest.raises(BadDocument, match="encrypted"):
        Archive(bytes(data))


def test_refuses_compression_other_than_deflate() -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_BZIP2) as archive:
        archive.writestr("a", b"x" * 100)
    with pytest.raises(BadDocument, match="compression"):
        Archive(out.getvalue())


def test_refuses_a_bomb_before_unpacking_it() -> None:
    with pytest.raises(BadDocument, match="too large"):
        Archive(make_zip({"zeros": bytes(2_000_000)}))


def test_refuses_more_entries_than_a_document_has() -> None:
    with pytest.raises(BadDocument, match="too large"):
        Archive(make_zip({f"{number}.xml": b"x" for number in range(201)}))
    with pytest.raises(BadDocument, match="too large"):
        Archive(b"PK\x01\x02".ljust(46, b"\x00") * 5_001)


def test_does_not_read_beyond_what_an_entry_declares() -> None:
    data = bytearray(make_zip({"a.txt": b"abcdefgh" * 50}))
    for mark, offset in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        at = data.index(mark) + offset
        data[at : at + 4] = (7).to_bytes(4, "little")
    with pytest.raises(BadDocument, match="damaged"):
        Archive(bytes(data)).read("a.txt")


def test_reads_and_finds_entries_whatever_their_case_or_slash() -> None:
    archive = Archive(make_zip({"IHE_XDM\\SUBSET01\\DOC.XML": b"content", "empty/": b""}))
    assert list(archive) == ["IHE_XDM/SUBSET01/DOC.XML"]
    name = archive.find("ihe_xdm/subset01/doc.xml")
    assert name is not None
    assert archive.read(name) == b"content"
    assert archive.find("other") is None


@pytest.mark.parametrize("data", [b"", b"PK\x03\x04", b"no archive at all", b"PK" * 500])
def test_refuses_what_is_no_archive(data: bytes) -> None:
    with pytest.raises(BadDocument, match="not a ZIP archive"):
        Archive(data)


def test_an_empty_archive_has_no_entries() -> None:
    assert list(Archive(b"PK\x05\x06" + bytes(18))) == []
