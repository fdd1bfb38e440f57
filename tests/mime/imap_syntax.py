"""A small reader of IMAP data that shares nothing with the code under test: it accepts valid syntax only."""

import re
from typing import Any

_NUMBER = re.compile(rb"\d+")
_QUOTED = re.compile(rb'"((?:[^"\\\x00\r\n\x80-\xff]|\\["\\])*)"')
_LITERAL = re.compile(rb"\{(\d+)\}\r\n")

Tree = Any  # None, int, bytes, or a list of them; Any because a recursive type helps no test


def read_tree(raw: bytes) -> Tree:
    """The one parenthesized list in ``raw``: strings as bytes, NIL as None, numbers, nested lists."""
    stack: list[list[Tree]] = [[]]
    at = 0
    fresh = True  # a blank or an opening parenthesis came before; lists alone may touch (1*body, 1*address)
    while at < len(raw):
        mark = raw[at : at + 1]
        if mark == b"(":
            assert fresh or raw[at - 1 : at] == b")", raw[at - 20 : at + 20]
            stack.append([])
            at, fresh = at + 1, True
        elif mark == b")":
            done = stack.pop()
            assert done, "an empty list"
            stack[-1].append(done)
            at, fresh = at + 1, False
        elif mark == b" ":
            assert not fresh, "two blanks, or one after a parenthesis"
            at, fresh = at + 1, True
        else:
            assert fresh, raw[at - 20 : at + 20]
            value, at = _read_atom(raw, at)
            stack[-1].append(value)
            fresh = False
    assert len(stack) == 1, "a list is open"
    assert not fresh
    (tree,) = stack[0]
    return tree


def _read_atom(raw: bytes, at: int) -> tuple[Tree, int]:
    if raw.startswith(b"NIL", at):
        return None, at + 3
    if match := _NUMBER.match(raw, at):
        return int(match[0]), match.end()
    if match := _QUOTED.match(raw, at):
        return re.sub(rb"\\(.)", rb"\1", match[1]), match.end()
    match = _LITERAL.match(raw, at)
    assert match is not None, raw[at : at + 40]
    end = match.end() + int(match[1])
    assert end <= len(raw)
    assert b"\0" not in raw[match.end() : end]
    return raw[match.end() : end], end


def check_envelope(tree: Tree) -> None:
    """The ten members of RFC 9051 §7.5.2."""
    assert len(tree) == 10
    for text in (*tree[:2], *tree[8:]):
        assert text is None or isinstance(text, bytes)
    for addresses in tree[2:8]:
        assert addresses is None or isinstance(addresses, list)
        open_group = False
        for address in addresses or ():
            assert len(address) == 4
            assert all(item is None or isinstance(item, bytes) for item in address)
            if address[3] is None:
                assert open_group == (address[2] is None), "groups are opened and closed in turn"
                open_group = address[2] is not None
            else:
                assert address[2] is not None
        assert not open_group


def check_body(tree: Tree, *, extended: bool) -> None:
    """A body of RFC 9051 §9, with all extension data or none."""
    waiting = [tree]
    while waiting:
        body = waiting.pop()
        if isinstance(body[0], list):
            children = [item for item in body if isinstance(item, list) and isinstance(item[0], list | bytes)]
            count = next(index for index, item in enumerate(body) if not isinstance(item, list))
            waiting += children[:count]
            assert isinstance(body[count], bytes)
            rest = body[count + 1 :]
            assert len(rest) == (4 if extended else 0)
            if extended:
                check_params(rest[0])
                _check_common(rest[1:])
            continue
        assert [type(item) for item in body[:2]] == [bytes, bytes]
        check_params(body[2])
        assert all(item is None or isinstance(item, bytes) for item in body[3:5])
        assert isinstance(body[5], bytes)
        assert isinstance(body[6], int)
        rest = body[7:]
        if body[0].lower() == b"message" and body[1].lower() in (b"rfc822", b"global"):
            check_envelope(rest[0])
            waiting.append(rest[1])
            assert isinstance(rest[2], int)
            rest = rest[3:]
        elif body[0].lower() == b"text":
            assert isinstance(rest[0], int)
            rest = rest[1:]
        assert len(rest) == (4 if extended else 0)
        if extended:
            assert rest[0] is None or isinstance(rest[0], bytes)
            _check_common(rest[1:])


def check_params(tree: Tree) -> None:
    """body-fld-param: pairs of strings, or NIL."""
    if tree is not None:
        assert len(tree) % 2 == 0
        assert all(isinstance(item, bytes) for item in tree)


def _check_common(tree: Tree) -> None:
    disposition, language, location = tree
    if disposition is not None:
        assert isinstance(disposition[0], bytes)
        check_params(disposition[1])
        assert len(disposition) == 2
    assert language is None or isinstance(language, bytes) or all(isinstance(tag, bytes) for tag in language)
    assert location is None or isinstance(location, bytes)
