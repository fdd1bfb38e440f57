"""Does the content of a message pass? The end of DATA for mail from peers, and ``mssmail message verify``."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from mssmail.core.address import Address, ReversePath
from mssmail.core.appearance import Notice, Oddity
from mssmail.core.decision import Accept, Decision, Refuse, refuse
from mssmail.core.names import DistinguishedName
from mssmail.core.reply import quote_text
from mssmail.core.verdict import Altered, Encrypted, Trusted, Undetermined, Unsigned, Untrusted, Verdict
from mssmail.core.whitelist import WhiteList
from mssmail.policy.shadow import settle
from mssmail.settings import SmimeMode

# What a null sender may send unsigned: delivery reports (RFC 3464) and receipts (RFC 8098).
_REPORT_TYPES: Final = frozenset({"delivery-status", "disposition-notification"})
_MAX_CAUSE: Final = 380

# What is done about each oddity: refused with this status, or taken and told (None). Refused is what lets a reader see
# another author, or other words, than those that were checked; taken is what only a careless program could mistake.
_RULINGS: Final[Mapping[Oddity, str | None]] = {
    Oddity.SEVERAL_FROM_FIELDS: "5.6.0",  # RFC 5322 §3.6 wants one; programs show the first or the last
    Oddity.HEADER_LOOK_ALIKE: "5.6.0",
    Oddity.HEADER_CONTROLS: "5.6.0",
    Oddity.NAME_IMITATES: "5.7.1",
    Oddity.NAME_HIDES: "5.7.1",
    Oddity.AUTHOR_IN_DOUBT: "5.6.0",
    Oddity.SENDER_IN_DOUBT: "5.6.0",  # some programs show "Sender on behalf of From"
    Oddity.SENDER_DIFFERS: None,  # lawful (RFC 5322 §3.6.2): see _refuse_foreign_sender
    Oddity.FIELD_REPEATED: None,
    Oddity.PROTECTED_AUTHOR_DIFFERS: "5.7.7",
    Oddity.PROTECTED_FIELD_DIFFERS: "5.7.7",
    Oddity.FIELD_UNPROTECTED: None,  # some programs protect the subject only
    Oddity.MESSAGE_INSIDE: None,  # a message signed and passed on; readers show it as an attachment
    Oddity.TEXT_BEFORE: None,  # RFC 2046 §5.1.1 has no reader show it; more than a short notice breaks the signature
    Oddity.SIGNED_IN_PART: None,  # the message as a whole is unsigned, and judged so
    Oddity.SIGNED_WITHIN: None,  # the outermost signature decides
}
# Whoever asks for no examination is not told what a signature covers.
_OF_SIGNATURES: Final = frozenset((Oddity.PROTECTED_AUTHOR_DIFFERS, Oddity.PROTECTED_FIELD_DIFFERS))


@dataclass(frozen=True, slots=True)
class ContentFacts:
    """Everything the decision sees.

    ``authors`` are all addresses of all From fields; ``peer`` is the name in the certificate of the server that hands
    the message over; ``report_type`` is that of a top-level multipart/report. ``sender`` is the Sender field's address,
    ``notices`` tell where the message may show something else than what was checked.
    """

    verdict: Verdict
    authors: tuple[Address, ...]
    reverse_path: ReversePath = None
    report_type: str = ""
    peer: DistinguishedName | None = None
    white_list: WhiteList | None = None
    sender: Address | None = None
    notices: tuple[Notice, ...] = ()


def judge_content(
    facts: ContentFacts, mode: SmimeMode, *, accept_encrypted: bool = False, ask_white_list: bool = True
) -> Decision:
    """Answer the end of DATA: take the message, refuse it, or ask for it again later.

    Only doubt on *our* side earns a 4xx (RFC 3463 §3.8): a retry cannot mend somebody's bad message.
    ``ask_white_list`` is off only where no trust space is at hand, for ``message verify``.
    """
    series = weigh_content(facts, mode, accept_encrypted=accept_encrypted, ask_white_list=ask_white_list)
    return settle(series).decision


def weigh_content(
    facts: ContentFacts, mode: SmimeMode, *, accept_encrypted: bool = False, ask_white_list: bool = True
) -> Iterator[Decision | None]:
    """The same question, rule by rule, for ``policy.shadow.settle``."""
    yield _refuse_broken_signature(facts.verdict, mode)
    yield from _refuse_oddities(facts, mode)
    yield _refuse_author(facts)
    if ask_white_list:
        yield _refuse_unlisted_author(facts)
        yield _accept_report(facts, mode)
    yield _refuse_missing_trust(facts.verdict, mode, accept_encrypted=accept_encrypted)
    if ask_white_list:
        yield _refuse_unvouched_author(facts, mode)
        yield _refuse_foreign_sender(facts)
    yield Accept(_name_rule(facts.verdict, mode))


def _refuse_broken_signature(verdict: Verdict, mode: SmimeMode) -> Refuse | None:
    if mode is SmimeMode.OFF:  # not examined
        return None
    match verdict.summary:
        case Altered(cause):
            return refuse("altered", 550, "5.7.7", f"Signature does not match the content: {_quote(cause)}")
        case Undetermined(cause):  # a stale CRL is our fault, not theirs
            return refuse("undetermined", 451, "4.7.5", f"Signature cannot be checked now: {_quote(cause)}")
        case _:
            return None


def judge_oddity(notice: Notice) -> Refuse | None:
    """What is done about one oddity, whatever else the message is: refused, or None when it is only told."""
    status = _RULINGS[notice.oddity]
    return None if status is None else refuse(notice.oddity.value, 550, status, _capitalise(_quote(notice.reason)))


def _refuse_oddities(facts: ContentFacts, mode: SmimeMode) -> Iterator[Refuse | None]:
    asked = (n for n in facts.notices if mode is not SmimeMode.OFF or n.oddity not in _OF_SIGNATURES)
    return map(judge_oddity, asked)


def _refuse_author(facts: ContentFacts) -> Refuse | None:
    """One author, because what a reader sees as *the* sender must be the one that was checked."""
    if not facts.authors:
        return refuse("no-author", 550, "5.6.0", "The message has no From field with a valid address")
    if len(facts.authors) > 1:
        return refuse("several-authors", 550, "5.7.1", f"From names {len(facts.authors)} authors; one is allowed")
    return None


def _refuse_unlisted_author(facts: ContentFacts) -> Refuse | None:
    if facts.white_list is None:
        return refuse("white-list-stale", 451, "4.7.5", "The white list here is not up to date; try again later")
    domain = facts.authors[0].domain
    if not facts.white_list.has_domain(domain):
        text = f"The From domain {quote_text(domain, 120)} is not on the white list"
        return refuse("author-domain-not-listed", 550, "5.7.1", text)
    return None


def _accept_report(facts: ContentFacts, mode: SmimeMode) -> Accept | None:
    """A report from the null sender may be unsigned when the peer speaks for its author (RFC 5321 §4.5.5)."""
    if facts.reverse_path is not None or facts.report_type not in _REPORT_TYPES or not _may_peer_speak(facts):
        return None
    is_unsigned = mode is SmimeMode.OFF or isinstance(facts.verdict.summary, Unsigned)
    return Accept("report") if is_unsigned else None


def _refuse_missing_trust(verdict: Verdict, mode: SmimeMode, *, accept_encrypted: bool) -> Refuse | None:
    if mode is not SmimeMode.REQUIRE:
        return None
    match verdict.summary:
        case Unsigned():
            return refuse("unsigned", 550, "5.7.1", "Message must be signed (S/MIME)")
        case Encrypted() if not accept_encrypted:
            return refuse("encrypted", 550, "5.7.1", "Encrypted message must be signed outside the encryption (S/MIME)")
        case Untrusted(cause):
            return refuse("untrusted", 550, "5.7.1", f"Signature is not trusted: {_quote(cause)}")
        case _:
            return None


def _refuse_unvouched_author(facts: ContentFacts, mode: SmimeMode) -> Refuse | None:
    """Without a trusted signature only the peer vouches for From: it must be listed for the author's domain."""
    is_trusted = mode is not SmimeMode.OFF and isinstance(facts.verdict.summary, Trusted)
    if is_trusted or _may_peer_speak(facts):
        return None
    shown = quote_text(facts.authors[0].domain, 120)
    text = f"The From domain {shown} is not listed for your certificate, and no trusted signature vouches for it"
    return refuse("author-not-listed-for-peer", 550, "5.7.1", text)


def _refuse_foreign_sender(facts: ContentFacts) -> Refuse | None:
    """Nothing signs Sender: it is of the author's own domain, or one the peer speaks for (a distribution list's)."""
    sender = facts.sender
    if sender is None or sender.domain == facts.authors[0].domain or _may_peer_speak(facts, sender):
        return None
    shown = quote_text(sender.domain, 120)
    text = f"The Sender domain {shown} is neither the author's nor listed for your certificate"
    return refuse("sender-field-not-listed-for-peer", 550, "5.7.1", text)


def _may_peer_speak(facts: ContentFacts, speaker: Address | None = None) -> bool:
    if facts.white_list is None or facts.peer is None:
        return False
    return facts.white_list.may_speak(facts.peer, (speaker or facts.authors[0]).domain)


def _name_rule(verdict: Verdict, mode: SmimeMode) -> str:
    return "not-examined" if mode is SmimeMode.OFF else type(verdict.summary).__name__.lower()


def _capitalise(text: str) -> str:
    return text[:1].upper() + text[1:]


def _quote(cause: str) -> str:
    return quote_text(cause, _MAX_CAUSE)
