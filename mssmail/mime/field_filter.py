"""Header fields by name out of a header that comes in pieces: one of thirty megabytes is never held whole."""

import re

from mssmail.mime.fields import find_fields

_NEXT_FIELD = re.compile(rb"\n(?=[^ \t])")
MOST_HELD = 65_536  # octets of one field; of what is longer only its name is looked at


class FieldFilter:
    """What ``filter_fields`` gives, piece by piece: the fields of these lower-case names, or all others."""

    def __init__(self, names: frozenset[bytes], *, exclude: bool) -> None:
        self._names, self._exclude = names, exclude
        self._held = b""  # the beginning of a field, or the line end that may end a long one
        self._keeps_long: bool | None = None  # within a field too long to be held: it is one of those wanted
        self._has_ended = False  # the blank line has come
        self._last = b"\n"  # octet given

    def feed(self, data: bytes) -> bytes:
        """What can be told of the fields so far."""
        if self._has_ended:
            return b""
        data = self._held + data
        self._held = b""
        given = b""
        if self._keeps_long is not None:
            given, data = self._pass_long(data)
        start = max((found.end() for found in _NEXT_FIELD.finditer(data)), default=0)
        whole, self._held = data[:start], data[start:]
        given += self._pick(whole)
        if len(self._held) > MOST_HELD and not self._has_ended:
            self._keeps_long = bool(find_fields(self._held[:MOST_HELD], self._names, exclude=self._exclude)[0])
            beginning, self._held = self._held, b""
            more, self._held = self._pass_long(beginning)
            given += more
        return self._note(given)

    def finish(self) -> bytes:
        """The rest, and the blank line (RFC 9051 §6.4.5)."""
        rest = self._held if self._keeps_long else b""
        given = self._note(rest if self._keeps_long is not None else self._pick(self._held))
        return given + (b"\r\n" if self._last == b"\n" else b"\r\n\r\n")

    def _pass_long(self, data: bytes) -> tuple[bytes, bytes]:
        """What is given of the long field, and what is left to be looked at."""
        end = _NEXT_FIELD.search(data)
        if end is not None:
            keeps, self._keeps_long = self._keeps_long, None
            return (data[: end.end()] if keeps else b""), data[end.end() :]
        cut = len(data) - data.endswith(b"\n")  # the next octet says whether it goes on
        return (data[:cut] if self._keeps_long else b""), data[cut:]

    def _pick(self, fields: bytes) -> bytes:
        if self._has_ended:
            return b""
        kept, self._has_ended = find_fields(fields, self._names, exclude=self._exclude)
        return kept

    def _note(self, given: bytes) -> bytes:
        self._last = given[-1:] or self._last
        return given
