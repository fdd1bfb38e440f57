"""Messages that were misread once, or that somebody wants misread: each with the outline it must have.

``tests/corpus/mime/NAME.eml`` is the message, ``NAME.txt`` its outline: per part the number IMAP gives it, its type,
the offsets of header and body and its lines; then the authors and the faults.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from mssmail.mime.headers import find_authors
from mssmail.mime.index import build_index
from mssmail.mime.part_table import PartPath, decode_parts
from mssmail.mime.parts import Part, scan
from tests.mime.imap_syntax import check_body, check_envelope, read_tree

CORPUS = Path(__file__).parents[1] / "corpus" / "mime"
MESSAGES = sorted(CORPUS.glob("*.eml"))


def outline(data: bytes) -> str:
    """What the scanner makes of a message, in lines a person can check."""
    root = scan(data)
    lines = list(_list_parts(root, (), "message"))
    lines += [f"author {address}" for address in find_authors(data, root)]
    lines += [f"fault {fault}" for fault in root.faults]
    return "\n".join(lines) + "\n"


def _list_parts(part: Part, path: PartPath, label: str) -> Iterator[str]:
    header, body = part.header, part.body
    spans = f"header {header.start}-{header.end} body {body.start}-{body.end}"
    yield f"{label} {part.type}/{part.subtype} {part.encoding} {spans} lines {part.lines}"
    number = ".".join(map(str, path))
    if part.is_multipart:
        for index, child in enumerate(part.children, 1):
            below = (*path, index)
            yield from _list_parts(child, below, ".".join(map(str, below)))
    elif part.is_message:
        yield from _list_parts(part.children[0], path or (1,), f"{number or 1} encloses")


@pytest.mark.parametrize("path", MESSAGES, ids=lambda path: path.stem)
def test_has_the_outline_it_must_have(path: Path) -> None:
    assert outline(path.read_bytes()) == path.with_suffix(".txt").read_text()


@pytest.mark.parametrize("path", MESSAGES, ids=lambda path: path.stem)
def test_is_told_to_clients_in_valid_imap(path: Path) -> None:
    data = path.read_bytes()
    index = build_index(data, scan(data), "mx.example")
    check_envelope(read_tree(index.envelope))
    check_body(read_tree(index.body), extended=False)
    check_body(read_tree(index.bodystructure), extended=True)
    assert decode_parts(index.parts).find((1,)) is not None
