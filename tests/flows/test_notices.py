"""Mail the server writes by itself."""

from datetime import UTC, datetime
from pathlib import Path

from mssmail.core.address import parse_address
from mssmail.flows.notices import Notice, Notices
from mssmail.mime.headers import find_authors
from mssmail.mime.parts import scan
from mssmail.mime.text import extract_text
from tests.support.operator_room import BOB, open_operator, write_key
from tests.support.store import NOW

TO = parse_address("alice@a.test")


async def test_a_notice_is_signed_by_its_author_and_answers_to_nobody(tmp_path: Path) -> None:
    write_key(tmp_path, "bob@b.test")
    async with open_operator(tmp_path) as operator:
        notices = Notices(operator.settings, operator.store, operator.examiner)
        name, fields = 'Dr "B"\r\nBcc: eve@x.test', (("In-Reply-To", "<1@a.test>"),)
        delivery = await notices.prepare(
            Notice(BOB, TO, "Absent é", "Bonjour é\n", "t", name, fields), datetime.now(UTC)
        )
    data = delivery.body.data
    root = scan(data)
    assert delivery.summary == "trusted"
    assert delivery.reverse_path is None
    assert delivery.queue == (TO,)
    assert find_authors(data, root) == (BOB,)
    assert b"Auto-Submitted: auto-replied\r\n" in data
    assert b"In-Reply-To: <1@a.test>\r\n" in data
    assert b"\r\nBcc" not in data
    assert "Bonjour é" in "".join(extract_text(data, root))


async def test_without_a_usable_key_it_goes_out_unsigned(tmp_path: Path) -> None:
    async with open_operator(tmp_path) as operator:
        notices = Notices(operator.settings, operator.store, operator.examiner)
        assert (await notices.prepare(Notice(BOB, TO, "x", "y\n", "t"), NOW)).summary == "unsigned"
        (tmp_path / "keys" / "bob@b.test.pem").write_bytes(b"no key")
        assert (await notices.prepare(Notice(BOB, TO, "x", "y\n", "t"), NOW)).summary == "unsigned"


async def test_an_international_address_is_written_as_it_is(tmp_path: Path) -> None:
    async with open_operator(tmp_path) as operator:
        notices = Notices(operator.settings, operator.store, operator.examiner)
        delivery = await notices.prepare(Notice(BOB, parse_address("amélie@a.test"), "x", "y\n", "t"), NOW)
        assert "To: amélie@a.test\r\n".encode() in delivery.body.data
        assert delivery.parameters.is_utf8
