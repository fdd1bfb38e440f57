"""Name constraints of a path, RFC 5280 §4.2.1.10: which names a CA may certify.

Permitted subtrees narrow from CA to CA (a name must lie in one of each CA's subtrees of its form); excluded ones add
up. E-mail addresses are one form wherever they stand: rfc822Name, SmtpUTF8Mailbox (RFC 9598 §6), or emailAddress in
the subject. A form that a constraint names and that cannot be compared here is refused.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network
from typing import Final, TypeAlias
from urllib.parse import urlsplit

from cryptography import x509

from mssmail.trust.certificate import describe_name, escape_text, fold_name, read_every_email
from mssmail.trust.link import Link

NameRule: TypeAlias = x509.NameConstraints

# Names times subtrees: beyond this nobody compares, and the certificate is refused.
_MAX_COMPARISONS: Final = 1 << 16


@dataclass(frozen=True, slots=True)
class _Email:
    """An address of the certificate, wherever it stood."""

    value: str


_Name: TypeAlias = x509.GeneralName | _Email


def find_forbidden_name(link: Link, constraints: Sequence[NameRule]) -> str:
    """The first name of the certificate that the constraints of the CAs above it forbid, in words; or empty."""
    if not constraints:
        return ""
    names = list(_iterate_names(link))
    subtrees = sum(len(rule.permitted_subtrees or ()) + len(rule.excluded_subtrees or ()) for rule in constraints)
    if len(names) * subtrees > _MAX_COMPARISONS:
        return f"(one of {len(names)}, too many to compare with {subtrees} subtrees)"
    for name in names:
        if not all(_may_hold(name, rule) for rule in constraints):
            return _describe(name)
    return ""


def _iterate_names(link: Link) -> Iterator[_Name]:
    """Every name constraints apply to: the subject when not empty, the alternative names, every e-mail address."""
    if link.subject:
        yield x509.DirectoryName(link.certificate.subject)
    yield from (name for name in link.alternative_names if not isinstance(name, x509.RFC822Name))
    yield from (_Email(email) for email in read_every_email(link.certificate))


def _may_hold(name: _Name, rule: NameRule) -> bool:
    if any(_is_within(name, subtree, doubt=True) for subtree in _same_form(name, rule.excluded_subtrees)):
        return False
    permitted = list(_same_form(name, rule.permitted_subtrees))
    return not permitted or any(_is_within(name, subtree, doubt=False) for subtree in permitted)


def _same_form(name: _Name, subtrees: Iterable[x509.GeneralName] | None) -> Iterable[x509.GeneralName]:
    return (subtree for subtree in subtrees or () if _has_form(name, subtree))


def _has_form(name: _Name, subtree: x509.GeneralName) -> bool:
    match name, subtree:
        case _Email(), x509.RFC822Name():
            return True
        case x509.OtherName(), x509.OtherName():
            return name.type_id == subtree.type_id
        case _:
            return type(subtree) is type(name)


def _is_within(name: _Name, subtree: x509.GeneralName, *, doubt: bool) -> bool:
    """The name lies in the subtree. ``doubt`` is the answer for forms we cannot compare: always the refusing one."""
    match name, subtree:
        case _Email(), x509.RFC822Name():
            return _is_email_within(name.value, subtree.value)
        case x509.DNSName(), x509.DNSName():
            return _is_host_within(name.value, subtree.value, doubt=doubt)
        case x509.UniformResourceIdentifier(), x509.UniformResourceIdentifier():
            return _is_uri_within(name.value, subtree.value, doubt=doubt)
        case x509.DirectoryName(), x509.DirectoryName():
            return _is_directory_name_within(name.value, subtree.value)
        case x509.IPAddress(), x509.IPAddress():
            return _is_address_within(name.value, subtree.value, doubt=doubt)
        case _:
            return doubt


def _is_email_within(email: str, constraint: str) -> bool:
    """A mailbox, all mailboxes of a host, or (leading dot) of every host below a domain."""
    local, _, host = email.rpartition("@")
    host = _fold_host(host)
    if "@" in constraint:
        wanted_local, _, wanted_host = constraint.rpartition("@")
        return local == wanted_local and host == wanted_host.lower()
    if constraint.startswith("."):
        return host.endswith(constraint.lower())
    return not constraint or host == constraint.lower()


def _fold_host(host: str) -> str:
    """An international domain as its A-labels (RFC 9598 §6)."""
    if host.isascii():
        return host.lower()
    try:
        return host.encode("idna").decode("ascii").lower()
    except UnicodeError:
        return host.lower()


def _is_host_within(host: str, constraint: str, *, doubt: bool) -> bool:
    """The host itself, or with labels added on the left.

    A leading dot, not in RFC 5280 for this form, is read as narrowly as its writer may have meant it: only hosts
    below are permitted, and the domain itself is excluded as well. A wildcard may stand for an excluded host.
    """
    host, bare = host.lower().rstrip("."), constraint.lower().strip(".")
    if not bare or host.endswith("." + bare):
        return True
    if doubt and host.startswith("*.") and bare.endswith(host[1:]):
        return True
    return host == bare and (doubt or not constraint.startswith("."))


def _is_uri_within(uri: str, constraint: str, *, doubt: bool) -> bool:
    try:
        host = urlsplit(uri).hostname
    except ValueError:
        return doubt
    if not host or host.replace(".", "").isdigit() or ":" in host:
        return doubt  # RFC 5280: a URI without a fully qualified domain name is refused under any constraint
    if constraint.startswith("."):
        return host.lower().endswith(constraint.lower())
    return not constraint or host.lower() == constraint.lower()


def _is_directory_name_within(name: x509.Name, constraint: x509.Name) -> bool:
    inner, outer = fold_name(name)[::-1], fold_name(constraint)[::-1]
    return inner[: len(outer)] == outer


def _is_address_within(address: object, network: object, *, doubt: bool) -> bool:
    match address, network:
        case IPv4Address(), IPv4Network():
            return address in network
        case IPv6Address(), IPv6Network():
            return address in network
        case (IPv4Address(), IPv6Network()) | (IPv6Address(), IPv4Network()):
            return False
        case _:
            return doubt


def _describe(name: _Name) -> str:
    if isinstance(name, x509.DirectoryName):
        return describe_name(name.value)
    return escape_text(str(name.value))[:160]
