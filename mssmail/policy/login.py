"""May this sign-in proceed?"""

from collections.abc import Collection

from mssmail.core.decision import Accept, Decision, refuse
from mssmail.core.reply import quote_text
from mssmail.settings import Login

MECHANISMS = ("PLAIN", "LOGIN")


def judge_login(
    mechanism: str,
    *,
    has_tls: bool,
    failures: int,
    max_failures: int,
    offered: Collection[str] = MECHANISMS,
) -> Decision:
    """Answer AUTH (or IMAP's AUTHENTICATE and LOGIN) before a password is looked at.

    ``failures`` are those of this connection so far.
    """
    if failures >= max_failures:
        return refuse("too-many-failures", 421, "4.7.0", "Too many failed sign-ins")
    if mechanism.upper() not in offered:
        text = f"Sign-in by {quote_text(mechanism, 40)} is not offered"
        return refuse("mechanism-not-offered", 504, "5.5.4", text)  # RFC 4954 §4
    if not has_tls:
        text = "Encryption is required for this sign-in: issue STARTTLS first"
        return refuse("tls-required", 538, "5.7.11", text)  # RFC 4954 §6
    return Accept("login-may-proceed")


def judge_attempt(of_account: int, of_address: int, limits: Login, *, is_known: bool) -> Decision:
    """Answer whether a password is looked at, by the failures of late from this network address.

    Those who signed in from there before (``is_known``) are not locked out by what others guess.
    """
    if of_account >= limits.max_failures_per_account:
        return refuse("account-guessed", 454, "4.7.0", "Too many failed sign-ins; try again later")
    if of_address >= limits.max_failures_per_address and not is_known:
        return refuse("address-guesses", 454, "4.7.0", "Too many failed sign-ins; try again later")
    return Accept("attempt-may-proceed")


def judge_account(*, suspended: bool) -> Decision:
    """Answer after the password held: telling of a suspension earlier would tell strangers who has an account."""
    if suspended:
        return refuse("account-suspended", 525, "5.7.13", "This account is suspended")  # RFC 5248 registry
    return Accept("signed-in")
