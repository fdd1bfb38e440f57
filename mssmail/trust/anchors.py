"""Read certificates from files: a directory of anchors or intermediates, or one bundle."""

from collections.abc import Callable
from pathlib import Path
from typing import Final, TypeVar

from mssmail.errors import BadCertificate
from mssmail.trust.certificate import split_certificates

T = TypeVar("T")

# Other files of the directory (a README, keys, lists) are not certificates and are passed over.
_SUFFIXES: Final = frozenset({".pem", ".crt", ".cer", ".der", ".p7b", ".p7c"})
_MAX_FILE_BYTES: Final = 16 * 1024 * 1024


def load_certificates(path: Path) -> tuple[bytes, ...]:
    """Every certificate of a file, or of the certificate files of a directory, as DER, each once, in order of names.

    PEM (several to a file), DER, and certs-only PKCS #7 (``.p7b``). Raises BadCertificate naming the file: one bad
    file must not quietly shrink the set.
    """
    return tuple(dict.fromkeys(der for file in _list_files(path) for der in load_file(file, split_certificates)))


def read_stamps(path: Path) -> tuple[tuple[object, ...], ...]:
    """What differs once a file of ``load_certificates`` has changed, come or gone."""
    try:
        files = _list_files(path)
        return tuple((str(file), *_stamp(file)) for file in files)
    except OSError as error:
        return ((str(path), error.errno),)


def _stamp(file: Path) -> tuple[int, ...]:
    status = file.stat()
    return status.st_mtime_ns, status.st_ino, status.st_size


def find_certificates(path: Path) -> tuple[tuple[bytes, ...], tuple[str, ...]]:
    """The same where a bad file costs only the paths through it: what was read, and what is wrong with the others."""
    found: dict[bytes, None] = {}
    faults: list[str] = []
    for file in _list_files(path):
        try:
            found.update(dict.fromkeys(load_file(file, split_certificates)))
        except BadCertificate as fault:
            faults.append(str(fault))
    return tuple(found), tuple(faults)


def _list_files(path: Path) -> list[Path]:
    if not path.is_dir():
        return [path]
    return sorted(file for file in path.iterdir() if file.suffix.lower() in _SUFFIXES and file.is_file())


def load_file(path: Path, parse: Callable[[bytes], T]) -> T:
    """What ``parse`` makes of the file; raises BadCertificate naming the file when it cannot be read or parsed."""
    try:
        return parse(_read(path))
    except OSError as error:
        raise BadCertificate(f"{path}: {error.strerror}") from error
    except BadCertificate as error:
        raise BadCertificate(f"{path}: {error}") from error


def _read(path: Path) -> bytes:
    with path.open("rb") as file:
        data = file.read(_MAX_FILE_BYTES + 1)
    if len(data) > _MAX_FILE_BYTES:
        raise BadCertificate("larger than any certificate file")
    return data
