"""Commands about annotations as values (RFC 5464); ``commands`` offers them with all others."""

from dataclasses import dataclass

from mssmail.core.annotation import Annotation


@dataclass(frozen=True, slots=True)
class GetMetadata:
    """GETMETADATA (RFC 5464 §4.2); the empty mailbox is the server. ``depth`` None: however far below."""

    mailbox: str
    entries: tuple[str, ...]
    max_size: int | None = None
    depth: int | None = 0


@dataclass(frozen=True, slots=True)
class SetMetadata:
    """SETMETADATA (RFC 5464 §4.3): in this order; a value of None removes the entry."""

    mailbox: str
    changes: tuple[Annotation, ...]
