"""Layers of signatures: what the outermost one covers, and those that stand further in or cover a part only.

The outermost layer alone decides (see ``structure``). The others are told, because a reader's program may show the
seal of an inner one beside text that it does not cover.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from mssmail.core.appearance import Notice, Oddity
from mssmail.core.reply import quote_text
from mssmail.core.verdict import Structure
from mssmail.errors import BadSyntax
from mssmail.mime.parts import scan
from mssmail.mime.tree import Part, walk
from mssmail.smime.signed_data import parse_signed_data
from mssmail.smime.structure import Layer, find_layer, find_preamble, may_be_signed

# What signing programs write for readers that know no MIME.
_USUAL_PREAMBLES: Final = frozenset(
    (
        b"",
        b"this is a cryptographically signed message in mime format",
        b"this is an s/mime signed message",
        b"this is a multi-part message in mime format",
        b"this is a multipart message in mime format",
    )
)
_MAX_LAYERS: Final = 8
_MAX_LOOKS: Final = 64


@dataclass(frozen=True, slots=True)
class Entity:
    """A part, and the bytes its spans are of: an opaque message's content comes out of the CMS."""

    data: bytes
    part: Part


def find_signed_entity(data: bytes, root: Part, layer: Layer) -> Entity | None:
    """What the layer's signature covers, as MIME; None without a signature, or where that cannot be read."""
    if layer.structure is not Structure.SIGNED or layer.fault:
        return None
    if layer.content is not None:
        return Entity(data, root.children[0])
    try:
        content = parse_signed_data(layer.cms).content
    except BadSyntax:
        return None
    return None if content is None else Entity(content, scan(content))


def find_layer_notices(data: bytes, root: Part, layer: Layer, signed: Entity | None) -> Iterator[Notice]:
    """Signatures beside the outermost layer, and text before what is signed."""
    preamble = find_preamble(data, root) if signed is not None and layer.content is not None else b""
    if preamble.strip().rstrip(b".").lower() not in _USUAL_PREAMBLES:
        shown = quote_text(" ".join(preamble.decode("latin-1").split()), 80)
        yield Notice(Oddity.TEXT_BEFORE, f"a text stands before the signed part, where few programs show it: {shown}")
    inner = sum(1 for _ in find_inner(data, root, signed))
    if inner and layer.structure is Structure.SIGNED:
        yield Notice(Oddity.SIGNED_WITHIN, f"further signatures stand inside what is signed: {inner}")
    elif inner:
        yield Notice(Oddity.SIGNED_IN_PART, f"signatures speak for parts of the message only: {inner}")


def find_inner(data: bytes, root: Part, signed: Entity | None) -> list[Entity]:
    """The signed entities, outermost first, below the outermost layer; some only, where there are very many."""
    start = Entity(data, root) if signed is None else signed
    found: list[Entity] = []
    waiting = [Entity(start.data, part) for part in walk(start.part) if signed is not None or part is not root]
    looks = 0
    while waiting and len(found) < _MAX_LAYERS and looks < _MAX_LOOKS:
        entity = waiting.pop(0)
        if not may_be_signed(entity.part):
            continue
        looks += 1
        layer = find_layer(entity.data, entity.part)
        if layer.structure is Structure.SIGNED:
            found.append(entity)
            waiting += _open(entity, layer)
    return found


def _open(entity: Entity, layer: Layer) -> list[Entity]:
    """What an opaque layer holds; a detached one's content is in the tree already."""
    if not layer.is_opaque:
        return []
    inside = find_signed_entity(entity.data, entity.part, layer)
    return [] if inside is None else [Entity(inside.data, part) for part in walk(inside.part)]
