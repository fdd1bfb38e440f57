"""What came as JSON from a process that has parsed hostile bytes: each value is what it should be, or TypeError."""

from datetime import datetime


def require_text(tree: object) -> str:
    """A text."""
    if not isinstance(tree, str):
        raise TypeError("a text is wanted")
    return tree


def require_bool(tree: object) -> bool:
    """True or false."""
    if not isinstance(tree, bool):
        raise TypeError("true or false is wanted")
    return tree


def require_list(tree: object) -> list[object]:
    """A list of whatever."""
    if not isinstance(tree, list):
        raise TypeError("a list is wanted")
    return tree


def require_texts(tree: object) -> list[str]:
    """A list of texts."""
    return [require_text(each) for each in require_list(tree)]


def require_moment(tree: object) -> datetime:
    """An aware moment in the form of ISO 8601; raises ValueError on another text."""
    moment = datetime.fromisoformat(require_text(tree))
    if moment.tzinfo is None:
        raise ValueError("a moment without time zone")
    return moment
