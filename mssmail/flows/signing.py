"""The keys we sign our clients' mail with: one PEM file per address, read when it is first used or has changed."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from mssmail.core.address import Address
from mssmail.settings import SignWith
from mssmail.smime.sign import SigningKey, parse_signing_key
from mssmail.trust.anchors import load_file

ORGANISATION: Final = "domain-signing-authority"  # RFC 3183 §3.1
_MAX_KEPT: Final = 1_024


@dataclass(frozen=True, slots=True)
class _Kept:
    stamp: tuple[int, int, int]
    key: SigningKey


class KeyRing:
    """The directory of signing keys."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._kept: dict[str, _Kept] = {}

    def find_key(self, address: Address, sign_with: SignWith) -> SigningKey | None:
        """The key that signs for this account; None when there is none. Blocks; raises BadCertificate.

        A key that is there and cannot be used is a fault: falling back to another one would hide it.
        """
        if sign_with is SignWith.NONE:
            return None
        own = self._load(address.key) if sign_with is SignWith.ACCOUNT else None
        return own or self._load(f"{ORGANISATION}@{address.domain}")

    def _load(self, name: str) -> SigningKey | None:
        if "/" in name or name.startswith("."):  # an address may hold a slash; a file name must not
            return None
        path = self._directory / f"{name}.pem"
        try:
            status = path.stat()
        except OSError:
            self._kept.pop(name, None)
            return None
        stamp = (status.st_mtime_ns, status.st_ino, status.st_size)
        kept = self._kept.get(name)
        if kept is None or kept.stamp != stamp:
            kept = _Kept(stamp, load_signing_key(path))
            while len(self._kept) >= _MAX_KEPT:
                self._kept.pop(next(iter(self._kept)))
            self._kept[name] = kept
        return kept.key


def load_signing_key(path: Path) -> SigningKey:
    """Read a key file as ``parse_signing_key`` does; raises BadCertificate naming the file."""
    return load_file(path, parse_signing_key)
