"""The small words of RFC 5322 §3.2 that several fields share: folds, comments, quoted strings."""

import re

_PAIR = re.compile(rb"\\(.)", re.DOTALL)
_MARK = re.compile(rb'\\.|["()]', re.DOTALL)
_COMMENT_OPENERS = b" \t\r\n;()\"'"


def unfold(raw: bytes) -> bytes:
    """The value on one line (RFC 5322 §2.2.3): line ends go, the blanks after them stay; trimmed, without NUL."""
    if b"\n" in raw or b"\r" in raw:
        raw = raw.replace(b"\r", b"").replace(b"\n", b"")
    if b"\0" in raw:
        raw = raw.replace(b"\0", b"")
    return raw.strip(b" \t")


def unquote(raw: bytes) -> bytes:
    """The content of a quoted string or comment: quoted pairs resolved (RFC 5322 §3.2.1)."""
    return _PAIR.sub(rb"\1", raw) if b"\\" in raw else raw


def strip_comments(raw: bytes, *, inside_words: bool = False) -> bytes:
    """The value with a blank for each comment (RFC 5322 §3.2.2), nested ones too; one left open takes the rest.

    A parenthesis inside a word opens none unless asked: senders write ``filename=report(1).pdf``.
    """
    if b"(" not in raw:
        return raw
    kept: list[bytes] = []
    depth, start, quoted = 0, 0, False
    for match in _MARK.finditer(raw):
        mark, at = match[0], match.start()
        if mark == b'"' and depth == 0:
            quoted = not quoted
        elif mark == b"(" and not quoted and (depth or inside_words or _is_word_start(raw, at)):
            if depth == 0:
                kept.append(raw[start:at])
            depth += 1
        elif mark == b")" and depth:
            depth -= 1
            start = match.end()
    if depth == 0:
        kept.append(raw[start:])
    return b" ".join(kept)


def _is_word_start(raw: bytes, at: int) -> bool:
    return at == 0 or raw[at - 1] in _COMMENT_OPENERS
