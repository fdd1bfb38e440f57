"""Trigrams: which messages may hold a text, without looking at them.

A gram is three octets in a row of a message's folded text in UTF-8, so that substrings are found also across words. The
messages are indexed BLOCK at a time, by id: one bit a message, and per gram the bits of those that hold it, sorted into
BUCKETS so that a question reads a few hundred octets of each block. A block is written once, in one transaction, when
all its ids have been given out; a block that is not there yet is not filtered. The index only ever says "not this one":
what is left is compared for real. A key too short for a gram is looked for inside the grams themselves.

Why not FTS5 with its trigram tokenizer, no text kept and no positions (``content=''``, ``detail=none``): over the
letters of ``scripts/bench imap`` it takes 1,070 octets a message, this table 640; it fills in 0.7 ms a message against
1.3, but under the write lock, 60 ms of it at a time, where here all but the writing is done before. And an index that
keeps no text cannot forget a message (before SQLite 3.43) but by being told its text again, when that has gone too.
"""

import sys
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from struct import Struct, pack

from sqlalchemy import Connection, bindparam, delete, insert, select

from mssmail.store.prepared import Prepared
from mssmail.store.schema import gram_blocks, grams

BLOCK = 60  # messages: as many bits as fit a signed column with room to spare
BUCKETS = 256
MAX_GRAMS = 100_000  # of one message; one with more is not filtered: it would be found by everything anyhow
MAX_ASKED = 12  # of one key: more tell little

_CHUNK = 262_144  # octets looked at at a time
_OCTETS = 3  # of a gram; in a bucket it takes four
_ENTRY = 12  # octets of a gram and its bits
_PLACES = (0, 1, 2) if sys.byteorder == "little" else (3, 2, 1)  # of the octets of a gram in a number of four
_GRAM, _BITS = Struct("<I"), Struct("<Q")

_FIND_BLOCK = Prepared(
    select(gram_blocks.c.unfiltered, gram_blocks.c.present).where(gram_blocks.c.block == bindparam("of_block"))
)
_FIND_BUCKET = Prepared(
    select(grams.c.data).where(grams.c.block == bindparam("of_block"), grams.c.bucket == bindparam("of_bucket"))
)
_LIST_BUCKETS = Prepared(select(grams.c.data).where(grams.c.block == bindparam("of_block")))
_INSERT_BLOCK = Prepared(insert(gram_blocks), gram_blocks.columns.keys())
_INSERT_BUCKET = Prepared(insert(grams), grams.columns.keys())


@dataclass(frozen=True, slots=True)
class PackedBlock:
    """A block ready to be written: bits of the messages there are and of those not told apart, and its buckets."""

    present: int
    unfiltered: int
    buckets: tuple[tuple[int, bytes], ...]


def list_grams(text: bytes) -> set[int] | None:
    """The distinct grams of a text; None when there are more than MAX_GRAMS."""
    found: set[int] = set()
    for start in range(0, max(len(text) - 2, 0), _CHUNK):
        piece = text[start : start + _CHUNK + 2]
        wide = bytearray(4 * (len(piece) - 2))  # each gram as a number of its own, without a loop
        for place, start_at in zip(_PLACES, range(3), strict=True):
            wide[place::4] = piece[start_at : len(piece) - 2 + start_at]
        found.update(memoryview(wide).cast("I"))
        if len(found) > MAX_GRAMS:
            return None
    return found


def choose_grams(folded: str) -> tuple[int, ...]:
    """What to ask the index of a key: none when it is too short to have any, no more than MAX_ASKED."""
    found = sorted(list_grams(folded.encode("utf-8", "surrogatepass")) or ())
    return tuple(found[:: -(-len(found) // MAX_ASKED) or 1])


@dataclass(frozen=True, slots=True)
class Clue:
    """What the index can be asked of a key: all these grams, else (one or two octets) some gram that holds ``part``."""

    grams: tuple[int, ...] = ()
    part: bytes = b""


NO_CLUE = Clue()


def find_clue(folded: str) -> Clue:
    """What every text that contains the folded key has."""
    found = choose_grams(folded)
    return Clue(found) if found else Clue(part=folded.encode("utf-8", "surrogatepass"))


def pack_block(contents: Mapping[int, set[int] | None]) -> PackedBlock:
    """The block of these messages, by id. This takes a millisecond a message: too long for the writer's turn."""
    gathered: dict[int, int] = {}
    present = unfiltered = 0
    for message_id, found in contents.items():
        bit = 1 << message_id % BLOCK
        present |= bit
        unfiltered |= bit if found is None else 0
        for gram in found or ():
            gathered[gram] = gathered.get(gram, 0) | bit
    return PackedBlock(present, unfiltered, _pack_buckets(gathered))


def keep_block(conn: Connection, block: int, packed: PackedBlock) -> None:
    """Write the block; once, whatever was there before."""
    drop_block(conn, block)
    _INSERT_BLOCK.run(conn, ({"block": block, "present": packed.present, "unfiltered": packed.unfiltered},))
    _INSERT_BUCKET.run(conn, ({"block": block, "bucket": bucket, "data": data} for bucket, data in packed.buckets))


def drop_block(conn: Connection, block: int) -> None:
    """Forget the block; its messages are not filtered until it is written again."""
    conn.execute(delete(gram_blocks).where(gram_blocks.c.block == block))  # its buckets go with it


def prune_block(conn: Connection, block: int, alive: int) -> None:
    """Forget what messages without a bit in ``alive`` held; a block without messages goes whole."""
    head = _FIND_BLOCK.fetch(conn, {"of_block": block})
    if head is None:
        return
    unfiltered, present = int(head[0]), int(head[1])
    if not present & alive:
        drop_block(conn, block)
        return
    kept = {gram: bits & alive for gram, bits in _read_block(conn, block) if bits & alive}
    keep_block(conn, block, PackedBlock(present & alive, unfiltered & alive, _pack_buckets(kept)))


def _pack_buckets(gathered: Mapping[int, int]) -> tuple[tuple[int, bytes], ...]:
    buckets: dict[int, list[int]] = {}
    for gram in sorted(gathered):
        buckets.setdefault(_find_bucket(gram), []).append(gram)
    return tuple(
        (bucket, pack(f"<{len(held)}I{len(held)}Q", *held, *(gathered[gram] for gram in held)))
        for bucket, held in buckets.items()
    )


def list_buckets(conn: Connection, block: int) -> Sequence[bytes]:
    """The octets of a block, for ``fsck``; each is a whole number of entries of 12."""
    return [row[0] for row in _LIST_BUCKETS.fetch_all(conn, {"of_block": block})]


def _read_block(conn: Connection, block: int) -> Iterator[tuple[int, int]]:
    for data in list_buckets(conn, block):
        count = len(data) // _ENTRY
        for place in range(count):
            yield _GRAM.unpack_from(data, 4 * place)[0], _BITS.unpack_from(data, 4 * count + 8 * place)[0]


def _find_bucket(gram: int) -> int:
    """Any number will do that scatters neighbours."""
    return (gram * 0x9E3779B1 >> 24) % BUCKETS


class GramIndex:
    """The index as one page of a search asks it; what was read of a block is remembered."""

    def __init__(self, conn: Connection) -> None:
        self.conn = conn
        self._known: dict[tuple[int, Clue], int] = {}

    def may_hold(self, message_id: int, clue: Clue) -> bool:
        """False when the message certainly does not hold the key."""
        block, slot = divmod(message_id, BLOCK)
        return bool(self.find_bits(block, clue) >> slot & 1)

    def find_bits(self, block: int, clue: Clue) -> int:
        """A bit for each message of the block that may hold the key; -1 when the index cannot tell."""
        if clue == NO_CLUE:
            return -1
        key = (block, clue)
        bits = self._known.get(key)
        if bits is None:
            bits = self._known[key] = self._ask(block, clue)
        return bits

    def _ask(self, block: int, clue: Clue) -> int:
        head = _FIND_BLOCK.fetch(self.conn, {"of_block": block})
        if head is None:
            return -1  # not indexed yet
        unfiltered, present = int(head[0]), int(head[1])
        if clue.grams:
            bits = -1
            for gram in clue.grams:
                bits &= self._read_bits(block, gram)
                if not bits:
                    break
        else:
            bits = _find_holders(list_buckets(self.conn, block), clue.part, present & ~unfiltered)
        # A message that was not there when the block was written is not told apart either.
        return bits | unfiltered | ~present

    def _read_bits(self, block: int, gram: int) -> int:
        row = _FIND_BUCKET.fetch(self.conn, {"of_block": block, "of_bucket": _find_bucket(gram)})
        if row is None:
            return 0
        data = row[0]
        count = len(data) // _ENTRY
        place = bisect_left(range(count), gram, key=lambda at: _GRAM.unpack_from(data, 4 * at)[0])
        if place == count or _GRAM.unpack_from(data, 4 * place)[0] != gram:
            return 0
        return int(_BITS.unpack_from(data, 4 * count + 8 * place)[0])


def _find_holders(buckets: Iterable[bytes], part: bytes, present: int) -> int:
    """The bits of all grams that hold the part, which is shorter than they; no need to look on when it is everybody."""
    bits = 0
    for data in buckets:
        count = len(data) // _ENTRY
        at = data.find(part, 0, 4 * count)
        while at >= 0:
            place, offset = divmod(at, 4)
            if offset + len(part) <= _OCTETS:
                bits |= int(_BITS.unpack_from(data, 4 * count + 8 * place)[0])
                if bits == present:
                    return bits
            at = data.find(part, at + 1, 4 * count)
    return bits
