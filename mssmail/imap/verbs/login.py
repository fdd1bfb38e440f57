"""LOGIN, and what every way of signing in ends with (RFC 9051 §6.2.3)."""

import logging

from mssmail.core.decision import Refuse
from mssmail.errors import BadCredentials, TooManyFailures
from mssmail.imap.replies import Answer, bye, no, ok
from mssmail.imap.session import Session
from mssmail.imap.verbs.capability import list_capabilities
from mssmail.imap.wire import commands as c
from mssmail.imap.wire.frames import build_limits
from mssmail.imap.wire.response_codes import build_capability
from mssmail.policy.login import judge_login

_REFUSALS = {  # policy.login's rules in IMAP's words
    "tls-required": no("Encryption is required first: issue STARTTLS", "PRIVACYREQUIRED"),
    "mechanism-not-offered": no("This way of signing in is not offered", "CANNOT"),
    "too-many-failures": no("Too many failed sign-ins", "CONTACTADMIN"),
}


async def run(session: Session, command: c.Login) -> Answer:
    """LOGIN."""
    return await refuse_mechanism(session, "LOGIN") or await sign_in(session, command.user, command.password, "LOGIN")


async def refuse_mechanism(session: Session, mechanism: str) -> Answer | None:
    """The answer when policy will not even look at a password; else None."""
    decision = judge_login(
        mechanism,
        has_tls=session.peer.tls is not None,
        failures=session.failures,
        max_failures=session.terms.max_failures,
    )
    if not isinstance(decision, Refuse):
        return None
    session.note("sign-in refused", level=logging.WARNING, mechanism=mechanism[:40], rule=decision.rule)
    return _REFUSALS[decision.rule]


async def sign_in(session: Session, user: str, password: str, mechanism: str) -> Answer:
    """Ask the store; a failure costs time, and too many the connection."""
    try:
        account = await session.store.login(user, password, session.peer, mechanism, trace_id=session.trace_id)
    except (BadCredentials, TooManyFailures) as fault:
        return await _fail(session, mechanism, fault)
    if not session.terms.admits(account):
        session.note("too many connections to the account", level=logging.WARNING, refused=str(account.address))
        return no("Too many connections to this account", "LIMIT")  # RFC 5530 §3
    session.account = account
    session.hide()
    session.framer.limits = build_limits(session.terms.max_literal_bytes)
    session.note("signed in", mechanism=mechanism)
    return ok("Signed in", build_capability(list_capabilities(session)))


async def _fail(session: Session, mechanism: str, fault: BadCredentials | TooManyFailures) -> Answer:
    session.failures += 1
    session.note("sign-in failed", level=logging.WARNING, mechanism=mechanism, failures=session.failures)
    await session.outlet.pause(session.terms.failure_delay_seconds)
    if session.failures >= session.terms.max_failures:
        await session.tell(bye("Too many failed sign-ins"))
        session.close()
    raise fault
