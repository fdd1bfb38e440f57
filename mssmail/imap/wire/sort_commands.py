"""SORT and THREAD (RFC 5256 §5), each also by UID; both must name a character set. CANCELUPDATE (RFC 5267)."""

from mssmail.core.ordering import Criterion, SortKey, ThreadAlgorithm
from mssmail.errors import BadSyntax
from mssmail.imap.wire.commands import CancelUpdate, Sort, Thread
from mssmail.imap.wire.cursor import Cursor
from mssmail.imap.wire.octets import TAG
from mssmail.imap.wire.search_keys import parse_charset, parse_keys
from mssmail.imap.wire.search_returns import parse_returns

MAX_CRITERIA = 20  # there are nine, and each counts once

_KEYS = {key.value: key for key in SortKey}
_ALGORITHMS = {algorithm.value: algorithm for algorithm in ThreadAlgorithm}


def parse_seq_sort(cursor: Cursor) -> Sort:
    """SORT."""
    return _parse_sort(cursor, uid=False)


def parse_uid_sort(cursor: Cursor) -> Sort:
    """UID SORT."""
    return _parse_sort(cursor, uid=True)


def parse_seq_thread(cursor: Cursor) -> Thread:
    """THREAD."""
    return _parse_thread(cursor, uid=False)


def parse_uid_thread(cursor: Cursor) -> Thread:
    """UID THREAD."""
    return _parse_thread(cursor, uid=True)


# sort = ["UID" SP] "SORT" [search-return-opts] SP sort-criteria SP search-criteria; RFC 5267 §4.5
# sort-criteria = "(" sort-criterion *(SP sort-criterion) ")"
# search-criteria = charset 1*(SP search-key)
def _parse_sort(cursor: Cursor, *, uid: bool) -> Sort:
    returns = parse_returns(cursor)
    criteria = cursor.expect_list(lambda: _parse_criterion(cursor))
    if len(criteria) > MAX_CRITERIA:
        raise BadSyntax("too many sort criteria")
    cursor.expect_space()
    charset = parse_charset(cursor, returns.options)
    if returns.options is None:  # the grammar has it in front; Dovecot's public test of CONTEXT=SORT writes it here
        returns = parse_returns(cursor)
    return Sort(tuple(criteria), parse_keys(cursor), uid, charset, *returns)


# cancelupdate = "CANCELUPDATE" 1*(SP quoted); RFC 5267 §5
def parse_cancel_update(cursor: Cursor) -> CancelUpdate:
    """CANCELUPDATE."""
    tags = [_parse_tag(cursor)]
    while cursor.try_text(b" "):
        tags.append(_parse_tag(cursor))
    return CancelUpdate(tuple(tags))


def _parse_tag(cursor: Cursor) -> str:
    tag = cursor.try_quoted()
    if tag is None or not TAG.fullmatch(tag):
        raise BadSyntax("a tag stands in quotes")
    return tag.decode("ascii")


# sort-criterion = ["REVERSE" SP] sort-key
def _parse_criterion(cursor: Cursor) -> Criterion:
    word = cursor.expect_keyword("a sort key")
    is_reverse = word == "REVERSE"
    if is_reverse:
        cursor.expect_space()
        word = cursor.expect_keyword("a sort key")
    key = _KEYS.get(word)
    if key is None:
        raise BadSyntax("there is no such sort key")
    return Criterion(key, is_reverse)


# thread = ["UID" SP] "THREAD" SP thread-alg SP search-criteria
def _parse_thread(cursor: Cursor, *, uid: bool) -> Thread:
    algorithm = _ALGORITHMS.get(cursor.expect_keyword("a threading algorithm"))
    if algorithm is None:
        raise BadSyntax("there is no such threading algorithm")
    cursor.expect_space()
    charset = parse_charset(cursor)
    return Thread(algorithm, parse_keys(cursor), uid, charset)
