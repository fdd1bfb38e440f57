"""Passwords: Argon2id, slow on purpose (some 50 ms and 64 MB), so never on the event loop."""

from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

MAX_PASSWORD_BYTES = 1024  # longer ones are refused before any work is done on them

_hasher = PasswordHasher()  # Argon2id with the parameters of RFC 9106 §4, second recommendation


def hash_password(password: str) -> str:
    """The hash to store, with salt and parameters, in PHC form."""
    return _hasher.hash(password.encode())


@cache
def _find_nobody() -> str:
    """What an unknown user's password is checked against: the answer must not come sooner than a known one's.

    Made at the first question and not at import, which would cost every command a hash.
    """
    return _hasher.hash("nobody has this password")


def verify_password(stored: str | None, password: str) -> bool:
    """The password fits. Takes the same time when ``stored`` is None (unknown user) or empty (no password set)."""
    given = password.encode("utf-8", "surrogatepass")
    if len(given) > MAX_PASSWORD_BYTES:
        return False
    nobody = _find_nobody()  # asked for known users too, so that the first question does not tell who is one
    try:
        return _hasher.verify(stored or nobody, given) and bool(stored)
    except (VerificationError, InvalidHashError):
        return False


def is_outdated(stored: str) -> bool:
    """The hash was made with weaker parameters than today's: make it again while the password is at hand."""
    return _hasher.check_needs_rehash(stored)
