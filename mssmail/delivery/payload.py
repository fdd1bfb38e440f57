"""The message as it goes over the wire: refused or unchanged, dots stuffed (RFC 5321 §4.5.2), in pieces."""

from collections.abc import Iterable

from mssmail.core.address import Address
from mssmail.core.parameters import NO_PARAMETERS
from mssmail.core.reply import Reply
from mssmail.delivery.events import Capabilities, Transaction
from mssmail.mime.parts import scan
from mssmail.mime.tree import walk

_CHUNK_BYTES = 64 * 1024


def judge_transaction(transaction: Transaction, capabilities: Capabilities) -> Reply | None:
    """The refusal, in our own words, of a message that this peer cannot be given unchanged; None: it can."""
    data, limit = transaction.data, capabilities.max_bytes
    breaks = data.count(b"\r\n")
    if breaks != data.count(b"\r") or breaks != data.count(b"\n") or b"\0" in data:
        # What another server would make of them is anybody's guess, and the stuff of smuggled messages.
        return Reply(550, "5.6.0", "The message has bare CR or LF, or NUL, and cannot be sent")
    if data and not data.endswith(b"\r\n") and not capabilities.has("CHUNKING"):
        return Reply(550, "5.6.0", "The message does not end with a line end and cannot be sent unchanged")
    if limit is not None and len(data) > limit:
        return Reply(552, "5.3.4", f"The message has {len(data)} octets, the server of the recipient takes {limit}")
    if not data.isascii() and not capabilities.has("8BITMIME"):
        # RFC 6152 §3 would have us convert or return it; converting would break the signature.
        return Reply(554, "5.6.3", "The message has 8-bit content, which the server of the recipient does not take")
    return _judge_tls(transaction, capabilities) or _judge_utf8(transaction, capabilities)


def judge_recipient(recipient: Address, capabilities: Capabilities) -> Reply | None:
    """The refusal of one recipient whom this peer cannot be told of; None: it can."""
    if recipient.is_ascii or capabilities.has("SMTPUTF8"):
        return None
    text = "The server of the recipient takes no international addresses (SMTPUTF8)"
    return Reply(550, "5.6.7", text)  # RFC 6531 §3.5


def _judge_tls(transaction: Transaction, capabilities: Capabilities) -> Reply | None:
    """RFC 8689 §4.2.1; a report goes on all the same, or nobody would ever hear of the failure (RFC 8689 §5)."""
    is_bound = transaction.parameters.requires_tls and transaction.reverse_path is not None
    if not is_bound or capabilities.has("REQUIRETLS"):
        return None
    return Reply(550, "5.7.30", "REQUIRETLS support required, and the server of the recipient has none")


def _judge_utf8(transaction: Transaction, capabilities: Capabilities) -> Reply | None:
    if capabilities.has("SMTPUTF8"):
        return None
    if transaction.reverse_path is not None and not transaction.reverse_path.is_ascii:
        return Reply(550, "5.6.7", "The server of the recipient takes no international senders (SMTPUTF8)")
    if transaction.parameters.is_utf8 and has_international_header(transaction.data):
        # RFC 6531 §3.5; rewriting the header would be somebody else's message.
        return Reply(550, "5.6.9", "The server of the recipient takes no international headers (SMTPUTF8)")
    return None


def has_international_header(data: bytes) -> bool:
    """A header field of the message or of one of its parts is not ASCII (RFC 6532 §3)."""
    return not data.isascii() and any(not part.header.cut(data).isascii() for part in walk(scan(data)))


def encode_mail(transaction: Transaction, capabilities: Capabilities) -> str:
    """The MAIL command for this peer, with the parameters it announced."""
    parameters = transaction.parameters
    words = [f"MAIL FROM:<{transaction.reverse_path or ''}>"]
    if capabilities.has("SIZE"):
        words.append(f"SIZE={len(transaction.data)}")
    if capabilities.has("8BITMIME") and not transaction.data.isascii():
        words.append("BODY=8BITMIME")
    if capabilities.has("DSN"):  # RFC 3461 §5.2.1: as it came; §5.2.2: and else not at all
        words += [f"{name}={value}" for name, value in (("RET", parameters.ret), ("ENVID", parameters.envid)) if value]
    if _is_international(transaction, capabilities):
        words.append("SMTPUTF8")
    if parameters.requires_tls and capabilities.has("REQUIRETLS"):
        words.append("REQUIRETLS")
    return " ".join(words)


def encode_recipient(recipient: Address, transaction: Transaction, capabilities: Capabilities) -> str:
    """The RCPT command for this peer, with the parameters it announced."""
    parameters = transaction.asked.get(recipient, NO_PARAMETERS) if capabilities.has("DSN") else NO_PARAMETERS
    if not _is_international(transaction, capabilities):
        parameters = parameters.to_ascii()
    return " ".join(word for word in (f"RCPT TO:<{recipient}>", parameters.encode()) if word)


def _is_international(transaction: Transaction, capabilities: Capabilities) -> bool:
    """SMTPUTF8 is said: the author said it, or an address needs it."""
    addresses = (*transaction.recipients, *([transaction.reverse_path] if transaction.reverse_path else []))
    needs = transaction.parameters.is_utf8 or not all(address.is_ascii for address in addresses)
    return needs and capabilities.has("SMTPUTF8")


def stuff_dots(data: bytes) -> bytes:
    """The message as DATA carries it (RFC 5321 §4.5.2), with the line that ends it."""
    stuffed = data.replace(b"\r\n.", b"\r\n..")
    return b"".join((b"." if data.startswith(b".") else b"", stuffed, b".\r\n"))


def cut_data(data: bytes) -> Iterable[memoryview]:
    """The pieces in which it is written, none of them a copy."""
    view = memoryview(data)
    return (view[start : start + _CHUNK_BYTES] for start in range(0, len(view), _CHUNK_BYTES))
