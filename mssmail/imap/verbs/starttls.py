"""STARTTLS (RFC 9051 §6.2.1). What the client sent after it in the clear is thrown away, unread."""

from mssmail.imap.replies import Answer, bad, ok
from mssmail.imap.session import Session
from mssmail.imap.wire import commands as c


async def run(session: Session, _: c.StartTls) -> Answer:
    """Agree; the server begins TLS once the answer is out."""
    if session.peer.tls is not None:
        return bad("TLS is active already", "CLIENTBUG")
    if not session.terms.offers_tls:
        return bad("STARTTLS is not offered here")
    session.wants_tls = True
    return ok("Begin TLS now")
