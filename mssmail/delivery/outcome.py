"""How the attempt to deliver to one recipient ended."""

from dataclasses import dataclass

from mssmail.core.reply import Reply


@dataclass(frozen=True, slots=True)
class Delivered:
    """The peer has taken responsibility (RFC 5321 §4.2.5).

    ``heeds_dsn``: it announced DSN, so it also answers for the reports that were asked for (RFC 3461 §5.2.1).
    """

    reply: Reply
    heeds_dsn: bool = False


@dataclass(frozen=True, slots=True)
class Deferred:
    """Not now. ``reason`` is ours, for operators; ``reply`` is None when nobody said anything."""

    reason: str
    reply: Reply | None = None


@dataclass(frozen=True, slots=True)
class Failed:
    """Never. ``is_ours``: the peer was not asked, these are our own words."""

    reply: Reply
    is_ours: bool = False


Outcome = Delivered | Deferred | Failed


def read_outcome(reply: Reply | None, reason: str = "") -> Outcome:
    """What a reply to RCPT or to the end of the data means; None: the session broke before there was one."""
    if reply is None:
        return Deferred(reason)
    if reply.is_permanent:
        return Failed(reply)
    return Deferred(reason or str(reply), reply) if reply.code >= 300 else Delivered(reply)
