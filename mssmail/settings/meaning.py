"""How a table says what each of its keys means."""

from dataclasses import field
from typing import Any


def setting(default: Any, doc: str) -> Any:  # noqa: ANN401 - dataclasses.field is typed the same way
    """A key with its default and its meaning, which stands above it in the file that ``mssmail init`` leaves."""
    return field(default=default, metadata={"doc": doc})


def required(doc: str) -> Any:  # noqa: ANN401 - as above
    """A key that has no default."""
    return field(metadata={"doc": doc})
