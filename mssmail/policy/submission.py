"""May this client send this message as it stands?"""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from mssmail.core.account import Account
from mssmail.core.address import Address, ReversePath
from mssmail.core.appearance import Notice
from mssmail.core.decision import Accept, Decision, Refuse, refuse
from mssmail.core.reply import quote_text
from mssmail.core.verdict import Altered, Encrypted, Trusted, Undetermined, Unsigned, Untrusted, Verdict
from mssmail.policy.content import judge_oddity
from mssmail.settings import Domain, SmimeMode

_MAX_CAUSE: Final = 380


def judge_client(reverse_path: ReversePath, account: Account | None, identities: Collection[Address] = ()) -> Decision:
    """Answer MAIL FROM of a client: it writes as itself, for a box it may write for, or from nobody (RFC 8098 §3).

    ``identities`` are the addresses beside its own in whose name the account may write.
    """
    if account is None:
        return refuse("not-signed-in", 530, "5.7.0", "Authentication required")  # RFC 4954 §6
    if account.suspended:
        return refuse("account-suspended", 550, "5.7.1", "This account is suspended")
    if reverse_path is None or reverse_path.key == account.address.key:
        return Accept("own-sender")
    if reverse_path.key in _list_keys(identities):
        return Accept("delegated-sender")
    text = (
        f"You are signed in as {quote_text(str(account.address))} and may not send as {quote_text(str(reverse_path))}"
    )
    return refuse("sender-not-own", 553, "5.7.1", text)


@dataclass(frozen=True, slots=True)
class Writers:
    """Whom the header names. ``authors`` is empty when From is missing or in doubt, ``fault`` says why, in words.

    ``others`` are the addresses of Sender, Resent-From and Resent-Sender; None when one of them is in doubt.
    """

    authors: tuple[Address, ...]
    others: tuple[Address, ...] | None = ()
    fault: str = ""


def judge_author(writers: Writers, login: Address, identities: Collection[Address] = ()) -> Decision:
    """Answer, at the end of DATA, whether everybody the header names may write so (RFC 6409 §6.1).

    Sender may name the person behind a team's message (RFC 5322 §3.6.2); we never add one: who it was, the journal
    tells. Another's message is not sent anew under its author's name: it is forwarded in a message of one's own.
    """
    if not writers.authors or writers.fault:
        why = quote_text(writers.fault or "there is no From field", 200)
        return refuse("no-author", 550, "5.6.0", f"From must name one valid address: {why}")
    if writers.others is None:
        text = "A Sender, Resent-From or Resent-Sender field has no valid address"
        return refuse("sender-in-doubt", 550, "5.6.0", text)
    own = {login.key, *_list_keys(identities)}
    other = next((each for each in (*writers.authors, *writers.others) if each.key not in own), None)
    if other is not None:
        text = f"The message is said to be from {quote_text(str(other), 150)}; you may write as"
        return refuse("author-not-own", 550, "5.7.1", f"{text} {_describe_names(login, identities)}")
    if len({each.key for each in writers.authors}) > 1:  # as every peer would: a reader must see who was checked
        return refuse("several-authors", 550, "5.7.1", f"From names {len(writers.authors)} authors; one is allowed")
    return Accept("own-author" if writers.authors[0].key == login.key else "delegated-author")


def _list_keys(identities: Collection[Address]) -> set[str]:
    return {each.key for each in identities}


def _describe_names(login: Address, identities: Collection[Address]) -> str:
    names = [quote_text(str(each), 100) for each in (login, *identities)][:3]
    more = len(identities) + 1 - len(names)
    return " or ".join(names) + (f" and {more} more" if more else "")


@dataclass(frozen=True, slots=True)
class Destination:
    """Who gets it: our own domains among the recipients', and whether we were to see to a signature."""

    domains: tuple[Domain, ...]
    wants_signature: bool
    is_receipt: bool = False  # a person's receipt from the null sender: peers take it unsigned too (policy.content)


def judge_submission(verdict: Verdict, destination: Destination) -> Decision:
    """Answer the end of DATA of a client, once the message is as it will go out, signed by us or by the client.

    What every peer would refuse is refused here, where its author still sits in front of it.
    """
    checking = [domain for domain in destination.domains if domain.smime is not SmimeMode.OFF]
    demanding = [domain for domain in checking if domain.smime is SmimeMode.REQUIRE]
    is_strict = destination.wants_signature or bool(demanding)
    match verdict.summary:
        case Trusted():
            return Accept("trusted")
        case Altered(cause):
            return refuse("altered", 550, "5.7.7", f"Signature does not match the content: {_quote(cause)}")
        case Undetermined(cause):
            return _judge_doubt(cause, is_local=bool(checking))
        case Unsigned() if destination.is_receipt:
            return Accept("receipt")
        case Untrusted(cause) if is_strict:
            return refuse("untrusted", 550, "5.7.1", f"Signature is not trusted: {_quote(cause)}")
        case Unsigned() if is_strict:
            return refuse("unsigned", 550, "5.7.1", "Message must be signed (S/MIME)")
        case Encrypted() if not all(domain.accept_encrypted for domain in demanding):
            return refuse("encrypted", 550, "5.7.1", "Encrypted message must be signed outside the encryption (S/MIME)")
        case _:
            return Accept("not-asked")


def weigh_submission(
    verdict: Verdict, destination: Destination, notices: Iterable[Notice] = ()
) -> Iterator[Decision | None]:
    """The same question, rule by rule, for ``policy.shadow.settle``: what a peer would find odd comes first."""
    yield from map(judge_oddity, notices)
    yield judge_submission(verdict, destination)
    yield Accept("not-asked")


def _judge_doubt(cause: str, *, is_local: bool) -> Accept | Refuse:
    """Our doubt. Peers check for themselves; our own recipients rely on us."""
    if is_local:
        return refuse("undetermined", 451, "4.7.5", f"Signature cannot be checked now: {_quote(cause)}")
    return Accept("left-to-peers")


def _quote(cause: str) -> str:
    return quote_text(cause, _MAX_CAUSE)
