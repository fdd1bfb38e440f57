"""Write commands as a client does: the other half of the parser, for whoever speaks to an IMAP server.

Strings that cannot be quoted go as non-synchronising literals (RFC 7888), so a command is one run of octets.
"""

from base64 import b64encode
from typing import assert_never

from mssmail.core.mailbox import STAR, Numbers, Saved, UIDSet
from mssmail.imap.wire.commands import (
    Append,
    AppendMessage,
    Authenticate,
    CancelUpdate,
    Command,
    CommandBody,
    Copy,
    Create,
    Delete,
    DeleteAcl,
    Enable,
    Expunge,
    Fetch,
    GetAcl,
    GetMetadata,
    GetQuota,
    GetQuotaRoot,
    Id,
    Known,
    List,
    ListRights,
    Login,
    Move,
    MyRights,
    Notify,
    Rename,
    Replace,
    Search,
    Select,
    SetAcl,
    SetMetadata,
    Sort,
    Status,
    Store,
    Subscribe,
    Thread,
)
from mssmail.imap.wire.dates import encode_date_time
from mssmail.imap.wire.metadata_writer import encode_metadata_command
from mssmail.imap.wire.notify_writer import encode_fetch_item, encode_fetch_items, encode_notify
from mssmail.imap.wire.parser import WITHOUT_ARGUMENTS
from mssmail.imap.wire.search_returns import PARTIAL, UPDATE
from mssmail.imap.wire.search_writer import encode_search_key
from mssmail.imap.wire.writer import (
    NIL,
    encode_client_mailbox,
    encode_client_string,
    encode_flags,
    encode_numbers,
    encode_quoted,
    encode_ranges,
)

_NAMES = {body: name for name, body in WITHOUT_ARGUMENTS.items()}

_SignIn = Authenticate | Login | Id | Enable
_OfMailboxes = Select | Create | Delete | Rename | Subscribe | Status | List | GetMetadata | SetMetadata
_OfRights = GetQuota | GetQuotaRoot | SetAcl | DeleteAcl | GetAcl | ListRights | MyRights
_Searches = Search | Sort | CancelUpdate | Thread
_OfMessages = Append | Replace | Expunge | Fetch | Store | Copy | Move | Notify


def encode_command(command: Command, *, utf8: bool = False) -> bytes:
    """The command with its CRLF; it parses to itself. An Unparsable cannot be written: its name is not kept."""
    return command.tag.encode("ascii") + b" " + _encode_body(command.body, utf8=utf8) + b"\r\n"


def _encode_body(body: CommandBody, *, utf8: bool) -> bytes:
    name = _NAMES.get(body)
    if name is not None:
        return name
    match body:
        case Authenticate() | Login() | Id() | Enable():
            return _encode_sign_in(body)
        case GetQuota() | GetQuotaRoot() | SetAcl() | DeleteAcl() | GetAcl() | ListRights() | MyRights():
            return _encode_of_rights(body, utf8=utf8)
        case (
            Select() | Create() | Delete() | Rename() | Subscribe() | Status() | List() | GetMetadata() | SetMetadata()
        ):
            return _encode_of_mailboxes(body, utf8=utf8)
        case Search() | Sort() | CancelUpdate() | Thread():
            return b" ".join(_list_words_of_search(body))
        case Append() | Replace() | Expunge() | Fetch() | Store() | Copy() | Move() | Notify():
            return _encode_of_messages(body, utf8=utf8)
        case _:
            raise ValueError("this command cannot be written")


def _encode_text(text: str) -> bytes:
    return encode_client_string(text.encode("utf-8"))


def _encode_words(words: tuple[str, ...]) -> bytes:
    return b"(" + " ".join(words).encode("ascii") + b")"


def _encode_sign_in(body: _SignIn) -> bytes:
    match body:
        case Authenticate(mechanism, initial):
            words = [b"AUTHENTICATE", mechanism.encode("ascii")]
            return b" ".join(words if initial is None else [*words, b64encode(initial) or b"="])
        case Login(user, password):
            return b" ".join([b"LOGIN", _encode_text(user), _encode_text(password)])
        case Id(fields):
            pairs = b" ".join(_encode_text(name) + b" " + _encode_text(value) for name, value in fields)
            return b"ID " + (b"(" + pairs + b")" if fields else NIL)
        case Enable(capabilities):
            return " ".join(["ENABLE", *capabilities]).encode("ascii")
        case _:
            assert_never(body)


def _encode_of_rights(body: _OfRights, *, utf8: bool) -> bytes:
    words: tuple[str, ...]
    match body:
        case GetQuota(root):
            return b"GETQUOTA " + _encode_text(root)
        case GetQuotaRoot():
            verb, words = b"GETQUOTAROOT", ()
        case SetAcl(_, identifier, action, rights):
            verb, words = b"SETACL", (identifier, action + rights)
        case DeleteAcl(_, identifier):
            verb, words = b"DELETEACL", (identifier,)
        case ListRights(_, identifier):
            verb, words = b"LISTRIGHTS", (identifier,)
        case GetAcl():
            verb, words = b"GETACL", ()
        case MyRights():
            verb, words = b"MYRIGHTS", ()
        case _:
            assert_never(body)
    return b" ".join([verb, encode_client_mailbox(body.mailbox, utf8=utf8), *map(_encode_text, words)])


def _encode_of_mailboxes(body: _OfMailboxes, *, utf8: bool) -> bytes:
    match body:
        case List():
            return _encode_list(body, utf8=utf8)
        case GetMetadata() | SetMetadata():
            return encode_metadata_command(body, utf8=utf8)
        case Rename(old, new):
            return b" ".join([b"RENAME", encode_client_mailbox(old, utf8=utf8), encode_client_mailbox(new, utf8=utf8)])
        case Select(mailbox, read_only):
            verb, rest = b"EXAMINE" if read_only else b"SELECT", _encode_parameters(body)
        case Create(mailbox, special_use):
            verb, rest = b"CREATE", f" (USE ({special_use}))".encode("ascii") if special_use else b""
        case Delete(mailbox):
            verb, rest = b"DELETE", b""
        case Subscribe(mailbox, subscribed):
            verb, rest = b"SUBSCRIBE" if subscribed else b"UNSUBSCRIBE", b""
        case Status(mailbox, items):
            verb, rest = b"STATUS", b" " + _encode_words(items)
        case _:
            assert_never(body)
    return verb + b" " + encode_client_mailbox(mailbox, utf8=utf8) + rest


def _encode_parameters(body: Select) -> bytes:
    words = [b"CONDSTORE"] if body.condstore else []
    if body.known is not None:
        words.append(b"QRESYNC (" + _encode_known(body.known) + b")")
    return b" (" + b" ".join(words) + b")" if words else b""


def _encode_known(known: Known) -> bytes:
    uids = b"" if known.uids is None else b" " + encode_ranges(known.uids.ranges)
    return b"%d %d%b" % (known.uid_validity, known.modseq, uids)


def _encode_list(body: List, *, utf8: bool) -> bytes:
    patterns = b" ".join(encode_client_mailbox(pattern, utf8=utf8) for pattern in body.patterns)
    returns = [
        option.encode("ascii") + (b" " + _encode_words(body.status_items) if option == "STATUS" else b"")
        for option in body.returns
    ]
    is_plain = not (body.selection or returns or len(body.patterns) > 1)
    words = [
        body.name.encode("ascii"),
        _encode_words(body.selection) if body.selection or (is_plain and body.is_extended) else b"",
        encode_client_mailbox(body.reference, utf8=utf8),
        b"(" + patterns + b")" if len(body.patterns) > 1 else patterns,
        b"RETURN (" + b" ".join(returns) + b")" if returns else b"",
    ]
    return b" ".join(word for word in words if word)


def _encode_of_messages(body: _OfMessages, *, utf8: bool) -> bytes:
    match body:
        case Append(mailbox, messages):
            words = [b"APPEND", encode_client_mailbox(mailbox, utf8=utf8), *map(_encode_message, messages)]
        case Replace(number, uid, mailbox, message):
            place = b"*" if number == STAR else b"%d" % number
            name = encode_client_mailbox(mailbox, utf8=utf8)
            words = [b"UID REPLACE" if uid else b"REPLACE", place, name, _encode_message(message)]
        case Expunge(uids):
            words = [b"UID EXPUNGE", encode_numbers(uids)] if uids else [b"EXPUNGE"]
        case Fetch(numbers, items):
            words = [_encode_verb(b"FETCH", numbers), b"(" + b" ".join(map(encode_fetch_item, items)) + b")"]
            words += _list_modifiers(body)
        case Store():
            words = _list_store_words(body)
        case Copy(numbers, mailbox):
            words = [_encode_verb(b"COPY", numbers), encode_client_mailbox(mailbox, utf8=utf8)]
        case Move(numbers, mailbox):
            words = [_encode_verb(b"MOVE", numbers), encode_client_mailbox(mailbox, utf8=utf8)]
        case Notify():
            words = [encode_notify(body, utf8=utf8)]
        case _:
            assert_never(body)
    return b" ".join(words)


def _list_words_of_search(body: _Searches) -> list[bytes]:
    match body:
        case Search():
            return _list_search_words(body)
        case Sort():
            return _list_sort_words(body)
        case CancelUpdate(tags):
            return [b"CANCELUPDATE", *(encode_quoted(tag.encode("ascii")) for tag in tags)]
        case Thread(algorithm, key, uid, charset):
            words = [b"UID THREAD" if uid else b"THREAD", algorithm.value.encode("ascii"), charset.encode("ascii")]
            return [*words, encode_search_key(key)]
        case _:
            assert_never(body)


def _list_search_words(body: Search) -> list[bytes]:
    words = [b"UID SEARCH" if body.uid else b"SEARCH"]
    words += _list_returns(body)
    if body.charset:
        words.append(b"CHARSET " + body.charset.encode("ascii"))
    return [*words, encode_search_key(body.key)]


def _list_returns(body: Search | Sort) -> list[bytes]:
    if body.returns is None:
        return []
    arguments = {PARTIAL: f" {body.window}".encode("ascii"), UPDATE: encode_fetch_items(body.updates)}
    options = (name.encode("ascii") + arguments.get(name, b"") for name in body.returns)
    return [b"RETURN (" + b" ".join(options) + b")"]


def _list_sort_words(body: Sort) -> list[bytes]:
    names = tuple(("REVERSE " if each.is_reverse else "") + each.key.value for each in body.criteria)
    verb = b"UID SORT" if body.uid else b"SORT"
    return [verb, *_list_returns(body), _encode_words(names), body.charset.encode("ascii"), encode_search_key(body.key)]


def _list_modifiers(body: Fetch) -> list[bytes]:
    words = [] if body.changed_since is None else [f"CHANGEDSINCE {body.changed_since}"]
    words += ["VANISHED"] if body.vanished else []
    words += [] if body.window is None else [f"{PARTIAL} {body.window}"]
    return [_encode_words(tuple(words))] if words else []


def _list_store_words(body: Store) -> list[bytes]:
    since = [] if body.unchanged_since is None else [b"(UNCHANGEDSINCE %d)" % body.unchanged_since]
    change = body.action.value + ("FLAGS.SILENT" if body.silent else "FLAGS")
    return [_encode_verb(b"STORE", body.numbers), *since, change.encode("ascii"), encode_flags(body.flags)]


def _encode_verb(name: bytes, numbers: Numbers) -> bytes:
    is_uid = numbers.uid if isinstance(numbers, Saved) else isinstance(numbers, UIDSet)
    return (b"UID " if is_uid else b"") + name + b" " + encode_numbers(numbers)


def _encode_message(message: AppendMessage) -> bytes:
    words = [encode_flags(message.flags)]
    if message.internal_date is not None:
        words.append(encode_date_time(message.internal_date))
    mark = b"~{%d+}\r\n" if b"\0" in message.data else b"{%d+}\r\n"
    return b" ".join([*words, mark % len(message.data) + message.data])
