"""CAPABILITY: what we can do, here and now (RFC 9051 §6.1.1)."""

from mssmail.imap.replies import Answer, ok
from mssmail.imap.session import Session
from mssmail.imap.wire import commands as c
from mssmail.imap.wire.responses import Capabilities
from mssmail.policy.hiding import is_hidden

# Only what truly works. XLIST is answered though not announced: clients that want it ask anyhow.
_ALWAYS = (
    "IMAP4rev1",  # RFC 3501
    "IMAP4rev2",  # RFC 9051, for those that ENABLE it
    "LITERAL+",  # RFC 7888
    "SASL-IR",  # RFC 4959
    "ID",  # RFC 2971
    "NAMESPACE",  # RFC 2342
    "IDLE",  # RFC 2177
    "UIDPLUS",  # RFC 4315
    "UNSELECT",  # RFC 3691
    "CHILDREN",  # RFC 3348
    "SPECIAL-USE",  # RFC 6154
    "ENABLE",  # RFC 5161
    "MOVE",  # RFC 6851
    "LIST-EXTENDED",  # RFC 5258
    "LIST-STATUS",  # RFC 5819
    "CREATE-SPECIAL-USE",  # RFC 6154
    "STATUS=SIZE",  # RFC 8438
    "ESEARCH",  # RFC 4731
    "SEARCHRES",  # RFC 5182
    "PARTIAL",  # RFC 9394
    "ESORT",  # RFC 5267
    "CONTEXT=SEARCH",
    "CONTEXT=SORT",
    "SORT",  # RFC 5256
    "SORT=DISPLAY",  # RFC 5957
    "THREAD=ORDEREDSUBJECT",
    "THREAD=REFERENCES",
    "WITHIN",  # RFC 5032
    "SAVEDATE",  # RFC 8514
    "CONDSTORE",  # RFC 7162
    "QRESYNC",
    "MULTIAPPEND",  # RFC 3502
    "REPLACE",  # RFC 8508
    "OBJECTID",  # RFC 8474
    "PREVIEW",  # RFC 8970
    "METADATA",  # RFC 5464
    "QUOTA",  # RFC 9208
    "QUOTA=RES-STORAGE",
    "UTF8=ACCEPT",  # RFC 6855
    "BINARY",  # RFC 3516
    "ACL",  # RFC 4314
    "RIGHTS=texk",
    "NOTIFY",  # RFC 5465
    "INPROGRESS",  # RFC 9585
)
_APPENDLIMIT = "APPENDLIMIT"  # RFC 7889; with its value
_MECHANISMS = ("AUTH=PLAIN", "AUTH=LOGIN")


def list_capabilities(session: Session) -> tuple[str, ...]:
    """What holds now: how to sign in is said while nobody has, and only where it is safe (RFC 9051 §11.1)."""
    always = _leave_out((*_ALWAYS, f"{_APPENDLIMIT}={session.terms.max_literal_bytes}"), session)
    if session.account is not None:
        return always
    if session.peer.tls is not None:
        return (*always, *_leave_out(_MECHANISMS, session))
    return (*always, *(("STARTTLS",) if session.terms.offers_tls else ()), "LOGINDISABLED")


def is_hideable(capability: str) -> bool:
    """Hiding this name changes something: ``THREAD=REFERENCES`` does, ``thread`` too, and ``TREAD`` is a slip."""
    named = frozenset((capability.upper(),))
    return any(is_hidden(name, named) for name in (*_ALWAYS, _APPENDLIMIT, *_MECHANISMS))


def _leave_out(names: tuple[str, ...], session: Session) -> tuple[str, ...]:
    return tuple(name for name in names if not is_hidden(name, session.hidden))


async def run(session: Session, _: c.Capability) -> Answer:
    """Tell them."""
    await session.tell(Capabilities(list_capabilities(session)))
    return ok("CAPABILITY completed")
