"""What the index for SEARCH still lacks, and what it holds of messages that have gone. Every step may be repeated."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, delete, func, select

from mssmail.store.grams import BLOCK, PackedBlock, drop_block, keep_block, list_grams, pack_block, prune_block
from mssmail.store.previews import keep_previews, make_preview
from mssmail.store.reading import Reading
from mssmail.store.schema import gram_blocks, listings, message_texts, messages, previews, sort_keys
from mssmail.store.texts import compress_text, keep_text

SWEPT_BLOCKS = 1_000  # looked over in one read


@dataclass(frozen=True, slots=True)
class Prepared:
    """One message ready for the index: its text as it is kept, and its grams (None: too many to tell it apart).

    ``preview`` is None where there is none to be had.
    """

    message_id: int
    compressed: bytes | None
    grams: set[int] | None
    preview: str | None = None


def find_last_block(conn: Connection) -> int:
    """The last block all of whose ids have been given out; -1 when there is none."""
    last = conn.execute(select(func.max(messages.c.id))).scalar() or 0
    return (int(last) + 1) // BLOCK - 1


def find_missing_blocks(conn: Connection, first: int, last: int) -> Sequence[int]:
    """Blocks from ``first`` to ``last`` that hold messages and are not indexed; the newest first."""
    within = messages.c.id.between(first * BLOCK, last * BLOCK + BLOCK - 1)
    held = {int(value) // BLOCK for value in conn.execute(select(messages.c.id).where(within)).scalars()}
    known = set(conn.execute(select(gram_blocks.c.block).where(gram_blocks.c.block.between(first, last))).scalars())
    return sorted(held - known, reverse=True)


def list_messages(conn: Connection, block: int) -> Sequence[int]:
    """The messages of a block that are there."""
    within = messages.c.id.between(block * BLOCK, block * BLOCK + BLOCK - 1)
    return list(conn.execute(select(messages.c.id).where(within).order_by(messages.c.id)).scalars())


def prepare_message(conn: Connection, message_id: int) -> Prepared:
    """The message, read and decoded: this takes milliseconds."""
    encoded = Reading(conn, message_id).text.whole
    return Prepared(message_id, compress_text(encoded), list_grams(encoded), make_preview(conn, message_id))


def pack_messages(prepared: Sequence[Prepared]) -> PackedBlock:
    """The grams of a block's messages, as they are written."""
    return pack_block({each.message_id: each.grams for each in prepared})


def keep_messages(
    conn: Connection, block: int, prepared: Sequence[Prepared], packed: PackedBlock | None = None
) -> None:
    """Write the block and its texts; what has gone since it was prepared is left out.

    ``packed``, of the very same messages, saves the writer the packing when none has gone.
    """
    alive = set(list_messages(conn, block))
    kept = [each for each in prepared if each.message_id in alive]
    for each in kept:
        keep_text(conn, each.message_id, each.compressed)
    keep_previews(conn, {each.message_id: each.preview for each in kept if each.preview is not None})
    keep_block(conn, block, packed if packed is not None and len(kept) == len(prepared) else pack_messages(kept))


def find_stale_blocks(conn: Connection, first: int) -> tuple[Sequence[tuple[int, int]], int | None]:
    """Among the next blocks, those that hold grams of messages that have gone, with the bits of those that are there.

    Also where to go on; None at the end.
    """
    page = select(gram_blocks.c.block, gram_blocks.c.present).where(gram_blocks.c.block >= first)
    rows = conn.execute(page.order_by(gram_blocks.c.block).limit(SWEPT_BLOCKS)).all()
    if not rows:
        return [], None
    within = messages.c.id.between(rows[0].block * BLOCK, rows[-1].block * BLOCK + BLOCK - 1)
    alive: dict[int, int] = {}
    for message_id in conn.execute(select(messages.c.id).where(within)).scalars():
        block, slot = divmod(message_id, BLOCK)
        alive[block] = alive.get(block, 0) | 1 << slot
    stale = [(row.block, alive.get(row.block, 0)) for row in rows if row.present & ~alive.get(row.block, 0)]
    return stale, rows[-1].block + 1 if len(rows) == SWEPT_BLOCKS else None


def prune_blocks(conn: Connection, stale: Sequence[tuple[int, int]]) -> None:
    """Forget the grams of messages that have gone."""
    for block, alive in stale:
        prune_block(conn, block, alive)


def forget_index(conn: Connection) -> None:
    """Drop everything that is made from messages: listings, previews, texts and trigrams; a server makes them anew."""
    for block in conn.execute(select(gram_blocks.c.block)).scalars().all():
        drop_block(conn, block)
    for table in (message_texts, listings, previews, sort_keys):
        conn.execute(delete(table))
