"""One message stays one message, or is refused; never two. Inward whatever a lenient hop passes on, outward whatever a
lenient hop takes for an end (CVE-2023-51764, -51765, -51766, CVE-2024-27305 and kin)."""

import asyncio
from itertools import pairwise
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mssmail.core.address import parse_address
from mssmail.delivery.dialogue import Dialogue
from mssmail.delivery.events import Done, TlsWanted, Transaction
from mssmail.delivery.payload import stuff_dots
from tests.support.smtp_room import build_client_context, open_room

INJECTED = b"MAIL FROM:<evil@a.test>\r\nRCPT TO:<bob@b.test>\r\nDATA\r\nevil\r\n.\r\n"
CHUNK = b"BDAT 6 LAST\r\nevil\r\n"
ENDS = (
    b"\n.\n",
    b"\r.\r",
    b"\n.\r\n",
    b"\r\n.\n",
    b"\r\n.\r\n",
    b"\r\n.\r",
    b"\r\r\n.\r\r\n",
    b"\r\n\0.\r\n",
    b"\r\n.",
)
PLAIN = (b"\r\n", b"\n", b"\r", b".", b"\0", b"a", b"\xe9", b"BDAT 0 LAST\r\n", b"QUIT\r\n", INJECTED, CHUNK)
PIECES = st.sampled_from((*ENDS, *PLAIN))
CONTENT = st.lists(PIECES, max_size=12).map(b"".join)
CUTS = st.lists(st.integers(0, 200), max_size=6)
LENIENT_ENDS = (b"\n.\n", b"\n.\r\n", b"\r\n.\n", b"\r.\r", b"\r\n.\r", b"\r.\r\n", b"\n.\r", b"\r\n.\r\n", b"\r.\n")


def _cut(octets: bytes, cuts: list[int]) -> list[bytes]:
    places = sorted({0, len(octets), *(min(cut, len(octets)) for cut in cuts)})
    return [octets[start:end] for start, end in pairwise(places)]


def _wrap_data(content: bytes) -> bytes:
    """As a hop sends it that stuffs dots after CRLF and passes on everything else."""
    content = content if content.endswith(b"\r\n") or not content else content + b"\r\n"
    return b"DATA\r\n" + stuff_dots(content)


def _wrap_chunks(content: bytes, cuts: list[int]) -> bytes:
    chunks = _cut(content, cuts) or [b""]
    lines = [b"BDAT %d%s\r\n" % (len(chunk), b" LAST" if chunk is chunks[-1] else b"") for chunk in chunks]
    return b"".join(line + chunk for line, chunk in zip(lines, chunks, strict=True))


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(CONTENT, CUTS, CUTS, st.booleans())
def test_whatever_a_message_holds_it_is_one_or_refused(
    tmp_path: Path, content: bytes, chunks: list[int], cuts: list[int], is_chunked: bool
) -> None:
    async def speak() -> None:
        async with open_room(tmp_path) as room:
            reader, writer = await asyncio.open_connection(
                "127.0.0.1", room.tls_port, ssl=build_client_context(), server_hostname="localhost"
            )
            body = _wrap_chunks(content, chunks) if is_chunked else _wrap_data(content)
            begin = b"EHLO mail.a.test\r\nMAIL FROM:<alice@a.test>\r\nRCPT TO:<bob@b.test>\r\n"
            for piece in _cut(begin + body + b"NOOP last\r\nQUIT\r\n", cuts):
                writer.write(piece)
                await writer.drain()
            heard = await reader.read()
            writer.close()
            await room.wait_until_empty()
            messages = [data for _, _, data in room.handler.messages]
            expected = content if is_chunked or content.endswith(b"\r\n") or not content else content + b"\r\n"
            assert messages in ([], [expected])
            assert bool(messages) is not (b"550 5.6.0" in heard)
            # Nothing of the content was obeyed: one sender, one recipient, one NOOP, one QUIT.
            for reply in (b"250 2.1.0", b"250 2.1.5", b"250 2.0.0 OK", b"221 2.0.0"):
                assert heard.count(reply) == 1, heard

    asyncio.run(speak())


def _send(content: bytes, keywords: bytes) -> bytes:
    """All that our client writes after EHLO to a peer that grants everything."""
    dialogue = Dialogue("mx.ours.test")
    assert dialogue.receive(b"220 mx\r\n250-mx\r\n250 STARTTLS\r\n220 go\r\n") == [TlsWanted()]
    dialogue.tls_established()
    dialogue.receive(b"250-mx\r\n" + keywords + b"250 8BITMIME\r\n")
    while dialogue.take_output() is not None:
        pass
    refused = dialogue.send(Transaction(parse_address("a@ours.test"), (parse_address("b@peer.test"),), content))
    written, events = b"", list(refused)
    for answer in (b"250 ok\r\n", b"250 ok\r\n", b"354 go\r\n") if not refused else ():
        while (chunk := dialogue.take_output()) is not None:
            written += bytes(chunk)
        if not written.endswith(content) or b"BDAT" not in written:
            events += dialogue.receive(answer)
    while (chunk := dialogue.take_output()) is not None:
        written += bytes(chunk)
    assert not refused or (written == b"" and isinstance(refused[0], Done))
    return written


@given(CONTENT, st.sampled_from([b"", b"250-PIPELINING\r\n"]))
def test_nothing_we_send_ends_early_for_any_server_however_lenient(content: bytes, keywords: bytes) -> None:
    written = _send(content, keywords)
    if not written:
        return
    _, _, data = written.partition(b"DATA\r\n")
    places = {(b"\r\n" + data).find(end) for end in LENIENT_ENDS} - {-1}
    assert places
    assert min(places) >= len(data) - 3


@given(CONTENT, st.sampled_from([b"250-CHUNKING\r\n", b"250-CHUNKING\r\n250-PIPELINING\r\n"]))
def test_a_chunk_we_send_is_as_long_as_we_say_and_holds_no_bare_line_end(content: bytes, keywords: bytes) -> None:
    written = _send(content, keywords)
    if not written:
        return
    _, _, data = written.partition(b"BDAT ")
    size, _, chunk = data.partition(b" LAST\r\n")
    assert (int(size), chunk) == (len(content), content)
    assert not set(content.replace(b"\r\n", b"")) & set(b"\r\n\0")
