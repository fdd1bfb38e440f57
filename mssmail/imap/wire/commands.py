"""Commands as frozen values: what the parser makes and the session obeys.

Mailbox names are Unicode (modified UTF-7 already decoded), keywords as written, system flags in their usual spelling.
A tagged command whose name we do not know is ``Unparsable``; what does not parse otherwise is the fault BadSyntax.
"""

from dataclasses import dataclass, field
from datetime import datetime

from mssmail.core.mailbox import ModSeq, Numbers, Saved, StoreAction, UIDSet, UIDValidity
from mssmail.core.ordering import Criterion, ThreadAlgorithm
from mssmail.core.search import SearchKey
from mssmail.core.window import Window
from mssmail.imap.wire.acl_values import DeleteAcl, GetAcl, ListRights, MyRights, SetAcl
from mssmail.imap.wire.fetch_values import FetchItem, FetchSection, Section
from mssmail.imap.wire.metadata_values import GetMetadata, SetMetadata
from mssmail.imap.wire.notify_values import Notify

# They live next door.
__all__ = ["DeleteAcl", "FetchItem", "FetchSection", "GetAcl", "GetMetadata", "ListRights", "MyRights"]
__all__ += ["Notify", "Section", "SetAcl", "SetMetadata"]


@dataclass(frozen=True, slots=True)
class Capability:
    """CAPABILITY."""


@dataclass(frozen=True, slots=True)
class Noop:
    """NOOP."""


@dataclass(frozen=True, slots=True)
class Logout:
    """LOGOUT."""


@dataclass(frozen=True, slots=True)
class StartTls:
    """STARTTLS."""


@dataclass(frozen=True, slots=True)
class Authenticate:
    """AUTHENTICATE; ``initial`` is the decoded initial response (SASL-IR), None when there was none."""

    mechanism: str
    initial: bytes | None = field(default=None, repr=False)  # may be a password


@dataclass(frozen=True, slots=True)
class Login:
    """LOGIN."""

    user: str
    password: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Id:
    """ID (RFC 2971), what the client says of itself."""

    fields: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Enable:
    """ENABLE."""

    capabilities: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Known:
    """What a client that returns knows of a mailbox (RFC 7162 §3.2.5); ``uids`` None: all up to then."""

    uid_validity: UIDValidity
    modseq: ModSeq
    uids: UIDSet | None = None


@dataclass(frozen=True, slots=True)
class Select:
    """SELECT, or EXAMINE when ``read_only``. ``known`` came with QRESYNC (RFC 7162)."""

    mailbox: str
    read_only: bool = False
    condstore: bool = False
    known: Known | None = None


@dataclass(frozen=True, slots=True)
class Create:
    """CREATE; ``special_use`` of RFC 6154 §3, empty when none, several with blanks between them."""

    mailbox: str
    special_use: str = ""


@dataclass(frozen=True, slots=True)
class Delete:
    """DELETE."""

    mailbox: str


@dataclass(frozen=True, slots=True)
class Rename:
    """RENAME."""

    old: str
    new: str


@dataclass(frozen=True, slots=True)
class Subscribe:
    """SUBSCRIBE, or UNSUBSCRIBE when not ``subscribed``."""

    mailbox: str
    subscribed: bool = True


@dataclass(frozen=True, slots=True)
class List:
    """LIST, LSUB when ``subscribed_only`` came by that name, XLIST likewise; the options of RFC 5258 and RFC 5819.

    ``is_extended``: written as only RFC 5258 has it, with options, even none, or patterns in parentheses.
    """

    name: str  # LIST, LSUB or XLIST
    reference: str
    patterns: tuple[str, ...]
    selection: tuple[str, ...] = ()  # upper-case: SUBSCRIBED, REMOTE, RECURSIVEMATCH, SPECIAL-USE
    returns: tuple[str, ...] = ()  # upper-case: SUBSCRIBED, CHILDREN, SPECIAL-USE, STATUS
    status_items: tuple[str, ...] = ()
    is_extended: bool = False


@dataclass(frozen=True, slots=True)
class Namespace:
    """NAMESPACE (RFC 2342)."""


@dataclass(frozen=True, slots=True)
class Status:
    """STATUS; ``items`` upper-case."""

    mailbox: str
    items: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class AppendMessage:
    """One message of an APPEND. ``data`` are the literal's bytes."""

    flags: frozenset[str]
    internal_date: datetime | None
    data: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Append:
    """APPEND; more than one message only with MULTIAPPEND (RFC 3502)."""

    mailbox: str
    messages: tuple[AppendMessage, ...]


@dataclass(frozen=True, slots=True)
class Replace:
    """REPLACE and UID REPLACE (RFC 8508): the message of this number, STAR for the last, by another."""

    number: int
    uid: bool
    mailbox: str
    message: AppendMessage


@dataclass(frozen=True, slots=True)
class Check:
    """CHECK."""


@dataclass(frozen=True, slots=True)
class Close:
    """CLOSE."""


@dataclass(frozen=True, slots=True)
class Unselect:
    """UNSELECT (RFC 3691)."""


@dataclass(frozen=True, slots=True)
class Expunge:
    """EXPUNGE, or UID EXPUNGE when ``uids`` is given (RFC 4315 §2.1)."""

    uids: UIDSet | Saved | None = None


@dataclass(frozen=True, slots=True)
class Search:
    """SEARCH and UID SEARCH. ``returns`` are RETURN's options (RFC 4731, RFC 5182), None when there was no RETURN."""

    key: SearchKey
    uid: bool = False
    charset: str = ""  # as written, in capitals; empty when none was
    returns: tuple[str, ...] | None = None  # MIN, MAX, ALL, COUNT, SAVE, PARTIAL
    window: Window | None = None  # of PARTIAL
    updates: tuple[FetchItem | FetchSection, ...] = ()  # of UPDATE: told of messages that come (RFC 5465 §7)


@dataclass(frozen=True, slots=True)
class Sort:
    """SORT and UID SORT (RFC 5256); ``returns``, ``window`` and ``updates`` as of Search (ESORT, RFC 5267)."""

    criteria: tuple[Criterion, ...]
    key: SearchKey
    uid: bool = False
    charset: str = "UTF-8"
    returns: tuple[str, ...] | None = None
    window: Window | None = None
    updates: tuple[FetchItem | FetchSection, ...] = ()


@dataclass(frozen=True, slots=True)
class CancelUpdate:
    """CANCELUPDATE (RFC 5267 §4.3.5): the tags of searches that shall go on no longer."""

    tags: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Thread:
    """THREAD and UID THREAD (RFC 5256)."""

    algorithm: ThreadAlgorithm
    key: SearchKey
    uid: bool = False
    charset: str = "UTF-8"


@dataclass(frozen=True, slots=True)
class Fetch:
    """FETCH and UID FETCH; macros already expanded."""

    numbers: Numbers
    items: tuple[FetchItem | FetchSection, ...]
    changed_since: ModSeq | None = None  # RFC 7162 §3.1.4.1
    vanished: bool = False  # RFC 7162 §3.2.6
    window: Window | None = None  # of PARTIAL (RFC 9394 §3.4)


@dataclass(frozen=True, slots=True)
class Store:
    """STORE and UID STORE."""

    numbers: Numbers
    action: StoreAction
    flags: frozenset[str]
    silent: bool = False
    unchanged_since: ModSeq | None = None  # RFC 7162 §3.1.3


@dataclass(frozen=True, slots=True)
class Copy:
    """COPY and UID COPY."""

    numbers: Numbers
    mailbox: str


@dataclass(frozen=True, slots=True)
class Move:
    """MOVE and UID MOVE (RFC 6851)."""

    numbers: Numbers
    mailbox: str


@dataclass(frozen=True, slots=True)
class Idle:
    """IDLE (RFC 2177); ends with the continuation line DONE."""


@dataclass(frozen=True, slots=True)
class Unparsable:
    """A tag and a name that is no command we know: answered BAD."""

    reason: str


@dataclass(frozen=True, slots=True)
class GetQuota:
    """GETQUOTA (RFC 9208 §4.1.1)."""

    root: str


@dataclass(frozen=True, slots=True)
class GetQuotaRoot:
    """GETQUOTAROOT (RFC 9208 §4.1.2)."""

    mailbox: str


CommandBody = (
    Capability
    | Noop
    | Logout
    | StartTls
    | Authenticate
    | Login
    | Id
    | Enable
    | Select
    | Create
    | Delete
    | Rename
    | Subscribe
    | List
    | Namespace
    | Status
    | Append
    | Replace
    | Check
    | Close
    | Unselect
    | Expunge
    | Search
    | Sort
    | CancelUpdate
    | Thread
    | Fetch
    | Store
    | Copy
    | Move
    | GetQuota
    | GetQuotaRoot
    | SetAcl
    | DeleteAcl
    | GetAcl
    | ListRights
    | MyRights
    | GetMetadata
    | SetMetadata
    | Idle
    | Notify
    | Unparsable
)


@dataclass(frozen=True, slots=True)
class Command:
    """A tagged command."""

    tag: str
    body: CommandBody
