"""Name constraints of a path, RFC 5280 §4.2.1.10: which names a CA may certify.

Permitted subtrees narrow from CA to CA (a name must lie in one of each CA's subtrees of its form); excluded ones add
up.
"""

from collections.abc import Iterable, Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network
from urllib.parse import urlsplit

from cryptography import x509

from mssmail.trust.certificate import describe_name, escape_text, fold_name
from mssmail.trust.link import Link, iterate_names


def find_forbidden_name(link: Link, constraints: Sequence[x509.NameConstraints]) -> str:
    """The first name of the certificate that the constraints of the CAs above it forbid, in words; or empty."""
    for name in iterate_names(link):
        for constraint in constraints:
            if not _may_hold(name, constraint):
                return _describe(name)
    return ""


def _may_hold(name: x509.GeneralName, constraint: x509.NameConstraints) -> bool:
    if any(_is_within(name, subtree, doubt=True) for subtree in _same_form(name, constraint.excluded_subtrees)):
        return False
    permitted = list(_same_form(name, constraint.permitted_subtrees))
    return not permitted or any(_is_within(name, subtree, doubt=False) for subtree in permitted)


def _same_form(name: x509.GeneralName, subtrees: Iterable[x509.GeneralName] | None) -> Iterable[x509.GeneralName]:
    return (subtree for subtree in subtrees or () if type(subtree) is type(name))


def _is_within(name: x509.GeneralName, subtree: x509.GeneralName, *, doubt: bool) -> bool:
    """The name lies in the subtree. ``doubt`` is the answer for forms we cannot compare: always the refusing one."""
    match name, subtree:
        case x509.RFC822Name(), x509.RFC822Name():
            return _is_email_within(name.value, subtree.value)
        case x509.DNSName(), x509.DNSName():
            return _is_host_within(name.value, subtree.value)
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
    if "@" in constraint:
        wanted_local, _, wanted_host = constraint.rpartition("@")
        return local == wanted_local and host.lower() == wanted_host.lower()
    if constraint.startswith("."):
        return host.lower().endswith(constraint.lower())
    return not constraint or host.lower() == constraint.lower()


def _is_host_within(host: str, constraint: str) -> bool:
    """The host itself, or with labels added on the left."""
    host, constraint = host.lower().rstrip("."), constraint.lower().strip(".")
    return not constraint or host == constraint or host.endswith("." + constraint)


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


def _describe(name: x509.GeneralName) -> str:
    if isinstance(name, x509.DirectoryName):
        return describe_name(name.value)
    return escape_text(str(name.value))[:160]
