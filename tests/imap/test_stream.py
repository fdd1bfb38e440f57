"""Sections read in pieces: few reads, right octets, an honest end."""

from collections.abc import Sequence

import pytest

from mssmail.core.message import Span
from mssmail.errors import StoreUnavailable
from mssmail.imap.decoded import prepare_size
from mssmail.imap.render import Slice
from mssmail.imap.session import Severed
from mssmail.imap.stream import BLOCK, LITTLE, PIECE, Parcel, Ready, Source, build_ask, prepare, send_ready
from mssmail.imap.wire.commands import FetchSection, Section
from mssmail.mime.fields import filter_fields
from tests.imap.support import PREFIX, Wire, World, build_message


async def _open(world: World, data: bytes) -> Source:
    placed = world.deliver(data).placed[0]
    layout = await world.mailboxes.load_layout(placed.mailbox_id, placed.uid)
    assert layout is not None
    return Source(world.mailboxes, layout, None)


async def test_reads_any_span_of_a_small_message(world: World) -> None:
    data = build_message("x")
    source = await _open(world, data)
    for span in (Span(0, 5), Span(10, 10), Span(3, len(data))):
        assert await source.read(span) == span.cut(data)


async def test_a_header_that_came_along_is_not_read_again(world: World) -> None:
    data = build_message("x", b"y" * 200_000)
    placed = world.deliver(data).placed[0]
    layout = await world.mailboxes.load_layout(placed.mailbox_id, placed.uid)
    assert layout is not None
    for _, path in world.store.body_files.list_files():
        path.unlink()
    source = Source(world.mailboxes, layout, layout.header.cut(data))
    assert await source.read(Span(2, 9)) == data[2:9]
    with pytest.raises(StoreUnavailable):
        await source.read(Span(2, len(data)))


async def test_streams_a_large_slice_in_blocks(world: World) -> None:
    data = build_message("x", b"0123456789" * 100_000)
    source = await _open(world, data)
    part = Slice((PREFIX, Span(5, len(data))))
    blocks = [block async for block in source.stream(part)]
    assert b"".join(blocks) == PREFIX + data[5:]
    assert max(map(len, blocks)) <= BLOCK
    assert await source.gather(part) == PREFIX + data[5:]


@pytest.mark.parametrize(
    ("section", "size"),
    [(Section(), 1_000_000), (Section(text="TEXT"), 1_000_000), (Section((1,)), 1_000_000), (Section((2,)), -1)],
)
async def test_announces_a_section_with_only_its_beginning_read(world: World, section: Section, size: int) -> None:
    source = await _open(world, build_message("x", b"y" * 1_000_000))
    ready = await prepare(source, build_ask(FetchSection(section, peek=True)))
    assert ready.size == size or ready.size > size > 0
    assert len(ready.beginning) < 2 * BLOCK


async def test_sends_pieces_of_a_bounded_size() -> None:
    wire = Wire()
    parcel = Parcel(wire)
    for data in (b"a" * 10, b"b" * 600_000, b"c"):
        await parcel.add(data)
    await parcel.send()
    assert wire.sent == b"a" * 10 + b"b" * 600_000 + b"c"
    assert wire.pauses == [0]  # others have their turn
    assert wire.largest == PIECE


async def test_a_section_shorter_than_announced_is_cut_off() -> None:
    async def nothing(blocks: Sequence[bytes] = ()):  # type: ignore[no-untyped-def]  # noqa: ANN202
        for block in blocks:
            yield block

    ready = Ready(b"BODY[]", 100, b"only this", nothing())
    with pytest.raises(Severed):
        await send_ready(Parcel(Wire()), ready)


@pytest.mark.parametrize("most", [1, 20, LITTLE, BLOCK, 2_000_000])
async def test_holds_no_more_of_a_section_than_it_is_told(world: World, most: int) -> None:
    data = build_message("x", b"0123456789" * 100_000)
    source = await _open(world, data)
    ready = await prepare(source, build_ask(FetchSection(Section(), peek=True)), most)
    assert len(ready.beginning) == min(most, ready.size)
    rest = b"" if ready.rest is None else b"".join([block async for block in ready.rest])
    assert ready.beginning + rest == PREFIX + data


@pytest.mark.parametrize("partial", [None, (0, 5), (1_000_000, 70_000), (1_199_990, 500), (5_000_000, 5)])
async def test_of_a_header_of_a_megabyte_no_fields_are_held_for_a_client(
    world: World, partial: tuple[int, int] | None
) -> None:
    header = b"Subject: s\r\n" + b"".join(b"X-%06d: %s\r\n" % (n, b"a" * 88) for n in range(12_000)) + b"\r\n"
    source = await _open(world, header + b"body\r\n")
    section = Section(text="HEADER.FIELDS.NOT", fields=("Subject", "X-000007"))
    ready = await prepare(source, build_ask(FetchSection(section, peek=True, partial=partial)))
    assert ready.beginning == b""
    assert ready.rest is not None
    pieces = [piece async for piece in ready.rest]
    whole = filter_fields(PREFIX + header, frozenset({b"subject", b"x-000007"}), exclude=True)
    start, length = partial or (0, len(whole))
    assert b"".join(pieces) == whole[start : start + length]
    assert ready.size == len(whole[start : start + length])
    assert max(map(len, pieces)) < 2 * BLOCK
    size = await prepare_size(source, build_ask(FetchSection(section, peek=True, partial=partial, label="BINARY.SIZE")))
    assert size.beginning == b"%d" % ready.size
