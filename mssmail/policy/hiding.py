"""Which capabilities a client does not see: somebody's way round its faults."""

from collections.abc import Iterable
from fnmatch import fnmatchcase

from mssmail.core.address import Address
from mssmail.settings import Hide


def find_hidden(rules: Iterable[Hide], client: str, account: Address | None) -> frozenset[str]:
    """Names in capitals, of all rules that fit the client (its name and version) and the account, once there is one."""
    return frozenset(
        name.upper()
        for rule in rules
        if _fits_client(rule.client, client) and _fits_account(rule.account, account)
        for name in rule.capabilities
    )


def is_hidden(capability: str, hidden: frozenset[str]) -> bool:
    """``THREAD`` hides ``THREAD=REFERENCES`` too."""
    name = capability.upper()
    return name in hidden or name.partition("=")[0] in hidden


def _fits_client(pattern: str, client: str) -> bool:
    return fnmatchcase(client.lower(), pattern.lower())


def _fits_account(wanted: str, account: Address | None) -> bool:
    if wanted == "*":
        return True
    return account is not None and wanted.lower() in {str(account).lower(), account.domain}
