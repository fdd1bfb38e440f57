"""Real messages as two other parsers read them: the standard library, and Stalwart (offsets, addresses, subjects)."""

import json
from collections.abc import Iterator
from email import message_from_bytes
from email.errors import MissingHeaderBodySeparatorDefect
from email.message import Message
from pathlib import Path
from typing import Any

import pytest

from mssmail.mime.addresses import list_mailboxes, parse_addresses
from mssmail.mime.headers import decode_words, split_fields
from mssmail.mime.parts import Part, scan
from tests.support.shared import find_shared, shared_file

# Where the standard library differs by design: it takes delimiters in a row for one, and enters base64 messages.
_ITS_OWN_WAY = {"msg_37.txt", "008.eml"}


def _messages() -> Iterator[Path]:
    folder = find_shared("data", "mail")
    for suffix in ("eml", "txt", "msg"):
        yield from sorted(folder.rglob(f"*.{suffix}")) if folder else ()


def _shape_theirs(message: Message) -> list[Any]:
    kind = message.get_content_type()
    # It splits delivery reports and partial messages too, which are leaves to MIME (RFC 3462 §2, RFC 2046 §5.2.2).
    is_entered = kind.startswith("multipart/") or kind == "message/rfc822"
    children = message.get_payload() if message.is_multipart() and is_entered else []
    return [kind, *(_shape_theirs(child) for child in children if isinstance(child, Message))]


def _shape_ours(part: Part) -> list[Any]:
    return [f"{part.type}/{part.subtype}", *map(_shape_ours, part.children)]


def _is_cut_short(message: Message) -> bool:
    """It ended some header at a line that is no field, where we go on to the blank line."""
    return any(
        isinstance(defect, MissingHeaderBodySeparatorDefect) for each in message.walk() for defect in each.defects
    )


def test_trees_are_those_of_the_standard_library() -> None:
    shared_file("data", "mail")
    compared = 0
    for path in _messages():
        data = path.read_bytes().replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
        theirs = message_from_bytes(data)
        if path.name not in _ITS_OWN_WAY and not _is_cut_short(theirs):
            assert _shape_ours(scan(data)) == _shape_theirs(theirs), path
            compared += 1
    assert compared > 200


def _expected() -> list[Path]:
    folder = find_shared("data", "mail", "stalwart-mail-parser")
    return sorted(folder.rglob("*.json")) if folder else []


@pytest.mark.parametrize("path", _expected(), ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_offsets_and_fields_are_those_of_stalwart(path: Path) -> None:
    # Its offsets are those of the messages with LF.
    data = path.with_suffix(".eml").read_bytes().replace(b"\r\n", b"\n")
    _compare_message(data, json.loads(path.read_text()), scan(data))


def _compare_message(data: bytes, theirs: dict[str, Any], ours: Part) -> None:
    _compare_part(data, theirs["parts"], 0, ours)
    starts = {field.span.start: field for field in split_fields(data, ours.header)}
    for header in theirs["parts"][0]["headers"]:
        field = starts[header["offset_field"]]
        raw = data[field.value.start : field.value.end]
        value = header["value"] if isinstance(header["value"], dict) else {}
        if "Address" in value and raw.isascii():
            found = [f"{box.local.decode()}@{box.domain.decode()}" for box in list_mailboxes(parse_addresses(raw))]
            assert [each for each in found if not each.endswith("@")] == list(_list_theirs(value["Address"]))
        elif header["name"] == "subject" and raw.isascii():
            assert decode_words(raw) == value["Text"]


def _list_theirs(value: dict[str, Any]) -> Iterator[str]:
    for kind, entries in value.items():
        for entry in entries:
            yield from (
                each["address"] for each in ([entry] if kind == "List" else entry["addresses"]) if each["address"]
            )


def _compare_part(data: bytes, theirs: list[dict[str, Any]], index: int, ours: Part) -> None:
    part = theirs[index]
    assert part["offset_body"] == ours.body.start
    if index:
        assert (part["offset_header"], part["offset_end"]) == (ours.header.start, ours.body.end)
    body = part["body"] if isinstance(part["body"], dict) else {}
    if "Multipart" in body:
        assert len(body["Multipart"]) == len(ours.children)
        for number, child in zip(body["Multipart"], ours.children, strict=True):
            _compare_part(data, theirs, number, child)
    elif body.get("Message") and ours.is_message:
        _compare_message(data, body["Message"], ours.children[0])
