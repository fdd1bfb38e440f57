"""Address lists (RFC 5322 §3.4, obsolete syntax §4.4, groups, RFC 6854): tolerant, in one pass over the tokens.

Whatever can be read is read; ``doubt`` tells when another reader might see another address in the same bytes. Names,
local parts and domains stay bytes as written (unquoted), because ENVELOPE shows them so; ``display`` decodes.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from mssmail.core.address import Address, normalise_domain
from mssmail.errors import BadSyntax
from mssmail.mime.charsets import decode_text
from mssmail.mime.lexical import unquote
from mssmail.mime.words import decode_words

MAX_ADDRESSES = 10_000

_TOKEN = re.compile(
    rb"(?P<blank>[ \t\r\n]+)"
    rb"|(?P<quoted>\"[^\"\\]*(?:\\.[^\"\\]*)*(?:\"|\\?\Z))"
    rb"|(?P<literal>\[[^\[\]\\]*(?:\\.[^\[\]\\]*)*(?:\]|\\?\Z))"
    rb"|(?P<word>=\?[^?\s]{1,60}\?[BbQq]\?[^?\s]*\?=)"  # one word although senders leave commas in it
    rb"|(?P<atom>[^\x00-\x20()<>\[\]:;@\\,.\"\x7f]+)"
    rb"|(?P<special>.)",
    re.DOTALL,
)
# What nearly every From and To looks like; the parser below reads it alike, at ten times the cost.
_WORD, _LOCAL, _DOMAIN = rb"[A-Za-z0-9_?=-]+", rb"[A-Za-z0-9_.+-]+", rb"[A-Za-z0-9.-]+"
_USUAL = re.compile(
    rb"[ \t]*(?:(?:\"([^\"\\\x00-\x1f\x7f]+)\"|(%b(?: %b)*))[ \t]*<(%b)@(%b)>|(%b)@(%b))[ \t]*"
    % (_WORD, _WORD, _LOCAL, _DOMAIN, _LOCAL, _DOMAIN)
)
_FOLD = re.compile(rb"\r?\n(?=[ \t])")
_COMMENT_MARK = re.compile(rb"\\.|[()]", re.DOTALL)
_CONTROLS = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_ENCODED_MARKS = re.compile(rb"=\?[^?\s]{1,60}\?[BbQq]\?[^?@<>:;\"]*[@<>:;\"]")


@dataclass(frozen=True, slots=True)
class Mailbox:
    """One mailbox. ``domain`` is empty when there was none; ``doubt`` is empty when every reader must agree."""

    name: bytes
    local: bytes
    domain: bytes
    route: bytes = b""
    doubt: str = ""

    @property
    def display(self) -> str:
        """The display name, decoded."""
        return decode_words(self.name)

    @property
    def address(self) -> Address | None:
        """The address as a value, or None when it cannot be one (no domain, octets that are no UTF-8, …)."""
        try:
            return Address(self.local.decode("utf-8"), normalise_domain(self.domain.decode("utf-8")))
        except (UnicodeDecodeError, BadSyntax):
            return None

    def __str__(self) -> str:
        """``Name <local@domain>``, decoded, for people and for SEARCH."""
        spec = " ".join(decode_text(self.local + b"@" + self.domain if self.domain else self.local).split())
        return f"{self.display} <{spec}>" if self.name else spec


@dataclass(frozen=True, slots=True)
class Group:
    """``name: members;`` with its members, possibly none."""

    name: bytes
    members: tuple[Mailbox, ...]
    doubt: str = ""

    @property
    def display(self) -> str:
        """The group's name, decoded."""
        return decode_words(self.name)

    def __str__(self) -> str:
        """``Name: members;``, decoded."""
        return f"{self.display}: {', '.join(map(str, self.members))};"


class _Token(NamedTuple):
    kind: str  # atom, quoted, literal, comment, the special character itself, or empty at the end
    text: bytes  # content without quotes or parentheses
    blank: bool  # blanks or a comment stood before it
    open: bool  # its closing mark is missing


_END = _Token("", b"", blank=False, open=False)
_ENDS = frozenset(",;")


def parse_addresses(raw: bytes) -> tuple[Mailbox | Group, ...]:
    """All mailboxes and groups of an address list. Never raises.

    What is no address at all comes as a Mailbox without local part and domain, in doubt: nothing is dropped unseen.
    """
    usual = _USUAL.fullmatch(raw)
    if usual is None:
        return _Parser(_FOLD.sub(b"", raw)).parse_list()
    quoted, name, local, domain, bare_local, bare_domain = usual.groups(b"")
    return (Mailbox(quoted or name, local or bare_local, domain or bare_domain),)


def list_mailboxes(entries: tuple[Mailbox | Group, ...]) -> tuple[Mailbox, ...]:
    """The mailboxes of a list, those of groups included."""
    found: list[Mailbox] = []
    for entry in entries:
        found.extend(entry.members if isinstance(entry, Group) else (entry,))
    return tuple(found)


def _read_tokens(raw: bytes) -> Iterator[_Token]:
    at, blank = 0, False
    while match := _TOKEN.match(raw, at):
        at, kind, text = match.end(), match.lastgroup or "", match[0]
        if kind == "blank":
            blank = True
        elif text == b"(":
            end, closed = _find_comment_end(raw, at)
            yield _Token("comment", unquote(raw[at : end - closed]), blank, not closed)
            at, blank = end, True
        else:
            yield _build_token(kind, text, blank=blank)
            blank = False
    yield _END


def _build_token(kind: str, text: bytes, *, blank: bool) -> _Token:
    if kind == "quoted":
        closed = len(text) > 1 and text.endswith(b'"')
        return _Token(kind, unquote(text[1:-1] if closed else text[1:]), blank, not closed)
    if kind == "literal":
        return _Token(kind, text, blank, not text.endswith(b"]"))
    return _Token("atom" if kind == "word" else kind if kind == "atom" else text.decode("latin-1"), text, blank, False)


def _find_comment_end(raw: bytes, at: int) -> tuple[int, bool]:
    """Where the comment whose content starts at ``at`` ends, and whether it does; an open one takes the rest."""
    depth = 1
    for match in _COMMENT_MARK.finditer(raw, at):
        depth += {b"(": 1, b")": -1}.get(match[0], 0)
        if depth == 0:
            return match.end(), True
    return len(raw), False


@dataclass(slots=True)
class _Entry:
    """One address while it is read."""

    words: list[_Token] = field(default_factory=list)
    comments: list[bytes] = field(default_factory=list)
    doubts: list[str] = field(default_factory=list)

    @property
    def phrase(self) -> bytes:
        """The words with one blank where there were some."""
        return b"".join(b" " * (token.blank and index > 0) + token.text for index, token in enumerate(self.words))

    @property
    def comment(self) -> bytes:
        """The last comment: where old senders put the name (``user@host (Name)``)."""
        return self.comments[-1] if self.comments else b""

    def build(self, name: bytes, local: bytes, domain: bytes, route: bytes = b"") -> Mailbox:
        if not local or not domain:
            self.doubts.append("there is no local part or no domain")
        return Mailbox(name, local, domain, route, "; ".join(dict.fromkeys(self.doubts)))


class _Parser:
    """Walks the tokens once, one token ahead; each method leaves ``_next`` behind what it has read."""

    def __init__(self, raw: bytes) -> None:
        self._tokens = _read_tokens(raw)
        self._next = next(self._tokens)
        self._count = 0

    def _take(self) -> _Token:
        token = self._next
        if token.kind:
            self._next = next(self._tokens)
        return token

    # address-list = (address *("," address)) / obs-addr-list
    def parse_list(self) -> tuple[Mailbox | Group, ...]:
        found: list[Mailbox | Group] = []
        while self._next.kind and self._count < MAX_ADDRESSES:
            entry = self._collect(_Entry())
            if self._next.kind == ":" and entry.words:
                found.append(self._parse_group(entry))
            elif mailbox := self._parse_mailbox(entry):
                found.append(mailbox)
            if self._next.kind in _ENDS:
                self._take()
            self._count += 1
        if self._next.kind:
            found.append(Mailbox(b"", b"", b"", b"", "there are too many addresses"))
        return tuple(found)

    # group = display-name ":" [group-list] ";"
    def _parse_group(self, entry: _Entry) -> Group:
        self._take()
        members: list[Mailbox] = []
        while self._next.kind not in ("", ";") and self._count < MAX_ADDRESSES:
            if mailbox := self._parse_mailbox(self._collect(_Entry())):
                members.append(mailbox)
            if self._next.kind == ",":
                self._take()
            self._count += 1
        if self._take().kind != ";":
            entry.doubts.append("a group is left open")
        if self._next.kind not in ("", ",", "comment"):
            entry.doubts.append("something follows a group")
        return Group(entry.phrase, tuple(members), "; ".join(entry.doubts))

    # mailbox = name-addr / addr-spec; ``entry`` holds the words before "<", "@" or the end.
    def _parse_mailbox(self, entry: _Entry) -> Mailbox | None:
        match self._next.kind:
            case "<":
                return self._parse_angle(entry, entry.phrase)
            case "@":
                return self._parse_bare(entry)
            case "" | "," | ";":
                if not entry.words and not entry.comments:
                    return None  # an empty element: obs-addr-list allows it
            case kind:
                entry.doubts.append(f"{kind!a} stands where it may not")
                self._skip_rest(entry)
        return entry.build(entry.comment if entry.words else b"", entry.phrase, b"")

    # name-addr = [display-name] [CFWS] "<" addr-spec ">" [CFWS]; obs-angle-addr has a route before it
    def _parse_angle(self, entry: _Entry, name: bytes) -> Mailbox:
        self._take()
        route = self._parse_route(entry) if self._next.kind in ("@", ",") else b""
        spec = self._collect(_Entry(doubts=entry.doubts))
        local, domain = self._parse_spec(spec)
        if spec.comments:
            entry.doubts.append("there is a comment inside an address")
        if self._next.kind == ">":
            self._take()
        else:
            entry.doubts.append("an address is not closed by '>'")
        self._skip_rest(entry)
        return entry.build(name or entry.comment, local, domain, route)

    # obs-route = obs-domain-list ":"
    def _parse_route(self, entry: _Entry) -> bytes:
        entry.doubts.append("there is a route")
        pieces: list[bytes] = []
        while self._next.kind in ("@", ",", "atom", ".", "literal", "comment"):
            token = self._take()
            pieces.append(token.text if token.kind != "comment" else b"")
        if self._next.kind == ":":
            self._take()
        return b"".join(pieces)

    # addr-spec = local-part "@" domain, without angle brackets
    def _parse_bare(self, entry: _Entry) -> Mailbox:
        if entry.comments:
            entry.doubts.append("there is a comment inside an address")
        local, domain = self._parse_spec(entry)
        if self._next.kind == "<":
            # "one@a.example <two@b.example>": people read the first, machines the second.
            entry.doubts.append("there are two addresses in one")
            return self._parse_angle(entry, local + b"@" + domain)
        self._skip_rest(entry)
        return entry.build(entry.comment, local, domain)

    def _parse_spec(self, entry: _Entry) -> tuple[bytes, bytes]:
        """Local part and domain; the words before "@" are in ``entry``."""
        words = entry.words
        local = b"".join(token.text for token in words)
        if any(token.blank for token in words[1:]) or (len(words) > 1 and any(t.kind == "quoted" for t in words)):
            entry.doubts.append("the local part is in several pieces")
        if b"=?" in local:
            entry.doubts.append("the local part looks like an encoded word")
        if self._next.kind != "@":
            return local, b""
        domain = [self._take()]
        while self._next.kind in ("atom", ".", "literal", "comment") and not self._starts_anew(domain):
            if self._next.kind != "comment":
                domain.append(self._take())
            elif self._skip_comment(entry, is_inside=domain[-1].kind in ("@", ".")):
                break
        if any(token.blank or token.open for token in domain):
            entry.doubts.append("there are blanks or open brackets inside an address")
        return local, b"".join(token.text for token in domain[1:])

    def _skip_comment(self, entry: _Entry, *, is_inside: bool) -> bool:
        """Of a domain; behind it is where old senders put the name. Whether the domain has ended."""
        comment = self._take()
        if comment.open:
            entry.doubts.append("a quoted string or comment is left open")
        if is_inside or self._next.kind == ".":
            entry.doubts.append("there is a comment inside an address")
            return False
        entry.comments.append(comment.text)
        return True

    def _starts_anew(self, domain: list[_Token]) -> bool:
        """The next atom stands after a blank, and no dot joins it: it is no part of this domain."""
        return self._next.blank and self._next.kind not in (".", "comment") and domain[-1].kind not in (".", "@")

    def _collect(self, entry: _Entry) -> _Entry:
        """Words and comments up to the next mark that means something."""
        while (kind := self._next.kind) in ("atom", "quoted", ".", "comment"):
            token = self._take()
            if kind == "comment":
                entry.comments.append(token.text)
            else:
                entry.words.append(token)
            if token.open:
                entry.doubts.append("a quoted string or comment is left open")
        return entry

    def _skip_rest(self, entry: _Entry) -> None:
        """Up to the end of this address: comments are kept, anything else is in doubt."""
        while self._next.kind not in _ENDS and self._next.kind:
            token = self._take()
            if token.kind != "comment":
                entry.doubts.append("something follows an address")
                continue
            entry.comments.append(token.text)
            if token.open:
                entry.doubts.append("a comment is left open")


def read_author(mailbox: Mailbox) -> tuple[Address | None, str]:
    """The mailbox as an author, and why it must not be taken for one; no reason when nobody can mean another.

    Besides the syntax: a display name with angle brackets, whether quoted or encoded, may show another address to a
    reader that looks for ``<…>`` itself; so may an encoded word with bare specials in it (RFC 2047 §5 (3)).
    """
    address = mailbox.address
    if mailbox.doubt:
        return address, mailbox.doubt
    if address is None:
        return None, "the address is not one that SMTP could carry"
    if _CONTROLS.search(mailbox.name):
        return address, "the display name holds control characters"
    display = mailbox.display
    if "<" in display or ">" in display or _ENCODED_MARKS.search(mailbox.name):
        return address, "the display name may be taken for an address"
    return address, ""
