"""ENABLE: extensions that change what we may say (RFC 5161), and which version of the protocol (RFC 9051)."""

from dataclasses import replace

from mssmail.imap.replies import Answer, ok
from mssmail.imap.session import Session
from mssmail.imap.wire import commands as c
from mssmail.imap.wire.responses import Enabled
from mssmail.policy.hiding import is_hidden


async def run(session: Session, command: c.Enable) -> Answer:
    """Unknown names, and what was enabled before, are left out of the answer (RFC 5161 §3.1)."""
    before = session.dialect
    wanted = {name for name in command.capabilities if not is_hidden(name, session.hidden)}
    news: list[str] = []
    if "CONDSTORE" in wanted and not before.has_modseq:
        news.append("CONDSTORE")
    if "QRESYNC" in wanted and not before.has_vanished:
        news.append("QRESYNC")
        session.dialect = replace(session.dialect, has_vanished=True)
    if "UTF8=ACCEPT" in wanted and not before.has_utf8_accept:
        news.append("UTF8=ACCEPT")
        session.dialect = replace(session.dialect, has_utf8=True, has_utf8_accept=True)
    if "IMAP4REV2" in wanted and not before.has_rev2:
        news.append("IMAP4rev2")
        _speak_rev2(session)
    await session.tell(Enabled(tuple(news)))
    if wanted & {"CONDSTORE", "QRESYNC"}:  # QRESYNC brings CONDSTORE with it (RFC 7162 §3.2.3)
        await session.count_by_modseq()
    return ok("ENABLE completed")


def _speak_rev2(session: Session) -> None:
    r"""RFC 9051, Appendix E: names in UTF-8, ESEARCH for SEARCH, and no \Recent any more."""
    session.dialect = replace(session.dialect, has_rev2=True, has_utf8=True, has_esearch=True, has_recent=False)
    if session.view is not None:
        session.view.has_recent = False
