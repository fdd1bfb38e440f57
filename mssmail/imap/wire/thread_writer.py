"""Threads as IMAP writes them (RFC 5256 §4): ``(2)(3 6 (4 23)(44 7 96))``. Nothing recurses: threads may be deep."""

from collections.abc import Callable, Mapping, Sequence

_CLOSE = 0


# thread-list = "(" (thread-members / thread-nested) ")"
# thread-members = nz-number *(SP nz-number) [SP thread-nested]
# thread-nested = 2*thread-list
def encode_threads(
    roots: Sequence[int], children: Mapping[int, Sequence[int]], number: Callable[[int], int] = int
) -> bytes:
    """The threads; those below zero are dummies, which are not shown but in what they hold together.

    ``number`` says under which number a message is shown.
    """
    pieces: list[str] = []
    waiting = list(reversed(roots))
    while waiting:
        node = waiting.pop()
        if node == _CLOSE:
            pieces.append(")")
            continue
        if node > 0 and node not in children:  # most are alone
            pieces.append(f"({number(node)})")
            continue
        words, below = _list_line(node, children, number)
        pieces.append("(" + " ".join(words) + (" " if words and below else ""))
        waiting.append(_CLOSE)
        waiting.extend(reversed(below))
    return "".join(pieces).encode("ascii")


def _list_line(
    node: int, children: Mapping[int, Sequence[int]], number: Callable[[int], int]
) -> tuple[list[str], Sequence[int]]:
    """The numbers down to where it branches, and the branches."""
    words: list[str] = []
    while True:
        if node > 0:
            words.append(str(number(node)))
        below = children.get(node, ())
        if len(below) != 1:
            return words, below
        node = below[0]
