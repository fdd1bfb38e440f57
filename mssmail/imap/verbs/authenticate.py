"""AUTHENTICATE with PLAIN (RFC 4616) and LOGIN, which was never standardised but is what Outlook and devices speak."""

from mssmail.errors import BadSyntax
from mssmail.imap.replies import Answer, bad, no
from mssmail.imap.session import LineReader, Session
from mssmail.imap.verbs.login import refuse_mechanism, sign_in
from mssmail.imap.wire import commands as c
from mssmail.imap.wire.login_commands import parse_sasl_line
from mssmail.imap.wire.responses import Challenge

_USER_PROMPT = b"Username:"  # the words are part of the protocol: clients compare with them
_PASSWORD_PROMPT = b"Password:"


async def run(session: Session, command: c.Authenticate) -> Answer | None:
    """Begin; the client's first response may have come along (RFC 4959)."""
    refused = await refuse_mechanism(session, command.mechanism)
    if refused is not None:
        return refused
    is_plain = command.mechanism == "PLAIN"
    begin = _end_plain if is_plain else _ask_password
    if command.initial is not None:
        return await begin(session, command.initial)
    await _ask(session, b"" if is_plain else _USER_PROMPT, begin)
    return None


async def _ask(session: Session, challenge: bytes, then: LineReader) -> None:
    """Send a challenge; ``then`` gets the decoded response."""

    async def read(session: Session, line: bytes) -> Answer | None:
        response = parse_sasl_line(line)
        if response is None:
            return bad("Given up")  # RFC 9051 §6.2.2: BAD when the client cancels
        return await then(session, response)

    session.expect_line(read)
    await session.tell(Challenge(challenge))


# message = [authzid] UTF8NUL authcid UTF8NUL passwd
async def _end_plain(session: Session, response: bytes) -> Answer:
    pieces = response.split(b"\0")
    if len(pieces) != 3:
        raise BadSyntax("not a PLAIN response")
    identity, user, password = map(_decode, pieces)
    if identity and identity.casefold() != user.casefold():
        return no("Nobody may sign in for another here", "AUTHORIZATIONFAILED")  # RFC 5530 §3
    return await sign_in(session, user, password, "PLAIN")


async def _ask_password(session: Session, response: bytes) -> None:
    user = _decode(response)

    async def end(session: Session, response: bytes) -> Answer:
        return await sign_in(session, user, _decode(response), "LOGIN")

    await _ask(session, _PASSWORD_PROMPT, end)


def _decode(raw: bytes) -> str:
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError as fault:
        raise BadSyntax("a response that is not UTF-8") from fault
