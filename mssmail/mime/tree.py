"""The tree that ``parts.scan`` makes: each part with the spans of its header and body in the message."""

from collections.abc import Iterator
from dataclasses import dataclass

from mssmail.core.message import Span

Params = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Part:
    """A message or body part. Words that MIME compares without regard to case are lower-case here.

    A ``multipart`` without children is one in which no part was found, or that lies beyond our limits: it is served as
    a leaf. The same holds for a message/rfc822 without children.
    """

    header: Span  # with the blank line that ends it, when there is one
    body: Span
    type: str = "text"
    subtype: str = "plain"
    params: Params = ()  # names lower-case; values decoded (RFC 2231)
    encoding: str = "7bit"  # Content-Transfer-Encoding
    disposition: str = ""
    disposition_params: Params = ()
    content_id: str = ""
    description: str = ""  # as written: encoded words still encoded
    language: tuple[str, ...] = ()
    location: str = ""
    md5: str = ""
    children: tuple["Part", ...] = ()
    lines: int = 0  # line ends in the body
    faults: tuple[str, ...] = ()  # of the root: what is wrong with the whole message, in words

    @property
    def span(self) -> Span:
        """The whole part, header and body: what a signature over it covers (RFC 1847 §2.1)."""
        return Span(self.header.start, self.body.end)

    @property
    def is_multipart(self) -> bool:
        """Its children are parts."""
        return self.type == "multipart" and bool(self.children)

    @property
    def is_message(self) -> bool:
        """Its one child is the message it encloses."""
        return self.type == "message" and bool(self.children)

    def find_param(self, name: str) -> str | None:
        """The value of a Content-Type parameter."""
        return next((value for key, value in self.params if key == name), None)

    def find_disposition_param(self, name: str) -> str | None:
        """The value of a Content-Disposition parameter."""
        return next((value for key, value in self.disposition_params if key == name), None)

    @property
    def file_name(self) -> str | None:
        """The name the sender gave it as a file (RFC 2183 §2.3; older senders use Content-Type's ``name``)."""
        return self.find_disposition_param("filename") or self.find_param("name")


def walk(root: Part) -> Iterator[Part]:
    """The part and all below it, in the order of the bytes."""
    waiting = [root]
    while waiting:
        part = waiting.pop()
        yield part
        waiting.extend(reversed(part.children))
