"""Read a frame from left to right: ``try_`` is content with something else, ``expect_`` raises BadSyntax.

A command's grammar then reads nearly like its ABNF. Values are octets; who asks decides what they mean.
"""

import re
from collections.abc import Callable
from typing import TypeVar

from mssmail.errors import BadSyntax
from mssmail.imap.wire import octets
from mssmail.imap.wire.frames import PLACE, Frame, Literal

T = TypeVar("T")

_NUMBER = re.compile(rb"[0-9]++")
_NIL = re.compile(rb"NIL(?![^() ])", re.IGNORECASE)
MAX_NUMBER = 2**32 - 1
MAX_NUMBER64 = 2**63 - 1
_MAX_DIGITS = 20


class Cursor:
    """A place in a frame. ``utf8``: the client enabled UTF8=ACCEPT or IMAP4rev2, and writes names in UTF-8."""

    __slots__ = ("_literals", "_next_literal", "_place", "_text", "utf8")

    def __init__(self, frame: Frame, *, utf8: bool = False) -> None:
        self._text = frame.text
        self._literals = frame.literals
        self._place = 0
        self._next_literal = 0
        self.utf8 = utf8

    def try_match(self, pattern: re.Pattern[bytes]) -> re.Match[bytes] | None:
        """What the pattern finds here, passed over."""
        found = pattern.match(self._text, self._place)
        if found is not None:
            self._place = found.end()
        return found

    def expect_match(self, pattern: re.Pattern[bytes], what: str) -> bytes:
        """The octets that match here."""
        found = self.try_match(pattern)
        if found is None:
            raise BadSyntax(f"expected {what}")
        return found[0]

    def try_text(self, text: bytes) -> bool:
        """Pass over exactly this text (no letters: it is compared as it is)."""
        if not self._text.startswith(text, self._place):
            return False
        self._place += len(text)
        return True

    def expect_text(self, text: bytes) -> None:
        """Pass over exactly this text."""
        if not self.try_text(text):
            raise BadSyntax(f"expected {text.decode('ascii')!r}")

    def expect_space(self) -> None:
        """SP: one, not several (RFC 9051 §9, note 2)."""
        if not self.try_text(b" "):
            raise BadSyntax("expected a space")

    def expect_end(self) -> None:
        """The end of the command."""
        if self._place != len(self._text):
            raise BadSyntax("something follows the end of the command")

    def is_at(self, text: bytes) -> bool:
        """This text stands here; nothing is passed over."""
        return self._text.startswith(text, self._place)

    # atom = 1*ATOM-CHAR
    def expect_atom(self, what: str = "an atom") -> str:
        """An atom as written."""
        return self.expect_match(octets.ATOM, what).decode("ascii")

    def expect_keyword(self, what: str) -> str:
        """An atom in capitals, where the grammar names it without regard to case."""
        return self.expect_atom(what).upper()

    # number = 1*DIGIT; (0 <= n < 4,294,967,296)
    # number64 = 1*DIGIT; (0 <= n <= 9,223,372,036,854,775,807)
    def expect_number(self, largest: int = MAX_NUMBER) -> int:
        """A number within its bounds."""
        digits = self.expect_match(_NUMBER, "a number")
        number = int(digits) if len(digits) <= _MAX_DIGITS else largest + 1
        if number > largest:
            raise BadSyntax("the number is too large")
        return number

    # nz-number = digit-nz *DIGIT
    def expect_nz_number(self, largest: int = MAX_NUMBER) -> int:
        """A number that is not zero and does not begin with one."""
        if self.is_at(b"0"):
            raise BadSyntax("expected a number that is not zero")
        return self.expect_number(largest)

    # literal = "{" number64 ["+"] "}" CRLF *CHAR8
    def try_literal(self) -> Literal | None:
        """The literal that stands here."""
        if not self.try_text(PLACE):
            return None
        self._next_literal += 1
        return self._literals[self._next_literal - 1]

    # quoted = DQUOTE *QUOTED-CHAR DQUOTE
    def try_quoted(self) -> bytes | None:
        """What stands between the quotes, which is UTF-8; raises BadSyntax.

        Whoever announces IMAP4rev2 takes it at any time (RFC 9051 §4.3.1), though RFC 3501 had it only in literals:
        passwords with an accent come before anything could be enabled.
        """
        found = self.try_match(octets.QUOTED)
        if found is None:
            return None
        content = found[1]
        if not content.isascii():
            decode_text(content)  # RFC 6855 §3: BAD for what is not UTF-8, whatever it is read for
        return octets.QUOTED_PAIR.sub(rb"\1", content) if b"\\" in content else content

    # string = quoted / literal
    def try_string(self) -> bytes | None:
        """A string's octets; no NUL, also in literals (CHAR8 = %x01-ff)."""
        quoted = self.try_quoted()
        if quoted is not None:
            return quoted
        literal = self.try_literal()
        if literal is None:
            return None
        if literal.binary or b"\0" in literal.data:
            raise BadSyntax("this string cannot be binary")
        return literal.data

    def expect_string(self, what: str = "a string") -> bytes:
        """A string's octets."""
        value = self.try_string()
        if value is None:
            raise BadSyntax(f"expected {what}")
        return value

    # nil = "NIL"
    def try_nil(self) -> bool:
        """NIL as a word of its own."""
        return self.try_match(_NIL) is not None

    # nstring = string / nil
    def expect_nstring(self) -> bytes | None:
        """A string's octets, None for NIL."""
        return None if self.try_nil() else self.expect_string("a string or NIL")

    # astring = 1*ASTRING-CHAR / string
    def expect_astring(self, what: str = "a string or atom") -> bytes:
        """A string's octets, or an atom's."""
        atom = self.try_match(octets.ASTRING_ATOM)
        return atom[0] if atom is not None else self.expect_string(what)

    def expect_text_astring(self, what: str = "a string or atom") -> str:
        """An astring read as UTF-8."""
        return decode_text(self.expect_astring(what))

    def expect_list(self, read: Callable[[], T]) -> tuple[T, ...]:
        """``"(" item *(SP item) ")"``: at least one item."""
        self.expect_text(b"(")
        items = [read()]
        while self.try_text(b" "):
            items.append(read())
        self.expect_text(b")")
        return tuple(items)


def decode_text(raw: bytes) -> str:
    """UTF-8 as text; raises BadSyntax."""
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError as fault:
        raise BadSyntax("the string is not UTF-8") from fault
